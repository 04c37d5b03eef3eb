//! The messages of IMS Enterprise Services v1.0, as itslearning profiles it: what both directions share.
//!
//! So far the crate holds the vocabulary of statuses ([`status`]); the envelope and the operations stand on it.
//!
//! Not here: any network, database or clock. What a server or a client does with a message is theirs.

mod words;

pub mod status;
