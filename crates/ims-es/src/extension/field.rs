//! Reading and writing one extension field.
//!
//! Not here: which fields there are.
//!
//! Invariant: of two fields with one name the first counts, and the second is reported.

use crate::common::ExtensionField;
use crate::extension::problem;
use crate::lexical::Lexicon;
use crate::problem::{Problem, Weight};
use crate::status::CodeMinor;

/// What a field says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting<T> {
    /// It was sent empty: the value is taken away.
    Cleared,
    /// It has this value.
    Value(T),
}

impl<T> Setting<T> {
    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Setting::Cleared => None,
            Setting::Value(value) => Some(value),
        }
    }
}

/// A field that is being read.
pub(super) struct Reading<'a> {
    pub(super) name: &'a str,
    pub(super) field: &'a ExtensionField,
    pub(super) problems: &'a mut Vec<Problem>,
}

impl Reading<'_> {
    pub(super) fn boolean(&mut self, place: &mut Option<Setting<bool>>) {
        self.lexical(place, "The value is no Boolean.", "Send True or False.");
    }

    pub(super) fn number(&mut self, place: &mut Option<Setting<i32>>) {
        self.lexical(place, "The value is no whole number of 32 bits.", "Send a whole number.");
    }

    fn lexical<T: Lexicon>(&mut self, place: &mut Option<Setting<T>>, text: &str, mend: &str) {
        let value = self.field.value();
        match T::from_text(value) {
            _ if value.is_empty() => self.keep(place, Setting::Cleared),
            Some(value) => self.keep(place, Setting::Value(value)),
            None => self.problems.push(problem(CodeMinor::InvalidData, self.name, value, text, mend)),
        }
    }

    pub(super) fn text(&mut self, place: &mut Option<Setting<String>>, length_max: usize) {
        let value = self.field.value();
        if value.is_empty() {
            return self.keep(place, Setting::Cleared);
        }
        if value.chars().count() > length_max {
            let text = format!("The value has more than {length_max} characters.");
            let mend = format!("Send at most {length_max} characters.");
            self.problems.push(problem(CodeMinor::InvalidData, self.name, value, &text, &mend));
            return;
        }
        self.keep(place, Setting::Value(value.to_owned()));
    }

    fn keep<T>(&mut self, place: &mut Option<Setting<T>>, setting: Setting<T>) {
        if place.is_none() {
            *place = Some(setting);
        } else {
            self.problems.push(repeated(self.name, self.field.value()));
        }
    }

    pub(super) fn unknown(&mut self) {
        self.problems.push(super::unknown(self.field));
    }

    pub(super) fn nameless(&mut self) {
        let text = "An extension field has no name; it was left out.";
        let found = problem(CodeMinor::PartialDataStorage, "", self.field.value(), text, "Send fieldName.");
        self.problems.push(found.weighing(Weight::Warning));
    }
}

/// The warning for a field that was sent before.
fn repeated(name: &str, value: &str) -> Problem {
    let text = "The extension field was sent twice; the first one counts.";
    problem(CodeMinor::PartialDataStorage, name, value, text, "Send it once.").weighing(Weight::Warning)
}

pub(super) fn put_boolean(
    fields: &mut Vec<ExtensionField>,
    name: &str,
    setting: Option<&Setting<bool>>,
    words: [&str; 2],
) {
    let Some(setting) = setting else { return };
    let [yes, no] = words;
    let value = setting.value().map_or("", |value| if *value { yes } else { no });
    fields.push(ExtensionField::new(name, "Boolean", value));
}

pub(super) fn put_number(fields: &mut Vec<ExtensionField>, name: &str, setting: Option<&Setting<i32>>) {
    let Some(setting) = setting else { return };
    let value = setting.value().map(i32::to_string).unwrap_or_default();
    fields.push(ExtensionField::new(name, "int", &value));
}

pub(super) fn put_text(
    fields: &mut Vec<ExtensionField>,
    name: &str,
    field_type: &str,
    setting: Option<&Setting<String>>,
) {
    let Some(setting) = setting else { return };
    fields.push(ExtensionField::new(name, field_type, setting.value().map_or("", String::as_str)));
}
