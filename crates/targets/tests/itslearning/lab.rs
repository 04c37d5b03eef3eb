//! What the tests stand on: a small school in a simulated itslearning, and the objects of requests.

use std::time::Duration;

use ims_es::common::IdentifierPair;
use ims_es::group::object::{Description, Group, GroupIdPair, OrganisationType, Relationship};
use ims_es::lexical::Lexical;
use ims_es::membership::object::{Member, MemberIdType, Membership, MembershipIdPair, Role, RoleType};
use ims_es::person::object::{
    InstitutionRole, InstitutionRoleType, NamePart, PartName, Person, PersonIdPair, PersonName,
};
use simulators::itslearning::{Server, World};
use targets::itslearning::{Itslearning, ItslearningSettings, Retry};
use targets::secret::Secret;

pub(crate) const PASSWORD: &str = "password-for-tests";

/// Settings that wait as little as possible between attempts, and long for an answer: the machine may be busy.
pub(crate) fn settings(url: &str) -> ItslearningSettings {
    ItslearningSettings {
        timeout: Duration::from_secs(30),
        retry: Retry { times_max: 3, wait_min: Duration::from_millis(1), wait_max: Duration::from_millis(2) },
        ..ItslearningSettings::new(url, "muster", Secret::new(PASSWORD))
    }
}

pub(crate) async fn start(world: World) -> (Server, Itslearning) {
    let server = Server::start(world).await.unwrap();
    let client = Itslearning::new(settings(&server.url())).unwrap();
    (server, client)
}

/// A group in a request.
pub(crate) fn group(key: &str, parent: &str, kind: OrganisationType, title: &str) -> GroupIdPair {
    let description = Description { desc_short: Some(title.to_owned()), ..Description::default() };
    let group = Group {
        group_type: Some(kind.to_group_type()),
        relationships: vec![Relationship::parent(parent)],
        description: Some(description),
        ..Group::default()
    };
    GroupIdPair { sourced_id: Some(key.to_owned()), group: Some(group) }
}

/// So many plain groups below the top.
pub(crate) fn groups(count: usize) -> Vec<GroupIdPair> {
    (0..count)
        .map(|number| group(&format!("g{number:04}"), "root", OrganisationType::Unspecified, "Group"))
        .collect()
}

/// A person in a request.
pub(crate) fn person(key: &str) -> PersonIdPair {
    let part = |part, value: &str| PartName {
        name_part_type: Some(Lexical::Value(part)),
        name_part_value: Some(value.to_owned()),
    };
    let parts = vec![part(NamePart::First, "Ada"), part(NamePart::Last, "Invented")];
    let role = InstitutionRole {
        institution_role_type: Lexical::Value(InstitutionRoleType::Student),
        primary_role_type: Lexical::Value(true),
    };
    let person = Person {
        name: Some(PersonName { name_type: None, part_names: parts }),
        institution_roles: vec![role],
        ..Person::default()
    };
    PersonIdPair { sourced_id: Some(key.to_owned()), person: Some(person) }
}

/// A membership in a request.
pub(crate) fn membership(key: &str, group: &str, person: &str) -> MembershipIdPair {
    let role = Role { role_type: Lexical::Value(RoleType::Learner), ..Role::default() };
    let member = Member {
        member_sourced_id: Some(person.to_owned()),
        id_type: Some(Lexical::Value(MemberIdType::Person)),
        roles: vec![role],
    };
    let membership = Membership { group_sourced_id: Some(group.to_owned()), member: Some(member) };
    MembershipIdPair { sourced_id: Some(key.to_owned()), membership: Some(membership) }
}

/// A change of key in a request.
pub(crate) fn change(old: &str, new: &str) -> IdentifierPair {
    IdentifierPair { first_id: Some(old.to_owned()), second_id: Some(new.to_owned()) }
}
