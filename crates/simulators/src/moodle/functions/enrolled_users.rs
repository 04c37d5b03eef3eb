//! `core_enrol_get_enrolled_users` (facts/moodle-ws.md §9).
//!
//! Not here: what a caller sees of one person (`users.rs`).
//!
//! Invariant: users that the caller may not view are left out without a word, and after the limit was applied.

use super::users::{self, Place};
use crate::moodle::parameters::Record;
use crate::moodle::php;
use crate::moodle::refusal::Refusal;
use crate::moodle::value::Value;
use crate::moodle::world::{Course, Enrolment, Session, User};

/// The options, each with its default.
#[derive(Default)]
struct Options {
    user_fields: Vec<String>,
    with_capability: String,
    group: i64,
    only_active: bool,
    only_suspended: bool,
    limit_from: usize,
    limit_number: usize,
    sort_by: String,
    descending: bool,
}

impl Options {
    fn take(parameters: &mut Record) -> Result<Vec<(String, String)>, Refusal> {
        let options = parameters.optional_records("options")?.unwrap_or_default();
        let options = options.into_iter().map(|mut option| {
            let pair = (option.raw("name")?, option.raw("value")?);
            option.finish()?;
            Ok(pair)
        });
        options.collect()
    }

    /// Unknown names are ignored; of a scalar given twice the last wins, lists add up.
    fn read(pairs: Vec<(String, String)>) -> Result<Options, Refusal> {
        let mut options = Options { sort_by: "id".to_owned(), ..Options::default() };
        let number = |value: &str| value.parse::<i64>().unwrap_or(0);
        for (name, value) in pairs {
            match name.as_str() {
                "userfields" => {
                    options.user_fields.extend(value.split(',').map(|field| field.trim().to_owned()));
                }
                "withcapability" => options.with_capability = value,
                "groupid" => options.group = number(&value),
                "onlyactive" => options.only_active = !php::is_empty(&value),
                "onlysuspended" => options.only_suspended = !php::is_empty(&value),
                "limitfrom" => options.limit_from = usize::try_from(number(&value)).unwrap_or(0),
                "limitnumber" => options.limit_number = usize::try_from(number(&value)).unwrap_or(0),
                "sortby" => options.sort_by = sort_key(value)?,
                "sortdirection" => options.descending = is_descending(&value)?,
                _ => {}
            }
        }
        Ok(options)
    }
}

fn sort_key(value: String) -> Result<String, Refusal> {
    if matches!(value.as_str(), "id" | "firstname" | "lastname" | "siteorder") {
        return Ok(value);
    }
    Err(Refusal::parameter(format!("Invalid value for sortby parameter: {value}")))
}

fn is_descending(value: &str) -> Result<bool, Refusal> {
    match value.to_ascii_uppercase().as_str() {
        "ASC" => Ok(false),
        "DESC" => Ok(true),
        _ => Err(Refusal::parameter(format!("Invalid value for sortdirection parameter: {value}"))),
    }
}

/// Lists the people of a course, by user id unless sorted.
pub(super) fn get_enrolled_users(
    session: &mut Session<'_>,
    mut parameters: Record,
) -> Result<Value, Refusal> {
    let course = parameters.int("courseid")?;
    let pairs = Options::take(&mut parameters)?;
    parameters.finish()?;
    let options = Options::read(pairs)?;
    session.course(course)?;
    session.enter_for_groups(course)?;
    session.demand("moodle/course:viewparticipants", course)?;
    check_rights(session, course, &options)?;
    let row = session.course(course)?;
    let place = Place::Course(row);
    let mut people = Vec::new();
    for user in selected(session, row, &options) {
        people.extend(users::details(session, user, place, &options.user_fields)?);
    }
    Ok(Value::List(people))
}

fn check_rights(session: &Session<'_>, course: i64, options: &Options) -> Result<(), Refusal> {
    if !options.with_capability.is_empty() {
        session.demand("moodle/role:review", course)?;
    }
    let group = session.world.group(options.group);
    if options.group != 0 && !group.is_some_and(|group| group.members.contains_key(&session.user)) {
        session.demand("moodle/site:accessallgroups", course)?;
    }
    if options.only_active || options.only_suspended {
        session.demand("moodle/course:enrolreview", course)?;
    }
    if options.only_active && options.only_suspended {
        return Err(Refusal::coding("Can't have both onlyactive and onlysuspended set"));
    }
    Ok(())
}

/// The users of one page, before the caller's eyes are taken into account.
fn selected<'s>(session: &'s Session<'_>, course: &'s Course, options: &Options) -> Vec<&'s User> {
    let is_wanted = |id: i64, enrolment: &Enrolment| {
        let active = enrolment.methods.values().any(|period| period.is_active(session.now));
        let group = session.world.group(options.group);
        (!options.only_active || active)
            && (!options.only_suspended || !active)
            && (options.group == 0 || group.is_some_and(|group| group.members.contains_key(&id)))
            && (options.with_capability.is_empty()
                || has_by_role(session, &options.with_capability, enrolment))
            && shares_group(session, course, id)
    };
    let enrolments = course.enrolments.iter().filter(|(id, enrolment)| is_wanted(**id, enrolment));
    let mut people: Vec<&User> = enrolments.filter_map(|(id, _)| session.world.user(*id)).collect();
    let fold = |text: &str| session.world.settings().names.fold(text);
    match options.sort_by.as_str() {
        "firstname" => people.sort_by_cached_key(|user| (fold(&user.firstname), user.id)),
        "lastname" => people.sort_by_cached_key(|user| (fold(&user.lastname), user.id)),
        "siteorder" => {
            people.sort_by_cached_key(|user| (fold(&user.lastname), fold(&user.firstname), user.id));
        }
        _ => {}
    }
    if options.descending {
        people.reverse();
    }
    let number = if options.limit_number == 0 { usize::MAX } else { options.limit_number };
    people.into_iter().skip(options.limit_from).take(number).collect()
}

/// In a course with separate groups, a caller without access to all groups sees only the own groups.
fn shares_group(session: &Session<'_>, course: &Course, user: i64) -> bool {
    if !course.separate_groups || session.may("moodle/site:accessallgroups", Some(course.id)) {
        return true;
    }
    let mut groups = session.world.groups(course.id);
    groups.any(|group| group.members.contains_key(&session.user) && group.members.contains_key(&user))
}

/// Whether a course role gives a capability. Only two are told apart: what every participant has, and what
/// teachers have; an unknown capability nobody has.
fn has_by_role(session: &Session<'_>, capability: &str, enrolment: &Enrolment) -> bool {
    match capability {
        "moodle/course:view" | "moodle/user:viewdetails" | "moodle/course:viewparticipants" => true,
        "moodle/course:managegroups" => {
            let mut roles = enrolment.roles.iter().filter_map(|id| session.world.tables.role_name(*id));
            roles.any(|role| matches!(role, "manager" | "editingteacher"))
        }
        _ => false,
    }
}
