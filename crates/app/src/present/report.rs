//! The story of a run as a person reads it on a terminal.
//!
//! Not here: the story itself (`reconcile::report`).

use std::fmt::Write;

use reconcile::report::{Cause, ChangeFigures, Report};

use super::table::{bad, columns, counted, faint, good, indented, pending, short, strong, thousands};

/// What is said of a run that compared with the source and found nothing to do.
pub(crate) const IN_STEP: &str = "Nothing to do: the platform shows what the source says";

/// Renders a report; `run` is the number of the run that it tells of, `nothing` what is said where it had nothing to do.
///
/// What needs a person, or waits for somebody else, is told with examples; the rest is only counted.
pub(crate) fn render(report: &Report, run: i64, nothing: &str) -> String {
    let mut text = courses(report);
    if report.courses.known == 0 {
        let _ = writeln!(
            text,
            "No course is mapped yet. next: muster map add COURSE MODULE, or muster map import FILE"
        );
    } else if report.operations() == 0 {
        let but = if report.causes.is_empty() { "" } else { ", but for what follows" };
        let _ = writeln!(text, "{}", good(&format!("{nothing}{but}.")));
    }
    text.push_str(&changes(&report.changes));
    if let Some(agreement) = report.agreement {
        let (agreed, tried) = (thousands(agreement.agreed), thousands(agreement.tried));
        let _ = writeln!(text, "{agreed} of {tried} operations ended as planned");
    }
    if !report.waiting.is_empty() {
        let _ = writeln!(text, "\n{}", pending("Waits for approval"));
        for waiting in &report.waiting {
            let _ = writeln!(text, "  {}", waiting.sentence);
        }
        let _ = writeln!(text, "  next: muster runs show {run} --state waiting");
        let _ = writeln!(text, "        muster approve {run} --reason \"…\"");
    }
    let (notices, telling): (Vec<&Cause>, Vec<&Cause>) =
        report.causes.iter().partition(|cause| cause.severity == "notice");
    for cause in telling {
        text.push_str(&cause_text(cause, run));
    }
    if !notices.is_empty() {
        let _ = writeln!(text, "\n{}", strong("For the record"));
        for cause in notices {
            let title = if cause.new > 0 { cause.title.to_owned() } else { faint(cause.title) };
            let _ = writeln!(text, "  {:>6} {title}", thousands(cause.count));
        }
        let _ = writeln!(text, "  next: muster runs show {run} --findings");
    }
    text
}

fn courses(report: &Report) -> String {
    let courses = &report.courses;
    let unreadable = match courses.unreadable {
        0 => String::new(),
        count => format!(", {}", bad(&format!("{} not readable", thousands(count)))),
    };
    format!(
        "{} of {} looked at, {} with changes{unreadable}\n",
        thousands(courses.planned),
        counted(courses.known, "course", "courses"),
        thousands(courses.changed),
    )
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

/// A cause with its examples, the new ones first; one that is known from earlier nights takes a single line.
fn cause_text(cause: &Cause, run: i64) -> String {
    let paint = if cause.severity == "attention" { bad } else { pending };
    let new = match (cause.new, cause.count) {
        (0, _) => ", known".to_owned(),
        (new, count) if new == count => String::new(),
        (new, _) => format!(", {} new", thousands(new)),
    };
    let mut text = format!("\n{} ({}{new})\n", paint(cause.title), thousands(cause.count));
    let examples =
        if cause.new > 0 { &cause.examples[..] } else { &cause.examples[..cause.examples.len().min(1)] };
    for example in examples {
        let _ = writeln!(text, "  course {}: {}", example.course, told(&example.detail));
    }
    let left_out = cause.count - examples.len() as u64;
    if left_out > 0 {
        let more = format!("… and {} more: muster runs show {run} --findings", thousands(left_out));
        let _ = writeln!(text, "  {}", faint(&more));
    }
    // A refusal has told by itself what to do.
    if let Some(first) = cause.examples.first().filter(|first| !first.detail.contains(&first.remedy)) {
        let _ = writeln!(text, "  next: {}", first.remedy);
    }
    text
}

/// The particulars of an example. What the platform said stands on lines of its own and is not shortened.
fn told(detail: &str) -> String {
    if detail.contains('\n') { indented(detail, 4) } else { short(detail) }
}
