//! What people decided shall not be done, as plans, journals and findings tell it.
//!
//! Not here: the decision (`commands/skip.rs`, `commands/approve.rs`), and holding what it is about
//! (`reconcile::safety`).

use std::collections::HashMap;

use reconcile::finding::{Finding, Reason, Subject};
use reconcile::keys::{PersonKey, Text};
use reconcile::numbering::{self, numbered};
use reconcile::operation::{Fingerprint, Operation};
use reconcile::plan::CoursePlan;
use reconcile::safety::Held;
use store::RefusedRow;

use crate::app::App;
use crate::clock::written;
use crate::exit::Failure;

/// Why each operation that a person refused is left out, by its number: `skipped by ada because …`.
pub(crate) async fn reasons(
    app: &App,
    plans: &[CoursePlan],
    held: &Held,
) -> Result<HashMap<u32, Text>, Failure> {
    if held.refused.is_empty() {
        return Ok(HashMap::new());
    }
    let refused = app.store.refused(app.clock.now()).await?;
    let reasons = numbered(plans).filter(|(number, _, _)| held.refused.contains(number));
    let reasons = reasons.map(|(number, _, operation)| {
        let row = refused.get(&operation.fingerprint());
        (number, row.map_or_else(|| "skipped by a person".into(), words))
    });
    Ok(reasons.collect())
}

/// A decision in words.
pub(crate) fn words(row: &RefusedRow) -> Text {
    format!("skipped by {} because {}, until {}", row.who, row.reason, written(row.expires_at)).into()
}

/// The same for operations of the journal, by their fingerprints.
pub(crate) async fn by_fingerprint(app: &App) -> Result<HashMap<Fingerprint, RefusedRow>, Failure> {
    Ok(app.store.refused(app.clock.now()).await?)
}

/// Adds what is skipped to the findings, so that reports, `explain` and `status` tell of it.
pub(crate) fn add_findings(plans: &mut [CoursePlan], skipped: &HashMap<u32, Text>) {
    numbering::add_findings(plans, |number, operation| {
        skipped.get(&number).map(|why| finding(operation, why))
    });
}

fn finding(operation: &Operation, why: &Text) -> Finding {
    let person = operation.row().person;
    Finding {
        course: operation.course,
        reason: Reason::Skipped,
        subject: Subject {
            module: operation.group().map(|group| group.key.module.clone()),
            group: operation.group().map(|group| group.key.clone()),
            person: (!person.is_empty()).then_some(PersonKey(person)),
        },
        detail: format!("{operation}; {why}").into(),
    }
}
