//! The database: rows, their ids and the indexes that find them.
//!
//! Not here: rules of Moodle, and undoing (`transaction.rs`).
//!
//! Invariant: the indexes, the lists of a course and the links between groups and groupings agree with the rows
//! after each function here.
//! Invariant: an id is given out once, also when its row is rolled back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::index::Index;
use super::rows::{Course, Enrolment, Group, GroupRow, Grouping, GroupingRow, User};
use crate::moodle::collation::Collation;

/// The role short names of a new Moodle; the id is the position, counted from one.
const ROLES: [&str; 5] = ["manager", "coursecreator", "editingteacher", "teacher", "student"];

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::moodle) struct Tables {
    pub(in crate::moodle) collation: Collation,
    pub(in crate::moodle) users: BTreeMap<i64, User>,
    pub(in crate::moodle) courses: BTreeMap<i64, Course>,
    pub(in crate::moodle) groups: BTreeMap<i64, Group>,
    pub(in crate::moodle) groupings: BTreeMap<i64, Grouping>,
    roles: Vec<String>,
    users_by_username: Index,
    users_by_idnumber: Index,
    users_by_email: Index,
    courses_by_shortname: Index,
    courses_by_idnumber: Index,
    last_group: i64,
    last_grouping: i64,
}

impl Tables {
    pub(super) fn new(collation: Collation) -> Tables {
        Tables {
            collation,
            users: BTreeMap::new(),
            courses: BTreeMap::new(),
            groups: BTreeMap::new(),
            groupings: BTreeMap::new(),
            roles: ROLES.map(str::to_owned).into(),
            users_by_username: Index::default(),
            users_by_idnumber: Index::default(),
            users_by_email: Index::default(),
            courses_by_shortname: Index::default(),
            courses_by_idnumber: Index::default(),
            last_group: 0,
            last_grouping: 0,
        }
    }

    pub(in crate::moodle) fn next_group_id(&mut self) -> i64 {
        self.last_group += 1;
        self.last_group
    }

    pub(in crate::moodle) fn next_grouping_id(&mut self) -> i64 {
        self.last_grouping += 1;
        self.last_grouping
    }

    /// The short name of a role.
    pub(in crate::moodle) fn role_name(&self, id: i64) -> Option<&str> {
        let position = usize::try_from(id).ok()?.checked_sub(1)?;
        self.roles.get(position).map(String::as_str)
    }

    /// The id of a role, which is made if the site has none of that name.
    pub(super) fn role_id(&mut self, shortname: &str) -> i64 {
        let position = self.roles.iter().position(|role| role == shortname).unwrap_or_else(|| {
            self.roles.push(shortname.to_owned());
            self.roles.len() - 1
        });
        i64::try_from(position).map_or(i64::MAX, |position| position + 1)
    }

    /// Adds or replaces a user.
    pub(super) fn put_user(&mut self, user: User) {
        self.take_user(user.id);
        self.users_by_username.add(self.collation.fold(&user.username), user.id);
        self.users_by_idnumber.add(self.collation.fold(&user.idnumber), user.id);
        self.users_by_email.add(self.collation.fold(&user.email), user.id);
        self.users.insert(user.id, user);
    }

    /// Takes a user out of the table and its indexes.
    pub(super) fn take_user(&mut self, id: i64) -> Option<User> {
        let user = self.users.remove(&id)?;
        self.users_by_username.remove(&self.collation.fold(&user.username), id);
        self.users_by_idnumber.remove(&self.collation.fold(&user.idnumber), id);
        self.users_by_email.remove(&self.collation.fold(&user.email), id);
        Some(user)
    }

    /// The users with a username, as the database compares.
    pub(in crate::moodle) fn users_with_username(&self, username: &str) -> impl Iterator<Item = i64> {
        self.users_by_username.ids(&self.collation.fold(username))
    }

    /// The users with an idnumber, as the database compares.
    pub(in crate::moodle) fn users_with_idnumber(&self, idnumber: &str) -> impl Iterator<Item = i64> {
        self.users_by_idnumber.ids(&self.collation.fold(idnumber))
    }

    /// The users with a mail address, as the database compares.
    pub(in crate::moodle) fn users_with_email(&self, email: &str) -> impl Iterator<Item = i64> {
        self.users_by_email.ids(&self.collation.fold(email))
    }

    /// Adds or replaces a course.
    pub(super) fn put_course(&mut self, course: Course) {
        self.take_course(course.id);
        self.courses_by_shortname.add(self.collation.fold(&course.shortname), course.id);
        self.courses_by_idnumber.add(self.collation.fold(&course.idnumber), course.id);
        self.courses.insert(course.id, course);
    }

    /// Takes a course out of the table and its indexes.
    pub(super) fn take_course(&mut self, id: i64) -> Option<Course> {
        let course = self.courses.remove(&id)?;
        self.courses_by_shortname.remove(&self.collation.fold(&course.shortname), id);
        self.courses_by_idnumber.remove(&self.collation.fold(&course.idnumber), id);
        Some(course)
    }

    /// The courses with a short name, as the database compares.
    pub(in crate::moodle) fn courses_with_shortname(&self, shortname: &str) -> impl Iterator<Item = i64> {
        self.courses_by_shortname.ids(&self.collation.fold(shortname))
    }

    /// The courses with an idnumber, as the database compares.
    pub(in crate::moodle) fn courses_with_idnumber(&self, idnumber: &str) -> impl Iterator<Item = i64> {
        self.courses_by_idnumber.ids(&self.collation.fold(idnumber))
    }

