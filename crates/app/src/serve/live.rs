//! Carries out what student systems push, soon after they pushed it (`live = true`, feature A13).
//!
//! Not here: what a run does and which courses it looks at ([`crate::run`]); the keys that were changed (`store::new_keys`).
//!
//! Invariant: what there is to do is read from the database each time, so nothing is lost when the process ends, and of several
//! services on one database the first one does it.
//! Invariant: a live run goes through the same lock, planner, limits, approvals and pauses as any other, and never begins in a
//! blackout.
//! Invariant: [`Quiet`] reads no clock; it is told the time.

use std::time::Duration;

use reconcile::keys::SourceName;
use store::{LiveState, LockState, Timestamp};
use tokio::sync::watch;

use super::keeper::{Board, wait};
use crate::app::App;
use crate::clock::written;
use crate::exit::{Exit, Failure};
use crate::mail::{LiveLetters, after_live_run};
use crate::output::Output;
use crate::run::{Finished, run_live};

/// How often it is looked whether anything was pushed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// After how many seconds without another call the student system has said what it has to say.
const QUIET_S: i64 = 5;

/// For how many seconds at most it is waited for that.
const PATIENCE_S: i64 = 30;

/// How many seconds after a failure it is tried again.
const RETRY_S: i64 = 60;

/// Decides when what was pushed is carried out: when it has been quiet for a moment, and at the latest after a while.
#[derive(Debug, Default)]
struct Quiet {
    /// How many calls had written to the site at the last look.
    writes: Option<i64>,
    /// When something was seen to wait first, and when more came last.
    since: Option<(Timestamp, Timestamp)>,
}

impl Quiet {
    fn is_due(&mut self, state: LiveState, now: Timestamp) -> bool {
        let is_new = state.writes != state.writes_imported.unwrap_or(0);
        if !is_new {
            self.since = None;
            // What was imported and not carried out, because a process or the platform failed, waits no longer.
            return state.has_touched;
        }
        let came = self.writes.replace(state.writes) != Some(state.writes);
        let (first, last) = self.since.unwrap_or((now, now));
        let last = if came { now } else { last };
        self.since = Some((first, last));
        now.0 - last.0 >= QUIET_S || now.0 - first.0 >= PATIENCE_S
    }
}

/// A source that is carried out live.
struct Live<'a> {
    source: &'a SourceName,
    site: &'a str,
    quiet: Quiet,
}

/// Carries out what is pushed until it is told to stop; a run that is under way then comes to its end.
pub(super) async fn keep(app: &App, board: &Board, output: &Output, mut stop: watch::Receiver<bool>) {
    let pushed = app.config.sources.iter().filter_map(|(source, config)| Some((source, config.pushed()?)));
    let mut lives: Vec<Live<'_>> = pushed
        .filter(|(_, place)| place.live)
        .map(|(source, place)| Live { source, site: &place.site, quiet: Quiet::default() })
        .collect();
    if lives.is_empty() {
        // An error means that the service has ended, which is as good.
        let _ = stop.wait_for(|stop| *stop).await;
        return;
    }
    let (mut not_before, mut letters) = (Timestamp(0), LiveLetters::default());
    while wait(&mut stop, LOOK_EVERY).await {
        let begun = app.clock.now();
        let is_blackout =
            app.config.schedule.as_ref().is_some_and(|schedule| schedule.blackout(begun).is_some());
        if begun < not_before || is_blackout {
            continue;
        }
        match turn(app, &mut lives, board, output, &mut letters).await {
            // A large source rests as long as it worked, so that the database is there for others as well.
            Ok(()) => not_before = Timestamp(2 * app.clock.now().0 - begun.0),
            Err(failure) => {
                tracing::error!(failure = %failure.in_one_line(), "what was pushed could not be carried out; it is tried again");
                not_before = Timestamp(app.clock.now().0 + RETRY_S);
            }
        }
    }
}

