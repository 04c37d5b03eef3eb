//! What operations send: each becomes an element of a call, with the ids that earlier operations of the lane brought.
//!
//! Not here: in which order and how many at a time (`lane.rs`).
//!
//! Invariant: what rests on something that could not be made is not tried, and says why.

use std::collections::HashMap;

use reconcile::keys::{CourseId, GroupKey, GroupingKey, Text, UserId};
use reconcile::operation::{Change, GroupHead, GroupingHead, Operation};
use reconcile::outcome::Outcome;

use super::elements::{
    AddMember, AssignGrouping, CreateGroup, CreateGrouping, DeleteGroup, DeleteGrouping, EnrolUser,
    RemoveMember, UnassignGrouping, UpdateGroup, UpdateGrouping,
};

/// What an operation sends in one step: `None` if it takes no part, an error if what it rests on is missing.
pub(super) type Choice<E> = Option<Result<E, Text>>;

/// An id that an earlier operation of the lane was to bring, or why it did not.
type Made = Result<i64, Text>;

/// Why a group or grouping is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Update {
    /// It gets an idnumber in between, so that others can have the one that it has.
    FreeNumber,
    /// It gets our idnumber.
    Adopt,
    /// It gets a name in between, so that others can have the one that it has.
    Pass,
    /// It gets its name.
    Rename,
    /// It gets another idnumber of ours.
    Rekey,
}

/// What the operations of a lane brought so far.
#[derive(Default)]
pub(super) struct Brought {
    groups: HashMap<(CourseId, GroupKey), Made>,
    groupings: HashMap<(CourseId, GroupingKey), Made>,
    /// People who could not be enrolled, and why.
    not_enrolled: HashMap<(CourseId, UserId), Text>,
}

impl Brought {
    /// Remembers an outcome for the operations that rest on it.
    pub(super) fn note(&mut self, operation: &Operation, outcome: &Outcome) {
        match &operation.change {
            Change::CreateGroup { group } => {
                let made = made(outcome, "group", &group.name);
                self.groups.insert((operation.course, group.key.clone()), made);
            }
            Change::CreateGrouping { grouping } => {
                let made = made(outcome, "grouping", &grouping.name);
                self.groupings.insert((operation.course, grouping.key.clone()), made);
            }
            Change::EnrolPerson { user, .. } if !outcome.is_success() => {
                let why = format!("the person could not be enrolled: {}", outcome.detail());
                self.not_enrolled.insert((operation.course, *user), why.into());
            }
            _ => {}
        }
    }

    fn group_id(&self, course: CourseId, group: &GroupHead) -> Made {
        let made = self.groups.get(&(course, group.key.clone()));
        group.id.map_or_else(|| brought(made, "group", &group.name), |id| Ok(id.0))
    }

    fn grouping_id(&self, course: CourseId, grouping: &GroupingHead) -> Made {
        let made = self.groupings.get(&(course, grouping.key.clone()));
        grouping.id.map_or_else(|| brought(made, "grouping", &grouping.name), |id| Ok(id.0))
    }

    pub(super) fn update_grouping(&self, why: Update, operation: &Operation) -> Choice<UpdateGrouping> {
        let (grouping, name, idnumber) = match (why, &operation.change) {
            (Update::Adopt, Change::AdoptGrouping { grouping, .. }) => {
                (grouping, &grouping.name, Some(grouping.idnumber.clone()))
            }
            (Update::Pass, Change::RenameGrouping { grouping, via: Some(via), .. }) => (grouping, via, None),
            (Update::Rename, Change::RenameGrouping { grouping, .. }) => (grouping, &grouping.name, None),
            _ => return None,
        };
        let (course, name) = (operation.course, name.clone());
        Some(self.grouping_id(course, grouping).map(|id| UpdateGrouping { course, id, name, idnumber }))
    }

    pub(super) fn update_group(&self, why: Update, operation: &Operation) -> Choice<UpdateGroup> {
        let (group, name, idnumber) = match (why, &operation.change) {
            (Update::FreeNumber, Change::RenumberGroup { group, via: Some(via), .. }) => {
                (group, &group.name, Some(via.clone()))
            }
            (Update::Adopt, Change::AdoptGroup { group, .. } | Change::RenumberGroup { group, .. })
            | (Update::Rekey, Change::RekeyGroup { group, .. }) => {
                (group, &group.name, Some(group.idnumber.clone()))
            }
            (Update::Pass, Change::RenameGroup { group, via: Some(via), .. }) => (group, via, None),
            (Update::Rename, Change::RenameGroup { group, .. }) => (group, &group.name, None),
            _ => return None,
        };
        let (course, name) = (operation.course, name.clone());
        Some(self.group_id(course, group).map(|id| UpdateGroup { course, id, name, idnumber }))
    }

