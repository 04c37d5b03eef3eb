//! The three drivers of the database library, and the choice among them.
//!
//! Not here: statements ([`super::transaction`]); how databases spell things ([`crate::dialect`]).
//!
//! Invariant: each connection is set up alike, whatever the server's settings are: strict about values, UTF-8, READ
//! COMMITTED for those that write and one state for those that read.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlPoolOptions, MySqlRow};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, MySql, Pool, Postgres, Row as _, Sqlite};

use super::mysql::{ENDS_WITH, MySqlTransaction};
use super::session::Session;
use super::standing::Kept;
use crate::store::Access;

/// The place of a database that is never in a file.
pub(super) const IN_MEMORY: &str = ":memory:";
/// How many connections may read at once while one writes. One of them may be kept for long ([`Pools::keep`]).
const READERS_MAX: u32 = 5;
/// How many connections of a worker may write at once: its lanes, and its sign of life.
const WORKERS_MAX: u32 = 5;
/// How long a server may take to let us in at first.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Does the same with whichever driver it is.
macro_rules! on_each {
    ($choice:ident, $value:expr, $inner:pat => $body:expr) => {
        match $value {
            $choice::Sqlite($inner) => $body,
            $choice::MySql($inner) => $body,
            $choice::Postgres($inner) => $body,
        }
    };
}
pub(super) use on_each;

/// The connections to one database.
#[derive(Clone)]
pub(super) enum Pools {
    /// The embedded database.
    Sqlite(Roles<Pool<Sqlite>>),
    /// MariaDB and MySQL.
    MySql(Roles<Pool<MySql>>),
    /// PostgreSQL.
    Postgres(Roles<Pool<Postgres>>),
}

/// One connection that writes, some that write for workers beside each other, and some that read.
#[derive(Clone)]
pub(super) struct Roles<P> {
    writer: P,
    /// In SQLite, where one writes at a time, the writer itself.
    workers: P,
    pub(super) readers: P,
}

/// A transaction of one of the drivers.
pub(super) enum Begun {
    /// Of the embedded database.
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    /// Of MariaDB and MySQL.
    MySql(MySqlTransaction),
    /// Of PostgreSQL.
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// A row of one of the drivers.
#[derive(Clone, Copy)]
pub(super) enum Fetched<'r> {
    /// Of the embedded database.
    Sqlite(&'r SqliteRow),
    /// Of MariaDB and MySQL.
    MySql(&'r MySqlRow),
    /// Of PostgreSQL.
    Postgres(&'r PgRow),
}

impl<'r> From<&'r SqliteRow> for Fetched<'r> {
    fn from(row: &'r SqliteRow) -> Self {
        Fetched::Sqlite(row)
    }
}

impl<'r> From<&'r MySqlRow> for Fetched<'r> {
    fn from(row: &'r MySqlRow) -> Self {
        Fetched::MySql(row)
    }
}

impl<'r> From<&'r PgRow> for Fetched<'r> {
    fn from(row: &'r PgRow) -> Self {
        Fetched::Postgres(row)
    }
}

/// Opens a SQLite file, or a database in memory.
pub(super) async fn sqlite(place: &str, wait: Duration) -> Result<Pools, sqlx::Error> {
    if place == IN_MEMORY {
        // A database in memory belongs to one connection, which must therefore never be closed.
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
        let one = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await?;
        return Ok(Pools::Sqlite(Roles { writer: one.clone(), workers: one.clone(), readers: one }));
    }
    let options = SqliteConnectOptions::new().filename(place).foreign_keys(true).busy_timeout(wait);
    let options = if can_be_written(place) {
        options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A journal of intents is worth its name only if a power cut keeps it.
            .synchronous(SqliteSynchronous::Full)
            .pragma("wal_autocheckpoint", "8000")
    } else {
        only_read(options.read_only(true), place).await
    };
    // In KiB where negative, and in pages: a run writes many small transactions.
    let options = options.pragma("cache_size", "-32000").row_buffer_size(1_000);
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            // A file does not hang up: a connection to it needs no test before it is used, and each test wakes a thread.
            .test_before_acquire(false)
            .acquire_timeout(wait)
            // After some failures, such as a full disk, SQLite ends a transaction by itself, and the library believes to
            // be in it for ever.
            .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
    };
    let writer = pool(1).connect_with(options.clone()).await?;
    let readers = pool(READERS_MAX).connect_with(options).await?;
    Ok(Pools::Sqlite(Roles { workers: writer.clone(), writer, readers }))
}

