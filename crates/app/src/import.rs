//! Step 1 of a run: reads the sources and keeps what they deliver, if it can be believed.
//!
//! Not here: reading ([`crate::sources`]), believing (`reconcile::delivery`), keeping (`store`).
//!
//! Invariant: a source that fails, or whose delivery is not believed, leaves what was accepted before in force.

use std::path::{Path, PathBuf};

use reconcile::delivery::{Figures, doubts};
use reconcile::keys::SourceName;
use serde::Serialize;
use store::{
    DeliveryId, Flag, ForeignMapping, MappingChange, MappingKey, PushedDelivery, RunLock, TakenOver, Verdict,
};

use crate::app::App;
use crate::config::{MappingsConfig, SourceConfig};
use crate::exit::{Failure, chain};
use crate::sources::{self, ForeignMappings, Reading, rejected_file_name};

/// Who changed a mapping that another program wrote, as our table and the audit log say: the section of the configuration.
const MAPPINGS: &str = "[mappings]";

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
    /// Mappings of another program were taken over.
    TakenOver(TakenOver),
}

impl Imported {
    /// Tells whether the delivery is in force.
    pub(crate) fn is_accepted(&self) -> bool {
        matches!(self.end, ImportEnd::Accepted | ImportEnd::TakenOver(_))
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
    if let (Some(config), None) = (&app.config.mappings, only) {
        imported.push(import_mappings(app, lock, config).await?);
    }
    Ok(imported)
}

/// Takes over what another program wrote. Where it cannot be read, what was read before stays.
async fn import_mappings(app: &App, lock: &RunLock, config: &MappingsConfig) -> Result<Imported, Failure> {
    let mut imported = Imported {
        source: MAPPINGS.into(),
        delivery: None,
        figures: None,
        before: None,
        end: ImportEnd::Accepted,
        notices: Vec::new(),
        error_files: Vec::new(),
    };
    let next = "next: check url, password and query under [mappings]";
    let ForeignMappings { rows, notices } = match sources::ask_mappings(config).await {
        Ok(read) => read,
        Err(error) => {
            imported.end = ImportEnd::Failed(format!("{}\n{next}", chain(&error)));
            return Ok(imported);
        }
    };
    imported.notices = notices;
    let source = app.default_source();
    let text = |text: &str| Some(text).filter(|text| !text.is_empty()).map(Into::into);
    let foreign = rows.iter().map(|row| {
        let key = MappingKey { course: row.course, source: source.clone(), module: row.module.clone() };
        let mapping = ForeignMapping {
            group_import: Flag::from_word(row.group_import.as_str()),
            mapping_action: Flag::from_word(row.mapping_action.as_str()),
            owner: text(&row.owner),
            reason: text(&row.reason),
        };
        (key, mapping)
    });
    let reason = format!("read from {}", config.url);
    let change =
        MappingChange { default_source: &source, who: MAPPINGS, reason: &reason, now: app.clock.now() };
    let taken = app.store.take_over_mappings(lock, &foreign.collect(), &change).await?;
    imported.end = match taken {
        Some(taken) => ImportEnd::TakenOver(taken),
        None => ImportEnd::Failed(format!("the query answers without a row, and once had some\n{next}")),
    };
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
    let read = sources::read(source, name, Some(&app.store), &|rows| bar.set_position(rows)).await;
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
    let Reading { delivery, tables: _, notices, pushed } = reading;
    imported.notices.extend(notices);
    let figures = delivery.figures();
    let doubts = doubts(&figures, before.as_ref(), &source.completeness);
    let verdict = if doubts.is_empty() {
        Verdict::Accepted
    } else {
        Verdict::Refused(doubts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    };
    let now = app.clock.now();
    let DeliveryId(id) = match pushed {
        None => app.store.save_delivery(lock, &delivery, now, &verdict).await?,
        Some(pushed) => {
            let pushed = PushedDelivery { pushed, default_source: &app.default_source() };
            app.store.save_pushed_delivery(lock, &delivery, pushed, now, &verdict).await?
        }
    };
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
