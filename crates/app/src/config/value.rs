//! Reads one value of the file as its key wants it.
//!
//! Not here: which key the value belongs to (`check.rs`), and rules between keys (`build.rs`).
//!
//! Invariant: a complaint about a secret or a URL does not repeat it.

use std::path::{Path, PathBuf};

use encoding_rs::Encoding;
use toml::de::{DeTable, DeValue};

use super::address::DatabaseUrl;
use super::document::Value;
use super::mistake::nearest;
use super::schema::Kind;
use super::secret::SecretRef;
use crate::serve::Cron;

/// What is wrong with a value, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// What is wrong and what was expected.
    pub(crate) message: String,
    /// What to do.
    pub(crate) hint: Option<String>,
}

impl Wrong {
    fn new(message: impl Into<String>) -> Self {
        Wrong { message: message.into(), hint: None }
    }
}

/// Shows the three forms of a reference to a secret.
pub(crate) const SECRET_FORMS: &str =
    "write { env = \"NAME\" }, { file = \"PATH\" } or { command = \"PROGRAM ARGUMENTS\" }";

/// Reads a value.
pub(crate) fn read(kind: Kind, value: &DeValue<'_>, base_dir: &Path) -> Result<Value, Wrong> {
    match kind {
        Kind::Secret => secret(value, base_dir).map(Value::Secret),
        Kind::Number { min, max } => number(value, min, max).map(Value::Number),
        Kind::Flag => match value {
            DeValue::Boolean(flag) => Ok(Value::Flag(*flag)),
            other => Err(expected("true or false", other)),
        },
        Kind::List => list(value).map(Value::List),
        Kind::Numbers => numbers(value).map(Value::Numbers),
        Kind::Text
        | Kind::File
        | Kind::DatabaseUrl
        | Kind::WebUrl
        | Kind::Encoding
        | Kind::Words { .. }
        | Kind::Template { .. }
        | Kind::Schedule => {
            let DeValue::String(text) = value else {
                return Err(expected("a text in quotation marks", value));
            };
            if text.trim().is_empty() {
                return Err(Wrong::new("is empty; leave the key out if you do not need it"));
            }
            check_text(kind, text, base_dir)?;
            Ok(Value::Text(text.to_string()))
        }
    }
}

fn check_text(kind: Kind, text: &str, base_dir: &Path) -> Result<(), Wrong> {
    match kind {
        Kind::DatabaseUrl => DatabaseUrl::parse(text, base_dir).map(drop).map_err(Wrong::new),
        Kind::WebUrl => web_url(text),
        Kind::Encoding => encoding(text).map(drop).map_err(Wrong::new),
        Kind::Words { known } => word(text, known),
        Kind::Template { known, needed } => template(text, known, needed),
        Kind::Schedule => Cron::parse(text).map(drop).map_err(|error| Wrong::new(error.to_string())),
        Kind::Text
        | Kind::File
        | Kind::Number { .. }
        | Kind::Flag
        | Kind::List
        | Kind::Numbers
        | Kind::Secret => Ok(()),
    }
}

/// Says what was expected and what was found.
pub(crate) fn expected(what: &str, found: &DeValue<'_>) -> Wrong {
    let found = match found {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    Wrong::new(format!("expected {what}, found {found}"))
}

fn number(value: &DeValue<'_>, min: i64, max: i64) -> Result<i64, Wrong> {
    let range = format!("a whole number from {min} to {max}");
    let DeValue::Integer(digits) = value else {
        return Err(expected(&range, value));
    };
    match i64::from_str_radix(digits.as_str(), digits.radix()) {
        Ok(number) if (min..=max).contains(&number) => Ok(number),
        _ => Err(Wrong::new(format!("expected {range}, found {}", digits.as_str()))),
    }
}

fn list(value: &DeValue<'_>) -> Result<Vec<String>, Wrong> {
    let DeValue::Array(items) = value else {
        return Err(expected("a list of texts such as [\"a\", \"b\"]", value));
    };
    let text = |item: &DeValue<'_>| match item {
        DeValue::String(text) => Ok(text.to_string()),
        other => Err(expected("a list of texts such as [\"a\", \"b\"]", other)),
    };
    items.iter().map(|item| text(item.get_ref())).collect()
}

