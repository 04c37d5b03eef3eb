//! `muster explain`: the first broken link of each chain, and what mends it.
//!
//! Not here: what the reasons are (`reconcile::finding`).

use serde_json::Value;
use simulators::moodle::NewUser;

use crate::support::{Place, Timetable, add_person, campus, user};

const MODULE: &str = "ANTH1014";

fn timetable() -> Timetable {
    Timetable::new().group(MODULE, "11", "Tutorial A", &["p1", "p2"])
}

fn mapped(timetable: &Timetable) -> Place {
    let place = Place::with(&[7], 4, timetable);
    place.map(7, MODULE);
    place
}

/// Asks about a course, group or person; gives the reason of the first chain, and the step that gives it.
fn explain(place: &Place, asked: &[&str]) -> (String, Value) {
    let mut args = vec!["explain"];
    args.extend(asked);
    // For people there is a verdict as well.
    place.muster(&args).ends_with(0).says("so:");
    args.extend(["--format", "json"]);
    let answer = place.muster(&args).ends_with(0).json();
    let chain = &answer[0];
    let steps = chain["steps"].as_array().unwrap();
    let telling = steps.iter().find(|step| step["reason"] == chain["reason"]).or(steps.last());
    (chain["reason"].as_str().unwrap().to_owned(), telling.unwrap().clone())
}

fn check(place: &Place, asked: &[&str], reason: &str, remedy: &str) {
    let (told, step) = explain(place, asked);
    assert_eq!(told, reason, "{asked:?}: {step}");
    let text = step["remedy"].as_str().unwrap();
    assert!(text.contains(remedy), "{remedy:?} is not in {step}");
}

#[test]
fn a_course_group_and_person_that_are_as_they_should_be_are_done() {
    let place = mapped(&timetable());
    place.run().ends_with(0);
    for asked in [
        &["course", "7"][..],
        &["group", "Tutorial A"],
        &["group", "11"],
        &["group", "muster:cmis:ANTH1014:11"],
        &["person", "p1"],
        &["person", "p1", "--course", "7"],
    ] {
        check(&place, asked, "done", "");
    }
    let id = place.group(7, "Tutorial A").to_string();
    // Groupings have numbers too, so a number alone may be two things.
    place.muster(&["explain", "group", &id]).ends_with(0).says("group Tutorial A").says("grouping ANTH1014");
    check(&place, &["course", "c7"], "done", "");
    check(&place, &["course", MODULE], "done", "");
    check(&place, &["module", MODULE], "done", "");
}

#[test]
fn a_course_answers_to_its_idnumber_and_with_live_also_when_nothing_is_known_of_it() {
    let mut world = campus(&[7, 8], 2);
    world.change_course(7, |course| course.idnumber = "2026/7".into());
    world.change_course(8, |course| course.idnumber = "2026/8".into());
    let place = Place::new(world);
    place.write_timetable(&timetable());
    place.map(7, MODULE);
    place.run().ends_with(0);
    check(&place, &["course", "2026/7"], "done", "");
    place.muster(&["explain", "course", "2026/8"]).ends_with(2).says("--live");
    check(&place, &["course", "2026/8", "--live"], "not_mapped", "muster map add 8 MODULE");
    check(&place, &["course", "C8", "--live"], "not_mapped", "muster map add 8 MODULE");
}

#[test]
fn live_asks_the_platform_and_writes_nothing() {
    let place = mapped(&timetable());
    place.run().ends_with(0);
    let id = place.group(7, "Tutorial A");
    place.world().remove_member(id, user(1));
    place.server.clear_calls();
    for asked in [&["course", "7"][..], &["group", "11"], &["person", "p1"]] {
        place.muster(&[&["explain"], asked].concat()).ends_with(0).says("as read").says("as it should be");
    }
    assert!(place.server.calls().is_empty());
    for asked in [&["course", "7", "--live"][..], &["group", "11", "--live"]] {
        check(&place, asked, "differs_now", "muster apply --course 7");
        place.muster(&[&["explain"], asked].concat()).says("asked just now").says("add p1");
    }
    place.muster(&["explain", "person", "p1", "--live"]).says("differs now").says("p1: user 1001");
    place.muster(&["explain", "person", "p9", "--live"]).says("no user of the platform has the key p9");
    assert_eq!((place.writes(), place.rows("SELECT COUNT(*) FROM runs").len()), (0, 1));
    place.world().create_group_by_hand(7, "Choir").unwrap();
    let choir = place.group(7, "Choir").to_string();
    check(&place, &["group", &choir], "not_in_source", "--live");
    check(&place, &["group", &choir, "--live"], "not_ours", "");
    check(&place, &["group", "4711", "--live"], "not_in_source", "");
}

