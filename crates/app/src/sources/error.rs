//! Why a source could not be read.
//!
//! Not here: bad rows. They are rejections, and the good ones go on.
//!
//! Invariant: no message holds a password.

use std::path::PathBuf;

use thiserror::Error;

use super::table::HeaderFault;
use crate::config::SecretError;

/// Why a source could not be read.
#[derive(Debug, Error)]
pub(crate) enum SourceError {
    /// A file cannot be opened.
    #[error("cannot open the {table} file {path} of source {name}")]
    Open {
        /// The source.
        name: String,
        /// The table.
        table: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file cannot be read to its end.
    #[error("cannot read the {table} file {path} of source {name} to its end")]
    Read {
        /// The source.
        name: String,
        /// The table.
        table: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: csv::Error,
    },
    /// A file is empty.
    #[error("cannot read {place} of source {name}: it is empty, without even a header ({columns})")]
    Empty {
        /// The source.
        name: String,
        /// The table and file.
        place: String,
        /// The columns that were expected.
        columns: String,
    },
    /// A header lacks a column.
    #[error("cannot read {place} of source {name}: there is no column {column}; {hint}")]
    Column {
        /// The source.
        name: String,
        /// The table and file or query.
        place: String,
        /// The column.
        column: &'static str,
        /// The columns that were found, and what may be meant.
        hint: String,
    },
    /// A header has a column twice.
    #[error("cannot read {place} of source {name}: the column {column} is there twice")]
    ColumnTwice {
        /// The source.
        name: String,
        /// The table and file or query.
        place: String,
        /// The column.
        column: &'static str,
    },
    /// The password cannot be fetched.
    #[error("cannot fetch the password of source {name}")]
    Password {
        /// The source.
        name: String,
        /// Why.
        source: SecretError,
    },
    /// The database cannot be reached.
    #[error("cannot connect to {url} for source {name}")]
    Connect {
        /// The source.
        name: String,
        /// The address without its password.
        url: String,
        /// Why.
        source: sqlx::Error,
    },
    /// The database does not answer.
    #[error("cannot connect to {url} for source {name}: no answer within {timeout_s} s")]
    Silent {
        /// The source.
        name: String,
        /// The address without its password.
        url: String,
        /// How long was waited, in seconds.
        timeout_s: u64,
    },
    /// This program speaks no ODBC.
    #[cfg(not(feature = "odbc"))]
    #[error("cannot read source {name}: this program was built without ODBC")]
    NoOdbc {
        /// The source.
        name: String,
    },
    /// A driver cannot reach its database.
    #[cfg(feature = "odbc")]
    #[error("cannot connect to {origin} for source {name}")]
    OdbcConnect {
        /// The source.
        name: String,
        /// The database.
        origin: String,
        /// Why.
        source: DriverError,
    },
    /// A query failed in a driver.
    #[cfg(feature = "odbc")]
    #[error("cannot run the query {query} of source {name} on {origin}")]
    OdbcQuery {
        /// The source.
        name: String,
        /// The database.
        origin: String,
        /// The name of the query.
        query: &'static str,
        /// Why.
        source: DriverError,
    },
    /// What was pushed cannot be read from our database.
    #[error("cannot read what was pushed to the site {site} for source {name}")]
    Pushed {
        /// The source.
        name: String,
        /// The site.
        site: String,
        /// Why.
        source: store::StoreError,
    },
    /// Nobody may push to the site.
    #[error("cannot read source {name}: there is no site {site}, so nobody can have pushed to it")]
    NoSite {
        /// The source.
        name: String,
        /// The site.
        site: String,
    },
    /// Our database, which holds what was pushed, cannot be opened.
    #[error(
        "cannot read source {name}: what is pushed to it is in the management database, which cannot be opened"
    )]
    NoDatabase {
        /// The source.
        name: String,
    },
    /// A query failed.
    #[error("cannot run the query {query} of source {name} on {url}")]
    Query {
        /// The source.
        name: String,
        /// The address without its password.
        url: String,
        /// The name of the query.
        query: &'static str,
        /// Why.
        source: sqlx::Error,
    },
}

/// What an ODBC driver, or the driver manager, says is wrong.
#[cfg(feature = "odbc")]
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct DriverError(pub(crate) String);

impl SourceError {
    /// What a person can do.
    pub(crate) fn next_step(&self) -> String {
        match self {
            SourceError::Open { name, table, .. } => {
                format!("check `{table}` under [source.{name}] and who may read the file")
            }
            SourceError::Read { name, table, path, .. } if path.is_dir() => {
                format!("it is a folder: name a file in `{table}` under [source.{name}]")
            }
            SourceError::Read { .. } => "run the import again when the file is complete".to_owned(),
            SourceError::Empty { .. } => "check the program that writes it".to_owned(),
            SourceError::Column { .. } => {
                "check that it is the right file or query, and that the header has our names; docs/manual.md has them"
                    .to_owned()
            }
            SourceError::ColumnTwice { .. } => "leave one out".to_owned(),
            SourceError::Password { name, source } => {
                format!("{}; `password` under [source.{name}] says where it is kept", source.next_step())
            }
            SourceError::Connect { name, url, .. } if url.starts_with("sqlite:") => {
                format!("check `url` under [source.{name}]: whether the file is there, and who may read it")
            }
            SourceError::Connect { .. } => "check the address, the account, and that the database runs".to_owned(),
            SourceError::Silent { .. } => "check the address and the firewall".to_owned(),
            #[cfg(not(feature = "odbc"))]
            SourceError::NoOdbc { .. } => {
                "build it with `cargo build --release -p app --features odbc`; docs/oracle.md".to_owned()
            }
            #[cfg(feature = "odbc")]
            SourceError::OdbcConnect { .. } => {
                "try it with `isql` on this machine; docs/oracle.md, \"When it does not connect\"".to_owned()
            }
            #[cfg(feature = "odbc")]
            SourceError::OdbcQuery { name, query, .. } => {
                format!("try [source.{name}.queries] {query} there by hand")
            }
            SourceError::Pushed { .. } | SourceError::NoDatabase { .. } => {
                "`muster check database` looks at it".to_owned()
            }
            SourceError::NoSite { name, site } => format!(
                "`muster account add NAME --site {site}` lets a student system in; `site` under [source.{name}] names another one, \
                 and `muster account sites` lists them"
            ),
            SourceError::Query { name, query, source, .. } if would_write(source) => {
                format!("write a SELECT in [source.{name}.queries] {query}: a source is only read, and nothing was changed")
            }
            SourceError::Query { name, query, .. } => {
                format!("try [source.{name}.queries] {query} there by hand")
            }
        }
    }

    /// Tells what is wrong with the header of a file or query.
    pub(super) fn header(name: &str, place: String, fault: HeaderFault) -> Self {
        let name = name.to_owned();
        match fault {
            HeaderFault::Missing { column, hint } => SourceError::Column { name, place, column, hint },
            HeaderFault::Twice { column } => SourceError::ColumnTwice { name, place, column },
        }
    }
}

/// Tells whether a database refused because it is only read: SQLite's SQLITE_READONLY (8), MariaDB's and MySQL's
/// ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION (1792, SQLSTATE 25006) and PostgreSQL's read_only_sql_transaction (25006).
fn would_write(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| matches!(&*code, "8" | "25006"))
}
