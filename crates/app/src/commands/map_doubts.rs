//! What speaks against a new mapping, as far as our memory knows: told, and never in the way, because a timetable or a
//! course may come later.
//!
//! Not here: the mapping itself (`map.rs`), and what a run finds out about it (`reconcile`).
//!
//! Invariant: nothing is doubted that memory does not know: without an accepted delivery no module is missing.

use reconcile::snapshot::Presence;
use serde::Serialize;
use store::MappingKey;

use crate::app::App;
use crate::exit::Failure;
use crate::present::table::pending;

/// Something that speaks against a mapping.
#[derive(Debug, Serialize)]
pub(super) struct Doubt {
    found: String,
    next: String,
}

/// What speaks against a mapping that is there.
pub(super) async fn doubts(app: &App, key: &MappingKey) -> Result<Vec<Doubt>, Failure> {
    let MappingKey { course, source, module } = key;
    let mut doubts = Vec::new();
    if app.store.accepted_figures(source).await?.is_some() {
        let now = app.clock.now();
        let snapshots = app.store.snapshots(&[*course], &app.default_source(), now).await?;
        let delivered = snapshots.first().and_then(|snapshot| snapshot.delivered(source, module));
        if delivered.is_none_or(|delivered| delivered.presence == Presence::Absent) {
            doubts.push(Doubt {
                found: format!("the delivery of {source} that is in force does not name {module}"),
                next: format!(
                    "compare the code with the timetable; `muster map remove {course} {module}` takes a slip back, and \
                     otherwise its groups come with the first delivery that names it"
                ),
            });
        }
    }
    if is_gone(app, key).await? {
        doubts.push(Doubt {
            found: format!("Moodle said, when it was asked last, that it has no course {course}"),
            next: format!(
                "compare the number with the address of the course (course/view.php?id={course}); `muster map remove \
                 {course} {module}` takes a slip back"
            ),
        });
    }
    Ok(doubts)
}

/// Tells whether the platform said that the course does not exist. A course that was never asked for is not gone.
async fn is_gone(app: &App, key: &MappingKey) -> Result<bool, Failure> {
    let states = app.store.course_states(&app.default_source(), "", app.clock.now()).await?;
    Ok(states.iter().any(|state| state.course == key.course && state.gone))
}

/// The doubts in lines for people, each with its next step.
pub(super) fn in_words(doubts: &[Doubt]) -> String {
    let lines =
        doubts.iter().map(|doubt| format!("{} {}\n  next: {}\n", pending("but"), doubt.found, doubt.next));
    lines.collect()
}
