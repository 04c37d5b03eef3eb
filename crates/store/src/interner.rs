//! One shared text for all rows that hold the same one: a person is in many groups, a module in many courses.

use std::collections::HashSet;

use reconcile::keys::Text;

use crate::db::Row;
use crate::error::Cause;

/// The texts that were met so far.
#[derive(Default)]
pub(crate) struct Interner(HashSet<Text>);

impl Interner {
    /// The shared text of the next column.
    pub(crate) fn next(&mut self, row: &mut Row<'_>) -> Result<Text, Cause> {
        Ok(self.text(row.str_or_none()?.unwrap_or_default()))
    }

    /// The shared text for one that was read already.
    pub(crate) fn text(&mut self, text: &str) -> Text {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let new: Text = text.into();
        self.0.insert(new.clone());
        new
    }
}
