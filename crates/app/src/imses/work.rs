//! What a request asks for, the same for one item and for many, and how what was found goes back into its reply.
//!
//! Not here: carrying it out (`tasks.rs`, `queries.rs`).
//!
//! Invariant: a request has as many tasks, or keys of a query, as it has items, in their order.

use ims_es::common::IdentifierPair;
use ims_es::group::object::{Group, GroupIdPair};
use ims_es::lexical::Lexical;
use ims_es::membership::object::{Membership, MembershipIdPair};
use ims_es::operation::{Call, Operation};
use ims_es::person::object::{Person, PersonIdPair};
use ims_es::person::read_all_persons::{ReadAllPersons, ReadAllPersonsReply};
use ims_es::policy::Verb;
use ims_es::reply::Done;
use ims_es::{group, membership, person};
use store::ims::ObjectKind;

/// What a request asks for.
#[derive(Clone, Debug)]
pub(super) enum Work {
    /// Something is changed, item by item.
    Change(Vec<Task>),
    /// Something is read.
    Read(Query),
}

/// One item of a request that changes something.
#[derive(Clone, Debug)]
pub(super) enum Task {
    /// Makes or changes an object.
    Put {
        /// What is wanted.
        verb: Verb,
        /// The object's key.
        sync_key: Option<String>,
        /// The object.
        object: Option<Object>,
    },
    /// Deletes an object.
    Delete {
        /// What kind it is.
        kind: ObjectKind,
        /// Its key.
        sync_key: Option<String>,
    },
    /// Gives an object another key.
    Rename {
        /// What kind it is.
        kind: ObjectKind,
        /// The key it has.
        before: Option<String>,
        /// The key it shall have.
        after: Option<String>,
    },
}

/// An object of a request.
#[derive(Clone, Debug)]
pub(super) enum Object {
    /// A group.
    Group(Box<Group>),
    /// A person.
    Person(Box<Person>),
    /// A membership.
    Membership(Box<Membership>),
}

/// What is read.
#[derive(Clone, Debug)]
pub(super) enum Query {
    /// Objects by their keys, one status each.
    Keys(ObjectKind, Vec<Option<String>>),
    /// The groups that a person is in.
    GroupsOfPerson(Option<String>),
    /// The persons in a group.
    PersonsOfGroup(Option<String>),
    /// The memberships of a person.
    MembershipsOfPerson(Option<String>),
    /// The memberships of a group.
    MembershipsOfGroup(Option<String>),
    /// A page of all persons.
    Page(ReadAllPersons),
}

impl Query {
    /// The keys that make up the question; nothing where it is made up of more.
    pub(super) fn keys(&self) -> Option<Vec<Option<String>>> {
        match self {
            Query::Keys(_, keys) => Some(keys.clone()),
            Query::GroupsOfPerson(key)
            | Query::PersonsOfGroup(key)
            | Query::MembershipsOfPerson(key)
            | Query::MembershipsOfGroup(key) => Some(vec![key.clone()]),
            Query::Page(_) => None,
        }
    }
}

/// What was found.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// Nothing, or nothing was asked.
    Nothing,
    /// Groups.
    Groups(Vec<Group>),
    /// Persons without their keys.
    Persons(Vec<Person>),
    /// Persons, and how many there are on all pages.
    PersonPairs(Vec<PersonIdPair>, u64),
    /// Memberships without their keys.
    Memberships(Vec<Membership>),
    /// Memberships.
    MembershipPairs(Vec<MembershipIdPair>),
}

impl Found {
    fn groups(self) -> Vec<Group> {
        if let Found::Groups(groups) = self { groups } else { Vec::new() }
    }

    fn persons(self) -> Vec<Person> {
        if let Found::Persons(persons) = self { persons } else { Vec::new() }
    }

    fn person_pairs(self) -> Vec<PersonIdPair> {
        if let Found::PersonPairs(pairs, _) = self { pairs } else { Vec::new() }
    }

    fn memberships(self) -> Vec<Membership> {
        if let Found::Memberships(memberships) = self { memberships } else { Vec::new() }
    }

