//! What all lanes of an apply share: the journal, the count, and the reason to stop.
//!
//! Not here: sending.
//!
//! Invariant: the first reason to stop is the one that is told; after it nothing is sent.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use reconcile::keys::{CourseId, Text};
use reconcile::operation::{Operation, OperationRow};
use reconcile::outcome::Outcome;

use super::super::Moodle;
use super::super::client::CallCounts;
use super::super::errors::{CallError, Kind};
use crate::aftermath::{Aftermath, Tally};
use crate::journal::{
    ApplyStopped, ApplySummary, FailedCall, Journal, PlannedOperation, Progress, StopReason,
};

/// Below this many calls no share of failures is taken.
const CALLS_TO_JUDGE_MIN: u64 = 20;

/// In this many courses the right may be missing before it counts as missing everywhere.
const COURSES_WITHOUT_RIGHT_MAX: usize = 3;

/// The run was stopped; the reason is in the [`Run`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopped;

/// An operation and what became of it.
pub(super) type Settled<'a> = (&'a PlannedOperation, Outcome);

/// What all lanes share.
pub(super) struct Run<'a, J> {
    pub(super) moodle: &'a Moodle,
    journal: &'a J,
    progress: &'a (dyn Fn(Progress) + Sync),
    total: u64,
    courses: usize,
    counts_before: CallCounts,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    summary: ApplySummary,
    stopped: Option<StopReason>,
    any_done: bool,
    courses_without_right: BTreeSet<CourseId>,
}

