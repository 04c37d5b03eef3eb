//! Makes the request of each of the 41 operations out of rows.
//!
//! Not here: what stands in the objects (`objects.rs`), and sending (`mod.rs`).
//!
//! Invariant: there is no operation without its request; the compiler sees to it.

use ims_es::group::change_group_identifier::ChangeGroupIdentifier;
use ims_es::group::change_groups_identifier::ChangeGroupsIdentifier;
use ims_es::group::create_group::CreateGroup;
use ims_es::group::create_groups::CreateGroups;
use ims_es::group::delete_group::DeleteGroup;
use ims_es::group::delete_groups::DeleteGroups;
use ims_es::group::read_group::ReadGroup;
use ims_es::group::read_groups::ReadGroups;
use ims_es::group::read_groups_for_person::ReadGroupsForPerson;
use ims_es::group::replace_group::ReplaceGroup;
use ims_es::group::replace_groups::ReplaceGroups;
use ims_es::group::update_group::UpdateGroup;
use ims_es::group::update_groups::UpdateGroups;
use ims_es::lexical::Lexical;
use ims_es::membership::change_membership_identifier::ChangeMembershipIdentifier;
use ims_es::membership::change_memberships_identifier::ChangeMembershipsIdentifier;
use ims_es::membership::create_membership::CreateMembership;
use ims_es::membership::create_memberships::CreateMemberships;
use ims_es::membership::delete_membership::DeleteMembership;
use ims_es::membership::delete_memberships::DeleteMemberships;
use ims_es::membership::read_membership::ReadMembership;
use ims_es::membership::read_memberships::ReadMemberships;
use ims_es::membership::read_memberships_for_group::ReadMembershipsForGroup;
use ims_es::membership::read_memberships_for_person::ReadMembershipsForPerson;
use ims_es::membership::replace_membership::ReplaceMembership;
use ims_es::membership::replace_memberships::ReplaceMemberships;
use ims_es::membership::update_membership::UpdateMembership;
use ims_es::membership::update_memberships::UpdateMemberships;
use ims_es::operation::{Call, Operation};
use ims_es::person::change_person_identifier::ChangePersonIdentifier;
use ims_es::person::change_persons_identifier::ChangePersonsIdentifier;
use ims_es::person::create_person::CreatePerson;
use ims_es::person::create_persons::CreatePersons;
use ims_es::person::delete_person::DeletePerson;
use ims_es::person::delete_persons::DeletePersons;
use ims_es::person::read_all_persons::ReadAllPersons;
use ims_es::person::read_person::ReadPerson;
use ims_es::person::read_persons::ReadPersons;
use ims_es::person::read_persons_for_group::ReadPersonsForGroup;
use ims_es::person::replace_person::ReplacePerson;
use ims_es::person::replace_persons::ReplacePersons;
use ims_es::person::update_person::UpdatePerson;
use ims_es::person::update_persons::UpdatePersons;

use super::objects::{group, keys, membership, person};
use super::rows::Row;
use crate::exit::Failure;

/// Does the same thing with the request of any operation.
pub(super) trait CallUser {
    /// What comes of it.
    type Out;
    /// Does it.
    fn with<C: Call>(self, call: &C) -> Self::Out;
}

