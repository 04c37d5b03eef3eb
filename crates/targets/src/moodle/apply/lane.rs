//! One lane: goes through the phases of its courses in order, with full batches over all of them.
//!
//! Not here: what happens to a batch (`carry_out.rs`), and what an operation sends (`brought.rs`).
//!
//! Invariant: a lane sends one request at a time, so each of its courses has one writer.
//! Invariant: what rests on something that could not be made is not tried, and says why.

use std::collections::HashSet;

use reconcile::keys::Text;
use reconcile::operation::{Operation, Phase};
use reconcile::outcome::Outcome;

use super::brought::{Brought, Choice, Update};
use super::carry_out::{CarryOut, Finish, Pending};
use super::element::Element;
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

/// One lane.
pub(super) struct Lane<'r, 'a, J> {
    run: &'r Run<'a, J>,
    operations: Vec<&'a PlannedOperation>,
    settled: HashSet<u32>,
    announced: HashSet<u32>,
    /// What earlier operations of the lane brought.
    brought: Brought,
}

impl<'r, 'a, J: Journal> Lane<'r, 'a, J> {
    pub(super) fn new(run: &'r Run<'a, J>, operations: Vec<&'a PlannedOperation>) -> Self {
        Lane {
            run,
            operations,
            settled: HashSet::new(),
            announced: HashSet::new(),
            brought: Brought::default(),
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
        use Finish::{Passes, Settles};
        match phase {
            Phase::Groupings => {
                // One call of its own: a grouping may be taken over under its old name and then renamed.
                self.step(Settles, |brought, it| brought.update_grouping(Update::Adopt, it)).await?;
                // Names are freed before new groupings need them.
                self.step(Passes, |brought, it| brought.update_grouping(Update::Pass, it)).await?;
                self.step(Settles, |brought, it| brought.update_grouping(Update::Rename, it)).await?;
                self.step(Settles, Brought::create_grouping).await
            }
            Phase::Adoptions => {
                // Idnumbers are freed before other groups get them.
                self.step(Passes, |brought, it| brought.update_group(Update::FreeNumber, it)).await?;
                self.step(Settles, |brought, it| brought.update_group(Update::Adopt, it)).await
            }
            Phase::Renames => {
                self.step(Passes, |brought, it| brought.update_group(Update::Pass, it)).await?;
                self.step(Settles, |brought, it| brought.update_group(Update::Rename, it)).await
            }
            Phase::Groups => self.step(Settles, Brought::create_group).await,
            Phase::Assignments => self.step(Settles, Brought::assign_grouping).await,
            Phase::Enrolments => self.step(Settles, Brought::enrol_person).await,
            Phase::Additions => self.step(Settles, Brought::add_member).await,
            Phase::Removals => {
                self.step(Settles, Brought::remove_member).await?;
                self.step(Settles, Brought::unassign_grouping).await
            }
            Phase::Rekeys => self.step(Settles, |brought, it| brought.update_group(Update::Rekey, it)).await,
            Phase::Deletions => {
                self.step(Settles, Brought::delete_group).await?;
                self.step(Settles, Brought::delete_grouping).await
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
        choose: impl Fn(&Brought, &'a Operation) -> Choice<E>,
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
            match (choose(&self.brought, &planned.operation), &ungranted) {
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
            self.brought.note(&planned.operation, &outcome);
            if finish == Finish::Settles || !outcome.is_success() {
                self.settled.insert(planned.number);
            }
        }
    }
}
