//! Writes the rejected rows of a table as a file that can be corrected and delivered again.
//!
//! Not here: rejecting rows (`intake.rs`).
//!
//! Invariant: the file has the columns of the source, then `reason` and `line`; without rejections there is no file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use reconcile::keys::Text;

use super::Reading;
use super::table::Table;

/// The name of the file of a table: `groups.rejected.csv`.
pub(crate) fn rejected_file_name(table: Table) -> String {
    format!("{}.rejected.csv", table.as_str())
}

/// Writes the rejections of each table that was read into a folder, which must be there.
///
/// Returns the files that were written; an older one of a table without rejections is removed.
pub(crate) fn write_rejections(reading: &Reading, folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    for read in &reading.tables {
        let name = read.table.as_str();
        let rejected = reading.delivery.rejections.iter().filter(|rejection| &*rejection.table == name);
        let rows = rejected.map(|rejection| {
            (&rejection.row[..], format!("{}: {}", rejection.rule.as_str(), rejection.detail), rejection.line)
        });
        let path = folder.join(rejected_file_name(read.table));
        if write(&path, &read.columns, rows)? {
            written.push(path);
        }
    }
    Ok(written)
}

/// Writes one file; tells whether there was anything to write.
pub(crate) fn write<'a>(
    path: &Path,
    columns: &[Text],
    rows: impl Iterator<Item = (&'a [Text], String, u64)>,
) -> io::Result<bool> {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(false),
        };
    }
    // Whoever looks while we write sees the file of before.
    let unfinished = path.with_extension("csv.unfinished");
    let mut writer = csv::WriterBuilder::new().flexible(true).from_path(&unfinished)?;
    writer.write_record(columns.iter().map(|column| &**column).chain(["reason", "line"]))?;
    for (row, reason, line) in rows {
        // Fields that the header does not know stand behind, so that nothing is lost and nothing moves.
        let (known, surplus) = row.split_at(row.len().min(columns.len()));
        let padding = std::iter::repeat_n("", columns.len() - known.len());
        let line = line.to_string();
        let known = known.iter().map(|field| &**field).chain(padding);
        let surplus = surplus.iter().map(|field| &**field);
        writer.write_record(known.chain([reason.as_str(), line.as_str()]).chain(surplus))?;
    }
    writer.flush()?;
    drop(writer);
    fs::rename(&unfinished, path)?;
    Ok(true)
}
