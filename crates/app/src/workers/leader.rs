//! The leader of a shared run: offers the courses, works like everybody else, and gathers what came of it.
//!
//! Not here: what becomes of the courses of a lost worker ([`super::resume`]).
//!
//! Invariant: the leader reviews and records the whole plan before it offers anything to be carried out.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use indicatif::ProgressBar;
use reconcile::keys::CourseId;
use reconcile::outcome::Outcome;
use reconcile::plan::CoursePlan;
use reconcile::safety::Decisions;
use store::{Calls, CourseOffered, NewShare, RunId, RunLock, Stopped};
use targets::journal::{Journal, PlannedOperation};
use targets::moodle::Moodle;

use super::settings::settings;
use super::worker::{Role, Turn, Worker, not_readable};
use super::{LOOK_EVERY, Seat, who};
use crate::app::App;
use crate::choose::Choice;
use crate::exit::{Exit, Failure};
use crate::journal::RunJournal;
use crate::mending::Goal;
use crate::planning::{COURSES_AT_ONCE, name_plans};
use crate::select::Select;

/// A run that is shared.
pub(crate) struct SharedRun<'a> {
    pub(super) app: &'a App,
    pub(super) lock: &'a RunLock,
    pub(super) run: RunId,
    pub(super) worker: Worker<'a>,
    seat: Seat,
}

/// Tells whether a run is shared: where the configuration says so, and it is about bringing everything in step. What a
/// person mends is small.
pub(crate) fn is_shared(app: &App, goal: &Goal) -> bool {
    app.config.workers.share && app.store.is_on_server() && *goal == Goal::InStep(Select::All)
}

