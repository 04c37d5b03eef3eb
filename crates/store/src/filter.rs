//! The conditions of a list: what a person asked for becomes a `WHERE` with values.

use crate::db::Value;

/// Which stretch of a long list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// At most so many rows.
    pub limit: u32,
    /// After so many rows that are left out.
    pub offset: u32,
}

impl Default for Page {
    /// Everything.
    fn default() -> Self {
        Page { limit: u32::MAX, offset: 0 }
    }
}

/// Conditions that all have to hold.
#[derive(Default)]
pub(crate) struct Conditions {
    texts: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// Demands a condition about a value, where one is asked for.
    pub(crate) fn with_some(self, condition: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(condition, [value.into()]),
            None => self,
        }
    }

    /// Demands that a column has a value, where one is asked for.
    pub(crate) fn equals(mut self, column: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.texts.push(format!("{column} = ?"));
            self.values.push(value.into());
        }
        self
    }

    /// Demands a condition with its values.
    pub(crate) fn with(mut self, condition: &str, values: impl IntoIterator<Item = Value>) -> Self {
        self.texts.push(condition.to_owned());
        self.values.extend(values);
        self
    }

    /// Demands a condition that needs no value.
    pub(crate) fn and(self, condition: &str) -> Self {
        self.with(condition, [])
    }

    /// Completes a `SELECT … FROM …`.
    pub(crate) fn complete(mut self, select: &str, order: &str, page: Page) -> (String, Vec<Value>) {
        let condition = if self.texts.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", self.texts.join(" AND "))
        };
        self.values.extend([Value::from(page.limit), Value::from(page.offset)]);
        (format!("{select}{condition} ORDER BY {order} LIMIT ? OFFSET ?"), self.values)
    }
}
