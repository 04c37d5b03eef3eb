//! The list that goes with a letter: every open finding and every refused operation, for a spreadsheet.
//!
//! Not here: what the letter itself says of them.
//!
//! Invariant: no cell can be taken for a formula, and a person is named by their key alone; only what the platform
//! itself said may hold a name.

use reconcile::keys::{ModuleCode, PersonKey};

use super::paper::one_line;
use super::story::{RefusedOperation, Story, Told};
use crate::clock::written;

/// The columns.
const HEADER: [&str; 11] = [
    "what",
    "severity",
    "reason",
    "since",
    "new",
    "course",
    "course_name",
    "module",
    "person",
    "detail",
    "remedy",
];

/// Tells a spreadsheet that the file is UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The list as CSV; `None` where there is nothing to list.
pub(super) fn list(story: &Story) -> Option<String> {
    if story.findings.is_empty() && story.refused.is_empty() {
        return None;
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let rows = story.findings.iter().map(finding).chain(story.refused.iter().map(operation));
    // Writing into memory does not fail; if it did, the letter would go out without its list.
    writer.write_record(HEADER).ok()?;
    for row in rows {
        writer.write_record(row.map(|cell| harmless(&cell))).ok()?;
    }
    let text = String::from_utf8(writer.into_inner().ok()?).ok()?;
    Some(format!("{BYTE_ORDER_MARK}{text}"))
}

fn finding(told: &Told) -> [String; 11] {
    let Told { finding, course_name, first_seen, is_new } = told;
    let subject = &finding.subject;
    let module = subject.module.as_ref().or(subject.group.as_ref().map(|group| &group.module));
    [
        "finding".to_owned(),
        finding.reason.severity().as_str().to_owned(),
        finding.reason.code().to_owned(),
        written(*first_seen),
        if *is_new { "yes" } else { "no" }.to_owned(),
        finding.course.to_string(),
        course_name.clone(),
        module.map(ModuleCode::to_string).unwrap_or_default(),
        subject.person.as_ref().map(PersonKey::to_string).unwrap_or_default(),
        format!("{}: {}", finding.reason.title(), finding.detail.replace('\n', ". ")),
        finding.remedy(),
    ]
}

fn operation(refused: &RefusedOperation) -> [String; 11] {
    let RefusedOperation { course, course_name, kind, group, person, answer } = refused;
    [
        "refused operation".to_owned(),
        "attention".to_owned(),
        kind.clone(),
        String::new(),
        "yes".to_owned(),
        course.to_string(),
        course_name.clone(),
        String::new(),
        person.clone(),
        format!("{} {group}: {}", kind.replace('_', " "), answer.replace('\n', ". ")),
        format!("the next run tries it again; `muster retry --course {course}` does at once"),
    ]
}

/// A cell that a spreadsheet shows and does not carry out.
fn harmless(cell: &str) -> String {
    let cell = one_line(cell);
    if cell.starts_with(['=', '+', '-', '@']) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        let check = |cell: &str, expected: &str| assert_eq!(harmless(cell), expected);
        check("=HYPERLINK(\"http://example.org\")", "'=HYPERLINK(\"http://example.org\")");
        check("\t@SUM(A1)", "'@SUM(A1)");
        check("TUT-5", "TUT-5");
        check("a\nb", "a b");
    }
}
