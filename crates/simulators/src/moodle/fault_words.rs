//! Faults in words, as a command line has them: `lost_after@write:3`, `delay:500@every:10`.
//!
//! A fault, `@`, and when: `call:N`, `write:N` (the Nth from the start), `every:N`, a function, or a function with `:N`.
//! `xTIMES` behind a number repeats it: `status_500@write:3x2` strikes at the third write and at the fourth. Without it
//! a number strikes once; `every:N` and a function alone never stop.
//!
//! Not here: what a fault does (`wire/`) and how the calls are counted (`faults.rs`).
//!
//! Invariant: every fault has a word, and a word means one fault.

use std::str::FromStr;

use thiserror::Error;

use super::faults::{Fault, FaultRule, When};
use super::functions::FUNCTIONS;

/// How long a fault waits that takes a time and was given none, in milliseconds.
const WAIT_MS: u64 = 1_000;

/// Every fault.
const ALL: [Fault; 16] = Fault::all(WAIT_MS, WAIT_MS);

/// Why words name no fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FaultWordsError {
    /// There is no `@`.
    #[error("it does not say when; write FAULT@WHEN, for example lost_after@write:3")]
    NoWhen,
    /// No fault is called so.
    #[error("there is no fault {word:?}; there are {}", words())]
    Fault {
        /// What was written.
        word: String,
    },
    /// This fault takes no time.
    #[error("{word} takes no time; delay and slow do, in milliseconds, for example delay:500")]
    NoTime {
        /// The fault.
        word: &'static str,
    },
    /// No function of the site is called so, so the fault would never strike.
    #[error(
        "there is no function {word:?}; write call:N, write:N, every:N, or a function of the web service"
    )]
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

/// The words of all faults.
fn words() -> String {
    ALL.map(Fault::word).join(", ")
}

impl Fault {
    /// The word of the fault on a command line.
    #[must_use]
    pub fn word(self) -> &'static str {
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
}

impl FromStr for FaultRule {
    type Err = FaultWordsError;

    fn from_str(text: &str) -> Result<FaultRule, FaultWordsError> {
        let (fault, when) = text.split_once('@').ok_or(FaultWordsError::NoWhen)?;
        let fault = read_fault(fault)?;
        let (when, times) = read_when(when)?;
        Ok(FaultRule { when, fault, times })
    }
}

fn read_fault(text: &str) -> Result<Fault, FaultWordsError> {
    let (word, time) = match text.split_once(':') {
        Some((word, time)) => (word, Some(time)),
        None => (text, None),
    };
    let Some(fault) = ALL.into_iter().find(|fault| fault.word() == word) else {
        return Err(FaultWordsError::Fault { word: word.to_owned() });
    };
    match (fault, time) {
        (fault, None) => Ok(fault),
        (Fault::Delay(_), Some(time)) => Ok(Fault::Delay(number(time)?)),
        (Fault::Slow(_), Some(time)) => Ok(Fault::Slow(number(time)?)),
        (fault, Some(_)) => Err(FaultWordsError::NoTime { word: fault.word() }),
    }
}

/// When a rule acts, and how many times.
fn read_when(text: &str) -> Result<(When, usize), FaultWordsError> {
    let Some((what, counted)) = text.split_once(':') else {
        return match text {
            "" => Err(FaultWordsError::NoWhen),
            "call" | "write" | "every" => Err(FaultWordsError::Number { word: String::new() }),
            function => Ok((When::Function(known(function)?), usize::MAX)),
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
        function => (When::FunctionCall(known(function)?, nth), times.unwrap_or(1)),
    })
}

fn known(function: &str) -> Result<String, FaultWordsError> {
    match FUNCTIONS.iter().any(|known| known.name == function) {
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
        for fault in ALL {
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
