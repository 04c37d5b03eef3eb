//! What the invented universities promise to everybody who builds on them.
//!
//! Not here: the Moodle in memory, except that it can be furnished.
//!
//! Each module is marked as a test, so that its helpers may unwrap as tests may.

#[cfg(test)]
mod awkward;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod determinism;
#[cfg(test)]
mod furnish;
#[cfg(test)]
mod history;
#[cfg(test)]
mod sizes;
#[cfg(test)]
mod term;
