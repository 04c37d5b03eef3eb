//! The chores of the house: `cargo xtask ci`, `tidy`, `bless`, `bench`, `data`, `demo`, `fuzz`.
//!
//! Not for anything a user of Muster needs: that is the `muster` program in crates/app.
//!
//! Invariant: everything CI checks is a part of `cargo xtask ci`, so green at home is green there.

mod bench;
mod bless;
mod cargo;
mod ci;
mod data;
mod error;
mod fuzz;
mod tidy;

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::ChoreError;

/// The chores of the Muster workspace
#[derive(Debug, Parser)]
#[command(name = "xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Check everything that CI checks
    Ci(ci::CiArgs),
    /// Look for forbidden arrows, orphaned files, broken links and other untidiness
    Tidy,
    /// Rewrite the expectations of the tests; read the difference afterwards
    Bless(bless::BlessArgs),
    /// Run the benchmarks
    Bench(bench::BenchArgs),
    /// Search the parsers for inputs that break a promise
    Fuzz(fuzz::FuzzArgs),
    /// Write a reproducible university
    Data(data::DataArgs),
    /// Show Muster at work, with nothing else installed
    Demo(DemoArgs),
}

#[derive(Debug, clap::Args)]
struct DemoArgs {
    /// What `muster demo` takes, for example `--keep DIR`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    match carry_out(root, &Arguments::parse().chore) {
        Ok(code) => code,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

fn carry_out(root: &Path, chore: &Chore) -> Result<ExitCode, ChoreError> {
    Ok(match chore {
        Chore::Ci(arguments) => ci::run(root, arguments)?,
        Chore::Tidy => tidy::run(root)?,
        Chore::Bless(arguments) => bless::run(root, arguments)?,
        Chore::Bench(arguments) => bench::run(root, arguments)?,
        Chore::Fuzz(arguments) => fuzz::run(root, arguments)?,
        Chore::Data(arguments) => {
            data::run(arguments)?;
            ExitCode::SUCCESS
        }
        Chore::Demo(arguments) => demo(root, arguments)?,
    })
}

/// Runs the demo in a release build: a night takes seconds there.
fn demo(root: &Path, arguments: &DemoArgs) -> Result<ExitCode, ChoreError> {
    let mut command = cargo::cargo(root);
    command.args(["run", "--release", "--package", "app", "--bin", "muster", "--", "demo"]);
    let status = command.args(&arguments.arguments).status().map_err(ChoreError::start(&command))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Prints an error and what lies behind it, one line each.
fn report(error: &dyn std::error::Error) {
    eprintln!("error: {error}");
    let mut source = error.source();
    while let Some(error) = source {
        eprintln!("  because: {error}");
        source = error.source();
    }
}
