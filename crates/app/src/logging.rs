//! Logs: what is written down while Muster works, besides what a command answers (features H1–H3, F8).
//!
//! Every line goes to standard error, where journald keeps it; with `[log] folder` also to files that change daily:
//! `muster.log` holds everything, `db_error.log` and `rest_error.log` the warnings of the database and of the platform,
//! as the old page names them.
//!
//! How much is written can be changed while `muster serve` runs (feature H3): [`Levels`] reaches every place but the two
//! files of one part, which always hold the warnings.
//!
//! Not here: what is logged; each crate says that where it happens. The log of one run is told from its journal
//! ([`crate::present::run_log`]).
//!
//! Invariant: no line holds a secret (secrets cannot be formatted) or a person's key (lines name users by number).

use std::path::Path;

use store::StoreError;
use tracing_appender::rolling::{Builder, RollingFileAppender, Rotation};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::reload::{Handle, Layer as Filter};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::config::{LogConfig, LogFormat};
use crate::exit::{Exit, Failure, chain};

/// The file that holds everything.
const ALL: &str = "muster.log";

/// The files of one part each: the warnings and errors of the crate with that name.
const SCOPES: [(&str, &str); 2] = [("db_error.log", "store"), ("rest_error.log", "targets")];

/// How much is written, in every place where that can be chosen.
#[derive(Clone, Default)]
pub(crate) struct Levels {
    handles: Vec<Handle<EnvFilter, Registry>>,
}

impl Levels {
    /// Changes how much is written from now on: a level, or levels by part. The words were checked with the
    /// configuration.
    pub(crate) fn set(&self, level: &str) -> Result<(), Failure> {
        for handle in &self.handles {
            handle
                .reload(EnvFilter::new(level))
                .map_err(|error| Failure::new(Exit::Bug, format!("cannot change the log level: {error}")))?;
        }
        Ok(())
    }

    /// A filter that [`Levels::set`] reaches.
    fn filter(&mut self, level: &str) -> Filter<EnvFilter, Registry> {
        let (filter, handle) = Filter::new(EnvFilter::new(level));
        self.handles.push(handle);
        filter
    }
}

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Begins to log. Called once; a second call keeps the first.
pub(crate) fn begin(config: &LogConfig) -> Result<Levels, Failure> {
    let mut levels = Levels::default();
    let filter = levels.filter(&config.level);
    let mut layers: Vec<BoxedLayer> = vec![layer(config.format, std::io::stderr).with_filter(filter).boxed()];
    if let Some(folder) = &config.folder {
        let filter = levels.filter(&config.level);
        layers.push(layer(config.format, file(folder, ALL, config.days_kept)?).with_filter(filter).boxed());
        for (name, part) in SCOPES {
            let warnings = Targets::new().with_target(part, LevelFilter::WARN);
            let writer = file(folder, name, config.days_kept)?;
            layers.push(layer(config.format, writer).with_filter(warnings).boxed());
        }
    }
    // Only the demo opens two configurations in one process; the first one's log serves both.
    let _ = tracing_subscriber::registry().with(layers).try_init();
    Ok(levels)
}

/// Notes in `db_error.log` that the database failed. That another run holds the lock, or that something is not there, is
/// no failure of the database.
pub(crate) fn database_failed(error: &StoreError) {
    match error {
        StoreError::Held { .. } | StoreError::Missing { .. } => {}
        // Under the name of the crate that the file is for. A warning, because whoever asked is told as well.
        failed => {
            tracing::warn!(target: "store", error = without_values(&chain(failed)), "the database failed")
        }
    }
}

/// A driver's text without what stands in single quotes: some databases repeat there the value that they refuse.
fn without_values(text: &str) -> String {
    let parts = text.split('\'').enumerate();
    parts.map(|(place, part)| if place % 2 == 0 { part } else { "'…'" }).collect()
}

/// Lines of one form for one place.
fn layer<S, W>(format: LogFormat, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
    match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    }
}

/// A file that changes daily: `muster.log.2026-11-25`.
fn file(folder: &Path, name: &str, days_kept: usize) -> Result<RollingFileAppender, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(Exit::Configuration, format!("cannot write logs to {}: {error}", folder.display()))
            .hint("correct `folder` in [log], or make the folder writable for this user")
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    Builder::new()
        .rotation(Rotation::DAILY)
        .filename_prefix(name)
        .max_log_files(days_kept)
        .build(folder)
        .map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h1_a_log_line_of_the_database_holds_no_value() {
        let check = |text: &str, expected: &str| assert_eq!(without_values(text), expected);
        check("no such table: runs", "no such table: runs");
        check("Duplicate entry 'S0001740-7' for key 'PRIMARY'", "Duplicate entry '…' for key '…'");
        check("cut short: 'S0001740", "cut short: '…'");
    }
}
