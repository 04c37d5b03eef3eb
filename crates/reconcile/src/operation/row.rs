//! An operation as a row of a table, and the fingerprint that stands for exactly this operation.
//!
//! Not here: the table (`store`).
//!
//! Invariant: two operations have the same fingerprint only if course, kind, object, person, before and after are the
//! same.

use std::fmt;

use sha2::{Digest, Sha256};

use super::{Change, GroupHead, GroupingHead, Operation};
use crate::keys::{PersonKey, Text, UserId};

/// Stands for exactly this operation: approvals name it. Printed as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 16]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// An operation as a row: the same columns for every kind, for tables, pages and files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationRow {
    /// The kind, for example `add_member`.
    pub kind: &'static str,
    /// The idnumber of the group or grouping; empty for an enrolment.
    pub idnumber: Text,
    /// The name of the group or grouping; empty for an enrolment.
    pub name: Text,
    /// The platform's id of the group or grouping, where it has one.
    pub target_id: Option<i64>,
    /// The person concerned; empty where there is none.
    pub person: Text,
    /// The user concerned.
    pub user: Option<UserId>,
    /// What is there before; empty where nothing is.
    pub before: Text,
    /// What is there after; empty where nothing is.
    pub after: Text,
}

impl Operation {
    /// The operation as a row.
    pub fn row(&self) -> OperationRow {
        let none: Text = "".into();
        let kind = self.kind();
        let group_row = |group: &GroupHead, before: Text, after: Text| OperationRow {
            kind,
            idnumber: group.idnumber.clone(),
            name: group.name.clone(),
            target_id: group.id.map(|id| id.0),
            person: none.clone(),
            user: None,
            before,
            after,
        };
        let grouping_row = |grouping: &GroupingHead, before: Text, after: Text| OperationRow {
            kind,
            idnumber: grouping.idnumber.clone(),
            name: grouping.name.clone(),
            target_id: grouping.id.map(|id| id.0),
            person: none.clone(),
            user: None,
            before,
            after,
        };
        let member_row =
            |group: &GroupHead, user: UserId, person: &PersonKey, before: &str, after: &str| OperationRow {
                person: person.0.clone(),
                user: Some(user),
                ..group_row(group, before.into(), after.into())
            };
        match &self.change {
            Change::CreateGrouping { grouping } => {
                grouping_row(grouping, none.clone(), grouping.name.clone())
            }
            Change::AdoptGrouping { grouping, idnumber_before, .. } => {
                grouping_row(grouping, idnumber_before.clone(), grouping.idnumber.clone())
            }
            Change::RenameGrouping { grouping, before, .. } => {
                grouping_row(grouping, before.clone(), grouping.name.clone())
            }
            Change::RecordGroupingName { grouping, name_applied } => {
                grouping_row(grouping, name_applied.clone(), grouping.name.clone())
            }
            Change::CreateGroup { group } => group_row(group, none.clone(), group.name.clone()),
            Change::AdoptGroup { group, idnumber_before, .. } => {
                group_row(group, idnumber_before.clone(), group.idnumber.clone())
            }
            Change::RenumberGroup { group, before, .. } => {
                group_row(group, before.clone(), group.idnumber.clone())
            }
            Change::RekeyGroup { group, from } => {
                group_row(group, from.idnumber.clone(), group.idnumber.clone())
            }
            Change::RenameGroup { group, before, .. } => group_row(group, before.clone(), group.name.clone()),
            Change::RecordGroupName { group, name_applied } => {
                group_row(group, name_applied.clone(), group.name.clone())
            }
            Change::AssignGrouping { group, grouping } => {
                group_row(group, none.clone(), grouping.name.clone())
            }
            Change::UnassignGrouping { group, grouping } => {
                group_row(group, grouping.name.clone(), none.clone())
            }
            Change::EnrolPerson { user, person, role, .. } => OperationRow {
                kind,
                idnumber: none.clone(),
                name: none.clone(),
                target_id: None,
                person: person.0.clone(),
                user: Some(*user),
                before: none.clone(),
                after: role.as_str().into(),
            },
            Change::AddMember { group, user, person, role } => {
                member_row(group, *user, person, "", role.as_str())
            }
            Change::AdoptMember { group, user, person, role } => {
                member_row(group, *user, person, role.as_str(), role.as_str())
            }
            Change::RemoveMember { group, user, person } => member_row(group, *user, person, "member", ""),
            Change::ForgetMember { group, user, person } => member_row(group, *user, person, "", ""),
            Change::DeleteGroup { group, members } => {
                group_row(group, format!("{} ({members} members)", group.name).into(), none.clone())
            }
            Change::ForgetGroup { group } => group_row(group, none.clone(), none.clone()),
            Change::DeleteGrouping { grouping } => {
                grouping_row(grouping, grouping.name.clone(), none.clone())
            }
            Change::ForgetGrouping { grouping } => grouping_row(grouping, none.clone(), none.clone()),
        }
    }

    /// Stands for exactly this operation in approvals: the same course, kind, object, person, before and after.
    pub fn fingerprint(&self) -> Fingerprint {
        let row = self.row();
        let mut hash = Sha256::new();
        let course = self.course.to_string();
        for part in [&course, row.kind, &row.idnumber, &row.person, &row.before, &row.after] {
            // The length goes in first, so that no two lists of parts read alike.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&hash.finalize()[..16]);
        Fingerprint(fingerprint)
    }
}
