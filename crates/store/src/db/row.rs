//! What comes back from a statement.

use reconcile::keys::Text;
use sqlx::Row as _;

use super::drivers::{Fetched, on_each};
use crate::error::Cause;
use crate::time::Timestamp;

/// A row that is read column by column, in the order of the `SELECT`.
pub(crate) struct Row<'r> {
    row: Fetched<'r>,
    next: usize,
}

impl<'r> Row<'r> {
    /// A row of which nothing was read yet.
    pub(super) fn new(row: impl Into<Fetched<'r>>) -> Row<'r> {
        Row { row: row.into(), next: 0 }
    }
}

impl Row<'_> {
    /// The next column, a number.
    pub(crate) fn int(&mut self) -> Result<i64, Cause> {
        Ok(self.int_or_none()?.unwrap_or_default())
    }

    /// The next column, a number or nothing.
    pub(crate) fn int_or_none(&mut self) -> Result<Option<i64>, Cause> {
        let column = self.column();
        Ok(on_each!(Fetched, self.row, row => row.try_get_unchecked::<Option<i64>, _>(column))?)
    }

    /// The next column, a count.
    pub(crate) fn count(&mut self) -> Result<u64, Cause> {
        Ok(u64::try_from(self.int()?)?)
    }

    /// The next column, yes or no.
    pub(crate) fn flag(&mut self) -> Result<bool, Cause> {
        Ok(self.int()? != 0)
    }

    /// The next column, a time.
    pub(crate) fn time(&mut self) -> Result<Timestamp, Cause> {
        Ok(Timestamp(self.int()?))
    }

    /// The next column, a time or nothing.
    pub(crate) fn time_or_none(&mut self) -> Result<Option<Timestamp>, Cause> {
        Ok(self.int_or_none()?.map(Timestamp))
    }

    /// The next column, a text.
    pub(crate) fn text(&mut self) -> Result<Text, Cause> {
        Ok(self.text_or_none()?.unwrap_or_else(|| "".into()))
    }

    /// The next column, a text or nothing. Bytes that another program wrote and that are no text become U+FFFD.
    pub(crate) fn text_or_none(&mut self) -> Result<Option<Text>, Cause> {
        let column = self.column();
        on_each!(Fetched, self.row, row => match row.try_get_unchecked::<Option<&str>, _>(column) {
            Ok(text) => Ok(text.map(Into::into)),
            Err(sqlx::Error::ColumnDecode { .. }) => {
                let bytes = row.try_get_unchecked::<Vec<u8>, _>(column)?;
                Ok(Some(String::from_utf8_lossy(&bytes).into()))
            }
            Err(error) => Err(error.into()),
        })
    }

    /// The next column, a text that is only looked at.
    pub(crate) fn str_or_none(&mut self) -> Result<Option<&str>, Cause> {
        let column = self.column();
        Ok(on_each!(Fetched, self.row, row => row.try_get_unchecked::<Option<&str>, _>(column))?)
    }

    fn column(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }
}
