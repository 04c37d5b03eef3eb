//! The log of messages, from this side: what is noted of each, and writing down those that changed nothing some at a time.
//!
//! Not here: the rows of messages that changed something; those are written with what they changed (`writer.rs`).
//!
//! Invariant: no body is kept with a password in it.
//! Invariant: whoever sends more than can be written down waits; no message is left out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ims_es::keep::keep;
use ims_es::name::Remark;
use ims_es::problem::{Problem, Weight};
use ims_es::redact::redact;
use ims_es::status_info::{Ending, StatusInfo, StatusInfoSet};
use reconcile::keys::Text;
use store::Store;
use store::ims::{MessageOutcome, NewMessage};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::config::KeepBodies;

/// How many lines of notes are kept of a message.
const NOTES_MAX: usize = 500;

/// How many messages may wait to be written down.
const WAITING_MAX: usize = 4_096;

/// How long the first of them waits for others, unless so many come before.
const TOGETHER_WAIT: Duration = Duration::from_millis(200);
const TOGETHER_ENOUGH: usize = 1_024;

/// Writes down messages that changed nothing.
pub(super) struct Journal {
    sender: mpsc::Sender<Entry>,
    /// Ends the wait for others.
    enough: Arc<Notify>,
}

enum Entry {
    Message(Box<NewMessage>),
    /// Whoever wants to know that all before it is written down.
    Written(oneshot::Sender<()>),
}

impl Journal {
    /// Begins to write down.
    pub(super) fn begin(store: Store) -> Journal {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let enough = Arc::new(Notify::new());
        tokio::spawn(write_down(store, receiver, Arc::clone(&enough)));
        Journal { sender, enough }
    }

    /// Notes a message.
    pub(super) async fn note(&self, message: NewMessage) {
        // The other side ends only with the process.
        let _ended = self.sender.send(Entry::Message(Box::new(message))).await;
        if self.waiting() >= TOGETHER_ENOUGH {
            self.enough.notify_one();
        }
    }

    /// Waits until all that was noted is written down.
    pub(super) async fn written(&self) {
        let (done, is_done) = oneshot::channel();
        if self.sender.send(Entry::Written(done)).await.is_ok() {
            self.enough.notify_one();
            let _ended = is_done.await;
        }
    }

    /// How many messages wait to be written down.
    pub(super) fn waiting(&self) -> usize {
        WAITING_MAX - self.sender.capacity()
    }
}

async fn write_down(store: Store, mut receiver: mpsc::Receiver<Entry>, enough: Arc<Notify>) {
    let mut entries = Vec::with_capacity(TOGETHER_ENOUGH);
    while let Some(first) = receiver.recv().await {
        entries.push(first);
        // Not by receiving: that would wake this task for each message.
        let _waited = tokio::time::timeout(TOGETHER_WAIT, enough.notified()).await;
        while entries.len() < WAITING_MAX
            && let Ok(entry) = receiver.try_recv()
        {
            entries.push(entry);
        }
        let (mut messages, mut waiting) = (Vec::new(), Vec::new());
        for entry in entries.drain(..) {
            match entry {
                Entry::Message(message) => messages.push(*message),
                Entry::Written(done) => waiting.push(done),
            }
        }
        if let Err(error) = store.record_messages(&messages).await {
            let count = messages.len();
            tracing::error!(error = %crate::exit::chain(&error), count, "cannot keep messages in the log");
        }
        for done in waiting {
            // Whoever waited may have gone.
            let _gone = done.send(());
        }
    }
}

/// How the items of a message ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Endings {
    /// Well, without a remark.
    pub(super) successes: u64,
    /// Well, with a remark.
    pub(super) warnings: u64,
    /// With a failure.
    pub(super) failures: u64,
}

impl Endings {
    /// Counts.
    pub(super) fn of(statuses: &[StatusInfo]) -> Endings {
        let count = |wanted: fn(&Ending) -> bool| {
            statuses.iter().filter(|status| wanted(&status.ending())).count() as u64
        };
        let successes = count(|ending| matches!(ending, Ending::Done));
        let warnings = count(|ending| matches!(ending, Ending::DoneWithWarning));
        Endings { successes, warnings, failures: statuses.len() as u64 - successes - warnings }
    }
}

/// Completes what is noted of a message by its answer. The bytes are those that came.
pub(super) fn complete(
    message: &mut NewMessage,
    outcome: MessageOutcome,
    statuses: &[StatusInfo],
    begun: Instant,
    keep_bodies: KeepBodies,
    bytes: &[u8],
) {
    let Endings { successes, warnings, failures } = Endings::of(statuses);
    message.outcome = outcome;
    message.items = statuses.len() as u64;
    (message.successes, message.warnings, message.failures) = (successes, warnings, failures);
    message.duration_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let is_plain = message.repeat_key.is_none() && message.successes == message.items;
    if !is_plain {
        let set = StatusInfoSet { statuses: statuses.to_vec() };
        message.statuses = keep(&set).ok().map(Into::into);
    }
    let has_failed =
        message.failures > 0 || !matches!(outcome, MessageOutcome::Done | MessageOutcome::Repeated);
    let is_kept = match keep_bodies {
        KeepBodies::Never => false,
        KeepBodies::Failed => has_failed,
        KeepBodies::All => true,
    };
    if is_kept {
        message.body = kept_body(bytes);
    }
}

/// Adds what was passed over in a message, a line each.
pub(super) fn note_remarks(message: &mut NewMessage, remarks: &[Remark]) {
    let lines =
        remarks.iter().map(|remark| format!("byte {}: {}; {}", remark.at, remark.text, remark.how_to_mend));
    add_lines(message, lines);
}

/// Adds what is wrong with the items and how to mend it, a line each.
pub(super) fn note_problems(message: &mut NewMessage, problems: &[Vec<Problem>]) {
    let numbered = problems
        .iter()
        .enumerate()
        .flat_map(|(at, found)| found.iter().map(move |problem| (at + 1, problem)));
    let lines = numbered.map(|(item, problem)| {
        let weight = match problem.weight {
            Weight::Advice => "advice",
            Weight::Warning => "warning",
            Weight::Error => "error",
        };
        format!("item {item}: {weight}: {} {}", problem.sentence(), problem.how_to_mend)
    });
    add_lines(message, lines);
}

fn add_lines(message: &mut NewMessage, lines: impl Iterator<Item = String>) {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return;
    }
    let already = message.notes.lines().map(str::to_owned);
    let all: Vec<String> = already.chain(lines).take(NOTES_MAX).collect();
    message.notes = all.join("\n").into();
}

/// The body of a message as it may be kept: a text without passwords, or nothing.
fn kept_body(bytes: &[u8]) -> Option<Text> {
    std::str::from_utf8(bytes).ok().map(|text| redact(text).into())
}
