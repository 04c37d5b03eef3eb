//! `core_webservice_get_site_info` (facts/moodle-ws.md §5.10): who am I, what may I call.
//!
//! Not here: rights in courses; this needs none.

use super::FUNCTIONS;
use crate::moodle::parameters::Record;
use crate::moodle::refusal::Refusal;
use crate::moodle::value::Value;
use crate::moodle::world::Session;

/// Tells release, account and granted functions. It works also while the policy is not agreed.
pub(super) fn get_site_info(session: &mut Session<'_>, parameters: Record) -> Result<Value, Refusal> {
    parameters.finish()?;
    let user = session.person(session.user)?;
    let settings = session.world.settings();
    let granted = FUNCTIONS.iter().filter(|function| session.functions.grants(function.name));
    let functions = granted.map(|function| {
        Value::Record(vec![
            ("name", Value::text(function.name)),
            ("version", Value::text(settings.release.version())),
        ])
    });
    Ok(Value::Record(vec![
        ("sitename", Value::text(&settings.site_name)),
        ("username", Value::text(&user.username)),
        ("firstname", Value::text(&user.firstname)),
        ("lastname", Value::text(&user.lastname)),
        ("fullname", Value::text(user.fullname())),
        ("lang", Value::text("en")),
        ("userid", Value::Int(user.id)),
        ("siteurl", Value::text(&session.wwwroot)),
        ("userpictureurl", Value::text("")),
        ("functions", Value::List(functions.collect())),
        ("downloadfiles", Value::Int(0)),
        ("uploadfiles", Value::Int(0)),
        ("release", Value::text(settings.release.name())),
        ("version", Value::text(settings.release.version())),
        // 0 also where no policy exists.
        ("policyagreed", Value::Int(i64::from(user.policy_agreed))),
    ]))
}
