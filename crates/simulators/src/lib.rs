//! What Muster is rehearsed and tested against: a Moodle in memory behind real HTTP, and the invented
//! universities that fill it.
//!
//! Not here: anything of the clients. This crate knows none of our other crates except the message types of
//! `ims-es`, so it cannot share their mistakes about a platform.

pub mod moodle;
pub mod university;
