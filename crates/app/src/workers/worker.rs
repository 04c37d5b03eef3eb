//! One worker of a shared run: takes courses, plans them or carries out their plans, hands in what came of it, takes more.
//!
//! Not here: whether it is the leader or a helper; both work alike.
//!
//! Invariant: a worker carries out the operations that the journal holds as planned, and no other: what waits or was left
//! out has another state there.

use std::collections::{HashMap, HashSet};

use indicatif::ProgressBar;
use reconcile::keys::{CourseId, Text};
use reconcile::operation::Fingerprint;
use reconcile::plan::CoursePlan;
use store::{
    Calls, CourseTaken, JournalRow, OperationFilter, OperationState, Stopped, StoreError, Taken, Timestamp,
    WorkPhase,
};
use targets::journal::{PlannedOperation, StopReason};
use targets::moodle::Moodle;

use super::Seat;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::journal::RunJournal;
use crate::planning::{COURSES_AT_ONCE, plan_some};

/// What came of one look for work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Courses were done.
    Worked,
    /// Nothing is free at the moment.
    Idle,
    /// The run is over, was stopped, or this worker was taken for lost.
    Over,
}

/// What a worker is besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The leader, which counts its own calls.
    Leader,
    /// A helper, which tells the leader of its calls.
    Helper,
}

/// A worker.
pub(super) struct Worker<'a> {
    pub(super) app: &'a App,
    pub(super) moodle: &'a Moodle,
    /// The moment for which everybody plans.
    pub(super) planned_for: Timestamp,
    /// The proposals that a person refused.
    pub(super) refused: HashSet<Fingerprint>,
    pub(super) role: Role,
}

impl Worker<'_> {
    /// Takes some courses and does what is to be done with them.
    pub(super) async fn turn(&self, seat: &Seat) -> Result<Turn, Failure> {
        let taken = match self.app.store.take_courses(seat.lease(), COURSES_AT_ONCE as u64 / 2).await {
            Ok(Taken::Courses(taken)) => taken,
            Ok(Taken::Over) | Err(StoreError::LeaseLost) => return Ok(Turn::Over),
            Err(error) => return Err(error.into()),
        };
        if taken.is_empty() {
            return Ok(Turn::Idle);
        }
        tracing::debug!(run = seat.lease().run().0, courses = taken.len(), "took courses of a shared run");
        let (plan, apply): (Vec<_>, Vec<_>) =
            taken.into_iter().partition(|taken| taken.phase == WorkPhase::Plan);
        let mut turn = Turn::Worked;
        if !plan.is_empty() {
            turn = self.plan(seat, &plan).await?;
        }
        if !apply.is_empty() && turn == Turn::Worked {
            turn = self.apply(seat, &apply).await?;
        }
        Ok(turn)
    }

    async fn plan(&self, seat: &Seat, taken: &[CourseTaken]) -> Result<Turn, Failure> {
        let Worker { app, moodle, planned_for, refused, .. } = self;
        let before = self.calls();
        let courses: Vec<CourseId> = taken.iter().map(|taken| taken.course).collect();
        let whole = taken.iter().filter(|taken| taken.whole).map(|taken| taken.course).collect();
        let plans =
            plan_some(app, moodle, &courses, &whole, refused, *planned_for, &ProgressBar::hidden()).await;
        let journal = RunJournal::of_worker(app, seat);
        journal.keep(moodle.take_failed_calls()).await;
        let mut texts: Vec<(CourseId, Text)> = Vec::with_capacity(taken.len());
        for plan in plans? {
            texts.push((plan.course, plan.to_text().map_err(not_readable)?));
        }
        handed_in(app.store.planned(seat.lease(), &texts, self.since(before)).await)
    }

    async fn apply(&self, seat: &Seat, taken: &[CourseTaken]) -> Result<Turn, Failure> {
        let Worker { app, moodle, .. } = self;
        let before = self.calls();
        let run = seat.lease().run();
        let mut operations = Vec::new();
        for CourseTaken { course, plan, .. } in taken {
            let plan = CoursePlan::from_text(plan).map_err(not_readable)?;
            let filter = OperationFilter { course: Some(*course), ..OperationFilter::default() };
            operations.extend(to_carry_out(plan, &app.store.operations(run, &filter).await?)?);
        }
        let mut journal = RunJournal::of_worker(app, seat);
        journal.name_courses(taken.iter().map(|taken| (taken.course, taken.name.clone())));
        let stopped = moodle.apply(&operations, &journal, &|_| ()).await.err();
        match stopped {
            // What this worker has is given back when it leaves, or when its lease has run out.
            Some(stopped) if matches!(stopped.reason, StopReason::Journal(_)) => {
                tracing::warn!(run = run.0, reason = %Failure::from(stopped).in_one_line(), "stopped working");
                return Ok(Turn::Over);
            }
            Some(stopped) => {
                let failure = Failure::from(stopped);
                let stopped = Stopped { what: failure.what().into(), next: failure.next().into() };
                app.store.stop_share(seat.lease(), &stopped).await?;
            }
            None => {}
        }
        let courses: Vec<CourseId> = taken.iter().map(|taken| taken.course).collect();
        handed_in(app.store.applied(seat.lease(), &courses, self.since(before)).await)
    }

    /// The calls so far that the leader has to be told of.
    fn calls(&self) -> Calls {
        let calls = self.moodle.calls();
        match self.role {
            Role::Leader => Calls::default(),
            Role::Helper => Calls { reads: calls.reads, writes: calls.writes },
        }
    }

    fn since(&self, before: Calls) -> Calls {
        let now = self.calls();
        Calls { reads: now.reads - before.reads, writes: now.writes - before.writes }
    }
}

/// The operations of a plan that the journal holds as planned, with their numbers. `rows` are all of the course, in order.
fn to_carry_out(plan: CoursePlan, rows: &[JournalRow]) -> Result<Vec<PlannedOperation>, Failure> {
    let mut numbered: HashMap<Fingerprint, Vec<&JournalRow>> = HashMap::new();
    for row in rows.iter().rev() {
        numbered.entry(row.fingerprint).or_default().push(row);
    }
    let mut operations = Vec::new();
    for operation in plan.operations {
        let row = numbered.get_mut(&operation.fingerprint()).and_then(Vec::pop).ok_or_else(|| {
            Failure::new(Exit::Bug, format!("the plan of course {} is not the recorded one", plan.course))
        })?;
        if row.state == OperationState::Planned {
            operations.push(PlannedOperation { number: row.number, operation });
        }
    }
    Ok(operations)
}

fn handed_in(result: Result<(), StoreError>) -> Result<Turn, Failure> {
    match result {
        Ok(()) => Ok(Turn::Worked),
        Err(StoreError::LeaseLost) => Ok(Turn::Over),
        Err(error) => Err(error.into()),
    }
}

/// A plan that was handed over and cannot be read.
pub(super) fn not_readable(error: serde_json::Error) -> Failure {
    Failure::new(Exit::Bug, "cannot hand a plan over").because(error.to_string())
}
