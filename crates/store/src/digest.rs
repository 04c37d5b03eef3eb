//! Hashes of lists of fields: identities of rows, links of the audit chain, inputs of courses.
//!
//! Invariant: each field's length goes in first, so that no two lists of fields read alike.

use std::fmt::Write;

use sha2::{Digest as _, Sha256};

/// A hash under construction.
#[derive(Default)]
pub(crate) struct Digest(Sha256);

impl Digest {
    /// Adds a field.
    pub(crate) fn field(&mut self, field: &str) -> &mut Self {
        self.0.update((field.len() as u64).to_be_bytes());
        self.0.update(field.as_bytes());
        self
    }

    /// The hash as 64 hexadecimal digits.
    pub(crate) fn finish(self) -> String {
        self.0.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing into a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// Hashes a list of fields.
pub(crate) fn digest(fields: &[&str]) -> String {
    let mut digest = Digest::default();
    for field in fields {
        digest.field(field);
    }
    digest.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_lists_of_fields_read_alike() {
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_ne!(digest(&["a", ""]), digest(&["a"]));
        assert_eq!(digest(&["a", "b"]), digest(&["a", "b"]));
    }
}
