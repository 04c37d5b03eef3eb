//! The real binary against the simulated Moodle over real HTTP: what a person at a keyboard would see.
//!
//! `scenarios` and `known_issues` are the old service's pages as tests, `program`, `commands`, `explain`, `secrets`
//! and `sources` are the contract of the command line, `tips` and `old_tables` are the
//! old troubleshooting page, `mail` has a mail server beside it (`post_office`), `kill` and
//! `faults` break things in the middle, `imses` plays a student system that pushes, `ims_call` calls services by hand, `live`
//! runs against a Moodle of your own.
//!
//! Not here: the rules on small cases (`reconcile`), the rules of Moodle (`simulators`).

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod check;
mod commands;
mod copies;
mod databases;
mod demo;
mod disturbed;
mod explain;
mod faults;
// The store's tests look at a database in the same way.
#[path = "../../../store/tests/it/foreign.rs"]
mod foreign;
mod ims_call;
mod imses;
mod kill;
mod known_issues;
mod live;
mod machines;
mod mail;
mod mend;
mod messages;
mod old_tables;
mod outages;
mod own_server;
mod owners;
mod people;
#[path = "../../../store/tests/it/place.rs"]
mod place;
mod post_office;
mod program;
mod pushed;
mod rehearse;
mod rows;
mod scenarios;
mod secrets;
mod secrets_everywhere;
mod serve;
mod simulate;
mod small_disk;
mod sources;
mod student_system;
mod support;
mod take_over;
mod tips;
