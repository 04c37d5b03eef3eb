//! `cargo xtask bless`: rewrites the expectations that tests compare with.
//!
//! Not for deciding whether the new expectations are right: that is the person who reads the difference.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::cargo::{cargo, has_nextest, succeeds};
use crate::error::ChoreError;

/// What `cargo xtask bless` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct BlessArgs {
    /// Rewrite the expectations of this crate only
    #[arg(value_name = "CRATE")]
    package: Option<String>,
}

/// Runs the tests so that they write what they see, then shows which files that changed.
pub(crate) fn run(root: &Path, arguments: &BlessArgs) -> Result<ExitCode, ChoreError> {
    let mut tests = cargo(root);
    if has_nextest(root) {
        tests.args(["nextest", "run", "--no-fail-fast", "--no-tests=pass"]);
    } else {
        tests.args(["test", "--no-fail-fast"]);
    }
    match &arguments.package {
        Some(package) => tests.args(["--package", package]),
        None => tests.arg("--workspace"),
    };
    let passed = succeeds(tests.env("UPDATE_EXPECT", "1"))?;

    println!("\nChanged since the last commit:");
    succeeds(Command::new("git").current_dir(root).args(["--no-pager", "diff", "--stat"]))?;
    println!(
        "\nRead the difference before you commit it: `git diff`. An expectation is a promise to somebody."
    );
    if passed {
        return Ok(ExitCode::SUCCESS);
    }
    println!("Some tests fail for another reason than an old expectation; see above.");
    Ok(ExitCode::FAILURE)
}