    fn membership_pairs(self) -> Vec<MembershipIdPair> {
        if let Found::MembershipPairs(pairs) = self { pairs } else { Vec::new() }
    }
}

/// A request that this server carries out.
pub(super) trait Serve: Call + Send {
    /// Whether it changes something.
    const CHANGES: bool;
    /// What it asks for.
    fn work(self) -> Work;
    /// The reply with what was found.
    fn reply(found: Found) -> Self::Reply;
}

/// Does something for the request type of any operation.
pub(super) trait ServeVisitor {
    /// What comes of it.
    type Out;
    /// Does it.
    fn visit<C: Serve>(self) -> Self::Out;
}

fn put_group(verb: Verb, sync_key: Option<String>, group: Option<Group>) -> Task {
    Task::Put { verb, sync_key, object: group.map(|group| Object::Group(Box::new(group))) }
}

fn put_person(verb: Verb, sync_key: Option<String>, person: Option<Person>) -> Task {
    Task::Put { verb, sync_key, object: person.map(|person| Object::Person(Box::new(person))) }
}

fn put_membership(verb: Verb, sync_key: Option<String>, membership: Option<Membership>) -> Task {
    let object = membership.map(|membership| Object::Membership(Box::new(membership)));
    Task::Put { verb, sync_key, object }
}

fn put_groups(verb: Verb, pairs: Vec<GroupIdPair>) -> Vec<Task> {
    pairs.into_iter().map(|pair| put_group(verb, pair.sourced_id, pair.group)).collect()
}

fn put_persons(verb: Verb, pairs: Vec<PersonIdPair>) -> Vec<Task> {
    pairs.into_iter().map(|pair| put_person(verb, pair.sourced_id, pair.person)).collect()
}

fn put_memberships(verb: Verb, pairs: Vec<MembershipIdPair>) -> Vec<Task> {
    pairs.into_iter().map(|pair| put_membership(verb, pair.sourced_id, pair.membership)).collect()
}

fn delete(kind: ObjectKind, sync_keys: impl IntoIterator<Item = String>) -> Vec<Task> {
    sync_keys.into_iter().map(|sync_key| Task::Delete { kind, sync_key: Some(sync_key) }).collect()
}

fn rename(kind: ObjectKind, pairs: Vec<IdentifierPair>) -> Vec<Task> {
    let task = |pair: IdentifierPair| Task::Rename { kind, before: pair.first_id, after: pair.second_id };
    pairs.into_iter().map(task).collect()
}

fn keys(kind: ObjectKind, sync_keys: Vec<String>) -> Query {
    Query::Keys(kind, sync_keys.into_iter().map(Some).collect())
}

macro_rules! changes {
    (Change) => {
        true
    };
    (Read) => {
        false
    };
}

/// Says of each operation what its request asks for and what its reply holds; and leads from an operation to its request type.
macro_rules! operations {
    ($($operation:ident($call:ident) = $path:path, Work::$way:ident($work:expr), $reply:expr;)+) => {
        $(impl Serve for $path {
            const CHANGES: bool = changes!($way);

            fn work(self) -> Work {
                let $call = self;
                Work::$way($work)
            }

            fn reply(found: Found) -> Self::Reply {
                let reply: fn(Found) -> Self::Reply = $reply;
                reply(found)
            }
        })+

        /// Does it for the request type of this operation.
        pub(super) fn visit<V: ServeVisitor>(operation: Operation, visitor: V) -> V::Out {
            match operation {
                $(Operation::$operation => visitor.visit::<$path>(),)+
            }
        }
    };
}

const DONE: fn(Found) -> Done = |_| Done {};

