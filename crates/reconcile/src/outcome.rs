//! What became of an operation, and what it changes in our memory.
//!
//! Not here: sending (targets) and storing (store); both use the two pure functions of this file.
//!
//! Invariant: [`intent`] is recorded before the platform is asked, [`settled`] after it answered. Each is a function
//! of the operation and the answer alone, so a journal that repeats itself changes nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Reason, Subject};
use crate::keys::{GroupId, GroupingId, PersonKey, Text};
use crate::link::{GroupLink, GroupingLink, LinkChange, LinkState, MemberLink};
use crate::operation::{Because, Becomes, Change, GroupHead, GroupingHead, Operation};

/// What became of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Carried out, with the id that the platform gave to a new group or grouping.
    Done(Option<i64>),
    /// It was so already when the platform was read again.
    AlreadySo(Option<i64>),
    /// The platform said no; its reason.
    Refused(Refusal),
    /// Nobody knows: the answer was lost and reading back did not tell. The next run finds out.
    Unknown(Text),
    /// Not sent, and why.
    NotTried(Text),
}

/// A target's no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The platform's code, for example `errorremovenotpermitted`.
    pub code: Text,
    /// What it means, in our words.
    pub meaning: Text,
    /// What the platform itself said, shortened; empty where it was seen before it was asked.
    pub said: Text,
    /// What a person can do.
    pub next_step: Text,
}

impl Refusal {
    /// The three parts that people read, a line each: what it means, what the platform said, what to do.
    pub fn parts(&self) -> String {
        let Refusal { code: _, meaning, said, next_step } = self;
        let said = if said.is_empty() { String::new() } else { format!("\n{said}") };
        let next_step =
            if next_step.is_empty() { String::new() } else { format!("\nWhat to do: {next_step}") };
        format!("{meaning}{said}{next_step}")
    }
}

impl Outcome {
    /// The word in tables and JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::Done(_) => "done",
            Outcome::AlreadySo(_) => "already_so",
            Outcome::Refused(_) => "refused",
            Outcome::Unknown(_) => "unknown",
            Outcome::NotTried(_) => "not_tried",
        }
    }

    /// The particulars in words; empty for a plain success. A refusal has a line for each of its parts.
    pub fn detail(&self) -> Text {
        match self {
            Outcome::Done(_) | Outcome::AlreadySo(_) => "".into(),
            Outcome::Refused(refusal) => refusal.parts().into(),
            Outcome::Unknown(why) | Outcome::NotTried(why) => why.clone(),
        }
    }

    /// Tells whether the platform is now as the operation wanted it.
    pub fn is_success(&self) -> bool {
        matches!(self, Outcome::Done(_) | Outcome::AlreadySo(_))
    }
}

/// What a person should know about an operation that did not end as planned; nothing where it did, or was not tried.
pub fn finding(operation: &Operation, outcome: &Outcome) -> Option<Finding> {
    let (reason, ended) = match outcome {
        Outcome::Done(_) | Outcome::AlreadySo(_) | Outcome::NotTried(_) => return None,
        Outcome::Unknown(_) => (Reason::Unanswered, "Not answered"),
        // facts/moodle-ws.md section 5.7.
        Outcome::Refused(refusal) if &*refusal.code == "errorremovenotpermitted" => {
            (Reason::ProtectedMember, "Refused")
        }
        Outcome::Refused(_) => (Reason::TargetRefused, "Refused"),
    };
    let person = operation.row().person;
    Some(Finding {
        course: operation.course,
        reason,
        subject: Subject {
            module: operation.group().map(|group| group.key.module.clone()),
            group: operation.group().map(|group| group.key.clone()),
            person: (!person.is_empty()).then_some(PersonKey(person)),
        },
        detail: format!("{operation}. {ended}: {}", outcome.detail()).into(),
    })
}

/// What is remembered before an operation is sent.
pub fn intent(operation: &Operation) -> Vec<LinkChange> {
    match &operation.change {
        Change::CreateGrouping { grouping } => {
            vec![put_grouping(grouping, None, &grouping.name, LinkState::Intended)]
        }
        // A group that is created again begins without the members of the one that was deleted.
        Change::CreateGroup { group } => vec![
            LinkChange::DropGroup { key: group.key.clone() },
            put_group(group, None, &group.name, LinkState::Intended),
        ],
        Change::AddMember { group, user, person, role } => vec![LinkChange::PutMember {
            group: group.key.clone(),
            user: *user,
            link: MemberLink { person: person.clone(), role: *role, state: LinkState::Intended },
        }],
        Change::DeleteGroup { group, .. } => {
            vec![LinkChange::MarkGroup { key: group.key.clone(), state: LinkState::Removing }]
        }
        // What is taken over is found again by the idnumber that was written; until then it is not ours.
        Change::AdoptGrouping { .. }
        | Change::AdoptGroup { .. }
        | Change::RenameGrouping { .. }
        | Change::RecordGroupingName { .. }
        | Change::RenumberGroup { .. }
        | Change::RekeyGroup { .. }
        | Change::RenameGroup { .. }
        | Change::RecordGroupName { .. }
        | Change::AssignGrouping { .. }
        | Change::EnrolPerson { .. }
        | Change::AdoptMember { .. }
        | Change::RemoveMember { .. }
        | Change::ForgetMember { .. }
        | Change::UnassignGrouping { .. }
        | Change::ForgetGroup { .. }
        | Change::DeleteGrouping { .. }
        | Change::ForgetGrouping { .. } => Vec::new(),
    }
}

