//! Letters to owners of courses (feature H7): after a run, each gets one with only the items of their own courses.
//!
//! The way through: `gather.rs` looks what there is to tell, `people.rs` who owns those courses, `decide.rs` what is new
//! to each and whether it is time, `letter.rs` writes in their language.
//!
//! Not here: the letter to administrators (`mail/mod.rs`), and the page behind the link (`serve/letters.rs`).
//!
//! Invariant: no address and no secret of a link stands in a log, a message or the audit log.
//! Invariant: what an owner was told is noted only after the mail server took the letter; what failed comes again.

mod decide;
mod english;
mod gather;
mod german;
mod language;
mod letter;
mod people;
#[cfg(test)]
mod tests;
mod topic;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use reconcile::keys::CourseId;
use store::{Entry, OwnerId, OwnerRow, Timestamp, ToldOwners};

use self::decide::{CourseNews, Decision, decide, news};
use self::gather::{Items, gather};
pub(crate) use self::language::Language;
use self::letter::{NoMore, OwnerStory, compose};
pub(crate) use self::people::mailbox;
use self::people::{Owner, owners_of};
pub(crate) use self::words::Words;
use super::send::{Addressed, MailError, Post};
use super::{wanted, warn};
use crate::app::App;
use crate::clock::DAY_S;
use crate::config::{MailConfig, OwnersConfig};
use crate::exit::{Exit, Failure};
use crate::imses::password;
use crate::present::table::counted;
use crate::run::Finished;

/// For how many days longer than the time between two letters is looked back, in case nights or letters failed.
const LOOK_BACK_DAYS: u64 = 7;

/// The path of the page by which an owner gets no more letters; the secret follows.
pub(crate) const LETTERS_PATH: &str = "/letters";

/// Tells the owners of courses after a run that came to its end. A rehearsal writes to nobody.
pub(super) async fn tell_owners(app: &App, finished: &Finished) {
    let (Some(mail), Some(config)) = (wanted(app), &app.config.owners) else { return };
    if app.letters.is_some() || finished.stopped.is_some() {
        return;
    }
    match letters(app, mail, config, &finished.site).await {
        Ok(sent) => sent.report(app).await,
        Err(failure) => warn(
            &format!("cannot tell the owners of courses: {failure}"),
            "the next run tries it again; `muster owners list` shows who was told",
        ),
    }
}

/// How many letters went out.
#[derive(Default)]
struct Sent {
    letters: u64,
    failed: u64,
    first_failure: Option<MailError>,
}

impl Sent {
    /// Warns where letters did not go out, and records how many did.
    async fn report(self, app: &App) {
        if self.letters + self.failed == 0 {
            return;
        }
        let mut end = format!("{} sent", self.letters);
        if let Some(error) = &self.first_failure {
            let why = error.without_addresses();
            end = format!("{end}, {} not sent: {why}", self.failed);
            let next = format!("{}; the next run tries it again", error.remedy());
            let letters = counted(self.failed, "letter", "letters");
            warn(&format!("{letters} to owners of courses did not go out: {why}"), &next);
        }
        tracing::info!(end, "letters to owners of courses");
        let entry = Entry {
            at: app.clock.now(),
            who: "muster".into(),
            what: "letters to owners of courses".into(),
            before: "".into(),
            after: end.into(),
            reason: "".into(),
        };
        if let Err(error) = app.store.record_event(&entry).await {
            warn(&error.to_string(), "`muster check database` looks at it");
        }
    }
}

/// An owner whom the database knows, with the news of their courses.
struct Reader {
    row: OwnerRow,
    owner: Owner,
    news: Vec<CourseNews>,
}

async fn letters(app: &App, mail: &MailConfig, config: &OwnersConfig, site: &str) -> Result<Sent, Failure> {
    let now = app.clock.now();
    let days_ago = |days: u64| {
        let seconds = i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(DAY_S);
        Timestamp(now.0.saturating_sub(seconds))
    };
    let told = app.store.told_owners().await?;
    let look_back = config.every_days.saturating_add(LOOK_BACK_DAYS);
    let items = gather(&app.store, &app.config.policy, days_ago(look_back)).await?;
    let since = days_ago(config.every_days.max(1));
    let courses = with_news(&items, &told, since);
    if courses.is_empty() {
        return Ok(Sent::default());
    }
    let moodle = app.moodle().await?;
    let owners = owners_of(app, config, &moodle, &courses).await?;
    let readers = readers(app, owners, &items, &told, since).await?;
    let names = app.store.course_hits(&courses.into_iter().collect::<Vec<_>>()).await?;
    let names: BTreeMap<CourseId, String> =
        names.into_iter().map(|hit| (hit.course, hit.name.to_string())).collect();
    let mut post = Post::new(mail);
    let mut sent = Sent::default();
    for reader in readers {
        match decide(&reader.row, &reader.news, config.every_days, now) {
            Decision::Nothing | Decision::Later => continue,
            Decision::Unwanted => {
                app.store.note_owner_told(reader.row.id, &courses_of(&reader.news), None, now).await?;
                continue;
            }
            Decision::Write => {}
        }
        match write(app, config, site, &names, &reader, &mut post).await? {
            Ok(()) => sent.letters += 1,
            Err(error) => {
                sent.failed += 1;
                let is_hopeless = error.is_about_all_letters();
                sent.first_failure.get_or_insert(error);
                if is_hopeless {
                    break;
                }
            }
        }
    }
    post.end().await;
    Ok(sent)
}

