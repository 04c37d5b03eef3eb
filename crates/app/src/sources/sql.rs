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
use crate::config::{DatabaseKind, DatabaseUrl, SecretRef, SqlPlace};

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

/// A query and what it is called in messages.
pub(super) struct Question<'a> {
    pub(super) name: &'static str,
    pub(super) query: &'a str,
}

/// Takes the answers to queries, one after the other.
pub(super) trait Taker {
    /// A query with rows begins to answer, with these columns.
    fn begin(&mut self, query: &'static str, columns: Vec<Text>) -> Result<(), SourceError>;

    /// A row of it; NULL is an empty field.
    fn row(&mut self, number: u64, record: &ByteRecord);

    /// It has answered, with or without rows.
    fn end(&mut self);
}

/// The database that is asked.
pub(super) struct Asked<'a> {
    /// What it is called in messages.
    pub(super) name: &'a str,
    /// Its address.
    pub(super) url: &'a DatabaseUrl,
    /// The password, unless the address holds it.
    pub(super) password: Option<&'a SecretRef>,
}

/// Runs the queries of a source; returns notices about columns that are ignored.
pub(super) async fn read(
    place: &SqlPlace,
    name: &str,
    intake: &mut Intake<'_>,
    progress: &mut Progress<'_>,
) -> Result<Vec<String>, SourceError> {
    let questions: Vec<_> =
        queries(&place.queries).map(|(table, query)| Question { name: table.as_str(), query }).collect();
    let mut tables = Tables { name, intake, progress, now: None, notices: Vec::new() };
    let asked = Asked { name, url: &place.url, password: place.password.as_ref() };
    ask(&asked, &questions, &mut tables).await?;
    Ok(tables.notices)
}

/// Hands the rows of a source to its intake.
struct Tables<'t, 'i, 'p> {
    name: &'t str,
    intake: &'t mut Intake<'i>,
    progress: &'t mut Progress<'p>,
    now: Option<(Table, Columns)>,
    notices: Vec<String>,
}

impl Taker for Tables<'_, '_, '_> {
    fn begin(&mut self, query: &'static str, columns: Vec<Text>) -> Result<(), SourceError> {
        let tables = [Table::Groups, Table::Members, Table::Modules];
        let Some(table) = tables.into_iter().find(|table| table.as_str() == query) else { return Ok(()) };
        let found = Columns::find(columns, table.columns(), &[]);
        let columns = found.map_err(|fault| SourceError::header(self.name, answer_of(table), fault))?;
        self.intake.begin(table, &columns);
        self.notices.extend(ignored_notice(&answer_of(table), &columns));
        self.now = Some((table, columns));
        Ok(())
    }

    fn row(&mut self, number: u64, record: &ByteRecord) {
        if let Some((table, columns)) = &self.now {
            self.intake.row(*table, columns, Row { record, place: Place::Row(number), cut: None });
            self.progress.row();
        }
    }

    fn end(&mut self) {
        self.progress.end_of_table();
    }
}

/// Asks a database, and hands over what it answers.
pub(super) async fn ask(
    asked: &Asked<'_>,
    questions: &[Question<'_>],
    taker: &mut impl Taker,
) -> Result<(), SourceError> {
    let password = match asked.password {
        Some(reference) => {
            let failed = |source| SourceError::Password { name: asked.name.into(), source };
            Some(reference.resolve_text().map_err(failed)?)
        }
        None => None,
    };
    let url = asked.url.reveal();
    match asked.url.kind() {
        DatabaseKind::Sqlite => {
            let options = SqliteConnectOptions::from_str(url).map_err(|error| asked.unreachable(error))?;
            let options = options.read_only(true).create_if_missing(false);
            asked.ask::<Sqlite, _>(&options, questions, taker).await
        }
        DatabaseKind::MySql => {
            let options = MySqlConnectOptions::from_str(url).map_err(|error| asked.unreachable(error))?;
            let options = password.iter().fold(options, |options, password| options.password(password));
            asked.ask::<MySql, _>(&options, questions, taker).await
        }
        DatabaseKind::Postgres => {
            let options = PgConnectOptions::from_str(url).map_err(|error| asked.unreachable(error))?;
            let options = password.iter().fold(options, |options, password| options.password(password));
            asked.ask::<Postgres, _>(&options, questions, taker).await
        }
    }
}

impl Asked<'_> {
    fn unreachable(&self, source: sqlx::Error) -> SourceError {
        SourceError::Connect { name: self.name.into(), url: self.url.to_string(), source }
    }

    async fn ask<DB, O>(
        &self,
        options: &O,
        questions: &[Question<'_>],
        taker: &mut impl Taker,
    ) -> Result<(), SourceError>
    where
        DB: Foreign,
        O: ConnectOptions<Connection = DB::Connection>,
        for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    {
        let mut connection = match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
            Ok(connected) => connected.map_err(|error| self.unreachable(error))?,
            Err(_elapsed) => {
                let (name, url) = (self.name.into(), self.url.to_string());
                return Err(SourceError::Silent { name, url, timeout_s: CONNECT_TIMEOUT.as_secs() });
            }
        };
        for &statement in DB::BEGIN {
            let begun = sqlx::raw_sql(statement).execute(&mut connection).await;
            begun.map_err(|error| self.unreachable(error))?;
        }
        for question in questions {
            self.ask_one::<DB>(question, &mut connection, taker).await?;
            taker.end();
        }
        // Everything was read; how the server takes the good-bye is no matter.
        let _closed = connection.close().await;
        Ok(())
    }

    async fn ask_one<DB>(
        &self,
        question: &Question<'_>,
        connection: &mut DB::Connection,
        taker: &mut impl Taker,
    ) -> Result<(), SourceError>
    where
        DB: Foreign,
        for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    {
        let failed = |source| SourceError::Query {
            name: self.name.into(),
            url: self.url.to_string(),
            query: question.name,
            source,
        };
        // The query is the operator's own, from the configuration, and the transaction only reads.
        let mut rows = sqlx::raw_sql(AssertSqlSafe(question.query.to_owned())).fetch(connection);
        let mut record = ByteRecord::new();
        let mut number = 0;
        while let Some(row) = rows.next().await {
            let row = row.map_err(failed)?;
            if number == 0 {
                let names = row.columns().iter().map(|column| Text::from(column.name())).collect();
                taker.begin(question.name, names)?;
            }
            number += 1;
            record.clear();
            for column in 0..row.columns().len() {
                record.push_field(DB::field(&row, column).map_err(failed)?.unwrap_or_default());
            }
            taker.row(number, &record);
        }
        Ok(())
    }
}
