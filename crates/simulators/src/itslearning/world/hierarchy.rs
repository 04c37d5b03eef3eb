//! How the rows hang together: parents and children, members and their groups, and what goes along when something goes.
//!
//! Not here: whether a message may do it (`operations/`).

use super::World;
use super::rows::{Group, Membership};
use super::table::Id;

impl World {
    /// The top group.
    pub(in crate::itslearning) fn root(&self) -> Id {
        self.root
    }

    /// The groups directly below, in the order in which they came there.
    pub(in crate::itslearning) fn children(&self, group: Id) -> &[Id] {
        self.children.get(&group).map_or(&[], Vec::as_slice)
    }

    /// The groups above, nearest first.
    pub(in crate::itslearning) fn ancestors(&self, group: Id) -> Vec<Id> {
        let mut above = Vec::new();
        let mut next = self.groups.get(group).and_then(|row| row.parent);
        while let Some(id) = next {
            above.push(id);
            next = self.groups.get(id).and_then(|row| row.parent);
        }
        above
    }

    /// Adds a group below its parent.
    pub(in crate::itslearning) fn add_group(&mut self, group: Group) -> Id {
        let parent = group.parent;
        let id = self.groups.insert(group);
        if let Some(parent) = parent {
            self.children.entry(parent).or_default().push(id);
        }
        id
    }

    /// Puts a group with all below it under another parent.
    pub(in crate::itslearning) fn move_group(&mut self, group: Id, parent: Id) {
        let Some(row) = self.groups.get_mut(group) else { return };
        if row.parent == Some(parent) {
            return;
        }
        if let Some(old) = row.parent.replace(parent)
            && let Some(siblings) = self.children.get_mut(&old)
        {
            siblings.retain(|sibling| *sibling != group);
        }
        self.children.entry(parent).or_default().push(group);
    }

    /// A group and all below it, each before its children.
    pub(in crate::itslearning) fn branch(&self, group: Id) -> Vec<Id> {
        let (mut open, mut found) = (vec![group], Vec::new());
        while let Some(next) = open.pop() {
            open.extend(self.children(next).iter().rev());
            found.push(next);
        }
        found
    }

    /// Takes a group away with all below it and their memberships. Courses stay, without a group
    /// (facts/ims-es.md §2.2).
    pub(in crate::itslearning) fn remove_group(&mut self, group: Id) {
        if let Some(parent) = self.groups.get(group).and_then(|row| row.parent)
            && let Some(siblings) = self.children.get_mut(&parent)
        {
            siblings.retain(|sibling| *sibling != group);
        }
        for id in self.branch(group) {
            for membership in self.members.get(&id).cloned().unwrap_or_default() {
                self.remove_membership(membership);
            }
            self.members.remove(&id);
            self.groups.remove(id);
        }
        // Only now, for the branch is found by them.
        self.children.retain(|parent, _| self.groups.get(*parent).is_some());
    }

    /// Adds a membership.
    pub(in crate::itslearning) fn add_membership(&mut self, membership: Membership) -> Id {
        let (person, group) = (membership.person, membership.group);
        let id = self.memberships.insert(membership);
        self.members.entry(group).or_default().push(id);
        self.belongings.entry(person).or_default().push(id);
        id
    }

    /// Takes a membership away. If it was the home, the home is the site again (§5.1).
    pub(in crate::itslearning) fn remove_membership(&mut self, membership: Id) {
        let Some(row) = self.memberships.remove(membership) else { return };
        if let Some(members) = self.members.get_mut(&row.group) {
            members.retain(|member| *member != membership);
        }
        if let Some(belongings) = self.belongings.get_mut(&row.person) {
            belongings.retain(|belonging| *belonging != membership);
        }
        if let Some(person) = self.persons.get_mut(row.person)
            && person.home == Some(row.group)
        {
            person.home = None;
        }
    }

    /// Takes a person away with the memberships and the place among relatives (inferred).
    pub(in crate::itslearning) fn remove_person(&mut self, person: Id) {
        for membership in self.belongings.remove(&person).unwrap_or_default() {
            self.remove_membership(membership);
        }
        self.persons.remove(person);
        let parents: Vec<Id> = self.parents_of(person);
        for parent in parents {
            if let Some(row) = self.persons.get_mut(parent) {
                row.children.remove(&person);
            }
        }
    }

    /// The persons whose child somebody is.
    pub(in crate::itslearning) fn parents_of(&self, person: Id) -> Vec<Id> {
        self.persons.iter().filter(|(_, row)| row.children.contains(&person)).map(|(id, _)| id).collect()
    }

    /// The memberships of a group, in the order in which they were made.
    pub(in crate::itslearning) fn members_of(&self, group: Id) -> &[Id] {
        self.members.get(&group).map_or(&[], Vec::as_slice)
    }

    /// The memberships of a person, in the order in which they were made.
    pub(in crate::itslearning) fn belongings_of(&self, person: Id) -> &[Id] {
        self.belongings.get(&person).map_or(&[], Vec::as_slice)
    }

    /// The membership of a person in a group.
    pub(in crate::itslearning) fn membership_between(&self, person: Id, group: Id) -> Option<Id> {
        let is_it = |id: &&Id| self.memberships.get(**id).is_some_and(|row| row.group == group);
        self.belongings_of(person).iter().find(is_it).copied()
    }
}
