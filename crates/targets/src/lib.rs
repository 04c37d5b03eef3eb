//! The platforms that Muster fills: reading what they show, and carrying out a plan.
//!
//! [`moodle`] is a target; [`itslearning`] is the client of one. What they share stands beside them: the [`journal`]
//! that remembers what was sent and what became of it, the [`failure`]s of calls and their [`aftermath`], and the
//! [`secret`] that opens the door.
//!
//! Not here: deciding what shall be done (`reconcile`) and keeping anything (`store`).
//!
//! Invariant: a course that was not read whole is never reported as empty.
//! Invariant: nothing is sent before the journal has it, and everything that was sent is settled honestly.

pub mod aftermath;
pub mod failure;
mod http;
pub mod itslearning;
pub mod journal;
pub mod moodle;
mod retry;
pub mod secret;
