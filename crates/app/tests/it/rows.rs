//! Rows of the feature list that no other file here is named after, each as a short story of the real program.
//!
//! Not here: rows with a file of their own (`serve`, `mail`, `mend`, `people`, `rehearse`, `explain`), and the small
//! cases behind each (unit tests).

use std::process::Stdio;

use serde_json::Value;
use simulators::moodle::{Fault, FaultRule, Rights, Token, When};

use crate::support::{Place, Ran, TOKEN, Timetable};

const MODULE: &str = "ANTH1014";
const OTHER: &str = "LAWS1001";

fn timetable() -> Timetable {
    Timetable::new().group(MODULE, "A", "A", &["p1", "p2"]).group(OTHER, "B", "B", &["p2", "p3"])
}

/// Two courses with a group each.
fn place() -> Place {
    let place = Place::with(&[7, 8], 6, &timetable());
    place.map(7, MODULE);
    place.map(8, OTHER);
    place
}

/// The functions that were called and that change something, in their order and without repetition.
fn written(place: &Place) -> Vec<String> {
    let mut names: Vec<String> =
        place.server.calls().into_iter().filter(|call| call.is_write).map(|call| call.function).collect();
    names.dedup();
    names
}

/// The files of logs whose name begins so, as one text.
fn logged(place: &Place, name: &str) -> String {
    let files = std::fs::read_dir(place.path("logs")).unwrap().map(|entry| entry.unwrap().path());
    let named = files.filter(|file| file.file_name().unwrap().to_string_lossy().starts_with(name));
    named.map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

#[test]
fn f2_a_run_by_hand_looks_at_any_course_or_module() {
    let place = place();
    place.muster(&["import"]).ends_with(0);
    place.muster(&["plan", "--course", "8"]).ends_with(0).says("+ group B").does_not_say("+ group A");
    assert_eq!(place.writes(), 0, "a plan changes nothing");
    place.muster(&["apply", "--module", MODULE]).ends_with(0);
    assert_eq!((place.group_names(7), place.group_names(8)), (vec!["A".to_owned()], vec![]));
    place.muster(&["apply", "--course", "9"]).ends_with(2).says("course 9 has no mapping");
}

#[test]
fn f2_b9_a_school_is_planned_and_paused_as_one() {
    let mut place = place();
    place.muster(&["plan", "--school", "anthropology"]).ends_with(2).says("the configuration has no schools");
    place.set("school.anthropology.modules", "[\"ANTH*\"]");
    place.set("school.letters.courses", "[8, 99]");
    place.muster(&["import"]).ends_with(0);
    place.muster(&["plan", "--school", "letters"]).ends_with(0).says("+ group B").does_not_say("+ group A");
    place.muster(&["apply", "--school", "antropology"]).ends_with(2).says("did you mean anthropology?");
    place.muster(&["runs", "show", "1"]).says("school letters");

    let pause = ["pause", "--school", "anthropology", "--until", "2999-12-18", "--reason", "exams"];
    place.muster(&pause).ends_with(0).says("school anthropology stays as it is until 2999-12-18 00:00");
    place
        .muster(&["pause", "--all", "--until", "2001-01-01", "--reason", "x"])
        .ends_with(2)
        .says("in the past");
    // The pause keeps what the school was, whatever becomes of the configuration.
    place.unset("school.anthropology.modules");
    place.run().ends_with(0);
    assert_eq!((place.group_names(7), place.group_names(8)), (vec![], vec!["B".to_owned()]));
    place.muster(&["status"]).says("paused: school anthropology until 2999-12-18 00:00");
    let why = place.muster(&["explain", "course", "7", "--format", "json"]).json().to_string();
    for part in ["\"paused\"", "is paused with school anthropology until 2999-12-18 00:00, by ada: exams"] {
        assert!(why.contains(part), "{part} is not in {why}");
    }

    place.muster(&["resume", "--school", "letters"]).ends_with(2).says("school letters is not paused");
    place.muster(&["resume", "--school", "anthropology"]).ends_with(0);
    place.run().ends_with(6);
    assert_eq!(place.group_names(7), Vec::<String>::new(), "the first run after a pause only plans");
    place.run().ends_with(0);
    assert_eq!(place.group_names(7), ["A"]);
}

/// Two groups in course 7 and one in course 8.
fn two_groups() -> Place {
    let timetable = timetable().group(MODULE, "C", "C", &["p2", "p3"]);
    let place = Place::with(&[7, 8], 6, &timetable);
    place.map(7, MODULE);
    place.map(8, OTHER);
    place.muster(&["import"]).ends_with(0);
    place
}

#[test]
fn f2_a_run_by_hand_may_be_about_one_group() {
    let place = two_groups();
    let plan = place.muster(&["plan", "--group", "C"]).ends_with(0);
    plan.says("+ group C")
        .does_not_say("group A")
        .does_not_say("group B")
        .says("more operations are to be done");
    place.muster(&["apply", "--group", "muster:cmis:ANTH1014:C"]).ends_with(0);
    assert_eq!((place.group_names(7), place.group_names(8)), (vec!["C".to_owned()], vec![]));
    assert_eq!(place.members(7, "C"), ["p2", "p3"]);
    place.muster(&["runs", "list"]).ends_with(0);
    place.muster(&["runs", "show", "2"]).says("group muster:cmis:ANTH1014:C");
    place
        .muster(&["apply", "--group", "nothing"])
        .ends_with(2)
        .says("no group of ours, and none in a delivery");
    // The rest comes with the next run.
    place.run().ends_with(0);
    assert_eq!(place.group_names(7), ["A", "C"]);
    place.assert_quiet();
}

#[test]
fn f2_a_run_by_hand_may_be_about_one_person() {
    let place = two_groups();
    place.run().ends_with(0);
    let moved = Timetable::new()
        .group(MODULE, "A", "A", &["p1", "p4"])
        .group(MODULE, "C", "C", &["p2", "p3", "p4"])
        .group(OTHER, "B", "B", &["p3"]);
    place.write_timetable(&moved);
    place.muster(&["import"]).ends_with(0);
    let ran = place.muster(&["apply", "--person", "p2", "--format", "json"]).ends_with(0);
    assert_eq!((ran.done("remove_member"), ran.done("add_member")), (2, 0), "{ran}");
    place.muster(&["plan", "--person", "p9"]).ends_with(2).says("p9 is in no group of ours");
    let ran = place.run().ends_with(0);
    assert_eq!((ran.done("remove_member"), ran.done("add_member")), (0, 2), "{ran}");
    place.assert_quiet();
}

#[test]
fn f2_nobody_gets_past_a_limit_by_asking_for_one_group() {
    let mut place = two_groups();
    place.run().ends_with(0);
    place.set("limits.groups_deleted_small", "0");
    place.write_timetable(&Timetable::new().group(OTHER, "B", "B", &["p2", "p3"]).module(MODULE));
    place.set("source.cmis.shrink_percent_max", "100");
    place.muster(&["import"]).ends_with(0);
    place.muster(&["apply", "--group", "C"]).ends_with(6).says("2 of 2 groups in");
    assert_eq!(place.group_names(7), ["A", "C"]);
}

#[test]
fn f3_every_run_keeps_its_full_log() {
    let place = place();
    let run = place.run().ends_with(0).run_number().to_string();
    let log = place.muster(&["runs", "show", &run, "--log"]).ends_with(0);
    for part in
        [&format!("run {run} began"), "create_group \"A\"", "add_member", "source_has", "state=\"done\""]
    {
        assert!(log.stdout.contains(part), "{part} is not in {log}");
    }
    place.muster(&["runs", "show", "99", "--log"]).ends_with(2).says("no run 99");
}

#[test]
fn f4_groupings_come_before_groups_before_members_and_deletions_last() {
    let place = place();
    place.run().ends_with(0);
    let expected = [
        "core_group_create_groupings",
        "core_group_create_groups",
        "core_group_assign_grouping",
        "core_group_add_group_members",
    ];
    assert_eq!(written(&place), expected);
    place.server.clear_calls();
    place.muster(&["map", "remove", "8", OTHER]).ends_with(0);
    place.write_timetable(&timetable().group(MODULE, "C", "C", &["p4"]));
    place.run().ends_with(0);
    let calls = written(&place);
    let at = |name: &str| calls.iter().position(|call| call.contains(name)).unwrap();
    assert!(at("create_groups") < at("add_group_members"), "{calls:?}");
    assert!(at("add_group_members") < at("delete_groups"), "{calls:?}");
    assert!(at("delete_groups") < at("delete_groupings"), "{calls:?}");
}

/// Kills a run at its first call of a function, of which it never hears.
fn killed_at(place: &Place, function: &str) {
    place.server.clear_calls();
    place.server.faults().push(FaultRule::once(When::Function(function.into()), Fault::HangAfter));
    let mut child = place.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !place.server.calls().iter().any(|call| call.fault.is_some()) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn f5_f6_what_is_under_way_stands_in_the_old_columns_and_heals_by_itself() {
    let mut place = place();
    place.set("moodle.timeout_s", "60");
    let flags = |place: &Place| {
        place.rows(
            "SELECT groupid, toadd, todelete FROM cmis_groups_course WHERE courseid = 7 ORDER BY groupid",
        )
    };
    killed_at(&place, "core_group_create_groups");
    assert_eq!(flags(&place), [["A", "1", "0"]], "its answer is missing");
    place.run().ends_with(0);
    assert_eq!(
        (flags(&place), place.group_names(7)),
        (vec![vec!["A".into(), "0".into(), "0".into()]], vec!["A".to_owned()])
    );
    place.muster(&["map", "remove", "7", MODULE]).ends_with(0);
    killed_at(&place, "core_group_delete_groups");
    assert_eq!(flags(&place), [["A", "0", "1"]], "its answer is missing");
    place.run().ends_with(0);
    assert_eq!((flags(&place), place.group_names(7).len()), (vec![], 0));
    place.assert_quiet();
}

#[test]
fn f7_a_course_that_fails_costs_only_itself() {
    let place = place();
    place.world().delete_course(7);
    place.run().ends_with(7);
    assert_eq!(place.members(8, "B"), ["p2", "p3"]);
}

#[test]
fn f8_the_log_has_a_line_for_each_changed_object_with_its_reason() {
    let mut place = place();
    place.set("log.level", "\"info\"");
    place.set("log.folder", "\"logs\"");
    let run = place.run().ends_with(0).run_number();
    let log = logged(&place, "muster.log");
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("kind=\"add_member\"")).collect();
    assert_eq!(lines.len(), 4, "{log}");
    for part in [format!("run={run}"), "because=\"source_has\"".into(), "outcome=\"done\"".into()] {
        assert!(lines.iter().all(|line| line.contains(&part)), "{part}: {lines:?}");
    }
    assert!(!log.contains("p1") && !log.contains("p3"), "people are numbers in logs");
}

#[test]
fn f9_what_may_pass_is_tried_again_and_a_no_is_not() {
    let calls = |place: &Place, name: &str| {
        place.server.calls().iter().filter(|call| call.function.ends_with(name)).count()
    };
    let place = Place::with(&[7], 6, &Timetable::new().group(MODULE, "A", "A", &["p1"]));
    place.map(7, MODULE);
    place.server.faults().push(FaultRule {
        when: When::Function("core_group_add_group_members".into()),
        fault: Fault::Status502,
        times: 2,
    });
    place.run().ends_with(0);
    assert_eq!(calls(&place, "add_group_members"), 3, "{:#?}", place.server.calls());
    // The site takes a right away: each call that it refuses is made once, and the next run asks again.
    let rights = Rights::manager().without("moodle/course:managegroups");
    place.world().add_token(Token::new(TOKEN, 2).with_rights(rights));
    for _ in 0..2 {
        place.server.clear_calls();
        place.muster(&["run", "--all"]).ends_with(5);
        let mut refused: Vec<String> = place
            .server
            .calls()
            .into_iter()
            .filter(|call| call.errorcode.is_some())
            .map(|call| call.function)
            .collect();
        let all = refused.len();
        refused.sort();
        refused.dedup();
        assert!(all > 0 && refused.len() == all, "{:#?}", place.server.calls());
    }
}

#[test]
fn f11_as_many_go_into_a_call_as_fit() {
    let place = Place::with(&[7], 250, &Timetable::new().crowd(MODULE, "A", 250));
    place.map(7, MODULE);
    let run = place.run().ends_with(0);
    let additions =
        place.server.calls().iter().filter(|call| call.function.ends_with("add_group_members")).count();
    assert_eq!(additions, 3, "250 members, 100 in each call");
    assert_eq!(run.json()["calls"]["write"], 6);
}

#[test]
fn h2_a_failed_call_stands_in_its_own_log_and_leads_to_its_run() {
    let mut place = place();
    place.set("log.folder", "\"logs\"");
    place
        .server
        .faults()
        .push(FaultRule::once(When::Function("core_group_create_groups".into()), Fault::Garbage));
    let run = place.run().run_number();
    let log = logged(&place, "rest_error.log");
    assert!(log.contains("core_group_create_groups") && !log.contains("INFO"), "{log}");
    let rows = place.rows("SELECT DISTINCT function_name, run FROM rest_error_logs");
    assert_eq!(rows, [["core_group_create_groups".to_owned(), run.to_string()]]);
    let shown = place.muster(&["runs", "show", &run.to_string(), "--log"]).ends_with(0);
    assert!(shown.stdout.contains("core_group_create_groups"), "{shown}");
}

#[test]
fn z13_every_old_name_answers() {
    let place = place();
    place.run().ends_with(0);
    for view in [
        "cmis_groups_dump",
        "cmis_groups",
        "cmis_groups_course",
        "cmis_groupmembers",
        "cmis_tutgroupmembers",
        "cmis_groups_deleted",
        "cmis_groupmembers_deleted",
        "cmis_tutgroupmembers_deleted",
        "cmis_groups_moodle",
        "cmis_groupings_moodle",
        "rest_error_logs",
        "cmis_error_data_dump",
        "mapped_modules",
    ] {
        place.rows(&format!("SELECT * FROM {view}"));
    }
    assert_eq!(place.rows("SELECT COUNT(*) FROM cmis_groups_dump WHERE modulecode = 'ANTH1014'"), [["2"]]);
}

#[test]
fn z18_what_changed_in_the_source_is_told_in_peoples_units() {
    let place = place();
    place.muster(&["import"]).ends_with(0);
    place.write_timetable(&Timetable::new().group(MODULE, "A2", "Seminar", &["p1", "p2"]).group(
        OTHER,
        "B",
        "B",
        &["p3"],
    ));
    place.muster(&["import"]).ends_with(0);
    let told = place.muster(&["import", "--diff", "1", "2"]).ends_with(0);
    told.says("Delivery 2 (").says("ANTH1014: A became Seminar, 2 people moved").says("- member");
    let moves = place.muster(&["import", "--diff", "1", "2", "--format", "json"]).json();
    assert_eq!((&moves["moves"][0]["people"], &moves["moves"][0]["became"]), (&2.into(), &Value::Bool(true)));
}

#[test]
fn z22_what_vanished_from_the_source_waits_some_days() {
    let mut place = place();
    place.set("policy.removal_wait_days", "3");
    place.run().ends_with(0);
    place.write_timetable(&Timetable::new().group(MODULE, "A", "A", &["p1"]).module(OTHER));
    place.run();
    assert_eq!(
        (place.members(7, "A"), place.group_names(8)),
        (vec!["p1".into(), "p2".into()], vec!["B".to_owned()])
    );
    place.sql("UPDATE findings SET first_seen = first_seen - 86400 * 3 WHERE reason = 'removal_waits'");
    place.run();
    assert_eq!((place.members(7, "A"), place.group_names(8)), (vec!["p1".to_owned()], vec![]));
}

#[test]
fn z25_the_least_functions_and_rights_are_told_and_compared() {
    let place = place();
    let told: Ran = place.muster(&["check", "moodle"]);
    told.says("core_group_create_groups").says("moodle/course:managegroups");
}
