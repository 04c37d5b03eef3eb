//! Looking at a world from a test: rows, and a text in which two end states can be compared.
//!
//! Not here: what a caller of the web services may see.
//!
//! Invariant: a picture names no id that depends on the order of creation.

use std::fmt::Write as _;

use super::World;
use super::rows::{Course, Group, Grouping, User};

impl World {
    /// Every course, by id; the first is the site course.
    pub fn courses(&self) -> impl Iterator<Item = &Course> {
        self.tables.courses.values()
    }

    /// One course.
    #[must_use]
    pub fn course(&self, id: i64) -> Option<&Course> {
        self.tables.courses.get(&id)
    }

    /// Every user, by id, deleted ones too.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.tables.users.values()
    }

    /// One user.
    #[must_use]
    pub fn user(&self, id: i64) -> Option<&User> {
        self.tables.users.get(&id)
    }

    /// The groups of a course, by id.
    pub fn groups(&self, course: i64) -> impl Iterator<Item = &Group> {
        let ids = self.tables.courses.get(&course).into_iter().flat_map(|course| &course.groups);
        ids.filter_map(|id| self.tables.groups.get(id))
    }

    /// One group.
    #[must_use]
    pub fn group(&self, id: i64) -> Option<&Group> {
        self.tables.groups.get(&id)
    }

    /// The first group of a course with exactly this name.
    #[must_use]
    pub fn group_named(&self, course: i64, name: &str) -> Option<&Group> {
        self.groups(course).find(|group| group.row.name == name)
    }

    /// The groupings of a course, by id.
    pub fn groupings(&self, course: i64) -> impl Iterator<Item = &Grouping> {
        let ids = self.tables.courses.get(&course).into_iter().flat_map(|course| &course.groupings);
        ids.filter_map(|id| self.tables.groupings.get(id))
    }

    /// One grouping.
    #[must_use]
    pub fn grouping(&self, id: i64) -> Option<&Grouping> {
        self.tables.groupings.get(&id)
    }

    /// The user ids of the members of a group, ascending; empty if there is no such group.
    #[must_use]
    pub fn members(&self, group: i64) -> Vec<i64> {
        self.tables.groups.get(&group).map_or_else(Vec::new, |group| group.members.keys().copied().collect())
    }

    /// Whether a user is enrolled in a course in any way, suspended or not.
    #[must_use]
    pub fn is_enrolled(&self, course: i64, user: i64) -> bool {
        self.tables.courses.get(&course).is_some_and(|course| course.enrolments.contains_key(&user))
    }

    /// Groups, groupings and members of the whole site as sorted text, without ids.
    #[must_use]
    pub fn picture(&self) -> String {
        let mut courses: Vec<&Course> = self.courses().collect();
        courses.sort_by_key(|course| (&course.shortname, course.id));
        let mut picture = String::new();
        for course in
            courses.into_iter().filter(|course| !course.groups.is_empty() || !course.groupings.is_empty())
        {
            // Writing to a string cannot fail.
            let _ = writeln!(picture, "course {}", course.shortname);
            let mut lines: Vec<String> = self.groupings(course.id).map(picture_of_grouping).collect();
            lines.extend(self.groups(course.id).map(|group| self.picture_of_group(group)));
            lines.sort();
            for line in lines {
                picture.push_str(&line);
            }
        }
        picture
    }

    fn picture_of_group(&self, group: &Group) -> String {
        let row = &group.row;
        let mut text = format!("  group {:?} idnumber={:?}", row.name, row.idnumber);
        let groupings = group.groupings.iter().filter_map(|id| self.tables.groupings.get(id));
        let mut groupings: Vec<&str> = groupings.map(|grouping| grouping.row.name.as_str()).collect();
        groupings.sort_unstable();
        let users = group.members.keys().filter_map(|id| self.tables.users.get(id));
        let mut members: Vec<&str> = users.map(|user| user.username.as_str()).collect();
        members.sort_unstable();
        // Writing to a string cannot fail.
        let _ = writeln!(text, " groupings={groupings:?} members={members:?}");
        text
    }
}

fn picture_of_grouping(grouping: &Grouping) -> String {
    format!("  grouping {:?} idnumber={:?}\n", grouping.row.name, grouping.row.idnumber)
}
