//! `core_user_get_users_by_field`, and what a caller may see of a person (facts/moodle-ws.md §5.10, §9).
//!
//! Not here: who is in a course (`enrolled_users.rs`).
//!
//! Invariant: a field without a value, or without the right to see it, is absent.

use std::collections::BTreeSet;

use crate::moodle::parameters::Record;
use crate::moodle::php;
use crate::moodle::refusal::Refusal;
use crate::moodle::value::Value;
use crate::moodle::world::{Course, GroupRow, Session, User};

/// Every name that `userfields` accepts. Fields that a simulated account never has are known, and absent.
const FIELDS: [&str; 29] = [
    "id",
    "username",
    "firstname",
    "lastname",
    "fullname",
    "email",
    "address",
    "phone1",
    "phone2",
    "department",
    "institution",
    "idnumber",
    "interests",
    "firstaccess",
    "lastaccess",
    "lastcourseaccess",
    "description",
    "descriptionformat",
    "city",
    "country",
    "profileimageurl",
    "profileimageurlsmall",
    "customfields",
    "groups",
    "roles",
    "preferences",
    "enrolledcourses",
    "suspended",
    "auth",
];

/// From where a person is looked at.
#[derive(Clone, Copy)]
pub(super) enum Place<'p> {
    /// The list of participants of a course.
    Course(&'p Course),
    /// The whole site.
    Site,
}

impl Place<'_> {
    fn course(self) -> Option<i64> {
        match self {
            Place::Course(course) => Some(course.id),
            Place::Site => None,
        }
    }
}

/// What the caller sees of a user: only the wanted fields, all of them if none is named, and nothing of a user
/// that the caller may not view.
pub(super) fn details(
    session: &Session<'_>,
    user: &User,
    place: Place<'_>,
    wanted: &[String],
) -> Result<Option<Value>, Refusal> {
    if wanted.iter().any(|field| !FIELDS.contains(&field.as_str())) {
        return Err(Refusal::moodle("invaliduserfield", "Invalid user field"));
    }
    if !may_view(session, user, place) {
        return Ok(None);
    }
    let is_wanted = |field: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == field);
    // The id and the full name come whether they are wanted or not.
    let mut fields = vec![("id", Value::Int(user.id)), ("fullname", Value::text(user.fullname()))];
    let has_value = |value: &Value| !matches!(value, Value::Text(text) if php::is_empty(text));
    let personal = personal_fields(session, user, place).into_iter();
    fields.extend(personal.filter(|(field, value)| is_wanted(field) && has_value(value)));
    if let Place::Course(course) = place {
        if is_wanted("groups") && session.may("moodle/site:accessallgroups", Some(course.id)) {
            fields.extend(groups_of(session, course, user.id).map(|groups| ("groups", groups)));
        }
        if is_wanted("roles") {
            fields.push(("roles", roles_of(session, course, user.id)));
        }
    }
    Ok(Some(Value::Record(fields)))
}

/// Whether the caller may view a user at all. A profile that is closed to the site is open to who may view it
/// in a course of the user.
fn may_view(session: &Session<'_>, user: &User, place: Place<'_>) -> bool {
    let views = |course| session.may("moodle/user:viewdetails", course);
    let in_a_course = || user.courses.iter().any(|course| views(Some(*course)));
    user.id == session.user || views(place.course()) || (matches!(place, Place::Site) && in_a_course())
}

