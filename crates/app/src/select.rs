//! Which of the planned operations a run carries out: all of them, or only those that mend.
//!
//! Not here: planning (`reconcile`), and what is too much (`reconcile::safety`).
//!
//! Invariant: a repair is about something that our memory holds and that is otherwise on the platform; what is new from
//! the source is left to the next run.
//! Invariant: an adoption sends nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use reconcile::finding::Reason;
use reconcile::forget::{Forgotten, forget};
use reconcile::keys::{CourseId, GroupKey, GroupingKey, PersonKey, UserId};
use reconcile::link::{CourseLinks, LinkState};
use reconcile::numbering::numbered;
use reconcile::operation::{Because, Change, Fingerprint, Operation};
use reconcile::plan::CoursePlan;
use reconcile::policy::Limits;
use reconcile::safety::{Objection, Totals, review};

/// Which of the planned operations are carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Select {
    /// All.
    All,
    /// Those that concern one thing, and what they need.
    About(Focus),
    /// Those that bring our memory and the platform together again.
    Repairs,
    /// Those that only record what is there.
    Adoptions,
}

/// The one thing that is asked for (feature F2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Focus {
    /// A group.
    Group(GroupKey),
    /// A person.
    Person(PersonKey),
}

/// What is wrong with something that our memory holds: the SQL blocks of the old page, each a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Broken {
    /// The course is gone, and with it all that we remember of it (K7).
    CourseGone,
    /// Somebody deleted a group (K6).
    GroupGone,
    /// Somebody deleted a grouping.
    GroupingGone,
    /// Somebody removed a member (K6: tutors and students).
    MemberGone,
    /// It was asked for, and never arrived: the old `toadd` (K9).
    NotArrived,
    /// Its removal was asked for, and it is still there: the old `todelete` (K9).
    NotRemoved,
    /// It is gone, and nobody wants it any more.
    LeftOver,
    /// It is there otherwise than our memory says.
    NotRecorded,
}

impl Broken {
    /// What is broken, for people.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Broken::CourseGone => "The course is gone from the platform, our memory of it is not",
            Broken::GroupGone => "A group of ours is gone from the platform",
            Broken::GroupingGone => "A grouping of ours is gone from the platform",
            Broken::MemberGone => "A member of ours was removed on the platform",
            Broken::NotArrived => "It was asked for and never arrived (toadd)",
            Broken::NotRemoved => "Its removal was asked for and did not happen (todelete)",
            Broken::LeftOver => "It is gone from the platform, and the source does not want it either",
            Broken::NotRecorded => "The platform shows it otherwise than our memory",
        }
    }

    /// What mends it, for people.
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Broken::CourseGone => "forget it; a course that is restored is taken up again by its idnumbers",
            Broken::GroupGone => "create it again with its members, as [policy] deleted_there says",
            Broken::GroupingGone => "create it again with its groups",
            Broken::MemberGone => "add the person again, as [policy] removed_there says",
            Broken::NotArrived => "send it again",
            Broken::NotRemoved => "delete it now",
            Broken::LeftOver => "forget it",
            Broken::NotRecorded => "correct our record; nothing is sent but an idnumber that was changed",
        }
    }

    /// The word in JSON.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Broken::CourseGone => "course_gone",
            Broken::GroupGone => "group_gone",
            Broken::GroupingGone => "grouping_gone",
            Broken::MemberGone => "member_gone",
            Broken::NotArrived => "not_arrived",
            Broken::NotRemoved => "not_removed",
            Broken::LeftOver => "left_over",
            Broken::NotRecorded => "not_recorded",
        }
    }
}

/// What a selection left of the plans.
#[derive(Debug, Default)]
pub(crate) struct Selected {
    /// What each repair mends, by the number of the operation.
    pub(crate) broken: HashMap<u32, Broken>,
    /// Courses in which more is to be done than was selected.
    pub(crate) unfinished: HashSet<CourseId>,
    /// The plans as they were, where one thing was asked for: the limits look at these.
    whole: Vec<CoursePlan>,
}

impl Selected {
    /// How many operations were left out because one thing was asked for.
    pub(crate) fn left_out(&self, plans: &[CoursePlan]) -> u64 {
        let count = |plans: &[CoursePlan]| plans.iter().map(|plan| plan.operations.len() as u64).sum::<u64>();
        count(&self.whole).saturating_sub(count(plans))
    }
}

