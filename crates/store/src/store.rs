//! The open database.
//!
//! Not here: what is kept in it; each file of this crate adds the functions of its own tables.

use std::path::Path;
use std::time::Duration;

use crate::db::Db;
use crate::error::Result;
use crate::lock::{
    LockOwner, LockState, MemoryLock, RunLock, lock_file, lock_memory, lock_server, look_at_file,
    look_at_memory, look_at_server,
};
use crate::migrate::{migrate, version};

/// How many accepted deliveries of each source keep their rows, unless somebody chooses another number.
pub const DELIVERIES_KEPT: usize = 3;

/// How long a transaction waits for another one, unless somebody chooses another time: the largest delivery takes a minute.
const WAIT: Duration = Duration::from_secs(120);

/// What is needed to use a database, besides its URL.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// The password of the account on a server, where the URL does not hold it.
    pub password: Option<&'a str>,
    /// How long a transaction waits for what another one holds, and for a server that is started again.
    pub wait: Duration,
}

impl Default for Access<'_> {
    fn default() -> Self {
        Access { password: None, wait: WAIT }
    }
}

/// The management database.
#[derive(Clone)]
pub struct Store {
    pub(crate) db: Db,
    memory_lock: MemoryLock,
    pub(crate) deliveries_kept: usize,
}

impl Store {
    /// Opens a database by its URL and migrates it. A SQLite file is created where there is none; a database on a
    /// server has to be there.
    ///
    /// Known are `sqlite:PATH`, for tests `sqlite::memory:`, `mysql://…` or `mariadb://…`, and `postgres://…`.
    pub async fn open(url: &str) -> Result<Store> {
        Store::open_with(url, Access::default()).await
    }

    /// Opens a database as [`Store::open`] does, with a password or another patience.
    pub async fn open_with(url: &str, access: Access<'_>) -> Result<Store> {
        let db = Db::open(url, access).await?;
        migrate(&db).await?;
        Ok(Store { db, memory_lock: MemoryLock::default(), deliveries_kept: DELIVERIES_KEPT })
    }

    /// Chooses how many accepted deliveries of each source keep their rows; at least one does.
    #[must_use]
    pub fn keeping_deliveries(self, kept: usize) -> Store {
        Store { deliveries_kept: kept.max(1), ..self }
    }

    /// The database file; `None` for a database in memory or on a server.
    pub fn path(&self) -> Option<&Path> {
        self.db.path().map(AsRef::as_ref)
    }

    /// Takes the run lock, or says who has it. The particulars lie in `DATABASE.lock` beside a SQLite file, and in the
    /// table `muster_lock` on a server.
    pub async fn lock(&self, owner: &LockOwner) -> Result<RunLock> {
        match self.path() {
            Some(path) => lock_file(path, owner),
            None if self.db.dialect().is_server() => lock_server(&self.db, owner).await,
            None => lock_memory(&self.memory_lock, owner),
        }
    }

    /// Looks who holds the run lock, without taking it.
    pub async fn lock_state(&self) -> Result<LockState> {
        match self.path() {
            Some(path) => look_at_file(path),
            None if self.db.dialect().is_server() => look_at_server(&self.db).await,
            None => Ok(look_at_memory(&self.memory_lock)),
        }
    }

    /// Writes something, takes it back, and returns the version of the schema: proves that the database can be used.
    pub async fn try_writing(&self) -> Result<i64> {
        let mut write = self.db.write("try to write").await?;
        write.execute("INSERT INTO muster_schema (version, name) VALUES (0, 'a trial')", []).await?;
        // What is not committed never happened.
        drop(write);
        version(&self.db).await
    }

    /// Closes the database. Dropping it without this loses nothing that was committed.
    pub async fn close(self) {
        self.db.close().await;
    }
}
