//! The tables G1 to G10 of the old integration after real runs: what an administrator reads in them.
//!
//! Not here: every row in every situation (`crates/store/tests/it/old_names`).

use simulators::moodle::{Fault, FaultRule, When};

use crate::support::{Place, Timetable};

const MODULE: &str = "ANTH1014";

fn timetable() -> Timetable {
    Timetable::new()
        .group(MODULE, "11", "Tutorial A", &["p1", "p2", "p9"])
        .group(MODULE, "12", "Tutorial B", &["p3"])
        .tutor("12", "p4")
}

/// A course with two groups, four members and one who waits, as the first night left it.
fn filled() -> Place {
    let place = Place::with(&[7], 4, &timetable());
    place.map(7, MODULE);
    place.run().ends_with(0);
    place
}

fn check(place: &Place, query: &str, expected: &[&[&str]]) {
    assert_eq!(place.rows(query), expected, "{query}");
}

#[test]
fn g1_a_group_has_the_numbers_that_moodle_gave_it() {
    let place = filled();
    let grouping = place.world().groupings(7).next().unwrap().row.id.to_string();
    let (a, b) = (place.group(7, "Tutorial A").to_string(), place.group(7, "Tutorial B").to_string());
    let query = "SELECT groupid, module_code, moodlegroupid, moodlegroupingid, toadd, todelete, state \
         FROM cmis_groups_course WHERE courseid = 7 ORDER BY groupid";
    let expected: [&[&str]; 2] = [
        &["11", MODULE, &a, &grouping, "0", "0", "confirmed"],
        &["12", MODULE, &b, &grouping, "0", "0", "confirmed"],
    ];
    check(&place, query, &expected);
}

#[test]
fn g2_students_stand_with_their_group_and_whoever_waits_says_why() {
    let place = filled();
    let query = "SELECT groupid, person, userid, state FROM cmis_groupmembers ORDER BY groupid, person";
    let expected: [&[&str]; 4] = [
        &["11", "p1", "1001", "confirmed"],
        &["11", "p2", "1002", "confirmed"],
        &["11", "p9", "", "unknown_person"],
        &["12", "p3", "1003", "confirmed"],
    ];
    check(&place, query, &expected);
}

#[test]
fn g3_tutors_stand_in_a_table_of_their_own() {
    let place = filled();
    check(&place, "SELECT groupid, person, userid FROM cmis_tutgroupmembers", &[&["12", "p4", "1004"]]);
}

#[test]
fn g4_g5_what_is_gone_stands_with_its_run_and_reason_and_undo_brings_it_back() {
    let place = filled();
    place.muster(&["map", "remove", "7", MODULE]).ends_with(0);
    place.run().ends_with(0);
    let groups = "SELECT groupid, run, because FROM cmis_groups_deleted WHERE courseid = 7 ORDER BY groupid";
    check(&place, groups, &[&["11", "2", "unmapped"], &["12", "2", "unmapped"]]);
    let students = "SELECT person, run FROM cmis_groupmembers_deleted ORDER BY person";
    check(&place, students, &[&["p1", "2"], &["p2", "2"], &["p3", "2"]]);
    check(&place, "SELECT person, run FROM cmis_tutgroupmembers_deleted", &[&["p4", "2"]]);
    place.muster(&["undo", "2", "--yes"]).ends_with(0);
    assert_eq!(place.members(7, "Tutorial A"), ["p1", "p2"]);
}

#[test]
fn g6_what_moodle_shows_stands_with_the_time_when_it_was_read() {
    let place = filled();
    let id = place.group(7, "Tutorial A");
    place.world().rename_group(id, "Anna's group");
    place.muster(&["run", "--all"]).ends_with(0);
    let query =
        "SELECT mdlcourseid, mdlcoursename, name FROM cmis_groups_moodle WHERE timeread > 0 ORDER BY name";
    check(&place, query, &[&["7", "C7", "Anna's group"], &["7", "C7", "Tutorial B"]]);
    check(&place, "SELECT name FROM cmis_groupings_moodle WHERE mdlcourseid = 7", &[&[MODULE]]);
}

#[test]
fn g7_no_copy_has_to_be_made_by_hand_before_a_run() {
    let place = filled();
    let before = place.picture();
    place.write_timetable(&Timetable::new().group(MODULE, "12", "Tutorial B", &["p1"]));
    place.muster(&["run", "--all"]).ends_with(0);
    assert_ne!(place.picture(), before);
    place.muster(&["undo", "2", "--yes"]).ends_with(0);
    assert_eq!(place.picture(), before);
    let copies = "SELECT name FROM sqlite_master WHERE name LIKE '%backup%'";
    check(&place, copies, &[]);
}

