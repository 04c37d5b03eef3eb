//! `core_group_create_groups`, `core_group_update_groups`, `core_group_delete_groups`.
//!
//! Not here: reading groups (`groups_read.rs`), members (`members.rs`).

use super::{check_format, check_length, custom_fields};
use crate::moodle::parameters::Record;
use crate::moodle::php;
use crate::moodle::refusal::Refusal;
use crate::moodle::settings::Release;
use crate::moodle::value::Value;
use crate::moodle::world::{GroupRow, Session};

/// The longest names and texts, in characters (facts/moodle-ws.md §6).
const NAME_MAX: usize = 254;
const IDNUMBER_MAX: usize = 100;
const KEY_MAX: usize = 50;

struct NewGroup {
    course: i64,
    name: String,
    description: String,
    description_format: i64,
    enrolment_key: Option<String>,
    idnumber: Option<String>,
    visibility: i64,
    participation: bool,
    custom_fields: Option<Value>,
}

impl NewGroup {
    fn take(mut item: Record, release: Release) -> Result<NewGroup, Refusal> {
        let mut group = NewGroup {
            course: item.int("courseid")?,
            name: item.text("name")?,
            description: item.raw("description")?,
            description_format: item.optional_int("descriptionformat")?.unwrap_or(1),
            enrolment_key: item.optional_raw("enrolmentkey")?,
            idnumber: item.optional_raw("idnumber")?,
            visibility: 0,
            participation: true,
            custom_fields: None,
        };
        if release.has_visibility() {
            group.visibility = item.optional_int("visibility")?.unwrap_or(0);
            group.participation = item.optional_bool("participation")?.unwrap_or(true);
        }
        if release.has_custom_fields() {
            group.custom_fields = custom_fields(&mut item)?;
        }
        item.finish()?;
        Ok(group)
    }
}

/// §5.1
pub(super) fn create_groups(session: &mut Session<'_>, mut parameters: Record) -> Result<Value, Refusal> {
    let release = session.world.settings().release;
    let items = parameters.records("groups")?.into_iter().map(|item| NewGroup::take(item, release));
    let items: Vec<NewGroup> = items.collect::<Result<_, _>>()?;
    parameters.finish()?;
    items.into_iter().map(|item| create_group(session, item)).collect::<Result<_, _>>().map(Value::List)
}

fn create_group(session: &mut Session<'_>, new: NewGroup) -> Result<Value, Refusal> {
    let name = php::trim(&new.name);
    if name.is_empty() {
        return Err(Refusal::parameter("Invalid group name"));
    }
    // The database compares the name before it is trimmed, so a leading blank passes (§0, 10).
    if session.world.tables.has_group_named(new.course, &new.name) {
        return Err(Refusal::parameter("Group with the same name already exists in the course"));
    }
    session.manage_groups(new.course)?;
    check_format(new.description_format)?;
    check_visibility(new.visibility)?;
    let idnumber = new.idnumber.as_deref().map(php::trim).unwrap_or_default();
    if session.world.group_with_idnumber(new.course, idnumber).is_some() {
        return Err(Refusal::idnumber_taken());
    }
    // The insert takes its id first: a rollback leaves a gap.
    let row = GroupRow {
        id: session.world.tables.next_group_id(),
        course: new.course,
        name: name.to_owned(),
        description: new.description,
        description_format: new.description_format,
        enrolment_key: new.enrolment_key,
        idnumber: idnumber.to_owned(),
        visibility: new.visibility,
        participation: new.participation && new.visibility < 2,
        messaging: false,
    };
    check_columns(&row)?;
    let answer = answer_of_create(session.world.settings().release, &row, new.custom_fields);
    session.world.insert_group(row);
    Ok(answer)
}

fn check_visibility(visibility: i64) -> Result<(), Refusal> {
    if (0..=3).contains(&visibility) {
        return Ok(());
    }
    Err(Refusal::parameter("Invalid group visibility provided. Must be one of 0,1,2,3"))
}

fn check_columns(row: &GroupRow) -> Result<(), Refusal> {
    check_length("name", &row.name, NAME_MAX)?;
    check_length("idnumber", &row.idnumber, IDNUMBER_MAX)?;
    check_length("enrolmentkey", row.enrolment_key.as_deref().unwrap_or_default(), KEY_MAX)
}

