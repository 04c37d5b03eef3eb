//! An itslearning in memory behind real HTTP, as seen by a client of its IMS Enterprise Services.
//!
//! `facts/ims-es.md` is the specification; each rule is cited where it is carried out, and (inferred) marks what the facts infer.
//! [`World`] is the data and the rules; [`Server`] puts it on a port, counts what is under way, and adds the faults of a
//! network.
//!
//! Not here: pages for people, results, and all that itslearning has besides its hierarchy.
//!
//! Invariant: the world reads no clock and no random number; two equal worlds answer equal messages equally.
//! Invariant: nothing of Muster's own service or client is used here, only the message types of `ims-es`.

mod faults;
mod operations;
mod refusal;
mod settings;
mod wire;
mod world;

pub use crate::fault_words::FaultWordsError;
pub use crate::faults::When;
pub use faults::{Fault, FaultRule, Faults};
pub use settings::{Account, Latency, Settings, Time};
pub use wire::{Call, HttpAnswer, HttpRequest, Server, WorldGuard, answer};
pub use world::{Course, Group, Id, Membership, Person, World};
