//! What can go wrong between a client and a Moodle.
//!
//! Not here: when it shall (`crate::faults`), how a fault is brought about (`wire/`), and how its words are read
//! (`crate::fault_words`).

use super::functions::FUNCTIONS;
use crate::fault_words::{Named, WAIT_MS};

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection is closed and nothing was done.
    LostBefore,
    /// The work is committed and the connection is closed without an answer.
    LostAfter,
    /// Nothing is done and no answer ever comes.
    HangBefore,
    /// The work is committed and no answer ever comes.
    HangAfter,
    /// The answer comes late, by so many milliseconds.
    Delay(u64),
    /// The answer comes at once and trickles: so many milliseconds before each of its ten pieces.
    Slow(u64),
    /// 500 with an empty body; nothing was done.
    Status500,
    /// 502 from the proxy because the worker died; nothing was done (facts/moodle-ws.md §3).
    Status502,
    /// 504 from the proxy while the server goes on: the work is committed.
    Status504Committed,
    /// The work is committed and the answer is no JSON.
    Garbage,
    /// The work is committed and a PHP warning stands before the JSON (§2).
    TextBeforeJson,
    /// The work is committed and the answer is an empty 200 (§2).
    EmptyBody,
    /// The work is committed and the connection breaks in the middle of the answer.
    HalfAnswer,
    /// The work of a creating call is committed, and its answer lacks the last result. Other answers come whole: that a
    /// list is short no client could see (§8).
    FewerResults,
    /// The database rolls back because of a deadlock: `dmlwriteexception` (§7).
    Deadlock,
    /// Somebody reads the list of the course between the work and its commit, so it stays outdated in the
    /// cache (§7).
    StaleList,
}

impl Fault {
    /// Every fault; those that take a time take these, in milliseconds.
    #[must_use]
    pub const fn all(delay_ms: u64, slow_ms: u64) -> [Fault; 16] {
        [
            Fault::LostBefore,
            Fault::LostAfter,
            Fault::HangBefore,
            Fault::HangAfter,
            Fault::Delay(delay_ms),
            Fault::Slow(slow_ms),
            Fault::Status500,
            Fault::Status502,
            Fault::Status504Committed,
            Fault::Garbage,
            Fault::TextBeforeJson,
            Fault::EmptyBody,
            Fault::HalfAnswer,
            Fault::FewerResults,
            Fault::Deadlock,
            Fault::StaleList,
        ]
    }
}

/// Faults to come, with the faults of a Moodle.
pub type FaultRule = crate::faults::FaultRule<Fault>;

/// The faults to come at one server.
pub type Faults = crate::faults::Faults<Fault>;

impl Named for Fault {
    const ALL: &'static [Fault] = &Fault::all(WAIT_MS, WAIT_MS);

    fn word(self) -> &'static str {
        match self {
            Fault::LostBefore => "lost_before",
            Fault::LostAfter => "lost_after",
            Fault::HangBefore => "hang_before",
            Fault::HangAfter => "hang_after",
            Fault::Delay(_) => "delay",
            Fault::Slow(_) => "slow",
            Fault::Status500 => "status_500",
            Fault::Status502 => "status_502",
            Fault::Status504Committed => "status_504",
            Fault::Garbage => "garbage",
            Fault::TextBeforeJson => "text_before_json",
            Fault::EmptyBody => "empty",
            Fault::HalfAnswer => "half",
            Fault::FewerResults => "fewer_results",
            Fault::Deadlock => "deadlock",
            Fault::StaleList => "stale_list",
        }
    }

    fn lasting(self, time_ms: u64) -> Option<Fault> {
        match self {
            Fault::Delay(_) => Some(Fault::Delay(time_ms)),
            Fault::Slow(_) => Some(Fault::Slow(time_ms)),
            _ => None,
        }
    }

    fn strikes_at(function: &str) -> bool {
        FUNCTIONS.iter().any(|known| known.name == function)
    }
}