    pub(super) fn create_grouping(&self, operation: &Operation) -> Choice<CreateGrouping> {
        let Change::CreateGrouping { grouping } = &operation.change else { return None };
        let (name, idnumber) = (grouping.name.clone(), grouping.idnumber.clone());
        Some(Ok(CreateGrouping { course: operation.course, name, idnumber }))
    }

    pub(super) fn create_group(&self, operation: &Operation) -> Choice<CreateGroup> {
        let Change::CreateGroup { group } = &operation.change else { return None };
        let (name, idnumber) = (group.name.clone(), group.idnumber.clone());
        Some(Ok(CreateGroup { course: operation.course, name, idnumber }))
    }

    pub(super) fn assign_grouping(&self, operation: &Operation) -> Choice<AssignGrouping> {
        let Change::AssignGrouping { group, grouping } = &operation.change else { return None };
        let course = operation.course;
        let pair = self.pair(course, group, grouping);
        Some(pair.map(|(group, grouping)| AssignGrouping { course, group, grouping }))
    }

    pub(super) fn unassign_grouping(&self, operation: &Operation) -> Choice<UnassignGrouping> {
        let Change::UnassignGrouping { group, grouping } = &operation.change else { return None };
        let course = operation.course;
        let pair = self.pair(course, group, grouping);
        Some(pair.map(|(group, grouping)| UnassignGrouping { course, group, grouping }))
    }

    fn pair(&self, course: CourseId, group: &GroupHead, grouping: &GroupingHead) -> Result<(i64, i64), Text> {
        Ok((self.group_id(course, group)?, self.grouping_id(course, grouping)?))
    }

    pub(super) fn enrol_person(&self, operation: &Operation) -> Choice<EnrolUser> {
        let Change::EnrolPerson { user, role_id, .. } = &operation.change else { return None };
        Some(Ok(EnrolUser { course: operation.course, user: user.0, role_id: *role_id }))
    }

    pub(super) fn add_member(&self, operation: &Operation) -> Choice<AddMember> {
        let Change::AddMember { group, user, .. } = &operation.change else { return None };
        let course = operation.course;
        if let Some(why) = self.not_enrolled.get(&(course, *user)) {
            return Some(Err(why.clone()));
        }
        Some(self.group_id(course, group).map(|group| AddMember { course, group, user: user.0 }))
    }

    pub(super) fn remove_member(&self, operation: &Operation) -> Choice<RemoveMember> {
        let Change::RemoveMember { group, user, .. } = &operation.change else { return None };
        let course = operation.course;
        Some(self.group_id(course, group).map(|group| RemoveMember { course, group, user: user.0 }))
    }

    pub(super) fn delete_group(&self, operation: &Operation) -> Choice<DeleteGroup> {
        let Change::DeleteGroup { group, .. } = &operation.change else { return None };
        let course = operation.course;
        Some(self.group_id(course, group).map(|id| DeleteGroup { course, id }))
    }

    pub(super) fn delete_grouping(&self, operation: &Operation) -> Choice<DeleteGrouping> {
        let Change::DeleteGrouping { grouping } = &operation.change else { return None };
        let course = operation.course;
        Some(self.grouping_id(course, grouping).map(|id| DeleteGrouping { course, id }))
    }
}

/// The id that an earlier operation brought, where there was one.
fn brought(made: Option<&Made>, what: &str, name: &str) -> Made {
    made.cloned()
        .unwrap_or_else(|| Err(format!("{what} {name} is not there, and the plan does not create it").into()))
}

/// The id that a creation brought, or why there is none.
fn made(outcome: &Outcome, what: &str, name: &str) -> Made {
    match outcome {
        Outcome::Done(Some(id)) | Outcome::AlreadySo(Some(id)) => Ok(*id),
        Outcome::Done(None)
        | Outcome::AlreadySo(None)
        | Outcome::Refused(_)
        | Outcome::Unknown(_)
        | Outcome::NotTried(_) => {
            Err(format!("{what} {name} could not be created: {}", outcome.detail()).into())
        }
    }
}
