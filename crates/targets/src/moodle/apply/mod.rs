//! Carries out a plan.
//!
//! From the outside in: [`Moodle::apply`] packs courses into lanes (`lanes.rs`); a lane goes through the phases in
//! order (`lane.rs`); each batch of a phase is carried out with isolation of what is bad and reading back of what was
//! lost (`carry_out.rs`); the elements of each function know how they are sent and looked at again (`elements`).
//!
//! Not here: any decision about what is to be done.
//!
//! Invariant: one course has one writer, and the work on one group is in one request at a time (facts/moodle-ws.md §7).
//! Invariant: every operation is settled exactly once, unless the journal failed.

mod brought;
mod carry_out;
mod element;
mod elements;
mod lane;
mod lanes;
mod refresh;
mod run;

use futures_util::stream::{self, StreamExt};

use self::lane::Lane;
use self::run::Run;
use super::Moodle;
use crate::journal::{ApplyStopped, ApplySummary, Journal, PlannedOperation, Progress};

impl Moodle {
    /// Carries out operations, tells the journal before and after, and shows progress.
    ///
    /// A refused operation is an outcome and no error; the others go on.
    ///
    /// # Errors
    ///
    /// The platform cannot be worked with at all, too many calls fail, or the journal fails. What was sent until then
    /// is settled; the rest is `NotTried`, unless the journal is what failed.
    pub async fn apply(
        &self,
        operations: &[PlannedOperation],
        journal: &impl Journal,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<ApplySummary, ApplyStopped> {
        let run = Run::new(self, journal, progress, operations);
        let settings = &self.client.settings;
        let lanes = lanes::pack(operations, settings.concurrency_max, |fields| settings.batch_max(fields));
        tracing::debug!(operations = operations.len(), lanes = lanes.len(), "carrying out a plan");
        // A loop, because the compiler cannot see that a closure would give futures that may change threads.
        let mut running = Vec::with_capacity(lanes.len());
        for operations in lanes {
            running.push(Lane::new(&run, operations).go());
        }
        stream::iter(running).buffer_unordered(settings.concurrency_max.max(1)).collect::<()>().await;
        run.tell_failed_calls().await;
        run.finish()
    }
}