#[test]
fn a_platform_that_cannot_be_asked_leaves_the_memory() {
    let mut place = mapped(&timetable());
    place.run().ends_with(0);
    place.set("moodle.url", "\"http://127.0.0.1:1\"");
    let ran = place.muster(&["explain", "group", "11", "--live"]).ends_with(5);
    drop(ran.says("unreachable").says("muster check moodle").says("Tutorial A"));
}

#[test]
fn several_matches_are_listed_with_the_exact_question_for_each() {
    let timetable = Timetable::new().group(MODULE, "11", "Tutorial A", &["p1"]).group(
        "HIST2001",
        "21",
        "Tutorial A",
        &["p2"],
    );
    let place = Place::with(&[7, 8], 4, &timetable);
    place.map(7, MODULE);
    place.map(8, "HIST2001");
    place.run().ends_with(0);
    place.muster(&["explain", "group", "tutorial a"]).says("2 things answer to \"tutorial a\"");
    let answer = place.muster(&["explain", "group", "Tutorial A", "--format", "json"]).json();
    let asks: Vec<&str> =
        answer.as_array().unwrap().iter().map(|chain| chain["ask"].as_str().unwrap()).collect();
    assert_eq!(asks.len(), 2, "{asks:?}");
    for ask in asks {
        let args: Vec<&str> = ask.split(' ').skip(1).chain(["--format", "json"]).collect();
        assert_eq!(place.muster(&args).ends_with(0).json().as_array().unwrap().len(), 1, "{ask}");
    }
    check(&place, &["group", "Tutorial A", "--course", "8"], "done", "");
}

#[test]
fn people_who_left_and_people_by_exception_are_known() {
    let place = mapped(&timetable());
    place.muster(&["map", "except", "add", MODULE, "11", "p4", "include", "--reason", "guest"]).ends_with(0);
    place.muster(&["map", "except", "add", MODULE, "11", "p1", "exclude", "--reason", "asked"]).ends_with(0);
    place.run().ends_with(0);
    check(&place, &["person", "p4"], "done", "");
    check(&place, &["person", "p1"], "exception", "muster map except list");
    place.write_timetable(&Timetable::new().group(MODULE, "11", "Tutorial A", &["p1", "p3"]));
    place.muster(&["import"]).ends_with(0);
    check(&place, &["person", "p2"], "removal_due", "muster apply --course 7");
    place.run().ends_with(0);
    check(&place, &["person", "p2"], "not_in_source", "timetable office");
    place
        .muster(&["explain", "person", "p2"])
        .says("p2 was in Tutorial A")
        .says("the source no longer has it");
}

#[test]
fn what_is_not_mapped_says_how_to_map_it() {
    let place = Place::with(&[7], 4, &timetable());
    place.run().ends_with(0);
    check(&place, &["course", "7"], "not_mapped", "muster map add 7");
    check(&place, &["group", "Tutorial A"], "not_mapped", "muster map add COURSE ANTH1014");
    check(&place, &["person", "p1"], "not_mapped", "muster map");
}

#[test]
fn a_removed_mapping_is_told_apart_from_none() {
    let place = mapped(&timetable());
    place.run().ends_with(0);
    place.muster(&["map", "remove", "7", MODULE]).ends_with(0);
    place.run().ends_with(0);
    check(&place, &["course", "7"], "unticked", "muster map add 7 ANTH1014");
    place.muster(&["explain", "course", "7"]).says("ANTH1014 was removed by ada");
    // A group that is gone is still known.
    place.muster(&["explain", "group", "Tutorial A"]).ends_with(0).says("deleted by run 2");
}

#[test]
fn a_frozen_mapping_says_how_to_thaw_it() {
    let place = mapped(&timetable());
    place.muster(&["map", "set", "7", MODULE, "--active", "false"]).ends_with(0);
    place.run().ends_with(0);
    for asked in [&["course", "7"][..], &["group", "Tutorial A"], &["person", "p1"]] {
        check(&place, asked, "frozen", "muster map set 7 ANTH1014 --active true");
    }
    place.muster(&["map", "set", "7", MODULE, "--group-import", "add", "--active", "true"]).ends_with(0);
    place.run().ends_with(0);
    check(&place, &["course", "7"], "done", "");
}

