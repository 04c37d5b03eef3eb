//! A row as it was read, and where it stands.
//!
//! Not here: what it means (`intake.rs`, `mappings.rs`).

use csv::ByteRecord;

/// Where a row stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// In a file whose reader has come to this line after the row.
    BeforeLine(u64),
    /// In a row that nothing ends before the file does, at this line. It holds the two line feeds that the reader
    /// adds to a file.
    UpToLine(u64),
    /// In the answer of a query, counted from 1.
    Row(u64),
}

/// A row as it was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    /// The fields.
    pub(crate) record: &'a ByteRecord,
    /// The place.
    pub(crate) place: Place,
    /// The column whose field came without its end, if one did.
    pub(crate) cut: Option<usize>,
}

impl Row<'_> {
    /// The line where the row begins, or its number in the answer.
    pub(crate) fn line(&self) -> u64 {
        match self.place {
            Place::Row(number) => number,
            Place::BeforeLine(line) => line.saturating_sub(1 + self.breaks()),
            Place::UpToLine(line) => line.saturating_sub(2 + self.breaks()),
        }
    }

    /// The line breaks of the file inside the row.
    pub(crate) fn breaks(&self) -> u64 {
        let breaks = self.record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        match self.place {
            Place::UpToLine(_) => breaks.saturating_sub(2),
            Place::BeforeLine(_) | Place::Row(_) => breaks,
        }
    }
}
