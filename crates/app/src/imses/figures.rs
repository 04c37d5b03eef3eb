//! What was answered since the service began: the figures behind the `muster_ims_…` series of /metrics.
//!
//! Not here: how they are written ([`crate::serve`]), and the counts of each account, which the database keeps.
//!
//! Invariant: no name of an account, person, course or group is in them, and their number does not grow.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ims_es::operation::Operation;
use ims_es::status_info::StatusInfo;
use store::ims::MessageOutcome;

use super::journal::Endings;

/// The upper ends of the buckets of [`Durations`], in seconds as they are written.
pub(crate) const BUCKETS: [(Duration, &str); 8] = [
    (Duration::from_millis(1), "0.001"),
    (Duration::from_millis(3), "0.003"),
    (Duration::from_millis(10), "0.01"),
    (Duration::from_millis(30), "0.03"),
    (Duration::from_millis(100), "0.1"),
    (Duration::from_millis(300), "0.3"),
    (Duration::from_secs(1), "1"),
    (Duration::from_secs(10), "10"),
];

/// The figures at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    /// By operation; `None` for messages of which it could not be told.
    pub(crate) operations: BTreeMap<Option<Operation>, Answered>,
    /// How messages ended.
    pub(crate) outcomes: BTreeMap<&'static str, u64>,
    /// Messages that got a bare status of HTTP, by it.
    pub(crate) refused: BTreeMap<u16, u64>,
    /// How long calls took that read.
    pub(crate) reads: Durations,
    /// How long calls took that changed something.
    pub(crate) writes: Durations,
    /// What waits now.
    pub(crate) waiting: Waiting,
}

/// What waits for the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// Calls that read.
    pub(crate) reads: usize,
    /// Calls that change something.
    pub(crate) writes: usize,
    /// Messages that were answered, and are to be written down.
    pub(crate) messages: usize,
}

/// What was answered to an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answered {
    /// Messages.
    pub(crate) requests: u64,
    /// Items that ended well, without a remark.
    pub(crate) successes: u64,
    /// Items that ended well, with a remark.
    pub(crate) warnings: u64,
    /// Items that failed.
    pub(crate) failures: u64,
}

/// How long many calls took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Durations {
    /// How many took at most as long as each of [`BUCKETS`], and not as little as the one before.
    pub(crate) buckets: [u64; BUCKETS.len()],
    /// How many there were.
    pub(crate) count: u64,
    /// How long all of them took.
    pub(crate) sum: Duration,
}

/// What a call did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// It read.
    Read,
    /// It changed something.
    Write,
}

/// Counts what is answered.
#[derive(Default)]
pub(super) struct Tally {
    figures: Mutex<Figures>,
}

impl Tally {
    /// Counts a call that was carried out.
    pub(super) fn answered(
        &self,
        operation: Operation,
        way: Way,
        outcome: MessageOutcome,
        statuses: &[StatusInfo],
        begun: Instant,
    ) {
        let Endings { successes, warnings, failures } = Endings::of(statuses);
        let mut figures = self.figures.lock().unwrap_or_else(PoisonError::into_inner);
        let answered = figures.operations.entry(Some(operation)).or_default();
        answered.requests += 1;
        answered.successes += successes;
        answered.warnings += warnings;
        answered.failures += failures;
        *figures.outcomes.entry(outcome.as_str()).or_default() += 1;
        match way {
            Way::Read => figures.reads.add(begun.elapsed()),
            Way::Write => figures.writes.add(begun.elapsed()),
        }
    }

    /// Counts a message that was not carried out; with a bare status of HTTP, or with a fault.
    pub(super) fn refused(&self, operation: &str, outcome: MessageOutcome, http: Option<u16>) {
        let operation = Operation::ALL.iter().find(|known| known.name() == operation).copied();
        let mut figures = self.figures.lock().unwrap_or_else(PoisonError::into_inner);
        figures.operations.entry(operation).or_default().requests += 1;
        *figures.outcomes.entry(outcome.as_str()).or_default() += 1;
        if let Some(status) = http {
            *figures.refused.entry(status).or_default() += 1;
        }
    }

    /// What was counted so far.
    pub(super) fn figures(&self) -> Figures {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Durations {
    /// Counts one.
    pub(crate) fn add(&mut self, took: Duration) {
        let bucket = BUCKETS.iter().zip(&mut self.buckets).find(|((end, _), _)| took <= *end);
        if let Some((_, count)) = bucket {
            *count += 1;
        }
        self.count += 1;
        self.sum += took;
    }
}
