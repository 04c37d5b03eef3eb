//! A place in a shared run: the lease of a worker, and the signs of life that keep it.
//!
//! Not here: what the worker does ([`super::worker`]).
//!
//! Invariant: nothing is sent once the last sign of life is older than the lease, or the run is over: the journal asks here
//! before each request goes out ([`crate::journal`]).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use store::{Lease, Store, StoreError};
use tokio::task::AbortHandle;

use crate::exit::chain;

/// How many signs of life fit into a lease, so that a few may get lost.
const SIGNS_IN_LEASE: u32 = 4;

/// The longest time between two signs of life: so soon a worker notices that its run is over.
const SIGN_EVERY_MAX: Duration = Duration::from_secs(10);

/// A place in a shared run. It has to be left.
pub(crate) struct Seat {
    state: Arc<State>,
    signs: AbortHandle,
}

struct State {
    lease: Lease,
    lease_s: u32,
    /// When the last sign of life that was heard was sent.
    sign: Mutex<Instant>,
    over: AtomicBool,
}

impl Seat {
    /// Begins to give signs of life. `joined` is the moment before the lease was asked for.
    pub(super) fn take(store: &Store, lease: Lease, lease_s: u32, joined: Instant) -> Seat {
        let over = AtomicBool::new(false);
        let state = Arc::new(State { lease, lease_s, sign: Mutex::new(joined), over });
        let signs = tokio::spawn(give_signs(store.clone(), Arc::clone(&state))).abort_handle();
        Seat { state, signs }
    }

    /// The lease.
    pub(crate) fn lease(&self) -> &Lease {
        &self.state.lease
    }

    /// Tells whether the lease still holds, as far as this process can know.
    pub(crate) fn holds(&self) -> bool {
        !self.state.over.load(Ordering::Relaxed) && self.state.is_fresh()
    }

    /// Leaves: what was not done goes to others.
    pub(super) async fn leave(self, store: &Store) {
        self.signs.abort();
        if let Err(error) = store.leave(self.lease()).await {
            // The lease runs out by itself.
            tracing::warn!(error = chain(&error), "cannot leave a shared run");
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.signs.abort();
    }
}

impl State {
    fn is_fresh(&self) -> bool {
        let sign = *self.sign.lock().unwrap_or_else(PoisonError::into_inner);
        sign.elapsed() < Duration::from_secs(self.lease_s.into())
    }
}

async fn give_signs(store: Store, state: Arc<State>) {
    let every = (Duration::from_secs(state.lease_s.into()) / SIGNS_IN_LEASE).min(SIGN_EVERY_MAX);
    loop {
        tokio::time::sleep(every).await;
        let asked = Instant::now();
        match store.keep_lease(&state.lease, state.lease_s).await {
            Ok(is_led) => {
                *state.sign.lock().unwrap_or_else(PoisonError::into_inner) = asked;
                state.over.store(!is_led, Ordering::Relaxed);
            }
            Err(StoreError::LeaseLost) => {
                state.over.store(true, Ordering::Relaxed);
                return;
            }
            Err(error) => tracing::warn!(error = chain(&error), "cannot give a sign of life"),
        }
    }
}
