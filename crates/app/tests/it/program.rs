//! The contract of the program: exit codes, plans that are kept to, approvals, deliveries that are not believed, the
//! lock, and the identity of the site.
//!
//! Not here: single commands (`commands.rs`), `explain` (`explain.rs`), secrets (`secrets.rs`), what sources may hold
//! (`sources.rs`).

use std::time::{Duration, Instant};

use simulators::moodle::{Fault, FaultRule, Server, When};

use crate::support::{Place, Timetable, campus, user};

const MODULE: &str = "ANTH1014";

/// Ten groups `G0` … `G9` of one module with the same two students, without some of them.
fn ten_groups(without: &[usize]) -> Timetable {
    (0..10).filter(|number| !without.contains(number)).fold(Timetable::new().module(MODULE), |all, number| {
        all.group(MODULE, &format!("G{number}"), &format!("G{number}"), &["p1", "p2"])
    })
}

/// Course 7 with ten groups on the platform, and limits that object to the third deletion.
fn place_with_limits() -> Place {
    let mut place = Place::with(&[7], 3, &ten_groups(&[]));
    place.set("limits.groups_deleted_small", "0");
    place.set("limits.groups_deleted_percent_max", "20");
    place.map(7, MODULE);
    place.run().ends_with(0);
    place
}

fn small() -> Timetable {
    Timetable::new().group(MODULE, "A", "A", &["p1", "p2"])
}

fn small_place() -> Place {
    let place = Place::with(&[7], 4, &small());
    place.map(7, MODULE);
    place
}

#[test]
fn each_exit_code_is_reached_for_its_own_reason() {
    let place = small_place();
    place.muster(&["plan", "--nonsense"]).ends_with(2).says("--nonsense");
    place.run().ends_with(0);
    let local = place.world().create_group_by_hand(7, "B").unwrap();
    place.write_timetable(&small().group(MODULE, "B", "B", &["p3"]));
    place.run().ends_with(7);
    assert!(place.world().delete_group(local));
    std::fs::remove_file(place.path("groups.csv")).unwrap();
    place.run().ends_with(4).says("groups.csv");
    place.write("muster.toml", "databse = 1\n");
    place.run().ends_with(3).says("did you mean database?");

    let place = place_with_limits();
    place.write_timetable(&ten_groups(&[1, 2, 3]));
    place.run().ends_with(6);
    place.world().remove_token(crate::support::TOKEN);
    place.run().ends_with(5);
}

#[test]
fn a_plan_changes_nothing_and_an_applied_plan_does_what_it_said() {
    let place = small_place();
    place.muster(&["import"]).ends_with(0);
    place.server.clear_calls();
    let plan = place.muster(&["plan", "--format", "json"]).ends_with(0);
    assert_eq!((plan.figure("add_member", "planned"), plan.done("add_member")), (2, 0), "{plan}");
    assert_eq!((place.writes(), place.picture()), (0, String::new()));
    place.muster(&["plan"]).ends_with(0).says("Nothing was changed. next: muster apply --plan");
    let applied = place.muster(&["apply", "--plan", &plan.run_number().to_string()]).ends_with(0);
    drop(applied.says("5 of 5 operations ended as planned"));
    assert_eq!(place.members(7, "A"), ["p1", "p2"]);
    place.assert_quiet();
}

#[test]
fn apply_of_a_plan_does_nothing_that_was_not_in_it() {
    let place = small_place();
    place.muster(&["import"]).ends_with(0);
    let plan = place.muster(&["plan", "--format", "json"]).ends_with(0).run_number().to_string();
    place.write_timetable(&Timetable::new().group(MODULE, "A", "A", &["p1", "p3"]).crowd(MODULE, "B", 4));
    place.muster(&["import"]).ends_with(0);
    let applied = place.muster(&["apply", "--plan", &plan, "--format", "json"]);
    // p2 is no longer wanted, p3 and B were not in the plan.
    let what = "it was not in the plan of run 1; `muster apply` does it";
    place.muster(&["runs", "show", &applied.run_number().to_string()]).ends_with(0).says(what);
    assert_eq!(place.group_names(7), ["A"], "{applied}");
    assert_eq!(place.members(7, "A"), ["p1"], "{applied}");
    place.run().ends_with(0);
    assert_eq!(place.members(7, "A"), ["p1", "p3"]);
    assert_eq!(place.group_names(7), ["A", "B"]);
    place.assert_quiet();
}

