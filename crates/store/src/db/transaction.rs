//! Statements that happen together or not at all.

use std::sync::Arc;

use futures_util::TryStreamExt;
use reconcile::keys::Text;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Database, Encode, MySql, Postgres, Sqlite, Type};

use super::copy::copy_in;
use super::drivers::{Begun, on_each};
use super::holders::Holders;
use super::row::Row;
use super::value::Value;
use crate::dialect::{Conflict, Dialect, marks};
use crate::error::{Cause, Result, StoreError};

/// How many rows one insert carries: more gain nothing, and the statement's text grows.
const INSERT_ROWS_MAX: usize = 500;

/// Statements that happen together or not at all.
pub(crate) struct Transaction {
    inner: Begun,
    holders: Holders,
    dialect: Dialect,
    purpose: &'static str,
}

impl Transaction {
    /// A transaction that a driver began.
    pub(super) async fn begun(
        begun: Result<Begun, sqlx::Error>,
        holders: Holders,
        dialect: Dialect,
        purpose: &'static str,
    ) -> Result<Transaction> {
        match begun {
            Ok(inner) => Ok(Transaction { inner, holders, dialect, purpose }),
            Err(error) => Err(StoreError::Query { purpose, source: holders.named(error, None).await }),
        }
    }

    /// Carries out a statement; returns the number of rows that it changed.
    pub(crate) async fn execute(
        &mut self,
        sql: impl Into<Arc<str>>,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<u64> {
        let sql = self.dialect.statement(sql.into());
        self.inner.begins();
        let done = on_each!(Begun, &mut self.inner, inner => {
            bind(sql, values).execute(&mut **inner).await.map(|done| done.rows_affected())
        });
        self.inner.ended(&done);
        self.told(done).await
    }

    /// Carries out several statements without values, as a migration has them.
    pub(crate) async fn script(&mut self, sql: String) -> Result<()> {
        let script = sqlx::raw_sql(AssertSqlSafe(sql));
        self.inner.begins();
        let done = on_each!(Begun, &mut self.inner, inner => script.execute(&mut **inner).await.map(|_| ()));
        self.inner.ended(&done);
        self.told(done).await
    }

    /// Reads rows one at a time.
    pub(crate) async fn each(
        &mut self,
        sql: impl Into<Arc<str>>,
        values: impl IntoIterator<Item = Value>,
        mut visit: impl FnMut(&mut Row<'_>) -> Result<(), Cause> + Send,
    ) -> Result<()> {
        let purpose = self.purpose;
        let sql = self.dialect.statement(sql.into());
        self.inner.begins();
        let mut all = Ok(());
        on_each!(Begun, &mut self.inner, inner => {
            let mut rows = bind(sql, values).fetch(&mut **inner);
            loop {
                match rows.try_next().await {
                    Ok(Some(row)) => {
                        visit(&mut Row::new(&row)).map_err(|source| StoreError::Query { purpose, source })?;
                    }
                    Ok(None) => break,
                    Err(error) => {
                        all = Err(error);
                        break;
                    }
                }
            }
        });
        self.inner.ended(&all);
        self.told(all).await
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
        let mut rows = rows.into_iter();
        let rows_max = (self.dialect.binds_max() / N).min(INSERT_ROWS_MAX);
        let full = self.insert_sql(table, &columns, &conflict, rows_max);
        loop {
            let some: Vec<[Value; N]> = rows.by_ref().take(rows_max).collect();
            let is_full = some.len() == rows_max;
            if is_full
                && matches!(conflict, Conflict::Fail)
                && let Begun::Postgres(inner) = &mut self.inner
            {
                let rest = some.into_iter().chain(rows);
                let done = copy_in(inner, table, &columns, rest).await;
                return self.told(done).await;
            }
            let sql = match some.len() {
                0 => return Ok(()),
                _ if is_full => full.clone(),
                count => self.insert_sql(table, &columns, &conflict, count),
            };
            self.execute(sql, some.into_iter().flatten()).await?;
            if !is_full {
                return Ok(());
            }
        }
    }

    /// Inserts one row into a table with an `{id}`, and returns that id.
    pub(crate) async fn insert_one<const N: usize>(
        &mut self,
        table: &str,
        columns: [&str; N],
        row: [Value; N],
    ) -> Result<i64> {
        let insert = self.insert_sql(table, &columns, &Conflict::Fail, 1);
        let id = match self.dialect.returning_id() {
            Some(returning) => self.first(format!("{insert}{returning}"), row, |row| row.int()).await?,
            None => {
                self.execute(insert, row).await?;
                self.first("SELECT LAST_INSERT_ID()", [], |row| row.int()).await?
            }
        };
        Ok(id.unwrap_or(0))
    }

    /// The highest id of a table with an `{id}`; 0 where it is empty.
    pub(crate) async fn id_max(&mut self, table: &str) -> Result<i64> {
        let sql = format!("SELECT COALESCE(MAX(id), 0) FROM {table}");
        Ok(self.first(sql, [], |row| row.int()).await?.unwrap_or(0))
    }

    /// Makes everything since the beginning last.
    pub(crate) async fn commit(self) -> Result<()> {
        let purpose = self.purpose;
        let done = on_each!(Begun, self.inner, inner => inner.commit().await);
        done.map_err(|error| StoreError::Query { purpose, source: error.into() })
    }

    /// Makes a change of the schema last, and lets others change it.
    pub(crate) async fn commit_schema(mut self) -> Result<()> {
        let release = self.dialect.release_schema();
        if let Some(release) = release {
            // Whoever waits for the lock must see all of it.
            self.script("COMMIT; START TRANSACTION".to_owned()).await?;
            self.first(release, [], |row| row.int_or_none()).await?;
        }
        self.commit().await
    }

    fn insert_sql(&self, table: &str, columns: &[&str], conflict: &Conflict<'_>, rows: usize) -> Arc<str> {
        let row = format!("({})", marks(columns.len()));
        let rows = vec![row.as_str(); rows].join(", ");
        let end = self.dialect.on_conflict(conflict);
        format!("INSERT INTO {table} ({}) VALUES {rows}{end}", columns.join(", ")).into()
    }

    /// What came of a statement, with the name of whoever held what it waited for.
    async fn told<T>(&mut self, done: Result<T, sqlx::Error>) -> Result<T> {
        match done {
            Ok(value) => Ok(value),
            Err(error) => {
                let source = self.holders.named(error, Some(&mut self.inner)).await;
                Err(StoreError::Query { purpose: self.purpose, source })
            }
        }
    }
}

impl Begun {
    fn begins(&mut self) {
        if let Begun::MySql(transaction) = self {
            transaction.begins();
        }
    }

    fn ended<T>(&mut self, with: &Result<T, sqlx::Error>) {
        if let Begun::MySql(transaction) = self {
            transaction.ended(with);
        }
    }
}

/// How a driver takes a value that is nothing.
pub(super) trait BindsNothing: Database {
    /// What stands for nothing, whatever the type of the column.
    type Nothing: for<'q> Encode<'q, Self> + Type<Self>;

    /// It.
    const NOTHING: Self::Nothing;
}

impl BindsNothing for Sqlite {
    type Nothing = Option<i64>;
    const NOTHING: Option<i64> = None;
}

impl BindsNothing for MySql {
    type Nothing = Option<i64>;
    const NOTHING: Option<i64> = None;
}

impl BindsNothing for Postgres {
    type Nothing = Untyped;
    const NOTHING: Untyped = Untyped;
}

/// Nothing, of the type that PostgreSQL finds out by itself; a number that is nothing would not go into a text.
pub(super) struct Untyped;

impl Type<Postgres> for Untyped {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl Encode<'_, Postgres> for Untyped {
    fn encode_by_ref(&self, _buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}

/// A statement with its values.
pub(super) fn bind<DB>(
    sql: Arc<str>,
    values: impl IntoIterator<Item = Value>,
) -> Query<'static, DB, <DB as Database>::Arguments>
where
    DB: BindsNothing,
    for<'q> i64: Encode<'q, DB> + Type<DB>,
    for<'q> Text: Encode<'q, DB> + Type<DB>,
{
    let query = sqlx::query(AssertSqlSafe(sql));
    values.into_iter().fold(query, |query, value| match value {
        Value::Null => query.bind(DB::NOTHING),
        Value::Int(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
    })
}
