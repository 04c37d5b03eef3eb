//! What the role may do: enters the mapped courses, reads one of them, and asks for rights that reading shows
//! (features D5, D6, D12).
//!
//! Not here: what is missing without a right (`observe`), and the field that names people (`identity.rs`).
//!
//! Invariant: a right is called missing only where Moodle refused for it, or where people are in groups and none shows.

use reconcile::keys::CourseId;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::client::Client;
use super::super::errors::CallError;
use super::super::form::Form;
use super::super::functions::{Function, MembersRow, SiteRow, UserRow};
use super::needs::capability;
use super::notes::Notes;
use super::{Granted, Step, form, identity};

/// How many participants are looked at; the first of a course stand for all.
const PARTICIPANTS_MAX: u32 = 200;

/// How many groups are asked for members, to tell an empty course from one whose people are hidden.
const GROUPS_MAX: usize = 50;

/// A number that no group has. A group in which we are not needs `moodle/site:accessallgroups`, whether or not it
/// exists (facts/moodle-ws.md §9).
const NO_SUCH_GROUP: i64 = 2_147_483_647;

/// A listed group, as far as it is looked at here.
#[derive(Debug, Deserialize)]
struct ListedGroup {
    id: i64,
    /// Since Moodle 4.2; 0 is visible to all (facts/moodle-ws.md §5.1).
    #[serde(default)]
    visibility: i64,
}

/// Why a course is closed, as far as Moodle says (facts/moodle-ws.md §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closed {
    Policy,
    Password,
    Profile,
    Hidden,
    NotLetIn,
    NoManageGroups,
    /// There is no such course.
    Gone,
}

/// The courses, sorted by what came of entering them.
#[derive(Debug, Default)]
struct Entered {
    open: Vec<(CourseId, Vec<ListedGroup>)>,
    closed: Vec<(CourseId, Closed)>,
    unclear: Vec<(CourseId, CallError)>,
}

/// Tries the role out in courses.
pub(super) async fn try_out(client: &Client, site: &SiteRow, courses: &[CourseId], notes: &mut Notes) {
    let needed = [Function::GetCourseGroups, Function::GetEnrolledUsers];
    if needed.iter().any(|function| !notes.is_granted(function.name())) {
        return;
    }
    if courses.is_empty() {
        let found = "no course is mapped that could be read";
        for step in [Step::Role, Step::Assignment, Step::Policy, Step::Identity] {
            notes.cannot_tell(step, found, "muster map add COURSE MODULE, then check again");
        }
        return;
    }
    let entered = enter(client, courses).await;
    if account_is_held_up(&entered, notes) {
        return;
    }
    judge_entry(&entered, notes);
    if !entered.open.is_empty() {
        read_people(client, site, &entered.open, notes).await;
    }
    judge_role(&entered, notes);
}

/// Reads the groups of each course: that needs to be let in and moodle/course:managegroups, and nothing else.
async fn enter(client: &Client, courses: &[CourseId]) -> Entered {
    let mut entered = Entered::default();
    for course in courses {
        let form = form().set("courseid", course);
        match client.ask::<Vec<ListedGroup>>(Function::GetCourseGroups.name(), &form).await.result {
            Ok(groups) => entered.open.push((*course, groups)),
            Err(error) => match closed(&error) {
                Some(closed) => entered.closed.push((*course, closed)),
                None => entered.unclear.push((*course, error)),
            },
        }
    }
    entered
}

/// Reads the reason out of a refusal. The only place where the text of Moodle is read: the code is the same for all
/// of them, and the text was asked for in English.
fn closed(error: &CallError) -> Option<Closed> {
    match &*error.code {
        "nopermissions" => return Some(Closed::NoManageGroups),
        "errorcoursecontextnotvalid" => {}
        _ => return None,
    }
    let reason = error.shown.rsplit("message was:").next().unwrap_or_default();
    let says = |words: &str| reason.contains(words);
    if says("olicy") {
        Some(Closed::Policy)
    } else if says("password") {
        Some(Closed::Password)
    } else if says("fully set") {
        Some(Closed::Profile)
    } else if says("Not enrolled") {
        Some(Closed::NotLetIn)
    } else if says("not accessible") {
        Some(Closed::Hidden)
    } else if says("Invalid parameter value") {
        Some(Closed::Gone)
    } else {
        None
    }
}

/// Notes what keeps the account out of every course (feature D12), and tells whether anything does.
fn account_is_held_up(entered: &Entered, notes: &mut Notes) -> bool {
    let step = Step::Policy;
    for (_, closed) in &entered.closed {
        match closed {
            Closed::Policy => notes.wrong(
                step,
                "the web service user has not agreed to the site policy: no course opens",
                format!("log in once as the user and agree, or {}: agree on the user's behalf", step.page()),
            ),
            Closed::Password => notes.wrong(
                step,
                "the web service user has to change the password first: no course opens",
                format!("{}: edit the user, take \"Force password change\" away", Step::Account.page()),
            ),
            Closed::Profile => notes.wrong(
                step,
                "the profile of the web service user is not complete: no course opens",
                format!("{}: edit the user, fill what is required", Step::Account.page()),
            ),
            Closed::Hidden | Closed::NotLetIn | Closed::NoManageGroups | Closed::Gone => continue,
        }
        return true;
    }
    // Moodle looks at the account before it looks at the course.
    let looked_at = entered.closed.iter().any(|(_, closed)| *closed != Closed::Gone);
    if looked_at || !entered.open.is_empty() {
        notes.ok(step, "nothing is left to agree to: courses open");
    }
    false
}

