//! The configuration: one TOML file, all mistakes at once, secrets by reference (DESIGN section 9).
//!
//! The way through: `check.rs` walks the file along the table of `schema.rs` and fills a `document.rs`; a profile is
//! laid over it; `build.rs` makes the `model.rs` that the program uses.
//!
//! Not here: looking whether files and servers exist; that is `muster check`.
//!
//! Invariant: a configuration that loads has no mistake; a mistake names file, line, column, key and what to do.

mod address;
mod build;
mod check;
mod document;
mod error;
mod explain;
mod init;
mod mistake;
mod model;
#[cfg(test)]
mod page;
mod schema;
mod secret;
#[cfg(test)]
mod tests;
mod value;

use std::path::Path;

pub(crate) use address::{DatabaseKind, DatabaseUrl};
pub(crate) use error::ConfigError;
pub(crate) use explain::{explain, keys};
pub(crate) use init::init_text;
pub(crate) use mistake::{Mistake, nearest};
#[cfg(any(feature = "odbc", test))]
pub(crate) use model::OdbcOrigin;
pub(crate) use model::{
    Answerable, Config, CsvPlace, ImsConfig, ItslearningConfig, KeepBodies, LogConfig, LogFormat, MailConfig,
    MailServer, MailTls, MailWhen, MappingsConfig, ModuleKey, MoodleConfig, Observe, OdbcPlace, OwnersConfig,
    PeopleKeys, PersonIs, PersonKeyField, PushedPlace, Queries, SourceConfig, SourcePlace, SqlPlace,
    TlsFiles,
};
pub(crate) use secret::{SecretError, SecretRef};

impl Config {
    /// Reads a file and lays a profile over it.
    ///
    /// The error holds every mistake of the file, in the order of its lines. Where the file is no TOML that is the first
    /// slip alone: what half a file seems to say is not worth a word.
    pub(crate) fn load(file: &Path, profile: Option<&str>) -> Result<Config, ConfigError> {
        let bytes = std::fs::read(file).map_err(|error| ConfigError::not_read(file, &error))?;
        Self::parse(file, &bytes, profile)
    }

    /// Reads the bytes of a file.
    pub(crate) fn parse(file: &Path, bytes: &[u8], profile: Option<&str>) -> Result<Config, ConfigError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| ConfigError::not_text(file, bytes, error.valid_up_to()))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let base_dir = file.parent().unwrap_or(Path::new(""));
        let check::Found { mut document, profiles, mut mistakes } =
            check::check(file, text, base_dir).map_err(|slip| ConfigError::Mistakes(vec![slip]))?;
        if let Some(name) = profile {
            match profiles.get(name) {
                Some(overlay) => document.overlay(overlay),
                None => mistakes.push(unknown_profile(file, name, profiles.keys().map(String::as_str))),
            }
        }
        let config = build::build(file, base_dir, profile, &document, &mut mistakes);
        mistakes.sort_by_key(|mistake| mistake.at);
        match config {
            Some(config) if mistakes.is_empty() => Ok(config),
            _ => Err(ConfigError::Mistakes(mistakes)),
        }
    }
}

fn unknown_profile<'a>(file: &Path, name: &str, known: impl Iterator<Item = &'a str>) -> Mistake {
    let known: Vec<&str> = known.collect();
    let hint = if let Some(near) = nearest(name, known.iter().copied()) {
        format!("it has {}; did you mean {near}?", known.join(", "))
    } else if known.is_empty() {
        format!("it has no profiles; write [profile.{name}.moodle] for one, or leave --profile out")
    } else {
        format!("it has {}", known.join(", "))
    };
    let message = format!("there is no profile {name:?} in this file");
    Mistake { file: file.to_owned(), at: None, key: String::new(), message, hint: Some(hint) }
}
