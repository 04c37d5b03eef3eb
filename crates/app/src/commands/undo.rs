//! `muster undo`: takes back what a run did, and lists honestly what does not come back (features N4, Z17).
//!
//! Not here: how an undo is planned (`reconcile::undo`), and how the mappings concerned are frozen
//! ([`crate::mending`]).

use std::collections::BTreeSet;
use std::fmt::Write;

use reconcile::finding::Reason;
use reconcile::keys::CourseId;
use serde_json::json;
use store::{OperationFilter, RunId, RunKind, RunStatus};

use super::mend::{Mending, mend};
use super::runs::known_run;
use crate::app::App;
use crate::cli::UndoArgs;
use crate::exit::{Exit, Failure};
use crate::mending::{Goal, is_done, mappings_of};
use crate::output::Output;
use crate::present::table::{bad, strong};
use crate::run::{Finished, RunWish, Scope, Until};

pub(crate) async fn run(app: &App, args: &UndoArgs, output: &Output) -> Result<Exit, Failure> {
    let run = known_run(app, RunId(args.run)).await?;
    let (number, is_undo) = (run.id.0, run.begun.kind == RunKind::Undo);
    if run.status == RunStatus::Running {
        return Err(Failure::new(Exit::Usage, format!("run {number} is under way"))
            .hint("wait for its end; `muster runs list` shows it"));
    }
    let rows = app.store.operations(run.id, &OperationFilter::default()).await?;
    let touched: BTreeSet<CourseId> = rows.iter().filter(|row| is_done(row)).map(|row| row.course).collect();
    let states = app.store.course_states(&app.default_source(), &app.policy_hash(), app.clock.now()).await?;
    let known: BTreeSet<CourseId> = states.into_iter().map(|state| state.course).collect();
    let courses: Vec<CourseId> = touched.intersection(&known).copied().collect();
    let unknown: Vec<CourseId> = touched.difference(&known).copied().collect();
    if courses.is_empty() {
        let mut nothing = format!("Run {number} changed nothing that could be undone.\n");
        nothing.push_str(&unknown_courses(&unknown));
        output.answer(&json!({ "run": null, "undone": number, "exit_code": 0 }), || nothing)?;
        return Ok(Exit::Done);
    }
    let wish = RunWish {
        kind: RunKind::Undo,
        import: false,
        until: Until::Apply(None),
        scope: Scope::of_courses(courses),
        goal: Goal::Undo(run.id),
        accept_new_site: false,
    };
    let mending = Mending {
        wish,
        nothing: "Everything that can be undone is as it was before that run.",
        command: format!("muster undo {number} --yes"),
        tell: &|finished| {
            let mut text = losses_text(finished);
            text.push_str(&unknown_courses(&unknown));
            text.push_str(&mappings_text(finished, is_undo));
            text
        },
        details: &|finished| {
            let frozen = mappings_of(&finished.plans);
            json!({
                "undone": number,
                "does_not_come_back": losses(finished).collect::<Vec<_>>(),
                "mappings": frozen.iter().map(|key| json!({
                    "course": key.course.0, "module": key.module, "active": is_undo,
                })).collect::<Vec<_>>(),
            })
        },
    };
    Ok(mend(app, &mending, args.consent.yes, output).await?.exit())
}

/// What does not come back, a line each.
fn losses(finished: &Finished) -> impl Iterator<Item = String> {
    let findings = finished.plans.iter().flat_map(|plan| &plan.findings);
    let lost = findings.filter(|finding| finding.reason == Reason::NotUndone);
    lost.map(|finding| format!("course {}: {}", finding.course, finding.detail))
}

fn losses_text(finished: &Finished) -> String {
    let mut text = String::new();
    for (nth, line) in losses(finished).enumerate() {
        if nth == 0 {
            let _ = writeln!(text, "\n{}", bad("Does not come back"));
        }
        let _ = writeln!(text, "  {line}");
    }
    text
}

fn unknown_courses(courses: &[CourseId]) -> String {
    let line =
        |course| format!("course {course} has no mapping and nothing of ours any more, and is left alone\n");
    courses.iter().map(line).collect()
}

/// Says which mappings are frozen, because the next night would do it all again, and how that ends.
fn mappings_text(finished: &Finished, is_undo: bool) -> String {
    let mut text = String::new();
    for (nth, key) in mappings_of(&finished.plans).iter().enumerate() {
        if nth == 0 {
            let title = if is_undo {
                "These mappings are active again, where the undo had frozen them"
            } else {
                "These mappings are frozen, because the next run would do it all again; to lift that"
            };
            let _ = writeln!(text, "\n{}", strong(title));
        }
        let _ = if is_undo {
            writeln!(text, "  {} in course {}", key.module, key.course)
        } else {
            writeln!(text, "  muster map set {} {} --active true", key.course, key.module)
        };
    }
    text
}
