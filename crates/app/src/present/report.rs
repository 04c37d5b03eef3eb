//! The story of a run as a person reads it on a terminal.
//!
//! Not here: the story itself (`reconcile::report`).

use std::fmt::Write;

use reconcile::report::{Cause, ChangeFigures, Report};

use super::table::{bad, columns, counted, faint, good, pending, strong, thousands};

/// Renders a report; `run` is the number of the run that it tells of.
pub(crate) fn render(report: &Report, run: i64) -> String {
    let mut text = String::new();
    let courses = &report.courses;
    let _ = writeln!(
        text,
        "{} of {} looked at, {} with changes{}",
        thousands(courses.planned),
        counted(courses.known, "course", "courses"),
        thousands(courses.changed),
        if courses.unreadable > 0 {
            format!(", {}", bad(&format!("{} not readable", courses.unreadable)))
        } else {
            String::new()
        },
    );
    text.push_str(&changes(&report.changes));
    if let Some(agreement) = report.agreement {
        let _ = writeln!(
            text,
            "{} of {} operations ended as planned",
            thousands(agreement.agreed),
            thousands(agreement.tried)
        );
    }
    if !report.waiting.is_empty() {
        let _ = writeln!(text, "\n{}", pending("Waits for approval"));
        for waiting in &report.waiting {
            let _ = writeln!(text, "  {}", waiting.sentence);
        }
        let _ = writeln!(text, "  next: muster runs show {run} --state waiting");
        let _ = writeln!(text, "        muster approve {run} --reason \"…\"");
    }
    for cause in &report.causes {
        text.push_str(&cause_text(cause));
    }
    if report.operations() == 0 && report.causes.is_empty() && report.waiting.is_empty() {
        let _ = writeln!(text, "{}", good("Nothing to do: the platform shows what the source says."));
    }
    text
}

fn changes(changes: &[ChangeFigures]) -> String {
    let number = |count: u64| if count == 0 { String::new() } else { thousands(count) };
    let rows = changes.iter().map(|figures| {
        vec![
            format!(" {}", figures.kind.replace('_', " ")),
            number(figures.planned),
            number(figures.done),
            number(figures.already_so),
            number(figures.waiting),
            number(figures.refused),
            number(figures.unknown),
            number(figures.not_tried),
        ]
    });
    let header = [" what", "planned", "done", "already so", "waiting", "refused", "unknown", "not tried"];
    columns(&header, rows.collect())
}

fn cause_text(cause: &Cause) -> String {
    let paint = match cause.severity {
        "attention" => bad,
        "pending" => pending,
        _ => strong,
    };
    let mut text = format!("\n{} ({})\n", paint(cause.title), thousands(cause.count));
    for example in &cause.examples {
        let _ = writeln!(text, "  course {}: {}", example.course, example.detail);
    }
    let left_out = cause.count - cause.examples.len() as u64;
    if left_out > 0 {
        let _ = writeln!(text, "  {}", faint(&format!("… and {}", counted(left_out, "more", "more"))));
    }
    if let Some(first) = cause.examples.first() {
        let _ = writeln!(text, "  next: {}", first.remedy);
    }
    text
}