/// Whether a database file can be written, or made.
fn can_be_written(file: &str) -> bool {
    // Neither truncates nor creates: it only asks whether writing is allowed.
    let refused = OpenOptions::new().append(true).open(file).err().map(|error| error.kind());
    !matches!(refused, Some(ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem))
}

/// How a file that cannot be written is read. Readers make a file beside it, unless they are told that nobody writes; that
/// is so where its folder lets nothing be made, and nothing written waits beside it.
async fn only_read(options: SqliteConnectOptions, file: &str) -> SqliteConnectOptions {
    let looked = async {
        let mut connection = options.connect().await?;
        sqlx::query("SELECT COUNT(*) FROM sqlite_master").fetch_one(&mut connection).await?;
        connection.close().await
    };
    let nothing_waits = std::fs::metadata(format!("{file}-wal")).map_or(true, |log| log.len() == 0);
    let immutable = looked.await.is_err() && nothing_waits;
    options.immutable(immutable)
}

/// Reaches MariaDB or MySQL; returns the version as well. The error says where that was tried.
pub(super) async fn mysql(url: &str, access: Access<'_>) -> Result<(Pools, String), (String, sqlx::Error)> {
    let options = MySqlConnectOptions::from_str(url).map_err(|error| ("the server".to_owned(), error))?;
    let options = access.password.into_iter().fold(options, |options, password| options.password(password));
    let wait = access.wait;
    let database = options.get_database().unwrap_or("(no database)");
    let place = format!("{}:{}/{database}", options.get_host(), options.get_port());
    let first = async {
        let mut connection = in_time(options.connect()).await?;
        let version = sqlx::query("SELECT VERSION()").fetch_one(&mut connection).await?;
        let version: String = version.try_get_unchecked(0)?;
        let _closed = connection.close().await;
        Ok(version)
    };
    let version = first.await.map_err(|error| (place, error))?;
    let seconds = wait.as_secs().max(1);
    let pool = |connections, set_up: String| {
        let set_up: Arc<str> = set_up.into();
        MySqlPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(wait)
            .after_connect(move |connection, _| {
                let set_up = sqlx::raw_sql(AssertSqlSafe(set_up.clone()));
                Box::pin(async move { set_up.execute(connection).await.map(drop) })
            })
            .after_release(|connection, _| {
                Box::pin(async move { sqlx::raw_sql(ENDS_WITH).execute(connection).await.map(|_| true) })
            })
            .connect_lazy_with(options.clone())
    };
    // The second one is for a table that somebody changes or locks; the server's own patience is a day.
    let patience = format!("innodb_lock_wait_timeout = {seconds}, lock_wait_timeout = {seconds}");
    let writes = format!(
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', default_storage_engine = InnoDB, \
         {patience}; SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
    );
    let (writer, workers) = (pool(1, writes.clone()), pool(WORKERS_MAX, writes));
    let isolation = "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";
    let readers = pool(READERS_MAX, format!("SET SESSION {patience}; {isolation}"));
    Ok((Pools::MySql(Roles { writer, workers, readers }), version))
}

/// Reaches PostgreSQL; returns the version as well. The error says where that was tried.
pub(super) async fn postgres(
    url: &str,
    access: Access<'_>,
) -> Result<(Pools, String), (String, sqlx::Error)> {
    let options = PgConnectOptions::from_str(url).map_err(|error| ("the server".to_owned(), error))?;
    let options = options.application_name(&format!("muster {}", std::process::id()));
    let options = access.password.into_iter().fold(options, |options, password| options.password(password));
    let wait = access.wait;
    let database = options.get_database().unwrap_or("(no database)");
    let place = format!("{}:{}/{database}", options.get_host(), options.get_port());
    let first = async {
        let mut connection = in_time(options.connect()).await?;
        let version = sqlx::query("SHOW server_version").fetch_one(&mut connection).await?;
        let version: String = version.try_get_unchecked(0)?;
        let _closed = connection.close().await;
        Ok(version)
    };
    let version = first.await.map_err(|error| (place, error))?;
    let pool = |connections| {
        PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(wait)
            .after_connect(move |connection, _| {
                let patience = wait.as_millis();
                let set_up = format!("SET lock_timeout = {patience}; SET client_min_messages = warning");
                let set_up = sqlx::raw_sql(AssertSqlSafe(set_up));
                Box::pin(async move { set_up.execute(connection).await.map(drop) })
            })
            .connect_lazy_with(options.clone())
    };
    let (writer, workers, readers) = (pool(1), pool(WORKERS_MAX), pool(READERS_MAX));
    Ok((Pools::Postgres(Roles { writer, workers, readers }), version))
}

