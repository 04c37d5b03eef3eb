//! The commands that mend, by the real program: show, ask, do, record; and a second call that finds nothing to do.
//!
//! Not here: what an undo can bring back (`reconcile`), and how a plan is made.

use std::process::Command;

use crate::support::{Place, Ran, Timetable, campus, user};

const MODULE: &str = "HIST";

fn timetable() -> Timetable {
    Timetable::new()
        .group(MODULE, "A", "Seminar A", &["p1", "p2", "p3"])
        .group(MODULE, "B", "Seminar B", &["p4"])
        .tutor("B", "p5")
}

/// A course with two groups, as the first night left it.
fn place() -> Place {
    let place = Place::with(&[7, 8], 6, &timetable());
    place.map(7, MODULE);
    place.run().ends_with(0);
    place.server.clear_calls();
    place
}

fn figure(ran: &Ran, kind: &str) -> u64 {
    ran.figure(kind, "planned")
}

/// A command that finds nothing to do, and does nothing.
fn finds_nothing(place: &Place, command: &[&str]) {
    let writes = place.writes();
    let ran = place.muster(&[command, &["--yes"]].concat());
    assert!(matches!(ran.code, 0 | 7), "{ran}");
    let ran = place.muster(&[command, &["--yes", "--format", "json"]].concat());
    let changes = &ran.json()["report"]["changes"];
    assert!(changes.is_null() || *changes == serde_json::json!([]), "{ran}");
    assert_eq!(place.writes(), writes, "{:?}", place.server.calls());
}

/// The kinds of the newest runs, the newest first.
fn kinds(place: &Place) -> Vec<String> {
    place.rows("SELECT kind FROM runs ORDER BY id DESC").into_iter().map(|mut row| row.remove(0)).collect()
}

#[test]
fn k06_repair_brings_back_groups_tutors_and_students_whose_moodle_object_is_gone() {
    let place = place();
    let before = place.picture();
    let (a, b) = (place.group(7, "Seminar A"), place.group(7, "Seminar B"));
    place.world().delete_group(a);
    place.world().remove_member(b, user(4));
    place.world().remove_member(b, user(5));
    // Nothing told of it yet, so the platform has to be asked.
    place.muster(&["repair"]).ends_with(0).says("repair --all");
    let shown = place.muster(&["repair", "--all"]).ends_with(0);
    let shown = shown.says("A group of ours is gone").says("A member of ours was removed");
    let shown = shown.says("create group Seminar A").says("mended by: create it again");
    drop(shown.says("Nothing was changed").says("muster repair --all --yes"));
    assert_eq!(place.writes(), 0);
    let ran = place.muster(&["repair", "--course", "7", "--yes", "--format", "json"]).ends_with(0);
    assert_eq!((figure(&ran, "create_group"), figure(&ran, "add_member")), (1, 5), "{ran}");
    assert_eq!(ran.json()["details"][0]["broken"], "group_gone", "{ran}");
    assert_eq!(place.picture(), before);
    assert_eq!(kinds(&place)[0], "repair");
    finds_nothing(&place, &["repair", "--all"]);
    place.assert_quiet();
}

#[test]
fn k06_repair_leaves_what_is_new_from_the_source_to_the_next_run() {
    let place = place();
    let a = place.group(7, "Seminar A");
    place.world().remove_member(a, user(1));
    place.write_timetable(&timetable().group(MODULE, "C", "Seminar C", &["p6"]));
    place.muster(&["import"]).ends_with(0);
    let ran = place.muster(&["repair", "--all", "--yes", "--format", "json"]).ends_with(0);
    assert_eq!((figure(&ran, "create_group"), figure(&ran, "add_member")), (0, 1), "{ran}");
    assert_eq!(place.group_names(7), ["Seminar A", "Seminar B"]);
    place.run().ends_with(0);
    assert_eq!(place.group_names(7), ["Seminar A", "Seminar B", "Seminar C"]);
    place.assert_quiet();
}

