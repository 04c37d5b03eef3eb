//! The journal of a run: what was asked of the platform, and what came of it.
//!
//! Not here: which links an operation changes (`reconcile::outcome`).
//!
//! Invariant: an operation's state, the links that it changes, and what it buries stand in one transaction.
//! Invariant: nothing is sent before its intent is committed, so what a killed run left open is known.

use std::collections::BTreeMap;

use reconcile::keys::{CourseId, Text, UserId};
use reconcile::operation::{Change, Fingerprint, Operation};
use reconcile::outcome::{self, Outcome};

use crate::approvals::{fingerprint, use_up};
use crate::db::{LIST_MAX, Row, Value, again};
use crate::dialect::marks;
use crate::error::{Cause, Result};
use crate::filter::{Conditions, Page};
use crate::links::LinkWriter;
use crate::lock::{Proof, RunLock};
use crate::runs::RunId;
use crate::sharing::tell_leader;
use crate::store::Store;
use crate::time::Timestamp;
use crate::tombstones::{bury, bury_replaced};
use crate::words::{known, words};

words!(
    /// How far an operation is.
    OperationState {
        /// Planned; not sent yet, or never, in a run that only plans.
        Planned "planned",
        /// Waits for a person's approval.
        Waiting "waiting",
        /// Sent; the answer is not known yet.
        Sent "sent",
        /// Carried out.
        Done "done",
        /// It was so already.
        AlreadySo "already_so",
        /// The platform said no.
        Refused "refused",
        /// Nobody knows.
        Unknown "unknown",
        /// Not sent.
        NotTried "not_tried",
    }
);

/// An operation in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalRow {
    /// The run.
    pub run: RunId,
    /// The operation's number in its run.
    pub number: u32,
    /// The course.
    pub course: CourseId,
    /// The kind, for example `add_member`.
    pub kind: Text,
    /// The idnumber of the group or grouping; empty for an enrolment.
    pub idnumber: Text,
    /// The name of the group or grouping; empty for an enrolment.
    pub name: Text,
    /// The platform's id of the group or grouping, where it is known.
    pub target_id: Option<i64>,
    /// The person concerned; empty where there is none.
    pub person: Text,
    /// The user concerned.
    pub user: Option<UserId>,
    /// What is there before.
    pub before: Text,
    /// What is there after.
    pub after: Text,
    /// The reason code.
    pub because: Text,
    /// Stands for exactly this operation.
    pub fingerprint: Fingerprint,
    /// How far it is.
    pub state: OperationState,
    /// The particulars of the outcome in words.
    pub detail: Text,
    /// How often it was sent.
    pub attempts: u32,
}

/// Which operations are asked for.
#[derive(Clone, Debug, Default)]
pub struct OperationFilter {
    /// Only in this course.
    pub course: Option<CourseId>,
    /// Only of this kind, for example `add_member`.
    pub kind: Option<Text>,
    /// Only in this state.
    pub state: Option<OperationState>,
    /// Which stretch of the list.
    pub page: Page,
}

const SELECT: &str = "SELECT run, number, course, kind, idnumber, name, target_id, person, user_id, value_before, \
     value_after, because, fingerprint, state, detail, attempts FROM operations";

impl Store {
    /// Records that operations are about to be sent. Send nothing before this has returned.
    pub async fn sent(
        &self,
        proof: impl Into<Proof<'_>>,
        run: RunId,
        operations: &[(u32, &Operation)],
    ) -> Result<()> {
        let proof = proof.into();
        again(|| self.try_sent(proof, run, operations)).await
    }

