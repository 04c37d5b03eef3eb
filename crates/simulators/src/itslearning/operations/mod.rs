//! What each of the 41 operations does: it takes the request apart into items, carries out each by itself, and puts the
//! answer together.
//!
//! Not here: the rules of each kind of object (`groups.rs`, `memberships.rs`, `persons.rs`), and HTTP (`wire/`).
//!
//! Invariant: items are carried out in order, and one that is refused does not stop the others (facts/ims-es.md §2.2).
//! Invariant: there is one status for each item, in order, also where a fault keeps the item from being done.

mod courses;
mod desk;
mod fields;
mod groups;
mod keys;
mod memberships;
pub(super) mod persons;
mod readable;

use ims_es::common::IdentifierPair;
use ims_es::envelope::OpenMessage;
use ims_es::group::change_group_identifier::ChangeGroupIdentifier;
use ims_es::group::change_groups_identifier::ChangeGroupsIdentifier;
use ims_es::group::create_group::CreateGroup;
use ims_es::group::create_groups::CreateGroups;
use ims_es::group::delete_group::DeleteGroup;
use ims_es::group::delete_groups::DeleteGroups;
use ims_es::group::object::GroupIdPair;
use ims_es::group::read_group::{ReadGroup, ReadGroupReply};
use ims_es::group::read_groups::{ReadGroups, ReadGroupsReply};
use ims_es::group::read_groups_for_person::{ReadGroupsForPerson, ReadGroupsForPersonReply};
use ims_es::group::replace_group::ReplaceGroup;
use ims_es::group::replace_groups::ReplaceGroups;
use ims_es::group::update_group::UpdateGroup;
use ims_es::group::update_groups::UpdateGroups;
use ims_es::membership::change_membership_identifier::ChangeMembershipIdentifier;
use ims_es::membership::change_memberships_identifier::ChangeMembershipsIdentifier;
use ims_es::membership::create_membership::CreateMembership;
use ims_es::membership::create_memberships::CreateMemberships;
use ims_es::membership::delete_membership::DeleteMembership;
use ims_es::membership::delete_memberships::DeleteMemberships;
use ims_es::membership::object::MembershipIdPair;
use ims_es::membership::read_membership::{ReadMembership, ReadMembershipReply};
use ims_es::membership::read_memberships::{ReadMemberships, ReadMembershipsReply};
use ims_es::membership::read_memberships_for_group::{ReadMembershipsForGroup, ReadMembershipsForGroupReply};
use ims_es::membership::read_memberships_for_person::{
    ReadMembershipsForPerson, ReadMembershipsForPersonReply,
};
use ims_es::membership::replace_membership::ReplaceMembership;
use ims_es::membership::replace_memberships::ReplaceMemberships;
use ims_es::membership::update_membership::UpdateMembership;
use ims_es::membership::update_memberships::UpdateMemberships;
use ims_es::operation::Operation;
use ims_es::person::change_person_identifier::ChangePersonIdentifier;
use ims_es::person::change_persons_identifier::ChangePersonsIdentifier;
use ims_es::person::create_person::CreatePerson;
use ims_es::person::create_persons::CreatePersons;
use ims_es::person::delete_person::DeletePerson;
use ims_es::person::delete_persons::DeletePersons;
use ims_es::person::object::PersonIdPair;
use ims_es::person::read_all_persons::ReadAllPersons;
use ims_es::person::read_person::{ReadPerson, ReadPersonReply};
use ims_es::person::read_persons::{ReadPersons, ReadPersonsReply};
use ims_es::person::read_persons_for_group::{ReadPersonsForGroup, ReadPersonsForGroupReply};
use ims_es::person::replace_person::ReplacePerson;
use ims_es::person::replace_persons::ReplacePersons;
use ims_es::person::update_person::UpdatePerson;
use ims_es::person::update_persons::UpdatePersons;

pub(super) use desk::{Answered, Desk, Share};

use super::wire::Refused;

/// What a writing operation does with what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    /// Makes, or updates what is there.
    Create,
    /// Changes only what was sent.
    Update,
    /// Empties what was not sent.
    Replace,
}

/// An old and a new key.
struct Pair {
    old: Option<String>,
    new: Option<String>,
}