#[test]
fn k07_repair_forgets_a_course_that_is_gone_and_keeps_its_mapping_parked() {
    let place = place();
    place.map(8, MODULE);
    place.run().ends_with(0);
    place.world().delete_course(8);
    place.muster(&["run", "--all"]).ends_with(7);
    let links = "SELECT COUNT(*) FROM group_links WHERE course = 8";
    assert_eq!(place.rows(links), [["2"]]);
    let ran = place.muster(&["repair", "--yes"]).ends_with(7).says("The course is gone from the platform");
    drop(ran.says("forget group Seminar A").says("map remove 8 HIST"));
    assert_eq!(place.rows(links), [["0"]]);
    assert_eq!(place.rows("SELECT COUNT(*) FROM mapped_modules WHERE moodle_id = 8"), [["1"]]);
    assert_eq!(place.rows("SELECT COUNT(*) FROM tombstones WHERE course = 8 AND kind = 'group'"), [["2"]]);
    finds_nothing(&place, &["repair"]);
}

#[test]
fn k09_repair_sends_stuck_intents_again() {
    let place = place();
    // As a killed run leaves it: asked for, and no answer; Moodle never heard of it, or not yet.
    let (a, b) = (place.group(7, "Seminar A"), place.group(7, "Seminar B"));
    place.world().delete_group(a);
    place.world().remove_member(b, user(4));
    place.sql("UPDATE group_links SET state = 'intended', moodle_id = NULL WHERE group_id = 'A'");
    place.sql("UPDATE member_links SET state = 'intended' WHERE person = 'p4'");
    let ran = place.muster(&["repair", "--yes"]).ends_with(0).says("toadd");
    drop(ran);
    assert_eq!(place.members(7, "Seminar A"), ["p1", "p2", "p3"]);
    assert_eq!(place.members(7, "Seminar B"), ["p4", "p5"]);
    finds_nothing(&place, &["repair"]);
    place.assert_quiet();
}

#[test]
fn k09_retry_tries_again_what_a_run_did_not_reach() {
    let place = place();
    finds_nothing(&place, &["retry"]);
    place.write_timetable(&timetable().group(MODULE, "C", "Seminar C", &["p6"]));
    place.muster(&["import"]).ends_with(0);
    let plan = place.muster(&["plan", "--course", "7", "--format", "json"]).run_number();
    place.write_timetable(&timetable().group(MODULE, "C", "Seminar C", &["p6", "p1"]));
    place.muster(&["import"]).ends_with(0);
    // What was not in the plan is not tried.
    let applied = place.muster(&["apply", "--plan", &plan.to_string(), "--format", "json"]);
    assert_eq!(applied.figure("add_member", "not_tried"), 1, "{applied}");
    place.muster(&["retry"]).says("group Seminar C").says("muster retry --run").ends_with(0);
    place.muster(&["retry", "--run", &applied.run_number().to_string(), "--yes"]).ends_with(0);
    assert_eq!(place.members(7, "Seminar C"), ["p1", "p6"]);
    assert_eq!(kinds(&place)[0], "retry");
    finds_nothing(&place, &["retry"]);
}

