//! From an operation, as a value, to the type of its request.
//!
//! Not here: what is done with it. A [`Visitor`] does that for every operation alike: the schema, the lint, the tests.
//!
//! Invariant: there is no operation without a request type; the compiler sees to it.

use crate::operation::{Call, Operation};
use crate::{group, membership, person};

/// Does the same thing for the request type of any operation.
pub trait Visitor {
    /// What comes of it.
    type Out;
    /// Does it.
    fn visit<C: Call>(self) -> Self::Out;
}

/// Does it for the request type of this operation.
pub fn visit<V: Visitor>(operation: Operation, visitor: V) -> V::Out {
    match operation {
        Operation::CreateGroups => visitor.visit::<group::create_groups::CreateGroups>(),
        Operation::UpdateGroups => visitor.visit::<group::update_groups::UpdateGroups>(),
        Operation::DeleteGroups => visitor.visit::<group::delete_groups::DeleteGroups>(),
        Operation::ReplaceGroups => visitor.visit::<group::replace_groups::ReplaceGroups>(),
        Operation::ReadGroups => visitor.visit::<group::read_groups::ReadGroups>(),
        Operation::ChangeGroupsIdentifier => {
            visitor.visit::<group::change_groups_identifier::ChangeGroupsIdentifier>()
        }
        Operation::CreateGroup => visitor.visit::<group::create_group::CreateGroup>(),
        Operation::DeleteGroup => visitor.visit::<group::delete_group::DeleteGroup>(),
        Operation::ReadGroup => visitor.visit::<group::read_group::ReadGroup>(),
        Operation::UpdateGroup => visitor.visit::<group::update_group::UpdateGroup>(),
        Operation::ReplaceGroup => visitor.visit::<group::replace_group::ReplaceGroup>(),
        Operation::ChangeGroupIdentifier => {
            visitor.visit::<group::change_group_identifier::ChangeGroupIdentifier>()
        }
        Operation::ReadGroupsForPerson => {
            visitor.visit::<group::read_groups_for_person::ReadGroupsForPerson>()
        }
        Operation::CreateMemberships => visitor.visit::<membership::create_memberships::CreateMemberships>(),
        Operation::UpdateMemberships => visitor.visit::<membership::update_memberships::UpdateMemberships>(),
        Operation::DeleteMemberships => visitor.visit::<membership::delete_memberships::DeleteMemberships>(),
        Operation::ReplaceMemberships => {
            visitor.visit::<membership::replace_memberships::ReplaceMemberships>()
        }
        Operation::ReadMemberships => visitor.visit::<membership::read_memberships::ReadMemberships>(),
        Operation::ChangeMembershipsIdentifier => {
            visitor.visit::<membership::change_memberships_identifier::ChangeMembershipsIdentifier>()
        }
        Operation::CreateMembership => visitor.visit::<membership::create_membership::CreateMembership>(),
        Operation::DeleteMembership => visitor.visit::<membership::delete_membership::DeleteMembership>(),
        Operation::ReadMembership => visitor.visit::<membership::read_membership::ReadMembership>(),
        Operation::UpdateMembership => visitor.visit::<membership::update_membership::UpdateMembership>(),
        Operation::ReplaceMembership => visitor.visit::<membership::replace_membership::ReplaceMembership>(),
        Operation::ChangeMembershipIdentifier => {
            visitor.visit::<membership::change_membership_identifier::ChangeMembershipIdentifier>()
        }
        Operation::ReadMembershipsForPerson => {
            visitor.visit::<membership::read_memberships_for_person::ReadMembershipsForPerson>()
        }
        Operation::ReadMembershipsForGroup => {
            visitor.visit::<membership::read_memberships_for_group::ReadMembershipsForGroup>()
        }
        Operation::CreatePersons => visitor.visit::<person::create_persons::CreatePersons>(),
        Operation::UpdatePersons => visitor.visit::<person::update_persons::UpdatePersons>(),
        Operation::DeletePersons => visitor.visit::<person::delete_persons::DeletePersons>(),
        Operation::ReplacePersons => visitor.visit::<person::replace_persons::ReplacePersons>(),
        Operation::ReadPersons => visitor.visit::<person::read_persons::ReadPersons>(),
        Operation::ChangePersonsIdentifier => {
            visitor.visit::<person::change_persons_identifier::ChangePersonsIdentifier>()
        }
        Operation::CreatePerson => visitor.visit::<person::create_person::CreatePerson>(),
        Operation::DeletePerson => visitor.visit::<person::delete_person::DeletePerson>(),
        Operation::ReadPerson => visitor.visit::<person::read_person::ReadPerson>(),
        Operation::UpdatePerson => visitor.visit::<person::update_person::UpdatePerson>(),
        Operation::ReplacePerson => visitor.visit::<person::replace_person::ReplacePerson>(),
        Operation::ChangePersonIdentifier => {
            visitor.visit::<person::change_person_identifier::ChangePersonIdentifier>()
        }
        Operation::ReadPersonsForGroup => {
            visitor.visit::<person::read_persons_for_group::ReadPersonsForGroup>()
        }
        Operation::ReadAllPersons => visitor.visit::<person::read_all_persons::ReadAllPersons>(),
    }
}
