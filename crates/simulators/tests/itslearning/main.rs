//! The simulated itslearning: each rule of facts/ims-es.md as a claim, with messages as text, and recorded ones of real
//! SOAP stacks.
//!
//! Not here: any client. Messages are written by hand (`lab.rs`), so that neither our codec nor our client can hide a
//! mistake of the simulator.

#[cfg(test)]
mod courses;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod lab;
#[cfg(test)]
mod memberships;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod persons;
#[cfg(test)]
mod server;
