//! `cargo xtask ci`: everything that must be true before a change is good, in one command.
//!
//! Not for how a single part is done: see `parts.rs`, and `databases.rs` for the two database servers.
//!
//! Invariant: a part that was left out says why, and with `CI=true` it counts as failed.
//! Invariant: what a part printed is in target/ci/PART.log, whether it succeeded or not.

mod databases;
mod fuzz;
mod install;
mod log;
mod odbc;
mod parts;
mod server;
mod soap_clients;
mod test_counts;

use std::fmt;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::error::ChoreError;
use parts::Session;

/// What `cargo xtask ci` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct CiArgs {
    /// Do only these parts; the tests see a database only if `databases` is among them
    #[arg(long, value_enum, value_name = "PART", value_delimiter = ',')]
    only: Vec<Part>,
    /// Go on after a part has failed
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    keep_going: bool,
}

/// The parts, in the order in which they run: what is quick comes first, and the servers before the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// rustfmt finds nothing to change
    Fmt,
    /// `cargo xtask tidy` has no complaint
    Tidy,
    /// clippy has no warning, in tests and benchmarks too
    Clippy,
    /// throwaway MariaDB and PostgreSQL servers are up
    Databases,
    /// all tests pass, documentation tests too; the management database is SQLite
    Tests,
    /// sources behind ODBC drivers can be read (feature `odbc`)
    Odbc,
    /// the tests of the store and the main scenarios pass with the management database on MariaDB
    OnMariadb,
    /// the same on PostgreSQL
    OnPostgresql,
    /// `muster demo` comes to its last line
    EndToEnd,
    /// real SOAP clients, generated from our description, are served
    SoapClients,
    /// no fuzz target finds anything within a bounded time
    Fuzz,
    /// the documentation builds without a warning
    Docs,
}

/// How a part ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It holds.
    Holds,
    /// It does not; the log says why.
    Failed,
    /// It could not be tried, for the reason given.
    LeftOut(String),
}

/// Whether a part that was left out may pass: at home it may, in CI it may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strictness {
    Home,
    Ci,
}

/// One line of the closing summary.
#[derive(Debug)]
struct Line {
    part: Part,
    verdict: Verdict,
    took: Duration,
}

/// Runs the parts and ends with one line for each, then the number of tests.
pub(crate) fn run(root: &Path, arguments: &CiArgs) -> Result<ExitCode, ChoreError> {
    let strictness = if std::env::var("CI").is_ok_and(|value| value == "true") {
        Strictness::Ci
    } else {
        Strictness::Home
    };
    let mut session = Session::new(root)?;
    let mut lines = Vec::new();
    for part in Part::value_variants() {
        if !arguments.only.is_empty() && !arguments.only.contains(part) {
            continue;
        }
        eprintln!("{part} …");
        let start = Instant::now();
        let verdict = session.carry_out(*part)?;
        lines.push(Line { part: *part, verdict, took: start.elapsed() });
        let failed = lines.last().is_some_and(|line| line.fails(strictness));
        if failed && !arguments.keep_going {
            break;
        }
    }
    let counts = session.close();

    println!();
    for line in &lines {
        println!("{line}");
    }
    let failed = lines.iter().any(|line| line.fails(strictness));
    if failed {
        println!("what the parts printed: target/ci/PART.log");
    }
    if let Some(counts) = counts {
        println!("{counts}");
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl Line {
    fn fails(&self, strictness: Strictness) -> bool {
        match self.verdict {
            Verdict::Holds => false,
            Verdict::Failed => true,
            Verdict::LeftOut(_) => strictness == Strictness::Ci,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.took.as_secs_f64();
        write!(formatter, "{:<13} {seconds:>6.1} s  ", self.part.to_string())?;
        match &self.verdict {
            Verdict::Holds => write!(formatter, "ok"),
            Verdict::Failed => write!(formatter, "failed"),
            Verdict::LeftOut(reason) => write!(formatter, "left out: {reason}"),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.to_possible_value();
        formatter.write_str(name.as_ref().map_or("part", |name| name.get_name()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Line, Part, Strictness, Verdict};

    fn check(verdict: Verdict, text: &str, fails_at_home: bool, fails_in_ci: bool) {
        let line = Line { part: Part::EndToEnd, verdict, took: Duration::from_millis(12_345) };
        assert_eq!(line.to_string(), text);
        assert_eq!(line.fails(Strictness::Home), fails_at_home);
        assert_eq!(line.fails(Strictness::Ci), fails_in_ci);
    }

    #[test]
    fn a_line_names_the_part_its_time_and_its_end() {
        check(Verdict::Holds, "end-to-end      12.3 s  ok", false, false);
        check(Verdict::Failed, "end-to-end      12.3 s  failed", true, true);
    }

    #[test]
    fn what_is_left_out_fails_only_in_ci() {
        let verdict = Verdict::LeftOut("no PostgreSQL here".to_owned());
        check(verdict, "end-to-end      12.3 s  left out: no PostgreSQL here", false, true);
    }
}
