//! Proves the planner: stories as texts ([`scenarios`]) and laws over random worlds ([`laws`]), both on a platform in
//! memory ([`world`]) and an installation that has one course ([`installation`]).
//!
//! Not here: small cases of single functions; those stand beside the functions.

mod chance;
mod installation;
mod laws;
mod scenarios;
mod story;
mod takeover;
mod undo;
mod world;