impl From<IdentifierPair> for Pair {
    fn from(pair: IdentifierPair) -> Pair {
        Pair { old: pair.first_id, new: pair.second_id }
    }
}

/// Takes a request with one object apart.
macro_rules! one {
    ($request:ident, $pair:ident { $object:ident }) => {
        |call: $request| vec![$pair { sourced_id: call.sourced_id, $object: call.$object }]
    };
    ($request:ident key) => {
        |call: $request| vec![call.sourced_id]
    };
    ($request:ident keys) => {
        |call: $request| vec![Pair { old: call.sourced_id, new: call.new_sourced_id }]
    };
}

/// Takes a request with a list apart.
macro_rules! many {
    ($request:ident, pairs) => {
        |call: $request| call.pairs
    };
    ($request:ident key) => {
        |call: $request| call.sourced_ids.into_iter().map(Some).collect::<Vec<_>>()
    };
    ($request:ident keys) => {
        |call: $request| call.pairs.into_iter().map(Pair::from).collect::<Vec<_>>()
    };
}

/// Carries out the request in an open message.
#[rustfmt::skip]
pub(super) fn carry_out(
    mut desk: Desk<'_>,
    operation: Operation,
    message: OpenMessage<'_>,
) -> Result<Answered, Refused> {
    use Verb::{Create, Replace, Update};
    let desk = &mut desk;
    match operation {
        Operation::CreateGroup => desk.write(message, one!(CreateGroup, GroupIdPair { group }), |world, pair| groups::write(world, pair, Create)),
        Operation::UpdateGroup => desk.write(message, one!(UpdateGroup, GroupIdPair { group }), |world, pair| groups::write(world, pair, Update)),
        Operation::ReplaceGroup => desk.write(message, one!(ReplaceGroup, GroupIdPair { group }), |world, pair| groups::write(world, pair, Replace)),
        Operation::CreateGroups => desk.write(message, many!(CreateGroups, pairs), |world, pair| groups::write(world, pair, Create)),
        Operation::UpdateGroups => desk.write(message, many!(UpdateGroups, pairs), |world, pair| groups::write(world, pair, Update)),
        Operation::ReplaceGroups => desk.write(message, many!(ReplaceGroups, pairs), |world, pair| groups::write(world, pair, Replace)),
        Operation::DeleteGroup => desk.write(message, one!(DeleteGroup key), |world, key| groups::delete(world, key.as_deref())),
        Operation::DeleteGroups => desk.write(message, many!(DeleteGroups key), |world, key| groups::delete(world, key.as_deref())),
        Operation::ChangeGroupIdentifier => desk.write(message, one!(ChangeGroupIdentifier keys), |world, pair| groups::change(world, &pair)),
        Operation::ChangeGroupsIdentifier => desk.write(message, many!(ChangeGroupsIdentifier keys), |world, pair| groups::change(world, &pair)),
        Operation::ReadGroup => desk.read(message, one!(ReadGroup key), |world, key| groups::read(world, key.as_deref()),
            |found| ReadGroupReply { group: found.into_iter().next() }),
        Operation::ReadGroups => desk.read(message, many!(ReadGroups key), |world, key| groups::read(world, key.as_deref()),
            |groups| ReadGroupsReply { groups }),
        Operation::ReadGroupsForPerson => desk.read(message, |call: ReadGroupsForPerson| vec![call.person_sourced_id],
            |world, key| groups::read_for_person(world, key.as_deref()), |found| ReadGroupsForPersonReply { groups: found.concat() }),

        Operation::CreateMembership => desk.write(message, one!(CreateMembership, MembershipIdPair { membership }), |world, pair| memberships::write(world, pair, Create)),
        Operation::UpdateMembership => desk.write(message, one!(UpdateMembership, MembershipIdPair { membership }), |world, pair| memberships::write(world, pair, Update)),
        Operation::ReplaceMembership => desk.write(message, one!(ReplaceMembership, MembershipIdPair { membership }), |world, pair| memberships::write(world, pair, Replace)),
        Operation::CreateMemberships => desk.write(message, many!(CreateMemberships, pairs), |world, pair| memberships::write(world, pair, Create)),
        Operation::UpdateMemberships => desk.write(message, many!(UpdateMemberships, pairs), |world, pair| memberships::write(world, pair, Update)),
        Operation::ReplaceMemberships => desk.write(message, many!(ReplaceMemberships, pairs), |world, pair| memberships::write(world, pair, Replace)),
        Operation::DeleteMembership => desk.write(message, one!(DeleteMembership key), |world, key| memberships::delete(world, key.as_deref())),
        Operation::DeleteMemberships => desk.write(message, many!(DeleteMemberships key), |world, key| memberships::delete(world, key.as_deref())),
        Operation::ChangeMembershipIdentifier => desk.write(message, one!(ChangeMembershipIdentifier keys), |world, pair| keys::change(&mut world.memberships, &pair)),
        Operation::ChangeMembershipsIdentifier => desk.write(message, many!(ChangeMembershipsIdentifier keys), |world, pair| keys::change(&mut world.memberships, &pair)),
        Operation::ReadMembership => desk.read(message, one!(ReadMembership key), |world, key| memberships::read(world, key.as_deref()),
            |found| ReadMembershipReply { membership: found.into_iter().next() }),
        Operation::ReadMemberships => desk.read(message, many!(ReadMemberships key), |world, key| memberships::read(world, key.as_deref()),
            |memberships| ReadMembershipsReply { memberships }),
        Operation::ReadMembershipsForPerson => desk.read(message, |call: ReadMembershipsForPerson| vec![call.person_sourced_id],
            |world, key| memberships::read_for_person(world, key.as_deref()), |found| ReadMembershipsForPersonReply { pairs: found.concat() }),
        Operation::ReadMembershipsForGroup => desk.read(message, |call: ReadMembershipsForGroup| vec![call.group_sourced_id],
            |world, key| memberships::read_for_group(world, key.as_deref()), |found| ReadMembershipsForGroupReply { pairs: found.concat() }),

        Operation::CreatePerson => desk.write(message, one!(CreatePerson, PersonIdPair { person }), |world, pair| persons::write(world, pair, Create)),
        Operation::UpdatePerson => desk.write(message, one!(UpdatePerson, PersonIdPair { person }), |world, pair| persons::write(world, pair, Update)),
        Operation::ReplacePerson => desk.write(message, one!(ReplacePerson, PersonIdPair { person }), |world, pair| persons::write(world, pair, Replace)),
        Operation::CreatePersons => desk.write(message, many!(CreatePersons, pairs), |world, pair| persons::write(world, pair, Create)),
        Operation::UpdatePersons => desk.write(message, many!(UpdatePersons, pairs), |world, pair| persons::write(world, pair, Update)),
        Operation::ReplacePersons => desk.write(message, many!(ReplacePersons, pairs), |world, pair| persons::write(world, pair, Replace)),
        Operation::DeletePerson => desk.write(message, one!(DeletePerson key), |world, key| persons::delete(world, key.as_deref())),
        Operation::DeletePersons => desk.write(message, many!(DeletePersons key), |world, key| persons::delete(world, key.as_deref())),
        Operation::ChangePersonIdentifier => desk.write(message, one!(ChangePersonIdentifier keys), |world, pair| keys::change(&mut world.persons, &pair)),
        Operation::ChangePersonsIdentifier => desk.write(message, many!(ChangePersonsIdentifier keys), |world, pair| keys::change(&mut world.persons, &pair)),
        Operation::ReadPerson => desk.read(message, one!(ReadPerson key), |world, key| persons::read(world, key.as_deref()),
            |found| ReadPersonReply { person: found.into_iter().next() }),
        Operation::ReadPersons => desk.read(message, many!(ReadPersons key), |world, key| persons::read(world, key.as_deref()),
            |persons| ReadPersonsReply { persons }),
        Operation::ReadPersonsForGroup => desk.read_with_remark(message, |call: ReadPersonsForGroup| vec![call.group_sourced_id],
            |world, key| persons::read_for_group(world, key.as_deref()), |found| ReadPersonsForGroupReply { pairs: found.concat() }),
        Operation::ReadAllPersons => desk.read(message, |call: ReadAllPersons| vec![call], |world, call| persons::read_all(world, &call),
            |found| found.into_iter().next().unwrap_or_default()),
    }
}
