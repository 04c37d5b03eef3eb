//! Tells how far the writing to a site has come, those who ask at the same moment by one statement.
//!
//! Not here: what is remembered (`memory.rs`).
//!
//! Invariant: a version that is told was read after it was asked for.

use std::collections::BTreeSet;

use store::Store;
use store::ims::{SiteId, Version};
use tokio::sync::{mpsc, oneshot};

use super::error::ServeError;

/// How many calls may wait, and how many share a statement.
const WAITING_MAX: usize = 1_024;
const TOGETHER_MAX: usize = 64;

type Told = Result<Option<Version>, ServeError>;

/// Tells versions.
pub(super) struct Freshness {
    sender: mpsc::Sender<(SiteId, oneshot::Sender<Told>)>,
}

impl Freshness {
    /// Begins to tell.
    pub(super) fn begin(store: &Store) -> Freshness {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        tokio::spawn(tell(store.clone(), receiver));
        Freshness { sender }
    }

    /// The version of a site as it is now; nothing for a site that does not exist.
    pub(super) async fn version(&self, site: SiteId) -> Told {
        let (told, is_told) = oneshot::channel();
        if self.sender.send((site, told)).await.is_err() {
            return Err(ServeError::Lost);
        }
        is_told.await.unwrap_or(Err(ServeError::Lost))
    }

    /// How many calls wait.
    pub(super) fn waiting(&self) -> usize {
        WAITING_MAX - self.sender.capacity()
    }
}

async fn tell(store: Store, mut receiver: mpsc::Receiver<(SiteId, oneshot::Sender<Told>)>) {
    let mut versions = store.ims_versions();
    let mut waiting = Vec::with_capacity(TOGETHER_MAX);
    while receiver.recv_many(&mut waiting, TOGETHER_MAX).await > 0 {
        let sites: BTreeSet<SiteId> = waiting.iter().map(|(site, _)| *site).collect();
        let found = versions.now(&sites).await;
        if let Err(error) = &found {
            tracing::error!(error = %crate::exit::chain(error), "cannot tell whether what was read before still holds");
        }
        for (site, sender) in waiting.drain(..) {
            let told = match &found {
                Ok(versions) => Ok(versions.get(&site).copied()),
                Err(_) => Err(ServeError::Lost),
            };
            // Whoever asked may have gone.
            let _gone = sender.send(told);
        }
    }
}
