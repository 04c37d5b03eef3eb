//! Reads a finished plan again and objects to what is too much (step 6 of a run).
//!
//! Not here: how plans are made. This file knows operations and limits, nothing else, so that a mistake of the
//! planner meets a second reader.
//!
//! Invariant: only what takes something away, or carries a group on under a new id, is over a limit; additions always
//! go on, save in the first run after a pause, which only plans.
//! Invariant: groups and members are counted separately, for each course, each source and the whole run.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use crate::keys::{CourseId, SourceName, Text};
use crate::numbering::{numbered, numbered_plans};
use crate::operation::{Because, Change, Fingerprint, Operation};
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
    /// The numbers of the operations that wait, ascending (see [`crate::numbering`]).
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
    /// It would be the first change after a pause.
    AfterPause,
}

impl ObjectionKind {
    /// The word in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            ObjectionKind::GroupsDeleted => "groups_deleted",
            ObjectionKind::MembersRemoved => "members_removed",
            ObjectionKind::NewId => "new_id",
            ObjectionKind::AfterPause => "after_pause",
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
    groups: Vec<Taken>,
    /// Operations that remove a member.
    members: Vec<Taken>,
}

/// An operation that takes something away.
#[derive(Clone, Copy)]
struct Taken {
    /// Its number.
    number: u32,
    /// How many people it concerns.
    people: u64,
    /// Whether a person asked for it by removing a mapping.
    asked_for: bool,
}

