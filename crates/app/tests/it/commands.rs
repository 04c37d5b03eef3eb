//! Single commands as a person at a keyboard or a script sees them.
//!
//! Not here: runs and plans (`program.rs`), `explain` (`explain.rs`).

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use simulators::moodle::{Functions, Rights, Token};

use crate::support::{Place, Ran, TOKEN, Timetable};

const MODULE: &str = "ANTH1014";

fn place() -> Place {
    let place = Place::with(&[7], 4, &Timetable::new().group(MODULE, "A", "Tutorial A", &["p1", "p2"]));
    place.map(7, MODULE);
    place
}

#[test]
fn mistakes_of_the_configuration_are_told_all_at_once_with_line_and_nearest_spelling() {
    let place = place();
    let text = "databse = \"sqlite:muster.db\"\n\
                [source.cmis]\nkind = \"cvs\"\ngroups = \"groups.csv\"\nmembrs = \"members.csv\"\n\
                [moodle]\nurl = \"moodle\"\ntimeout_s = \"long\"\n\
                [policy]\non_unmap = \"delte\"\n";
    place.write("muster.toml", text);
    for command in [&["run"][..], &["check"], &["config", "show"], &["map", "list"]] {
        let mut ran = place.muster(command).ends_with(3);
        for (line, word) in [
            (1, "did you mean database?"),
            (3, "did you mean \"csv\"?"),
            (5, "did you mean members?"),
            (7, "moodle"),
            (8, "timeout_s"),
            (10, "did you mean \"delete\"?"),
        ] {
            ran = ran.says(&format!("muster.toml:{line}:")).says(word);
        }
        drop(ran.says("token"));
    }
    place.write("muster.toml", "[moodle\n");
    place.muster(&["run"]).ends_with(3).says("muster.toml:1:");
    std::fs::remove_file(place.path("muster.toml")).unwrap();
    place.muster(&["run"]).ends_with(3).says("muster.toml").says("muster init");
}

#[test]
fn a_database_that_cannot_be_used_says_so() {
    let mut place = place();
    place.set("database", "\"sqlite:nowhere/muster.db\"");
    place.muster(&["status"]).ends_with(3).says("nowhere/muster.db").says("folder");
    place.write("broken.db", "this is not a database, whatever its name says");
    place.set("database", "\"sqlite:broken.db\"");
    place.muster(&["status"]).ends_with(3).says("broken.db");
    place.muster(&["check"]).ends_with(3).says("broken.db");
}

#[test]
fn init_writes_a_file_that_check_understands_and_replaces_nothing() {
    let place = place();
    std::fs::remove_file(place.path("muster.toml")).unwrap();
    place.muster(&["init"]).ends_with(0).says("muster check");
    place.muster(&["init"]).ends_with(3).says("--force");
    place.muster(&["init", "--force"]).ends_with(0);
    // The file is right; what it points at has to be filled in.
    let checked = place.muster(&["check"]).says("muster.toml is understood").says("cmis/groups.csv");
    assert!(matches!(checked.says("MUSTER_MOODLE_TOKEN").code, 3..=5));
    place.muster(&["config", "show"]).ends_with(0).says("moodle.example.ac.uk");
}

#[test]
fn check_says_ok_when_all_is_well() {
    let place = place();
    let checked = place.muster(&["check"]).ends_with(0);
    let checked = checked.says("Simulated Moodle").says("acts as muster").says("1 group, 2 memberships");
    drop(checked.says("course 7 can be read").does_not_say("p1"));
    place.run().ends_with(0);
    let id = place.group(7, "Tutorial A").to_string();
    place.muster(&["check", "moodle", "--group", &id]).ends_with(0).says("Tutorial A");
    place.muster(&["check", "moodle", "--group", "4711"]).ends_with(5).says("there is no group 4711");
}

#[test]
fn check_names_what_is_wrong_with_the_token_the_service_or_the_rights() {
    let with = |token: Token| {
        let place = place();
        place.world().remove_token(TOKEN);
        place.world().add_token(token);
        place
    };
    let place = with(Token::new("another-token", 2));
    place.muster(&["check", "moodle"]).ends_with(5).says("token");

    let needed =
        ["core_webservice_get_site_info", "core_enrol_get_enrolled_users", "core_group_get_course_groups"];
    let place = with(Token::new(TOKEN, 2).with_functions(Functions::only(needed)));
    place.muster(&["check", "moodle"]).ends_with(5).says("core_group_create_groups");

    let place =
        with(Token::new(TOKEN, 2).with_rights(Rights::manager().without("moodle/course:managegroups")));
    place.muster(&["check", "moodle"]).ends_with(5).says("moodle/course:managegroups");

    let place = with(Token { service_enabled: false, ..Token::new(TOKEN, 2) });
    place.muster(&["check", "moodle"]).ends_with(5).says("service");
}

