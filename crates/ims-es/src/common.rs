//! The records that more than one service uses (namespace `imsCommonSchema_v1p0`).
//!
//! Not here: what an extension field means (`extension/`).

use crate::lexical::{Lexical, Lexicon};
use crate::namespace::Namespace;
use crate::record::{Kind, WordsTable, record};
use crate::time::Date;
use crate::words::words;

record! {
    /// A free field: name, type and value (facts/ims-es.md §3.2). The type is informative.
    pub struct ExtensionField = Common "ExtensionField" {
        /// Its name. Letter case does not count.
        pub field_name: Option<String> = ["fieldName"],
        /// The name of its type.
        pub field_type: Option<String> = ["fieldType"],
        /// Its value. Empty means not set.
        pub field_value: Option<String> = ["fieldValue"],
    }
}

impl ExtensionField {
    /// Makes a whole field.
    pub fn new(name: &str, field_type: &str, value: &str) -> ExtensionField {
        ExtensionField {
            field_name: Some(name.to_owned()),
            field_type: Some(field_type.to_owned()),
            field_value: Some(value.to_owned()),
        }
    }

    /// Whether this is the field of that name; letter case and blanks around it do not count.
    pub fn is_named(&self, name: &str) -> bool {
        self.field_name.as_deref().is_some_and(|own| own.trim().eq_ignore_ascii_case(name))
    }

    /// The value without blanks around it, empty if there is none.
    pub fn value(&self) -> &str {
        self.field_value.as_deref().unwrap_or_default().trim()
    }
}

record! {
    /// Renames one object.
    pub struct IdentifierPair = Common "IdentifierPair" {
        /// The identifier it has.
        pub first_id: Option<String> = ["firstId"],
        /// The identifier it shall have.
        pub second_id: Option<String> = ["secondId"],
    }
}

record! {
    /// Remarks on a record, for people.
    pub struct RecordInfo = Common "RecordInfo" {
        /// The remarks.
        pub comments: Option<String> = ["comments"],
    }
}

record! {
    /// From when to when something holds.
    pub struct TimeFrame = Common "TimeFrame" {
        /// When it begins.
        pub begin: Option<TimeFrameLimit> = [nil "begin"],
        /// When it ends.
        pub end: Option<TimeFrameLimit> = [nil "end"],
        /// The name of the period.
        pub admin_period: Option<String> = ["adminPeriod"],
    }
}

record! {
    /// One end of a time frame.
    pub struct TimeFrameLimit = Common "TimeFrameLimit" {
        /// The day.
        pub date: Option<Lexical<Date>> = ["date"],
        /// Whether access is refused outside.
        pub restrict: Option<Lexical<bool>> = ["restrict"],
    }
}

record! {
    /// How somebody signs in.
    pub struct UserId = Common "UserId" {
        /// The user name.
        pub user_id_value: Option<String> = ["userIdValue"],
        /// What kind of name it is.
        pub user_id_type: Option<String> = ["userIdType"],
        /// The password.
        pub pass_word: Option<Secret> = ["passWord"],
        /// How the password is encrypted.
        pub pw_encryption_type: Option<String> = ["pwEncryptionType"],
        /// How the sign-in is checked.
        pub authentication_type: Option<String> = ["authenticationType"],
    }
}

record! {
    /// Text in a language.
    pub struct LangString = Common "LangString" {
        /// The language.
        pub language: Lexical<Language> = ["language"],
        /// The text.
        pub text: Option<String> = ["text"],
    }
}

words! {
    /// How another object stands to this one. The numbers are words of their own: which word each means is nowhere written.
    Relation in Common {
        /// The same object under another name.
        KnownAs = "KnownAs",
        /// The other one is above.
        Parent = "Parent",
        /// The other one is below.
        Child = "Child",
        /// A number of the schema.
        One = "1",
        /// A number of the schema.
        Two = "2",
        /// A number of the schema.
        Three = "3",
    }
}

/// A text that is never shown in a log: its `Debug` form hides it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a secret.
    pub fn new(secret: String) -> Secret {
        Secret(secret)
    }

    /// Tells it. Only for comparing and sending.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("(secret)")
    }
}

