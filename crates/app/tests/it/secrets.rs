//! A token that was put into a secret file appears nowhere else: no output, database, log or report.
//!
//! Not here: how secrets are held (`targets::secret`). Each command that the other tests start is watched as well
//! (`support.rs`).

use std::path::{Path, PathBuf};

use simulators::moodle::{Fault, FaultRule, When};

use crate::support::{Place, TOKEN, Timetable};

const MODULE: &str = "ANTH1014";

/// Every file below a folder, apart from the token's own.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.file_name().is_some_and(|name| name != "token") {
            files.push(path);
        }
    }
    files
}

fn assert_unseen(place: &Place) {
    for file in files(place.path("").as_path()) {
        let bytes = std::fs::read(&file).unwrap();
        let found = bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes());
        assert!(!found, "the token is in {}", file.display());
    }
}

/// Every command that reads the configuration, in both formats; the answers are watched by `Ran::of`.
fn everything(place: &Place) {
    for format in ["text", "json"] {
        for command in [
            &["check"][..],
            &["config", "show"],
            &["config", "keys"],
            &["import"],
            &["plan", "--details"],
            &["apply"],
            &["run", "--all", "--details"],
            &["status"],
            &["runs", "list"],
            &["runs", "show", "1"],
            &["explain", "course", "7"],
            &["map", "list"],
        ] {
            let mut args = command.to_vec();
            args.extend(["--format", format]);
            let output = place.command(&args).env("RUST_LOG", "trace").output().unwrap();
            crate::support::Ran::of(&args, &output);
        }
    }
    assert_unseen(place);
}

fn place() -> Place {
    let place = Place::with(&[7], 3, &Timetable::new().group(MODULE, "A", "A", &["p1", "p2"]));
    place.map(7, MODULE);
    place
}

#[test]
fn the_token_is_shown_by_no_command_and_kept_in_no_file() {
    everything(&place());
}

#[test]
fn the_token_is_not_shown_when_moodle_refuses_it() {
    let place = place();
    place.world().remove_token(TOKEN);
    everything(&place);
}

#[test]
fn the_token_is_not_shown_when_the_address_is_wrong() {
    let mut place = place();
    for url in ["\"http://127.0.0.1:1\"", "\"https://moodle.example.invalid\""] {
        place.set("moodle.url", url);
        everything(&place);
    }
    // Nor by a site that answers with something else.
    let page = format!("\"{}/login\"", place.server.url());
    place.set("moodle.url", &page);
    everything(&place);
}

#[test]
fn the_token_is_not_shown_when_calls_fail_in_the_middle() {
    for fault in [Fault::Garbage, Fault::HalfAnswer, Fault::Status502, Fault::TextBeforeJson] {
        let place = place();
        place.server.faults().push(FaultRule::once(When::Write(1), fault));
        place.run();
        everything(&place);
    }
}

#[test]
fn a_token_that_others_can_read_is_warned_about_or_refused() {
    use std::os::unix::fs::PermissionsExt;
    let place = place();
    let token = place.path("token");
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o644)).unwrap();
    place.run().says("token").says("600");
}

#[test]
fn a_token_in_the_configuration_itself_is_refused_and_not_repeated() {
    let mut place = place();
    place.set("moodle.token", &format!("{TOKEN:?}"));
    place.run().ends_with(3).says("[moodle] token");
}

#[test]
fn a_missing_or_empty_token_says_where_it_was_looked_for() {
    let mut place = place();
    place.set("moodle.token", "{ env = \"TOKEN_OF_NOBODY\" }");
    place.run().ends_with(3).says("TOKEN_OF_NOBODY");
    place.set("moodle.token", "{ file = \"nowhere\" }");
    place.run().ends_with(3).says("nowhere");
    place.write_secret("empty", "\n");
    place.set("moodle.token", "{ file = \"empty\" }");
    place.run().ends_with(3).says("empty");
    place.set("moodle.token", "{ command = \"false\" }");
    place.run().ends_with(3).says("false");
    place.set("moodle.token", &format!("{{ command = \"echo {TOKEN}\" }}"));
    // The command holds the token here, so only the exit code is looked at.
    assert_eq!(place.command(&["run"]).output().unwrap().status.code(), Some(0));
}
