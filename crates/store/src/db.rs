//! Connections, transactions and rows: the only file that knows the database library.
//!
//! Not here: any statement of ours.
//!
//! Invariant: statements are written with `?` for each value; no value ever becomes part of a statement's text.
//! Invariant: all work happens in a [`Transaction`]; one that is dropped without `commit` never happened.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use reconcile::keys::{CourseId, ModuleCode, PersonKey, SourceGroupId, SourceName, Text, UserId};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Row as _, Sqlite};

use crate::dialect::{Conflict, Dialect, marks};
use crate::error::{Cause, Result, StoreError};
use crate::time::Timestamp;

/// How many connections may read at once while one writes.
const READERS_MAX: u32 = 4;
/// How long a transaction waits for another one that is writing: the largest delivery takes a minute.
const BUSY_TIMEOUT: Duration = Duration::from_secs(120);
/// How many rows one insert carries: more gain nothing, and the statement's text grows.
const INSERT_ROWS_MAX: usize = 500;
/// How many keys one list of an `IN (…)` holds.
pub(crate) const LIST_MAX: usize = 1_000;

/// A value that goes into a statement.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// A text.
    Text(Text),
}

/// Declares how values of ours become values of a statement.
macro_rules! values {
    ($($from:ty, $value:ident => $into:expr;)+) => {
        $(impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $into
            }
        })+
    };
}

values! {
    i64, value => Value::Int(value);
    u32, value => Value::Int(value.into());
    bool, value => Value::Int(value.into());
    // Counts of rows never come near the limit of 64 bits.
    u64, value => Value::Int(i64::try_from(value).unwrap_or(i64::MAX));
    usize, value => Value::Int(i64::try_from(value).unwrap_or(i64::MAX));
    Timestamp, value => Value::Int(value.0);
    CourseId, value => Value::Int(value.0);
    UserId, value => Value::Int(value.0);
    &str, value => Value::Text(value.into());
    String, value => Value::Text(value.into());
    &String, value => Value::Text(value.as_str().into());
    Text, value => Value::Text(value);
    &Text, value => Value::Text(value.clone());
    &ModuleCode, value => Value::Text(value.0.clone());
    &SourceName, value => Value::Text(value.0.clone());
    &SourceGroupId, value => Value::Text(value.0.clone());
    &PersonKey, value => Value::Text(value.0.clone());
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// The database: one connection that writes, a few that read.
#[derive(Clone)]
pub(crate) struct Db {
    writer: SqlitePool,
    readers: SqlitePool,
    dialect: Dialect,
    path: Option<PathBuf>,
}

impl Db {
    /// Opens the database that a URL names, and creates it where it is not there yet.
    pub(crate) async fn open(url: &str) -> Result<Db> {
        let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
        let name = match url.strip_prefix("sqlite:") {
            Some(rest) => rest.strip_prefix("//").unwrap_or(rest),
            None => "",
        };
        if name.is_empty() {
            return Err(StoreError::Unsupported { scheme: scheme.to_owned() });
        }
        let opened =
            if name == ":memory:" { Db::open_memory().await } else { Db::open_file(name.into()).await };
        opened.map_err(|error| StoreError::CannotOpen { database: name.to_owned(), source: error.into() })
    }

    async fn open_memory() -> Result<Db, sqlx::Error> {
        // A database in memory belongs to one connection, which must therefore never be closed.
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
        let one = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await?;
        Ok(Db { writer: one.clone(), readers: one, dialect: Dialect::Sqlite, path: None })
    }

    async fn open_file(path: PathBuf) -> Result<Db, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A journal of intents is worth its name only if a power cut keeps it.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            // In KiB where negative, and in pages: a run writes many small transactions.
            .pragma("cache_size", "-32000")
            .pragma("wal_autocheckpoint", "8000")
            .row_buffer_size(1_000);
        let pool =
            |connections| SqlitePoolOptions::new().max_connections(connections).acquire_timeout(BUSY_TIMEOUT);
        let writer = pool(1).connect_with(options.clone()).await?;
        let readers = pool(READERS_MAX).connect_with(options).await?;
        Ok(Db { writer, readers, dialect: Dialect::Sqlite, path: Some(path) })
    }

    /// The database file; `None` for a database in memory.
    pub(crate) fn path(&self) -> Option<&PathBuf> {
        self.path.as_ref()
    }

    /// How this database spells things.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Begins a transaction that may write; waits for the one before it.
    pub(crate) async fn write(&self, purpose: &'static str) -> Result<Transaction> {
        // IMMEDIATE, because a transaction that begins by reading cannot always become a writing one later.
        let begun = self.writer.begin_with("BEGIN IMMEDIATE").await;
        self.transaction(begun, purpose)
    }

    /// Begins a transaction that reads one state of the whole database, whatever others write meanwhile.
    pub(crate) async fn read(&self, purpose: &'static str) -> Result<Transaction> {
        let begun = self.readers.begin().await;
        self.transaction(begun, purpose)
    }

    /// Writes the file anew, so that nothing is left in it of what was deleted or changed. A database in memory has none.
    pub(crate) async fn compact(&self) -> Result<()> {
        if self.path.is_none() {
            return Ok(());
        }
        let done = sqlx::raw_sql("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.writer).await;
        done.map(|_| ()).map_err(|error| StoreError::Query {
            purpose: "write the database file anew",
            source: error.into(),
        })
    }

    /// Closes all connections; what is committed is in the file.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    fn transaction(
        &self,
        begun: Result<sqlx::Transaction<'static, Sqlite>, sqlx::Error>,
        purpose: &'static str,
    ) -> Result<Transaction> {
        let inner = begun.map_err(|error| StoreError::Query { purpose, source: error.into() })?;
        Ok(Transaction { inner, dialect: self.dialect, purpose })
    }
}

