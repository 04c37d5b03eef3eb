//! The part `odbc`: the driver manager and three drivers are there, the program builds with them, and its tests of
//! ODBC sources pass.
//!
//! Not for the tests: they find the drivers by the path of their files, and the servers by the same variables as the
//! other tests.
//!
//! Invariant: no driver is registered for it, so the machine's own odbcinst.ini does not matter.

use std::path::{Path, PathBuf};

use crate::cargo::{cargo, has_nextest};
use crate::ci::Verdict;
use crate::ci::databases::Databases;
use crate::ci::install::install;
use crate::ci::log::Log;
use crate::error::ChoreError;

/// The driver manager, which is linked, and a driver for each kind of database that the tests can start.
const PACKAGES: [&str; 4] = ["unixodbc-dev", "odbc-mariadb", "odbc-postgresql", "libsqliteodbc"];

/// What the packages bring, in the folder of the machine's libraries.
const FILES: [&str; 4] = ["libodbc.so", "odbc/libmaodbc.so", "odbc/psqlodbcw.so", "odbc/libsqlite3odbc.so"];

/// Installs what is missing, then builds and tests with the feature.
pub(super) fn check(root: &Path, databases: &Databases, log: &mut Log) -> Result<Verdict, ChoreError> {
    if !are_there()
        && let Err(reason) = install(&PACKAGES, log)?
    {
        return Ok(Verdict::LeftOut(format!("no ODBC drivers: {reason}")));
    }
    let clippy = [
        "clippy",
        "--package",
        "app",
        "--features",
        "odbc",
        "--all-targets",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ];
    if !log.run(cargo(root).args(clippy))? {
        return Ok(Verdict::Failed);
    }
    let mut tests = cargo(root);
    if has_nextest(root) {
        tests.args([
            "nextest",
            "run",
            "--package",
            "app",
            "--features",
            "odbc",
            "--no-fail-fast",
            "--color=never",
        ]);
        tests.args(["-E", "test(odbc) + test(sources)"]);
    } else {
        tests.args(["test", "--package", "app", "--features", "odbc", "--all-targets", "--no-fail-fast"]);
        tests.args(["--", "sources"]);
    }
    tests.envs(databases.addresses());
    Ok(if log.run(&mut tests)? { Verdict::Holds } else { Verdict::Failed })
}

/// Tells whether one of the machine's library folders holds all files.
fn are_there() -> bool {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten();
    let mut folders = folders.filter_map(|entry| Some(entry.ok()?.path()));
    folders.any(|folder: PathBuf| FILES.iter().all(|file| folder.join(file).exists()))
}