/// What is remembered after the platform answered: nothing unless the operation succeeded, save that a plain
/// refusal takes back what was only intended.
pub fn settled(operation: &Operation, outcome: &Outcome) -> Vec<LinkChange> {
    match outcome {
        Outcome::Done(id) | Outcome::AlreadySo(id) => succeeded(operation, *id),
        Outcome::Refused(_) => refused(operation),
        Outcome::Unknown(_) | Outcome::NotTried(_) => Vec::new(),
    }
}

fn succeeded(operation: &Operation, id: Option<i64>) -> Vec<LinkChange> {
    match &operation.change {
        Change::CreateGrouping { grouping } => {
            vec![put_grouping(grouping, id.map(GroupingId), &grouping.name, LinkState::Confirmed)]
        }
        Change::AdoptGrouping { grouping, name_applied, .. }
        | Change::RecordGroupingName { grouping, name_applied } => {
            vec![put_grouping(grouping, None, name_applied, LinkState::Confirmed)]
        }
        Change::RenameGrouping { grouping, .. } => {
            vec![put_grouping(grouping, None, &grouping.name, LinkState::Confirmed)]
        }
        Change::CreateGroup { group } => {
            vec![put_group(group, id.map(GroupId), &group.name, LinkState::Confirmed)]
        }
        // A local group that is taken over in the place of one that was deleted brings its own people with it.
        Change::AdoptGroup { group, name_applied, .. }
            if matches!(operation.because, Because::SourceHas | Because::DeletedThere) =>
        {
            vec![
                LinkChange::DropGroup { key: group.key.clone() },
                put_group(group, None, name_applied, LinkState::Confirmed),
            ]
        }
        Change::AdoptGroup { group, name_applied, .. }
        | Change::RenumberGroup { group, name_applied, .. }
        | Change::RecordGroupName { group, name_applied } => {
            vec![put_group(group, None, name_applied, LinkState::Confirmed)]
        }
        Change::RekeyGroup { group, from } => vec![
            LinkChange::MoveGroup { from: from.key.clone(), to: group.key.clone() },
            put_group(group, None, &group.name, LinkState::Confirmed),
        ],
        Change::RenameGroup { group, becomes, .. } => {
            let state = match becomes {
                Becomes::Current | Becomes::Outgoing => LinkState::Confirmed,
                Becomes::Archived => LinkState::Archived,
            };
            vec![put_group(group, None, &group.name, state)]
        }
        Change::AddMember { group, user, person, role }
        | Change::AdoptMember { group, user, person, role } => {
            vec![LinkChange::PutMember {
                group: group.key.clone(),
                user: *user,
                link: MemberLink { person: person.clone(), role: *role, state: LinkState::Confirmed },
            }]
        }
        Change::RemoveMember { group, user, .. } | Change::ForgetMember { group, user, .. } => {
            vec![LinkChange::DropMember { group: group.key.clone(), user: *user }]
        }
        Change::DeleteGroup { group, .. } | Change::ForgetGroup { group } => {
            vec![LinkChange::DropGroup { key: group.key.clone() }]
        }
        Change::DeleteGrouping { grouping } | Change::ForgetGrouping { grouping } => {
            vec![LinkChange::DropGrouping { key: grouping.key.clone() }]
        }
        Change::AssignGrouping { .. } | Change::UnassignGrouping { .. } | Change::EnrolPerson { .. } => {
            Vec::new()
        }
    }
}

fn refused(operation: &Operation) -> Vec<LinkChange> {
    match &operation.change {
        Change::CreateGrouping { grouping } => vec![LinkChange::DropGrouping { key: grouping.key.clone() }],
        Change::CreateGroup { group } => vec![LinkChange::DropGroup { key: group.key.clone() }],
        Change::AddMember { group, user, .. } => {
            vec![LinkChange::DropMember { group: group.key.clone(), user: *user }]
        }
        Change::DeleteGroup { group, .. } => {
            vec![LinkChange::MarkGroup { key: group.key.clone(), state: LinkState::Confirmed }]
        }
        _ => Vec::new(),
    }
}

fn put_group(group: &GroupHead, id: Option<GroupId>, name_applied: &Text, state: LinkState) -> LinkChange {
    LinkChange::PutGroup {
        key: group.key.clone(),
        link: Box::new(GroupLink {
            id: id.or(group.id),
            idnumber: group.idnumber.clone(),
            name_applied: name_applied.clone(),
            name_shown: group.name.clone(),
            term: group.term.clone(),
            state,
            members: BTreeMap::new(),
        }),
    }
}

