//! The journal of a run: the target's questions, answered by the store.
//!
//! Not here: what is remembered for each operation (`reconcile::outcome`).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use reconcile::keys::{CourseId, Text};
use reconcile::operation::Operation;
use reconcile::outcome::Outcome;
use store::{Proof, RestError, RunId, RunLock, Store, StoreError};
use targets::journal::{FailedCall, Journal, JournalError};

use crate::app::App;
use crate::clock::Clock;
use crate::workers::Seat;

/// Writes what is sent and settled into the database, and keeps the outcomes for the report.
pub(crate) struct RunJournal<'a> {
    pub(crate) store: &'a Store,
    proof: Proof<'a>,
    /// Where a worker writes: its place in the run.
    seat: Option<&'a Seat>,
    pub(crate) run: RunId,
    pub(crate) clock: Clock,
    course_names: HashMap<CourseId, Text>,
    outcomes: Mutex<HashMap<u32, Outcome>>,
}

impl<'a> RunJournal<'a> {
    /// The journal of a run.
    pub(crate) fn new(app: &'a App, lock: &'a RunLock, run: RunId) -> RunJournal<'a> {
        RunJournal::with(app, lock.into(), None, run)
    }

    /// The journal of a run in which a worker writes about its own courses.
    pub(crate) fn of_worker(app: &'a App, seat: &'a Seat) -> RunJournal<'a> {
        RunJournal::with(app, seat.lease().into(), Some(seat), seat.lease().run())
    }

    fn with(app: &'a App, proof: Proof<'a>, seat: Option<&'a Seat>, run: RunId) -> RunJournal<'a> {
        let (course_names, outcomes) = (HashMap::new(), Mutex::default());
        RunJournal { store: &app.store, proof, seat, run, clock: app.clock, course_names, outcomes }
    }

    /// Tells what the courses of the run are called.
    pub(crate) fn name_courses(&mut self, names: impl Iterator<Item = (CourseId, Text)>) {
        self.course_names = names.collect();
    }

    /// Keeps calls that failed while the platform was read.
    pub(crate) async fn keep(&self, calls: Vec<FailedCall>) {
        for call in calls {
            self.failed_call(call).await;
        }
    }

    /// Every outcome so far, by the number of its operation.
    pub(crate) fn into_outcomes(self) -> HashMap<u32, Outcome> {
        self.outcomes.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for RunJournal<'_> {
    async fn sent(&self, operations: &[(u32, &Operation)]) -> Result<(), JournalError> {
        let sent = self.store.sent(self.proof, self.run, operations).await;
        sent.map_err(|error| JournalError(Box::new(error)))?;
        // After it was recorded, so that as little time as can be lies between this look and the request.
        match self.seat {
            Some(seat) if !seat.holds() => Err(JournalError(Box::new(StoreError::LeaseLost))),
            _ => Ok(()),
        }
    }

    async fn settled(&self, operations: &[(u32, &Operation, Outcome)]) -> Result<(), JournalError> {
        let settled = self.store.settled(self.proof, self.run, operations, self.clock.now()).await;
        settled.map_err(|error| JournalError(Box::new(error)))?;
        for (number, operation, outcome) in operations {
            log(self.run, *number, operation, outcome);
        }
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        outcomes.extend(operations.iter().map(|(number, _, outcome)| (*number, outcome.clone())));
        Ok(())
    }

    async fn failed_call(&self, call: FailedCall) {
        // The log of failed calls must not stop a run; the failure itself is in the outcome.
        let FailedCall { request, function, code, parameters, answer, course, groups, people, aftermath } =
            call;
        let course_name = course.and_then(|course| self.course_names.get(&course)).cloned();
        let error = RestError {
            at: self.clock.now(),
            run: self.run,
            request,
            function: function.into(),
            code,
            parameters,
            answer,
            course,
            course_name: course_name.unwrap_or_default(),
            groups,
            people,
            what_happened: aftermath.to_string().into(),
        };
        if let Err(error) = self.store.record_rest_error(self.proof, &error).await {
            tracing::warn!(error = %error, "cannot keep a failed call");
        }
    }
}

/// One line for each changed object, with its reason code (feature F8). People are users' numbers here.
fn log(run: RunId, number: u32, operation: &Operation, outcome: &Outcome) {
    let row = operation.row();
    let user = row.user.map(|user| user.0);
    let (course, because) = (operation.course.0, operation.because.code());
    if outcome.is_success() {
        tracing::info!(
            run = run.0, number, course, kind = row.kind, idnumber = %row.idnumber, user, because,
            outcome = outcome.as_str()
        );
    } else {
        tracing::warn!(
            run = run.0, number, course, kind = row.kind, idnumber = %row.idnumber, user, because,
            outcome = outcome.as_str(), detail = %outcome.detail()
        );
    }
}