impl<'a, J: Journal> Run<'a, J> {
    pub(super) fn new(
        moodle: &'a Moodle,
        journal: &'a J,
        progress: &'a (dyn Fn(Progress) + Sync),
        operations: &[PlannedOperation],
    ) -> Run<'a, J> {
        let courses: BTreeSet<CourseId> = operations.iter().map(|planned| planned.operation.course).collect();
        Run {
            moodle,
            journal,
            progress,
            total: operations.len() as u64,
            courses: courses.len(),
            counts_before: moodle.calls(),
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the journal what is about to be sent.
    pub(super) async fn announce(&self, operations: &[&'a PlannedOperation]) -> Result<(), Stopped> {
        if operations.is_empty() {
            return Ok(());
        }
        let told: Vec<(u32, &Operation)> =
            operations.iter().map(|planned| (planned.number, &planned.operation)).collect();
        self.journal.sent(&told).await.map_err(|error| self.stop(StopReason::Journal(error)))
    }

    /// Tells the journal what became of operations, and counts them.
    pub(super) async fn settle(&self, settled: &[Settled<'a>]) -> Result<(), Stopped> {
        if settled.is_empty() || matches!(self.state().stopped, Some(StopReason::Journal(_))) {
            return Ok(());
        }
        let told: Vec<(u32, &Operation, Outcome)> = settled
            .iter()
            .map(|(planned, outcome)| (planned.number, &planned.operation, outcome.clone()))
            .collect();
        self.journal.settled(&told).await.map_err(|error| self.stop(StopReason::Journal(error)))?;
        let done = {
            let mut state = self.state();
            for (planned, outcome) in settled {
                state.summary.count(outcome);
                match outcome {
                    Outcome::Done(_) => state.any_done |= planned.operation.sends(),
                    Outcome::Refused(refusal) if &*refusal.code == "nopermissions" => {
                        state.courses_without_right.insert(planned.operation.course);
                    }
                    Outcome::AlreadySo(_)
                    | Outcome::Refused(_)
                    | Outcome::Unknown(_)
                    | Outcome::NotTried(_) => {}
                }
            }
            state.summary.settled()
        };
        (self.progress)(Progress { settled: done, total: self.total });
        Ok(())
    }

    /// Stops the run, unless it was stopped already.
    pub(super) fn stop(&self, reason: StopReason) -> Stopped {
        let mut state = self.state();
        if state.stopped.is_none() {
            tracing::warn!(reason = %reason, "the run stops");
            state.stopped = Some(reason);
        }
        Stopped
    }

    /// Stops where another lane stopped, where too many calls fail, or where the right is missing everywhere.
    pub(super) fn check(&self, function: &'static str) -> Result<(), Stopped> {
        let (stopped, right_is_missing) = {
            let state = self.state();
            let courses = state.courses_without_right.len();
            let everywhere = courses > 0 && courses >= self.courses.min(COURSES_WITHOUT_RIGHT_MAX);
            (state.stopped.is_some(), !state.any_done && everywhere)
        };
        if stopped {
            return Err(Stopped);
        }
        if right_is_missing {
            let error =
                CallError { kind: Kind::Configuration, ..CallError::new(function, "nopermissions", "") };
            return Err(self.stop(StopReason::Target(error.into())));
        }
        let counts = self.moodle.calls();
        let calls = (counts.reads + counts.writes)
            .saturating_sub(self.counts_before.reads + self.counts_before.writes);
        let failed = counts.troubled.saturating_sub(self.counts_before.troubled);
        let percent_max = u64::from(self.moodle.client.settings.failed_calls_percent_max);
        if calls >= CALLS_TO_JUDGE_MIN && failed * 100 > calls * percent_max {
            return Err(self.stop(StopReason::TooManyFailures { failed, calls }));
        }
        Ok(())
    }

    /// Why what is left is not tried.
    pub(super) fn why_stopped(&self) -> Text {
        match &self.state().stopped {
            Some(reason) => format!("the run was stopped: {reason}").into(),
            None => "the run was stopped".into(),
        }
    }

    /// Hands the writing calls of a batch that failed to the journal: once for each course, with the names of what they
    /// carried and what became of it.
    pub(super) async fn tell_failed_writes(
        &self,
        failures: &[(u64, Vec<&'a PlannedOperation>)],
        settled: &[Settled<'a>],
    ) {
        if failures.is_empty() {
            return;
        }
        let client = &self.moodle.client;
        let outcomes: HashMap<u32, &Outcome> =
            settled.iter().map(|(planned, outcome)| (planned.number, outcome)).collect();
        for (request, carried) in failures {
            let Some(call) = client.take_failed_one(*request) else { continue };
            for (course, carried) in by_course(carried) {
                let mut tally = Tally::default();
                for planned in &carried {
                    tally.count(outcomes.get(&planned.number).copied());
                }
                let rows: Vec<OperationRow> = carried.iter().map(|planned| planned.operation.row()).collect();
                let shown = |names: Vec<&Text>| client.settings.token.redact(&listed(names)).into();
                let call = FailedCall {
                    course: Some(course),
                    groups: shown(rows.iter().map(|row| &row.name).collect()),
                    people: shown(rows.iter().map(|row| &row.person).collect()),
                    aftermath: Aftermath::Settled(tally),
                    ..call.clone()
                };
                self.journal.failed_call(call).await;
            }
        }
    }

    /// Hands all other failed calls to the journal.
    pub(super) async fn tell_failed_calls(&self) {
        for call in self.moodle.take_failed_calls() {
            self.journal.failed_call(call).await;
        }
    }

    pub(super) fn finish(self) -> Result<ApplySummary, ApplyStopped> {
        let counts = self.moodle.calls();
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let summary = ApplySummary {
            write_calls: counts.writes.saturating_sub(self.counts_before.writes),
            read_calls: counts.reads.saturating_sub(self.counts_before.reads),
            ..state.summary
        };
        match state.stopped {
            None => Ok(summary),
            Some(reason) => Err(ApplyStopped { summary, reason }),
        }
    }
}

/// How many names of a call are told.
const NAMES_MAX: usize = 10;

/// Operations by their courses.
fn by_course<'a>(carried: &[&'a PlannedOperation]) -> BTreeMap<CourseId, Vec<&'a PlannedOperation>> {
    let mut courses: BTreeMap<CourseId, Vec<&'a PlannedOperation>> = BTreeMap::new();
    for planned in carried {
        courses.entry(planned.operation.course).or_default().push(planned);
    }
    courses
}

/// The different names among some, the first few of them.
fn listed(names: Vec<&Text>) -> String {
    let names: BTreeSet<&str> =
        names.into_iter().map(AsRef::as_ref).filter(|name| !name.is_empty()).collect();
    let mut told = names.iter().take(NAMES_MAX).copied().collect::<Vec<_>>().join(", ");
    if names.len() > NAMES_MAX {
        told.push_str(&format!(" and {} more", names.len() - NAMES_MAX));
    }
    told
}
