//! One thing to do: a finished sentence with before, after and because.
//!
//! Not here: deciding that it shall be done ([`crate::plan`]) and doing it (`targets`).
//!
//! Invariant: an operation holds everything that is needed to carry it out, save the ids of groups and groupings
//! that an earlier operation of the same course creates; those are found by key.
//! Invariant: operations sort into the order in which they are carried out (see [`Phase`]).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::keys::{CourseId, GroupId, GroupKey, GroupingId, GroupingKey, PersonKey, Role, Text, UserId};

pub use self::because::Because;
pub use self::row::{Fingerprint, OperationRow};

mod because;
mod row;
mod words;

/// A group of ours as operations refer to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupHead {
    /// Its key.
    pub key: GroupKey,
    /// Its idnumber on the platform.
    pub idnumber: Text,
    /// Its id on the platform; `None` when an operation of the same plan creates it.
    pub id: Option<GroupId>,
    /// The name that it shows, or will show.
    pub name: Text,
    /// Its term.
    pub term: Text,
}

/// A grouping of ours as operations refer to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupingHead {
    /// Its key.
    pub key: GroupingKey,
    /// Its idnumber on the platform.
    pub idnumber: Text,
    /// Its id on the platform; `None` when an operation of the same plan creates it.
    pub id: Option<GroupingId>,
    /// The name that it shows, or will show.
    pub name: Text,
}

/// One thing to do in one course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The course.
    pub course: CourseId,
    /// What.
    pub change: Change,
    /// Why.
    pub because: Because,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// Creates a grouping with its idnumber.
    CreateGrouping {
        /// The grouping.
        grouping: Arc<GroupingHead>,
    },
    /// Records a grouping that is already there; writes its idnumber where `idnumber_before` differs.
    AdoptGrouping {
        /// The grouping.
        grouping: Arc<GroupingHead>,
        /// The idnumber that it shows.
        idnumber_before: Text,
        /// The name to remember as last applied.
        name_applied: Text,
    },
    /// Gives a grouping another name.
    RenameGrouping {
        /// The grouping; its `name` is the new one.
        grouping: Arc<GroupingHead>,
        /// The name that it shows.
        before: Text,
        /// A passing name for exchanges of names, written first.
        via: Option<Text>,
    },
    /// Records which name a grouping shows, and which counts as applied.
    RecordGroupingName {
        /// The grouping; its `name` is what it shows.
        grouping: Arc<GroupingHead>,
        /// The name that counts as applied.
        name_applied: Text,
    },
    /// Creates a group with its idnumber.
    CreateGroup {
        /// The group.
        group: Arc<GroupHead>,
    },
    /// Records a group that is already there; writes its idnumber where `idnumber_before` differs.
    AdoptGroup {
        /// The group; its `name` is what it shows.
        group: Arc<GroupHead>,
        /// The idnumber that it shows.
        idnumber_before: Text,
        /// The name to remember as last applied.
        name_applied: Text,
    },
    /// Writes the idnumber of a group whose key changed: the source told of its new id, and our memory followed.
    RenumberGroup {
        /// The group with its new key and idnumber; its `name` is what it shows.
        group: Arc<GroupHead>,
        /// The idnumber that it shows.
        before: Text,
        /// A passing idnumber, written first where another group gets the one that this group shows.
        via: Option<Text>,
        /// The name to remember as last applied.
        name_applied: Text,
    },
    /// Gives a group another key, idnumber and name: the source seems to have given it a new id.
    RekeyGroup {
        /// The group with its new key, idnumber and name.
        group: Arc<GroupHead>,
        /// The group until now.
        from: Arc<GroupHead>,
    },
    /// Gives a group another name.
    RenameGroup {
        /// The group; its `name` is the new one.
        group: Arc<GroupHead>,
        /// The name that it shows.
        before: Text,
        /// A passing name for exchanges of names and changes of letter case, written first.
        via: Option<Text>,
        /// What the group is afterwards.
        becomes: Becomes,
    },
    /// Records which name a group shows, which counts as applied, and its term.
    RecordGroupName {
        /// The group; its `name` is what it shows.
        group: Arc<GroupHead>,
        /// The name that counts as applied.
        name_applied: Text,
    },
    /// Puts a group into a grouping.
    AssignGrouping {
        /// The group.
        group: Arc<GroupHead>,
        /// The grouping.
        grouping: Arc<GroupingHead>,
    },
    /// Enrols a person by manual enrolment.
    EnrolPerson {
        /// The user.
        user: UserId,
        /// The person.
        person: PersonKey,
        /// What the person will do.
        role: Role,
        /// The platform's number of the role that is given.
        role_id: i64,
    },
    /// Adds a member.
    AddMember {
        /// The group.
        group: Arc<GroupHead>,
        /// The user.
        user: UserId,
        /// The person.
        person: PersonKey,
        /// What the person does there.
        role: Role,
    },
    /// Records a membership that is already there, or its new person or role.
    AdoptMember {
        /// The group.
        group: Arc<GroupHead>,
        /// The user.
        user: UserId,
        /// The person.
        person: PersonKey,
        /// What the person does there.
        role: Role,
    },
    /// Removes a member.
    RemoveMember {
        /// The group.
        group: Arc<GroupHead>,
        /// The user.
        user: UserId,
        /// The person; the user's number in words where the source never named them.
        person: PersonKey,
    },
    /// Forgets a membership that is gone.
    ForgetMember {
        /// The group.
        group: Arc<GroupHead>,
        /// The user.
        user: UserId,
        /// The person.
        person: PersonKey,
    },
    /// Takes a group out of a grouping.
    UnassignGrouping {
        /// The group.
        group: Arc<GroupHead>,
        /// The grouping.
        grouping: Arc<GroupingHead>,
    },
    /// Deletes a group with its memberships.
    DeleteGroup {
        /// The group.
        group: Arc<GroupHead>,
        /// How many members it shows.
        members: u64,
    },
    /// Forgets a group that is gone.
    ForgetGroup {
        /// The group.
        group: Arc<GroupHead>,
    },
    /// Deletes a grouping; its groups stay.
    DeleteGrouping {
        /// The grouping.
        grouping: Arc<GroupingHead>,
    },
    /// Forgets a grouping that is gone.
    ForgetGrouping {
        /// The grouping.
        grouping: Arc<GroupingHead>,
    },
}

