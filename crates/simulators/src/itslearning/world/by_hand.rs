//! What people do in itslearning itself, between messages, and what tests look up.
//!
//! Not here: anything that a message does (`operations/`).

use ims_es::membership::object::RoleType;
use ims_es::person::object::InstitutionRoleType;

use super::World;
use super::rows::{Course, Group, Membership, Person};
use super::table::Id;
use crate::itslearning::operations::persons::named;

impl World {
    /// The group with a key.
    #[must_use]
    pub fn group(&self, key: &str) -> Option<&Group> {
        self.groups.find(key).and_then(|id| self.groups.get(id))
    }

    /// The key of the group above; nothing where there is none.
    #[must_use]
    pub fn parent_key(&self, key: &str) -> Option<&str> {
        let parent = self.group(key)?.parent?;
        self.groups.get(parent)?.key.as_deref()
    }

    /// The course that is connected to a group.
    #[must_use]
    pub fn course_of(&self, key: &str) -> Option<&Course> {
        self.courses.get(&self.group(key)?.course?)
    }

    /// The courses that no group is connected to.
    pub fn courses_left(&self) -> impl Iterator<Item = &Course> {
        let connected: Vec<u64> = self.groups.iter().filter_map(|(_, group)| group.course).collect();
        let is_left = move |row: &(&u64, &Course)| !connected.contains(row.0) && row.1.template_key.is_none();
        self.courses.iter().filter(is_left).map(|(_, course)| course)
    }

    /// The person with a key.
    #[must_use]
    pub fn person(&self, key: &str) -> Option<&Person> {
        self.persons.find(key).and_then(|id| self.persons.get(id))
    }

    /// The key of somebody's home; nothing where it is the site.
    #[must_use]
    pub fn home_key(&self, person: &str) -> Option<&str> {
        self.groups.get(self.person(person)?.home?)?.key.as_deref()
    }

    /// The membership with a key.
    #[must_use]
    pub fn membership(&self, key: &str) -> Option<&Membership> {
        self.memberships.find(key).and_then(|id| self.memberships.get(id))
    }

    /// The keys of the persons in a group with their roles, sorted.
    #[must_use]
    pub fn members(&self, group: &str) -> Vec<(String, RoleType)> {
        let Some(group) = self.groups.find(group) else { return Vec::new() };
        let rows = self.members_of(group).iter().filter_map(|id| self.memberships.get(*id));
        let key = |id: Id| self.persons.get(id).and_then(|row| row.key.clone()).unwrap_or_default();
        let mut members: Vec<_> = rows.map(|row| (key(row.person), row.role)).collect();
        members.sort();
        members
    }

    /// How many groups there are below the top.
    #[must_use]
    pub fn group_count(&self) -> usize {
        self.groups.len() - 1
    }

    /// How many persons there are.
    #[must_use]
    pub fn person_count(&self) -> usize {
        self.persons.len()
    }

    /// How many memberships there are.
    #[must_use]
    pub fn membership_count(&self) -> usize {
        self.memberships.len()
    }

    /// Makes a course that can be a template, with its terms.
    pub fn add_template(&mut self, key: &str, title: &str, terms: &[&str]) {
        let number = self.courses.last_key_value().map_or(0, |(last, _)| *last) + 1;
        let course = Course {
            title: title.to_owned(),
            template_key: Some(key.to_owned()),
            terms: terms.iter().map(|term| (*term).to_owned()).collect(),
            ..Course::default()
        };
        self.courses.insert(number, course);
    }

    /// Makes a group without a key below one with a key, or below the top (facts/ims-es.md §2.2).
    pub fn add_group_by_hand(&mut self, parent: &str, title: &str) {
        let parent = self.groups.find(parent).unwrap_or(self.root);
        self.add_group(Group { parent: Some(parent), title: title.to_owned(), ..Group::default() });
    }

    /// Gives a group another title.
    pub fn rename_by_hand(&mut self, key: &str, title: &str) {
        if let Some(row) = self.groups.find(key).and_then(|id| self.groups.get_mut(id)) {
            row.title = title.to_owned();
        }
    }

    /// Deletes a group with all below it.
    pub fn delete_group_by_hand(&mut self, key: &str) {
        if let Some(id) = self.groups.find(key).filter(|id| *id != self.root) {
            self.remove_group(id);
        }
    }

    /// Makes a person, with a key or without.
    pub fn add_person_by_hand(&mut self, key: Option<&str>, first: &str, last: &str) {
        let object = named(first, last, InstitutionRoleType::Student);
        let key = key.map(str::to_owned);
        self.persons.insert(Person { key, object, ..Person::default() });
    }

    /// Says that somebody belongs to another site (facts/ims-es.md §5.2).
    pub fn make_external(&mut self, key: &str) {
        if let Some(row) = self.persons.find(key).and_then(|id| self.persons.get_mut(id)) {
            row.is_external = true;
        }
    }

    /// Puts a person into a group; the membership has no key (facts/ims-es.md §5.1).
    pub fn add_member_by_hand(&mut self, group: &str, person: &str, role: RoleType) {
        let (group, person) = (self.groups.find(group), self.persons.find(person));
        if let (Some(group), Some(person)) = (group, person)
            && self.membership_between(person, group).is_none()
        {
            self.add_membership(Membership { key: None, person, group, role, fields: Default::default() });
        }
    }

    /// Takes a person out of a group.
    pub fn remove_member_by_hand(&mut self, group: &str, person: &str) {
        let (group, person) = (self.groups.find(group), self.persons.find(person));
        if let (Some(group), Some(person)) = (group, person)
            && let Some(membership) = self.membership_between(person, group)
        {
            self.remove_membership(membership);
        }
    }
}
