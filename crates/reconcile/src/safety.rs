//! Reads a finished plan again and objects to what is too much (step 6 of a run).
//!
//! Not here: how plans are made. This file knows operations and limits, nothing else, so that a mistake of the
//! planner meets a second reader.
//!
//! Invariant: only what takes something away, or carries a group on under a new id, can draw an objection; additions
//! always go on.
//! Invariant: groups and members are counted separately, for each course, each source and the whole run.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use crate::keys::{CourseId, SourceName, Text};
use crate::operation::{Change, Fingerprint, Operation};
use crate::plan::{CoursePlan, Ours};
use crate::policy::Limits;

/// A reason to ask a person first, and the operations that wait for the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Where it was counted.
    pub scope: Scope,
    /// What was counted.
    pub kind: ObjectionKind,
    /// The sentence for people, in their units.
    pub sentence: Text,
    /// The numbers of the operations that wait, ascending. Operations are numbered from 1 through all plans in order.
    pub operations: Vec<u32>,
}

/// Where something was counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// One course.
    Course(CourseId),
    /// Everything from one source.
    Source(SourceName),
    /// The whole run.
    Run,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::Course(course) => write!(f, "course {course}"),
            Scope::Source(source) => write!(f, "source {source}"),
            Scope::Run => f.write_str("the whole run"),
        }
    }
}

/// What was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectionKind {
    /// Groups would be deleted.
    GroupsDeleted,
    /// Members would be removed.
    MembersRemoved,
    /// A group seems to have come back under a new id.
    NewId,
}

impl ObjectionKind {
    /// The word in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            ObjectionKind::GroupsDeleted => "groups_deleted",
            ObjectionKind::MembersRemoved => "members_removed",
            ObjectionKind::NewId => "new_id",
        }
    }
}

/// How much is ours in the whole installation, because a plan may hold a few courses only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// By source.
    pub sources: BTreeMap<SourceName, Ours>,
}

/// What people decided about operations that waited in earlier runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    /// Approved, not expired and not carried out yet.
    pub approved: HashSet<Fingerprint>,
    /// Refused.
    pub refused: HashSet<Fingerprint>,
}

/// What is counted in one scope.
#[derive(Default)]
struct Tally {
    /// What is ours there.
    whole: Ours,
    /// Operations that delete a group.
    groups: Vec<u32>,
    /// People in the groups that would be deleted.
    people: u64,
    /// Operations that remove a member.
    members: Vec<u32>,
}

/// Objects to what is over a limit or needs a person's word.
///
/// A grouping that would lose its groups waits together with them.
pub fn review(plans: &[CoursePlan], totals: &Totals, limits: &Limits) -> Vec<Objection> {
    let mut tallies: BTreeMap<Scope, Tally> = BTreeMap::new();
    for (source, ours) in &totals.sources {
        tallies.entry(Scope::Source(source.clone())).or_default().whole = *ours;
        let run = &mut tallies.entry(Scope::Run).or_default().whole;
        run.groups += ours.groups;
        run.members += ours.members;
    }
    let mut objections = Vec::new();
    let mut number = 0;
    for plan in plans {
        for operation in &plan.operations {
            number += 1;
            tally(&mut tallies, plan, operation, number);
            if let Change::RekeyGroup { .. } = operation.change {
                objections.push(Objection {
                    scope: Scope::Course(plan.course),
                    kind: ObjectionKind::NewId,
                    sentence: format!("{} in {}", operation, course_name(plan)).into(),
                    operations: vec![number],
                });
            }
        }
    }
    let names: BTreeMap<CourseId, String> =
        plans.iter().map(|plan| (plan.course, course_name(plan))).collect();
    for (scope, tally) in &tallies {
        let place = match scope {
            Scope::Course(course) => names.get(course).cloned().unwrap_or_else(|| scope.to_string()),
            Scope::Source(_) | Scope::Run => scope.to_string(),
        };
        objections.extend(object_to_groups(scope, &place, tally, limits));
        objections.extend(object_to_members(scope, &place, tally, limits));
    }
    add_groupings(plans, &mut objections);
    objections
}

