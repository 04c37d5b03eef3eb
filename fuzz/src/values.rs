//! Any text as a value: a time, a day, a word of a list, a number. What can be read is written so that it reads the same.
//!
//! Not here: the element that holds it.

use ims_es::lexical::Lexicon;
use ims_es::membership::object::RoleType;
use ims_es::status::{CodeMajor, CodeMinor};
use ims_es::time::{Date, UtcTime};

pub(crate) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    reads_back::<UtcTime>(text);
    reads_back::<Date>(text);
    reads_back::<RoleType>(text);
    reads_back::<CodeMajor>(text);
    reads_back::<CodeMinor>(text);
    reads_back::<bool>(text);
    reads_back::<i32>(text);
}

fn reads_back<T: Lexicon + std::fmt::Debug + PartialEq>(text: &str) {
    let Some(value) = T::from_text(text) else { return };
    let written = value.to_text();
    assert_eq!(T::from_text(&written), Some(value), "{text:?} was written as {written:?}");
}
