//! The open database.
//!
//! Not here: what is kept in it; each file of this crate adds the functions of its own tables.

use std::path::Path;

use crate::db::Db;
use crate::error::Result;
use crate::lock::{
    LockOwner, LockState, MemoryLock, RunLock, lock_file, lock_memory, look_at_file, look_at_memory,
};
use crate::migrate::{migrate, version};

/// How many accepted deliveries of each source keep their rows, unless somebody chooses another number.
pub const DELIVERIES_KEPT: usize = 3;

/// The management database.
#[derive(Clone)]
pub struct Store {
    pub(crate) db: Db,
    memory_lock: MemoryLock,
    pub(crate) deliveries_kept: usize,
}

impl Store {
    /// Opens a database by its URL, creates it where there is none, and migrates it.
    ///
    /// Known are `sqlite:PATH` and, for tests, `sqlite::memory:`.
    pub async fn open(url: &str) -> Result<Store> {
        let db = Db::open(url).await?;
        migrate(&db).await?;
        Ok(Store { db, memory_lock: MemoryLock::default(), deliveries_kept: DELIVERIES_KEPT })
    }

    /// Chooses how many accepted deliveries of each source keep their rows; at least one does.
    #[must_use]
    pub fn keeping_deliveries(self, kept: usize) -> Store {
        Store { deliveries_kept: kept.max(1), ..self }
    }

    /// The database file; `None` for a database in memory.
    pub fn path(&self) -> Option<&Path> {
        self.db.path().map(AsRef::as_ref)
    }

    /// Takes the run lock, or says at once who has it. The particulars lie in `DATABASE.lock` beside the file.
    pub fn lock(&self, owner: &LockOwner) -> Result<RunLock> {
        match self.path() {
            Some(path) => lock_file(path, owner),
            None => lock_memory(&self.memory_lock, owner),
        }
    }

    /// Looks who holds the run lock, without taking it.
    pub fn lock_state(&self) -> Result<LockState> {
        match self.path() {
            Some(path) => look_at_file(path),
            None => Ok(look_at_memory(&self.memory_lock)),
        }
    }

    /// Writes something, takes it back, and returns the version of the schema: proves that the database can be used.
    pub async fn try_writing(&self) -> Result<i64> {
        let mut write = self.db.write("try to write").await?;
        write.script("CREATE TABLE muster_trial (trial INTEGER)".to_owned()).await?;
        // What is not committed never happened.
        drop(write);
        version(&self.db).await
    }

    /// Closes the database. Dropping it without this loses nothing that was committed.
    pub async fn close(self) {
        self.db.close().await;
    }
}
