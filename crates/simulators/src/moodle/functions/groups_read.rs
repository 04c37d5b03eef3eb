//! `core_group_get_groups`, `core_group_get_course_groups`, `core_group_get_course_user_groups`.
//!
//! Not here: writing groups (`groups.rs`).
//!
//! Invariant: `get_groups` reads the database; only `get_course_groups` reads the cache.

use crate::moodle::parameters::Record;
use crate::moodle::refusal::Refusal;
use crate::moodle::value::Value;
use crate::moodle::world::{GroupRow, Session};

/// §5.2: request order, repeated ids repeated, one unknown id fails all.
pub(super) fn get_groups(session: &mut Session<'_>, mut parameters: Record) -> Result<Value, Refusal> {
    let ids = parameters.ints("groupids")?;
    parameters.finish()?;
    let groups = ids.into_iter().map(|id| {
        let row = &session.group(id)?.row;
        session.manage_groups(row.course)?;
        let mut fields = fields_of_group(session, row);
        if session.world.settings().release.has_custom_fields() {
            fields.push(("customfields", Value::List(Vec::new())));
        }
        Ok(Value::Record(fields))
    });
    groups.collect::<Result<_, _>>().map(Value::List)
}

/// §5.3: by name, from the cache – except for a caller from whom a group of the course is hidden.
pub(super) fn get_course_groups(session: &mut Session<'_>, mut parameters: Record) -> Result<Value, Refusal> {
    let course = parameters.int("courseid")?;
    parameters.finish()?;
    session.manage_groups(course)?;
    let sees_all = session.may("moodle/course:viewhiddengroups", Some(course))
        || session.world.groups(course).all(|group| group.row.visibility == 0);
    let rows = if sees_all {
        session.world.cached_course_data(course).groups.clone()
    } else {
        let mut rows = session.world.course_data(course).groups;
        rows.retain(|row| session.world.group(row.id).is_some_and(|group| session.sees_group(group)));
        rows
    };
    let groups = rows.iter().map(|row| Value::Record(fields_of_group(session, row)));
    Ok(Value::List(groups.collect()))
}

/// What both lists tell of a group, names formatted.
fn fields_of_group(session: &Session<'_>, row: &GroupRow) -> Vec<(&'static str, Value)> {
    let (description, format) = session.shown_description(&row.description, row.description_format);
    let mut fields = vec![
        ("id", Value::Int(row.id)),
        ("courseid", Value::Int(row.course)),
        ("name", session.shown_name(&row.name)),
        ("description", description),
        ("descriptionformat", format),
        ("enrolmentkey", Value::optional(row.enrolment_key.as_ref())),
        ("idnumber", Value::text(&row.idnumber)),
    ];
    if session.world.settings().release.has_visibility() {
        fields.push(("visibility", Value::Int(row.visibility)));
        fields.push(("participation", Value::Bool(row.participation)));
    }
    fields
}

/// §5.10: somebody who is not enrolled gives a warning, not an error.
pub(super) fn get_course_user_groups(
    session: &mut Session<'_>,
    mut parameters: Record,
) -> Result<Value, Refusal> {
    let course = parameters.optional_int("courseid")?.unwrap_or(0);
    let user = parameters.optional_int("userid")?.filter(|user| *user != 0).unwrap_or(session.user);
    let grouping = parameters.optional_int("groupingid")?.filter(|grouping| *grouping != 0);
    parameters.finish()?;
    session.person(user)?;
    session.course(course)?;
    session.enter(course)?;
    if user != session.user && !session.may("moodle/course:managegroups", Some(course)) {
        return Err(Refusal::moodle("accessdenied", "Access denied"));
    }
    if !session.world.is_enrolled(course, user) {
        let warning = Value::Record(vec![
            ("item", Value::text("course")),
            ("itemid", Value::Int(course)),
            ("warningcode", Value::text("notenrolled")),
            ("message", Value::text(format!("User {user} is not enrolled in course {course}"))),
        ]);
        return Ok(groups_and_warnings(Vec::new(), vec![warning]));
    }
    let mine = session.world.groups(course).filter(|group| group.members.contains_key(&user));
    let mine = mine.filter(|group| grouping.is_none_or(|grouping| group.groupings.contains(&grouping)));
    let mut mine: Vec<&GroupRow> = mine.map(|group| &group.row).collect();
    mine.sort_by_cached_key(|row| session.world.settings().names.fold(&row.name));
    let groups = mine.into_iter().map(|row| {
        let (description, format) = session.shown_description(&row.description, row.description_format);
        Value::Record(vec![
            ("id", Value::Int(row.id)),
            ("name", session.shown_name(&row.name)),
            ("description", description),
            ("descriptionformat", format),
            ("idnumber", Value::text(&row.idnumber)),
            ("courseid", Value::Int(row.course)),
        ])
    });
    Ok(groups_and_warnings(groups.collect(), Vec::new()))
}

fn groups_and_warnings(groups: Vec<Value>, warnings: Vec<Value>) -> Value {
    Value::Record(vec![("groups", Value::List(groups)), ("warnings", Value::List(warnings))])
}
