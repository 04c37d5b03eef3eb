//! `muster demo --keep DIR`: four nights are told, and what it leaves can be worked with as its last lines say.
//!
//! Not here: what each night does with each case (`scenarios`, `known_issues`).

use crate::simulate::Simulator;
use crate::support::{Place, Timetable};

#[test]
fn four_nights_are_told_and_what_is_kept_is_played_with() {
    let place = Place::with(&[7], 1, &Timetable::new());
    let told = place.muster(&["demo", "--keep", "college"]).ends_with(0);
    let mut rest = told.stdout.as_str();
    for part in [
        "── The first night: the plan ──",
        "Nothing was changed. next: muster apply --plan 1",
        "── The first night: carried out ──",
        "operations ended as planned",
        "── The first night, once more ──",
        "Nothing to do",
        "$ muster explain person ",
        "── Night 2 ──",
        "$ muster explain group ",
        "── Night 3 ──",
        "the network loses one answer",
        "Waits for approval",
        "$ muster approve ",
        "$ muster explain course ",
        "── Night 4 ──",
        "Waits for approval",
        "$ muster approve ",
        "$ muster explain course ",
        "── Where to look next ──",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} does not come next in {told}"));
        rest = &rest[at + part.len()..];
    }
    // The shell of this test would not find `muster`, so the last lines say where it is.
    assert!(rest.contains(&format!("alias muster={}", env!("CARGO_BIN_EXE_muster"))), "{rest}");
    let address = rest.split("--listen ").nth(1).unwrap().split_whitespace().next().unwrap();

    place.muster(&["demo", "--keep", "college"]).ends_with(2).says("college is not empty");
    let kept = |args: &[&str]| place.muster(&[&["--config", "college/muster.toml"], args].concat());
    // Nobody answers there yet.
    kept(&["plan", "--course", "2"]).ends_with(5).says("no_connection");
    let _moodle = Simulator::start(&place, &["--data", "college", "--listen", address]);
    kept(&["plan", "--all"]).ends_with(7).says("Nothing to do");
    kept(&["status"]).ends_with(7).says("are ours");
    kept(&["explain", "course", "2"]).ends_with(0).says("course 2");
    kept(&["runs", "list"]).ends_with(0).says("attention");
}
