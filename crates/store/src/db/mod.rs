//! Connections, transactions and rows: the only folder that knows the database library.
//!
//! `drivers.rs` chooses among the three drivers, `transaction.rs` carries out statements, `row.rs` reads what comes back,
//! `mysql.rs` is a transaction of that driver, `session.rs` the connection that holds the run lock of a server, `standing.rs` one
//! for a question that is asked again and again, `trouble.rs` understands what drivers complain of, `holders.rs` asks who holds
//! what was waited for, `again.rs` ends deadlocks.
//!
//! Not here: any statement of ours; how databases spell things ([`crate::dialect`]).
//!
//! Invariant: statements are written with `?` for each value; no value ever becomes part of a statement's text.
//! Invariant: all work happens in a [`Transaction`], but for single questions to a [`Standing`]; one that is dropped without `commit`
//! never happened.
//! Invariant: of all processes, one writes at a time; it sees all that was committed before. The exception are the workers
//! of a shared run, which write beside each other, each about its own courses ([`crate::sharing`]).

mod again;
mod copy;
mod drivers;
mod holders;
mod mysql;
mod row;
mod session;
mod standing;
mod transaction;
mod trouble;
mod value;

use std::path::PathBuf;

use crate::dialect::Dialect;
use crate::error::{Result, StoreError};
use crate::lock::{Proof, RunLock};
use crate::sharing::Lease;
use crate::store::Access;
use drivers::Pools;
use holders::Holders;

pub(crate) use again::again;
pub(crate) use row::Row;
pub(crate) use session::Session;
pub(crate) use standing::Standing;
pub(crate) use transaction::Transaction;
pub use trouble::Trouble;
pub(crate) use trouble::is_there_already;
pub(crate) use value::{Value, clean};

/// How many keys one list of an `IN (…)` holds.
pub(crate) const LIST_MAX: usize = 1_000;

/// The database: one connection that writes, a few that read.
#[derive(Clone)]
pub(crate) struct Db {
    pools: Pools,
    dialect: Dialect,
    path: Option<PathBuf>,
}

impl Db {
    /// Opens the database that a URL names; a SQLite file is created where there is none.
    pub(crate) async fn open(url: &str, access: Access<'_>) -> Result<Db> {
        let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
        let (pools, dialect, path) = match scheme {
            "sqlite" => {
                let place = url.trim_start_matches("sqlite:");
                let place = place.strip_prefix("//").unwrap_or(place);
                if place.is_empty() {
                    return Err(StoreError::Unsupported { scheme: scheme.to_owned() });
                }
                let pools = drivers::sqlite(place, access.wait).await;
                let pools = pools.map_err(|source| cannot_open(place.to_owned(), source))?;
                (pools, Dialect::Sqlite, (place != drivers::IN_MEMORY).then(|| place.into()))
            }
            "mysql" | "mariadb" => {
                let (pools, version) = drivers::mysql(url, access).await.map_err(cannot_reach)?;
                (pools, mysql_dialect(&version)?, None)
            }
            "postgres" | "postgresql" => {
                let (pools, version) = drivers::postgres(url, access).await.map_err(cannot_reach)?;
                new_enough("PostgreSQL", &version, (14, 0, 0))?;
                (pools, Dialect::Postgres, None)
            }
            _ => return Err(StoreError::Unsupported { scheme: scheme.to_owned() }),
        };
        Ok(Db { pools, dialect, path })
    }

    /// The database file; `None` for a database in memory or on a server.
    pub(crate) fn path(&self) -> Option<&PathBuf> {
        self.path.as_ref()
    }

    /// How this database spells things.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Begins a transaction that may write; waits for the one before it.
    pub(crate) async fn write(&self, purpose: &'static str) -> Result<Transaction> {
        self.write_after(purpose).await.map(|(write, _)| write)
    }

    /// Begins a transaction that may write, if the run lock is still held.
    pub(crate) async fn write_locked(&self, lock: &RunLock, purpose: &'static str) -> Result<Transaction> {
        let (write, fence) = self.write_after(purpose).await?;
        if lock.fence().is_some_and(|held| held != fence) {
            return Err(StoreError::LockLost);
        }
        Ok(write)
    }

    /// Begins a transaction that may write, if whoever asks may still write run data.
    pub(crate) async fn write_proven(&self, proof: Proof<'_>, purpose: &'static str) -> Result<Transaction> {
        match proof {
            Proof::Lock(lock) => self.write_locked(lock, purpose).await,
            Proof::Lease(lease) => self.write_leased(lease, purpose).await,
        }
    }

    /// Begins a transaction that may write beside those of other workers, if the lease is still held and its run is under
    /// way. As long as it lasts, nobody can take the lease away and no other run can begin.
    pub(crate) async fn write_leased(&self, lease: &Lease, purpose: &'static str) -> Result<Transaction> {
        let mut write = self.write_worker(purpose).await?;
        let sql = format!(
            "SELECT w.id FROM workers w JOIN runs r ON r.id = w.run \
             WHERE w.id = ? AND w.ended_at IS NULL AND r.status = 'running'{}",
            self.dialect.shares_rows()
        );
        match write.first(sql, [Value::Int(lease.worker)], |row| row.int()).await? {
            Some(_) => Ok(write),
            None => Err(StoreError::LeaseLost),
        }
    }

    /// Begins a transaction that may write beside those of workers.
    pub(crate) async fn write_worker(&self, purpose: &'static str) -> Result<Transaction> {
        Transaction::begun(self.pools.begin_worker().await, self.holders(), self.dialect, purpose).await
    }

