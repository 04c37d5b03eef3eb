//! `muster status`: is all well, what needs me, how old is what we know.
//!
//! Not here: anything that takes longer than a look.

use std::collections::HashSet;
use std::fmt::Write;

use reconcile::finding::Severity;
use serde_json::json;
use store::{Page, RejectionFilter};

use crate::app::App;
use crate::clock::written;
use crate::exit::{Exit, Failure};
use crate::health::Health;
use crate::output::Output;
use crate::present::run_page::status_word;
use crate::present::table::{bad, columns, counted, faint, good, pending, short, strong, thousands};

/// How many runs and deliveries are shown.
const SHOWN: u32 = 5;

pub(crate) async fn run(app: &App, output: &Output) -> Result<Exit, Failure> {
    let runs = app.store.runs(SHOWN).await?;
    let deliveries = app.store.deliveries(SHOWN).await?;
    let rejections = app
        .store
        .rejections(&RejectionFilter { page: Page::default(), ..RejectionFilter::default() })
        .await?;
    let health = Health::look(app, None).await.map_err(|error| Failure::of(Exit::Configuration, error))?;
    let last = health.last_run.as_ref();
    let waiting = health.waiting();
    let mut by_reason: Vec<_> = health.findings.iter().collect();
    by_reason.sort_by_key(|(reason, _)| (std::cmp::Reverse(reason.severity()), **reason));
    // The newest delivery of a source, where it is not in force.
    let mut sources = HashSet::new();
    let refused =
        deliveries.iter().filter(|delivery| sources.insert(&delivery.source)).any(|row| !row.accepted);
    let exit = if health.has_failed() || refused {
        Exit::Attention
    } else if waiting > 0 {
        Exit::Waiting
    } else if health.attention() > 0 {
        Exit::Attention
    } else {
        Exit::Done
    };
    let document = json!({
        "last_run": last.map(|run| json!({
            "run": run.id.0, "status": run.status.as_str(), "started_at": run.begun.started_at.0,
            "waiting": run.figures.waiting,
        })),
        "last_good_run_began_at": health.last_good_run.map(|time| time.0),
        "running": health.running.as_ref().map(|running| running.owner.as_ref()),
        "next_run_begins_at": health.next_run.map(|time| time.0),
        "groups": health.groups,
        "memberships": health.members,
        "findings": by_reason.iter().map(|(reason, count)| json!({
            "reason": reason.code(), "severity": reason.severity().as_str(), "count": count,
        })).collect::<Vec<_>>(),
        "rejections": rejections.len(),
        "silent_hours": health.silence.map(|silence| silence.hours),
        "exit_code": exit.code(),
    });
    output.answer(&document, || {
        let mut text = String::new();
        let verdict = match exit {
            _ if last.is_none() => pending("nothing has run yet; next: muster run"),
            _ if health.has_failed() => bad("the last run stopped before its end; next: muster runs list"),
            _ if refused => {
                bad("the last delivery was refused, the one before is in force; next: muster import")
            }
            Exit::Waiting => pending("something waits for approval"),
            Exit::Attention => bad("something needs a person"),
            _ => good("all is well"),
        };
        let _ = writeln!(text, "{} {verdict}", strong("Muster:"));
        if let Some(running) = &health.running {
            let _ = writeln!(text, "{}", pending(&format!("a run is under way: {running}")));
        }
        if let Some(silence) = health.silence {
            let hours = counted(silence.hours, "hour", "hours");
            let since = written(silence.last_good_run);
            let line = format!("no good run for {hours}: the last one began on {since}");
            let _ = writeln!(text, "{}; next: muster run", bad(&line));
        }
        let _ = writeln!(
            text,
            "{} with {} are ours",
            counted(health.groups, "group", "groups"),
            counted(health.members, "membership", "memberships")
        );
        if let (Some(began), None) = (health.last_good_run, health.silence) {
            let _ = writeln!(text, "the last good run began on {}", written(began));
        }
        if let Some(begins) = health.next_run {
            let _ = writeln!(text, "`muster serve` begins the next one on {}", written(begins));
        }
        if let Some(run) = last.filter(|run| run.figures.waiting > 0) {
            let operations = counted(waiting, "operation", "operations");
            let _ = writeln!(text, "{operations} wait: muster runs show {} --state waiting", run.id.0);
        }
        for (reason, count) in &by_reason {
            let paint = match reason.severity() {
                Severity::Attention => bad,
                Severity::Pending => pending,
                Severity::Notice => faint,
            };
            let _ = writeln!(text, "  {} {}", paint(&format!("{:>6}", thousands(**count))), reason.title());
        }
        if !rejections.is_empty() {
            let rows = counted(rejections.len() as u64, "row is", "rows are");
            let _ = writeln!(text, "{rows} rejected; the files are in {}", app.errors_dir().display());
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
                bad(&short(&format!("refused: {}", delivery.doubts)))
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
