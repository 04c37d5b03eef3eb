//! `muster retry`: plans and applies again where a run did not reach what it wanted (feature K9).
//!
//! Not here: the run itself; it is an ordinary one over the courses concerned.

use std::collections::{BTreeSet, HashSet};

use reconcile::keys::CourseId;
use serde_json::{Value, json};
use store::{OperationFilter, OperationState, RunId, RunKind};

use super::mend::{Mending, mend};
use super::runs::known_run;
use crate::app::App;
use crate::cli::RetryArgs;
use crate::exit::{Exit, Failure};
use crate::mending::Goal;
use crate::output::Output;
use crate::run::{RunWish, Scope, Until};
use crate::select::Select;
use crate::skipped;

/// How many runs are looked through for the last one that was not only a plan.
const RUNS_MAX: u32 = 200;

pub(crate) async fn run(app: &App, args: &RetryArgs, output: &Output) -> Result<Exit, Failure> {
    let run = match args.run {
        Some(run) => known_run(app, RunId(run)).await?.id,
        None => last_run(app).await?,
    };
    let courses = unreached(app, run, args.course.map(CourseId)).await?;
    if courses.is_empty() {
        let nothing =
            format!("Run {} left nothing refused, unknown or untried; there is nothing to try again.", run.0);
        output.answer(&json!({ "run": null, "retried": run.0, "exit_code": 0 }), || nothing)?;
        return Ok(Exit::Done);
    }
    let wish = RunWish {
        kind: RunKind::Retry,
        import: false,
        until: Until::Apply(None),
        scope: Scope::of_courses(courses.into_iter().collect()),
        goal: Goal::InStep(Select::All),
        accept_new_site: false,
    };
    let course = args.course.map_or_else(String::new, |course| format!(" --course {course}"));
    let mending = Mending {
        wish,
        nothing: "A later run did it already.",
        command: format!("muster retry --run {}{course} --yes", run.0),
        tell: &|_| String::new(),
        details: &|_| Value::Null,
    };
    Ok(mend(app, &mending, args.consent.yes, output).await?.exit())
}

async fn last_run(app: &App) -> Result<RunId, Failure> {
    let runs = app.store.runs(RUNS_MAX).await?;
    let last = runs.into_iter().find(|run| run.begun.kind != RunKind::Plan);
    last.map(|run| run.id).ok_or_else(|| {
        Failure::new(Exit::Usage, "nothing was carried out yet, so nothing can be tried again")
            .hint("`muster runs list` shows the runs")
    })
}

/// The courses of operations that a run did not reach; what a person skips, and courses that are ours no more, are
/// left out.
async fn unreached(app: &App, run: RunId, course: Option<CourseId>) -> Result<BTreeSet<CourseId>, Failure> {
    let skipped = skipped::by_fingerprint(app).await?;
    let mut courses = BTreeSet::new();
    for state in
        [OperationState::Refused, OperationState::Unknown, OperationState::NotTried, OperationState::Sent]
    {
        let filter = OperationFilter { course, state: Some(state), ..OperationFilter::default() };
        let rows = app.store.operations(run, &filter).await?;
        let rows = rows.into_iter().filter(|row| !skipped.contains_key(&row.fingerprint));
        courses.extend(rows.map(|row| row.course));
    }
    let states = app.store.course_states(&app.default_source(), &app.policy_hash(), app.clock.now()).await?;
    let known: HashSet<CourseId> = states.into_iter().map(|state| state.course).collect();
    courses.retain(|course| known.contains(course));
    Ok(courses)
}
