//! Writes a university's files: what the source delivers on a day, and what Moodle holds.
//!
//! Not here: which folders there are (`folder.rs`).
//!
//! Invariant: rows are written as they are made; no file is held in memory.
//! Invariant: every file is RFC 4180, apart from the rows that are corrupt on purpose.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::str::FromStr;

use csv::{Terminator, Writer, WriterBuilder};

use super::University;
use super::awkward::{CorruptRow, DeliveryFile};
use super::change::Day;

/// The encoding of a delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Everything can be written.
    #[default]
    Utf8,
    /// What a Windows program exports: lines end in CR LF, and characters that the encoding cannot hold are left out.
    Windows1252,
}

impl Encoding {
    /// Returns the name as it is written in a configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Windows1252 => "windows-1252",
        }
    }

    fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Windows1252 => {
                let holds = |character: &char| !encoding_rs::WINDOWS_1252.encode(&character.to_string()).2;
                let kept: String = text.chars().filter(holds).collect();
                encoding_rs::WINDOWS_1252.encode(kept.trim_end()).0.into_owned()
            }
        }
    }

    fn terminator(self) -> Terminator {
        match self {
            Self::Utf8 => Terminator::Any(b'\n'),
            Self::Windows1252 => Terminator::CRLF,
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The text names no encoding that a delivery can be written in.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot write a delivery in {0:?}: choose utf-8 or windows-1252")]
pub struct UnknownEncoding(pub String);

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    fn from_str(text: &str) -> Result<Self, UnknownEncoding> {
        [Self::Utf8, Self::Windows1252]
            .into_iter()
            .find(|encoding| encoding.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownEncoding(text.to_owned()))
    }
}

impl University {
    /// Writes today's `groups.csv`, `members.csv` and `mappings.csv` into a folder, which is made if need be.
    ///
    /// # Errors
    /// When the folder or a file cannot be written.
    pub fn write_delivery(&self, dir: &Path, encoding: Encoding) -> io::Result<()> {
        std::fs::create_dir_all(dir)?;
        let header = ["group_id", "group_code", "group_name", "module_code", "kind", "term"];
        let mut groups = Table::create(&dir.join("groups.csv"), encoding, &header)?;
        for group in self.groups() {
            let id = group.group_id.as_str();
            let (kind, term) = (group.kind.as_str(), group.term);
            groups.text(&[id, group.group_code, group.group_name, group.module_code, kind, term])?;
        }
        groups.corrupt(self.corrupt_rows(), DeliveryFile::Groups)?;
        groups.finish()?;

        let header = ["group_id", "person_id", "role"];
        let mut members = Table::create(&dir.join("members.csv"), encoding, &header)?;
        for member in self.members() {
            members.ascii(&[&member.group_id, &member.person_id, member.role.as_str()])?;
        }
        members.corrupt(self.corrupt_rows(), DeliveryFile::Members)?;
        members.finish()?;
        self.write_mappings(&dir.join("mappings.csv"))
    }

    /// Writes today's mappings into a file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_mappings(&self, file: &Path) -> io::Result<()> {
        let header = ["moodle_id", "modulecode", "group_import", "mapping_action"];
        let mut mappings = Table::create(file, Encoding::Utf8, &header)?;
        for mapping in self.mappings() {
            let moodle_id = mapping.moodle_id.to_string();
            let (group_import, mapping_action) =
                (mapping.group_import.as_str(), mapping.mapping_action.as_str());
            mappings.ascii(&[&moodle_id, mapping.modulecode, group_import, mapping_action])?;
        }
        mappings.finish()
    }

    /// Writes what Moodle holds today into a folder, which is made if need be: `courses.csv`, `people.csv`,
    /// `enrolments.csv`, and in `local-groups.csv` the groups that teachers had made before day 0. Always UTF-8.
    ///
    /// # Errors
    /// When the folder or a file cannot be written.
    pub fn write_moodle(&self, dir: &Path) -> io::Result<()> {
        std::fs::create_dir_all(dir)?;
        let create = |name: &str, header: &[&str]| Table::create(&dir.join(name), Encoding::Utf8, header);
        let mut courses = create("courses.csv", &["id", "shortname", "fullname", "idnumber"])?;
        for course in self.courses() {
            courses.text(&[&course.id.to_string(), &course.shortname, &course.fullname, &course.idnumber])?;
        }
        courses.finish()?;

        let header = ["id", "username", "idnumber", "firstname", "lastname", "email"];
        let mut people = create("people.csv", &header)?;
        for person in self.people() {
            let (id, names) = (person.id.to_string(), [&person.firstname, &person.lastname]);
            people.text(&[&id, &person.username, &person.idnumber, names[0], names[1], &person.email])?;
        }
        people.finish()?;

        let mut enrolments = create("enrolments.csv", &["course_id", "user_id", "role"])?;
        for enrolment in self.enrolments() {
            let ids = [enrolment.course_id.to_string(), enrolment.user_id.to_string()];
            enrolments.ascii(&[&ids[0], &ids[1], enrolment.role.as_str()])?;
        }
        enrolments.finish()?;

        let mut local_groups = create("local-groups.csv", &["course_id", "group_name"])?;
        for group in self.local_groups() {
            local_groups.text(&[&group.course_id.to_string(), &group.name])?;
        }
        local_groups.finish()
    }
}

