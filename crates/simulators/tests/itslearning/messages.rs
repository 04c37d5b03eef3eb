//! Messages as a whole: recorded ones of real SOAP stacks, accounts, SOAPAction, faults, bare statuses of HTTP
//! (facts/ims-es.md §1).

use simulators::itslearning::{HttpAnswer, HttpRequest, World, answer};

use crate::lab::{action, envelope, envelope_of, group, membership, person, role, said, sourced_id, world};

/// A message from the folder of recorded and hand-written ones.
fn fixture(path: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../ims-es/tests/fixtures/");
    std::fs::read_to_string(format!("{folder}{path}")).unwrap()
}

fn send(world: &mut World, operation: &str, message: &str) -> HttpAnswer {
    answer(world, &HttpRequest::post(&action(operation), message))
}

#[test]
fn what_real_soap_stacks_sent_is_carried_out() {
    for stack in ["zeep", "suds", "php"] {
        let mut world = world();
        let message = fixture(&format!("group/create_groups/recorded_from_{stack}.xml"));
        let answer = send(&mut world, "createGroups", &message);
        assert_eq!(answer.status, 200, "{stack}");
        assert_eq!(said(&answer.body).statuses, ["success", "success"], "{stack}");
        assert!(world.group("school-1").is_some(), "{stack}: {}", world.tree());
    }
}

fn check(operation: &str, message: &str, status: u16, says: &str) {
    let mut world = world();
    let answer = send(&mut world, operation, message);
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(answer.status == status && text.contains(says), "{status} {says}: {} {text}", answer.status);
    assert_eq!(world.group_count() + world.person_count(), 0);
}

#[test]
fn a_message_needs_the_right_password() {
    let body = format!("<gm:createGroupRequest>{}</gm:createGroupRequest>", group("a", "root", "", "A", &[]));
    check("createGroup", &envelope_of("muster", "wrong", &body), 500, "FailedAuthentication");
    check("createGroup", &envelope_of("nobody", "password-for-tests", &body), 500, "FailedAuthentication");
    let without = envelope(&body).replace("o:Security", "o:Other");
    check("createGroup", &without, 500, "InvalidSecurity");
}

#[test]
fn a_timestamp_must_hold() {
    let body = format!("<gm:createGroupRequest>{}</gm:createGroupRequest>", group("a", "root", "", "A", &[]));
    let stamp = "<o:Security xmlns:u='http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd'>\
                 <u:Timestamp><u:Created>2026-01-01T12:00:00Z</u:Created></u:Timestamp>";
    // The time of the request is 1970.
    check("createGroup", &envelope(&body).replace("<o:Security>", stamp), 500, "InvalidSecurity");
}

#[test]
fn the_action_must_fit_the_body_and_the_address() {
    let body = format!("<gm:createGroupRequest>{}</gm:createGroupRequest>", group("a", "root", "", "A", &[]));
    check("updateGroup", &envelope(&body), 500, "ActionNotSupported");
    check("createByProxyGroup", &envelope(&body), 500, "ActionNotSupported");
    let mut world = world();
    let path = "/WCFServiceLibrary/PersonManagementServiceSync.svc".to_owned();
    let request = HttpRequest { path, ..HttpRequest::post(&action("createGroup"), &envelope(&body)) };
    assert_eq!(answer(&mut world, &request).status, 500);
    let path = "/GroupManagementServiceSync.svc".to_owned();
    let request = HttpRequest { path, ..request };
    assert_eq!(answer(&mut world, &request).status, 200);
}

#[test]
fn one_value_that_cannot_be_read_spoils_the_whole_message() {
    let relation = group("a", "root", "", "A", &[]).replace("Parent", "Above");
    let groups = format!("<gm:createGroupRequest>{relation}</gm:createGroupRequest>");
    check("createGroup", &envelope(&groups), 500, "DeserializationFailed");
    let pupil = format!(
        "<mm:createMembershipRequest>{}</mm:createMembershipRequest>",
        membership("m", "root", "a", "Pupil", &[])
    );
    check("createMembership", &envelope(&pupil), 500, "DeserializationFailed");
    let birthday = format!(
        "<pd:demographics><pd:gender>Female</pd:gender><pd:bday/></pd:demographics>{}",
        role("Student")
    );
    let persons = format!(
        "<pm:createPersonRequest>{}</pm:createPersonRequest>",
        person("a", "Ada", "Invented", &birthday)
    );
    check("createPerson", &envelope(&persons), 500, "DeserializationFailed");
}

#[test]
fn what_is_no_message_gets_a_bare_status() {
    let fine = HttpRequest::post(&action("createGroup"), &envelope("<gm:createGroupRequest/>"));
    let status = |request: HttpRequest| answer(&mut world(), &request).status;
    assert_eq!(status(fine.clone()), 200);
    assert_eq!(status(HttpRequest { path: "/other.svc".to_owned(), ..fine.clone() }), 404);
    assert_eq!(status(HttpRequest { method: "GET".to_owned(), ..fine.clone() }), 200);
    assert_eq!(status(HttpRequest { method: "PUT".to_owned(), ..fine.clone() }), 405);
    assert_eq!(status(HttpRequest { content_type: "application/soap+xml".to_owned(), ..fine.clone() }), 415);
    assert_eq!(status(HttpRequest { body: b"<open".to_vec(), ..fine.clone() }), 400);
    assert_eq!(status(HttpRequest { body: vec![b' '; 5 << 20], ..fine }), 413);
}

#[test]
fn an_operation_that_is_switched_off_is_not_offered() {
    let mut world = world();
    world.settings_mut().read_all_persons = false;
    let answer = send(&mut world, "readAllPersons", &envelope("<pm:readAllPersonsRequest/>"));
    assert!(answer.status == 500 && String::from_utf8_lossy(&answer.body).contains("ActionNotSupported"));
}

#[test]
fn the_answer_repeats_the_name_of_the_message() {
    let mut world = world();
    let body = format!("<gm:readGroupRequest>{}</gm:readGroupRequest>", sourced_id("gm", "root"));
    let said = said(&send(&mut world, "readGroup", &envelope(&body)).body);
    assert_eq!(
        (said.all("messageIdentifier"), said.all("messageIdRef")),
        (vec!["msg-1".to_owned()], vec!["msg-1".to_owned()])
    );
    assert!(said.text.contains("<u:Expires>1970-01-01T00:05:00.000Z</u:Expires>"), "{}", said.text);
}

#[test]
fn each_address_describes_itself() {
    let request =
        HttpRequest { method: "GET".to_owned(), query: "singleWsdl".to_owned(), ..HttpRequest::post("", "") };
    let answer = answer(&mut world(), &request);
    let text = String::from_utf8(answer.body).unwrap();
    let place = "http://localhost/WCFServiceLibrary/ImsEnterpriseServicesPort.svc";
    assert!(answer.status == 200 && text.contains(place) && text.contains("readAllPersons"), "{text}");
}
