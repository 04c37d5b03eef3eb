//! The tips K1 to K11 of the old troubleshooting page, as somebody asks today; the remedy that is told is typed, and mends.
//!
//! Not here: the old queries (`crates/store/tests/it/old_names`), and the commands that mend (`mend.rs`).

use serde_json::Value;
use simulators::moodle::{Fault, FaultRule, Owner, When};

use crate::support::{Place, Ran, Timetable, user};

const MODULE: &str = "ANTH1014";

fn timetable() -> Timetable {
    Timetable::new().group(MODULE, "11", "Tutorial A", &["p1", "p2"]).group(
        MODULE,
        "12",
        "Tutorial B",
        &["p3"],
    )
}

/// A course with two groups that no run has made yet.
fn mapped() -> Place {
    let place = Place::with(&[7, 8], 4, &timetable());
    // Groups and groupings are numbered apart; here no number shall be of both.
    for name in ["Choir", "Chess", "Cooks"] {
        place.world().create_group_by_hand(8, name);
    }
    place.map(7, MODULE);
    place
}

/// A course with two groups, as the first night left it.
fn filled() -> Place {
    let place = mapped();
    place.run().ends_with(0);
    place
}

fn asked(place: &Place, args: &[&str]) -> Ran {
    place.muster(&[&["explain"], args].concat())
}

/// The first chain of an answer, with the check that gives its reason.
fn explain(place: &Place, args: &[&str]) -> (Value, Value) {
    let answer = place.muster(&[&["explain"], args, &["--format", "json"]].concat()).json();
    let chain = answer[0].clone();
    let steps = chain["steps"].as_array().unwrap();
    let telling = steps.iter().find(|step| step["reason"] == chain["reason"] && step["state"] != "well");
    (chain.clone(), telling.or(steps.last()).unwrap().clone())
}

/// Asserts the reason and who can mend it; gives the command that does.
fn check(place: &Place, args: &[&str], reason: &str, who: &str) -> String {
    let (chain, step) = explain(place, args);
    assert_eq!((&chain["reason"], &chain["who"]), (&reason.into(), &who.into()), "{args:?}: {chain:#}");
    // People are told the same.
    asked(place, args).says(&if reason == "done" {
        "as it should be".into()
    } else {
        reason.replace('_', " ")
    });
    step["command"].as_str().unwrap().to_owned()
}

/// Types a command that was told.
fn typed(place: &Place, command: &str) -> Ran {
    let args: Vec<&str> = command.split(' ').skip(1).collect();
    place.muster(&args)
}

#[test]
fn k1_whoever_sees_no_groups_is_told_who_decided_so_and_the_command_that_changes_it() {
    let place = mapped();
    place.muster(&["import"]).ends_with(0);
    let cases = [
        ("group_import = 'RMV'", "unticked", "course_person"),
        ("mapping_action = 'RMV'", "unticked", "course_person"),
        ("group_import = NULL", "not_decided", "course_person"),
        ("active = 0", "frozen", "administrator"),
    ];
    for (flags, reason, who) in cases {
        place.sql(&format!("UPDATE mapped_modules SET {flags}"));
        for args in [&["course", "7"][..], &["group", "11"], &["person", "p1"]] {
            let command = check(&place, args, reason, who);
            assert!(command.starts_with("muster map "), "{command}");
        }
        typed(&place, &check(&place, &["course", "7"], reason, who)).ends_with(0);
        assert_ne!(explain(&place, &["course", "7"]).0["reason"], reason);
    }
    place.sql("UPDATE mapped_modules SET valid_until = 1000000000");
    check(&place, &["course", "7"], "outside_dates", "administrator");
    place.sql("UPDATE mapped_modules SET valid_until = NULL");
    place.muster(&["pause", "--course", "7", "--days", "3", "--reason", "exams"]).ends_with(0);
    let command = check(&place, &["course", "7"], "paused", "administrator");
    asked(&place, &["course", "7"]).says("exams").says("since");
    typed(&place, &command).ends_with(0);
    check(&place, &["course", "7"], "not_created", "nobody");
    let command = check(&place, &["course", "8"], "not_mapped", "administrator");
    assert_eq!(command, "muster map add 8 MODULE");
}