#[test]
fn k09_skip_holds_an_operation_until_it_is_taken_back() {
    let place = place();
    place.write_timetable(&timetable().group(MODULE, "C", "Seminar C", &["p6", "p1"]));
    place.muster(&["import"]).ends_with(0);
    let plan = place.muster(&["plan", "--format", "json"]).run_number().to_string();
    let number =
        &place.rows(&format!("SELECT number FROM operations WHERE run = {plan} AND person = 'p1'"))[0][0];
    let skip = ["skip", &plan, number, "--reason", "a clash in the timetable"];
    place.muster(&skip).ends_with(0).says("Nothing was changed").says("--yes");
    place.muster(&["skip", "--list"]).ends_with(0).says("Nothing is skipped");
    place.muster(&[&skip[..], &["--yes"]].concat()).ends_with(0).says("1 operation is skipped");
    place.muster(&[&skip[..], &["--yes"]].concat()).ends_with(0).says("skipped already");
    let why = "skipped by ada because a clash in the timetable";
    place.muster(&["skip", "--list"]).ends_with(0).says(why);
    place.muster(&["plan", "--details"]).ends_with(0).says(why);
    place.run().ends_with(0);
    assert_eq!(place.members(7, "Seminar C"), ["p6"]);
    place.muster(&["explain", "person", "p1"]).says(why);
    place.muster(&["status"]).says("A person decided that it is not done");
    finds_nothing(&place, &["retry"]);
    place.muster(&["skip", "--undo", &plan, number, "--yes"]).ends_with(0).says("no longer skipped");
    place.muster(&["skip", "--undo", &plan, number, "--yes"]).ends_with(0).says("None of them");
    place.run().ends_with(0);
    assert_eq!(place.members(7, "Seminar C"), ["p1", "p6"]);
    place.muster(&["skip", "99", "1", "--reason", "x"]).ends_with(2).says("no run 99");
    place.muster(&["skip", &plan, "999", "--reason", "x"]).ends_with(2).says("no operation 999");
}

#[test]
fn k10_forget_drops_our_memory_and_the_next_plan_takes_up_again_by_idnumber() {
    let place = place();
    let before = place.picture();
    let shown = place.muster(&["reset", "course", "7"]).ends_with(0);
    let shown = shown.says("group Seminar A (HIST A, number").says("with 3 memberships");
    drop(shown.says("grouping HIST").says("platform is untouched").says("Nothing was changed"));
    assert_eq!(place.rows("SELECT COUNT(*) FROM group_links"), [["2"]]);
    place.muster(&["forget", "course", "7", "--reason", "a test", "--yes"]).ends_with(0);
    assert_eq!(place.rows("SELECT COUNT(*) FROM group_links"), [["0"]]);
    assert_eq!(place.rows("SELECT COUNT(*) FROM member_links"), [["0"]]);
    assert_eq!(place.rows("SELECT kind, COUNT(*) FROM tombstones GROUP BY kind ORDER BY kind").len(), 3);
    let audit = place.rows("SELECT who, value_before, reason FROM audit WHERE what = 'memory of course 7'");
    assert_eq!((audit[0][0].as_str(), audit[0][2].as_str()), ("ada", "a test"));
    assert!(audit[0][1].contains("Seminar A"), "{audit:?}");
    finds_nothing(&place, &["forget", "course", "7"]);
    assert_eq!((place.picture(), place.writes()), (before.clone(), 0));
    let ran = place.run().ends_with(0);
    assert_eq!((ran.done("adopt_group"), ran.done("adopt_member")), (2, 5), "{ran}");
    assert_eq!((place.picture(), place.writes()), (before, 0));
}

#[test]
fn k10_forget_names_a_group_or_a_grouping() {
    let place = place();
    place.muster(&["forget", "group", "Seminar B", "--yes"]).ends_with(0).says("group Seminar B");
    assert_eq!(place.rows("SELECT name_shown FROM group_links"), [["Seminar A"]]);
    finds_nothing(&place, &["forget", "group", "Seminar B"]);
    place.muster(&["forget", "grouping", MODULE, "--yes"]).ends_with(0);
    assert_eq!(place.rows("SELECT COUNT(*) FROM grouping_links"), [["0"]]);
    finds_nothing(&place, &["forget", "grouping", MODULE]);
    place.run().ends_with(0);
    place.assert_quiet();
}

