//! A transaction in MariaDB or MySQL.
//!
//! The library's own transaction would put a connection back into its pool when a statement was broken off in its middle,
//! and the next one would read that statement's answer as its own.
//!
//! Invariant: a connection whose statement was broken off is closed, and the server undoes what it had not committed.

use std::ops::{Deref, DerefMut};

use sqlx::mysql::{MySqlConnection, MySqlPool};
use sqlx::pool::PoolConnection;
use sqlx::{MySql, raw_sql};

/// A transaction. One that is dropped ends without a trace when its connection goes back ([`ENDS_WITH`]).
pub(super) struct MySqlTransaction {
    connection: PoolConnection<MySql>,
    /// Whether the answer of a statement may still be under way.
    waiting: bool,
}

/// What a connection says when it goes back into its pool.
pub(super) const ENDS_WITH: &str = "ROLLBACK";

impl MySqlTransaction {
    /// Begins.
    pub(super) async fn begin(pool: &MySqlPool, begin: &'static str) -> Result<Self, sqlx::Error> {
        let connection = pool.acquire().await?;
        let mut transaction = MySqlTransaction { connection, waiting: true };
        raw_sql(begin).execute(&mut *transaction.connection).await?;
        transaction.waiting = false;
        Ok(transaction)
    }

    /// Makes everything since the beginning last.
    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.waiting = true;
        raw_sql("COMMIT").execute(&mut *self.connection).await?;
        self.waiting = false;
        Ok(())
    }

    /// Notes that a statement begins.
    pub(super) fn begins(&mut self) {
        self.waiting = true;
    }

    /// Notes that a statement came to its end; one that the server refused did as well.
    pub(super) fn ended<T>(&mut self, with: &Result<T, sqlx::Error>) {
        self.waiting = !matches!(with, Ok(_) | Err(sqlx::Error::Database(_)));
    }
}

impl Deref for MySqlTransaction {
    type Target = MySqlConnection;

    fn deref(&self) -> &MySqlConnection {
        &self.connection
    }
}

impl DerefMut for MySqlTransaction {
    fn deref_mut(&mut self) -> &mut MySqlConnection {
        &mut self.connection
    }
}

impl Drop for MySqlTransaction {
    fn drop(&mut self) {
        if self.waiting {
            self.connection.close_on_drop();
        }
    }
}
