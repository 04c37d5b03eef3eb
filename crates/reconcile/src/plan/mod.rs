//! Compares desired, observed and ours in one course, and says what to do (step 5 of a run).
//!
//! Not here: what is too much ([`crate::safety`]) and how it is carried out (`targets`). The parts: [`groups`] decides
//! what becomes of each group, [`names`] who gets which name, [`numbers`] which
//! idnumber, [`members`] compares people, [`groupings`] the
//! groupings; this file puts them in order.
//!
//! Invariant: a plan is empty when the platform shows what the source says and our memory says the same.
//! Invariant: what is not ours appears in no operation; the one exception is policy `name_taken = "adopt"`.
//! Invariant: a course that was not read whole gets findings and no operations.

pub(crate) use self::names::passing;

mod groupings;
mod groups;
mod handed;
mod members;
mod names;
mod numbers;

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::desired::{Desired, desire, wanted_modules};
use crate::finding::{Finding, Reason, Subject};
use crate::keys::{CourseId, PersonKey, Text, UserId};
use crate::link::{CourseLinks, LinkState};
use crate::observed::{Directory, Observed, ObservedCourse};
use crate::operation::{Because, Becomes, Change, Fingerprint, Operation};
use crate::policy::Policy;
use crate::snapshot::{CourseSnapshot, ExceptionKind, Wish};

/// What shall be done in one course, and what a person should know about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoursePlan {
    /// The course.
    pub course: CourseId,
    /// The course's name on the platform; empty where it is not known.
    pub name: Text,
    /// Operations in the order in which they are carried out.
    pub operations: Vec<Operation>,
    /// Findings, sorted.
    pub findings: Vec<Finding>,
    /// How much is ours before the plan is carried out: the whole of which limits take a share.
    pub ours: Ours,
}

/// How much is ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ours {
    /// Groups.
    pub groups: u64,
    /// Memberships.
    pub members: u64,
}

/// Plans one course.
///
/// `refused` holds the fingerprints of proposals that a person refused; they are not proposed again.
pub fn plan_course(
    snapshot: &CourseSnapshot,
    observed: &Observed,
    directory: &Directory,
    policy: &Policy,
    refused: &HashSet<Fingerprint>,
) -> CoursePlan {
    let mut plan =
        CoursePlan { course: snapshot.course, ours: ours(&snapshot.links), ..CoursePlan::default() };
    match observed {
        Observed::Gone => plan.findings.extend(gone(snapshot)),
        Observed::Unknown(why) => {
            plan.findings.push(about_course(snapshot, Reason::ReadIncomplete, why.clone()));
        }
        Observed::Complete(course) => {
            let mut desired = desire(snapshot, policy);
            plan.findings.append(&mut desired.findings);
            plan.findings.extend(silent_modules(snapshot));
            let context = Context {
                snapshot,
                course,
                policy,
                directory,
                refused,
                desired: &desired,
                people: People::of(course),
            };
            let groups = groups::plan(&context, &mut plan);
            numbers::plan(&context, &groups, &mut plan);
            groupings::plan(&context, &groups, &mut plan);
            members::plan(&context, &groups, &mut plan);
        }
    }
    plan.operations.sort_by(order);
    plan.findings.sort();
    plan.findings.dedup();
    plan
}

impl CoursePlan {
    /// Tells whether at most people are added and removed and our own record is corrected. Such a plan needs to know
    /// nothing of what is not ours; any other rests on the names that others have taken.
    pub fn changes_only_people(&self) -> bool {
        self.operations.iter().all(|operation| match operation.change {
            Change::EnrolPerson { .. }
            | Change::AddMember { .. }
            | Change::AdoptMember { .. }
            | Change::RemoveMember { .. }
            | Change::ForgetMember { .. }
            | Change::RecordGroupName { .. }
            | Change::RecordGroupingName { .. } => true,
            Change::CreateGrouping { .. }
            | Change::AdoptGrouping { .. }
            | Change::RenameGrouping { .. }
            | Change::CreateGroup { .. }
            | Change::AdoptGroup { .. }
            | Change::RenumberGroup { .. }
            | Change::RekeyGroup { .. }
            | Change::RenameGroup { .. }
            | Change::AssignGrouping { .. }
            | Change::UnassignGrouping { .. }
            | Change::DeleteGroup { .. }
            | Change::ForgetGroup { .. }
            | Change::DeleteGrouping { .. }
            | Change::ForgetGrouping { .. } => false,
        })
    }
}

/// Tells whether the groups and groupings that a course should show are those that our memory holds, under the names
/// that we gave them: unless somebody changed them on the platform, the plan will change only people.
pub fn wants_only_what_is_ours(snapshot: &CourseSnapshot, policy: &Policy) -> bool {
    let desired = desire(snapshot, policy);
    let CourseLinks { groupings, groups } = &snapshot.links;
    let same_groups = desired.groups.len() == groups.len()
        && desired.groups.iter().all(|group| {
            groups.get(&group.key).is_some_and(|link| {
                link.id.is_some()
                    && link.state == LinkState::Confirmed
                    && link.name_applied == group.name
                    && link.idnumber == group.key.idnumber()
            })
        });
    let same_groupings = desired.groupings.len() == groupings.len()
        && desired.groupings.iter().all(|(key, name)| {
            groupings.get(key).is_some_and(|link| {
                link.id.is_some()
                    && link.state == LinkState::Confirmed
                    && link.name_applied == *name
                    && link.idnumber == key.idnumber()
            })
        });
    same_groups && same_groupings
}

