//! The numbers of operations: from 1 through all plans in order.
//!
//! Not here: the number of a run (`store`), and the identity of an operation over runs, which is its fingerprint.
//!
//! Invariant: this is the only place that counts, so journal, objections, report and findings mean the same operation.

use std::ops::Range;

use crate::finding::Finding;
use crate::operation::Operation;
use crate::plan::CoursePlan;

/// The plans, each with the numbers of its operations.
pub fn numbered_plans(plans: &[CoursePlan]) -> impl Iterator<Item = (Range<u32>, &CoursePlan)> {
    plans.iter().scan(1, |next, plan| {
        let first = *next;
        // More operations than fit into 32 bits do not fit into memory either.
        *next = u32::try_from(plan.operations.len()).map_or(u32::MAX, |count| first.saturating_add(count));
        Some((first..*next, plan))
    })
}

/// All operations with their numbers and the plans that they belong to.
pub fn numbered(plans: &[CoursePlan]) -> impl Iterator<Item = (u32, &CoursePlan, &Operation)> {
    numbered_plans(plans).flat_map(|(numbers, plan)| {
        numbers.zip(&plan.operations).map(move |(number, operation)| (number, plan, operation))
    })
}

/// Adds to each plan what there is to find about its operations.
pub fn add_findings(plans: &mut [CoursePlan], find: impl Fn(u32, &Operation) -> Option<Finding>) {
    let found: Vec<Vec<Finding>> = numbered_plans(plans)
        .map(|(numbers, plan)| {
            numbers.zip(&plan.operations).filter_map(|(number, operation)| find(number, operation)).collect()
        })
        .collect();
    for (plan, found) in plans.iter_mut().zip(found) {
        plan.findings.extend(found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Reason, Subject};
    use crate::keys::{CourseId, Role, UserId};
    use crate::operation::{Because, Change};

    /// Plans of courses 1, 2, … with so many operations.
    fn plans(counts: &[usize]) -> Vec<CoursePlan> {
        let plan = |(course, count): (i64, &usize)| {
            let course = CourseId(course);
            let change =
                Change::EnrolPerson { user: UserId(1), person: "p1".into(), role: Role::Student, role_id: 5 };
            let operation = Operation { course, change, because: Because::SourceHas };
            CoursePlan { course, operations: vec![operation; *count], ..CoursePlan::default() }
        };
        (1..).zip(counts).map(plan).collect()
    }

    #[test]
    fn operations_are_numbered_from_one_through_all_plans() {
        let plans = plans(&[2, 0, 3]);
        let found: Vec<_> = numbered(&plans).map(|(number, plan, _)| (number, plan.course.0)).collect();
        assert_eq!(found, [(1, 1), (2, 1), (3, 3), (4, 3), (5, 3)]);
        let ranges: Vec<_> = numbered_plans(&plans).map(|(numbers, _)| numbers).collect();
        assert_eq!(ranges, [1..3, 3..3, 3..6]);
    }

    #[test]
    fn findings_go_to_the_plan_of_their_operation() {
        let mut plans = plans(&[2, 0, 3]);
        add_findings(&mut plans, |number, operation| {
            (number % 2 == 0).then(|| Finding {
                course: operation.course,
                reason: Reason::Skipped,
                subject: Subject::default(),
                detail: number.to_string().as_str().into(),
            })
        });
        let found: Vec<_> = plans
            .iter()
            .map(|plan| plan.findings.iter().map(|it| it.detail.to_string()).collect::<Vec<_>>())
            .collect();
        assert_eq!(found, [vec!["2"], vec![], vec!["4"]]);
    }
}