#[test]
fn apply_of_a_run_that_is_not_there_is_a_mistake() {
    let place = small_place();
    place.muster(&["import"]).ends_with(0);
    place
        .muster(&["apply", "--plan", "999"])
        .ends_with(2)
        .says("there is no run 999")
        .says("muster runs list");
    assert_eq!(place.picture(), "");
}

#[test]
fn what_draws_an_objection_waits_while_additions_go_on() {
    let place = place_with_limits();
    place.write_timetable(&ten_groups(&[1, 2, 3]).group(MODULE, "New", "New", &["p3"]));
    let ran = place.run().ends_with(6);
    assert_eq!((ran.figure("delete_group", "waiting"), ran.done("create_group")), (3, 1), "{ran}");
    assert_eq!(place.group_names(7).len(), 11);
    let sentence = "3 of 10 groups in C7 would go, with 6 people in them: more than 20 %";
    let run = ran.says(sentence).run_number().to_string();
    place.muster(&["status"]).ends_with(6).says("something waits for approval");
    place.muster(&["runs", "show", &run, "--state", "waiting"]).ends_with(0).says("G1").does_not_say("New");

    // One of the three is approved, then the others.
    let shown = place.muster(&["runs", "show", &run, "--state", "waiting", "--format", "json"]).json();
    let number = shown["operations"][0]["number"].to_string();
    let mut approve = vec!["approve", &run, "--reason", "reorganised", "--operation", &number];
    place.muster(&approve).ends_with(0).says("1 operation approved");
    place.muster(&["apply"]).ends_with(6);
    assert_eq!(place.group_names(7).len(), 10);
    approve.truncate(4);
    place.muster(&approve).ends_with(0);
    place.muster(&["apply"]).ends_with(0);
    assert_eq!(place.group_names(7), ["G0", "G4", "G5", "G6", "G7", "G8", "G9", "New"]);
    place.assert_quiet();
}

#[test]
fn an_operation_that_changed_after_its_approval_waits_again() {
    let place = place_with_limits();
    place.write_timetable(&ten_groups(&[1, 2, 3]));
    let run = place.run().ends_with(6).run_number().to_string();
    place.muster(&["approve", &run, "--reason", "reorganised"]).ends_with(0);
    // Meanwhile another group goes as well: nobody approved that.
    place.write_timetable(&ten_groups(&[1, 2, 3, 4]));
    let ran = place.run().ends_with(6);
    assert_eq!((ran.done("delete_group"), ran.figure("delete_group", "waiting")), (3, 1), "{ran}");
    assert_eq!(place.group_names(7), ["G0", "G4", "G5", "G6", "G7", "G8", "G9"]);
}

#[test]
fn what_is_refused_is_not_carried_out_and_no_longer_asks() {
    let place = place_with_limits();
    place.write_timetable(&ten_groups(&[1, 2, 3]));
    let run = place.run().ends_with(6).run_number().to_string();
    place
        .muster(&["approve", &run, "--refuse", "--reason", "a mistake of the export"])
        .ends_with(0)
        .says("refused");
    let ran = place.run();
    assert_eq!(place.group_names(7).len(), 10, "{ran}");
    assert_eq!((ran.code, ran.figure("delete_group", "not_tried")), (0, 3), "{ran}");
    let shown = place.muster(&["runs", "show", &ran.run_number().to_string()]);
    drop(shown.ends_with(0).says("skipped by ada because a mistake of the export"));
}

#[test]
fn removed_members_over_the_limit_wait() {
    let mut place = Place::with(&[7], 10, &Timetable::new().crowd(MODULE, "A", 10));
    place.set("limits.members_removed_small", "2");
    place.map(7, MODULE);
    place.run().ends_with(0);
    place.write_timetable(&Timetable::new().crowd(MODULE, "A", 7));
    let ran = place.run().ends_with(6).says("3 of 10 memberships in C7 would go: more than 20 %");
    assert_eq!(place.members(7, "A").len(), 10);
    place.muster(&["approve", &ran.run_number().to_string(), "--reason", "they left"]).ends_with(0);
    place.run().ends_with(0);
    assert_eq!(place.members(7, "A").len(), 7);
    place.assert_quiet();
}

