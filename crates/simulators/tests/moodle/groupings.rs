//! facts/moodle-ws.md §5.9: groupings.

use serde_json::json;

use crate::lab::{COURSE, Lab, OTHER, groups_form, strings};

fn groupings_form(groupings: &[(&str, &str)]) -> String {
    groups_form(groupings).replace("groups[", "groupings[")
}

fn link_form(list: &str, grouping: i64, group: i64) -> String {
    format!("{list}[0][groupingid]={grouping}&{list}[0][groupid]={group}")
}

#[test]
fn a_created_grouping_comes_back_as_documented() {
    let created = Lab::new().ok("core_group_create_groupings", &groupings_form(&[(" GR1 ", "gr-1")]));
    let expected = json!([{
        "id": 1, "courseid": COURSE, "name": "GR1", "description": "", "descriptionformat": 1, "idnumber": "gr-1",
    }]);
    assert_eq!(created, expected);
}

/// §0, 7
#[test]
fn a_grouping_without_idnumber_is_created_and_then_answered_with_an_error() {
    let mut lab = Lab::new();
    assert_eq!(lab.code("core_group_create_groupings", &groupings_form(&[("G", "")])), "invalidresponse");
    assert_eq!(lab.world.groupings(COURSE).count(), 1);
    let empty = format!("{}&groupings[0][idnumber]=", groupings_form(&[("H", "")]));
    assert_eq!(lab.code("core_group_create_groupings", &empty), "ok");
}

#[test]
fn unknown_courses_are_missing_records_here() {
    let mut lab = Lab::new();
    let form = groupings_form(&[("G", "g")]).replace(&format!("={COURSE}"), "=99");
    assert_eq!(lab.code("core_group_create_groupings", &form), "invalidrecord");
    assert_eq!(lab.code("core_group_get_course_groupings", "courseid=99"), "invalidrecord");
}

#[test]
fn names_of_groupings_are_unique_in_a_space_of_their_own() {
    let mut lab = Lab::new();
    lab.group("A", "x");
    lab.grouping("A", "x");
    for (name, idnumber, code) in
        [("a", "y", "invalidparameter"), ("B", "x", "idnumbertaken"), (" ", "z", "invalidparameter")]
    {
        let form = groupings_form(&[(name, idnumber)]);
        assert_eq!(lab.code("core_group_create_groupings", &form), code, "{name}");
    }
}

#[test]
fn reading_with_groups_leaves_the_key_out_when_there_are_none() {
    let mut lab = Lab::new();
    let (grouping, group) = (lab.grouping("G", "g"), lab.group("A", "a"));
    let form = format!("groupingids[0]={grouping}&returngroups=1");
    let read = lab.ok("core_group_get_groupings", &form);
    assert!(read[0].get("groups").is_none());
    assert_eq!(read[0]["customfields"], json!([]));
    lab.ok("core_group_assign_grouping", &link_form("assignments", grouping, group));
    let groups = lab.ok("core_group_get_groupings", &form)[0]["groups"].clone();
    assert_eq!(strings(&groups, "idnumber"), ["a"]);
    assert_eq!(lab.code("core_group_get_groupings", &format!("{form}&groupingids[1]=99")), "invalidrecord");
}

#[test]
fn an_update_needs_the_description_and_refuses_an_unknown_id() {
    let mut lab = Lab::new();
    let grouping = lab.grouping("G", "g");
    lab.grouping("H", "h");
    for (form, code) in [
        (format!("groupings[0][id]={grouping}&groupings[0][name]=G"), "invalidparameter"),
        (format!("groupings[0][id]={grouping}&groupings[0][name]=G2&groupings[0][description]="), "ok"),
        (
            format!("groupings[0][id]={grouping}&groupings[0][name]=h&groupings[0][description]="),
            "invalidparameter",
        ),
        (
            "groupings[0][id]=99&groupings[0][name]=X&groupings[0][description]=".to_owned(),
            "invalidparameter",
        ),
    ] {
        assert_eq!(lab.code("core_group_update_groupings", &form), code, "{form}");
    }
    let row = &lab.world.grouping(grouping).unwrap().row;
    assert_eq!((row.name.as_str(), row.idnumber.as_str()), ("G2", "g"));
}

#[test]
fn deleting_skips_unknown_ids_keeps_the_groups_and_clears_the_default_grouping() {
    let mut lab = Lab::new();
    let (grouping, group) = (lab.grouping("G", "g"), lab.group("A", ""));
    lab.world.assign_by_hand(grouping, group);
    lab.world.change_course(COURSE, |course| course.default_grouping = Some(grouping));
    let form = format!("groupingids[0]=99&groupingids[1]={grouping}");
    assert_eq!(lab.code("core_group_delete_groupings", &form), "ok");
    assert_eq!(lab.stored(), ["A"]);
    assert!(lab.world.group(group).unwrap().groupings.is_empty());
    assert_eq!(lab.world.course(COURSE).unwrap().default_grouping, None);
}

#[test]
fn assigning_twice_is_fine_and_a_group_of_another_course_is_accepted() {
    let mut lab = Lab::new();
    let (grouping, group) = (lab.grouping("G", "g"), lab.group("A", ""));
    let foreign = lab.world.create_group_by_hand(OTHER, "Foreign").unwrap();
    for (grouping, group, code) in [
        (grouping, group, "ok"),
        (grouping, group, "ok"),
        (grouping, foreign, "ok"),
        (99, group, "invalidrecord"),
        (grouping, 99, "invalidrecord"),
    ] {
        assert_eq!(lab.code("core_group_assign_grouping", &link_form("assignments", grouping, group)), code);
    }
    for (grouping, group, code) in [
        (grouping, group, "ok"),
        (grouping, group, "ok"),
        (99, group, "invalidrecord"),
        (grouping, 99, "invalidrecord"),
    ] {
        assert_eq!(
            lab.code("core_group_unassign_grouping", &link_form("unassignments", grouping, group)),
            code
        );
    }
    assert_eq!(lab.world.grouping(grouping).unwrap().groups.len(), 1);
}
