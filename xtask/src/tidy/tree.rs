//! The working tree as the rules see it: every file that git would commit, and Cargo's view of the packages.
//!
//! Not for rules.
//!
//! Invariant: paths are relative to the root and use `/`, so rules compare plain text.

use std::fmt;
use std::path::Path;
use std::process::Command;

use crate::cargo::{Package, packages};
use crate::error::ChoreError;
use crate::tidy::lexer::{self, Source};

/// The folders that hold no file of ours where git cannot say so.
const NOT_OURS: [&str; 2] = [".git", "target"];

/// Everything a rule may look at.
#[derive(Debug)]
pub(crate) struct Tree {
    /// All files, sorted by path.
    pub(crate) files: Vec<File>,
    /// The packages of the workspace; none if the tree has no Cargo.toml.
    pub(crate) packages: Vec<Package>,
    root: std::path::PathBuf,
}

/// One file of the tree.
#[derive(Debug)]
pub(crate) struct File {
    /// Where it is, below the root.
    pub(crate) path: String,
    /// What it holds; bytes that are not UTF-8 are replaced, for rules only look.
    pub(crate) text: String,
    /// The same, taken apart, if it is Rust.
    pub(crate) rust: Option<Source>,
}

/// What a rule does not like.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Complaint {
    path: String,
    line: usize,
    what: String,
}

impl Tree {
    /// Reads a tree that is a git repository or any folder.
    pub(crate) fn read(root: &Path) -> Result<Tree, ChoreError> {
        let mut paths = match listed_by_git(root) {
            Some(paths) => paths,
            None => found_in_folder(root, root)?,
        };
        paths.sort();
        paths.dedup();
        let files = paths.into_iter().map(|path| File::read(root, path)).collect::<Result<_, _>>()?;
        let packages = if root.join("Cargo.toml").is_file() { packages(root)? } else { Vec::new() };
        // Cargo answers with real paths; ours must be comparable with them.
        let root = root.canonicalize().map_err(ChoreError::file("find", root))?;
        Ok(Tree { files, packages, root })
    }

    /// All Rust files with their parts.
    pub(crate) fn rust(&self) -> impl Iterator<Item = (&File, &Source)> {
        self.files.iter().filter_map(|file| Some((file, file.rust.as_ref()?)))
    }

    /// The file at a path, if there is one.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Says whether a path, which may end in `/`, names a file or a folder of the tree.
    pub(crate) fn holds(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        path.is_empty() || self.files.iter().any(|file| file.path == path || file.path.starts_with(&folder))
    }

    /// Turns a path that Cargo gave into one of ours.
    pub(crate) fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().replace('\\', "/")
    }
}

impl File {
    fn read(root: &Path, path: String) -> Result<File, ChoreError> {
        let full_path = root.join(&path);
        let bytes = std::fs::read(&full_path).map_err(ChoreError::file("read", full_path))?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let rust = path.ends_with(".rs").then(|| lexer::read(&text));
        Ok(File { path, text, rust })
    }

    /// The part of the path before the last `/`.
    pub(crate) fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Complains about a line, counted from 1; 0 means the whole file.
    pub(crate) fn complaint(&self, line: usize, what: impl Into<String>) -> Complaint {
        Complaint { path: self.path.clone(), line, what: what.into() }
    }
}

impl Complaint {
    /// Complains about something that is not in a file of the tree.
    pub(crate) fn at(path: impl Into<String>, what: impl Into<String>) -> Complaint {
        Complaint { path: path.into(), line: 0, what: what.into() }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(formatter, "{}: {}", self.path, self.what),
            line => write!(formatter, "{}:{line}: {}", self.path, self.what),
        }
    }
}

/// Asks git for the tracked and the new files; `None` where there is no repository or no git.
fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    if !root.join(".git").exists() {
        return None;
    }
    let mut git = Command::new("git");
    git.current_dir(root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let output = git.output().ok().filter(|output| output.status.success())?;
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    // A tracked file may have been deleted and a link may lead nowhere: only what can be read counts.
    let readable = listed.split('\0').filter(|path| !path.is_empty() && root.join(path).is_file());
    Some(readable.map(str::to_owned).collect())
}

fn found_in_folder(root: &Path, folder: &Path) -> Result<Vec<String>, ChoreError> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(ChoreError::file("list", folder))? {
        let path = entry.map_err(ChoreError::file("list", folder))?.path();
        if path.is_dir() {
            if !NOT_OURS.iter().any(|name| path.ends_with(name)) {
                paths.extend(found_in_folder(root, &path)?);
            }
        } else if path.is_file() {
            let path = path.strip_prefix(root).unwrap_or(&path);
            paths.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(paths)
}
