//! One run as a person reads it on a terminal: how it ended and why, what it found, its operations, what is left out.
//!
//! Not here: reading it from the store (`commands/runs.rs`), and its full log (`run_log.rs`).
//!
//! Invariant: what is left out is counted, with the command that shows it.

use std::collections::BTreeMap;
use std::fmt::Write;

use reconcile::finding::Reason;
use serde_json::Value;
use store::{FindingRow, JournalRow, ObjectionRow, RunRow, RunStatus};

use super::table::{bad, columns, counted, faint, good, indented, pending, strong, thousands};
use crate::clock::written;

/// What is shown of a run.
pub(crate) struct RunPage<'a> {
    pub(crate) run: &'a RunRow,
    /// Whether its process is at work; only asked of a run that has not ended.
    pub(crate) is_at_work: bool,
    pub(crate) objections: &'a [ObjectionRow],
    /// The report as it was told then.
    pub(crate) report: &'a Value,
    /// All findings, where they were asked for.
    pub(crate) findings: Option<&'a [FindingRow]>,
    pub(crate) operations: &'a [JournalRow],
    /// How many operations were asked for, shown or not.
    pub(crate) operations_asked_for: u64,
}

/// The status of a run in a word for people.
pub(crate) fn status_word(status: RunStatus) -> String {
    match status {
        RunStatus::Done | RunStatus::Planned => good(status.as_str()),
        RunStatus::Running | RunStatus::Waiting => pending(status.as_str()),
        RunStatus::Attention | RunStatus::Failed | RunStatus::Interrupted => bad(status.as_str()),
    }
}

/// Renders a run.
pub(crate) fn render(page: &RunPage<'_>) -> String {
    let mut text = head(page.run);
    for objection in page.objections {
        let waiting = counted(objection.operations.len() as u64, "operation", "operations");
        let _ = writeln!(text, "{} {} ({waiting})", pending("waits:"), objection.sentence);
    }
    text.push_str(&ending(page));
    text.push('\n');
    text.push_str(&match page.findings {
        Some(findings) => all_findings(page.run, findings),
        None => causes(page.run.id.0, page.report),
    });
    text.push_str(&table(page.operations));
    text.push_str(&left_out(page));
    text
}

fn head(run: &RunRow) -> String {
    let mut text = format!("{}\n", strong(&format!("Run {} · {}", run.id.0, run.begun.kind.as_str())));
    let ended = run.finished_at.map_or_else(|| "not ended".to_owned(), written);
    let _ = writeln!(
        text,
        "began {} · ended {ended} · {}",
        written(run.begun.started_at),
        status_word(run.status)
    );
    let _ = writeln!(text, "{} · {}", run.begun.site, run.begun.scope);
    text
}

