//! Groupings: created, given another name or idnumber, deleted (facts/moodle-ws.md §5.9).
//!
//! Not here: which groups they hold (`assignments.rs`).
//!
//! Invariant: `idnumber` is always sent on creation; without it Moodle creates the grouping and then fails.
//! Invariant: a description is written back as it was read, because an update requires one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use reconcile::keys::{CourseId, Text};
use reconcile::outcome::Outcome;

use super::{by_list, clash, create_again, grouping_gone, is_as_wanted, missing, rivals};
use crate::moodle::Moodle;
use crate::moodle::apply::element::{ByCourse, Element, Verdict};
use crate::moodle::confirm::Confirmed;
use crate::moodle::errors::CallError;
use crate::moodle::form::Form;
use crate::moodle::functions::{Function, GroupingRow};

/// A grouping to be created.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct CreateGrouping {
    pub(in super::super) course: CourseId,
    pub(in super::super) name: Text,
    pub(in super::super) idnumber: Text,
}

impl Element for CreateGrouping {
    const FUNCTION: Function = Function::CreateGroupings;
    const FIELDS: usize = 4;
    const CREATES: bool = true;

    fn course(&self) -> CourseId {
        self.course
    }

    async fn send(moodle: &Moodle, batch: &[Self]) -> Result<Vec<Outcome>, CallError> {
        let mut form = Form::new();
        for grouping in batch {
            let keys: [(&str, &dyn Display); 4] = [
                ("courseid", &grouping.course),
                ("name", &grouping.name),
                ("description", &""),
                ("idnumber", &grouping.idnumber),
            ];
            form.element("groupings", &keys);
        }
        let ids = moodle.client.create(Self::FUNCTION, &form).await?;
        Ok(ids.into_iter().map(|id| Outcome::Done(Some(id))).collect())
    }

    async fn look_again(
        moodle: &Moodle,
        batch: &[Self],
        _trouble: &CallError,
    ) -> Result<Vec<Verdict>, CallError> {
        let lists = lists(moodle, batch).await?;
        let wanted = batch.iter().map(|grouping| (&*grouping.name, Some(&*grouping.idnumber)));
        let real = confirm_rivals(moodle, &lists, wanted, BTreeSet::new()).await?;
        let is_real = |id| real.there.contains_key(&id);
        let verdict = |grouping: &CreateGrouping| {
            by_list(&lists, grouping.course, |rows| {
                create_again(rows, &grouping.name, &grouping.idnumber, is_real)
            })
        };
        Ok(batch.iter().map(verdict).collect())
    }
}

/// A grouping to be given a name, and perhaps an idnumber.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct UpdateGrouping {
    pub(in super::super) course: CourseId,
    pub(in super::super) id: i64,
    pub(in super::super) name: Text,
    pub(in super::super) idnumber: Option<Text>,
}

impl Element for UpdateGrouping {
    const FUNCTION: Function = Function::UpdateGroupings;
    const FIELDS: usize = 5;

    fn course(&self) -> CourseId {
        self.course
    }

    async fn send(moodle: &Moodle, batch: &[Self]) -> Result<Vec<Outcome>, CallError> {
        let before = descriptions(moodle, batch).await?;
        let mut form = Form::new();
        for grouping in batch {
            match before.get(&grouping.id) {
                Some(row) => {
                    update_grouping_form(&mut form, row, &grouping.name, grouping.idnumber.as_deref())
                }
                // It is gone; Moodle will say so, and the second look will find which.
                None => form.element(
                    "groupings",
                    &[("id", &grouping.id), ("name", &grouping.name), ("description", &"")],
                ),
            }
        }
        moodle.client.change(Self::FUNCTION, &form).await?;
        Ok(vec![Outcome::Done(None); batch.len()])
    }

    async fn look_again(
        moodle: &Moodle,
        batch: &[Self],
        _trouble: &CallError,
    ) -> Result<Vec<Verdict>, CallError> {
        let lists = lists(moodle, batch).await?;
        let wanted = batch.iter().map(|grouping| (&*grouping.name, grouping.idnumber.as_deref()));
        let own = batch.iter().map(|grouping| grouping.id).collect();
        let real = confirm_rivals(moodle, &lists, wanted, own).await?;
        let is_real = |id| real.there.contains_key(&id);
        let verdict = |grouping: &UpdateGrouping| {
            let (name, idnumber) = (&*grouping.name, grouping.idnumber.as_deref());
            if let Some(verdict) = missing(&real, grouping.id, grouping_gone()) {
                return verdict;
            }
            if let Some(row) = real.there.get(&grouping.id)
                && is_as_wanted(row, name, idnumber)
            {
                return Verdict::AlreadySo(None);
            }
            by_list(&lists, grouping.course, |rows| {
                clash(rows, Some(grouping.id), name, idnumber, is_real).unwrap_or(Verdict::Send)
            })
        };
        Ok(batch.iter().map(verdict).collect())
    }
}

