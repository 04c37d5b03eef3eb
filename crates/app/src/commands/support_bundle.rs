//! `muster support-bundle RUN`: everything about a run that a helper needs, in one file, without secrets and without
//! people (feature K11).
//!
//! Not here: sending it anywhere.
//!
//! Invariant: people appear as `person 1`, `person 2` … in the order in which they are met; the same person has the
//! same number throughout the file, and nothing leads back.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Value, json};
use store::{FindingFilter, OperationFilter, RestErrorFilter, RunId};

use crate::app::App;
use crate::cli::SupportBundleArgs;
use crate::clock::written;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// How many operations of a run go into the file: those that did not end well come first.
const OPERATIONS_MAX: usize = 20_000;

pub(crate) async fn run(app: &App, args: &SupportBundleArgs, output: &Output) -> Result<Exit, Failure> {
    let run = RunId(args.run);
    let Some(row) = app.store.run(run).await? else {
        return Err(Failure::new(Exit::Usage, format!("there is no run {}", args.run))
            .hint("`muster runs list` shows the runs"));
    };
    let mut people = People::default();
    let mut operations = app.store.operations(run, &OperationFilter::default()).await?;
    operations.sort_by_key(|row| (row.detail.is_empty(), row.number));
    let operations: Vec<Value> = operations
        .iter()
        .take(OPERATIONS_MAX)
        .map(|row| {
            json!({
                "number": row.number, "course": row.course, "kind": row.kind, "target_id": row.target_id,
                "person": people.mask(&row.person), "because": row.because, "state": row.state.as_str(),
                "detail": people.mask_in(&row.detail), "attempts": row.attempts,
            })
        })
        .collect();
    let filter = FindingFilter { run: Some(run), ..FindingFilter::default() };
    let findings: Vec<Value> = app
        .store
        .findings(&filter)
        .await?
        .iter()
        .map(|row| {
            let person = row.finding.subject.person.as_ref().map(|person| people.mask(person.as_str()));
            json!({
                "course": row.finding.course, "reason": row.finding.reason.code(), "person": person,
                "first_seen": row.first_seen.0, "last_seen": row.last_seen.0,
            })
        })
        .collect();
    let rest_errors: Vec<Value> = app
        .store
        .rest_errors(&RestErrorFilter { run: Some(run), ..RestErrorFilter::default() })
        .await?
        .iter()
        .map(|error| {
            json!({
                "at": error.at.0, "request": error.request, "function": error.function, "code": error.code,
                "answer": people.mask_in(&error.answer), "groups": people.mask_in(&error.groups),
                "course": error.course, "what_happened": error.what_happened,
            })
        })
        .collect();
    let document = json!({
        "muster": env!("CARGO_PKG_VERSION"),
        "run": {
            "number": row.id.0, "kind": row.begun.kind.as_str(), "status": row.status.as_str(),
            "scope": row.begun.scope, "started_at": row.begun.started_at.0,
            "finished_at": row.finished_at.map(|at| at.0),
            "operations": row.figures.operations, "done": row.figures.done, "refused": row.figures.refused,
            "unknown": row.figures.unknown, "not_tried": row.figures.not_tried, "waiting": row.figures.waiting,
        },
        "configuration": app.config.effective,
        "operations": operations,
        "findings": findings,
        "rest_errors": rest_errors,
    });
    let file = args.file.clone().unwrap_or_else(|| format!("muster-support-{}.json", args.run).into());
    write(&file, &document)?;
    output.answer(&json!({ "file": file }), || {
        format!(
            "Wrote {}: run {} of {}, the configuration without secrets, people as numbers.\nLook through it before you give it away.",
            file.display(),
            args.run,
            written(row.begun.started_at)
        )
    })?;
    Ok(Exit::Done)
}

fn write(file: &Path, document: &Value) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(document)
        .map_err(|error| Failure::new(Exit::Bug, format!("cannot write the bundle as JSON: {error}")))?;
    std::fs::write(file, text).map_err(|error| {
        Failure::new(Exit::Configuration, format!("cannot write {}: {error}", file.display()))
            .hint("--file FILE names another place")
    })
}

/// Gives people numbers.
#[derive(Default)]
struct People {
    numbers: HashMap<String, usize>,
}

impl People {
    /// The number of a person; empty for nobody.
    fn mask(&mut self, person: &str) -> String {
        if person.is_empty() {
            return String::new();
        }
        let next = self.numbers.len() + 1;
        let number = *self.numbers.entry(person.to_owned()).or_insert(next);
        format!("person {number}")
    }

    /// A text in which the people met so far are numbers. What somebody else said stands between quotation marks and
    /// may name people in any spelling; it is left out.
    fn mask_in(&self, text: &str) -> String {
        let mut masked = match (text.find('"'), text.rfind('"')) {
            (Some(first), Some(last)) if first < last => format!("{}…{}", &text[..=first], &text[last..]),
            _ => text.to_owned(),
        };
        let mut people: Vec<_> = self.numbers.iter().collect();
        // The longest first: the key of one person may begin with the key of another.
        people.sort_by_key(|(person, _)| std::cmp::Reverse(person.len()));
        for (person, number) in people {
            if masked.contains(person.as_str()) {
                masked = masked.replace(person.as_str(), &format!("person {number}"));
            }
        }
        masked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_the_same_number_everywhere() {
        let mut people = People::default();
        assert_eq!(
            (people.mask("S1"), people.mask("S2"), people.mask("S1")),
            ("person 1".into(), "person 2".into(), "person 1".into())
        );
        assert_eq!(people.mask_in("S2 was refused"), "person 2 was refused");
        people.mask("S22");
        assert_eq!(people.mask_in("S22 and S2"), "person 3 and person 2");
        assert_eq!(people.mask(""), "");
    }

    #[test]
    fn what_the_platform_said_is_left_out_because_it_may_name_people() {
        let people = People::default();
        assert_eq!(
            people.mask_in("core_x answered errorcode: \"no \"Ada Invented\" here\". What to do: look"),
            "core_x answered errorcode: \"…\". What to do: look"
        );
        assert_eq!(people.mask_in("a single \" stays"), "a single \" stays");
    }
}
