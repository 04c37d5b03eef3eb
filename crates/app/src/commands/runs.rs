//! `muster runs list` and `muster runs show`: what happened, night by night.
//!
//! Not here: the story itself (`reconcile::report`), which is kept as it was told, and how a run looks
//! (`present/run_page.rs`).

use reconcile::keys::CourseId;
use serde_json::{Value, json};
use store::{
    FindingFilter, FindingRow, JournalRow, LockState, OperationFilter, Page, RestErrorFilter, RunId, RunRow,
};

use crate::app::App;
use crate::cli::RunsCommand;
use crate::clock::written;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::present::run_log;
use crate::present::run_page::{self, RunPage, status_word};
use crate::present::table::{columns, thousands};

pub(crate) async fn run(app: &App, command: &RunsCommand, output: &Output) -> Result<Exit, Failure> {
    match command {
        RunsCommand::List { limit } => list(app, *limit, output).await,
        RunsCommand::Show { run, log: true, .. } => log(app, RunId(*run), output).await,
        RunsCommand::Show { run, course, kind, state, limit, findings, log: false } => {
            let filter = OperationFilter {
                course: course.map(CourseId),
                kind: kind.as_deref().map(Into::into),
                state: *state,
                page: Page { limit: *limit, offset: 0 },
            };
            let findings = if *findings { Findings::All } else { Findings::Examples };
            show(app, RunId(*run), &filter, findings, output).await
        }
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

async fn show(
    app: &App,
    id: RunId,
    filter: &OperationFilter,
    with: Findings,
    output: &Output,
) -> Result<Exit, Failure> {
    let run = known_run(app, id).await?;
    let objections = app.store.objections(id).await?;
    let operations = app.store.operations(id, filter).await?;
    let operations_asked_for = app.store.count_operations(id, filter).await?;
    let findings = match with {
        Findings::Examples => None,
        Findings::All => {
            let of_run = FindingFilter {
                run: Some(id),
                course: filter.course,
                with_healed: true,
                ..FindingFilter::default()
            };
            Some(app.store.findings(&of_run).await?)
        }
    };
    let report: Value = serde_json::from_str(&run.report_json).unwrap_or(Value::Null);
    let mut document = json!({
        "run": summary(&run),
        "report": report,
        "operations": operations.iter().map(operation_json).collect::<Vec<_>>(),
        "operations_asked_for": operations_asked_for,
    });
    if let Some(findings) = &findings {
        document["findings"] = findings.iter().map(finding_json).collect();
    }
    let page = RunPage {
        run: &run,
        is_at_work: app.store.lock_state().await? != LockState::Free,
        objections: &objections,
        report: &report,
        findings: findings.as_deref(),
        operations: &operations,
        operations_asked_for,
    };
    output.answer(&document, || run_page::render(&page))?;
    Ok(Exit::Done)
}

/// How much is shown of what a run found.
#[derive(Clone, Copy)]
enum Findings {
    /// A few examples for each reason, as they were told then.
    Examples,
    /// Every one.
    All,
}

/// The full log of a run.
async fn log(app: &App, id: RunId, output: &Output) -> Result<Exit, Failure> {
    let run = known_run(app, id).await?;
    let operations = app.store.operations(id, &OperationFilter::default()).await?;
    let filter = RestErrorFilter { run: Some(id), ..RestErrorFilter::default() };
    let rest_errors = app.store.rest_errors(&filter).await?;
    let text = run_log::render(&run, &operations, &rest_errors);
    output.answer(&json!({ "run": id.0, "log": text }), || text.clone())?;
    Ok(Exit::Done)
}

fn finding_json(row: &FindingRow) -> Value {
    let finding = &row.finding;
    json!({
        "course": finding.course, "reason": finding.reason.code(), "severity": finding.reason.severity().as_str(),
        "detail": finding.detail, "remedy": finding.remedy(), "first_seen": row.first_seen.0,
        "healed_at": row.healed_at.map(|at| at.0),
    })
}

fn operation_json(row: &JournalRow) -> Value {
    json!({
        "number": row.number, "course": row.course, "kind": row.kind, "idnumber": row.idnumber, "name": row.name,
        "target_id": row.target_id, "person": row.person, "user": row.user, "before": row.before,
        "after": row.after, "because": row.because, "fingerprint": row.fingerprint.to_string(),
        "state": row.state.as_str(), "detail": row.detail, "attempts": row.attempts,
    })
}
