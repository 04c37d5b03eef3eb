//! facts/moodle-ws.md §5.1–§5.5: groups.

use serde_json::json;
use simulators::moodle::{Release, Rights, Token};

use crate::lab::{ADA, CALLER, COURSE, Lab, OTHER, SECRET, groups_form, strings};

/// §5.1
#[test]
fn a_created_group_comes_back_as_documented() {
    let form = format!(
        "groups[0][courseid]={COURSE}&groups[0][name]= A2 &groups[0][description]=<p>d</p>\
         &groups[0][enrolmentkey]=secret&groups[0][idnumber]= ID-A2 &groups[0][visibility]=1"
    );
    let expected = json!([{
        "id": 1, "courseid": COURSE, "name": "A2", "description": "<p>d</p>", "descriptionformat": 1,
        "enrolmentkey": "secret", "idnumber": "ID-A2", "visibility": 1, "participation": true,
    }]);
    assert_eq!(Lab::new().ok("core_group_create_groups", &form), expected);
}

/// §5.1
#[test]
fn an_enrolment_key_is_empty_in_the_answer_and_null_when_read_back() {
    let mut lab = Lab::new();
    let created = lab.ok("core_group_create_groups", &groups_form(&[("A", "")]));
    assert_eq!(created[0]["enrolmentkey"], "");
    let read = lab.ok("core_group_get_groups", &format!("groupids[0]={}", created[0]["id"]));
    assert_eq!(read[0]["enrolmentkey"], json!(null));
}

/// §5.1: the first failing check of an item is the answer.
#[test]
fn checks_of_a_new_group_have_their_order() {
    let mut lab = Lab::new();
    lab.world.set_debugging(true);
    lab.group("Taken", "taken");
    // Each step repairs the check before it.
    let steps = [
        ("courseid]=99", "name]= ", "descriptionformat]=9&groups[0][visibility]=9", "invalidparameter"),
        (
            "courseid]=99",
            "name]=Taken",
            "descriptionformat]=9&groups[0][visibility]=9",
            "errorcoursecontextnotvalid",
        ),
        ("courseid]=5", "name]=taken", "descriptionformat]=9&groups[0][visibility]=9", "invalidparameter"),
        ("courseid]=5", "name]=New", "descriptionformat]=9&groups[0][visibility]=9", "formatnotsupported"),
        ("courseid]=5", "name]=New", "descriptionformat]=3&groups[0][visibility]=9", "formatnotsupported"),
        ("courseid]=5", "name]=New", "descriptionformat]=4&groups[0][visibility]=9", "invalidparameter"),
        ("courseid]=5", "name]=New", "descriptionformat]=4&groups[0][visibility]=3", "idnumbertaken"),
    ];
    for (course, name, rest, code) in steps {
        let form = format!(
            "groups[0][{course}&groups[0][{name}&groups[0][{rest}&groups[0][description]=&groups[0][idnumber]=taken"
        );
        assert_eq!(lab.code("core_group_create_groups", &form), code, "{form}");
    }
    let reason = lab.call("core_group_create_groups", &groups_form(&[("TAKEN", "")]));
    assert_eq!(reason["debuginfo"], "Group with the same name already exists in the course");
}

/// §5.1
#[test]
fn a_course_that_is_not_there_is_named_in_the_message() {
    let error = Lab::new().call("core_group_get_course_groups", "courseid=99");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("(course id:99)"), "{message}");
    assert!(message.ends_with("Invalid parameter value detected"), "{message}");
}

/// §5.1
#[test]
fn the_site_course_is_accepted_and_duplicates_in_a_batch_are_found() {
    let mut lab = Lab::new();
    let form = groups_form(&[("A", "")]).replace(&format!("={COURSE}"), "=1");
    assert_eq!(lab.code("core_group_create_groups", &form), "ok");
    let twice = groups_form(&[("A", ""), ("A", "")]);
    assert_eq!(lab.code("core_group_create_groups", &twice), "invalidparameter");
    assert!(lab.stored().is_empty());
}

