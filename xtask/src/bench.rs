//! `cargo xtask bench`: runs the benchmarks of all crates that have some.
//!
//! Not for budgets: those are read by a person, in docs/performance.md. A test never looks at a clock.

use std::path::Path;
use std::process::ExitCode;

use crate::cargo::{cargo, packages, succeeds};
use crate::error::ChoreError;

/// What `cargo xtask bench` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchArgs {
    /// Run only benchmarks whose name contains this
    name: Option<String>,
}

/// Runs the benchmarks one after the other, so that they do not disturb one another.
pub(crate) fn run(root: &Path, arguments: &BenchArgs) -> Result<ExitCode, ChoreError> {
    let mut failed = false;
    for package in packages(root)? {
        for bench in package.targets.iter().filter(|target| target.is_bench) {
            println!("{} / {}", package.name, bench.name);
            let mut command = cargo(root);
            command.args(["bench", "--quiet", "--package", &package.name, "--bench", &bench.name]);
            if let Some(name) = &arguments.name {
                command.args(["--", name]);
            }
            failed |= !succeeds(&mut command)?;
        }
    }
    println!("\nThe measured table, the machine and how to repeat it: docs/performance.md");
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
