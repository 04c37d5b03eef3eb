//! What came of the operations of a shared run, for the report of its leader.
//!
//! Not here: the journal itself ([`crate::journal`]).

use std::collections::HashMap;

use reconcile::keys::Text;
use reconcile::operation::Operation;
use reconcile::outcome::{Outcome, Refusal};

use super::Lease;
use crate::db::{LIST_MAX, Row, Transaction, Value};
use crate::dialect::{Conflict, marks};
use crate::error::{Cause, Result, StoreError};
use crate::journal::OperationState;
use crate::lock::RunLock;
use crate::runs::RunId;
use crate::store::Store;
use crate::words::known;

/// Calls to the platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Calls that read.
    pub reads: u64,
    /// Calls that write.
    pub writes: u64,
}

impl Calls {
    /// Adds them to those of the run.
    pub(super) async fn note(self, write: &mut Transaction, lease: &Lease) -> Result<()> {
        let columns = ["run", "worker", "read_calls", "write_calls"];
        let row = [Value::Int(lease.run.0), lease.worker.into(), self.reads.into(), self.writes.into()];
        write.insert_one("work_calls", columns, row).await.map(|_| ())
    }
}

/// Keeps whole what the columns of the journal hold in words only; a success is whole there.
pub(crate) async fn tell_leader(
    write: &mut Transaction,
    run: RunId,
    operations: &[(u32, &Operation, Outcome)],
) -> Result<()> {
    let mut rows = Vec::new();
    for (number, _, outcome) in operations {
        if !outcome.is_success() {
            let text = serde_json::to_string(outcome).map_err(|error| StoreError::Query {
                purpose: "record what came of operations",
                source: error.into(),
            })?;
            rows.push([Value::Int(run.0), (*number).into(), text.into()]);
        }
    }
    let replaces = Conflict::Update { keys: &["run", "number"], columns: &["outcome"] };
    write.insert_many("work_outcomes", ["run", "number", "outcome"], replaces, rows).await
}

impl Store {
    /// What became of the operations of a shared run, by their numbers; those that are open are missing.
    pub async fn outcomes(&self, run: RunId) -> Result<HashMap<u32, Outcome>> {
        let mut read = self.db.read("gather the outcomes").await?;
        let sql = "SELECT o.number, o.state, o.target_id, o.detail, w.outcome FROM operations o \
             LEFT JOIN work_outcomes w ON w.run = o.run AND w.number = o.number WHERE o.run = ?";
        let mut outcomes = HashMap::new();
        read.each(sql, [run.0.into()], |row| {
            if let (number, Some(outcome)) = outcome(row)? {
                outcomes.insert(number, outcome);
            }
            Ok(())
        })
        .await?;
        Ok(outcomes)
    }

    /// How many calls the workers of a run have noted.
    pub async fn calls_of_workers(&self, run: RunId) -> Result<Calls> {
        let mut read = self.db.read("count the calls of the workers").await?;
        let sql = "SELECT CAST(COALESCE(SUM(read_calls), 0) AS {int}), CAST(COALESCE(SUM(write_calls), 0) AS {int}) \
             FROM work_calls WHERE run = ?";
        let sql = sql.replace("{int}", self.db.dialect().whole_number());
        let calls = read
            .first(sql, [run.0.into()], |row| Ok(Calls { reads: row.count()?, writes: row.count()? }))
            .await?;
        Ok(calls.unwrap_or_default())
    }

    /// Notes of operations that their course, read again, shows what they were sent for.
    pub async fn found_done(&self, lock: &RunLock, run: RunId, numbers: &[u32]) -> Result<()> {
        let why = "the worker that sent it was lost; the course, read again, shows it";
        self.settle_by_reading(lock, run, numbers, OperationState::AlreadySo, why).await
    }

    /// Notes of operations that their course, read again, does not want them any more.
    pub async fn leave_undone(&self, lock: &RunLock, run: RunId, numbers: &[u32]) -> Result<()> {
        let why = "a worker was lost before; the course, read again, does not ask for it";
        self.settle_by_reading(lock, run, numbers, OperationState::NotTried, why).await
    }

    async fn settle_by_reading(
        &self,
        lock: &RunLock,
        run: RunId,
        numbers: &[u32],
        state: OperationState,
        why: &str,
    ) -> Result<()> {
        let mut write =
            self.db.write_locked(lock, "note what a course showed when it was read again").await?;
        for some in numbers.chunks(LIST_MAX) {
            let sql = format!(
                "UPDATE operations SET state = ?, detail = ? WHERE run = ? AND number IN ({})",
                marks(some.len())
            );
            let values = [state.as_str().into(), why.into(), run.0.into()];
            let numbers = some.iter().map(|number| (*number).into());
            write.execute(sql, values.into_iter().chain(numbers)).await?;
        }
        write.commit().await
    }
}

/// The number of an operation, and what became of it.
fn outcome(row: &mut Row<'_>) -> Result<(u32, Option<Outcome>), Cause> {
    let number = u32::try_from(row.int()?)?;
    let state = known(&row.text()?, OperationState::from_word)?;
    let (target, detail, whole) = (row.int_or_none()?, row.text()?, row.text_or_none()?);
    let whole = whole.and_then(|text| serde_json::from_str::<Outcome>(&text).ok());
    // The leader may have settled it otherwise after the worker was lost.
    let whole_or = |words: Outcome| whole.filter(|whole| whole.as_str() == words.as_str()).unwrap_or(words);
    let outcome = match state {
        OperationState::Planned | OperationState::Waiting | OperationState::Sent => None,
        OperationState::Done => Some(Outcome::Done(target)),
        OperationState::AlreadySo => Some(Outcome::AlreadySo(target)),
        OperationState::Refused => {
            let nothing = || Text::from("");
            let (code, said, next_step) = (nothing(), nothing(), nothing());
            Some(whole_or(Outcome::Refused(Refusal { code, meaning: detail, said, next_step })))
        }
        OperationState::Unknown => Some(whole_or(Outcome::Unknown(detail))),
        OperationState::NotTried => Some(whole_or(Outcome::NotTried(detail))),
    };
    Ok((number, outcome))
}