async fn in_time<C>(connect: impl Future<Output = Result<C, sqlx::Error>>) -> Result<C, sqlx::Error> {
    match tokio::time::timeout(CONNECT_TIMEOUT, connect).await {
        Ok(connected) => connected,
        Err(elapsed) => Err(std::io::Error::from(elapsed).into()),
    }
}

impl Pools {
    /// Begins a transaction that may write.
    pub(super) async fn begin_write(&self) -> Result<Begun, sqlx::Error> {
        Ok(match self {
            // IMMEDIATE, because a transaction that begins by reading cannot always become a writing one later.
            Pools::Sqlite(pools) => Begun::Sqlite(pools.writer.begin_with("BEGIN IMMEDIATE").await?),
            Pools::MySql(pools) => {
                Begun::MySql(MySqlTransaction::begin(&pools.writer, "START TRANSACTION").await?)
            }
            Pools::Postgres(pools) => {
                Begun::Postgres(pools.writer.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?)
            }
        })
    }

    /// Begins a transaction of a worker, which may write while others do.
    pub(super) async fn begin_worker(&self) -> Result<Begun, sqlx::Error> {
        Ok(match self {
            Pools::Sqlite(_) => return self.begin_write().await,
            Pools::MySql(pools) => {
                Begun::MySql(MySqlTransaction::begin(&pools.workers, "START TRANSACTION").await?)
            }
            Pools::Postgres(pools) => {
                Begun::Postgres(pools.workers.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?)
            }
        })
    }

    /// Begins a transaction that reads one state of the whole database.
    pub(super) async fn begin_read(&self) -> Result<Begun, sqlx::Error> {
        Ok(match self {
            Pools::Sqlite(pools) => Begun::Sqlite(pools.readers.begin().await?),
            Pools::MySql(pools) => {
                let begin = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
                Begun::MySql(MySqlTransaction::begin(&pools.readers, begin).await?)
            }
            Pools::Postgres(pools) => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                Begun::Postgres(pools.readers.begin_with(begin).await?)
            }
        })
    }

    /// Takes a connection that reads out of its pool for long; it is closed when it is dropped.
    pub(super) async fn keep(&self) -> Result<Kept, sqlx::Error> {
        let mut kept = match self {
            Pools::Sqlite(pools) => Kept::Sqlite(pools.readers.acquire().await?),
            Pools::MySql(pools) => Kept::MySql(pools.readers.acquire().await?),
            Pools::Postgres(pools) => Kept::Postgres(pools.readers.acquire().await?),
        };
        if self.may_keep() {
            // A statement that was broken off would leave its answer to the next one.
            on_each!(Kept, &mut kept, connection => connection.close_on_drop());
        }
        Ok(kept)
    }

    /// Whether there is a connection to keep: a database in memory is one connection, and others need it.
    pub(super) fn may_keep(&self) -> bool {
        on_each!(Pools, self, pools => pools.readers.options().get_max_connections() > 1)
    }

    /// Opens a connection that belongs to no pool. The server lets it go after a minute in which it says nothing, as it
    /// would when the machine lost its power.
    pub(super) async fn session(&self) -> Result<Session, sqlx::Error> {
        match self {
            Pools::Sqlite(_) => Err(sqlx::Error::Configuration("SQLite has no sessions".into())),
            Pools::MySql(pools) => {
                let mut connection: MySqlConnection =
                    in_time(pools.writer.connect_options().connect()).await?;
                sqlx::raw_sql("SET SESSION wait_timeout = 60").execute(&mut connection).await?;
                Ok(Session::MySql(connection))
            }
            Pools::Postgres(pools) => {
                let mut connection: PgConnection = in_time(pools.writer.connect_options().connect()).await?;
                sqlx::raw_sql("SET idle_session_timeout = '60s'").execute(&mut connection).await?;
                Ok(Session::Postgres(connection))
            }
        }
    }

    /// Writes a SQLite file anew; servers do that themselves.
    pub(super) async fn compact(&self) -> Result<(), sqlx::Error> {
        if let Pools::Sqlite(roles) = self {
            sqlx::raw_sql("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)").execute(&roles.writer).await?;
        }
        Ok(())
    }

    /// Closes all connections.
    pub(super) async fn close(&self) {
        on_each!(Pools, self, pools => {
            pools.readers.close().await;
            pools.workers.close().await;
            pools.writer.close().await;
        });
    }
}
