//! The messages in `tests/fixtures`, and the values that they hold.
//!
//! Not for the program: tests only. The messages were written by hand and by other programs, never by this codec.

use std::fmt::Debug;

use crate::common::{ExtensionField, Secret, UserId};
use crate::envelope::{
    CallHeader, Reply, ReplyHeader, open, read_reply, write_call, write_call_items, write_reply,
};
use crate::group::object::{Description, Group, OrganisationType, Relationship};
use crate::lexical::Lexical;
use crate::limits::Limits;
use crate::membership::object::{Member, MemberIdType, Membership, MembershipIdPair, Role, RoleType};
use crate::name::Remark;
use crate::operation::{Call, Streamed};
use crate::person::object::{
    Demographics, Gender, InstitutionRole, InstitutionRoleType, NamePart, PartName, Person, PersonExtension,
    PersonIdPair, PersonName, PersonRelationship,
};
use crate::security::Timestamp;
use crate::status_info::{StatusBlock, StatusInfo};
use crate::time::{Date, UtcTime};

/// The bytes of a fixture.
pub(crate) fn bytes(path: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every fixture, by its path under `tests/fixtures`.
pub(crate) fn all() -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut open = vec![root.clone()];
    let mut paths = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                paths.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    paths.sort();
    paths
}

/// Reads a fixture as a request.
pub(crate) fn read_call<C: Call>(path: &str) -> (C, Vec<Remark>) {
    let bytes = bytes(path);
    let opened = open(bytes.as_slice(), Limits::default()).unwrap();
    assert_eq!(opened.operation(), Some(C::OPERATION), "{path}");
    let read = opened.call::<C>().unwrap();
    (read.value, read.remarks)
}

/// The fixture holds this request, and what we write for it reads back as the same.
pub(crate) fn check_call<C: Call + Debug + PartialEq>(path: &str, expected: &C) {
    let (found, remarks) = read_call::<C>(path);
    assert_eq!(&found, expected, "{path}");
    assert_eq!(remarks, [], "{path}");
    assert_eq!(&read_back(expected), expected, "{path}");
}

/// Writes a request and reads it.
pub(crate) fn read_back<C: Call>(call: &C) -> C {
    let mut out = Vec::new();
    write_call(&mut out, &CallHeader::new("msg-1", "demo", "password-for-tests"), call).unwrap();
    let read = open(out.as_slice(), Limits::default()).unwrap().call::<C>().unwrap();
    assert_eq!(read.remarks, [], "{}", String::from_utf8_lossy(&out));
    read.value
}

/// Like [`check_call`], and item by item in both directions.
pub(crate) fn check_items<C>(path: &str, expected: &C, items: &[C::Item])
where
    C: Call + Streamed + Debug + PartialEq,
    C::Item: Clone + Debug + PartialEq,
{
    check_call(path, expected);
    let bytes = bytes(path);
    let mut reading = open(bytes.as_slice(), Limits::default()).unwrap().items::<C>().unwrap();
    for item in items {
        assert_eq!(reading.next_item().unwrap().as_ref(), Some(item), "{path}");
    }
    assert_eq!(reading.next_item().unwrap(), None, "{path}");
    assert_eq!(reading.finish().unwrap(), [], "{path}");

    let header = CallHeader::new("msg-1", "demo", "password-for-tests");
    let (mut whole, mut streamed) = (Vec::new(), Vec::new());
    write_call(&mut whole, &header, expected).unwrap();
    write_call_items::<C>(&mut streamed, &header, items.iter().cloned()).unwrap();
    assert_eq!(String::from_utf8(whole), String::from_utf8(streamed));
}

/// A status in short: `failure/error/groupmanagement/invaliddata`.
pub(crate) fn said(status: &StatusInfo) -> String {
    let mut parts = vec![status.code_major.text(), status.severity.text()];
    for field in &status.code_minor {
        parts.extend(field.code_minor_name.clone());
        parts.extend(field.code_minor_value.clone());
    }
    parts.join("/")
}

