//! What Muster decides where the protocol leaves it open: each decision of docs/protocol-notes.md, as the fixtures show it.
//!
//! Not here: a decision that the codec alone can show (crates/ims-es), and what the documents of the protocol say (`groups.rs` and the rest).

use std::path::Path;

use ims_es::envelope::open;
use ims_es::error::MessageError;
use ims_es::group::object::Group;
use ims_es::group::read_group::ReadGroup;
use ims_es::limits::Limits;
use ims_es::membership::object::Membership;
use ims_es::membership::read_memberships::ReadMemberships;
use store::ims::CallLimits;

use super::{Campus, PASSWORD, settings, short};
use crate::clock::Clock;
use crate::config::ImsConfig;

/// A fixture, sent by the account of these tests, which has the same password.
fn fixture(path: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ims-es/tests/fixtures");
    let text = std::fs::read_to_string(folder.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.replace(">demo<", ">sis<")
}

/// Sends a message and compares its statuses in short; the name of a fault counts as one.
async fn check_text(campus: &Campus, text: String, expected: &[&str], what: &str) -> String {
    let answered = campus.raw(None, text).await;
    let body = String::from_utf8(answered.body).unwrap();
    let found = match open(body.as_bytes(), Limits::default()) {
        Ok(reply) => {
            let info = reply.header.response.unwrap();
            let several = info.status_info_set.map(|set| set.statuses).unwrap_or_default();
            info.status_info.iter().chain(&several).map(short).collect()
        }
        Err(MessageError::Fault(fault)) => vec![fault.code.word().to_owned()],
        Err(error) => panic!("{what}: {error}: {body}"),
    };
    assert_eq!(found, expected, "{what}: {body}");
    body
}

/// Sends a fixture and compares its statuses in short.
async fn check(campus: &Campus, path: &str, expected: &[&str]) -> String {
    check_text(campus, fixture(path), expected, path).await
}

/// School-1 with course-1 in it, and two persons.
async fn campus() -> Campus {
    let campus = Campus::open().await;
    check(&campus, "group/create_groups/request.xml", &["ok"; 2]).await;
    check(&campus, "person/create_persons/request.xml", &["ok"; 2]).await;
    campus
}

async fn read(campus: &Campus, key: &str) -> Option<Group> {
    campus.call(&ReadGroup { sourced_id: Some(key.to_owned()) }).await.body.group
}

/// Type, parent and title of a group, in short.
async fn shown(campus: &Campus, key: &str) -> String {
    let Some(group) = read(campus, key).await else { return "gone".to_owned() };
    let kind = group.group_type.unwrap().type_values.remove(0).type_name.unwrap();
    let parent = group.relationships.first().and_then(|parent| parent.source_id.clone()).unwrap_or_default();
    format!("{kind} {} in {parent}", group.description.unwrap().desc_short.unwrap())
}

async fn memberships(campus: &Campus, keys: &[&str]) -> Vec<Membership> {
    let call = ReadMemberships { sourced_ids: keys.iter().map(|key| (*key).to_owned()).collect() };
    campus.call(&call).await.body.memberships
}

#[tokio::test]
async fn each_problem_has_its_minor_code() {
    let campus = Campus::open().await;
    let expected = [
        "incompletedata",
        "incompletedata",
        "incompletedata",
        "incompletedata",
        "incompletedata",
        "invaliddata",
        "invaliddata",
        "invaliddata",
        "invaliddata",
        "unknownvocabulary",
        "invaliddata",
        "invaliddata",
        "warning unknownextension",
        "ok",
        "invaliddata",
        "invaliddata",
        "invaliddata",
    ];
    check(&campus, "group/create_groups/request_with_a_problem_of_every_kind.xml", &expected).await;
    let numbers = "group/create_groups/request_with_numbers_as_relations.xml";
    check(&campus, numbers, &["invaliddata"; 3]).await;
    let schemes = "group/create_groups/request_with_types_of_other_schemes.xml";
    check(&campus, schemes, &["incompletedata", "warning partialdatastorage"]).await;
    assert_eq!(shown(&campus, "colours").await, "Unspecified A group in root");
}

#[tokio::test]
async fn keys_have_a_length_and_capitals_and_no_blanks_around_them() {
    let campus = Campus::open().await;
    let lengths = "group/create_groups/request_with_identifiers_of_every_length.xml";
    check(&campus, lengths, &["ok", "ok", "invaliddata", "ok", "ok", "ok"]).await;
    assert_eq!(shown(&campus, "blank").await, "Unspecified Blank again in root");
    assert_eq!(shown(&campus, "BLANK").await, "Unspecified Capitals in root");
}

#[tokio::test]
async fn names_of_fields_have_any_capitals_and_the_first_of_two_counts() {
    let campus = Campus::open().await;
    check(&campus, "group/create_groups/request_with_field_names_in_capitals.xml", &["ok", "ok"]).await;
    let twice = "group/create_groups/request_with_a_field_twice.xml";
    check(&campus, twice, &["warning partialdatastorage"]).await;
    let course = read(&campus, "c").await.unwrap().extension;
    let fields: Vec<_> =
        course.iter().map(|field| (field.field_name.as_deref().unwrap(), field.value())).collect();
    assert_eq!(fields, [("course", "Biology"), ("course/code", "BIO1")]);
}

#[tokio::test]
async fn what_an_update_does_not_give_stays_and_what_it_gives_empty_goes() {
    let campus = campus().await;
    check(&campus, "group/update_group/request_without_relationship.xml", &["ok"]).await;
    assert_eq!(shown(&campus, "course-1").await, "Course Chemistry in school-1");
    let description = read(&campus, "course-1").await.unwrap().description.unwrap();
    // Only `descLong` was given at first; it is read back as `descFull` too.
    let long = Some("Plants & animals");
    assert_eq!((description.desc_long.as_deref(), description.desc_full.as_deref()), (long, long));
    check(&campus, "group/update_group/request_with_an_empty_element.xml", &["ok"]).await;
    let description = read(&campus, "course-1").await.unwrap().description.unwrap();
    assert_eq!((description.desc_short.as_deref(), description.desc_full), (Some("Chemistry"), None));
    assert_eq!(description.desc_long.unwrap_or_default(), "");
}

#[tokio::test]
async fn the_label_of_a_relationship_is_the_title_of_the_parent() {
    let campus = Campus::open().await;
    check(&campus, "group/create_group/request_with_label.xml", &["ok"]).await;
    let parent = read(&campus, "school-1").await.unwrap().relationships.remove(0);
    assert_eq!(parent.label.as_deref(), Some("campus"));
}

#[tokio::test]
async fn another_parent_is_a_move_and_never_into_what_is_below() {
    let campus = Campus::open().await;
    let moves = "group/update_groups/request_that_moves_groups.xml";
    check(&campus, moves, &["ok", "ok", "ok", "invaliddata", "ok", "ok"]).await;
    assert_eq!(shown(&campus, "a").await, "Unspecified A in c");
    assert_eq!(shown(&campus, "b").await, "Unspecified B in root");
    let schools = "group/update_groups/request_with_schools_in_schools.xml";
    check(&campus, schools, &["ok", "ok", "ok", "invaliddata", "invaliddata", "ok"]).await;
    let mut expected = vec!["ok"; 64];
    expected.push("invaliddata");
    check(&campus, "group/create_groups/request_of_a_deep_hierarchy.xml", &expected).await;
}

#[tokio::test]
async fn a_type_changes_only_where_that_is_allowed() {
    let campus = campus().await;
    let changes = "group/update_groups/request_that_changes_types.xml";
    let expected = ["ok", "ok", "ok", "ok", "ok", "invaliddata", "invaliddata", "invaliddata"];
    check(&campus, changes, &expected).await;
    let plain = "group/update_groups/request_that_makes_a_school_plain.xml";
    check(&campus, plain, &["ok", "warning partialdatastorage"]).await;
    assert_eq!(read(&campus, "school").await.unwrap().extension, []);
    check(&campus, "group/replace_group/request_without_type.xml", &["ok"]).await;
    assert_eq!(shown(&campus, "school-1").await, "Unspecified No school any more in root");
}

#[tokio::test]
async fn the_root_is_read_and_never_written() {
    let campus = Campus::open().await;
    check(&campus, "group/read_group/request_of_the_root.xml", &["ok"]).await;
    assert_eq!(shown(&campus, "root").await, "Site Campus in ");
    check(&campus, "group/update_group/request_of_the_root.xml", &["invaliddata"]).await;
    check(&campus, "group/delete_groups/request_of_the_root.xml", &["deletefailure"]).await;
    check(&campus, "group/change_group_identifier/request_of_the_root.xml", &["invaliddata"]).await;
}

#[tokio::test]
async fn what_an_item_names_must_be_there() {
    let campus = campus().await;
    let groups = "group/create_groups/request_with_keys_that_are_not_there.xml";
    check(&campus, groups, &["invaliddata", "invaliddata", "ok", "invaliddata"]).await;
    let memberships = "membership/create_memberships/request_with_keys_that_are_not_there.xml";
    check(&campus, memberships, &["invaliddata"; 2]).await;
    let template = "group/create_groups/request_with_a_template_for_a_course_that_is_there.xml";
    check(&campus, template, &["ok", "ok", "warning partialdatastorage"]).await;
}

#[tokio::test]
async fn a_course_outlives_its_group_without_its_key() {
    let campus = campus().await;
    check(&campus, "membership/create_memberships/request.xml", &["ok"; 2]).await;
    check(&campus, "group/delete_group/request.xml", &["ok"]).await;
    assert_eq!(shown(&campus, "course-1").await, "gone");
    assert_eq!(memberships(&campus, &["m-1", "m-2"]).await, []);
    let again = fixture("group/create_groups/request.xml").replace("msg-gsoap", "msg-again");
    check_text(&campus, again, &["ok"; 2], "the key is free").await;
}

#[tokio::test]
async fn keys_change_one_after_the_other() {
    let campus = campus().await;
    let pairs = "group/change_groups_identifier/request_with_an_exchange_and_a_chain.xml";
    check(&campus, pairs, &["idallocinusefail", "idallocinusefail", "ok", "ok", "ok", "ok"]).await;
    assert_eq!(shown(&campus, "course-1").await, "School School one in root");
}

#[tokio::test]
async fn no_text_of_a_failure_holds_the_word_success() {
    let campus = Campus::open().await;
    let success = "group/read_groups/request_of_a_key_that_says_success.xml";
    let answer = check(&campus, success, &["unknownobject"]).await;
    // The name of the message is repeated, and that is the client's own word.
    let answer = answer.replace("of-a-key-that-says-success", "");
    assert!(!answer.to_lowercase().contains("success"), "{answer}");
}

#[tokio::test]
async fn a_membership_is_of_one_person_in_one_role() {
    let campus = campus().await;
    let twice = "membership/create_memberships/request_of_the_same_person_twice.xml";
    check(&campus, twice, &["ok", "invaliddata", "ok"]).await;
    let found = memberships(&campus, &["m-1"]).await.remove(0).member.unwrap();
    assert_eq!(found.roles[0].role_type.text(), "Instructor");
    check(&campus, "membership/create_membership/request_of_a_group.xml", &["invaliddata"]).await;
    let roles = "membership/create_membership/request_with_two_roles.xml";
    check(&campus, roles, &["warning partialdatastorage"]).await;
    let found = memberships(&campus, &["m-1"]).await.remove(0).member.unwrap();
    let roles: Vec<_> = found.roles.iter().map(|role| role.role_type.text()).collect();
    assert_eq!(roles, ["Learner"]);
}

#[tokio::test]
async fn every_role_of_the_schema_is_kept_whatever_access_it_means() {
    let campus = campus().await;
    let roles = "membership/create_memberships/request_with_roles_of_unknown_access.xml";
    check(&campus, roles, &["ok"; 4]).await;
    let found = memberships(&campus, &["m-1", "m-2", "m-3", "m-4"]).await;
    let roles: Vec<_> =
        found.iter().map(|found| found.member.as_ref().unwrap().roles[0].role_type.text()).collect();
    assert_eq!(roles, ["Manager", "Administrator", "Mentor", "TeachingAssistant"]);
}

#[tokio::test]
async fn a_home_is_a_school_or_the_site_and_moves_with_its_mark() {
    let campus = campus().await;
    check(&campus, "membership/create_memberships/request_with_homes.xml", &["ok", "invaliddata", "ok"])
        .await;
    let homes = memberships(&campus, &["m-1", "m-3"]).await;
    let is_home = |found: &Membership| {
        found.member.as_ref().unwrap().roles[0].home_organisation().map_err(str::to_owned)
    };
    assert_eq!(homes.iter().map(is_home).collect::<Vec<_>>(), [Ok(None), Ok(Some(true))]);
}

#[tokio::test]
async fn only_direct_memberships_are_read() {
    let campus = campus().await;
    check(&campus, "membership/create_memberships/request.xml", &["ok"; 2]).await;
    let answer = check(&campus, "group/read_groups_for_person/request.xml", &["ok"]).await;
    assert_eq!(answer.matches("<descShort").count(), 1, "{answer}");
}

#[tokio::test]
async fn a_person_goes_with_the_memberships_and_a_password_never_comes_back() {
    let campus = campus().await;
    check(&campus, "membership/create_memberships/request.xml", &["ok"; 2]).await;
    let answer = check(&campus, "person/read_person/request.xml", &["ok"]).await;
    assert!(answer.contains("Ada") && !answer.contains(PASSWORD), "{answer}");
    check(&campus, "person/delete_person/request.xml", &["ok"]).await;
    assert_eq!(memberships(&campus, &["m-1", "m-2"]).await.len(), 1);
}

#[tokio::test]
async fn times_without_a_zone_and_days_with_one_are_read() {
    let campus = Campus::open().await;
    check(&campus, "person/create_person/request_with_a_birthday_with_zone.xml", &["ok"]).await;
    let answer = check(&campus, "person/read_person/request.xml", &["ok"]).await;
    assert!(answer.contains(">2010-01-31<"), "{answer}");
    check(&campus, "person/read_all_persons/request_with_a_time_without_zone.xml", &["ok"]).await;
}

#[tokio::test]
async fn a_message_that_comes_again_is_answered_and_not_carried_out() {
    let campus = campus().await;
    check(&campus, "group/delete_group/request.xml", &["ok"]).await;
    check(&campus, "group/delete_group/request.xml", &["ok"]).await;
    let other = fixture("group/delete_group/request.xml").replace(">msg-17<", ">msg-18<");
    check_text(&campus, other, &["unknownobject"], "another message").await;
}

#[tokio::test]
async fn a_timestamp_counts_within_the_skew() {
    let campus = Campus::open().await;
    check(&campus, "group/read_group/request_that_expired.xml", &["InvalidSecurity"]).await;
    check(&campus, "group/read_group/request_from_the_future.xml", &["InvalidSecurity"]).await;
}

#[tokio::test]
async fn too_much_at_once_is_told_for_each_item() {
    let campus = Campus::open().await;
    let limits = CallLimits { at_once_max: 0, per_minute_max: 1 };
    campus.store.limit_account("sis", limits, "ada", "a test", Clock::default().now()).await.unwrap();
    let read = fixture("group/read_groups/request.xml");
    for _ in 0..3 {
        campus.raw(None, read.clone()).await;
    }
    check_text(&campus, read, &["targetisbusy"; 3], "too many in a minute").await;
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_a_fault_of_the_whole_call() {
    let campus = Campus::open().await;
    campus.store.clone().close().await;
    check(&campus, "group/read_group/request_of_the_root.xml", &["InternalServiceFault"]).await;
}

#[tokio::test]
async fn an_answer_that_would_be_too_large_holds_nothing() {
    let campus = Campus::with(ImsConfig { answer_objects_max: 1, ..settings() }).await;
    check(&campus, "group/create_groups/request.xml", &["ok"; 2]).await;
    check(&campus, "person/create_persons/request.xml", &["ok"; 2]).await;
    check(&campus, "membership/create_memberships/request.xml", &["ok"; 2]).await;
    check(&campus, "membership/read_memberships_for_group/request.xml", &["toomuchdata"]).await;
}
