//! What a run leaves behind for the next one: whether a course may be left alone until something changes.
//!
//! Not here: choosing by it (`choose.rs`).
//!
//! Invariant: only a course in which everything that was planned was done may be left alone.

use std::collections::HashMap;

use reconcile::finding::Reason;
use reconcile::keys::CourseId;
use reconcile::numbering::numbered_plans;
use reconcile::outcome::Outcome;
use store::{CourseNote, CourseState, RunLock};

use crate::app::App;
use crate::choose::may_heal_there;
use crate::exit::Failure;
use crate::mending::Goal;
use crate::run::{Finished, RunWish, Until};

/// Remembers of each course what the next run needs to know, and what there is to find.
pub(crate) async fn note_courses(
    app: &App,
    lock: &RunLock,
    wish: &RunWish,
    finished: &Finished,
    chosen: &[CourseState],
    outcomes: &HashMap<u32, Outcome>,
) -> Result<(), Failure> {
    let states: HashMap<CourseId, &CourseState> = chosen.iter().map(|state| (state.course, state)).collect();
    if let Goal::Undo(_) | Goal::Forget(_) | Goal::TakeOver(_) = wish.goal {
        return look_again(app, lock, wish, finished, &states).await;
    }
    let mut notes = Vec::with_capacity(finished.plans.len());
    for (mut numbers, plan) in numbered_plans(&finished.plans) {
        let mut settled = plan.operations.is_empty() || wish.until != Until::Plan;
        settled &= numbers.all(|number| outcomes.get(&number).is_some_and(Outcome::is_success));
        settled &= !finished.selected.unfinished.contains(&plan.course);
        let unreadable = plan.findings.iter().any(|finding| finding.reason == Reason::ReadIncomplete);
        notes.push(CourseNote {
            course: plan.course,
            name: (!plan.name.is_empty()).then(|| plan.name.clone()),
            observed_at: (!unreadable).then(|| app.clock.now()),
            input_hash: settled
                .then(|| states.get(&plan.course).map(|state| state.input_hash.clone()))
                .flatten(),
            look_again: !settled || plan.findings.iter().any(|finding| may_heal_there(finding.reason)),
            gone: plan.findings.iter().any(|finding| finding.reason == Reason::CourseGone),
        });
    }
    app.store.note_courses(lock, &notes).await?;
    let findings: Vec<_> = finished.plans.iter().flat_map(|plan| plan.findings.iter().cloned()).collect();
    let courses: Vec<CourseId> = finished.plans.iter().map(|plan| plan.course).collect();
    app.store.record_findings(lock, finished.run, &courses, &findings, app.clock.now()).await?;
    Ok(())
}

/// A run that does not compare with the source says nothing about it: the next one looks at its courses afresh.
async fn look_again(
    app: &App,
    lock: &RunLock,
    wish: &RunWish,
    finished: &Finished,
    states: &HashMap<CourseId, &CourseState>,
) -> Result<(), Failure> {
    let touched = finished.plans.iter().filter(|plan| !plan.operations.is_empty());
    let notes: Vec<CourseNote> = touched
        .map(|plan| CourseNote {
            course: plan.course,
            name: (!plan.name.is_empty()).then(|| plan.name.clone()),
            observed_at: None,
            input_hash: None,
            look_again: true,
            gone: states.get(&plan.course).is_some_and(|state| state.gone),
        })
        .collect();
    if wish.until != Until::Plan {
        app.store.note_courses(lock, &notes).await?;
    }
    Ok(())
}
