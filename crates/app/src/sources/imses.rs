//! Reads what a student system pushed by IMS Enterprise Services: courses are modules, course groups their groups, and the
//! memberships in course groups their members (docs/ims-es.md, "From a push to Moodle").
//!
//! Not here: how it was pushed ([`crate::imses`]), and what follows when a sync key changes (`store::new_keys`).
//!
//! Invariant: all rows are of one moment, so no half of a call is ever read.
//! Invariant: what is pushed goes through the same intake as a row of a file.

use std::collections::{BTreeMap, HashMap};

use csv::ByteRecord;
use ims_es::common::TimeFrame;
use ims_es::extension::{GroupExtension, Setting};
use ims_es::group::object::Group;
use ims_es::keep::take;
use ims_es::membership::object::{Membership, RoleType};
use ims_es::person::object::Person;
use reconcile::keys::{Role, Text};
use store::Store;
use store::ims::{GroupRef, PersonRef, Pushed, PushedKeys, Taught};

use super::Progress;
use super::error::SourceError;
use super::fast_map::FastMap;
use super::intake::Intake;
use super::row::{Place, Row};
use super::table::{Columns, Table};
use crate::config::{ModuleKey, PersonIs, PushedPlace};

/// How many texts of memberships are remembered: most memberships have one of a few.
const BODIES_MAX: usize = 10_000;

/// A course, as its groups need it.
struct Course {
    module: Text,
    term: Text,
}

/// Reads a site; returns notices, and which state of the site it was.
pub(super) async fn read(
    place: &PushedPlace,
    name: &str,
    store: &Store,
    intake: &mut Intake<'_>,
    progress: &mut Progress<'_>,
) -> Result<(Vec<String>, Pushed), SourceError> {
    let failed = |source| SourceError::Pushed { name: name.into(), site: place.site.clone(), source };
    let teaching = store.ims_teaching(&place.site).await.map_err(failed)?;
    let Some(mut teaching) = teaching else {
        return Err(SourceError::NoSite { name: name.into(), site: place.site.clone() });
    };
    let keys = PushedKeys {
        modules: place.module == ModuleKey::SyncKey,
        persons: place.person == PersonIs::SyncKey,
    };
    let pushed = teaching.pushed(keys).await.map_err(failed)?;

    let mut courses: HashMap<GroupRef, Course> = HashMap::new();
    let course = |taught: Taught| {
        courses.insert(taught.id, course(taught, place.module));
    };
    teaching.courses(course).await.map_err(failed)?;

    let mut groups: FastMap<i64, Text> = FastMap::default();
    let mut table = Rows::begin(Table::Groups, name, intake, progress)?;
    let group = |taught: Taught| {
        let (id, fields) = (taught.id, group_row(taught, &courses));
        table.row(&fields.each_ref().map(|field| &**field));
        let [sync_key, ..] = fields;
        groups.insert(id.0, sync_key);
    };
    teaching.course_groups(group).await.map_err(failed)?;
    table.end();

    let mut persons: FastMap<i64, Text> = FastMap::default();
    let person = |id: PersonRef, sync_key: &str, body: &str| {
        persons.insert(id.0, person_key(sync_key, body, place.person));
    };
    teaching.persons(person).await.map_err(failed)?;

    let mut roles = Roles::default();
    let mut table = Rows::begin(Table::Members, name, intake, progress)?;
    let member = |group: GroupRef, person: PersonRef, body: &str| {
        // Memberships in schools and courses make nobody a member of a group.
        let Some(group) = groups.get(&group.0) else { return };
        if let Some(role) = roles.of(body) {
            table.row(&[group, persons.get(&person.0).map_or("", |key| key), role.as_str()]);
        }
    };
    teaching.memberships(member).await.map_err(failed)?;
    table.end();

    let mut modules: Vec<Text> = courses.into_values().map(|course| course.module).collect();
    modules.sort_unstable();
    let mut table = Rows::begin(Table::Modules, name, intake, progress)?;
    for module in &modules {
        table.row(&[module]);
    }
    table.end();
    Ok((roles.notices(), pushed))
}

/// What a course says of its groups: the module that it is, and the period in which it is taught.
fn course(taught: Taught, module: ModuleKey) -> Course {
    let group: Group = take(&taught.body).unwrap_or_default();
    let module = match module {
        ModuleKey::SyncKey => taught.sync_key,
        ModuleKey::Code => {
            let (extension, _) = GroupExtension::read(&group.extension);
            let code = extension.course.code.as_ref().and_then(Setting::value);
            code.map_or_else(|| "".into(), |code| code.as_str().into())
        }
    };
    Course { module, term: term(group.time_frame.as_ref()) }
}

