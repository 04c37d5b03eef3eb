//! Groups: created, given another name or idnumber, deleted (facts/moodle-ws.md §5.1, §5.4, §5.5).
//!
//! Not here: their members (`members.rs`).
//!
//! Invariant: a deletion counts as done only when a fresh list no longer shows the group, because Moodle skips unknown
//! ids without a word.

use std::collections::BTreeSet;

use reconcile::keys::{CourseId, Text};
use reconcile::outcome::Outcome;

use super::{by_list, clash, create_again, group_gone, is_as_wanted, missing, rivals};
use crate::moodle::Moodle;
use crate::moodle::apply::element::{ByCourse, Element, Verdict};
use crate::moodle::confirm::Confirmed;
use crate::moodle::errors::CallError;
use crate::moodle::form::Form;
use crate::moodle::functions::{Function, GroupRow};

/// A group to be created.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct CreateGroup {
    pub(in super::super) course: CourseId,
    pub(in super::super) name: Text,
    pub(in super::super) idnumber: Text,
}

impl Element for CreateGroup {
    const FUNCTION: Function = Function::CreateGroups;
    const FIELDS: usize = 4;
    const CREATES: bool = true;

    fn course(&self) -> CourseId {
        self.course
    }

    async fn send(moodle: &Moodle, batch: &[Self]) -> Result<Vec<Outcome>, CallError> {
        let mut form = Form::new();
        for group in batch {
            form.element(
                "groups",
                &[
                    ("courseid", &group.course),
                    ("name", &group.name),
                    // Required, and rightly empty.
                    ("description", &""),
                    ("idnumber", &group.idnumber),
                ],
            );
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
        let wanted = batch.iter().map(|group| (&*group.name, Some(&*group.idnumber)));
        let real = confirm_rivals(moodle, &lists, wanted, BTreeSet::new()).await?;
        let is_real = |id| real.there.contains_key(&id);
        let verdict = |group: &CreateGroup| {
            by_list(&lists, group.course, |rows| create_again(rows, &group.name, &group.idnumber, is_real))
        };
        Ok(batch.iter().map(verdict).collect())
    }
}

/// A group to be given a name, and perhaps an idnumber. Used only for real changes, because it switches group
/// messaging off (facts/moodle-ws.md §5.5).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct UpdateGroup {
    pub(in super::super) course: CourseId,
    pub(in super::super) id: i64,
    pub(in super::super) name: Text,
    pub(in super::super) idnumber: Option<Text>,
}

impl Element for UpdateGroup {
    const FUNCTION: Function = Function::UpdateGroups;
    const FIELDS: usize = 3;

    fn course(&self) -> CourseId {
        self.course
    }

    async fn send(moodle: &Moodle, batch: &[Self]) -> Result<Vec<Outcome>, CallError> {
        let mut form = Form::new();
        for group in batch {
            match &group.idnumber {
                Some(idnumber) => form
                    .element("groups", &[("id", &group.id), ("name", &group.name), ("idnumber", idnumber)]),
                None => form.element("groups", &[("id", &group.id), ("name", &group.name)]),
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
        let wanted = batch.iter().map(|group| (&*group.name, group.idnumber.as_deref()));
        let own = batch.iter().map(|group| group.id).collect();
        let real = confirm_rivals(moodle, &lists, wanted, own).await?;
        let is_real = |id| real.there.contains_key(&id);
        let verdict = |group: &UpdateGroup| {
            let (name, idnumber) = (&*group.name, group.idnumber.as_deref());
            if let Some(verdict) = missing(&real, group.id, group_gone()) {
                return verdict;
            }
            if let Some(Some(row)) = real.there.get(&group.id)
                && is_as_wanted(row, name, idnumber)
            {
                return Verdict::AlreadySo(None);
            }
            by_list(&lists, group.course, |rows| {
                clash(rows, Some(group.id), name, idnumber, is_real).unwrap_or(Verdict::Send)
            })
        };
        Ok(batch.iter().map(verdict).collect())
    }
}

/// A group to be deleted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct DeleteGroup {
    pub(in super::super) course: CourseId,
    pub(in super::super) id: i64,
}

impl Element for DeleteGroup {
    const FUNCTION: Function = Function::DeleteGroups;
    const FIELDS: usize = 1;

    fn course(&self) -> CourseId {
        self.course
    }

    async fn send(moodle: &Moodle, batch: &[Self]) -> Result<Vec<Outcome>, CallError> {
        let ids: Vec<i64> = batch.iter().map(|group| group.id).collect();
        moodle.client.change(Self::FUNCTION, &Form::new().list("groupids", &ids)).await?;
        let lists = match lists(moodle, batch).await {
            Ok(lists) => lists,
            Err(error) => return Ok(vec![unverified(&error); batch.len()]),
        };
        // The list was dropped by the deletion, but a reader may have filled it from before (facts/moodle-ws.md §7).
        let still_listed: BTreeSet<i64> = batch
            .iter()
            .filter(|group| matches!(lists.get(&group.course), Some(Ok(rows)) if rows.iter().any(|row| row.id == group.id)))
            .map(|group| group.id)
            .collect();
        let real = moodle.confirm_groups(&still_listed).await;
        let outcome =
            |group: &DeleteGroup| match (lists.get(&group.course), real.there.contains_key(&group.id)) {
                (_, true) => {
                    Outcome::Unknown("Moodle said that it deleted the group, and still has it".into())
                }
                (Some(Err(error)), false) => unverified(error),
                (Some(Ok(_)) | None, false) => match real.unreadable.get(&group.id) {
                    Some(error) => unverified(error),
                    None => Outcome::Done(None),
                },
            };
        Ok(batch.iter().map(outcome).collect())
    }

    /// Deleting is harmless for what is gone already, so only courses that are closed to us are left out.
    async fn look_again(
        moodle: &Moodle,
        batch: &[Self],
        _trouble: &CallError,
    ) -> Result<Vec<Verdict>, CallError> {
        let lists = lists(moodle, batch).await?;
        let verdict = |group: &DeleteGroup| by_list(&lists, group.course, |_| Verdict::Send);
        Ok(batch.iter().map(verdict).collect())
    }
}

async fn lists<E: Element>(moodle: &Moodle, batch: &[E]) -> Result<ByCourse<Vec<GroupRow>>, CallError> {
    moodle.look_at_courses(batch, |course| moodle.client.get_course_groups(course)).await
}

/// Confirms what stands in the way of names and idnumbers, and the elements' own ids.
async fn confirm_rivals<'n>(
    moodle: &Moodle,
    lists: &ByCourse<Vec<GroupRow>>,
    wanted: impl Iterator<Item = (&'n str, Option<&'n str>)> + Clone,
    own: BTreeSet<i64>,
) -> Result<Confirmed<Option<GroupRow>>, CallError> {
    let mut ids = own;
    for rows in lists.values().flatten() {
        ids.extend(rivals(rows, wanted.clone()));
    }
    moodle.confirm_groups(&ids).await.unless_site_failed()
}

fn unverified(error: &CallError) -> Outcome {
    Outcome::Unknown(
        format!("deleted, as Moodle says, but that could not be verified: {}", error.in_words()).into(),
    )
}
