//! What the program says to bad input: the thing, the cause and the next step, in the class of exit code that fits.
//!
//! Not here: every mistake that a configuration can hold (`src/config/tests.rs`); what rows are rejected (`sources.rs`).

use crate::support::{Place, Timetable};

const MODULE: &str = "ANTH1014";

fn place() -> Place {
    Place::with(&[7], 2, &Timetable::new().group(MODULE, "A", "A", &["p1", "p2"]))
}

/// A thing lies where the database should be: three commands say the same of it, and leave it.
fn check_database(lay: impl Fn(&Place), says: &[&str]) -> Place {
    let place = place();
    lay(&place);
    for command in [&["status"][..], &["run"], &["map", "list"], &["check", "database"]] {
        let ran = place.muster(command).ends_with(3).says("muster.db").does_not_say("that the disk has room");
        says.iter().fold(ran, |ran, part| ran.says(part));
    }
    place
}

#[test]
fn a_file_that_is_no_database_is_named_and_left_as_it_is() {
    let text = "a shopping list that somebody saved under an unlucky name: apples, pears, a pound of butter";
    let place = check_database(
        |place| place.write("muster.db", text),
        &["is not a SQLite database, and was left as it is", "name another file in `database`", "backup"],
    );
    assert_eq!(std::fs::read_to_string(place.path("muster.db")).unwrap(), text);
}

#[test]
fn a_folder_in_place_of_the_database_is_told_as_one() {
    check_database(
        |place| std::fs::create_dir(place.path("muster.db")).unwrap(),
        &["is a folder: name a file", "sqlite:"],
    );
}

#[test]
fn a_database_of_a_newer_program_asks_for_that_program() {
    check_database(
        |place| {
            place.muster(&["status"]).ends_with(0);
            place.sql("INSERT INTO muster_schema VALUES (999, 'from the future')");
        },
        &["a newer Muster made its version 999", "install the newer Muster again", "nothing in"],
    );
}

#[test]
fn a_damaged_database_asks_for_a_backup() {
    check_database(
        |place| {
            place.muster(&["status"]).ends_with(0);
            place.sql("PRAGMA wal_checkpoint(TRUNCATE)");
            let mut bytes = std::fs::read(place.path("muster.db")).unwrap();
            bytes[100..].fill(0x5A);
            place.write("muster.db", bytes);
        },
        &["malformed", "restore a backup"],
    );
}

#[test]
fn a_database_in_a_missing_folder_names_the_folder() {
    let mut place = place();
    place.set("database", "\"sqlite:no/such/muster.db\"");
    place.muster(&["status"]).ends_with(3).says("there is no folder no/such: make it, or correct `database`");
}

#[test]
fn a_configuration_that_cannot_be_read_is_no_mistake_in_it() {
    let place = place();
    let check = |file: &str, says: &[&str]| {
        for command in ["status", "run", "check"] {
            let ran = place.muster(&[command, "--config", file]).ends_with(3).does_not_say("mistake");
            let ran = ran.says(&format!("cannot read the configuration {file}: "));
            says.iter().fold(ran, |ran, part| ran.says(part));
        }
    };
    check(
        "nowhere.toml",
        &["there is no such file", "`muster init` writes one; --config FILE names another"],
    );
    std::fs::create_dir(place.path("folder")).unwrap();
    check("folder", &["it is a folder", "name a file: --config folder/muster.toml"]);
    place.write("latin.toml", b"# fine\n# caf\xe9\n");
    check("latin.toml", &["line 2, column 6 is not UTF-8 text", "save the file as UTF-8"]);
}

#[test]
fn one_slip_in_the_syntax_is_one_mistake() {
    let place = place();
    place.write("muster.toml", "databse = 1\n\n[limits]\nx = = 1\n");
    let ran = place.muster(&["status"]).ends_with(3).says("cannot use the configuration: 1 mistake\n");
    ran.says("muster.toml:4:5: not TOML: extra `=`; correct this first").does_not_say("unknown key");
}
