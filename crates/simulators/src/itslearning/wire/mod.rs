//! The network side of the simulated itslearning: HTTP, envelopes, accounts, what is under way, broken connections.
//!
//! Not here: any rule of an object (`operations/`) or its data (`world/`).

mod delivery;
mod http;
mod server;

pub(super) use http::Refused;
pub use http::{HttpAnswer, HttpRequest, answer};
pub use server::{Call, Server, WorldGuard};
