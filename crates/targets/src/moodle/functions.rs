//! The web service functions that Muster calls, typed (features C1–C15).
//!
//! Not here: batching, isolation and repetition (`apply`), completeness of what is read (`observe`).
//!
//! Invariant: no call is made with an empty list, because a form cannot express one (facts/moodle-ws.md §1.1).
//! Invariant: where the number of results is known beforehand, it is compared.

use reconcile::keys::{CourseId, PersonKey, Text};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::client::{Asked, Client, Effort};
use super::errors::CallError;
use super::form::Form;
use super::settings::PersonKeyField;

/// Declares the functions: name, and what is lost without it (`None`: nothing works without it).
macro_rules! functions {
    ($($variant:ident $name:literal $lost:expr;)+) => {
        /// A web service function.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Function { $($variant),+ }

        impl Function {
            /// Every function that Muster can make use of.
            pub(crate) const ALL: &'static [Function] = &[$(Function::$variant),+];

            /// Its name in Moodle.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Function::$variant => $name),+ }
            }

            /// What cannot be done without it; `None` where nothing can.
            pub(crate) fn lost_without(self) -> Option<&'static str> {
                match self { $(Function::$variant => $lost),+ }
            }
        }
    };
}

functions! {
    GetSiteInfo "core_webservice_get_site_info" None;
    GetCourseGroups "core_group_get_course_groups" None;
    GetCourseGroupings "core_group_get_course_groupings" None;
    GetEnrolledUsers "core_enrol_get_enrolled_users" None;
    GetGroupMembers "core_group_get_group_members" None;
    CreateGroups "core_group_create_groups" None;
    DeleteGroups "core_group_delete_groups" None;
    AddGroupMembers "core_group_add_group_members" None;
    DeleteGroupMembers "core_group_delete_group_members" None;
    CreateGroupings "core_group_create_groupings" None;
    AssignGrouping "core_group_assign_grouping" None;
    GetGroups "core_group_get_groups" Some("a list of groups that Moodle keeps out of date cannot be corrected, only doubted");
    GetGroupings "core_group_get_groupings" Some("what a grouping holds cannot be read: groups are assigned again each time, and never taken out");
    UpdateGroups "core_group_update_groups" Some("groups cannot be renamed or taken over");
    UpdateGroupings "core_group_update_groupings" Some("groupings cannot be renamed or taken over");
    UnassignGrouping "core_group_unassign_grouping" Some("groups cannot be taken out of a grouping");
    DeleteGroupings "core_group_delete_groupings" Some("groupings stay when they are no longer wanted");
    GetCoursesByField "core_course_get_courses_by_field" Some("a deleted course cannot be told from one that is closed to us");
    GetUsersByField "core_user_get_users_by_field" Some("people who are not enrolled cannot be told from people whom Moodle does not know");
    EnrolUsers "enrol_manual_enrol_users" Some("people who are not enrolled cannot be enrolled (needed for `not_enrolled = \"enrol\"` only)");
}

/// The answer of `core_webservice_get_site_info`, as far as it is used (facts/moodle-ws.md §5.10).
#[derive(Debug, Deserialize)]
pub(crate) struct SiteRow {
    pub(crate) sitename: String,
    pub(crate) username: String,
    pub(crate) userid: i64,
    pub(crate) siteurl: String,
    #[serde(default)]
    pub(crate) release: String,
    #[serde(default)]
    pub(crate) version: String,
    #[serde(default)]
    pub(crate) functions: Vec<FunctionRow>,
    /// Newer releases tell whether the user may do everything.
    #[serde(default)]
    pub(crate) userissiteadmin: bool,
}

/// A function that the token may call.
#[derive(Debug, Deserialize)]
pub(crate) struct FunctionRow {
    pub(crate) name: String,
}

/// A group (facts/moodle-ws.md §5.1–5.3).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct GroupRow {
    pub(crate) id: i64,
    pub(crate) courseid: i64,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) idnumber: Option<String>,
}