fn numbers(value: &DeValue<'_>) -> Result<Vec<i64>, Wrong> {
    let DeValue::Array(items) = value else {
        return Err(expected("a list of whole numbers such as [12, 34]", value));
    };
    items.iter().map(|item| number(item.get_ref(), 1, i64::MAX)).collect()
}

fn secret(value: &DeValue<'_>, base_dir: &Path) -> Result<SecretRef, Wrong> {
    let refused = |message: &str| Wrong { message: message.into(), hint: Some(SECRET_FORMS.into()) };
    match value {
        DeValue::Table(table) => secret_table(table, base_dir).ok_or_else(|| {
            refused("expected exactly one of env, file and command, with a text that is not empty")
        }),
        DeValue::String(_) => Err(refused("a secret does not stand in this file")),
        other => Err(refused(&expected("a reference to a secret", other).message)),
    }
}

fn secret_table(table: &DeTable<'_>, base_dir: &Path) -> Option<SecretRef> {
    let mut entries = table.iter();
    let ((form, value), None) = (entries.next()?, entries.next()) else {
        return None;
    };
    let DeValue::String(text) = value.get_ref() else {
        return None;
    };
    match form.get_ref().as_ref() {
        _ if text.trim().is_empty() => None,
        "env" => Some(SecretRef::Env(text.to_string())),
        "file" => Some(SecretRef::File(base_dir.join(PathBuf::from(text.as_ref())))),
        "command" => Some(SecretRef::Command(text.to_string())),
        _ => None,
    }
}

fn word(text: &str, known: &[&str]) -> Result<(), Wrong> {
    if known.contains(&text) {
        return Ok(());
    }
    let quoted: Vec<String> = known.iter().map(|word| format!("{word:?}")).collect();
    let choice = quoted.join(" or ");
    Err(Wrong {
        message: format!("{text:?} is not a word that is known here; expected {choice}"),
        hint: nearest(text, known.iter().copied()).map(|word| format!("did you mean {word:?}?")),
    })
}

/// Finds a character encoding by its usual names.
pub(crate) fn encoding(label: &str) -> Result<&'static Encoding, String> {
    const SOME: [&str; 6] = ["utf-8", "windows-1252", "iso-8859-1", "iso-8859-2", "iso-8859-15", "macintosh"];
    match Encoding::for_label_no_replacement(label.as_bytes()) {
        // Commas and line ends are looked for byte by byte, which UTF-16 and ISO-2022-JP do not allow.
        Some(encoding) if encoding.is_ascii_compatible() => Ok(encoding),
        Some(_) => Err(format!("{label:?} cannot be read; save the files as utf-8")),
        None => {
            let meant = nearest(label, SOME).map(|near| format!("; did you mean {near:?}?"));
            let some = format!("; expected for example {}", SOME.join(", "));
            Err(format!("{label:?} is not the name of an encoding{}", meant.unwrap_or(some)))
        }
    }
}

fn web_url(text: &str) -> Result<(), Wrong> {
    let example = "expected an address such as https://moodle.example.ac.uk";
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest else {
        return Err(Wrong::new(example));
    };
    let host = rest.split('/').next().unwrap_or_default();
    if host.is_empty() || host.contains('@') || rest.contains(['?', '#', ' ']) {
        return Err(Wrong::new(format!("{example}, without account, question mark, # or blank")));
    }
    if rest.contains(".php") {
        return Err(Wrong::new(format!("{example}, without the name of a script")));
    }
    Ok(())
}

