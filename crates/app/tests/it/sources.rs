//! What a source may hold: hostile files, names of the whole world, and the same data from a database.
//!
//! Not here: single rules of the rows (`crates/app/src/sources/tests.rs`).

use crate::support::{Place, Timetable};

const MODULE: &str = "ANTH1014";

fn place() -> Place {
    let mut place = Place::with(&[7], 5, &Timetable::new().group(MODULE, "A", "A", &["p1", "p2"]));
    place.set("source.cmis.rejected_percent_max", "100");
    place.map(7, MODULE);
    place
}

/// Adds bytes to a file of the delivery; the good rows arrive, the bad ones are rejected, nothing panics.
fn check_hostile(file: &str, bytes: &[u8]) {
    let place = place();
    let mut content = std::fs::read(place.path(file)).unwrap();
    content.extend(bytes);
    place.write(file, content);
    let ran = place.run();
    assert!(matches!(ran.code, 0 | 4 | 7), "{ran}");
    let rejected = ran.json()["imported"][0]["figures"]["rejections"].as_u64();
    assert_ne!(rejected, Some(0), "{ran}");
    if ran.code != 4 {
        assert_eq!(place.members(7, "A"), ["p1", "p2"], "{ran}");
        place.muster(&["status"]).says("rejected");
        place.assert_quiet();
    }
}

#[test]
fn nul_bytes_are_rejected_and_the_rest_arrives() {
    check_hostile("groups.csv", b"B\0,B,B,ANTH1014,TUT,2026-T1\n");
    check_hostile("members.csv", b"A,p3\0,student\n");
}

#[test]
fn a_line_of_ten_megabytes_is_rejected_and_the_rest_arrives() {
    let mut line = vec![b'x'; 10 << 20];
    line.push(b'\n');
    check_hostile("groups.csv", &line);
    check_hostile("members.csv", &line);
    let mut field = b"B,B,".to_vec();
    field.extend(vec![b'n'; 10 << 20]);
    field.extend(b",ANTH1014,TUT,2026-T1\n");
    check_hostile("groups.csv", &field);
}

