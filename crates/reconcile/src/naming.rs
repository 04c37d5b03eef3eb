//! Names of groups and groupings: rendered from a template, made to fit the platform, compared as the platform does.
//!
//! Not here: who gets which name when several want the same ([`crate::desired`], [`crate::plan`]).
//!
//! Invariant: a name that [`fit`] returns is accepted by Moodle as it is and comes back unchanged
//! (facts/moodle-ws.md sections 4 and 6).
//! Invariant: two names that any usual collation of Moodle's databases takes for equal have the same [`fold`].

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::keys::{Text, short_hash};

/// The longest group name that Moodle keeps, in characters (facts/moodle-ws.md section 6).
pub const GROUP_NAME_CHARS_MAX: usize = 254;

/// The longest grouping name that Moodle keeps, in characters (facts/moodle-ws.md section 6).
pub const GROUPING_NAME_CHARS_MAX: usize = 255;

/// A name that the platform keeps as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitted {
    /// The name.
    pub name: Text,
    /// Whether more than white space had to be changed.
    pub changed: Changed,
}

/// Whether a name had to be changed in a way that people see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is what the source says.
    No,
    /// It was shortened, or `<` was set apart.
    Yes,
}

/// Replaces `{word}` by its value; a word that is not among the values stays as it is.
pub fn render(template: &str, values: &[(&str, &str)]) -> String {
    let mut rendered = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        rendered.push_str(&rest[..open]);
        rest = &rest[open..];
        let value = rest.find('}').and_then(|close| {
            let word = &rest[1..close];
            values.iter().find(|(name, _)| *name == word).map(|(_, value)| (close, value))
        });
        match value {
            Some((close, value)) => {
                rendered.push_str(value);
                rest = &rest[close + 1..];
            }
            None => {
                rendered.push('{');
                rest = &rest[1..];
            }
        }
    }
    rendered.push_str(rest);
    rendered
}

/// Makes a name that the platform keeps as it is, in at most `chars_max` characters.
///
/// White space and control characters become single blanks; `<` is set apart, because Moodle refuses what looks like
/// a tag; what is too long ends in a hash of the whole, so that two long names that begin alike stay apart.
pub fn fit(name: &str, chars_max: usize) -> Fitted {
    let mut clean = String::with_capacity(name.len());
    let mut after_open = false;
    let mut changed = Changed::No;
    for word in name.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !clean.is_empty() {
            clean.push(' ');
            after_open = false;
        }
        for c in word.nfc() {
            if after_open {
                clean.push(' ');
                changed = Changed::Yes;
            }
            clean.push(c);
            after_open = c == '<';
        }
    }
    if after_open {
        // Strip-tags takes a name that ends in `<` for the beginning of a tag.
        clean.pop();
        clean.push('‹');
        changed = Changed::Yes;
    }
    if clean.chars().count() > chars_max {
        let mark = format!("… {}", &short_hash(&clean)[..6]);
        let keep = chars_max.saturating_sub(mark.chars().count());
        let mut head: String = clean.chars().take(keep).collect();
        head.truncate(head.trim_end().len());
        // A cut right behind `<` would leave a tag's beginning.
        while head.ends_with('<') {
            head.pop();
            head.truncate(head.trim_end().len());
        }
        clean = head + &mark;
        changed = Changed::Yes;
    }
    Fitted { name: clean.into(), changed }
}

/// Folds a name for comparison: case, accents, widths and trailing blanks do not count, and all characters beyond
/// the basic plane are alike, as MariaDB's usual collation has it (facts/moodle-ws.md section 6).
///
/// It folds more than an exact collation would; a clash that is none there only costs a qualified name.
pub fn fold(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for c in name.nfkd() {
        match c {
            c if is_combining_mark(c) || c.is_control() => {}
            'ß' | 'ẞ' => folded.push_str("ss"),
            'æ' | 'Æ' => folded.push_str("ae"),
            'œ' | 'Œ' => folded.push_str("oe"),
            'ø' | 'Ø' => folded.push('o'),
            'ł' | 'Ł' => folded.push('l'),
            'đ' | 'Đ' => folded.push('d'),
            'ς' => folded.push('σ'),
            c if u32::from(c) > 0xFFFF => folded.push('\u{FFFD}'),
            c => folded.extend(c.to_lowercase()),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_once_and_only_with_known_words() {
        let values = [("group", "{module}"), ("module", "ANTH1014")];
        assert_eq!(render("{group} of {module} {what} {", &values), "{module} of ANTH1014 {what} {");
    }

    fn check_fit(name: &str, expected: &str, changed: Changed) {
        let fitted = fit(name, 20);
        assert_eq!((&*fitted.name, fitted.changed), (expected, changed), "{name:?}");
        assert_eq!(fit(&fitted.name, 20).name, fitted.name, "fitting twice is the same as once");
    }

    #[test]
    fn names_are_made_to_fit() {
        check_fit("TUT5", "TUT5", Changed::No);
        check_fit("  a\tb\n c ", "a b c", Changed::No);
        check_fit("R&D <5", "R&D < 5", Changed::Yes);
        check_fit("x < y", "x < y", Changed::No);
        check_fit("x <", "x ‹", Changed::Yes);
        check_fit("<<b>", "< < b>", Changed::Yes);
        check_fit("12345678901234567890", "12345678901234567890", Changed::No);
        check_fit("e\u{301}", "é", Changed::No);
        check_fit("\u{0}\u{7f}", "", Changed::No);
    }

    #[test]
    fn long_names_that_begin_alike_stay_apart() {
        let long = "Ω".repeat(300);
        let first = fit(&format!("{long}1"), GROUP_NAME_CHARS_MAX).name;
        let second = fit(&format!("{long}2"), GROUP_NAME_CHARS_MAX).name;
        assert_eq!(first.chars().count(), GROUP_NAME_CHARS_MAX);
        assert_ne!(first, second);
        assert_eq!(fit(&first, GROUP_NAME_CHARS_MAX).name, first);
    }

    #[test]
    fn what_a_collation_takes_for_equal_folds_alike() {
        for (one, other) in [
            ("A1", "a1"),
            ("Café", "Cafe"),
            ("Straße", "Strasse"),
            ("e\u{301}x", "éx"),
            ("😀", "🎉"),
            ("A1 ", "A1"),
            ("Ａ１", "A1"),
            ("A1\u{1}", "A1"),
        ] {
            assert_eq!(fold(one), fold(other), "{one:?} and {other:?}");
        }
        assert_ne!(fold("AB-1"), fold("AB1"));
    }
}
