//! Carries out one batch: sends it, finds what is bad in it, and finds out what became of it when the answer is lost.
//!
//! A writing call is all or nothing (facts/moodle-ws.md §0.5). So when Moodle refuses a batch, the elements are looked
//! at again by reads; those that cannot be done are settled with a precise reason and the rest is sent as one. Only if
//! that fails too, the rest is halved until the bad element stands alone (feature Z5). When the answer is lost, nothing
//! is sent again before a wait and a second look (facts/moodle-ws.md §12.7).
//!
//! Not here: how elements are sent and looked at (`elements`).
//!
//! Invariant: nothing is created a second time before two looks past the cache agree that it is not there.
//! Invariant: an element is refused only if Moodle refused it alone, or a read shows why it cannot be done.

use std::collections::BTreeSet;

use backon::Retryable;
use reconcile::keys::CourseId;
use reconcile::outcome::{Outcome, Refusal};

use super::super::errors::{CallError, Effect, Kind};
use super::element::{Element, Verdict};
use super::run::{Run, Settled, Stopped};
use crate::journal::{Journal, PlannedOperation, StopReason};

/// How often a batch whose answer was lost is sent again.
const LOST_ANSWERS_MAX: usize = 3;

/// An operation with the element that it sends.
pub(super) struct Pending<'a, E> {
    pub(super) planned: &'a PlannedOperation,
    pub(super) element: E,
}

/// Whether a success ends the operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Finish {
    /// It does.
    Settles,
    /// Another call follows (a passing name).
    Passes,
}

/// A part of the batch that is still to be sent.
struct Part<'a, E> {
    pending: Vec<Pending<'a, E>>,
    looked: bool,
    /// For a suspect: its refusal, and how many calls had failed when it was set apart. If none fails until its turn,
    /// the others succeeded without it, and it need not be sent.
    suspicion: Option<(Refusal, usize)>,
}

/// What a look sorted out of a part.
struct Sorted<'a, E> {
    settled: Vec<Settled<'a>>,
    to_send: Vec<Pending<'a, E>>,
    suspects: Vec<(Pending<'a, E>, Refusal)>,
}

/// Carries out one batch.
pub(super) struct CarryOut<'r, 'a, J, E> {
    run: &'r Run<'a, J>,
    finish: Finish,
    parts: Vec<Part<'a, E>>,
    failed_calls: usize,
    /// Calls that failed, by their numbers, with what they carried.
    failures: Vec<(u64, Vec<&'a PlannedOperation>)>,
    lost_answers: usize,
    settled: Vec<Settled<'a>>,
}

impl<'r, 'a, J: Journal, E: Element> CarryOut<'r, 'a, J, E> {
    pub(super) fn new(run: &'r Run<'a, J>, finish: Finish, pending: Vec<Pending<'a, E>>) -> Self {
        let parts = vec![Part { pending, looked: false, suspicion: None }];
        CarryOut {
            run,
            finish,
            parts,
            failed_calls: 0,
            failures: Vec::new(),
            lost_answers: 0,
            settled: Vec::new(),
        }
    }

    /// Carries the batch out. What is settled is returned even if the run stops; the caller settles the rest.
    pub(super) async fn go(mut self) -> (Vec<Settled<'a>>, Result<(), Stopped>) {
        let result = self.send_all().await;
        self.run.tell_failed_writes(&self.failures, &self.settled).await;
        (self.settled, result)
    }

    async fn send_all(&mut self) -> Result<(), Stopped> {
        while let Some(part) = self.parts.pop() {
            self.run.check(E::FUNCTION.name())?;
            if part.pending.is_empty() {
                continue;
            }
            if let ([pending], Some((refusal, failed_calls))) = (&*part.pending, &part.suspicion)
                && *failed_calls == self.failed_calls
            {
                self.settle(vec![(pending.planned, Outcome::Refused(refusal.clone()))]).await?;
                continue;
            }
            match self.send(&part.pending).await {
                Ok(outcomes) => {
                    let planned = part.pending.iter().map(|pending| pending.planned);
                    self.settle(planned.zip(outcomes).collect()).await?;
                }
                Err(error) => {
                    self.failed_calls += 1;
                    self.mend(part, error).await?;
                }
            }
        }
        Ok(())
    }

