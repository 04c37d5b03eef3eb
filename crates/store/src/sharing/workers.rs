//! Who takes part in a shared run: joining, signs of life, leaving, and being lost.
//!
//! Not here: what is taken ([`super::courses`]).
//!
//! Invariant: a worker is lost only when no transaction of it is under way: its row is locked by whoever writes.

use super::now_ms;
use crate::db::{Transaction, Value};
use crate::dialect::{Dialect, marks};
use crate::error::{Result, StoreError};
use crate::lock::RunLock;
use crate::runs::RunId;
use crate::store::Store;

/// The proof that a worker takes part in a run. It holds as long as the worker gives signs of life.
#[derive(Debug)]
#[must_use = "the courses that go with a lease wait until it is left or has run out"]
pub struct Lease {
    pub(crate) run: RunId,
    pub(crate) worker: i64,
}

impl Lease {
    /// The run.
    pub fn run(&self) -> RunId {
        self.run
    }
}

impl Store {
    /// Joins a run that is under way, for so many seconds without a sign of life. `name` is shown to people.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] where the run is over.
    pub async fn join(&self, run: RunId, name: &str, lease_s: u32) -> Result<Lease> {
        let mut write = self.db.write_worker("join a shared run").await?;
        let dialect = self.db.dialect();
        let sql = format!("SELECT id FROM runs WHERE id = ? AND status = 'running'{}", dialect.shares_rows());
        if write.first(sql, [Value::Int(run.0)], |row| row.int()).await?.is_none() {
            return Err(StoreError::LeaseLost);
        }
        let lease = register(&mut write, dialect, run, name, lease_s).await?;
        write.commit().await?;
        Ok(lease)
    }

    /// Joins the own run again as its leader, whose lease was lost.
    pub async fn lead_again(&self, lock: &RunLock, run: RunId, name: &str, lease_s: u32) -> Result<Lease> {
        let mut write = self.db.write_locked(lock, "lead a shared run again").await?;
        let lease = register(&mut write, self.db.dialect(), run, name, lease_s).await?;
        let sql = "UPDATE shares SET leader = ? WHERE run = ?";
        write.execute(sql, [Value::Int(lease.worker), run.0.into()]).await?;
        write.commit().await?;
        Ok(lease)
    }

    /// Gives a sign of life, good for so many seconds. Returns whether there is still something to take part in.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] where it comes too late and the courses were given to others.
    pub async fn keep_lease(&self, lease: &Lease, lease_s: u32) -> Result<bool> {
        let mut write = self.db.write_worker("keep a lease").await?;
        let sql = format!(
            "UPDATE workers SET alive_until = {} + ? WHERE id = ? AND ended_at IS NULL",
            self.db.dialect().now_ms()
        );
        if write.execute(sql, [lease_ms(lease_s).into(), lease.worker.into()]).await? == 0 {
            return Err(StoreError::LeaseLost);
        }
        let is_led = is_led(&mut write, self.db.dialect(), lease).await?;
        write.commit().await?;
        Ok(is_led)
    }

    /// Leaves: what was taken and is not done goes to others. One that was lost has left already.
    pub async fn leave(&self, lease: &Lease) -> Result<()> {
        let mut write = self.db.write_worker("leave a shared run").await?;
        let now = now_ms(&mut write, self.db.dialect()).await?;
        let sql = "UPDATE workers SET ended_at = ? WHERE id = ? AND ended_at IS NULL";
        if write.execute(sql, [now.into(), lease.worker.into()]).await? > 0 {
            give_back(&mut write, lease.run, lease.worker, now, "left").await?;
        }
        write.commit().await
    }
}

/// Adds a worker.
pub(super) async fn register(
    write: &mut Transaction,
    dialect: Dialect,
    run: RunId,
    name: &str,
    lease_s: u32,
) -> Result<Lease> {
    let now = now_ms(write, dialect).await?;
    let columns = ["run", "name", "began_at", "alive_until"];
    let row = [Value::Int(run.0), name.into(), now.into(), (now + lease_ms(lease_s)).into()];
    let worker = write.insert_one("workers", columns, row).await?;
    Ok(Lease { run, worker })
}

fn lease_ms(lease_s: u32) -> i64 {
    i64::from(lease_s) * 1_000
}

/// Whether the run is under way, was not stopped, and its leader is this worker or gives signs of life.
pub(super) async fn is_led(write: &mut Transaction, dialect: Dialect, lease: &Lease) -> Result<bool> {
    let sql = format!(
        "SELECT COUNT(*) FROM shares s JOIN runs r ON r.id = s.run JOIN workers l ON l.id = s.leader \
         WHERE s.run = ? AND r.status = 'running' AND s.stopped IS NULL AND l.ended_at IS NULL \
         AND (l.id = ? OR l.alive_until > {})",
        dialect.now_ms()
    );
    let count = write.first(sql, [lease.run.0.into(), lease.worker.into()], |row| row.int()).await?;
    Ok(count.unwrap_or(0) > 0)
}

/// Gives the courses of other workers that were silent for too long to whoever takes them.
pub(super) async fn take_back(
    write: &mut Transaction,
    dialect: Dialect,
    lease: &Lease,
    now: i64,
) -> Result<()> {
    let run = lease.run;
    let sql = format!(
        "SELECT id FROM workers WHERE run = ? AND id <> ? AND ended_at IS NULL AND alive_until < ?{}",
        dialect.takes_free_rows()
    );
    let lost = write.rows(sql, [run.0.into(), lease.worker.into(), now.into()], |row| row.int()).await?;
    if lost.is_empty() {
        return Ok(());
    }
    let sql = format!("UPDATE workers SET ended_at = ? WHERE id IN ({})", marks(lost.len()));
    let ids = lost.iter().map(|id| Value::Int(*id));
    write.execute(sql, std::iter::once(now.into()).chain(ids)).await?;
    for worker in lost {
        give_back(write, run, worker, now, "lost").await?;
    }
    Ok(())
}

/// Gives back what a worker has. A course of which something was sent goes to the leader, who reads it again; of the others
/// nothing was begun.
async fn give_back(write: &mut Transaction, run: RunId, worker: i64, now: i64, how: &str) -> Result<()> {
    let theirs = || [Value::Int(run.0), worker.into()];
    let begun = "UPDATE work SET phase = 'lost' WHERE run = ? AND worker = ? AND phase = 'apply' AND EXISTS \
         (SELECT 1 FROM operations o WHERE o.run = work.run AND o.course = work.course AND o.attempts > 0)";
    write.execute(begun, theirs()).await?;
    write.execute("UPDATE work SET worker = NULL WHERE run = ? AND worker = ?", theirs()).await?;
    let sql = "UPDATE leases SET ended_at = ?, is_held = NULL, ended = ? \
         WHERE run = ? AND worker = ? AND is_held = 1";
    let values = [now.into(), how.into()];
    write.execute(sql, values.into_iter().chain(theirs())).await?;
    Ok(())
}
