//! One course of a platform in memory, with the rules that a platform has (facts/moodle-ws.md sections 4 to 6).
//!
//! Not here: HTTP, caches, permissions; the simulator has those. This world is as strict as can be: what a real
//! platform would skip without a word (adding a member twice) is a mistake here, because a plan must not ask for it.
//!
//! Invariant: an operation that breaks a rule is an `Err` that names the rule, and changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use reconcile::keys::{GroupId, GroupingId, IDNUMBER_CHARS_MAX, PersonKey, UserId, is_ours};
use reconcile::link::CourseLinks;
use reconcile::naming::{GROUP_NAME_CHARS_MAX, GROUPING_NAME_CHARS_MAX, fold};
use reconcile::observed::{
    Directory, EnrolledUser, Observed, ObservedCourse, ObservedGroup, ObservedGrouping,
};
use reconcile::operation::{Becomes, Change, GroupHead, GroupingHead, Operation};

/// A group, or a grouping whose members are groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) name: String,
    pub(crate) idnumber: String,
    pub(crate) members: BTreeSet<i64>,
}

/// How the course can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reading {
    #[default]
    Whole,
    Gone,
    Incomplete(String),
}

/// A course with its groups, and the accounts of the site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct World {
    pub(crate) groups: BTreeMap<i64, Held>,
    pub(crate) groupings: BTreeMap<i64, Held>,
    pub(crate) users: BTreeMap<i64, Option<PersonKey>>,
    pub(crate) enrolled: BTreeSet<i64>,
    pub(crate) reading: Reading,
    ids: i64,
}

type Answer<T> = Result<T, String>;

impl World {
    fn next_id(&mut self) -> i64 {
        self.ids += 1;
        self.ids
    }

    pub(crate) fn add_user(&mut self, key: Option<&str>) -> i64 {
        let id = 1000 + self.users.len() as i64;
        self.users.insert(id, key.map(PersonKey::from));
        id
    }

    pub(crate) fn user(&self, key: &str) -> Option<i64> {
        let has = |shown: &Option<PersonKey>| shown.as_ref().is_some_and(|shown| shown.as_str() == key);
        self.users.iter().find(|(_, shown)| has(shown)).map(|(id, _)| *id)
    }

    pub(crate) fn group_named(&self, name: &str) -> Option<i64> {
        self.groups.iter().find(|(_, group)| group.name == name).map(|(id, _)| *id)
    }

    pub(crate) fn grouping_named(&self, name: &str) -> Option<i64> {
        self.groupings.iter().find(|(_, grouping)| grouping.name == name).map(|(id, _)| *id)
    }

    /// What a target would read: the members of what is ours, and of everything where groups may be adopted.
    pub(crate) fn observe(&self, links: &CourseLinks, reads_local_groups: bool) -> Observed {
        match &self.reading {
            Reading::Gone => return Observed::Gone,
            Reading::Incomplete(why) => return Observed::Unknown(why.as_str().into()),
            Reading::Whole => {}
        }
        let remembered: BTreeSet<i64> = links.groups.values().filter_map(|link| Some(link.id?.0)).collect();
        let remembered_groupings: BTreeSet<i64> =
            links.groupings.values().filter_map(|link| Some(link.id?.0)).collect();
        let group = |(id, group): (&i64, &Held)| ObservedGroup {
            id: GroupId(*id),
            name: group.name.as_str().into(),
            idnumber: group.idnumber.as_str().into(),
            members: (reads_local_groups || is_ours(&group.idnumber) || remembered.contains(id))
                .then(|| group.members.iter().map(|user| UserId(*user)).collect()),
        };
        let grouping = |(id, grouping): (&i64, &Held)| ObservedGrouping {
            id: GroupingId(*id),
            name: grouping.name.as_str().into(),
            idnumber: grouping.idnumber.as_str().into(),
            groups: (is_ours(&grouping.idnumber) || remembered_groupings.contains(id))
                .then(|| grouping.members.iter().map(|group| GroupId(*group)).collect()),
        };
        let enrolled =
            |id: &i64| EnrolledUser { id: UserId(*id), key: self.users.get(id).cloned().flatten() };
        Observed::Complete(ObservedCourse {
            groups: self.groups.iter().map(group).collect(),
            groupings: self.groupings.iter().map(grouping).collect(),
            enrolled: self.enrolled.iter().map(enrolled).collect(),
        })
    }