/// Statements that happen together or not at all.
pub(crate) struct Transaction {
    inner: sqlx::Transaction<'static, Sqlite>,
    dialect: Dialect,
    purpose: &'static str,
}

impl Transaction {
    /// Carries out a statement; returns the number of rows that it changed.
    pub(crate) async fn execute(
        &mut self,
        sql: impl Into<Arc<str>>,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<u64> {
        let done = bind(sql.into(), values).execute(&mut *self.inner).await;
        done.map(|done| done.rows_affected()).map_err(|error| self.failed(error))
    }

    /// Carries out several statements without values, as a migration has them.
    pub(crate) async fn script(&mut self, sql: String) -> Result<()> {
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *self.inner).await;
        done.map(|_| ()).map_err(|error| self.failed(error))
    }

    /// Reads rows one at a time.
    pub(crate) async fn each(
        &mut self,
        sql: impl Into<Arc<str>>,
        values: impl IntoIterator<Item = Value>,
        mut visit: impl FnMut(&mut Row<'_>) -> Result<(), Cause> + Send,
    ) -> Result<()> {
        let purpose = self.purpose;
        let failed = |source: Cause| StoreError::Query { purpose, source };
        let mut rows = bind(sql.into(), values).fetch(&mut *self.inner);
        while let Some(row) = rows.try_next().await.map_err(|error| failed(error.into()))? {
            visit(&mut Row { row: &row, next: 0 }).map_err(failed)?;
        }
        Ok(())
    }

    /// Reads all rows.
    pub(crate) async fn rows<T: Send>(
        &mut self,
        sql: impl Into<Arc<str>>,
        values: impl IntoIterator<Item = Value>,
        mut read: impl FnMut(&mut Row<'_>) -> Result<T, Cause> + Send,
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        self.each(sql, values, |row| {
            all.push(read(row)?);
            Ok(())
        })
        .await?;
        Ok(all)
    }

    /// Reads the first row.
    pub(crate) async fn first<T: Send>(
        &mut self,
        sql: impl Into<Arc<str>>,
        values: impl IntoIterator<Item = Value>,
        read: impl FnMut(&mut Row<'_>) -> Result<T, Cause> + Send,
    ) -> Result<Option<T>> {
        Ok(self.rows(sql, values, read).await?.into_iter().next())
    }

    /// Inserts rows, many with each statement.
    pub(crate) async fn insert_many<const N: usize>(
        &mut self,
        table: &str,
        columns: [&str; N],
        conflict: Conflict<'_>,
        rows: impl IntoIterator<Item = [Value; N], IntoIter: Send>,
    ) -> Result<()> {
        let rows_max = (self.dialect.binds_max() / N).min(INSERT_ROWS_MAX);
        let full = self.insert_sql(table, &columns, &conflict, rows_max);
        let mut rows = rows.into_iter();
        loop {
            let mut values = Vec::with_capacity(N * rows_max);
            for row in rows.by_ref().take(rows_max) {
                values.extend(row);
            }
            let count = values.len() / N;
            if count == rows_max {
                self.execute(full.clone(), values).await?;
                continue;
            }
            if count > 0 {
                self.execute(self.insert_sql(table, &columns, &conflict, count), values).await?;
            }
            return Ok(());
        }
    }

    /// Inserts one row into a table with an `{id}`, and returns that id.
    pub(crate) async fn insert_one<const N: usize>(
        &mut self,
        table: &str,
        columns: [&str; N],
        row: [Value; N],
    ) -> Result<i64> {
        let sql = self.insert_sql(table, &columns, &Conflict::Fail, 1);
        let done = bind(sql, row).execute(&mut *self.inner).await;
        done.map(|done| done.last_insert_rowid()).map_err(|error| self.failed(error))
    }

    /// The highest id of a table with an `{id}`; 0 where it is empty.
    pub(crate) async fn id_max(&mut self, table: &str) -> Result<i64> {
        let sql = format!("SELECT COALESCE(MAX(id), 0) FROM {table}");
        Ok(self.first(sql, [], |row| row.int()).await?.unwrap_or(0))
    }

    /// Makes everything since the beginning last.
    pub(crate) async fn commit(self) -> Result<()> {
        let purpose = self.purpose;
        self.inner.commit().await.map_err(|error| StoreError::Query { purpose, source: error.into() })
    }

    fn insert_sql(&self, table: &str, columns: &[&str], conflict: &Conflict<'_>, rows: usize) -> Arc<str> {
        let row = format!("({})", marks(columns.len()));
        let rows = vec![row.as_str(); rows].join(", ");
        let end = self.dialect.on_conflict(conflict);
        format!("INSERT INTO {table} ({}) VALUES {rows}{end}", columns.join(", ")).into()
    }

    fn failed(&self, error: sqlx::Error) -> StoreError {
        StoreError::Query { purpose: self.purpose, source: error.into() }
    }
}

type SqliteQuery = sqlx::query::Query<'static, Sqlite, sqlx::sqlite::SqliteArguments>;

fn bind(sql: Arc<str>, values: impl IntoIterator<Item = Value>) -> SqliteQuery {
    let query = sqlx::query(AssertSqlSafe(sql));
    values.into_iter().fold(query, |query, value| match value {
        Value::Null => query.bind(None::<i64>),
        Value::Int(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
    })
}

/// A row that is read column by column, in the order of the `SELECT`.
pub(crate) struct Row<'r> {
    row: &'r SqliteRow,
    next: usize,
}

impl Row<'_> {
    /// The next column, a number.
    pub(crate) fn int(&mut self) -> Result<i64, Cause> {
        Ok(self.int_or_none()?.unwrap_or_default())
    }

    /// The next column, a number or nothing.
    pub(crate) fn int_or_none(&mut self) -> Result<Option<i64>, Cause> {
        Ok(self.row.try_get_unchecked::<Option<i64>, _>(self.column())?)
    }

    /// The next column, a count.
    pub(crate) fn count(&mut self) -> Result<u64, Cause> {
        Ok(u64::try_from(self.int()?)?)
    }

    /// The next column, yes or no.
    pub(crate) fn flag(&mut self) -> Result<bool, Cause> {
        Ok(self.int()? != 0)
    }

    /// The next column, a time.
    pub(crate) fn time(&mut self) -> Result<Timestamp, Cause> {
        Ok(Timestamp(self.int()?))
    }

    /// The next column, a time or nothing.
    pub(crate) fn time_or_none(&mut self) -> Result<Option<Timestamp>, Cause> {
        Ok(self.int_or_none()?.map(Timestamp))
    }

    /// The next column, a text.
    pub(crate) fn text(&mut self) -> Result<Text, Cause> {
        Ok(self.text_or_none()?.unwrap_or_else(|| "".into()))
    }

    /// The next column, a text or nothing. Bytes that another program wrote and that are no text become U+FFFD.
    pub(crate) fn text_or_none(&mut self) -> Result<Option<Text>, Cause> {
        let column = self.column();
        match self.row.try_get_unchecked::<Option<&str>, _>(column) {
            Ok(text) => Ok(text.map(Into::into)),
            Err(sqlx::Error::ColumnDecode { .. }) => {
                let bytes = self.row.try_get_unchecked::<Vec<u8>, _>(column)?;
                Ok(Some(String::from_utf8_lossy(&bytes).into()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The next column, a text that is only looked at.
    pub(crate) fn str_or_none(&mut self) -> Result<Option<&str>, Cause> {
        Ok(self.row.try_get_unchecked::<Option<&str>, _>(self.column())?)
    }

    fn column(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }
}
