//! A helper: waits for a shared run on its database, and works for it (`muster work`, and `work` in `[serve]`).
//!
//! Not here: the command and its signals ([`crate::commands::work`]).
//!
//! Invariant: a helper with other settings than the leader's takes nothing.

use std::time::{Duration, Instant};

use store::{Share, StoreError};
use targets::moodle::Moodle;
use tokio::sync::watch;

use super::settings::{difference, settings};
use super::worker::{Role, Turn, Worker};
use super::{LOOK_EVERY, Seat, who};
use crate::app::App;
use crate::exit::{Exit, Failure};

/// How often it is looked for a shared run.
const LOOK_FOR_RUN_EVERY: Duration = Duration::from_secs(1);

/// How long to wait after something failed, which may be mended meanwhile.
const WAIT_AFTER_FAILURE: Duration = Duration::from_secs(10);

/// How long a helper stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stay {
    /// Until no shared run is under way.
    WhileThereIsARun,
    /// Until it is told to stop; a failure is logged, and tried again.
    UntilStopped,
}

/// Works for the shared runs of the database. Told to stop, it ends the courses that it has.
pub(crate) async fn help(app: &App, stay: Stay, mut stop: watch::Receiver<bool>) -> Result<(), Failure> {
    let mut told = None;
    while !*stop.borrow() {
        let wait = match help_once(app, &stop).await {
            Ok(true) => Duration::ZERO,
            Ok(false) if stay == Stay::WhileThereIsARun => return Ok(()),
            Ok(false) => LOOK_FOR_RUN_EVERY,
            Err(failure) if stay == Stay::WhileThereIsARun => return Err(failure),
            Err(failure) => {
                let failure = failure.in_one_line();
                if told.as_ref() != Some(&failure) {
                    tracing::error!(failure, "cannot work for the shared run");
                    told = Some(failure);
                }
                WAIT_AFTER_FAILURE
            }
        };
        tokio::select! {
            // An error means that nobody is left who could tell, which is as good.
            _ = stop.wait_for(|stop| *stop) => break,
            () = tokio::time::sleep(wait) => {}
        }
    }
    Ok(())
}

/// Works for the run that is under way, until it is over; false where there is none.
async fn help_once(app: &App, stop: &watch::Receiver<bool>) -> Result<bool, Failure> {
    let Some(share) = app.store.open_share().await? else { return Ok(false) };
    // The run of this very process has its worker.
    if *share.leader == *who() {
        return Ok(false);
    }
    let difference = difference(&settings(app), &share.settings);
    if !difference.is_empty() {
        let message = format!("cannot work for run {}, because settings differ: {difference}", share.run.0);
        return Err(Failure::new(Exit::Configuration, message)
            .hint("give every machine the same version, [policy] and [moodle]"));
    }
    let moodle = app.moodle().await?;
    let (lease_s, joined) = (app.config.workers.lease_s, Instant::now());
    let lease = match app.store.join(share.run, &who(), lease_s).await {
        Ok(lease) => lease,
        // It ended this moment.
        Err(StoreError::LeaseLost) => return Ok(true),
        Err(error) => return Err(error.into()),
    };
    tracing::info!(run = share.run.0, leader = %share.leader, "works for a shared run");
    let seat = Seat::take(&app.store, lease, lease_s, joined);
    let worked = work(app, &moodle, &share, &seat, stop).await;
    seat.leave(&app.store).await;
    tracing::info!(run = share.run.0, "works no longer for the shared run");
    worked.map(|()| true)
}

async fn work(
    app: &App,
    moodle: &Moodle,
    share: &Share,
    seat: &Seat,
    stop: &watch::Receiver<bool>,
) -> Result<(), Failure> {
    let refused = app.store.decisions(share.planned_for).await?.refused;
    let worker = Worker { app, moodle, planned_for: share.planned_for, refused, role: Role::Helper };
    while !*stop.borrow() {
        match worker.turn(seat).await? {
            Turn::Worked => {}
            Turn::Idle => tokio::time::sleep(LOOK_EVERY).await,
            Turn::Over => break,
        }
    }
    Ok(())
}