    /// Answers for people whom the source wants and who are not enrolled.
    pub(crate) fn directory(&self, people: &[PersonKey]) -> Directory {
        let users_of = |person: &PersonKey| {
            let has = |shown: &&Option<PersonKey>| shown.as_ref() == Some(person);
            self.users.iter().filter(|(_, shown)| has(shown)).map(|(id, _)| UserId(*id)).collect()
        };
        Directory { users: people.iter().map(|person| (person.clone(), users_of(person))).collect() }
    }

    pub(crate) fn create_group(&mut self, name: &str, idnumber: &str) -> Answer<i64> {
        check_name(name, GROUP_NAME_CHARS_MAX)?;
        check_free(&self.groups, None, name, idnumber)?;
        let id = self.next_id();
        let group = Held { name: name.into(), idnumber: idnumber.into(), members: BTreeSet::new() };
        self.groups.insert(id, group);
        Ok(id)
    }

    pub(crate) fn create_grouping(&mut self, name: &str, idnumber: &str) -> Answer<i64> {
        check_name(name, GROUPING_NAME_CHARS_MAX)?;
        check_free(&self.groupings, None, name, idnumber)?;
        let id = self.next_id();
        let grouping = Held { name: name.into(), idnumber: idnumber.into(), members: BTreeSet::new() };
        self.groupings.insert(id, grouping);
        Ok(id)
    }

    /// Writes name and idnumber of a group; a change of letter case alone finds itself, as on MariaDB.
    pub(crate) fn update_group(&mut self, id: i64, name: &str, idnumber: &str) -> Answer<()> {
        check_name(name, GROUP_NAME_CHARS_MAX)?;
        check_free(&self.groups, Some(id), name, idnumber)?;
        let group = self.groups.get_mut(&id).ok_or(format!("no group {id}"))?;
        if group.name != name && fold(&group.name) == fold(name) {
            return Err(format!("{name} differs from {} in letter case only", group.name));
        }
        group.name = name.into();
        group.idnumber = idnumber.into();
        Ok(())
    }

    pub(crate) fn update_grouping(&mut self, id: i64, name: &str, idnumber: &str) -> Answer<()> {
        check_name(name, GROUPING_NAME_CHARS_MAX)?;
        check_free(&self.groupings, Some(id), name, idnumber)?;
        let grouping = self.groupings.get_mut(&id).ok_or(format!("no grouping {id}"))?;
        if grouping.name != name && fold(&grouping.name) == fold(name) {
            return Err(format!("{name} differs from {} in letter case only", grouping.name));
        }
        grouping.name = name.into();
        grouping.idnumber = idnumber.into();
        Ok(())
    }

    pub(crate) fn add_member(&mut self, group: i64, user: i64) -> Answer<()> {
        if !self.enrolled.contains(&user) {
            return Err(format!("user {user} is not enrolled"));
        }
        let held = self.groups.get_mut(&group).ok_or(format!("no group {group}"))?;
        held.members.insert(user).then_some(()).ok_or(format!("user {user} is in group {group} already"))
    }

    pub(crate) fn remove_member(&mut self, group: i64, user: i64) -> Answer<()> {
        let held = self.groups.get_mut(&group).ok_or(format!("no group {group}"))?;
        held.members.remove(&user).then_some(()).ok_or(format!("user {user} is not in group {group}"))
    }

    pub(crate) fn assign(&mut self, group: i64, grouping: i64) -> Answer<()> {
        if !self.groups.contains_key(&group) {
            return Err(format!("no group {group}"));
        }
        let held = self.groupings.get_mut(&grouping).ok_or(format!("no grouping {grouping}"))?;
        held.members
            .insert(group)
            .then_some(())
            .ok_or(format!("group {group} is in grouping {grouping} already"))
    }

