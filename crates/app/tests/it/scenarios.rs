//! The test scenarios of the old service's page, with the real program: tick, untick, remove, add again.
//!
//! Not here: the known issues of that page (`known_issues.rs`); the same scenarios as cases of the planner
//! (`crates/reconcile/tests/scenarios`).
//!
//! Invariant: after each step another run finds nothing to do.

use crate::support::{Place, Timetable, user};

const MODULE: &str = "ANTH1014";

/// Course 7 with six people, and a module with two groups: three students, one tutor; `p6` belongs to nothing.
fn place() -> Place {
    let timetable = Timetable::new()
        .group(MODULE, "11", "Tutorial A", &["p1", "p2"])
        .group(MODULE, "12", "Tutorial B", &["p3"])
        .tutor("12", "p4");
    Place::with(&[7], 6, &timetable)
}

/// The same after scenario 1, with somebody whom a teacher added by hand.
fn filled_place() -> Place {
    let place = place();
    place.map(7, MODULE);
    place.run().ends_with(0);
    let group = place.group(7, "Tutorial A");
    assert!(place.world().add_member(group, user(6)));
    place
}

fn untick(place: &Place) {
    place.muster(&["map", "set", "7", MODULE, "--group-import", "rmv"]).ends_with(0);
}

#[test]
fn test_scenario_1_a_ticked_module_brings_its_groups_grouping_and_members() {
    let place = place();
    // The portico block of the old service wrote its row like this.
    place.muster(&["import"]).ends_with(0);
    place.sql(
        "INSERT INTO mapped_modules (moodle_id, modulecode, group_import, mapping_action)
         VALUES (7, 'ANTH1014', 'ADD', 'ADD')",
    );
    let ran = place.run().ends_with(0);
    assert_eq!((ran.done("create_group"), ran.done("add_member")), (2, 4), "{ran}");
    assert_eq!(
        place.picture(),
        "course C7\n  \
         group \"Tutorial A\" idnumber=\"muster:cmis:ANTH1014:11\" groupings=[\"ANTH1014\"] members=[\"p1\", \"p2\"]\n  \
         group \"Tutorial B\" idnumber=\"muster:cmis:ANTH1014:12\" groupings=[\"ANTH1014\"] members=[\"p3\", \"p4\"]\n  \
         grouping \"ANTH1014\" idnumber=\"muster:cmis:ANTH1014\"\n"
    );
    place.assert_quiet();
}

#[test]
fn test_scenario_1_nothing_comes_before_the_tick() {
    let place = place();
    place.run().ends_with(0);
    assert_eq!(place.picture(), "");
    place.assert_quiet();
}

#[test]
fn test_scenario_2a_unticked_groups_are_deleted_by_default() {
    let place = filled_place();
    untick(&place);
    let ran = place.run().ends_with(0);
    assert_eq!((ran.done("delete_group"), ran.done("delete_grouping")), (2, 1), "{ran}");
    assert_eq!(place.picture(), "");
    place.assert_quiet();
}

#[test]
fn test_scenario_2a_unticked_groups_are_kept_by_policy() {
    let mut place = filled_place();
    place.set("policy.on_unmap", "\"keep\"");
    untick(&place);
    let before = place.picture();
    place.run().ends_with(0);
    assert_eq!(place.picture(), before);
    place.assert_quiet();
}

#[test]
fn test_scenario_2a_unticked_groups_are_emptied_of_our_members_by_policy() {
    let mut place = filled_place();
    place.set("policy.on_unmap", "\"empty\"");
    untick(&place);
    let ran = place.run().ends_with(0);
    assert_eq!(ran.done("remove_member"), 4, "{ran}");
    // Whom a teacher added stays.
    assert_eq!(place.members(7, "Tutorial A"), ["p6"]);
    assert!(place.members(7, "Tutorial B").is_empty());
    place.assert_quiet();
}

#[test]
fn test_scenario_2a_unticked_groups_are_archived_by_policy() {
    let mut place = filled_place();
    place.set("policy.on_unmap", "\"archive\"");
    untick(&place);
    place.run().ends_with(0);
    assert_eq!(place.group_names(7), ["Tutorial A (archived)", "Tutorial B (archived)"]);
    assert_eq!(place.members(7, "Tutorial A (archived)"), ["p1", "p2", "p6"]);
    assert!(place.grouping_names(7).is_empty());
    place.assert_quiet();
}

#[test]
fn test_scenario_2b_a_removed_mapping_takes_its_groups_with_it() {
    let place = filled_place();
    place.muster(&["map", "remove", "7", MODULE, "--reason", "taught elsewhere"]).ends_with(0);
    let ran = place.run().ends_with(0);
    assert_eq!((ran.done("delete_group"), ran.done("delete_grouping")), (2, 1), "{ran}");
    assert_eq!(place.picture(), "");
    place.assert_quiet();
}

#[test]
fn test_scenario_2b_only_the_removed_mapping_goes() {
    let timetable = Timetable::new()
        .group(MODULE, "11", "Tutorial A", &["p1"])
        .group("HIST2001", "21", "Seminar", &["p2"])
        .tutor("21", "p3");
    let place = Place::with(&[7, 8], 3, &timetable);
    for (course, module) in [(7, MODULE), (7, "HIST2001"), (8, MODULE)] {
        place.map(course, module);
    }
    place.run().ends_with(0);
    place.muster(&["map", "remove", "7", MODULE]).ends_with(0);
    place.run().ends_with(0);
    assert_eq!(place.group_names(7), ["Seminar"]);
    assert_eq!(place.grouping_names(7), ["HIST2001"]);
    assert_eq!(place.group_names(8), ["Tutorial A"]);
    place.assert_quiet();
}

#[test]
fn test_scenario_3_a_module_added_again_brings_its_groups_back() {
    let place = place();
    place.map(7, MODULE);
    place.run().ends_with(0);
    let before = place.picture();
    for remove in [true, false] {
        match remove {
            true => drop(place.muster(&["map", "remove", "7", MODULE]).ends_with(0)),
            false => untick(&place),
        }
        place.run().ends_with(0);
        assert_eq!(place.picture(), "");
        place.map(7, MODULE);
        place.run().ends_with(0);
        assert_eq!(place.picture(), before);
        place.assert_quiet();
    }
}

#[test]
fn test_scenario_3_an_archived_group_comes_back_with_the_same_id() {
    let mut place = filled_place();
    place.set("policy.on_unmap", "\"archive\"");
    let (before, id) = (place.picture(), place.group(7, "Tutorial A"));
    untick(&place);
    place.run().ends_with(0);
    assert_eq!(place.group(7, "Tutorial A (archived)"), id);
    place.map(7, MODULE);
    let ran = place.run().ends_with(0);
    assert_eq!(ran.done("create_group"), 0, "{ran}");
    assert_eq!((place.picture(), place.group(7, "Tutorial A")), (before, id));
    place.assert_quiet();
}

#[test]
fn test_scenario_3_emptied_and_kept_groups_come_back_with_the_same_id() {
    for policy in ["\"empty\"", "\"keep\""] {
        let mut place = filled_place();
        place.set("policy.on_unmap", policy);
        let (before, id) = (place.picture(), place.group(7, "Tutorial A"));
        untick(&place);
        place.run().ends_with(0);
        place.map(7, MODULE);
        place.run().ends_with(0);
        assert_eq!((place.picture(), place.group(7, "Tutorial A")), (before, id), "{policy}");
        place.assert_quiet();
    }
}
