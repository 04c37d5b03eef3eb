//! Tells the story of a run: what was planned, what became of it, what needs a person (step 9 of a run).
//!
//! Not here: how it looks. Terminal, page, mail and JSON all tell this one story.
//!
//! Invariant: every planned operation is counted exactly once under an outcome.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use crate::finding::{Finding, Reason, Severity};
use crate::numbering::numbered;
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
    /// How many of them no earlier run reported.
    pub new: u64,
    /// The first few, the new ones before the known.
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

/// Tells the story. `fate` says what became of an operation by its number;
/// `is_known` whether an earlier run reported a finding and it has not healed since.
pub fn tell<'a>(
    known_courses: u64,
    plans: &[CoursePlan],
    objections: &[Objection],
    waiting: &HashSet<u32>,
    fate: impl Fn(u32) -> Fate<'a>,
    is_known: impl Fn(&Finding) -> bool,
) -> Report {
    let mut report = Report { courses: count_courses(known_courses, plans), ..Report::default() };
    let mut figures: BTreeMap<_, ChangeFigures> = BTreeMap::new();
    let mut agreement = Agreement { agreed: 0, tried: 0 };
    for (number, _, operation) in numbered(plans) {
        let figure = figures.entry((operation.phase(), operation.kind())).or_default();
        figure.kind = operation.kind();
        count(figure, &mut agreement, &fate(number));
    }
    report.changes = figures.into_values().collect();
    report.causes = causes(plans.iter().flat_map(|plan| &plan.findings), is_known);
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
    /// Tells whether a person is needed: exit code 7. Work that was left undone needs one, too, unless a person decided
    /// that it is not done.
    pub fn needs_attention(&self) -> bool {
        let undone: u64 = self.changes.iter().map(|figures| figures.unknown + figures.not_tried).sum();
        let skipped = self.causes.iter().filter(|cause| cause.reason == Reason::Skipped.code());
        let skipped: u64 = skipped.map(|cause| cause.count).sum();
        self.causes.iter().any(|cause| cause.severity == Severity::Attention.as_str()) || undone > skipped
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
        Outcome::NotTried(_) => {
            figure.not_tried += 1;
            return;
        }
    }
    agreement.tried += 1;
    agreement.agreed += u64::from(outcome.is_success());
}

fn count_courses(known: u64, plans: &[CoursePlan]) -> Courses {
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
fn causes<'a>(
    findings: impl Iterator<Item = &'a Finding>,
    is_known: impl Fn(&Finding) -> bool,
) -> Vec<Cause> {
    let mut by_reason: BTreeMap<_, Vec<(bool, &Finding)>> = BTreeMap::new();
    for finding in findings {
        let order = (std::cmp::Reverse(finding.reason.severity()), finding.reason);
        by_reason.entry(order).or_default().push((is_known(finding), finding));
    }
    let cause = |((_, reason), mut findings): ((_, Reason), Vec<(bool, &Finding)>)| {
        findings.sort_by_key(|(known, _)| *known);
        Cause {
            reason: reason.code(),
            severity: reason.severity().as_str(),
            title: reason.title(),
            count: findings.len() as u64,
            new: findings.iter().filter(|(known, _)| !known).count() as u64,
            examples: findings.iter().take(EXAMPLES_MAX).map(|(_, finding)| example(finding)).collect(),
        }
    };
    by_reason.into_iter().map(cause).collect()
}

