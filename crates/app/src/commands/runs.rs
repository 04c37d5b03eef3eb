//! `muster runs list` and `muster runs show`: what happened, night by night.
//!
//! Not here: the story itself (`reconcile::report`), which is kept as it was told.

use std::fmt::Write;

use reconcile::keys::CourseId;
use serde_json::{Value, json};
use store::{JournalRow, OperationFilter, OperationState, Page, RunId, RunRow, RunStatus};

use crate::app::App;
use crate::cli::RunsCommand;
use crate::clock::written;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::present::run_log;
use crate::present::table::{bad, columns, counted, faint, good, pending, strong, thousands};

pub(crate) async fn run(app: &App, command: &RunsCommand, output: &Output) -> Result<Exit, Failure> {
    match command {
        RunsCommand::List { limit } => list(app, *limit, output).await,
        RunsCommand::Show { run, log: true, .. } => log(app, RunId(*run), output).await,
        RunsCommand::Show { run, course, kind, state, limit, log: false } => {
            let state = state.as_deref().map(known_state).transpose()?;
            let filter = OperationFilter {
                course: course.map(CourseId),
                kind: kind.as_deref().map(Into::into),
                state,
                page: Page { limit: *limit, offset: 0 },
            };
            show(app, RunId(*run), &filter, output).await
        }
    }
}

fn known_state(word: &str) -> Result<OperationState, Failure> {
    OperationState::from_word(word).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("there is no state {word}"))
            .hint("one of planned, waiting, sent, done, already_so, refused, unknown, not_tried")
    })
}

/// The status of a run in a word for people.
pub(crate) fn status_word(status: RunStatus) -> String {
    match status {
        RunStatus::Done | RunStatus::Planned => good(status.as_str()),
        RunStatus::Running | RunStatus::Waiting => pending(status.as_str()),
        RunStatus::Attention | RunStatus::Failed | RunStatus::Interrupted => bad(status.as_str()),
    }
}

/// A run by its number, or a failure that says where the numbers are.
pub(crate) async fn known_run(app: &App, id: RunId) -> Result<RunRow, Failure> {
    app.store.run(id).await?.ok_or_else(|| {
        Failure::new(Exit::Usage, format!("there is no run {}", id.0))
            .hint("`muster runs list` shows the runs")
    })
}

async fn list(app: &App, limit: u32, output: &Output) -> Result<Exit, Failure> {
    let runs = app.store.runs(limit).await?;
    let document: Vec<Value> = runs.iter().map(summary).collect();
    output.answer(&document, || {
        if runs.is_empty() {
            return "No runs yet. next: muster run".to_owned();
        }
        let number = |count: u64| if count == 0 { String::new() } else { thousands(count) };
        let rows = runs.iter().map(|run| {
            vec![
                run.id.0.to_string(),
                written(run.begun.started_at),
                run.begun.kind.as_str().to_owned(),
                status_word(run.status),
                number(run.figures.courses),
                number(run.figures.operations),
                number(run.figures.done),
                number(run.figures.waiting),
                number(run.figures.refused),
                number(run.figures.findings),
            ]
        });
        let header = [
            "run",
            "began",
            "kind",
            "status",
            "courses",
            "operations",
            "done",
            "waiting",
            "refused",
            "findings",
        ];
        columns(&header, rows.collect())
    })?;
    Ok(Exit::Done)
}

fn summary(run: &RunRow) -> Value {
    json!({
        "run": run.id.0,
        "kind": run.begun.kind.as_str(),
        "profile": run.begun.profile,
        "site": run.begun.site,
        "scope": run.begun.scope,
        "started_at": run.begun.started_at.0,
        "finished_at": run.finished_at.map(|at| at.0),
        "status": run.status.as_str(),
        "courses": run.figures.courses,
        "operations": run.figures.operations,
        "done": run.figures.done,
        "refused": run.figures.refused,
        "unknown": run.figures.unknown,
        "not_tried": run.figures.not_tried,
        "waiting": run.figures.waiting,
        "findings": run.figures.findings,
    })
}

async fn show(app: &App, id: RunId, filter: &OperationFilter, output: &Output) -> Result<Exit, Failure> {
    let run = known_run(app, id).await?;
    let objections = app.store.objections(id).await?;
    let operations = app.store.operations(id, filter).await?;
    let report: Value = serde_json::from_str(&run.report_json).unwrap_or(Value::Null);
    let document = json!({
        "run": summary(&run),
        "report": report,
        "operations": operations.iter().map(operation_json).collect::<Vec<_>>(),
    });
    output.answer(&document, || {
        let mut text = String::new();
        let _ = writeln!(text, "{}", strong(&format!("Run {} · {}", run.id.0, run.begun.kind.as_str())));
        let ended = run.finished_at.map_or_else(|| "not ended".to_owned(), written);
        let _ = writeln!(
            text,
            "began {} · ended {ended} · {}",
            written(run.begun.started_at),
            status_word(run.status)
        );
        let _ = writeln!(text, "{} · {}", run.begun.site, run.begun.scope);
        for objection in &objections {
            let waiting = counted(objection.operations.len() as u64, "operation", "operations");
            let _ = writeln!(text, "{} {} ({waiting})", pending("waits:"), objection.sentence);
        }
        text.push('\n');
        text.push_str(&causes(&report));
        text.push_str(&table(&operations));
        if operations.len() == filter.page.limit as usize {
            let _ = writeln!(text, "{}", faint("… more: --limit, --course, --kind and --state choose"));
        }
        text
    })?;
    Ok(Exit::Done)
}

/// The full log of a run.
async fn log(app: &App, id: RunId, output: &Output) -> Result<Exit, Failure> {
    let Some(run) = app.store.run(id).await? else { return Err(no_run(id)) };
    let operations = app.store.operations(id, &OperationFilter::default()).await?;
    let rest_errors = app.store.rest_errors(Some(id), Page::default()).await?;
    let text = run_log::render(&run, &operations, &rest_errors);
    output.answer(&json!({ "run": id.0, "log": text }), || text.clone())?;
    Ok(Exit::Done)
}

fn no_run(id: RunId) -> Failure {
    Failure::new(Exit::Usage, format!("there is no run {}", id.0)).hint("`muster runs list` shows the runs")
}

/// The findings as they were told then.
fn causes(report: &Value) -> String {
    let mut text = String::new();
    for cause in report["causes"].as_array().into_iter().flatten() {
        let title = cause["title"].as_str().unwrap_or_default();
        let count = cause["count"].as_u64().unwrap_or_default();
        let _ = writeln!(text, "{title} ({})", thousands(count));
        for example in cause["examples"].as_array().into_iter().flatten() {
            let detail = example["detail"].as_str().unwrap_or_default();
            let _ = writeln!(text, "  course {}: {detail}", example["course"]);
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
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

fn operation_json(row: &JournalRow) -> Value {
    json!({
        "number": row.number, "course": row.course, "kind": row.kind, "idnumber": row.idnumber, "name": row.name,
        "target_id": row.target_id, "person": row.person, "user": row.user, "before": row.before,
        "after": row.after, "because": row.because, "fingerprint": row.fingerprint.to_string(),
        "state": row.state.as_str(), "detail": row.detail, "attempts": row.attempts,
    })
}
