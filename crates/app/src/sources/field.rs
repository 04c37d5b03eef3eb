//! One field: decoded strictly, trimmed, checked.
//!
//! Not here: which field belongs where (`intake.rs`).
//!
//! Invariant: a byte that cannot be decoded is never replaced; the field is refused.
//! Invariant: keys are not normalised: two spellings of a letter stay two keys.

use std::borrow::Cow;
use std::fmt::Write;

use encoding_rs::{DecoderResult, Encoding, UTF_8};
use reconcile::delivery::Rule;
use reconcile::keys::Text;
use store::SUBKEY_CHARS_MAX;

/// The longest field, in characters.
const FIELD_CHARS_MAX: usize = 1_000;

/// The longest field that a rejection shows, in characters: a missing quotation mark may swallow a whole file.
const SHOWN_CHARS_MAX: usize = 2_000;

/// Why a row is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The rule that was broken.
    pub(crate) rule: Rule,
    /// What exactly is wrong.
    pub(crate) detail: String,
}

impl Fault {
    /// Makes a fault.
    pub(crate) fn new(rule: Rule, detail: impl Into<String>) -> Self {
        Fault { rule, detail: detail.into() }
    }
}

/// Whether line breaks and tabs may stand in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breaks {
    /// In the name of a group, where they become blanks later (`reconcile::naming`).
    Allowed,
    /// Everywhere else.
    Refused,
}

/// Decodes, trims and checks a field.
pub(crate) fn read<'a>(
    bytes: &'a [u8],
    encoding: &'static Encoding,
    column: &str,
    breaks: Breaks,
) -> Result<Cow<'a, str>, Fault> {
    let text = match decode(bytes, encoding) {
        Ok(Cow::Borrowed(text)) => Cow::Borrowed(text.trim()),
        Ok(Cow::Owned(text)) => Cow::Owned(text.trim().to_owned()),
        Err(offset) => {
            let byte = bytes.get(offset).copied().unwrap_or_default();
            let detail = format!(
                "{column} is not {}: byte 0x{byte:02X} at offset {offset} of {}",
                encoding.name(),
                shown(bytes, encoding)
            );
            return Err(Fault::new(Rule::Encoding, detail));
        }
    };
    // Nearly every field ends here: short, and without a byte that could begin a control character.
    let suspicious = |byte: &u8| *byte < 0x20 || *byte == 0x7f || *byte == 0xc2;
    if text.len() <= FIELD_CHARS_MAX && !text.as_bytes().iter().any(suspicious) {
        return Ok(text);
    }
    let refused =
        |c: &char| c.is_control() && !(breaks == Breaks::Allowed && matches!(c, '\n' | '\r' | '\t'));
    if let Some(control) = text.chars().find(refused) {
        let detail = format!("{column} holds the control character U+{:04X}", u32::from(control));
        return Err(Fault::new(Rule::Unprintable, detail));
    }
    let chars = text.chars().count();
    if chars > FIELD_CHARS_MAX {
        let detail = format!("{column} has {chars} characters, more than {FIELD_CHARS_MAX}");
        return Err(Fault::new(Rule::Unprintable, detail));
    }
    Ok(text)
}

/// Checks that a key is no longer than an index of every database holds.
pub(crate) fn fits_a_key(key: &str, column: &str) -> Result<(), Fault> {
    // Most keys have a few bytes.
    let chars = if key.len() <= SUBKEY_CHARS_MAX { key.len() } else { key.chars().count() };
    if chars <= SUBKEY_CHARS_MAX {
        return Ok(());
    }
    let detail = format!("{column} has {chars} characters, more than {SUBKEY_CHARS_MAX}");
    Err(Fault::new(Rule::Unprintable, detail))
}

/// Decodes bytes, or tells the offset of the first one that cannot be decoded.
fn decode<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Result<Cow<'a, str>, usize> {
    if encoding == UTF_8 {
        return std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| error.valid_up_to());
    }
    if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        return Ok(text);
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(bytes.len() * 3 + 16);
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (DecoderResult::Malformed(bad, behind), read) => {
            Err(read.saturating_sub(usize::from(bad) + usize::from(behind)))
        }
        (DecoderResult::InputEmpty | DecoderResult::OutputFull, _) => Ok(Cow::Owned(text)),
    }
}

