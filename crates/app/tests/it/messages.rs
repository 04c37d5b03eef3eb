//! What the program says to bad input: the thing, the cause and the next step, in the class of exit code that fits.
//!
//! Not here: every mistake that a configuration can hold (`src/config/tests.rs`); what rows are rejected (`sources.rs`).

use simulators::moodle::{Fault, FaultRule, Functions, Owner, When};

use crate::support::{Place, Ran, TOKEN, Timetable};

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

#[test]
fn what_is_no_number_is_told_what_it_should_be_and_which_command_lists_it() {
    let place = place();
    let check = |line: &str, says: &str| {
        let args: Vec<&str> = line.split(' ').collect();
        place.muster(&args).ends_with(2).says(says).does_not_say("invalid digit");
    };
    let runs = "a run goes by its number, such as 5; `muster runs list` shows them";
    check("apply --plan abc", runs);
    check("runs show abc", runs);
    check("undo last", runs);
    check("retry --run x", runs);
    check("approve all --reason x", runs);
    check("support-bundle x", runs);
    check("skip x 3 --reason x", runs);
    check("skip 1 x --reason x", "`muster runs show RUN` shows them");
    let courses = "a course goes by its number on the platform, the id in its address";
    check("map add ANTH1014 7", courses);
    check("plan --course ANTH1014", courses);
    check("explain person p1 --course X", courses);
    check("forget course X", courses);
    check("import --accept x --reason x", "a delivery goes by its number, such as 12; `muster status`");
    check("resume x", "`muster pause --list` shows them");
    check("map except remove x", "`muster map except list` shows them");
    check("check moodle --group x", "a group goes by its number on the platform");
    check("pause --all --days soon --reason x", "expected a whole number of days, such as 14");
    check("runs list --limit many", "expected a whole number, such as 50");
}

#[test]
fn an_unknown_kind_or_state_is_answered_with_the_known_ones() {
    let place = place();
    place.map(7, MODULE);
    let run = place.run().ends_with(0).run_number().to_string();
    let show = |option: &str, word: &str| place.muster(&["runs", "show", &run, option, word]);
    show("--kind", "NONSENSE")
        .ends_with(2)
        .says("there is no such kind of operations; known are create_grouping,");
    show("--kind", "add_membre").ends_with(2).says("did you mean add_member?");
    show("--kind", "add member").ends_with(0).says("p1").does_not_say("create group");
    show("--state", "wating").ends_with(2).says("did you mean waiting?");
    show("--kind", "delete_group")
        .ends_with(0)
        .says("None of its 5 operations is of that course, kind and state.");
}

#[test]
fn what_runs_show_leaves_out_is_counted_with_the_option_that_shows_it() {
    let mut place = Place::with(&[7], 12, &Timetable::new().crowd(MODULE, "A", 12));
    place.set("policy.not_enrolled", "\"wait\"");
    place.map(7, MODULE);
    for number in 1..=9 {
        place.world().unenrol(7, crate::support::user(number));
    }
    let run = place.run().ends_with(0).run_number().to_string();
    let shown = place.muster(&["runs", "show", &run, "--limit", "2"]).ends_with(0);
    let shown =
        shown.says("… and 4 more operations: --limit 6 shows all 6; --course, --kind and --state choose");
    drop(shown.says(&format!("… and 4 more findings: muster runs show {run} --findings")));
    let all = place.muster(&["runs", "show", &run, "--findings"]).ends_with(0).does_not_say("more findings");
    assert_eq!(all.stdout.matches("    next: ").count(), 9, "{all}");
    let json = place.muster(&["runs", "show", &run, "--findings", "--limit", "2", "--format", "json"]).json();
    assert_eq!(json["operations_asked_for"], 6);
    assert_eq!(json["findings"].as_array().unwrap().len(), 9);
}

#[test]
fn a_run_that_was_interrupted_or_failed_says_why_and_what_comes_next() {
    let place = place();
    place.map(7, MODULE);
    let run = place.run().ends_with(0).run_number().to_string();
    place.sql("UPDATE runs SET status = 'running', finished_at = NULL");
    let shown = place.muster(&["runs", "show", &run]).ends_with(0);
    let why = "why: its process ended in the middle: it was stopped, its database failed, or the machine went down\nnext: muster run reads";
    drop(shown.says(why));
    place.sql("UPDATE runs SET status = 'interrupted'");
    place.muster(&["runs", "show", &run]).ends_with(0).says(why);
    place.world().remove_token(TOKEN);
    place.run().ends_with(5);
    let shown = place.muster(&["runs", "show", "2"]).ends_with(0).says("failed");
    shown.says("why: cannot call core_webservice_get_site_info of Moodle").says("next: put a valid token");
}