/// What a renamed group is afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Becomes {
    /// An ordinary group of ours, whose new name counts as applied.
    Current,
    /// An archived group (policy `on_unmap = "archive"`).
    Archived,
    /// A group that makes room for another one of its name before it is deleted.
    Outgoing,
}

/// When in a run an operation is carried out: what others need comes first, what cannot be taken back comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Groupings are created, adopted and renamed.
    Groupings,
    /// Groups are taken over, or get the idnumbers of their new keys.
    Adoptions,
    /// Names are exchanged and freed before new groups need them.
    Renames,
    /// Groups are created.
    Groups,
    /// Groups are put into groupings.
    Assignments,
    /// People are enrolled.
    Enrolments,
    /// Members are added.
    Additions,
    /// Members are removed, and groups taken out of groupings.
    Removals,
    /// Groups are carried on under a new key; before it, operations of the same plan use the old one.
    Rekeys,
    /// Groups and groupings are deleted.
    Deletions,
}

impl Operation {
    /// When the operation is carried out.
    pub fn phase(&self) -> Phase {
        match self.change {
            Change::CreateGrouping { .. }
            | Change::AdoptGrouping { .. }
            | Change::RenameGrouping { .. }
            | Change::RecordGroupingName { .. } => Phase::Groupings,
            Change::AdoptGroup { .. } | Change::RenumberGroup { .. } => Phase::Adoptions,
            Change::RenameGroup { .. } | Change::RecordGroupName { .. } => Phase::Renames,
            Change::CreateGroup { .. } => Phase::Groups,
            Change::AssignGrouping { .. } => Phase::Assignments,
            Change::EnrolPerson { .. } => Phase::Enrolments,
            Change::AddMember { .. } | Change::AdoptMember { .. } => Phase::Additions,
            Change::RemoveMember { .. } | Change::ForgetMember { .. } | Change::UnassignGrouping { .. } => {
                Phase::Removals
            }
            Change::RekeyGroup { .. } => Phase::Rekeys,
            Change::DeleteGroup { .. }
            | Change::ForgetGroup { .. }
            | Change::DeleteGrouping { .. }
            | Change::ForgetGrouping { .. } => Phase::Deletions,
        }
    }

