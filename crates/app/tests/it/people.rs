//! What is held about a person, and for how long, as the real program tells and does it.
//!
//! Not here: every table (tests of `store`).

use crate::support::{Place, Timetable};

const MODULE: &str = "ANTH1014";

/// Course 7, in which p2 was and is no more.
fn place() -> Place {
    let place = Place::with(&[7], 4, &Timetable::new().group(MODULE, "A", "A", &["p1", "p2"]));
    place.map(7, MODULE);
    place.run().ends_with(0);
    place
}

fn places(place: &Place, person: &str) -> Vec<String> {
    let told = place.muster(&["export", "person", person, "--format", "json"]).ends_with(0).json();
    let held = told["held"].as_array().unwrap();
    held.iter().map(|held| held["place"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn n11_a_person_is_written_out_and_erased_once_the_source_has_let_go() {
    let place = place();
    place.muster(&["map", "except", "add", MODULE, "A", "p2", "exclude", "--reason", "p2 left"]).ends_with(0);
    place.run().ends_with(0);
    assert_eq!(
        places(&place, "p2"),
        [
            "groups of the source",
            "exceptions",
            "memberships that were ours",
            "operations of runs",
            "findings",
            "audit log"
        ]
    );
    let erase = ["forget", "person", "p2", "--reason", "the person asked"];
    let refused = place.muster(&[&erase[..], &["--yes"]].concat()).ends_with(2);
    refused
        .says("cannot erase p2, who is still in: groups of the source")
        .says("take the person out of the source");
    // The rows of three deliveries are kept, so the person goes from them by the erasure.
    place.write_timetable(&Timetable::new().group(MODULE, "A", "A", &["p1"]));
    place.run().ends_with(0);
    assert!(places(&place, "p2").contains(&"earlier deliveries".to_owned()));
    place.muster(&erase).ends_with(0).says("Nothing was changed. next: muster forget person \"p2\"");
    assert!(!places(&place, "p2").is_empty(), "only shown");
    let erased = place.muster(&[&erase[..], &["--yes", "--format", "json"]].concat()).ends_with(0).json();
    let name = erased["erased"].as_str().unwrap().to_owned();
    assert!(name.starts_with("erased-"), "{erased}");
    assert_eq!(places(&place, "p2"), Vec::<String>::new());
    place.muster(&["check", "database"]).ends_with(0).says("follow from each other");
    place.muster(&["runs", "show", "2"]).ends_with(0).says(&name).does_not_say("p2");
    place.muster(&["explain", "person", "p2"]).does_not_say("was removed");
    // Nobody else notices, and a second time there is nothing.
    place.assert_quiet();
    place.muster(&[&erase[..], &["--yes"]].concat()).ends_with(0).says("nothing to erase");
    place.muster(&["export", "person", "p2"]).ends_with(0).says("Nothing is held about p2.");
}

#[test]
fn n11_the_undo_of_a_run_leaves_out_who_was_erased() {
    let place = place();
    place.write_timetable(&Timetable::new().group(MODULE, "A", "A", &["p1"]));
    let run = place.run().ends_with(0).run_number();
    place.muster(&["forget", "person", "p2", "--reason", "asked", "--yes"]).ends_with(0);
    place.muster(&["undo", &run.to_string(), "--yes"]).does_not_say("p2");
    assert_eq!(place.members(7, "A"), ["p1"]);
}

#[test]
fn n11_a_run_deletes_what_is_older_than_the_configuration_says() {
    let mut place = place();
    let counted = |place: &Place| -> Vec<String> {
        let tables = ["operations", "runs"];
        tables.map(|table| place.rows(&format!("SELECT COUNT(*) FROM {table}"))[0][0].clone()).into()
    };
    let before = counted(&place);
    place.sql(
        "UPDATE runs SET started_at = started_at - 86400 * 401, finished_at = finished_at - 86400 * 401",
    );
    place.set("retention.runs_days", "0");
    place.run().ends_with(0);
    assert_eq!(counted(&place), [before[0].clone(), "2".to_owned()], "0 keeps them for ever");
    place.unset("retention.runs_days");
    // A plan deletes nothing.
    place.muster(&["plan"]).ends_with(0);
    assert_eq!(counted(&place)[0], before[0]);
    place.run().ends_with(0);
    assert_eq!(counted(&place), ["0".to_owned(), "4".to_owned()]);
    place.muster(&["check", "database"]).says("operations none (kept 400 days)");
    place.muster(&["config", "explain", "retention.runs_days"]).ends_with(0).says("400");
    place.assert_quiet();
}

#[test]
fn n11_as_many_deliveries_keep_their_rows_as_the_configuration_says() {
    let mut place = place();
    place.set("retention.deliveries", "1");
    place.write_timetable(&Timetable::new().group(MODULE, "A", "A", &["p1"]));
    place.run().ends_with(0);
    let kept = place.rows("SELECT COUNT(*) FROM deliveries WHERE rows_of IS NOT NULL");
    assert_eq!(kept, [["1"]]);
    assert_eq!(
        place.rows("SELECT person FROM persons"),
        [["p1"]],
        "nobody outlives the deliveries that name them"
    );
}

#[test]
fn n11_samples_mask_the_people() {
    let told = place().muster(&["check", "source", "--format", "json"]).ends_with(0);
    let text = told.json().to_string();
    assert!(text.contains("***") && !text.contains("\"p1\""), "{text}");
}
