//! Carries out calls that read. What was read before and nobody has written to since is taken from memory; the other calls that wait
//! at the same moment share a transaction: to begin and to end one costs more than most calls do.
//!
//! Not here: what is read (`queries.rs`), and what proves that it still holds (`freshness.rs`).
//!
//! Invariant: a call reads a state of the database that is not older than its arrival, whichever process wrote last.
//! Invariant: a call that fails takes no other with it.

use std::sync::Arc;

use hyper::body::Bytes;
use ims_es::error::MessageError;
use ims_es::operation::Operation;
use ims_es::problem::Problem;
use store::Store;
use store::ims::{Readings, SiteId};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::error::ServeError;
use super::freshness::Freshness;
use super::memory::Memory;
use super::queries;
use super::work::{Found, Query};

/// How many calls may wait.
const WAITING_MAX: usize = 1_024;

/// How many calls share a transaction. Few, because a long one makes those behind it wait.
const TOGETHER_MAX: usize = 8;

/// How many transactions read at once; the store has two connections more, for `freshness.rs` and for pages.
const READERS: usize = 3;

/// A call that reads.
pub(super) struct Ask {
    /// The site.
    pub(super) site: SiteId,
    /// The operation.
    pub(super) operation: Operation,
    /// What is asked.
    pub(super) query: Query,
    /// What the message alone tells about each item.
    pub(super) problems: Vec<Vec<Problem>>,
    /// How many objects the answer may hold.
    pub(super) objects_max: usize,
    /// Writes what was found as the operation's reply holds it.
    pub(super) write: fn(Found) -> Result<Vec<u8>, MessageError>,
}

/// What is answered.
pub(super) struct Answer {
    /// What is wrong with each item.
    pub(super) problems: Vec<Vec<Problem>>,
    /// What the reply holds.
    pub(super) content: Bytes,
}

impl Answer {
    fn is_plain(&self) -> bool {
        self.problems.iter().all(Vec::is_empty)
    }
}

type Waiting = (Ask, oneshot::Sender<Result<Answer, ServeError>>);

/// Carries out calls that read.
pub(super) struct Reader {
    sender: mpsc::Sender<Waiting>,
    freshness: Freshness,
    memory: Memory,
}

impl Reader {
    /// Begins to read.
    pub(super) fn begin(store: &Store) -> Reader {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..READERS {
            tokio::spawn(read(store.clone(), Arc::clone(&receiver)));
        }
        Reader { sender, freshness: Freshness::begin(store), memory: Memory::default() }
    }

    /// Carries out a call, from memory if it can.
    pub(super) async fn read(&self, ask: Ask) -> Result<Answer, ServeError> {
        // An answer with a problem may name what was renamed or erased; it is not worth remembering.
        let is_plain = ask.problems.iter().all(Vec::is_empty);
        let Some(keys) = ask.query.keys().filter(|_| is_plain) else { return self.read_anew(ask).await };
        let (site, question) = (ask.site, (ask.operation, keys));
        let Some(version) = self.freshness.version(site).await? else { return self.read_anew(ask).await };
        if let Some(content) = self.memory.recall(site, version, &question) {
            return Ok(Answer { problems: ask.problems, content });
        }
        let answer = self.read_anew(ask).await?;
        if answer.is_plain() {
            // It may be newer than the version; then it is never recalled.
            self.memory.remember(site, version, question, answer.content.clone());
        }
        Ok(answer)
    }

    /// How many calls wait.
    pub(super) fn waiting(&self) -> usize {
        WAITING_MAX - self.sender.capacity() + self.freshness.waiting()
    }

    async fn read_anew(&self, ask: Ask) -> Result<Answer, ServeError> {
        let (answer, answered) = oneshot::channel();
        if self.sender.send((ask, answer)).await.is_err() {
            return Err(ServeError::Lost);
        }
        answered.await.unwrap_or(Err(ServeError::Lost))
    }
}

async fn read(store: Store, receiver: Arc<Mutex<mpsc::Receiver<Waiting>>>) {
    let mut waiting = Vec::with_capacity(TOGETHER_MAX);
    while receiver.lock().await.recv_many(&mut waiting, TOGETHER_MAX).await > 0 {
        let mut readings = None;
        for (ask, sender) in waiting.drain(..) {
            let answer = one(&store, &mut readings, ask).await;
            // Whoever asked may have gone.
            let _gone = sender.send(answer);
        }
    }
}

/// Reads for one call, in the transaction that is open. One in which something failed is not used again.
async fn one(store: &Store, readings: &mut Option<Readings>, ask: Ask) -> Result<Answer, ServeError> {
    let open = match readings.take() {
        Some(open) => open,
        None => store.ims_readings().await?,
    };
    let Ask { site, operation: _, query, problems, objects_max, write } = ask;
    let mut site = open.site(site);
    let (problems, found) = queries::read(&mut site, &query, problems, objects_max).await?;
    *readings = Some(site.end());
    Ok(Answer { problems, content: write(found)?.into() })
}
