//! Names of elements as they were read, and remarks on what was passed over.
//!
//! Not here: the names that the protocol has (`record.rs`).
//!
//! Invariant: a name holds no prefix, for prefixes say nothing.

use crate::error::shortened;
use crate::namespace::Namespace;

/// The namespace of a name that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// One that the protocol knows.
    Known(Namespace),
    /// Another one, by its address.
    Foreign(String),
    /// None at all.
    Nowhere,
}

/// The name of an element or attribute that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Its namespace.
    pub origin: Origin,
    /// Its name without a prefix.
    pub local: String,
}

impl Name {
    /// Whether this is that name.
    pub fn is(&self, namespace: Namespace, local: &str) -> bool {
        self.local == local && self.origin == Origin::Known(namespace)
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.origin {
            Origin::Known(namespace) => {
                write!(formatter, "{}:{}", namespace.prefix(), shortened(&self.local))
            }
            Origin::Foreign(uri) => write!(formatter, "{{{}}}{}", shortened(uri), shortened(&self.local)),
            Origin::Nowhere => write!(formatter, "{} (in no namespace)", shortened(&self.local)),
        }
    }
}

/// Something that was passed over in reading: not an error, and worth telling the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where it stands, in bytes from the start.
    pub at: u64,
    /// What was seen.
    pub text: String,
    /// What to do about it.
    pub how_to_mend: &'static str,
}
