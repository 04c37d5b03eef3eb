//! What goes into a statement.
//!
//! Invariant: no text holds U+0000, which PostgreSQL cannot keep; it becomes U+FFFD on every database alike.

use reconcile::keys::{CourseId, ModuleCode, PersonKey, SourceGroupId, SourceName, Text, UserId};

use crate::time::Timestamp;

/// A value that goes into a statement.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// A text.
    Text(Text),
}

/// Declares how values of ours become values of a statement.
macro_rules! values {
    ($($from:ty, $value:ident => $into:expr;)+) => {
        $(impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $into
            }
        })+
    };
}

values! {
    i64, value => Value::Int(value);
    u32, value => Value::Int(value.into());
    bool, value => Value::Int(value.into());
    // Counts of rows never come near the limit of 64 bits.
    u64, value => Value::Int(i64::try_from(value).unwrap_or(i64::MAX));
    usize, value => Value::Int(i64::try_from(value).unwrap_or(i64::MAX));
    Timestamp, value => Value::Int(value.0);
    CourseId, value => Value::Int(value.0);
    UserId, value => Value::Int(value.0);
    &str, value => Value::from(Text::from(value));
    String, value => Value::from(Text::from(value));
    &String, value => Value::from(value.as_str());
    Text, value => Value::Text(clean(value));
    &Text, value => Value::from(value.clone());
    &ModuleCode, value => Value::from(&value.0);
    &SourceName, value => Value::from(&value.0);
    &SourceGroupId, value => Value::from(&value.0);
    &PersonKey, value => Value::from(&value.0);
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// A text as every database can keep it.
pub(crate) fn clean(text: Text) -> Text {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}").into() } else { text }
}
