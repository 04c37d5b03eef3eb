//! facts/moodle-ws.md §9: who sees what of the people of a course (set-up step D13 included).

use serde_json::{Value, json};
use simulators::moodle::{Method, Period, Release, Rights, Token};

use crate::lab::{ADA, BEN, CALLER, COURSE, Lab, OUT, SECRET, TEA};

const FUNCTION: &str = "core_enrol_get_enrolled_users";

fn form(options: &[(&str, &str)]) -> String {
    let mut form = format!("courseid={COURSE}");
    for (n, (name, value)) in options.iter().enumerate() {
        form.push_str(&format!("&options[{n}][name]={name}&options[{n}][value]={value}"));
    }
    form
}

fn ids(lab: &mut Lab, options: &[(&str, &str)]) -> Vec<i64> {
    let people = lab.ok(FUNCTION, &form(options));
    people.as_array().unwrap().iter().map(|person| person["id"].as_i64().unwrap()).collect()
}

fn with_rights(capabilities: &[&str], showuseridentity: &[&str], release: Release) -> Lab {
    let mut lab = Lab::running(release);
    let base = ["webservice/rest:use", "moodle/course:view"];
    let rights = Rights::of(base.into_iter().chain(capabilities.iter().copied()));
    lab.world.add_token(Token::new(SECRET, CALLER).with_rights(rights));
    lab.world.set_showuseridentity(showuseridentity.iter().copied());
    lab.world.change_user(ADA, |user| user.department = "Maths".to_owned());
    lab
}

/// The keys that are told of Ada, sorted; without the list of roles, which everybody gets.
fn keys(capabilities: &[&str], showuseridentity: &[&str], release: Release) -> Vec<String> {
    let mut lab = with_rights(capabilities, showuseridentity, release);
    let people = lab.ok(FUNCTION, &form(&[]));
    let first = people.as_array().unwrap().first().cloned().unwrap_or(json!({}));
    let mut keys: Vec<String> =
        first.as_object().unwrap().keys().filter(|key| *key != "roles").cloned().collect();
    keys.sort();
    keys
}

#[test]
fn a_role_built_up_step_by_step_sees_more_and_more() {
    let (participants, details, identity, all) = (
        "moodle/course:viewparticipants",
        "moodle/user:viewdetails",
        "moodle/site:viewuseridentity",
        "moodle/user:viewalldetails",
    );
    let three = ["idnumber", "email", "department"];
    let none: [&str; 0] = [];
    assert_eq!(keys(&[participants], &three, Release::V4_5), none);
    assert_eq!(keys(&[participants, details], &three, Release::V4_5), ["firstname", "fullname", "id"]);
    assert_eq!(keys(&[participants, details], &three, Release::V4_1), ["fullname", "id"]);
    assert_eq!(
        keys(&[participants, details, identity], &three, Release::V4_1),
        ["department", "email", "fullname", "id", "idnumber"]
    );
    assert_eq!(
        keys(&[participants, details, identity], &["email"], Release::V4_1),
        ["email", "fullname", "id"]
    );
    let everything = keys(&[participants, details, identity, all], &["email"], Release::V4_1);
    for key in ["department", "email", "idnumber", "username"] {
        assert!(everything.iter().any(|found| found == key), "{key} in {everything:?}");
    }
}

#[test]
fn without_viewparticipants_the_call_is_refused() {
    let mut lab = with_rights(&["moodle/user:viewdetails"], &[], Release::V4_5);
    assert_eq!(lab.code(FUNCTION, &form(&[])), "nopermissions");
}

#[test]
fn only_wanted_fields_come_and_an_empty_one_is_absent() {
    let mut lab = Lab::new();
    lab.world.change_user(BEN, |user| user.idnumber.clear());
    let people = lab.ok(FUNCTION, &form(&[("userfields", "idnumber")]));
    let expected = json!([
        {"id": ADA, "fullname": "Ada Zinvented", "idnumber": "20000011"},
        {"id": BEN, "fullname": "Ben Yinvented"},
        {"id": TEA, "fullname": "Tea Xinvented", "idnumber": "T0001"},
    ]);
    assert_eq!(people, expected);
    let two = lab.ok(FUNCTION, &form(&[("userfields", "idnumber"), ("userfields", "email, username")]));
    assert_eq!(two[0].as_object().unwrap().len(), 5);
}

