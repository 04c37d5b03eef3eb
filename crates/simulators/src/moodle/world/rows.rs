//! The things in a Moodle that a sync of groups can meet, as their database rows.
//!
//! Not here: where the rows are kept and found (`tables.rs`).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::cache::CourseData;
use super::index::Index;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The user id.
    pub id: i64,
    /// The login name; mangled once the user is deleted.
    pub username: String,
    /// The institution's number; empty for none. Moodle does not keep it unique.
    pub idnumber: String,
    /// The first name.
    pub firstname: String,
    /// The last name.
    pub lastname: String,
    /// The mail address.
    pub email: String,
    /// The department; empty for none.
    pub department: String,
    /// The language that the user chose, for example `de`.
    pub lang: String,
    /// The account is suspended.
    pub suspended: bool,
    /// The account is deleted; its row stays.
    pub deleted: bool,
    /// The account was confirmed.
    pub confirmed: bool,
    /// The authentication method is "nologin".
    pub nologin: bool,
    /// The user agreed to the site policy.
    pub policy_agreed: bool,
    /// The user has to change the password first.
    pub must_change_password: bool,
    /// Required fields of the profile are empty.
    pub profile_incomplete: bool,
    /// The courses that the user is enrolled in.
    pub courses: BTreeSet<i64>,
}

impl User {
    /// First name and last name.
    #[must_use]
    pub fn fullname(&self) -> String {
        format!("{} {}", self.firstname, self.lastname)
    }
}

/// By which enrolment plugin somebody is in a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Method {
    /// Manual enrolment, the only one that web services can change.
    Manual,
    /// Enrolment from an external database.
    Database,
    /// Self enrolment.
    SelfEnrolment,
}

/// One user enrolment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The enrolment is suspended.
    pub suspended: bool,
    /// Begin, in Unix seconds; 0 for always.
    pub from: i64,
    /// End, in Unix seconds; 0 for never.
    pub until: i64,
}

impl Period {
    /// Whether the enrolment counts as active at a time in Unix seconds.
    #[must_use]
    pub fn is_active(&self, now: i64) -> bool {
        !self.suspended && self.from <= now && (self.until == 0 || now < self.until)
    }
}

/// All that ties one user to one course.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// The enrolments, at least one.
    pub methods: BTreeMap<Method, Period>,
    /// The ids of the roles in the course.
    pub roles: BTreeSet<i64>,
}

/// A course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// The course id; 1 is the site course.
    pub id: i64,
    /// The short name, unique by the site's rules.
    pub shortname: String,
    /// The full name.
    pub fullname: String,
    /// The institution's number; empty for none.
    pub idnumber: String,
    /// Students can see the course.
    pub visible: bool,
    /// The group mode is "separate groups".
    pub separate_groups: bool,
    /// There is a manual enrolment instance.
    pub manual_enrolment: bool,
    /// The default grouping.
    pub default_grouping: Option<i64>,
    /// The ids of the groups.
    pub groups: BTreeSet<i64>,
    /// The ids of the groupings.
    pub groupings: BTreeSet<i64>,
    /// Everybody enrolled, by user id.
    pub enrolments: BTreeMap<i64, Enrolment>,
    pub(super) group_names: Index,
    pub(super) grouping_names: Index,
    pub(super) cached: Option<CourseData>,
}

/// The row of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRow {
    /// The group id.
    pub id: i64,
    /// The course id.
    pub course: i64,
    /// The name as stored.
    pub name: String,
    /// The description as stored.
    pub description: String,
    /// 0 Moodle, 1 HTML, 2 plain, 4 Markdown.
    pub description_format: i64,
    /// The enrolment key, if one was ever given.
    pub enrolment_key: Option<String>,
    /// The idnumber; empty for none.
    pub idnumber: String,
    /// 0 all, 1 members, 2 own, 3 none.
    pub visibility: i64,
    /// The group takes part in activities.
    pub participation: bool,
    /// The conversation of the group is enabled.
    pub messaging: bool,
}

/// A group with what hangs on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The row.
    pub row: GroupRow,
    /// The members by user id, each with the plugin that owns the membership.
    pub members: BTreeMap<i64, Option<Owner>>,
    /// The groupings that the group is in, possibly of other courses.
    pub groupings: BTreeSet<i64>,
}

/// The enrolment plugin that made a membership (facts/moodle-ws.md §5.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Owner {
    /// Cohort sync, which refuses the removal.
    Cohort,
    /// The IMS Enterprise file, which refuses the removal.
    ImsEnterprise,
    /// Manual enrolment, which allows it.
    Manual,
}

impl Owner {
    /// Whether the plugin refuses to let go of a member.
    #[must_use]
    pub fn refuses_removal(self) -> bool {
        matches!(self, Owner::Cohort | Owner::ImsEnterprise)
    }
}

/// The row of a grouping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupingRow {
    /// The grouping id.
    pub id: i64,
    /// The course id.
    pub course: i64,
    /// The name as stored.
    pub name: String,
    /// The description as stored.
    pub description: String,
    /// 0 Moodle, 1 HTML, 2 plain, 4 Markdown.
    pub description_format: i64,
    /// The idnumber; empty for none.
    pub idnumber: String,
}

/// A grouping with the groups in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grouping {
    /// The row.
    pub row: GroupingRow,
    /// The ids of the groups.
    pub groups: BTreeSet<i64>,
}

/// A course to be added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewCourse {
    /// The id, or the next free one.
    pub id: Option<i64>,
    /// The short name.
    pub shortname: String,
    /// The full name.
    pub fullname: String,
    /// The idnumber; empty for none.
    pub idnumber: String,
}

/// A user to be added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewUser {
    /// The id, or the next free one.
    pub id: Option<i64>,
    /// The login name.
    pub username: String,
    /// The idnumber; empty for none.
    pub idnumber: String,
    /// The first name.
    pub firstname: String,
    /// The last name.
    pub lastname: String,
    /// The mail address.
    pub email: String,
}