/// Objects to what is over a limit or needs a person's word.
///
/// A removed mapping is a person's wish, and usually all that is ours in its course; so its groups are left out of the
/// course's share. They count in every other scope, because a table of mappings can go wrong as well.
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
    for (number, plan, operation) in numbered(plans) {
        tally(&mut tallies, plan, operation, number);
        let changes_id = matches!(operation.change, Change::RekeyGroup { .. });
        // What the platform shows already was approved before its answer was lost.
        if changes_id && operation.because != Because::AlreadyThere {
            objections.push(Objection {
                scope: Scope::Course(plan.course),
                kind: ObjectionKind::NewId,
                sentence: format!("{} in {}", operation, course_name(plan)).into(),
                operations: vec![number],
            });
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

/// Objects to everything in courses whose pause is over: the first run after a pause only plans (feature B9).
pub fn review_after_pause(plans: &[CoursePlan], courses: &HashSet<CourseId>) -> Vec<Objection> {
    let mut objections = Vec::new();
    for (numbers, plan) in numbered_plans(plans) {
        if plan.operations.is_empty() || !courses.contains(&plan.course) {
            continue;
        }
        let changes = plan.operations.len();
        objections.push(Objection {
            scope: Scope::Course(plan.course),
            kind: ObjectionKind::AfterPause,
            sentence: format!(
                "{changes} changes in {}: the first run after a pause only plans",
                course_name(plan)
            )
            .into(),
            operations: numbers.collect(),
        });
    }
    objections
}

/// The operations that are not carried out, by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Objected to, and nobody has decided.
    pub waiting: HashSet<u32>,
    /// A person said no.
    pub refused: HashSet<u32>,
}

impl Held {
    /// Tells whether an operation is not carried out.
    pub fn contains(&self, number: u32) -> bool {
        self.waiting.contains(&number) || self.refused.contains(&number)
    }
}

/// Says which operations are held: objected to and not approved as exactly this operation, or refused by a person,
/// whether anything objects or not.
pub fn hold(plans: &[CoursePlan], objections: &[Objection], decisions: &Decisions) -> Held {
    let objected: HashSet<u32> =
        objections.iter().flat_map(|objection| objection.operations.iter().copied()).collect();
    let mut held = Held::default();
    for (number, _, operation) in numbered(plans) {
        let is_objected = objected.contains(&number);
        // A fingerprint costs a hash, and most nights nobody has refused anything.
        if !is_objected && decisions.refused.is_empty() {
            continue;
        }
        let fingerprint = operation.fingerprint();
        if decisions.refused.contains(&fingerprint) {
            held.refused.insert(number);
        } else if is_objected && !decisions.approved.contains(&fingerprint) {
            held.waiting.insert(number);
        }
    }
    held
}

fn course_name(plan: &CoursePlan) -> String {
    if plan.name.is_empty() { format!("course {}", plan.course) } else { plan.name.to_string() }
}

fn tally(tallies: &mut BTreeMap<Scope, Tally>, plan: &CoursePlan, operation: &Operation, number: u32) {
    let Some(group) = operation.group() else { return };
    let scopes = || [Scope::Course(plan.course), Scope::Source(group.key.source.clone()), Scope::Run];
    let asked_for = operation.because == Because::Unmapped;
    match &operation.change {
        Change::DeleteGroup { members, .. } => {
            for scope in scopes() {
                let taken = Taken { number, people: *members, asked_for };
                tallies.entry(scope).or_default().groups.push(taken);
            }
        }
        Change::RemoveMember { .. } => {
            for scope in scopes() {
                let taken = Taken { number, people: 1, asked_for };
                tallies.entry(scope).or_default().members.push(taken);
            }
        }
        _ => return,
    }
    tallies.entry(Scope::Course(plan.course)).or_default().whole = plan.ours;
}

fn object_to_groups(scope: &Scope, place: &str, tally: &Tally, limits: &Limits) -> Option<Objection> {
    let limit = Limit {
        percent_max: limits.groups_deleted_percent_max,
        small: limits.groups_deleted_small,
        count_max: limits.groups_deleted_max,
    };
    let (taken, why) = limit.exceeded(scope, &tally.groups, tally.whole.groups)?;
    let (deleted, whole) = (taken.len(), tally.whole.groups);
    let groups = if whole == 1 { "group" } else { "groups" };
    let people = match taken.iter().map(|taken| taken.people).sum::<u64>() {
        1 => "1 person".to_owned(),
        people => format!("{people} people"),
    };
    Some(Objection {
        scope: scope.clone(),
        kind: ObjectionKind::GroupsDeleted,
        sentence: format!("{deleted} of {whole} {groups} in {place} would go, with {people} in them: {why}")
            .into(),
        operations: taken.iter().map(|taken| taken.number).collect(),
    })
}

fn object_to_members(scope: &Scope, place: &str, tally: &Tally, limits: &Limits) -> Option<Objection> {
    let limit = Limit {
        percent_max: limits.members_removed_percent_max,
        small: limits.members_removed_small,
        count_max: limits.members_removed_max,
    };
    let (taken, why) = limit.exceeded(scope, &tally.members, tally.whole.members)?;
    let (removed, whole) = (taken.len(), tally.whole.members);
    Some(Objection {
        scope: scope.clone(),
        kind: ObjectionKind::MembersRemoved,
        sentence: format!("{removed} of {whole} memberships in {place} would go: {why}").into(),
        operations: taken.iter().map(|taken| taken.number).collect(),
    })
}

/// A limit on what may be taken away unasked.
struct Limit {
    percent_max: u32,
    small: u64,
    count_max: u64,
}

impl Limit {
    /// The operations that are too many, and which limit they are over.
    fn exceeded(&self, scope: &Scope, taken: &[Taken], whole: u64) -> Option<(Vec<Taken>, String)> {
        if taken.len() as u64 > self.count_max {
            return Some((taken.to_vec(), format!("more than {}", self.count_max)));
        }
        let in_share: Vec<Taken> = match scope {
            Scope::Course(_) => taken.iter().copied().filter(|taken| !taken.asked_for).collect(),
            Scope::Source(_) | Scope::Run => taken.to_vec(),
        };
        let count = in_share.len() as u64;
        let is_over = count > self.small && count * 100 > whole * u64::from(self.percent_max);
        is_over.then(|| (in_share, format!("more than {} %", self.percent_max)))
    }
}

/// Lets the deletion of a grouping wait where the deletion of one of its module's groups waits.
fn add_groupings(plans: &[CoursePlan], objections: &mut [Objection]) {
    let deletions: Vec<(u32, &Operation)> = numbered(plans)
        .filter(|(_, _, operation)| {
            matches!(operation.change, Change::DeleteGroup { .. } | Change::DeleteGrouping { .. })
        })
        .map(|(number, _, operation)| (number, operation))
        .collect();
    for objection in objections.iter_mut().filter(|objection| objection.kind == ObjectionKind::GroupsDeleted)
    {
        let held: HashSet<u32> = objection.operations.iter().copied().collect();
        let modules: HashSet<_> = deletions
            .iter()
            .filter(|(number, _)| held.contains(number))
            .filter_map(|(_, operation)| {
                let key = &operation.group()?.key;
                Some((operation.course, &key.source, &key.module))
            })
            .collect();
        let groupings = deletions.iter().filter(|(_, operation)| match &operation.change {
            Change::DeleteGrouping { grouping } => {
                modules.contains(&(operation.course, &grouping.key.source, &grouping.key.module))
            }
            _ => false,
        });
        objection.operations.extend(groupings.map(|(number, _)| *number));
        objection.operations.sort_unstable();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::keys::{GroupKey, GroupingKey, Part, PersonKey, Role, UserId};
    use crate::operation::{Because, GroupHead, GroupingHead};

    fn head(source: &str, module: &str, id: &str) -> Arc<GroupHead> {
        let key =
            GroupKey { source: source.into(), module: module.into(), group: id.into(), part: Part::Everyone };
        Arc::new(GroupHead { idnumber: key.idnumber(), key, id: None, name: id.into(), term: "".into() })
    }

    fn deletion(source: &str, module: &str, id: &str) -> Change {
        Change::DeleteGroup { group: head(source, module, id), members: 2 }
    }

    fn removal(nth: i64) -> Change {
        let (group, user, person) = (head("cmis", "M1", "1"), UserId(nth), PersonKey::from("p1"));
        Change::RemoveMember { group, user, person }
    }

    fn addition(nth: i64) -> Change {
        let (group, user, person) = (head("cmis", "M1", "1"), UserId(nth), PersonKey::from("p1"));
        Change::AddMember { group, user, person, role: Role::Student }
    }

    fn plan(course: i64, groups: u64, members: u64, changes: Vec<Change>) -> CoursePlan {
        let course = CourseId(course);
        let operation = |change| Operation { course, change, because: Because::SourceDropped };
        CoursePlan {
            course,
            name: "HIST".into(),
            operations: changes.into_iter().map(operation).collect(),
            findings: Vec::new(),
            ours: Ours { groups, members },
        }
    }

    fn limits() -> Limits {
        Limits {
            members_removed_percent_max: 20,
            members_removed_small: 1,
            members_removed_max: 6,
            groups_deleted_percent_max: 20,
            groups_deleted_small: 1,
            groups_deleted_max: 4,
        }
    }

    fn check(plans: &[CoursePlan], whole: (u64, u64), expected: &[(&str, &[u32])]) {
        let ours = Ours { groups: whole.0, members: whole.1 };
        let totals = Totals { sources: BTreeMap::from([("cmis".into(), ours)]) };
        let objections = review(plans, &totals, &limits());
        let told: Vec<_> =
            objections.iter().map(|objection| (&*objection.sentence, &objection.operations[..])).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn a_share_is_asked_only_above_the_small_number() {
        check(&[plan(1, 1, 0, vec![deletion("cmis", "M1", "1")])], (100, 100), &[]);
        check(
            &[plan(1, 4, 0, vec![deletion("cmis", "M1", "1"), deletion("cmis", "M1", "2")])],
            (100, 100),
            &[("2 of 4 groups in HIST would go, with 4 people in them: more than 20 %", &[1, 2])],
        );
        // Exactly the share is not over it.
        check(
            &[plan(1, 10, 0, vec![deletion("cmis", "M1", "1"), deletion("cmis", "M1", "2")])],
            (100, 100),
            &[],
        );
    }

    #[test]
    fn what_is_little_in_every_course_can_be_too_much_in_the_run() {
        let plans: Vec<_> = (1..=5).map(|at| plan(at, 100, 0, vec![deletion("cmis", "M1", "1")])).collect();
        let all: &[u32] = &[1, 2, 3, 4, 5];
        check(
            &plans,
            (1000, 0),
            &[
                ("5 of 1000 groups in source cmis would go, with 10 people in them: more than 4", all),
                ("5 of 1000 groups in the whole run would go, with 10 people in them: more than 4", all),
            ],
        );
    }

    #[test]
    fn members_are_counted_apart_from_groups_and_additions_go_on() {
        let changes = vec![addition(1), addition(2), removal(3), removal(4), deletion("cmis", "M1", "9")];
        check(
            &[plan(1, 100, 5, changes)],
            (1000, 1000),
            &[("2 of 5 memberships in HIST would go: more than 20 %", &[3, 4])],
        );
    }

    #[test]
    fn operations_are_numbered_through_all_plans() {
        let first = plan(1, 10, 10, vec![addition(1), addition(2)]);
        let second = plan(2, 10, 5, vec![addition(1), removal(2), removal(3)]);
        check(
            &[first, second],
            (1000, 1000),
            &[("2 of 5 memberships in HIST would go: more than 20 %", &[4, 5])],
        );
    }

    #[test]
    fn a_grouping_waits_with_the_groups_of_its_module_and_no_other() {
        let grouping = |module: &str| {
            let key = GroupingKey { source: "cmis".into(), module: module.into() };
            let idnumber = key.idnumber();
            let grouping = Arc::new(GroupingHead { key, idnumber, id: None, name: module.into() });
            Change::DeleteGrouping { grouping }
        };
        let changes =
            vec![deletion("cmis", "M1", "1"), deletion("cmis", "M1", "2"), grouping("M1"), grouping("M2")];
        let plans = [plan(1, 4, 0, changes)];
        check(
            &plans,
            (100, 100),
            &[("2 of 4 groups in HIST would go, with 4 people in them: more than 20 %", &[1, 2, 3])],
        );
    }

    #[test]
    fn a_new_id_always_waits_and_only_the_approved_operation_goes_on() {
        let rekey =
            |id: &str| Change::RekeyGroup { group: head("cmis", "M1", id), from: head("cmis", "M1", "0") };
        let plans = [plan(1, 100, 100, vec![rekey("1"), rekey("2")])];
        let objections = review(&plans, &Totals::default(), &limits());
        assert_eq!(objections.iter().map(|one| one.kind).collect::<Vec<_>>(), [ObjectionKind::NewId; 2]);
        let mut decisions = Decisions::default();
        assert_eq!(hold(&plans, &objections, &decisions).waiting, HashSet::from([1, 2]));
        decisions.approved.insert(plans[0].operations[1].fingerprint());
        assert_eq!(hold(&plans, &objections, &decisions).waiting, HashSet::from([1]));
    }

    #[test]
    fn a_new_id_that_the_platform_shows_already_does_not_wait_again() {
        let rekey = Change::RekeyGroup { group: head("cmis", "M1", "1"), from: head("cmis", "M1", "0") };
        let mut plans = [plan(1, 100, 100, vec![rekey])];
        plans[0].operations[0].because = Because::AlreadyThere;
        assert_eq!(review(&plans, &Totals::default(), &limits()), []);
    }

    #[test]
    fn what_a_person_refused_is_held_even_where_nothing_objects() {
        let plans = [plan(1, 100, 100, vec![addition(1), removal(2)])];
        let mut decisions = Decisions::default();
        assert_eq!(hold(&plans, &[], &decisions), Held::default());
        decisions.refused.insert(plans[0].operations[1].fingerprint());
        let held = hold(&plans, &[], &decisions);
        assert_eq!((held.refused, held.waiting), (HashSet::from([2]), HashSet::new()));
    }
}
