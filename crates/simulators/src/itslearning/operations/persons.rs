//! The rules for persons (facts/ims-es.md §5.2).
//!
//! Not here: where they are kept (`world/`).
//!
//! Invariant: an item that is refused changes nothing.
//! Invariant: a password is never shown.

use std::collections::BTreeSet;

use ims_es::common::{ExtensionField, Relation};
use ims_es::lexical::Lexical;
use ims_es::person::object::{
    InstitutionRole, InstitutionRoleType, NamePart, PartName, Person as Sent, PersonExtension, PersonIdPair,
    PersonName, PersonRelationship,
};
use ims_es::person::read_all_persons::{ReadAllPersons, ReadAllPersonsReply};

use super::Verb;
use super::keys::needed;
use crate::itslearning::refusal::{Ended, Refusal, Remark};
use crate::itslearning::world::{Id, Person, World};

/// The longest prefix of a name, in characters.
const PREFIX_MAX: usize = 32;

/// Makes, updates or replaces a person. Create updates one that is there, and replace makes one that is not (§5.2);
/// that update makes one as well is (inferred), as for groups.
pub(super) fn write(world: &mut World, pair: PersonIdPair, verb: Verb) -> Ended {
    let key = needed(pair.sourced_id.as_deref(), "sourcedId")?;
    let sent = pair.person.ok_or_else(|| Refusal::incomplete("person"))?;
    let mut remark = Remark::default();
    let existing = world.persons.find(&key);
    let before = existing.and_then(|id| world.persons.get(id)).cloned();
    let children = children(world, &sent, before.as_ref(), verb, &mut remark);
    let has_password = sent.user_id.as_ref().is_some_and(|user| user.pass_word.is_some());
    let old = before.as_ref().filter(|_| verb != Verb::Replace).map(|row| row.object.clone());
    let object = merged(old.unwrap_or_default(), sent);
    checked(&object)?;
    let row = Person {
        key: Some(key),
        object,
        has_password: has_password || before.as_ref().is_some_and(|row| row.has_password),
        children,
        home: before.as_ref().and_then(|row| row.home),
        is_external: before.as_ref().is_some_and(|row| row.is_external),
    };
    match existing.and_then(|id| world.persons.get_mut(id)) {
        Some(place) => *place = row,
        None => _ = world.persons.insert(row),
    }
    Ok(remark)
}

/// First, Last and the role are mandatory; a role that the site does not map, or an empty one, falls back to the
/// default profile.
fn checked(person: &Sent) -> Result<(), Refusal> {
    for (part, word) in [(NamePart::First, "First"), (NamePart::Last, "Last")] {
        if part_of(person, part).is_none() {
            return Err(Refusal::incomplete(&format!("name/partName {word}")));
        }
    }
    if person.institution_roles.is_empty() {
        return Err(Refusal::incomplete("institutionRole"));
    }
    if part_of(person, NamePart::Prefix).is_some_and(|prefix| prefix.chars().count() > PREFIX_MAX) {
        return Err(Refusal::invalid("The prefix of the name has more than 32 characters."));
    }
    Ok(())
}

/// A part of the name.
pub(in crate::itslearning) fn part_of(person: &Sent, part: NamePart) -> Option<&str> {
    let parts = person.name.iter().flat_map(|name| &name.part_names);
    let of_part = |named: &&PartName| named.name_part_type == Some(Lexical::Value(part));
    let values = parts.filter(of_part).filter_map(|named| named.name_part_value.as_deref());
    values.map(str::trim).find(|value| !value.is_empty())
}