#[test]
fn a_lost_database_is_rebuilt_by_adopt_without_a_write() {
    let place = place();
    let before = place.picture();
    let mappings = place.muster(&["map", "export"]).ends_with(0).stdout;
    for file in ["muster.db", "muster.db-wal", "muster.db-shm"] {
        let _ = std::fs::remove_file(place.path(file));
    }
    place.write("mappings.csv", mappings);
    place.muster(&["map", "import", "mappings.csv"]).ends_with(0);
    place.world().create_group_by_hand(7, "Strange").unwrap();
    let strange = place.group(7, "Strange");
    place.world().set_group_idnumber(strange, "muster:cmis:HIST:Z");
    let ran = place.muster(&["adopt", "--yes"]).ends_with(7).says("Could not be matched").says("Strange");
    drop(ran);
    assert_eq!(place.rows("SELECT COUNT(*) FROM group_links WHERE state = 'confirmed'"), [["2"]]);
    assert_eq!(place.rows("SELECT COUNT(*) FROM member_links"), [["5"]]);
    assert_eq!(place.writes(), 0, "{:?}", place.server.calls());
    finds_nothing(&place, &["adopt"]);
    place.world().delete_group(strange);
    place.assert_quiet();
    assert_eq!(place.picture(), before);
}

#[test]
fn z02_repair_twice_is_the_same_as_once() {
    let place = place();
    let a = place.group(7, "Seminar A");
    place.world().delete_group(a);
    place.muster(&["repair", "--all", "--yes"]).ends_with(0);
    let once = place.picture();
    finds_nothing(&place, &["repair", "--all"]);
    finds_nothing(&place, &["repair"]);
    assert_eq!(place.picture(), once);
}

/// Unmaps the course, so that a run deletes everything; tells that run.
fn mass_deletion(place: &Place) -> String {
    place.muster(&["map", "remove", "7", MODULE]).ends_with(0);
    let ran = place.run().ends_with(0);
    assert!(place.group_names(7).is_empty());
    ran.run_number().to_string()
}

#[test]
fn n04_undo_of_a_mass_deletion_restores_everything_but_the_ids() {
    let mut place = place();
    // The limits would ask first; that is another test.
    place.set("limits.groups_deleted_percent_max", "100");
    let before = place.picture();
    let run = mass_deletion(&place);
    let shown = place.muster(&["undo", &run]).ends_with(0).says("+ group Seminar A");
    let shown =
        shown.says("Does not come back").says("submissions").says("muster map set 7 HIST --active true");
    drop(shown.says("Nothing was changed").says(&format!("muster undo {run} --yes")));
    let undone = place.muster(&["undo", &run, "--yes", "--format", "json"]).ends_with(0);
    assert_eq!(place.picture(), before);
    assert!(undone.json()["details"]["does_not_come_back"].as_array().unwrap().len() >= 2, "{undone}");
    let mapping = "SELECT active, reason FROM mapped_modules";
    assert_eq!(place.rows(mapping), [["0", &format!("undo of run {run}")]]);
    // The next nights leave it.
    place.run();
    assert_eq!(place.picture(), before);
    place.assert_quiet();
    finds_nothing(&place, &["undo", &run]);
}

#[test]
fn n04_the_undo_of_an_undo_does_it_again() {
    let mut place = place();
    place.set("limits.groups_deleted_percent_max", "100");
    let run = mass_deletion(&place);
    let undo = place.muster(&["undo", &run, "--yes", "--format", "json"]).ends_with(0).run_number();
    place.muster(&["undo", &undo.to_string(), "--yes"]).ends_with(0).says("active again");
    assert!(place.group_names(7).is_empty());
    assert_eq!(place.rows("SELECT active, reason FROM mapped_modules"), [["1", ""]]);
    place.assert_quiet();
}

#[test]
fn z17_undo_lists_what_does_not_come_back_and_takes_back_the_rest() {
    let place = place();
    place.write_timetable(
        &Timetable::new()
            .group(MODULE, "A", "Seminar Alpha", &["p1", "p6"])
            .group(MODULE, "B", "Seminar B", &["p4"])
            .group(MODULE, "C", "Seminar C", &["p6"])
            .tutor("B", "p5"),
    );
    let before = place.picture();
    let run = place.run().ends_with(0).run_number().to_string();
    assert_eq!(place.members(7, "Seminar Alpha"), ["p1", "p6"]);
    place.world().unenrol(7, user(3));
    let undone = place.muster(&["undo", &run, "--yes"]).says("p3 is no longer enrolled");
    assert!(matches!(undone.code, 0 | 7), "{undone}");
    assert_eq!(place.group_names(7), ["Seminar A", "Seminar B"]);
    assert_eq!(place.members(7, "Seminar A"), ["p1", "p2"]);
    place.world().enrol(7, user(3), "student");
    place.muster(&["undo", &run, "--yes"]);
    assert_eq!(place.picture(), before);
    finds_nothing(&place, &["undo", &run]);
}