#[test]
fn a_mapping_tells_who_changed_it_only_where_that_is_known() {
    let place = place();
    place.muster(&["map", "add", "7", MODULE]).ends_with(0);
    place.sql(
        "INSERT INTO mapped_modules (moodle_id, modulecode, group_import, mapping_action) VALUES (8, 'B', 'ADD', 'ADD')",
    );
    place.muster(&["map", "list"]).ends_with(0).says("ada").says("set by another program");
    place.sql("UPDATE mapped_modules SET changed_by = 'unknown' WHERE moodle_id = 7");
    place.muster(&["map", "list"]).ends_with(0).does_not_say("unknown");
    // A service has no variables that name a person, but it has an account.
    let mut service = place.command(&["map", "add", "9", "C"]);
    service.env_remove("USER").env_remove("LOGNAME").env_remove("SUDO_USER");
    assert!(service.status().unwrap().success());
    let who = &place.rows("SELECT changed_by FROM mapped_modules WHERE moodle_id = 9")[0][0];
    assert!(!who.is_empty() && who != "unknown" && who != "somebody", "{who}");
}

/// In JSON mode a command that has no answer says so in one document on standard error, and nothing else anywhere.
fn check_failure(place: &Place, line: &str, exit_code: i64, says: &str) {
    let mut args: Vec<&str> = line.split(' ').collect();
    args.extend(["--format", "json"]);
    let ran = place.muster(&args);
    assert_eq!((i64::from(ran.code), ran.stdout.as_str()), (exit_code, ""), "{ran}");
    let document: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap_or_else(|_| panic!("{ran}"));
    assert_eq!(document["exit_code"], exit_code, "{ran}");
    assert!(document["error"].as_str().unwrap().contains(says), "{ran}");
    let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["before", "error", "exit_code", "next"], "{ran}");
}

#[test]
fn failures_in_json_mode_are_one_document_for_each_exit_code() {
    let mut place = place();
    check_failure(&place, "status --nonsense", 2, "unexpected argument '--nonsense'");
    check_failure(&place, "apply --plan abc", 2, "`muster runs list`");
    check_failure(&place, "runs show 99", 2, "there is no run 99");
    check_failure(&place, "status --config nowhere.toml", 3, "there is no such file");
    place.set("database", "\"sqlite:no/such/muster.db\"");
    check_failure(&place, "status", 3, "cannot open the database");
    place.set("database", "\"sqlite:muster.db\"");
    check_failure(&place, "map import nowhere.csv", 4, "nowhere.csv");
    place.map(7, MODULE);
    place.world().remove_token(TOKEN);
    check_failure(&place, "run", 5, "Moodle does not know the token");
}

#[test]
fn an_answer_in_json_mode_is_one_document_whatever_the_exit_code() {
    let check = |place: &Place, line: &str, exit_code: i32| {
        let mut args: Vec<&str> = line.split(' ').collect();
        args.extend(["--format", "json"]);
        let ran = place.muster(&args).ends_with(exit_code);
        assert_eq!(ran.stderr, "", "{ran}");
        assert!(ran.json().is_object() || ran.json().is_array(), "{ran}");
    };
    let mut place = Place::with(&[7], 10, &Timetable::new().crowd(MODULE, "A", 10));
    place.set("limits.members_removed_small", "2");
    place.map(7, MODULE);
    check(&place, "run", 0);
    place.write_timetable(&Timetable::new().crowd(MODULE, "A", 5));
    check(&place, "run", 6);
    check(&place, "status", 6);
    std::fs::remove_file(place.path("members.csv")).unwrap();
    check(&place, "run", 4);
    check(&place, "import", 4);
    place.write_timetable(&Timetable::new().crowd(MODULE, "A", 10).group(MODULE, "B", "B", &["p1"]));
    place.world().create_group_by_hand(7, "B").unwrap();
    check(&place, "run", 7);
}

/// What a person sees of a platform that cannot be worked with: what failed, what Moodle said, what to do, each apart.
fn check_platform(happens: impl Fn(&Place), parts: [&str; 3]) {
    let place = place();
    place.map(7, MODULE);
    place.muster(&["import"]).ends_with(0);
    happens(&place);
    let ran = place.muster(&["run"]).ends_with(5);
    let [what, said, next] = parts;
    for (sign, part) in [("", what), ("  because: ", said), ("  next: ", next)] {
        let line = ran.stderr.lines().chain(ran.stdout.lines()).find(|line| line.contains(part));
        let line = line.unwrap_or_else(|| panic!("{part:?} is not in {ran}"));
        assert!(line.starts_with(sign), "{line:?} of {ran}");
        let others = parts.iter().filter(|other| **other != part && line.contains(**other)).count();
        assert_eq!(others, 0, "parts run together in {line:?} of {ran}");
    }
    let shown = place.muster(&["runs", "show", "1"]).ends_with(0);
    parts.iter().fold(shown, |shown, part| shown.says(part));
}

