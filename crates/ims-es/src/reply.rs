//! The reply that holds nothing: all that it says stands in the header (facts/ims-es.md §2.1).
//!
//! Not here: replies that hold objects. They stand with their operation.

use crate::error::MessageError;
use crate::namespace::Namespace;
use crate::record::{Content, Kind, Record, RecordTable, read_record};
use crate::xml::{XmlReader, XmlWriter};

/// Nothing. The only record without fields, and so the only one written out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {}

impl Record for Done {
    const TABLE: &'static RecordTable =
        &RecordTable { namespace: Namespace::MessageBinding, name: "Done", fields: &[] };

    fn accept(&mut self, _index: usize, reader: &mut XmlReader<'_>) -> Result<(), MessageError> {
        reader.skip()
    }

    fn write_fields(&self, _writer: &mut XmlWriter<'_>) -> Result<(), MessageError> {
        Ok(())
    }
}

impl Content for Done {
    fn read(reader: &mut XmlReader<'_>) -> Result<Done, MessageError> {
        read_record(reader)
    }

    fn write(&self, _writer: &mut XmlWriter<'_>) -> Result<(), MessageError> {
        Ok(())
    }

    fn kind() -> Kind {
        Kind::Record(Done::TABLE)
    }

    #[cfg(test)]
    fn draw(_dice: &mut crate::sample::Dice) -> Done {
        Done {}
    }
}