/// The numbers of the operations that wait: objected to, and not approved as exactly this operation.
pub fn waiting(plans: &[CoursePlan], objections: &[Objection], decisions: &Decisions) -> HashSet<u32> {
    let mut waiting: HashSet<u32> =
        objections.iter().flat_map(|objection| objection.operations.iter().copied()).collect();
    let mut number = 0;
    for operation in plans.iter().flat_map(|plan| &plan.operations) {
        number += 1;
        if waiting.contains(&number) && decisions.approved.contains(&operation.fingerprint()) {
            waiting.remove(&number);
        }
    }
    waiting
}

fn course_name(plan: &CoursePlan) -> String {
    if plan.name.is_empty() { format!("course {}", plan.course) } else { plan.name.to_string() }
}

fn tally(tallies: &mut BTreeMap<Scope, Tally>, plan: &CoursePlan, operation: &Operation, number: u32) {
    let Some(group) = operation.group() else { return };
    let scopes = || [Scope::Course(plan.course), Scope::Source(group.key.source.clone()), Scope::Run];
    match &operation.change {
        Change::DeleteGroup { members, .. } => {
            for scope in scopes() {
                let tally = tallies.entry(scope).or_default();
                tally.groups.push(number);
                tally.people += members;
            }
        }
        Change::RemoveMember { .. } => {
            for scope in scopes() {
                tallies.entry(scope).or_default().members.push(number);
            }
        }
        _ => return,
    }
    tallies.entry(Scope::Course(plan.course)).or_default().whole = plan.ours;
}

fn object_to_groups(scope: &Scope, place: &str, tally: &Tally, limits: &Limits) -> Option<Objection> {
    let deleted = tally.groups.len() as u64;
    let limit = exceeded(
        deleted,
        tally.whole.groups,
        limits.groups_deleted_percent_max,
        limits.groups_deleted_small,
        limits.groups_deleted_max,
    )?;
    let groups = if tally.whole.groups == 1 { "group" } else { "groups" };
    let people = if tally.people == 1 { "1 person".to_owned() } else { format!("{} people", tally.people) };
    Some(Objection {
        scope: scope.clone(),
        kind: ObjectionKind::GroupsDeleted,
        sentence: format!(
            "{deleted} of {} {groups} in {place} would go, with {people} in them: {limit}",
            tally.whole.groups
        )
        .into(),
        operations: tally.groups.clone(),
    })
}

fn object_to_members(scope: &Scope, place: &str, tally: &Tally, limits: &Limits) -> Option<Objection> {
    let removed = tally.members.len() as u64;
    let limit = exceeded(
        removed,
        tally.whole.members,
        limits.members_removed_percent_max,
        limits.members_removed_small,
        limits.members_removed_max,
    )?;
    Some(Objection {
        scope: scope.clone(),
        kind: ObjectionKind::MembersRemoved,
        sentence: format!("{removed} of {} memberships in {place} would go: {limit}", tally.whole.members)
            .into(),
        operations: tally.members.clone(),
    })
}

/// Says which limit a number is over.
fn exceeded(count: u64, whole: u64, percent_max: u32, small: u64, count_max: u64) -> Option<String> {
    if count > count_max {
        return Some(format!("more than {count_max}"));
    }
    if count > small && count * 100 > whole * u64::from(percent_max) {
        return Some(format!("more than {percent_max} %"));
    }
    None
}

/// Lets the deletion of a grouping wait where the deletion of one of its module's groups waits.
fn add_groupings(plans: &[CoursePlan], objections: &mut [Objection]) {
    let mut numbered = Vec::new();
    let mut number = 0;
    for plan in plans {
        for operation in &plan.operations {
            number += 1;
            if matches!(operation.change, Change::DeleteGroup { .. } | Change::DeleteGrouping { .. }) {
                numbered.push((number, operation));
            }
        }
    }
    for objection in objections.iter_mut().filter(|objection| objection.kind == ObjectionKind::GroupsDeleted)
    {
        let held: HashSet<u32> = objection.operations.iter().copied().collect();
        let modules: HashSet<_> = numbered
            .iter()
            .filter(|(number, _)| held.contains(number))
            .filter_map(|(_, operation)| {
                let key = &operation.group()?.key;
                Some((operation.course, &key.source, &key.module))
            })
            .collect();
        let groupings = numbered.iter().filter(|(_, operation)| match &operation.change {
            Change::DeleteGrouping { grouping } => {
                modules.contains(&(operation.course, &grouping.key.source, &grouping.key.module))
            }
            _ => false,
        });
        objection.operations.extend(groupings.map(|(number, _)| *number));
        objection.operations.sort_unstable();
    }
}
