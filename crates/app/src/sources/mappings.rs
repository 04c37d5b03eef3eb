//! Mappings from elsewhere: the file that `muster map import` reads and `muster map export` writes, and the table or query
//! of another database that `[mappings]` names.
//!
//! Not here: the table `mapped_modules` (`store`).
//!
//! Invariant: what is written is read again as it was.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use csv::ByteRecord;
use encoding_rs::UTF_8;
use reconcile::keys::{CourseId, ModuleCode, Text};
use thiserror::Error;

use crate::config::MappingsConfig;

use super::csv_file::CsvFile;
use super::error::SourceError;
use super::field::{self, Breaks};
use super::sql::{self, Asked, Question, Taker};
use super::table::{Columns, HeaderFault};

const NEEDED: &[&str] = &["moodle_id", "modulecode", "group_import", "mapping_action"];
const OPTIONAL: &[&str] = &["owner", "reason"];

/// A flag of `mapped_modules`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flag {
    /// `ADD`.
    Add,
    /// `RMV`.
    Remove,
    /// Empty: nobody has said anything.
    Unset,
}

impl Flag {
    /// The word in the table and the file.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Flag::Add => "ADD",
            Flag::Remove => "RMV",
            Flag::Unset => "",
        }
    }
}

/// A row of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MappingRow {
    /// `moodle_id`: the course.
    pub(crate) course: CourseId,
    /// `modulecode`.
    pub(crate) module: ModuleCode,
    /// `group_import`.
    pub(crate) group_import: Flag,
    /// `mapping_action`.
    pub(crate) mapping_action: Flag,
    /// Who asked for it; may be empty.
    pub(crate) owner: String,
    /// Why; may be empty.
    pub(crate) reason: String,
}

/// A row that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RejectedMapping {
    /// The line of the file.
    pub(crate) line: u64,
    /// What is wrong.
    pub(crate) detail: String,
    /// The row as it was read.
    pub(crate) row: Vec<Text>,
}

/// What a file holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mappings {
    /// The accepted rows, in the order of the file.
    pub(crate) rows: Vec<MappingRow>,
    /// The others.
    pub(crate) rejected: Vec<RejectedMapping>,
}

/// Why a file of mappings cannot be read.
#[derive(Debug, Error)]
pub(crate) enum MappingsError {
    /// It cannot be opened.
    #[error("cannot open the mappings {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be read to its end.
    #[error("cannot read the mappings {path} to their end")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: csv::Error,
    },
    /// Its header is not what it should be.
    #[error("cannot read the mappings {path}: {detail}")]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
}

/// Reads a file in UTF-8.
pub(crate) fn read_mappings(path: &Path) -> Result<Mappings, MappingsError> {
    let failed = |source| MappingsError::Read { path: path.to_owned(), source };
    let input =
        CsvFile::open(path).map_err(|source| MappingsError::Open { path: path.to_owned(), source })?;
    let mut file = CsvFile::begin(input, UTF_8).map_err(failed)?;
    let header = std::mem::take(&mut file.header);
    if header.is_empty() {
        let detail = "it is empty, without even a header".to_owned();
        return Err(MappingsError::Header { path: path.to_owned(), detail });
    }
    let columns = Columns::find(header, NEEDED, OPTIONAL).map_err(|fault| {
        let detail = match fault {
            HeaderFault::Missing { column, hint } => format!("there is no column {column}; {hint}"),
            HeaderFault::Twice { column } => format!("the column {column} is there twice"),
        };
        MappingsError::Header { path: path.to_owned(), detail }
    })?;
    let mut mappings = Mappings::default();
    let mut seen = HashMap::new();
    while let Some(row) = file.next().map_err(failed)? {
        let line = row.line();
        let read = mapping(&columns, row.record).and_then(|mapping| {
            let first = *seen.entry((mapping.course, mapping.module.clone())).or_insert(line);
            if first == line {
                return Ok(mapping);
            }
            let MappingRow { course, module, .. } = mapping;
            Err(format!(
                "course {course} and module {module} stand in line {first} already, and that line counts"
            ))
        });
        match read {
            Ok(mapping) => mappings.rows.push(mapping),
            Err(detail) => mappings.rejected.push(RejectedMapping {
                line,
                detail,
                row: row.record.iter().map(|field| field::shown(field, UTF_8)).collect(),
            }),
        }
    }
    Ok(mappings)
}

fn mapping(columns: &Columns, record: &ByteRecord) -> Result<MappingRow, String> {
    if record.len() != columns.names.len() {
        return Err(format!("the row has {} fields, the header {}", record.len(), columns.names.len()));
    }
    let text = |wanted: usize| {
        let name = NEEDED.iter().chain(OPTIONAL).nth(wanted).copied().unwrap_or_default();
        let bytes = columns.at(wanted).and_then(|place| record.get(place)).unwrap_or_default();
        field::read(bytes, UTF_8, name, Breaks::Refused).map_err(|fault| fault.detail)
    };
    let flag = |wanted: usize| {
        let word = text(wanted)?;
        match word.to_ascii_uppercase().as_str() {
            "ADD" => Ok(Flag::Add),
            "RMV" => Ok(Flag::Remove),
            "" => Ok(Flag::Unset),
            _ => Err(format!("{} is {word:?}; expected ADD, RMV or nothing", NEEDED[wanted])),
        }
    };
    let id = text(0)?;
    let course = match id.parse::<i64>() {
        Ok(number) if number > 0 => CourseId(number),
        _ => return Err(format!("moodle_id is {id:?}; expected the number of a course")),
    };
    let module = text(1)?;
    if module.is_empty() {
        return Err("modulecode is empty".to_owned());
    }
    field::fits_a_key(&module, "modulecode").map_err(|fault| fault.detail)?;
    Ok(MappingRow {
        course,
        module: ModuleCode::from(&*module),
        group_import: flag(2)?,
        mapping_action: flag(3)?,
        owner: text(4)?.into_owned(),
        reason: text(5)?.into_owned(),
    })
}

