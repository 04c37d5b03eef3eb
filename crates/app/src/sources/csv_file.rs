//! Reads one CSV file: a header, then rows (RFC 4180; CRLF or LF; a byte order mark is accepted).
//!
//! Not here: what the rows mean (`intake.rs`, `mappings.rs`).
//!
//! Invariant: a line number is the real line of the file, blank lines and line breaks inside fields counted.

use std::fs::File;
use std::io::{self, Chain, Read};
use std::path::Path;

use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};
use encoding_rs::Encoding;
use reconcile::keys::Text;

use super::field;
use super::row::{Place, Row};

/// How much is read from the disk at once, in bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// Added to the end of a file: one line feed ends a last row that has none, and only a row whose quotation mark is
/// open swallows both.
const END: &[u8] = b"\n\n";

/// A file that was opened, its header read.
pub(crate) struct CsvFile<R> {
    reader: Reader<Chain<Counted<R>, &'static [u8]>>,
    record: ByteRecord,
    /// The columns; none for an empty file.
    pub(crate) header: Vec<Text>,
}

impl CsvFile<File> {
    /// Opens a file.
    pub(crate) fn open(path: &Path) -> io::Result<File> {
        File::open(path)
    }
}

impl<R: Read> CsvFile<R> {
    /// Begins with the header.
    pub(crate) fn begin(input: R, encoding: &'static Encoding) -> Result<Self, csv::Error> {
        // Rows end at a line feed only: then the reader's own count of lines is right, which it is not where CRLF
        // ends a row. The carriage return before it is trimmed with the field.
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(BUFFER_BYTES)
            .from_reader(Counted { input, bytes: 0 }.chain(END));
        let mut file = CsvFile { reader, record: ByteRecord::new(), header: Vec::new() };
        if let Some(row) = file.next()? {
            let header =
                row.record.iter().map(|name| Text::from(field::shown(name, encoding).trim())).collect();
            file.header = header;
        }
        Ok(file)
    }

    /// Reads the next row that is not blank.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>, csv::Error> {
        loop {
            if !self.reader.read_byte_record(&mut self.record)? {
                return Ok(None);
            }
            let is_blank = self.record.len() == 1 && self.record.as_slice().trim_ascii().is_empty();
            if !is_blank {
                let position = self.reader.position();
                let (file, _) = self.reader.get_ref().get_ref();
                let is_open = position.byte() == file.bytes + END.len() as u64;
                let line = position.line();
                let place = if is_open { Place::UpToLine(line) } else { Place::BeforeLine(line) };
                return Ok(Some(Row { record: &self.record, place, cut: None }));
            }
        }
    }
}

/// Counts what is read.
struct Counted<R> {
    input: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(buffer)?;
        self.bytes += length as u64;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::UTF_8;

    /// Reads a text and shows each row as its line and fields.
    fn check(text: &str, expected: &[&str]) {
        let mut file = CsvFile::begin(text.as_bytes(), UTF_8).unwrap();
        let mut found = vec![format!("header {}", file.header.join("|"))];
        while let Some(row) = file.next().unwrap() {
            let fields: Vec<&str> =
                row.record.iter().map(|field| std::str::from_utf8(field).unwrap().trim()).collect();
            found.push(format!("{} {}", row.line(), fields.join("|")));
        }
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn lines_are_the_real_lines_of_the_file() {
        check("a,b\n1,2\n3,4\n", &["header a|b", "2 1|2", "3 3|4"]);
        check("a,b\r\n1,2\r\n3,4\r\n", &["header a|b", "2 1|2", "3 3|4"]);
        check("a,b\n\n1,2\n\n\n3,4", &["header a|b", "3 1|2", "6 3|4"]);
        check("\r\na,b\r\n\r\n1,2\r\n\r\n3,4", &["header a|b", "4 1|2", "6 3|4"]);
        check("a,b\n1,\"x\ny\"\n3,4\n", &["header a|b", "2 1|x\ny", "4 3|4"]);
    }

    #[test]
    fn quoted_fields_follow_rfc_4180() {
        check("a,b\r\n\"1,\"\"x\"\"\",\"2\"\r\n", &["header a|b", "2 1,\"x\"|2"]);
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_header() {
        check("\u{feff}a,b\n1,2\n", &["header a|b", "2 1|2"]);
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_is_told_with_the_line_where_it_opens() {
        check("a,b\n1,2\n3,\"4\n5,6\n", &["header a|b", "2 1|2", "3 3|4\n5,6"]);
        check("a,b\n1,2\n3,\"4\n5,6", &["header a|b", "2 1|2", "3 3|4\n5,6"]);
        check("a,b\n3,\"4\n\n\"", &["header a|b", "2 3|4"]);
    }

    #[test]
    fn an_empty_file_has_no_header() {
        check("", &["header "]);
        check("\n\r\n", &["header "]);
    }
}
