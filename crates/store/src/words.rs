//! Closed choices that stand as words in the tables.

/// Declares a closed choice with its words.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_meta])* $variant),+ }

        impl $name {
            /// All words, in the order of the choices.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word in tables and JSON.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }

            /// Reads the word of the tables.
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some($name::$variant),)+
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use words;

use crate::error::Cause;

/// Reads a word of a table that Muster alone writes; another word means that the table was changed by hand.
pub(crate) fn known<T>(word: &str, from_word: impl Fn(&str) -> Option<T>) -> Result<T, Cause> {
    from_word(word).ok_or_else(|| format!("the table holds the unknown word {word:?}").into())
}
