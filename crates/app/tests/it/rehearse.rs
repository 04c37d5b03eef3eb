//! `muster simulate --term` as the real program: what it tells, and that it touches nothing.
//!
//! Not here: what a term brings (`simulators`), and what the advice is worth (unit tests of `src/rehearsal`).

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::support::{Place, Timetable};

/// A place with four mapped courses, one of them frozen, and one run behind it.
fn place() -> Place {
    let mut timetable = Timetable::new();
    for module in ["ANTH1014", "LAWS1001", "LAWS2001", "ECON3001"] {
        timetable = timetable.group(module, &format!("{module}-A"), "Tutorial 1", &["p1", "p2"]);
    }
    let place = Place::with(&[7, 8, 9, 10], 3, &timetable);
    for (course, module) in [(7, "ANTH1014"), (8, "LAWS1001"), (9, "LAWS2001"), (10, "ECON3001")] {
        place.map(course, module);
    }
    place.muster(&["map", "set", "10", "ECON3001", "--active", "false"]).ends_with(0);
    place.run().ends_with(0);
    place
}

/// Every file below a folder with its bytes.
fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(bytes(&path));
        } else {
            files.insert(path.display().to_string(), std::fs::read(&path).unwrap());
        }
    }
    files
}

/// The story without what differs from time to time.
fn timeless(mut story: Value) -> Value {
    for night in story["nights"].as_array_mut().unwrap() {
        for key in ["duration_ms", "calls", "stopped", "mail"] {
            night.as_object_mut().unwrap().remove(key);
        }
    }
    story["estimated_longest_night_s"].take();
    story
}

#[test]
fn z10_a_rehearsal_touches_nothing_and_is_the_same_for_the_same_seed() {
    let place = place();
    let (files, picture) = (bytes(&place.path("")), place.picture());
    place.server.clear_calls();
    let rehearse = ["simulate", "--term", "--nights", "10", "--format", "json"];
    let first = place.muster(&rehearse).ends_with(0).json();
    assert_eq!(timeless(first.clone()), timeless(place.muster(&rehearse).ends_with(0).json()));
    let another = place.muster(&[&rehearse[..], &["--seed", "2"]].concat()).ends_with(0).json();
    assert_ne!(timeless(first), timeless(another));
    assert_eq!(bytes(&place.path("")), files, "a file was touched");
    assert_eq!(place.server.calls(), [], "the platform was called");
    assert_eq!(place.picture(), picture);
}

#[test]
fn z10_a_rehearsal_lives_through_its_nights_with_the_mappings_and_limits_of_today() {
    let mut place = place();
    place.unset("source.cmis.shrink_percent_max");
    let rehearse = ["simulate", "--term", "--nights", "12", "--format", "json"];
    let story = place.muster(&rehearse).ends_with(0).json();
    assert_eq!(story["mappings"], serde_json::json!({ "from": "those of today", "rows": 3, "left_out": 1 }));
    let nights = story["nights"].as_array().unwrap();
    let of = |brings: &str| nights.iter().find(|night| night["brings"] == brings).unwrap();
    assert!(of("term_start")["operations"]["done"].as_u64().unwrap() > 0, "{story}");
    assert!(of("term_start")["calls"]["write"].as_u64().unwrap() > 0, "{story}");
    assert!(of("cut_feed")["refused_delivery"].is_string(), "{story}");
    assert!(of("site_down")["stopped"].as_str().unwrap().contains("502"), "{story}");
    assert!(nights.iter().all(|night| night["mail"].as_array().unwrap().len() == 1), "{story}");
    assert_eq!(nights.last().unwrap()["operations"]["failed"], 0);

    // Where nothing may be removed unasked, the removals of ordinary days wait.
    place.set("limits.members_removed_max", "0");
    let story = place.muster(&rehearse).ends_with(0).json();
    let advice = story["advice"].as_array().unwrap();
    let members = advice.iter().find(|advice| advice["limit"] == "members_removed").unwrap();
    assert!(members["asked_nights"].as_u64().unwrap() > 0, "{members}");
    assert_eq!(members["passed"], 0, "{members}");
}

#[test]
fn z10_a_rehearsal_leaves_its_mails_where_it_is_told() {
    let place = place();
    let said = place.muster(&["simulate", "--term", "--nights", "3", "--keep", "kept"]).ends_with(0);
    let said = said.says("What the limits did").says("3 mails would go out").says("nothing real was touched");
    drop(said);
    let letter = std::fs::read_to_string(place.path("kept/mail/0001.txt")).unwrap();
    assert!(letter.starts_with("Subject: [Muster]"), "{letter}");
    assert!(place.path("kept/mail/0003.html").exists());
    place.muster(&["simulate", "--term", "--nights", "3", "--keep", "kept"]).ends_with(2).says("not empty");
}

#[test]
fn z10_a_rehearsal_keeps_to_the_blackouts_of_the_schedule() {
    let mut place = place();
    place.set("schedule.run", "\"17 2 * * *\"");
    let year: i32 = place.rows("SELECT strftime('%Y', 'now')")[0][0].parse().unwrap();
    place.set("schedule.blackout", &format!("[\"{year}-09-01..{}-09-30\"]", year + 1));
    let story = place.muster(&["simulate", "--term", "--nights", "2", "--format", "json"]).json();
    for night in story["nights"].as_array().unwrap() {
        assert_eq!((&night["blackout"], &night["operations"]["done"]), (&Value::Bool(true), &0.into()));
    }
}

#[test]
fn z10_a_rehearsal_says_what_it_misses() {
    let mut place = Place::with(&[7], 3, &Timetable::new());
    place.muster(&["simulate", "--nights", "3"]).ends_with(2).says("--term");
    place.muster(&["simulate", "--term", "--mappings", "nowhere.csv"]).ends_with(2).says("nowhere.csv");
    place
        .write("m.csv", "moodle_id,modulecode,group_import,mapping_action\n7,ANTH1014,ADD,ADD\n8,,ADD,ADD\n");
    let story = place
        .muster(&["simulate", "--term", "--nights", "1", "--mappings", "m.csv", "--format", "json"])
        .json();
    assert_eq!((&story["mappings"]["rows"], &story["mappings"]["left_out"]), (&1.into(), &1.into()));
    assert!(!place.path("muster.db").exists(), "no database was made");
    for key in
        ["moodle.url", "moodle.token", "moodle.timeout_s", "moodle.settle_wait_ms", "moodle.retry_wait_ms"]
    {
        place.unset(key);
    }
    place.muster(&["simulate", "--term"]).ends_with(3).says("has no [moodle]").says("muster demo");
}