impl Lexicon for Secret {
    fn from_text(text: &str) -> Option<Secret> {
        Some(Secret(text.to_owned()))
    }

    fn to_text(&self) -> String {
        self.0.clone()
    }

    fn kind() -> Kind {
        Kind::Schema("string")
    }

    #[cfg(test)]
    fn draw(dice: &mut crate::sample::Dice) -> Secret {
        Secret(dice.text())
    }
}

impl crate::record::Content for Secret {
    fn read(reader: &mut crate::xml::XmlReader<'_>) -> Result<Secret, crate::error::MessageError> {
        reader.text().map(Secret)
    }

    fn write(&self, writer: &mut crate::xml::XmlWriter<'_>) -> Result<(), crate::error::MessageError> {
        writer.text(&self.0)
    }

    fn kind() -> Kind {
        Kind::Schema("string")
    }

    #[cfg(test)]
    fn draw(dice: &mut crate::sample::Dice) -> Secret {
        Secret(dice.text())
    }
}

/// A language that the schema lists (facts/ims-es.md §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language(String);

impl Language {
    /// American English, the language of every text that Muster writes unless it was told otherwise.
    pub fn en_us() -> Language {
        Language("en-US".to_owned())
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Lexicon for Language {
    fn from_text(text: &str) -> Option<Language> {
        let listed = LANGUAGES.words.iter().find(|code| code.eq_ignore_ascii_case(text.trim()))?;
        Some(Language((*listed).to_owned()))
    }

    fn to_text(&self) -> String {
        self.0.clone()
    }

    fn kind() -> Kind {
        Kind::Words(&LANGUAGES)
    }

    #[cfg(test)]
    fn draw(dice: &mut crate::sample::Dice) -> Language {
        Language(LANGUAGES.words[dice.below(LANGUAGES.words.len())].to_owned())
    }
}

/// Every language code of the schema, each once.
const LANGUAGES: WordsTable = WordsTable {
    namespace: Namespace::Common,
    name: "Language",
    words: &[
        "en-US", "en-GB", "aa", "ab", "af", "am", "ar", "as", "ay", "az", "ba", "be", "bg", "bh", "bi", "bn",
        "bo", "br", "ca", "co", "cs", "cy", "da", "de", "dz", "el", "eo", "es", "et", "eu", "fa", "fi", "fj",
        "fo", "fr", "fy", "ga", "gd", "gl", "gn", "gu", "ha", "he", "hi", "hr", "hu", "hy", "ia", "id", "ie",
        "ik", "is", "it", "iu", "ja", "jw", "ka", "kk", "kl", "km", "kn", "ko", "ks", "ku", "ky", "la", "ln",
        "lo", "lt", "lv", "mg", "mi", "mk", "ml", "mn", "mo", "mr", "ms", "mt", "my", "na", "ne", "nl", "no",
        "oc", "om", "or", "pa", "pl", "ps", "pt", "qu", "rm", "rn", "ro", "ru", "rw", "sa", "sd", "sg", "sh",
        "si", "sk", "sl", "sm", "sn", "so", "sq", "sr", "ss", "st", "su", "sv", "sw", "ta", "te", "tg", "th",
        "ti", "tk", "tl", "tn", "to", "tr", "ts", "tt", "tw", "ug", "uk", "ur", "uz", "vi", "vo", "wo", "xh",
        "yi", "yo", "za", "zh", "zu",
    ],
};

#[cfg(test)]
mod tests {
    use super::{LANGUAGES, Language, Secret};
    use crate::lexical::Lexicon;

    #[test]
    fn no_language_is_listed_twice() {
        let mut codes: Vec<&str> = LANGUAGES.words.to_vec();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), LANGUAGES.words.len());
        assert_eq!(Language::from_text("EN-us"), Some(Language::en_us()));
        assert_eq!(Language::from_text("xx"), None);
    }

    #[test]
    fn a_secret_hides_itself() {
        assert_eq!(format!("{:?}", Secret::new("token-for-tests".to_owned())), "(secret)");
    }
}
