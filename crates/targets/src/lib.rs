//! The platforms that Muster fills: reading what they show, and carrying out a plan.
//!
//! [`moodle`] is the one target so far. What every target shares stands beside it: the [`journal`] that remembers what
//! was sent and what became of it, the [`aftermath`] of a call that failed, and the [`secret`] that opens the door.
//!
//! Not here: deciding what shall be done (`reconcile`) and keeping anything (`store`).
//!
//! Invariant: a course that was not read whole is never reported as empty.
//! Invariant: nothing is sent before the journal has it, and everything that was sent is settled honestly.

pub mod aftermath;
pub mod journal;
pub mod moodle;
pub mod secret;