/// The relatives afterwards: create and update add, a replacement replaces; somebody unknown is left out; without the
/// parent portal none is kept.
fn children(
    world: &World,
    sent: &Sent,
    before: Option<&Person>,
    verb: Verb,
    remark: &mut Remark,
) -> BTreeSet<Id> {
    let old = before.map(|row| row.children.clone()).unwrap_or_default();
    let relatives = sent.extension.as_ref().map(|extension| &extension.relationships);
    let Some(relatives) = relatives.filter(|relatives| !relatives.is_empty()) else {
        return if verb == Verb::Replace { BTreeSet::new() } else { old };
    };
    if !world.settings().parent_portal {
        remark.add("The parent portal is switched off; relatives are not kept.");
        return old;
    }
    let mut children = if verb == Verb::Replace { BTreeSet::new() } else { old };
    for relative in relatives {
        let child = relative.source_id.as_deref().and_then(|key| world.persons.find(key.trim()));
        match child {
            Some(child) if relative.relation.value() == Some(&Relation::Child) => {
                children.insert(child);
            }
            _ => remark.add("A relative is not known, or is no child, and was left out."),
        }
    }
    children
}

/// What was sent, over what there was. The password and relatives have places of their own.
fn merged(old: Sent, new: Sent) -> Sent {
    let fields = new.extension.map(|extension| extension.fields).unwrap_or_default();
    let mut kept = old.extension.map(|extension| extension.fields).unwrap_or_default();
    for field in fields {
        let name = field.field_name.clone().unwrap_or_default();
        kept.retain(|old| !old.is_named(&name));
        kept.push(field);
    }
    let mut user_id = new.user_id.or(old.user_id);
    if let Some(user_id) = &mut user_id {
        user_id.pass_word = None;
    }
    Sent {
        format_name: new.format_name.or(old.format_name),
        name: merged_name(old.name, new.name),
        record_info: new.record_info.or(old.record_info),
        email: new.email.or(old.email),
        url: new.url.or(old.url),
        system_role: new.system_role.or(old.system_role),
        user_id,
        address: new.address.or(old.address),
        demographics: new.demographics.or(old.demographics),
        institution_roles: if new.institution_roles.is_empty() {
            old.institution_roles
        } else {
            new.institution_roles
        },
        tels: if new.tels.is_empty() { old.tels } else { new.tels },
        photo: new.photo.or(old.photo),
        data_source: new.data_source.or(old.data_source),
        extension: Some(PersonExtension { fields: kept, relationships: Vec::new() })
            .filter(|extension| !extension.fields.is_empty()),
    }
}

fn merged_name(old: Option<PersonName>, new: Option<PersonName>) -> Option<PersonName> {
    let (Some(old), Some(new)) = (&old, &new) else { return new.or(old) };
    let mut parts = old.part_names.clone();
    for part in &new.part_names {
        parts.retain(|old| old.name_part_type != part.name_part_type);
        parts.push(part.clone());
    }
    Some(PersonName { name_type: new.name_type.clone().or(old.name_type.clone()), part_names: parts })
}

/// Takes a person away.
pub(super) fn delete(world: &mut World, key: Option<&str>) -> Ended {
    let id = find(world, key)?;
    world.remove_person(id);
    Ok(Remark::default())
}

/// Reads a person by the key.
pub(super) fn read(world: &World, key: Option<&str>) -> Result<Sent, Refusal> {
    let id = find(world, key)?;
    Ok(shown(world, id))
}

/// The persons of a group, with a remark where a profile is not mapped (§5.2).
pub(super) fn read_for_group(
    world: &World,
    key: Option<&str>,
) -> Result<(Vec<PersonIdPair>, Remark), Refusal> {
    let key = needed(key, "groupSourcedId")?;
    let group = world.groups.find(&key).ok_or_else(Refusal::unknown)?;
    let memberships = world.members_of(group).iter().filter_map(|id| world.memberships.get(*id));
    let persons: Vec<Id> = memberships.map(|row| row.person).collect();
    let mut remark = Remark::default();
    let is_unmapped = |id: &Id| world.persons.get(*id).is_some_and(|row| !is_mapped(&row.object));
    if persons.iter().any(is_unmapped) {
        remark.add("The profile of a person is not mapped to a role.");
    }
    Ok((persons.into_iter().map(|id| pair(world, id)).collect(), remark))
}

