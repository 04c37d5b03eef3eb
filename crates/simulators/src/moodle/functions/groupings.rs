//! The writing functions of groupings: create, update, delete, assign, unassign (facts/moodle-ws.md §5.9).
//!
//! Not here: reading them (`groupings_read.rs`).

use super::{check_format, check_length, custom_fields};
use crate::moodle::parameters::Record;
use crate::moodle::php;
use crate::moodle::refusal::Refusal;
use crate::moodle::settings::Release;
use crate::moodle::value::Value;
use crate::moodle::world::{GroupingRow, Session};

const NAME_MAX: usize = 255;
const IDNUMBER_MAX: usize = 100;

/// The fields of a new or a changed grouping; they differ only in whose id comes with them.
struct GivenGrouping {
    /// The course of a new grouping, or the id of an existing one.
    key: i64,
    name: String,
    description: String,
    description_format: Option<i64>,
    idnumber: Option<String>,
    custom_fields: Option<Value>,
}

fn take_groupings(
    mut parameters: Record,
    key: &str,
    release: Release,
) -> Result<Vec<GivenGrouping>, Refusal> {
    let groupings = parameters.records("groupings")?.into_iter().map(|mut item| {
        let mut grouping = GivenGrouping {
            key: item.int(key)?,
            name: item.text("name")?,
            description: item.raw("description")?,
            description_format: item.optional_int("descriptionformat")?,
            idnumber: item.optional_raw("idnumber")?,
            custom_fields: None,
        };
        if release.has_custom_fields() {
            grouping.custom_fields = custom_fields(&mut item)?;
        }
        item.finish()?;
        Ok(grouping)
    });
    let groupings = groupings.collect::<Result<_, _>>()?;
    parameters.finish()?;
    Ok(groupings)
}

/// Creates groupings. One without `idnumber` is created too, and the answer is then refused.
pub(super) fn create_groupings(session: &mut Session<'_>, parameters: Record) -> Result<Value, Refusal> {
    let items = take_groupings(parameters, "courseid", session.world.settings().release)?;
    items.into_iter().map(|item| create_grouping(session, item)).collect::<Result<_, _>>().map(Value::List)
}

fn create_grouping(session: &mut Session<'_>, new: GivenGrouping) -> Result<Value, Refusal> {
    let name = php::trim(&new.name);
    if name.is_empty() {
        return Err(Refusal::parameter("Invalid grouping name"));
    }
    if session.world.tables.has_grouping_named(new.key, &new.name) {
        return Err(Refusal::parameter("Grouping with the same name already exists in the course"));
    }
    session.course(new.key)?;
    session.manage_groups(new.key)?;
    let description_format = new.description_format.unwrap_or(1);
    check_format(description_format)?;
    let idnumber = new.idnumber.as_deref().map(php::trim);
    if session.world.grouping_with_idnumber(new.key, idnumber.unwrap_or_default()).is_some() {
        return Err(Refusal::idnumber_taken());
    }
    let row = GroupingRow {
        id: session.world.tables.next_grouping_id(),
        course: new.key,
        name: name.to_owned(),
        description: new.description,
        description_format,
        idnumber: idnumber.unwrap_or_default().to_owned(),
    };
    check_columns(&row)?;
    let mut fields = vec![
        ("id", Value::Int(row.id)),
        ("courseid", Value::Int(row.course)),
        ("name", Value::text(&row.name)),
        ("description", Value::text(&row.description)),
        ("descriptionformat", Value::Int(row.description_format)),
    ];
    // The answer echoes what was sent; without the key it does not fit its own description.
    fields.extend(idnumber.map(|idnumber| ("idnumber", Value::text(idnumber))));
    fields.extend(new.custom_fields.map(|echo| ("customfields", echo)));
    session.world.insert_grouping(row);
    Ok(Value::Record(fields))
}

fn check_columns(row: &GroupingRow) -> Result<(), Refusal> {
    check_length("name", &row.name, NAME_MAX)?;
    check_length("idnumber", &row.idnumber, IDNUMBER_MAX)
}

/// Changes groupings; an unknown id is an invalid parameter.
pub(super) fn update_groupings(session: &mut Session<'_>, parameters: Record) -> Result<Value, Refusal> {
    for item in take_groupings(parameters, "id", session.world.settings().release)? {
        update_grouping(session, item)?;
    }
    Ok(Value::Null)
}

fn update_grouping(session: &mut Session<'_>, changed: GivenGrouping) -> Result<(), Refusal> {
    if php::trim(&changed.name).is_empty() {
        return Err(Refusal::parameter("Invalid grouping name"));
    }
    let Some(grouping) = session.world.grouping(changed.key) else {
        return Err(Refusal::parameter(format!("Grouping {} does not exist", changed.key)));
    };
    let mut row = grouping.row.clone();
    if changed.name != row.name && session.world.tables.has_grouping_named(row.course, &changed.name) {
        return Err(Refusal::parameter(
            "A different grouping with the same name already exists in the course",
        ));
    }
    session.manage_groups(row.course)?;
    let description_format = changed.description_format.unwrap_or(row.description_format);
    check_format(description_format)?;
    if let Some(idnumber) = &changed.idnumber {
        let idnumber = php::trim(idnumber);
        let holder = session.world.grouping_with_idnumber(row.course, idnumber);
        if holder.is_some_and(|holder| holder != row.id) {
            return Err(Refusal::idnumber_taken());
        }
        idnumber.clone_into(&mut row.idnumber);
    }
    php::trim(&changed.name).clone_into(&mut row.name);
    row.description = changed.description;
    row.description_format = description_format;
    check_columns(&row)?;
    session.world.update_grouping(row);
    Ok(())
}

/// Deletes groupings; unknown ids are skipped, the groups stay.
pub(super) fn delete_groupings(session: &mut Session<'_>, mut parameters: Record) -> Result<Value, Refusal> {
    let ids = parameters.ints("groupingids")?;
    parameters.finish()?;
    for id in ids {
        let Some(course) = session.world.grouping(id).map(|grouping| grouping.row.course) else { continue };
        session.manage_groups(course)?;
        session.world.remove_grouping(id);
    }
    Ok(Value::Null)
}

fn take_links(mut parameters: Record, name: &str) -> Result<Vec<(i64, i64)>, Refusal> {
    let links = parameters.records(name)?.into_iter().map(|mut item| {
        let link = (item.int("groupingid")?, item.int("groupid")?);
        item.finish()?;
        Ok(link)
    });
    let links = links.collect::<Result<_, _>>()?;
    parameters.finish()?;
    Ok(links)
}

/// Puts groups into groupings. What is there already is skipped before the rights are looked at, and a group
/// of another course is accepted.
pub(super) fn assign_grouping(session: &mut Session<'_>, parameters: Record) -> Result<Value, Refusal> {
    for (grouping, group) in take_links(parameters, "assignments")? {
        let course = session.grouping(grouping)?.row.course;
        if session.group(group)?.groupings.contains(&grouping) {
            continue;
        }
        session.manage_groups(course)?;
        session.world.assign(grouping, group);
    }
    Ok(Value::Null)
}

/// Takes groups out of groupings; what is not there is skipped.
pub(super) fn unassign_grouping(session: &mut Session<'_>, parameters: Record) -> Result<Value, Refusal> {
    for (grouping, group) in take_links(parameters, "unassignments")? {
        let course = session.grouping(grouping)?.row.course;
        if !session.group(group)?.groupings.contains(&grouping) {
            continue;
        }
        session.manage_groups(course)?;
        session.world.unassign(grouping, group);
    }
    Ok(Value::Null)
}
