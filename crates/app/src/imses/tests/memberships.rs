//! The membership functions, homes, and what they make others say (facts/ims-es.md §5.1).

use ims_es::common::ExtensionField;
use ims_es::group::create_groups::CreateGroups;
use ims_es::group::delete_group::DeleteGroup;
use ims_es::group::object::OrganisationType;
use ims_es::group::read_groups_for_person::ReadGroupsForPerson;
use ims_es::lexical::Lexical;
use ims_es::membership::change_memberships_identifier::ChangeMembershipsIdentifier;
use ims_es::membership::create_membership::CreateMembership;
use ims_es::membership::create_memberships::CreateMemberships;
use ims_es::membership::delete_memberships::DeleteMemberships;
use ims_es::membership::object::{HOME_ORGANISATION, Member, Membership, MembershipIdPair, Role};
use ims_es::membership::read_memberships::ReadMemberships;
use ims_es::membership::read_memberships_for_group::ReadMembershipsForGroup;
use ims_es::membership::read_memberships_for_person::ReadMembershipsForPerson;
use ims_es::membership::replace_membership::ReplaceMembership;
use ims_es::membership::update_membership::UpdateMembership;
use ims_es::person::delete_person::DeletePerson;
use ims_es::person::read_persons_for_group::ReadPersonsForGroup;

use super::{Campus, course, group, pair, persons, renaming, settings};

pub(super) fn membership(group: &str, person: &str, role: &str, home: Option<&str>) -> Membership {
    let extension = home.map(|value| ExtensionField::new(HOME_ORGANISATION, "bool", value));
    let role = Role {
        role_type: Lexical::read(role.to_owned()),
        extension: extension.into_iter().collect(),
        ..Role::default()
    };
    let member = Member { member_sourced_id: Some(person.to_owned()), id_type: None, roles: vec![role] };
    Membership { group_sourced_id: Some(group.to_owned()), member: Some(member) }
}

fn create(key: &str, membership: Membership) -> CreateMembership {
    CreateMembership { sourced_id: Some(key.to_owned()), membership: Some(membership) }
}

/// Two schools, a course and three persons.
async fn campus() -> Campus {
    let campus = Campus::open().await;
    let pairs = vec![
        pair("school", group(OrganisationType::School, "root", "School")),
        pair("school-2", group(OrganisationType::School, "root", "School 2")),
        pair("course", course("school", "Biology")),
    ];
    campus.check(&CreateGroups { pairs }, &["ok"; 3]).await;
    persons::create(&campus, &["p1", "p2", "p3"]).await;
    campus
}

/// The keys of a person's memberships, the home marked.
async fn memberships_of(campus: &Campus, person: &str) -> Vec<String> {
    let call = ReadMembershipsForPerson { person_sourced_id: Some(person.to_owned()) };
    let pairs = campus.check(&call, &["ok"]).await.pairs;
    let shown = |pair: MembershipIdPair| {
        let roles = pair.membership.unwrap().member.unwrap().roles;
        let home = if roles[0].home_organisation() == Ok(Some(true)) { " home" } else { "" };
        format!("{} {}{home}", pair.sourced_id.unwrap(), roles[0].role_type.text())
    };
    pairs.into_iter().map(shown).collect()
}

#[tokio::test]
async fn s16_memberships_are_made_read_from_both_ends_changed_and_deleted() {
    let campus = campus().await;
    let pairs = vec![
        MembershipIdPair {
            sourced_id: Some("m1".into()),
            membership: Some(membership("course", "p1", "01", None)),
        },
        MembershipIdPair {
            sourced_id: Some("m2".into()),
            membership: Some(membership("course", "p2", "Instructor", None)),
        },
        MembershipIdPair {
            sourced_id: Some("m3".into()),
            membership: Some(membership("nowhere", "p2", "Learner", None)),
        },
        MembershipIdPair {
            sourced_id: Some("m4".into()),
            membership: Some(membership("course", "nobody", "Learner", None)),
        },
        MembershipIdPair {
            sourced_id: Some("m5".into()),
            membership: Some(membership("course", "p1", "Learner", None)),
        },
    ];
    campus
        .check(&CreateMemberships { pairs }, &["ok", "ok", "invaliddata", "invaliddata", "invaliddata"])
        .await;
    assert_eq!(memberships_of(&campus, "p1").await, ["m1 Learner"]);
    let of_group = ReadMembershipsForGroup { group_sourced_id: Some("course".into()) };
    assert_eq!(campus.check(&of_group, &["ok"]).await.pairs.len(), 2);
    let persons = ReadPersonsForGroup { group_sourced_id: Some("course".into()) };
    let found = campus.check(&persons, &["ok"]).await.pairs;
    assert_eq!(found.into_iter().map(|pair| pair.sourced_id.unwrap()).collect::<Vec<_>>(), ["p1", "p2"]);
    let teacher = UpdateMembership {
        sourced_id: Some("m1".into()),
        membership: Some(Membership { group_sourced_id: None, ..membership("", "p1", "Instructor", None) }),
    };
    campus.check(&teacher, &["ok"]).await;
    assert_eq!(memberships_of(&campus, "p1").await, ["m1 Instructor"]);
    let change = ChangeMembershipsIdentifier { pairs: renaming(&[("m1", "m2"), ("m1", "n1"), ("m1", "n2")]) };
    campus.check(&change, &["idallocinusefail", "ok", "unknownobject"]).await;
    let call = DeleteMemberships { sourced_ids: vec!["n1".into(), "m1".into()] };
    campus.check(&call, &["ok", "unknownobject"]).await;
    let call = ReadMemberships { sourced_ids: vec!["n1".into(), "m2".into()] };
    let found = campus.check(&call, &["unknownobject", "ok"]).await.memberships;
    assert_eq!(found[0].group_sourced_id.as_deref(), Some("course"));
}