    pub(crate) fn delete_group(&mut self, id: i64) -> Answer<()> {
        self.groups.remove(&id).ok_or(format!("no group {id}"))?;
        for grouping in self.groupings.values_mut() {
            grouping.members.remove(&id);
        }
        Ok(())
    }

    /// Ends an enrolment, and with it every membership.
    pub(crate) fn unenrol(&mut self, user: i64) {
        self.enrolled.remove(&user);
        for group in self.groups.values_mut() {
            group.members.remove(&user);
        }
    }

    /// The group to which an operation refers: by id, or by the idnumber that an earlier operation wrote.
    fn find_group(&self, head: &GroupHead) -> Answer<i64> {
        let by_idnumber = || self.groups.iter().find(|(_, group)| group.idnumber == *head.idnumber);
        match head.id {
            Some(id) => Ok(id.0),
            None => by_idnumber().map(|(id, _)| *id).ok_or(format!("no group {}", head.idnumber)),
        }
    }

    fn find_grouping(&self, head: &GroupingHead) -> Answer<i64> {
        let by_idnumber = || self.groupings.iter().find(|(_, grouping)| grouping.idnumber == *head.idnumber);
        match head.id {
            Some(id) => Ok(id.0),
            None => by_idnumber().map(|(id, _)| *id).ok_or(format!("no grouping {}", head.idnumber)),
        }
    }

    /// Writes the passing names of an exchange: all of them before the first name is exchanged.
    pub(crate) fn write_passing_names(&mut self, operations: &[&Operation]) -> Answer<()> {
        for operation in operations {
            if let Change::RenameGroup { group, via: Some(via), .. } = &operation.change {
                let id = self.find_group(group)?;
                let idnumber = self.groups.get(&id).ok_or(format!("no group {id}"))?.idnumber.clone();
                self.update_group(id, via, &idnumber)?;
            }
        }
        Ok(())
    }

    /// Writes the passing idnumbers of an exchange: all of them before the first idnumber is exchanged.
    pub(crate) fn write_passing_idnumbers(&mut self, operations: &[&Operation]) -> Answer<()> {
        for operation in operations {
            if let Change::RenumberGroup { group, via: Some(via), .. } = &operation.change {
                let id = self.find_group(group)?;
                let name = self.groups.get(&id).ok_or(format!("no group {id}"))?.name.clone();
                self.update_group(id, &name, via)?;
            }
        }
        Ok(())
    }