/// Why a run did not come to its end, and what comes next.
fn ending(page: &RunPage<'_>) -> String {
    let run = page.run.id.0;
    let (why, next) = match page.run.status {
        RunStatus::Running if page.is_at_work => {
            return "it is under way: `muster status` shows whose it is\n".to_owned();
        }
        RunStatus::Running | RunStatus::Interrupted => (
            "its process ended in the middle: it was stopped, its database failed, or the machine went down"
                .to_owned(),
            "muster run reads what is there and does what is missing; nothing is done twice".to_owned(),
        ),
        RunStatus::Failed => {
            let told =
                |key: &str| page.report[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
            (
                told("stopped")
                    .unwrap_or_else(|| "the platform could not be read; the findings say why".to_owned()),
                told("next").unwrap_or_else(|| "muster check, then muster run".to_owned()),
            )
        }
        RunStatus::Waiting => return format!("next: muster approve {run} --reason \"…\"\n"),
        RunStatus::Planned => return format!("next: muster apply --plan {run}\n"),
        RunStatus::Done | RunStatus::Attention => return String::new(),
    };
    format!("{} {}\nnext: {}\n", bad("why:"), indented(&why, 5), indented(&next, 6))
}

/// The findings as they were told then, with a few examples each.
fn causes(run: i64, report: &Value) -> String {
    let mut text = String::new();
    let mut left_out = 0;
    for cause in report["causes"].as_array().into_iter().flatten() {
        let title = cause["title"].as_str().unwrap_or_default();
        let count = cause["count"].as_u64().unwrap_or_default();
        let _ = writeln!(text, "{title} ({})", thousands(count));
        let examples = cause["examples"].as_array().map(Vec::as_slice).unwrap_or_default();
        for example in examples {
            let detail = example["detail"].as_str().unwrap_or_default();
            let _ = writeln!(text, "  course {}: {}", example["course"], indented(detail, 4));
        }
        let first = examples.first().unwrap_or(&Value::Null);
        let told = first["detail"].as_str().unwrap_or_default();
        if let Some(remedy) = first["remedy"].as_str().filter(|remedy| !told.contains(remedy)) {
            let _ = writeln!(text, "  next: {remedy}");
        }
        left_out += count.saturating_sub(examples.len() as u64);
    }
    if left_out > 0 {
        let findings = counted(left_out, "more finding", "more findings");
        let _ = writeln!(text, "{}", faint(&format!("… and {findings}: muster runs show {run} --findings")));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// Every finding that this run was the last to report.
fn all_findings(run: &RunRow, findings: &[FindingRow]) -> String {
    let mut by_reason: BTreeMap<_, Vec<&FindingRow>> = BTreeMap::new();
    for row in findings {
        let reason: Reason = row.finding.reason;
        by_reason.entry((std::cmp::Reverse(reason.severity()), reason)).or_default().push(row);
    }
    let mut text = String::new();
    for ((_, reason), rows) in by_reason {
        let _ = writeln!(text, "{} ({})", reason.title(), thousands(rows.len() as u64));
        for row in &rows {
            let _ = writeln!(text, "  course {}: {}", row.finding.course, indented(&row.finding.detail, 4));
            let remedy = row.finding.remedy();
            // A refusal has told by itself what to do.
            if !row.finding.detail.contains(&remedy) {
                let _ = writeln!(text, "    next: {remedy}");
            }
        }
    }
    let later = run.figures.findings.saturating_sub(findings.len() as u64);
    if later > 0 {
        let findings = counted(later, "more finding was", "more findings were");
        let _ =
            writeln!(text, "{}", faint(&format!("… {findings} told again by a later run and stand there")));
    }
    if text.is_empty() { "No findings.\n\n".to_owned() } else { format!("{text}\n") }
}

fn table(operations: &[JournalRow]) -> String {
    let rows = operations.iter().map(|row| {
        vec![
            row.number.to_string(),
            row.course.to_string(),
            row.kind.replace('_', " "),
            row.name.to_string(),
            row.person.to_string(),
            if row.before.is_empty() && row.after.is_empty() {
                String::new()
            } else {
                format!("{} → {}", row.before, row.after)
            },
            row.because.replace('_', " "),
            row.state.as_str().replace('_', " "),
            row.detail.to_string(),
        ]
    });
    let header = ["number", "course", "what", "group", "person", "before → after", "because", "state", ""];
    columns(&header, rows.collect())
}

fn left_out(page: &RunPage<'_>) -> String {
    let shown = page.operations.len() as u64;
    let asked_for = page.operations_asked_for;
    if asked_for == 0 {
        return match page.run.figures.operations {
            0 => String::new(),
            all => format!(
                "None of its {} is of that course, kind and state.\n",
                counted(all, "operation", "operations")
            ),
        };
    }
    if asked_for == shown {
        return String::new();
    }
    let left_out = counted(asked_for - shown, "more operation", "more operations");
    let show = format!(
        "--limit {asked_for} shows all {}; --course, --kind and --state choose",
        thousands(asked_for)
    );
    format!("{}\n", faint(&format!("… and {left_out}: {show}")))
}