/// A course group as a row: its id, code, name, module, kind and term.
fn group_row(taught: Taught, courses: &HashMap<GroupRef, Course>) -> [Text; 6] {
    let course = taught.parent.and_then(|parent| courses.get(&parent));
    let group: Group = take(&taught.body).unwrap_or_default();
    let own_term = term(group.time_frame.as_ref());
    let (module, course_term) = match course {
        Some(course) => (course.module.clone(), course.term.clone()),
        None => ("".into(), "".into()),
    };
    let term = if own_term.is_empty() { course_term } else { own_term };
    // A sync key is often no word that people know, and a code has no line breaks.
    let code = taught.title.split_whitespace().collect::<Vec<_>>().join(" ");
    [taught.sync_key, code.into(), taught.title, module, "".into(), term]
}

fn term(time_frame: Option<&TimeFrame>) -> Text {
    time_frame.and_then(|frame| frame.admin_period.as_deref()).unwrap_or_default().into()
}

/// The key of a person; empty where the person has none of the wanted kind, which rejects the memberships.
fn person_key(sync_key: &str, body: &str, person: PersonIs) -> Text {
    let person: Option<String> = match person {
        PersonIs::SyncKey => return sync_key.into(),
        PersonIs::UserId => {
            take::<Person>(body).ok().and_then(|person| person.user_id).and_then(|id| id.user_id_value)
        }
        PersonIs::Email => take::<Person>(body).ok().and_then(|person| person.email),
    };
    person.unwrap_or_default().into()
}

/// What memberships are, by their texts.
#[derive(Default)]
struct Roles {
    known: HashMap<String, Result<Role, &'static str>>,
    /// Roles that are neither student nor tutor, and how often they came.
    left_out: BTreeMap<&'static str, u64>,
}

impl Roles {
    /// The role of a membership; `None` where it is neither student nor tutor.
    fn of(&mut self, body: &str) -> Option<Role> {
        let role = match self.known.get(body) {
            Some(role) => *role,
            None => {
                let role = role(body);
                if self.known.len() < BODIES_MAX {
                    self.known.insert(body.to_owned(), role);
                }
                role
            }
        };
        role.map_err(|word| *self.left_out.entry(word).or_default() += 1).ok()
    }

    /// Tells who was left out.
    fn notices(self) -> Vec<String> {
        let notice = |(word, times): (&str, u64)| {
            format!(
                "memberships in course groups with the role {word}: {times} left out; Learner is a student, Instructor \
                 and TeachingAssistant are tutors"
            )
        };
        self.left_out.into_iter().map(notice).collect()
    }
}

/// The role of a membership, or the word for what it is instead.
fn role(body: &str) -> Result<Role, &'static str> {
    let membership: Membership = take(body).unwrap_or_default();
    let role = membership.member.as_ref().and_then(|member| member.roles.first());
    match role.and_then(|role| role.role_type.value()) {
        Some(RoleType::Learner) => Ok(Role::Student),
        Some(RoleType::Instructor | RoleType::TeachingAssistant) => Ok(Role::Tutor),
        Some(RoleType::ContentDeveloper) => Err("ContentDeveloper"),
        Some(RoleType::Member) => Err("Member"),
        Some(RoleType::Manager) => Err("Manager"),
        Some(RoleType::Mentor) => Err("Mentor"),
        Some(RoleType::Administrator) => Err("Administrator"),
        Some(RoleType::Default) => Err("Default"),
        Some(RoleType::Guest) => Err("Guest"),
        None => Err("none"),
    }
}

/// Hands rows of one table to the intake.
struct Rows<'r, 'i, 'p> {
    table: Table,
    columns: Columns,
    record: ByteRecord,
    number: u64,
    intake: &'r mut Intake<'i>,
    progress: &'r mut Progress<'p>,
}

impl<'r, 'i, 'p> Rows<'r, 'i, 'p> {
    fn begin(
        table: Table,
        name: &str,
        intake: &'r mut Intake<'i>,
        progress: &'r mut Progress<'p>,
    ) -> Result<Self, SourceError> {
        let header = table.columns().iter().map(|column| Text::from(*column)).collect();
        let columns = Columns::find(header, table.columns(), &[])
            .map_err(|fault| SourceError::header(name, table.as_str().to_owned(), fault))?;
        intake.begin(table, &columns);
        Ok(Rows { table, columns, record: ByteRecord::new(), number: 0, intake, progress })
    }

    fn row(&mut self, fields: &[&str]) {
        self.number += 1;
        self.record.clear();
        for field in fields {
            self.record.push_field(field.as_bytes());
        }
        let row = Row { record: &self.record, place: Place::Row(self.number), cut: None };
        self.intake.row(self.table, &self.columns, row);
        self.progress.row();
    }

    fn end(self) {
        self.progress.end_of_table();
    }
}