#[test]
fn random_bytes_are_rejected_and_nothing_panics() {
    let mut state = 0x9e37_79b9_u32;
    for _ in 0..8 {
        let bytes: Vec<u8> = (0..4_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        check_hostile("members.csv", &bytes);
    }
}

#[test]
fn a_file_of_random_bytes_is_no_delivery() {
    let place = place();
    place.run().ends_with(0);
    let before = place.picture();
    let bytes: Vec<u8> =
        (0..60_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for file in ["groups.csv", "members.csv", "modules.csv"] {
        place.write_timetable(&Timetable::new().group(MODULE, "A", "A", &["p1", "p2"]));
        place.write(file, &bytes);
        place.run().ends_with(4).says(file);
        assert_eq!(place.picture(), before);
    }
}

#[test]
fn names_in_five_scripts_arrive_unchanged() {
    let names = ["Übung Größe é", "Ομάδα Αʹ", "Группа «Ё»", "مجموعة ١", "班级一 👩‍🏫"];
    let timetable = names.iter().enumerate().fold(Timetable::new(), |timetable, (number, name)| {
        timetable.group(MODULE, &format!("G{number}"), name, &["p1"])
    });
    let place = Place::with(&[7], 1, &timetable);
    place.map(7, MODULE);
    place.run().ends_with(0);
    for name in names {
        assert_eq!(place.members(7, name), ["p1"]);
    }
    place.assert_quiet();
}

#[test]
fn a_windows_file_arrives_when_it_is_declared_and_is_rejected_when_it_is_not() {
    let mut place = place();
    let rows =
        b"group_id,group_code,group_name,module_code,kind,term\r\nA,A,\xdcbung \x80,ANTH1014,TUT,2026-T1\r\n";
    place.write("groups.csv", rows);
    let ran = place.run();
    assert_eq!(place.picture(), "", "a name was guessed: {ran}");
    place.set("source.cmis.encoding", "\"windows-1252\"");
    place.run().ends_with(0);
    assert_eq!(place.group_names(7), ["Übung €"]);
    place.assert_quiet();
}

#[test]
fn a_database_gives_the_same_end_state_as_the_files() {
    let timetable = Timetable::new()
        .group(MODULE, "11", "Tutorial A", &["p1", "p2"])
        .group(MODULE, "12", "Tutorial 'B'", &["p3"])
        .tutor("12", "p4");
    let files = Place::with(&[7], 5, &timetable);
    files.map(7, MODULE);
    files.run().ends_with(0);

    let mut database = Place::with(&[7], 5, &Timetable::new());
    timetable.write_database(&database.path("timetable.db"));
    for key in ["groups", "members", "modules"] {
        database.unset(&format!("source.cmis.{key}"));
    }
    for (path, value) in [
        ("source.cmis.kind", "\"sql\""),
        ("source.cmis.url", "\"sqlite:timetable.db\""),
        (
            "source.cmis.queries.groups",
            "\"SELECT id AS group_id, code AS group_code, name AS group_name, module AS module_code, kind, term FROM teaching_group\"",
        ),
        ("source.cmis.queries.members", "\"SELECT id AS group_id, person AS person_id, role FROM member\""),
    ] {
        database.set(path, value);
    }
    database.map(7, MODULE);
    database.run().ends_with(0);
    assert_eq!(database.picture(), files.picture());
    database.assert_quiet();

    database.set("source.cmis.queries.members", "\"SELECT 1 FROM nowhere\"");
    database.run().ends_with(4).says("members").says("nowhere");
    database.set("source.cmis.url", "\"sqlite:elsewhere.db\"");
    database.run().ends_with(4).says("elsewhere.db");
    assert!(!database.path("elsewhere.db").exists(), "a source is only read");
}

/// A place whose source is the database of a timetable, read through SQLite's ODBC driver.
fn odbc_place(timetable: &Timetable) -> Place {
    let mut place = Place::with(&[7], 5, &Timetable::new());
    timetable.write_database(&place.path("timetable.db"));
    for key in ["groups", "members", "modules"] {
        place.unset(&format!("source.cmis.{key}"));
    }
    let driver = format!("\"/usr/lib/{}-linux-gnu/odbc/libsqlite3odbc.so\"", std::env::consts::ARCH);
    let options = format!("\"DATABASE={}\"", place.path("timetable.db").display());
    for (path, value) in [
        ("source.cmis.kind", "\"odbc\""),
        ("source.cmis.driver", &driver),
        ("source.cmis.options", &options),
        (
            "source.cmis.queries.groups",
            "\"SELECT id AS group_id, code AS group_code, name AS group_name, module AS module_code, kind, term FROM teaching_group\"",
        ),
        ("source.cmis.queries.members", "\"SELECT id AS group_id, person AS person_id, role FROM member\""),
    ] {
        place.set(path, value);
    }
    place.map(7, MODULE);
    place
}

#[cfg(feature = "odbc")]
#[test]
fn a2_a_source_behind_a_driver_is_checked_with_masked_samples_and_fills_the_course() {
    let mut timetable = Timetable::new();
    for group in 11..=17 {
        timetable = timetable.group(MODULE, &group.to_string(), &format!("Übung {group}"), &["p1", "p2"]);
    }
    let mut place = odbc_place(&timetable.tutor("12", "p4"));
    let checked = place.muster(&["check", "source"]).ends_with(0).says("7 groups, 15 memberships");
    assert_eq!(checked.stdout.matches("  sample").count(), 5, "{checked}");
    checked.says("every field is UTF-8").does_not_say("p1 (");
    place.run().ends_with(0);
    assert_eq!(place.members(7, "Übung 12"), ["p1", "p2", "p4"]);
    place.assert_quiet();

    place.set("source.cmis.options", "\"DATABASE=/no/such/folder/timetable.db\"");
    place.run().ends_with(4).says("cannot connect to the driver").says("docs/oracle.md");
}

#[cfg(not(feature = "odbc"))]
#[test]
fn a1_a_program_without_odbc_names_the_feature_and_does_everything_else() {
    let place = odbc_place(&Timetable::new().group(MODULE, "A", "A", &["p1"]));
    for command in ["check", "import"] {
        place.muster(&[command]).ends_with(4).says("was built without ODBC").says("--features odbc");
    }
    place.muster(&["config", "show"]).ends_with(0).says("source.cmis.prefetch = 1000");
    place.muster(&["plan"]).ends_with(7);
}

/// Whoever is told to try a query by hand must not be told so of one that deletes.
#[test]
fn a_query_that_would_write_changes_nothing_and_is_told_what_to_write_instead() {
    let mut place = place();
    let timetable = Timetable::new().group(MODULE, "A", "A", &["p1", "p2"]);
    timetable.write_database(&place.path("timetable.db"));
    for key in ["groups", "members", "modules"] {
        place.unset(&format!("source.cmis.{key}"));
    }
    for (key, value) in [
        ("source.cmis.kind", "\"sql\""),
        ("source.cmis.url", "\"sqlite:timetable.db\""),
        ("source.cmis.queries.groups", "\"DELETE FROM member\""),
        ("source.cmis.queries.members", "\"SELECT id AS group_id, person AS person_id, role FROM member\""),
    ] {
        place.set(key, value);
    }
    let before = std::fs::read(place.path("timetable.db")).unwrap();
    let ran = place.muster(&["import"]).ends_with(4).says("next: write a SELECT").does_not_say("by hand");
    assert_eq!(std::fs::read(place.path("timetable.db")).unwrap(), before, "{ran}");
    place.set("source.cmis.url", "\"sqlite:elsewhere.db\"");
    drop(place.muster(&["import"]).ends_with(4).says("next: check `url` under [source.cmis]"));
}
