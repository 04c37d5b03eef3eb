//! A connection that is kept for a question that is asked again and again: no test of it before, no transaction around it.
//!
//! Not here: whatever takes more than one statement; that is a transaction ([`super::transaction`]).
//!
//! Invariant: a statement sees everything that was committed before it began.
//! Invariant: a connection on which a statement failed, or was broken off in its middle, is never asked again.

use sqlx::pool::PoolConnection;
use sqlx::{MySql, Postgres, Sqlite};

use super::drivers::{Pools, on_each};
use super::row::Row;
use super::transaction::bind;
use super::value::Value;
use crate::dialect::Dialect;
use crate::error::{Cause, Result, StoreError};

/// A connection that is kept.
pub(crate) struct Standing {
    pools: Pools,
    dialect: Dialect,
    kept: Option<Kept>,
}

/// A connection of one of the drivers.
pub(super) enum Kept {
    /// To the embedded database.
    Sqlite(PoolConnection<Sqlite>),
    /// To MariaDB and MySQL.
    MySql(PoolConnection<MySql>),
    /// To PostgreSQL.
    Postgres(PoolConnection<Postgres>),
}

impl Standing {
    /// Nothing is connected before the first question.
    pub(super) fn new(pools: Pools, dialect: Dialect) -> Standing {
        Standing { pools, dialect, kept: None }
    }

    /// Asks. A connection that was kept may have died since; then the question is asked once more on a new one.
    pub(crate) async fn rows<T: Send>(
        &mut self,
        purpose: &'static str,
        sql: &str,
        values: &[Value],
        mut read: impl FnMut(&mut Row<'_>) -> Result<T, Cause> + Send,
    ) -> Result<Vec<T>> {
        let failed = |error: Cause| StoreError::Query { purpose, source: error };
        // Why an old connection died does not matter; what a new one says does.
        if let Some(kept) = self.kept.take()
            && let Ok(rows) = self.ask(kept, sql, values, &mut read).await
        {
            return Ok(rows);
        }
        let new = self.pools.keep().await.map_err(|error| failed(error.into()))?;
        self.ask(new, sql, values, &mut read).await.map_err(failed)
    }

    async fn ask<T: Send>(
        &mut self,
        mut kept: Kept,
        sql: &str,
        values: &[Value],
        read: &mut (impl FnMut(&mut Row<'_>) -> Result<T, Cause> + Send),
    ) -> Result<Vec<T>, Cause> {
        let sql = self.dialect.statement(sql.into());
        let all = on_each!(Kept, &mut kept, connection => {
            let rows = bind(sql, values.iter().cloned()).fetch_all(&mut **connection).await?;
            rows.iter().map(|row| read(&mut Row::new(row))).collect::<Result<Vec<T>, Cause>>()?
        });
        if self.pools.may_keep() {
            self.kept = Some(kept);
        }
        Ok(all)
    }
}
