//! What is mapped today, for the rehearsal: from a copy of the database file, by a question to a database on a server, or
//! from a file that `muster map export` wrote.
//!
//! Not here: what becomes of it (`stage.rs`).
//!
//! Invariant: the database itself is never opened as ours, so that not even its version changes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use reconcile::keys::SourceName;
use reconcile::snapshot::Wish;
use store::{MappingFilter, Store, Timestamp, counting_mappings_query};

use crate::config::{Config, DatabaseKind, MappingsConfig};
use crate::exit::{Exit, Failure};
use crate::sources::{Flag, ask_mappings, read_mappings};

/// Where the mappings stand that count now.
const TODAY: &str = "those of today";

/// A row that is mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mapped {
    /// The course.
    pub(super) course: u32,
    /// The module.
    pub(super) module: String,
    /// Whether the groups are wanted, or a person removed the mapping.
    pub(super) is_wanted: bool,
}

/// What is mapped today, and where that stood.
#[derive(Debug, Default)]
pub(super) struct Today {
    /// The rows; none where mappings have to be invented.
    pub(super) rows: Vec<Mapped>,
    /// Rows that are left out: frozen ones, and course numbers that no Moodle has.
    pub(super) left_out: usize,
    /// Where they stood, in words.
    pub(super) from: String,
}

/// Reads what is mapped today. `dir` is a folder for the copy.
pub(super) async fn today(
    config: &Config,
    file: Option<&Path>,
    now: Timestamp,
    dir: &Path,
) -> Result<Today, Failure> {
    if let Some(file) = file {
        return of_file(file);
    }
    match (config.database.kind(), config.database.file()) {
        (DatabaseKind::Sqlite, Some(database)) if database.exists() => {
            let copy = copy(database, dir)?;
            of_copy(config, &copy, now).await
        }
        (DatabaseKind::Sqlite, _) => {
            Ok(Today { from: "invented: there is no database yet".into(), ..Today::default() })
        }
        (DatabaseKind::MySql | DatabaseKind::Postgres, _) => of_server(config, now).await,
    }
}

fn of_file(file: &Path) -> Result<Today, Failure> {
    let read = read_mappings(file).map_err(|error| Failure::of(Exit::Usage, error))?;
    let rows = read.rows.into_iter().map(|row| {
        let removed = row.group_import == Flag::Remove || row.mapping_action == Flag::Remove;
        (row.course.0, row.module.to_string(), Some(!removed))
    });
    let mut today = sorted(rows, format!("those of {}", file.display()));
    today.left_out += read.rejected.len();
    Ok(today)
}

async fn of_server(config: &Config, now: Timestamp) -> Result<Today, Failure> {
    let place = MappingsConfig {
        url: config.database.clone(),
        password: config.database_password.clone(),
        query: counting_mappings_query(now),
    };
    let read = ask_mappings(&place).await.map_err(|error| {
        Failure::of(Exit::Configuration, error)
            .hint("`muster check database` looks at the database; --mappings FILE does without it")
    })?;
    let rows = read.rows.into_iter().map(|row| {
        let is_wanted = match (row.group_import, row.mapping_action) {
            (Flag::Remove, _) | (_, Flag::Remove) => Some(false),
            (Flag::Add, _) => Some(true),
            (Flag::Unset, _) => None,
        };
        (row.course.0, row.module.to_string(), is_wanted)
    });
    Ok(or_invented(sorted(rows, TODAY.into())))
}

async fn of_copy(config: &Config, copy: &Path, now: Timestamp) -> Result<Today, Failure> {
    let source = config.sources.keys().next().cloned().unwrap_or_else(|| SourceName::from("source"));
    let store = Store::open(&format!("sqlite:{}", copy.display())).await?;
    let rows = store.mappings(&MappingFilter::default(), &source).await?;
    store.close().await;
    let rows = rows.into_iter().map(|row| {
        let is_wanted = match row.settings.wish(now) {
            Wish::Want => Some(true),
            Wish::Remove => Some(false),
            Wish::Keep => None,
        };
        (row.key.course.0, row.key.module.to_string(), is_wanted)
    });
    Ok(or_invented(sorted(rows, TODAY.into())))
}

/// What is mapped, unless nothing is.
fn or_invented(today: Today) -> Today {
    if today.rows.is_empty() {
        return Today { from: "invented: nothing is mapped yet".into(), ..Today::default() };
    }
    today
}

fn sorted(rows: impl Iterator<Item = (i64, String, Option<bool>)>, from: String) -> Today {
    let mut today = Today { from, ..Today::default() };
    for (course, module, is_wanted) in rows {
        match (u32::try_from(course), is_wanted) {
            (Ok(course), Some(is_wanted)) => today.rows.push(Mapped { course, module, is_wanted }),
            _ => today.left_out += 1,
        }
    }
    today
}

/// Copies a database file with what is not yet merged into it.
fn copy(database: &Path, dir: &Path) -> Result<PathBuf, Failure> {
    let copy = dir.join("today.db");
    for ending in ["", "-wal"] {
        let of = |path: &Path| {
            let mut name: OsString = path.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        match std::fs::copy(of(database), of(&copy)) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let message = format!("cannot copy the database {}: {error}", database.display());
                return Err(Failure::new(Exit::Configuration, message)
                    .hint("run it as the user whose database it is, or give --mappings FILE"));
            }
        }
    }
    Ok(copy)
}
