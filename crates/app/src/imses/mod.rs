//! The SOAP service: student systems push groups, persons and memberships by IMS Enterprise Services, and read them back (DESIGN 7).
//!
//! The way of a call: `http.rs` takes its bytes, `call.rs` finds out who sends and what is asked, `writer.rs` and `tasks.rs` change
//! something, `reader.rs` and `queries.rs` read; `memory.rs` keeps what was read for as long as `freshness.rs` says that it holds. `hierarchy.rs` holds the rules of the tree, `merge.rs` what an update does to an object.
//!
//! Not here: the messages (the crate `ims_es`) and the tables (`store::ims`).
//!
//! Invariant: a sender sees and changes the site of its account and no other.

mod busy;
mod call;
mod door;
mod error;
mod figures;
mod freshness;
mod groups;
mod hierarchy;
mod http;
mod journal;
mod memberships;
mod memory;
mod merge;
pub(crate) mod password;
mod persons;
mod queries;
mod reader;
mod rename;
mod shown;
mod tasks;
#[cfg(test)]
mod tests;
mod work;
mod writer;

use std::time::Duration;

use store::{Store, Timestamp};

use self::busy::Busy;
use self::door::Door;
pub(crate) use self::figures::{BUCKETS, Durations, Figures};
use self::figures::{Tally, Waiting};
use self::http::Budget;
pub(crate) use self::http::{Transport, routes};
use self::journal::Journal;
use self::reader::Reader;
use self::writer::Writer;
use crate::clock::{Clock, DAY_S};
use crate::config::ImsConfig;

/// How often old messages are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);

/// The service.
pub(crate) struct Ims {
    store: Store,
    clock: Clock,
    settings: ImsConfig,
    door: Door,
    busy: Busy,
    writer: Writer,
    reader: Reader,
    journal: Journal,
    budget: Budget,
    tally: Tally,
}

impl Ims {
    /// Begins to serve. It lives on in tasks of its own until the process ends.
    pub(crate) fn begin(store: Store, clock: Clock, settings: ImsConfig) -> Result<Ims, getrandom::Error> {
        Ok(Ims {
            door: Door::new(store.clone())?,
            busy: Busy::default(),
            writer: Writer::begin(store.clone()),
            reader: Reader::begin(&store),
            journal: Journal::begin(store.clone()),
            budget: Budget::default(),
            tally: Tally::default(),
            store,
            clock,
            settings,
        })
    }

    /// Forgets messages as their time comes, until it is dropped.
    pub(crate) async fn forget_in_time(&self) {
        loop {
            let now = self.clock.now();
            let before =
                |days: u64| Timestamp(now.0 - i64::try_from(days).unwrap_or(i64::MAX / DAY_S) * DAY_S);
            let forgotten = self
                .store
                .forget_messages(before(self.settings.bodies_days), before(self.settings.log_days))
                .await;
            if let Err(error) = forgotten {
                tracing::error!(error = %crate::exit::chain(&error), "cannot forget old messages");
            }
            tokio::time::sleep(FORGET_EVERY).await;
        }
    }

    /// What was answered since the service began, and what waits.
    pub(crate) fn figures(&self) -> Figures {
        let waiting = Waiting {
            reads: self.reader.waiting(),
            writes: self.writer.waiting(),
            messages: self.journal.waiting(),
        };
        Figures { waiting, ..self.tally.figures() }
    }

    /// Waits until all messages that were answered are in the log.
    pub(crate) async fn end(&self) {
        self.journal.written().await;
    }
}
