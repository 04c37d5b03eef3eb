//! `core_group_add_group_members`, `core_group_delete_group_members`, `core_group_get_group_members`.
//!
//! Not here: enrolment, which membership depends on (`enrolment.rs`).

use crate::moodle::parameters::Record;
use crate::moodle::refusal::Refusal;
use crate::moodle::value::Value;
use crate::moodle::world::Session;

/// Takes the pairs of group and user.
fn pairs(mut parameters: Record) -> Result<Vec<(i64, i64)>, Refusal> {
    let pairs = parameters.records("members")?.into_iter().map(|mut item| {
        let pair = (item.int("groupid")?, item.int("userid")?);
        item.finish()?;
        Ok(pair)
    });
    let pairs = pairs.collect::<Result<_, _>>()?;
    parameters.finish()?;
    Ok(pairs)
}

/// §5.6: who is enrolled in any way may be added; who is in already is skipped.
pub(super) fn add_group_members(session: &mut Session<'_>, parameters: Record) -> Result<Value, Refusal> {
    for (group, user) in pairs(parameters)? {
        let course = session.group(group)?.row.course;
        session.person(user)?;
        session.manage_groups(course)?;
        if !session.world.is_enrolled(course, user) {
            return Err(Refusal::parameter("Only enrolled users may be members of groups"));
        }
        session.world.insert_member(group, user, None);
    }
    Ok(Value::Null)
}

/// §5.7: not being a member is fine, a plugin may refuse to let go.
pub(super) fn delete_group_members(session: &mut Session<'_>, parameters: Record) -> Result<Value, Refusal> {
    for (group, user) in pairs(parameters)? {
        let course = session.group(group)?.row.course;
        let fullname = session.person(user)?.fullname();
        session.manage_groups(course)?;
        let owner = session.group(group)?.members.get(&user).copied().flatten();
        if owner.is_some_and(|owner| owner.refuses_removal()) {
            return Err(Refusal::moodle(
                "errorremovenotpermitted",
                format!("You do not have permission to remove automatically-added group member {fullname}"),
            ));
        }
        session.world.delete_member(group, user);
    }
    Ok(Value::Null)
}

/// §5.8: request order, users by last and first name, from the database; a hidden group shows nobody.
pub(super) fn get_group_members(session: &mut Session<'_>, mut parameters: Record) -> Result<Value, Refusal> {
    let ids = parameters.ints("groupids")?;
    parameters.finish()?;
    let lists = ids.into_iter().map(|id| {
        session.manage_groups(session.group(id)?.row.course)?;
        let group = session.group(id)?;
        let mut users: Vec<i64> =
            if session.sees_group(group) { group.members.keys().copied().collect() } else { Vec::new() };
        let collation = session.world.settings().names;
        users.sort_by_cached_key(|id| {
            let user = session.world.user(*id);
            user.map(|user| (collation.fold(&user.lastname), collation.fold(&user.firstname), user.id))
        });
        let users = users.into_iter().map(Value::Int).collect();
        Ok(Value::Record(vec![("groupid", Value::Int(id)), ("userids", Value::List(users))]))
    });
    lists.collect::<Result<_, _>>().map(Value::List)
}
