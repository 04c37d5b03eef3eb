//! How long what a run leaves behind is kept (feature N11), and what is deleted when.
//!
//! Not here: rows of deliveries, which go as soon as enough newer ones are there ([`crate::delivery_rows`]); the log
//! files; the audit log, which is kept.
//!
//! Invariant: what a run still needs is never old: links, open findings, open rejections, the newest deliveries and
//! the run's own rows stay whatever their age.
//! Invariant: a run stays in the list with its figures after its operations are gone.

use crate::db::{Transaction, Value};
use crate::error::Result;
use crate::lock::RunLock;
use crate::owners::prune_owners;
use crate::store::Store;
use crate::time::Timestamp;

/// Seconds of a day.
const DAY_S: i64 = 24 * 60 * 60;

/// For how many days things are kept after they are over; 0 for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Operations, objections, decisions and the story of a run, after the run has ended.
    pub runs_days: u64,
    /// Calls that failed, with their parameters and answers.
    pub failed_calls_days: u64,
    /// Findings and rejected rows that have healed.
    pub healed_days: u64,
    /// Groups, groupings and memberships that were ours and are gone.
    pub history_days: u64,
    /// Owners of courses after the last letter to them, with the links in it.
    pub owners_days: u64,
}

/// How many rows were deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Operations of runs.
    pub operations: u64,
    /// Calls that failed.
    pub failed_calls: u64,
    /// Findings and rejected rows that had healed.
    pub healed: u64,
    /// What was ours and is gone.
    pub history: u64,
    /// Owners of courses, and what they were told.
    pub owners: u64,
}

impl Pruned {
    /// All of them.
    pub fn rows(&self) -> u64 {
        let Pruned { operations, failed_calls, healed, history, owners } = self;
        operations + failed_calls + healed + history + owners
    }
}

/// Since when there is something of each kind; `None` where there is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeptSince {
    /// Operations of runs.
    pub operations: Option<Timestamp>,
    /// Calls that failed.
    pub failed_calls: Option<Timestamp>,
    /// Findings that have healed.
    pub healed: Option<Timestamp>,
    /// What was ours and is gone.
    pub history: Option<Timestamp>,
    /// Letters to owners of courses.
    pub owners: Option<Timestamp>,
}

impl Store {
    /// Deletes what is older than it may be.
    pub async fn prune(&self, lock: &RunLock, retention: &Retention, now: Timestamp) -> Result<Pruned> {
        let Retention { runs_days, failed_calls_days, healed_days, history_days, owners_days } = *retention;
        let mut write = self.db.write_locked(lock, "delete what is too old").await?;
        let mut pruned = Pruned::default();
        if let Some(before) = before(runs_days, now) {
            pruned.operations = prune_runs(&mut write, before).await?;
        }
        if let Some(before) = before(failed_calls_days, now) {
            pruned.failed_calls = write.execute("DELETE FROM rest_error_logs WHERE at < ?", [before]).await?;
        }
        if let Some(before) = before(healed_days, now) {
            for table in ["findings", "rejections"] {
                let sql = format!("DELETE FROM {table} WHERE healed_at < ?");
                pruned.healed += write.execute(sql, [before.clone()]).await?;
            }
        }
        if let Some(before) = before(history_days, now) {
            pruned.history = write.execute("DELETE FROM tombstones WHERE dropped_at < ?", [before]).await?;
        }
        if let Some(before) = before(owners_days, now) {
            pruned.owners = prune_owners(&mut write, before).await?;
        }
        write.commit().await?;
        Ok(pruned)
    }

    /// Since when there is something of each kind.
    pub async fn kept_since(&self) -> Result<KeptSince> {
        let mut read = self.db.read("look how old the oldest rows are").await?;
        let mut oldest = async |sql: &'static str| -> Result<Option<Timestamp>> {
            Ok(read.first(sql, [], |row| row.time_or_none()).await?.flatten())
        };
        Ok(KeptSince {
            operations: oldest(
                "SELECT MIN(started_at) FROM runs WHERE id IN (SELECT MIN(run) FROM operations)",
            )
            .await?,
            failed_calls: oldest("SELECT MIN(at) FROM rest_error_logs").await?,
            healed: oldest("SELECT MIN(healed_at) FROM findings").await?,
            history: oldest("SELECT MIN(dropped_at) FROM tombstones").await?,
            owners: oldest("SELECT MIN(told_at) FROM owners").await?,
        })
    }
}

/// The time before which things are too old; `None` where they are kept for ever.
fn before(days: u64, now: Timestamp) -> Option<Value> {
    let seconds = i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(DAY_S);
    (days > 0).then(|| Timestamp(now.0.saturating_sub(seconds)).into())
}

/// Deletes what runs that ended before a time did, and their stories, which name people.
async fn prune_runs(write: &mut Transaction, before: Value) -> Result<u64> {
    const OLD: &str = "(SELECT id FROM runs WHERE finished_at < ?)";
    let mut delete = async |sql: String| write.execute(sql, [before.clone()]).await;
    delete(format!(
        "DELETE FROM objection_operations WHERE objection IN (SELECT id FROM objections WHERE run IN {OLD})"
    ))
    .await?;
    delete(format!("DELETE FROM objections WHERE run IN {OLD}")).await?;
    // A decision counts until it expires, whatever became of its run.
    delete("DELETE FROM approvals WHERE expires_at < ?".to_owned()).await?;
    delete("UPDATE runs SET report = '' WHERE finished_at < ?".to_owned()).await?;
    delete(format!("DELETE FROM operations WHERE run IN {OLD}")).await
}
