//! `muster repair`: what the old page mended with SQL, as a list, a question and a run (features K6, K7, K9, Z2).
//!
//! Not here: what counts as broken ([`crate::select`]).

use std::collections::BTreeMap;
use std::fmt::Write;

use reconcile::keys::CourseId;
use reconcile::numbering::numbered;
use reconcile::operation::Operation;
use serde_json::json;
use store::RunKind;

use super::mend::{Mending, mend};
use crate::app::App;
use crate::cli::RepairArgs;
use crate::exit::{Exit, Failure};
use crate::mending::Goal;
use crate::output::Output;
use crate::present::table::{bad, faint, thousands};
use crate::run::{Finished, RunWish, Scope, Until};
use crate::select::{Broken, Select};

/// Examples shown of each kind of broken thing.
const EXAMPLES_MAX: usize = 5;

const NOTHING: &str =
    "Nothing is broken in the courses that were looked at; `muster repair --all` looks at every course.";

pub(crate) async fn run(app: &App, args: &RepairArgs, output: &Output) -> Result<Exit, Failure> {
    let (scope, named) = if args.all {
        (Scope::All, " --all".to_owned())
    } else if args.course.is_empty() {
        let doubtful = doubtful(app).await?;
        if doubtful.is_empty() {
            let nothing =
                "Nothing is broken as far as our memory goes; `muster repair --all` asks the platform.";
            output.answer(&json!({ "run": null, "details": [], "exit_code": 0 }), || nothing.to_owned())?;
            return Ok(Exit::Done);
        }
        (Scope::of_courses(doubtful), String::new())
    } else {
        let named = args.course.iter().map(|course| format!(" --course {course}")).collect();
        let courses = args.course.iter().copied().map(CourseId).collect();
        (Scope::of_courses(courses), named)
    };
    let wish = RunWish {
        kind: RunKind::Repair,
        import: false,
        until: Until::Apply(None),
        scope,
        goal: Goal::InStep(Select::Repairs),
        accept_new_site: false,
    };
    let mending = Mending {
        wish,
        nothing: NOTHING,
        command: format!("muster repair{named} --yes"),
        tell: &tell,
        details: &|finished| {
            let kinds = by_kind(finished);
            let told = kinds.iter().map(|(broken, operations)| {
                json!({ "broken": broken.code(), "title": broken.title(), "remedy": broken.remedy(), "count": operations.len() })
            });
            told.collect()
        },
    };
    Ok(mend(app, &mending, args.consent.yes, output).await?.exit())
}

/// Known courses in which something may be broken.
async fn doubtful(app: &App) -> Result<Vec<CourseId>, Failure> {
    let doubtful = app.store.doubtful_courses().await?;
    let states = app.store.course_states(&app.default_source(), &app.policy_hash(), app.clock.now()).await?;
    Ok(states.into_iter().map(|state| state.course).filter(|course| doubtful.contains(course)).collect())
}

fn by_kind(finished: &Finished) -> BTreeMap<Broken, Vec<&Operation>> {
    let mut kinds: BTreeMap<Broken, Vec<&Operation>> = BTreeMap::new();
    for (number, _, operation) in numbered(&finished.plans) {
        if let Some(broken) = finished.selected.broken.get(&number) {
            kinds.entry(*broken).or_default().push(operation);
        }
    }
    kinds
}

/// What is broken, why, and what mends it.
fn tell(finished: &Finished) -> String {
    let mut text = String::new();
    for (broken, operations) in by_kind(finished) {
        let _ = writeln!(text, "\n{} ({})", bad(broken.title()), thousands(operations.len() as u64));
        for operation in operations.iter().take(EXAMPLES_MAX) {
            let _ = writeln!(text, "  course {}: {operation}", operation.course);
        }
        if operations.len() > EXAMPLES_MAX {
            let more = operations.len() - EXAMPLES_MAX;
            let _ = writeln!(text, "  {}", faint(&format!("… and {} more", thousands(more as u64))));
        }
        let _ = writeln!(text, "  mended by: {}", broken.remedy());
    }
    text
}
