//! What has to hold whichever database keeps the memory: `cargo xtask ci` runs these tests, the scenarios and others once
//! for each (`MUSTER_TEST_DATABASE`).
//!
//! Not here: killing at every point (`kill`), the failures of databases (`outages`); and disturbing the Moodle at every
//! point (`faults`), which is done with SQLite.

use std::time::{Duration, Instant};

use simulators::moodle::{Fault, FaultRule, When};

use crate::disturbed::faults_met;
use crate::place::{server, try_sql};
use crate::support::{Place, Timetable};

fn timetable() -> Timetable {
    Timetable::new()
        .group("ANTH", "1", "Tutorial 1", &["p1", "p2"])
        .group("ANTH", "2", "Tutorial 2", &["p3"])
        .group("HIST", "3", "Seminar", &["p1", "p3"])
}

fn filled() -> Place {
    let place = Place::with(&[101, 102], 4, &timetable());
    place.map(101, "ANTH");
    place.map(102, "HIST");
    place
}

#[test]
fn g9_a_night_is_told_by_every_command_that_looks_back() {
    let place = filled();
    place.run().ends_with(0);
    place.assert_quiet();
    assert_eq!(place.members(101, "Tutorial 1"), ["p1", "p2"]);
    let ours = "SELECT moodlegroupid FROM cmis_groups_course WHERE courseid = 101 AND toadd = 0";
    assert_eq!(place.rows(ours).len(), 2);
    place.muster(&["status"]).ends_with(0);
    place.muster(&["runs", "list"]).ends_with(0);
    place.muster(&["explain", "person", "p1"]).ends_with(0).says("Tutorial 1");
    place.muster(&["check", "database"]).ends_with(0).says("can be written").says("nobody holds it");
}

#[test]
fn e4_a_night_is_done_by_an_account_that_has_the_printed_grants_and_no_more() {
    let Some(address) = server() else {
        println!("left out: SQLite has no accounts");
        return;
    };
    let mut place = filled();
    let checked = place.muster(&["check", "database", "--format", "json"]).ends_with(0).json();
    let grants = |key: &str| checked["grants"][key].as_str().unwrap().to_owned();
    let (scheme, rest) = place.database_url().split_once("://").unwrap();
    let (_, database) = rest.split_once('@').unwrap();
    let name = format!("{}_daily", database.rsplit_once('/').unwrap().1);
    let least = format!("{scheme}://{name}:token@{database}");
    let is_postgres = scheme.starts_with("postgres");
    let (account, made) = if is_postgres {
        (name.clone(), format!("CREATE ROLE {name} LOGIN PASSWORD 'token'"))
    } else {
        (format!("{name}@'%'"), format!("CREATE USER {name}@'%' IDENTIFIED BY 'token'"))
    };
    let granted =
        grants("every_day").replace(&format!("TO {};", grants("account")), &format!("TO {account};"));
    assert!(granted.contains(&account), "{granted}");
    place.sql(&made);
    place.sql(&granted);

    place.set("database", &format!("{least:?}"));
    place.run().ends_with(0);
    place.assert_quiet();
    place.muster(&["status"]).ends_with(0);
    place.muster(&["map", "remove", "102", "HIST"]).ends_with(0);
    place.muster(&["check", "database"]).ends_with(0).says("for every day:").says(&granted);
    drop(place);
    let gone = if is_postgres { "DROP ROLE" } else { "DROP USER" };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(try_sql(&address, format!("{gone} {account}"))).unwrap();
}

#[test]
fn z4_a_run_killed_in_its_middle_leaves_no_lock_and_is_completed_by_the_next() {
    let place = filled();
    place.server.faults().push(FaultRule::once(When::Write(2), Fault::HangAfter));
    let mut child = place.start(&["run"]);
    let begun = Instant::now();
    while faults_met(&place.server) == 0 {
        assert!(child.try_wait().unwrap().is_none() && begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(2));
    }
    let status = place.muster(&["check", "database"]);
    assert!(status.stdout.contains("a run is under way"), "{status}");
    place.muster(&["run"]).ends_with(3).says("locked by muster");
    child.kill().unwrap();
    child.wait().unwrap();
    place.server.faults().clear();

    let ran = place.run();
    assert!(matches!(ran.code, 0 | 7), "{ran}");
    place.assert_quiet();
    assert_eq!(place.group_names(101), ["Tutorial 1", "Tutorial 2"]);
    assert_eq!(place.members(102, "Seminar"), ["p1", "p3"]);
    let open = "SELECT number FROM operations WHERE state IN ('sent', 'planned')";
    assert!(place.rows(open).is_empty());
    let interrupted = "SELECT id FROM runs WHERE status = 'interrupted'";
    assert_eq!(place.rows(interrupted).len(), 1);
}

#[test]
fn b1_mappings_that_another_program_keeps_are_read_with_each_run() {
    let mut place = Place::with(&[101, 102], 4, &timetable());
    let block = place.another_database();
    block.sql(
        "CREATE TABLE mapped_modules (id INT, moodle_id BIGINT, modulecode VARCHAR(30), group_import CHAR(3), \
         mapping_action CHAR(3)); \
         INSERT INTO mapped_modules VALUES (1, 101, 'ANTH', 'ADD', 'ADD'), (2, 102, 'HIST', NULL, 'ADD')",
    );
    place.set("mappings.url", &format!("{:?}", block.url()));
    place.muster(&["run"]).ends_with(0).says("2 mappings: 2 added, 0 changed, 0 removed");
    assert_eq!(place.group_names(101), ["Tutorial 1", "Tutorial 2"]);
    assert_eq!(place.group_names(102), [""; 0]);

    block.sql("UPDATE mapped_modules SET group_import = 'ADD' WHERE id = 2");
    block.sql("INSERT INTO mapped_modules VALUES (3, 0, 'X', 'ADD', 'ADD'), (4, 101, 'ANTH', 'RMV', 'ADD')");
    let ran = place.muster(&["run"]);
    ran.says("moodle_id is \"0\"").says("course 101 and module ANTH are there with other flags as well");
    assert_eq!(place.group_names(102), ["Seminar"]);
    assert_eq!(place.group_names(101), ["Tutorial 1", "Tutorial 2"], "a contradiction touches nothing");
    place.muster(&["map", "list"]).ends_with(0).says("[mappings]");

    // What cannot be read, or is suddenly empty, leaves what was read before.
    block.sql("DELETE FROM mapped_modules");
    place.muster(&["run"]).ends_with(4).says("answers without a row").says("stays in force");
    block.sql("DROP TABLE mapped_modules");
    place.muster(&["run"]).ends_with(4).says("check url, password and query under [mappings]");
    assert_eq!(place.group_names(102), ["Seminar"]);
    let told = "SELECT who FROM audit WHERE who = '[mappings]'";
    assert_eq!(place.rows(told).len(), 4);
}
