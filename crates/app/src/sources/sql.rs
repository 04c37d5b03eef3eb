//! Reads the answers of named queries from SQLite, MariaDB/MySQL and PostgreSQL.
//!
//! Not here: what the rows mean (`intake.rs`). The queries are data: this crate knows no SQL of its own besides the
//! beginning of a read-only transaction.
//!
//! Invariant: rows are streamed; all queries see one state of the database, in a transaction that can only read.

use std::str::FromStr;
use std::time::Duration;

use csv::ByteRecord;
use futures_util::StreamExt;
use reconcile::keys::Text;
use sqlx::mysql::{MySqlConnectOptions, MySqlRow};
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Connection, Database, Executor, MySql, Postgres, Row as _, Sqlite,
    ValueRef,
};

use super::error::SourceError;
use super::intake::Intake;
use super::row::{Place, Row};
use super::table::{Columns, Table};
use super::{Progress, answer_of, ignored_notice, queries};
use crate::config::{DatabaseKind, SqlPlace};

/// How long a database may take to let us in.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// What differs between the databases.
pub(super) trait Foreign: Database {
    /// Begins a transaction that only reads and sees one state.
    const BEGIN: &'static [&'static str];

    /// A field as text, whatever its type; none for NULL.
    ///
    /// Plain (not prepared) queries make MariaDB and PostgreSQL send every type as text, and SQLite converts.
    fn field(row: &Self::Row, column: usize) -> Result<Option<&[u8]>, sqlx::Error>;
}

impl Foreign for Sqlite {
    const BEGIN: &'static [&'static str] = &["BEGIN"];

    fn field(row: &SqliteRow, column: usize) -> Result<Option<&[u8]>, sqlx::Error> {
        row.try_get_unchecked(column)
    }
}

impl Foreign for MySql {
    const BEGIN: &'static [&'static str] = &[
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ];

    fn field(row: &MySqlRow, column: usize) -> Result<Option<&[u8]>, sqlx::Error> {
        row.try_get_unchecked(column)
    }
}

impl Foreign for Postgres {
    const BEGIN: &'static [&'static str] = &["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"];

    fn field(row: &PgRow, column: usize) -> Result<Option<&[u8]>, sqlx::Error> {
        let value = row.try_get_raw(column)?;
        if value.is_null() {
            return Ok(None);
        }
        value.as_bytes().map(Some).map_err(sqlx::Error::Decode)
    }
}

/// Runs the queries of a source; returns notices about columns that are ignored.
pub(super) async fn read(
    place: &SqlPlace,
    name: &str,
    intake: &mut Intake<'_>,
    progress: &mut Progress<'_>,
) -> Result<Vec<String>, SourceError> {
    let password = match &place.password {
        Some(reference) => {
            let failed = |source| SourceError::Password { name: name.into(), source };
            Some(reference.resolve_text().map_err(failed)?)
        }
        None => None,
    };
    let url = place.url.reveal();
    let source = Source { place, name };
    match place.url.kind() {
        DatabaseKind::Sqlite => {
            let options = SqliteConnectOptions::from_str(url).map_err(|error| source.unreachable(error))?;
            let options = options.read_only(true).create_if_missing(false);
            source.read::<Sqlite, _>(&options, intake, progress).await
        }
        DatabaseKind::MySql => {
            let options = MySqlConnectOptions::from_str(url).map_err(|error| source.unreachable(error))?;
            let options = password.iter().fold(options, |options, password| options.password(password));
            source.read::<MySql, _>(&options, intake, progress).await
        }
        DatabaseKind::Postgres => {
            let options = PgConnectOptions::from_str(url).map_err(|error| source.unreachable(error))?;
            let options = password.iter().fold(options, |options, password| options.password(password));
            source.read::<Postgres, _>(&options, intake, progress).await
        }
    }
}

struct Source<'a> {
    place: &'a SqlPlace,
    name: &'a str,
}

impl Source<'_> {
    fn unreachable(&self, source: sqlx::Error) -> SourceError {
        SourceError::Connect { name: self.name.into(), url: self.place.url.to_string(), source }
    }

    fn failed(&self, query: &'static str, source: sqlx::Error) -> SourceError {
        SourceError::Query { name: self.name.into(), url: self.place.url.to_string(), query, source }
    }

    async fn read<DB, O>(
        &self,
        options: &O,
        intake: &mut Intake<'_>,
        progress: &mut Progress<'_>,
    ) -> Result<Vec<String>, SourceError>
    where
        DB: Foreign,
        O: ConnectOptions<Connection = DB::Connection>,
        for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    {
        let mut connection = match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
            Ok(connected) => connected.map_err(|error| self.unreachable(error))?,
            Err(_elapsed) => {
                let (name, url) = (self.name.into(), self.place.url.to_string());
                return Err(SourceError::Silent { name, url, timeout_s: CONNECT_TIMEOUT.as_secs() });
            }
        };
        for &statement in DB::BEGIN {
            let begun = sqlx::raw_sql(statement).execute(&mut connection).await;
            begun.map_err(|error| self.unreachable(error))?;
        }
        let mut notices = Vec::new();
        for (table, query) in queries(&self.place.queries) {
            let notice = self.read_query::<DB>(table, query, &mut connection, intake, progress).await?;
            notices.extend(notice);
            progress.end_of_table();
        }
        // Everything was read; how the server takes the good-bye is no matter.
        let _closed = connection.close().await;
        Ok(notices)
    }

    async fn read_query<DB>(
        &self,
        table: Table,
        query: &str,
        connection: &mut DB::Connection,
        intake: &mut Intake<'_>,
        progress: &mut Progress<'_>,
    ) -> Result<Option<String>, SourceError>
    where
        DB: Foreign,
        for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    {
        let query_name = table.as_str();
        let failed = |error| self.failed(query_name, error);
        // The query is the operator's own, from the configuration, and the transaction only reads.
        let mut rows = sqlx::raw_sql(AssertSqlSafe(query.to_owned())).fetch(connection);
        let mut columns: Option<Columns> = None;
        let mut record = ByteRecord::new();
        let mut number = 0;
        while let Some(row) = rows.next().await {
            let row = row.map_err(failed)?;
            let columns = match &columns {
                Some(columns) => columns,
                None => {
                    let found = self.columns::<DB>(table, &row)?;
                    intake.begin(table, &found);
                    columns.insert(found)
                }
            };
            number += 1;
            record.clear();
            for column in 0..columns.names.len() {
                record.push_field(DB::field(&row, column).map_err(failed)?.unwrap_or_default());
            }
            intake.row(table, columns, Row { record: &record, place: Place::Row(number), cut: None });
            progress.row();
        }
        Ok(columns.and_then(|columns| ignored_notice(&answer_of(table), &columns)))
    }

    fn columns<DB: Foreign>(&self, table: Table, row: &DB::Row) -> Result<Columns, SourceError> {
        let names = row.columns().iter().map(|column| Text::from(column.name())).collect();
        let found = Columns::find(names, table.columns(), &[]);
        found.map_err(|fault| SourceError::header(self.name, answer_of(table), fault))
    }
}
