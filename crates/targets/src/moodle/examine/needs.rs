//! What the switched-on features need of Moodle: the least list of functions and of capabilities (feature Z25).
//!
//! Not here: whether it is granted (`service.rs`, `rights.rs`).
//!
//! Invariant: what is not in these lists is never called and never demanded.

use super::super::functions::Function;
use super::super::settings::PersonKeyField;

/// The features that are switched on, as far as they need something of Moodle. Renaming and taking over groups are not
/// here: they cannot be switched off, because a name may change in any night.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// People who are not enrolled are enrolled.
    pub enrol: bool,
    /// The groups of a module are held together by a grouping.
    pub groupings: bool,
}

/// The capabilities, as Moodle names them.
pub(super) mod capability {
    pub(crate) const REST: &str = "webservice/rest:use";
    pub(crate) const VIEW_COURSE: &str = "moodle/course:view";
    pub(crate) const VIEW_HIDDEN_COURSES: &str = "moodle/course:viewhiddencourses";
    pub(crate) const MANAGE_GROUPS: &str = "moodle/course:managegroups";
    pub(crate) const VIEW_HIDDEN_GROUPS: &str = "moodle/course:viewhiddengroups";
    pub(crate) const ALL_GROUPS: &str = "moodle/site:accessallgroups";
    pub(crate) const VIEW_PARTICIPANTS: &str = "moodle/course:viewparticipants";
    pub(crate) const VIEW_DETAILS: &str = "moodle/user:viewdetails";
    pub(crate) const VIEW_IDENTITY: &str = "moodle/site:viewuseridentity";
    pub(crate) const VIEW_ALL_DETAILS: &str = "moodle/user:viewalldetails";
    pub(crate) const ENROL: &str = "enrol/manual:enrol";
    pub(crate) const REVIEW_ENROLMENTS: &str = "moodle/course:enrolreview";
    pub(crate) const REVIEW_ROLES: &str = "moodle/role:review";
}

/// The functions that are needed, each with its purpose.
pub(super) fn functions(uses: Uses) -> Vec<(&'static str, &'static str)> {
    let needed = Function::ALL.iter().filter(|function| is_needed(**function, uses));
    needed.map(|function| (function.name(), purpose(*function))).collect()
}

/// Tells whether a function is needed. What [`super::super::Moodle::connect`] demands is needed always.
fn is_needed(function: Function, uses: Uses) -> bool {
    match function {
        Function::GetSiteInfo
        | Function::GetCourseGroups
        | Function::GetCourseGroupings
        | Function::GetEnrolledUsers
        | Function::GetGroupMembers
        | Function::CreateGroups
        | Function::DeleteGroups
        | Function::AddGroupMembers
        | Function::DeleteGroupMembers
        | Function::CreateGroupings
        | Function::AssignGrouping
        | Function::GetGroups
        | Function::UpdateGroups
        | Function::GetCoursesByField
        | Function::GetUsersByField => true,
        Function::GetGroupings
        | Function::UpdateGroupings
        | Function::UnassignGrouping
        | Function::DeleteGroupings => uses.groupings,
        Function::EnrolUsers => uses.enrol,
    }
}

fn purpose(function: Function) -> &'static str {
    match function {
        Function::GetSiteInfo => "who the site is and what the token may do",
        Function::GetCourseGroups => "read the groups of a course",
        Function::GetCourseGroupings => "read the groupings of a course",
        Function::GetEnrolledUsers => "read who is enrolled",
        Function::GetGroupMembers => "read who is in a group",
        Function::CreateGroups => "make groups",
        Function::DeleteGroups => "delete groups of ours",
        Function::AddGroupMembers => "add members",
        Function::DeleteGroupMembers => "remove members of ours",
        Function::CreateGroupings => "make groupings, and refresh Moodle's lists",
        Function::AssignGrouping => "put groups into groupings",
        Function::GetGroups => "confirm a group past Moodle's cache",
        Function::GetGroupings => "read what a grouping holds",
        Function::UpdateGroups => "rename groups and take them over",
        Function::UpdateGroupings => "rename groupings and take them over",
        Function::UnassignGrouping => "take groups out of a grouping",
        Function::DeleteGroupings => "delete groupings of ours",
        Function::GetCoursesByField => "tell a deleted course from a closed one",
        Function::GetUsersByField => "tell people who are not enrolled from people without an account",
        Function::EnrolUsers => "enrol people: not_enrolled = \"enrol\"",
    }
}

/// The capabilities that are needed, each with its purpose.
pub(super) fn capabilities(uses: Uses, person_key: PersonKeyField) -> Vec<(&'static str, &'static str)> {
    let identity = match person_key {
        PersonKeyField::Idnumber | PersonKeyField::Email => {
            (capability::VIEW_IDENTITY, "see the field that names people")
        }
        // The user name is no identity field (facts/moodle-ws.md §9).
        PersonKeyField::Username => (capability::VIEW_ALL_DETAILS, "see the user name of people"),
    };
    let mut needed = vec![
        (capability::REST, "use the protocol"),
        (capability::VIEW_COURSE, "enter courses without being enrolled"),
        (capability::VIEW_HIDDEN_COURSES, "enter courses that are not open yet"),
        (capability::MANAGE_GROUPS, "read and write groups, groupings and members"),
        (capability::VIEW_HIDDEN_GROUPS, "see groups that are hidden, whose names block others (Moodle 4.2)"),
        (capability::ALL_GROUPS, "see everybody in courses with separate groups"),
        (capability::VIEW_PARTICIPANTS, "read who is enrolled"),
        (capability::VIEW_DETAILS, "see the people who are enrolled"),
        identity,
    ];
    if uses.enrol {
        needed.push((capability::ENROL, "enrol people; \"Allow role assignments\" has to name their roles"));
    }
    needed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(uses: Uses, more: &[&str]) {
        let names: Vec<&str> = functions(uses).into_iter().map(|(name, _)| name).collect();
        for function in Function::ALL {
            let always = function.lost_without().is_none();
            assert!(!always || names.contains(&function.name()), "{} is demanded", function.name());
        }
        let least = functions(Uses::default());
        let beyond: Vec<&str> =
            names.into_iter().filter(|name| least.iter().all(|(least, _)| least != name)).collect();
        assert_eq!(beyond, more);
    }

    #[test]
    fn a_feature_that_is_off_needs_no_function() {
        check(Uses::default(), &[]);
        check(Uses { enrol: true, groupings: false }, &["enrol_manual_enrol_users"]);
        check(
            Uses { enrol: false, groupings: true },
            &[
                "core_group_get_groupings",
                "core_group_update_groupings",
                "core_group_unassign_grouping",
                "core_group_delete_groupings",
            ],
        );
    }
}
