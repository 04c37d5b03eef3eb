//! What can go wrong with the database itself.
//!
//! Not here: bad data, which is a rejection or a finding and never an error.
//!
//! Invariant: a message is a lower-case fragment that names the thing, the attempt and the next step; the inner
//! error is the source and not part of the text.

use std::path::PathBuf;

use crate::db::Trouble;
use crate::lock::LockOwner;

/// The error of the driver or the operating system below one of ours.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The result of everything in this crate.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL names a database that this program does not speak.
    #[error(
        "cannot use a database of the kind {scheme:?}: supported are sqlite:PATH, mysql://…, mariadb://… and postgres://…; correct `database`"
    )]
    Unsupported {
        /// The first word of the URL; never more of it, because the rest may hold a password.
        scheme: String,
    },
    /// The database file could not be opened or created.
    ///
    /// The next step depends on what lies there, and is the caller's to find out.
    #[error("cannot open the database {database}{}", for_trouble(.source))]
    CannotOpen {
        /// The database.
        database: String,
        /// What the driver said.
        source: Cause,
    },
    /// The server could not be reached, or did not let us in.
    #[error("cannot reach the database {place}: check the address, the account, and that the server runs")]
    CannotReach {
        /// The address and the database, without the account.
        place: String,
        /// What the driver said.
        source: Cause,
    },
    /// The server's version is too old.
    #[error(
        "cannot use {product} {found}: the oldest that serves is {needed}; update it, or use another database"
    )]
    TooOld {
        /// What the server is.
        product: &'static str,
        /// The version that it tells.
        found: String,
        /// The version that is needed.
        needed: String,
    },
    /// A migration failed; no row was changed by it.
    #[error(
        "cannot migrate the database to version {version} ({name}): no row was changed; mend the cause and start Muster again, or report this"
    )]
    CannotMigrate {
        /// The migration's number.
        version: i64,
        /// The migration's name.
        name: &'static str,
        /// What the driver said.
        source: Cause,
    },
    /// A newer program migrated the database.
    #[error(
        "cannot use the database: a newer Muster made its version {found}, and this one knows up to {known}"
    )]
    Newer {
        /// The version of the database.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// Another run holds the lock.
    #[error("cannot start: {}; wait until it ends, or stop it", held_by(.owner.as_deref()))]
    Held {
        /// Who holds it; `None` where the particulars could not be read.
        owner: Option<Box<LockOwner>>,
    },
    /// The run lock was lost, and another run took it.
    #[error(
        "cannot go on: the connection that held the run lock was lost, and another run has begun; nothing more was written, and that run sees what was done"
    )]
    LockLost,
    /// A worker was silent for longer than its lease lasts, or its run is over.
    #[error(
        "cannot go on: this worker was silent for longer than its lease, or the run has ended; nothing more was written, and its courses are done by others"
    )]
    LeaseLost,
    /// The lock file could not be made.
    #[error("cannot make the lock file {}: {}", .path.display(), refused_file(.source))]
    CannotLock {
        /// The lock file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// What was asked for is not there (any more).
    #[error("cannot find {what}")]
    Missing {
        /// What was asked for, and where to look.
        what: String,
    },
    /// What was asked for does not go with what is there.
    #[error("cannot {purpose}: {why}")]
    InTheWay {
        /// What was asked for, for example `add the account sis`.
        purpose: String,
        /// What is in the way, and what to do.
        why: String,
    },
    /// A statement failed.
    #[error("cannot {purpose}: {}", refused(.source))]
    Query {
        /// What the statement was for, for example `read the mappings`.
        purpose: &'static str,
        /// What the driver said.
        source: Cause,
    },
}

impl StoreError {
    /// What the database complains of, where that is something a person can mend.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            StoreError::CannotOpen { source, .. }
            | StoreError::CannotReach { source, .. }
            | StoreError::CannotMigrate { source, .. }
            | StoreError::Query { source, .. } => Trouble::of(&**source),
            StoreError::CannotLock { source, .. } => Trouble::of_file(source),
            StoreError::Unsupported { .. }
            | StoreError::TooOld { .. }
            | StoreError::Newer { .. }
            | StoreError::Held { .. }
            | StoreError::LockLost
            | StoreError::LeaseLost
            | StoreError::Missing { .. }
            | StoreError::InTheWay { .. } => None,
        }
    }
}

impl StoreError {
    /// Whether a definition failed because its table, view or index is there.
    pub(crate) fn is_there_already(&self) -> bool {
        matches!(self, StoreError::Query { source, .. } if crate::db::is_there_already(&**source))
    }
}

fn for_trouble(source: &Cause) -> String {
    Trouble::of(&**source).map(|trouble| format!(": {trouble}")).unwrap_or_default()
}

fn refused(source: &Cause) -> String {
    match Trouble::of(&**source) {
        Some(trouble) => trouble.to_string(),
        None => "the database refused".to_owned(),
    }
}

fn refused_file(source: &std::io::Error) -> String {
    match Trouble::of_file(source) {
        Some(trouble) => trouble.to_string(),
        None => "the system refused".to_owned(),
    }
}

fn held_by(owner: Option<&LockOwner>) -> String {
    match owner {
        Some(owner) => format!("the database is locked by {owner}"),
        None => "the database is locked by another process".to_owned(),
    }
}
