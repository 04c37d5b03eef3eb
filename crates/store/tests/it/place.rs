//! A new, empty database for a test: a SQLite file, or one on the server that `MUSTER_TEST_DATABASE` names.
//!
//! `cargo xtask ci` runs the tests once for each database, with the address of a server of its own in that variable.
//!
//! Not here: anything of ours in the database; it is looked at and changed as other programs do it.
//!
//! Invariant: what a test made on a server goes with its place.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection, PgConnection, SqliteConnection};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A database and what is needed to get rid of it.
pub(crate) struct Place {
    url: String,
    /// The server's own address and the database's name there.
    server: Option<(String, String)>,
    /// Goes with the place.
    folder: Option<tempfile::TempDir>,
}

/// The server that the tests shall use; `None` for SQLite.
pub(crate) fn server() -> Option<String> {
    std::env::var("MUSTER_TEST_DATABASE").ok().filter(|url| !url.is_empty())
}

impl Place {
    /// Makes an empty database.
    pub(crate) async fn new() -> Place {
        let Some(server) = server() else { return Place::in_file() };
        let name = format!("muster_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        try_sql(&server, format!("CREATE DATABASE {name}")).await.unwrap();
        let (place, _) = server.rsplit_once('/').unwrap();
        Place { url: format!("{place}/{name}"), server: Some((server, name)), folder: None }
    }

    /// Names a file that is not there yet.
    pub(crate) fn in_file() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let mut place = Place::in_folder(folder.path());
        place.folder = Some(folder);
        place
    }

    /// Names a file in a folder that somebody else looks after.
    pub(crate) fn in_folder(folder: &std::path::Path) -> Place {
        Place::at(format!("sqlite:{}", folder.join("muster.db").display()))
    }

    /// A database that somebody else looks after.
    pub(crate) fn at(url: String) -> Place {
        Place { url, server: None, folder: None }
    }

    /// The URL, as it stands in the configuration.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Changes the database as another program does: with plain SQL, without this crate.
    pub(crate) async fn sql(&self, sql: impl Into<String>) {
        self.try_sql(sql).await.unwrap();
    }

    /// Tries to change the database as another program does.
    pub(crate) async fn try_sql(&self, sql: impl Into<String>) -> Result<(), sqlx::Error> {
        try_sql(&self.url, sql.into()).await
    }
}

/// Carries out plain SQL.
pub(crate) async fn try_sql(url: &str, sql: String) -> Result<(), sqlx::Error> {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql));
    if url.starts_with("sqlite") {
        let mut connection = SqliteConnection::connect(&format!("{url}?mode=rwc")).await?;
        sql.execute(&mut connection).await?;
        connection.close().await
    } else if url.starts_with("mysql") {
        let mut connection = MySqlConnection::connect(url).await?;
        sql.execute(&mut connection).await?;
        connection.close().await
    } else {
        let mut connection = PgConnection::connect(url).await?;
        sql.execute(&mut connection).await?;
        connection.close().await
    }
}

/// Ends whatever is still connected to a database, and removes it.
async fn remove(server: &str, name: &str) -> Result<(), sqlx::Error> {
    if server.starts_with("postgres") {
        return try_sql(server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
    }
    let mut connection = MySqlConnection::connect(server).await?;
    let connected = "SELECT CONCAT('KILL ', id) FROM information_schema.processlist WHERE db = ?";
    let kills: Vec<String> = sqlx::query_scalar(connected).bind(name).fetch_all(&mut connection).await?;
    for kill in kills {
        // It may have ended by itself.
        let _ = sqlx::raw_sql(AssertSqlSafe(kill)).execute(&mut connection).await;
    }
    sqlx::raw_sql(AssertSqlSafe(format!("DROP DATABASE {name}"))).execute(&mut connection).await?;
    connection.close().await
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(self.folder.take());
        let Some((server, name)) = self.server.take() else { return };
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            // The server may have been stopped by the test.
            let _ = runtime.block_on(remove(&server, &name));
        });
        let _ = dropped.join();
    }
}
