//! Reads the management database of the integration that Muster replaces (DESIGN section 5): MariaDB or MySQL, and
//! SQLite for rehearsals with a copy.
//!
//! `rows.rs` understands the rows; here the tables are read.
//!
//! Not here: what becomes of them (`reconcile::takeover`).
//!
//! Invariant: the old database is only read, in one transaction that sees one state.
//! Invariant: a row that cannot be understood is told and never stops the others; a table that is not there is told, save
//! the one without which there is nothing to take over.

mod rows;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::str::FromStr;

use csv::ByteRecord;
use futures_util::StreamExt;
use reconcile::keys::Text;
use reconcile::takeover::OldRecords;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Connection, Executor, MySql, Row as _, Sqlite};
use thiserror::Error;

use super::sql::{CONNECT_TIMEOUT, Foreign};
use super::table::{Columns, HeaderFault};
use crate::config::{DatabaseKind, DatabaseUrl};

use rows::Reader;
use rows::{OddRow, OldMapping};

/// The variable that holds the password where the address has none.
pub(crate) const PASSWORD_VARIABLE: &str = "MUSTER_LEGACY_PASSWORD";

/// What the old database holds.
#[derive(Debug)]
pub(crate) struct OldDatabase {
    /// Its address without a password.
    pub(crate) url: String,
    /// Groups and memberships.
    pub(crate) records: OldRecords,
    /// `mapped_modules`.
    pub(crate) mappings: Vec<OldMapping>,
    /// Rows that could not be understood.
    pub(crate) odd: Vec<OddRow>,
    /// Tables that are not there.
    pub(crate) missing: Vec<&'static str>,
}

/// Why the old database cannot be read.
#[derive(Debug, Error)]
pub(crate) enum OldDatabaseError {
    /// The address is not understood.
    #[error("cannot understand the address of the old database: {0}")]
    Address(String),
    /// It cannot be reached.
    #[error("cannot connect to the old database {url}")]
    Connect {
        /// The address without its password.
        url: String,
        /// Why.
        source: sqlx::Error,
    },
    /// It does not answer.
    #[error("cannot connect to the old database {url}: no answer within {timeout_s} s")]
    Silent {
        /// The address without its password.
        url: String,
        /// How long was waited, in seconds.
        timeout_s: u64,
    },
    /// A table cannot be read.
    #[error("cannot read the table {table} of the old database {url}")]
    Table {
        /// The address without its password.
        url: String,
        /// The table.
        table: &'static str,
        /// Why.
        source: sqlx::Error,
    },
    /// A column is not there.
    #[error("cannot read the table {table} of the old database {url}: there is no column {column}; {hint}")]
    Column {
        /// The address without its password.
        url: String,
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The columns that were found.
        hint: String,
    },
    /// It is some other database.
    #[error("cannot find the table {table} in {url}")]
    NotTheOne {
        /// The address without its password.
        url: String,
        /// The table without which there is nothing to take over.
        table: &'static str,
    },
}

impl OldDatabaseError {
    /// What a person can do.
    pub(crate) fn next_step(&self) -> String {
        match self {
            OldDatabaseError::Address(_) => "write mysql://ACCOUNT@HOST/DATABASE".to_owned(),
            OldDatabaseError::Connect { url, .. } if url.starts_with("sqlite:") => {
                "check whether the file is there, and who may read it".to_owned()
            }
            OldDatabaseError::Connect { .. } => {
                format!("check the address and the account; its password may stand in {PASSWORD_VARIABLE}")
            }
            OldDatabaseError::Silent { .. } => "check the address and the firewall".to_owned(),
            OldDatabaseError::Table { table, .. } => format!("GRANT SELECT ON {table} to the account"),
            OldDatabaseError::Column { .. } => {
                "docs/take-over.md has the columns; a view with these names will do".to_owned()
            }
            OldDatabaseError::NotTheOne { .. } => "name the management database of the old tool".to_owned(),
        }
    }
}

/// A table of the old tool, in the order in which they are read: groups before their members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OldTable {
    Groups,
    Students,
    Tutors,
    Mappings,
    DeletedGroups,
    DeletedStudents,
    DeletedTutors,
}

impl OldTable {
    const ALL: [OldTable; 7] = [
        OldTable::Groups,
        OldTable::Students,
        OldTable::Tutors,
        OldTable::Mappings,
        OldTable::DeletedGroups,
        OldTable::DeletedStudents,
        OldTable::DeletedTutors,
    ];