#[test]
fn check_names_the_setting_when_idnumbers_are_hidden() {
    let place = place();
    place.world().set_showuseridentity(["email"]);
    // Who may see all details sees idnumbers whatever the setting says.
    let rights = Rights::manager().without("moodle/user:viewalldetails");
    place.world().add_token(Token::new(TOKEN, 2).with_rights(rights));
    // And a run does not take everybody for a stranger.
    let ran = place.run();
    assert_ne!(ran.code, 0, "{ran}");
    drop(ran.says("showuseridentity"));
    place.muster(&["check", "moodle"]).ends_with(5).says("showuseridentity").says("idnumber");
}

#[test]
fn check_looks_at_the_source_without_keeping_anything() {
    let place = place();
    place.muster(&["check", "source"]).ends_with(0).says("1 group, 2 memberships, 0 rejected rows");
    std::fs::remove_file(place.path("members.csv")).unwrap();
    place.muster(&["check", "source"]).ends_with(4).says("members.csv");
    place.muster(&["status"]).does_not_say("accepted");
}

#[test]
fn mappings_are_listed_changed_exported_and_read_again() {
    let place = place();
    place.muster(&["map", "list"]).ends_with(0).says(MODULE).says("wanted").says("ada");
    place
        .muster(&["map", "set", "8", MODULE, "--active", "false"])
        .ends_with(2)
        .says("not mapped to course 8");
    place.muster(&["map", "remove", "8", MODULE]).ends_with(2).says("muster map list --course 8");
    place.map(8, "HIST2001");
    let exported = place.muster(&["map", "export"]).ends_with(0).stdout;
    place.muster(&["map", "remove", "7", MODULE]).ends_with(0);
    place.muster(&["map", "list", "--module", MODULE]).says("removed").does_not_say("HIST2001");
    place.write("mappings.csv", &exported);
    place.muster(&["map", "import", "mappings.csv"]).ends_with(0).says("1 changed").says("1 as they were");
    place.muster(&["map", "list"]).does_not_say("removed");
    place.write(
        "mappings.csv",
        "moodle_id,modulecode,group_import,mapping_action\nseven,X,ADD,ADD\n9,GEOG1,ADD,ADD\n",
    );
    place.muster(&["map", "import", "mappings.csv"]).ends_with(4).says("mappings.csv:2").says("seven");
    place.muster(&["map", "list"]).says("GEOG1");
    place.muster(&["map", "import", "nowhere.csv"]).ends_with(4).says("nowhere.csv");
}

#[test]
fn exceptions_keep_a_person_in_or_out() {
    let place = place();
    place.muster(&["map", "except", "add", MODULE, "A", "p1", "exclude", "--reason", "asked"]).ends_with(0);
    place.muster(&["map", "except", "add", MODULE, "A", "p4", "include", "--reason", "guest"]).ends_with(0);
    place.run().ends_with(0);
    assert_eq!(place.members(7, "Tutorial A"), ["p2", "p4"]);
    place.muster(&["map", "except", "list"]).ends_with(0).says("guest");
    place.muster(&["map", "except", "remove", "1"]).ends_with(0);
    place.muster(&["map", "except", "remove", "77"]).ends_with(2).says("there is no exception 77");
    place.run().ends_with(0);
    assert_eq!(place.members(7, "Tutorial A"), ["p1", "p2", "p4"]);
    place.assert_quiet();
}

#[test]
fn runs_and_status_tell_what_happened() {
    let place = place();
    place.muster(&["status"]).ends_with(0).says("nothing has run yet");
    place.muster(&["runs", "list"]).ends_with(0).says("No runs yet");
    place.run().ends_with(0);
    place.muster(&["status"]).ends_with(0).says("all is well").says("1 group with 2 memberships are ours");
    place.muster(&["runs", "list"]).ends_with(0).says("done");
    place.muster(&["runs", "show", "1"]).ends_with(0).says("Tutorial A").says("p1");
    place.muster(&["runs", "show", "1", "--kind", "create_group"]).says("Tutorial A").does_not_say("p1");
    place.muster(&["runs", "show", "9"]).ends_with(2).says("there is no run 9");
    place.muster(&["runs", "show", "1", "--state", "wating"]).ends_with(2).says("wating").says("waiting");
    place.muster(&["approve", "9", "--reason", "x"]).ends_with(2).says("there is no run 9");
    place.muster(&["approve", "1", "--reason", "x"]).ends_with(2).says("nothing of that waits in run 1");
}

#[test]
fn a_scope_that_names_nothing_known_says_so() {
    let place = place();
    place.run().ends_with(0);
    place.muster(&["plan", "--course", "99"]).ends_with(2).says("course 99").says("muster map add 99");
    place.muster(&["plan", "--module", "NOPE1"]).ends_with(2).says("NOPE1").says("muster map list");
    place.muster(&["plan", "--course", "7", "--module", MODULE]).ends_with(0);
}

#[test]
fn completions_are_written_for_each_shell() {
    let place = place();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        place.muster(&["completions", shell]).ends_with(0).says("muster");
    }
    place.muster(&["completions", "abacus"]).ends_with(2).says("bash");
}