impl Day {
    /// Writes what people do in Moodle on this day into a file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_events(&self, file: &Path) -> io::Result<()> {
        let header = ["event", "course_id", "group_name", "person_idnumber", "detail"];
        let mut events = Table::create(file, Encoding::Utf8, &header)?;
        for event in &self.events {
            let (kind, course_id) = (event.kind.as_str(), event.course_id.to_string());
            events.text(&[kind, &course_id, &event.group_name, &event.person_idnumber, &event.detail])?;
        }
        events.finish()
    }
}

/// `history.csv` while it is being written: the changes of one day after the other.
pub(super) struct History(Table);

impl History {
    pub(super) fn create(file: &Path) -> io::Result<Self> {
        let header = ["day", "change", "module_code", "group_id", "person_id", "before", "after"];
        Ok(Self(Table::create(file, Encoding::Utf8, &header)?))
    }

    pub(super) fn add(&mut self, day: &Day) -> io::Result<()> {
        for change in &day.changes {
            let (number, kind) = (change.day.to_string(), change.kind.as_str());
            let ids = [&change.module_code, &change.group_id, &change.person_id];
            self.0.text(&[&number, kind, ids[0], ids[1], ids[2], &change.before, &change.after])?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> io::Result<()> {
        self.0.finish()
    }
}

/// A CSV file while it is being written.
struct Table {
    rows: Writer<BufWriter<File>>,
    encoding: Encoding,
}

impl Table {
    fn create(file: &Path, encoding: Encoding, header: &[&str]) -> io::Result<Self> {
        let buffered = BufWriter::new(File::create(file)?);
        // Flexible, because corrupt rows have the wrong number of columns.
        let mut rows =
            WriterBuilder::new().flexible(true).terminator(encoding.terminator()).from_writer(buffered);
        rows.write_record(header)?;
        Ok(Self { rows, encoding })
    }

    /// Writes fields that may hold any character.
    fn text(&mut self, fields: &[&str]) -> io::Result<()> {
        match self.encoding {
            Encoding::Utf8 => self.rows.write_record(fields)?,
            Encoding::Windows1252 => {
                self.rows.write_record(fields.iter().map(|field| self.encoding.encode(field)))?;
            }
        }
        Ok(())
    }

    /// Writes fields that are the same in every encoding.
    fn ascii(&mut self, fields: &[&str]) -> io::Result<()> {
        Ok(self.rows.write_record(fields)?)
    }

    /// Writes the corrupt rows of a file. Bytes that are no UTF-8 would be good text in windows-1252, so that row is
    /// left out there.
    fn corrupt(&mut self, rows: &[CorruptRow], file: DeliveryFile) -> io::Result<()> {
        for row in rows.iter().filter(|row| row.file == file) {
            let texts: Result<Vec<&str>, _> =
                row.fields.iter().map(|field| std::str::from_utf8(field)).collect();
            match (texts, self.encoding) {
                (Ok(texts), _) => self.text(&texts)?,
                (Err(_), Encoding::Utf8) => self.rows.write_record(&row.fields)?,
                (Err(_), Encoding::Windows1252) => {}
            }
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        self.rows.flush()
    }
}
