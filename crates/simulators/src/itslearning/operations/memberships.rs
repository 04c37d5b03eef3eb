//! The rules for memberships (facts/ims-es.md §5.1).
//!
//! Not here: where they are kept (`world/`).
//!
//! Invariant: an item that is refused changes nothing.

use ims_es::common::ExtensionField;
use ims_es::group::object::OrganisationType;
use ims_es::lexical::Lexical;
use ims_es::membership::object::{
    Member, MemberIdType, Membership as Sent, MembershipIdPair, Role, RoleType,
};

use super::Verb;
use super::keys::needed;
use crate::itslearning::refusal::{Ended, Refusal, Remark};
use crate::itslearning::world::{Id, Membership, World};

/// The extension field that marks the home, in lower case.
const HOME: &str = "homeorganisation";

/// Makes, updates or replaces a membership. That a create of one that is there updates it is (inferred), as for the others.
pub(super) fn write(world: &mut World, pair: MembershipIdPair, verb: Verb) -> Ended {
    let key = needed(pair.sourced_id.as_deref(), "sourcedId")?;
    let sent = pair.membership.ok_or_else(|| Refusal::incomplete("membership"))?;
    let existing = world.memberships.find(&key);
    let before = existing.and_then(|id| world.memberships.get(id)).cloned().filter(|_| verb != Verb::Replace);
    let member = sent.member.unwrap_or_default();
    if member.id_type.as_ref().is_some_and(|id_type| id_type.value() != Some(&MemberIdType::Person)) {
        return Err(Refusal::invalid("A member is a person."));
    }
    let group = match (sent.group_sourced_id.as_deref(), &before) {
        (None, Some(before)) => before.group,
        (key, _) => {
            let key = needed(key, "groupSourcedId")?;
            world.groups.find(&key).ok_or_else(|| Refusal::invalid("The group does not exist."))?
        }
    };
    let person = match (member.member_sourced_id.as_deref(), &before) {
        (None, Some(before)) => before.person,
        (key, _) => {
            let key = needed(key, "memberSourcedId")?;
            world.persons.find(&key).ok_or_else(|| Refusal::invalid("The person does not exist."))?
        }
    };
    if world.membership_between(person, group).is_some_and(|other| Some(other) != existing) {
        // (inferred)
        return Err(Refusal::invalid("The person has another membership in the group."));
    }
    let mut remark = Remark::default();
    let role = role(&member, before.as_ref())?;
    let home = home(world, &member, group, role, verb, &mut remark)?;
    let mut fields = before.map(|before| before.fields).unwrap_or_default();
    for field in member.roles.iter().flat_map(|role| &role.extension) {
        if !field.is_named(HOME) {
            remark.add("An extension field is not known and has no effect.");
            let name = field.field_name.clone().unwrap_or_default();
            fields.insert(name, field.value().to_owned());
        }
    }
    keep(world, existing, Membership { key: Some(key), person, group, role, fields });
    if let Some(row) = world.persons.get_mut(person) {
        match home {
            Some(true) => row.home = Some(group),
            Some(false) if row.home == Some(group) => row.home = None,
            Some(false) | None => {}
        }
    }
    Ok(remark)
}

fn keep(world: &mut World, existing: Option<Id>, membership: Membership) {
    let before = existing.and_then(|id| world.memberships.get(id));
    let stays = before.is_some_and(|row| (row.person, row.group) == (membership.person, membership.group));
    match existing {
        Some(id) if stays => {
            if let Some(row) = world.memberships.get_mut(id) {
                *row = membership;
            }
        }
        Some(id) => {
            world.remove_membership(id);
            world.add_membership(membership);
        }
        None => _ = world.add_membership(membership),
    }
}

fn role(member: &Member, before: Option<&Membership>) -> Result<RoleType, Refusal> {
    match (member.roles.first(), before) {
        (None, Some(before)) => Ok(before.role),
        (None, None) => Err(Refusal::incomplete("role")),
        (Some(role), _) => match &role.role_type {
            Lexical::Value(role) => Ok(*role),
            Lexical::Text(text) if text.trim().is_empty() => Err(Refusal::incomplete("roleType")),
            Lexical::Text(_) => Err(Refusal::invalid("The role is not known.")),
        },
    }
}