#[test]
fn a_platform_that_cannot_be_worked_with_is_told_in_three_parts() {
    check_platform(
        |place| assert!(place.world().remove_token(TOKEN)),
        [
            "cannot call core_webservice_get_site_info of Moodle: Moodle does not know the token",
            "answered invalidtoken: \"Invalid token",
            "put a valid token",
        ],
    );
    check_platform(
        |place| place.world().token_mut(TOKEN).unwrap().service_enabled = false,
        [
            "Moodle refuses the token, its service or this function",
            "answered accessexception: \"Access control exception",
            "check that the service is enabled, holds the function",
        ],
    );
    check_platform(
        |place| place.world().site.maintenance = true,
        [
            "the site is in maintenance",
            "answered sitemaintenance: ",
            "run again when the maintenance is over",
        ],
    );
    check_platform(
        |place| {
            place
                .server
                .faults()
                .push(FaultRule { times: 100, ..FaultRule::once(When::Call(1), Fault::Garbage) })
        },
        ["the answer is not Moodle's", "answered not_json: ", "see what stands in front of the site"],
    );
    check_platform(
        |place| {
            place
                .server
                .faults()
                .push(FaultRule { times: 100, ..FaultRule::once(When::Call(1), Fault::Status500) })
        },
        ["Moodle failed (500)", "answered http_500", "look into the error log of the site's web server"],
    );
}

#[test]
fn a_change_that_is_refused_is_told_in_three_parts_wherever_it_shows() {
    let place = place();
    place.map(7, MODULE);
    place.run().ends_with(0);
    let group = place.group(7, "A");
    place.world().protect_member(group, crate::support::user(2), Owner::Cohort);
    place.write_timetable(&Timetable::new().group(MODULE, "A", "A", &["p1"]));
    let parts = [
        "remove p2 from A: the source no longer has it. Refused: another plug-in of Moodle protects the membership",
        "core_group_delete_group_members answered errorremovenotpermitted: ",
        "What to do: remove the person from the cohort or system that put them into the group",
    ];
    let check = |args: &[&str], parts: &[&str]| {
        let ran = place.muster(args);
        let mut lines = ran.stdout.lines();
        for part in parts {
            assert!(lines.any(|line| line.contains(part)), "{part:?} has no line of its own in {ran}");
        }
    };
    check(&["run"], &parts);
    check(&["runs", "show", "2"], &parts);
    check(&["runs", "show", "2", "--findings"], &parts);
    check(&["runs", "show", "2", "--state", "refused"], &parts[1..]);
}

#[test]
fn functions_that_the_service_lacks_are_told_with_the_place_to_add_them() {
    let place = place();
    place.map(7, MODULE);
    place.muster(&["import"]).ends_with(0);
    let granted = ["core_webservice_get_site_info", "core_group_get_course_groups"];
    place.world().token_mut(TOKEN).unwrap().functions = Functions::only(granted);
    let ran = place.muster(&["run"]).ends_with(5);
    let next = ran.stderr.lines().find(|line| line.starts_with("  next: ")).unwrap_or_default();
    assert!(next.contains("External services") && next.contains("Functions"), "{ran}");
    drop(
        ran.says("cannot work with the web service of user muster: it lacks ")
            .says("core_group_create_groups"),
    );
}

/// The service lost the function after Muster had asked what it holds, as when somebody tidies up at night.
#[test]
fn a_function_that_is_taken_away_in_the_middle_is_told_in_three_parts() {
    let place = place();
    place.map(7, MODULE);
    place.muster(&["import"]).ends_with(0);
    place.server.clear_calls();
    place.server.faults().push(FaultRule::once(When::Call(2), Fault::Delay(1_500)));
    let child = place.start(&["run"]);
    while place.server.calls().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let reads = [
        "core_group_get_course_groups",
        "core_group_get_course_groupings",
        "core_group_get_groups",
        "core_group_get_groupings",
        "core_group_get_group_members",
        "core_enrol_get_enrolled_users",
        "core_course_get_courses_by_field",
        "core_user_get_users_by_field",
        "core_webservice_get_site_info",
    ];
    place.world().token_mut(TOKEN).unwrap().functions = Functions::only(reads);
    let ran = Ran::of(&["run"], &child.wait_with_output().unwrap()).ends_with(5);
    for (start, part) in [
        ("", "Moodle refuses the token, its service or this function"),
        ("  because: ", "core_group_create_groupings answered accessexception: "),
        ("  next: ", "check that the service is enabled, holds the function"),
    ] {
        let told = |line: &str| line.starts_with(start) && line.contains(part);
        assert!(ran.stdout.lines().chain(ran.stderr.lines()).any(told), "{part:?} is not in {ran}");
    }
    place.world().token_mut(TOKEN).unwrap().functions = Functions::All;
    place.run().ends_with(0);
    place.assert_quiet();
}
