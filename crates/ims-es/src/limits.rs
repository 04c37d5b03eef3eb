//! How much a message may ask of its reader. The values are handed in; only the defaults stand here.
//!
//! Not here: limits of a protocol rule, such as the length of a title (`group/rules.rs`), and limits of time, which belong to the
//! server that owns the connection.
//!
//! Invariant: each limit is enforced while the bytes arrive, before what breaks it has been stored.

/// The limits of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest message, in bytes. WCF stops at 65,536 unless raised (facts/ims-es.md §1.5).
    pub message_bytes_max: usize,
    /// Largest single tag, comment or run of text, in bytes.
    pub token_bytes_max: usize,
    /// Largest value of one element, in bytes.
    pub value_bytes_max: usize,
    /// Deepest nesting of elements. The deepest message of the protocol needs fifteen.
    pub depth_max: usize,
    /// Most elements in one message.
    pub elements_max: usize,
    /// Most attributes on one element, declarations of namespaces included.
    pub attributes_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            message_bytes_max: 16 << 20,
            token_bytes_max: 128 << 10,
            value_bytes_max: 128 << 10,
            depth_max: 32,
            elements_max: 500_000,
            attributes_max: 64,
        }
    }
}
