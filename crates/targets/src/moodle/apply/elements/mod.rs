//! The elements of the writing functions: how each is sent, and what a second look says about it.
//!
//! Not here: batches, isolation and repetition (`carry_out.rs`).
//!
//! Invariant: a second look refuses only what Moodle would refuse for certain; what merely looks alike is a suspect.

mod assignments;
mod enrolments;
mod groupings;
mod groups;
mod members;

use std::collections::HashSet;

use reconcile::keys::CourseId;
use reconcile::naming;

use super::element::{ByCourse, Verdict};
use crate::moodle::confirm::Confirmed;
use crate::moodle::errors::{seen, seen_refusal};
use crate::moodle::functions::{GroupRow, GroupingRow};

pub(super) use assignments::{AssignGrouping, UnassignGrouping};
pub(super) use enrolments::EnrolUser;
pub(super) use groupings::{CreateGrouping, DeleteGrouping, UpdateGrouping, update_grouping_form};
pub(super) use groups::{CreateGroup, DeleteGroup, UpdateGroup};
pub(super) use members::{AddMember, RemoveMember};

/// What groups and groupings have in common where names and idnumbers are compared.
pub(super) trait Named {
    /// The id, the name, and the idnumber.
    fn named(&self) -> (i64, &str, &str);
}

impl Named for GroupRow {
    fn named(&self) -> (i64, &str, &str) {
        (self.id, &self.name, self.idnumber.as_deref().unwrap_or_default())
    }
}

impl Named for GroupingRow {
    fn named(&self) -> (i64, &str, &str) {
        (self.id, &self.name, self.idnumber.as_deref().unwrap_or_default())
    }
}

/// Looks for what stands in the way of a name and an idnumber among the rows of a course that really exist. `own` is
/// the row that is to be written, if it exists already.
fn clash(
    rows: &[impl Named],
    own: Option<i64>,
    name: &str,
    idnumber: Option<&str>,
    is_real: impl Fn(i64) -> bool,
) -> Option<Verdict> {
    let mut alike = None;
    for (id, other_name, other_idnumber) in rows.iter().map(Named::named) {
        if Some(id) == own || !is_real(id) {
            continue;
        }
        if idnumber.is_some_and(|idnumber| idnumber == other_idnumber) {
            let meaning = format!("number {id} of the course already has the idnumber");
            return Some(Verdict::refuse(seen::IDNUMBER_TAKEN, meaning));
        }
        if other_name.trim() == name.trim() {
            let meaning = format!("number {id} of the course already has the name");
            return Some(Verdict::refuse(seen::NAME_TAKEN, meaning));
        }
        // Whether these are the same is a matter of the database's collation (facts/moodle-ws.md §6).
        if naming::fold(other_name) == naming::fold(name) {
            let meaning = format!(
                "number {id} of the course has the name {other_name:?}, which Moodle takes for the same"
            );
            alike = Some(Verdict::Suspect(seen_refusal(seen::NAME_TAKEN, meaning)));
        }
    }
    alike
}

/// What the list of a course says about an element of it: `judge` is asked where the list could be read.
fn by_list<R>(lists: &ByCourse<Vec<R>>, course: CourseId, judge: impl FnOnce(&[R]) -> Verdict) -> Verdict {
    match lists.get(&course) {
        Some(Ok(rows)) => judge(rows),
        Some(Err(error)) => Verdict::of_failed_look(error),
        None => Verdict::Send,
    }
}

/// What the rows of a course say about something that is to be created: it is there already, or something else stands
/// in its way.
fn create_again(rows: &[impl Named], name: &str, idnumber: &str, is_real: impl Fn(i64) -> bool) -> Verdict {
    let made = rows.iter().map(Named::named).find(|(id, _, other)| *other == idnumber && is_real(*id));
    match made {
        Some((id, _, _)) => Verdict::AlreadySo(Some(id)),
        None => clash(rows, None, name, None, is_real).unwrap_or(Verdict::Send),
    }
}

/// Tells whether a row has the name and, where one is to be written, the idnumber.
fn is_as_wanted(row: &impl Named, name: &str, idnumber: Option<&str>) -> bool {
    let (_, shown_name, shown_idnumber) = row.named();
    shown_name == name && idnumber.is_none_or(|idnumber| shown_idnumber == idnumber)
}

/// The ids of the rows that stand in the way of any of the names or idnumbers, which have to be confirmed because the
/// list may hold ghosts.
fn rivals<'n>(
    rows: &[impl Named],
    wanted: impl Iterator<Item = (&'n str, Option<&'n str>)> + Clone,
) -> impl Iterator<Item = i64> {
    let folded: HashSet<String> = wanted.clone().map(|(name, _)| naming::fold(name)).collect();
    let idnumbers: HashSet<&str> = wanted.filter_map(|(_, idnumber)| idnumber).collect();
    rows.iter()
        .map(Named::named)
        .filter(|(_, name, idnumber)| idnumbers.contains(idnumber) || folded.contains(&naming::fold(name)))
        .map(|(id, _, _)| id)
        .collect::<Vec<i64>>()
        .into_iter()
}

/// What the database says of a group that an element needs; `None` if it is there.
fn missing<T>(confirmed: &Confirmed<T>, id: i64, if_absent: Verdict) -> Option<Verdict> {
    match confirmed.unreadable.get(&id) {
        Some(error) => Some(Verdict::of_failed_look(error)),
        None => confirmed.is_absent(id).then_some(if_absent),
    }
}

fn group_gone() -> Verdict {
    Verdict::refuse(seen::GROUP_GONE, "the group was deleted on the platform in the meantime")
}

fn grouping_gone() -> Verdict {
    Verdict::refuse(seen::GROUPING_GONE, "the grouping was deleted on the platform in the meantime")
}
