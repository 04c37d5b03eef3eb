//! Answers about keys: `muster config explain KEY`, `config keys` and `config show`.
//!
//! Not here: the sentences themselves (`schema.rs`).
//!
//! Invariant: a value that is shown has no secret in it.

use std::fmt;

use serde::Serialize;

use super::address;
use super::document::{Document, Origin, Value};
use super::mistake::nearest;
use super::schema::{self, Default, KEYS, Key, Kind};

/// What there is to say about a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Explanation {
    /// The path; NAME stands for the name of a source or school.
    pub(crate) key: String,
    /// What a value looks like.
    pub(crate) expected: String,
    /// The default as TOML, `required`, or `none`.
    pub(crate) default: String,
    /// The explanation.
    pub(crate) about: &'static str,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.key)?;
        writeln!(f, "  {}", self.about)?;
        writeln!(f, "  expected: {}", self.expected)?;
        write!(f, "  default:  {}", self.default)
    }
}

/// Explains a key by its path, such as `policy.same_code`, or by its last word if that is clear.
///
/// The error says which key is near.
pub(crate) fn explain(key: &str) -> Result<Explanation, String> {
    let wanted = key.replace("NAME", "*");
    let by_name: Vec<&Key> = KEYS.iter().filter(|key| key.name() == wanted).collect();
    match (schema::find(&wanted), by_name.as_slice()) {
        (Some(key), _) => Ok(explanation(key)),
        (None, [key]) => Ok(explanation(key)),
        (None, []) => {
            let shown: Vec<String> = KEYS.iter().map(shown_path).collect();
            let candidates = shown.iter().map(String::as_str).chain(KEYS.iter().map(|key| key.name()));
            let hint = match nearest(key, candidates) {
                Some(near) => format!("did you mean {near}?"),
                None => "`muster config keys` lists all".to_owned(),
            };
            Err(format!("there is no key {key}; {hint}"))
        }
        (None, several) => {
            let paths: Vec<String> = several.iter().map(|key| shown_path(key)).collect();
            Err(format!("there are several keys {key}; name one of {}", paths.join(", ")))
        }
    }
}

/// Explains every key, in the order of the table.
pub(crate) fn keys() -> Vec<Explanation> {
    KEYS.iter().map(explanation).collect()
}

fn explanation(key: &Key) -> Explanation {
    Explanation {
        key: shown_path(key),
        expected: expected(key.kind),
        default: match key.default {
            Default::Required => "required".into(),
            Default::Nothing => "none".into(),
            default => Value::default_of(default).map(|value| value.to_string()).unwrap_or_default(),
        },
        about: key.about,
    }
}

fn shown_path(key: &Key) -> String {
    key.path.replace('*', "NAME")
}

/// Says what a value looks like.
pub(super) fn expected(kind: Kind) -> String {
    match kind {
        Kind::Text => "text".into(),
        Kind::File => "path of a file".into(),
        Kind::DatabaseUrl => "URL of a database".into(),
        Kind::WebUrl => "web address".into(),
        Kind::Encoding => "name of an encoding".into(),
        Kind::Words { known } => {
            known.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(" or ")
        }
        Kind::Number { min, max } => format!("whole number from {min} to {max}"),
        Kind::Flag => "true or false".into(),
        Kind::List => "list of texts".into(),
        Kind::Numbers => "list of whole numbers".into(),
        Kind::Secret => "secret: { env = … }, { file = … } or { command = … }".into(),
        Kind::Template { known, needed: _ } => {
            let words: Vec<String> = known.iter().map(|word| format!("{{{word}}}")).collect();
            format!("text with {}", words.join(" "))
        }
        Kind::Schedule => "five fields of cron".into(),
    }
}

/// A key and the value that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Effective {
    /// The path, such as `source.cmis.encoding`.
    pub(crate) key: String,
    /// The value as TOML; none where there is neither a value nor a default.
    pub(crate) value: Option<String>,
    /// `default`, `file` or `profile`.
    pub(crate) origin: &'static str,
}

impl fmt::Display for Effective {
    /// Writes a line of `muster config show`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{} = {value}", self.key)?,
            None => write!(f, "{} is not set", self.key)?,
        }
        if self.value.is_some() && self.origin != "file" {
            write!(f, "  # {}", self.origin)?;
        }
        Ok(())
    }
}

/// Lists every key with the value that holds, secrets as references, URLs without passwords.
pub(super) fn effective(document: &Document) -> Vec<Effective> {
    let sources = document.source_names();
    let mut effective = Vec::new();
    let of_sources = |key: &&Key| key.path.starts_with("source.*");
    let (source_keys, other_keys): (Vec<&Key>, Vec<&Key>) = KEYS.iter().partition(of_sources);
    for name in sources {
        let kind = document.text(&format!("source.{name}.kind"));
        for key in &source_keys {
            if key.belongs_to(kind.as_deref()) {
                effective.push(one(key, key.path.replace('*', &name), document));
            }
        }
    }
    for name in document.school_names() {
        let school_keys = other_keys.iter().filter(|key| key.section() == "school.*");
        effective.extend(school_keys.map(|key| one(key, key.path.replace('*', &name), document)));
    }
    for key in other_keys.into_iter().filter(|key| key.section() != "school.*") {
        let is_platform = ["moodle", "itslearning"].contains(&key.section());
        if !is_platform || document.sections.contains_key(key.section()) {
            effective.push(one(key, key.path.to_owned(), document));
        }
    }
    effective
}

fn one(key: &Key, path: String, document: &Document) -> Effective {
    let value = document.value(&path).map(|value| match (key.kind, value) {
        (Kind::DatabaseUrl, Value::Text(url)) => Value::Text(address::redacted(&url)).to_string(),
        (_, value) => value.to_string(),
    });
    let origin = match document.entries.get(&path).map(|entry| entry.origin) {
        None => "default",
        Some(Origin::File) => "file",
        Some(Origin::Profile) => "profile",
    };
    Effective { key: path, value, origin }
}