    async fn try_sent(&self, proof: Proof<'_>, run: RunId, operations: &[(u32, &Operation)]) -> Result<()> {
        let mut write = self.db.write_proven(proof, "record what is about to be sent").await?;
        for some in operations.chunks(LIST_MAX) {
            let sql = format!(
                "UPDATE operations SET state = 'sent', attempts = attempts + 1 WHERE run = ? AND number IN ({})",
                marks(some.len())
            );
            let numbers = some.iter().map(|(number, _)| (*number).into());
            write.execute(sql, std::iter::once(run.0.into()).chain(numbers)).await?;
        }
        let mut links = LinkWriter::new(&mut write);
        for (_, operation) in operations {
            if let Change::CreateGroup { group } = &operation.change {
                links.flush().await?;
                bury_replaced(&mut links, run, operation.course, group).await?;
            }
            for change in outcome::intent(operation) {
                links.apply(operation.course, change).await?;
            }
        }
        links.flush().await?;
        write.commit().await
    }

    /// Records what came of operations: outcome, links, tombstones and used approvals together.
    pub async fn settled(
        &self,
        proof: impl Into<Proof<'_>>,
        run: RunId,
        operations: &[(u32, &Operation, Outcome)],
        now: Timestamp,
    ) -> Result<()> {
        let proof = proof.into();
        again(|| self.try_settled(proof, run, operations, now)).await
    }

    async fn try_settled(
        &self,
        proof: Proof<'_>,
        run: RunId,
        operations: &[(u32, &Operation, Outcome)],
        now: Timestamp,
    ) -> Result<()> {
        let mut write = self.db.write_proven(proof, "record what came of operations").await?;
        if let Proof::Lease(_) = proof {
            tell_leader(&mut write, run, operations).await?;
        }
        let mut alike: BTreeMap<(&str, Text, Option<i64>), Vec<u32>> = BTreeMap::new();
        for (number, _, outcome) in operations {
            let id = match outcome {
                Outcome::Done(id) | Outcome::AlreadySo(id) => *id,
                Outcome::Refused(_) | Outcome::Unknown(_) | Outcome::NotTried(_) => None,
            };
            alike.entry((outcome.as_str(), outcome.detail(), id)).or_default().push(*number);
        }
        for ((state, detail, id), numbers) in alike {
            for some in numbers.chunks(LIST_MAX) {
                let sql = format!(
                    "UPDATE operations SET state = ?, detail = ?, target_id = COALESCE(?, target_id) \
                     WHERE run = ? AND number IN ({})",
                    marks(some.len())
                );
                let values = [state.into(), Value::from(&detail), id.into(), run.0.into()];
                write.execute(sql, values.into_iter().chain(some.iter().map(|n| (*n).into()))).await?;
            }
        }
        let done = operations.iter().filter(|(_, _, outcome)| outcome.is_success());
        use_up(&mut write, run, done.map(|(_, operation, _)| *operation)).await?;
        let mut links = LinkWriter::new(&mut write);
        for (_, operation, outcome) in operations {
            if outcome.is_success() {
                bury(&mut links, run, operation, now).await?;
            }
            for change in outcome::settled(operation, outcome) {
                links.apply(operation.course, change).await?;
            }
        }
        links.flush().await?;
        write.commit().await
    }

    /// Operations that were sent and whose answer is not known.
    pub async fn open_intents(&self) -> Result<Vec<JournalRow>> {
        let mut read_only = self.db.read("list the open intents").await?;
        read_only.rows(format!("{SELECT} WHERE state = 'sent' ORDER BY run, number"), [], read).await
    }