/// Reviews what was selected. Whoever asks for one group or person gets past no limit: the whole plan is reviewed, and
/// what it objects to waits here as well.
pub(crate) fn review_selected(
    plans: &[CoursePlan],
    selected: &Selected,
    totals: &Totals,
    limits: &Limits,
) -> Vec<Objection> {
    if selected.whole.is_empty() {
        return review(plans, totals, limits);
    }
    let here: HashMap<Fingerprint, u32> =
        numbered(plans).map(|(number, _, operation)| (operation.fingerprint(), number)).collect();
    let there: HashMap<u32, Fingerprint> =
        numbered(&selected.whole).map(|(number, _, operation)| (number, operation.fingerprint())).collect();
    let renumber = |number: &u32| here.get(there.get(number)?).copied();
    let mut objections = review(&selected.whole, totals, limits);
    for objection in &mut objections {
        objection.operations = objection.operations.iter().filter_map(renumber).collect();
        objection.operations.sort_unstable();
    }
    objections.retain(|objection| !objection.operations.is_empty());
    objections
}

/// Leaves of each plan what is selected. `links` is our memory of the planned courses; all but [`Select::Repairs`] do
/// without.
pub(crate) fn select(
    select: &Select,
    plans: &mut [CoursePlan],
    links: &BTreeMap<CourseId, CourseLinks>,
) -> Selected {
    let mut selected = Selected::default();
    if let Select::About(_) = select {
        selected.whole = plans.to_vec();
    }
    let nothing = CourseLinks::default();
    let mut broken = Vec::new();
    for plan in plans.iter_mut() {
        let planned = plan.operations.len();
        match select {
            Select::All => {}
            Select::About(focus) => {
                let mut kept = about(plan, focus).into_iter();
                plan.operations.retain(|_| kept.next().unwrap_or(false));
            }
            Select::Adoptions => plan.operations.retain(is_adoption),
            Select::Repairs => {
                let links = links.get(&plan.course).unwrap_or(&nothing);
                let repairs = repairs(plan, links);
                broken.extend(repairs.iter().map(|(broken, _)| *broken));
                plan.operations = repairs.into_iter().map(|(_, operation)| operation).collect();
            }
        }
        if plan.operations.len() < planned {
            selected.unfinished.insert(plan.course);
        }
    }
    selected.broken = numbered(plans).map(|(number, _, _)| number).zip(broken).collect();
    selected
}

impl Focus {
    /// Tells whether an operation is about it.
    fn concerns(&self, operation: &Operation) -> bool {
        match self {
            Focus::Group(key) => {
                let from = match &operation.change {
                    Change::RekeyGroup { from, .. } => Some(&from.key),
                    _ => None,
                };
                operation.group().is_some_and(|group| group.key == *key) || from == Some(key)
            }
            Focus::Person(person) => operation.row().person == person.0,
        }
    }
}

/// Which operations of a plan concern one thing, or are needed by one that does: the group that a person comes into, the
/// grouping that a group comes into, the enrolment that a member needs.
fn about(plan: &CoursePlan, focus: &Focus) -> Vec<bool> {
    let mut kept: Vec<bool> = plan.operations.iter().map(|operation| focus.concerns(operation)).collect();
    let is_kept = |kept: &[bool]| {
        let pairs: Vec<&Operation> = plan
            .operations
            .iter()
            .zip(kept)
            .filter(|(_, kept)| **kept)
            .map(|(operation, _)| operation)
            .collect();
        pairs
    };
    let new_groups: HashSet<GroupKey> = is_kept(&kept)
        .into_iter()
        .filter_map(|operation| operation.group().filter(|group| group.id.is_none()))
        .map(|group| group.key.clone())
        .collect();
    let added: HashSet<UserId> = is_kept(&kept)
        .into_iter()
        .filter(|operation| matches!(operation.change, Change::AddMember { .. }))
        .filter_map(Operation::user)
        .collect();
    for (operation, kept) in plan.operations.iter().zip(&mut kept) {
        *kept |= match &operation.change {
            Change::CreateGroup { group } | Change::AssignGrouping { group, .. } => {
                new_groups.contains(&group.key)
            }
            Change::EnrolPerson { user, .. } => added.contains(user),
            _ => false,
        };
    }
    let new_groupings: HashSet<GroupingKey> = is_kept(&kept)
        .into_iter()
        .filter_map(|operation| match &operation.change {
            Change::AssignGrouping { grouping, .. } if grouping.id.is_none() => Some(grouping.key.clone()),
            _ => None,
        })
        .collect();
    for (operation, kept) in plan.operations.iter().zip(&mut kept) {
        if let Change::CreateGrouping { grouping } = &operation.change {
            *kept |= new_groupings.contains(&grouping.key);
        }
    }
    kept
}

fn is_adoption(operation: &Operation) -> bool {
    let records = matches!(
        operation.change,
        Change::AdoptGroup { .. }
            | Change::AdoptGrouping { .. }
            | Change::AdoptMember { .. }
            | Change::RecordGroupName { .. }
            | Change::RecordGroupingName { .. }
    );
    records && !operation.sends()
}