fn template(text: &str, known: &[&str], needed: &[&str]) -> Result<(), Wrong> {
    let braced =
        |words: &[&str]| words.iter().map(|word| format!("{{{word}}}")).collect::<Vec<_>>().join(" ");
    let mut used = Vec::new();
    for piece in text.split('{').skip(1) {
        let Some((word, _)) = piece.split_once('}') else {
            return Err(Wrong::new("a { is not closed by }"));
        };
        if !known.contains(&word) {
            return Err(Wrong {
                message: format!("{{{word}}} is not a placeholder; known here: {}", braced(known)),
                hint: nearest(word, known.iter().copied()).map(|near| format!("did you mean {{{near}}}?")),
            });
        }
        used.push(word);
    }
    if !needed.iter().any(|word| used.contains(word)) {
        return Err(Wrong::new(format!("would name all alike; use one of {}", braced(needed))));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::schema;

    /// Reads `x = …` for a key of the table; the error is message and hint.
    fn check(path: &str, value: &str, expected: Result<&str, &str>) {
        let text = format!("x = {value}");
        let table = DeTable::parse(&text).unwrap().into_inner();
        let value = table.values().next().unwrap().get_ref();
        let found = read(schema::find(path).unwrap().kind, value, Path::new("/etc"));
        let found = found.map(|value| value.to_string()).map_err(|wrong| match wrong.hint {
            Some(hint) => format!("{}; {hint}", wrong.message),
            None => wrong.message,
        });
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(found), Err(part)) => assert!(found.contains(part), "{found}"),
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn a_secret_is_a_reference() {
        check("moodle.token", r#"{ env = "T" }"#, Ok(r#"{ env = "T" }"#));
        check("moodle.token", r#"{ file = "token" }"#, Ok(r#"{ file = "/etc/token" }"#));
        check("moodle.token", r#"{ command = "pass moodle" }"#, Ok(r#"{ command = "pass moodle" }"#));
        check("moodle.token", r#""token-for-tests""#, Err("does not stand in this file; write { env ="));
        check("moodle.token", r#"{ env = "T", file = "x" }"#, Err("exactly one of"));
        check("moodle.token", r#"{ evn = "T" }"#, Err("exactly one of"));
        check("moodle.token", r#"{ env = "" }"#, Err("not empty"));
        check("moodle.token", "7", Err("found a whole number"));
    }

    #[test]
    fn a_number_is_within_its_range() {
        check("limits.members_removed_percent_max", "20", Ok("20"));
        check("limits.members_removed_percent_max", "0x14", Ok("20"));
        check("limits.members_removed_percent_max", "101", Err("from 0 to 100, found 101"));
        check("limits.members_removed_percent_max", "-1", Err("found -1"));
        check("limits.members_removed_percent_max", "20.5", Err("found a number with a fraction"));
        check("limits.members_removed_percent_max", "\"20\"", Err("found a text"));
        check("limits.members_removed_max", "99999999999999999999", Err("found 99999999999999999999"));
    }

    #[test]
    fn a_word_is_one_of_the_known() {
        check("policy.same_code", "\"merge\"", Ok("\"merge\""));
        check("policy.same_code", "\"qualfy\"", Err("did you mean \"qualify\"?"));
        check("source.x.kind", "\"imses\"", Ok("\"imses\""));
    }

    #[test]
    fn a_template_knows_its_placeholders() {
        check("policy.group_name", "\"{group} [CMIS]\"", Ok("\"{group} [CMIS]\""));
        check("policy.group_name", "\"{grup}\"", Err("did you mean {group}?"));
        check("policy.group_name", "\"{module}\"", Err("would name all alike; use one of {group} {code}"));
        check("policy.group_name", "\"{group\"", Err("not closed"));
    }

    #[test]
    fn an_encoding_is_known_and_can_be_split_at_commas() {
        check("source.x.encoding", "\"ISO-8859-1\"", Ok("\"ISO-8859-1\""));
        check("source.x.encoding", "\"windows1252\"", Err("did you mean \"windows-1252\"?"));
        check("source.x.encoding", "\"utf-16\"", Err("save the files as utf-8"));
    }

    #[test]
    fn an_address_is_that_of_the_site() {
        check(
            "moodle.url",
            "\"https://moodle.example.ac.uk/lms\"",
            Ok("\"https://moodle.example.ac.uk/lms\""),
        );
        for wrong in [
            "moodle.example.ac.uk",
            "https://",
            "https://u:s3cret@host",
            "https://h/webservice/rest/server.php",
        ] {
            check("moodle.url", &format!("{wrong:?}"), Err("expected an address"));
        }
    }

    #[test]
    fn a_schedule_has_five_fields() {
        check("schedule.run", "\"17 2 * * mon-fri\"", Ok("\"17 2 * * mon-fri\""));
        check("schedule.run", "\"at two\"", Err("five fields of cron"));
        check("schedule.run", "\"17 25 * * *\"", Err("the hour \"25\" is not from 0 to 23"));
    }
}