    /// Begins a transaction that may write; returns the fence of the newest run lock as well.
    async fn write_after(&self, purpose: &'static str) -> Result<(Transaction, i64)> {
        let mut write = self.begin_write(purpose).await?;
        let fence = if self.dialect.is_server() {
            write.first("SELECT fence FROM muster_lock WHERE id = 1 FOR UPDATE", [], |row| row.int()).await?
        } else {
            None
        };
        Ok((write, fence.unwrap_or(0)))
    }

    /// Begins a transaction that may change the schema, also of a database that has none yet.
    pub(crate) async fn write_schema(&self, purpose: &'static str) -> Result<Transaction> {
        let mut write = self.begin_write(purpose).await?;
        if let Some(hold) = self.dialect.hold_schema()
            && write.first(hold, [], |row| row.int()).await? != Some(1)
        {
            let waited = "another process is changing the schema, and did not end";
            return Err(StoreError::Query { purpose, source: waited.into() });
        }
        Ok(write)
    }

    async fn begin_write(&self, purpose: &'static str) -> Result<Transaction> {
        Transaction::begun(self.pools.begin_write().await, self.holders(), self.dialect, purpose).await
    }

    /// Begins a transaction that reads one state of the whole database, whatever others write meanwhile.
    pub(crate) async fn read(&self, purpose: &'static str) -> Result<Transaction> {
        Transaction::begun(self.pools.begin_read().await, self.holders(), self.dialect, purpose).await
    }

    fn holders(&self) -> Holders {
        Holders { pools: self.pools.clone(), file: self.path.clone() }
    }

    /// A connection for a question that is asked again and again.
    pub(crate) fn standing(&self) -> Standing {
        Standing::new(self.pools.clone(), self.dialect)
    }

    /// Opens a connection of its own, on a server.
    pub(crate) async fn session(&self, purpose: &'static str) -> Result<Session> {
        let opened = self.pools.session().await;
        opened.map_err(|error| StoreError::Query { purpose, source: error.into() })
    }

    /// Writes a database file anew, so that nothing is left in it of what was deleted or changed. A database in memory
    /// has none; a server reuses the room by itself.
    pub(crate) async fn compact(&self) -> Result<()> {
        if self.path.is_none() {
            return Ok(());
        }
        let done = self.pools.compact().await;
        done.map_err(|error| StoreError::Query {
            purpose: "write the database file anew",
            source: error.into(),
        })
    }

    /// Closes all connections; what is committed lasts.
    pub(crate) async fn close(&self) {
        self.pools.close().await;
    }
}

fn cannot_open(database: String, source: sqlx::Error) -> StoreError {
    StoreError::CannotOpen { database, source: source.into() }
}

fn cannot_reach((place, source): (String, sqlx::Error)) -> StoreError {
    StoreError::CannotReach { place, source: source.into() }
}

/// Tells MariaDB from MySQL: the first one says so in its version, for example `10.11.6-MariaDB`.
fn mysql_dialect(version: &str) -> Result<Dialect> {
    if version.contains("MariaDB") {
        new_enough("MariaDB", version, (10, 6, 0))?;
        return Ok(Dialect::MariaDb);
    }
    new_enough("MySQL", version, (8, 0, 16))?;
    Ok(Dialect::MySql)
}

fn new_enough(product: &'static str, version: &str, needed: (u32, u32, u32)) -> Result<()> {
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    let found = (next(), next(), next());
    if found >= needed {
        return Ok(());
    }
    let (major, minor, patch) = needed;
    let needed = format!("{major}.{minor}.{patch}");
    Err(StoreError::TooOld { product, found: version.to_owned(), needed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_disk_in_a_transaction_does_not_spoil_the_next_one() {
        let place = crate::place::Place::in_file();
        let db = Db::open(place.url(), Access::default()).await.unwrap();
        let mut write = db.write("make a table").await.unwrap();
        write.script("CREATE TABLE stones (stone TEXT)".to_owned()).await.unwrap();
        write.commit().await.unwrap();
        // SQLite fails as on a full disk, and takes the transaction back by itself.
        let mut write = db.write("lay stones").await.unwrap();
        write.script("PRAGMA max_page_count = 4".to_owned()).await.unwrap();
        let stones = [Value::from("x".repeat(20_000))];
        let error = write.execute("INSERT INTO stones VALUES (?)", stones.clone()).await.unwrap_err();
        assert_eq!(error.trouble(), Some(Trouble::Full), "{error}");
        drop(write);
        for _ in 0..2 {
            let mut write = db.write("lay stones").await.unwrap();
            write.execute("INSERT INTO stones VALUES (?)", stones.clone()).await.unwrap();
            write.commit().await.unwrap();
        }
    }

    #[test]
    fn a_server_that_is_too_old_is_told_by_its_version() {
        let check = |version: &str, expected: Option<Dialect>| {
            assert_eq!(mysql_dialect(version).ok(), expected, "{version}");
        };
        check("10.11.6-MariaDB-0+deb12u1", Some(Dialect::MariaDb));
        check("11.4.2-MariaDB", Some(Dialect::MariaDb));
        check("10.5.29-MariaDB", None);
        check("8.0.16", Some(Dialect::MySql));
        check("8.4.0-commercial", Some(Dialect::MySql));
        check("5.7.44", None);
        check("", None);
        assert!(new_enough("PostgreSQL", "15.8 (Debian 15.8-0+deb12u1)", (14, 0, 0)).is_ok());
        let error = new_enough("PostgreSQL", "13.2", (14, 0, 0)).unwrap_err().to_string();
        assert!(error.contains("13.2") && error.contains("14.0.0"), "{error}");
    }
}
