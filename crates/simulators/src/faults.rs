//! When something shall go wrong between a client and a simulated platform.
//!
//! Not here: what can go wrong (`faults.rs` of each simulator), how it is brought about (`wire/` there), and its words on a
//! command line (`fault_words.rs`).
//!
//! Invariant: a rule counts from the moment it was pushed and acts as often as it says, then it is spent.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// When a rule begins to act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// At the nth call from now, counted from one, and the following ones while the rule lasts.
    Call(usize),
    /// The same, counting only calls of writing functions.
    Write(usize),
    /// At each call of a function or operation.
    Function(String),
    /// The same, from the nth call of the function.
    FunctionCall(String, usize),
    /// At every nth call.
    Every(usize),
}

/// One fault to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRule<F> {
    /// When.
    pub when: When,
    /// What.
    pub fault: F,
    /// How many times before the rule is spent.
    pub times: usize,
}

impl<F> FaultRule<F> {
    /// A rule that acts once.
    #[must_use]
    pub fn once(when: When, fault: F) -> FaultRule<F> {
        FaultRule { when, fault, times: 1 }
    }
}

/// The faults to come at one server. The first rule that acts wins; the others count all the same.
#[derive(Debug)]
pub struct Faults<F> {
    rules: Mutex<VecDeque<(FaultRule<F>, usize)>>,
}

impl<F> Default for Faults<F> {
    fn default() -> Faults<F> {
        Faults { rules: Mutex::default() }
    }
}

impl<F: Copy> Faults<F> {
    /// Adds a rule; its counting begins now.
    pub fn push(&self, rule: FaultRule<F>) {
        self.lock().push_back((rule, 0));
    }

    /// Forgets every rule.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// How many rules are not spent.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.lock().len()
    }

    /// Counts a call and returns the fault that befalls it.
    pub(crate) fn next(&self, function: &str, is_write: bool) -> Option<F> {
        let mut rules = self.lock();
        let mut found = None;
        for (rule, seen) in rules.iter_mut() {
            let acts = counts(&rule.when, function, is_write, seen);
            if acts && found.is_none() && rule.times > 0 {
                rule.times -= 1;
                found = Some(rule.fault);
            }
        }
        rules.retain(|(rule, _)| rule.times > 0);
        found
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(FaultRule<F>, usize)>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a call if the rule looks at it, and tells whether the rule acts on it.
fn counts(when: &When, function: &str, is_write: bool, seen: &mut usize) -> bool {
    let looks = match when {
        When::Call(_) | When::Every(_) => true,
        When::Write(_) => is_write,
        When::Function(name) | When::FunctionCall(name, _) => name == function,
    };
    *seen += usize::from(looks);
    looks
        && match when {
            When::Call(n) | When::Write(n) | When::FunctionCall(_, n) => *seen >= *n,
            When::Function(_) => true,
            When::Every(n) => seen.is_multiple_of(*n),
        }
}

#[cfg(test)]
mod tests {
    use super::{FaultRule, Faults, When};

    /// Which of ten calls a rule hits; even ones are writes of `w`, odd ones reads of `r`.
    fn hits(when: When, times: usize) -> Vec<usize> {
        let faults = Faults::default();
        faults.push(FaultRule { when, fault: (), times });
        let is_hit = |call: &usize| faults.next(["w", "r"][call % 2], call.is_multiple_of(2)).is_some();
        (1..=10).filter(is_hit).collect()
    }

    #[test]
    fn a_rule_acts_when_and_as_often_as_it_says() {
        for (when, times, expected) in [
            (When::Call(3), 1, vec![3]),
            (When::Call(3), 2, vec![3, 4]),
            (When::Write(2), 1, vec![4]),
            (When::Write(2), 2, vec![4, 6]),
            (When::Function("r".to_owned()), 2, vec![1, 3]),
            (When::FunctionCall("r".to_owned(), 4), 1, vec![7]),
            (When::Every(4), usize::MAX, vec![4, 8]),
        ] {
            assert_eq!(hits(when.clone(), times), expected, "{when:?} {times} times");
        }
    }
}