/// The courses of which at least one owner may not know everything.
fn with_news(items: &Items, told: &ToldOwners, since: Timestamp) -> BTreeSet<CourseId> {
    let has_news = |(course, items): &(&CourseId, &Vec<_>)| {
        let told_at = told.get(course).and_then(|owners| owners.values().min().copied());
        !news(**course, items, told_at, since).new.is_empty()
    };
    items.iter().filter(has_news).map(|(course, _)| *course).collect()
}

/// The owners of some courses, each once, with the news of all of these.
async fn readers(
    app: &App,
    owners: BTreeMap<CourseId, Vec<Owner>>,
    items: &Items,
    told: &ToldOwners,
    since: Timestamp,
) -> Result<Vec<Reader>, Failure> {
    let mut readers: BTreeMap<OwnerId, Reader> = BTreeMap::new();
    for (course, owners) in owners {
        let mut ids = Vec::new();
        for owner in owners {
            let row = app.store.know_owner(&owner.address(), owner.person.as_ref()).await?;
            ids.push(row.id);
            let told_at = told.get(&course).and_then(|owners| owners.get(&row.id).copied());
            let of_course = items.get(&course).map(Vec::as_slice).unwrap_or_default();
            let news = news(course, of_course, told_at, since);
            let reader = readers.entry(row.id).or_insert_with(|| Reader { row, owner, news: Vec::new() });
            if !news.new.is_empty() {
                reader.news.push(news);
            }
        }
        app.store.note_owners_of(course, &ids, app.clock.now()).await?;
    }
    Ok(readers.into_values().collect())
}

/// Writes to one owner, and notes what they know now. The inner error is about this letter.
async fn write(
    app: &App,
    config: &OwnersConfig,
    site: &str,
    names: &BTreeMap<CourseId, String>,
    reader: &Reader,
    post: &mut Post<'_>,
) -> Result<Result<(), MailError>, Failure> {
    let Reader { row, owner, news } = reader;
    let named = |news: &CourseNews| (names.get(&news.course).cloned().unwrap_or_default(), news.clone());
    let no_more = no_more(app, config, row.id).await?;
    let story = OwnerStory {
        profile: app.config.profile.clone(),
        site: site.to_owned(),
        url: app.moodle_config()?.url.clone(),
        language: owner.language,
        courses: news.iter().map(named).collect(),
        every_days: config.every_days,
        no_more,
    };
    let letter = compose(&story);
    let url = match &story.no_more {
        NoMore::Link(url) => url.clone(),
        NoMore::Answer(address) => format!("mailto:{address}?subject=unsubscribe"),
    };
    let addressed = Addressed {
        to: std::slice::from_ref(&owner.mailbox),
        reply_to: Some(&config.reply_to),
        no_more: Some(&url),
    };
    if let Err(error) = post.send(addressed, &letter).await {
        tracing::warn!(
            owner = row.id.0,
            why = error.without_addresses(),
            "a letter to an owner did not go out"
        );
        return Ok(Err(error));
    }
    tracing::info!(owner = row.id.0, courses = news.len(), "a letter to an owner went out");
    let (courses, language) = (courses_of(news), owner.language.code());
    app.store.note_owner_told(row.id, &courses, Some(language), app.clock.now()).await?;
    Ok(Ok(()))
}

/// How an owner gets no more letters: by a link with a secret of its own where others reach `muster serve`.
async fn no_more(app: &App, config: &OwnersConfig, owner: OwnerId) -> Result<NoMore, Failure> {
    let Some(public_url) = &app.config.imses.public_url else {
        return Ok(NoMore::Answer(config.reply_to.email.to_string()));
    };
    let secret = password::generate().map_err(|error| Failure::of(Exit::Configuration, error))?;
    app.store.add_owner_link(owner, secret.expose(), app.clock.now()).await?;
    Ok(NoMore::Link(format!("{public_url}{LETTERS_PATH}/{}", secret.expose())))
}

fn courses_of(news: &[CourseNews]) -> Vec<CourseId> {
    news.iter().map(|news| news.course).collect()
}