    fn name(self) -> &'static str {
        match self {
            OldTable::Groups => "cmis_groups_course",
            OldTable::Students => "cmis_groupmembers",
            OldTable::Tutors => "cmis_tutgroupmembers",
            OldTable::Mappings => "mapped_modules",
            OldTable::DeletedGroups => "cmis_groups_deleted",
            OldTable::DeletedStudents => "cmis_groupmembers_deleted",
            OldTable::DeletedTutors => "cmis_tutgroupmembers_deleted",
        }
    }

    /// The columns that are needed.
    fn needed(self) -> &'static [&'static str] {
        match self {
            OldTable::Groups => &["courseid", "module_code", "groupid", "moodlegroupid"],
            OldTable::Students | OldTable::Tutors => &["userid", "moodlegroupid"],
            OldTable::Mappings => &["moodle_id", "modulecode", "group_import", "mapping_action"],
            OldTable::DeletedGroups => &["courseid", "modcode"],
            OldTable::DeletedStudents | OldTable::DeletedTutors => &["userid", "moodlegroupid"],
        }
    }

    /// The columns that are read where they are there.
    fn optional(self) -> &'static [&'static str] {
        match self {
            OldTable::Groups => &["moodlegroupingid", "toadd", "todelete", "id"],
            OldTable::Students | OldTable::Tutors => &["toadd", "todelete", "id"],
            OldTable::DeletedGroups => &["groupid", "id"],
            OldTable::Mappings | OldTable::DeletedStudents | OldTable::DeletedTutors => &["id"],
        }
    }
}

/// Reads the old database. `base_dir` is the folder of a relative SQLite file.
pub(crate) async fn read_old_database(
    address: &str,
    base_dir: &Path,
) -> Result<OldDatabase, OldDatabaseError> {
    let address = DatabaseUrl::parse(address, base_dir).map_err(OldDatabaseError::Address)?;
    let url = address.to_string();
    let unreachable = |source| OldDatabaseError::Connect { url: url.clone(), source };
    match address.kind() {
        DatabaseKind::Sqlite => {
            let options = SqliteConnectOptions::from_str(address.reveal()).map_err(unreachable)?;
            read::<Sqlite, _>(&options.read_only(true).create_if_missing(false), url).await
        }
        DatabaseKind::MySql => {
            let options = MySqlConnectOptions::from_str(address.reveal()).map_err(unreachable)?;
            let password = std::env::var(PASSWORD_VARIABLE).ok().filter(|_| !address.has_password());
            let options = password.iter().fold(options, |options, password| options.password(password));
            read::<MySql, _>(&options, url).await
        }
        DatabaseKind::Postgres => {
            Err(OldDatabaseError::Address("the old tool kept its tables in MariaDB or MySQL".into()))
        }
    }
}

async fn read<DB, O>(options: &O, url: String) -> Result<OldDatabase, OldDatabaseError>
where
    DB: Foreign,
    O: ConnectOptions<Connection = DB::Connection>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let unreachable = |source| OldDatabaseError::Connect { url: url.clone(), source };
    let mut connection = match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
        Ok(connected) => connected.map_err(unreachable)?,
        Err(_elapsed) => {
            return Err(OldDatabaseError::Silent { url, timeout_s: CONNECT_TIMEOUT.as_secs() });
        }
    };
    for &statement in DB::BEGIN {
        sqlx::raw_sql(statement).execute(&mut connection).await.map_err(unreachable)?;
    }
    let mut reader = Reader::default();
    let mut missing = Vec::new();
    for table in OldTable::ALL {
        match read_table::<DB>(table, &mut connection, &url, &mut reader).await {
            Err(OldDatabaseError::Table { source, .. }) if is_no_such_table(&source) => {
                if table == OldTable::Groups {
                    return Err(OldDatabaseError::NotTheOne { url, table: table.name() });
                }
                missing.push(table.name());
            }
            other => other?,
        }
    }
    // Everything was read; how the server takes the good-bye is no matter.
    let _closed = connection.close().await;
    let Reader { records, mappings, odd } = reader;
    Ok(OldDatabase { url, records, mappings, odd, missing })
}

async fn read_table<DB>(
    table: OldTable,
    connection: &mut DB::Connection,
    url: &str,
    reader: &mut Reader,
) -> Result<(), OldDatabaseError>
where
    DB: Foreign,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let failed = |source| OldDatabaseError::Table { url: url.to_owned(), table: table.name(), source };
    let query = format!("SELECT * FROM {}", table.name());
    let mut rows = sqlx::raw_sql(AssertSqlSafe(query)).fetch(connection);
    let mut columns: Option<Columns> = None;
    let mut record = ByteRecord::new();
    let mut number = 0;
    while let Some(row) = rows.next().await {
        let row = row.map_err(failed)?;
        let columns = match &columns {
            Some(columns) => columns,
            None => {
                let names = row.columns().iter().map(|column| Text::from(column.name())).collect();
                let found = Columns::find(names, table.needed(), table.optional()).map_err(|fault| {
                    let (column, hint) = match fault {
                        HeaderFault::Missing { column, hint } => (column, hint),
                        HeaderFault::Twice { column } => (column, "it is there twice".to_owned()),
                    };
                    OldDatabaseError::Column { url: url.to_owned(), table: table.name(), column, hint }
                })?;
                columns.insert(found)
            }
        };
        number += 1;
        record.clear();
        for column in 0..columns.names.len() {
            // A field that the driver cannot hand over is as good as an empty one: the row is judged by what is left.
            record.push_field(DB::field(&row, column).ok().flatten().unwrap_or_default());
        }
        reader.row(table, number, columns, &record);
    }
    Ok(())
}

/// Tells a table that is not there from one that cannot be read (MySQL: SQLSTATE 42S02).
fn is_no_such_table(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| {
        error.code().as_deref() == Some("42S02") || error.message().starts_with("no such table")
    })
}
