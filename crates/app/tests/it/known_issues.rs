//! The known issues of the old service, with the real program, each with every choice of the policy.
//!
//! Not here: the same issues as cases of the planner (`crates/reconcile/tests/scenarios`).
//!
//! Invariant: after each step another run finds nothing to do.

use simulators::moodle::NewCourse;

use crate::support::{Place, Timetable, add_person, campus, user};

const MODULE: &str = "ANTH1014";

fn timetable() -> Timetable {
    Timetable::new().group(MODULE, "11", "Tutorial A", &["p1", "p2"]).group(
        MODULE,
        "12",
        "Tutorial B",
        &["p3"],
    )
}

/// Course 7 with four people and a module of two groups, mapped; nothing has run yet.
fn place() -> Place {
    let place = Place::with(&[7], 4, &timetable());
    place.map(7, MODULE);
    place
}

/// The same with one choice of the policy.
fn place_with(key: &str, choice: &str) -> Place {
    let mut place = place();
    place.set(&format!("policy.{key}"), &format!("{choice:?}"));
    place
}

#[test]
fn known_issue_1_a_group_deleted_in_moodle_is_created_again() {
    let place = place();
    place.run().ends_with(0);
    let before = place.picture();
    let id = place.group(7, "Tutorial A");
    assert!(place.world().delete_group(id));
    // The timetable adds somebody to just this group on the same day: the old service threw an exception here.
    place.write_timetable(&Timetable::new().group(MODULE, "11", "Tutorial A", &["p1", "p2", "p4"]).group(
        MODULE,
        "12",
        "Tutorial B",
        &["p3"],
    ));
    let ran = place.run().ends_with(0);
    assert_eq!((ran.done("create_group"), ran.done("add_member")), (1, 3), "{ran}");
    assert_eq!(ran.reasons(), ["deleted_there"]);
    assert_eq!(place.picture(), before.replace("\"p2\"]", "\"p2\", \"p4\"]"));
    place.assert_quiet();
}

#[test]
fn known_issue_1_a_deletion_in_moodle_is_respected_by_policy() {
    let place = place_with("deleted_there", "respect");
    place.run().ends_with(0);
    let id = place.group(7, "Tutorial A");
    assert!(place.world().delete_group(id));
    let ran = place.muster(&["run", "--all", "--format", "json"]).ends_with(0);
    assert_eq!(ran.done("create_group"), 0, "{ran}");
    assert_eq!(place.group_names(7), ["Tutorial B"]);
    place.assert_quiet();
    place.assert_quiet();
}

#[test]
fn known_issue_2_a_group_waits_while_a_local_group_has_its_name() {
    let place = place();
    let local = place.world().create_group_by_hand(7, "Tutorial A").unwrap();
    let ran = place.run().ends_with(7);
    assert_eq!(ran.reasons(), ["name_taken"]);
    assert_eq!(place.group_names(7), ["Tutorial A", "Tutorial B"]);
    assert_eq!(place.world().group(local).unwrap().row.idnumber, "");
    assert!(place.world().members(local).is_empty());
    place.assert_quiet();
    // As the remedy says.
    assert!(place.world().rename_group(local, "My own group"));
    place.run().ends_with(0);
    assert_eq!(place.group_names(7), ["My own group", "Tutorial A", "Tutorial B"]);
    assert_eq!(place.members(7, "Tutorial A"), ["p1", "p2"]);
    place.assert_quiet();
}

#[test]
fn known_issue_2_a_local_group_with_the_name_is_adopted_by_policy() {
    let place = place_with("name_taken", "adopt");
    let local = place.world().create_group_by_hand(7, "Tutorial A").unwrap();
    assert!(place.world().add_member(local, user(1)) && place.world().add_member(local, user(4)));
    // The plan shows first what would become of its members.
    place.muster(&["import"]).ends_with(0);
    place
        .muster(&["plan", "--details"])
        .ends_with(0)
        .says("take over group Tutorial A")
        .says("add p2 to Tutorial A");
    let ran = place.run().ends_with(0);
    assert_eq!(ran.done("adopt_group"), 1, "{ran}");
    assert_eq!(place.group(7, "Tutorial A"), local);
    assert_eq!(place.world().group(local).unwrap().row.idnumber, "muster:cmis:ANTH1014:11");
    assert_eq!(place.members(7, "Tutorial A"), ["p1", "p2", "p4"]);
    place.assert_quiet();
}

#[test]
fn known_issue_2_the_new_group_is_qualified_by_policy_and_takes_its_name_when_it_is_free() {
    let place = place_with("name_taken", "qualify");
    let local = place.world().create_group_by_hand(7, "Tutorial A").unwrap();
    place.run().ends_with(0);
    assert_eq!(place.group_names(7), ["Tutorial A", "Tutorial A (ANTH1014 11)", "Tutorial B"]);
    assert_eq!(place.members(7, "Tutorial A (ANTH1014 11)"), ["p1", "p2"]);
    place.assert_quiet();
    assert!(place.world().delete_group(local));
    place.muster(&["run", "--all"]).ends_with(0);
    assert_eq!(place.group_names(7), ["Tutorial A", "Tutorial B"]);
    place.assert_quiet();
}

