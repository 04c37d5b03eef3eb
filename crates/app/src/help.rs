//! What `muster --help` shows, and what is said to a command line that cannot be understood.
//!
//! Not here: the commands and their help texts (`cli.rs`).
//!
//! Invariant: every command that is not hidden stands in exactly one group.

use std::ffi::OsString;
use std::fmt::Write;

use clap::{Command, CommandFactory, FromArgMatches};

use crate::cli::Cli;
use crate::exit::{Exit, Failure};

/// The commands in the order in which people meet them.
const GROUPS: &[(&str, &[&str])] = &[
    ("Try it", &["demo", "simulate"]),
    ("Set up", &["init", "check", "config", "map", "owners"]),
    ("Each night", &["run", "import", "plan", "apply", "approve", "serve", "work"]),
    ("Look", &["status", "explain", "runs", "export"]),
    ("Student systems that push", &["account", "ims"]),
    ("Mend", &["repair", "retry", "skip", "undo", "pause", "resume", "forget", "adopt"]),
    ("Help", &["support-bundle", "completions"]),
];

/// The command line as clap knows it, with its commands in groups.
pub(crate) fn command() -> Command {
    let command = Cli::command();
    let commands = grouped(&command);
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{commands}Options:\n{{options}}\n\n\
         `muster COMMAND --help` says more about each. Begin with `muster demo`, or with `muster init`.\n"
    ))
}

fn grouped(command: &Command) -> String {
    let mut text = String::new();
    let width = command.get_subcommands().map(|command| command.get_name().len()).max().unwrap_or_default();
    for (title, names) in GROUPS {
        let _ = writeln!(text, "{title}:");
        for name in *names {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(text, "  {name:<width$}  {about}");
        }
        text.push('\n');
    }
    text
}

/// Reads the command line.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let mut command = command();
    let matches = command.try_get_matches_from_mut(arguments)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// Answers what clap would not read: help for who asked for it, a failure for who made a slip. It is told before there
/// is a [`Cli`], so whether a program asked is looked up by hand.
pub(crate) fn answer(error: &clap::Error, arguments: &[OsString]) -> Exit {
    if !error.use_stderr() {
        let _nobody_reads = error.print();
        return Exit::Done;
    }
    if wants_json(arguments) {
        let text = error.to_string();
        let failure =
            Failure::new(Exit::Usage, text.trim().trim_start_matches("error: ")).hint("muster --help");
        eprintln!("{}", failure.document());
    } else {
        let _nobody_reads = error.print();
    }
    Exit::Usage
}

fn wants_json(arguments: &[OsString]) -> bool {
    let pairs = arguments.iter().zip(arguments.iter().skip(1));
    arguments.iter().any(|argument| argument == "--format=json")
        || pairs.into_iter().any(|(name, value)| name == "--format" && value == "json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_stands_in_one_group() {
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        grouped.sort_unstable();
        let command = Cli::command();
        let visible = command.get_subcommands().filter(|command| !command.is_hide_set());
        let mut known: Vec<&str> = visible.map(Command::get_name).collect();
        known.sort_unstable();
        assert_eq!(grouped, known);
    }

    /// Looks at a command and all below it.
    fn look(command: &Command, path: &str) {
        for below in command.get_subcommands() {
            let path = format!("{path} {}", below.get_name());
            let about = below.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(about.starts_with(char::is_uppercase), "{path}: {about:?}");
            assert!(!about.ends_with('.'), "{path}: {about:?}");
            let first = about.split([' ', ',']).next().unwrap_or_default();
            assert!(!["A", "An", "The", "Everything"].contains(&first), "{path} is no request: {about:?}");
            look(below, &path);
        }
    }

    #[test]
    fn the_first_line_of_every_command_is_a_request_without_a_full_stop() {
        look(&Cli::command(), "muster");
    }

    #[test]
    fn a_line_of_help_fits_a_terminal() {
        for line in command().render_help().to_string().lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }

    #[test]
    fn a_program_is_recognized_before_its_command_line_is_understood() {
        let check = |line: &str, expected| {
            let arguments: Vec<OsString> = line.split(' ').map(Into::into).collect();
            assert_eq!(wants_json(&arguments), expected, "{line}");
        };
        check("muster status --nonsense --format json", true);
        check("muster --format=json status 7", true);
        check("muster status --format text", false);
        check("muster explain person json", false);
    }
}
