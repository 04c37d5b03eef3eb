//! /metrics: a [`Health`] in the text format of Prometheus, version 0.0.4.
//!
//! Not here: what is measured ([`crate::health`], [`crate::imses`]).
//!
//! Invariant: every series of a closed set is always there, with 0 where there is nothing: an alert must be able to
//! tell nothing from no answer.

mod ims;

use std::fmt::{Display, Write};

use reconcile::finding::Reason;
use store::{RunFigures, RunStatus};

use crate::health::Health;
use crate::imses::Figures;

const STATUSES: [RunStatus; 7] = [
    RunStatus::Running,
    RunStatus::Planned,
    RunStatus::Done,
    RunStatus::Waiting,
    RunStatus::Attention,
    RunStatus::Failed,
    RunStatus::Interrupted,
];

/// Writes the metrics. Without a look (the database cannot be read) only those that need none.
pub(super) fn metrics(health: Option<&Health>, figures: &Figures) -> String {
    let mut page = Page::default();
    page.gauge("muster_build_info", "The version of this program; always 1.");
    page.sample("muster_build_info", Some(("version", env!("CARGO_PKG_VERSION"))), 1);
    page.gauge("muster_database_up", "Whether the database can be read.");
    page.sample("muster_database_up", None, u8::from(health.is_some()));
    if let Some(health) = health {
        runs(&mut page, health);
        last_run(&mut page, health);
        now(&mut page, health);
    }
    ims::student_systems(&mut page, figures);
    page.text
}

fn runs(page: &mut Page, health: &Health) {
    page.gauge("muster_runs", "Runs in the database, by how far they came.");
    for status in STATUSES {
        let count = health.runs.get(&status).copied().unwrap_or_default();
        page.sample("muster_runs", Some(("status", status.as_str())), count);
    }
    page.gauge("muster_run_under_way", "Whether a run holds the lock.");
    page.sample("muster_run_under_way", None, u8::from(health.running.is_some()));
    page.gauge("muster_silent", "Whether there was no good run for longer than silence_hours.");
    page.sample("muster_silent", None, u8::from(health.silence.is_some()));
    if let Some(began) = health.last_good_run {
        page.gauge("muster_last_good_run_timestamp_seconds", "When the last good run began.");
        page.sample("muster_last_good_run_timestamp_seconds", None, began.0);
    }
    if let Some(next) = health.next_run {
        page.gauge("muster_next_run_timestamp_seconds", "When the next scheduled run begins.");
        page.sample("muster_next_run_timestamp_seconds", None, next.0);
    }
}

fn last_run(page: &mut Page, health: &Health) {
    let Some(run) = &health.last_run else { return };
    page.gauge("muster_last_run_info", "The last run that ended; always 1.");
    page.sample("muster_last_run_info", Some(("status", run.status.as_str())), 1);
    page.gauge("muster_last_run_timestamp_seconds", "When it began.");
    page.sample("muster_last_run_timestamp_seconds", None, run.begun.started_at.0);
    if let Some(finished_at) = run.finished_at {
        page.gauge("muster_last_run_duration_seconds", "How long it took.");
        page.sample("muster_last_run_duration_seconds", None, finished_at.0 - run.begun.started_at.0);
    }
    let RunFigures { courses, operations, done, refused, unknown, not_tried, waiting, findings: _ } =
        run.figures;
    page.gauge("muster_last_run_courses", "Courses that it looked at.");
    page.sample("muster_last_run_courses", None, courses);
    page.gauge("muster_last_run_operations_planned", "Operations that it planned.");
    page.sample("muster_last_run_operations_planned", None, operations);
    page.gauge("muster_last_run_operations", "What became of them.");
    for (outcome, count) in [
        ("done", done),
        ("refused", refused),
        ("unknown", unknown),
        ("not_tried", not_tried),
        ("waiting", waiting),
    ] {
        page.sample("muster_last_run_operations", Some(("outcome", outcome)), count);
    }
}

fn now(page: &mut Page, health: &Health) {
    page.gauge("muster_operations_waiting", "Operations that wait for approval.");
    page.sample("muster_operations_waiting", None, health.waiting());
    page.gauge("muster_findings", "Open findings, by reason.");
    for reason in Reason::ALL {
        let count = health.findings.get(reason).copied().unwrap_or_default();
        page.sample("muster_findings", Some(("reason", reason.code())), count);
    }
    page.gauge("muster_findings_attention", "Open findings that need a person.");
    page.sample("muster_findings_attention", None, health.attention());
    page.gauge("muster_groups", "Groups on the platform that are ours.");
    page.sample("muster_groups", None, health.groups);
    page.gauge("muster_memberships", "Memberships on the platform that are ours.");
    page.sample("muster_memberships", None, health.members);
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn gauge(&mut self, name: &str, help: &str) {
        self.family(name, help, "gauge");
    }

    fn counter(&mut self, name: &str, help: &str) {
        self.family(name, help, "counter");
    }

    fn family(&mut self, name: &str, help: &str, kind: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// A line with one label or none.
    fn sample(&mut self, name: &str, label: Option<(&str, &str)>, value: impl Display) {
        self.sample_of(name, label.as_slice(), value);
    }

    /// A line; the values of labels are codes of ours, which need no escaping.
    fn sample_of(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> = labels.iter().map(|(label, text)| format!("{label}=\"{text}\"")).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.text, "{name}{labels} {value}");
    }
}