    /// Sends a part, and again while Moodle was merely busy and did nothing.
    async fn send(&mut self, pending: &[Pending<'a, E>]) -> Result<Vec<Outcome>, CallError> {
        let elements: Vec<E> = pending.iter().map(|pending| pending.element.clone()).collect();
        let moodle = self.run.moodle;
        let attempt = || E::send(moodle, &elements);
        let mut failures = Vec::new();
        let result = attempt
            .retry(moodle.client.settings.retry.backoff())
            .sleep(tokio::time::sleep)
            .when(|error: &CallError| {
                failures.push(error.request);
                error.kind == Kind::Transient && error.effect == Effect::Nothing
            })
            .await;
        let carried = || pending.iter().map(|pending| pending.planned).collect();
        self.failures.extend(failures.into_iter().map(|request| (request, carried())));
        result
    }

    async fn mend(&mut self, part: Part<'a, E>, error: CallError) -> Result<(), Stopped> {
        match (error.kind, error.effect) {
            (Kind::Configuration, _) => Err(self.run.stop(StopReason::Target(error.into()))),
            (_, Effect::Unknown) => self.find_out(part, error).await,
            // A deadlock that stays is some element's fault, for all that can be known.
            (Kind::Transient, Effect::Nothing) if &*error.code != "dmlwriteexception" => {
                Err(self.run.stop(StopReason::Target(error.into())))
            }
            (Kind::Item | Kind::Transient | Kind::Protocol, Effect::Nothing) => {
                self.isolate(part, error).await
            }
        }
    }

    /// Finds out what became of a part whose answer was lost, and puts back what is missing.
    async fn find_out(&mut self, part: Part<'a, E>, error: CallError) -> Result<(), Stopped> {
        let nobody_knows =
            |pending: &Pending<'a, E>| (pending.planned, Outcome::Unknown(error.in_words().into()));
        if self.lost_answers == LOST_ANSWERS_MAX {
            return self.settle(part.pending.iter().map(nobody_knows).collect()).await;
        }
        self.lost_answers += 1;
        let mut waiting = part.pending;
        // What may have been created is looked for twice, because the server may still be at it.
        for _ in 0..if E::CREATES { 2 } else { 1 } {
            if waiting.is_empty() {
                break;
            }
            tokio::time::sleep(self.run.moodle.client.settings.settle_wait).await;
            let verdicts = match self.look(&waiting, &error, true).await {
                Ok(verdicts) => verdicts,
                Err(down) => {
                    self.settle(waiting.iter().map(nobody_knows).collect()).await?;
                    return Err(self.run.stop(StopReason::Target(down.into())));
                }
            };
            let sorted = sort(waiting, verdicts);
            self.settle(sorted.settled).await?;
            waiting = sorted.to_send;
            waiting.extend(sorted.suspects.into_iter().map(|(pending, _)| pending));
        }
        // Not looked at: if Moodle refuses it now, the lost call may have been carried out in the meantime.
        self.parts.push(Part { pending: waiting, looked: false, suspicion: None });
        Ok(())
    }

    /// Finds what is bad in a part that Moodle refused, and puts back the rest.
    async fn isolate(&mut self, part: Part<'a, E>, error: CallError) -> Result<(), Stopped> {
        if part.looked {
            return self.halve(part.pending, &error).await;
        }
        let verdicts = match self.look(&part.pending, &error, self.lost_answers > 0).await {
            Ok(verdicts) => verdicts,
            Err(down) => return Err(self.run.stop(StopReason::Target(down.into()))),
        };
        // What could not be looked at is left to the halving.
        let verdicts = verdicts.into_iter().map(|verdict| match verdict {
            Verdict::Unclear(_) => Verdict::Send,
            clear => clear,
        });
        let sorted = sort(part.pending, verdicts.collect());
        self.settle(sorted.settled).await?;
        let alone = match &*sorted.suspects {
            [(_, refusal)] if !sorted.to_send.is_empty() => Some((refusal.clone(), self.failed_calls)),
            _ => None,
        };
        let suspects = sorted.suspects.into_iter().map(|(pending, _)| pending).collect();
        self.parts.push(Part { pending: suspects, looked: true, suspicion: alone });
        self.parts.push(Part { pending: sorted.to_send, looked: true, suspicion: None });
        Ok(())
    }

    async fn halve(&mut self, mut pending: Vec<Pending<'a, E>>, error: &CallError) -> Result<(), Stopped> {
        if let [alone] = &*pending {
            return self.settle(vec![(alone.planned, Outcome::Refused(error.refusal()))]).await;
        }
        if E::CREATES && leaves_ghosts(error) {
            self.run.moodle.refresh_lists(&courses(&pending)).await;
        }
        let right = pending.split_off(pending.len() / 2);
        self.parts.push(Part { pending: right, looked: true, suspicion: None });
        self.parts.push(Part { pending, looked: true, suspicion: None });
        Ok(())
    }

    async fn look(
        &self,
        pending: &[Pending<'a, E>],
        error: &CallError,
        lists_are_doubtful: bool,
    ) -> Result<Vec<Verdict>, CallError> {
        if E::CREATES && (lists_are_doubtful || leaves_ghosts(error)) {
            self.run.moodle.refresh_lists(&courses(pending)).await;
        }
        let elements: Vec<E> = pending.iter().map(|pending| pending.element.clone()).collect();
        E::look_again(self.run.moodle, &elements, error).await
    }

    async fn settle(&mut self, mut settled: Vec<Settled<'a>>) -> Result<(), Stopped> {
        let ends = |outcome: &Outcome| self.finish == Finish::Settles || !outcome.is_success();
        let told: Vec<Settled<'a>> = settled.iter().filter(|(_, outcome)| ends(outcome)).cloned().collect();
        let result = self.run.settle(&told).await;
        self.settled.append(&mut settled);
        result
    }
}

/// After these a list may name what was rolled back (facts/moodle-ws.md §7).
fn leaves_ghosts(error: &CallError) -> bool {
    matches!(&*error.code, "idnumbertaken" | "dmlwriteexception") || error.effect == Effect::Unknown
}

fn courses<E: Element>(pending: &[Pending<'_, E>]) -> BTreeSet<CourseId> {
    pending.iter().map(|pending| pending.element.course()).collect()
}

fn sort<'a, E>(pending: Vec<Pending<'a, E>>, verdicts: Vec<Verdict>) -> Sorted<'a, E> {
    let mut sorted = Sorted { settled: Vec::new(), to_send: Vec::new(), suspects: Vec::new() };
    for (pending, verdict) in pending.into_iter().zip(verdicts) {
        match verdict {
            Verdict::Send => sorted.to_send.push(pending),
            Verdict::Suspect(refusal) => sorted.suspects.push((pending, refusal)),
            Verdict::AlreadySo(id) => sorted.settled.push((pending.planned, Outcome::AlreadySo(id))),
            Verdict::Refuse(refusal) => sorted.settled.push((pending.planned, Outcome::Refused(refusal))),
            Verdict::Unclear(why) => sorted.settled.push((pending.planned, Outcome::Unknown(why))),
        }
    }
    sorted
}
