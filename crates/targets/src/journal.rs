//! What a target tells while it carries out a plan, and what is left when it is done.
//!
//! Not here: where a journal is kept (`store`) and how a request is made ([`crate::moodle`]).
//!
//! Invariant: [`Journal::sent`] has returned before the request goes out; [`Journal::settled`] is told of every
//! operation exactly once, unless the journal itself failed.

use std::error::Error;
use std::fmt;
use std::future::Future;

use reconcile::keys::{CourseId, Text};
use reconcile::operation::Operation;
use reconcile::outcome::Outcome;

use crate::aftermath::Aftermath;
use crate::moodle::CallError;

/// An operation with its number in the run.
#[derive(Clone, Debug)]
pub struct PlannedOperation {
    /// The number by which the journal knows it; unique within a run.
    pub number: u32,
    /// What is to be done.
    pub operation: Operation,
}

/// Remembers what was sent and what became of it.
pub trait Journal: Send + Sync {
    /// Remembers that operations are about to be sent. Awaited before the request.
    fn sent(&self, operations: &[(u32, &Operation)])
    -> impl Future<Output = Result<(), JournalError>> + Send;

    /// Remembers what became of operations. Awaited before the next request of the same courses.
    fn settled(
        &self,
        operations: &[(u32, &Operation, Outcome)],
    ) -> impl Future<Output = Result<(), JournalError>> + Send;

    /// Is told of each call that failed, for the log of REST errors. Does nothing unless it is overridden.
    fn failed_call(&self, call: FailedCall) -> impl Future<Output = ()> + Send {
        drop(call);
        std::future::ready(())
    }
}

/// The journal could not be written; nothing more is sent.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the journal of the run; see to the management database, then run again")]
pub struct JournalError(#[source] pub Box<dyn Error + Send + Sync>);

/// A call that the platform did not answer as it should. A call about several courses is told once for each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedCall {
    /// Its number among the failed calls of the connection; the line in the log has it too.
    pub request: u64,
    /// The function, for example `core_group_add_group_members`.
    pub function: &'static str,
    /// The platform's code, or ours where it gave none.
    pub code: Text,
    /// The parameters without the token, shortened.
    pub parameters: Text,
    /// The answer without the token, shortened.
    pub answer: Text,
    /// The course, where the call was about one.
    pub course: Option<CourseId>,
    /// The names of the groups and groupings that a writing call was about, shortened.
    pub groups: Text,
    /// The keys of the people that a writing call was about, shortened.
    pub people: Text,
    /// What happened afterwards.
    pub aftermath: Aftermath,
}

/// How far an apply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Operations that are settled.
    pub settled: u64,
    /// Operations in all.
    pub total: u64,
}

/// What became of a plan, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApplySummary {
    /// Carried out.
    pub done: u64,
    /// Found to be so already.
    pub already_so: u64,
    /// Refused by the platform.
    pub refused: u64,
    /// Sent, and nobody knows what became of it.
    pub unknown: u64,
    /// Not sent.
    pub not_tried: u64,
    /// Calls that write, repetitions included.
    pub write_calls: u64,
    /// Calls that read.
    pub read_calls: u64,
}

impl ApplySummary {
    pub(crate) fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Done(_) => self.done += 1,
            Outcome::AlreadySo(_) => self.already_so += 1,
            Outcome::Refused(_) => self.refused += 1,
            Outcome::Unknown(_) => self.unknown += 1,
            Outcome::NotTried(_) => self.not_tried += 1,
        }
    }

    /// Operations in all.
    pub fn settled(&self) -> u64 {
        self.done + self.already_so + self.refused + self.unknown + self.not_tried
    }
}

/// A plan that was not carried out to its end. What was sent is settled honestly; the rest is `NotTried`.
#[derive(Debug, thiserror::Error)]
#[error("cannot carry out the plan to its end")]
pub struct ApplyStopped {
    /// What became of the operations until then.
    pub summary: ApplySummary,
    /// Why.
    #[source]
    pub reason: StopReason,
}

/// Why a run stops before its end.
#[derive(Debug, thiserror::Error)]
pub enum StopReason {
    /// The platform cannot be worked with at all: refused token, maintenance, no answer.
    #[error(transparent)]
    Target(Box<CallError>),
    /// Too large a share of the calls failed.
    #[error(
        "cannot trust the platform: {failed} of {calls} calls failed; see what is wrong with it, then run again"
    )]
    TooManyFailures {
        /// Calls that failed for reasons of the platform.
        failed: u64,
        /// Calls in all.
        calls: u64,
    },
    /// Our own memory failed.
    #[error(transparent)]
    Journal(JournalError),
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.settled, self.total)
    }
}
