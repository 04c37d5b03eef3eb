//! `muster status`: is all well, what needs me, how old is what we know.
//!
//! Not here: anything that takes longer than a look.

use std::collections::BTreeMap;
use std::fmt::Write;

use reconcile::finding::{Reason, Severity};
use serde_json::json;
use store::{FindingFilter, Page, RejectionFilter, RunKind, RunStatus};

use super::runs::status_word;
use crate::app::App;
use crate::clock::written;
use crate::exit::{Exit, Failure};
use crate::mail::silence;
use crate::output::Output;
use crate::present::table::{bad, columns, counted, faint, good, pending, strong, thousands};

/// How many runs and deliveries are shown.
const SHOWN: u32 = 5;

pub(crate) async fn run(app: &App, output: &Output) -> Result<Exit, Failure> {
    let runs = app.store.runs(SHOWN).await?;
    let deliveries = app.store.deliveries(SHOWN).await?;
    let findings = app.store.findings(&FindingFilter::default()).await?;
    let rejections = app
        .store
        .rejections(&RejectionFilter { page: Page::default(), ..RejectionFilter::default() })
        .await?;
    let totals = app.store.totals().await?;
    let mut by_reason: BTreeMap<(std::cmp::Reverse<Severity>, Reason), u64> = BTreeMap::new();
    for row in &findings {
        let reason = row.finding.reason;
        *by_reason.entry((std::cmp::Reverse(reason.severity()), reason)).or_default() += 1;
    }
    let ours: (u64, u64) =
        totals.sources.values().fold((0, 0), |sum, ours| (sum.0 + ours.groups, sum.1 + ours.members));
    let last = runs.iter().find(|run| run.begun.kind != RunKind::Plan);
    let waiting = last.map_or(0, |run| run.figures.waiting);
    let exit = if waiting > 0 {
        Exit::Waiting
    } else if by_reason.keys().any(|(severity, _)| severity.0 == Severity::Attention) {
        Exit::Attention
    } else {
        Exit::Done
    };
    let quiet = silence(app.store.last_good_run().await?, app.clock.now(), app.config.silence_hours);
    let document = json!({
        "last_run": last.map(|run| json!({
            "run": run.id.0, "status": run.status.as_str(), "started_at": run.begun.started_at.0,
            "waiting": run.figures.waiting,
        })),
        "groups": ours.0,
        "memberships": ours.1,
        "findings": by_reason.iter().map(|((_, reason), count)| json!({
            "reason": reason.code(), "severity": reason.severity().as_str(), "count": count,
        })).collect::<Vec<_>>(),
        "rejections": rejections.len(),
        "silent_hours": quiet.map(|silence| silence.hours),
        "exit_code": exit.code(),
    });
    output.answer(&document, || {
        let mut text = String::new();
        let verdict = match (exit, last.map(|run| run.status)) {
            (_, None) => pending("nothing has run yet; next: muster run"),
            (_, Some(RunStatus::Failed)) => bad("the last run stopped before its end"),
            (Exit::Waiting, _) => pending("something waits for approval"),
            (Exit::Attention, _) => bad("something needs a person"),
            _ => good("all is well"),
        };
        let _ = writeln!(text, "{} {verdict}", strong("Muster:"));
        if let Some(silence) = quiet {
            let hours = counted(silence.hours, "hour", "hours");
            let since = written(silence.last_good_run);
            let line = format!("no good run for {hours}: the last one began on {since}");
            let _ = writeln!(text, "{}; next: muster run", bad(&line));
        }
        let _ = writeln!(
            text,
            "{} with {} are ours",
            counted(ours.0, "group", "groups"),
            counted(ours.1, "membership", "memberships")
        );
        if let Some(run) = last.filter(|run| run.figures.waiting > 0) {
            let operations = counted(waiting, "operation", "operations");
            let _ = writeln!(text, "{operations} wait: muster runs show {} --state waiting", run.id.0);
        }
        for ((_, reason), count) in &by_reason {
            let paint = match reason.severity() {
                Severity::Attention => bad,
                Severity::Pending => pending,
                Severity::Notice => faint,
            };
            let _ = writeln!(text, "  {} {}", paint(&format!("{:>6}", thousands(*count))), reason.title());
        }
        if !rejections.is_empty() {
            let rows = counted(rejections.len() as u64, "row is", "rows are");
            let _ = writeln!(text, "{rows} rejected: {}", app.errors_dir().display());
        }
        let rows = runs.iter().map(|run| {
            vec![
                run.id.0.to_string(),
                written(run.begun.started_at),
                run.begun.kind.as_str().to_owned(),
                status_word(run.status),
                thousands(run.figures.operations),
            ]
        });
        let _ =
            write!(text, "\n{}", columns(&["run", "began", "kind", "status", "operations"], rows.collect()));
        let rows = deliveries.iter().map(|delivery| {
            let state = if delivery.accepted {
                good("accepted")
            } else {
                bad(&format!("refused: {}", delivery.doubts))
            };
            let figures = &delivery.figures;
            vec![
                delivery.id.0.to_string(),
                written(delivery.received_at),
                delivery.source.to_string(),
                thousands(figures.groups),
                thousands(figures.students + figures.tutors),
                state,
            ]
        });
        let header = ["delivery", "received", "source", "groups", "memberships", ""];
        let _ = write!(text, "\n{}", columns(&header, rows.collect()));
        text
    })?;
    Ok(exit)
}
