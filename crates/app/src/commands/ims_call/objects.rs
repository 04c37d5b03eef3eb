//! Makes the objects of the protocol out of rows.
//!
//! Not here: which operation takes which (`request.rs`).
//!
//! Invariant: what a person wrote goes out as it was written, also where the rules say that it is wrong: to see what the
//! service says is the point.

use ims_es::common::{ExtensionField, IdentifierPair, Relation, UserId};
use ims_es::group::object::{
    Description, Group, GroupIdPair, GroupType, ORGANISATION_SCHEME, OrganisationType, Relationship,
    TypeValue,
};
use ims_es::lexical::Lexical;
use ims_es::membership::object::{Member, MemberIdType, Membership, MembershipIdPair, Role};
use ims_es::person::object::{
    InstitutionRole, NamePart, PartName, Person, PersonExtension, PersonIdPair, PersonName,
    PersonRelationship,
};

use super::rows::Row;

/// A group with its key.
pub(super) fn group(row: &Row) -> GroupIdPair {
    let description =
        Description { desc_short: row.get("title"), desc_long: row.get("description"), desc_full: None };
    let mut extension = fields(row);
    if let Some(course) = row.get("course") {
        extension.insert(0, ExtensionField::new("course", "String", &course));
    }
    let group = Group {
        group_type: row.get("type").map(|word| group_type(&word)),
        relationships: row.get("parent").map(|parent| Relationship::parent(&parent)).into_iter().collect(),
        description: (description != Description::default()).then_some(description),
        extension,
        ..Group::default()
    };
    GroupIdPair { sourced_id: row.get("id"), group: Some(group) }
}

/// A type: with its number where the word is known, else as it was written.
fn group_type(word: &str) -> GroupType {
    match OrganisationType::from_word(word).or_else(|| OrganisationType::from_level(word)) {
        Some(known) => known.to_group_type(),
        None => GroupType {
            scheme: Some(ORGANISATION_SCHEME.to_owned()),
            type_values: vec![TypeValue { type_name: Some(word.to_owned()), level: None }],
        },
    }
}

/// A membership with its key.
pub(super) fn membership(row: &Row) -> MembershipIdPair {
    let extension = fields(row);
    let role = match (row.get("role"), extension.is_empty()) {
        (None, true) => None,
        (word, _) => {
            Some(Role { role_type: Lexical::read(word.unwrap_or_default()), extension, ..Role::default() })
        }
    };
    let member = Member {
        member_sourced_id: row.get("person"),
        id_type: Some(Lexical::Value(MemberIdType::Person)),
        roles: role.into_iter().collect(),
    };
    let membership = Membership { group_sourced_id: row.get("group"), member: Some(member) };
    MembershipIdPair { sourced_id: row.get("id"), membership: Some(membership) }
}

/// A person with its key.
pub(super) fn person(row: &Row) -> PersonIdPair {
    let part = |part, option| {
        row.get(option).map(|value| PartName {
            name_part_type: Some(Lexical::Value(part)),
            name_part_value: Some(value),
        })
    };
    let part_names: Vec<PartName> =
        [part(NamePart::First, "first"), part(NamePart::Last, "last")].into_iter().flatten().collect();
    let role = row.get("role").map(|role| InstitutionRole {
        institution_role_type: Lexical::read(role),
        primary_role_type: Lexical::Value(true),
    });
    let relationships = row.all("child").iter().map(|child| PersonRelationship {
        relation: Lexical::Value(Relation::Child),
        source_id: Some(child.clone()),
        label: None,
    });
    let extension = PersonExtension { fields: fields(row), relationships: relationships.collect() };
    let person = Person {
        name: (!part_names.is_empty()).then_some(PersonName { name_type: None, part_names }),
        email: row.get("email"),
        user_id: row.get("login").map(|login| UserId { user_id_value: Some(login), ..UserId::default() }),
        institution_roles: role.into_iter().collect(),
        extension: (extension != PersonExtension::default()).then_some(extension),
        ..Person::default()
    };
    PersonIdPair { sourced_id: row.get("id"), person: Some(person) }
}

/// An old and a new key.
pub(super) fn keys(row: &Row) -> IdentifierPair {
    IdentifierPair { first_id: row.get("id"), second_id: row.get("new_id") }
}

fn fields(row: &Row) -> Vec<ExtensionField> {
    let field = |given: &String| {
        let (name, value) = given.split_once('=').unwrap_or((given, ""));
        ExtensionField::new(name, "String", value)
    };
    row.all("field").iter().map(field).collect()
}