#[test]
fn roles_and_groups_come_when_wanted() {
    let mut lab = Lab::new();
    let group = lab.group("PG0", "");
    lab.member(group, ADA);
    let people = lab.ok(FUNCTION, &form(&[("userfields", "roles,groups")]));
    assert_eq!(
        people[0]["roles"],
        json!([{"roleid": 5, "name": "", "shortname": "student", "sortorder": 0}])
    );
    assert_eq!(people[2]["roles"][0]["shortname"], "editingteacher");
    let shown = json!([{"id": group, "name": "PG0", "description": "", "descriptionformat": 1}]);
    assert_eq!(people[0]["groups"], shown);
    assert!(people[1].get("groups").is_none());
    lab.world.set_release(Release::V3_11);
    assert_eq!(lab.ok(FUNCTION, &form(&[("userfields", "groups")]))[1]["groups"], json!([]));
}

#[test]
fn wrong_options_have_their_codes() {
    let mut lab = Lab::new();
    for (options, code) in [
        (vec![("userfields", "shoe")], "invaliduserfield"),
        (vec![("userfields", "")], "invaliduserfield"),
        (vec![("onlyactive", "1"), ("onlysuspended", "1")], "codingerror"),
        (vec![("sortby", "shoe")], "invalidparameter"),
        (vec![("sortdirection", "up")], "invalidparameter"),
        (vec![("nosuchoption", "1")], "ok"),
    ] {
        assert_eq!(lab.code(FUNCTION, &form(&options)), code, "{options:?}");
    }
    assert_eq!(lab.code(FUNCTION, "courseid=99"), "invalidrecord");
}

#[test]
fn only_active_leaves_out_suspended_enrolments_and_keeps_suspended_accounts() {
    let mut lab = Lab::new();
    lab.world.suspend_user(ADA);
    lab.world.enrol_by(
        COURSE,
        BEN,
        "student",
        Method::Manual,
        Period { suspended: true, ..Period::default() },
    );
    lab.world.enrol_by(COURSE, OUT, "student", Method::Manual, Period { until: 1, ..Period::default() });
    assert_eq!(ids(&mut lab, &[("onlyactive", "1")]), [ADA, TEA]);
    assert_eq!(ids(&mut lab, &[("onlysuspended", "1")]), [BEN, OUT]);
    assert_eq!(ids(&mut lab, &[]), [ADA, BEN, TEA, OUT]);
}

#[test]
fn people_are_sorted_and_paged() {
    let mut lab = Lab::new();
    assert_eq!(ids(&mut lab, &[("sortby", "lastname")]), [TEA, BEN, ADA]);
    assert_eq!(ids(&mut lab, &[("sortby", "firstname"), ("sortdirection", "desc")]), [TEA, BEN, ADA]);
    assert_eq!(ids(&mut lab, &[("limitfrom", "1"), ("limitnumber", "1")]), [BEN]);
    assert_eq!(ids(&mut lab, &[("limitfrom", "x"), ("limitnumber", "0")]), [ADA, BEN, TEA]);
}

#[test]
fn a_page_is_cut_before_hidden_people_are_dropped() {
    let rights = ["moodle/course:viewparticipants"];
    let mut lab = with_rights(&rights, &[], Release::V4_5);
    lab.world.enrol(COURSE, CALLER, "student");
    // The caller sees only itself, and it is on the first page of two.
    assert_eq!(ids(&mut lab, &[("limitnumber", "2")]), [CALLER]);
    assert_eq!(ids(&mut lab, &[("limitfrom", "2"), ("limitnumber", "2")]), Vec::<i64>::new());
}

#[test]
fn groups_and_capabilities_filter() {
    let mut lab = Lab::new();
    let group = lab.group("A", "");
    lab.member(group, BEN);
    assert_eq!(ids(&mut lab, &[("groupid", &group.to_string())]), [BEN]);
    assert!(ids(&mut lab, &[("groupid", "99")]).is_empty());
    assert_eq!(ids(&mut lab, &[("withcapability", "moodle/course:managegroups")]), [TEA]);
    assert!(ids(&mut lab, &[("withcapability", "no/such:thing")]).is_empty());
}

#[test]
fn separate_groups_without_access_to_all_groups_show_nobody() {
    let mut lab = Lab::new();
    lab.world.change_course(COURSE, |course| course.separate_groups = true);
    assert_eq!(ids(&mut lab, &[]).len(), 3);
    let rights = Rights::manager().without("moodle/site:accessallgroups");
    lab.world.add_token(Token::new(SECRET, CALLER).with_rights(rights));
    assert_eq!(lab.ok(FUNCTION, &form(&[])), Value::Array(Vec::new()));
}