#[test]
fn g8_the_source_its_rejected_rows_and_mappings_of_other_programs_are_tables() {
    let mut place = filled();
    let dump = "SELECT groupid, person, role FROM cmis_groups_dump WHERE modulecode = 'ANTH1014' AND groupid = '12' \
         ORDER BY person";
    check(&place, dump, &[&["12", "p3", "student"], &["12", "p4", "tutor"]]);
    check(&place, "SELECT groupname FROM cmis_groups WHERE groupid = '11'", &[&["Tutorial A"]]);
    place.set("source.cmis.rejected_percent_max", "100");
    let members = std::fs::read_to_string(place.path("members.csv")).unwrap();
    place.write("members.csv", format!("{members}11,p4,conductor\n"));
    // Another program takes the tick away, and knows four columns.
    place.sql("UPDATE mapped_modules SET group_import = 'RMV', mapping_action = 'ADD'");
    place.run().ends_with(0);
    check(&place, "SELECT tablename, groupid, person FROM cmis_error_data_dump", &[&["members", "11", "p4"]]);
    assert!(place.group_names(7).is_empty());
}

#[test]
fn g9_a_failed_call_stands_with_names_run_and_what_happened_afterwards() {
    let place = filled();
    let ids = [place.group(7, "Tutorial A"), place.group(7, "Tutorial B")];
    let fault = FaultRule::once(When::Function("core_group_delete_groups".into()), Fault::Deadlock);
    place.server.faults().push(fault);
    place.muster(&["map", "remove", "7", MODULE]).ends_with(0);
    place.run().ends_with(0);
    let query = "SELECT run, request, function_name, code, course, course_name, group_names, what_happened \
         FROM rest_error_logs";
    let names = "Tutorial A, Tutorial B";
    let after = "2 changes, all done on another try";
    let expected = ["2", "1", "core_group_delete_groups", "dmlwriteexception", "7", "C7", names, after];
    check(&place, query, &[&expected]);
    let parameters = &place.rows("SELECT parameters FROM rest_error_logs")[0][0];
    assert!(ids.iter().all(|id| parameters.contains(&id.to_string())), "{parameters}");
}

#[test]
fn g9_a_creating_call_that_answers_with_too_few_results_stands_there_too() {
    let place = Place::with(&[7], 4, &timetable());
    place.map(7, MODULE);
    let fault = FaultRule::once(When::Function("core_group_create_groups".into()), Fault::FewerResults);
    place.server.faults().push(fault);
    place.run().ends_with(0);
    let query = "SELECT function_name, code, answer, course, group_names, what_happened FROM rest_error_logs";
    let (names, after) = ("Tutorial A, Tutorial B", "2 changes, all found done on a second look");
    let answer = "1 results for 2 elements";
    check(&place, query, &[&["core_group_create_groups", "result_count", answer, "7", names, after]]);
}

#[test]
fn g9_a_failed_question_stands_with_what_became_of_it_also_where_only_a_plan_was_made() {
    let place = filled();
    let fault = FaultRule::once(When::Function("core_group_get_course_groups".into()), Fault::Status502);
    place.server.faults().push(fault);
    place.muster(&["plan", "--all"]).ends_with(0);
    let query = "SELECT run, function_name, course_name, what_happened FROM rest_error_logs";
    let expected = ["2", "core_group_get_course_groups", "C7", "asked again, and answered"];
    check(&place, query, &[&expected]);
}

#[test]
fn g9_a_door_that_stays_shut_is_told_too() {
    let place = filled();
    place.world().remove_token(crate::support::TOKEN);
    place.muster(&["run"]).ends_with(5);
    let query = "SELECT run, function_name, code FROM rest_error_logs";
    check(&place, query, &[&["2", "core_webservice_get_site_info", "invalidtoken"]]);
}

#[test]
fn g10_the_documented_names_are_there_and_only_read() {
    let place = filled();
    let page = include_str!("../../../../docs/operations.md");
    let (_, section) = page.split_once("## The old names").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let table = section.lines().filter(|line| line.starts_with("| `"));
    let mut seen = 0;
    for line in table {
        let cells: Vec<&str> = line.split('|').collect();
        let names: Vec<&str> = cells[1].split('`').skip(1).step_by(2).collect();
        let columns: Vec<&str> = cells[3]
            .split('`')
            .skip(1)
            .step_by(2)
            // Of two alternatives each table has one, and two words name another table or value.
            .filter(|column| !["mdlgroupid", "mdlgroupingid"].contains(column))
            .collect();
        for name in names {
            seen += 1;
            if cells[3].contains("the same without") {
                place.rows(&format!("SELECT * FROM {name}"));
            } else {
                place.rows(&format!("SELECT {} FROM {name}", columns.join(", ")));
            }
            let is_view =
                place.rows(&format!("SELECT type FROM sqlite_master WHERE name = '{name}'"))[0][0] == "view";
            assert_eq!(is_view, !["mapped_modules", "rest_error_logs"].contains(&name), "{name}");
        }
    }
    assert!(seen >= 13, "{seen} names were found on the page");
}
