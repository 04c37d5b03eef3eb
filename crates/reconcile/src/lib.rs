//! Decides what must change so that a platform shows what a source says, and what is too dangerous to do unasked.
//!
//! The way through this crate is the way of a run (DESIGN section 3): a [`snapshot`] becomes a
//! [`desired`] state; [`plan`] compares it with the [`observed`] state and our [`link`]s; [`safety`] reads the
//! finished plan again; [`outcome`] says what became of it; [`report`] tells the story.
//!
//! Not here: how anything is read, sent or stored. This crate knows no runtime, network, database, clock or
//! randomness, so that whatever it decides can be decided again.
//!
//! Invariant: every public function is a function of its arguments alone; the order of rows never matters.
//! Invariant: bad data is never an error here: it becomes a [`finding::Finding`] with a remedy.

pub mod delivery;
pub mod desired;
pub mod finding;
pub mod forget;
pub mod keys;
pub mod link;
pub mod naming;
pub mod new_keys;
pub mod numbering;
pub mod observed;
pub mod operation;
pub mod outcome;
pub mod plan;
pub mod policy;
pub mod report;
pub mod safety;
pub mod snapshot;
pub mod takeover;
pub mod undo;
