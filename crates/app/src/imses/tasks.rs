//! Carries out the items of a call, one after the other, each for itself (facts/ims-es.md §2.2).
//!
//! Not here: what is done with a kind of object (`groups.rs`, `persons.rs`, `memberships.rs`, `rename.rs`).
//!
//! Invariant: there is exactly one list of problems for each item, in their order; its status follows from it.
//! Invariant: an item that is refused leaves nothing behind, and those after it see what those before it did.

use ims_es::identifier::clean;
use ims_es::policy::Policy;
use ims_es::problem::{Problem, Weight};
use ims_es::status::CodeMinor;
use store::Timestamp;
use store::ims::{ObjectKind, Reading, Writing};

use super::error::ServeError;
use super::rename::rename;
use super::work::{Object, Task};
use super::{groups, memberships, persons};

/// What every item of a call is carried out with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// What the rules leave open.
    pub(super) policy: Policy,
    /// The time.
    pub(super) now: Timestamp,
}

/// Carries out the items and tells what is wrong with each; `found` is what the message alone tells about each.
pub(super) async fn carry_out(
    site: &mut Writing,
    tasks: &[Task],
    found: Vec<Vec<Problem>>,
    terms: Terms,
) -> Result<Vec<Vec<Problem>>, ServeError> {
    let mut all = Vec::with_capacity(tasks.len());
    for (task, mut problems) in tasks.iter().zip(found) {
        if !is_refused(&problems) {
            site.begin_item().await?;
            problems.extend(one(site, task, terms).await?);
            if is_refused(&problems) {
                site.undo_item().await?;
            } else {
                site.keep_item().await?;
            }
        }
        all.push(problems);
    }
    Ok(all)
}

async fn one(site: &mut Writing, task: &Task, terms: Terms) -> Result<Vec<Problem>, ServeError> {
    match task {
        // What is missing here was told by the message alone.
        Task::Put { object: None, .. } => Ok(Vec::new()),
        Task::Put { verb, sync_key, object: Some(object) } => {
            let sync_key = clean(sync_key.as_deref()).unwrap_or_default();
            match object {
                Object::Group(group) => groups::put(site, sync_key, group, *verb, terms).await,
                Object::Person(person) => persons::put(site, sync_key, person, *verb, terms).await,
                Object::Membership(membership) => {
                    memberships::put(site, sync_key, membership, *verb, terms).await
                }
            }
        }
        Task::Delete { kind, sync_key } => {
            let sync_key = clean(sync_key.as_deref()).unwrap_or_default();
            match kind {
                ObjectKind::Group => groups::delete(site, sync_key, terms.now).await,
                ObjectKind::Person => persons::delete(site, sync_key).await,
                ObjectKind::Membership => memberships::delete(site, sync_key).await,
            }
        }
        Task::Rename { kind, before, after } => {
            let before = clean(before.as_deref()).unwrap_or_default();
            let after = clean(after.as_deref()).unwrap_or_default();
            rename(site, *kind, before, after, terms.now).await
        }
    }
}

/// Whether one of the problems is such that the item is refused.
pub(super) fn is_refused(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.weight == Weight::Error)
}

/// There is no object with this key. One that was renamed is named (features.md S9).
pub(super) async fn unknown(
    site: &mut Reading,
    kind: ObjectKind,
    sync_key: &str,
) -> Result<Problem, ServeError> {
    let word = kind.as_str();
    let (text, mend) = match site.renamed(kind, sync_key).await? {
        None => {
            (format!("There is no {word} with this identifier."), "Make it first, or correct the identifier.")
        }
        Some(after) => (
            format!("There is no {word} with this identifier; it was changed to \"{after}\"."),
            "Send the new identifier.",
        ),
    };
    Ok(Problem::error(CodeMinor::UnknownObject, "identifier", sync_key, &text, mend))
}
