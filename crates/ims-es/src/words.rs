//! The macro that declares a closed list of words on the wire.
//!
//! Not here: any list. They stand with the object that uses them.
//!
//! Invariant: a word that its list does not hold is never taken for one that it does.

/// Declares an enumeration: its words, further spellings that are read but never written, and its place in the schema.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident in $namespace:ident {
        $($(#[$vmeta:meta])* $variant:ident = $word:literal $(| $other:literal)*),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every word, in the order of the specification.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The list as the schema shows it, further spellings included.
            pub const TABLE: $crate::record::WordsTable = $crate::record::WordsTable {
                namespace: $crate::namespace::Namespace::$namespace,
                name: stringify!($name),
                words: &[$($word $(, $other)*),+],
            };

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }

            /// Reads a word; letter case and white space around it do not count. `None` for an unknown word.
            pub fn from_word(word: &str) -> Option<$name> {
                let word = word.trim();
                $(if [$word $(, $other)*].iter().any(|known| known.eq_ignore_ascii_case(word)) {
                    return Some($name::$variant);
                })+
                None
            }
        }

        impl $crate::lexical::Lexicon for $name {
            fn from_text(text: &str) -> Option<$name> {
                $name::from_word(text)
            }

            fn to_text(&self) -> String {
                self.as_str().to_owned()
            }

            fn kind() -> $crate::record::Kind {
                $crate::record::Kind::Words(&$name::TABLE)
            }

            #[cfg(test)]
            fn draw(dice: &mut $crate::sample::Dice) -> $name {
                $name::ALL[dice.below($name::ALL.len())]
            }
        }
    };
}

pub(crate) use words;
