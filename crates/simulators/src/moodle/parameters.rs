//! The parameters of a call as PHP hands them to Moodle, and the checked way to take them apart.
//!
//! Not here: how they were encoded in the request (`wire/form.rs`).
//!
//! Invariant: a function takes all its parameters before it does any work, so a wrong type anywhere means that
//! nothing happened (facts/moodle-ws.md §4).
//! Invariant: what a function did not take is an unexpected key, found by [`Record::finish`].

use super::php;
use super::refusal::Refusal;

/// The name or number of an entry of a PHP array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    Index(i64),
    Name(String),
}

/// A scalar, or an array of parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parameter {
    Scalar(Vec<u8>),
    Array(Record),
}

/// Entries in order of their first appearance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Record {
    entries: Vec<(Key, Parameter)>,
}

impl Default for Parameter {
    fn default() -> Parameter {
        Parameter::Scalar(Vec::new())
    }
}

impl Record {
    /// Finds an entry to fill, making it if need be. A form is nearly always sorted, so the search begins at
    /// the end.
    pub(super) fn entry(&mut self, key: Key) -> &mut Parameter {
        let position = match self.entries.iter().rposition(|(existing, _)| *existing == key) {
            Some(position) => position,
            None => {
                self.entries.push((key, Parameter::default()));
                self.entries.len() - 1
            }
        };
        &mut self.entries[position].1
    }

    /// The number that `[]` stands for.
    pub(super) fn next_index(&self) -> i64 {
        let largest = self.entries.iter().filter_map(|(key, _)| match key {
            Key::Index(index) => Some(*index),
            Key::Name(_) => None,
        });
        largest.max().map_or(0, |index| index.saturating_add(1))
    }

    /// Lays other entries over these; an entry of the same name is replaced whole.
    pub(super) fn overlay(&mut self, other: Record) {
        for (key, parameter) in other.entries {
            *self.entry(key) = parameter;
        }
    }

    /// Takes a reserved scalar such as `wstoken`, lossily.
    pub(super) fn take_reserved(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Parameter::Scalar(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Parameter::Array(_) => None,
        }
    }

    /// The length of the longest list among the parameters: what people call the items of a call.
    pub(super) fn item_count(&self) -> usize {
        let lengths = self.entries.iter().filter_map(|(_, parameter)| match parameter {
            Parameter::Array(record) => Some(record.entries.len()),
            Parameter::Scalar(_) => None,
        });
        lengths.max().unwrap_or(0)
    }

    fn take(&mut self, name: &str) -> Option<Parameter> {
        let is_wanted = |(key, _): &(Key, Parameter)| matches!(key, Key::Name(key) if key == name);
        let position = self.entries.iter().position(is_wanted)?;
        Some(self.entries.remove(position).1)
    }

    fn take_scalar(&mut self, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        match self.take(name) {
            None => Ok(None),
            Some(Parameter::Scalar(bytes)) => Ok(Some(bytes)),
            Some(Parameter::Array(_)) => {
                Err(Refusal::parameter(format!("{name} => Scalar type expected, array or object received.")))
            }
        }
    }

    fn optional<T>(&mut self, name: &str, clean: impl Fn(&[u8]) -> Option<T>) -> Result<Option<T>, Refusal> {
        self.take_scalar(name)?.map(|bytes| cleaned(name, &bytes, &clean)).transpose()
    }

    /// An optional `PARAM_INT`.
    pub(super) fn optional_int(&mut self, name: &str) -> Result<Option<i64>, Refusal> {
        self.optional(name, php::int)
    }

    /// A required `PARAM_INT`.
    pub(super) fn int(&mut self, name: &str) -> Result<i64, Refusal> {
        self.optional_int(name)?.ok_or_else(|| missing(name))
    }

    /// An optional `PARAM_BOOL`.
    pub(super) fn optional_bool(&mut self, name: &str) -> Result<Option<bool>, Refusal> {
        self.optional(name, php::boolean)
    }

    /// A required `PARAM_TEXT`.
    pub(super) fn text(&mut self, name: &str) -> Result<String, Refusal> {
        self.optional(name, |bytes| php::text(bytes).map(str::to_owned))?.ok_or_else(|| missing(name))
    }

    /// An optional `PARAM_RAW`.
    pub(super) fn optional_raw(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        self.optional(name, |bytes| php::raw(bytes).map(str::to_owned))
    }

    /// A required `PARAM_RAW`.
    pub(super) fn raw(&mut self, name: &str) -> Result<String, Refusal> {
        self.optional_raw(name)?.ok_or_else(|| missing(name))
    }

    /// An optional list of records; the names of its entries do not count.
    pub(super) fn optional_records(&mut self, name: &str) -> Result<Option<Vec<Record>>, Refusal> {
        let Some(parameter) = self.take(name) else { return Ok(None) };
        let Parameter::Array(list) = parameter else { return Err(not_a_list(name)) };
        let records = list.entries.into_iter().map(|(_, item)| match item {
            Parameter::Array(record) => Ok(record),
            Parameter::Scalar(_) => Err(not_a_list(name)),
        });
        records.collect::<Result<_, _>>().map(Some)
    }

    /// A required list of records.
    pub(super) fn records(&mut self, name: &str) -> Result<Vec<Record>, Refusal> {
        self.optional_records(name)?.ok_or_else(|| missing(name))
    }

    /// A required list of `PARAM_INT`.
    pub(super) fn ints(&mut self, name: &str) -> Result<Vec<i64>, Refusal> {
        self.scalars(name, php::int)
    }

    /// A required list of `PARAM_RAW`.
    pub(super) fn raws(&mut self, name: &str) -> Result<Vec<String>, Refusal> {
        self.scalars(name, |bytes| php::raw(bytes).map(str::to_owned))
    }

    fn scalars<T>(&mut self, name: &str, clean: impl Fn(&[u8]) -> Option<T>) -> Result<Vec<T>, Refusal> {
        let parameter = self.take(name).ok_or_else(|| missing(name))?;
        let Parameter::Array(list) = parameter else { return Err(not_a_list(name)) };
        let scalars = list.entries.iter().map(|(_, item)| match item {
            Parameter::Scalar(bytes) => cleaned(name, bytes, &clean),
            Parameter::Array(_) => {
                Err(Refusal::parameter(format!("{name} => Scalar type expected, array or object received.")))
            }
        });
        scalars.collect()
    }

    /// Refuses whatever was not taken.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        if self.entries.is_empty() {
            return Ok(());
        }
        let names = self.entries.iter().map(|(key, _)| match key {
            Key::Index(index) => index.to_string(),
            Key::Name(name) => name.clone(),
        });
        let names: Vec<String> = names.collect();
        Err(Refusal::parameter(format!(
            "Unexpected keys ({}) detected in parameter array.",
            names.join(", ")
        )))
    }
}

fn cleaned<T>(name: &str, bytes: &[u8], clean: impl Fn(&[u8]) -> Option<T>) -> Result<T, Refusal> {
    match (clean(bytes), std::str::from_utf8(bytes)) {
        (Some(value), _) => Ok(value),
        (None, Err(_)) => Err(Refusal::unprintable_parameter()),
        (None, Ok(text)) => Err(Refusal::parameter(format!(
            "{name} => Invalid parameter value detected: Invalid external api parameter: the value is \"{text}\""
        ))),
    }
}

fn missing(name: &str) -> Refusal {
    Refusal::parameter(format!("Missing required key in single structure: {name}"))
}

fn not_a_list(name: &str) -> Refusal {
    Refusal::parameter(format!("{name} => Invalid parameter value detected: Only arrays accepted."))
}
