//! Tells the story of a run: what was planned, what became of it, what needs a person (step 9 of a run).
//!
//! Not here: how it looks. Terminal, page, mail and JSON all tell this one story.
//!
//! Invariant: every planned operation is counted exactly once under an outcome.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use crate::finding::{Finding, Severity};
use crate::outcome::Outcome;
use crate::plan::CoursePlan;
use crate::safety::Objection;

/// The story of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many courses were looked at.
    pub courses: Courses,
    /// Operations by kind, in the order of a run; kinds without operations are left out.
    pub changes: Vec<ChangeFigures>,
    /// What a person should know, by reason, the gravest first.
    pub causes: Vec<Cause>,
    /// What waits for approval.
    pub waiting: Vec<Waiting>,
    /// How often plan and outcome agreed (feature Z20); `None` where nothing was carried out.
    pub agreement: Option<Agreement>,
}

/// How many courses were looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Courses {
    /// With a mapping or with groups of ours.
    pub known: u64,
    /// Read from the platform and planned.
    pub planned: u64,
    /// Of the planned ones: with at least one operation.
    pub changed: u64,
    /// Of the planned ones: could not be read whole.
    pub unreadable: u64,
    /// Of the planned ones: gone from the platform.
    pub gone: u64,
}

/// What became of the operations of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ChangeFigures {
    /// The kind, for example `add_member`.
    pub kind: &'static str,
    /// All of them.
    pub planned: u64,
    /// Carried out.
    pub done: u64,
    /// Found to be so already.
    pub already_so: u64,
    /// Refused by the platform.
    pub refused: u64,
    /// Sent, with no answer that tells.
    pub unknown: u64,
    /// Not sent.
    pub not_tried: u64,
    /// Waiting for approval.
    pub waiting: u64,
}

/// Findings of one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The reason code.
    pub reason: &'static str,
    /// The severity.
    pub severity: &'static str,
    /// The heading.
    pub title: &'static str,
    /// How many.
    pub count: u64,
    /// The first few.
    pub examples: Vec<Example>,
}

/// One finding as an example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The course.
    pub course: i64,
    /// The particulars.
    pub detail: String,
    /// What a person can do.
    pub remedy: String,
}

/// Something that waits for approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Where it was counted.
    pub scope: String,
    /// What was counted.
    pub kind: &'static str,
    /// The sentence for people.
    pub sentence: String,
    /// How many of its operations still wait.
    pub operations: u64,
}

/// How often plan and outcome agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// Operations that ended as planned.
    pub agreed: u64,
    /// Operations that were tried.
    pub tried: u64,
}

/// Examples told for each reason.
pub const EXAMPLES_MAX: usize = 5;

/// What became of an operation that was planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate<'a> {
    /// The plan only; nothing was carried out.
    Planned,
    /// Waiting for approval.
    Waiting,
    /// Carried out, or tried.
    Settled(&'a Outcome),
}

/// Tells the story. `fate` says what became of an operation by its number, counted from 1 through all plans in order.
pub fn tell<'a>(
    known_courses: u64,
    plans: &[CoursePlan],
    objections: &[Objection],
    waiting: &HashSet<u32>,
    fate: impl Fn(u32) -> Fate<'a>,
) -> Report {
    let mut report = Report { courses: count_courses(known_courses, plans), ..Report::default() };
    let mut figures: BTreeMap<_, ChangeFigures> = BTreeMap::new();
    let mut agreement = Agreement { agreed: 0, tried: 0 };
    let mut number = 0;
    for operation in plans.iter().flat_map(|plan| &plan.operations) {
        number += 1;
        let figure = figures.entry((operation.phase(), operation.kind())).or_default();
        figure.kind = operation.kind();
        count(figure, &mut agreement, &fate(number));
    }
    report.changes = figures.into_values().collect();
    report.causes = causes(plans.iter().flat_map(|plan| &plan.findings));
    report.agreement = (agreement.tried > 0).then_some(agreement);
    report.waiting = objections
        .iter()
        .map(|objection| Waiting {
            scope: objection.scope.to_string(),
            kind: objection.kind.as_str(),
            sentence: objection.sentence.to_string(),
            operations: objection.operations.iter().filter(|number| waiting.contains(number)).count() as u64,
        })
        .filter(|waiting| waiting.operations > 0)
        .collect();
    report
}

impl Report {
    /// Tells whether a person is needed: exit code 7.
    pub fn needs_attention(&self) -> bool {
        self.causes.iter().any(|cause| cause.severity == Severity::Attention.as_str())
    }

    /// Tells whether something waits for approval: exit code 6.
    pub fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The number of operations, of all kinds and fates.
    pub fn operations(&self) -> u64 {
        self.changes.iter().map(|figures| figures.planned).sum()
    }
}

fn count(figure: &mut ChangeFigures, agreement: &mut Agreement, fate: &Fate<'_>) {
    figure.planned += 1;
    let outcome = match fate {
        Fate::Planned => return,
        Fate::Waiting => {
            figure.waiting += 1;
            return;
        }
        Fate::Settled(outcome) => outcome,
    };
    match outcome {
        Outcome::Done(_) => figure.done += 1,
        Outcome::AlreadySo(_) => figure.already_so += 1,
        Outcome::Refused(_) => figure.refused += 1,
        Outcome::Unknown(_) => figure.unknown += 1,
        Outcome::NotTried(_) => figure.not_tried += 1,
    }
    agreement.tried += 1;
    agreement.agreed += u64::from(outcome.is_success());
}

fn count_courses(known: u64, plans: &[CoursePlan]) -> Courses {
    use crate::finding::Reason;
    let with = |reason| {
        plans.iter().filter(|plan| plan.findings.iter().any(|finding| finding.reason == reason)).count()
            as u64
    };
    Courses {
        known,
        planned: plans.len() as u64,
        changed: plans.iter().filter(|plan| !plan.operations.is_empty()).count() as u64,
        unreadable: with(Reason::ReadIncomplete),
        gone: with(Reason::CourseGone),
    }
}

/// Groups findings by reason, the gravest first.
fn causes<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<Cause> {
    let mut by_reason: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        let severity = finding.reason.severity();
        by_reason.entry((std::cmp::Reverse(severity), finding.reason)).or_default().push(finding);
    }
    let cause = |((_, reason), findings): ((_, crate::finding::Reason), Vec<&Finding>)| Cause {
        reason: reason.code(),
        severity: reason.severity().as_str(),
        title: reason.title(),
        count: findings.len() as u64,
        examples: findings
            .iter()
            .take(EXAMPLES_MAX)
            .map(|finding| Example {
                course: finding.course.0,
                detail: finding.detail.to_string(),
                remedy: finding.remedy(),
            })
            .collect(),
    };
    by_reason.into_iter().map(cause).collect()
}
