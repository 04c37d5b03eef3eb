//! The whole world as a text that people read and tests compare.
//!
//! Not here: anything that a message answers.
//!
//! Invariant: two worlds that hold the same have the same picture, whatever order it came in and whatever numbers the rows
//! have.

use std::fmt::Write;

use ims_es::person::object::NamePart;

use super::World;
use super::rows::{Group, Membership, Person};
use super::table::Id;
use crate::itslearning::operations::persons::part_of;

impl World {
    /// The hierarchy as a tree with its members, then the courses without a group, then the persons.
    #[must_use]
    pub fn picture(&self) -> String {
        let mut text = self.tree();
        for course in self.courses_left() {
            _ = writeln!(text, "course without a group {:?}", course.title);
        }
        let mut persons: Vec<String> = self.persons.iter().map(|(_, row)| self.person_line(row)).collect();
        persons.sort();
        for line in persons {
            _ = writeln!(text, "{line}");
        }
        text
    }

    /// The hierarchy as a tree with its members.
    #[must_use]
    pub fn tree(&self) -> String {
        let mut text = String::new();
        let mut open = vec![(0, self.root)];
        while let Some((depth, id)) = open.pop() {
            let Some(group) = self.groups.get(id) else { continue };
            _ = writeln!(text, "{:indent$}{}", "", self.group_line(group), indent = depth * 2);
            let rows = self.members_of(id).iter().filter_map(|id| self.memberships.get(*id));
            let mut members: Vec<String> = rows.map(|row| self.member_line(row)).collect();
            members.sort();
            for line in members {
                _ = writeln!(text, "{:indent$}{line}", "", indent = depth * 2 + 4);
            }
            let mut below: Vec<Id> = self.children(id).to_vec();
            let sorted = |id: &Id| self.groups.get(*id).map(|row| (row.key.clone(), row.title.clone()));
            below.sort_by_key(sorted);
            open.extend(below.into_iter().rev().map(|child| (depth + 1, child)));
        }
        text
    }

    fn group_line(&self, group: &Group) -> String {
        let key = group.key.as_deref().unwrap_or("no key");
        let mut line = format!("{} {:?} [{key}]", group.kind.as_str(), group.title);
        if let Some(long) = group.description_long.as_ref().or(group.description_full.as_ref()) {
            _ = write!(line, " ({long})");
        }
        if let Some(legal_id) = &group.legal_id {
            _ = write!(line, " legal id {legal_id}");
        }
        if group.visible_in_search == Some(false) {
            line.push_str(" not in search");
        }
        if let Some(course) = group.course.and_then(|number| self.courses.get(&number)) {
            _ = write!(line, " course {:?}", course.title);
            for (word, value) in
                [("code", &course.code), ("credits", &course.credits), ("from", &course.copied_from)]
            {
                if let Some(value) = value {
                    _ = write!(line, " {word} {value}");
                }
            }
        }
        line
    }

    fn member_line(&self, row: &Membership) -> String {
        let person = self.persons.get(row.person);
        let key = person.and_then(|person| person.key.as_deref()).unwrap_or("no key");
        let home = if person.is_some_and(|person| person.home == Some(row.group)) { " home" } else { "" };
        let membership = row.key.as_deref().unwrap_or("no key");
        format!("- {} {key} [{membership}]{home}", row.role.as_str())
    }

    fn person_line(&self, row: &Person) -> String {
        let name = |part| part_of(&row.object, part).unwrap_or_default();
        let role = row.object.institution_roles.first();
        let role = role.map(|role| role.institution_role_type.text()).unwrap_or_default();
        let key = row.key.as_deref().unwrap_or("no key");
        let mut line = format!("{role} {} {} [{key}]", name(NamePart::First), name(NamePart::Last));
        if let Some(email) = &row.object.email {
            _ = write!(line, " {email}");
        }
        let children = row.children.iter().filter_map(|id| self.persons.get(*id));
        let mut keys: Vec<&str> = children.filter_map(|child| child.key.as_deref()).collect();
        keys.sort_unstable();
        if !keys.is_empty() {
            _ = write!(line, " parent of {}", keys.join(", "));
        }
        line
    }
}