/// The fields of the account itself that the caller may see (the table of §9).
fn personal_fields(session: &Session<'_>, user: &User, place: Place<'_>) -> Vec<(&'static str, Value)> {
    let settings = session.world.settings();
    let sees = |capability: &str| session.may(capability, place.course());
    let is_self = user.id == session.user;
    let all = is_self || sees("moodle/user:viewalldetails");
    let identity = |field: &str| {
        sees("moodle/site:viewuseridentity") && settings.showuseridentity.iter().any(|shown| shown == field)
    };
    let method = if user.nologin { "nologin" } else { "manual" };
    let on_site = matches!(place, Place::Site);
    let fields = [
        ("username", all, Value::text(&user.username)),
        ("firstname", all || settings.release.shows_firstname(), Value::text(&user.firstname)),
        ("lastname", all, Value::text(&user.lastname)),
        ("email", is_self || identity("email") || sees("moodle/course:useremail"), Value::text(&user.email)),
        ("department", all || identity("department"), Value::text(&user.department)),
        ("idnumber", all || identity("idnumber"), Value::text(&user.idnumber)),
        ("auth", on_site && all, Value::text(method)),
        ("lang", on_site && all, Value::text(&user.lang)),
        ("suspended", on_site, Value::Bool(user.suspended)),
        ("confirmed", on_site && all, Value::Bool(user.confirmed)),
    ];
    fields.into_iter().filter(|(_, seen, _)| *seen).map(|(field, _, value)| (field, value)).collect()
}

/// The groups of a user in a course; nothing for somebody without, since 4.x (§9).
fn groups_of(session: &Session<'_>, course: &Course, user: i64) -> Option<Value> {
    let groups = session.world.groups(course.id).filter(|group| group.members.contains_key(&user));
    let mut rows: Vec<&GroupRow> = groups.map(|group| &group.row).collect();
    rows.sort_by_cached_key(|row| session.world.settings().names.fold(&row.name));
    let shown = rows.into_iter().map(|row| {
        let (description, format) = session.shown_description(&row.description, row.description_format);
        Value::Record(vec![
            ("id", Value::Int(row.id)),
            ("name", session.shown_name(&row.name)),
            ("description", description),
            ("descriptionformat", format),
        ])
    });
    let shown: Vec<Value> = shown.collect();
    let told = !shown.is_empty() || session.world.settings().release.shows_empty_groups();
    told.then_some(Value::List(shown))
}

fn roles_of(session: &Session<'_>, course: &Course, user: i64) -> Value {
    let roles = course.enrolments.get(&user).into_iter().flat_map(|enrolment| &enrolment.roles);
    let shown = roles.filter_map(|id| {
        let shortname = session.world.tables.role_name(*id)?;
        Some(Value::Record(vec![
            ("roleid", Value::Int(*id)),
            ("name", Value::text("")),
            ("shortname", Value::text(shortname)),
            ("sortorder", Value::Int(0)),
        ]))
    });
    Value::List(shown.collect())
}

/// Finds people by id, idnumber, username or mail address, as the database compares; each once, by id. A
/// person whose searched field the caller may not see is left out.
pub(super) fn get_users_by_field(
    session: &mut Session<'_>,
    mut parameters: Record,
) -> Result<Value, Refusal> {
    let field = parameters.raw("field")?;
    let values = parameters.raws("values")?;
    parameters.finish()?;
    let mut found = BTreeSet::new();
    for value in &values {
        let tables = &session.world.tables;
        match field.as_str() {
            "id" => {
                let id = php::int(value.as_bytes());
                found.insert(id.ok_or_else(|| Refusal::parameter(format!("The value {value} is no id")))?);
            }
            "username" if *value != value.to_lowercase() => {
                return Err(Refusal::parameter(format!("The username {value} is not in lower case")));
            }
            "username" => found.extend(tables.users_with_username(value)),
            // Moodle cleans addresses and refuses what is not the same afterwards.
            "email" if !value.contains('@') => {
                return Err(Refusal::parameter(format!("The field 'email' value is invalid: {value}")));
            }
            "idnumber" => found.extend(tables.users_with_idnumber(value)),
            "email" => found.extend(tables.users_with_email(value)),
            other => return Err(Refusal::coding(&format!("invalid user field parameter: {other}"))),
        }
    }
    let mut people = Vec::new();
    for user in found.into_iter().filter_map(|id| session.world.user(id)) {
        let seen = details(session, user, Place::Site, &[])?;
        people.extend(seen.filter(|seen| has_field(seen, &field)));
    }
    Ok(Value::List(people))
}

fn has_field(person: &Value, field: &str) -> bool {
    matches!(person, Value::Record(fields) if fields.iter().any(|(name, _)| *name == field))
}