#[tokio::test]
async fn s12_the_groups_of_a_person_are_those_of_the_memberships() {
    let campus = campus().await;
    campus.check(&create("m1", membership("course", "p1", "Learner", None)), &["ok"]).await;
    campus.check(&create("m2", membership("root", "p1", "Learner", None)), &["ok"]).await;
    let groups = async |person: &str, expected: &str| {
        let call = ReadGroupsForPerson { person_sourced_id: Some(person.to_owned()) };
        let groups = campus.check(&call, &[expected]).await.groups;
        let title = |group: ims_es::group::object::Group| group.description.unwrap().desc_short.unwrap();
        groups.into_iter().map(title).collect::<Vec<_>>()
    };
    assert_eq!(groups("p1", "ok").await, ["Campus", "Biology"]);
    assert_eq!(groups("p2", "ok").await, Vec::<String>::new());
    assert_eq!(groups("nobody", "unknownobject").await, Vec::<String>::new());
    campus.check(&DeleteGroup { sourced_id: Some("school".into()) }, &["ok"]).await;
    assert_eq!(groups("p1", "ok").await, ["Campus"]);
    campus.check(&DeletePerson { sourced_id: Some("p1".into()) }, &["ok"]).await;
    assert_eq!(groups("p1", "unknownobject").await, Vec::<String>::new());
}

#[tokio::test]
async fn s12_an_answer_that_would_be_too_large_says_so() {
    let campus = Campus::with(crate::config::ImsConfig { answer_objects_max: 1, ..settings() }).await;
    persons::create(&campus, &["p1"]).await;
    for key in ["a", "b"] {
        let call = CreateGroups { pairs: vec![pair(key, group(OrganisationType::Unspecified, "root", key))] };
        campus.check(&call, &["ok"]).await;
        campus.check(&create(key, membership(key, "p1", "Learner", None)), &["ok"]).await;
        let call = ReadGroupsForPerson { person_sourced_id: Some("p1".into()) };
        let expected = if key == "a" { ("ok", 1) } else { ("toomuchdata", 0) };
        assert_eq!(campus.check(&call, &[expected.0]).await.groups.len(), expected.1);
    }
}

#[tokio::test]
async fn the_home_follows_its_marks() {
    let campus = campus().await;
    let home = |value| membership("school", "p1", "Learner", value);
    campus.check(&create("m1", home(Some("1"))), &["ok"]).await;
    assert_eq!(memberships_of(&campus, "p1").await, ["m1 Learner home"]);
    // An update without a mark changes nothing, one that says 0 unmarks.
    campus.check(&create("m1", home(None)), &["ok"]).await;
    assert_eq!(memberships_of(&campus, "p1").await, ["m1 Learner home"]);
    campus.check(&create("m1", home(Some("0"))), &["ok"]).await;
    assert_eq!(memberships_of(&campus, "p1").await, ["m1 Learner"]);
    // Another mark moves the home; a replacement without one takes it away; so does a deletion.
    campus.check(&create("m1", home(Some("1"))), &["ok"]).await;
    campus.check(&create("m2", membership("school-2", "p1", "Learner", Some("1"))), &["ok"]).await;
    assert_eq!(memberships_of(&campus, "p1").await, ["m1 Learner", "m2 Learner home"]);
    let replace = ReplaceMembership {
        sourced_id: Some("m2".into()),
        membership: Some(membership("school-2", "p1", "Learner", None)),
    };
    campus.check(&replace, &["ok"]).await;
    assert_eq!(memberships_of(&campus, "p1").await, ["m1 Learner", "m2 Learner"]);
    campus.check(&create("m1", home(Some("1"))), &["ok"]).await;
    campus.check(&DeleteMemberships { sourced_ids: vec!["m1".into()] }, &["ok"]).await;
    campus.check(&create("m1", home(None)), &["ok"]).await;
    assert_eq!(memberships_of(&campus, "p1").await, ["m2 Learner", "m1 Learner"]);
    campus.check(&create("m3", membership("course", "p1", "Learner", Some("1"))), &["invaliddata"]).await;
    campus
        .check(
            &create("m4", membership("school", "p2", "Mentor", Some("1"))),
            &["warning partialdatastorage"],
        )
        .await;
    assert_eq!(memberships_of(&campus, "p2").await, ["m4 Mentor"]);
}
