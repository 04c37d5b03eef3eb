//! Tests of whole messages: what is tolerated and what is refused. Beside the code, for the file would be too long with both.
//!
//! `docs/protocol-notes.md` lists each of them.

use super::{Header, Items, OpenMessage, open, read_reply, write_fault};
use crate::common::Secret;
use crate::error::{MessageError, Refusal};
use crate::fault::{Fault, FaultCode};
use crate::fixtures::{bytes, check_call, check_reply, read_call, school};
use crate::group::create_group::CreateGroup;
use crate::group::object::{Description, Group, Relationship};
use crate::group::read_groups::ReadGroups;
use crate::lexical::Lexical;
use crate::limits::Limits;
use crate::lint::lint;
use crate::operation::Operation;
use crate::policy::Policy;
use crate::reply::Done;
use crate::status_info::Ending;

fn path(name: &str) -> String {
    format!("group/create_group/{name}.xml")
}

fn header(name: &str) -> Header {
    open(bytes(&path(name)).as_slice(), Limits::default()).unwrap().header
}

fn create_school() -> CreateGroup {
    CreateGroup { sourced_id: Some("school-1".to_owned()), group: Some(school()) }
}

#[test]
fn the_same_request_is_read_in_every_form() {
    for name in [
        "request",
        "request_out_of_order",
        "request_without_header",
        "request_with_empty_header",
        "request_in_text_of_every_kind",
        "request_with_blank_in_must_understand",
        "request_with_bom",
    ] {
        check_call(&path(name), &create_school());
    }
}

#[test]
fn what_has_no_place_is_passed_over_with_a_remark() {
    for (name, remarks) in [
        ("request_with_foreign_elements", 2),
        ("request_with_an_element_twice", 1),
        ("request_with_unknown_header_to_understand", 1),
    ] {
        let (found, remarked) = read_call::<CreateGroup>(&path(name));
        assert_eq!(found, create_school(), "{name}");
        assert_eq!(remarked.len(), remarks, "{name}: {remarked:?}");
    }
}

#[test]
fn empty_is_given_and_nil_is_not() {
    let description = |found: CreateGroup| found.group.unwrap().description.unwrap().desc_long;
    let (empty, _) = read_call::<CreateGroup>(&path("request_with_empty_elements"));
    assert_eq!(empty.group.as_ref().unwrap().extension[0].field_value.as_deref(), Some(""));
    assert_eq!(description(empty).as_deref(), Some(""));
    let (nil, remarks) = read_call::<CreateGroup>(&path("request_with_nil_elements"));
    assert_eq!(nil.group.as_ref().unwrap().time_frame, Some(Default::default()));
    assert_eq!(description(nil), None);
    assert_eq!(remarks, []);
}

#[test]
fn a_bad_value_is_kept_for_the_rules_to_refuse_its_item() {
    let (found, _) = read_call::<CreateGroup>(&path("request_with_a_bad_value"));
    let group = found.group.unwrap();
    assert_eq!(group.relationships[0].relation, Lexical::Text("Sibling".to_owned()));
    assert_eq!(group.enroll_control.unwrap().enroll_accept, Some(Lexical::Text("perhaps".to_owned())));
}

#[test]
fn a_group_may_name_itself_as_its_parent() {
    let description = Description { desc_short: Some("Year 7".to_owned()), ..Description::default() };
    let (found, _) = read_call::<CreateGroup>(&path("request_of_an_unspecified_group"));
    let group = found.group.unwrap();
    let expected = Group {
        group_type: group.group_type.clone(),
        relationships: vec![Relationship::parent("year-7")],
        description: Some(description),
        ..Group::default()
    };
    assert_eq!(group, expected);
    let value = &group.group_type.unwrap().type_values[0];
    assert_eq!((value.type_name.as_deref(), value.level.as_deref()), (Some("Unspecified"), Some("-1")));
}

#[test]
fn every_form_of_the_password_is_understood() {
    for folder in [
        "create_group",
        "create_groups",
        "update_group",
        "update_groups",
        "read_group",
        "delete_group",
        "read_groups",
    ] {
        let bytes = bytes(&format!("group/{folder}/request.xml"));
        let header = open(bytes.as_slice(), Limits::default()).unwrap().header;
        let token = header.security.unwrap().token.unwrap();
        assert_eq!(token.username, "demo", "{folder}");
        assert_eq!(token.password, Secret::new("password-for-tests".to_owned()), "{folder}");
        assert_eq!(header.not_understood, [] as [String; 0], "{folder}");
    }
}

