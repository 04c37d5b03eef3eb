//! Step 1 of a run: reads the sources and keeps what they deliver, if it can be believed.
//!
//! Not here: reading ([`crate::sources`]), believing (`reconcile::delivery`), keeping (`store`).
//!
//! Invariant: a source that fails, or whose delivery is not believed, leaves what was accepted before in force.

use std::path::{Path, PathBuf};

use reconcile::delivery::{Figures, doubts};
use reconcile::keys::SourceName;
use serde::Serialize;
use store::{DeliveryId, RunLock, Verdict};

use crate::app::App;
use crate::config::SourceConfig;
use crate::exit::{Failure, chain};
use crate::sources::{self, Reading, rejected_file_name};

/// What became of one source's delivery.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Imported {
    /// The source.
    pub(crate) source: SourceName,
    /// The number under which the delivery is kept; `None` where the source could not be read.
    pub(crate) delivery: Option<i64>,
    /// What it holds.
    pub(crate) figures: Option<Figures>,
    /// What the delivery accepted before holds.
    pub(crate) before: Option<Figures>,
    /// Whether it is in force.
    pub(crate) end: ImportEnd,
    /// What a person may want to know, such as a column that is ignored.
    pub(crate) notices: Vec<String>,
    /// Files with the rejected rows.
    pub(crate) error_files: Vec<PathBuf>,
}

/// Whether a delivery is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ImportEnd {
    /// It is.
    Accepted,
    /// It is kept, but the one before stays in force: why.
    Refused(String),
    /// There is none: why the source could not be read, and on a second line the next step.
    Failed(String),
}

impl Imported {
    /// Tells whether the delivery is in force.
    pub(crate) fn is_accepted(&self) -> bool {
        self.end == ImportEnd::Accepted
    }
}

/// Reads all sources, or the one that is named.
pub(crate) async fn import_sources(
    app: &App,
    lock: &RunLock,
    only: Option<&SourceName>,
    errors: &Path,
) -> Result<Vec<Imported>, Failure> {
    let mut imported = Vec::new();
    for (name, source) in app.config.sources.iter().filter(|(name, _)| only.is_none_or(|only| only == *name))
    {
        imported.push(import_source(app, lock, name, source, errors).await?);
    }
    Ok(imported)
}

async fn import_source(
    app: &App,
    lock: &RunLock,
    name: &SourceName,
    source: &SourceConfig,
    errors: &Path,
) -> Result<Imported, Failure> {
    let bar = app.progress("reading rows", 0);
    let read = sources::read(source, name, &|rows| bar.set_position(rows)).await;
    bar.finish_and_clear();
    let before = app.store.accepted_figures(name).await?;
    let mut imported = Imported {
        source: name.clone(),
        delivery: None,
        figures: None,
        before,
        end: ImportEnd::Accepted,
        notices: Vec::new(),
        error_files: Vec::new(),
    };
    let reading = match read {
        Ok(reading) => reading,
        Err(error) => {
            imported.end = ImportEnd::Failed(format!("{}\nnext: {}", chain(&error), error.next_step()));
            return Ok(imported);
        }
    };
    imported.error_files = write_error_files(&reading, &errors.join(name.as_str()), &mut imported.notices);
    let Reading { delivery, tables: _, notices } = reading;
    imported.notices.extend(notices);
    let figures = delivery.figures();
    let doubts = doubts(&figures, before.as_ref(), &source.completeness);
    let verdict = if doubts.is_empty() {
        Verdict::Accepted
    } else {
        Verdict::Refused(doubts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    };
    let DeliveryId(id) = app.store.save_delivery(lock, &delivery, app.clock.now(), &verdict).await?;
    if let Verdict::Refused(why) = verdict {
        imported.end = ImportEnd::Refused(why);
    }
    imported.delivery = Some(id);
    imported.figures = Some(figures);
    Ok(imported)
}

/// Writes the rejected rows for the people who can mend them. A folder that cannot be written costs the files, not
/// the import: the rejections are in the database as well.
fn write_error_files(reading: &Reading, folder: &Path, notices: &mut Vec<String>) -> Vec<PathBuf> {
    let nothing_to_say = reading.delivery.rejections.is_empty()
        && reading.tables.iter().all(|read| !folder.join(rejected_file_name(read.table)).exists());
    if nothing_to_say {
        return Vec::new();
    }
    let written = std::fs::create_dir_all(folder).and_then(|()| sources::write_rejections(reading, folder));
    written.unwrap_or_else(|error| {
        notices.push(format!("cannot write the rejected rows to {}: {error}", folder.display()));
        Vec::new()
    })
}
