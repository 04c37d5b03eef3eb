//! A Moodle in memory behind real HTTP, as seen by a client of its REST web services.
//!
//! `facts/moodle-ws.md` is the specification; each rule is cited where it is carried out. [`World`] is the data and
//! the rules; [`Server`] puts it on a port and adds the faults of a network.
//!
//! Not here: pages, courses' contents, completion, files, and every web service that has nothing to do with groups.
//!
//! Invariant: the world reads no clock and no random number; two equal worlds answer equal calls equally.
//! Invariant: nothing of the client's code is used here.

mod collation;
mod faults;
mod functions;
mod parameters;
mod php;
mod refusal;
mod settings;
mod site;
mod text;
mod token;
mod value;
mod wire;
mod world;

pub use crate::fault_words::FaultWordsError;
pub use crate::faults::When;
pub use collation::Collation;
pub use faults::{Fault, FaultRule, Faults};
pub use settings::{Release, Settings, UnknownRelease};
pub use site::Site;
pub use token::{Functions, Rights, Token};
pub use wire::{Call, HttpAnswer, HttpRequest, Server, WorldGuard, answer};
pub use world::{
    Course, Enrolment, Group, GroupRow, Grouping, GroupingRow, Method, NewCourse, NewUser, Owner, Period,
    SITE_COURSE, User, World,
};
