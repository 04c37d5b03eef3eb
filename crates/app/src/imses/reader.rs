//! Carries out calls that read, those that wait at the same moment in one transaction: to begin and to end one costs more than most
//! calls do.
//!
//! Not here: what is read (`queries.rs`).
//!
//! Invariant: a call reads a state of the database that is not older than its arrival.
//! Invariant: a call that fails takes no other with it.

use std::sync::Arc;

use ims_es::problem::Problem;
use store::Store;
use store::ims::{Readings, SiteId};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::error::ServeError;
use super::queries::{self, Answer};
use super::work::Query;

/// How many calls may wait.
const WAITING_MAX: usize = 1_024;

/// How many calls share a transaction. Few, because a long one makes those behind it wait.
const TOGETHER_MAX: usize = 8;

/// How many transactions read at once; the store has one connection more, for commands and pages.
const READERS: usize = 3;

/// A call that reads.
pub(super) struct Ask {
    /// The site.
    pub(super) site: SiteId,
    /// What is asked.
    pub(super) query: Query,
    /// What the message alone tells about each item.
    pub(super) problems: Vec<Vec<Problem>>,
    /// How many objects the answer may hold.
    pub(super) objects_max: usize,
}

type Waiting = (Ask, oneshot::Sender<Result<Answer, ServeError>>);

/// Carries out calls that read.
#[derive(Clone)]
pub(super) struct Reader {
    sender: mpsc::Sender<Waiting>,
}

impl Reader {
    /// Begins to read.
    pub(super) fn begin(store: &Store) -> Reader {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..READERS {
            tokio::spawn(read(store.clone(), Arc::clone(&receiver)));
        }
        Reader { sender }
    }

    /// Carries out a call.
    pub(super) async fn read(&self, ask: Ask) -> Result<Answer, ServeError> {
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
    let Ask { site, query, problems, objects_max } = ask;
    let mut site = open.site(site);
    let answer = queries::read(&mut site, &query, problems, objects_max).await?;
    *readings = Some(site.end());
    Ok(answer)
}
