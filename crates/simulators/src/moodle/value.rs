//! What a web-service function answers, before it is written as JSON or XML.
//!
//! Not here: the writing (`wire/`).

/// A tree of values; the keys of a record keep their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// No result, or a value that is not there.
    Null,
    /// A flag.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
    /// Several values.
    List(Vec<Value>),
    /// Named values.
    Record(Vec<(&'static str, Value)>),
}

impl Value {
    /// A text value.
    pub(super) fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    /// A text, or null.
    pub(super) fn optional(text: Option<&String>) -> Value {
        text.map_or(Value::Null, Value::text)
    }
}
