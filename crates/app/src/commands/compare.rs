//! `muster plan --compare-legacy URL`: what Muster would do tonight beside what the old tool's tables ask for, in the weeks
//! in which both run (feature Z14).
//!
//! Not here: the comparison itself (`reconcile::takeover::compare`).
//!
//! Invariant: it ends with 0 when both would do the same, with 7 when they differ, and otherwise as any plan that could not
//! be made.

use std::fmt::Write;

use reconcile::keys::CourseId;
use reconcile::takeover::compare::{Agreed, Comparison, Difference, compare};
use serde_json::{Value, json};

use super::take_over::{read_old, summary};
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::present::table::{bad, counted, faint, good, strong, thousands};
use crate::run::{Finished, RunWish};
use crate::sources::OldDatabase;

/// Examples shown of each cause.
const EXAMPLES_MAX: usize = 5;

pub(super) async fn run(app: &App, wish: &RunWish, address: &str, output: &Output) -> Result<Exit, Failure> {
    let old = read_old(app, address).await?;
    let finished = crate::run::run(app, wish).await?;
    let courses: Vec<CourseId> = finished.plans.iter().map(|plan| plan.course).collect();
    let links = app.store.links(&courses).await?;
    let comparison = compare(&old.records, &finished.plans, &links, &finished.held.waiting);
    let exit = match finished.exit() {
        Exit::Done | Exit::Waiting | Exit::Attention if comparison.differences.is_empty() => Exit::Done,
        Exit::Done | Exit::Waiting | Exit::Attention => Exit::Attention,
        failed => failed,
    };
    output.answer(&document(&finished, &old, &comparison, exit), || told(&finished, &old, &comparison))?;
    Ok(exit)
}

/// The differences by cause, which they are sorted by.
fn by_cause(comparison: &Comparison) -> impl Iterator<Item = &[Difference]> {
    comparison.differences.chunk_by(|one, other| one.cause == other.cause)
}

fn told(finished: &Finished, old: &OldDatabase, comparison: &Comparison) -> String {
    let title = format!("Run {} · plan for {} beside the old tool", finished.run.0, finished.site);
    let mut text = format!("{}\n{}", strong(&title), summary(old));
    let _ = writeln!(text, "{} compared", counted(finished.plans.len() as u64, "course", "courses"));
    let Agreed { groups_made, groups_deleted, members_added, members_removed } = comparison.agreed;
    let _ = writeln!(
        text,
        "Both would make {}, delete {}, add {} and remove {}",
        counted(groups_made, "group", "groups"),
        groups_deleted,
        counted(members_added, "member", "members"),
        members_removed,
    );
    if comparison.differences.is_empty() {
        let _ = writeln!(text, "{}", good("Beyond that neither would do anything: both come to the same."));
    }
    for differences in by_cause(comparison) {
        let Some(first) = differences.first() else { continue };
        let count = thousands(differences.len() as u64);
        let _ = writeln!(text, "\n{} ({count})", bad(first.cause.title()));
        for difference in differences.iter().take(EXAMPLES_MAX) {
            let _ = writeln!(text, "  course {}: {}", difference.course, difference.detail);
        }
        if differences.len() > EXAMPLES_MAX {
            let more = thousands((differences.len() - EXAMPLES_MAX) as u64);
            let _ = writeln!(text, "  {}", faint(&format!("… and {more} more")));
        }
        let _ = writeln!(text, "  next: {}", first.cause.meaning());
    }
    if let Some(stopped) = &finished.stopped {
        let _ = writeln!(text, "\n{} {stopped}", bad("Stopped before its end:"));
    }
    let _ = writeln!(text, "\nNothing was changed. The whole plan: muster runs show {}", finished.run.0);
    text
}

fn document(finished: &Finished, old: &OldDatabase, comparison: &Comparison, exit: Exit) -> Value {
    let causes: Vec<Value> = by_cause(comparison)
        .filter_map(|differences| {
            let cause = differences.first()?.cause;
            Some(json!({
                "cause": cause.code(), "title": cause.title(), "meaning": cause.meaning(), "count": differences.len(),
            }))
        })
        .collect();
    json!({
        "run": finished.run.0,
        "site": finished.site,
        "old_database": old.url,
        "missing_tables": old.missing,
        "odd_rows": old.odd,
        "courses": finished.plans.len(),
        "agreed": comparison.agreed,
        "causes": causes,
        "differences": comparison.differences,
        "stopped": finished.stopped.as_ref().map(Failure::document),
        "exit_code": exit.code(),
    })
}
