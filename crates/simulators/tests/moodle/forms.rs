//! facts/moodle-ws.md §1 and §4: how a request is read, and what is accepted as a value.

use serde_json::json;
use simulators::moodle::{HttpRequest, answer};

use crate::lab::{CALLER, COURSE, Lab, SECRET, WWWROOT, groups_form, strings};

fn body_of(lab: &mut Lab, request: &HttpRequest) -> String {
    String::from_utf8(answer(&mut lab.world, WWWROOT, request).body).unwrap()
}

/// §1
#[test]
fn without_a_format_the_answer_is_xml() {
    let mut lab = Lab::new();
    for format in ["", "&moodlewsrestformat=yaml"] {
        let call = format!("wstoken={SECRET}&wsfunction=core_group_delete_groups&groupids[0]=99{format}");
        assert!(body_of(&mut lab, &HttpRequest::post("", &call)).contains("<RESPONSE>\n</RESPONSE>"));
    }
    let body = body_of(&mut lab, &HttpRequest::post("", "wstoken=wrong"));
    assert!(body.contains("<EXCEPTION class=\"core\\exception\\moodle_exception\">"), "{body}");
    assert!(body.contains("<ERRORCODE>invalidtoken</ERRORCODE>"), "{body}");
}

/// §1
#[test]
fn body_wins_over_query() {
    let mut lab = Lab::new();
    let query = "wstoken=wrong&moodlewsrestformat=json&wsfunction=core_webservice_get_site_info";
    let body = body_of(&mut lab, &HttpRequest::post(query, &format!("wstoken={SECRET}")));
    assert!(body.contains("\"username\":\"service\""), "{body}");
}

/// §1
#[test]
fn a_get_request_is_served_from_its_query() {
    let mut lab = Lab::new();
    let query = format!("wstoken={SECRET}&moodlewsrestformat=json&wsfunction=core_webservice_get_site_info");
    let request = HttpRequest { content_type: String::new(), ..HttpRequest::post(&query, "") };
    assert!(body_of(&mut lab, &request).contains("\"username\":\"service\""));
}

/// §1
#[test]
fn a_json_body_is_not_read() {
    let mut lab = Lab::new();
    let body = format!("{{\"wstoken\":\"{SECRET}\"}}");
    let request = HttpRequest {
        content_type: "application/json".to_owned(),
        ..HttpRequest::post("moodlewsrestformat=json", &body)
    };
    assert!(body_of(&mut lab, &request).contains("\"errorcode\":\"invalidtoken\""));
}

/// §1
#[test]
fn void_functions_answer_null() {
    let answer = Lab::new().http("core_group_delete_groups", "groupids[0]=99");
    assert_eq!((answer.body.as_slice(), answer.content_type), (&b"null"[..], "application/json"));
}

/// §1
#[test]
fn an_unknown_parameter_is_an_error_also_inside_an_item() {
    let mut lab = Lab::new();
    assert_eq!(
        lab.code("core_group_get_course_groups", &format!("courseid={COURSE}&extra=1")),
        "invalidparameter"
    );
    let form = format!("{}&groups[0][extra]=1", groups_form(&[("A", "")]));
    assert_eq!(lab.code("core_group_create_groups", &form), "invalidparameter");
}

/// §1
#[test]
fn reserved_settings_are_not_parameters() {
    let form = format!(
        "courseid={COURSE}&moodlewssettingraw=1&moodlewssettingfileurl=0&moodlewssettingfilter=0\
         &moodlewssettinglang=en&moodlewssettingtimezone=UTC"
    );
    assert_eq!(Lab::new().ok("core_group_get_course_groups", &form), json!([]));
}

/// §1.1
#[test]
fn items_are_processed_in_order_of_first_appearance() {
    let form = format!(
        "groups[5][name]=A&groups[2][name]=B&groups[2][courseid]={COURSE}&groups[2][description]=\
         &groups[5][courseid]={COURSE}&groups[5][description]="
    );
    let created = Lab::new().ok("core_group_create_groups", &form);
    assert_eq!(strings(&created, "name"), ["A", "B"]);
    assert!(created[0]["id"].as_i64() < created[1]["id"].as_i64());
}

/// §1.1
#[test]
fn empty_brackets_serve_lists_of_scalars_only() {
    let mut lab = Lab::new();
    let ids = (lab.group("A", ""), lab.group("B", ""));
    let form = format!("groupids[]={}&groupids[]={}", ids.0, ids.1);
    assert_eq!(strings(&lab.ok("core_group_get_groups", &form), "name"), ["A", "B"]);
    let form = format!("groups[][courseid]={COURSE}&groups[][name]=C&groups[][description]=");
    assert_eq!(lab.code("core_group_create_groups", &form), "invalidparameter");
}

/// §1.1
#[test]
fn an_empty_list_cannot_be_expressed() {
    let mut lab = Lab::new();
    for form in ["", "groups=", "groups[]="] {
        assert_eq!(lab.code("core_group_create_groups", form), "invalidparameter", "{form}");
    }
    assert_eq!(lab.code("core_enrol_get_enrolled_users", &format!("courseid={COURSE}")), "ok");
}

/// §1.1
#[test]
fn of_a_key_given_twice_the_last_wins() {
    let form = format!("{}&groups[0][name]=Z", groups_form(&[("A", "")]));
    assert_eq!(strings(&Lab::new().ok("core_group_create_groups", &form), "name"), ["Z"]);
}

/// §4
#[test]
fn a_wrong_type_anywhere_means_that_nothing_happened() {
    let mut lab = Lab::new();
    let good = groups_form(&[("A", "")]);
    for bad in [
        "groups[1][courseid]=05&groups[1][name]=B&groups[1][description]=",
        "groups[1][courseid]=5&groups[1][name]=<b>B</b>&groups[1][description]=",
        "groups[1][courseid]=5&groups[1][name]=B%FF&groups[1][description]=",
        "groups[1][courseid]=5&groups[1][name]=B%00&groups[1][description]=",
        "groups[1][courseid]=5&groups[1][name]=B",
        "groups[1][courseid]=5&groups[1][description]=",
        "groups[1][courseid][0]=5&groups[1][name]=B&groups[1][description]=",
        "groups[1]=5",
        "groups[1][courseid]=5&groups[1][name]=B&groups[1][description]=&groups[1][participation]=yes",
    ] {
        let code = lab.code("core_group_create_groups", &format!("{good}&{bad}"));
        assert_eq!(code, "invalidparameter", "{bad}");
        assert!(lab.stored().is_empty(), "{bad}");
    }
}

/// §2
#[test]
fn invalid_utf8_with_debugging_gives_an_empty_200() {
    let mut lab = Lab::new();
    lab.world.set_debugging(true);
    let answer = lab.http(
        "core_group_create_groups",
        "groups[0][courseid]=5&groups[0][name]=%FF&groups[0][description]=",
    );
    assert_eq!((answer.status, answer.body.len()), (200, 0));
}

/// §3
#[test]
fn an_empty_function_name_is_an_invalid_parameter_and_an_unknown_one_a_missing_record() {
    let mut lab = Lab::new();
    assert_eq!(lab.code("", ""), "invalidparameter");
    assert_eq!(lab.code("moodle_group_get_groups", ""), "invalidrecord");
}

/// §1
#[test]
fn the_function_name_is_matched_whatever_its_case() {
    let info = Lab::new().ok("Core_Webservice_Get_Site_Info", "");
    assert_eq!(info["userid"], json!(CALLER));
}
