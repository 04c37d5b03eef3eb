//! `enrol_manual_enrol_users`, `enrol_manual_unenrol_users` (facts/moodle-ws.md §5.10).
//!
//! Not here: enrolments by other plugins, which web services cannot change.

use crate::moodle::parameters::Record;
use crate::moodle::refusal::Refusal;
use crate::moodle::value::Value;
use crate::moodle::world::{Method, Period, Session};

struct NewEnrolment {
    role: i64,
    user: i64,
    course: i64,
    period: Period,
}

/// Enrols users with a role; enrolling again changes the period.
pub(super) fn enrol_users(session: &mut Session<'_>, mut parameters: Record) -> Result<Value, Refusal> {
    let items = parameters.records("enrolments")?.into_iter().map(|mut item| {
        let enrolment = NewEnrolment {
            role: item.int("roleid")?,
            user: item.int("userid")?,
            course: item.int("courseid")?,
            period: Period {
                from: item.optional_int("timestart")?.unwrap_or(0),
                until: item.optional_int("timeend")?.unwrap_or(0),
                suspended: item.optional_int("suspend")?.unwrap_or(0) != 0,
            },
        };
        item.finish()?;
        Ok(enrolment)
    });
    let items: Vec<NewEnrolment> = items.collect::<Result<_, _>>()?;
    parameters.finish()?;
    for item in items {
        enrol_user(session, &item)?;
    }
    Ok(Value::Null)
}

fn enrol_user(session: &mut Session<'_>, new: &NewEnrolment) -> Result<(), Refusal> {
    session.enter(new.course)?;
    session.demand("enrol/manual:enrol", new.course)?;
    if !session.may_assign(new.role) {
        let message = format!(
            "You don't have the permission to assign this role ({}) to this user ({}) in this course({}).",
            new.role, new.user, new.course
        );
        return Err(Refusal::moodle("wsusercannotassign", message));
    }
    require_instance(session, new.course)?;
    session.person(new.user)?;
    let mut enrolment = session.course(new.course)?.enrolments.get(&new.user).cloned().unwrap_or_default();
    enrolment.methods.insert(Method::Manual, new.period);
    enrolment.roles.insert(new.role);
    session.world.set_enrolment(new.course, new.user, Some(enrolment));
    Ok(())
}

fn require_instance(session: &Session<'_>, course: i64) -> Result<(), Refusal> {
    if session.course(course)?.manual_enrolment {
        return Ok(());
    }
    let message = format!(
        "Manual enrolment plugin instance doesn't exist or is disabled for the course (id = {course})"
    );
    Err(Refusal::moodle("wsnoinstance", message))
}

/// Ends manual enrolments; somebody who has none is fine. With the last enrolment the memberships go.
pub(super) fn unenrol_users(session: &mut Session<'_>, mut parameters: Record) -> Result<Value, Refusal> {
    let items = parameters.records("enrolments")?.into_iter().map(|mut item| {
        let (user, course) = (item.int("userid")?, item.int("courseid")?);
        item.optional_int("roleid")?;
        item.finish()?;
        Ok((user, course))
    });
    let items: Vec<(i64, i64)> = items.collect::<Result<_, _>>()?;
    parameters.finish()?;
    for (user, course) in items {
        session.enter(course)?;
        session.demand("enrol/manual:unenrol", course)?;
        require_instance(session, course)?;
        session.person(user)?;
        let Some(mut enrolment) = session.course(course)?.enrolments.get(&user).cloned() else { continue };
        if enrolment.methods.remove(&Method::Manual).is_some() {
            session.world.set_enrolment(course, user, Some(enrolment));
        }
    }
    Ok(Value::Null)
}