operations! {
    CreateGroups(call) = group::create_groups::CreateGroups,
        Work::Change(put_groups(Verb::Create, call.pairs)), DONE;
    UpdateGroups(call) = group::update_groups::UpdateGroups,
        Work::Change(put_groups(Verb::Update, call.pairs)), DONE;
    ReplaceGroups(call) = group::replace_groups::ReplaceGroups,
        Work::Change(put_groups(Verb::Replace, call.pairs)), DONE;
    DeleteGroups(call) = group::delete_groups::DeleteGroups,
        Work::Change(delete(ObjectKind::Group, call.sourced_ids)), DONE;
    ReadGroups(call) = group::read_groups::ReadGroups,
        Work::Read(keys(ObjectKind::Group, call.sourced_ids)),
        |found| group::read_groups::ReadGroupsReply { groups: found.groups() };
    ChangeGroupsIdentifier(call) = group::change_groups_identifier::ChangeGroupsIdentifier,
        Work::Change(rename(ObjectKind::Group, call.pairs)), DONE;
    CreateGroup(call) = group::create_group::CreateGroup,
        Work::Change(vec![put_group(Verb::Create, call.sourced_id, call.group)]), DONE;
    UpdateGroup(call) = group::update_group::UpdateGroup,
        Work::Change(vec![put_group(Verb::Update, call.sourced_id, call.group)]), DONE;
    ReplaceGroup(call) = group::replace_group::ReplaceGroup,
        Work::Change(vec![put_group(Verb::Replace, call.sourced_id, call.group)]), DONE;
    DeleteGroup(call) = group::delete_group::DeleteGroup,
        Work::Change(vec![Task::Delete { kind: ObjectKind::Group, sync_key: call.sourced_id }]), DONE;
    ReadGroup(call) = group::read_group::ReadGroup,
        Work::Read(Query::Keys(ObjectKind::Group, vec![call.sourced_id])),
        |found| group::read_group::ReadGroupReply { group: found.groups().pop() };
    ChangeGroupIdentifier(call) = group::change_group_identifier::ChangeGroupIdentifier,
        Work::Change(vec![Task::Rename {
            kind: ObjectKind::Group, before: call.sourced_id, after: call.new_sourced_id,
        }]), DONE;
    ReadGroupsForPerson(call) = group::read_groups_for_person::ReadGroupsForPerson,
        Work::Read(Query::GroupsOfPerson(call.person_sourced_id)),
        |found| group::read_groups_for_person::ReadGroupsForPersonReply { groups: found.groups() };
    CreateMemberships(call) = membership::create_memberships::CreateMemberships,
        Work::Change(put_memberships(Verb::Create, call.pairs)), DONE;
    UpdateMemberships(call) = membership::update_memberships::UpdateMemberships,
        Work::Change(put_memberships(Verb::Update, call.pairs)), DONE;
    ReplaceMemberships(call) = membership::replace_memberships::ReplaceMemberships,
        Work::Change(put_memberships(Verb::Replace, call.pairs)), DONE;
    DeleteMemberships(call) = membership::delete_memberships::DeleteMemberships,
        Work::Change(delete(ObjectKind::Membership, call.sourced_ids)), DONE;
    ReadMemberships(call) = membership::read_memberships::ReadMemberships,
        Work::Read(keys(ObjectKind::Membership, call.sourced_ids)),
        |found| membership::read_memberships::ReadMembershipsReply { memberships: found.memberships() };
    ChangeMembershipsIdentifier(call) = membership::change_memberships_identifier::ChangeMembershipsIdentifier,
        Work::Change(rename(ObjectKind::Membership, call.pairs)), DONE;
    CreateMembership(call) = membership::create_membership::CreateMembership,
        Work::Change(vec![put_membership(Verb::Create, call.sourced_id, call.membership)]), DONE;
    UpdateMembership(call) = membership::update_membership::UpdateMembership,
        Work::Change(vec![put_membership(Verb::Update, call.sourced_id, call.membership)]), DONE;
    ReplaceMembership(call) = membership::replace_membership::ReplaceMembership,
        Work::Change(vec![put_membership(Verb::Replace, call.sourced_id, call.membership)]), DONE;
    DeleteMembership(call) = membership::delete_membership::DeleteMembership,
        Work::Change(vec![Task::Delete { kind: ObjectKind::Membership, sync_key: call.sourced_id }]), DONE;
    ReadMembership(call) = membership::read_membership::ReadMembership,
        Work::Read(Query::Keys(ObjectKind::Membership, vec![call.sourced_id])),
        |found| membership::read_membership::ReadMembershipReply { membership: found.memberships().pop() };
    ChangeMembershipIdentifier(call) = membership::change_membership_identifier::ChangeMembershipIdentifier,
        Work::Change(vec![Task::Rename {
            kind: ObjectKind::Membership, before: call.sourced_id, after: call.new_sourced_id,
        }]), DONE;
    ReadMembershipsForPerson(call) = membership::read_memberships_for_person::ReadMembershipsForPerson,
        Work::Read(Query::MembershipsOfPerson(call.person_sourced_id)),
        |found| membership::read_memberships_for_person::ReadMembershipsForPersonReply {
            pairs: found.membership_pairs(),
        };
    ReadMembershipsForGroup(call) = membership::read_memberships_for_group::ReadMembershipsForGroup,
        Work::Read(Query::MembershipsOfGroup(call.group_sourced_id)),
        |found| membership::read_memberships_for_group::ReadMembershipsForGroupReply {
            pairs: found.membership_pairs(),
        };
    CreatePersons(call) = person::create_persons::CreatePersons,
        Work::Change(put_persons(Verb::Create, call.pairs)), DONE;
    UpdatePersons(call) = person::update_persons::UpdatePersons,
        Work::Change(put_persons(Verb::Update, call.pairs)), DONE;
    ReplacePersons(call) = person::replace_persons::ReplacePersons,
        Work::Change(put_persons(Verb::Replace, call.pairs)), DONE;
    DeletePersons(call) = person::delete_persons::DeletePersons,
        Work::Change(delete(ObjectKind::Person, call.sourced_ids)), DONE;
    ReadPersons(call) = person::read_persons::ReadPersons,
        Work::Read(keys(ObjectKind::Person, call.sourced_ids)),
        |found| person::read_persons::ReadPersonsReply { persons: found.persons() };
    ChangePersonsIdentifier(call) = person::change_persons_identifier::ChangePersonsIdentifier,
        Work::Change(rename(ObjectKind::Person, call.pairs)), DONE;
    CreatePerson(call) = person::create_person::CreatePerson,
        Work::Change(vec![put_person(Verb::Create, call.sourced_id, call.person)]), DONE;
    UpdatePerson(call) = person::update_person::UpdatePerson,
        Work::Change(vec![put_person(Verb::Update, call.sourced_id, call.person)]), DONE;
    ReplacePerson(call) = person::replace_person::ReplacePerson,
        Work::Change(vec![put_person(Verb::Replace, call.sourced_id, call.person)]), DONE;
    DeletePerson(call) = person::delete_person::DeletePerson,
        Work::Change(vec![Task::Delete { kind: ObjectKind::Person, sync_key: call.sourced_id }]), DONE;
    ReadPerson(call) = person::read_person::ReadPerson,
        Work::Read(Query::Keys(ObjectKind::Person, vec![call.sourced_id])),
        |found| person::read_person::ReadPersonReply { person: found.persons().pop() };
    ChangePersonIdentifier(call) = person::change_person_identifier::ChangePersonIdentifier,
        Work::Change(vec![Task::Rename {
            kind: ObjectKind::Person, before: call.sourced_id, after: call.new_sourced_id,
        }]), DONE;
    ReadPersonsForGroup(call) = person::read_persons_for_group::ReadPersonsForGroup,
        Work::Read(Query::PersonsOfGroup(call.group_sourced_id)),
        |found| person::read_persons_for_group::ReadPersonsForGroupReply { pairs: found.person_pairs() };
    ReadAllPersons(call) = ReadAllPersons,
        Work::Read(Query::Page(call)),
        |found| {
            let count = if let Found::PersonPairs(_, count) = &found { *count } else { 0 };
            let virtual_count = Lexical::Value(i32::try_from(count).unwrap_or(i32::MAX));
            ReadAllPersonsReply { pairs: found.person_pairs(), virtual_count }
        };
}
