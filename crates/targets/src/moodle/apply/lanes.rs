//! Packs the courses of a plan into lanes that run side by side.
//!
//! Each lane ends every kind of call with a batch that may not be full. So the number of lanes is what the budget
//! allows: at most 5 % more writing calls than one single lane would need (DESIGN §12).
//!
//! Not here: the order within a lane.
//!
//! Invariant: all operations of a course are in one lane, in the order of the plan.

use std::collections::BTreeMap;

use reconcile::keys::CourseId;
use reconcile::operation::{Change, Operation, Phase};

use crate::journal::PlannedOperation;

/// A lane more than needed costs at most one call for each kind of call; this share may be spent on that.
const SPARE_CALLS_PERCENT: usize = 5;

/// Packs operations into lanes. `batch_max` tells how many elements of so many fields fit into one call.
pub(super) fn pack(
    operations: &[PlannedOperation],
    lanes_max: usize,
    batch_max: impl Fn(usize) -> usize,
) -> Vec<Vec<&PlannedOperation>> {
    let mut courses: BTreeMap<CourseId, Vec<&PlannedOperation>> = BTreeMap::new();
    let mut elements: BTreeMap<(Phase, &'static str, usize), usize> = BTreeMap::new();
    for planned in operations {
        courses.entry(planned.operation.course).or_default().push(planned);
        for (name, fields) in calls(&planned.operation) {
            *elements.entry((planned.operation.phase(), name, fields)).or_default() += 1;
        }
    }
    let calls_min: usize =
        elements.iter().map(|((_, _, fields), count)| count.div_ceil(batch_max(*fields))).sum();
    let spare = calls_min * SPARE_CALLS_PERCENT / 100;
    let lanes_count = (1 + spare / elements.len().max(1)).min(lanes_max).min(courses.len()).max(1);

    // The heaviest course first, always into the lightest lane; the number decides between equals.
    let mut by_weight: Vec<Vec<&PlannedOperation>> = courses.into_values().collect();
    by_weight.sort_by_key(|operations| std::cmp::Reverse(operations.len()));
    let mut lanes: Vec<Vec<&PlannedOperation>> = vec![Vec::new(); lanes_count];
    for operations in by_weight {
        if let Some(lightest) = lanes.iter_mut().min_by_key(|lane| lane.len()) {
            lightest.extend(operations);
        }
    }
    lanes
}

/// In which calls an operation takes part, with the fields it needs there.
fn calls(operation: &Operation) -> Vec<(&'static str, usize)> {
    if !operation.sends() {
        return Vec::new();
    }
    match &operation.change {
        Change::RenameGrouping { via: Some(_), .. } => vec![("via", 5), ("update", 5)],
        Change::RenameGrouping { via: None, .. } => vec![("update", 5)],
        Change::AdoptGrouping { .. } => vec![("adopt", 5)],
        Change::RenameGroup { via: Some(_), .. } | Change::RenumberGroup { via: Some(_), .. } => {
            vec![("via", 3), ("update", 3)]
        }
        Change::RenameGroup { via: None, .. }
        | Change::RenumberGroup { via: None, .. }
        | Change::RekeyGroup { .. }
        | Change::AdoptGroup { .. } => vec![("update", 3)],
        Change::CreateGrouping { .. } | Change::CreateGroup { .. } => vec![("create", 4)],
        Change::AssignGrouping { .. } => vec![("assign", 2)],
        Change::UnassignGrouping { .. } => vec![("unassign", 2)],
        Change::EnrolPerson { .. } => vec![("enrol", 3)],
        Change::AddMember { .. } => vec![("add", 2)],
        Change::RemoveMember { .. } => vec![("remove", 2)],
        Change::DeleteGroup { .. } => vec![("delete groups", 1)],
        Change::DeleteGrouping { .. } => vec![("delete groupings", 1)],
        Change::RecordGroupingName { .. }
        | Change::RecordGroupName { .. }
        | Change::AdoptMember { .. }
        | Change::ForgetMember { .. }
        | Change::ForgetGroup { .. }
        | Change::ForgetGrouping { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use reconcile::keys::{GroupId, GroupKey, Part, Role, UserId};
    use reconcile::operation::{Because, GroupHead};

    use super::*;

    /// Plans `members` additions in each of `courses` courses and gives the sizes of the lanes.
    fn check(courses: i64, members: i64, expected: &[usize]) {
        let mut operations = Vec::new();
        for course in 1..=courses {
            let key = GroupKey {
                source: "cmis".into(),
                module: "M".into(),
                group: "1".into(),
                part: Part::Everyone,
            };
            let group = Arc::new(GroupHead {
                idnumber: key.idnumber(),
                key,
                id: Some(GroupId(course)),
                name: "A".into(),
                term: "".into(),
            });
            for user in 1..=members {
                let change = Change::AddMember {
                    group: group.clone(),
                    user: UserId(user),
                    person: "p".into(),
                    role: Role::Student,
                };
                let operation = Operation { course: CourseId(course), change, because: Because::SourceHas };
                operations.push(PlannedOperation { number: operations.len() as u32, operation });
            }
        }
        let lanes = pack(&operations, 4, |fields| 100.min(897 / fields));
        let sizes: Vec<usize> = lanes.iter().map(Vec::len).collect();
        assert_eq!(sizes, expected);
        let calls: usize = sizes.iter().map(|size| size.div_ceil(100)).sum();
        assert!(calls * 100 <= operations.len().div_ceil(100).max(1) * 105, "{calls} calls");
    }

    #[test]
    fn there_are_as_many_lanes_as_the_budget_of_calls_allows() {
        check(0, 0, &[0]);
        check(50, 10, &[500]);
        check(100, 21, &[1050, 1050]);
        check(1000, 21, &[5250, 5250, 5250, 5250]);
    }
}
