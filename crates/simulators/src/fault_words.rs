//! Faults in words, as a command line has them: `lost_after@write:3`, `delay:500@every:10`.
//!
//! A fault, `@`, and when: `call:N`, `write:N` (the Nth from the start), `every:N`, a function, or a function with `:N`.
//! `xTIMES` behind a number repeats it: `status_500@write:3x2` strikes at the third write and at the fourth. Without it
//! a number strikes once; `every:N` and a function alone never stop.
//!
//! Not here: the faults of a platform with their words (`faults.rs` of each simulator), and how the calls are counted
//! (`faults.rs` beside this file).
//!
//! Invariant: every fault has a word, and a word means one fault.

use std::str::FromStr;

use thiserror::Error;

use crate::faults::{FaultRule, When};

/// How long a fault waits that takes a time and was given none, in milliseconds.
pub(crate) const WAIT_MS: u64 = 1_000;

/// Why words name no fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FaultWordsError {
    /// There is no `@`.
    #[error("it does not say when; write FAULT@WHEN, for example lost_after@write:3")]
    NoWhen,
    /// No fault is called so.
    #[error("there is no fault {word:?}; there are {known}")]
    Fault {
        /// What was written.
        word: String,
        /// What might have been.
        known: String,
    },
    /// This fault takes no time.
    #[error("{word} takes no time; delay and slow do, in milliseconds, for example delay:500")]
    NoTime {
        /// The fault.
        word: &'static str,
    },
    /// No function of the site is called so, so the fault would never strike.
    #[error("there is no function {word:?}; write call:N, write:N, every:N, or a function of the platform")]
    Function {
        /// What was written.
        word: String,
    },
    /// Something that should be a number is none, or is zero.
    #[error(
        "{word:?} is no number above 0; write for example write:3, or write:3x2 for the third and the fourth"
    )]
    Number {
        /// What was written.
        word: String,
    },
}

/// A fault that has words on a command line.
pub trait Named: Copy + PartialEq + 'static {
    /// Every fault, those that take a time with [`WAIT_MS`].
    const ALL: &'static [Self];
    /// The word of the fault.
    fn word(self) -> &'static str;
    /// The same fault with a time in milliseconds; nothing for one that takes none.
    fn lasting(self, time_ms: u64) -> Option<Self>;
    /// Whether the platform has a function or operation of this name.
    fn strikes_at(function: &str) -> bool;
}

impl<F: Named> FromStr for FaultRule<F> {
    type Err = FaultWordsError;

    fn from_str(text: &str) -> Result<FaultRule<F>, FaultWordsError> {
        let (fault, when) = text.split_once('@').ok_or(FaultWordsError::NoWhen)?;
        let fault = read_fault(fault)?;
        let (when, times) = read_when::<F>(when)?;
        Ok(FaultRule { when, fault, times })
    }
}

fn read_fault<F: Named>(text: &str) -> Result<F, FaultWordsError> {
    let (word, time) = match text.split_once(':') {
        Some((word, time)) => (word, Some(time)),
        None => (text, None),
    };
    let Some(fault) = F::ALL.iter().copied().find(|fault| fault.word() == word) else {
        let known: Vec<&str> = F::ALL.iter().map(|fault| fault.word()).collect();
        return Err(FaultWordsError::Fault { word: word.to_owned(), known: known.join(", ") });
    };
    match time {
        None => Ok(fault),
        Some(_) if fault.lasting(0).is_none() => Err(FaultWordsError::NoTime { word: fault.word() }),
        Some(time) => fault.lasting(number(time)?).ok_or(FaultWordsError::NoTime { word: fault.word() }),
    }
}

/// When a rule acts, and how many times.
fn read_when<F: Named>(text: &str) -> Result<(When, usize), FaultWordsError> {
    let Some((what, counted)) = text.split_once(':') else {
        return match text {
            "" => Err(FaultWordsError::NoWhen),
            "call" | "write" | "every" => Err(FaultWordsError::Number { word: String::new() }),
            function => Ok((When::Function(known::<F>(function)?), usize::MAX)),
        };
    };
    let (nth, times) = match counted.split_once('x') {
        Some((nth, times)) => (number(nth)?, Some(number(times)?)),
        None => (number(counted)?, None),
    };
    Ok(match what {
        "call" => (When::Call(nth), times.unwrap_or(1)),
        "write" => (When::Write(nth), times.unwrap_or(1)),
        "every" => (When::Every(nth), times.unwrap_or(usize::MAX)),
        function => (When::FunctionCall(known::<F>(function)?, nth), times.unwrap_or(1)),
    })
}

fn known<F: Named>(function: &str) -> Result<String, FaultWordsError> {
    match F::strikes_at(function) {
        true => Ok(function.to_owned()),
        false => Err(FaultWordsError::Function { word: function.to_owned() }),
    }
}

fn number<N: FromStr + PartialEq + From<u8>>(text: &str) -> Result<N, FaultWordsError> {
    match text.parse::<N>() {
        Ok(number) if number != N::from(0) => Ok(number),
        _ => Err(FaultWordsError::Number { word: text.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moodle::{Fault, FaultRule};

    #[track_caller]
    fn check(text: &str, fault: Fault, when: When, times: usize) {
        assert_eq!(text.parse(), Ok(FaultRule { when, fault, times }), "{text}");
    }

    #[test]
    fn words_say_what_and_when_and_how_often() {
        let function = || "core_group_create_groups".to_owned();
        check("lost_after@write:3", Fault::LostAfter, When::Write(3), 1);
        check("status_500@call:2x4", Fault::Status500, When::Call(2), 4);
        check("delay:500@every:10", Fault::Delay(500), When::Every(10), usize::MAX);
        check("slow@core_group_create_groups", Fault::Slow(WAIT_MS), When::Function(function()), usize::MAX);
        check("half@core_group_create_groups:2", Fault::HalfAnswer, When::FunctionCall(function(), 2), 1);
    }

    #[test]
    fn every_fault_has_a_word_of_its_own() {
        for fault in Fault::all(WAIT_MS, WAIT_MS) {
            check(&format!("{}@call:1", fault.word()), fault, When::Call(1), 1);
        }
    }

    #[test]
    fn a_slip_is_named() {
        let check = |text: &str, expected: &str| {
            let error = text.parse::<FaultRule>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        };
        check("lost_after", "it does not say when");
        check("lost_after@", "it does not say when");
        check("lost@write:1", "there is no fault \"lost\"; there are lost_before, lost_after,");
        check("garbage:5@write:1", "garbage takes no time");
        check("delay:soon@write:1", "\"soon\" is no number");
        check("garbage@write:0", "\"0\" is no number above 0");
        check("garbage@write", "is no number above 0");
        check("garbage@core_group_make_groups", "there is no function \"core_group_make_groups\"");
        check("garbage@writes:1", "there is no function \"writes\"");
        check("garbage@write:1x", "\"\" is no number above 0");
    }
}