    /// Closes what runs before `current` left open, and returns how many operations that were.
    ///
    /// Their outcome becomes unknown, and their courses are looked at again: the next plan sees by observation what
    /// came of them. Runs that a killed process left under way become interrupted, and what they had not sent becomes
    /// not tried.
    pub async fn close_open_intents(&self, lock: &RunLock, current: RunId, now: Timestamp) -> Result<u64> {
        let mut write = self.db.write_locked(lock, "close the open intents of earlier runs").await?;
        let before = || [Value::Int(current.0)];
        // First of all, so that whoever worked for such a run has written its last when the rest is looked at.
        let ends = "UPDATE runs SET finished_at = ? WHERE status = 'running' AND id < ?";
        write.execute(ends, [now.into(), Value::Int(current.0)]).await?;
        // What such a run had handed to its workers names people.
        write.execute("UPDATE work SET content = '' WHERE content <> '' AND run < ?", before()).await?;
        write.execute("DELETE FROM work_outcomes WHERE run < ?", before()).await?;
        write
            .execute(
                "UPDATE courses SET look_again = 1 WHERE course IN (SELECT course FROM operations WHERE run < ? \
                 AND (state = 'sent' OR state = 'planned' \
                      AND run IN (SELECT id FROM runs WHERE status = 'running')))",
                before(),
            )
            .await?;
        let closed = write
            .execute(
                "UPDATE operations SET state = 'unknown', detail = \
                 'the program ended before the answer came; the next plan reads the course again' \
                 WHERE state = 'sent' AND run < ?",
                before(),
            )
            .await?;
        write
            .execute(
                "UPDATE operations SET state = 'not_tried', detail = 'the program ended before' \
                 WHERE state = 'planned' AND run IN (SELECT id FROM runs WHERE status = 'running' AND id < ?)",
                before(),
            )
            .await?;
        write
            .execute("UPDATE runs SET status = 'interrupted' WHERE status = 'running' AND id < ?", before())
            .await?;
        write.commit().await?;
        Ok(closed)
    }

    /// The operations of a run, in their order.
    pub async fn operations(&self, run: RunId, filter: &OperationFilter) -> Result<Vec<JournalRow>> {
        let (sql, values) = asked_for(run, filter).complete(SELECT, "number", filter.page);
        self.db.read("list the operations of a run").await?.rows(sql, values, read).await
    }

    /// The operations of a run in some courses that did not end well, or have not ended.
    pub async fn open_operations(&self, run: RunId, courses: &[CourseId]) -> Result<Vec<JournalRow>> {
        let mut read_only = self.db.read("list what a run left open").await?;
        let mut open = Vec::new();
        for some in courses.chunks(LIST_MAX) {
            let sql = format!(
                "{SELECT} WHERE run = ? AND course IN ({}) AND state NOT IN ('done', 'already_so')",
                marks(some.len())
            );
            let values = some.iter().map(|course| Value::from(*course));
            open.extend(read_only.rows(sql, std::iter::once(run.0.into()).chain(values), read).await?);
        }
        open.sort_by_key(|row| row.number);
        Ok(open)
    }

    /// How many operations of a run are asked for, whatever the stretch.
    pub async fn count_operations(&self, run: RunId, filter: &OperationFilter) -> Result<u64> {
        let select = "SELECT COUNT(*) FROM operations";
        let (sql, values) = asked_for(run, filter).complete(select, "1", Page::default());
        let mut read_only = self.db.read("count the operations of a run").await?;
        Ok(read_only.first(sql, values, |row| row.count()).await?.unwrap_or(0))
    }
}

fn asked_for(run: RunId, filter: &OperationFilter) -> Conditions {
    Conditions::default()
        .equals("run", Some(run.0))
        .equals("course", filter.course)
        .equals("kind", filter.kind.as_ref())
        .equals("state", filter.state.map(OperationState::as_str))
}

fn read(row: &mut Row<'_>) -> Result<JournalRow, Cause> {
    Ok(JournalRow {
        run: RunId(row.int()?),
        number: u32::try_from(row.int()?)?,
        course: CourseId(row.int()?),
        kind: row.text()?,
        idnumber: row.text()?,
        name: row.text()?,
        target_id: row.int_or_none()?,
        person: row.text()?,
        user: row.int_or_none()?.map(UserId),
        before: row.text()?,
        after: row.text()?,
        because: row.text()?,
        fingerprint: fingerprint(row)?,
        state: known(&row.text()?, OperationState::from_word)?,
        detail: row.text()?,
        attempts: u32::try_from(row.int()?)?,
    })
}
