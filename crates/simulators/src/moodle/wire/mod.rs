//! The network side of the simulated Moodle: HTTP, PHP's forms, JSON and XML, broken connections.
//!
//! Not here: any rule of Moodle's functions (`functions/`) or data (`world/`).

mod delivery;
mod form;
mod http;
mod server;
mod write;

pub use http::{HttpAnswer, HttpRequest, answer};
pub use server::{Call, Server, WorldGuard};
