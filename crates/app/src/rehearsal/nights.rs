//! The nights of a rehearsal, one after the other: what the day brought, the run, and a person in the morning.
//!
//! Not here: the copies on which it happens (`stage.rs`), and how it is told.
//!
//! Invariant: a night is a run of [`crate::run`] with its mail, as `muster serve` does it by its schedule.
//! Invariant: the person of a rehearsal approves what a whole timetable asks for, and nothing of a spoilt one.

use std::time::Instant;

use reconcile::operation::{Change, Operation};
use reconcile::plan::CoursePlan;
use reconcile::report::Waiting;
use reconcile::safety::Totals;
use simulators::university::{Brings, Feed, Night};
use store::{Approval, Decided, Decision, Timestamp};

use super::stage::Stage;
use crate::app::{App, ShowProgress};
use crate::cli::MapCommand;
use crate::clock::DAY_S;
use crate::commands::{map, night};
use crate::exit::Failure;
use crate::import::ImportEnd;
use crate::output::Output;
use crate::run::Finished;

/// A night that was lived through.
#[derive(Debug)]
pub(super) struct NightTold {
    /// When it began.
    pub(super) began: Timestamp,
    /// What was special about it.
    pub(super) brings: Brings,
    /// How much changed in the timetable, and was done in Moodle by hand.
    pub(super) happened: (usize, usize),
    /// Operations that the run planned.
    pub(super) planned: u64,
    /// Of them, those after which the platform is as wanted.
    pub(super) done: u64,
    /// Of them, those that were refused, or of which nobody knows.
    pub(super) failed: u64,
    /// Operations that waited.
    pub(super) waited: u64,
    /// Why they waited.
    pub(super) waiting: Vec<Waiting>,
    /// Whether a person said yes in the morning.
    pub(super) is_approved: bool,
    /// Whether the run only planned, because of a blackout of the schedule.
    pub(super) is_blackout: bool,
    /// Calls that read.
    pub(super) reads: u64,
    /// Calls that write.
    pub(super) writes: u64,
    /// How long the run took here, in milliseconds.
    pub(super) duration_ms: u64,
    /// Why the delivery was refused.
    pub(super) refused_delivery: Option<String>,
    /// Why the run stopped.
    pub(super) stopped: Option<String>,
    /// The subjects of its mail.
    pub(super) mail: Vec<String>,
    /// What the run wanted to take away, for the limits.
    pub(super) taken: Vec<CoursePlan>,
    /// What was ours before the run.
    pub(super) totals: Totals,
}

impl NightTold {
    /// A night on which nothing happened.
    pub(super) fn quiet(brings: Brings) -> NightTold {
        NightTold {
            began: Timestamp(0),
            brings,
            happened: (0, 0),
            planned: 0,
            done: 0,
            failed: 0,
            waited: 0,
            waiting: Vec::new(),
            is_approved: false,
            is_blackout: false,
            reads: 0,
            writes: 0,
            duration_ms: 0,
            refused_delivery: None,
            stopped: None,
            mail: Vec::new(),
            taken: Vec::new(),
            totals: Totals::default(),
        }
    }
}

/// Lives through the nights.
pub(super) async fn live_through(
    stage: &mut Stage,
    nights: u32,
    progress: ShowProgress,
) -> Result<Vec<NightTold>, Failure> {
    let bar = {
        let app = stage.app(0).await?;
        App { progress, ..app }.progress("rehearsing the nights", u64::from(nights))
    };
    let mut told = Vec::new();
    loop {
        let next = stage.term.next_night(&mut stage.server.world());
        let Some(night) = next else { break };
        told.push(live_through_one(stage, night).await?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(told)
}

async fn live_through_one(stage: &Stage, night: Night) -> Result<NightTold, Failure> {
    stage.deliver(&night)?;
    let app = stage.app(night.number).await?;
    read_mappings(stage, &app).await?;
    let began = stage.begins(night.number);
    let is_blackout = app.config.schedule.as_ref().is_some_and(|schedule| schedule.blackout(began).is_some());
    let wish = if is_blackout { night::blackout_run() } else { night::whole_run() };
    let totals = app.store.totals().await?;
    let letters_before = letters(stage)?;
    let mut told = NightTold {
        began,
        happened: (night.source_changes, night.moodle_events),
        is_blackout,
        totals,
        ..NightTold::quiet(night.brings)
    };
    for fault in night.faults {
        stage.server.faults().push(fault);
    }
    let watch = Instant::now();
    let ended = night::run_and_tell(&app, &wish).await;
    told.duration_ms = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
    stage.server.faults().clear();
    match ended {
        Ok(finished) => {
            note(&mut told, finished);
            if told.waited > 0 && night.brings.feed() == Feed::Whole {
                told.is_approved = approve(&app).await?;
            }
        }
        // A night without its platform is part of a term.
        Err(failure) => told.stopped = Some(failure.what()),
    }
    told.mail = letters(stage)?.split_off(letters_before.len());
    app.store.close().await;
    Ok(told)
}

/// Notes what a run did.
fn note(told: &mut NightTold, finished: Finished) {
    for figures in &finished.report.changes {
        told.planned += figures.planned;
        told.done += figures.done + figures.already_so;
        told.failed += figures.refused + figures.unknown;
    }
    told.waited = finished.held.waiting.len() as u64;
    told.waiting = finished.report.waiting;
    told.reads = finished.calls.reads;
    told.writes = finished.calls.writes;
    told.stopped = finished.stopped.map(|failure| failure.what());
    told.refused_delivery = finished.imported.iter().find_map(|imported| match &imported.end {
        ImportEnd::Accepted | ImportEnd::TakenOver(_) => None,
        ImportEnd::Refused(why) | ImportEnd::Failed(why) => Some(why.clone()),
    });
    told.taken = finished.plans.into_iter().filter_map(taken).collect();
}

/// What a plan takes away; `None` where that is nothing.
fn taken(plan: CoursePlan) -> Option<CoursePlan> {
    let takes = |operation: &Operation| {
        matches!(operation.change, Change::RemoveMember { .. } | Change::DeleteGroup { .. })
    };
    let CoursePlan { course, name, operations, findings: _, ours } = plan;
    let operations: Vec<Operation> = operations.into_iter().filter(takes).collect();
    (!operations.is_empty()).then(|| CoursePlan { course, name, operations, ours, findings: Vec::new() })
}

/// Reads today's mappings, as the block in Moodle would have written them.
async fn read_mappings(stage: &Stage, app: &App) -> Result<(), Failure> {
    let file = stage.dir.join("source").join("mappings.csv");
    let command = MapCommand::Import { file, reason: "the rehearsal".into() };
    map::run(app, &command, &Output::silent()).await.map(drop)
}

/// A person looks at what waits and says yes. Returns whether there was anything.
async fn approve(app: &App) -> Result<bool, Failure> {
    let Some(run) = app.store.runs(1).await?.into_iter().next() else { return Ok(false) };
    let now = app.clock.now();
    let approval = Approval {
        run: run.id,
        operations: Decided::All,
        decision: Decision::Approved,
        who: "rehearsal".into(),
        reason: "the timetable was whole".into(),
        at: now,
        expires_at: Timestamp(now.0 + 7 * DAY_S),
    };
    Ok(app.store.approve(&approval).await? > 0)
}

/// The subjects of all letters so far, in their order.
fn letters(stage: &Stage) -> Result<Vec<String>, Failure> {
    Ok(crate::mail::subjects_in(&stage.mail_folder())?)
}
