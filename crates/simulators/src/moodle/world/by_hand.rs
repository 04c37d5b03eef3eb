//! What people and plugins do to a Moodle while nobody calls its web services.
//!
//! Not here: what the web services do (`functions/`).
//!
//! Invariant: each of these is committed at once, and drops the cached list as the web pages do.
//! Each returns whether there was something to change.

use super::rows::{Course, GroupRow, GroupingRow, Method, NewCourse, NewUser, Owner, Period, User};
use super::{SITE_COURSE, World};

impl World {
    /// Adds a course and returns its id. A course with the same id is deleted first.
    pub fn add_course(&mut self, new: NewCourse) -> i64 {
        let id = new.id.unwrap_or_else(|| self.tables.courses.keys().next_back().map_or(1, |last| last + 1));
        self.delete_course(id);
        self.tables.put_course(Course {
            id,
            shortname: new.shortname,
            fullname: new.fullname,
            idnumber: new.idnumber,
            visible: true,
            separate_groups: false,
            manual_enrolment: true,
            default_grouping: None,
            groups: Default::default(),
            groupings: Default::default(),
            enrolments: Default::default(),
            group_names: Default::default(),
            grouping_names: Default::default(),
            cached: None,
        });
        id
    }

    /// Adds a user and returns the id. A user with the same id is deleted first.
    pub fn add_user(&mut self, new: NewUser) -> i64 {
        let id = new.id.unwrap_or_else(|| self.tables.users.keys().next_back().map_or(2, |last| last + 1));
        self.delete_user(id);
        self.tables.put_user(User {
            id,
            username: new.username,
            idnumber: new.idnumber,
            firstname: new.firstname,
            lastname: new.lastname,
            email: new.email,
            department: String::new(),
            // Moodle gives every account the language of the site.
            lang: "en".to_owned(),
            suspended: false,
            deleted: false,
            confirmed: true,
            nologin: false,
            policy_agreed: false,
            must_change_password: false,
            profile_incomplete: false,
            courses: Default::default(),
        });
        id
    }

    /// Changes an account: its state, its names, its idnumber.
    pub fn change_user(&mut self, id: i64, change: impl FnOnce(&mut User)) -> bool {
        let Some(mut user) = self.tables.take_user(id) else { return false };
        change(&mut user);
        user.id = id;
        self.tables.put_user(user);
        true
    }

    /// Changes the settings of a course, such as its visibility or its names.
    pub fn change_course(&mut self, id: i64, change: impl FnOnce(&mut Course)) -> bool {
        let Some(mut course) = self.tables.take_course(id) else { return false };
        change(&mut course);
        course.id = id;
        self.tables.put_course(course);
        true
    }

    /// Enrols a user manually with a role such as `student`; a role unknown to the site is made.
    pub fn enrol(&mut self, course: i64, user: i64, role: &str) -> bool {
        self.enrol_by(course, user, role, Method::Manual, Period::default())
    }

    /// Enrols a user by one method with one role, in addition to what is there.
    pub fn enrol_by(&mut self, course: i64, user: i64, role: &str, method: Method, period: Period) -> bool {
        let Some(row) = self.tables.courses.get(&course) else { return false };
        if !self.tables.users.contains_key(&user) {
            return false;
        }
        let mut enrolment = row.enrolments.get(&user).cloned().unwrap_or_default();
        enrolment.methods.insert(method, period);
        enrolment.roles.insert(self.tables.role_id(role));
        self.set_enrolment(course, user, Some(enrolment));
        self.commit();
        true
    }

    /// Ends every enrolment of a user in a course; the memberships there vanish.
    pub fn unenrol(&mut self, course: i64, user: i64) -> bool {
        let enrolled = self.tables.courses.get(&course).is_some_and(|row| row.enrolments.contains_key(&user));
        self.set_enrolment(course, user, None);
        self.commit();
        enrolled
    }

    /// Suspends an account.
    pub fn suspend_user(&mut self, user: i64) -> bool {
        self.change_user(user, |user| user.suspended = true)
    }

    /// Deletes an account: enrolments and memberships vanish, the row stays with a mangled username and
    /// without idnumber (facts/moodle-ws.md §5.10).
    pub fn delete_user(&mut self, user: i64) -> bool {
        let Some(row) = self.tables.users.get(&user) else { return false };
        for course in row.courses.clone() {
            self.unenrol(course, user);
        }
        self.change_user(user, |user| {
            user.deleted = true;
            user.username = format!("{}.{}", user.email, user.id);
            user.email = format!("deleted-{}", user.id);
            user.idnumber.clear();
        })
    }

    /// Deletes a course with its groups, groupings and enrolments. The site course stays.
    pub fn delete_course(&mut self, id: i64) -> bool {
        let Some(course) = self.tables.courses.get(&id).filter(|course| course.id != SITE_COURSE).cloned()
        else {
            return false;
        };
        for user in course.enrolments.keys() {
            self.unenrol(id, *user);
        }
        for group in &course.groups {
            self.delete_group(*group);
        }
        for grouping in &course.groupings {
            self.delete_grouping(*grouping);
        }
        self.tables.take_course(id).is_some()
    }

