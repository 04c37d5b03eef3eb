//! What a database complains of, whichever it is: the kinds that a person can do something about.
//!
//! Not here: what lies at the place of a file (`app/database_trouble.rs`).
//!
//! Codes: sqlite.org/rescode.html; mariadb.com/kb/en/mariadb-error-codes and dev.mysql.com/doc/mysql-errors;
//! postgresql.org/docs/current/errcodes-appendix.html.

use std::fmt;
use std::io::ErrorKind;

use sqlx::mysql::MySqlDatabaseError;

use super::holders::HeldBy;

/// A kind of complaint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The server ended, or cannot be reached any more.
    Lost,
    /// Another transaction holds what is needed, for too long.
    Busy,
    /// Another transaction and ours wait for each other, and the database chose ours.
    Deadlock,
    /// There is no room.
    Full,
    /// The disk does not do what it is asked.
    Disk,
    /// It only lets itself be read.
    ReadOnly,
    /// The account may not do that.
    Denied,
    /// The rows on the disk do not make sense.
    Damaged,
    /// A value is larger than the server takes at once.
    TooLarge,
}

impl fmt::Display for Trouble {
    /// What is wrong, in words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Trouble::Lost => "the connection to the database was lost",
            Trouble::Busy => "another program held the database for too long",
            Trouble::Deadlock => "another program changed the same rows at the same moment",
            Trouble::Full => "the disk of the database is full",
            Trouble::Disk => "the disk of the database does not do what it is asked",
            Trouble::ReadOnly => "the database can only be read",
            Trouble::Denied => "the account may not do that",
            Trouble::Damaged => "the database is damaged",
            Trouble::TooLarge => "a text is larger than the server takes at once",
        })
    }
}

impl Trouble {
    /// What a person does about it.
    pub fn next_step(self) -> &'static str {
        match self {
            Trouble::Lost => {
                "see that the server runs, then start again; what was kept before is whole, and the next run goes on from there"
            }
            Trouble::Busy => "see which program writes in it for too long; close it, then try again",
            Trouble::Deadlock => "try again",
            Trouble::Full => {
                "make room on the disk of the database, then start again; what was kept before is whole, and nothing is done twice"
            }
            Trouble::Disk => {
                "see whether the disk is there, full or broken (`df`, the system's log); what was kept before is whole"
            }
            Trouble::ReadOnly => {
                "let this user write it (a file and its folder, or the server's primary); `muster check database` tries it"
            }
            Trouble::Denied => "docs/databases.md lists what the account has to be granted",
            Trouble::Damaged => {
                "restore a backup, or name another file in `database`; nothing more is written to it until then"
            }
            Trouble::TooLarge => "raise max_allowed_packet of the server to 64 MB or more",
        }
    }

    /// What an error of the operating system is about, for a file beside the database.
    pub(crate) fn of_file(error: &std::io::Error) -> Option<Trouble> {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(Trouble::Full),
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Some(Trouble::ReadOnly),
            _ => None,
        }
    }

    /// What an error of a driver is about; `None` where that needs somebody who knows the database.
    pub(crate) fn of(error: &(dyn std::error::Error + 'static)) -> Option<Trouble> {
        let held = error.downcast_ref::<HeldBy>().map(|held| &held.source);
        of_driver(held.or_else(|| error.downcast_ref::<sqlx::Error>())?)
    }
}

/// What an error of a driver is about.
pub(super) fn of_driver(error: &sqlx::Error) -> Option<Trouble> {
    let database = match error {
        sqlx::Error::Database(database) => database,
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => {
            return Some(Trouble::Lost);
        }
        _ => return None,
    };
    if let Some(error) = database.try_downcast_ref::<MySqlDatabaseError>() {
        return mysql(error.number());
    }
    let code = database.code()?;
    match code.parse::<i32>() {
        // Five letters and digits are an SQLSTATE.
        Ok(code) if database.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() => sqlite(code),
        _ => postgres(&code),
    }
}

/// Whether MariaDB or MySQL says that what is defined is there: ER_TABLE_EXISTS_ERROR, ER_DUP_FIELDNAME,
/// ER_DUP_KEYNAME.
pub(crate) fn is_there_already(error: &(dyn std::error::Error + 'static)) -> bool {
    let Some(sqlx::Error::Database(database)) = error.downcast_ref::<sqlx::Error>() else { return false };
    let number = database.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number);
    matches!(number, Some(1050 | 1060 | 1061))
}

fn sqlite(code: i32) -> Option<Trouble> {
    // SQLITE_IOERR_SHMSIZE: the file beside the database that all who use it share cannot grow.
    if code == 4_874 {
        return Some(Trouble::Full);
    }
    // The lowest byte is the kind, the rest the particulars.
    match code & 0xff {
        10 => Some(Trouble::Disk),
        5 | 6 => Some(Trouble::Busy),
        3 => Some(Trouble::Denied),
        8 => Some(Trouble::ReadOnly),
        11 | 26 => Some(Trouble::Damaged),
        13 => Some(Trouble::Full),
        _ => None,
    }
}

fn mysql(number: u16) -> Option<Trouble> {
    match number {
        // ER_SERVER_SHUTDOWN, ER_NORMAL_SHUTDOWN, ER_SHUTDOWN_COMPLETE, ER_CONNECTION_KILLED.
        1053 | 1077 | 1079 | 1927 => Some(Trouble::Lost),
        // ER_LOCK_WAIT_TIMEOUT, ER_STATEMENT_TIMEOUT, ER_CON_COUNT_ERROR.
        1205 | 1969 | 1040 => Some(Trouble::Busy),
        1213 => Some(Trouble::Deadlock),
        // ER_DISK_FULL, ER_RECORD_FILE_FULL, and ER_ERROR_ON_WRITE.
        1021 | 1114 | 1026 => Some(Trouble::Full),
        // ER_OPEN_AS_READONLY, ER_OPTION_PREVENTS_STATEMENT, ER_READ_ONLY_MODE, ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION.
        1036 | 1290 | 1792 | 1836 => Some(Trouble::ReadOnly),
        // ER_DBACCESS_DENIED, ER_ACCESS_DENIED, ER_TABLEACCESS_DENIED, ER_COLUMNACCESS_DENIED, ER_SPECIFIC_ACCESS_DENIED.
        1044 | 1045 | 1142 | 1143 | 1227 => Some(Trouble::Denied),
        // ER_NOT_KEYFILE, ER_CRASHED_ON_USAGE.
        1034 | 1035 | 1194 | 1195 => Some(Trouble::Damaged),
        1153 => Some(Trouble::TooLarge),
        _ => None,
    }
}

fn postgres(state: &str) -> Option<Trouble> {
    match state {
        // admin_shutdown, crash_shutdown, cannot_connect_now, idle_session_timeout; class 08 is the connection's.
        "57P01" | "57P02" | "57P03" | "57P05" => Some(Trouble::Lost),
        state if state.starts_with("08") => Some(Trouble::Lost),
        // lock_not_available, query_canceled, too_many_connections.
        "55P03" | "57014" | "53300" => Some(Trouble::Busy),
        "40P01" | "40001" => Some(Trouble::Deadlock),
        "53100" => Some(Trouble::Full),
        // io_error.
        "58030" => Some(Trouble::Disk),
        "25006" => Some(Trouble::ReadOnly),
        // insufficient_privilege; class 28 is the login.
        "42501" | "28000" | "28P01" => Some(Trouble::Denied),
        // data_corrupted, index_corrupted.
        "XX001" | "XX002" => Some(Trouble::Damaged),
        _ => None,
    }
}