#[test]
fn k2_whether_the_groups_are_in_the_source_is_told_with_the_delivery() {
    let place = filled();
    asked(&place, &["group", "11"]).says("2 people, kind TUT, term 2026-T1 in delivery 1 of cmis");
    place.write_timetable(&Timetable::new().group(MODULE, "12", "Tutorial B", &["p3"]));
    place.muster(&["import"]).ends_with(0);
    check(&place, &["group", "11"], "not_in_source", "timetable_office");
    asked(&place, &["group", "11"]).says("group 11 of ANTH1014 is not in delivery 2 of cmis");
    place.write_timetable(&Timetable::new().group("HIST2001", "21", "Seminar", &["p1"]));
    place.muster(&["import"]).ends_with(0);
    check(&place, &["course", "7"], "not_in_source", "timetable_office");
    place.write_timetable(&Timetable::new().module(MODULE));
    place.muster(&["import"]).says("cmis");
    assert!(matches!(
        explain(&place, &["course", "7"]).0["reason"].as_str(),
        Some("no_groups" | "not_in_source")
    ));
}

#[test]
fn k2_a_refused_delivery_is_told_with_the_command_that_accepts_it() {
    let mut place = filled();
    place.set("source.cmis.shrink_percent_max", "10");
    place.write_timetable(&Timetable::new().group(MODULE, "12", "Tutorial B", &["p3"]));
    place.muster(&["import"]).ends_with(4);
    let command = check(&place, &["course", "7"], "delivery_refused", "administrator");
    assert_eq!(command, "muster import --accept 2 --reason …");
    typed(&place, &command).ends_with(0);
    check(&place, &["group", "11"], "not_in_source", "timetable_office");
}

#[test]
fn k2_a_kind_that_the_policy_leaves_out_is_no_riddle() {
    let mut place = mapped();
    place.set("policy.kinds_excluded", "[\"TUT\"]");
    place.run().ends_with(0);
    for args in [&["group", "11"][..], &["person", "p1"]] {
        let command = check(&place, args, "kind_excluded", "operator");
        typed(&place, &command).ends_with(0).says("kinds_excluded");
    }
}

#[test]
fn k3_the_number_on_the_platform_is_told_from_memory_and_checked_live() {
    let place = filled();
    let id = place.group(7, "Tutorial A");
    asked(&place, &["group", "11"]).says(&format!("group {id} on the platform")).says("as read");
    asked(&place, &["group", "11", "--live"])
        .says(&format!("group {id} is there as Tutorial A with 2 members"));
    place.world().delete_group(id);
    check(&place, &["group", "11"], "done", "nobody");
    let command = check(&place, &["group", "11", "--live"], "differs_now", "nobody");
    asked(&place, &["group", "11", "--live"]).says("it is not there, although we made it");
    typed(&place, &command).ends_with(0);
    check(&place, &["group", "11", "--live"], "done", "nobody");
}

