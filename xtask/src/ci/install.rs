//! Finds the programs of the database servers, and installs them where that is allowed.
//!
//! Not for starting them: see `databases.rs`.
//!
//! Invariant: nothing is installed except by root with apt, that is, on a machine made for this.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ci::log::Log;
use crate::error::ChoreError;

/// Where Debian puts servers that are not meant for a person's PATH.
const SERVER_FOLDERS: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// Where Debian puts the programs of PostgreSQL, in one folder per version.
const POSTGRESQL_FOLDER: &str = "/usr/lib/postgresql";

/// Looks for programs; `None` if one of them is not installed.
pub(crate) fn find_programs<const COUNT: usize>(names: [&str; COUNT]) -> Option<[PathBuf; COUNT]> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = postgresql_folders();
    folders.extend(std::env::split_paths(&path));
    folders.extend(SERVER_FOLDERS.iter().map(PathBuf::from));
    let find = |name| folders.iter().map(|folder| folder.join(name)).find(|file: &PathBuf| file.is_file());
    let found: Option<Vec<PathBuf>> = names.into_iter().map(find).collect();
    found?.try_into().ok()
}

/// The folders of all installed versions, the newest first.
fn postgresql_folders() -> Vec<PathBuf> {
    let mut versions: Vec<u32> = std::fs::read_dir(POSTGRESQL_FOLDER)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    versions.sort_unstable();
    versions
        .iter()
        .rev()
        .map(|version| Path::new(POSTGRESQL_FOLDER).join(version.to_string()).join("bin"))
        .collect()
}

/// Installs Debian packages, or says why that cannot be.
pub(crate) fn install(packages: &[&str], log: &mut Log) -> Result<Result<(), String>, ChoreError> {
    let names = packages.join(" and ");
    if !is_root() {
        return Ok(Err(format!("only root may install {names}")));
    }
    if find_programs(["apt-get"]).is_none() {
        return Ok(Err(format!("there is no apt-get to install {names}")));
    }
    let mut update = Command::new("apt-get");
    let mut install = Command::new("apt-get");
    update.arg("update");
    install
        .args(["install", "--yes", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive");
    if log.run(&mut update)? && log.run(&mut install)? {
        return Ok(Ok(()));
    }
    Ok(Err(format!("apt-get cannot install {names}; its reason is in target/ci")))
}

/// Says whether we run as root, whom the servers refuse and apt demands.
pub(crate) fn is_root() -> bool {
    number_of(&["-u"]) == Some(0)
}

/// Asks `id` for a number, for example the one of a user.
pub(crate) fn number_of(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok().filter(|output| output.status.success())?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::find_programs;

    #[test]
    fn programs_are_found_together_or_not_at_all() {
        let found = find_programs(["sh", "cat"]).unwrap();
        assert!(found[0].ends_with("sh") && found[1].ends_with("cat"), "{found:?}");
        assert!(find_programs(["sh", "no-such-program"]).is_none());
    }
}
