//! A connection of its own to a server: what it holds, it holds until it ends.
//!
//! Not here: what it holds ([`crate::lock`]).

use sqlx::mysql::MySqlConnection;
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};

use crate::error::Cause;

/// A connection that belongs to no pool.
pub(crate) enum Session {
    /// To MariaDB or MySQL.
    MySql(MySqlConnection),
    /// To PostgreSQL.
    Postgres(PgConnection),
}

impl Session {
    /// Asks for one number.
    pub(crate) async fn int(&mut self, sql: &'static str) -> Result<i64, Cause> {
        let found: Option<i64> = match self {
            Session::MySql(connection) => {
                sqlx::query(sql).fetch_one(connection).await?.try_get_unchecked(0)?
            }
            Session::Postgres(connection) => {
                sqlx::query(sql).fetch_one(connection).await?.try_get_unchecked(0)?
            }
        };
        Ok(found.unwrap_or(0))
    }

    /// Says good-bye, so that the server lets go what the session holds at once.
    pub(crate) async fn close(self) {
        // Whatever the server answers, the connection ends.
        let _closed = match self {
            Session::MySql(connection) => connection.close().await,
            Session::Postgres(connection) => connection.close().await,
        };
    }
}
