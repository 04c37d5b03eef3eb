//! facts/moodle-ws.md §5.10: courses, users, enrolment.

use serde_json::{Value, json};
use simulators::moodle::{Method, Period, Rights, Token};

use crate::lab::{ADA, BEN, CALLER, COURSE, Lab, OTHER, OUT, SECRET, member_form};

fn found(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

#[test]
fn courses_are_found_as_the_database_compares() {
    let mut lab = Lab::new();
    for (form, expected) in [
        ("field=id&value=5", vec![COURSE]),
        ("field=id&value=99", vec![]),
        ("field=ids&value=6,5", vec![OTHER, COURSE]),
        ("field=shortname&value=crs0001 ", vec![COURSE]),
        ("field=idnumber&value=ID-crs0002", vec![OTHER]),
        ("field=category&value=1", vec![1, COURSE, OTHER]),
        ("", vec![1, COURSE, OTHER]),
    ] {
        let answer = lab.ok("core_course_get_courses_by_field", form);
        assert_eq!(found(&answer["courses"]), expected, "{form}");
        assert_eq!(answer["warnings"], json!([]));
    }
    assert_eq!(lab.code("core_course_get_courses_by_field", "field=shoe&value=1"), "invalidparameter");
}

#[test]
fn a_deleted_course_is_an_empty_list() {
    let mut lab = Lab::new();
    lab.group("A", "");
    lab.world.delete_course(COURSE);
    let answer = lab.ok("core_course_get_courses_by_field", &format!("field=id&value={COURSE}"));
    assert_eq!(answer, json!({"courses": [], "warnings": []}));
}

fn users(lab: &mut Lab, field: &str, values: &[&str]) -> Vec<i64> {
    let values: Vec<String> = values.iter().map(|value| format!("&values[]={value}")).collect();
    found(&lab.ok("core_user_get_users_by_field", &format!("field={field}{}", values.concat())))
}

#[test]
fn users_are_found_each_once_and_unknown_values_left_out() {
    let mut lab = Lab::new();
    lab.world.change_user(OUT, |user| user.idnumber = "20000011".to_owned());
    assert_eq!(users(&mut lab, "idnumber", &["20000011", "20000011", "nobody"]), [ADA, OUT]);
    assert_eq!(users(&mut lab, "idnumber", &["t0001 "]).len(), 1);
    assert_eq!(users(&mut lab, "username", &["ben"]), [BEN]);
    assert_eq!(users(&mut lab, "email", &["BEN@example.ac.uk"]), [BEN]);
    let code = lab.code("core_user_get_users_by_field", "field=username&values[]=Ben");
    assert_eq!(code, "invalidparameter");
    assert_eq!(lab.code("core_user_get_users_by_field", "field=shoe&values[]=1"), "codingerror");
}

#[test]
fn a_deleted_user_is_found_by_id_only_and_a_suspended_one_says_so() {
    let mut lab = Lab::new();
    lab.world.delete_user(ADA);
    assert_eq!(users(&mut lab, "id", &["11"]), [ADA]);
    assert!(users(&mut lab, "idnumber", &["20000011"]).is_empty());
    assert!(users(&mut lab, "username", &["ada"]).is_empty());
    lab.world.suspend_user(BEN);
    let ben = lab.ok("core_user_get_users_by_field", "field=username&values[]=ben");
    assert_eq!(ben[0]["suspended"], true);
}

#[test]
fn a_person_whose_searched_field_is_hidden_is_not_found() {
    let mut lab = Lab::new();
    let rights = Rights::of(["webservice/rest:use", "moodle/user:viewdetails"]);
    lab.world.add_token(Token::new(SECRET, CALLER).with_rights(rights));
    assert!(users(&mut lab, "idnumber", &["20000011"]).is_empty());
    assert_eq!(users(&mut lab, "id", &["11"]), [ADA]);
}

/// Read in Moodle's `user/lib.php`: with `moodle/user:viewalldetails` only, and never among participants.
#[test]
fn the_language_of_a_user_is_told_to_who_may_see_all_details() {
    let mut lab = Lab::new();
    lab.world.change_user(ADA, |user| user.lang = "de_du".to_owned());
    let ask =
        |lab: &mut Lab| lab.ok("core_user_get_users_by_field", "field=id&values[]=11")[0]["lang"].clone();
    assert_eq!(ask(&mut lab), "de_du");
    let enrolled = lab.ok("core_enrol_get_enrolled_users", &format!("courseid={COURSE}"));
    assert_eq!(enrolled[0]["lang"], json!(null));
    let rights = Rights::manager().without("moodle/user:viewalldetails");
    lab.world.add_token(Token::new(SECRET, CALLER).with_rights(rights));
    assert_eq!(ask(&mut lab), json!(null));
}

#[test]
fn groups_of_a_user_come_with_a_warning_for_somebody_not_enrolled() {
    let mut lab = Lab::new();
    let group = lab.group("A", "x");
    lab.member(group, ADA);
    let answer = lab.ok("core_group_get_course_user_groups", &format!("courseid={COURSE}&userid={ADA}"));
    let expected = json!([{
        "id": group, "name": "A", "description": "", "descriptionformat": 1, "idnumber": "x", "courseid": COURSE,
    }]);
    assert_eq!(answer["groups"], expected);
    let answer = lab.ok("core_group_get_course_user_groups", &format!("courseid={COURSE}&userid={OUT}"));
    assert_eq!(answer["warnings"][0]["warningcode"], "notenrolled");
}

fn enrolment(role: i64, user: i64, course: i64) -> String {
    format!("enrolments[0][roleid]={role}&enrolments[0][userid]={user}&enrolments[0][courseid]={course}")
}

#[test]
fn manual_enrolment_is_repeatable_and_needs_an_assignable_role() {
    let mut lab = Lab::new();
    for (form, code) in [
        (enrolment(5, OUT, COURSE), "ok"),
        (enrolment(5, OUT, COURSE), "ok"),
        (enrolment(1, OUT, COURSE), "wsusercannotassign"),
        (enrolment(5, OUT, 99), "invalidparameter"),
        (enrolment(5, 99, COURSE), "invaliduser"),
    ] {
        assert_eq!(lab.code("enrol_manual_enrol_users", &form), code, "{form}");
    }
    assert!(lab.world.is_enrolled(COURSE, OUT));
    let new_role = Rights::of(["webservice/rest:use", "moodle/course:view", "enrol/manual:enrol"]);
    lab.world.add_token(Token::new(SECRET, CALLER).with_rights(new_role.clone()));
    assert_eq!(lab.code("enrol_manual_enrol_users", &enrolment(5, OUT, OTHER)), "wsusercannotassign");
    lab.world.add_token(Token::new(SECRET, CALLER).with_rights(new_role.assigning("student")));
    assert_eq!(lab.code("enrol_manual_enrol_users", &enrolment(5, OUT, OTHER)), "ok");
    lab.world.change_course(OTHER, |course| course.manual_enrolment = false);
    assert_eq!(lab.code("enrol_manual_enrol_users", &enrolment(5, ADA, OTHER)), "wsnoinstance");
}

/// §0, 15
#[test]
fn unenrolling_deletes_memberships_and_enrolling_again_does_not_restore_them() {
    let mut lab = Lab::new();
    let group = lab.group("A", "");
    lab.ok("core_group_add_group_members", &member_form(group, ADA));
    let form = format!("enrolments[0][userid]={ADA}&enrolments[0][courseid]={COURSE}");
    for _ in 0..2 {
        lab.ok("enrol_manual_unenrol_users", &form);
        assert!(lab.world.members(group).is_empty());
    }
    lab.ok("enrol_manual_enrol_users", &enrolment(5, ADA, COURSE));
    assert!(lab.world.members(group).is_empty());
}

#[test]
fn another_enrolment_keeps_the_memberships() {
    let mut lab = Lab::new();
    let group = lab.group("A", "");
    lab.member(group, ADA);
    lab.world.enrol_by(COURSE, ADA, "student", Method::Database, Period::default());
    lab.ok(
        "enrol_manual_unenrol_users",
        &format!("enrolments[0][userid]={ADA}&enrolments[0][courseid]={COURSE}"),
    );
    assert_eq!(lab.world.members(group), [ADA]);
}
