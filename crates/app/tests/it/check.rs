//! `muster check`: what stands in its lines, how it ends, and that a wrong set-up step is told with its page.
//!
//! Not here: each set-up step done wrong; the examination has a test for each (`targets`).

use serde_json::Value;
use simulators::moodle::{Rights, Token};

use crate::support::{Place, Ran, TOKEN, Timetable};

const MODULE: &str = "ANTH1014";

fn place() -> Place {
    let place = Place::with(&[7], 4, &Timetable::new().group(MODULE, "A", "Tutorial A", &["p1", "p2"]));
    place.map(7, MODULE);
    place
}

/// The line of the answer that is about this.
fn line<'a>(answer: &'a Value, what: &str) -> &'a Value {
    let lines = answer["lines"].as_array().unwrap();
    lines.iter().find(|line| line["what"].as_str().unwrap().trim() == what).unwrap_or_else(|| {
        let whats: Vec<&str> = lines.iter().filter_map(|line| line["what"].as_str()).collect();
        panic!("no line {what} among {whats:?}")
    })
}

fn checked(place: &Place, args: &[&str]) -> Ran {
    place.muster(&[&["check", "--format", "json"], args].concat())
}

fn says(line: &Value, state: &str, text: &str) {
    assert_eq!(line["state"], state, "{line}");
    let said = format!("{} – {}", line["text"].as_str().unwrap(), line["remedy"].as_str().unwrap());
    assert!(said.contains(text), "{text:?} is not in {line}");
}

#[test]
fn every_part_has_its_lines_and_every_set_up_step_is_among_them() {
    let place = place();
    let answer = checked(&place, &[]).ends_with(0).json();
    assert_eq!(answer["exit_code"], 0);
    says(line(&answer, "database"), "ok", "can be written");
    says(line(&answer, "audit log"), "ok", "1 entry");
    says(line(&answer, "run lock"), "ok", "nobody holds it");
    says(line(&answer, "disk"), "ok", "MiB are free");
    says(line(&answer, "source cmis"), "ok", "rows: 1 groups; 2 members; 1 modules");
    says(line(&answer, "encoding"), "ok", "UTF-8");
    says(line(&answer, "clock"), "ok", "ours");
    says(line(&answer, "release"), "ok", "4.5");
    says(line(&answer, "D5  role"), "ok", "Define roles");
    let lines = answer["lines"].as_array().unwrap();
    let numbers: Vec<u32> = lines
        .iter()
        .filter_map(|line| line["what"].as_str()?.strip_prefix('D')?.split(' ').next()?.parse().ok())
        .collect();
    assert_eq!(numbers.len(), 16, "{numbers:?}");
}

#[test]
fn the_least_that_is_needed_is_printed_with_what_is_granted_and_what_is_surplus() {
    let place = place();
    let text = place.muster(&["check", "moodle"]).ends_with(0);
    let text = text.says("The least that the switched-on features need").says("capability of the role");
    let text = text.says(" granted  core_group_create_groups ").says("Granted and not needed:");
    drop(text.says("  moodle/user:viewalldetails").says("  enrol_manual_enrol_users"));
}

#[test]
fn a_feature_that_is_switched_on_changes_what_is_needed() {
    let mut place = place();
    place.set("policy.not_enrolled", "\"enrol\"");
    let answer = checked(&place, &["moodle"]).ends_with(0).json();
    let names = answer["needs"]["functions"].as_array().unwrap().iter();
    let names: Vec<&str> = names.filter_map(|need| need["name"].as_str()).collect();
    assert!(names.contains(&"enrol_manual_enrol_users"), "{names:?}");
    place.set("policy.groupings", "\"none\"");
    let answer = checked(&place, &["moodle"]).ends_with(0).json();
    let surplus = answer["needs"]["functions_surplus"].to_string();
    assert!(surplus.contains("core_group_delete_groupings"), "{surplus}");
}

#[test]
fn a_wrong_step_ends_with_5_and_names_its_page() {
    let place = place();
    place.world().site.rest_protocol = false;
    let ran = place.muster(&["check", "moodle"]).ends_with(5);
    let ran = ran.says("wrong       D2  REST protocol on");
    drop(ran.says("Site administration > Server > Web services > Manage protocols"));
    let answer = checked(&place, &["moodle"]).ends_with(5).json();
    let lines = answer["lines"].as_array().unwrap();
    assert_eq!(lines.iter().filter(|line| line["state"] == "wrong").count(), 1, "{answer}");
}

