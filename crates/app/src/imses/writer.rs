//! Carries out calls that change something, those that wait at the same moment in one transaction, so that they share one wait for the
//! disk (group commit).
//!
//! Not here: what a call does (`tasks.rs`).
//!
//! Invariant: nobody is answered before what the call did has been made to last.
//! Invariant: a call is there whole or not at all; one that failed leaves the others of its transaction as they are.
//! Invariant: a message that comes again is not carried out again (features.md Y1, Z16).

use std::time::Instant;

use hyper::body::Bytes;
use ims_es::keep::take;
use ims_es::operation::Service;
use ims_es::problem::{Problem, status};
use ims_es::status_info::{StatusInfo, StatusInfoSet};
use store::ims::{Batch, MessageOutcome, NewMessage, SiteId};
use store::{Store, Timestamp};
use tokio::sync::{mpsc, oneshot};

use super::error::ServeError;
use super::journal::{complete, note_problems};
use super::tasks::{Terms, carry_out};
use super::work::Task;
use crate::config::KeepBodies;

/// How many calls may wait.
const WAITING_MAX: usize = 1_024;

/// How many calls share a transaction.
const TOGETHER_MAX: usize = 64;

/// A call that changes something.
pub(super) struct Change {
    /// The site.
    pub(super) site: SiteId,
    /// The service that answers.
    pub(super) service: Service,
    /// Its items.
    pub(super) tasks: Vec<Task>,
    /// What the message alone tells about each item.
    pub(super) problems: Vec<Vec<Problem>>,
    /// With what they are carried out.
    pub(super) terms: Terms,
    /// What is noted of the message, to be completed.
    pub(super) message: NewMessage,
    /// When it came.
    pub(super) begun: Instant,
    /// Since when an answer to the same message counts.
    pub(super) repeats_since: Timestamp,
    /// Which bodies are kept.
    pub(super) keep_bodies: KeepBodies,
    /// The message.
    pub(super) bytes: Bytes,
}

type Answer = Result<(MessageOutcome, Vec<StatusInfo>), ServeError>;

/// Carries out calls that change something.
pub(super) struct Writer {
    sender: mpsc::Sender<(Change, oneshot::Sender<Answer>)>,
}

impl Writer {
    /// Begins to carry out.
    pub(super) fn begin(store: Store) -> Writer {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        tokio::spawn(write(store, receiver));
        Writer { sender }
    }

    /// Carries out a call, and returns when what it did lasts.
    pub(super) async fn carry_out(&self, change: Change) -> Answer {
        let (answer, answered) = oneshot::channel();
        if self.sender.send((change, answer)).await.is_err() {
            return Err(ServeError::Lost);
        }
        answered.await.unwrap_or(Err(ServeError::Lost))
    }

    /// How many calls wait.
    pub(super) fn waiting(&self) -> usize {
        WAITING_MAX - self.sender.capacity()
    }
}

async fn write(store: Store, mut receiver: mpsc::Receiver<(Change, oneshot::Sender<Answer>)>) {
    let mut waiting = Vec::with_capacity(TOGETHER_MAX);
    while receiver.recv_many(&mut waiting, TOGETHER_MAX).await > 0 {
        let (mut changes, mut senders) = (Vec::new(), Vec::new());
        for (change, sender) in waiting.drain(..) {
            changes.push(change);
            senders.push(sender);
        }
        let answers = match together(&store, changes).await {
            Ok(answers) => answers,
            Err(error) => {
                tracing::error!(error = %crate::exit::chain(&error), "cannot make calls last");
                senders.iter().map(|_| Err(ServeError::Lost)).collect()
            }
        };
        for (sender, answer) in senders.into_iter().zip(answers) {
            // Whoever asked may have gone; what was done stays done, and is answered when it comes again.
            let _gone = sender.send(answer);
        }
    }
}

/// Carries out calls in one transaction. An error means that none of them was carried out.
async fn together(store: &Store, changes: Vec<Change>) -> Result<Vec<Answer>, ServeError> {
    let mut batch = store.ims_batch().await?;
    let mut answers = Vec::with_capacity(changes.len());
    for change in changes {
        let answer;
        (batch, answer) = one(batch, change).await?;
        answers.push(answer);
    }
    batch.commit().await?;
    Ok(answers)
}

async fn one(mut batch: Batch, change: Change) -> Result<(Batch, Answer), ServeError> {
    let Change {
        site,
        service,
        tasks,
        problems,
        terms,
        mut message,
        begun,
        repeats_since,
        keep_bodies,
        bytes,
    } = change;
    let complete = |message: &mut NewMessage, outcome, statuses: &[StatusInfo]| {
        complete(message, outcome, statuses, begun, keep_bodies, &bytes)
    };
    if let (Some(repeat_key), Some(body_hash)) = (&message.repeat_key, &message.body_hash)
        && let Some(before) = batch.answer_before(repeat_key, body_hash, repeats_since).await?
    {
        let StatusInfoSet { statuses } = take(&before)?;
        complete(&mut message, MessageOutcome::Repeated, &statuses);
        batch.record_message(&message).await?;
        return Ok((batch, Ok((MessageOutcome::Repeated, statuses))));
    }
    let mut writing = batch.call(site).await?;
    match carry_out(&mut writing, &tasks, problems, terms).await {
        Ok(problems) => {
            let statuses: Vec<StatusInfo> = problems.iter().map(|found| status(service, found)).collect();
            let mut batch = writing.keep_call().await?;
            note_problems(&mut message, &problems);
            complete(&mut message, MessageOutcome::Done, &statuses);
            batch.record_message(&message).await?;
            Ok((batch, Ok((MessageOutcome::Done, statuses))))
        }
        Err(error) => Ok((writing.undo_call().await?, Err(error))),
    }
}
