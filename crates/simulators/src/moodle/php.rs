//! The few rules of PHP and of Moodle's parameter cleaning that a client can feel.
//!
//! Not here: decoding of forms (`wire/form.rs`) and which parameter has which type (`functions/`).
//!
//! Invariant: a cleaning function accepts a value only if cleaning would leave it unchanged
//! (facts/moodle-ws.md §4).

/// PHP's `trim`: blank, tab, line feed, carriage return, NUL, vertical tab; a no-break space stays.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r', '\0', '\u{B}'])
}

/// PHP's `empty` for a string.
pub(super) fn is_empty(text: &str) -> bool {
    text.is_empty() || text == "0"
}

/// PHP's `==` between strings: two numeric strings compare as numbers (facts/moodle-ws.md §6).
pub(super) fn loosely_equal(left: &str, right: &str) -> bool {
    if left == right {
        return true;
    }
    let (Some(left), Some(right)) = (numeric(left), numeric(right)) else { return false };
    match (left.parse::<i64>(), right.parse::<i64>()) {
        (Ok(left), Ok(right)) => left == right,
        // Two whole numbers too large for an integer would lose digits as floats, so PHP compares the text.
        (Err(_), Err(_)) if is_whole(left) && is_whole(right) => false,
        _ => left.parse::<f64>().ok() == right.parse::<f64>().ok(),
    }
}

/// The number inside a wholly numeric string, blanks removed.
fn numeric(text: &str) -> Option<&str> {
    let text = text.trim_matches([' ', '\t', '\n', '\r', '\u{B}', '\u{C}']);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digits = !(whole.is_empty() && fraction.is_empty());
    let good_exponent = exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent));
    (has_digits && digits(whole) && digits(fraction) && good_exponent).then_some(text)
}

fn is_whole(number: &str) -> bool {
    !number.contains(['.', 'e', 'E'])
}

/// `PARAM_INT`: decimal digits without plus, leading zero, blank or fraction.
pub(super) fn int(value: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(value).ok()?;
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// `PARAM_BOOL`: `0` or `1`.
pub(super) fn boolean(value: &[u8]) -> Option<bool> {
    match value {
        b"0" => Some(false),
        b"1" => Some(true),
        _ => None,
    }
}

/// `PARAM_RAW`: any valid UTF-8 without NUL.
pub(super) fn raw(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok().filter(|text| !text.contains('\0'))
}

/// `PARAM_TEXT`: as raw, and tag stripping must change nothing.
pub(super) fn text(value: &[u8]) -> Option<&str> {
    raw(value).filter(|text| has_no_tags(text))
}

/// Whether every `<` is followed by a blank or belongs to balanced multilang tags of one kind.
fn has_no_tags(text: &str) -> bool {
    let mut open = false;
    let close = if text.contains("</lang>") { "/lang" } else { "/span" };
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if rest.starts_with([' ', '\t', '\n', '\r']) {
            continue;
        }
        let Some(end) = rest.find('>') else { return false };
        let tag = &rest[..end];
        if open != (tag == close) || (!open && !opens_multilang(tag, &close[1..])) {
            return false;
        }
        open = !open;
        rest = &rest[end + 1..];
    }
    !open
}

/// Whether the inside of a tag is `lang lang="xx"` or `span lang="xx" class="multilang"` in either order.
fn opens_multilang(tag: &str, kind: &str) -> bool {
    let mut words = tag.split_ascii_whitespace();
    if words.next() != Some(kind) {
        return false;
    }
    let mut attributes: Vec<&str> = words.collect();
    if kind == "span" {
        let before = attributes.len();
        attributes.retain(|attribute| *attribute != "class=\"multilang\"");
        if attributes.len() + 1 != before {
            return false;
        }
    }
    let is_code = |code: &str| {
        !code.is_empty()
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    let language = |attribute: &str| attribute.strip_prefix("lang=\"")?.strip_suffix('"').map(is_code);
    matches!(attributes.as_slice(), [only] if language(only) == Some(true))
}

#[cfg(test)]
mod tests {
    use super::{int, loosely_equal, text, trim};

    /// The table of facts/moodle-ws.md §4.
    #[test]
    fn an_integer_is_accepted_only_in_its_plain_form() {
        for good in ["2", "-2", "9223372036854775807"] {
            assert!(int(good.as_bytes()).is_some(), "{good:?}");
        }
        for bad in ["02", "+2", " 2", "2 ", "2.0", "2e0", "0x2", "2a", "", "9223372036854775808"] {
            assert!(int(bad.as_bytes()).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_text_is_refused_when_tag_stripping_would_change_it() {
        for good in [
            "R&D < 5",
            "5 > 4 & 3",
            "<span lang=\"en\" class=\"multilang\">E</span><span lang=\"fr\" class=\"multilang\">F</span>",
            "<span class=\"multilang\" lang=\"en\">E</span>",
            "<lang lang=\"en\">E</lang>",
            "tab\tand\nline",
        ] {
            assert!(text(good.as_bytes()).is_some(), "{good:?}");
        }
        for bad in [
            "<b>x</b>",
            "a<b",
            "x <3 y",
            "<5",
            "<span>E</span>",
            "<lang lang=\"en\">E",
            "</lang>",
            "nul\0",
            "<lang lang=\"en\">E</lang></lang>",
        ] {
            assert!(text(bad.as_bytes()).is_none(), "{bad:?}");
        }
        assert!(text(b"\xff").is_none());
    }

    /// The paragraph on idnumbers of facts/moodle-ws.md §6.
    #[test]
    fn numeric_strings_compare_as_numbers() {
        for (left, right) in
            [("7", "07"), ("7", "7.0"), ("7", " 7"), ("7", "7e0"), ("7", "+7"), ("1e3", "1000"), ("x", "x")]
        {
            assert!(loosely_equal(left, right), "{left:?} and {right:?}");
        }
        for (left, right) in [
            ("7", "7a"),
            ("7", "0x7"),
            ("7", "٧"),
            ("ID-A2", "id-a2"),
            ("123abc", "123"),
            ("e3", "0e3"),
            ("", "."),
        ] {
            assert!(!loosely_equal(left, right), "{left:?} and {right:?}");
        }
    }

    #[test]
    fn trim_leaves_a_no_break_space() {
        assert_eq!(trim(" \t\u{B}\u{A0}nb\u{A0}\r\n"), "\u{A0}nb\u{A0}");
    }
}
