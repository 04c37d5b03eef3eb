//! The application cache: one list of groups and groupings per course (facts/moodle-ws.md §7).
//!
//! Not here: the database rows themselves (`tables.rs`).
//!
//! Invariant: the cached list is filled when it is asked for and dropped by a change of the course; a rollback
//! does neither, so it can hold ghosts.

use serde::{Deserialize, Serialize};

use super::World;
use super::rows::{GroupRow, GroupingRow};
use crate::moodle::php;

/// What the cache holds for a course, each list ordered by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::moodle) struct CourseData {
    pub(in crate::moodle) groups: Vec<GroupRow>,
    pub(in crate::moodle) groupings: Vec<GroupingRow>,
}

impl World {
    /// The list of a course from the database.
    pub(in crate::moodle) fn course_data(&self, course: i64) -> CourseData {
        let Some(course) = self.tables.courses.get(&course) else { return CourseData::default() };
        let collation = self.tables.collation;
        let groups = course.groups.iter().filter_map(|id| self.tables.groups.get(id));
        let mut groups: Vec<GroupRow> = groups.map(|group| group.row.clone()).collect();
        groups.sort_by_cached_key(|row| (collation.fold(&row.name), row.id));
        let groupings = course.groupings.iter().filter_map(|id| self.tables.groupings.get(id));
        let mut groupings: Vec<GroupingRow> = groupings.map(|grouping| grouping.row.clone()).collect();
        groupings.sort_by_cached_key(|row| (collation.fold(&row.name), row.id));
        CourseData { groups, groupings }
    }

    /// The list of a course from the cache, which is filled if need be.
    pub(in crate::moodle) fn cached_course_data(&mut self, course: i64) -> &CourseData {
        let fresh = match self.tables.courses.get(&course) {
            Some(row) if row.cached.is_none() => Some(self.course_data(course)),
            _ => None,
        };
        static NOTHING: CourseData = CourseData { groups: Vec::new(), groupings: Vec::new() };
        let Some(row) = self.tables.courses.get_mut(&course) else { return &NOTHING };
        if fresh.is_some() {
            row.cached = fresh;
        }
        row.cached.as_ref().unwrap_or(&NOTHING)
    }

    /// Who in the cached list of a course has an idnumber, by PHP's loose comparison. An empty idnumber and
    /// `0` are never looked up, so they do not fill the cache either (facts/moodle-ws.md §6).
    pub(in crate::moodle) fn group_with_idnumber(&mut self, course: i64, idnumber: &str) -> Option<i64> {
        if php::is_empty(idnumber) {
            return None;
        }
        let mut groups = self.cached_course_data(course).groups.iter();
        groups.find(|row| php::loosely_equal(&row.idnumber, idnumber)).map(|row| row.id)
    }

    /// The same for groupings.
    pub(in crate::moodle) fn grouping_with_idnumber(&mut self, course: i64, idnumber: &str) -> Option<i64> {
        if php::is_empty(idnumber) {
            return None;
        }
        let mut groupings = self.cached_course_data(course).groupings.iter();
        groupings.find(|row| php::loosely_equal(&row.idnumber, idnumber)).map(|row| row.id)
    }

    /// Drops the cached list of a course.
    pub(super) fn drop_cached(&mut self, course: i64) {
        if let Some(row) = self.tables.courses.get_mut(&course) {
            row.cached = None;
        }
    }
}