/// One look at what was pushed, and the run that it needs.
async fn turn(
    app: &App,
    lives: &mut [Live<'_>],
    board: &Board,
    output: &Output,
    letters: &mut LiveLetters,
) -> Result<(), Failure> {
    let mut due = Vec::new();
    for live in lives {
        if let Some(state) = app.store.live_state(live.source, live.site).await?
            && live.quiet.is_due(state, app.clock.now())
        {
            due.push(live.source.clone());
        }
    }
    // Whoever holds the lock may be doing just this.
    if due.is_empty() || app.store.lock_state().await? != LockState::Free {
        return Ok(());
    }
    board.set_busy(true);
    let ended = run_live(app, &due).await;
    board.set_busy(false);
    after_live_run(app, &ended, letters).await;
    let (imported, finished) = ended?;
    for refused in imported.iter().filter(|imported| !imported.is_accepted()) {
        tracing::warn!(source = %refused.source, "what was pushed is not believed or could not be read; `muster status` shows it");
    }
    if let Some(finished) = finished {
        tell(app, finished, output)?;
    }
    // One that was read and is not believed waits for a person.
    match imported.iter().find(|imported| imported.delivery.is_none()) {
        Some(unread) => Err(Failure::new(Exit::Source, format!("cannot read source {}", unread.source))),
        None => Ok(()),
    }
}

/// One line for each live run. One that stopped, or could read nothing, is tried again.
fn tell(app: &App, finished: Finished, output: &Output) -> Result<(), Failure> {
    let (run, operations) = (finished.run.0, finished.report.operations());
    let code = finished.exit().code();
    let line = format!(
        "{} live run {run}: {operations} operations, exit code {code}; muster runs show {run}",
        written(app.clock.now())
    );
    if output.text(&line).is_err() {
        tracing::info!(run, operations, code, "a live run ended");
    }
    match finished.stopped {
        Some(stopped) => Err(stopped),
        None if code == Exit::Target.code() => {
            Err(Failure::new(Exit::Target, "no course could be read".to_owned()))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks once a second, from the first second on; each look tells how many calls have written until then, of which
    /// `imported` are imported. Returns the second of the first look that says that it is time.
    fn due_at(imported: i64, writes: impl Fn(i64) -> i64) -> Option<i64> {
        let mut quiet = Quiet::default();
        (1..100).find(|now| {
            let state =
                LiveState { writes: writes(*now), writes_imported: Some(imported), has_touched: false };
            quiet.is_due(state, Timestamp(*now))
        })
    }

    #[test]
    fn a13_a_push_waits_for_quiet_and_not_for_ever() {
        assert_eq!(due_at(3, |_| 3), None, "nothing was pushed");
        assert_eq!(due_at(3, |_| 4), Some(1 + QUIET_S), "one call, then quiet");
        assert_eq!(due_at(3, |now| 3 + now.min(10)), Some(10 + QUIET_S), "calls for ten seconds");
        assert_eq!(due_at(3, |now| 3 + now), Some(1 + PATIENCE_S), "calls without an end");
        // A call each minute is carried out each time, and one that comes while nothing waits begins anew.
        let mut quiet = Quiet::default();
        let mut look = |writes, imported, now| {
            let state = LiveState { writes, writes_imported: Some(imported), has_touched: false };
            quiet.is_due(state, Timestamp(now))
        };
        assert!(!look(4, 3, 0) && look(4, 3, QUIET_S) && !look(4, 4, 6));
        assert!(!look(5, 4, 60) && !look(5, 4, 64) && look(5, 4, 65));
    }

    #[test]
    fn z4_what_was_imported_and_not_carried_out_is_carried_out_at_once() {
        let state = |has_touched| LiveState { writes: 4, writes_imported: Some(4), has_touched };
        assert!(Quiet::default().is_due(state(true), Timestamp(7)));
        assert!(!Quiet::default().is_due(state(false), Timestamp(7)));
        // A site to which nobody has pushed yet, and one that was never imported.
        let never = |writes| LiveState { writes, writes_imported: None, has_touched: false };
        assert!(!Quiet::default().is_due(never(0), Timestamp(7)));
        let mut quiet = Quiet::default();
        assert!(!quiet.is_due(never(1), Timestamp(7)) && quiet.is_due(never(1), Timestamp(7 + QUIET_S)));
    }
}