    /// Tells whether the platform is asked for anything, or only our own record changes.
    pub fn sends(&self) -> bool {
        match &self.change {
            Change::AdoptGrouping { grouping, idnumber_before, .. } => *idnumber_before != grouping.idnumber,
            Change::AdoptGroup { group, idnumber_before, .. } => *idnumber_before != group.idnumber,
            Change::RenumberGroup { group, before, .. } => *before != group.idnumber,
            // The name is there already when only the answer to the rename was lost.
            Change::RenameGroup { group, before, .. } => *before != group.name,
            Change::RecordGroupingName { .. }
            | Change::RecordGroupName { .. }
            | Change::AdoptMember { .. }
            | Change::ForgetMember { .. }
            | Change::ForgetGroup { .. }
            | Change::ForgetGrouping { .. } => false,
            Change::CreateGrouping { .. }
            | Change::RenameGrouping { .. }
            | Change::CreateGroup { .. }
            | Change::RekeyGroup { .. }
            | Change::AssignGrouping { .. }
            | Change::EnrolPerson { .. }
            | Change::AddMember { .. }
            | Change::RemoveMember { .. }
            | Change::UnassignGrouping { .. }
            | Change::DeleteGroup { .. }
            | Change::DeleteGrouping { .. } => true,
        }
    }

    /// The group that the operation is about.
    pub fn group(&self) -> Option<&Arc<GroupHead>> {
        match &self.change {
            Change::CreateGroup { group }
            | Change::AdoptGroup { group, .. }
            | Change::RenumberGroup { group, .. }
            | Change::RekeyGroup { group, .. }
            | Change::RenameGroup { group, .. }
            | Change::RecordGroupName { group, .. }
            | Change::AssignGrouping { group, .. }
            | Change::AddMember { group, .. }
            | Change::AdoptMember { group, .. }
            | Change::RemoveMember { group, .. }
            | Change::ForgetMember { group, .. }
            | Change::UnassignGrouping { group, .. }
            | Change::DeleteGroup { group, .. }
            | Change::ForgetGroup { group } => Some(group),
            Change::CreateGrouping { .. }
            | Change::AdoptGrouping { .. }
            | Change::RenameGrouping { .. }
            | Change::RecordGroupingName { .. }
            | Change::EnrolPerson { .. }
            | Change::DeleteGrouping { .. }
            | Change::ForgetGrouping { .. } => None,
        }
    }

    /// The user whom the operation concerns.
    pub fn user(&self) -> Option<UserId> {
        match self.change {
            Change::EnrolPerson { user, .. }
            | Change::AddMember { user, .. }
            | Change::AdoptMember { user, .. }
            | Change::RemoveMember { user, .. }
            | Change::ForgetMember { user, .. } => Some(user),
            _ => None,
        }
    }
}

/// Declares the kinds of operations with their words.
macro_rules! kinds {
    ($($change:ident $word:literal,)+) => {
        /// The words of all kinds.
        pub const KINDS: &[&str] = &[$($word),+];

        impl Operation {
            /// The kind of the operation: the word in tables, logs and JSON.
            pub fn kind(&self) -> &'static str {
                match self.change { $(Change::$change { .. } => $word),+ }
            }
        }
    };
}

kinds! {
    CreateGrouping "create_grouping",
    AdoptGrouping "adopt_grouping",
    RenameGrouping "rename_grouping",
    RecordGroupingName "record_grouping_name",
    CreateGroup "create_group",
    AdoptGroup "adopt_group",
    RenumberGroup "renumber_group",
    RekeyGroup "rekey_group",
    RenameGroup "rename_group",
    RecordGroupName "record_group_name",
    AssignGrouping "assign_grouping",
    EnrolPerson "enrol_person",
    AddMember "add_member",
    AdoptMember "adopt_member",
    RemoveMember "remove_member",
    ForgetMember "forget_member",
    UnassignGrouping "unassign_grouping",
    DeleteGroup "delete_group",
    ForgetGroup "forget_group",
    DeleteGrouping "delete_grouping",
    ForgetGrouping "forget_grouping",
}