/// What another database holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct ForeignMappings {
    /// The rows, one for each course and module.
    pub(crate) rows: Vec<MappingRow>,
    /// What a person may want to know: rows that cannot be read, and rows that contradict each other.
    pub(crate) notices: Vec<String>,
}

/// Asks another database for its mappings.
///
/// Other programs write there, so two rows about one course and module are possible. Where they contradict each other
/// neither flag is set, so that nothing is touched.
pub(crate) async fn ask_mappings(config: &MappingsConfig) -> Result<ForeignMappings, SourceError> {
    let mut taken = Taken::default();
    let asked = Asked { name: "mappings", url: &config.url, password: config.password.as_ref() };
    sql::ask(&asked, &[Question { name: "query", query: &config.query }], &mut taken).await?;
    Ok(ForeignMappings { rows: taken.rows.into_values().collect(), notices: taken.notices })
}

#[derive(Default)]
struct Taken {
    columns: Option<Columns>,
    rows: BTreeMap<(CourseId, ModuleCode), MappingRow>,
    notices: Vec<String>,
}

impl Taker for Taken {
    fn begin(&mut self, _query: &'static str, columns: Vec<Text>) -> Result<(), SourceError> {
        let found = Columns::find(columns, NEEDED, OPTIONAL);
        let place = "the answer of the query".to_owned();
        self.columns = Some(found.map_err(|fault| SourceError::header("mappings", place, fault))?);
        Ok(())
    }

    fn row(&mut self, number: u64, record: &ByteRecord) {
        let Some(columns) = &self.columns else { return };
        let row = match mapping(columns, record) {
            Ok(row) => row,
            Err(detail) => return self.notices.push(format!("row {number}: {detail}")),
        };
        let (course, module) = (row.course, row.module.clone());
        let Some(known) = self.rows.get_mut(&(course, module.clone())) else {
            self.rows.insert((course, module), row);
            return;
        };
        if (known.group_import, known.mapping_action) != (row.group_import, row.mapping_action) {
            (known.group_import, known.mapping_action) = (Flag::Unset, Flag::Unset);
            self.notices.push(format!(
                "row {number}: course {course} and module {module} are there with other flags as well; nothing is touched"
            ));
        }
    }

    fn end(&mut self) {}
}

/// Writes a file that [`read_mappings`] reads.
pub(crate) fn write_mappings<W: io::Write>(rows: &[MappingRow], to: W) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(to);
    writer.write_record(NEEDED.iter().chain(OPTIONAL))?;
    for row in rows {
        writer.write_record([
            row.course.to_string().as_str(),
            row.module.as_str(),
            row.group_import.as_str(),
            row.mapping_action.as_str(),
            &row.owner,
            &row.reason,
        ])?;
    }
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Mappings, MappingsError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mappings.csv");
        std::fs::write(&path, text).unwrap();
        read_mappings(&path)
    }

    fn check(row: &str, expected: Result<&str, &str>) {
        let mappings = read(&format!("moodle_id,modulecode,group_import,mapping_action\n{row}\n")).unwrap();
        match expected {
            Ok(module) => assert_eq!(mappings.rows[0].module.as_str(), module),
            Err(detail) => {
                assert_eq!((mappings.rejected[0].line, mappings.rejected[0].detail.as_str()), (2, detail))
            }
        }
    }

    #[test]
    fn each_row_is_accepted_or_rejected_with_a_reason() {
        check("17,ANTH1014,ADD,add", Ok("ANTH1014"));
        check("17,ANTH1014,,", Ok("ANTH1014"));
        check("x,ANTH1014,ADD,ADD", Err("moodle_id is \"x\"; expected the number of a course"));
        check("0,ANTH1014,ADD,ADD", Err("moodle_id is \"0\"; expected the number of a course"));
        check("17,,ADD,ADD", Err("modulecode is empty"));
        check("17,A,DEL,ADD", Err("group_import is \"DEL\"; expected ADD, RMV or nothing"));
        check("17,A,ADD", Err("the row has 3 fields, the header 4"));
    }

    #[test]
    fn a_mapping_that_is_there_twice_is_rejected_once() {
        let mappings =
            read("moodle_id,modulecode,group_import,mapping_action\n1,A,ADD,ADD\n1,A,RMV,ADD\n").unwrap();
        assert_eq!((mappings.rows.len(), mappings.rejected.len()), (1, 1));
        assert_eq!(
            mappings.rejected[0].detail,
            "course 1 and module A stand in line 2 already, and that line counts"
        );
    }

    #[test]
    fn what_is_written_is_read_again() {
        let row = MappingRow {
            course: CourseId(17),
            module: ModuleCode::from("A,\"1\""),
            group_import: Flag::Remove,
            mapping_action: Flag::Unset,
            owner: "Ada Invented".into(),
            reason: "no longer taught".into(),
        };
        let mut file = Vec::new();
        write_mappings(std::slice::from_ref(&row), &mut file).unwrap();
        assert_eq!(read(std::str::from_utf8(&file).unwrap()).unwrap().rows, [row]);
    }

    #[test]
    fn a_wrong_header_is_told() {
        let message = read("course,module\n").unwrap_err().to_string();
        assert!(message.contains("there is no column moodle_id; it has course, module"), "{message}");
        let message = read("").unwrap_err().to_string();
        assert!(message.contains("it is empty, without even a header"), "{message}");
    }
}