fn put_grouping(
    grouping: &GroupingHead,
    id: Option<GroupingId>,
    name_applied: &Text,
    state: LinkState,
) -> LinkChange {
    LinkChange::PutGrouping {
        key: grouping.key.clone(),
        link: GroupingLink {
            id: id.or(grouping.id),
            idnumber: grouping.idnumber.clone(),
            name_applied: name_applied.clone(),
            name_shown: grouping.name.clone(),
            state,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::keys::{CourseId, GroupKey, Part, Role, UserId};
    use crate::link::CourseLinks;

    fn head(id: &str, platform_id: Option<i64>) -> Arc<GroupHead> {
        let key =
            GroupKey { source: "cmis".into(), module: "M1".into(), group: id.into(), part: Part::Everyone };
        let (idnumber, id) = (key.idnumber(), platform_id.map(GroupId));
        Arc::new(GroupHead { key, idnumber, id, name: "A".into(), term: "T1".into() })
    }

    fn add(group: &Arc<GroupHead>) -> Change {
        let (group, user, person) = (Arc::clone(group), UserId(1), "p1".into());
        Change::AddMember { group, user, person, role: Role::Student }
    }

    fn refused() -> Outcome {
        Outcome::Refused(Refusal {
            code: "nopermissions".into(),
            meaning: "not allowed".into(),
            said: "the platform answered no".into(),
            next_step: "give the right".into(),
        })
    }

    /// Plays operations with their outcomes; `None` is a lost answer. Each journal entry is written twice.
    fn play(story: Vec<(Change, Option<Outcome>)>) -> CourseLinks {
        let mut links = CourseLinks::default();
        for (change, outcome) in story {
            let operation = Operation { course: CourseId(7), change, because: Because::SourceHas };
            for _ in 0..2 {
                intent(&operation).into_iter().for_each(|change| links.change(change));
            }
            for outcome in outcome.iter().chain(&outcome) {
                settled(&operation, outcome).into_iter().for_each(|change| links.change(change));
            }
        }
        links
    }

    fn check(
        story: Vec<(Change, Option<Outcome>)>,
        expected: &[(&str, Option<i64>, LinkState, &[LinkState])],
    ) {
        let links = play(story);
        let told: Vec<_> = links
            .groups
            .iter()
            .map(|(key, link)| {
                let members: Vec<_> = link.members.values().map(|member| member.state).collect();
                (key.group.to_string(), link.id.map(|id| id.0), link.state, members)
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(key, id, state, members)| (key.to_string(), *id, *state, members.to_vec()))
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn a_creation_is_ours_before_it_is_sent_and_known_after() {
        use LinkState::{Confirmed, Intended};
        let (group, create) = (head("1", None), || Change::CreateGroup { group: head("1", None) });
        check(vec![(create(), None)], &[("1", None, Intended, &[])]);
        check(vec![(create(), Some(Outcome::Unknown("no answer".into())))], &[("1", None, Intended, &[])]);
        check(vec![(create(), Some(refused()))], &[]);
        check(vec![(create(), Some(Outcome::AlreadySo(Some(5))))], &[("1", Some(5), Confirmed, &[])]);
        let created = || (create(), Some(Outcome::Done(Some(5))));
        check(vec![created(), (add(&group), None)], &[("1", Some(5), Confirmed, &[Intended])]);
        check(vec![created(), (add(&group), Some(refused()))], &[("1", Some(5), Confirmed, &[])]);
        let added = || (add(&group), Some(Outcome::Done(None)));
        check(vec![created(), added()], &[("1", Some(5), Confirmed, &[Confirmed])]);
        // A group that is created again begins without the members of the one that was deleted.
        check(vec![created(), added(), (create(), None)], &[("1", None, Intended, &[])]);
    }

    #[test]
    fn a_deletion_is_marked_before_it_is_sent() {
        use LinkState::{Confirmed, Removing};
        let created = || (Change::CreateGroup { group: head("1", None) }, Some(Outcome::Done(Some(5))));
        let delete = || Change::DeleteGroup { group: head("1", Some(5)), members: 0 };
        check(vec![created(), (delete(), None)], &[("1", Some(5), Removing, &[])]);
        check(vec![created(), (delete(), Some(refused()))], &[("1", Some(5), Confirmed, &[])]);
        check(vec![created(), (delete(), Some(Outcome::Done(None)))], &[]);
    }

    #[test]
    fn a_rename_by_id_takes_the_members_along() {
        use LinkState::Confirmed;
        let created = (Change::CreateGroup { group: head("1", None) }, Some(Outcome::Done(Some(5))));
        let added = (add(&head("1", Some(5))), Some(Outcome::Done(None)));
        let rekey = Change::RekeyGroup { group: head("2", Some(5)), from: head("1", Some(5)) };
        check(
            vec![created, added, (rekey, Some(Outcome::Done(None)))],
            &[("2", Some(5), Confirmed, &[Confirmed])],
        );
    }
}
