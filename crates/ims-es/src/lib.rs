//! The messages of IMS Enterprise Services v1.0, as itslearning profiles it, in both directions: what a student system sends, and what
//! is answered. The client and the server are written with the same types.
//!
//! Where to look: an operation is a file (`group/create_group.rs`); its object is `group/object.rs` and its rules are `group/rules.rs`.
//! [`envelope`] reads and writes whole messages. `docs/protocol-notes.md` lists every decision with its fixture.
//!
//! Not here: any network, database, clock or randomness. What a server or a client does with a message is theirs.
//!
//! Invariant: generous in reading, strict in writing.
//! Invariant: bad data is a [`problem::Problem`] of its item; only a message that cannot be read at all is an error.

pub mod calls;
pub mod common;
pub mod envelope;
pub mod error;
pub mod extension;
pub mod fault;
#[cfg(test)]
mod fixtures;
pub mod group;
pub mod header;
#[cfg(test)]
mod hostile;
pub mod identifier;
pub mod keep;
pub mod lexical;
pub mod limits;
pub mod lint;
pub mod membership;
mod metered;
pub mod name;
pub mod namespace;
pub mod operation;
pub mod person;
pub mod policy;
pub mod problem;
pub mod record;
pub mod redact;
pub mod reply;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
pub mod sample;
pub mod security;
pub mod status;
pub mod status_info;
pub mod time;
mod words;
pub mod wsdl;
pub mod xml;
mod xml_text;
