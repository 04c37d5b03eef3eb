//! Reads the answers of named queries through an ODBC driver: Oracle, SQL Server, and whatever else has one.
//!
//! Drivers block, so a thread of its own talks to the driver (`reader.rs`) and hands blocks of rows over; here they
//! meet the intake. `attributes.rs` writes the connection string, `product.rs` knows what differs between databases.
//!
//! Not here: what the rows mean (`intake.rs`). Without the feature `odbc` the program links no driver manager, and
//! says so when a source of this kind is read.
//!
//! Invariant: fields are taken as the bytes that the driver has, never as wide characters: a driver that has to make
//! UTF-16 of bytes that are no text leaves letters out or replaces them without a word.
//! Invariant: at most two blocks of rows wait, so memory does not grow with the answer.

#[cfg(any(feature = "odbc", test))]
mod attributes;
#[cfg(any(feature = "odbc", test))]
mod product;
#[cfg(feature = "odbc")]
mod reader;
#[cfg(test)]
#[cfg(feature = "odbc")]
mod tests;

use super::Progress;
use super::error::SourceError;
use super::intake::Intake;
use crate::config::OdbcPlace;

#[cfg(not(feature = "odbc"))]
pub(super) async fn read(
    _place: &OdbcPlace,
    name: &str,
    _intake: &mut Intake<'_>,
    _progress: &mut Progress<'_>,
) -> Result<Vec<String>, SourceError> {
    Err(SourceError::NoOdbc { name: name.into() })
}

/// Runs the queries of a source; returns notices about columns that are ignored.
#[cfg(feature = "odbc")]
pub(super) async fn read(
    place: &OdbcPlace,
    name: &str,
    intake: &mut Intake<'_>,
    progress: &mut Progress<'_>,
) -> Result<Vec<String>, SourceError> {
    read_within(reader::CONNECT_TIMEOUT, place, name, intake, progress).await
}

/// The same with another patience for a database that does not answer.
#[cfg(feature = "odbc")]
async fn read_within(
    patience: std::time::Duration,
    place: &OdbcPlace,
    name: &str,
    intake: &mut Intake<'_>,
    progress: &mut Progress<'_>,
) -> Result<Vec<String>, SourceError> {
    use super::row::{Place, Row};
    use super::table::Columns;
    use super::{answer_of, ignored_notice};
    use reader::Piece;

    let origin = || place.origin.to_string();
    let mut pieces = reader::start(place, name, patience)?;
    // The driver was told how long it may take to log in, but not every driver listens.
    match tokio::time::timeout(patience, pieces.recv()).await {
        Ok(Some(Piece::Connected)) => {}
        Ok(Some(Piece::Unreachable(source))) => {
            return Err(SourceError::OdbcConnect { name: name.into(), origin: origin(), source });
        }
        Ok(_) | Err(_) => {
            let timeout_s = patience.as_secs();
            return Err(SourceError::Silent { name: name.into(), url: origin(), timeout_s });
        }
    }
    let mut notices = Vec::new();
    let mut current: Option<(super::Table, Columns)> = None;
    let mut number = 0;
    while let Some(piece) = pieces.recv().await {
        match piece {
            Piece::Columns(table, names) => {
                let columns = Columns::find(names, table.columns(), &[])
                    .map_err(|fault| SourceError::header(name, answer_of(table), fault))?;
                notices.extend(ignored_notice(&answer_of(table), &columns));
                intake.begin(table, &columns);
                current = Some((table, columns));
                number = 0;
            }
            Piece::Rows(rows) => {
                let Some((table, columns)) = &current else { continue };
                for fetched in rows {
                    number += 1;
                    let place = Place::Row(number);
                    intake.row(*table, columns, Row { record: &fetched.record, place, cut: fetched.cut });
                    progress.row();
                }
            }
            Piece::EndOfTable => progress.end_of_table(),
            Piece::End => return Ok(notices),
            Piece::Failed(query, source) => {
                return Err(SourceError::OdbcQuery { name: name.into(), origin: origin(), query, source });
            }
            Piece::Connected => {}
            Piece::Unreachable(source) => {
                return Err(SourceError::OdbcConnect { name: name.into(), origin: origin(), source });
            }
        }
    }
    // The thread always says how it ended; without a last word something in the driver ended it.
    let source = super::error::DriverError("the driver broke off without a word".into());
    Err(SourceError::OdbcConnect { name: name.into(), origin: origin(), source })
}
