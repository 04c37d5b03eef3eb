//! An operation as a sentence.
//!
//! Not here: what else a person is told of it.

use std::fmt;

use super::{Becomes, Change, Operation};

impl fmt::Display for Operation {
    /// The operation as a sentence, for example `add 20000001 to TUT5 as student: the source has it`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.change {
            Change::CreateGrouping { grouping } => write!(f, "create grouping {}", grouping.name),
            Change::AdoptGrouping { grouping, .. } => write!(f, "take over grouping {}", grouping.name),
            Change::RenameGrouping { grouping, before, .. } => {
                write!(f, "rename grouping {before} to {}", grouping.name)
            }
            Change::RecordGroupingName { grouping, .. } => {
                write!(f, "note that a grouping shows {}", grouping.name)
            }
            Change::CreateGroup { group } => write!(f, "create group {}", group.name),
            Change::AdoptGroup { group, .. } => write!(f, "take over group {}", group.name),
            Change::RenumberGroup { group, .. } => {
                write!(f, "give group {} its new id {}", group.name, group.key.group)
            }
            Change::RekeyGroup { group, from } => {
                write!(
                    f,
                    "carry on group {} ({}) as {} ({})",
                    from.name, from.key.group, group.name, group.key.group
                )
            }
            Change::RenameGroup { group, before, becomes: Becomes::Archived, .. }
                if *before == group.name =>
            {
                write!(f, "mark group {before} as archived")
            }
            Change::RenameGroup { group, before, .. } => write!(f, "rename group {before} to {}", group.name),
            Change::RecordGroupName { group, .. } => write!(f, "note that a group shows {}", group.name),
            Change::AssignGrouping { group, grouping } => {
                write!(f, "put group {} into grouping {}", group.name, grouping.name)
            }
            Change::EnrolPerson { person, role, .. } => write!(f, "enrol {person} as {role}"),
            Change::AddMember { group, person, role, .. } => {
                write!(f, "add {person} to {} as {role}", group.name)
            }
            Change::AdoptMember { group, person, role, .. } => {
                write!(f, "record {person} in {} as {role}", group.name)
            }
            Change::RemoveMember { group, person, .. } => write!(f, "remove {person} from {}", group.name),
            Change::ForgetMember { group, person, .. } => write!(f, "forget {person} in {}", group.name),
            Change::UnassignGrouping { group, grouping } => {
                write!(f, "take group {} out of grouping {}", group.name, grouping.name)
            }
            Change::DeleteGroup { group, members } => {
                let members_word = if *members == 1 { "member" } else { "members" };
                write!(f, "delete group {} with {members} {members_word}", group.name)
            }
            Change::ForgetGroup { group } => write!(f, "forget group {}", group.name),
            Change::DeleteGrouping { grouping } => write!(f, "delete grouping {}", grouping.name),
            Change::ForgetGrouping { grouping } => write!(f, "forget grouping {}", grouping.name),
        }?;
        write!(f, ": {}", self.because.words())
    }
}
