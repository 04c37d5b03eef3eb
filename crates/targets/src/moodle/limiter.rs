//! Manners: how many calls Moodle gets at a time (feature Z24).
//!
//! Not here: repeating what failed (`client.rs`) and which calls must not overlap (`apply/lane.rs`).
//!
//! Invariant: never more than `max` calls at a time, never fewer than one.
//! Invariant: the limit rises one step at a time while calls take as long as usual, and halves when they take much
//! longer or fail in passing.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// A call that takes this many times the usual is a sign that the server is slowing down.
const SLOWDOWN_RATIO: f64 = 2.5;
/// Differences below this are noise.
const NOISE: Duration = Duration::from_millis(100);
/// How much a new measurement counts in the usual time.
const WEIGHT: f64 = 0.1;

/// Hands out permits for calls.
#[derive(Debug)]
pub(crate) struct Limiter {
    state: Mutex<State>,
    changed: Notify,
    max: usize,
}

#[derive(Debug)]
struct State {
    limit: usize,
    in_flight: usize,
    /// Good calls since the limit last changed.
    calm: usize,
    /// The usual time in seconds by function and size of the call.
    usual: HashMap<(&'static str, u32), f64>,
}

/// How a call went, as the limiter sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// The server answered, be it with a no.
    Answered,
    /// The server was busy or did not answer.
    Troubled,
}

impl Limiter {
    pub(crate) fn new(max: usize) -> Limiter {
        let max = max.max(1);
        let state = State { limit: max.min(2), in_flight: 0, calm: 0, usual: HashMap::new() };
        Limiter { state: Mutex::new(state), changed: Notify::new(), max }
    }

    /// Waits for the turn.
    pub(crate) async fn enter(&self) -> Permit<'_> {
        loop {
            let changed = self.changed.notified();
            {
                let mut state = self.state();
                if state.in_flight < state.limit {
                    state.in_flight += 1;
                    return Permit { limiter: self };
                }
            }
            changed.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole after every line, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn learn(&self, function: &'static str, elements: usize, took: Duration, health: Health) {
        let mut state = self.state();
        let size = elements.max(1).ilog2();
        let seconds = took.as_secs_f64();
        let usual = state.usual.entry((function, size)).or_insert(seconds);
        let slow = seconds > *usual * SLOWDOWN_RATIO + NOISE.as_secs_f64();
        *usual += (seconds - *usual) * WEIGHT;
        if slow || health == Health::Troubled {
            state.limit = (state.limit / 2).max(1);
            state.calm = 0;
            return;
        }
        state.calm += 1;
        // A whole round of calls at the present limit went well.
        if state.calm > 2 * state.limit && state.limit < self.max {
            state.limit += 1;
            state.calm = 0;
        }
    }

    /// How many calls are allowed at a time just now.
    pub(crate) fn limit(&self) -> usize {
        self.state().limit
    }
}

/// The right to make one call.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    limiter: &'a Limiter,
}

impl Permit<'_> {
    /// Gives the permit back and tells how the call went.
    pub(crate) fn finish(self, function: &'static str, elements: usize, took: Duration, health: Health) {
        self.limiter.learn(function, elements, took, health);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.limiter.state().in_flight -= 1;
        // All, because the limit may have grown by more than the one place that is given back.
        self.limiter.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn call(limiter: &Limiter, milliseconds: u64, health: Health) {
        let permit = limiter.enter().await;
        permit.finish("core_x", 100, Duration::from_millis(milliseconds), health);
    }

    #[tokio::test]
    async fn the_limit_grows_while_all_is_well_and_never_beyond_the_maximum() {
        let limiter = Limiter::new(4);
        assert_eq!(limiter.limit(), 2);
        for _ in 0..100 {
            call(&limiter, 300, Health::Answered).await;
        }
        assert_eq!(limiter.limit(), 4);
    }

    #[tokio::test]
    async fn the_limit_halves_when_calls_slow_down_or_fail() {
        let limiter = Limiter::new(8);
        for _ in 0..100 {
            call(&limiter, 300, Health::Answered).await;
        }
        call(&limiter, 3000, Health::Answered).await;
        assert_eq!(limiter.limit(), 4);
        call(&limiter, 300, Health::Troubled).await;
        assert_eq!(limiter.limit(), 2);
        call(&limiter, 300, Health::Troubled).await;
        call(&limiter, 300, Health::Troubled).await;
        assert_eq!(limiter.limit(), 1);
    }

    #[tokio::test]
    async fn no_more_calls_than_the_limit_run_at_a_time() {
        let limiter = Limiter::new(2);
        let first = limiter.enter().await;
        let _second = limiter.enter().await;
        let third = tokio::time::timeout(Duration::from_millis(1), limiter.enter()).await;
        assert!(third.is_err());
        drop(first);
        limiter.enter().await;
    }
}
