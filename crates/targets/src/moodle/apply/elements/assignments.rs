//! Groups put into groupings and taken out again (facts/moodle-ws.md §5.9).
//!
//! Not here: groupings themselves (`groupings.rs`).
//!
//! Invariant: both are harmless for what is so already.

use std::collections::BTreeMap;
use std::fmt::Display;

use reconcile::keys::CourseId;
use reconcile::outcome::Outcome;

use super::{group_gone, grouping_gone, missing};
use crate::moodle::Moodle;
use crate::moodle::apply::element::{Element, Verdict};
use crate::moodle::confirm::Confirmed;
use crate::moodle::errors::CallError;
use crate::moodle::form::Form;
use crate::moodle::functions::{Function, GroupRow, GroupingRow};

/// A group to be put into a grouping.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct AssignGrouping {
    pub(in super::super) course: CourseId,
    pub(in super::super) group: i64,
    pub(in super::super) grouping: i64,
}

impl Element for AssignGrouping {
    const FUNCTION: Function = Function::AssignGrouping;
    const FIELDS: usize = 2;

    fn course(&self) -> CourseId {
        self.course
    }

    async fn send(moodle: &Moodle, batch: &[Self]) -> Result<Vec<Outcome>, CallError> {
        let pairs = batch.iter().map(|assignment| (assignment.grouping, assignment.group));
        moodle.client.change(Self::FUNCTION, &pairs_form("assignments", pairs)).await?;
        Ok(vec![Outcome::Done(None); batch.len()])
    }

    async fn look_again(
        moodle: &Moodle,
        batch: &[Self],
        _trouble: &CallError,
    ) -> Result<Vec<Verdict>, CallError> {
        let pairs: Vec<(i64, i64)> = batch.iter().map(|pair| (pair.grouping, pair.group)).collect();
        let (groupings, groups) = both(moodle, &pairs).await?;
        let verdict = |(grouping, group): &(i64, i64)| {
            if holds(&groupings, *grouping, *group) {
                return Verdict::AlreadySo(None);
            }
            // Without the right to read groupings nothing can be said about them.
            let grouping_missing = groupings.as_ref().and_then(|it| missing(it, *grouping, grouping_gone()));
            grouping_missing.or_else(|| missing(&groups, *group, group_gone())).unwrap_or(Verdict::Send)
        };
        Ok(pairs.iter().map(verdict).collect())
    }
}

/// A group to be taken out of a grouping.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct UnassignGrouping {
    pub(in super::super) course: CourseId,
    pub(in super::super) group: i64,
    pub(in super::super) grouping: i64,
}

impl Element for UnassignGrouping {
    const FUNCTION: Function = Function::UnassignGrouping;
    const FIELDS: usize = 2;

    fn course(&self) -> CourseId {
        self.course
    }

    async fn send(moodle: &Moodle, batch: &[Self]) -> Result<Vec<Outcome>, CallError> {
        let pairs = batch.iter().map(|assignment| (assignment.grouping, assignment.group));
        moodle.client.change(Self::FUNCTION, &pairs_form("unassignments", pairs)).await?;
        Ok(vec![Outcome::Done(None); batch.len()])
    }

    async fn look_again(
        moodle: &Moodle,
        batch: &[Self],
        _trouble: &CallError,
    ) -> Result<Vec<Verdict>, CallError> {
        let pairs: Vec<(i64, i64)> = batch.iter().map(|pair| (pair.grouping, pair.group)).collect();
        let (groupings, groups) = both(moodle, &pairs).await?;
        let verdict = |(grouping, group): &(i64, i64)| {
            let gone = || Verdict::AlreadySo(None);
            if let Some(verdict) = groupings.as_ref().and_then(|it| missing(it, *grouping, gone())) {
                return verdict;
            }
            if let Some(verdict) = missing(&groups, *group, gone()) {
                return verdict;
            }
            if groupings.is_some() && !holds(&groupings, *grouping, *group) { gone() } else { Verdict::Send }
        };
        Ok(pairs.iter().map(verdict).collect())
    }
}

type Groupings = Option<Confirmed<GroupingRow>>;

fn holds(groupings: &Groupings, grouping: i64, group: i64) -> bool {
    let grouping = groupings.as_ref().and_then(|groupings| groupings.there.get(&grouping));
    grouping.is_some_and(|grouping| grouping.groups.iter().any(|row| row.id == group))
}

/// Confirms the groupings (where they may be read) and the groups of pairs.
async fn both(
    moodle: &Moodle,
    pairs: &[(i64, i64)],
) -> Result<(Groupings, Confirmed<Option<GroupRow>>), CallError> {
    let groupings = if moodle.grants(Function::GetGroupings) {
        let ids = pairs.iter().map(|(grouping, _)| *grouping).collect();
        Some(moodle.confirm_groupings(&ids).await.unless_site_failed()?)
    } else {
        None
    };
    let shown: BTreeMap<i64, &GroupRow> = groupings
        .iter()
        .flat_map(|groupings| groupings.there.values())
        .flat_map(|grouping| &grouping.groups)
        .map(|row| (row.id, row))
        .collect();
    let unseen = pairs.iter().map(|(_, group)| *group).filter(|group| !shown.contains_key(group)).collect();
    let mut groups = moodle.confirm_groups(&unseen).await.unless_site_failed()?;
    groups.there.extend(shown.into_iter().map(|(id, row)| (id, Some(row.clone()))));
    Ok((groupings, groups))
}

fn pairs_form(list: &str, pairs: impl Iterator<Item = (i64, i64)>) -> Form {
    let mut form = Form::new();
    for (grouping, group) in pairs {
        let keys: [(&str, &dyn Display); 2] = [("groupingid", &grouping), ("groupid", &group)];
        form.element(list, &keys);
    }
    form
}
