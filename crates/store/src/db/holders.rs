//! Who holds what a transaction waited for in vain, as far as the database or the machine can tell.
//!
//! Not here: how long is waited (`drivers.rs`); what a person does about it (`trouble.rs`).
//!
//! Invariant: a question that cannot be answered changes nothing about the failure that made it be asked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::{Executor as _, MySqlConnection, PgPool, Row as _};

use super::drivers::{Begun, Pools};
use super::trouble::{Trouble, of_driver};
use crate::error::Cause;

/// How long the question may take.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(3);

/// The byte of the `-shm` file that is locked by whoever writes (sqlite.org/walformat.html, section 2.3.1:
/// WAL_WRITE_LOCK).
const SQLITE_WRITE_LOCK: u64 = 120;

/// Asked on a connection of ours that waited for nothing; sessions of this process have its name.
const POSTGRES_HOLDERS: &str = "\
    SELECT DISTINCT 'session ' || session.pid || ' of the account ' || session.usename \
        || COALESCE(' (' || NULLIF(session.application_name, '') || ')', '') \
    FROM pg_locks AS held JOIN pg_stat_activity AS session ON session.pid = held.pid \
    WHERE held.granted AND held.locktype = 'relation' AND held.mode <> 'AccessShareLock' \
      AND session.datname = current_database() AND session.usename IS NOT NULL \
      AND session.application_name <> current_setting('application_name') \
    LIMIT 3";

/// Asked on the connection that waited: its transaction holds rows as well. Needs the right PROCESS.
const MYSQL_HOLDERS: &str = "\
    SELECT CONCAT('connection ', session.id, ' of the account ', session.user, '@', session.host) \
    FROM information_schema.innodb_trx AS open \
    JOIN information_schema.processlist AS session ON session.id = open.trx_mysql_thread_id \
    WHERE session.db = DATABASE() AND session.id <> CONNECTION_ID() \
    ORDER BY open.trx_started LIMIT 3";

/// Where to ask.
pub(super) struct Holders {
    /// The connections of this process.
    pub(super) pools: Pools,
    /// The database file.
    pub(super) file: Option<PathBuf>,
}

/// Something that was waited for, and who holds it.
#[derive(Debug, thiserror::Error)]
#[error("held by {by}")]
pub(super) struct HeldBy {
    by: String,
    /// What the driver said.
    pub(super) source: sqlx::Error,
}

impl Holders {
    /// An error of a driver; where it is about something that another one holds, with that one's name.
    pub(super) async fn named(&self, error: sqlx::Error, waited: Option<&mut Begun>) -> Cause {
        if of_driver(&error) != Some(Trouble::Busy) {
            return error.into();
        }
        let asked = tokio::time::timeout(QUESTION_TIMEOUT, self.ask(waited)).await;
        match asked.unwrap_or_default().as_slice() {
            [] => error.into(),
            names => HeldBy { by: names.join(", "), source: error }.into(),
        }
    }

    async fn ask(&self, waited: Option<&mut Begun>) -> Vec<String> {
        match (&self.pools, waited) {
            (Pools::Sqlite(_), _) => self.file.as_deref().map(writers_of).unwrap_or_default(),
            (Pools::Postgres(two), _) => postgres_holders(&two.readers).await.unwrap_or_default(),
            (Pools::MySql(_), Some(Begun::MySql(waited))) => mysql_holders(waited).await.unwrap_or_default(),
            (Pools::MySql(_), _) => Vec::new(),
        }
    }
}

async fn postgres_holders(pool: &PgPool) -> Result<Vec<String>, sqlx::Error> {
    pool.fetch_all(POSTGRES_HOLDERS).await?.iter().map(|row| row.try_get(0)).collect()
}

async fn mysql_holders(connection: &mut MySqlConnection) -> Result<Vec<String>, sqlx::Error> {
    let rows = connection.fetch_all(MYSQL_HOLDERS).await?;
    rows.iter().map(|row| row.try_get_unchecked(0)).collect()
}

/// The processes of this machine that write a SQLite file, where the system lists its locks.
fn writers_of(database: &Path) -> Vec<String> {
    let mut shared = database.as_os_str().to_owned();
    shared.push("-shm");
    let Ok(shared) = std::fs::metadata(shared) else { return Vec::new() };
    let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    let inode = std::os::unix::fs::MetadataExt::ino(&shared);
    let writers = locks.lines().filter_map(|line| writer(line, inode));
    writers
        .filter(|process| *process != std::process::id())
        .map(|process| {
            let name = std::fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
            format!("process {process} ({})", name.trim())
        })
        .collect()
}

/// The process of a line of `/proc/locks` (proc(5)) that holds the lock of a writer:
/// `1: POSIX  ADVISORY  WRITE 4711 fd:01:3145 120 120`.
fn writer(line: &str, inode: u64) -> Option<u32> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [_, "POSIX", _, "WRITE", process, file, first, last] = fields.as_slice() else { return None };
    let of_file = file.rsplit_once(':')?.1.parse() == Ok(inode);
    let holds = first.parse::<u64>().ok()? <= SQLITE_WRITE_LOCK
        && last.parse::<u64>().map_or(*last == "EOF", |last| last >= SQLITE_WRITE_LOCK);
    (of_file && holds).then(|| process.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writer_of_a_file_is_read_from_the_locks_of_the_system() {
        let check = |line: &str, expected: Option<u32>| assert_eq!(writer(line, 3145), expected, "{line}");
        check("1: POSIX  ADVISORY  WRITE 4711 fd:01:3145 120 120", Some(4711));
        check("1: POSIX  ADVISORY  WRITE 4711 00:1b:3145 0 EOF", Some(4711));
        check("1: POSIX  ADVISORY  READ 4711 fd:01:3145 123 123", None);
        check("1: POSIX  ADVISORY  WRITE 4711 fd:01:3145 123 123", None);
        check("1: POSIX  ADVISORY  WRITE 4711 fd:01:31 120 120", None);
        check("1: -> POSIX  ADVISORY  WRITE 4711 fd:01:3145 120 120", None);
        check("2: FLOCK  ADVISORY  WRITE 4711 fd:01:3145 0 EOF", None);
        check("", None);
    }
}
