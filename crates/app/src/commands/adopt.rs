//! `muster adopt`: rebuilds our memory from the idnumbers on the platform after the database was lost.
//!
//! Not here: the groups of the integration that Muster replaces (`take_over.rs`).
//!
//! Invariant: nothing on the platform is changed.

use std::fmt::Write;

use reconcile::finding::{Finding, Reason};
use reconcile::keys::CourseId;
use serde_json::json;
use store::RunKind;

use super::mend::{Mending, mend};
use crate::app::App;
use crate::cli::AdoptArgs;
use crate::exit::{Exit, Failure};
use crate::mending::Goal;
use crate::output::Output;
use crate::present::table::{bad, faint};
use crate::run::{Finished, RunWish, Scope, Until};
use crate::select::Select;

const NOTHING: &str =
    "Our memory holds everything that carries an idnumber of ours and that the source wants.";

pub(crate) async fn run(app: &App, args: &AdoptArgs, output: &Output) -> Result<Exit, Failure> {
    if let Some(address) = &args.from_legacy {
        return super::take_over::run(app, args, address, output).await;
    }
    let (scope, named) = if args.course.is_empty() {
        (Scope::All, String::new())
    } else {
        let courses = args.course.iter().copied().map(CourseId).collect();
        let named = args.course.iter().map(|course| format!(" --course {course}")).collect();
        (Scope::of_courses(courses), named)
    };
    let wish = RunWish {
        kind: RunKind::Adopt,
        // With the database the deliveries are lost as well, and they say what the idnumbers stand for.
        import: true,
        until: Until::Apply(None),
        scope,
        goal: Goal::InStep(Select::Adoptions),
        accept_new_site: false,
    };
    let mending = Mending {
        wish,
        nothing: NOTHING,
        command: format!("muster adopt{named} --yes"),
        tell: &tell,
        details: &|finished| {
            let told = unmatched(finished).map(|finding| {
                json!({ "course": finding.course.0, "reason": finding.reason.code(), "detail": finding.detail })
            });
            told.collect()
        },
    };
    Ok(mend(app, &mending, args.consent.yes, output).await?.exit())
}

/// What carries an idnumber of ours and could not be matched.
fn unmatched(finished: &Finished) -> impl Iterator<Item = &Finding> {
    let findings = finished.plans.iter().flat_map(|plan| &plan.findings);
    findings.filter(|finding| matches!(finding.reason, Reason::Orphan | Reason::Duplicate))
}

fn tell(finished: &Finished) -> String {
    let mut text = String::new();
    for (nth, finding) in unmatched(finished).enumerate() {
        if nth == 0 {
            let _ = writeln!(text, "\n{}", bad("Could not be matched"));
        }
        let _ = writeln!(text, "  course {}: {finding}", finding.course);
        let _ = writeln!(text, "    {}", faint(&finding.remedy()));
    }
    if !finished.selected.unfinished.is_empty() {
        let courses = finished.selected.unfinished.len();
        let _ =
            writeln!(text, "\nIn {courses} courses the source wants more than is there; next: muster plan");
    }
    text
}