/// The people whom the source wants in the course and who are not enrolled there: those about whom the platform's
/// directory has to be asked before the course is planned.
pub fn people_to_look_up(snapshot: &CourseSnapshot, observed: &Observed) -> Vec<PersonKey> {
    let Observed::Complete(course) = observed else { return Vec::new() };
    let enrolled: HashSet<&PersonKey> = course.enrolled.iter().filter_map(|user| user.key.as_ref()).collect();
    let members = wanted_modules(snapshot)
        .flat_map(|module| &module.groups)
        .flat_map(|group| &group.members)
        .map(|member| &member.person);
    let kept_in = snapshot.exceptions.iter().filter(|exception| exception.kind == ExceptionKind::Include);
    let wanted = members.chain(kept_in.map(|exception| &exception.person));
    let mut missing: Vec<&PersonKey> = wanted.filter(|person| !enrolled.contains(person)).collect();
    missing.sort_unstable();
    missing.dedup();
    missing.into_iter().cloned().collect()
}

/// Everything that the parts of a plan look at.
struct Context<'a> {
    snapshot: &'a CourseSnapshot,
    course: &'a ObservedCourse,
    policy: &'a Policy,
    directory: &'a Directory,
    refused: &'a HashSet<Fingerprint>,
    desired: &'a Desired<'a>,
    people: People<'a>,
}

impl Context<'_> {
    fn operation(&self, change: Change, because: Because) -> Operation {
        Operation { course: self.snapshot.course, change, because }
    }
}

/// Who is enrolled, by the key that the source uses.
struct People<'a> {
    by_key: HashMap<&'a PersonKey, Enrolled>,
}

/// The enrolled users who have one key.
#[derive(Clone, Debug)]
enum Enrolled {
    One(UserId),
    Several(Vec<UserId>),
}

impl<'a> People<'a> {
    fn of(course: &'a ObservedCourse) -> Self {
        let mut by_key: HashMap<&PersonKey, Enrolled> = HashMap::with_capacity(course.enrolled.len());
        for user in &course.enrolled {
            let Some(key) = &user.key else { continue };
            by_key
                .entry(key)
                .and_modify(|enrolled| match enrolled {
                    Enrolled::One(first) if *first == user.id => {}
                    Enrolled::One(first) => *enrolled = Enrolled::Several(vec![*first, user.id]),
                    Enrolled::Several(users) => users.push(user.id),
                })
                .or_insert(Enrolled::One(user.id));
        }
        People { by_key }
    }
}

/// How much of a course is ours.
pub(crate) fn ours(links: &CourseLinks) -> Ours {
    Ours {
        groups: links.groups.len() as u64,
        members: links.groups.values().map(|group| group.members.len() as u64).sum(),
    }
}

/// One finding for each wanted mapping of a course that does not exist; what a person removed or froze needs nobody.
fn gone(snapshot: &CourseSnapshot) -> impl Iterator<Item = Finding> {
    let wanted = snapshot.mappings.iter().filter(|mapping| mapping.wish == Wish::Want);
    wanted.map(|mapping| Finding {
        course: snapshot.course,
        reason: Reason::CourseGone,
        subject: Subject { module: Some(mapping.module.clone()), ..Subject::default() },
        detail: format!("{} is mapped to it", mapping.module).into(),
    })
}

/// One finding for each wanted module about which the delivery is silent (feature B10).
fn silent_modules(snapshot: &CourseSnapshot) -> impl Iterator<Item = Finding> {
    let wanted = snapshot.mappings.iter().filter(|mapping| mapping.wish == Wish::Want);
    let silent = wanted.filter(|mapping| snapshot.delivered(&mapping.source, &mapping.module).is_none());
    silent.map(|mapping| Finding {
        course: snapshot.course,
        reason: Reason::NotInSource,
        subject: Subject { module: Some(mapping.module.clone()), ..Subject::default() },
        detail: format!("{} is not in the delivery of {}", mapping.module, mapping.source).into(),
    })
}

fn about_course(snapshot: &CourseSnapshot, reason: Reason, detail: Text) -> Finding {
    Finding { course: snapshot.course, reason, subject: Subject::default(), detail }
}

/// The order of a run: phase, then what makes room before what needs it, then the group, so that all work on one
/// group stays together; new groups come last, by key.
pub(crate) fn order(one: &Operation, other: &Operation) -> Ordering {
    let place = |operation: &Operation| {
        let id = operation.group().and_then(|group| group.id).map_or(i64::MAX, |id| id.0);
        (operation.phase(), rank(operation), id)
    };
    place(one).cmp(&place(other)).then_with(|| {
        let groups = match (one.group(), other.group()) {
            (Some(one), Some(other)) if Arc::ptr_eq(one, other) => Ordering::Equal,
            (one, other) => one.map(|group| &group.key).cmp(&other.map(|group| &group.key)),
        };
        groups.then_with(|| one.user().cmp(&other.user()))
    })
}

/// What comes first within a phase.
fn rank(operation: &Operation) -> u8 {
    match &operation.change {
        Change::RenameGroup { becomes: Becomes::Outgoing, .. } | Change::UnassignGrouping { .. } => 0,
        Change::RenameGroup { becomes: Becomes::Archived, .. } => 1,
        Change::DeleteGrouping { .. } | Change::ForgetGrouping { .. } => 3,
        _ => 2,
    }
}