/// Shows a field as it was read: what cannot be decoded or stored stands as `\xNN`. The end of the line is no part of
/// its last field.
pub(crate) fn shown(bytes: &[u8], encoding: &'static Encoding) -> Text {
    let line_ends = bytes.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let bytes = &bytes[..bytes.len() - line_ends];
    let kept = &bytes[..bytes.len().min(SHOWN_CHARS_MAX * 4)];
    let mut shown = String::with_capacity(kept.len());
    match decode(kept, encoding) {
        Ok(text) => text.chars().for_each(|c| push(&mut shown, c)),
        Err(_) => {
            for chunk in kept.utf8_chunks() {
                // Without the right encoding only ASCII is sure, except in UTF-8 itself.
                for c in chunk.valid().chars() {
                    if c.is_ascii() || encoding == UTF_8 {
                        push(&mut shown, c);
                    } else {
                        let mut buffer = [0; 4];
                        c.encode_utf8(&mut buffer).bytes().for_each(|byte| push_byte(&mut shown, byte));
                    }
                }
                chunk.invalid().iter().for_each(|byte| push_byte(&mut shown, *byte));
            }
        }
    }
    if let Some((end, _)) = shown.char_indices().nth(SHOWN_CHARS_MAX) {
        shown.truncate(end);
        let _infallible = write!(shown, "… ({} bytes)", bytes.len());
    }
    shown.into()
}

/// Line breaks and tabs are kept; other control characters are not, since no database likes them.
fn push(shown: &mut String, c: char) {
    match u8::try_from(c) {
        Ok(byte) if byte.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t') => push_byte(shown, byte),
        _ => shown.push(c),
    }
}

fn push_byte(shown: &mut String, byte: u8) {
    let _infallible = write!(shown, "\\x{byte:02X}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{SHIFT_JIS, WINDOWS_1252};

    fn check(bytes: &[u8], encoding: &'static Encoding, expected: Result<&str, &str>) {
        let found = read(bytes, encoding, "x", Breaks::Refused);
        let found = found.map_err(|fault| format!("{}: {}", fault.rule.as_str(), fault.detail));
        assert_eq!(found.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn a_field_is_decoded_in_the_declared_encoding() {
        check("Käthe".as_bytes(), UTF_8, Ok("Käthe"));
        check(b"K\xe4the", WINDOWS_1252, Ok("Käthe"));
        check(b"\x83J", SHIFT_JIS, Ok("カ"));
    }

    #[test]
    fn a_byte_that_cannot_be_decoded_is_told_with_its_offset() {
        check(b"K\xe4the", UTF_8, Err("encoding: x is not UTF-8: byte 0xE4 at offset 1 of K\\xE4the"));
        check(
            b"ab\x83\x20",
            SHIFT_JIS,
            Err("encoding: x is not Shift_JIS: byte 0x83 at offset 2 of ab\\x83 "),
        );
        check(b"\x81", WINDOWS_1252, Err("unprintable: x holds the control character U+0081"));
    }

    #[test]
    fn blanks_around_a_field_are_not_part_of_it() {
        check("\u{a0} a b \r\n".as_bytes(), UTF_8, Ok("a b"));
        check(b"  ", UTF_8, Ok(""));
    }

    #[test]
    fn control_characters_and_endless_fields_are_refused() {
        check(b"a\0b", UTF_8, Err("unprintable: x holds the control character U+0000"));
        check(b"a\nb", UTF_8, Err("unprintable: x holds the control character U+000A"));
        check("a\u{85}b".as_bytes(), UTF_8, Err("unprintable: x holds the control character U+0085"));
        check("\u{a9}".repeat(1_000).as_bytes(), UTF_8, Ok(&"\u{a9}".repeat(1_000)));
        check("é".repeat(1_001).as_bytes(), UTF_8, Err("unprintable: x has 1001 characters, more than 1000"));
        assert_eq!(read(b"a\nb", UTF_8, "x", Breaks::Allowed).unwrap(), "a\nb");
    }

    #[test]
    fn a_rejected_field_is_shown_whole_unless_it_is_endless() {
        assert_eq!(&*shown(b"a\xff\0\tb", UTF_8), "a\\xFF\\x00\tb");
        assert_eq!(&*shown(b"a\xc3\xa4\xff", SHIFT_JIS), "a\\xC3\\xA4\\xFF");
        assert!(shown(&vec![b'a'; 1 << 20], UTF_8).ends_with("a… (1048576 bytes)"));
    }
}
