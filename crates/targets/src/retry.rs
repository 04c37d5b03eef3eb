//! How calls that failed in passing are repeated.
//!
//! Not here: which calls may be repeated; that is for each platform.

use std::time::Duration;

/// How failures of the passing kind are repeated: with growing, jittered waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often a call is repeated at most.
    pub times_max: usize,
    /// The first wait.
    pub wait_min: Duration,
    /// The longest wait.
    pub wait_max: Duration,
}

impl Default for Retry {
    fn default() -> Retry {
        Retry { times_max: 4, wait_min: Duration::from_secs(1), wait_max: Duration::from_secs(30) }
    }
}

impl Retry {
    pub(crate) fn backoff(self) -> backon::ExponentialBuilder {
        backon::ExponentialBuilder::default()
            .with_min_delay(self.wait_min)
            .with_max_delay(self.wait_max)
            .with_max_times(self.times_max)
            .with_jitter()
    }
}