    /// Carries out one operation and answers with the id of what it created.
    pub(crate) fn carry_out(&mut self, operation: &Operation) -> Answer<Option<i64>> {
        match &operation.change {
            Change::CreateGrouping { grouping } => {
                return self.create_grouping(&grouping.name, &grouping.idnumber).map(Some);
            }
            Change::CreateGroup { group } => {
                return self.create_group(&group.name, &group.idnumber).map(Some);
            }
            Change::AdoptGrouping { grouping, idnumber_before, .. } => {
                let id = self.find_grouping(grouping)?;
                let shown = self.groupings.get(&id).ok_or(format!("no grouping {id}"))?;
                expect_same("idnumber", &shown.idnumber, idnumber_before)?;
                self.update_grouping(id, &shown.name.clone(), &grouping.idnumber)?;
            }
            Change::RenameGrouping { grouping, before, via } => {
                let id = self.find_grouping(grouping)?;
                let shown = self.groupings.get(&id).ok_or(format!("no grouping {id}"))?;
                expect_same("name", &shown.name, before)?;
                let idnumber = shown.idnumber.clone();
                for name in via.iter().chain([&grouping.name]) {
                    self.update_grouping(id, name, &idnumber)?;
                }
            }
            Change::AdoptGroup { group, idnumber_before, .. } => {
                let id = self.find_group(group)?;
                let shown = self.groups.get(&id).ok_or(format!("no group {id}"))?;
                expect_same("idnumber", &shown.idnumber, idnumber_before)?;
                self.update_group(id, &shown.name.clone(), &group.idnumber)?;
            }
            Change::RenumberGroup { group, before, via, .. } => {
                let id = self.find_group(group)?;
                let shown = self.groups.get(&id).ok_or(format!("no group {id}"))?;
                expect_same("idnumber", &shown.idnumber, via.as_ref().unwrap_or(before))?;
                self.update_group(id, &shown.name.clone(), &group.idnumber)?;
            }
            Change::RekeyGroup { group, .. } => {
                self.update_group(self.find_group(group)?, &group.name, &group.idnumber)?;
            }
            Change::RenameGroup { group, before, via, becomes } => {
                let id = self.find_group(group)?;
                let shown = self.groups.get(&id).ok_or(format!("no group {id}"))?;
                let expected = match becomes {
                    Becomes::Current => via.as_ref().unwrap_or(before),
                    Becomes::Archived | Becomes::Outgoing => before,
                };
                expect_same("name", &shown.name, expected)?;
                self.update_group(id, &group.name, &shown.idnumber.clone())?;
            }
            Change::AssignGrouping { group, grouping } => {
                self.assign(self.find_group(group)?, self.find_grouping(grouping)?)?;
            }
            Change::UnassignGrouping { group, grouping } => {
                let (group, grouping) = (self.find_group(group)?, self.find_grouping(grouping)?);
                let held = self.groupings.get_mut(&grouping).ok_or(format!("no grouping {grouping}"))?;
                if !held.members.remove(&group) {
                    return Err(format!("group {group} is not in grouping {grouping}"));
                }
            }
            Change::EnrolPerson { user, .. } => {
                if !self.users.contains_key(&user.0) || !self.enrolled.insert(user.0) {
                    return Err(format!("user {user} is unknown or enrolled already"));
                }
            }
            Change::AddMember { group, user, .. } => self.add_member(self.find_group(group)?, user.0)?,
            Change::RemoveMember { group, user, .. } => {
                self.remove_member(self.find_group(group)?, user.0)?
            }
            Change::DeleteGroup { group, members } => {
                let id = self.find_group(group)?;
                let shown = self.groups.get(&id).map_or(0, |group| group.members.len() as u64);
                if shown != *members {
                    return Err(format!("group {id} has {shown} members, not {members}"));
                }
                self.delete_group(id)?;
            }
            Change::DeleteGrouping { grouping } => {
                let id = self.find_grouping(grouping)?;
                self.groupings.remove(&id).ok_or(format!("no grouping {id}"))?;
            }
            Change::RecordGroupingName { .. }
            | Change::RecordGroupName { .. }
            | Change::AdoptMember { .. }
            | Change::ForgetMember { .. }
            | Change::ForgetGroup { .. }
            | Change::ForgetGrouping { .. } => {}
        }
        Ok(None)
    }
}

fn expect_same(what: &str, shown: &str, expected: &str) -> Answer<()> {
    if shown == expected { Ok(()) } else { Err(format!("the {what} is {shown}, not {expected}")) }
}

/// Facts section 4 (PARAM_TEXT) and section 6 (lengths).
fn check_name(name: &str, chars_max: usize) -> Answer<()> {
    let tag = name.match_indices('<').any(|(at, _)| !name[at + 1..].starts_with(' '));
    if name.trim().is_empty() || tag || name.trim() != name || name.chars().count() > chars_max {
        return Err(format!("the platform does not keep the name {name:?}"));
    }
    Ok(())
}

fn check_free(held: &BTreeMap<i64, Held>, but: Option<i64>, name: &str, idnumber: &str) -> Answer<()> {
    if idnumber.chars().count() > IDNUMBER_CHARS_MAX {
        return Err(format!("the idnumber {idnumber} is too long"));
    }
    for (id, other) in held.iter().filter(|(id, _)| Some(**id) != but) {
        if fold(&other.name) == fold(name) {
            return Err(format!("{id} has the name {name}"));
        }
        if !idnumber.is_empty() && other.idnumber == idnumber {
            return Err(format!("{id} has the idnumber {idnumber}"));
        }
    }
    Ok(())
}
