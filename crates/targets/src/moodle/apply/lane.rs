//! One lane: goes through the phases of its courses in order, with full batches over all of them.
//!
//! Not here: what happens to a batch (`carry_out.rs`).
//!
//! Invariant: a lane sends one request at a time, so each of its courses has one writer.
//! Invariant: what rests on something that could not be made is not tried, and says why.

use std::collections::{HashMap, HashSet};

use reconcile::keys::{CourseId, GroupKey, GroupingKey, Text, UserId};
use reconcile::operation::{Change, GroupHead, GroupingHead, Operation, Phase};
use reconcile::outcome::Outcome;

use super::carry_out::{CarryOut, Finish, Pending};
use super::element::Element;
use super::elements::{
    AddMember, AssignGrouping, CreateGroup, CreateGrouping, DeleteGroup, DeleteGrouping, EnrolUser,
    RemoveMember, UnassignGrouping, UpdateGroup, UpdateGrouping,
};
use super::run::{Run, Settled, Stopped};
use crate::journal::{Journal, PlannedOperation};

/// How many operations that send nothing are told to the journal at a time.
const RECORDED_TOGETHER: usize = 1_000;

/// The phases in their order.
const PHASES: [Phase; 10] = [
    Phase::Groupings,
    Phase::Adoptions,
    Phase::Renames,
    Phase::Groups,
    Phase::Assignments,
    Phase::Enrolments,
    Phase::Additions,
    Phase::Removals,
    Phase::Rekeys,
    Phase::Deletions,
];

/// What an operation sends in one step: `None` if it takes no part, an error if what it rests on is missing.
type Choice<E> = Option<Result<E, Text>>;

/// An id that an earlier operation of the lane was to bring, or why it did not.
type Made = Result<i64, Text>;

/// One lane.
pub(super) struct Lane<'r, 'a, J> {
    run: &'r Run<'a, J>,
    operations: Vec<&'a PlannedOperation>,
    settled: HashSet<u32>,
    announced: HashSet<u32>,
    groups: HashMap<(CourseId, GroupKey), Made>,
    groupings: HashMap<(CourseId, GroupingKey), Made>,
    /// People who could not be enrolled, and why.
    not_enrolled: HashMap<(CourseId, UserId), Text>,
}

impl<'r, 'a, J: Journal> Lane<'r, 'a, J> {
    pub(super) fn new(run: &'r Run<'a, J>, operations: Vec<&'a PlannedOperation>) -> Self {
        Lane {
            run,
            operations,
            settled: HashSet::new(),
            announced: HashSet::new(),
            groups: HashMap::new(),
            groupings: HashMap::new(),
            not_enrolled: HashMap::new(),
        }
    }

    /// Carries the lane out. Whatever happens, every operation is settled in the end.
    pub(super) async fn go(mut self) {
        for phase in PHASES {
            if self.carry_out(phase).await.is_err() {
                break;
            }
        }
        let why = self.run.why_stopped();
        let rest: Vec<Settled<'a>> = self
            .operations
            .iter()
            .filter(|planned| !self.settled.contains(&planned.number))
            .map(|planned| (*planned, Outcome::NotTried(why.clone())))
            .collect();
        for together in rest.chunks(RECORDED_TOGETHER) {
            // The journal may be what failed; then there is nobody left to tell.
            _ = self.run.settle(together).await;
        }
    }

