//! What can go wrong between a client and an itslearning.
//!
//! Not here: when it shall (`crate::faults`), how a fault is brought about (`wire/`), and how its words are read
//! (`crate::fault_words`).

use ims_es::operation::Operation;

use crate::fault_words::{Named, WAIT_MS};

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection is closed and nothing was done.
    LostBefore,
    /// The work is done and the connection is closed without an answer.
    LostAfter,
    /// Nothing is done and no answer ever comes.
    HangBefore,
    /// The work is done and no answer ever comes.
    HangAfter,
    /// The answer comes late, by so many milliseconds.
    Delay(u64),
    /// The answer comes at once and trickles: so many milliseconds before each of its ten pieces.
    Slow(u64),
    /// 500 with an empty body; nothing was done.
    Status500,
    /// 503 from what stands in front; nothing was done.
    Status503,
    /// The fault `InternalServiceFault`; nothing was done (facts/ims-es.md §1.5).
    InternalFault,
    /// The first half of the items is done, then `InternalServiceFault`.
    HalfBatch,
    /// The work is done and the answer is no XML.
    Garbage,
    /// The work is done and the answer is an empty 200.
    EmptyBody,
    /// The work is done and the connection breaks in the middle of the answer.
    HalfAnswer,
    /// Every item is answered `targetisbusy`; nothing was done (§4).
    Busy,
    /// Every second item is answered `targetisbusy` and was not done.
    BusyForHalf,
    /// The work is done and the last status is missing from the answer.
    StatusMissing,
    /// The work is done and the answer has a status too many.
    StatusExtra,
    /// The work is done and the answer names another message.
    OtherMessage,
}

impl Fault {
    /// Every fault; those that take a time take these, in milliseconds.
    #[must_use]
    pub const fn all(delay_ms: u64, slow_ms: u64) -> [Fault; 18] {
        [
            Fault::LostBefore,
            Fault::LostAfter,
            Fault::HangBefore,
            Fault::HangAfter,
            Fault::Delay(delay_ms),
            Fault::Slow(slow_ms),
            Fault::Status500,
            Fault::Status503,
            Fault::InternalFault,
            Fault::HalfBatch,
            Fault::Garbage,
            Fault::EmptyBody,
            Fault::HalfAnswer,
            Fault::Busy,
            Fault::BusyForHalf,
            Fault::StatusMissing,
            Fault::StatusExtra,
            Fault::OtherMessage,
        ]
    }

    /// Whether nothing of the call is done.
    pub(super) fn strikes_before(self) -> bool {
        matches!(
            self,
            Fault::LostBefore
                | Fault::HangBefore
                | Fault::Status500
                | Fault::Status503
                | Fault::InternalFault
        )
    }
}

/// Faults to come, with the faults of an itslearning.
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
            Fault::Status503 => "status_503",
            Fault::InternalFault => "internal_fault",
            Fault::HalfBatch => "half_batch",
            Fault::Garbage => "garbage",
            Fault::EmptyBody => "empty",
            Fault::HalfAnswer => "half",
            Fault::Busy => "busy",
            Fault::BusyForHalf => "busy_for_half",
            Fault::StatusMissing => "status_missing",
            Fault::StatusExtra => "status_extra",
            Fault::OtherMessage => "other_message",
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
        Operation::ALL.iter().any(|operation| operation.name() == function)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, FaultRule};
    use crate::fault_words::{Named, WAIT_MS};
    use crate::faults::When;

    #[test]
    fn every_fault_has_a_word_of_its_own() {
        for fault in Fault::all(WAIT_MS, WAIT_MS) {
            let rule = FaultRule::once(When::Function("createGroups".to_owned()), fault);
            let rule = FaultRule { times: usize::MAX, ..rule };
            assert_eq!(format!("{}@createGroups", fault.word()).parse(), Ok(rule));
        }
        assert!("busy@core_group_create_groups".parse::<FaultRule>().is_err());
    }
}
