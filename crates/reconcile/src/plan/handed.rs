//! A plan as text, to be handed from the process that made it to another one of the same version.
//!
//! Not here: where the text is kept (`store`).
//!
//! Invariant: what is read is the plan that was written, and shares its groups among its operations as that one did.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use super::CoursePlan;
use crate::keys::Text;
use crate::operation::{Change, GroupHead, GroupingHead};

impl CoursePlan {
    /// The plan as text.
    ///
    /// # Errors
    ///
    /// A plan that cannot be written is a mistake of this program.
    pub fn to_text(&self) -> Result<Text, serde_json::Error> {
        Ok(serde_json::to_string(self)?.into())
    }

    /// Reads what [`CoursePlan::to_text`] wrote.
    ///
    /// # Errors
    ///
    /// The text was not written by this version of the program.
    pub fn from_text(text: &str) -> Result<CoursePlan, serde_json::Error> {
        let mut plan: CoursePlan = serde_json::from_str(text)?;
        // A course has thousands of members in some dozens of groups.
        let mut heads = Heads::default();
        for operation in &mut plan.operations {
            heads.share(&mut operation.change);
        }
        Ok(plan)
    }
}

/// Every group and grouping of a plan, once.
#[derive(Default)]
struct Heads {
    groups: HashSet<Arc<GroupHead>>,
    groupings: HashSet<Arc<GroupingHead>>,
}

impl Heads {
    fn share(&mut self, change: &mut Change) {
        match change {
            Change::CreateGrouping { grouping }
            | Change::AdoptGrouping { grouping, .. }
            | Change::RenameGrouping { grouping, .. }
            | Change::RecordGroupingName { grouping, .. }
            | Change::DeleteGrouping { grouping }
            | Change::ForgetGrouping { grouping } => known(&mut self.groupings, grouping),
            Change::CreateGroup { group }
            | Change::AdoptGroup { group, .. }
            | Change::RenumberGroup { group, .. }
            | Change::RenameGroup { group, .. }
            | Change::RecordGroupName { group, .. }
            | Change::AddMember { group, .. }
            | Change::AdoptMember { group, .. }
            | Change::RemoveMember { group, .. }
            | Change::ForgetMember { group, .. }
            | Change::DeleteGroup { group, .. }
            | Change::ForgetGroup { group } => known(&mut self.groups, group),
            Change::RekeyGroup { group, from } => {
                known(&mut self.groups, group);
                known(&mut self.groups, from);
            }
            Change::AssignGrouping { group, grouping } | Change::UnassignGrouping { group, grouping } => {
                known(&mut self.groups, group);
                known(&mut self.groupings, grouping);
            }
            Change::EnrolPerson { .. } => {}
        }
    }
}

/// Puts the one that was seen first in the place of an equal one.
fn known<T: Eq + Hash>(seen: &mut HashSet<Arc<T>>, value: &mut Arc<T>) {
    match seen.get(&**value) {
        Some(first) => *value = Arc::clone(first),
        None => {
            seen.insert(Arc::clone(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Finding, Reason, Subject};
    use crate::keys::{CourseId, GroupId, GroupKey, Part, Role, UserId};
    use crate::operation::{Because, Operation};

    #[test]
    fn a_plan_that_was_handed_over_is_the_same_and_no_larger() {
        let key =
            GroupKey { source: "cmis".into(), module: "M".into(), group: "1".into(), part: Part::Everyone };
        let group = Arc::new(GroupHead {
            idnumber: key.idnumber(),
            key,
            id: Some(GroupId(5)),
            name: "Übung \"A\"".into(),
            term: "T1".into(),
        });
        let course = CourseId(7);
        let add = |user| Operation {
            course,
            change: Change::AddMember {
                group: Arc::clone(&group),
                user: UserId(user),
                person: "p1".into(),
                role: Role::Tutor,
            },
            because: Because::SourceHas,
        };
        let finding = Finding {
            course,
            reason: Reason::NotEnrolled,
            subject: Subject { person: Some("p2".into()), ..Subject::default() },
            detail: "p2".into(),
        };
        let plan = CoursePlan {
            course,
            operations: vec![add(1), add(2)],
            findings: vec![finding],
            ..CoursePlan::default()
        };
        let read = CoursePlan::from_text(&plan.to_text().unwrap()).unwrap();
        assert_eq!(read, plan);
        let groups: Vec<_> = read.operations.iter().filter_map(Operation::group).collect();
        assert!(Arc::ptr_eq(groups[0], groups[1]));
        assert!(CoursePlan::from_text("{}").is_err());
    }
}
