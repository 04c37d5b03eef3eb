//! Goes on with the courses of a worker that was lost after it had sent something for them.
//!
//! Nobody knows what became of what was sent. So each of these courses is read again and planned afresh; of the fresh plan
//! only that is sent which stands in the recorded one, under its number there. What was sent and the fresh plan does not
//! want any more was done. What the fresh plan only corrects in our record is done as well, and journaled behind the
//! recorded operations.
//!
//! Not here: courses of which nothing was sent; any worker takes them.
//!
//! Invariant: nothing is sent that is not in the recorded plan.

use indicatif::ProgressBar;
use reconcile::finding::Reason;
use reconcile::operation::Operation;
use reconcile::plan::CoursePlan;
use store::{JournalRow, OperationFilter, OperationState};
use targets::journal::PlannedOperation;

use super::leader::SharedRun;
use crate::exit::Failure;
use crate::journal::RunJournal;
use crate::planning::plan_some;

/// What a fresh plan means for the recorded operations of its course.
#[derive(Debug, Default)]
struct Resumption {
    /// What is sent, under the recorded number.
    send: Vec<PlannedOperation>,
    /// What only corrects our record.
    record: Vec<Operation>,
    /// Recorded operations that were sent and are wanted no more.
    done: Vec<u32>,
    /// Recorded operations that were not sent and are wanted no more.
    not_wanted: Vec<u32>,
}

impl SharedRun<'_> {
    /// Goes on with the courses of lost workers; returns why it stopped before its end.
    pub(super) async fn resume(&self, journal: &RunJournal<'_>) -> Result<Option<Failure>, Failure> {
        let SharedRun { app, lock, run, worker, .. } = self;
        let lost = app.store.lost_courses(*run).await?;
        if lost.is_empty() {
            return Ok(None);
        }
        tracing::warn!(run = run.0, courses = lost.len(), "a worker was lost; its courses are read again");
        let whole = lost.iter().copied().collect();
        let bar = ProgressBar::hidden();
        let plans =
            plan_some(app, worker.moodle, &lost, &whole, &worker.refused, worker.planned_for, &bar).await;
        journal.keep(worker.moodle.take_failed_calls()).await;
        let (mut all, mut corrections) = (Resumption::default(), Vec::new());
        for plan in plans? {
            let filter = OperationFilter { course: Some(plan.course), ..OperationFilter::default() };
            let rows = app.store.operations(*run, &filter).await?;
            let course = plan.course;
            let Resumption { send, record, done, not_wanted } = resumption(plan, &rows);
            all.send.extend(send);
            all.done.extend(done);
            all.not_wanted.extend(not_wanted);
            corrections.push(CoursePlan { course, operations: record, ..CoursePlan::default() });
        }
        let numbers = app.store.record_plan(lock, *run, &corrections).await?;
        for (numbers, plan) in numbers.into_iter().zip(corrections) {
            let corrections = numbers.zip(plan.operations);
            all.send.extend(corrections.map(|(number, operation)| PlannedOperation { number, operation }));
        }
        all.send.sort_by_key(|planned| (planned.operation.course, planned.operation.phase()));
        app.store.found_done(lock, *run, &all.done).await?;
        app.store.leave_undone(lock, *run, &all.not_wanted).await?;
        let applied = worker.moodle.apply(&all.send, journal, &|_| ()).await;
        app.store.resumed(lock, *run, &lost).await?;
        Ok(applied.err().map(Failure::from))
    }
}

/// Compares a fresh plan with what the journal holds of its course. A course that cannot be read leaves everything as it is:
/// what was sent stays open until the next run.
fn resumption(plan: CoursePlan, rows: &[JournalRow]) -> Resumption {
    let mut resumption = Resumption::default();
    if plan.findings.iter().any(|finding| finding.reason == Reason::ReadIncomplete) {
        return resumption;
    }
    let mut open: Vec<&JournalRow> = rows
        .iter()
        .filter(|row| matches!(row.state, OperationState::Planned | OperationState::Sent))
        .collect();
    for operation in plan.operations {
        match open.iter().position(|row| is_recorded(row, &operation)) {
            Some(at) => {
                let number = open.remove(at).number;
                resumption.send.push(PlannedOperation { number, operation });
            }
            None if !operation.sends() => resumption.record.push(operation),
            // The next run does it, and reviews it first.
            None => {}
        }
    }
    for row in open {
        match row.state {
            OperationState::Sent => resumption.done.push(row.number),
            _ => resumption.not_wanted.push(row.number),
        }
    }
    resumption
}

/// Tells whether an operation is the recorded one. One that was sent may have been done in half, such as an exchange of
/// names: then what is there before is another, and all else the same.
fn is_recorded(row: &JournalRow, operation: &Operation) -> bool {
    let fresh = operation.row();
    let same_goal = (fresh.kind, &fresh.idnumber, &fresh.person, &fresh.after)
        == (&*row.kind, &row.idnumber, &row.person, &row.after);
    same_goal && (row.state == OperationState::Sent || operation.fingerprint() == row.fingerprint)
}
