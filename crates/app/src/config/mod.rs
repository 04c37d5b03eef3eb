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

pub(crate) use address::DatabaseKind;
pub(crate) use explain::{explain, keys};
pub(crate) use init::init_text;
pub(crate) use mistake::{Mistake, nearest};
pub(crate) use model::{
    Config, CsvPlace, LogConfig, LogFormat, MailConfig, MailServer, MailTls, MailWhen, MoodleConfig, Observe,
    PeopleKeys, PersonKeyField, SourceConfig, SourcePlace, SqlPlace,
};
pub(crate) use secret::SecretError;

impl Config {
    /// Reads a file and lays a profile over it.
    ///
    /// The error holds every mistake of the file, in the order of its lines.
    pub(crate) fn load(file: &Path, profile: Option<&str>) -> Result<Config, Vec<Mistake>> {
        match std::fs::read(file) {
            Ok(bytes) => Self::parse(file, &bytes, profile),
            Err(error) => {
                let hint = "`muster init` writes one; --config FILE names another".to_owned();
                Err(vec![whole(file, format!("cannot read the configuration: {error}"), Some(hint))])
            }
        }
    }

    /// Reads the bytes of a file.
    pub(crate) fn parse(file: &Path, bytes: &[u8], profile: Option<&str>) -> Result<Config, Vec<Mistake>> {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
            Err(error) => {
                let hint = "save the file as UTF-8".to_owned();
                let message = format!("not UTF-8 text from byte {} on", error.valid_up_to() + 1);
                return Err(vec![whole(file, message, Some(hint))]);
            }
        };
        let base_dir = file.parent().unwrap_or(Path::new(""));
        let check::Found { mut document, profiles, mut mistakes, is_toml } =
            check::check(file, text, base_dir);
        if let Some(name) = profile {
            match profiles.get(name) {
                Some(overlay) => document.overlay(overlay),
                None => mistakes.push(unknown_profile(file, name, profiles.keys().map(String::as_str))),
            }
        }
        let config =
            if is_toml { build::build(file, base_dir, profile, &document, &mut mistakes) } else { None };
        mistakes.sort_by_key(|mistake| mistake.at);
        match config {
            Some(config) if mistakes.is_empty() => Ok(config),
            _ => Err(mistakes),
        }
    }
}

fn whole(file: &Path, message: String, hint: Option<String>) -> Mistake {
    Mistake { file: file.to_owned(), at: None, key: String::new(), message, hint }
}

fn unknown_profile<'a>(file: &Path, name: &str, known: impl Iterator<Item = &'a str>) -> Mistake {
    let known: Vec<&str> = known.collect();
    let hint = if known.is_empty() {
        format!("it has no profiles; write [profile.{name}.moodle] for one, or leave --profile out")
    } else {
        format!("it has {}", known.join(", "))
    };
    whole(file, format!("there is no profile {name:?} in this file"), Some(hint))
}
