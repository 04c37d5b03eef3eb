//! Who owns a course: the owners of its mappings, or the people with certain roles in it.
//!
//! Not here: what they are told.
//!
//! Invariant: the platform is asked only about courses of which there is something to tell, and only for what the
//! mappings leave open.
//! Invariant: an owner's name in a mapping that is no address and that several users answer to names nobody.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::stream::{self, StreamExt};
use lettre::message::Mailbox;
use reconcile::keys::{CourseId, PersonKey, UserId};
use store::{KEY_CHARS_MAX, MappingFilter};
use targets::moodle::{Contact, ContactBy, Moodle};

use super::language::Language;
use crate::app::App;
use crate::config::{Answerable, OwnersConfig, PersonKeyField};
use crate::exit::Failure;

/// Somebody who answers for a course and can be written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    /// Where to.
    pub(super) mailbox: Mailbox,
    /// The key by which the source names them, where it is known.
    pub(super) person: Option<PersonKey>,
    /// In which language.
    pub(super) language: Language,
}

impl Owner {
    /// The address as it is kept.
    pub(super) fn address(&self) -> String {
        self.mailbox.email.to_string().to_lowercase()
    }
}

/// The owners of some courses. A course that could not be asked about is left out.
pub(super) async fn owners_of(
    app: &App,
    config: &OwnersConfig,
    moodle: &Moodle,
    courses: &BTreeSet<CourseId>,
) -> Result<BTreeMap<CourseId, Vec<Owner>>, Failure> {
    let mut owners: BTreeMap<CourseId, Vec<Owner>> = match config.who {
        Answerable::Roles => BTreeMap::new(),
        Answerable::Mapping | Answerable::MappingOrRoles => by_mapping(app, config, moodle, courses).await?,
    };
    let open: Vec<CourseId> =
        courses.iter().copied().filter(|course| owners.get(course).is_none_or(Vec::is_empty)).collect();
    match config.who {
        Answerable::Mapping => owners.extend(open.into_iter().map(|course| (course, Vec::new()))),
        Answerable::Roles | Answerable::MappingOrRoles => {
            owners.extend(by_role(config, moodle, open).await?);
        }
    }
    Ok(owners)
}

/// The owners whom the mappings of courses name.
async fn by_mapping(
    app: &App,
    config: &OwnersConfig,
    moodle: &Moodle,
    courses: &BTreeSet<CourseId>,
) -> Result<BTreeMap<CourseId, Vec<Owner>>, Failure> {
    let mut named: BTreeMap<CourseId, BTreeSet<String>> = BTreeMap::new();
    for row in app.store.mappings(&MappingFilter::default(), &app.default_source()).await? {
        let owner = row.settings.owner.as_deref().map(str::trim).unwrap_or_default();
        if courses.contains(&row.key.course) && !owner.is_empty() {
            named.entry(row.key.course).or_default().insert(owner.to_owned());
        }
    }
    let all: BTreeSet<&String> = named.values().flatten().collect();
    let mailboxes: HashMap<&str, Mailbox> =
        all.iter().filter_map(|owner| Some((owner.as_str(), mailbox(owner)?))).collect();
    let keys: Vec<String> =
        all.iter().filter(|owner| !owner.contains('@')).map(|owner| (*owner).clone()).collect();
    let addresses: Vec<String> = mailboxes.values().map(|mailbox| mailbox.email.to_string()).collect();
    let by_key = moodle.contacts(ContactBy::Key, &keys).await?;
    let by_address = moodle.contacts(ContactBy::Address, &addresses).await?;
    let folds =
        app.config.moodle.as_ref().is_some_and(|moodle| moodle.person_key != PersonKeyField::Idnumber);
    let owner_of = |text: &str| -> Option<Owner> {
        if let Some(mailbox) = mailboxes.get(text) {
            let address = mailbox.email.to_string();
            let user = by_address.iter().find(|contact| contact.address.eq_ignore_ascii_case(&address));
            return Some(Owner {
                mailbox: mailbox.clone(),
                person: user.and_then(|contact| contact.person.clone()),
                language: language(config, user),
            });
        }
        let is_meant = |contact: &&Contact| {
            let person = contact.person.as_ref().map(PersonKey::as_str).unwrap_or_default();
            if folds { person == text.to_lowercase() } else { person == text }
        };
        let mut users = by_key.iter().filter(is_meant);
        let (Some(user), None) = (users.next(), users.next()) else { return None };
        owner(config, user)
    };
    let owners = named
        .iter()
        .map(|(course, texts)| (*course, once(texts.iter().filter_map(|text| owner_of(text)).collect())));
    Ok(owners.collect())
}

/// The people with the roles of the configuration in courses.
async fn by_role(
    config: &OwnersConfig,
    moodle: &Moodle,
    courses: Vec<CourseId>,
) -> Result<BTreeMap<CourseId, Vec<Owner>>, Failure> {
    let holders: Vec<(CourseId, Vec<UserId>)> = stream::iter(courses)
        .map(async |course| match moodle.role_holders(course, &config.roles).await {
            Ok(users) => Some((course, users)),
            Err(error) => {
                tracing::warn!(course = course.0, error = %error, "cannot tell who owns a course");
                None
            }
        })
        .buffer_unordered(moodle.concurrency().max(1))
        .filter_map(async |found| found)
        .collect()
        .await;
    let users: BTreeSet<UserId> = holders.iter().flat_map(|(_, users)| users).copied().collect();
    let users: Vec<String> = users.iter().map(UserId::to_string).collect();
    let contacts = moodle.contacts(ContactBy::User, &users).await?;
    let by_user: HashMap<UserId, &Contact> = contacts.iter().map(|contact| (contact.user, contact)).collect();
    let owners = holders.into_iter().map(|(course, users)| {
        let known = users.iter().filter_map(|user| by_user.get(user));
        (course, once(known.filter_map(|contact| owner(config, contact)).collect()))
    });
    Ok(owners.collect())
}

/// Each address once.
fn once(owners: Vec<Owner>) -> Vec<Owner> {
    let mut seen = BTreeSet::new();
    owners.into_iter().filter(|owner| seen.insert(owner.address())).collect()
}

fn owner(config: &OwnersConfig, contact: &Contact) -> Option<Owner> {
    Some(Owner {
        mailbox: mailbox(&contact.address)?,
        person: contact.person.clone(),
        language: language(config, Some(contact)),
    })
}

fn language(config: &OwnersConfig, contact: Option<&Contact>) -> Language {
    contact.and_then(|contact| Language::of_code(&contact.language)).unwrap_or(config.language)
}

/// An address that mail servers take; few know those beyond ASCII.
pub(crate) fn mailbox(text: &str) -> Option<Mailbox> {
    let mailbox: Mailbox = text.trim().parse().ok()?;
    let address: &str = mailbox.email.as_ref();
    let is_usable = address.is_ascii() && address.len() <= KEY_CHARS_MAX;
    is_usable.then_some(mailbox)
}