/// What the SOAP stacks of other languages sent when they were handed our own description.
#[test]
fn requests_of_real_stacks_are_read_without_a_remark_or_a_problem() {
    for (name, operation, items) in [
        ("group/create_groups/recorded_from_zeep", Operation::CreateGroups, 2),
        ("group/create_groups/recorded_from_suds", Operation::CreateGroups, 2),
        ("group/create_groups/recorded_from_php", Operation::CreateGroups, 2),
        ("person/create_person/recorded_from_php", Operation::CreatePerson, 1),
        ("membership/create_memberships/recorded_from_node_soap", Operation::CreateMemberships, 1),
    ] {
        let found =
            lint(bytes(&format!("{name}.xml")).as_slice(), Limits::default(), &Policy::default()).unwrap();
        assert_eq!(found.operation, operation, "{name}");
        assert_eq!(found.remarks, [], "{name}");
        assert_eq!(found.items, vec![Vec::new(); items], "{name}");
        assert!(found.header.security.is_some_and(|security| security.token.is_some()), "{name}");
    }
}

#[test]
fn a_header_that_must_be_understood_and_is_not_is_named() {
    let found = header("request_with_unknown_header_to_understand");
    assert_eq!(found.not_understood, ["{http://example.ac.uk/vendor}trace"]);
}

#[test]
fn the_message_identifier_is_empty_if_there_is_none() {
    assert_eq!(header("request_without_header").message_identifier(), "");
    assert_eq!(header("request_with_blank_in_must_understand").message_identifier(), "msg-17");
}

#[test]
fn what_cannot_be_taken_is_refused_as_itslearning_refuses_it() {
    let invalid_security = Refusal::Fault(Fault::invalid_security());
    for (name, expected) in [
        ("refused_security_without_password", invalid_security.clone()),
        ("refused_security_with_digest", invalid_security.clone()),
        ("refused_security_twice", invalid_security),
        ("refused_document_type", Refusal::Http(400)),
        ("refused_entity", Refusal::Http(400)),
        ("refused_undeclared_prefix", Refusal::Http(400)),
        ("refused_unclosed", Refusal::Http(400)),
        ("refused_two_roots", Refusal::Http(400)),
        ("refused_control_character", Refusal::Http(400)),
        ("refused_utf_16", Refusal::Http(400)),
        ("refused_soap_1_2", Refusal::Fault(Fault::version_mismatch())),
        ("refused_no_body", Refusal::Fault(Fault::deserialization_failed())),
        ("refused_empty_body", Refusal::Fault(Fault::deserialization_failed())),
        ("refused_reference", Refusal::Fault(Fault::deserialization_failed())),
        ("refused_operation_that_is_not_offered", Refusal::Fault(Fault::action_not_supported())),
    ] {
        let bytes = bytes(&path(name));
        let opened = open(bytes.as_slice(), Limits::default());
        let error = opened.and_then(|opened| opened.call::<CreateGroup>()).unwrap_err();
        assert_eq!(error.refusal(), expected, "{name}: {error}");
    }
}

#[test]
fn an_operation_that_is_not_offered_is_no_operation() {
    let bytes = bytes(&path("refused_operation_that_is_not_offered"));
    let opened = open(bytes.as_slice(), Limits::default()).unwrap();
    assert_eq!(opened.operation(), None::<Operation>);
}

#[test]
fn a_reply_is_read_in_every_form() {
    for name in
        ["reply_done", "reply_with_set_of_one", "reply_without_message_identifier", "reply_without_security"]
    {
        check_reply::<CreateGroup>(&path(name), 1, &["success/status"], &Done {});
    }
}

#[test]
fn an_unknown_word_in_a_reply_is_no_success() {
    let bytes = bytes(&path("reply_with_unknown_word"));
    let reply = read_reply::<CreateGroup>(bytes.as_slice(), Limits::default(), 1).unwrap();
    assert_eq!(reply.status.ending(), Ending::Refused(None));
}

/// A server writes each item to a database between reading one and the next.
#[test]
fn an_open_message_can_be_held_while_something_else_is_awaited() {
    fn check<T: Send>() {}
    check::<OpenMessage<'static>>();
    check::<Items<'static, ReadGroups>>();
}

#[test]
fn a_fault_is_an_error_that_names_it() {
    let bytes = bytes(&path("reply_fault"));
    let error = read_reply::<CreateGroup>(bytes.as_slice(), Limits::default(), 1).unwrap_err();
    let MessageError::Fault(fault) = &error else { panic!("{error:?}") };
    assert_eq!(fault, &Fault::failed_authentication());
    assert!(error.to_string().contains("FailedAuthentication"), "{error}");
}

#[test]
fn every_fault_reads_back() {
    for fault in [
        Fault::invalid_security(),
        Fault::failed_authentication(),
        Fault::action_not_supported(),
        Fault::deserialization_failed(),
        Fault::internal(),
        Fault::must_understand(),
        Fault::version_mismatch(),
        Fault { code: FaultCode::Other("Client".to_owned()), text: "a < b".to_owned() },
    ] {
        let mut out = Vec::new();
        write_fault(&mut out, &fault).unwrap();
        match open(out.as_slice(), Limits::default()).map(|_| ()) {
            Err(MessageError::Fault(found)) => assert_eq!(found, fault),
            other => panic!("{other:?}"),
        }
    }
}
