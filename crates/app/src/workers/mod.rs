//! A run that many machines share (docs/scale.md): a course is the unit, the database the only thing that all of them see.
//!
//! The leader is the process that holds the run lock (`leader.rs`): it imports, chooses, offers the courses to be planned,
//! reviews the whole plan, records it, and offers it to be carried out. It works itself (`worker.rs`), and so does every
//! `muster work` that is there (`helper.rs`) and has the same settings (`settings.rs`). Who has which course is in
//! `store::sharing`; `seat.rs` gives the signs of life. What a lost worker had begun is read again and gone on with by the
//! leader (`resume.rs`).
//!
//! Not here: what a run is ([`crate::run`]), how courses are planned ([`crate::planning`]) and plans carried out (`targets`).
//!
//! Invariant: what is sent for a shared run was offered by its leader, and stands in the plan that the leader recorded.
//! Invariant: an operation that was sent by a worker that is gone is never sent again before its course was read again.

pub(crate) mod helper;
pub(crate) mod leader;
mod resume;
mod seat;
mod settings;
mod worker;

pub(crate) use self::seat::Seat;

use std::time::Duration;

use crate::app::host_name;

/// How long somebody with nothing to do waits before it looks again.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// This process, for people who look who works, and for a worker that meets its own run.
pub(crate) fn who() -> String {
    format!("muster {} (process {} on {})", env!("CARGO_PKG_VERSION"), std::process::id(), host_name())
}
