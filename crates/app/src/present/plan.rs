//! A plan as a person reads it: course by course, one line for each group.
//!
//! Not here: the sums over all courses ([`super::report`]).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;

use reconcile::keys::{GroupKey, Text};
use reconcile::numbering::numbered_plans;
use reconcile::operation::{Because, Change, Operation};
use reconcile::plan::CoursePlan;

use super::table::{bad, counted, faint, good, pending, short, strong};

/// How many courses are shown before the rest is only counted.
const COURSES_SHOWN_MAX: usize = 8;

/// How many lines a course may take.
const LINES_SHOWN_MAX: usize = 40;

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// One line for each group.
    Groups,
    /// One line for each operation, of every course.
    Operations,
}

/// What is said beside operations, by their numbers.
#[derive(Clone, Copy)]
pub(crate) struct Marks<'a> {
    /// They wait for approval.
    pub(crate) waiting: &'a HashSet<u32>,
    /// A person decided that they are not done, and why.
    pub(crate) skipped: &'a HashMap<u32, Text>,
}

impl Marks<'_> {
    fn of(&self, number: u32) -> String {
        if self.waiting.contains(&number) {
            return pending("  waits for approval");
        }
        self.skipped.get(&number).map_or_else(String::new, |why| faint(&format!("  {why}")))
    }
}

/// Renders plans, with their marks.
pub(crate) fn render(plans: &[CoursePlan], marks: Marks<'_>, detail: Detail) -> String {
    let mut text = String::new();
    let mut shown = 0;
    let mut left_out = 0;
    for (numbers, plan) in numbered_plans(plans) {
        if plan.operations.is_empty() {
            continue;
        }
        if detail == Detail::Groups && shown == COURSES_SHOWN_MAX {
            left_out += 1;
            continue;
        }
        shown += 1;
        let _ = writeln!(text, "{}", strong(&course_title(plan)));
        let numbered: Vec<(u32, &Operation)> = numbers.zip(&plan.operations).collect();
        match detail {
            Detail::Groups => text.push_str(&by_group(&numbered, marks)),
            Detail::Operations => text.push_str(&one_by_one(&numbered, marks)),
        }
    }
    if left_out > 0 {
        let courses = counted(left_out, "more course", "more courses");
        let _ = writeln!(text, "{}", faint(&format!("… and {courses}; --details shows them all")));
    }
    text
}

fn course_title(plan: &CoursePlan) -> String {
    if plan.name.is_empty() {
        format!("Course {}", plan.course)
    } else {
        format!("{} (course {})", plan.name, plan.course)
    }
}

fn one_by_one(numbered: &[(u32, &Operation)], marks: Marks<'_>) -> String {
    let mut text = String::new();
    for (number, operation) in numbered {
        let _ = writeln!(text, "  {number:>6}  {operation}{}", marks.of(*number));
    }
    text
}

/// What happens to one group.
#[derive(Default)]
struct Line {
    name: Option<Text>,
    fate: Option<(String, Because)>,
    added: u64,
    removed: u64,
    recorded: u64,
    mark: String,
}

fn by_group(numbered: &[(u32, &Operation)], marks: Marks<'_>) -> String {
    let mut groups: BTreeMap<&GroupKey, Line> = BTreeMap::new();
    let mut lines = Vec::new();
    let mut enrolled = 0;
    for (number, operation) in numbered {
        let mark = marks.of(*number);
        let Some(group) = operation.group() else {
            if let Change::EnrolPerson { .. } = operation.change {
                enrolled += 1;
            } else {
                lines.push(grouping_line(operation, &mark));
            }
            continue;
        };
        let key = match &operation.change {
            Change::RekeyGroup { from, .. } => &from.key,
            _ => &group.key,
        };
        let line = groups.entry(key).or_default();
        if line.mark.is_empty() {
            line.mark = mark;
        }
        line.name.get_or_insert_with(|| group.name.clone());
        note(line, operation);
    }
    if enrolled > 0 {
        lines.push(format!("  {} enrol {}", good("+"), counted(enrolled, "person", "people")));
    }
    lines.extend(groups.into_values().map(|line| group_line(&line)));
    let left_out = lines.len().saturating_sub(LINES_SHOWN_MAX);
    lines.truncate(LINES_SHOWN_MAX);
    if left_out > 0 {
        lines.push(faint(&format!("  … and {}", counted(left_out as u64, "more line", "more lines"))));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

fn grouping_line(operation: &Operation, mark: &str) -> String {
    let sign = match operation.change {
        Change::CreateGrouping { .. } => good("+"),
        Change::DeleteGrouping { .. } => bad("-"),
        _ => pending("~"),
    };
    format!("  {sign} {operation}{mark}")
}

fn note(line: &mut Line, operation: &Operation) {
    let because = operation.because;
    match &operation.change {
        Change::CreateGroup { .. } => line.fate = Some((good("+ group"), because)),
        Change::DeleteGroup { group, .. } => {
            line.name = Some(group.name.clone());
            line.fate = Some((bad("- group"), because));
        }
        Change::RenameGroup { group, before, .. } => {
            line.name = Some(format!("{before} → {}", group.name).into());
            line.fate = Some((pending("~ group"), because));
        }
        Change::RekeyGroup { group, from } => {
            line.name = Some(
                format!("{} ({}) → {} ({})", from.name, from.key.group, group.name, group.key.group).into(),
            );
            line.fate = Some((pending("~ group"), because));
        }
        Change::AdoptGroup { .. } | Change::RenumberGroup { .. } => {
            line.fate = Some((pending("= group"), because))
        }
        Change::AddMember { .. } => line.added += 1,
        Change::RemoveMember { .. } => line.removed += 1,
        Change::AdoptMember { .. } | Change::ForgetMember { .. } => line.recorded += 1,
        Change::RecordGroupName { .. } | Change::ForgetGroup { .. } => {
            line.fate.get_or_insert((faint("  record"), because));
        }
        Change::AssignGrouping { .. }
        | Change::UnassignGrouping { .. }
        | Change::EnrolPerson { .. }
        | Change::CreateGrouping { .. }
        | Change::AdoptGrouping { .. }
        | Change::RenameGrouping { .. }
        | Change::RecordGroupingName { .. }
        | Change::DeleteGrouping { .. }
        | Change::ForgetGrouping { .. } => {}
    }
}

fn group_line(line: &Line) -> String {
    let name = short(line.name.as_deref().unwrap_or_default());
    let mut members = Vec::new();
    if line.added > 0 {
        members.push(good(&format!("+{}", line.added)));
    }
    if line.removed > 0 {
        members.push(bad(&format!("-{}", line.removed)));
    }
    if line.recorded > 0 {
        members.push(faint(&format!("{} recorded", line.recorded)));
    }
    let (sign, because) = match &line.fate {
        Some((sign, because)) => (sign.clone(), format!("  {}", faint(because.words()))),
        None => (faint("  group"), String::new()),
    };
    let members = if members.is_empty() { String::new() } else { format!("  members {}", members.join(" ")) };
    let mark = &line.mark;
    format!("  {sign} {name}{members}{because}{mark}")
}
