//! Values of a configuration file, by key path, each with its place.
//!
//! Not here: which keys there are (`schema.rs`) and whether a value is allowed (`check.rs`).

use std::collections::{BTreeMap, BTreeSet};

use super::mistake::Position;
use super::schema::{self, Default};
use super::secret::SecretRef;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A text, word, file, URL, template or schedule.
    Text(String),
    /// A number.
    Number(i64),
    /// A flag.
    Flag(bool),
    /// A list.
    List(Vec<String>),
    /// A list of whole numbers.
    Numbers(Vec<i64>),
    /// A reference to a secret.
    Secret(SecretRef),
}

impl Value {
    /// The default of a key, if it has one.
    pub(crate) fn default_of(default: Default) -> Option<Self> {
        match default {
            Default::Required | Default::Nothing => None,
            Default::Text(text) => Some(Value::Text(text.into())),
            Default::Number(number) => Some(Value::Number(number)),
            Default::Flag(flag) => Some(Value::Flag(flag)),
            Default::List(items) => Some(Value::List(items.iter().map(|&item| item.into()).collect())),
        }
    }
}

impl std::fmt::Display for Value {
    /// Writes the value as TOML. A URL must be redacted before.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Text(text) => write!(f, "{text:?}"),
            Value::Number(number) => write!(f, "{number}"),
            Value::Flag(flag) => write!(f, "{flag}"),
            Value::List(items) => write!(f, "{items:?}"),
            Value::Numbers(items) => write!(f, "{items:?}"),
            Value::Secret(reference) => write!(f, "{reference}"),
        }
    }
}

/// Where a value that is not a default comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The file.
    File,
    /// The chosen profile.
    Profile,
}

/// A value of the file.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The value.
    pub(crate) value: Value,
    /// Its place.
    pub(crate) at: Position,
    /// File or profile.
    pub(crate) origin: Origin,
}

/// The values of a file, or of one profile of it.
#[derive(Clone, Debug, std::default::Default)]
pub(crate) struct Document {
    /// The values by full path, such as `source.cmis.groups`.
    pub(crate) entries: BTreeMap<String, Entry>,
    /// The sections by full path.
    pub(crate) sections: BTreeMap<String, Position>,
    /// Keys that are there with a value that is a mistake already told; they are not missing.
    pub(crate) faulty: BTreeSet<String>,
}

impl Document {
    /// Lays a profile over the file: what it names replaces what was there.
    pub(crate) fn overlay(&mut self, profile: &Document) {
        for (path, entry) in &profile.entries {
            self.entries.insert(path.clone(), Entry { origin: Origin::Profile, ..entry.clone() });
        }
        for (path, at) in &profile.sections {
            self.sections.entry(path.clone()).or_insert(*at);
        }
        self.faulty.extend(profile.faulty.iter().cloned());
    }

    /// The value of a key, or its default.
    pub(crate) fn value(&self, path: &str) -> Option<Value> {
        match self.entries.get(path) {
            Some(entry) => Some(entry.value.clone()),
            None => schema::find(path).and_then(|key| Value::default_of(key.default)),
        }
    }

    /// A text, if there is one.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        match self.value(path) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A number; 0 if there is none, which the table excludes.
    pub(crate) fn number(&self, path: &str) -> u64 {
        match self.value(path) {
            Some(Value::Number(number)) => number.unsigned_abs(),
            _ => 0,
        }
    }

    /// A flag; unset if there is none.
    pub(crate) fn flag(&self, path: &str) -> bool {
        self.value(path) == Some(Value::Flag(true))
    }

    /// A list, if there is one.
    pub(crate) fn list(&self, path: &str) -> Option<Vec<String>> {
        match self.value(path) {
            Some(Value::List(items)) => Some(items),
            _ => None,
        }
    }

    /// A list of numbers; empty if there is none.
    pub(crate) fn numbers(&self, path: &str) -> Vec<i64> {
        match self.value(path) {
            Some(Value::Numbers(items)) => items,
            _ => Vec::new(),
        }
    }

    /// A reference to a secret, if there is one.
    pub(crate) fn secret(&self, path: &str) -> Option<SecretRef> {
        match self.value(path) {
            Some(Value::Secret(reference)) => Some(reference),
            _ => None,
        }
    }

    /// The place of a key, or of the nearest section around it.
    pub(crate) fn place(&self, path: &str) -> Option<Position> {
        if let Some(entry) = self.entries.get(path) {
            return Some(entry.at);
        }
        let mut around = Some(path);
        while let Some(section) = around {
            if let Some(at) = self.sections.get(section) {
                return Some(*at);
            }
            around = section.rsplit_once('.').map(|(outer, _)| outer);
        }
        None
    }

    /// The names of the sources.
    pub(crate) fn source_names(&self) -> Vec<String> {
        self.names_in("source.")
    }

    /// The names of the schools.
    pub(crate) fn school_names(&self) -> Vec<String> {
        self.names_in("school.")
    }

    fn names_in(&self, section: &str) -> Vec<String> {
        let paths = self.sections.keys();
        let names = paths.filter_map(|path| path.strip_prefix(section));
        names.filter(|name| !name.contains('.')).map(str::to_owned).collect()
    }
}