fn example(finding: &Finding) -> Example {
    Example { course: finding.course.0, detail: finding.detail.to_string(), remedy: finding.remedy() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::finding::{Reason, Subject};
    use crate::keys::{CourseId, GroupKey, Part, UserId};
    use crate::operation::{Because, Change, GroupHead, Operation};
    use crate::outcome::Refusal;
    use crate::safety::{ObjectionKind, Scope};

    fn plan(reasons: &[Reason]) -> CoursePlan {
        let course = CourseId(7);
        let key =
            GroupKey { source: "cmis".into(), module: "M1".into(), group: "1".into(), part: Part::Everyone };
        let group = Arc::new(GroupHead {
            idnumber: key.idnumber(),
            key,
            id: None,
            name: "A".into(),
            term: "".into(),
        });
        let remove = |nth| Change::RemoveMember {
            group: Arc::clone(&group),
            user: UserId(nth),
            person: format!("p{nth}").as_str().into(),
        };
        let create = Change::CreateGroup { group: Arc::clone(&group) };
        let changes = [create, remove(1), remove(2), remove(3), remove(4), remove(5)];
        let operation = |change| Operation { course, change, because: Because::SourceDropped };
        let finding = |reason: &Reason| Finding {
            course,
            reason: *reason,
            subject: Subject::default(),
            detail: "detail".into(),
        };
        CoursePlan {
            course,
            operations: changes.into_iter().map(operation).collect(),
            findings: reasons.iter().map(finding).collect(),
            ..CoursePlan::default()
        }
    }

    fn tell_outcomes(outcomes: &[Option<Outcome>]) -> Report {
        let fate = |number: u32| match &outcomes[number as usize - 1] {
            Some(outcome) => Fate::Settled(outcome),
            None => Fate::Waiting,
        };
        tell(1, &[plan(&[])], &[], &HashSet::new(), fate, |_| false)
    }

    #[test]
    fn every_operation_is_counted_once_under_its_outcome() {
        let refusal = Refusal {
            code: "nopermissions".into(),
            meaning: "not allowed".into(),
            said: "".into(),
            next_step: "".into(),
        };
        let report = tell_outcomes(&[
            Some(Outcome::Done(Some(1))),
            Some(Outcome::AlreadySo(None)),
            Some(Outcome::Refused(refusal)),
            Some(Outcome::Unknown("no answer".into())),
            Some(Outcome::NotTried("stopped".into())),
            None,
        ]);
        let [create, remove] = &report.changes[..] else { panic!("{:?}", report.changes) };
        assert_eq!((create.kind, create.planned, create.done), ("create_group", 1, 1));
        let counted = [
            remove.done,
            remove.already_so,
            remove.refused,
            remove.unknown,
            remove.not_tried,
            remove.waiting,
        ];
        assert_eq!((remove.kind, remove.planned, counted), ("remove_member", 5, [0, 1, 1, 1, 1, 1]));
        assert_eq!(report.operations(), 6);
    }

    #[test]
    fn agreement_counts_what_was_tried_and_only_that() {
        let mut outcomes = vec![Some(Outcome::Done(None)); 6];
        assert_eq!(tell_outcomes(&outcomes).agreement, Some(Agreement { agreed: 6, tried: 6 }));
        outcomes[5] = Some(Outcome::Unknown("no answer".into()));
        assert_eq!(tell_outcomes(&outcomes).agreement, Some(Agreement { agreed: 5, tried: 6 }));
        outcomes[4] = Some(Outcome::NotTried("stopped".into()));
        assert_eq!(tell_outcomes(&outcomes).agreement, Some(Agreement { agreed: 4, tried: 5 }), "not tried");
        let planned = tell(1, &[plan(&[])], &[], &HashSet::new(), |_| Fate::Planned, |_| false);
        assert_eq!(planned.agreement, None);
    }

    #[test]
    fn causes_are_grouped_gravest_first_with_few_examples() {
        let mut reasons = vec![Reason::LocalMembers, Reason::NotEnrolled, Reason::NameTaken];
        reasons.extend([Reason::NotEnrolled; 9]);
        let report = tell(1, &[plan(&reasons)], &[], &HashSet::new(), |_| Fate::Planned, |_| false);
        let told: Vec<_> =
            report.causes.iter().map(|cause| (cause.reason, cause.count, cause.examples.len())).collect();
        assert_eq!(told, [("name_taken", 1, 1), ("not_enrolled", 10, EXAMPLES_MAX), ("local_members", 1, 1)]);
        assert!(report.needs_attention());
        assert!(report.causes[0].examples[0].remedy.contains("course 7"));
    }

    #[test]
    fn an_objection_is_told_while_some_of_its_operations_wait() {
        let objection = Objection {
            scope: Scope::Run,
            kind: ObjectionKind::MembersRemoved,
            sentence: "too many".into(),
            operations: vec![2, 3, 4],
        };
        let tell_waiting = |waiting: &[u32]| {
            let waiting = waiting.iter().copied().collect();
            tell(1, &[plan(&[])], std::slice::from_ref(&objection), &waiting, |_| Fate::Planned, |_| false)
        };
        let report = tell_waiting(&[3, 4]);
        assert_eq!((report.has_waiting(), report.waiting[0].operations), (true, 2));
        assert!(!tell_waiting(&[]).has_waiting());
    }

    #[test]
    fn courses_are_counted_by_what_became_of_them() {
        let unreadable = CoursePlan { operations: Vec::new(), ..plan(&[Reason::ReadIncomplete]) };
        let gone = CoursePlan { operations: Vec::new(), ..plan(&[Reason::CourseGone, Reason::CourseGone]) };
        let report =
            tell(9, &[plan(&[]), unreadable, gone], &[], &HashSet::new(), |_| Fate::Planned, |_| false);
        let expected = Courses { known: 9, planned: 3, changed: 1, unreadable: 1, gone: 1 };
        assert_eq!(report.courses, expected);
    }
}
