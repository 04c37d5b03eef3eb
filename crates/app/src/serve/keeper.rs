//! Keeps the schedule: decides when a run begins and when the alarm is raised, and does both.
//!
//! Not here: when a time of cron is (`schedule.rs`), and what a run is ([`crate::run`]).
//!
//! Invariant: a run under way is never stopped from here.
//! Invariant: of all services on one database, one begins each scheduled run and raises each alarm.
//! Invariant: [`Keeper`] and [`Alarm`] read no clock; they are told the time.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use store::{LockOwner, LockState, RunKind, Timestamp};
use tokio::sync::watch;

use super::schedule::{NextRun, Schedule};
use crate::app::App;
use crate::clock::{DAY_S, written};
use crate::commands::night;
use crate::exit::{Failure, chain};
use crate::health::{Health, spread};
use crate::mail::{Silence, send_silence_alarm, tell_pause_ends};
use crate::output::Output;
use crate::run::Finished;
use crate::workers::who;

/// How often the clock is looked at. A long sleep would not notice that the machine slept or that its clock was set.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// How long after the start a missed run begins, in seconds: the machine may just be waking up.
const CATCH_UP_WAIT_S: i64 = 60;

/// By how much the clock must go back until the next time is worked out anew, in seconds.
const SET_BACK_S: i64 = 60;

/// How often it is looked whether it has been quiet for too long, in seconds.
const ALARM_LOOK_EVERY_S: i64 = 60 * 60;

/// How often, and how many times at most, it is looked whether a live run has ended.
const LIVE_WAIT: Duration = Duration::from_secs(1);
const LIVE_WAITS_MAX: u32 = 30 * 60;

/// What a scheduled run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Exactly what `muster run` does.
    Run,
    /// It imports and plans: it is the time of a blackout.
    PlanOnly,
}

/// Decides when runs begin.
#[derive(Debug)]
pub(super) struct Keeper {
    schedule: Schedule,
    spread: String,
    next: Option<NextRun>,
    /// The time of cron that was missed before the start, until its run begins.
    missed: Option<Timestamp>,
    looked_at: Timestamp,
}

/// A run that begins now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Firing {
    /// Its time of cron.
    pub(super) due: Timestamp,
    /// Whether that was missed before the start.
    pub(super) was_missed: bool,
    /// What it does.
    pub(super) mode: Mode,
}

impl Keeper {
    /// Begins to keep a schedule. A time that was missed since the last good run, because the machine or the service
    /// was off, comes once, soon.
    pub(super) fn begin(
        schedule: Schedule,
        spread: String,
        last_good_run: Option<Timestamp>,
        now: Timestamp,
    ) -> Keeper {
        let missed = last_good_run
            .and_then(|began| schedule.next_due_outside_blackouts(began))
            .filter(|due| *due <= now && schedule.blackout(now).is_none());
        let mut next = schedule.next_run(now, &spread);
        if let Some(due) = missed {
            let soon = NextRun { due, begins: Timestamp(now.0 + CATCH_UP_WAIT_S) };
            next = next.filter(|next| next.begins <= soon.begins).or(Some(soon));
        }
        Keeper { schedule, spread, next, missed, looked_at: now }
    }

    /// Tells whether a run begins now. However many times have passed since the last look, it is one run.
    pub(super) fn look(&mut self, now: Timestamp) -> Option<Firing> {
        let is_set_back = now.0 < self.looked_at.0 - SET_BACK_S;
        self.looked_at = now;
        if is_set_back {
            self.next = self.schedule.next_run(now, &self.spread);
        }
        let due = self.next.filter(|next| next.begins <= now)?.due;
        self.next = self.schedule.next_run(now, &self.spread);
        let mode = if self.schedule.blackout(now).is_some() { Mode::PlanOnly } else { Mode::Run };
        let was_missed = self.missed.take() == Some(due);
        Some(Firing { due, was_missed, mode })
    }

    /// How long to wait for the next look: until the next run, if it is near.
    fn wait(&self, now: Timestamp) -> Duration {
        let until_next = self.next().map_or(u64::MAX, |next| u64::try_from(next.0 - now.0).unwrap_or(0));
        Duration::from_secs(until_next).clamp(Duration::from_secs(1), LOOK_EVERY)
    }