/// Notes whether the role reaches the courses (feature D6), and what entering them proved.
fn judge_entry(entered: &Entered, notes: &mut Notes) {
    let with = |wanted: Closed| {
        let courses = entered.closed.iter().filter(move |(_, closed)| *closed == wanted);
        courses.map(|(course, _)| *course).collect::<Vec<CourseId>>()
    };
    let (not_let_in, no_groups) = (with(Closed::NotLetIn), with(Closed::NoManageGroups));
    let out_of_reach: Vec<CourseId> = not_let_in.iter().chain(&no_groups).copied().collect();
    let step = Step::Assignment;
    if !entered.open.is_empty() {
        notes.capability(capability::VIEW_COURSE, Granted::Yes);
        notes.capability(capability::MANAGE_GROUPS, Granted::Yes);
        if out_of_reach.is_empty() {
            let open = listed(entered.open.iter().map(|open| open.0));
            notes.ok(
                step,
                format!("course {open} can be read: the role reaches every mapped course that was tried"),
            );
        } else {
            let open = listed(entered.open.iter().map(|open| open.0));
            let found = format!("the role reaches course {open} and not course {}", listed(out_of_reach));
            notes.wrong(step, found, format!("{}: assign the role where those courses lie", step.page()));
        }
    } else {
        if !not_let_in.is_empty() {
            notes.capability(capability::VIEW_COURSE, Granted::No);
        }
        if !no_groups.is_empty() {
            notes.capability(capability::VIEW_COURSE, Granted::Yes);
            notes.capability(capability::MANAGE_GROUPS, Granted::No);
        }
        if !out_of_reach.is_empty() {
            let found = format!("the role has no effect in course {}: see D5", listed(out_of_reach));
            notes.cannot_tell(step, found, format!("{}: is the role assigned where they lie?", step.page()));
        }
    }
    if !with(Closed::Hidden).is_empty() {
        notes.capability(capability::VIEW_HIDDEN_COURSES, Granted::No);
    }
    let gone = with(Closed::Gone);
    if !gone.is_empty() {
        let found = format!("there is no course {} any more", listed(gone));
        notes.cannot_tell(step, found, "muster map list, then map a course that is there");
    }
    if let Some((course, error)) = entered.unclear.first() {
        notes.cannot_tell(
            step,
            format!("course {course} cannot be read: {}", error.in_words()),
            error.next_step,
        );
    }
}

/// Reads the participants of the first course that shows any, and what reading them proves.
async fn read_people(
    client: &Client,
    site: &SiteRow,
    open: &[(CourseId, Vec<ListedGroup>)],
    notes: &mut Notes,
) {
    try_rights(client, open[0].0, notes).await;
    if open.iter().flat_map(|(_, groups)| groups).any(|group| group.visibility != 0) {
        notes.capability(capability::VIEW_HIDDEN_GROUPS, Granted::Yes);
    }
    for (course, _) in open {
        let form = participants_form(*course, &[("userfields", "idnumber,email,username")]);
        match client.ask::<Vec<UserRow>>(Function::GetEnrolledUsers.name(), &form).await.result {
            // Of itself an account sees everything.
            Ok(people) if people.iter().any(|person| person.id != site.userid) => {
                let others = people.into_iter().filter(|person| person.id != site.userid);
                notes.capability(capability::VIEW_PARTICIPANTS, Granted::Yes);
                notes.capability(capability::VIEW_DETAILS, Granted::Yes);
                identity::judge(*course, &others.collect::<Vec<_>>(), notes);
                return;
            }
            Ok(_) => notes.capability(capability::VIEW_PARTICIPANTS, Granted::Yes),
            Err(error) if &*error.code == "nopermissions" => {
                notes.capability(capability::VIEW_PARTICIPANTS, Granted::No);
                notes.cannot_tell(Step::Identity, "the participants of a course cannot be read: see D5", "");
                return;
            }
            Err(error) => {
                let found =
                    format!("the participants of course {course} cannot be read: {}", error.in_words());
                notes.cannot_tell(Step::Identity, found, error.next_step);
                return;
            }
        }
    }
    nobody_shows(client, open, notes).await;
}

