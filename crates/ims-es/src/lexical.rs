//! Values that have a spelling: booleans, numbers, dates, words of a closed list.
//!
//! Not here: what an unreadable value means for the item that holds it. That is a `Problem`, found by the rules.
//!
//! Invariant: text that is not a value is kept as it was sent, so that one bad value never hurts the neighbours of its item and can be
//! shown to its sender.

use crate::error::MessageError;
use crate::record::{Content, Kind};
use crate::xml::{XmlReader, XmlWriter};

/// A type that text can spell.
pub trait Lexicon: Sized {
    /// Reads a spelling. `None` if it is none.
    fn from_text(text: &str) -> Option<Self>;
    /// The one spelling that we write.
    fn to_text(&self) -> String;
    /// How the schema shows the type.
    fn kind() -> Kind;
    /// Any value.
    #[cfg(test)]
    fn draw(dice: &mut crate::sample::Dice) -> Self;
}

/// A value, or the text that was sent in its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Lexical<T> {
    /// What the text says.
    Value(T),
    /// Text that says nothing of this type. Empty when the element was empty or, where it is mandatory, missing.
    Text(String),
}

impl<T> Default for Lexical<T> {
    fn default() -> Lexical<T> {
        Lexical::Text(String::new())
    }
}

impl<T: Lexicon> Lexical<T> {
    /// Reads a text.
    pub fn read(text: String) -> Lexical<T> {
        match T::from_text(&text) {
            Some(value) => Lexical::Value(value),
            None => Lexical::Text(text),
        }
    }

    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Lexical::Value(value) => Some(value),
            Lexical::Text(_) => None,
        }
    }

    /// The text as it goes out.
    pub fn text(&self) -> String {
        match self {
            Lexical::Value(value) => value.to_text(),
            Lexical::Text(text) => text.clone(),
        }
    }

    /// The text that says nothing, unless it is blank.
    pub fn unreadable(&self) -> Option<&str> {
        match self {
            Lexical::Value(_) => None,
            Lexical::Text(text) => Some(text.as_str()).filter(|text| !text.trim().is_empty()),
        }
    }
}

impl<T: Lexicon> Content for Lexical<T> {
    fn read(reader: &mut XmlReader<'_>) -> Result<Lexical<T>, MessageError> {
        Ok(Lexical::read(reader.text()?))
    }

    fn write(&self, writer: &mut XmlWriter<'_>) -> Result<(), MessageError> {
        writer.text(&self.text())
    }

    fn kind() -> Kind {
        T::kind()
    }

    #[cfg(test)]
    fn draw(dice: &mut crate::sample::Dice) -> Lexical<T> {
        if dice.below(4) == 0 { Lexical::read(dice.text()) } else { Lexical::Value(T::draw(dice)) }
    }
}

/// xs:boolean. `True` and `False` with any capitals are read as well.
impl Lexicon for bool {
    fn from_text(text: &str) -> Option<bool> {
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }

    fn to_text(&self) -> String {
        self.to_string()
    }

    fn kind() -> Kind {
        Kind::Schema("boolean")
    }

    #[cfg(test)]
    fn draw(dice: &mut crate::sample::Dice) -> bool {
        dice.below(2) == 0
    }
}

/// xs:int.
impl Lexicon for i32 {
    fn from_text(text: &str) -> Option<i32> {
        text.trim().parse().ok()
    }

    fn to_text(&self) -> String {
        self.to_string()
    }

    fn kind() -> Kind {
        Kind::Schema("int")
    }

    #[cfg(test)]
    fn draw(dice: &mut crate::sample::Dice) -> i32 {
        i32::try_from(dice.below(1000)).unwrap() - 500
    }
}

#[cfg(test)]
mod tests {
    use super::{Lexical, Lexicon};

    fn check<T: Lexicon + std::fmt::Debug + PartialEq>(text: &str, expected: Option<T>) {
        assert_eq!(T::from_text(text), expected, "{text:?}");
    }

    #[test]
    fn booleans_are_read_in_every_form_that_is_sent() {
        for text in ["true", "True", "TRUE", "1", " 1\n"] {
            check(text, Some(true));
        }
        for text in ["false", "False", "0"] {
            check(text, Some(false));
        }
        for text in ["", "yes", "2", "truee"] {
            check::<bool>(text, None);
        }
    }

    #[test]
    fn what_is_no_value_is_kept_as_it_was_sent() {
        let sent: Lexical<i32> = Lexical::read(" twelve ".to_owned());
        assert_eq!(sent, Lexical::Text(" twelve ".to_owned()));
        assert_eq!(sent.unreadable(), Some(" twelve "));
        assert_eq!(Lexical::<i32>::read(" 12 ".to_owned()).text(), "12");
    }
}