/// A grouping (facts/moodle-ws.md §5.9).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct GroupingRow {
    pub(crate) id: i64,
    pub(crate) courseid: i64,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) idnumber: Option<String>,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) descriptionformat: Option<i64>,
    /// Absent when there are none.
    #[serde(default)]
    pub(crate) groups: Vec<GroupRow>,
}

/// The members of a group (facts/moodle-ws.md §5.8).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MembersRow {
    pub(crate) groupid: i64,
    pub(crate) userids: Vec<i64>,
}

/// Somebody who is enrolled, or a user of the site. A field without value or right is absent (facts/moodle-ws.md §9).
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct UserRow {
    pub(crate) id: i64,
    #[serde(default)]
    pub(crate) fullname: String,
    #[serde(default)]
    pub(crate) idnumber: Option<String>,
    #[serde(default)]
    pub(crate) username: Option<String>,
    #[serde(default)]
    pub(crate) email: Option<String>,
    /// The language that the user chose; only of users of the site, for who may see all details.
    #[serde(default)]
    pub(crate) lang: Option<String>,
    /// Only of users of the site (facts/moodle-ws.md §5.10).
    #[serde(default)]
    pub(crate) suspended: bool,
    /// The roles in the course; only of who is enrolled, where they were asked for (facts/moodle-ws.md §9).
    #[serde(default)]
    pub(crate) roles: Vec<RoleRow>,
}

/// A role that somebody holds.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RoleRow {
    pub(crate) shortname: String,
}

impl UserRow {
    /// The value of the field that names a person; letter case does not count in usernames and addresses, so they
    /// are given in lower case.
    pub(crate) fn key(&self, field: PersonKeyField) -> Option<PersonKey> {
        let value = match field {
            PersonKeyField::Idnumber => &self.idnumber,
            PersonKeyField::Username => &self.username,
            PersonKeyField::Email => &self.email,
        };
        let value = value.as_deref().filter(|value| !value.is_empty())?;
        Some(match field {
            PersonKeyField::Idnumber => PersonKey::from(value),
            PersonKeyField::Username | PersonKeyField::Email => {
                PersonKey::from(value.to_lowercase().as_str())
            }
        })
    }
}

#[derive(Deserialize)]
struct CoursesAnswer {
    courses: Vec<CourseRow>,
}

impl CoursesAnswer {
    fn names(self) -> Vec<CourseNames> {
        let names = self.courses.into_iter().map(|row| CourseNames {
            course: CourseId(row.id),
            name: row.shortname.into(),
            idnumber: row.idnumber.into(),
        });
        names.collect()
    }
}

#[derive(Deserialize)]
struct CourseRow {
    id: i64,
    #[serde(default)]
    shortname: String,
    /// Only somebody who may administrate the course gets it.
    #[serde(default)]
    idnumber: String,
}

/// What a course is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseNames {
    /// The course.
    pub course: CourseId,
    /// Its short name.
    pub name: Text,
    /// Its idnumber; empty where it has none or the token may not see it.
    pub idnumber: Text,
}

/// Which participants, in pages or all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) from: usize,
    pub(crate) size: usize,
}

impl Client {
    pub(crate) async fn get_site_info(&self) -> Result<SiteRow, CallError> {
        self.read(Function::GetSiteInfo, &Form::new()).await
    }

    /// Groups of a course from Moodle's cache: may hold ghosts, may be out of date (facts/moodle-ws.md §7).
    pub(crate) async fn get_course_groups(&self, course: CourseId) -> Result<Vec<GroupRow>, CallError> {
        self.read(Function::GetCourseGroups, &Form::new().set("courseid", course).about(course)).await
    }

    /// Groupings of a course from Moodle's cache, without their groups.
    pub(crate) async fn get_course_groupings(&self, course: CourseId) -> Result<Vec<GroupingRow>, CallError> {
        self.read(Function::GetCourseGroupings, &Form::new().set("courseid", course).about(course)).await
    }

    /// Groups from the database; one unknown id fails the call.
    pub(crate) async fn get_groups(&self, ids: &[i64]) -> Result<Vec<GroupRow>, CallError> {
        self.read_list(Function::GetGroups, "groupids", ids).await
    }