/// §7
#[test]
fn ids_are_consumed_by_a_rollback() {
    let mut lab = Lab::new();
    assert_eq!(lab.group("A", ""), 1);
    lab.code("core_group_create_groups", &groups_form(&[("B", ""), ("C", ""), ("A", "")]));
    assert_eq!(lab.group("B", ""), 4);
}

/// §5.1
#[test]
fn participation_is_off_when_nobody_sees_the_members() {
    let mut lab = Lab::new();
    for (visibility, participation) in [(0, true), (1, true), (2, false), (3, false)] {
        let form =
            format!("{}&groups[0][visibility]={visibility}", groups_form(&[(&format!("G{visibility}"), "")]));
        let created = lab.ok("core_group_create_groups", &form);
        assert_eq!(created[0]["participation"], participation, "{visibility}");
    }
}

/// §5.1
#[test]
fn custom_fields_are_echoed_and_not_stored() {
    let mut lab = Lab::new();
    let form = format!(
        "{}&groups[0][customfields][0][shortname]=nope&groups[0][customfields][0][value]=1",
        groups_form(&[("A", "")])
    );
    let created = lab.ok("core_group_create_groups", &form);
    assert_eq!(created[0]["customfields"], json!([{"shortname": "nope", "value": "1"}]));
    let read = lab.ok("core_group_get_groups", &format!("groupids[0]={}", created[0]["id"]));
    assert_eq!(read[0]["customfields"], json!([]));
}

/// §5.2
#[test]
fn get_groups_keeps_request_order_and_fails_whole_on_one_unknown_id() {
    let mut lab = Lab::new();
    let (a, b) = (lab.group("A", ""), lab.group("B", ""));
    let form = format!("groupids[0]={b}&groupids[1]={a}&groupids[2]={b}");
    assert_eq!(strings(&lab.ok("core_group_get_groups", &form), "name"), ["B", "A", "B"]);
    assert_eq!(lab.code("core_group_get_groups", &format!("{form}&groupids[3]=99")), "invalidrecord");
}

/// §5.3
#[test]
fn course_groups_come_by_name_as_the_database_sorts() {
    let mut lab = Lab::new();
    for name in ["b", "É", "A", "z"] {
        lab.group(name, "");
    }
    assert_eq!(lab.listed(), ["A", "b", "É", "z"]);
}

/// §5.3
#[test]
fn hidden_groups_are_kept_from_some_callers_and_still_block_their_names() {
    let mut lab = Lab::new();
    lab.ok(
        "core_group_create_groups",
        &format!("{}&groups[0][visibility]=1", groups_form(&[("Hidden", "")])),
    );
    lab.group("Open", "");
    let hidden = lab.world.group_named(COURSE, "Hidden").unwrap().row.id;
    let rights = Rights::manager().without("moodle/course:viewhiddengroups");
    lab.world.add_token(Token::new(SECRET, CALLER).with_rights(rights));
    assert_eq!(lab.listed(), ["Open"]);
    assert_eq!(lab.code("core_group_create_groups", &groups_form(&[("Hidden", "")])), "invalidparameter");
    lab.world.add_member(hidden, ADA);
    let members = lab.ok("core_group_get_group_members", &format!("groupids[0]={hidden}"));
    assert_eq!(members, json!([{"groupid": hidden, "userids": []}]));
}

/// §5.4
#[test]
fn deleting_skips_unknown_and_repeated_ids_and_takes_members_and_links_along() {
    let mut lab = Lab::new();
    let (group, grouping) = (lab.group("A", ""), lab.grouping("G", "g"));
    lab.member(group, ADA);
    lab.world.assign_by_hand(grouping, group);
    let form = format!("groupids[0]=99&groupids[1]={group}&groupids[2]={group}");
    assert_eq!(lab.code("core_group_delete_groups", &form), "ok");
    assert!(lab.stored().is_empty() && lab.world.members(group).is_empty());
    assert!(lab.world.grouping(grouping).unwrap().groups.is_empty());
}