/// The five roles that are mapped unless the site says otherwise (§5.2).
fn is_mapped(person: &Sent) -> bool {
    let role = person.institution_roles.first().and_then(|role| role.institution_role_type.value());
    matches!(
        role,
        Some(
            InstitutionRoleType::Student
                | InstitutionRoleType::Staff
                | InstitutionRoleType::Guest
                | InstitutionRoleType::Administrator
                | InstitutionRoleType::Carer
        )
    )
}

/// Every person, page by page: the first page is 1 (§5.2).
pub(super) fn read_all(world: &World, call: &ReadAllPersons) -> Result<ReadAllPersonsReply, Refusal> {
    let number = |sent: &Option<Lexical<i32>>, what: &str| match sent.as_ref().and_then(Lexical::value) {
        Some(number) if *number >= 1 => Ok(usize::try_from(*number).unwrap_or(usize::MAX)),
        Some(_) => Err(Refusal::invalid(format!("{what} begins with 1."))),
        None => Err(Refusal::incomplete(what)),
    };
    let (page, size) = (number(&call.page_index, "PageIndex")?, number(&call.page_size, "PageSize")?);
    let only_by_hand = call.only_manually_created_users.as_ref().and_then(Lexical::value) == Some(&true);
    let wanted = |row: &&(Id, &Person)| !only_by_hand || row.1.key.is_none();
    let all: Vec<Id> = world.persons.iter().filter(|row| wanted(&row)).map(|(id, _)| id).collect();
    let first = (page - 1).saturating_mul(size);
    let pairs = all.iter().skip(first).take(size).map(|id| pair(world, *id)).collect();
    let count = i32::try_from(all.len()).unwrap_or(i32::MAX);
    Ok(ReadAllPersonsReply { pairs, virtual_count: Lexical::Value(count) })
}

fn find(world: &World, key: Option<&str>) -> Result<Id, Refusal> {
    let key = needed(key, "sourcedId")?;
    world.persons.find(&key).ok_or_else(Refusal::unknown)
}

fn pair(world: &World, id: Id) -> PersonIdPair {
    let key = world.persons.get(id).and_then(|row| row.key.clone());
    PersonIdPair { sourced_id: key, person: Some(shown(world, id)) }
}

/// A person as read back: relatives in both directions, one without a key with an empty one (§5.2; §6, trap 25); the
/// mark of somebody from another site.
fn shown(world: &World, id: Id) -> Sent {
    let Some(row) = world.persons.get(id) else { return Sent::default() };
    let mut person = row.object.clone();
    let mut extension = person.extension.take().unwrap_or_default();
    let parents = world.parents_of(id).into_iter().map(|parent| (Relation::Parent, parent));
    let children = row.children.iter().map(|child| (Relation::Child, *child));
    extension.relationships = parents
        .chain(children)
        .map(|(relation, other)| PersonRelationship {
            relation: Lexical::Value(relation),
            source_id: world.persons.get(other).and_then(|row| row.key.clone()),
            label: None,
        })
        .collect();
    if row.is_external {
        extension.fields.push(ExtensionField::new("IsExternalUser", "Boolean", "True"));
    }
    if !extension.fields.is_empty() || !extension.relationships.is_empty() {
        person.extension = Some(extension);
    }
    person
}

/// A person with a name and a role, for those who are made by hand.
pub(in crate::itslearning) fn named(first: &str, last: &str, role: InstitutionRoleType) -> Sent {
    let part = |part, value: &str| PartName {
        name_part_type: Some(Lexical::Value(part)),
        name_part_value: Some(value.to_owned()),
    };
    let parts = vec![part(NamePart::First, first), part(NamePart::Last, last)];
    let role = InstitutionRole {
        institution_role_type: Lexical::Value(role),
        primary_role_type: Lexical::Value(true),
    };
    Sent {
        name: Some(PersonName { name_type: None, part_names: parts }),
        institution_roles: vec![role],
        ..Sent::default()
    }
}
