//! What a site may choose about the rules, and what a request wants to do.
//!
//! Not here: the rules themselves.

/// What a site chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What happens to a title that is too long (features.md T7).
    pub long_title: LongTitle,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy { long_title: LongTitle::Refuse }
    }
}

/// What happens to a title that is too long. It is never shortened silently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LongTitle {
    /// The item is refused.
    Refuse,
    /// The title is shortened, with a warning.
    Shorten,
}

/// What a request wants to do with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Make it.
    Create,
    /// Change what is given. What is missing may be there already, so it is no error of the message.
    Update,
    /// Give it exactly these properties.
    Replace,
}
