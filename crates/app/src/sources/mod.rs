//! Reads what a source says: CSV files, the answers of queries or what was pushed become one delivery.
//!
//! The way through: `csv_file.rs`, `sql.rs`, `odbc` and `imses.rs` give raw rows, `intake.rs` judges them, `error_file.rs` writes those
//! that were rejected. `old_tool` reads the database of the integration that Muster replaces. `mappings.rs` reads and writes the file of `muster map import` and `export`.
//!
//! Not here: whether a delivery is believed (`reconcile::delivery::doubts`) and where it is kept (`store`).
//!
//! Invariant: a source is only read.

mod csv_file;
mod error;
mod error_file;
mod fast_map;
mod field;
mod imses;
mod intake;
mod mappings;
mod odbc;
mod old_tool;
mod people;
mod roster;
mod row;
mod sample;
mod sql;
mod table;
#[cfg(test)]
mod tests;

use std::path::Path;

use encoding_rs::UTF_8;
use reconcile::delivery::Delivery;
use reconcile::keys::SourceName;
use store::Store;
use store::ims::Pushed;

pub(crate) use error::SourceError;
pub(crate) use error_file::{rejected_file_name, write_rejections};
pub(crate) use intake::TableRead;
pub(crate) use mappings::{Flag, ForeignMappings, MappingRow, ask_mappings, read_mappings, write_mappings};
pub(crate) use old_tool::{OldDatabase, read_old_database};
pub(crate) use sample::sample;
pub(crate) use table::Table;

use crate::config::{CsvPlace, Queries, SourceConfig, SourcePlace};
use csv_file::CsvFile;
use intake::Intake;
use table::Columns;

/// After how many rows progress is told.
const PROGRESS_ROWS: u64 = 8_192;

/// What was read.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// The accepted and the rejected rows.
    pub(crate) delivery: Delivery,
    /// How many rows each table had, and its columns.
    pub(crate) tables: Vec<TableRead>,
    /// What a person may want to know, such as a column that is ignored.
    pub(crate) notices: Vec<String>,
    /// Which state of a site it was, where a student system pushed it.
    pub(crate) pushed: Option<Pushed>,
}

/// Reads a source; one that is pushed to is read from our own database. `progress` is told now and then how many rows were read so far, all tables together.
///
/// A source of files is read without a pause: call it where blocking is allowed.
pub(crate) async fn read(
    source: &SourceConfig,
    name: &SourceName,
    store: Option<&Store>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Reading, SourceError> {
    let mut progress = Progress { rows: 0, tell: progress };
    match &source.place {
        SourcePlace::Csv(place) => {
            let mut intake = Intake::new(name.clone(), place.encoding, source);
            let notices = read_csv(place, name.as_str(), &mut intake, &mut progress)?;
            Ok(reading(intake, notices))
        }
        SourcePlace::Sql(place) => {
            let mut intake = Intake::new(name.clone(), UTF_8, source);
            let notices = sql::read(place, name.as_str(), &mut intake, &mut progress).await?;
            Ok(reading(intake, notices))
        }
        SourcePlace::Odbc(place) => {
            let mut intake = Intake::new(name.clone(), place.encoding, source);
            let notices = odbc::read(place, name.as_str(), &mut intake, &mut progress).await?;
            Ok(reading(intake, notices))
        }
        SourcePlace::Pushed(place) => {
            let Some(store) = store else { return Err(SourceError::NoDatabase { name: name.to_string() }) };
            let mut intake = Intake::new(name.clone(), UTF_8, source);
            let (notices, pushed) =
                imses::read(place, name.as_str(), store, &mut intake, &mut progress).await?;
            Ok(Reading { pushed: Some(pushed), ..reading(intake, notices) })
        }
    }
}

fn reading(intake: Intake<'_>, notices: Vec<String>) -> Reading {
    let (delivery, tables) = intake.finish();
    Reading { delivery, tables, notices, pushed: None }
}

/// Counts rows and tells somebody.
struct Progress<'a> {
    rows: u64,
    tell: &'a (dyn Fn(u64) + Sync),
}

impl Progress<'_> {
    fn row(&mut self) {
        self.rows += 1;
        if self.rows.is_multiple_of(PROGRESS_ROWS) {
            (self.tell)(self.rows);
        }
    }

    fn end_of_table(&self) {
        (self.tell)(self.rows);
    }
}

/// The queries of a database, in the order in which they are run.
fn queries(queries: &Queries) -> impl Iterator<Item = (Table, &str)> {
    let all = [
        (Table::Groups, Some(&queries.groups)),
        (Table::Members, Some(&queries.members)),
        (Table::Modules, queries.modules.as_ref()),
    ];
    all.into_iter().filter_map(|(table, query)| Some((table, query?.as_str())))
}

/// How the answer of a query is called in messages.
fn answer_of(table: Table) -> String {
    format!("the answer of the query {}", table.as_str())
}

fn read_csv(
    place: &CsvPlace,
    name: &str,
    intake: &mut Intake<'_>,
    progress: &mut Progress<'_>,
) -> Result<Vec<String>, SourceError> {
    let mut notices = Vec::new();
    let files = [
        (Table::Groups, Some(&place.groups)),
        (Table::Members, Some(&place.members)),
        (Table::Modules, place.modules.as_ref()),
    ];
    for (table, path) in files {
        if let Some(path) = path {
            notices.extend(read_csv_table(table, path, place, name, intake, progress)?);
            progress.end_of_table();
        }
    }
    Ok(notices)
}

/// Reads one file; returns a notice about the columns that were ignored.
fn read_csv_table(
    table: Table,
    path: &Path,
    place: &CsvPlace,
    name: &str,
    intake: &mut Intake<'_>,
    progress: &mut Progress<'_>,
) -> Result<Option<String>, SourceError> {
    let shown = format!("the {} file {}", table.as_str(), path.display());
    let failed = |source| SourceError::Read {
        name: name.into(),
        table: table.as_str(),
        path: path.to_owned(),
        source,
    };
    let input = CsvFile::open(path).map_err(|source| SourceError::Open {
        name: name.into(),
        table: table.as_str(),
        path: path.to_owned(),
        source,
    })?;
    let mut file = CsvFile::begin(input, place.encoding).map_err(failed)?;
    let header = std::mem::take(&mut file.header);
    if header.is_empty() {
        let columns = table.columns().join(",");
        return Err(SourceError::Empty { name: name.into(), place: shown, columns });
    }
    let columns = Columns::find(header, table.columns(), &[])
        .map_err(|fault| SourceError::header(name, shown.clone(), fault))?;
    intake.begin(table, &columns);
    while let Some(row) = file.next().map_err(failed)? {
        intake.row(table, &columns, row);
        progress.row();
    }
    Ok(ignored_notice(&shown, &columns))
}

/// Tells which columns are ignored, if any.
fn ignored_notice(place: &str, columns: &Columns) -> Option<String> {
    let ignored = columns.ignored();
    (!ignored.is_empty()).then(|| format!("{place} has columns that are ignored: {}", ignored.join(", ")))
}

/// A position in a list as the delivery keeps it. Memory ends long before the numbers do.
fn position(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
