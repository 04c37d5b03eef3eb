//! `core_course_get_courses_by_field` (facts/moodle-ws.md §5.10).
//!
//! Not here: anything inside a course.

use crate::moodle::parameters::Record;
use crate::moodle::php;
use crate::moodle::refusal::Refusal;
use crate::moodle::value::Value;
use crate::moodle::world::{Course, Session};

/// Every simulated course lies in one category.
const CATEGORY: i64 = 1;

/// Finds courses as the database compares; without a field, all. A hidden course is left out for a caller who
/// may not see it; nothing found is an empty list.
pub(super) fn get_courses_by_field(
    session: &mut Session<'_>,
    mut parameters: Record,
) -> Result<Value, Refusal> {
    let field = parameters.optional_raw("field")?.unwrap_or_default();
    let value = parameters.optional_raw("value")?.unwrap_or_default();
    parameters.finish()?;
    let tables = &session.world.tables;
    let number = || {
        php::int(value.as_bytes())
            .ok_or_else(|| Refusal::parameter(format!("The value {value} is no number")))
    };
    let ids: Vec<i64> = match field.as_str() {
        "" => tables.courses.keys().copied().collect(),
        "id" => vec![number()?],
        "ids" => listed(session, &value)?,
        "shortname" => tables.courses_with_shortname(&value).collect(),
        "idnumber" => tables.courses_with_idnumber(&value).collect(),
        "category" if number()? == CATEGORY => tables.courses.keys().copied().collect(),
        "category" => Vec::new(),
        other => return Err(Refusal::parameter(format!("Invalid field name: {other}"))),
    };
    let courses = ids.into_iter().filter_map(|id| session.world.course(id));
    let courses = courses.filter_map(|course| shown(session, course));
    let courses = Value::List(courses.collect());
    Ok(Value::Record(vec![("courses", courses), ("warnings", Value::List(Vec::new()))]))
}

/// A comma list of ids. One that is unknown breaks the function (§2).
fn listed(session: &Session<'_>, value: &str) -> Result<Vec<i64>, Refusal> {
    let ids = value.split(',').map(|id| {
        let id = php::int(id.as_bytes())
            .ok_or_else(|| Refusal::parameter(format!("The value {value} is no list")))?;
        match session.world.course(id) {
            Some(_) => Ok(id),
            None => Err(Refusal::php_error("Attempt to assign property \"contextvalidated\" on null")),
        }
    });
    ids.collect()
}

fn shown(session: &Session<'_>, course: &Course) -> Option<Value> {
    let sees_hidden = session.may("moodle/course:viewhiddencourses", Some(course.id));
    if !course.visible && !sees_hidden {
        return None;
    }
    let mut fields = vec![
        ("id", Value::Int(course.id)),
        ("fullname", Value::text(&course.fullname)),
        ("displayname", Value::text(&course.fullname)),
        ("shortname", Value::text(&course.shortname)),
        ("categoryid", Value::Int(CATEGORY)),
    ];
    // Only somebody who may administrate the course gets its idnumber.
    if sees_hidden || session.may("moodle/course:update", Some(course.id)) {
        fields.push(("idnumber", Value::text(&course.idnumber)));
        fields.push(("visible", Value::Int(i64::from(course.visible))));
        fields.push(("groupmode", Value::Int(i64::from(course.separate_groups))));
        fields.push(("defaultgroupingid", Value::Int(course.default_grouping.unwrap_or(0))));
    }
    Some(Value::Record(fields))
}