/// The repairs of a plan, in its order.
fn repairs(plan: &CoursePlan, links: &CourseLinks) -> Vec<(Broken, Operation)> {
    if plan.findings.iter().any(|finding| finding.reason == Reason::CourseGone) {
        let forgotten = forget(plan.course, links, &Forgotten::Course, Because::GoneThere);
        return forgotten.into_iter().map(|operation| (Broken::CourseGone, operation)).collect();
    }
    let again = ComesAgain::of(plan, links);
    let mend = |operation: &Operation| Some((again.broken(operation, links)?, operation.clone()));
    plan.operations.iter().filter_map(mend).collect()
}

/// Groups and groupings that our memory holds and the plan creates again, with all that belongs to them.
struct ComesAgain<'a> {
    groups: HashMap<&'a GroupKey, Broken>,
    groupings: HashMap<&'a GroupingKey, Broken>,
    /// People who are added again, and may have to be enrolled for it.
    people: HashSet<UserId>,
}

impl<'a> ComesAgain<'a> {
    fn of(plan: &'a CoursePlan, links: &CourseLinks) -> Self {
        let was = |state: LinkState, gone: Broken| match state {
            LinkState::Intended => Broken::NotArrived,
            LinkState::Confirmed | LinkState::Removing | LinkState::Archived => gone,
        };
        let mut again =
            ComesAgain { groups: HashMap::new(), groupings: HashMap::new(), people: HashSet::new() };
        for operation in &plan.operations {
            match &operation.change {
                Change::CreateGroup { group } => {
                    let link = links.groups.get(&group.key);
                    again.groups.extend(link.map(|link| (&group.key, was(link.state, Broken::GroupGone))));
                }
                Change::CreateGrouping { grouping } => {
                    let link = links.groupings.get(&grouping.key);
                    let broken = link.map(|link| (&grouping.key, was(link.state, Broken::GroupingGone)));
                    again.groupings.extend(broken);
                }
                _ => {}
            }
        }
        let added = plan.operations.iter().filter(|operation| {
            matches!(operation.change, Change::AddMember { .. }) && again.broken(operation, links).is_some()
        });
        again.people = added.filter_map(Operation::user).collect();
        again
    }

    /// What an operation mends; `None` where it is no repair.
    fn broken(&self, operation: &Operation, links: &CourseLinks) -> Option<Broken> {
        match &operation.change {
            Change::CreateGroup { group } => self.groups.get(&group.key).copied(),
            Change::CreateGrouping { grouping } => self.groupings.get(&grouping.key).copied(),
            Change::AssignGrouping { group, grouping } => {
                self.groups.get(&group.key).or_else(|| self.groupings.get(&grouping.key)).copied()
            }
            Change::EnrolPerson { user, .. } => self.people.contains(user).then_some(Broken::MemberGone),
            Change::AddMember { group, user, .. } => self.groups.get(&group.key).copied().or_else(|| {
                match links.groups.get(&group.key)?.members.get(user)?.state {
                    LinkState::Intended => Some(Broken::NotArrived),
                    LinkState::Confirmed | LinkState::Removing | LinkState::Archived => {
                        Some(Broken::MemberGone)
                    }
                }
            }),
            Change::DeleteGroup { group, .. } => {
                let state = links.groups.get(&group.key)?.state;
                (state == LinkState::Removing).then_some(Broken::NotRemoved)
            }
            Change::ForgetGroup { .. } | Change::ForgetGrouping { .. } | Change::ForgetMember { .. } => {
                Some(Broken::LeftOver)
            }
            // Policy `name_taken = "adopt"` takes over what was never ours: that is no repair.
            Change::AdoptGroup { group, .. } => {
                let is_ours = links.groups.contains_key(&group.key) || !operation.sends();
                is_ours.then_some(Broken::NotRecorded)
            }
            Change::AdoptGrouping { grouping, .. } => {
                let is_ours = links.groupings.contains_key(&grouping.key) || !operation.sends();
                is_ours.then_some(Broken::NotRecorded)
            }
            Change::AdoptMember { .. }
            | Change::RecordGroupName { .. }
            | Change::RecordGroupingName { .. } => Some(Broken::NotRecorded),
            Change::RenameGroup { .. } => (!operation.sends()).then_some(Broken::NotRecorded),
            Change::RenameGrouping { .. }
            | Change::RenumberGroup { .. }
            | Change::RekeyGroup { .. }
            | Change::RemoveMember { .. }
            | Change::UnassignGrouping { .. }
            | Change::DeleteGrouping { .. } => None,
        }
    }
}