/// Whether the group becomes the home: yes, no longer, or nothing is said. A replacement that says nothing says no.
fn home(
    world: &World,
    member: &Member,
    group: Id,
    role: RoleType,
    verb: Verb,
    remark: &mut Remark,
) -> Result<Option<bool>, Refusal> {
    let field = member.roles.iter().flat_map(|role| &role.extension).find(|field| field.is_named(HOME));
    let value = field.map(ExtensionField::value).filter(|value| !value.is_empty());
    let mark = match value.map(str::to_lowercase).as_deref() {
        None if verb == Verb::Replace => Some(false),
        None => None,
        Some("1" | "true") => Some(true),
        Some("0" | "false") => Some(false),
        Some(_) => return Err(Refusal::invalid("The mark of the home organisation is no Boolean.")),
    };
    if mark == Some(true) {
        if role == RoleType::Mentor {
            remark.add("The home organisation of a mentor is not kept.");
            return Ok(None);
        }
        let kind = world.groups.get(group).map(|row| row.kind);
        if !matches!(kind, Some(OrganisationType::School | OrganisationType::Site)) {
            return Err(Refusal::invalid("A home organisation is a School or the Site."));
        }
    }
    Ok(mark)
}

/// Takes a membership away.
pub(super) fn delete(world: &mut World, key: Option<&str>) -> Ended {
    let id = find(world, key)?;
    world.remove_membership(id);
    Ok(Remark::default())
}

/// Reads a membership by its key.
pub(super) fn read(world: &World, key: Option<&str>) -> Result<Sent, Refusal> {
    let id = find(world, key)?;
    world.memberships.get(id).map(|row| shown(world, row)).ok_or_else(Refusal::unknown)
}

/// The memberships of a person. One that was made by hand gets a key (§5.1).
pub(super) fn read_for_person(
    world: &mut World,
    key: Option<&str>,
) -> Result<Vec<MembershipIdPair>, Refusal> {
    let key = needed(key, "personSourcedId")?;
    let person = world.persons.find(&key).ok_or_else(Refusal::unknown)?;
    let ids: Vec<Id> = world.belongings_of(person).to_vec();
    for id in &ids {
        if world.memberships.get(*id).is_some_and(|row| row.key.is_none()) {
            let made = format!("itsla-00000000-0000-4000-8000-{:012x}", id.number());
            world.memberships.change_key(*id, &made);
        }
    }
    Ok(pairs(world, &ids))
}

/// The memberships of a group.
pub(super) fn read_for_group(world: &World, key: Option<&str>) -> Result<Vec<MembershipIdPair>, Refusal> {
    let key = needed(key, "groupSourcedId")?;
    let group = world.groups.find(&key).ok_or_else(Refusal::unknown)?;
    Ok(pairs(world, world.members_of(group)))
}

fn pairs(world: &World, ids: &[Id]) -> Vec<MembershipIdPair> {
    let rows = ids.iter().filter_map(|id| world.memberships.get(*id));
    let pair = |row: &Membership| MembershipIdPair {
        sourced_id: row.key.clone(),
        membership: Some(shown(world, row)),
    };
    rows.map(pair).collect()
}

fn find(world: &World, key: Option<&str>) -> Result<Id, Refusal> {
    let key = needed(key, "sourcedId")?;
    world.memberships.find(&key).ok_or_else(Refusal::unknown)
}

/// A membership as it is read back: the mark of the home only where it is the home (§5.1).
fn shown(world: &World, row: &Membership) -> Sent {
    let person = world.persons.get(row.person);
    let is_home = person.is_some_and(|person| person.home == Some(row.group));
    let mut extension: Vec<ExtensionField> =
        row.fields.iter().map(|(name, value)| ExtensionField::new(name, "String", value)).collect();
    if is_home {
        extension.push(ExtensionField::new("HomeOrganisation", "bool", "1"));
    }
    let role = Role { role_type: Lexical::Value(row.role), extension, ..Role::default() };
    let member = Member {
        member_sourced_id: person.and_then(|person| person.key.clone()),
        id_type: Some(Lexical::Value(MemberIdType::Person)),
        roles: vec![role],
    };
    let group = world.groups.get(row.group).and_then(|group| group.key.clone());
    Sent { group_sourced_id: group, member: Some(member) }
}