/// No participant shows: nobody is enrolled, or the people are hidden from us.
async fn nobody_shows(client: &Client, open: &[(CourseId, Vec<ListedGroup>)], notes: &mut Notes) {
    let ids: Vec<i64> =
        open.iter().flat_map(|(_, groups)| groups).map(|group| group.id).take(GROUPS_MAX).collect();
    let mut has_members = false;
    if !ids.is_empty() && notes.is_granted(Function::GetGroupMembers.name()) {
        let form = form().list("groupids", &ids);
        let members = client.ask::<Vec<MembersRow>>(Function::GetGroupMembers.name(), &form).await.result;
        has_members = members.is_ok_and(|rows| rows.iter().any(|row| !row.userids.is_empty()));
    }
    // Without access to all groups a course with separate groups shows nobody either.
    if has_members && notes.known(capability::ALL_GROUPS) != Granted::No {
        notes.capability(capability::VIEW_DETAILS, Granted::No);
    }
    notes.cannot_tell(
        Step::Identity,
        if has_members { "nobody shows although groups have members: see D5" } else { "nobody is enrolled" },
        if has_members { "" } else { "map a course in which people are enrolled, then check again" },
    );
}

/// Asks for options of the list of participants that need a right each.
async fn try_rights(client: &Client, course: CourseId, notes: &mut Notes) {
    let group = NO_SUCH_GROUP.to_string();
    for (right, option, value) in [
        (capability::ALL_GROUPS, "groupid", group.as_str()),
        // The next two are not needed: a role that has them can do more than it should.
        (capability::REVIEW_ENROLMENTS, "onlyactive", "1"),
        (capability::REVIEW_ROLES, "withcapability", capability::VIEW_COURSE),
    ] {
        let form = participants_form(course, &[("userfields", "id"), (option, value)]);
        match client.ask::<IgnoredAny>(Function::GetEnrolledUsers.name(), &form).await.result {
            Ok(_) => notes.capability(right, Granted::Yes),
            // The list itself may be refused: that says nothing of the option.
            Err(error) if &*error.code == "nopermissions" && !says_participants(&error) => {
                notes.capability(right, Granted::No);
            }
            Err(_) => {}
        }
    }
}

fn says_participants(error: &CallError) -> bool {
    error.shown.contains("articipants")
}

fn participants_form(course: CourseId, options: &[(&str, &str)]) -> Form {
    let mut form = form().set("courseid", course);
    for (name, value) in options {
        form.element("options", &[("name", name), ("value", value)]);
    }
    form.element("options", &[("name", &"limitnumber"), ("value", &PARTICIPANTS_MAX)]);
    form
}

/// Notes how the role stands (feature D5).
fn judge_role(entered: &Entered, notes: &mut Notes) {
    let step = Step::Role;
    let missing = notes.capabilities_that_are(Granted::No);
    // What cannot be seen of people is the matter of D13.
    let missing: Vec<&str> = missing
        .into_iter()
        .filter(|name| ![capability::VIEW_IDENTITY, capability::VIEW_ALL_DETAILS].contains(name))
        .collect();
    let page = step.page();
    if !missing.is_empty() {
        let list = missing.join(", ");
        notes.wrong(step, format!("the role lacks {list}"), format!("{page}: allow {list}"));
        return;
    }
    if entered.open.is_empty() {
        notes.cannot_tell(
            step,
            "no mapped course could be entered",
            "muster map list, then map a course that is there",
        );
        return;
    }
    let unseen = notes.capabilities_that_are(Granted::Unknown);
    let unseen = if unseen.is_empty() {
        String::new()
    } else {
        format!("; no course that was tried shows whether it has {}", unseen.join(", "))
    };
    let surplus = notes.capabilities_surplus();
    let advice = if surplus.is_empty() {
        String::new()
    } else {
        format!("{page}: a role with less would do; not needed are {}", surplus.join(", "))
    };
    notes.advise(step, format!("the role has what reading needs{unseen}"), advice);
}

fn listed(courses: impl IntoIterator<Item = CourseId>) -> String {
    courses.into_iter().map(|course| course.to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, reason: &str, expected: Option<Closed>) {
        let shown = format!(
            "You cannot execute functions in the course context (course id:5). The context error message was: {reason}"
        );
        assert_eq!(closed(&CallError::new("core_x", code, &shown)), expected, "{code} {reason}");
    }

    #[test]
    fn the_reason_why_a_course_is_closed_is_told_apart() {
        let code = "errorcoursecontextnotvalid";
        check(code, "Site policy not agreed.", Some(Closed::Policy));
        check(code, "You must change your password to proceed.", Some(Closed::Password));
        check(code, "User not fully set-up", Some(Closed::Profile));
        check(code, "Course or activity not accessible. (Not enrolled)", Some(Closed::NotLetIn));
        check(code, "Course or activity not accessible. (Course is hidden)", Some(Closed::Hidden));
        check(code, "Course or activity not accessible.", Some(Closed::Hidden));
        check(code, "Invalid parameter value detected", Some(Closed::Gone));
        check(code, "Something else", None);
        check("nopermissions", "", Some(Closed::NoManageGroups));
        check("dbconnectionfailed", "", None);
    }
}
