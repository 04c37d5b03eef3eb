//! The second stage of an observation: what the database says about everything that is ours, for many courses at once.
//!
//! Not here: the lists (`listed.rs`) and the judgement (`judge.rs`).
//!
//! Invariant: ids are asked for in full batches over many courses, so that a course costs a fraction of a call.

use std::collections::BTreeSet;

use reconcile::keys::is_ours;
use reconcile::naming;

use super::super::Moodle;
use super::super::confirm::Confirmed;
use super::super::functions::{Function, GroupRow, GroupingRow};
use super::ObserveScope;
use super::listed::Lists;

/// What the database says.
pub(super) struct Verified {
    /// Groupings that are ours or linked; `None` where the token may not read them.
    pub(super) groupings: Option<Confirmed<GroupingRow>>,
    /// Members of every group that is ours, linked, to be adopted, or in one of our groupings.
    pub(super) members: Confirmed<Vec<i64>>,
    /// Names and idnumbers of linked groups that the list left out.
    pub(super) unlisted: Confirmed<Option<GroupRow>>,
}

/// Tells whether an idnumber of a row is ours.
pub(super) fn row_is_ours(idnumber: Option<&str>) -> bool {
    idnumber.is_some_and(is_ours)
}

/// Tells whether the members of a group have to be read.
pub(super) fn is_wanted(scope: &ObserveScope, group: &GroupRow) -> bool {
    row_is_ours(group.idnumber.as_deref())
        || scope.group_ids.iter().any(|id| id.0 == group.id)
        || (!scope.adopt_names.is_empty() && scope.adopt_names.contains(&naming::fold(&group.name)))
}

/// Tells whether the groups of a grouping have to be read.
pub(super) fn is_wanted_grouping(scope: &ObserveScope, grouping: &GroupingRow) -> bool {
    row_is_ours(grouping.idnumber.as_deref()) || scope.grouping_ids.iter().any(|id| id.0 == grouping.id)
}

impl Moodle {
    pub(super) async fn verify(&self, courses: &[(ObserveScope, Lists)]) -> Verified {
        let mut grouping_ids = BTreeSet::new();
        let mut group_ids = BTreeSet::new();
        let mut unlisted_ids = BTreeSet::new();
        for (scope, lists) in courses {
            grouping_ids.extend(scope.grouping_ids.iter().map(|id| id.0));
            grouping_ids.extend(
                lists.groupings.iter().filter(|row| is_wanted_grouping(scope, row)).map(|row| row.id),
            );
            group_ids.extend(lists.groups.iter().filter(|row| is_wanted(scope, row)).map(|row| row.id));
            let listed: BTreeSet<i64> = lists.groups.iter().map(|row| row.id).collect();
            unlisted_ids.extend(scope.group_ids.iter().map(|id| id.0).filter(|id| !listed.contains(id)));
        }
        let groupings = if self.grants(Function::GetGroupings) {
            Some(self.confirm_groupings(&grouping_ids).await)
        } else {
            None
        };
        // What a grouping shows is there, even where the list has forgotten it.
        if let Some(groupings) = &groupings {
            let shown = groupings.there.values().flat_map(|grouping| &grouping.groups);
            for row in shown {
                group_ids.extend(row_is_ours(row.idnumber.as_deref()).then_some(row.id));
                // It came with its name, past the cache.
                if unlisted_ids.remove(&row.id) {
                    group_ids.insert(row.id);
                }
            }
        }
        let unlisted = self.confirm_groups(&unlisted_ids).await;
        group_ids.extend(unlisted.there.keys().copied());
        let members = self.confirm_members(&group_ids).await;
        Verified { groupings, members, unlisted }
    }
}
