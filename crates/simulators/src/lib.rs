//! What Muster is rehearsed and tested against: a Moodle and an itslearning in memory behind real HTTP, and the invented
//! universities that fill the Moodle.
//!
//! Not here: anything of the clients. This crate knows none of our other crates except the message types of
//! `ims-es`, so it cannot share their mistakes about a platform.

mod fault_words;
mod faults;
pub mod itslearning;
mod line;
pub mod moodle;
pub mod university;