    /// Makes a group on the course's page and returns its id; none without the course.
    pub fn create_group_by_hand(&mut self, course: i64, name: &str) -> Option<i64> {
        self.tables.courses.get(&course)?;
        let id = self.tables.next_group_id();
        self.insert_group(GroupRow {
            id,
            course,
            name: name.to_owned(),
            description: String::new(),
            description_format: 1,
            enrolment_key: None,
            idnumber: String::new(),
            visibility: 0,
            participation: true,
            messaging: false,
        });
        self.commit();
        Some(id)
    }

    /// Changes the row of a group on its page.
    pub fn change_group(&mut self, id: i64, change: impl FnOnce(&mut GroupRow)) -> bool {
        let Some(mut row) = self.tables.groups.get(&id).map(|group| group.row.clone()) else { return false };
        let course = row.course;
        change(&mut row);
        (row.id, row.course) = (id, course);
        self.update_group(row);
        self.commit();
        true
    }

    /// Renames a group.
    pub fn rename_group(&mut self, id: i64, name: &str) -> bool {
        self.change_group(id, |row| name.clone_into(&mut row.name))
    }

    /// Sets the idnumber of a group; empty clears it.
    pub fn set_group_idnumber(&mut self, id: i64, idnumber: &str) -> bool {
        self.change_group(id, |row| idnumber.clone_into(&mut row.idnumber))
    }

    /// Deletes a group.
    pub fn delete_group(&mut self, id: i64) -> bool {
        let existed = self.tables.groups.contains_key(&id);
        self.remove_group(id);
        self.commit();
        existed
    }

    /// Adds a member; false unless the user is enrolled and not yet in.
    pub fn add_member(&mut self, group: i64, user: i64) -> bool {
        self.put_member(group, user, None)
    }

    /// Removes a member.
    pub fn remove_member(&mut self, group: i64, user: i64) -> bool {
        let removed = self.delete_member(group, user);
        self.commit();
        removed
    }

    /// Hands a membership to a plugin, adding it if need be.
    pub fn protect_member(&mut self, group: i64, user: i64, owner: Owner) -> bool {
        self.delete_member(group, user);
        self.put_member(group, user, Some(owner))
    }

    fn put_member(&mut self, group: i64, user: i64, owner: Option<Owner>) -> bool {
        let course = self.tables.groups.get(&group).map(|group| group.row.course);
        let enrolled = course.is_some_and(|course| self.is_enrolled(course, user));
        let added = enrolled && self.insert_member(group, user, owner);
        self.commit();
        added
    }

    /// Makes a grouping and returns its id; none without the course.
    pub fn create_grouping_by_hand(&mut self, course: i64, name: &str) -> Option<i64> {
        self.tables.courses.get(&course)?;
        let id = self.tables.next_grouping_id();
        self.insert_grouping(GroupingRow {
            id,
            course,
            name: name.to_owned(),
            description: String::new(),
            description_format: 1,
            idnumber: String::new(),
        });
        self.commit();
        Some(id)
    }

    /// Changes the row of a grouping on its page.
    pub fn change_grouping(&mut self, id: i64, change: impl FnOnce(&mut GroupingRow)) -> bool {
        let Some(mut row) = self.tables.groupings.get(&id).map(|grouping| grouping.row.clone()) else {
            return false;
        };
        let course = row.course;
        change(&mut row);
        (row.id, row.course) = (id, course);
        self.update_grouping(row);
        self.commit();
        true
    }

    /// Renames a grouping.
    pub fn rename_grouping(&mut self, id: i64, name: &str) -> bool {
        self.change_grouping(id, |row| name.clone_into(&mut row.name))
    }

    /// Sets the idnumber of a grouping; empty clears it.
    pub fn set_grouping_idnumber(&mut self, id: i64, idnumber: &str) -> bool {
        self.change_grouping(id, |row| idnumber.clone_into(&mut row.idnumber))
    }

    /// Deletes a grouping; its groups stay.
    pub fn delete_grouping(&mut self, id: i64) -> bool {
        let existed = self.tables.groupings.contains_key(&id);
        self.remove_grouping(id);
        self.commit();
        existed
    }

    /// Puts a group into a grouping.
    pub fn assign_by_hand(&mut self, grouping: i64, group: i64) -> bool {
        self.assign(grouping, group);
        let changed = !self.undo.is_empty();
        self.commit();
        changed
    }

    /// Takes a group out of a grouping.
    pub fn unassign_by_hand(&mut self, grouping: i64, group: i64) -> bool {
        self.unassign(grouping, group);
        let changed = !self.undo.is_empty();
        self.commit();
        changed
    }

    /// Somebody opens a page of the course: its list is cached now.
    pub fn visit_course(&mut self, course: i64) {
        self.cached_course_data(course);
    }
}