/// Makes the request of an operation and hands it on.
#[rustfmt::skip]
pub(super) fn build<U: CallUser>(operation: Operation, rows: &[Row], user: U) -> Result<U::Out, Failure> {
    let groups = || rows.iter().map(group).collect();
    let memberships = || rows.iter().map(membership).collect();
    let persons = || rows.iter().map(person).collect();
    let pairs = || rows.iter().map(keys).collect();
    let sourced_ids = || rows.iter().filter_map(|row| row.get("id")).collect();
    let row = &one(operation, rows)?;
    let (sourced_id, new_sourced_id) = (row.get("id"), row.get("new_id"));
    let (person_sourced_id, group_sourced_id) = (row.get("person"), row.get("group"));
    Ok(match operation {
        Operation::CreateGroups => user.with(&CreateGroups { pairs: groups() }),
        Operation::UpdateGroups => user.with(&UpdateGroups { pairs: groups() }),
        Operation::ReplaceGroups => user.with(&ReplaceGroups { pairs: groups() }),
        Operation::DeleteGroups => user.with(&DeleteGroups { sourced_ids: sourced_ids() }),
        Operation::ReadGroups => user.with(&ReadGroups { sourced_ids: sourced_ids() }),
        Operation::ChangeGroupsIdentifier => user.with(&ChangeGroupsIdentifier { pairs: pairs() }),
        Operation::CreateGroup => user.with(&CreateGroup { sourced_id, group: group(row).group }),
        Operation::UpdateGroup => user.with(&UpdateGroup { sourced_id, group: group(row).group }),
        Operation::ReplaceGroup => user.with(&ReplaceGroup { sourced_id, group: group(row).group }),
        Operation::DeleteGroup => user.with(&DeleteGroup { sourced_id }),
        Operation::ReadGroup => user.with(&ReadGroup { sourced_id }),
        Operation::ChangeGroupIdentifier => user.with(&ChangeGroupIdentifier { sourced_id, new_sourced_id }),
        Operation::ReadGroupsForPerson => user.with(&ReadGroupsForPerson { person_sourced_id }),
        Operation::CreateMemberships => user.with(&CreateMemberships { pairs: memberships() }),
        Operation::UpdateMemberships => user.with(&UpdateMemberships { pairs: memberships() }),
        Operation::ReplaceMemberships => user.with(&ReplaceMemberships { pairs: memberships() }),
        Operation::DeleteMemberships => user.with(&DeleteMemberships { sourced_ids: sourced_ids() }),
        Operation::ReadMemberships => user.with(&ReadMemberships { sourced_ids: sourced_ids() }),
        Operation::ChangeMembershipsIdentifier => user.with(&ChangeMembershipsIdentifier { pairs: pairs() }),
        Operation::CreateMembership => user.with(&CreateMembership { sourced_id, membership: membership(row).membership }),
        Operation::UpdateMembership => user.with(&UpdateMembership { sourced_id, membership: membership(row).membership }),
        Operation::ReplaceMembership => user.with(&ReplaceMembership { sourced_id, membership: membership(row).membership }),
        Operation::DeleteMembership => user.with(&DeleteMembership { sourced_id }),
        Operation::ReadMembership => user.with(&ReadMembership { sourced_id }),
        Operation::ChangeMembershipIdentifier => user.with(&ChangeMembershipIdentifier { sourced_id, new_sourced_id }),
        Operation::ReadMembershipsForPerson => user.with(&ReadMembershipsForPerson { person_sourced_id }),
        Operation::ReadMembershipsForGroup => user.with(&ReadMembershipsForGroup { group_sourced_id }),
        Operation::CreatePersons => user.with(&CreatePersons { pairs: persons() }),
        Operation::UpdatePersons => user.with(&UpdatePersons { pairs: persons() }),
        Operation::ReplacePersons => user.with(&ReplacePersons { pairs: persons() }),
        Operation::DeletePersons => user.with(&DeletePersons { sourced_ids: sourced_ids() }),
        Operation::ReadPersons => user.with(&ReadPersons { sourced_ids: sourced_ids() }),
        Operation::ChangePersonsIdentifier => user.with(&ChangePersonsIdentifier { pairs: pairs() }),
        Operation::CreatePerson => user.with(&CreatePerson { sourced_id, person: person(row).person }),
        Operation::UpdatePerson => user.with(&UpdatePerson { sourced_id, person: person(row).person }),
        Operation::ReplacePerson => user.with(&ReplacePerson { sourced_id, person: person(row).person }),
        Operation::DeletePerson => user.with(&DeletePerson { sourced_id }),
        Operation::ReadPerson => user.with(&ReadPerson { sourced_id }),
        Operation::ChangePersonIdentifier => user.with(&ChangePersonIdentifier { sourced_id, new_sourced_id }),
        Operation::ReadPersonsForGroup => user.with(&ReadPersonsForGroup { group_sourced_id }),
        Operation::ReadAllPersons => user.with(&ReadAllPersons {
            page_index: row.get("page").or(Some("1".to_owned())).map(Lexical::read),
            page_size: row.get("page_size").or(Some("100".to_owned())).map(Lexical::read),
            ..ReadAllPersons::default()
        }),
    })
}

/// The only row, for operations with one object.
fn one(operation: Operation, rows: &[Row]) -> Result<Row, Failure> {
    let name = operation.name();
    let is_list = [
        "Groups",
        "Memberships",
        "Persons",
        "GroupsIdentifier",
        "MembershipsIdentifier",
        "PersonsIdentifier",
    ]
    .iter()
    .any(|end| name.ends_with(end));
    match rows {
        [row, ..] if is_list || rows.len() == 1 => Ok(row.clone()),
        [] if is_list => Ok(Row::default()),
        _ => Err(super::rows::usage(
            format!("{name} takes one object, and there are {}", rows.len()),
            "the operation whose name is in the plural takes many",
        )),
    }
}