#[test]
fn k4_what_went_wrong_is_told_in_the_order_of_time_with_a_command_for_the_rest() {
    let mut place = mapped();
    place.set("source.cmis.rejected_percent_max", "100");
    let members = std::fs::read_to_string(place.path("members.csv")).unwrap();
    place.write("members.csv", format!("{members}11,p4,conductor\n"));
    place.muster(&["import"]).ends_with(0);
    place.sql("UPDATE rejections SET first_seen = first_seen - 60");
    place
        .server
        .faults()
        .push(FaultRule::once(When::Function("core_group_create_groups".into()), Fault::Deadlock));
    place.run().ends_with(0);
    let (chain, _) = explain(&place, &["course", "7"]);
    let events: Vec<(&str, &str)> = chain["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["what"].as_str().unwrap(), event["text"].as_str().unwrap()))
        .collect();
    let [(first, row), (second, call)] = events.as_slice() else { panic!("{chain:#}") };
    assert_eq!((*first, *second), ("row", "call"));
    assert!(row.contains("members line") && row.contains("conductor"), "{row}");
    assert!(
        call.contains("core_group_create_groups about Tutorial A, Tutorial B failed with dmlwriteexception"),
        "{call}"
    );
    assert!(call.contains("2 changes, all done on another try"), "{call}");
    let more = "1 earlier event: muster explain course 7 --last 2";
    asked(&place, &["course", "7", "--last", "1"]).says(more).does_not_say("members line 5 of cmis was");
}

#[test]
fn k4_a_run_that_stopped_and_a_row_that_healed_are_part_of_it() {
    let mut place = mapped();
    place.set("source.cmis.rejected_percent_max", "100");
    let members = std::fs::read_to_string(place.path("members.csv")).unwrap();
    place.write("members.csv", format!("{members}11,p4,conductor\n"));
    place.muster(&["import"]).ends_with(0);
    place.world().remove_token(crate::support::TOKEN);
    place.run().ends_with(5);
    place.write("members.csv", &members);
    place.muster(&["import"]).ends_with(0);
    let ran = asked(&place, &["course", "7"]).says("run 1 (run) stopped before its end");
    drop(ran.says("is no longer rejected"));
}

#[test]
fn k5_groups_that_were_not_deleted_say_what_keeps_them() {
    let mut place = filled();
    let removal = ["course", "7", "--removal"];
    check(&place, &removal, "still_wanted", "administrator");
    // Two rows of the table contradict each other.
    place.sql(
        "INSERT INTO mapped_modules (moodle_id, modulecode, group_import, mapping_action) VALUES (7, 'ANTH1014', 'RMV', 'RMV')",
    );
    check(&place, &removal, "contradiction", "administrator");
    check(&place, &["course", "7"], "contradiction", "administrator");
    place.sql("DELETE FROM mapped_modules WHERE group_import = 'RMV'");
    // The row is gone, and nobody said what shall become of the groups.
    place.sql("UPDATE mapped_modules SET moodle_id = 8");
    let command = check(&place, &removal, "not_mapped", "administrator");
    assert_eq!(command, "muster map remove 7 ANTH1014");
    asked(&place, &removal).says("also mapped to course 8");
    place.sql("UPDATE mapped_modules SET moodle_id = 7, group_import = 'RMV'");
    place.set("policy.on_unmap", "\"keep\"");
    check(&place, &removal, "kept_by_policy", "operator");
    place.unset("policy.on_unmap");
    let command = check(&place, &removal, "removal_due", "nobody");
    asked(&place, &removal).says("2 groups are still there (Tutorial A, Tutorial B)");
    typed(&place, &command).ends_with(0);
    check(&place, &removal, "done", "nobody");
    asked(&place, &removal).says("no group of ANTH1014 is left").says("2 groups went, the last");
}

#[test]
fn k5_a_removal_that_a_limit_holds_is_approved_with_the_command_that_is_told() {
    let mut place = filled();
    place.set("limits.groups_deleted_max", "1");
    place.muster(&["map", "remove", "7", MODULE]).ends_with(0);
    place.run().ends_with(6);
    let removal = ["course", "7", "--removal"];
    let (chain, step) = explain(&place, &removal);
    assert_eq!(
        (&chain["reason"], &chain["who"]),
        (&"held_by_limit".into(), &"administrator".into()),
        "{chain:#}"
    );
    assert!(chain["since"].is_i64(), "{chain:#}");
    assert!(
        step["remedy"].as_str().unwrap().contains("`muster approve 2 --course 7 --reason …`"),
        "{step:#}"
    );
    // A group of it says the same.
    check(&place, &["course", "7", "--removal"], "held_by_limit", "administrator");
    place.muster(&["approve", "2", "--course", "7", "--reason", "meant"]).ends_with(0);
    let command = check(&place, &removal, "approved", "nobody");
    typed(&place, &command).ends_with(0);
    check(&place, &removal, "done", "nobody");
}

#[test]
fn k5_what_somebody_else_protects_is_named() {
    let place = filled();
    let id = place.group(7, "Tutorial A");
    place.world().protect_member(id, user(1), Owner::Cohort);
    place.write_timetable(&Timetable::new().group(MODULE, "11", "Tutorial A", &["p2"]).group(
        MODULE,
        "12",
        "Tutorial B",
        &["p3"],
    ));
    place.run().ends_with(7);
    asked(&place, &["person", "p1"]).says("protected member").says("the Moodle administrator").says("cohort");
}

#[test]
fn k6_a_group_that_was_deleted_by_hand_and_came_back_is_known_by_both_numbers() {
    let place = filled();
    let before = place.group(7, "Tutorial A");
    place.world().delete_group(before);
    place.muster(&["run", "--all"]).ends_with(0);
    let now = place.group(7, "Tutorial A");
    assert_ne!(before, now);
    let ran = asked(&place, &["group", &before.to_string(), "--course", "7"]).ends_with(0);
    let ran = ran.says(&format!("number {before} was found deleted by run 2"));
    drop(ran.says("it is there again").says(&format!("group {now} on the platform")).says("as it should be"));
}

#[test]
fn k7_a_course_that_is_gone_says_since_when_and_how_its_mapping_ends() {
    let place = filled();
    assert!(place.world().delete_course(7));
    place.muster(&["run", "--all"]).ends_with(7);
    let command = check(&place, &["course", "7"], "course_gone", "administrator");
    assert!(explain(&place, &["course", "7"]).0["since"].is_i64());
    assert_eq!(command, "muster map remove 7 ANTH1014");
    check(&place, &["course", "7", "--live"], "course_gone", "administrator");
    typed(&place, &command).ends_with(0);
    check(&place, &["course", "7"], "unticked", "course_person");
}

#[test]
fn k8_numbers_of_groupings_and_groups_have_names_also_long_after_they_are_gone() {
    let place = filled();
    let grouping = place.world().groupings(7).next().unwrap().row.id;
    let by_number = ["group", &grouping.to_string(), "--course", "7"].map(str::to_owned);
    let by_number: Vec<&str> = by_number.iter().map(String::as_str).collect();
    asked(&place, &by_number).ends_with(0).says("grouping ANTH1014 (of module ANTH1014) in C7 (course 7)");
    asked(&place, &["group", "muster:cmis:ANTH1014"]).says(&format!("grouping {grouping} on the platform"));
    asked(&place, &["group", "muster:cmis:ANTH1014", "--live"]).says("is there as ANTH1014 with 2 groups");
    let group = place.group(7, "Tutorial A").to_string();
    place.muster(&["map", "remove", "7", MODULE]).ends_with(0);
    place.run().ends_with(0);
    for number in [grouping.to_string(), group] {
        let ran = asked(&place, &["group", &number]).ends_with(0).says("(course 7)");
        drop(ran.says("unticked"));
    }
    asked(&place, &["group", "muster:cmis:ANTH1014"])
        .says(&format!("number {grouping} was deleted by run 2"));
    asked(&place, &["group", "muster:cmis:ANTH1014"]).says("its mapping was removed");
}

#[test]
fn k9_what_was_asked_for_and_never_answered_completes_by_itself() {
    let place = filled();
    let id = place.group(7, "Tutorial A");
    place.world().delete_group(id);
    place.sql("UPDATE group_links SET state = 'intended', moodle_id = NULL WHERE group_id = '11'");
    check(&place, &["group", "11"], "unanswered", "nobody");
    place.sql("UPDATE member_links SET state = 'intended' WHERE person = 'p3'");
    check(&place, &["person", "p3"], "unanswered", "nobody");
    place.muster(&["repair", "--yes"]).ends_with(0);
    check(&place, &["group", "11"], "done", "nobody");
    check(&place, &["person", "p3"], "done", "nobody");
}

#[test]
fn k10_what_was_forgotten_is_known_as_such_and_taken_up_again() {
    let place = filled();
    place.muster(&["reset", "course", "7", "--reason", "a test", "--yes"]).ends_with(0);
    let ran = asked(&place, &["group", "11"]).says("was forgotten by run 2: a person asked to forget it");
    drop(ran.says("next: the next run makes it"));
    place.run().ends_with(0);
    check(&place, &["group", "11"], "done", "nobody");
    asked(&place, &["group", "11"]).says("it is there again");
}

#[test]
fn k11_a_bundle_holds_the_failed_calls_with_names_and_without_people() {
    let place = mapped();
    place
        .server
        .faults()
        .push(FaultRule::once(When::Function("core_group_add_group_members".into()), Fault::Deadlock));
    place.run().ends_with(0);
    place.muster(&["runs", "show", "1", "--log"]).says("afterwards=").says("code=dmlwriteexception");
    place.muster(&["support-bundle", "1", "--file", "bundle.json"]).ends_with(0);
    let bundle = std::fs::read_to_string(place.path("bundle.json")).unwrap();
    assert!(bundle.contains("dmlwriteexception") && bundle.contains("Tutorial A"), "{bundle}");
    assert!(!bundle.contains("\"p1\""), "{bundle}");
}
