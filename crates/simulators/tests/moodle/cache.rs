//! facts/moodle-ws.md §7: the cached list of a course, with its ghosts, and what a transaction takes back.

use simulators::moodle::{NewCourse, Rights, Token};

use crate::lab::{ADA, CALLER, COURSE, Lab, SECRET, groups_form, member_form};

/// A lab with the group E1, after a batch of X and the given second group was refused.
fn after_refused_batch(second: (&str, &str), code: &str) -> Lab {
    let mut lab = Lab::new();
    lab.group("E1", "E1");
    let batch = groups_form(&[("X", "X1"), second]);
    assert_eq!(lab.code("core_group_create_groups", &batch), code);
    assert_eq!(lab.stored(), ["E1"], "the database is unchanged");
    lab
}

#[test]
fn failed_create_batch_leaves_a_ghost_in_the_cached_list() {
    let mut lab = after_refused_batch(("Y", "E1"), "idnumbertaken");
    assert_eq!(lab.listed(), ["E1", "X"]);
    for _ in 0..2 {
        let code = lab.code("core_group_create_groups", &groups_form(&[("X", "X1")]));
        assert_eq!(code, "idnumbertaken", "forever, until the cache is dropped");
    }
}

#[test]
fn a_failure_at_the_insert_leaves_a_ghost_too() {
    let mut lab = after_refused_batch((&"y".repeat(255), "Y1"), "dmlwriteexception");
    assert_eq!(lab.listed(), ["E1", "X"]);
}

#[test]
fn a_ghost_can_be_neither_read_nor_joined_and_deleting_it_does_nothing() {
    let mut lab = after_refused_batch(("Y", "E1"), "idnumbertaken");
    let list = lab.ok("core_group_get_course_groups", &format!("courseid={COURSE}"));
    let ghost = list[1]["id"].as_i64().unwrap();
    assert_eq!(lab.code("core_group_get_groups", &format!("groupids[0]={ghost}")), "invalidrecord");
    assert_eq!(lab.code("core_group_add_group_members", &member_form(ghost, ADA)), "invalidrecord");
    assert_eq!(lab.code("core_group_delete_groups", &format!("groupids[0]={ghost}")), "ok");
    assert_eq!(lab.listed(), ["E1", "X"]);
}

#[test]
fn a_duplicate_name_or_a_bad_course_leaves_no_ghost() {
    for (second, code) in [(("E1", "Z1"), "invalidparameter"), ((" ", "Z1"), "invalidparameter")] {
        assert_eq!(after_refused_batch(second, code).listed(), ["E1"]);
    }
    let mut lab = Lab::new();
    let bad = "groups[1][courseid]=99&groups[1][name]=Y&groups[1][description]=&groups[1][idnumber]=Y1";
    let form = format!("{}&{bad}", groups_form(&[("X", "X1")]));
    assert_eq!(lab.code("core_group_create_groups", &form), "errorcoursecontextnotvalid");
    assert!(lab.listed().is_empty());
}

#[test]
fn groupings_leave_ghosts_as_well() {
    let mut lab = Lab::new();
    lab.grouping("E1", "E1");
    let form = groups_form(&[("X", "X1"), ("Y", "E1")]).replace("groups[", "groupings[");
    assert_eq!(lab.code("core_group_create_groupings", &form), "idnumbertaken");
    let list = lab.ok("core_group_get_course_groupings", &format!("courseid={COURSE}"));
    assert_eq!(list.as_array().unwrap().len(), 2);
}

/// What drops the cache, and what does not.
#[test]
fn a_true_no_op_on_a_grouping_drops_the_cached_list() {
    let mut lab = after_refused_batch(("Y", "E1"), "idnumbertaken");
    let update = |grouping: i64| {
        format!("groupings[0][id]={grouping}&groupings[0][name]=G&groupings[0][description]=")
    };
    // The grouping exists before the ghost, since making it would drop the list.
    let grouping = lab.world.create_grouping_by_hand(COURSE, "G").unwrap();
    lab.code("core_group_create_groups", &groups_form(&[("X", "X1"), ("Y", "E1")]));
    assert_eq!(lab.listed(), ["E1", "X"]);
    lab.ok("core_group_update_groupings", &update(grouping));
    assert_eq!(lab.listed(), ["E1"]);
}

#[test]
fn deleting_unknown_ids_repeating_a_link_and_changing_members_keep_the_cached_list() {
    let mut lab = Lab::new();
    let group = lab.group("E1", "E1");
    let grouping = lab.grouping("G", "g");
    let link = format!("assignments[0][groupingid]={grouping}&assignments[0][groupid]={group}");
    lab.ok("core_group_assign_grouping", &link);
    lab.code("core_group_create_groups", &groups_form(&[("X", "X1"), ("Y", "E1")]));
    let member = member_form(group, ADA);
    for (function, form) in [
        ("core_group_delete_groups", "groupids[0]=99"),
        ("core_group_delete_groupings", "groupingids[0]=99"),
        ("core_group_assign_grouping", &link),
        ("core_group_add_group_members", &member),
        ("core_group_delete_group_members", &member),
    ] {
        lab.ok(function, form);
        assert_eq!(lab.listed(), ["E1", "X"], "{function}");
    }
    lab.ok("core_group_unassign_grouping", &link.replace("assignments", "unassignments"));
    assert_eq!(lab.listed(), ["E1"]);
}

