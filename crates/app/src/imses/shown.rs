//! Objects as they are read back: what is kept, with what stands beside it in the tables.
//!
//! Not here: which objects are asked for (`queries.rs`), and what of an object is kept (`merge.rs`).
//!
//! Invariant: type, parent, relatives and home are those of the tables, whatever was sent.

use ims_es::common::{ExtensionField, Relation};
use ims_es::group::object::{Group, OrganisationType, Relationship};
use ims_es::keep::take;
use ims_es::lexical::Lexical;
use ims_es::membership::object::{HOME_ORGANISATION, Member, MemberIdType, Membership, MembershipIdPair};
use ims_es::person::object::{Person, PersonIdPair, PersonRelationship};
use store::ims::{GroupKind, GroupRow, MembershipRow, PersonRow, Reading, Relatives};

use super::error::ServeError;

/// The word of the protocol for what a group is.
pub(super) fn organisation_type(kind: GroupKind) -> OrganisationType {
    match kind {
        GroupKind::Site => OrganisationType::Site,
        GroupKind::School => OrganisationType::School,
        GroupKind::Course => OrganisationType::Course,
        GroupKind::CourseGroup => OrganisationType::CourseGroup,
        GroupKind::Unspecified => OrganisationType::Unspecified,
    }
}

/// What a group is, by the word of the protocol.
pub(super) fn group_kind(organisation_type: OrganisationType) -> GroupKind {
    match organisation_type {
        OrganisationType::Site => GroupKind::Site,
        OrganisationType::School => GroupKind::School,
        OrganisationType::Course => GroupKind::Course,
        OrganisationType::CourseGroup => GroupKind::CourseGroup,
        OrganisationType::Unspecified => GroupKind::Unspecified,
    }
}

/// A group, with its type and its parent (facts/ims-es.md §2.4, §3.1).
pub(super) fn group(row: &GroupRow) -> Result<Group, ServeError> {
    let kept: Group = take(&row.body)?;
    let parent = row.parent.map(|_| Relationship {
        relation: Lexical::Value(Relation::Parent),
        source_id: Some(row.parent_key.to_string()).filter(|key| !key.is_empty()),
        label: Some(row.parent_title.to_string()).filter(|title| !title.is_empty()),
    });
    Ok(Group {
        group_type: Some(organisation_type(row.kind).to_group_type()),
        relationships: parent.into_iter().collect(),
        description: kept.description.as_ref().map(|description| description.as_read()),
        ..kept
    })
}

/// A person, with the relatives (facts/ims-es.md §5.2).
pub(super) async fn person(site: &mut Reading, row: &PersonRow) -> Result<Person, ServeError> {
    let mut person: Person = take(&row.body)?;
    let Relatives { parents, children } = site.relatives(row.id).await?;
    if parents.is_empty() && children.is_empty() {
        return Ok(person);
    }
    let relative = |relation, sync_key: reconcile::keys::Text| PersonRelationship {
        relation: Lexical::Value(relation),
        source_id: Some(sync_key.to_string()),
        label: None,
    };
    let mut extension = person.extension.take().unwrap_or_default();
    extension.relationships = parents
        .into_iter()
        .map(|parent| relative(Relation::Parent, parent))
        .chain(children.into_iter().map(|child| relative(Relation::Child, child)))
        .collect();
    person.extension = Some(extension);
    Ok(person)
}

/// A person with the sync key.
pub(super) async fn person_pair(site: &mut Reading, row: &PersonRow) -> Result<PersonIdPair, ServeError> {
    let person = person(site, row).await?;
    Ok(PersonIdPair { sourced_id: Some(row.sync_key.to_string()), person: Some(person) })
}

/// A membership. The home is marked only where it is (facts/ims-es.md §5.1).
pub(super) fn membership(row: &MembershipRow) -> Result<Membership, ServeError> {
    let kept: Membership = take(&row.body)?;
    let mut roles = kept.member.map(|member| member.roles).unwrap_or_default();
    if let Some(role) = roles.first_mut().filter(|_| row.is_home) {
        role.extension.push(ExtensionField::new(HOME_ORGANISATION, "bool", "1"));
    }
    let member = Member {
        member_sourced_id: Some(row.person_key.to_string()),
        id_type: Some(Lexical::Value(MemberIdType::Person)),
        roles,
    };
    Ok(Membership { group_sourced_id: Some(row.group_key.to_string()), member: Some(member) })
}

/// A membership with its sync key.
pub(super) fn membership_pair(row: &MembershipRow) -> Result<MembershipIdPair, ServeError> {
    let membership = membership(row)?;
    Ok(MembershipIdPair { sourced_id: Some(row.sync_key.to_string()), membership: Some(membership) })
}