    /// Members from the database; one unknown id fails the call.
    pub(crate) async fn get_group_members(&self, ids: &[i64]) -> Result<Vec<MembersRow>, CallError> {
        self.read_list(Function::GetGroupMembers, "groupids", ids).await
    }

    /// Groupings with their groups from the database; one unknown id fails the call.
    pub(crate) async fn get_groupings(&self, ids: &[i64]) -> Result<Vec<GroupingRow>, CallError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let function = Function::GetGroupings;
        let form = Form::new().list("groupingids", ids).set("returngroups", 1);
        self.read_counted(function, &form, ids.len()).await
    }

    /// Everybody who is enrolled in any way, with one field; without `userfields` it is ten times slower.
    pub(crate) async fn get_enrolled_users(
        &self,
        course: CourseId,
        field: &str,
        page: Option<Page>,
    ) -> Result<Vec<UserRow>, CallError> {
        let mut form = Form::new().set("courseid", course).about(course);
        let mut option =
            |name: &str, value: String| form.element("options", &[("name", &name), ("value", &value)]);
        option("userfields", field.to_owned());
        if let Some(page) = page {
            option("limitfrom", page.from.to_string());
            option("limitnumber", page.size.to_string());
        }
        self.read(Function::GetEnrolledUsers, &form).await
    }

    /// Tells whether the course exists and is visible to us.
    pub(crate) async fn course_is_listed(&self, course: CourseId) -> Result<bool, CallError> {
        let form = Form::new().set("field", "id").set("value", course).about(course);
        let answer: CoursesAnswer = self.read(Function::GetCoursesByField, &form).await?;
        Ok(answer.courses.iter().any(|row| row.id == course.0))
    }

    /// The names of all courses that are visible to us, or of one.
    pub(crate) async fn course_names(&self, only: Option<CourseId>) -> Result<Vec<CourseNames>, CallError> {
        let form = match only {
            Some(course) => Form::new().set("field", "id").set("value", course).about(course),
            None => Form::new(),
        };
        let answer: CoursesAnswer = self.read(Function::GetCoursesByField, &form).await?;
        Ok(answer.names())
    }

    /// The names of the courses whose field has a value.
    pub(crate) async fn courses_with(&self, field: &str, value: &str) -> Result<Vec<CourseNames>, CallError> {
        let form = Form::new().set("field", field).set("value", value);
        let answer: CoursesAnswer = self.read(Function::GetCoursesByField, &form).await?;
        Ok(answer.names())
    }

    /// Users whose field has one of the values; values that nobody has are left out of the answer.
    pub(crate) async fn get_users_by_field(
        &self,
        field: &str,
        values: &[&str],
    ) -> Result<Vec<UserRow>, CallError> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        let form = Form::new().set("field", field).list("values", values);
        self.read(Function::GetUsersByField, &form).await
    }

    async fn read_list<T: DeserializeOwned>(
        &self,
        function: Function,
        list: &str,
        ids: &[i64],
    ) -> Result<Vec<T>, CallError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.read_counted(function, &Form::new().list(list, ids), ids.len()).await
    }

    async fn read_counted<T: DeserializeOwned>(
        &self,
        function: Function,
        form: &Form,
        results: usize,
    ) -> Result<Vec<T>, CallError> {
        let began = Instant::now();
        let rows = self.read(function, form).await?;
        self.counted(function, form, rows, Asked { results, effort: Effort::Read, took: began.elapsed() })
    }

    /// Calls a creating function and compares the number of results.
    pub(crate) async fn create(&self, function: Function, form: &Form) -> Result<Vec<i64>, CallError> {
        #[derive(Deserialize)]
        struct Created {
            id: i64,
        }
        let began = Instant::now();
        let created: Vec<Created> = self.write(function, form).await?;
        let ids = created.into_iter().map(|row| row.id).collect();
        let asked = Asked { results: form.elements, effort: Effort::Write, took: began.elapsed() };
        self.counted(function, form, ids, asked)
    }

    /// Calls a function whose success is `null`.
    pub(crate) async fn change(&self, function: Function, form: &Form) -> Result<(), CallError> {
        if form.elements == 0 {
            return Ok(());
        }
        self.write(function, form).await
    }
}