/// A course in which `p4` is not enrolled, and a group that lists `p4` in a role.
fn place_with_a_stranger(role: &str) -> Place {
    let mut world = campus(&[7], 3);
    add_person(&mut world, 4);
    let place = Place::new(world);
    let timetable = timetable();
    place.write_timetable(&match role {
        "tutor" => timetable.tutor("12", "p4"),
        _ => timetable.group(MODULE, "13", "Tutorial C", &["p4"]),
    });
    place.map(7, MODULE);
    place
}

/// Known issues 3 and 6: a person who is not enrolled, by role, with both choices.
fn check_stranger(role: &str, group: &str, others: &[&str], role_id: i64) {
    let with_stranger: Vec<&str> = others.iter().copied().chain(["p4"]).collect();
    let place = place_with_a_stranger(role);
    // Pending is no alarm: it completes by itself.
    let ran = place.run().ends_with(0);
    assert_eq!(ran.reasons(), ["not_enrolled"]);
    assert_eq!(place.members(7, group), others);
    place.assert_quiet();
    assert!(place.world().enrol(7, user(4), "student"));
    let ran = place.run().ends_with(0);
    assert_eq!(ran.done("add_member"), 1, "{ran}");
    assert_eq!(place.members(7, group), with_stranger);
    place.assert_quiet();

    let mut place = place_with_a_stranger(role);
    place.set("policy.not_enrolled", "\"enrol\"");
    let ran = place.run().ends_with(0);
    assert_eq!(ran.done("enrol_person"), 1, "{ran}");
    assert_eq!(place.members(7, group), with_stranger);
    let roles: Vec<i64> =
        place.world().course(7).unwrap().enrolments[&user(4)].roles.iter().copied().collect();
    assert_eq!(roles, [role_id]);
    place.assert_quiet();
}

#[test]
fn known_issue_3_a_student_who_is_not_enrolled_waits_and_completes_or_is_enrolled() {
    check_stranger("student", "Tutorial C", &[], 5);
}

#[test]
fn known_issue_6_a_tutor_who_is_not_enrolled_waits_and_completes_or_is_enrolled() {
    check_stranger("tutor", "Tutorial B", &["p3"], 4);
}

/// Renames a group of ours by hand and runs.
fn rename_there(place: &Place) -> crate::support::Ran {
    place.run().ends_with(0);
    let id = place.group(7, "Tutorial A");
    assert!(place.world().rename_group(id, "Ada's favourites"));
    place.muster(&["run", "--all", "--format", "json"]).ends_with(0)
}

#[test]
fn known_issue_4_a_name_changed_in_moodle_is_kept_and_shown_in_our_answers() {
    let place = place();
    let ran = rename_there(&place);
    assert_eq!(ran.reasons(), ["renamed_there"]);
    assert_eq!(place.group_names(7), ["Ada's favourites", "Tutorial B"]);
    place.muster(&["explain", "group", "Ada's favourites"]).ends_with(0).says("Tutorial A");
    place.assert_quiet();
    // The group goes on under its new name.
    place.write_timetable(&Timetable::new().group(MODULE, "11", "Tutorial A", &["p1", "p4"]).group(
        MODULE,
        "12",
        "Tutorial B",
        &["p3"],
    ));
    place.run().ends_with(0);
    assert_eq!(place.members(7, "Ada's favourites"), ["p1", "p4"]);
    place.assert_quiet();
}

#[test]
fn known_issue_4_a_name_changed_in_moodle_is_restored_by_policy() {
    let place = place_with("renamed_there", "restore");
    rename_there(&place);
    assert_eq!(place.group_names(7), ["Tutorial A", "Tutorial B"]);
    place.assert_quiet();
}

#[test]
fn known_issue_4_a_name_changed_in_the_source_is_written() {
    let place = place();
    place.run().ends_with(0);
    let id = place.group(7, "Tutorial A");
    place.write_timetable(&Timetable::new().group(MODULE, "11", "Tutorial A, Monday", &["p1", "p2"]).group(
        MODULE,
        "12",
        "Tutorial B",
        &["p3"],
    ));
    place.run().ends_with(0);
    assert_eq!(place.group(7, "Tutorial A, Monday"), id);
    place.assert_quiet();
}

