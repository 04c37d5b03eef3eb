//! Changes that can be undone: every writing call is one transaction (facts/moodle-ws.md §7).
//!
//! Not here: whether a change is allowed (`functions/`).
//!
//! Invariant: each change leaves in the log what takes it back; a rollback walks the log backwards.
//! Invariant: ids and the cached lists are not part of a transaction.

use super::World;
use super::rows::{Enrolment, Group, GroupRow, Grouping, GroupingRow, Owner};

/// What takes one change back.
#[derive(Debug, Clone)]
pub(super) enum Undo {
    RemoveGroup(i64),
    RestoreGroup(Box<Group>),
    RestoreGroupRow(Box<GroupRow>),
    RemoveGrouping(i64),
    RestoreGrouping(Grouping),
    RestoreGroupingRow(GroupingRow),
    Link(i64, i64),
    Unlink(i64, i64),
    RemoveMember(i64, i64),
    RestoreMember(i64, i64, Option<Owner>),
    RestoreEnrolment(i64, i64, Option<Enrolment>),
    RestoreDefaultGrouping(i64, Option<i64>),
}

impl World {
    /// Ends the transaction and keeps its changes. Lists that a reader had put into the cache before the
    /// commit are there again, outdated.
    pub(super) fn commit(&mut self) {
        self.undo.clear();
        for (course, data) in self.read_before_commit.take().into_iter().flatten() {
            if let Some(row) = self.tables.courses.get_mut(&course) {
                row.cached = Some(data);
            }
        }
    }

    /// Ends the transaction and takes its changes back.
    pub(super) fn roll_back(&mut self) {
        self.read_before_commit = None;
        while let Some(step) = self.undo.pop() {
            match step {
                Undo::RemoveGroup(id) => drop(self.tables.take_group(id)),
                Undo::RestoreGroup(group) => self.tables.put_group(*group),
                Undo::RestoreGroupRow(row) => drop(self.tables.swap_group_row(*row)),
                Undo::RemoveGrouping(id) => drop(self.tables.take_grouping(id)),
                Undo::RestoreGrouping(grouping) => self.tables.put_grouping(grouping),
                Undo::RestoreGroupingRow(row) => drop(self.tables.swap_grouping_row(row)),
                Undo::Link(grouping, group) => drop(self.tables.link(grouping, group)),
                Undo::Unlink(grouping, group) => drop(self.tables.unlink(grouping, group)),
                Undo::RemoveMember(group, user) => {
                    self.tables.groups.get_mut(&group).map(|group| group.members.remove(&user));
                }
                Undo::RestoreMember(group, user, owner) => {
                    self.tables.groups.get_mut(&group).map(|group| group.members.insert(user, owner));
                }
                Undo::RestoreEnrolment(course, user, enrolment) => {
                    self.tables.swap_enrolment(course, user, enrolment);
                }
                Undo::RestoreDefaultGrouping(course, grouping) => {
                    if let Some(course) = self.tables.courses.get_mut(&course) {
                        course.default_grouping = grouping;
                    }
                }
            }
        }
    }

    /// In the mode of a concurrent reader, remembers the list that the reader sees before the commit.
    fn let_reader_in(&mut self, course: i64) {
        if self.read_before_commit.as_ref().is_some_and(|lists| !lists.contains_key(&course)) {
            let data = self.course_data(course);
            self.read_before_commit.get_or_insert_default().insert(course, data);
        }
    }

    pub(in crate::moodle) fn insert_group(&mut self, row: GroupRow) {
        let (id, course) = (row.id, row.course);
        self.let_reader_in(course);
        self.tables.put_group(Group { row, members: Default::default(), groupings: Default::default() });
        self.undo.push(Undo::RemoveGroup(id));
        self.drop_cached(course);
    }

    pub(in crate::moodle) fn update_group(&mut self, row: GroupRow) {
        let course = row.course;
        self.let_reader_in(course);
        if let Some(old) = self.tables.swap_group_row(row) {
            self.undo.push(Undo::RestoreGroupRow(Box::new(old)));
        }
        self.drop_cached(course);
    }