    async fn carry_out(&mut self, phase: Phase) -> Result<(), Stopped> {
        self.record(phase).await?;
        match phase {
            Phase::Groupings => {
                // One call of its own: a grouping may be taken over under its old name and then renamed.
                self.step(Finish::Settles, Self::adopt_grouping).await?;
                // Names are freed before new groupings need them.
                self.step(Finish::Passes, Self::pass_grouping).await?;
                self.step(Finish::Settles, Self::rename_grouping).await?;
                self.step(Finish::Settles, Self::create_grouping).await
            }
            Phase::Adoptions => self.step(Finish::Settles, Self::adopt_group).await,
            Phase::Renames => {
                self.step(Finish::Passes, Self::pass_group).await?;
                self.step(Finish::Settles, Self::rename_group).await
            }
            Phase::Groups => self.step(Finish::Settles, Self::create_group).await,
            Phase::Assignments => self.step(Finish::Settles, Self::assign_grouping).await,
            Phase::Enrolments => self.step(Finish::Settles, Self::enrol_person).await,
            Phase::Additions => self.step(Finish::Settles, Self::add_member).await,
            Phase::Removals => {
                self.step(Finish::Settles, Self::remove_member).await?;
                self.step(Finish::Settles, Self::unassign_grouping).await
            }
            Phase::Rekeys => self.step(Finish::Settles, Self::rekey_group).await,
            Phase::Deletions => {
                self.step(Finish::Settles, Self::delete_group).await?;
                self.step(Finish::Settles, Self::delete_grouping).await
            }
        }
    }

    /// Settles the operations of a phase that only change our own record.
    async fn record(&mut self, phase: Phase) -> Result<(), Stopped> {
        let recorded: Vec<Settled<'a>> = self
            .operations
            .iter()
            .filter(|planned| planned.operation.phase() == phase && !planned.operation.sends())
            .map(|planned| (*planned, Outcome::Done(None)))
            .collect();
        for together in recorded.chunks(RECORDED_TOGETHER) {
            self.run.settle(together).await?;
            self.settled.extend(together.iter().map(|(planned, _)| planned.number));
        }
        Ok(())
    }

