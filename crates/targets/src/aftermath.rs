//! What happened after a call had failed, in words for the log of failed calls (feature G9).
//!
//! Not here: deciding what happens (`moodle::apply`, `moodle::client`).
//!
//! Invariant: every failed call has an aftermath; nobody who reads the log has to guess whether it still matters.

use std::fmt;

use reconcile::outcome::Outcome;

/// What happened after a call had failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aftermath {
    /// It was a question; it was asked again and answered.
    Answered,
    /// It was a question, and the platform's answer is no.
    Denied,
    /// It was a question that was given up.
    GivenUp,
    /// It was a write that only helped, and the work went on without it.
    PassedOver,
    /// It was a write; this became of the changes that it carried.
    Settled(Tally),
}

/// What became of some changes, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Carried out by another call.
    pub done: u64,
    /// Found to be so when the platform was read again.
    pub already_so: u64,
    /// Refused.
    pub refused: u64,
    /// Nobody knows.
    pub unknown: u64,
    /// Not tried again, because the run stopped.
    pub not_tried: u64,
}

impl Tally {
    /// Counts an outcome; `None` stands for a change that the run did not come to.
    pub(crate) fn count(&mut self, outcome: Option<&Outcome>) {
        match outcome {
            Some(Outcome::Done(_)) => self.done += 1,
            Some(Outcome::AlreadySo(_)) => self.already_so += 1,
            Some(Outcome::Refused(_)) => self.refused += 1,
            Some(Outcome::Unknown(_)) => self.unknown += 1,
            Some(Outcome::NotTried(_)) | None => self.not_tried += 1,
        }
    }

    /// Each figure that is not zero, with its words for one change and after a number of changes.
    fn told(&self) -> Vec<(u64, &'static str, &'static str)> {
        let Tally { done, already_so, refused, unknown, not_tried } = *self;
        let all = [
            (done, "tried again, and done", "done on another try"),
            (already_so, "looked again: it had been done all the same", "found done on a second look"),
            (
                refused,
                "refused for good in this run; the next run tries again",
                "refused; the next run tries again",
            ),
            (
                unknown,
                "nobody knows what became of it; the next run looks, and does what is missing",
                "unknown; the next run looks, and does what is missing",
            ),
            (
                not_tried,
                "not tried again, because the run stopped; the next run does it",
                "left to the next run",
            ),
        ];
        all.into_iter().filter(|(count, ..)| *count > 0).collect()
    }
}

impl fmt::Display for Aftermath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tally = match self {
            Aftermath::Answered => return f.write_str("asked again, and answered"),
            Aftermath::Denied => {
                return f.write_str(
                    "the answer is no; what was asked about was left as it is, or asked for one by one",
                );
            }
            Aftermath::GivenUp => {
                return f.write_str("no usable answer came, so what was asked about was left as it is");
            }
            Aftermath::PassedOver => return f.write_str("the work went on without it"),
            Aftermath::Settled(tally) => tally,
        };
        match &*tally.told() {
            [] => f.write_str("it carried no change"),
            [(1, alone, _)] => f.write_str(alone),
            [(count, _, among)] => write!(f, "{count} changes, all {among}"),
            several => {
                let total: u64 = several.iter().map(|(count, ..)| count).sum();
                write!(f, "of {total} changes")?;
                for (place, (count, _, among)) in several.iter().enumerate() {
                    write!(f, "{} {count} {among}", if place == 0 { "" } else { "," })?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tally: Tally, expected: &str) {
        assert_eq!(Aftermath::Settled(tally).to_string(), expected);
    }

    #[test]
    fn one_change_is_told_alone_and_several_with_their_numbers() {
        let none = Tally::default();
        check(none, "it carried no change");
        check(Tally { done: 1, ..none }, "tried again, and done");
        check(Tally { already_so: 1, ..none }, "looked again: it had been done all the same");
        check(Tally { done: 12, ..none }, "12 changes, all done on another try");
        check(
            Tally { done: 98, refused: 1, not_tried: 1, ..none },
            "of 100 changes 98 done on another try, 1 refused; the next run tries again, 1 left to the next run",
        );
    }
}
