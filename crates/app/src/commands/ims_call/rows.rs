//! The objects of a call as people give them: options of the command line, or rows of a CSV or JSON file.
//!
//! Not here: the objects of the protocol that are made of them (`objects.rs`).
//!
//! Invariant: an option or a column that says nothing about the objects of the operation is a mistake and not passed over.

use std::collections::BTreeMap;
use std::path::Path;

use ims_es::operation::Operation;
use serde_json::Value;

use crate::cli_ims_call::{CallArgs, OBJECT_OPTIONS, options};
use crate::config::nearest;
use crate::exit::{Exit, Failure};

/// What is said about one object: by option, the values in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row(BTreeMap<&'static str, Vec<String>>);

impl Row {
    /// The value of an option; nothing if it was not given.
    pub(super) fn get(&self, option: &str) -> Option<String> {
        self.0.get(option).and_then(|values| values.first()).cloned()
    }

    /// The values of an option that may be given several times.
    pub(super) fn all(&self, option: &str) -> &[String] {
        self.0.get(option).map_or(&[], Vec::as_slice)
    }

    fn put(&mut self, option: &'static str, value: String) {
        self.0.entry(option).or_default().push(value);
    }
}

/// The objects of a call: those of the file, or the one of the options.
pub(super) fn rows(operation: Operation, args: &CallArgs) -> Result<Vec<Row>, Failure> {
    let given = of_options(args);
    for option in given.0.keys() {
        if !options(operation).contains(option) {
            return Err(foreign(operation, &format!("--{}", option.replace('_', "-"))));
        }
    }
    match &args.rows {
        Some(_) if !given.0.is_empty() => {
            Err(usage("cannot mix --rows with options about one object".to_owned(), "give one or the other"))
        }
        Some(file) => read(operation, file),
        // Several keys are several objects.
        None if given.all("id").len() > 1 => {
            let one = |key: &String| Row(BTreeMap::from([("id", vec![key.clone()])]));
            Ok(given.all("id").iter().map(one).collect())
        }
        None => Ok(vec![given]),
    }
}

fn of_options(args: &CallArgs) -> Row {
    let mut row = Row::default();
    let single = [
        ("new_id", &args.new_id),
        ("parent", &args.parent),
        ("type", &args.kind),
        ("title", &args.title),
        ("description", &args.description),
        ("course", &args.course),
        ("group", &args.group),
        ("person", &args.person),
        ("role", &args.role),
        ("first", &args.first),
        ("last", &args.last),
        ("email", &args.email),
        ("login", &args.login),
        ("page", &args.page),
        ("page_size", &args.page_size),
    ];
    for (option, value) in single {
        if let Some(value) = value {
            row.put(option, value.clone());
        }
    }
    for (option, values) in [("id", &args.id), ("child", &args.child), ("field", &args.field)] {
        for value in values {
            row.put(option, value.clone());
        }
    }
    row
}

fn read(operation: Operation, file: &Path) -> Result<Vec<Row>, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        usage(
            format!("cannot read {}: {error}", file.display()),
            "name a CSV file with a header, or a JSON file with a list of objects",
        )
    };
    let text = std::fs::read_to_string(file).map_err(|error| failed(&error))?;
    if text.trim_start().starts_with('[') {
        let objects: Vec<BTreeMap<String, Value>> =
            serde_json::from_str(&text).map_err(|error| failed(&error))?;
        return objects.iter().map(|object| of_json(operation, object)).collect();
    }
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| failed(&error))?.clone();
    let columns: Vec<Column> =
        header.iter().map(|name| Column::named(operation, name)).collect::<Result<_, _>>()?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| failed(&error))?;
        let mut row = Row::default();
        for (column, value) in columns.iter().zip(record.iter()) {
            // An empty cell says nothing; a table has no other way to leave something out.
            if !value.is_empty() {
                column.put(&mut row, value);
            }
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Which option a column or member stands for.
struct Column {
    option: &'static str,
    /// The name of the extension field, where it is one.
    field: Option<String>,
}

impl Column {
    fn named(operation: Operation, name: &str) -> Result<Column, Failure> {
        let (word, field) = match name.split_once(':') {
            Some((word, field)) => (word, Some(field.trim().to_owned())),
            None => (name, None),
        };
        let word = word.trim().replace('-', "_");
        let option = options(operation).iter().find(|option| **option == word);
        match option {
            Some(option) => Ok(Column { option, field }),
            None => Err(foreign(operation, name)),
        }
    }

    fn put(&self, row: &mut Row, value: &str) {
        match &self.field {
            Some(field) => row.put(self.option, format!("{field}={value}")),
            None => row.put(self.option, value.to_owned()),
        }
    }
}

fn of_json(operation: Operation, object: &BTreeMap<String, Value>) -> Result<Row, Failure> {
    let mut row = Row::default();
    for (name, value) in object {
        let column = Column::named(operation, name)?;
        match value {
            Value::Null => {}
            Value::Array(values) => values.iter().for_each(|value| column.put(&mut row, &plain(value))),
            Value::Object(fields) => {
                for (field, value) in fields {
                    row.put(column.option, format!("{field}={}", plain(value)));
                }
            }
            value => column.put(&mut row, &plain(value)),
        }
    }
    Ok(row)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn foreign(operation: Operation, name: &str) -> Failure {
    let known = options(operation);
    let bare = name.trim_start_matches("--").replace('-', "_");
    let message = format!("{} has nothing called {name}", operation.name());
    let near = if OBJECT_OPTIONS.contains(&&*bare) { None } else { nearest(&bare, known.iter().copied()) };
    match near {
        Some(near) => usage(message, &format!("did you mean {near}?")),
        None => usage(message, &format!("it has {}", known.join(", "))),
    }
}

pub(super) fn usage(message: String, next: &str) -> Failure {
    Failure::new(Exit::Usage, message).hint(next)
}
