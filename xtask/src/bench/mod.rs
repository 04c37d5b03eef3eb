//! `cargo xtask bench`: measures what DESIGN section 12 promises, and ends in one table.
//!
//! Each part is a file: `suites.rs` runs the benchmarks of the crates (planning, reading), `imports.rs`, `nights.rs` and
//! `soap.rs` the real program, `nights.rs` against a Moodle in this process. `stage.rs` is the university, its Moodle and its folder; `program.rs` runs the
//! program and watches it.
//!
//! Not for judging: the figures depend on the machine, so a figure that misses its budget is marked and fails nothing.
//! What they were on a known machine is in docs/performance.md. A test never looks at a clock.
//!
//! Invariant: one thing is measured at a time, and every figure comes from a release build.

mod imports;
mod nights;
mod program;
mod soap;
mod stage;
mod suites;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use simulators::university::Profile;

use self::table::Table;
use crate::cargo::{cargo, succeeds};
use crate::error::ChoreError;

/// What `cargo xtask bench` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchArgs {
    /// Only these parts
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// How large the university of `nights` and `bad` is: S, M, L or XL
    #[arg(long, default_value_t = Profile::L)]
    profile: Profile,
    /// Which university of that size
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Measure this program instead of the one that the workspace builds, to compare two versions
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Planning against a bare hash comparison, and its memory
    Plan,
    /// Reading CSV files against the csv crate alone
    Read,
    /// Importing a first delivery, at every size
    Import,
    /// Calls, time and memory of whole nights, of `status` and of `explain`
    Nights,
    /// Calls of a first night in which one addition in a hundred fails
    Bad,
    /// Calls of student systems against a bare echo server, and memory under hostile senders
    Soap,
}

const ALL: [Part; 6] = [Part::Plan, Part::Read, Part::Import, Part::Nights, Part::Bad, Part::Soap];

/// Measures, and prints the table.
pub(crate) fn run(root: &Path, arguments: &BenchArgs) -> Result<ExitCode, ChoreError> {
    if cfg!(debug_assertions) {
        return again_in_release(root);
    }
    let parts: &[Part] = if arguments.parts.is_empty() { &ALL } else { &arguments.parts };
    let mut table = Table::default();
    let program = || arguments.program.clone().map_or_else(|| program::build(root), Ok);
    let (profile, seed) = (arguments.profile, arguments.seed);
    for part in parts {
        match part {
            Part::Plan => suites::plan(root, &mut table)?,
            Part::Read => suites::read(root, &mut table)?,
            Part::Import => imports::every_size(&program()?, seed, &mut table)?,
            Part::Nights => nights::ordinary(&program()?, profile, seed, &mut table)?,
            Part::Soap => soap::measure(&program()?, &mut table)?,
            Part::Bad => nights::one_bad_in_a_hundred(&program()?, profile, seed, &mut table)?,
        }
    }
    println!("\n{table}\nWhat it was on a known machine, and what dominates: docs/performance.md");
    Ok(ExitCode::SUCCESS)
}

/// The Moodle of the nights runs in this process and would be the slowest part of an unoptimized build.
fn again_in_release(root: &Path) -> Result<ExitCode, ChoreError> {
    let mut command = cargo(root);
    command
        .args(["run", "--release", "--quiet", "--package", "xtask", "--"])
        .args(std::env::args_os().skip(1));
    Ok(if succeeds(&mut command)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
