//! `core_group_get_groupings`, `core_group_get_course_groupings` (facts/moodle-ws.md §5.9).
//!
//! Not here: writing them (`groupings.rs`).
//!
//! Invariant: names are never escaped here; `get_groupings` reads the database, `get_course_groupings` the cache.

use crate::moodle::parameters::Record;
use crate::moodle::refusal::Refusal;
use crate::moodle::value::Value;
use crate::moodle::world::{GroupRow, GroupingRow, Session};

/// Groupings in request order; one unknown id fails all. The key `groups` is absent when there are none.
pub(super) fn get_groupings(session: &mut Session<'_>, mut parameters: Record) -> Result<Value, Refusal> {
    let ids = parameters.ints("groupingids")?;
    let return_groups = parameters.optional_bool("returngroups")?.unwrap_or(false);
    parameters.finish()?;
    let with_custom_fields = session.world.settings().release.has_custom_fields();
    let groupings = ids.into_iter().map(|id| {
        let grouping = session.grouping(id)?;
        session.manage_groups(grouping.row.course)?;
        let mut fields = fields_of_grouping(session, &grouping.row);
        if with_custom_fields {
            fields.push(("customfields", Value::List(Vec::new())));
        }
        if return_groups && !grouping.groups.is_empty() {
            let groups = grouping.groups.iter().filter_map(|id| session.world.group(*id));
            let groups = groups.map(|group| group_in_grouping(session, &group.row, with_custom_fields));
            fields.push(("groups", Value::List(groups.collect())));
        }
        Ok(Value::Record(fields))
    });
    groupings.collect::<Result<_, _>>().map(Value::List)
}

/// The groupings of a course by name. An unknown course is `invalidrecord`.
pub(super) fn get_course_groupings(
    session: &mut Session<'_>,
    mut parameters: Record,
) -> Result<Value, Refusal> {
    let course = parameters.int("courseid")?;
    parameters.finish()?;
    session.course(course)?;
    session.manage_groups(course)?;
    let rows = session.world.cached_course_data(course).groupings.clone();
    Ok(Value::List(rows.iter().map(|row| Value::Record(fields_of_grouping(session, row))).collect()))
}

fn fields_of_grouping(session: &Session<'_>, row: &GroupingRow) -> Vec<(&'static str, Value)> {
    let (description, format) = session.shown_description(&row.description, row.description_format);
    vec![
        ("id", Value::Int(row.id)),
        ("courseid", Value::Int(row.course)),
        ("name", Value::text(&row.name)),
        ("description", description),
        ("descriptionformat", format),
        ("idnumber", Value::text(&row.idnumber)),
    ]
}

fn group_in_grouping(session: &Session<'_>, row: &GroupRow, with_custom_fields: bool) -> Value {
    let (description, format) = session.shown_description(&row.description, row.description_format);
    let mut fields = vec![
        ("id", Value::Int(row.id)),
        ("courseid", Value::Int(row.course)),
        ("name", Value::text(&row.name)),
        ("description", description),
        ("descriptionformat", format),
        ("enrolmentkey", Value::optional(row.enrolment_key.as_ref())),
        ("idnumber", Value::text(&row.idnumber)),
    ];
    if with_custom_fields {
        fields.push(("customfields", Value::List(Vec::new())));
    }
    Value::Record(fields)
}
