//! How the site's database compares names.
//!
//! Not here: PHP's own comparison, which idnumbers of groups go through (`php.rs`).
//!
//! Invariant: two texts are equal for the database exactly when their folded forms are equal.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The comparison of the database behind the site (facts/moodle-ws.md §6).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Collation {
    /// MySQL and MariaDB with `utf8mb4_unicode_ci`: case, accents, trailing blanks and control characters do
    /// not count, and all characters beyond the basic plane are the same.
    #[default]
    FoldedLikeMariaDb,
    /// PostgreSQL: every byte counts.
    Exact,
}

impl Collation {
    /// The form in which equal texts are equal strings.
    pub(super) fn fold(self, text: &str) -> String {
        match self {
            Collation::Exact => text.to_owned(),
            Collation::FoldedLikeMariaDb if text.is_ascii() => fold_ascii(text),
            Collation::FoldedLikeMariaDb => fold_unicode(text),
        }
    }
}

/// The common case, without tables.
fn fold_ascii(text: &str) -> String {
    let mut folded: String =
        text.chars().filter(|c| !is_ignored(*c)).map(|c| c.to_ascii_lowercase()).collect();
    folded.truncate(folded.trim_end_matches(' ').len());
    folded
}

fn fold_unicode(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c) && !is_ignored(*c)) {
        match c {
            // A character beyond the basic plane has the weight of the replacement character.
            '\u{10000}'.. => folded.push('\u{FFFD}'),
            'ß' | 'ẞ' => folded.push_str("ss"),
            other => folded.extend(other.to_lowercase()),
        }
    }
    folded.truncate(folded.trim_end_matches(' ').len());
    folded
}

/// Control characters other than white space weigh nothing.
fn is_ignored(c: char) -> bool {
    c.is_control() && !c.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::Collation;

    fn equal(left: &str, right: &str) -> bool {
        let fold = |text| Collation::FoldedLikeMariaDb.fold(text);
        fold(left) == fold(right)
    }

    /// The table of facts/moodle-ws.md §6.
    #[test]
    fn mariadb_folds_case_accents_blanks_and_emoji() {
        for (left, right) in [
            ("A1", "a1"),
            ("A1", "A1 "),
            ("A1", "A1\u{1}"),
            ("Cafe", "Café"),
            ("Strasse", "Straße"),
            ("e\u{301}x", "éx"),
            ("😀", "🎉"),
            ("T0001", "T\u{FF10}\u{FF10}\u{FF10}\u{FF11}"),
        ] {
            assert!(equal(left, right), "{left:?} and {right:?}");
        }
        for (left, right) in [("A1", " A1"), ("AB-1", "AB1"), ("A1", "A2")] {
            assert!(!equal(left, right), "{left:?} and {right:?}");
        }
    }

    #[test]
    fn postgresql_compares_bytes() {
        assert_ne!(Collation::Exact.fold("A1"), Collation::Exact.fold("a1"));
    }
}
