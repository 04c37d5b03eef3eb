//! Why there is no configuration: the file cannot be read at all, or there are mistakes in it.
//!
//! Not here: single mistakes (`mistake.rs`), and how they are shown ([`crate::commands::config`]).
//!
//! Invariant: a file that cannot be read is never told as a mistake in it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::mistake::{Mistake, Position};

/// Why there is no configuration.
#[derive(Debug)]
pub(crate) enum ConfigError {
    /// The file could not be read as text; nothing in it was looked at.
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why, as the end of a sentence.
        why: String,
        /// What to do.
        next: String,
    },
    /// All that is wrong in the file, in the order of its lines.
    Mistakes(Vec<Mistake>),
}

impl ConfigError {
    /// The operating system did not hand the file over.
    pub(super) fn not_read(file: &Path, error: &std::io::Error) -> ConfigError {
        let shown = file.display();
        let (why, next) = match error.kind() {
            ErrorKind::NotFound => (
                "there is no such file".to_owned(),
                "`muster init` writes one; --config FILE names another".to_owned(),
            ),
            ErrorKind::PermissionDenied => (
                "this user may not read it".to_owned(),
                format!("let this user read {shown} and enter its folder"),
            ),
            ErrorKind::IsADirectory => {
                let inside = file.join("muster.toml");
                ("it is a folder".to_owned(), format!("name a file: --config {}", inside.display()))
            }
            _ => (error.to_string(), "--config FILE names another".to_owned()),
        };
        ConfigError::Unreadable { file: file.to_owned(), why, next }
    }

    /// The bytes are no text from one of them on.
    pub(super) fn not_text(file: &Path, bytes: &[u8], first_bad: usize) -> ConfigError {
        let readable = String::from_utf8_lossy(&bytes[..first_bad]);
        let Position { line, column } = Position::of(&readable, readable.len());
        ConfigError::Unreadable {
            file: file.to_owned(),
            why: format!("line {line}, column {column} is not UTF-8 text"),
            next: "save the file as UTF-8".to_owned(),
        }
    }
}