#[test]
fn what_the_source_does_not_name_is_asked_of_the_timetable_office() {
    let place = mapped(&Timetable::new().group("HIST2001", "21", "Seminar", &["p1"]));
    place.run().ends_with(7);
    check(&place, &["course", "7"], "not_in_source", "timetable office");
    check(&place, &["group", "Tutorial A"], "not_in_source", "muster");
    check(&place, &["person", "p77"], "not_in_source", "muster");
}

#[test]
fn a_rejected_row_is_shown_with_its_line() {
    let mut place = mapped(&timetable());
    let mut members = std::fs::read_to_string(place.path("members.csv")).unwrap();
    members.push_str("11,p3,conductor\n");
    place.write("members.csv", members);
    place.set("source.cmis.rejected_percent_max", "100");
    place.run().ends_with(0);
    let (reason, _) = explain(&place, &["course", "7"]);
    assert_eq!(reason, "rejected");
    place.muster(&["explain", "course", "7"]).says("line 4").says("conductor");
}

#[test]
fn people_who_cannot_be_members_yet_are_told_why() {
    let mut world = campus(&[7], 2);
    add_person(&mut world, 3);
    world.add_user(NewUser { username: "twin".into(), idnumber: "p2".into(), ..NewUser::default() });
    let twin = world.users().find(|user| user.username == "twin").unwrap().id;
    world.enrol(7, twin, "student");
    let place = Place::new(world);
    place.write_timetable(&Timetable::new().group(MODULE, "11", "Tutorial A", &["p1", "p2", "p3", "p9"]));
    place.map(7, MODULE);
    place.run().ends_with(7);
    for (person, reason, remedy) in [
        ("p1", "done", ""),
        ("p2", "ambiguous_person", "clear the wrong one"),
        ("p3", "not_enrolled", "nothing to do once the enrolment arrives"),
        ("p9", "unknown_person", "ask the identity team whether p9 has an account"),
    ] {
        let (told, _) = explain(&place, &["person", person]);
        assert_eq!(told, reason, "{person}");
        place.muster(&["explain", "person", person]).ends_with(0).says(remedy);
    }
    assert_eq!(place.members(7, "Tutorial A"), ["p1"]);
    // Healed, all of it.
    place.world().change_user(twin, |user| user.idnumber.clear());
    place.world().enrol(7, user(3), "student");
    add_person(&mut place.world(), 9);
    place.world().enrol(7, user(9), "student");
    place.run().ends_with(0);
    assert_eq!(place.members(7, "Tutorial A"), ["p1", "p2", "p3", "p9"]);
    for person in ["p2", "p3", "p9"] {
        assert_eq!(explain(&place, &["person", person]).0, "done", "{person}");
    }
    place.assert_quiet();
}

#[test]
fn a_name_that_is_taken_says_what_to_do_with_the_local_group() {
    let place = mapped(&timetable());
    place.world().create_group_by_hand(7, "Tutorial A").unwrap();
    place.run().ends_with(7);
    // A person's membership waits for the group.
    for asked in [&["group", "11"][..], &["course", "7"], &["person", "p1"]] {
        assert_eq!(explain(&place, asked).0, "name_taken", "{asked:?}");
        place.muster(&["explain", asked[0], asked[1]]).says("rename or delete the local group in course 7");
    }
}

#[test]
fn a_course_that_is_gone_says_so() {
    let place = mapped(&timetable());
    place.run().ends_with(0);
    assert!(place.world().delete_course(7));
    place.muster(&["run", "--all"]).ends_with(7);
    for asked in [&["course", "7"][..], &["group", "Tutorial A"], &["person", "p1"]] {
        assert_eq!(explain(&place, asked).0, "course_gone", "{asked:?}");
    }
    check(&place, &["course", "7"], "course_gone", "muster map remove 7 ANTH1014");
}

#[test]
fn what_was_never_read_is_not_said_to_be_well() {
    let place = mapped(&timetable());
    place.muster(&["import"]).ends_with(0);
    place.muster(&["explain", "course", "7"]).ends_with(0).says("never read yet");
    check(&place, &["group", "Tutorial A"], "not_created", "muster apply --course 7");
    check(&place, &["person", "p1"], "not_member", "muster apply --course 7");
}
