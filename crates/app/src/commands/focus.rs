//! One group or one person as the words of the command line name it, for `plan`, `apply` and `run` (feature F2).
//!
//! Not here: leaving out of the plans what was not asked for (`select.rs`).

use std::collections::BTreeSet;

use reconcile::keys::{CourseId, GroupKey, PersonKey, is_ours};
use store::{GroupHit, HitPlace};

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::run::{Named, Scope};
use crate::select::{Focus, Select};

/// So many groups are named where several answer.
const GROUPS_NAMED_MAX: usize = 5;

/// The one group that answers to a number, an id, an idnumber, a name or a code, in the courses that have it or should.
///
/// # Errors
///
/// No group answers, or several do; no course is mapped to its module.
pub(super) async fn group(app: &App, asked: &str) -> Result<(Scope, Select), Failure> {
    let (mut keys, mut courses) = (BTreeSet::new(), BTreeSet::new());
    for hit in hits(app, asked).await? {
        match hit.place {
            HitPlace::Ours(course) => courses.extend([course]),
            HitPlace::Delivered => courses.extend(app.store.courses_of_module(&hit.key.module).await?),
            HitPlace::Gone { .. } => continue,
        }
        keys.insert(hit.key);
    }
    let keys: Vec<GroupKey> = keys.into_iter().collect();
    let [key] = keys.as_slice() else { return Err(not_one(asked, &keys)) };
    if courses.is_empty() {
        let message = format!("no course is mapped to {}, the module of {asked}", key.module);
        return Err(Failure::new(Exit::Usage, message)
            .hint(format!("`muster map add COURSE {}` maps it", key.module)));
    }
    let scope = within(courses, format!("group {}", key.idnumber()));
    Ok((scope, Select::About(Focus::Group(key.clone()))))
}

/// The groups that answer. One that is only in a delivery has no idnumber yet; it answers to the one that it will have.
async fn hits(app: &App, asked: &str) -> Result<Vec<GroupHit>, Failure> {
    let mut hits = app.store.find_groups(asked).await?;
    if hits.is_empty() && is_ours(asked) {
        for (colon, _) in asked.match_indices(':') {
            let by_id = app.store.find_groups(&asked[colon + 1..]).await?;
            hits.extend(by_id.into_iter().filter(|hit| *hit.key.idnumber() == *asked));
        }
    }
    Ok(hits)
}

/// A person, in the courses in whose groups they are or should be.
///
/// # Errors
///
/// The person is in no group of ours, and in none of a mapped module.
pub(super) async fn person(app: &App, asked: &str) -> Result<(Scope, Select), Failure> {
    let person = PersonKey::from(asked);
    let traces = app.store.person_traces(&person).await?;
    let mut courses: BTreeSet<CourseId> = traces.members.into_iter().map(|trace| trace.course).collect();
    let places = app.store.person_places(&person).await?;
    let modules: BTreeSet<_> = places.into_iter().map(|place| place.key.module).collect();
    for module in &modules {
        courses.extend(app.store.courses_of_module(module).await?);
    }
    if courses.is_empty() {
        let message = format!("{asked} is in no group of ours, and in none of a mapped module");
        return Err(Failure::new(Exit::Usage, message)
            .hint(format!("`muster explain person {asked}` says what is known")));
    }
    Ok((within(courses, format!("person {asked}")), Select::About(Focus::Person(person))))
}

fn within(courses: BTreeSet<CourseId>, about: String) -> Scope {
    Scope::Named(Named { courses: courses.into_iter().collect(), about: Some(about), ..Named::default() })
}

fn not_one(asked: &str, keys: &[GroupKey]) -> Failure {
    if keys.is_empty() {
        let message = format!("no group of ours, and none in a delivery, answers to {asked}");
        return Failure::new(Exit::Usage, message)
            .hint(format!("`muster explain group {asked}` looks among those that are gone, too"));
    }
    let names: Vec<String> =
        keys.iter().take(GROUPS_NAMED_MAX).map(|key| key.idnumber().to_string()).collect();
    Failure::new(Exit::Usage, format!("{} groups answer to {asked}", keys.len()))
        .hint(format!("say which by its idnumber, for example {}", names.join(" or ")))
}
