//! Manners: how many items itslearning has to work on at a time (facts/ims-es.md §6, trap 19).
//!
//! Not here: repeating what failed (`client.rs`).
//!
//! Invariant: never more items than `max` are under way, except that a call which alone holds more goes alone.
//! Invariant: after trouble calls go one by one until one is answered.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Hands out places. All callers of one client share it, in the order in which they came.
#[derive(Debug)]
pub(super) struct Limiter {
    places: Semaphore,
    max: u32,
    is_troubled: AtomicBool,
}

/// The right to have a call under way.
#[derive(Debug)]
pub(super) struct Permit<'a> {
    /// Nothing only if the semaphore were closed, which nobody does.
    _places: Option<SemaphorePermit<'a>>,
}

/// How a call went, as the limiter sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// The service answered, be it with a no.
    Answered,
    /// The service was busy, failed, or did not answer.
    Troubled,
}

impl Limiter {
    pub(super) fn new(max: usize) -> Limiter {
        let max = u32::try_from(max.max(1)).unwrap_or(u32::MAX);
        Limiter { places: Semaphore::new(max as usize), max, is_troubled: AtomicBool::new(false) }
    }

    /// Waits for as many places as the call has items.
    pub(super) async fn enter(&self, items: usize) -> Permit<'_> {
        let is_alone = self.is_troubled.load(Ordering::Relaxed);
        let wanted = u32::try_from(items.max(1)).unwrap_or(u32::MAX).min(self.max);
        let wanted = if is_alone { self.max } else { wanted };
        Permit { _places: self.places.acquire_many(wanted).await.ok() }
    }

    /// Learns how a call went.
    pub(super) fn learn(&self, health: Health) {
        self.is_troubled.store(health == Health::Troubled, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn is_let_in(limiter: &Limiter, items: usize) -> bool {
        tokio::time::timeout(Duration::from_millis(1), limiter.enter(items)).await.is_ok()
    }

    #[tokio::test]
    async fn items_count_and_not_calls() {
        let limiter = Limiter::new(9);
        let _five = limiter.enter(5).await;
        assert!(!is_let_in(&limiter, 5).await);
        assert!(is_let_in(&limiter, 4).await);
    }

    #[tokio::test]
    async fn a_large_call_goes_alone() {
        let limiter = Limiter::new(9);
        let one = limiter.enter(1).await;
        assert!(!is_let_in(&limiter, 50).await);
        drop(one);
        let _large = limiter.enter(50).await;
        assert!(!is_let_in(&limiter, 1).await);
    }

    #[tokio::test]
    async fn after_trouble_calls_go_one_by_one_until_one_is_answered() {
        let limiter = Limiter::new(9);
        limiter.learn(Health::Troubled);
        let first = limiter.enter(1).await;
        assert!(!is_let_in(&limiter, 1).await);
        limiter.learn(Health::Answered);
        drop(first);
        let _second = limiter.enter(1).await;
        assert!(is_let_in(&limiter, 1).await);
    }
}
