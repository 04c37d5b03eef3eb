//! Keeps the files of `packaging` true to the command line.
//!
//! Not here: anything that the program needs.

use std::path::Path;

use clap::Parser;

use super::Cron;
use crate::cli::{Cli, Command};

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// The command of a line such as `/usr/bin/muster run`.
fn command(line: &str) -> Command {
    assert!(line.starts_with("/usr/bin/muster "), "{line}");
    Cli::try_parse_from(line.split_whitespace()).unwrap().command
}

#[test]
fn f1_every_unit_starts_a_command_that_there_is() {
    let exec = |name: &str| {
        let unit = read(name);
        let lines: Vec<&str> = unit.lines().filter_map(|line| line.strip_prefix("ExecStart=")).collect();
        assert_eq!(lines.len(), 1, "{name}");
        command(lines[0])
    };
    assert!(matches!(exec("systemd/muster-run.service"), Command::Run(_)));
    assert!(matches!(exec("systemd/muster-serve.service"), Command::Serve));
    assert!(matches!(exec("systemd/muster-work.service"), Command::Work(_)));
    assert!(read("systemd/muster-serve.service").contains("\nExecReload=/bin/kill -HUP $MAINPID\n"));
    let timer = read("systemd/muster-run.timer");
    assert!(timer.contains("Persistent=yes") && timer.contains("RandomizedDelaySec="), "{timer}");
}

#[test]
fn f1_the_line_for_cron_is_one_that_cron_and_muster_understand() {
    let file = read("cron");
    let line = file.lines().find(|line| line.contains("/usr/bin/muster")).unwrap();
    let fields: Vec<&str> = line.split_whitespace().collect();
    Cron::parse(&fields[..5].join(" ")).unwrap();
    assert_eq!(fields[5], "muster", "the account");
    let words: Vec<&str> = fields[6..].iter().copied().take_while(|word| !word.starts_with('>')).collect();
    assert!(matches!(command(&words.join(" ")), Command::Run(_)));
}
