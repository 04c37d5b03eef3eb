//! Walks a parsed file along the table of keys and collects values and mistakes.
//!
//! Not here: rules between keys (`build.rs`).
//!
//! Invariant: the walk never stops at a mistake; one look at the file tells all of them.

use std::collections::BTreeMap;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::document::{Document, Entry, Origin};
use super::mistake::{Mistake, Position, nearest};
use super::schema::{self, KEYS};
use super::value::{self, Wrong};

/// The longest name of a source or school, in characters: that of a source is part of every idnumber.
const NAME_CHARS_MAX: usize = 30;

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The file without its profiles.
    pub(crate) document: Document,
    /// The profiles by name.
    pub(crate) profiles: BTreeMap<String, Document>,
    /// What is wrong with values and names.
    pub(crate) mistakes: Vec<Mistake>,
}

/// Parses a file and checks each value for itself; a file that is no TOML is answered with its first slip.
pub(crate) fn check(file: &Path, text: &str, base_dir: &Path) -> Result<Found, Mistake> {
    // What follows the first error is often only its consequence.
    let (table, errors) = DeTable::parse_recoverable(text);
    if let Some(error) = errors.iter().min_by_key(|error| error.span().map_or(0, |span| span.start)) {
        return Err(slip(file, text, error));
    }
    let mut walk = Walk { file, text, base_dir, prefix: String::new(), mistakes: Vec::new() };
    let mut found = Found::default();
    walk.section(table.get_ref(), "", &mut found.document);
    walk.profiles(table.get_ref(), &mut found.profiles);
    found.mistakes = walk.mistakes;
    Ok(found)
}

/// Says where a file stops being TOML and what was expected there, without repeating what stands there: a secret may.
fn slip(file: &Path, text: &str, error: &toml::de::Error) -> Mistake {
    let message = match error.message() {
        "duplicate key" => "this key or section stands here a second time, expected once".to_owned(),
        message => message.replace(", expected nothing", "").replace(
            "string values must be quoted, expected literal string",
            "expected a text in quotation marks",
        ),
    };
    Mistake {
        file: file.to_owned(),
        at: Some(Position::of(text, error.span().map_or(0, |span| span.start))),
        key: String::new(),
        message: format!("not TOML: {message}"),
        hint: Some("correct this first: nothing else was checked".into()),
    }
}

struct Walk<'a> {
    file: &'a Path,
    text: &'a str,
    base_dir: &'a Path,
    /// Stands before every key path: `profile.uat.` inside a profile.
    prefix: String,
    mistakes: Vec<Mistake>,
}

impl Walk<'_> {
    fn mistake(&mut self, at: Position, path: &str, wrong: Wrong) {
        self.mistakes.push(Mistake {
            file: self.file.to_owned(),
            at: Some(at),
            key: if path.is_empty() { String::new() } else { format!("{}{path}", self.prefix) },
            message: wrong.message,
            hint: wrong.hint,
        });
    }

    fn profiles(&mut self, table: &DeTable<'_>, profiles: &mut BTreeMap<String, Document>) {
        let Some((key, value)) = table.get_key_value("profile") else { return };
        let place = Position::of(self.text, key.span().start);
        let DeValue::Table(named) = value.get_ref() else {
            return self.mistake(
                place,
                "profile",
                value::expected("sections such as [profile.uat.moodle]", value.get_ref()),
            );
        };
        for (name, value) in named {
            let at = Position::of(self.text, name.span().start);
            let DeValue::Table(overlay) = value.get_ref() else {
                let wrong = value::expected("sections such as [profile.uat.moodle]", value.get_ref());
                self.mistake(at, &format!("profile.{}", name.get_ref()), wrong);
                continue;
            };
            self.prefix = format!("profile.{}.", name.get_ref());
            let document = profiles.entry(name.get_ref().to_string()).or_default();
            self.section(overlay, "", document);
            self.prefix.clear();
        }
    }

    fn section(&mut self, table: &DeTable<'_>, section: &str, document: &mut Document) {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let at = Position::of(self.text, key.span().start);
            let path = if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") };
            if path == "profile" && self.prefix.is_empty() {
                continue;
            }
            if matches!(section, "source" | "school") && !is_plain_name(name) {
                self.mistake(at, &path, name_wrong(section));
            } else if name.contains('.') {
                self.mistake(at, &path, unknown(section, name));
            } else if let Some(key) = schema::find(&path) {
                match value::read(key.kind, value.get_ref(), self.base_dir) {
                    Ok(value) => {
                        document.entries.insert(path, Entry { value, at, origin: Origin::File });
                    }
                    Err(wrong) => {
                        let at = Position::of(self.text, value.span().start);
                        self.mistake(at, &path, wrong);
                        document.faulty.insert(path);
                    }
                }
            } else if schema::names_below(&path).is_empty() {
                self.mistake(at, &path, unknown(section, name));
            } else if let DeValue::Table(inner) = value.get_ref() {
                document.sections.insert(path.clone(), at);
                self.section(inner, &path, document);
            } else {
                let shown = match path.as_str() {
                    "source" => "source.cmis",
                    "school" => "school.anthropology",
                    other => other,
                };
                let wrong =
                    value::expected(&format!("a section that begins with [{shown}]"), value.get_ref());
                self.mistake(at, &path, wrong);
                document.faulty.insert(path);
            }
        }
    }
}

fn is_plain_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    !name.is_empty() && name.len() <= NAME_CHARS_MAX && name.chars().all(allowed)
}

fn name_wrong(section: &str) -> Wrong {
    let example = if section == "source" { "source.cmis" } else { "school.anthropology" };
    Wrong {
        message: format!(
            "the name of a {section} is made of letters, digits, - and _ and has at most {NAME_CHARS_MAX} of them"
        ),
        hint: Some(format!("write for example [{example}]")),
    }
}

/// Says that a key is not known, and which is near: here, or elsewhere in the file.
fn unknown(section: &str, name: &str) -> Wrong {
    let known = schema::names_below(section);
    let elsewhere = KEYS.iter().find(|key| key.name() == name && key.section() != section);
    let hint = if let Some(near) = nearest(name, known.iter().copied()) {
        format!("did you mean {near}?")
    } else if let Some(key) = elsewhere {
        match key.section() {
            "" => format!("{name} stands at the top of the file, before the first section"),
            section => format!("{name} belongs into [{section}]"),
        }
    } else {
        format!("known here: {}", known.join(", "))
    };
    Wrong { message: "unknown key".into(), hint: Some(hint) }
}