#[test]
fn the_configuration_is_shown_listed_and_explained() {
    let place = place();
    place.muster(&["config", "show"]).ends_with(0).says("shrink_percent_max").says("100");
    place.muster(&["config", "keys"]).ends_with(0).says("policy.on_unmap");
    place.muster(&["config", "explain", "policy.on_unmap"]).ends_with(0).says("archive");
    place.muster(&["config", "explain", "policy.on_unmapp"]).ends_with(2).says("policy.on_unmap");
}

#[test]
fn a_profile_is_named_on_every_answer_and_a_wrong_one_is_a_mistake() {
    let mut place = place();
    place.set("profile.uat.policy.group_name", "\"{group} (uat)\"");
    place.muster(&["run", "--profile", "uat"]).ends_with(0).says("profile uat");
    assert_eq!(place.group_names(7), ["Tutorial A (uat)"]);
    place
        .muster(&["run", "--profile", "uatt"])
        .ends_with(3)
        .says("there is no profile \"uatt\" in this file; it has uat");
}

#[test]
fn a_mapping_that_memory_doubts_is_made_and_told() {
    let place = place();
    let add = |course: &str, module: &str| place.muster(&["map", "add", course, module]).ends_with(0);
    drop(add("8", "HIST2001").does_not_say("but "));
    place.run().ends_with(7);
    // No course 8: the platform said so in the run. HIST2001 is in no delivery.
    let doubted = add("8", "HIST2002").says("does not name HIST2002").says("has no course 8");
    drop(doubted.says("next: ").says("muster map remove 8 HIST2002"));
    drop(add("7", MODULE).does_not_say("but "));
    let told = place.muster(&["map", "add", "7", "HIST2003", "--format", "json"]).ends_with(0).json();
    assert_eq!(told["doubts"].as_array().unwrap().len(), 1, "{told}");
    drop(place.muster(&["map", "list"]).says("HIST2003"));
}

#[test]
fn a_slip_in_a_removal_promises_nothing() {
    let place = place();
    place.run().ends_with(0);
    // Course 7 has groups of ours, but none of this module.
    place.muster(&["map", "remove", "7", "ANTH1041"]).ends_with(2).says("muster map list --course 7");
    drop(place.muster(&["map", "list"]).does_not_say("ANTH1041"));
    place.assert_quiet();
}

#[test]
fn a_token_that_others_may_read_is_told_with_the_command_that_mends_it() {
    let mut place = place();
    place.write("open-token", TOKEN);
    std::fs::set_permissions(place.path("open-token"), std::fs::Permissions::from_mode(0o644)).unwrap();
    place.set("moodle.token", "{ file = \"open-token\" }");
    for command in [&["check", "moodle"][..], &["run"]] {
        let ran = place.muster(command).ends_with(3).says("others may read it (mode 0644)");
        drop(ran.says("next: chmod 600 open-token"));
    }
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let place = place();
    place.run().ends_with(0);
    for args in [
        &["completions", "bash"][..],
        &["map", "export"],
        &["map", "list"],
        &["config", "keys"],
        &["config", "keys", "--format", "json"],
        &["runs", "show", "1"],
        &["--help"],
        &["run", "--all"],
    ] {
        let mut child = place.command(args).stdout(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let status = child.wait().unwrap();
        assert!(!stderr.contains("panicked"), "{args:?}: {stderr}");
        assert_ne!(status.code(), Some(101), "{args:?}: {stderr}");
    }
}

/// In JSON mode an answer is exactly one document on standard output, and a failure one on standard error.
fn check_json(place: &Place, args: &[&str]) {
    let mut all = args.to_vec();
    all.extend(["--format", "json"]);
    let ran: Ran = place.muster(&all);
    let answered = !ran.stdout.is_empty();
    let document = if answered { &ran.stdout } else { &ran.stderr };
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(document);
    assert!(parsed.is_ok(), "{parsed:?} in {ran}");
    assert!(answered || parsed.unwrap()["exit_code"] == ran.code, "{ran}");
}

#[test]
fn json_is_always_one_valid_document() {
    let place = place();
    let commands = [
        &["check"][..],
        &["import"],
        &["import", "--diff", "1", "1"],
        &["import", "--accept", "1", "--reason", "x"],
        &["map", "list"],
        &["map", "add", "8", "HIST2001"],
        &["map", "set", "8", "HIST2001", "--active", "false"],
        &["map", "remove", "8", "HIST2001"],
        &["map", "except", "list"],
        &["plan"],
        &["apply"],
        &["run"],
        &["approve", "1", "--reason", "x"],
        &["runs", "list"],
        &["runs", "show", "1"],
        &["runs", "show", "99"],
        &["status"],
        &["explain", "course", "7"],
        &["explain", "group", "Tutorial A"],
        &["explain", "group", "nothing like it"],
        &["explain", "person", "p1"],
        &["config", "show"],
        &["config", "keys"],
        &["config", "explain", "policy.tutors"],
        &["config", "explain", "policy.tutor"],
        &["init"],
    ];
    for args in commands {
        check_json(&place, args);
    }
    place.world().remove_token(TOKEN);
    std::fs::remove_file(place.path("members.csv")).unwrap();
    for args in commands {
        check_json(&place, args);
    }
    place.write("muster.toml", "nonsense");
    for args in commands {
        check_json(&place, args);
    }
}