/// A delivery that is not believed: what is in force stays, the run goes on with it and ends with 4.
fn check_refused(delivery: impl Fn(&Place), says: &str) -> Place {
    let mut place = Place::with(&[7], 10, &Timetable::new().crowd(MODULE, "A", 10));
    place.set("source.cmis.shrink_percent_max", "20");
    place.map(7, MODULE);
    place.run().ends_with(0);
    let before = place.picture();
    delivery(&place);
    let ran = place.muster(&["import"]).ends_with(4).says(says);
    drop(ran.says("what was accepted before stays in force"));
    place.run().ends_with(4);
    assert_eq!(place.picture(), before);
    // A night without a believable source still mends what teachers broke.
    let id = place.group(7, "A");
    assert!(place.world().remove_member(id, user(1)));
    place.muster(&["run", "--all"]).ends_with(4);
    assert_eq!(place.picture(), before);
    place
}

#[test]
fn an_empty_delivery_leaves_the_accepted_one_in_force() {
    check_refused(|place| place.write_timetable(&Timetable::new().module(MODULE)), "muster import --accept");
}

#[test]
fn an_unreadable_delivery_leaves_the_accepted_one_in_force() {
    check_refused(|place| std::fs::remove_file(place.path("members.csv")).unwrap(), "members.csv");
    check_refused(|place| place.write("groups.csv", ""), "groups.csv");
    check_refused(|place| place.write("groups.csv", "group;name\n1;A\n"), "group_id");
}

#[test]
fn a_shrunken_delivery_waits_until_a_person_accepts_it() {
    let shrunken = |place: &Place| place.write_timetable(&Timetable::new().crowd(MODULE, "A", 5));
    let place = check_refused(shrunken, "muster import --accept");
    let imported = place.muster(&["import", "--format", "json"]).ends_with(4).json();
    let delivery = imported[0]["delivery"].to_string();
    place.muster(&["import", "--accept", &delivery]).ends_with(2).says("--reason");
    place.muster(&["import", "--accept", &delivery, "--reason", "asked the office"]).ends_with(0);
    place.muster(&["apply"]).ends_with(0);
    assert_eq!(place.members(7, "A").len(), 5);
    place.assert_quiet();
    place.muster(&["import", "--accept", "999", "--reason", "x"]).ends_with(2).says("999");
}

#[test]
fn a_second_run_is_refused_with_the_owner_of_the_lock() {
    let place = small_place();
    place.server.faults().push(FaultRule::once(When::Call(1), Fault::HangBefore));
    let mut first = place.start(&["run"]);
    let began = Instant::now();
    while place.server.calls().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(20), "the first run never called");
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = first.id().to_string();
    for command in ["run", "plan", "apply", "import"] {
        let refused = place.muster(&[command]).ends_with(3).says(&pid).says("run");
        drop(refused.says("next: try again when that run has ended").does_not_say("another program"));
    }
    // Looking is allowed, and so is the portico block's writing.
    place.muster(&["status"]);
    place.map(8, MODULE);
    first.kill().unwrap();
    first.wait().unwrap();
    // The lock of a dead process holds nobody up.
    place.muster(&["map", "remove", "8", MODULE]).ends_with(0);
    place.run().ends_with(0);
    place.assert_quiet();
}

#[test]
fn another_site_is_refused_until_a_person_says_that_it_is_right() {
    let mut place = small_place();
    place.run().ends_with(0);
    let old = place.server.url();
    let copy = campus(&[7], 4);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let other = runtime.block_on(Server::start(copy)).unwrap();
    place.set("moodle.url", &format!("{:?}", other.url()));
    for command in [&["run"][..], &["apply"]] {
        place.muster(command).ends_with(3).says(&old).says(&other.url()).says("--new-site");
    }
    assert!(other.calls().iter().all(|call| !call.is_write));
    place.muster(&["plan"]).ends_with(0);
    assert_eq!(other.world().picture(), "");
    place.muster(&["run", "--new-site"]).ends_with(0);
    assert!(other.world().group_named(7, "A").is_some());
    place.muster(&["run"]).ends_with(0);
}