/// Adds a grouping to the form of `core_group_update_groupings` with the description that it has.
pub(in super::super) fn update_grouping_form(
    form: &mut Form,
    row: &GroupingRow,
    name: &str,
    idnumber: Option<&str>,
) {
    let description = row.description.as_deref().unwrap_or_default();
    let format = row.descriptionformat.unwrap_or(1);
    let mut keys: Vec<(&str, &dyn Display)> =
        vec![("id", &row.id), ("name", &name), ("description", &description), ("descriptionformat", &format)];
    if let Some(idnumber) = &idnumber {
        keys.push(("idnumber", idnumber));
    }
    form.element("groupings", &keys);
}

/// A grouping to be deleted; its groups stay.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct DeleteGrouping {
    pub(in super::super) course: CourseId,
    pub(in super::super) id: i64,
}

impl Element for DeleteGrouping {
    const FUNCTION: Function = Function::DeleteGroupings;
    const FIELDS: usize = 1;

    fn course(&self) -> CourseId {
        self.course
    }

    async fn send(moodle: &Moodle, batch: &[Self]) -> Result<Vec<Outcome>, CallError> {
        let ids: Vec<i64> = batch.iter().map(|grouping| grouping.id).collect();
        moodle.client.change(Self::FUNCTION, &Form::new().list("groupingids", &ids)).await?;
        Ok(vec![Outcome::Done(None); batch.len()])
    }

    /// Deleting is harmless for what is gone already, so only courses that are closed to us are left out.
    async fn look_again(
        moodle: &Moodle,
        batch: &[Self],
        _trouble: &CallError,
    ) -> Result<Vec<Verdict>, CallError> {
        let lists = lists(moodle, batch).await?;
        let verdict = |grouping: &DeleteGrouping| by_list(&lists, grouping.course, |_| Verdict::Send);
        Ok(batch.iter().map(verdict).collect())
    }
}

async fn lists<E: Element>(moodle: &Moodle, batch: &[E]) -> Result<ByCourse<Vec<GroupingRow>>, CallError> {
    moodle.look_at_courses(batch, |course| moodle.client.get_course_groupings(course)).await
}

/// The groupings of a batch as they are, from the database where that may be read. One that cannot be read now is a
/// failure: its description would be written over. Only what is surely gone is left out.
async fn descriptions(
    moodle: &Moodle,
    batch: &[UpdateGrouping],
) -> Result<BTreeMap<i64, GroupingRow>, CallError> {
    if moodle.grants(Function::GetGroupings) {
        let ids = batch.iter().map(|grouping| grouping.id).collect();
        let Confirmed { there, unreadable } = moodle.confirm_groupings(&ids).await;
        return unreadable.into_values().next().map_or(Ok(there), Err);
    }
    let mut groupings = BTreeMap::new();
    for rows in lists(moodle, batch).await?.into_values() {
        groupings.extend(rows?.into_iter().map(|row| (row.id, row)));
    }
    Ok(groupings)
}

/// Confirms what stands in the way of names and idnumbers, and the elements' own ids. Without the function for it the
/// list is believed.
async fn confirm_rivals<'n>(
    moodle: &Moodle,
    lists: &ByCourse<Vec<GroupingRow>>,
    wanted: impl Iterator<Item = (&'n str, Option<&'n str>)> + Clone,
    own: BTreeSet<i64>,
) -> Result<Confirmed<GroupingRow>, CallError> {
    if !moodle.grants(Function::GetGroupings) {
        let there = lists.values().flatten().flatten().map(|row| (row.id, row.clone())).collect();
        return Ok(Confirmed { there, unreadable: BTreeMap::new() });
    }
    let mut ids = own;
    for rows in lists.values().flatten() {
        ids.extend(rivals(rows, wanted.clone()));
    }
    moodle.confirm_groupings(&ids).await.unless_site_failed()
}
