//! The web-service functions: one table, and one file per family.
//!
//! Not here: tokens and transactions, which are around every function (`world/`).
//!
//! Invariant: a function first takes its whole parameters, then enters its work (facts/moodle-ws.md §4).
//! Invariant: inside one item the checks have the order of §5; the first failure is the answer.

mod courses;
mod enrolled_users;
mod enrolment;
mod groupings;
mod groupings_read;
mod groups;
mod groups_read;
mod members;
mod site_info;
mod users;

use super::parameters::Record;
use super::refusal::Refusal;
use super::value::Value;
use super::world::Session;

/// Whether a function changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Write,
}

/// One web-service function.
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) run: fn(&mut Session<'_>, Record) -> Result<Value, Refusal>,
}

/// Every function that the site has.
pub(super) const FUNCTIONS: &[Function] = &[
    read("core_course_get_courses_by_field", courses::get_courses_by_field),
    read("core_enrol_get_enrolled_users", enrolled_users::get_enrolled_users),
    write("core_group_add_group_members", members::add_group_members),
    write("core_group_assign_grouping", groupings::assign_grouping),
    write("core_group_create_groupings", groupings::create_groupings),
    write("core_group_create_groups", groups::create_groups),
    write("core_group_delete_group_members", members::delete_group_members),
    write("core_group_delete_groupings", groupings::delete_groupings),
    write("core_group_delete_groups", groups::delete_groups),
    read("core_group_get_course_groupings", groupings_read::get_course_groupings),
    read("core_group_get_course_groups", groups_read::get_course_groups),
    read("core_group_get_course_user_groups", groups_read::get_course_user_groups),
    read("core_group_get_group_members", members::get_group_members),
    read("core_group_get_groupings", groupings_read::get_groupings),
    read("core_group_get_groups", groups_read::get_groups),
    write("core_group_unassign_grouping", groupings::unassign_grouping),
    write("core_group_update_groupings", groupings::update_groupings),
    write("core_group_update_groups", groups::update_groups),
    read("core_user_get_users_by_field", users::get_users_by_field),
    read("core_webservice_get_site_info", site_info::get_site_info),
    write("enrol_manual_enrol_users", enrolment::enrol_users),
    write("enrol_manual_unenrol_users", enrolment::unenrol_users),
];

const fn read(name: &'static str, run: fn(&mut Session<'_>, Record) -> Result<Value, Refusal>) -> Function {
    Function { name, kind: Kind::Read, run }
}

const fn write(name: &'static str, run: fn(&mut Session<'_>, Record) -> Result<Value, Refusal>) -> Function {
    Function { name, kind: Kind::Write, run }
}

/// Whether a call of this name would be a write; unknown names are reads.
pub(super) fn is_write(name: &str) -> bool {
    let is_called = |function: &&Function| function.name.eq_ignore_ascii_case(name);
    FUNCTIONS.iter().find(is_called).is_some_and(|function| function.kind == Kind::Write)
}

/// Checks an answer against its description, after the commit: a new grouping without `idnumber` is there,
/// and the answer is still an error (facts/moodle-ws.md §0, 7).
pub(super) fn check_answer(function: &Function, answer: Value) -> Result<Value, Refusal> {
    if function.name == "core_group_create_groupings" && lacks_idnumber(&answer) {
        return Err(Refusal::response("Missing required key in single structure: idnumber"));
    }
    Ok(answer)
}

fn lacks_idnumber(answer: &Value) -> bool {
    let Value::List(items) = answer else { return false };
    items.iter().any(|item| match item {
        Value::Record(fields) => !fields.iter().any(|(name, _)| *name == "idnumber"),
        _ => false,
    })
}

/// Custom fields as sent: a list of short names and values. The site defines none, so nothing is stored and
/// the answer is an echo (§5.1).
fn custom_fields(item: &mut Record) -> Result<Option<Value>, Refusal> {
    let Some(fields) = item.optional_records("customfields")? else { return Ok(None) };
    let mut echo = Vec::with_capacity(fields.len());
    for mut field in fields {
        let (shortname, value) = (field.raw("shortname")?, field.raw("value")?);
        field.finish()?;
        echo.push(Value::Record(vec![("shortname", Value::text(shortname)), ("value", Value::text(value))]));
    }
    Ok(Some(Value::List(echo)))
}

/// `formatnotsupported` unless Moodle, HTML, plain or Markdown.
fn check_format(format: i64) -> Result<(), Refusal> {
    if matches!(format, 0 | 1 | 2 | 4) {
        return Ok(());
    }
    Err(Refusal::moodle("formatnotsupported", "The specified format is not supported"))
}

/// `dmlwriteexception` if a value has more characters than its column.
fn check_length(column: &str, value: &str, characters_max: usize) -> Result<(), Refusal> {
    if value.chars().count() <= characters_max {
        return Ok(());
    }
    Err(Refusal::write(&format!("Data too long for column '{column}' at row 1")))
}