    /// Sends everything that takes part in one step, in full batches.
    async fn step<E: Element>(
        &mut self,
        finish: Finish,
        choose: impl Fn(&Self, &'a Operation) -> Choice<E>,
    ) -> Result<(), Stopped> {
        let mut pending: Vec<Pending<'a, E>> = Vec::new();
        let mut not_tried: Vec<Settled<'a>> = Vec::new();
        let ungranted = (!self.run.moodle.grants(E::FUNCTION)).then(|| -> Text {
            format!("the token's service does not hold {}; add it in Moodle", E::FUNCTION.name()).into()
        });
        for planned in &self.operations {
            if self.settled.contains(&planned.number) || !planned.operation.sends() {
                continue;
            }
            match (choose(self, &planned.operation), &ungranted) {
                (None, _) => {}
                (Some(_), Some(why)) => not_tried.push((planned, Outcome::NotTried(why.clone()))),
                (Some(Ok(element)), None) => pending.push(Pending { planned, element }),
                (Some(Err(why)), None) => not_tried.push((planned, Outcome::NotTried(why))),
            }
        }
        self.run.settle(&not_tried).await?;
        self.note(not_tried, Finish::Settles);

        pending.sort_by(|left, right| left.element.cmp(&right.element));
        let batch_max = self.run.moodle.client.settings.batch_max(E::FIELDS);
        let mut pending = pending.into_iter();
        loop {
            let batch: Vec<Pending<'a, E>> = pending.by_ref().take(batch_max).collect();
            if batch.is_empty() {
                return Ok(());
            }
            self.run.check(E::FUNCTION.name())?;
            let unannounced: Vec<&'a PlannedOperation> = batch
                .iter()
                .map(|pending| pending.planned)
                .filter(|planned| !self.announced.contains(&planned.number))
                .collect();
            self.run.announce(&unannounced).await?;
            if finish == Finish::Passes {
                self.announced.extend(unannounced.iter().map(|planned| planned.number));
            }
            let (settled, result) = CarryOut::new(self.run, finish, batch).go().await;
            self.note(settled, finish);
            result?;
        }
    }

    /// Remembers outcomes for the operations that rest on them.
    fn note(&mut self, settled: Vec<Settled<'a>>, finish: Finish) {
        for (planned, outcome) in settled {
            let operation = &planned.operation;
            match &operation.change {
                Change::CreateGroup { group } => {
                    let made = made(&outcome, "group", &group.name);
                    self.groups.insert((operation.course, group.key.clone()), made);
                }
                Change::CreateGrouping { grouping } => {
                    let made = made(&outcome, "grouping", &grouping.name);
                    self.groupings.insert((operation.course, grouping.key.clone()), made);
                }
                Change::EnrolPerson { user, .. } if !outcome.is_success() => {
                    let why = format!("the person could not be enrolled: {}", outcome.detail());
                    self.not_enrolled.insert((operation.course, *user), why.into());
                }
                _ => {}
            }
            if finish == Finish::Settles || !outcome.is_success() {
                self.settled.insert(planned.number);
            }
        }
    }

    fn group_id(&self, course: CourseId, group: &GroupHead) -> Made {
        if let Some(id) = group.id {
            return Ok(id.0);
        }
        match self.groups.get(&(course, group.key.clone())) {
            Some(made) => made.clone(),
            None => Err(format!("group {} is not there, and the plan does not create it", group.name).into()),
        }
    }

    fn grouping_id(&self, course: CourseId, grouping: &GroupingHead) -> Made {
        if let Some(id) = grouping.id {
            return Ok(id.0);
        }
        match self.groupings.get(&(course, grouping.key.clone())) {
            Some(made) => made.clone(),
            None => {
                Err(format!("grouping {} is not there, and the plan does not create it", grouping.name)
                    .into())
            }
        }
    }

    fn pass_grouping(&self, operation: &'a Operation) -> Choice<UpdateGrouping> {
        let Change::RenameGrouping { grouping, via: Some(via), .. } = &operation.change else { return None };
        let element = |id| UpdateGrouping { course: operation.course, id, name: via.clone(), idnumber: None };
        Some(self.grouping_id(operation.course, grouping).map(element))
    }

    fn rename_grouping(&self, operation: &'a Operation) -> Choice<UpdateGrouping> {
        let Change::RenameGrouping { grouping, .. } = &operation.change else { return None };
        let course = operation.course;
        let element = |id| UpdateGrouping { course, id, name: grouping.name.clone(), idnumber: None };
        Some(self.grouping_id(course, grouping).map(element))
    }

    fn adopt_grouping(&self, operation: &'a Operation) -> Choice<UpdateGrouping> {
        let Change::AdoptGrouping { grouping, .. } = &operation.change else { return None };
        let (course, idnumber) = (operation.course, Some(grouping.idnumber.clone()));
        let element = |id| UpdateGrouping { course, id, name: grouping.name.clone(), idnumber };
        Some(self.grouping_id(course, grouping).map(element))
    }

    fn create_grouping(&self, operation: &'a Operation) -> Choice<CreateGrouping> {
        let Change::CreateGrouping { grouping } = &operation.change else { return None };
        let (name, idnumber) = (grouping.name.clone(), grouping.idnumber.clone());
        Some(Ok(CreateGrouping { course: operation.course, name, idnumber }))
    }

    fn pass_group(&self, operation: &'a Operation) -> Choice<UpdateGroup> {
        let Change::RenameGroup { group, via: Some(via), .. } = &operation.change else { return None };
        let element = |id| UpdateGroup { course: operation.course, id, name: via.clone(), idnumber: None };
        Some(self.group_id(operation.course, group).map(element))
    }

    fn rename_group(&self, operation: &'a Operation) -> Choice<UpdateGroup> {
        let Change::RenameGroup { group, .. } = &operation.change else { return None };
        let course = operation.course;
        let element = |id| UpdateGroup { course, id, name: group.name.clone(), idnumber: None };
        Some(self.group_id(course, group).map(element))
    }

    fn rekey_group(&self, operation: &'a Operation) -> Choice<UpdateGroup> {
        let Change::RekeyGroup { group, .. } = &operation.change else { return None };
        let (course, idnumber) = (operation.course, Some(group.idnumber.clone()));
        let element = |id| UpdateGroup { course, id, name: group.name.clone(), idnumber };
        Some(self.group_id(course, group).map(element))
    }

    fn adopt_group(&self, operation: &'a Operation) -> Choice<UpdateGroup> {
        let Change::AdoptGroup { group, .. } = &operation.change else { return None };
        let (course, idnumber) = (operation.course, Some(group.idnumber.clone()));
        let element = |id| UpdateGroup { course, id, name: group.name.clone(), idnumber };
        Some(self.group_id(course, group).map(element))
    }

    fn create_group(&self, operation: &'a Operation) -> Choice<CreateGroup> {
        let Change::CreateGroup { group } = &operation.change else { return None };
        let (name, idnumber) = (group.name.clone(), group.idnumber.clone());
        Some(Ok(CreateGroup { course: operation.course, name, idnumber }))
    }

    fn assign_grouping(&self, operation: &'a Operation) -> Choice<AssignGrouping> {
        let Change::AssignGrouping { group, grouping } = &operation.change else { return None };
        let course = operation.course;
        Some(self.group_id(course, group).and_then(|group| {
            let grouping = self.grouping_id(course, grouping)?;
            Ok(AssignGrouping { course, group, grouping })
        }))
    }

    fn enrol_person(&self, operation: &'a Operation) -> Choice<EnrolUser> {
        let Change::EnrolPerson { user, role_id, .. } = &operation.change else { return None };
        Some(Ok(EnrolUser { course: operation.course, user: user.0, role_id: *role_id }))
    }

    fn add_member(&self, operation: &'a Operation) -> Choice<AddMember> {
        let Change::AddMember { group, user, .. } = &operation.change else { return None };
        let course = operation.course;
        if let Some(why) = self.not_enrolled.get(&(course, *user)) {
            return Some(Err(why.clone()));
        }
        Some(self.group_id(course, group).map(|group| AddMember { course, group, user: user.0 }))
    }

    fn remove_member(&self, operation: &'a Operation) -> Choice<RemoveMember> {
        let Change::RemoveMember { group, user, .. } = &operation.change else { return None };
        let course = operation.course;
        Some(self.group_id(course, group).map(|group| RemoveMember { course, group, user: user.0 }))
    }

    fn unassign_grouping(&self, operation: &'a Operation) -> Choice<UnassignGrouping> {
        let Change::UnassignGrouping { group, grouping } = &operation.change else { return None };
        let course = operation.course;
        Some(self.group_id(course, group).and_then(|group| {
            let grouping = self.grouping_id(course, grouping)?;
            Ok(UnassignGrouping { course, group, grouping })
        }))
    }

    fn delete_group(&self, operation: &'a Operation) -> Choice<DeleteGroup> {
        let Change::DeleteGroup { group, .. } = &operation.change else { return None };
        Some(self.group_id(operation.course, group).map(|id| DeleteGroup { course: operation.course, id }))
    }

    fn delete_grouping(&self, operation: &'a Operation) -> Choice<DeleteGrouping> {
        let Change::DeleteGrouping { grouping } = &operation.change else { return None };
        Some(
            self.grouping_id(operation.course, grouping)
                .map(|id| DeleteGrouping { course: operation.course, id }),
        )
    }
}

/// The id that a creation brought, or why there is none.
fn made(outcome: &Outcome, what: &str, name: &str) -> Made {
    match outcome {
        Outcome::Done(Some(id)) | Outcome::AlreadySo(Some(id)) => Ok(*id),
        Outcome::Done(None)
        | Outcome::AlreadySo(None)
        | Outcome::Refused(_)
        | Outcome::Unknown(_)
        | Outcome::NotTried(_) => {
            Err(format!("{what} {name} could not be created: {}", outcome.detail()).into())
        }
    }
}
