//! What there is to know at a look: the last run, the last good one, what is under way, what waits, what was found.
//!
//! Not here: how it is told: `muster status` ([`crate::commands::status`]), /healthz and /metrics ([`crate::serve`]).
//!
//! Invariant: `muster status --nagios`, /healthz, /metrics and the silence alarm judge by this one look.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use reconcile::finding::{Reason, Severity};
use store::{LockOwner, LockState, PauseRow, RunRow, RunStatus, StoreError, Timestamp};
use thiserror::Error;

use crate::app::{App, host_name};
use crate::clock::written;
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::mail::{Silence, silence};

/// How long after its time a scheduled run may still be under way before anybody is alarmed, in seconds.
const GRACE_S: i64 = 2 * 60 * 60;

/// How many runs are looked at to find one that has ended: one may be under way, and one may be beginning.
const RUNS_LOOKED_AT: u32 = 3;

/// What there is to know at a look.
#[derive(Debug)]
pub(crate) struct Health {
    /// When this was so.
    pub(crate) now: Timestamp,
    /// The newest run that was to do more than plan and has ended.
    pub(crate) last_run: Option<RunRow>,
    /// When the last good run began.
    pub(crate) last_good_run: Option<Timestamp>,
    /// Too long without a good run.
    pub(crate) silence: Option<Silence>,
    /// What holds the run lock.
    pub(crate) running: Option<Running>,
    /// When the next scheduled run begins.
    pub(crate) next_run: Option<Timestamp>,
    /// How many runs there were of each status.
    pub(crate) runs: BTreeMap<RunStatus, u64>,
    /// How many findings are open, by reason.
    pub(crate) findings: BTreeMap<Reason, u64>,
    /// The pauses that count.
    pub(crate) pauses: Vec<PauseRow>,
    /// How many groups are ours.
    pub(crate) groups: u64,
    /// How many memberships are ours.
    pub(crate) members: u64,
}

/// What holds the run lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Running {
    /// The particulars; `None` where they could not be read.
    pub(crate) owner: Option<LockOwner>,
}

impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.owner {
            Some(owner) => write!(f, "{owner}, since {}", written(owner.since)),
            None => f.write_str("nobody knows whose"),
        }
    }
}

/// Why nobody can look.
#[derive(Debug, Error)]
pub(crate) enum HealthError {
    /// The file was removed while it was open.
    #[error("cannot find the database {0}: it was moved or removed; put it back and start again")]
    Gone(PathBuf),
    /// The database cannot be read.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl From<HealthError> for Failure {
    fn from(error: HealthError) -> Failure {
        match error {
            HealthError::Store(error) => error.into(),
            gone @ HealthError::Gone(_) => Failure::of(Exit::Configuration, gone),
        }
    }
}

impl Health {
    /// Looks. `begun` is when a service began to watch: where no run was ever good, silence is measured from there.
    pub(crate) async fn look(app: &App, begun: Option<Timestamp>) -> Result<Health, HealthError> {
        // An open file that was removed can still be read, and answers for ever as it was.
        if let Some(path) = app.store.path().filter(|path| !path.exists()) {
            return Err(HealthError::Gone(path.to_owned()));
        }
        let now = app.clock.now();
        let running = match app.store.lock_state().await? {
            LockState::Free => None,
            LockState::Held(owner) => Some(Running { owner }),
        };
        let runs = app.store.changing_runs(RUNS_LOOKED_AT).await?;
        // While the lock is free, what is called running was killed in its middle: that is how it ended.
        let has_ended = |run: &RunRow| run.status != RunStatus::Running || running.is_none();
        let last_good_run = app.store.last_good_run().await?;
        let totals = app.store.totals().await?;
        let members = totals.sources.values().map(|ours| ours.members).sum();
        let groups = totals.sources.values().map(|ours| ours.groups).sum();
        let next_run = app
            .config
            .schedule
            .as_ref()
            .and_then(|schedule| schedule.next_run(now, &spread(&app.config)).map(|next| next.begins));
        Ok(Health {
            now,
            last_run: runs.into_iter().find(has_ended),
            last_good_run,
            silence: silence_now(&app.config, last_good_run.or(begun), now),
            running,
            next_run,
            runs: app.store.run_counts().await?,
            findings: app.store.finding_counts().await?,
            pauses: app.store.pauses().await?.into_iter().filter(|row| row.counts(now)).collect(),
            groups,
            members,
        })
    }