    /// When the next run begins.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.next.map(|next| next.begins)
    }
}

/// Decides when the alarm is raised that nothing runs: at most once a day (feature H8).
#[derive(Debug)]
pub(super) struct Alarm {
    looked_at: Timestamp,
    raised_at: Option<Timestamp>,
}

impl Alarm {
    /// Begins to watch.
    pub(super) fn begin(now: Timestamp) -> Alarm {
        Alarm { looked_at: now, raised_at: None }
    }

    /// Tells whether it is time to look.
    pub(super) fn looks(&mut self, now: Timestamp) -> bool {
        let looks = (now.0 - self.looked_at.0).abs() >= ALARM_LOOK_EVERY_S;
        if looks {
            self.looked_at = now;
        }
        looks
    }

    /// Tells whether the alarm is raised for what was seen.
    pub(super) fn is_raised(&mut self, silence: Option<&Silence>, now: Timestamp) -> bool {
        let raised_today = self.raised_at.is_some_and(|raised_at| now.0 - raised_at.0 < DAY_S);
        let raised = silence.is_some() && !raised_today;
        if raised {
            self.raised_at = Some(now);
        }
        raised
    }
}

/// What the service is doing, for whoever asks.
#[derive(Debug, Default)]
pub(super) struct Board {
    next: Mutex<Option<Timestamp>>,
    /// How many runs are under way.
    busy: Mutex<u32>,
}

impl Board {
    /// When the next run begins.
    pub(super) fn next(&self) -> Option<Timestamp> {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a run is under way.
    pub(super) fn is_busy(&self) -> bool {
        *self.busy.lock().unwrap_or_else(PoisonError::into_inner) > 0
    }

    pub(super) fn set_next(&self, next: Option<Timestamp>) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }

    /// Notes that a run begins, or that it has ended.
    pub(super) fn set_busy(&self, busy: bool) {
        let mut runs = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        *runs = if busy { *runs + 1 } else { runs.saturating_sub(1) };
    }
}

/// A keeper for the schedule of the configuration; `None` where there is none.
pub(super) async fn keeper(app: &App) -> Result<Option<Keeper>, Failure> {
    let Some(schedule) = app.config.schedule.clone() else { return Ok(None) };
    let last_good_run = app.store.last_good_run().await?;
    Ok(Some(Keeper::begin(schedule, spread(&app.config), last_good_run, app.clock.now())))
}

/// Carries out the scheduled runs until it is told to stop; a run that is under way then comes to its end.
pub(super) async fn keep(
    app: &App,
    mut keeper: Keeper,
    board: &Board,
    output: &Output,
    mut stop: watch::Receiver<bool>,
) {
    while wait(&mut stop, keeper.wait(app.clock.now())).await {
        turn(app, &mut keeper, board, output, app.clock.now()).await;
    }
}

/// Raises the alarm that nothing runs, and tells of pauses that end, until it is told to stop.
pub(super) async fn keep_watch(app: &App, begun: Timestamp, mut stop: watch::Receiver<bool>) {
    let mut alarm = Alarm::begin(begun);
    while wait(&mut stop, LOOK_EVERY).await {
        let now = app.clock.now();
        if !alarm.looks(now) {
            continue;
        }
        if let Err(failure) = tell_pause_ends(app).await {
            tracing::error!(failure = %failure.in_one_line(), "cannot tell of pauses that end");
        }
        match Health::look(app, Some(begun)).await {
            Ok(health) => {
                let raised = health.silence.filter(|silence| alarm.is_raised(Some(silence), now));
                if let Some(silence) = raised
                    && is_ours(app, "silence alarm", now, Some(DAY_S)).await
                {
                    tracing::error!(hours = silence.hours, "no good run for too long");
                    send_silence_alarm(app, &silence).await;
                }
            }
            Err(error) => {
                tracing::error!(error = %error, "cannot look whether it has been quiet for too long")
            }
        }
    }
}

/// Waits for the next look at the clock; false when it is time to stop.
pub(super) async fn wait(stop: &mut watch::Receiver<bool>, time: Duration) -> bool {
    if *stop.borrow() {
        return false;
    }
    tokio::select! {
        _ = stop.changed() => false,
        () = tokio::time::sleep(time) => true,
    }
}