#[test]
fn a_failed_update_leaves_the_new_name_in_the_cached_list() {
    let mut lab = Lab::new();
    let (a, b) = (lab.group("A", "a"), lab.group("B", "b"));
    let form = format!(
        "groups[0][id]={a}&groups[0][name]=A2&groups[1][id]={b}&groups[1][name]=B2&groups[1][idnumber]=a"
    );
    assert_eq!(lab.code("core_group_update_groups", &form), "idnumbertaken");
    assert_eq!(lab.stored(), ["A", "B"]);
    assert_eq!(lab.listed(), ["A2", "B"]);
}

#[test]
fn uncached_sources_show_the_truth_beside_a_ghost() {
    let mut lab = Lab::new();
    let (real, grouping) = (lab.group("E1", "E1"), lab.grouping("G", "g"));
    lab.world.assign_by_hand(grouping, real);
    lab.code("core_group_create_groups", &groups_form(&[("X", "X1"), ("Y", "E1")]));
    assert_eq!(lab.listed(), ["E1", "X"]);
    let read = lab.ok("core_group_get_groupings", &format!("groupingids[0]={grouping}&returngroups=1"));
    assert_eq!(read[0]["groups"].as_array().unwrap().len(), 1);
}

/// §7: every kind of change is taken back.
#[test]
fn a_rollback_restores_the_picture() {
    let mut lab = Lab::new();
    let (group, grouping) = (lab.group("A", "a"), lab.grouping("G", "g"));
    lab.member(group, ADA);
    lab.world.assign_by_hand(grouping, group);
    lab.world.change_course(COURSE, |course| course.default_grouping = Some(grouping));
    let before = lab.world.picture();
    // Groups of a hidden course are out of reach, so the second item of each batch fails.
    let hidden = lab.world.add_course(NewCourse { shortname: "HIDDEN".to_owned(), ..Default::default() });
    let locked = lab.world.create_group_by_hand(hidden, "L").unwrap();
    let locked_grouping = lab.world.create_grouping_by_hand(hidden, "L").unwrap();
    lab.world.change_course(hidden, |course| course.visible = false);
    let rights = Rights::manager().without("moodle/course:viewhiddencourses");
    let token = Token::new(SECRET, CALLER).with_rights(rights);
    lab.world.add_token(token);
    for (function, form) in [
        ("core_group_delete_groups", format!("groupids[0]={group}&groupids[1]={locked}")),
        (
            "core_group_delete_groupings",
            format!("groupingids[0]={grouping}&groupingids[1]={locked_grouping}"),
        ),
        (
            "core_group_update_groups",
            format!("groups[0][id]={group}&groups[0][name]=Z&groups[1][id]={locked}&groups[1][name]=Z"),
        ),
        (
            "core_group_delete_group_members",
            format!("{}&members[1][groupid]={locked}&members[1][userid]={ADA}", member_form(group, ADA)),
        ),
        (
            "enrol_manual_unenrol_users",
            format!(
                "enrolments[0][userid]={ADA}&enrolments[0][courseid]={COURSE}\
                 &enrolments[1][userid]={ADA}&enrolments[1][courseid]={hidden}"
            ),
        ),
        (
            "core_group_unassign_grouping",
            format!(
                "unassignments[0][groupingid]={grouping}&unassignments[0][groupid]={group}\
                 &unassignments[1][groupingid]=99&unassignments[1][groupid]={group}"
            ),
        ),
    ] {
        assert_ne!(lab.code(function, &form), "ok", "{function}");
        let after = lab.world.picture();
        let visible = after.split("course HIDDEN").next().unwrap();
        assert_eq!(visible, before, "{function}");
        assert_eq!(lab.world.course(COURSE).unwrap().default_grouping, Some(grouping), "{function}");
        assert!(lab.world.is_enrolled(COURSE, ADA), "{function}");
    }
    // Names freed and taken back are known again.
    assert_eq!(lab.code("core_group_create_groups", &groups_form(&[("A", "")])), "invalidparameter");
    assert_eq!(lab.code("core_group_create_groups", &groups_form(&[("Z", "")])), "ok");
}

/// A saved world goes on where it stopped, cached ghosts and ids included.
#[test]
fn a_world_can_be_saved_and_read_back() {
    let mut lab = after_refused_batch(("Y", "E1"), "idnumbertaken");
    let saved = serde_json::to_string(&lab.world).unwrap();
    let mut again = Lab::new();
    again.world = serde_json::from_str(&saved).unwrap();
    assert_eq!(again.world.picture(), lab.world.picture());
    assert_eq!(again.listed(), ["E1", "X"]);
    assert_eq!(again.group("New", ""), lab.group("New", ""));
}