#[test]
fn steps_that_moodle_answers_alike_are_named_together() {
    let place = place();
    place.world().token_mut(TOKEN).unwrap().user_authorised = false;
    let answer = checked(&place, &["moodle"]).ends_with(5).json();
    says(line(&answer, "D7  service"), "wrong", "(or D9, D8)");
    says(line(&answer, "D9  authorised users"), "cannot_tell", "D7");
}

#[test]
fn the_exit_code_is_that_of_the_first_wrong_line() {
    let mut place = place();
    place.world().remove_token(TOKEN);
    std::fs::remove_file(place.path("members.csv")).unwrap();
    checked(&place, &[]).ends_with(4);
    checked(&place, &["moodle"]).ends_with(5);
    checked(&place, &["database"]).ends_with(0);
    place.set("database", "\"sqlite:nowhere/muster.db\"");
    let answer = checked(&place, &[]).ends_with(3).json();
    // What needs no database is checked all the same.
    says(line(&answer, "D10 token"), "wrong", "Manage tokens");
}

#[test]
fn with_nothing_configured_check_says_what_is_missing() {
    let mut place = place();
    place.unset("moodle.url");
    place.unset("moodle.token");
    for key in ["timeout_s", "settle_wait_ms", "retry_wait_ms"] {
        place.unset(&format!("moodle.{key}"));
    }
    let answer = checked(&place, &[]).ends_with(3).json();
    says(line(&answer, "moodle"), "wrong", "muster config explain moodle.url");
    std::fs::remove_file(place.path("muster.toml")).unwrap();
    let answer = checked(&place, &[]).ends_with(3).json();
    says(line(&answer, "configuration"), "wrong", "`muster init` writes one");
}

#[test]
fn a_token_that_cannot_be_fetched_is_the_matter_of_d10() {
    let mut place = place();
    place.set("moodle.token", "{ env = \"NO_SUCH_VARIABLE_FOR_TESTS\" }");
    let answer = checked(&place, &["moodle"]).ends_with(3).json();
    says(line(&answer, "D10 token"), "wrong", "NO_SUCH_VARIABLE_FOR_TESTS");
}

#[test]
fn the_rules_that_rejected_rows_are_counted_and_nobody_is_named() {
    let place = place();
    let rows = "group_id,person_id,role\nA,p1,student\nA,p2,student\nA,p3,dean\nB,p4,student\n";
    place.write("members.csv", rows);
    let ran = place.muster(&["check", "source"]);
    let ran = ran.says("1 row rejected: neither student nor tutor (role), first members line 4");
    drop(ran.says("(unknown_group)").does_not_say("p3").does_not_say("p4"));
}

/// Feature A3.
#[test]
fn a_wrong_encoding_is_seen_whichever_way_it_is_wrong() {
    let groups = |name: &[u8]| {
        let head = b"group_id,group_code,group_name,module_code,kind,term\nA,A,".as_slice();
        [head, name, b",ANTH1014,TUT,2026-T1\n"].concat()
    };
    let mut place = place();
    place.write("groups.csv", groups(b"K\xe4the"));
    let answer = checked(&place, &["source"]).ends_with(4).json();
    says(line(&answer, "encoding"), "wrong", "windows-1252");
    place.set("source.cmis.encoding", "\"windows-1252\"");
    says(line(&checked(&place, &["source"]).ends_with(0).json(), "encoding"), "ok", "windows-1252");
    place.write("groups.csv", groups("Käthe".as_bytes()));
    let answer = checked(&place, &["source"]).ends_with(4).json();
    says(line(&answer, "encoding"), "wrong", "looks like UTF-8 that was read as windows-1252");
}

#[test]
fn the_holder_of_the_lock_is_named() {
    let place = place();
    place.muster(&["import"]).ends_with(0);
    let held = std::fs::File::open(place.path("muster.db.lock")).unwrap();
    held.lock().unwrap();
    let owner =
        r#"{"program":"muster 0.1.0","host":"host.example.ac.uk","pid":4711,"since":1000,"purpose":"run"}"#;
    place.write("muster.db.lock", owner);
    let answer = checked(&place, &["database"]).ends_with(0).json();
    says(line(&answer, "run lock"), "ok", "process 4711 on host.example.ac.uk");
}

#[test]
fn a_role_without_a_right_is_told_with_the_right() {
    let place = place();
    let rights = Rights::manager().without("moodle/course:viewparticipants");
    place.world().add_token(Token::new(TOKEN, 2).with_rights(rights));
    let answer = checked(&place, &["moodle"]).ends_with(5).json();
    says(line(&answer, "D5  role"), "wrong", "moodle/course:viewparticipants");
    let needs = answer["needs"]["capabilities"].as_array().unwrap();
    let need = needs.iter().find(|need| need["name"] == "moodle/course:viewparticipants").unwrap();
    assert_eq!(need["state"], "missing");
}