/// The fixture answers a call with so many items, with these statuses and this body, and what we write for it reads back as the same.
pub(crate) fn check_reply<C>(path: &str, items: usize, expected: &[&str], body: &C::Reply)
where
    C: Call,
    C::Reply: Clone + Debug + PartialEq,
{
    let bytes = bytes(path);
    let reply: Reply<C> = read_reply(bytes.as_slice(), Limits::default(), items).unwrap();
    let found: Vec<String> = reply.status.statuses().iter().map(said).collect();
    assert_eq!(found, expected, "{path}");
    assert_eq!(&reply.body, body, "{path}");
    assert_eq!(reply.remarks, [], "{path}");

    let header = ReplyHeader {
        message_identifier: reply.message_identifier.clone().unwrap_or_default(),
        status: reply.status.clone(),
        timestamp: Some(Timestamp::from_now(UtcTime { unix_ms: 0 })),
    };
    let mut out = Vec::new();
    write_reply::<C>(&mut out, &header, body).unwrap();
    let again: Reply<C> = read_reply(out.as_slice(), Limits::default(), items).unwrap();
    assert_eq!(again.status.statuses(), reply.status.statuses(), "{path}");
    assert_eq!(&again.body, body, "{path}");
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// A school below the root, with a legal id.
pub(crate) fn school() -> Group {
    Group {
        group_type: Some(OrganisationType::School.to_group_type()),
        relationships: vec![Relationship::parent("root")],
        description: Some(Description { desc_short: text("School one"), ..Description::default() }),
        extension: vec![ExtensionField::new("LegalId", "String", "4711")],
        ..Group::default()
    }
}

/// A course in that school, whose credits are not set.
pub(crate) fn course() -> Group {
    let description =
        Description { desc_short: text("Biology 7"), desc_long: text("Plants & animals"), desc_full: None };
    Group {
        relationships: vec![Relationship::parent("school-1")],
        description: Some(description),
        extension: vec![
            ExtensionField::new("course", "String", "Biology"),
            ExtensionField::new("course/credit", "String", ""),
        ],
        ..Group::default()
    }
}

fn membership(person: &str, role: Role) -> Membership {
    let member = Member {
        member_sourced_id: text(person),
        id_type: Some(Lexical::Value(MemberIdType::Person)),
        roles: vec![role],
    };
    Membership { group_sourced_id: text("school-1"), member: Some(member) }
}

/// Ada learns at the school, which is her home.
pub(crate) fn learner() -> Membership {
    let role = Role {
        role_type: Lexical::Value(RoleType::Learner),
        status: Some(Lexical::Value(true)),
        extension: vec![ExtensionField::new("HomeOrganisation", "bool", "1")],
        ..Role::default()
    };
    membership("person-1", role)
}

/// Ben teaches there. His type and his role were sent as numbers.
pub(crate) fn teacher() -> Membership {
    membership("person-2", Role { role_type: Lexical::Value(RoleType::Instructor), ..Role::default() })
}

/// Both memberships with their keys.
pub(crate) fn membership_pairs() -> Vec<MembershipIdPair> {
    [("m-1", learner()), ("m-2", teacher())]
        .map(|(id, membership)| MembershipIdPair { sourced_id: text(id), membership: Some(membership) })
        .to_vec()
}

fn name(first: &str, last: &str) -> Option<PersonName> {
    let part =
        |kind, value| PartName { name_part_type: Some(Lexical::Value(kind)), name_part_value: text(value) };
    let part_names = vec![part(NamePart::First, first), part(NamePart::Last, last)];
    Some(PersonName { name_type: None, part_names })
}

/// Ada, a student.
pub(crate) fn ada() -> Person {
    let user_id = UserId {
        user_id_value: text("ada.invented"),
        pass_word: Some(Secret::new("password-for-tests".to_owned())),
        ..UserId::default()
    };
    let bday = Some(Lexical::Value(Date { year: 2010, month: 1, day: 31 }));
    let demographics =
        Demographics { gender: Lexical::Value(Gender::Female), disabilities: Vec::new(), bday };
    let role = InstitutionRole {
        institution_role_type: Lexical::Value(InstitutionRoleType::Student),
        primary_role_type: Lexical::Value(true),
    };
    Person {
        name: name("Ada", "Invented"),
        email: text("ada@example.ac.uk"),
        user_id: Some(user_id),
        demographics: Some(demographics),
        institution_roles: vec![role],
        ..Person::default()
    }
}

/// Ben, Ada's father, whose role is not in the schema's list.
pub(crate) fn ben() -> Person {
    let role = InstitutionRole {
        institution_role_type: Lexical::Text("System Administrator".to_owned()),
        primary_role_type: Lexical::Value(true),
    };
    let relationship = PersonRelationship {
        relation: Lexical::Value(crate::common::Relation::Child),
        source_id: text("person-1"),
        label: None,
    };
    Person {
        name: name("Ben", "Invented"),
        institution_roles: vec![role],
        extension: Some(PersonExtension { fields: Vec::new(), relationships: vec![relationship] }),
        ..Person::default()
    }
}

/// Both persons with their keys.
pub(crate) fn person_pairs() -> Vec<PersonIdPair> {
    [("person-1", ada()), ("person-2", ben())]
        .map(|(id, person)| PersonIdPair { sourced_id: text(id), person: Some(person) })
        .to_vec()
}