#[test]
fn known_issue_5_our_groups_and_local_ones_are_told_apart() {
    let mut place = place();
    place.set("policy.group_name", "\"{group} [CMIS]\"");
    let local = place.world().create_group_by_hand(7, "Friends").unwrap();
    assert!(place.world().add_member(local, user(1)));
    place.run().ends_with(0);
    assert_eq!(place.group_names(7), ["Friends", "Tutorial A [CMIS]", "Tutorial B [CMIS]"]);
    let ours = |id: i64| place.world().group(id).unwrap().row.idnumber.starts_with("muster:");
    assert!(ours(place.group(7, "Tutorial A [CMIS]")) && !ours(local));
    place.muster(&["explain", "course", "7"]).ends_with(0).says("2 groups with 3 memberships are ours");
    // What is not ours is in no operation, even when everything of ours goes.
    place.muster(&["map", "remove", "7", MODULE]).ends_with(0);
    place.muster(&["plan", "--details"]).ends_with(0).does_not_say("Friends");
    place.run().ends_with(0);
    assert_eq!(
        (place.group_names(7), place.members(7, "Friends")),
        (vec!["Friends".into()], vec!["p1".into()])
    );
    place.assert_quiet();
}

/// Two modules in one course, each with a group that is called `A1`.
fn place_with_two_modules(choice: &str) -> Place {
    let timetable = Timetable::new().group(MODULE, "11", "A1", &["p1", "p2"]).group(
        "HIST2001",
        "21",
        "A1",
        &["p2", "p3"],
    );
    let mut place = Place::with(&[7], 3, &timetable);
    place.set("policy.same_code", &format!("{choice:?}"));
    place.map(7, MODULE);
    place.map(7, "HIST2001");
    place
}

#[test]
fn known_issue_7_the_same_code_of_two_modules_is_qualified() {
    let place = place_with_two_modules("qualify");
    let ran = place.run().ends_with(0);
    assert_eq!(ran.reasons(), ["same_code"]);
    assert_eq!(place.group_names(7), ["A1 (ANTH1014)", "A1 (HIST2001)"]);
    assert_eq!(place.members(7, "A1 (HIST2001)"), ["p2", "p3"]);
    place.assert_quiet();
}

#[test]
fn known_issue_7_the_same_code_of_two_modules_is_merged_and_can_be_undone() {
    let mut place = place_with_two_modules("merge");
    place.run().ends_with(0);
    assert_eq!(place.group_names(7), ["A1"]);
    assert_eq!(place.members(7, "A1"), ["p1", "p2", "p3"]);
    assert_eq!(place.grouping_names(7), [MODULE, "HIST2001"]);
    place.assert_quiet();
    place.set("policy.same_code", "\"qualify\"");
    place.run().ends_with(0);
    assert_eq!(place.group_names(7), ["A1 (ANTH1014)", "A1 (HIST2001)"]);
    assert_eq!(place.members(7, "A1 (ANTH1014)"), ["p1", "p2"]);
    assert_eq!(place.members(7, "A1 (HIST2001)"), ["p2", "p3"]);
    place.assert_quiet();
}

#[test]
fn known_issue_7_a_merged_group_goes_on_when_one_of_its_modules_leaves() {
    let place = place_with_two_modules("merge");
    place.run().ends_with(0);
    place.muster(&["map", "remove", "7", MODULE]).ends_with(0);
    place.run().ends_with(0);
    assert_eq!(
        (place.group_names(7), place.members(7, "A1")),
        (vec!["A1".into()], vec!["p2".into(), "p3".into()])
    );
    place.assert_quiet();
}

#[test]
fn course_gone_is_reported_and_costs_the_other_courses_nothing() {
    let place = Place::with(&[7, 8], 4, &timetable());
    place.map(7, MODULE);
    place.map(8, MODULE);
    place.run().ends_with(0);
    assert!(place.world().delete_course(7));
    place.write_timetable(&timetable().group(MODULE, "13", "Tutorial C", &["p4"]));
    let ran = place.run().ends_with(7);
    assert_eq!(ran.reasons(), ["course_gone"]);
    assert_eq!(place.group_names(8), ["Tutorial A", "Tutorial B", "Tutorial C"]);
    place.muster(&["explain", "course", "7"]).ends_with(0).says("course gone");
    place.assert_quiet();
    // Restored from a backup, empty: everything comes back.
    let mut world = place.world();
    world.add_course(NewCourse { id: Some(7), shortname: "C7".into(), ..NewCourse::default() });
    for number in 1..=4 {
        world.enrol(7, user(number), "student");
    }
    drop(world);
    place.run().ends_with(0);
    assert_eq!(place.group_names(7), ["Tutorial A", "Tutorial B", "Tutorial C"]);
    assert_eq!(place.members(7, "Tutorial A"), ["p1", "p2"]);
    place.assert_quiet();
}

#[test]
fn course_gone_from_the_start_is_reported() {
    let place = Place::with(&[8], 4, &timetable());
    place.map(7, MODULE);
    place.map(8, MODULE);
    let ran = place.run().ends_with(7);
    assert_eq!(ran.reasons(), ["course_gone"]);
    assert_eq!(place.group_names(8), ["Tutorial A", "Tutorial B"]);
    place.assert_quiet();
    // As the remedy says.
    place.muster(&["map", "remove", "7", MODULE]).ends_with(0);
    assert_eq!(place.run().ends_with(0).reasons(), [""; 0]);
    place.assert_quiet();
}
