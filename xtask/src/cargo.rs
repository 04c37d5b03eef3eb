//! How the chores call Cargo and what they ask it about the workspace.
//!
//! Not for what a chore does with the answer.
//!
//! Invariant: a Cargo started here sees the environment that a person's shell would give it, so a chore never
//! makes the next `cargo build` start from the beginning.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::error::ChoreError;

/// Variables that `cargo run` sets for this program; build scripts watch some of them.
const SET_BY_CARGO_RUN: [&str; 5] =
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE"];

/// Prepares a call of Cargo in the given folder.
pub(crate) fn cargo(folder: &Path) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(folder);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if SET_BY_CARGO_RUN.iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command on the screen and says whether it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool, ChoreError> {
    let status = command.status();
    Ok(status.map_err(ChoreError::start(command))?.success())
}

/// Says whether `cargo nextest` is installed.
pub(crate) fn has_nextest(folder: &Path) -> bool {
    cargo(folder).args(["nextest", "--version"]).output().is_ok_and(|output| output.status.success())
}

/// A package of the workspace, as Cargo sees it.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its Cargo.toml.
    pub(crate) manifest: PathBuf,
    /// What its Cargo.toml lists.
    pub(crate) dependencies: Vec<Dependency>,
    /// What Cargo builds from it.
    pub(crate) targets: Vec<Target>,
}

/// One dependency that a Cargo.toml lists.
#[derive(Debug)]
pub(crate) struct Dependency {
    /// The name of the package depended on.
    pub(crate) name: String,
    /// Where it is listed.
    pub(crate) kind: DependencyKind,
}

/// The table of Cargo.toml in which a dependency stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DependencyKind {
    /// `[dependencies]` or `[build-dependencies]`: it is part of what we ship or build.
    Shipped,
    /// `[dev-dependencies]`: only tests and benchmarks see it.
    Tests,
}

/// A library, program, test, benchmark, example or build script.
#[derive(Debug)]
pub(crate) struct Target {
    /// The file it begins with.
    pub(crate) source: PathBuf,
}

/// Asks Cargo for the packages of the workspace in a folder, without looking at other people's crates.
pub(crate) fn packages(folder: &Path) -> Result<Vec<Package>, ChoreError> {
    let mut command = cargo(folder);
    command.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    let output = command.output().map_err(ChoreError::start(&command))?;
    if !output.status.success() {
        return Err(ChoreError::Workspace(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(ChoreError::Metadata)?;
    Ok(items(&metadata["packages"]).iter().map(package).collect())
}

fn package(value: &Value) -> Package {
    Package {
        name: text(&value["name"]),
        manifest: PathBuf::from(text(&value["manifest_path"])),
        dependencies: items(&value["dependencies"]).iter().map(dependency).collect(),
        targets: items(&value["targets"]).iter().map(target).collect(),
    }
}

fn dependency(value: &Value) -> Dependency {
    let kind = if value["kind"] == "dev" { DependencyKind::Tests } else { DependencyKind::Shipped };
    Dependency { name: text(&value["name"]), kind }
}

fn target(value: &Value) -> Target {
    Target { source: PathBuf::from(text(&value["src_path"])) }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