impl<'a> SharedRun<'a> {
    /// Offers the chosen courses to be planned.
    pub(crate) async fn begin(
        app: &'a App,
        lock: &'a RunLock,
        run: RunId,
        moodle: &'a Moodle,
        choice: &Choice,
        decisions: &Decisions,
    ) -> Result<SharedRun<'a>, Failure> {
        let planned_for = app.clock.now();
        let courses = choice.courses.iter().map(|state| CourseOffered {
            course: state.course,
            name: state.name.clone(),
            whole: choice.whole.contains(&state.course),
        });
        let share = NewShare { settings: settings(app), planned_for, courses: courses.collect() };
        let (lease_s, joined) = (app.config.workers.lease_s, Instant::now());
        let lease = app.store.share_run(lock, run, &share, &who(), lease_s).await?;
        let seat = Seat::take(&app.store, lease, lease_s, joined);
        let refused = decisions.refused.clone();
        let worker = Worker { app, moodle, planned_for, refused, role: Role::Leader };
        Ok(SharedRun { app, lock, run, worker, seat })
    }

    /// Plans the courses together with whoever is there, and gathers the plans.
    pub(crate) async fn plans(&mut self, choice: &Choice) -> Result<Vec<CoursePlan>, Failure> {
        let bar = self.app.progress("reading the platform", choice.courses.len() as u64);
        let stopped = self.work(&bar).await?;
        bar.finish_and_clear();
        if let Some(stopped) = stopped {
            return Err(failure(&stopped));
        }
        let mut plans: Vec<CoursePlan> = Vec::with_capacity(choice.courses.len());
        loop {
            let after = plans.last().map_or(CourseId(i64::MIN), |plan| plan.course);
            let some = self.app.store.plans_after(self.run, after, COURSES_AT_ONCE as u32).await?;
            if some.is_empty() {
                break;
            }
            for (_, text) in some {
                plans.push(CoursePlan::from_text(&text).map_err(not_readable)?);
            }
        }
        name_plans(&choice.courses, &mut plans);
        Ok(plans)
    }

    /// Carries out operations together with whoever is there; returns every outcome of the run, and why it stopped before
    /// its end. `journal` is the leader's own.
    pub(crate) async fn apply(
        &mut self,
        operations: &[PlannedOperation],
        journal: RunJournal<'_>,
    ) -> Result<(HashMap<u32, Outcome>, Option<Failure>), Failure> {
        let mut heaviest: HashMap<CourseId, usize> = HashMap::new();
        for planned in operations {
            *heaviest.entry(planned.operation.course).or_default() += 1;
        }
        let mut courses: Vec<CourseId> = heaviest.keys().copied().collect();
        courses.sort_by_key(|course| (std::cmp::Reverse(heaviest.get(course)), *course));
        self.app.store.offer(self.lock, self.run, &courses).await?;
        let bar = self.app.progress("carrying out the plan", courses.len() as u64);
        let mut stopped = self.work(&bar).await?.as_ref().map(failure);
        bar.finish_and_clear();
        if stopped.is_none() {
            stopped = self.resume(&journal).await?;
        }
        if let Some(stopped) = &stopped {
            self.note_not_tried(operations, &journal, stopped).await?;
        }
        let mut outcomes = self.app.store.outcomes(self.run).await?;
        outcomes.extend(journal.into_outcomes());
        Ok((outcomes, stopped))
    }

    /// Works until nothing is free and nobody has a course any more; returns why somebody stopped the run.
    async fn work(&mut self, bar: &ProgressBar) -> Result<Option<Stopped>, Failure> {
        loop {
            // Also after the run was stopped: it takes back what lost workers have.
            let turn = self.worker.turn(&self.seat).await?;
            let left = self.app.store.work_left(self.run).await?;
            bar.set_position(bar.length().unwrap_or(0).saturating_sub(left.free + left.held));
            match turn {
                Turn::Worked => continue,
                Turn::Idle if left.free + left.held == 0 => return Ok(None),
                Turn::Idle => {}
                Turn::Over => match self.app.store.share_stopped(self.run).await? {
                    Some(stopped) if left.held == 0 => return Ok(Some(stopped)),
                    Some(_) => {}
                    None => self.sit_down_again().await?,
                },
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Somebody took this process for lost: it was suspended, or could not reach the database. It still holds the run lock.
    async fn sit_down_again(&mut self) -> Result<(), Failure> {
        tracing::warn!(run = self.run.0, "the leader of this run was taken for lost, and leads again");
        let (lease_s, joined) = (self.app.config.workers.lease_s, Instant::now());
        let lease = self.app.store.lead_again(self.lock, self.run, &who(), lease_s).await?;
        let seat = Seat::take(&self.app.store, lease, lease_s, joined);
        std::mem::replace(&mut self.seat, seat).leave(&self.app.store).await;
        Ok(())
    }

    /// Settles what is open after the run was stopped.
    async fn note_not_tried(
        &self,
        operations: &[PlannedOperation],
        journal: &RunJournal<'_>,
        stopped: &Failure,
    ) -> Result<(), Failure> {
        let settled = self.app.store.outcomes(self.run).await?;
        let sent = self.app.store.open_intents().await?;
        let sent: HashSet<u32> =
            sent.iter().filter(|row| row.run == self.run).map(|row| row.number).collect();
        let why = format!("the run was stopped: {}", stopped.what());
        let open = operations.iter().filter(|planned| !settled.contains_key(&planned.number));
        let open: Vec<_> = open
            .map(|planned| {
                let outcome = match sent.contains(&planned.number) {
                    true => Outcome::Unknown("the worker that sent it was lost".into()),
                    false => Outcome::NotTried(why.as_str().into()),
                };
                (planned.number, &planned.operation, outcome)
            })
            .collect();
        journal.settled(&open).await.map_err(|error| Failure::of(Exit::Configuration, error))
    }

    /// Ends the sharing; returns the calls of the helpers.
    pub(crate) async fn end(self) -> Result<Calls, Failure> {
        let SharedRun { app, lock, run, worker: _, seat } = self;
        let calls = app.store.calls_of_workers(run).await?;
        app.store.end_share(lock, run).await?;
        seat.leave(&app.store).await;
        Ok(calls)
    }
}

fn failure(stopped: &Stopped) -> Failure {
    let failure = Failure::new(Exit::Target, stopped.what.to_string());
    if stopped.next.is_empty() { failure } else { failure.hint(stopped.next.to_string()) }
}