#[test]
fn z17_undo_of_a_run_that_did_nothing_says_so() {
    let place = place();
    let run = place.run().ends_with(0).run_number().to_string();
    place.muster(&["undo", &run]).ends_with(0).says("changed nothing");
    place.muster(&["undo", "99"]).ends_with(2).says("no run 99");
}

#[test]
fn z17_an_undo_that_deletes_too_much_waits_for_approval() {
    let place = Place::new(campus(&[7], 6));
    place.write_timetable(
        &Timetable::new().group(MODULE, "A", "A", &["p1"]).group(MODULE, "B", "B", &[]).group(
            MODULE,
            "C",
            "C",
            &[],
        ),
    );
    place.map(7, MODULE);
    let run = place.run().ends_with(0).run_number().to_string();
    let waits = place.muster(&["undo", &run, "--yes", "--format", "json"]).ends_with(6);
    assert_eq!(place.group_names(7), ["A", "B", "C"]);
    let waiting = waits.run_number().to_string();
    place.muster(&["approve", &waiting, "--reason", "a wrong delivery"]).ends_with(0);
    place.muster(&["undo", &run, "--yes"]).ends_with(0);
    assert!(place.group_names(7).is_empty());
}

/// A person at a terminal, by the `script` of util-linux.
fn at_a_terminal(place: &Place, command: &str, typed: &str) -> String {
    let program = env!("CARGO_BIN_EXE_muster");
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &format!("{program} {command}"), "/dev/null"]);
    script.current_dir(place.path(".")).env("USER", "ada").stdin(std::process::Stdio::piped());
    let mut child = script.stdout(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), typed.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn a_person_at_a_terminal_is_asked_and_only_a_yes_does_it() {
    let place = place();
    let a = place.group(7, "Seminar A");
    place.world().delete_group(a);
    let said = at_a_terminal(&place, "repair --all", "n\n");
    assert!(said.contains("[y/N]") && said.contains("Nothing was changed."), "{said}");
    assert_eq!(place.group_names(7), ["Seminar B"]);
    let said = at_a_terminal(&place, "repair --all", "y\n");
    assert!(said.contains("[y/N]"), "{said}");
    assert_eq!(place.group_names(7), ["Seminar A", "Seminar B"]);
}

#[test]
fn n04_undo_gives_a_group_back_that_was_taken_over() {
    let mut place = Place::with(&[7], 4, &Timetable::new().group(MODULE, "A", "A", &["p1", "p2"]));
    place.set("policy.name_taken", "\"adopt\"");
    place.map(7, MODULE);
    let local = place.world().create_group_by_hand(7, "A").unwrap();
    for person in [1, 4] {
        let person = crate::support::user(person);
        assert!(place.world().add_member(local, person));
    }
    let before = place.picture();
    let run = place.run().run_number().to_string();
    assert_eq!(place.members(7, "A"), ["p1", "p2", "p4"]);
    place.muster(&["undo", &run, "--yes"]).ends_with(0);
    assert_eq!(place.picture(), before, "its idnumber and people are as they were");
    assert_eq!(place.rows("SELECT COUNT(*) FROM group_links"), [["0"]]);
    // The mapping is frozen, so the next night leaves it; and a second undo finds nothing.
    place.muster(&["run", "--all"]);
    assert_eq!(place.picture(), before);
    finds_nothing(&place, &["undo", &run]);
}
