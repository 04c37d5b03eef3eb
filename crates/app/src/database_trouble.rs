//! The next step when the management database cannot be used: looks at the file, which knows more than the driver says.
//!
//! Not here: opening it (`store`), and what is checked of a database that opens (`commands/check/database.rs`).
//!
//! Invariant: looking changes nothing; a file that is wrong is never replaced.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::Path;

use store::StoreError;

use crate::exit::{Exit, Failure};
use crate::logging::database_failed;

/// The first bytes of every SQLite database that is not empty (SQLite, "Database File Format", section 1.3).
const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// The failure of using a database, with the next step that fits what lies at its place.
pub(crate) fn cannot_use(error: StoreError, file: Option<&Path>) -> Failure {
    let hint = match (&error, file) {
        (StoreError::Held { .. }, _) => {
            Some("try again when that run has ended; `muster status` shows whether it has".to_owned())
        }
        (StoreError::Newer { .. }, Some(file)) => {
            Some(format!("install the newer Muster again; nothing in {} was changed", file.display()))
        }
        (
            StoreError::CannotOpen { .. } | StoreError::Query { .. } | StoreError::CannotMigrate { .. },
            Some(file),
        ) => at_its_place(file).or_else(|| as_the_database_says(&error)),
        _ => as_the_database_says(&error),
    };
    database_failed(&error);
    let failure = Failure::of(Exit::Configuration, error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// What the database's complaint asks for; where nobody knows, how to look for the cause.
fn as_the_database_says(error: &StoreError) -> Option<String> {
    let step = match (error.trouble(), error) {
        (Some(trouble), _) => trouble.next_step(),
        (None, StoreError::Query { .. }) => "`muster check database` looks for the cause",
        (None, StoreError::CannotLock { .. }) => "let this user write in the folder of the database",
        (None, _) => return None,
    };
    Some(step.to_owned())
}

/// What is wrong with what lies at the place of a database file; nothing where it looks right.
fn at_its_place(file: &Path) -> Option<String> {
    let shown = file.display();
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if file.is_dir() {
        let example = file.join("muster.db");
        return Some(format!(
            "{shown} is a folder: name a file, for example database = \"sqlite:{}\"",
            example.display()
        ));
    }
    if !folder.is_dir() {
        return Some(format!("there is no folder {}: make it, or correct `database`", folder.display()));
    }
    let mut begin = Vec::new();
    match File::open(file) {
        Ok(opened) => {
            opened.take(SQLITE_MAGIC.len() as u64).read_to_end(&mut begin).ok()?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Some(format!(
                "{shown} cannot be made: let this user write in {}, or make room on the disk",
                folder.display()
            ));
        }
        Err(error) => return Some(format!("let this user read and write {shown} ({error})")),
    }
    if !begin.is_empty() && begin != SQLITE_MAGIC {
        return Some(format!(
            "{shown} is not a SQLite database, and was left as it is: name another file in `database`, or put a backup in its place"
        ));
    }
    // Neither truncates nor creates: it only asks whether writing is allowed.
    match OpenOptions::new().append(true).open(file) {
        Ok(_) => None,
        Err(error) => Some(format!("let this user write {shown} and its folder ({error})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_at_the_place_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let check = |name: &str, content: Option<&[u8]>, expected: Option<&str>| {
            let file = folder.path().join(name);
            if let Some(content) = content {
                std::fs::write(&file, content).unwrap();
            }
            let found = at_its_place(&file);
            match (&found, expected) {
                (Some(found), Some(part)) => assert!(found.contains(part), "{found}"),
                (found, expected) => assert_eq!(found.is_some(), expected.is_some(), "{found:?}"),
            }
        };
        check("notes.txt", Some(b"a shopping list, and more of it"), Some("is not a SQLite database"));
        check("short.txt", Some(b"x"), Some("is not a SQLite database"));
        check("new.db", Some(b""), None);
        check("good.db", Some(b"SQLite format 3\0 and the rest"), None);
        check(".", None, Some("is a folder: name a file"));
        check("nowhere/muster.db", None, Some("there is no folder"));
        check("notes.txt/muster.db", None, Some("there is no folder"));
    }
}
