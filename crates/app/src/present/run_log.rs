//! The full log of one run, told from its journal: one line for each operation, with its reason code and what became
//! of it, and each call that failed (features F3, F8, G9).
//!
//! Not here: keeping the journal (`store`).

use std::fmt::Write;

use store::{JournalRow, RestError, RunRow};

use crate::clock::written;

/// Renders the log. It is plain text without colour, to be kept in a file.
pub(crate) fn render(run: &RunRow, operations: &[JournalRow], rest_errors: &[RestError]) -> String {
    let mut text = String::new();
    let begun = &run.begun;
    let _ = writeln!(
        text,
        "{} run {} began: {} of {}",
        written(begun.started_at),
        run.id.0,
        begun.kind.as_str(),
        begun.scope
    );
    let _ = writeln!(text, "{} site {} profile {:?}", written(begun.started_at), begun.site, begun.profile);
    for row in operations {
        text.push_str(&operation_line(row));
    }
    for error in rest_errors {
        let _ = write!(text, "{} call {} failed: {}", written(error.at), error.request, error.function);
        if let Some(course) = error.course {
            let _ = write!(text, " course={course} {:?}", error.course_name);
        }
        for (name, value) in [("groups", &error.groups), ("people", &error.people)] {
            if !value.is_empty() {
                let _ = write!(text, " {name}={value:?}");
            }
        }
        let _ = writeln!(
            text,
            " parameters={:?} code={} answer={:?} afterwards={:?}",
            error.parameters, error.code, error.answer, error.what_happened
        );
    }
    match run.finished_at {
        Some(at) => {
            let figures = &run.figures;
            let _ = writeln!(
                text,
                "{} run {} ended: {} ({} operations, {} done, {} refused, {} unknown, {} not tried, {} waiting, {} findings)",
                written(at),
                run.id.0,
                run.status.as_str(),
                figures.operations,
                figures.done,
                figures.refused,
                figures.unknown,
                figures.not_tried,
                figures.waiting,
                figures.findings
            );
        }
        None => text.push_str("the run has not ended, or was killed\n"),
    }
    text
}

fn operation_line(row: &JournalRow) -> String {
    let mut line = format!("#{} course={} {} {:?}", row.number, row.course, row.kind, row.name);
    let mut field = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = write!(line, " {name}={value:?}");
        }
    };
    field("id", &row.target_id.map(|id| id.to_string()).unwrap_or_default());
    field("person", &row.person);
    field("before", &row.before);
    field("after", &row.after);
    field("because", &row.because);
    field("state", row.state.as_str());
    field("detail", &row.detail);
    line.push('\n');
    line
}
