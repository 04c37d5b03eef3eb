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
    check(&place, &["group", &id], "done", "");
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
    check(&place, &["course", "7"], "not_mapped", "muster map add 7 ANTH1014");
    place.muster(&["explain", "course", "7"]).says("removed by a person: ANTH1014");
    // A group that is gone is still known.
    place.muster(&["explain", "group", "Tutorial A"]).ends_with(0).says("removed");
}

#[test]
fn a_frozen_mapping_says_how_to_thaw_it() {
    let place = mapped(&timetable());
    place.muster(&["map", "set", "7", MODULE, "--active", "false"]).ends_with(0);
    place.run().ends_with(0);
    for asked in [&["course", "7"][..], &["group", "Tutorial A"], &["person", "p1"]] {
        check(&place, asked, "paused", "muster map set 7 ANTH1014 --group-import add --active true");
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
    check(&place, &["group", "Tutorial A"], "not_created", "muster plan --course 7");
    check(&place, &["person", "p1"], "not_member", "muster plan --course 7");
}
