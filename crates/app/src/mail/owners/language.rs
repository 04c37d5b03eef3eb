//! The languages that Muster speaks to owners of courses.
//!
//! Not here: what is said (`words.rs`); the rest of Muster speaks English.

/// A language that Muster speaks to owners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// English.
    English,
    /// German.
    German,
}

impl Language {
    /// Every language.
    pub(crate) const ALL: [Language; 2] = [Language::English, Language::German];

    /// The code in configuration, database and HTML.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
        }
    }

    /// The language with a code; also of Moodle's variants such as `de_du` and `en_us`.
    pub(crate) fn of_code(code: &str) -> Option<Language> {
        let language = code.split(['_', '-']).next().unwrap_or_default();
        Language::ALL.into_iter().find(|known| known.code().eq_ignore_ascii_case(language))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h7_a_language_is_known_by_its_code_and_its_variants() {
        let check = |code: &str, expected| assert_eq!(Language::of_code(code), expected, "{code:?}");
        check("de", Some(Language::German));
        check("de_du", Some(Language::German));
        check("DE-AT", Some(Language::German));
        check("en_us", Some(Language::English));
        check("den", None);
        check("fr", None);
        check("", None);
    }
}