    /// How many operations wait for a person.
    pub(crate) fn waiting(&self) -> u64 {
        self.last_run.as_ref().map_or(0, |run| run.figures.waiting)
    }

    /// How many findings need a person.
    pub(crate) fn attention(&self) -> u64 {
        let needs = |(reason, _): &(&Reason, &u64)| reason.severity() == Severity::Attention;
        self.findings.iter().filter(needs).map(|(_, count)| count).sum()
    }

    /// Whether the last run did not come to its end.
    pub(crate) fn has_failed(&self) -> bool {
        self.last_run.as_ref().is_some_and(|run| match run.status {
            RunStatus::Failed | RunStatus::Interrupted | RunStatus::Running => true,
            RunStatus::Planned | RunStatus::Done | RunStatus::Waiting | RunStatus::Attention => false,
        })
    }

    /// How many seconds ago the last good run began.
    pub(crate) fn last_good_run_age_s(&self) -> Option<i64> {
        self.last_good_run.map(|began| (self.now.0 - began.0).max(0))
    }
}

/// Tells whether it has been quiet for too long (feature H8).
///
/// Where there is a schedule, nights on which nothing was due are no silence: a weekend, or a blackout.
fn silence_now(config: &Config, since: Option<Timestamp>, now: Timestamp) -> Option<Silence> {
    let silence = silence(since, now, config.silence_hours)?;
    if let Some(schedule) = &config.schedule {
        let due = schedule.next_due_outside_blackouts(silence.last_good_run)?;
        if now.0 <= due.0 + i64::from(schedule.jitter_minutes) * 60 + GRACE_S {
            return None;
        }
    }
    Some(silence)
}

/// What this installation differs in from others that call the same platform, or from its own on another machine.
pub(crate) fn spread(config: &Config) -> String {
    let site = config.moodle.as_ref().map_or("", |moodle| moodle.url.as_str());
    format!("{} {site}", host_name())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn config(schedule: &str) -> Config {
        let text = format!(
            "[source.cmis]\nkind = \"csv\"\ngroups = \"g.csv\"\nmembers = \"m.csv\"\n\
             [report.mail]\nsilence_hours = 26\n[schedule]\ntime_zone = \"UTC\"\n{schedule}\n"
        );
        Config::parse(Path::new("muster.toml"), text.as_bytes(), None).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_second())
    }

    #[test]
    fn h8_nights_on_which_nothing_was_due_are_no_silence() {
        let check = |schedule: &str, last: &str, now: &str, expected: Option<u64>| {
            let found = silence_now(&config(schedule), Some(at(last)), at(now));
            assert_eq!(found.map(|silence| silence.hours), expected, "{schedule} {now}");
        };
        // 27 November 2026 is a Friday.
        let friday = "2026-11-27T02:17:00Z";
        check("", friday, "2026-11-28T04:18:00Z", Some(26));
        check("run = \"17 2 * * *\"", friday, "2026-11-28T04:17:00Z", None);
        check("run = \"17 2 * * *\"", friday, "2026-11-28T04:18:00Z", Some(26));
        let weekdays = "run = \"17 2 * * mon-fri\"";
        check(weekdays, friday, "2026-11-29T12:00:00Z", None);
        check(weekdays, friday, "2026-11-30T04:17:00Z", None);
        check(weekdays, friday, "2026-11-30T04:18:00Z", Some(74));
        check(&format!("{weekdays}\njitter_minutes = 30"), friday, "2026-11-30T04:47:00Z", None);
        let closed = format!("{weekdays}\nblackout = [\"2026-11-28..2026-12-06\"]");
        check(&closed, friday, "2026-12-04T12:00:00Z", None);
        check(&closed, friday, "2026-12-07T12:00:00Z", Some(249));
    }
}