/// The echo of a new group: nothing in it is escaped, a key that was not given is empty.
fn answer_of_create(release: Release, row: &GroupRow, custom_fields: Option<Value>) -> Value {
    let mut fields = vec![
        ("id", Value::Int(row.id)),
        ("courseid", Value::Int(row.course)),
        ("name", Value::text(&row.name)),
        ("description", Value::text(&row.description)),
        ("descriptionformat", Value::Int(row.description_format)),
        ("enrolmentkey", Value::text(row.enrolment_key.clone().unwrap_or_default())),
        ("idnumber", Value::text(&row.idnumber)),
    ];
    if release.has_visibility() {
        fields.push(("visibility", Value::Int(row.visibility)));
        fields.push(("participation", Value::Bool(row.participation)));
    }
    fields.extend(custom_fields.map(|echo| ("customfields", echo)));
    Value::Record(fields)
}

struct ChangedGroup {
    id: i64,
    name: String,
    description: Option<String>,
    description_format: Option<i64>,
    enrolment_key: Option<String>,
    idnumber: Option<String>,
    visibility: Option<i64>,
    participation: Option<bool>,
}

impl ChangedGroup {
    fn take(mut item: Record, release: Release) -> Result<ChangedGroup, Refusal> {
        let mut group = ChangedGroup {
            id: item.int("id")?,
            name: item.text("name")?,
            description: item.optional_raw("description")?,
            description_format: item.optional_int("descriptionformat")?,
            enrolment_key: item.optional_raw("enrolmentkey")?,
            idnumber: item.optional_raw("idnumber")?,
            visibility: None,
            participation: None,
        };
        if release.has_visibility() {
            group.visibility = item.optional_int("visibility")?;
            group.participation = item.optional_bool("participation")?;
        }
        if release.has_custom_fields() {
            custom_fields(&mut item)?;
        }
        item.finish()?;
        Ok(group)
    }
}

/// §5.5
pub(super) fn update_groups(session: &mut Session<'_>, mut parameters: Record) -> Result<Value, Refusal> {
    let release = session.world.settings().release;
    let items = parameters.records("groups")?.into_iter().map(|item| ChangedGroup::take(item, release));
    let items: Vec<ChangedGroup> = items.collect::<Result<_, _>>()?;
    parameters.finish()?;
    for item in items {
        update_group(session, item)?;
    }
    Ok(Value::Null)
}

fn update_group(session: &mut Session<'_>, changed: ChangedGroup) -> Result<(), Refusal> {
    if php::trim(&changed.name).is_empty() {
        return Err(Refusal::parameter("Invalid group name"));
    }
    let Some(group) = session.world.group(changed.id) else {
        return Err(Refusal::parameter(format!("Group {} does not exist", changed.id)));
    };
    let (mut row, has_members) = (group.row.clone(), !group.members.is_empty());
    // A change of letter case finds the group itself as the duplicate.
    if changed.name != row.name && session.world.tables.has_group_named(row.course, &changed.name) {
        return Err(Refusal::parameter("A different group with the same name already exists in the course"));
    }
    let visibility = changed.visibility.unwrap_or(row.visibility);
    let participation = changed.participation.unwrap_or(row.participation);
    check_visibility(visibility)?;
    if has_members && (visibility != row.visibility || participation != row.participation) {
        return Err(Refusal::parameter(
            "The visibility of this group cannot be changed as it currently has members.",
        ));
    }
    session.manage_groups(row.course)?;
    if changed.description.as_ref().is_some_and(|description| !description.is_empty()) {
        check_format(changed.description_format.unwrap_or(row.description_format))?;
    }
    if let Some(idnumber) = &changed.idnumber {
        let idnumber = php::trim(idnumber);
        let holder = session.world.group_with_idnumber(row.course, idnumber);
        if holder.is_some_and(|holder| holder != row.id) {
            return Err(Refusal::idnumber_taken());
        }
        idnumber.clone_into(&mut row.idnumber);
    }
    php::trim(&changed.name).clone_into(&mut row.name);
    row.description = changed.description.unwrap_or(row.description);
    row.description_format = changed.description_format.unwrap_or(row.description_format);
    row.enrolment_key = changed.enrolment_key.or(row.enrolment_key);
    row.visibility = visibility;
    row.participation = participation && visibility < 2;
    // The service cannot pass the setting on, so the conversation is switched off (§0, 21).
    if session.may("moodle/course:creategroupconversations", Some(row.course)) {
        row.messaging = false;
    }
    check_columns(&row)?;
    session.world.update_group(row);
    Ok(())
}

/// §5.4: unknown ids, and ids that come again in the batch, are skipped.
pub(super) fn delete_groups(session: &mut Session<'_>, mut parameters: Record) -> Result<Value, Refusal> {
    let ids = parameters.ints("groupids")?;
    parameters.finish()?;
    for id in ids {
        let Some(course) = session.world.group(id).map(|group| group.row.course) else { continue };
        session.manage_groups(course)?;
        session.world.remove_group(id);
    }
    Ok(Value::Null)
}