    pub(in crate::moodle) fn remove_group(&mut self, id: i64) {
        let Some(course) = self.tables.groups.get(&id).map(|group| group.row.course) else { return };
        self.let_reader_in(course);
        if let Some(group) = self.tables.take_group(id) {
            self.undo.push(Undo::RestoreGroup(Box::new(group)));
        }
        self.drop_cached(course);
    }

    pub(in crate::moodle) fn insert_grouping(&mut self, row: GroupingRow) {
        let (id, course) = (row.id, row.course);
        self.let_reader_in(course);
        self.tables.put_grouping(Grouping { row, groups: Default::default() });
        self.undo.push(Undo::RemoveGrouping(id));
        self.drop_cached(course);
    }

    pub(in crate::moodle) fn update_grouping(&mut self, row: GroupingRow) {
        let course = row.course;
        self.let_reader_in(course);
        if let Some(old) = self.tables.swap_grouping_row(row) {
            self.undo.push(Undo::RestoreGroupingRow(old));
        }
        self.drop_cached(course);
    }

    /// Deletes a grouping; a course that had it as default has none then (§5.9).
    pub(in crate::moodle) fn remove_grouping(&mut self, id: i64) {
        let Some(course) = self.tables.groupings.get(&id).map(|grouping| grouping.row.course) else { return };
        self.let_reader_in(course);
        if let Some(row) = self.tables.courses.get_mut(&course)
            && row.default_grouping == Some(id)
        {
            self.undo.push(Undo::RestoreDefaultGrouping(course, row.default_grouping.take()));
        }
        if let Some(grouping) = self.tables.take_grouping(id) {
            self.undo.push(Undo::RestoreGrouping(grouping));
        }
        self.drop_cached(course);
    }

    pub(in crate::moodle) fn assign(&mut self, grouping: i64, group: i64) {
        if self.tables.link(grouping, group) {
            self.undo.push(Undo::Unlink(grouping, group));
            self.drop_cached_of_grouping(grouping);
        }
    }

    pub(in crate::moodle) fn unassign(&mut self, grouping: i64, group: i64) {
        if self.tables.unlink(grouping, group) {
            self.undo.push(Undo::Link(grouping, group));
            self.drop_cached_of_grouping(grouping);
        }
    }

    fn drop_cached_of_grouping(&mut self, grouping: i64) {
        if let Some(course) = self.tables.groupings.get(&grouping).map(|grouping| grouping.row.course) {
            self.let_reader_in(course);
            self.drop_cached(course);
        }
    }

    /// Adds a member; the cached list stays, since members are not in it. False if it was one.
    pub(in crate::moodle) fn insert_member(&mut self, group: i64, user: i64, owner: Option<Owner>) -> bool {
        let Some(row) = self.tables.groups.get_mut(&group) else { return false };
        if row.members.contains_key(&user) {
            return false;
        }
        row.members.insert(user, owner);
        self.undo.push(Undo::RemoveMember(group, user));
        true
    }

    /// Removes a member. False if it was none.
    pub(in crate::moodle) fn delete_member(&mut self, group: i64, user: i64) -> bool {
        let Some(row) = self.tables.groups.get_mut(&group) else { return false };
        let Some(owner) = row.members.remove(&user) else { return false };
        self.undo.push(Undo::RestoreMember(group, user, owner));
        true
    }

    /// Sets what ties a user to a course. Without a tie the memberships in the course go too, and enrolling
    /// again does not bring them back (§0, 15).
    pub(in crate::moodle) fn set_enrolment(&mut self, course: i64, user: i64, enrolment: Option<Enrolment>) {
        let enrolment = enrolment.filter(|enrolment| !enrolment.methods.is_empty());
        if enrolment.is_none() {
            let groups = self.tables.courses.get(&course).map(|course| course.groups.clone());
            for group in groups.into_iter().flatten() {
                self.delete_member(group, user);
            }
        }
        let old = self.tables.swap_enrolment(course, user, enrolment);
        self.undo.push(Undo::RestoreEnrolment(course, user, old));
    }
}
