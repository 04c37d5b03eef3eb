//! The plans of a take-over: courses of the old tool, read and compared some hundred at a time.
//!
//! Not here: the decisions (`reconcile::takeover`), the old database (`sources/old_tool`), and how it is asked for and told
//! (`commands/take_over.rs`).
//!
//! Invariant: a course that the old tool does not know is neither read nor planned.

use std::collections::{HashMap, HashSet};

use reconcile::keys::{CourseId, GroupId};
use reconcile::observed::Observed;
use reconcile::plan::CoursePlan;
use reconcile::takeover::{Missing, OldRecords, take_over};
use targets::moodle::Moodle;

use crate::app::App;
use crate::choose::Choice;
use crate::exit::Failure;
use crate::planning::{COURSES_AT_ONCE, read_whole};

/// Plans the take-over of the chosen courses, by number.
pub(crate) async fn take_over_plans(
    app: &App,
    moodle: &Moodle,
    old: &OldRecords,
    choice: &Choice,
) -> Result<Vec<CoursePlan>, Failure> {
    let chosen: HashSet<CourseId> = choice.courses.iter().map(|state| state.course).collect();
    let (mapped, unmapped): (Vec<CourseId>, Vec<CourseId>) =
        old.courses.keys().partition(|course| chosen.contains(course));
    let mut plans = Vec::with_capacity(mapped.len());
    let mut missing: Vec<(usize, Missing)> = Vec::new();
    // Where each group of the platform was seen: an id of the old tool may have moved into another course.
    let mut seen: HashMap<GroupId, CourseId> = HashMap::new();
    for some in mapped.chunks(COURSES_AT_ONCE) {
        let snapshots = app.store.snapshots(some, &app.default_source(), app.clock.now()).await?;
        let mut observed = read_whole(app, moodle, &snapshots, &|course| old.ids(course)).await;
        for snapshot in &snapshots {
            let unread = || Observed::Unknown("it was not read".into());
            let observed = observed.remove(&snapshot.course).unwrap_or_else(unread);
            if let Observed::Complete(course) = &observed {
                seen.extend(course.groups.iter().map(|group| (group.id, snapshot.course)));
            }
            let taken = take_over(old, snapshot, &observed, &app.config.policy);
            missing.extend(taken.missing.into_iter().map(|missing| (plans.len(), missing)));
            plans.push(taken.plan);
        }
    }
    for (at, missing) in missing {
        let elsewhere = seen.get(&missing.id).copied();
        plans[at].findings.push(missing.into_finding(elsewhere));
    }
    // Somebody who named courses does not ask about the others.
    if choice.known == choice.courses.len() as u64 {
        plans.extend(unmapped.into_iter().map(|course| old.unmapped(course)));
    }
    plans.sort_by_key(|plan| plan.course);
    plans.iter_mut().for_each(|plan| plan.findings.sort());
    Ok(plans)
}