/// §5.5
#[test]
fn an_update_keeps_what_is_left_out_and_has_codes_of_its_own() {
    let mut lab = Lab::new();
    let (a, _b) = (lab.group("A", "x:a"), lab.group("B", "x:b"));
    lab.ok("core_group_update_groups", &format!("groups[0][id]={a}&groups[0][name]= A2 "));
    let row = &lab.world.group(a).unwrap().row;
    assert_eq!((row.name.as_str(), row.idnumber.as_str()), ("A2", "x:a"));
    for (form, code) in [
        ("groups[0][id]=99&groups[0][name]=Z".to_owned(), "invalidparameter"),
        (format!("groups[0][id]={a}&groups[0][name]=b"), "invalidparameter"),
        (format!("groups[0][id]={a}"), "invalidparameter"),
        (format!("groups[0][id]={a}&groups[0][name]=A2&groups[0][courseid]={COURSE}"), "invalidparameter"),
        (format!("groups[0][id]={a}&groups[0][name]=A2&groups[0][idnumber]=x:b"), "idnumbertaken"),
        (format!("groups[0][id]={a}&groups[0][name]=A2&groups[0][idnumber]=x:a"), "ok"),
        (format!("groups[0][id]={a}&groups[0][name]=a2"), "invalidparameter"),
        (format!("groups[0][id]={a}&groups[0][name]=A2&groups[0][idnumber]="), "ok"),
    ] {
        assert_eq!(lab.code("core_group_update_groups", &form), code, "{form}");
    }
    assert_eq!(lab.world.group(a).unwrap().row.idnumber, "");
}

/// §5.5
#[test]
fn names_cannot_be_swapped_in_one_batch() {
    let mut lab = Lab::new();
    let (a, b) = (lab.group("A", ""), lab.group("B", ""));
    let form = format!("groups[0][id]={a}&groups[0][name]=B&groups[1][id]={b}&groups[1][name]=A");
    assert_eq!(lab.code("core_group_update_groups", &form), "invalidparameter");
    assert_eq!(lab.stored(), ["A", "B"]);
}

/// §5.5
#[test]
fn visibility_of_a_group_with_members_cannot_change() {
    let mut lab = Lab::new();
    let group = lab.group("A", "");
    lab.member(group, ADA);
    for (visibility, code) in [(1, "invalidparameter"), (0, "ok")] {
        let form = format!("groups[0][id]={group}&groups[0][name]=A&groups[0][visibility]={visibility}");
        assert_eq!(lab.code("core_group_update_groups", &form), code);
    }
}

/// §0, 21
#[test]
fn an_update_switches_group_messaging_off_even_if_it_changes_nothing() {
    for release in Release::ALL {
        let mut lab = Lab::running(release);
        let group = lab.group("A", "");
        lab.world.change_group(group, |row| row.messaging = true);
        lab.ok("core_group_update_groups", &format!("groups[0][id]={group}&groups[0][name]=A"));
        assert!(!lab.world.group(group).unwrap().row.messaging);
    }
}

/// §3
#[test]
fn a_right_missing_in_one_course_rolls_the_whole_batch_back() {
    let mut lab = Lab::new();
    let rights = Rights::manager()
        .without("moodle/course:managegroups")
        .in_course(COURSE, ["moodle/course:managegroups"]);
    lab.world.add_token(Token::new(SECRET, CALLER).with_rights(rights));
    let other =
        groups_form(&[("A", "")]).replace(&format!("={COURSE}"), &format!("={OTHER}")).replace("[0]", "[1]");
    let form = format!("{}&{other}", groups_form(&[("A", "")]));
    let error = lab.call("core_group_create_groups", &form);
    assert_eq!(error["errorcode"], "nopermissions");
    assert!(error["message"].as_str().unwrap().contains("Manage groups"));
    assert!(lab.stored().is_empty());
}
