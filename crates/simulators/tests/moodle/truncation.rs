//! facts/moodle-ws.md §8: fields beyond `max_input_vars` vanish, and the call succeeds with what is left.

use simulators::moodle::{HttpRequest, Settings, answer};

use crate::lab::{ADA, COURSE, Lab, SECRET, WWWROOT};

/// Sends token, function and format first, as an unsuspecting client does, then the fields.
fn unguarded(lab: &mut Lab, function: &str, fields: &[String]) -> String {
    let head = format!("wstoken={SECRET}&wsfunction={function}&moodlewsrestformat=json");
    let request = HttpRequest::post("", &format!("{head}&{}", fields.join("&")));
    String::from_utf8(answer(&mut lab.world, WWWROOT, &request).body).unwrap()
}

fn with_groups(count: usize) -> Lab {
    let mut lab = Lab::new();
    for number in 0..count {
        lab.world.create_group_by_hand(COURSE, &format!("G{number}"));
    }
    lab
}

#[test]
fn deleting_1500_groups_at_a_limit_of_1000_deletes_998_and_answers_null() {
    let mut lab = with_groups(1500);
    let fields: Vec<String> = (0..1500).map(|n| format!("groupids[{n}]={}", n + 1)).collect();
    assert_eq!(unguarded(&mut lab, "core_group_delete_groups", &fields), "null");
    assert_eq!(lab.stored().len(), 1500 - 998);
}

#[test]
fn of_800_members_499_are_added() {
    let mut lab = with_groups(800);
    let pairs = (0..800).map(|n| format!("members[{n}][groupid]={}&members[{n}][userid]={ADA}", n + 1));
    let fields: Vec<String> = pairs.collect();
    assert_eq!(unguarded(&mut lab, "core_group_add_group_members", &fields), "null");
    let added = lab.world.groups(COURSE).filter(|group| !group.members.is_empty()).count();
    assert_eq!(added, 499);
}

fn new_groups(count: usize) -> Vec<String> {
    let field =
        |n| format!("groups[{n}][courseid]={COURSE}&groups[{n}][name]=N{n}&groups[{n}][description]=");
    (0..count).map(field).collect()
}

#[test]
fn a_cut_inside_an_item_is_an_invalid_parameter_and_nothing_is_done() {
    let mut lab = Lab::new();
    assert!(unguarded(&mut lab, "core_group_create_groups", &new_groups(333)).contains("invalidparameter"));
    assert!(lab.stored().is_empty());
    assert!(unguarded(&mut lab, "core_group_create_groups", &new_groups(332)).starts_with('['));
    assert_eq!(lab.stored().len(), 332);
}

#[test]
fn at_5000_a_create_of_2000_groups_succeeds_with_1666() {
    let mut lab = Lab::with(Settings { max_input_vars: 5000, ..Settings::default() });
    assert!(unguarded(&mut lab, "core_group_create_groups", &new_groups(2000)).starts_with('['));
    assert_eq!(lab.stored().len(), 1666);
}

#[test]
fn with_the_function_or_the_token_last_a_truncation_is_an_error() {
    let mut lab = with_groups(1100);
    let ids: Vec<String> = (0..1100).map(|n| format!("groupids[{n}]={}", n + 1)).collect();
    // The lab sends the function last.
    assert_eq!(lab.code("core_group_delete_groups", &ids.join("&")), "invalidparameter");
    let body = format!("wsfunction=core_group_delete_groups&{}&wstoken={SECRET}", ids.join("&"));
    let request = HttpRequest::post("moodlewsrestformat=json", &body);
    let answer = answer(&mut lab.world, WWWROOT, &request);
    assert_eq!(answer.errorcode.as_deref(), Some("invalidtoken"));
    assert_eq!(lab.stored().len(), 1100);
}

#[test]
fn query_and_body_count_separately() {
    let mut lab = Lab::new();
    lab.world.set_max_input_vars(1);
    let query = "moodlewsrestformat=json";
    let body = format!("wstoken={SECRET}&wsfunction=core_webservice_get_site_info");
    let answer = answer(&mut lab.world, WWWROOT, &HttpRequest::post(query, &body));
    assert_eq!(answer.errorcode, None);
}