/// One look at the clock, and the run that begins now.
pub(super) async fn turn(app: &App, keeper: &mut Keeper, board: &Board, output: &Output, now: Timestamp) {
    let firing = keeper.look(now);
    board.set_next(keeper.next());
    if let Some(firing) = firing
        && begins_here(app, firing, now).await
    {
        board.set_busy(true);
        run(app, firing.mode, output).await;
        board.set_busy(false);
    }
}

/// Waits until no live run is under way: it is short, and the run of the schedule is not to be lost for it.
async fn wait_for_live_run(app: &App) {
    for _ in 0..LIVE_WAITS_MAX {
        let state = app.store.lock_state().await;
        let is_live = |owner: &LockOwner| owner.purpose == RunKind::Live.as_str();
        if !matches!(&state, Ok(LockState::Held(Some(owner))) if is_live(owner)) {
            return;
        }
        tokio::time::sleep(LIVE_WAIT).await;
    }
}

/// Tells whether a run begins in this service and in no other one on the same database. One that was missed begins again
/// where whoever began it did not come to a good end.
async fn begins_here(app: &App, firing: Firing, now: Timestamp) -> bool {
    let Firing { due, was_missed, mode: _ } = firing;
    if was_missed {
        match app.store.last_good_run().await {
            Ok(Some(began)) if began >= due => return false,
            Ok(_) => {}
            Err(error) => tracing::warn!(error = %error, "cannot look for the last good run"),
        }
    }
    is_ours(app, &format!("run {}", due.0), now, was_missed.then_some(CATCH_UP_WAIT_S)).await
}

/// Claims what only one service on a database does; says nothing where another one was first. Where the database cannot be
/// asked, it is better done twice than never.
async fn is_ours(app: &App, what: &str, now: Timestamp, again_after_s: Option<i64>) -> bool {
    match app.store.claim(what, &who(), now, again_after_s).await {
        Ok(granted) => {
            tracing::debug!(what, granted, "claimed what only one service does");
            granted
        }
        Err(error) => {
            tracing::warn!(error = chain(&error), what, "cannot ask whether another service does it");
            true
        }
    }
}

/// Carries out a scheduled run, unless another run is under way.
async fn run(app: &App, mode: Mode, output: &Output) {
    wait_for_live_run(app).await;
    match app.store.lock_state().await {
        Ok(LockState::Held(owner)) => {
            let owner = owner.map_or_else(|| "another run".to_owned(), |owner| owner.to_string());
            tracing::warn!(%owner, "the scheduled run is skipped: another one is under way; `muster status` shows it");
            return;
        }
        Ok(LockState::Free) => {}
        // The run says so better.
        Err(error) => tracing::warn!(error = %error, "cannot look whether another run is under way"),
    }
    tracing::info!(?mode, "a scheduled run begins");
    let wish = match mode {
        Mode::Run => night::whole_run(),
        Mode::PlanOnly => night::blackout_run(),
    };
    match night::run_and_tell(app, &wish).await {
        Ok(finished) => tell(app, mode, &finished, output),
        Err(failure) => {
            tracing::error!(failure = %failure.in_one_line(), "the scheduled run did not come to its end");
        }
    }
}

/// One line for each run, so that the journal of the machine shows the nights.
fn tell(app: &App, mode: Mode, finished: &Finished, output: &Output) {
    let run = finished.run.0;
    if let Some(stopped) = &finished.stopped {
        tracing::error!(
            run,
            stopped = stopped.what(),
            next = stopped.next(),
            "the scheduled run stopped before its end"
        );
    }
    let what = match mode {
        Mode::Run => "run",
        Mode::PlanOnly => "plan, because of a blackout",
    };
    let operations = finished.report.operations();
    let code = finished.exit().code();
    let line = format!(
        "{} {what} {run}: {operations} operations, exit code {code}; muster runs show {run}",
        written(app.clock.now())
    );
    if output.text(&line).is_err() {
        tracing::info!(run, operations, code, "a scheduled run ended");
    }
}

#[cfg(test)]
mod tests;