    /// Whether a course has a group of a name, as the database compares; the name comes untrimmed.
    pub(in crate::moodle) fn has_group_named(&self, course: i64, name: &str) -> bool {
        let name = self.collation.fold(name);
        self.courses.get(&course).is_some_and(|course| course.group_names.contains(&name))
    }

    /// Whether a course has a grouping of a name.
    pub(in crate::moodle) fn has_grouping_named(&self, course: i64, name: &str) -> bool {
        let name = self.collation.fold(name);
        self.courses.get(&course).is_some_and(|course| course.grouping_names.contains(&name))
    }

    /// Puts a group, with its members and links, where its course and its groupings find it.
    pub(super) fn put_group(&mut self, group: Group) {
        let id = group.row.id;
        self.last_group = self.last_group.max(id);
        if let Some(course) = self.courses.get_mut(&group.row.course) {
            course.groups.insert(id);
            course.group_names.add(self.collation.fold(&group.row.name), id);
        }
        for grouping in &group.groupings {
            if let Some(grouping) = self.groupings.get_mut(grouping) {
                grouping.groups.insert(id);
            }
        }
        self.groups.insert(id, group);
    }

    /// Takes a group out with everything that hangs on it.
    pub(super) fn take_group(&mut self, id: i64) -> Option<Group> {
        let group = self.groups.remove(&id)?;
        if let Some(course) = self.courses.get_mut(&group.row.course) {
            course.groups.remove(&id);
            course.group_names.remove(&self.collation.fold(&group.row.name), id);
        }
        for grouping in &group.groupings {
            if let Some(grouping) = self.groupings.get_mut(grouping) {
                grouping.groups.remove(&id);
            }
        }
        Some(group)
    }

    /// Replaces the row of a group and returns the old one.
    pub(super) fn swap_group_row(&mut self, row: GroupRow) -> Option<GroupRow> {
        let group = self.groups.get_mut(&row.id)?;
        let id = row.id;
        let old = std::mem::replace(&mut group.row, row);
        if let Some(course) = self.courses.get_mut(&old.course) {
            course.group_names.remove(&self.collation.fold(&old.name), id);
            course.group_names.add(self.collation.fold(&group.row.name), id);
        }
        Some(old)
    }

    /// Puts a grouping where its course and its groups find it.
    pub(super) fn put_grouping(&mut self, grouping: Grouping) {
        let id = grouping.row.id;
        self.last_grouping = self.last_grouping.max(id);
        if let Some(course) = self.courses.get_mut(&grouping.row.course) {
            course.groupings.insert(id);
            course.grouping_names.add(self.collation.fold(&grouping.row.name), id);
        }
        for group in &grouping.groups {
            if let Some(group) = self.groups.get_mut(group) {
                group.groupings.insert(id);
            }
        }
        self.groupings.insert(id, grouping);
    }

    /// Takes a grouping out with its links.
    pub(super) fn take_grouping(&mut self, id: i64) -> Option<Grouping> {
        let grouping = self.groupings.remove(&id)?;
        if let Some(course) = self.courses.get_mut(&grouping.row.course) {
            course.groupings.remove(&id);
            course.grouping_names.remove(&self.collation.fold(&grouping.row.name), id);
        }
        for group in &grouping.groups {
            if let Some(group) = self.groups.get_mut(group) {
                group.groupings.remove(&id);
            }
        }
        Some(grouping)
    }

    /// Replaces the row of a grouping and returns the old one.
    pub(super) fn swap_grouping_row(&mut self, row: GroupingRow) -> Option<GroupingRow> {
        let grouping = self.groupings.get_mut(&row.id)?;
        let id = row.id;
        let old = std::mem::replace(&mut grouping.row, row);
        if let Some(course) = self.courses.get_mut(&old.course) {
            course.grouping_names.remove(&self.collation.fold(&old.name), id);
            course.grouping_names.add(self.collation.fold(&grouping.row.name), id);
        }
        Some(old)
    }

    /// Ties a group to a grouping; false if it was or if one of the two is missing.
    pub(super) fn link(&mut self, grouping: i64, group: i64) -> bool {
        let (Some(grouping_row), Some(group_row)) =
            (self.groupings.get_mut(&grouping), self.groups.get_mut(&group))
        else {
            return false;
        };
        group_row.groupings.insert(grouping);
        grouping_row.groups.insert(group)
    }

    /// Unties a group from a grouping; false if it was not tied.
    pub(super) fn unlink(&mut self, grouping: i64, group: i64) -> bool {
        let (Some(grouping_row), Some(group_row)) =
            (self.groupings.get_mut(&grouping), self.groups.get_mut(&group))
        else {
            return false;
        };
        group_row.groupings.remove(&grouping);
        grouping_row.groups.remove(&group)
    }

    /// Sets or takes away what ties a user to a course, and returns what was.
    pub(super) fn swap_enrolment(
        &mut self,
        course: i64,
        user: i64,
        enrolment: Option<Enrolment>,
    ) -> Option<Enrolment> {
        let course_row = self.courses.get_mut(&course)?;
        let courses_of_user = self.users.get_mut(&user).map(|user| &mut user.courses);
        match enrolment {
            Some(enrolment) => {
                courses_of_user.map(|courses| courses.insert(course));
                course_row.enrolments.insert(user, enrolment)
            }
            None => {
                courses_of_user.map(|courses| courses.remove(&course));
                course_row.enrolments.remove(&user)
            }
        }
    }
}
