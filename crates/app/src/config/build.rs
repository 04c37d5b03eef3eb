//! Makes the configuration out of checked values, and checks what only shows when they are seen together.
//!
//! Not here: single values (`value.rs`).

mod itslearning;
mod mail;
mod odbc;
mod owners;
mod schedule;
mod school;
mod serve;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use reconcile::delivery::Completeness;
use reconcile::keys::SourceName;
use serde::de::DeserializeOwned;
use store::Retention;

use tracing_subscriber::EnvFilter;

use super::address::DatabaseUrl;
use super::document::{Document, Value};
use super::explain;
use super::mistake::{Mistake, Position};
use super::model::{
    Config, CsvPlace, LogConfig, LogFormat, MappingsConfig, ModuleKey, MoodleConfig, Observe, PeopleKeys,
    PersonIs, PersonKeyField, PushedPlace, Queries, SourceConfig, SourcePlace, SqlPlace,
};
use super::schema::{Default, KEYS, Key};
use super::value;

/// Hosts that are this machine, where plain HTTP is harmless.
const THIS_MACHINE: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Makes the configuration; pushes what is wrong to `mistakes`.
///
/// Returns nothing when something is missing without which there is no configuration.
pub(crate) fn build(
    file: &Path,
    base_dir: &Path,
    profile: Option<&str>,
    document: &Document,
    mistakes: &mut Vec<Mistake>,
) -> Option<Config> {
    let mut build = Build { file, base_dir, document, mistakes, warnings: Vec::new() };
    let database = build.database_url("database");
    let mut sources = build.sources();
    let schools = build.schools();
    let mappings = build.mappings();
    let moodle = build.moodle();
    let itslearning = build.itslearning();
    let people = match moodle.as_ref().map(|moodle| moodle.person_key) {
        Some(PersonKeyField::Username | PersonKeyField::Email) => PeopleKeys::LowerCase,
        Some(PersonKeyField::Idnumber) | None => PeopleKeys::AsWritten,
    };
    sources.values_mut().for_each(|source| source.people = people);
    let mail = build.mail();
    let owners = build.owners(mail.as_ref());
    let policy = build.section("policy");
    let limits = build.section("limits");
    let schedule = build.schedule();
    let serve = build.serve();
    let workers = build.workers();
    let imses = build.imses();
    let log = build.log();
    Some(Config {
        file: file.to_owned(),
        base_dir: base_dir.to_owned(),
        profile: profile.map(str::to_owned),
        database: database?,
        database_password: document.secret("database_password"),
        database_wait_s: document.number("database_wait_s"),
        sources,
        schools,
        mappings,
        moodle,
        itslearning,
        policy: policy?,
        limits: limits?,
        mail,
        owners,
        silence_hours: document.number("report.mail.silence_hours"),
        schedule,
        retention: build.retention(),
        deliveries_kept: document.number("retention.deliveries") as usize,
        serve: serve?,
        workers,
        imses,
        log,
        warnings: build.warnings,
        effective: explain::effective(document),
    })
}

struct Build<'a> {
    file: &'a Path,
    base_dir: &'a Path,
    document: &'a Document,
    mistakes: &'a mut Vec<Mistake>,
    warnings: Vec<Mistake>,
}

impl Build<'_> {
    fn problem(&self, path: &str, message: String, hint: Option<String>) -> Mistake {
        let at = self.document.place(path).or(Some(Position { line: 1, column: 1 }));
        Mistake { file: self.file.to_owned(), at, key: path.into(), message, hint }
    }

    fn mistake(&mut self, path: &str, message: impl Into<String>, hint: Option<String>) {
        let mistake = self.problem(path, message.into(), hint);
        self.mistakes.push(mistake);
    }

    fn retention(&self) -> Retention {
        let days = |name: &str| self.document.number(&format!("retention.{name}"));
        Retention {
            runs_days: days("runs_days"),
            failed_calls_days: days("failed_calls_days"),
            healed_days: days("healed_days"),
            history_days: days("history_days"),
            owners_days: days("owners_days"),
        }
    }

    fn log(&mut self) -> LogConfig {
        let level = self.document.text("log.level").unwrap_or_default();
        if let Err(error) = level.parse::<EnvFilter>() {
            let hint = "a level, or levels by part, such as warn,targets=debug".to_owned();
            self.mistake("log.level", format!("cannot be understood: {error}"), Some(hint));
        }
        LogConfig {
            level,
            format: match self.document.text("log.format").as_deref() {
                Some("json") => LogFormat::Json,
                _ => LogFormat::Text,
            },
            folder: self.path("log.folder"),
            days_kept: self.document.number("log.days_kept") as usize,
        }
    }

    fn path(&self, key: &str) -> Option<PathBuf> {
        self.document.text(key).map(|path| self.base_dir.join(path))
    }

    /// Understands a database URL and warns of a password in it.
    fn database_url(&mut self, key: &str) -> Option<DatabaseUrl> {
        let url = DatabaseUrl::parse(&self.document.text(key)?, self.base_dir).ok()?;
        if url.has_password() {
            let hint = Some(match key {
                "database" => format!("write database_password = …: {}", value::SECRET_FORMS),
                _ => format!("write password = …: {}", value::SECRET_FORMS),
            });
            let message = "holds a password that everybody who may read this file can read".to_owned();
            self.warnings.push(self.problem(key, message, hint));
        }
        Some(url)
    }

    fn sources(&mut self) -> BTreeMap<SourceName, SourceConfig> {
        let names = self.document.source_names();
        // Whoever only serves student systems needs none.
        let serves = self.document.entries.keys().any(|key| key.starts_with("imses."));
        if names.is_empty() && !serves && !self.document.faulty.contains("source") {
            let hint = "add [source.cmis] with kind = \"csv\", groups and members; `muster init` shows how";
            self.mistake("source", "there is no source", Some(hint.into()));
        }
        for (index, name) in names.iter().enumerate() {
            if let Some(other) = names[..index].iter().find(|other| other.eq_ignore_ascii_case(name)) {
                let message = format!("differs from [source.{other}] only in upper and lower case");
                self.mistake(&format!("source.{name}"), message, Some("choose another name".into()));
            }
        }
        let mut sources = BTreeMap::new();
        for name in names {
            if let Some(source) = self.source(&format!("source.{name}")) {
                sources.insert(SourceName::from(name.as_str()), source);
            }
        }
        sources
    }

    fn source(&mut self, section: &str) -> Option<SourceConfig> {
        let key = |name: &str| format!("{section}.{name}");
        let kind = self.document.text(&key("kind"));
        self.source_keys(section, kind.as_deref());
        let completeness: Option<Completeness> = self.completeness(section);
        if self.document.flag(&key("live")) && !self.document.sections.contains_key("moodle") {
            let hint = "add [moodle], or leave `live` out".to_owned();
            self.mistake(&key("live"), "there is no platform in which it could be carried out", Some(hint));
        }
        let terms = self.document.list(&key("terms")).map(|terms| terms.into_iter().collect());
        let place = match kind.as_deref()? {
            "csv" => SourcePlace::Csv(CsvPlace {
                groups: self.path(&key("groups"))?,
                members: self.path(&key("members"))?,
                modules: self.path(&key("modules")),
                encoding: value::encoding(&self.document.text(&key("encoding"))?).ok()?,
            }),
            "odbc" => SourcePlace::Odbc(self.odbc_place(section)?),
            "imses" => SourcePlace::Pushed(PushedPlace {
                site: self.document.text(&key("site"))?,
                module: match self.document.text(&key("module"))?.as_str() {
                    "code" => ModuleKey::Code,
                    _ => ModuleKey::SyncKey,
                },
                person: match self.document.text(&key("person"))?.as_str() {
                    "userid" => PersonIs::UserId,
                    "email" => PersonIs::Email,
                    _ => PersonIs::SyncKey,
                },
                live: self.document.flag(&key("live")),
            }),
            _ => SourcePlace::Sql(SqlPlace {
                url: self.database_url(&key("url"))?,
                password: self.document.secret(&key("password")),
                queries: self.queries(section)?,
            }),
        };
        Some(SourceConfig { place, completeness: completeness?, terms, people: PeopleKeys::default() })
    }

    fn queries(&self, section: &str) -> Option<Queries> {
        let query = |name: &str| self.document.text(&format!("{section}.queries.{name}"));
        Some(Queries { groups: query("groups")?, members: query("members")?, modules: query("modules") })
    }

    /// Checks that a source has the keys that its kind needs, and none that it does not have.
    fn source_keys(&mut self, section: &str, kind: Option<&str>) {
        for key in KEYS.iter().filter(|key| key.path.starts_with("source.*.")) {
            let path = format!("{section}{}", &key.path["source.*".len()..]);
            match kind {
                _ if key.belongs_to(kind) => self.require(key, &path),
                Some(kind) => {
                    if let Some(entry) = self.document.entries.get(&path) {
                        let kinds: Vec<String> =
                            key.only_for.iter().map(|kind| format!("{kind:?}")).collect();
                        let kinds = kinds.join(" or ");
                        let message =
                            format!("belongs to a source of kind {kinds}, and this one is {kind:?}");
                        let at = Some(entry.at);
                        self.mistakes.push(Mistake { at, ..self.problem(&path, message, None) });
                    }
                }
                // Without a kind nobody knows what else is missing.
                None => {}
            }
        }
    }

    /// Reports a key that is missing.
    fn require(&mut self, key: &Key, path: &str) {
        let there = self.document.entries.contains_key(path) || self.document.faulty.contains(path);
        if key.default == Default::Required && !there {
            let message = format!("is missing; expected {}", explain::expected(key.kind));
            self.mistake(path, message, Some(format!("`muster config explain {path}` says more")));
        }
    }

    fn completeness(&mut self, section: &str) -> Option<Completeness> {
        let number = |name: &str| self.document.number(&format!("{section}.{name}"));
        Some(Completeness {
            groups_min: number("groups_min"),
            shrink_percent_max: u32::try_from(number("shrink_percent_max")).ok()?,
            rejected_percent_max: u32::try_from(number("rejected_percent_max")).ok()?,
        })
    }

    fn mappings(&mut self) -> Option<MappingsConfig> {
        if !self.document.sections.contains_key("mappings") {
            return None;
        }
        for key in KEYS.iter().filter(|key| key.section() == "mappings") {
            self.require(key, key.path);
        }
        Some(MappingsConfig {
            url: self.database_url("mappings.url")?,
            password: self.document.secret("mappings.password"),
            query: self.document.text("mappings.query")?,
        })
    }

    fn moodle(&mut self) -> Option<MoodleConfig> {
        if !self.document.sections.contains_key("moodle") {
            return None;
        }
        for key in KEYS.iter().filter(|key| key.section() == "moodle") {
            self.require(key, key.path);
        }
        let document = self.document;
        let url = document.text("moodle.url");
        let allow_http = document.flag("moodle.allow_http");
        if let Some(url) = &url
            && !allow_http
            && sends_readable(url)
        {
            let hint = "use https://, or set allow_http = true if the way there is safe".to_owned();
            self.mistake("moodle.url", "http:// would send the token readable", Some(hint));
        }
        Some(MoodleConfig {
            url: url?.trim_end_matches('/').to_owned(),
            token: document.secret("moodle.token")?,
            person_key: match document.text("moodle.person_key")?.as_str() {
                "username" => PersonKeyField::Username,
                "email" => PersonKeyField::Email,
                _ => PersonKeyField::Idnumber,
            },
            ca_file: self.path("moodle.ca_file"),
            timeout_s: document.number("moodle.timeout_s"),
            concurrency_max: document.number("moodle.concurrency_max"),
            items_max: document.number("moodle.items_max"),
            settle_wait_ms: document.number("moodle.settle_wait_ms"),
            retry_wait_ms: document.number("moodle.retry_wait_ms"),
            allow_http,
            observe: match document.text("moodle.observe")?.as_str() {
                "all" => Observe::All,
                _ => Observe::Changed,
            },
            sample_percent: document.number("moodle.sample_percent"),
            pending_courses_max: document.number("moodle.pending_courses_max"),
        })
    }

    /// Reads a section whose keys are the fields of a type of `reconcile`.
    fn section<T: DeserializeOwned>(&mut self, section: &str) -> Option<T> {
        let mut fields = serde_json::Map::new();
        for key in KEYS.iter().filter(|key| key.section() == section) {
            let value = match self.document.value(key.path) {
                Some(Value::Text(text)) => text.into(),
                Some(Value::Number(number)) => number.into(),
                Some(Value::Flag(flag)) => flag.into(),
                Some(Value::List(items)) => items.into(),
                Some(Value::Numbers(items)) => items.into(),
                Some(Value::Secret(_)) | None => continue,
            };
            fields.insert(key.name().into(), value);
        }
        match serde_json::from_value(fields.into()) {
            Ok(section) => Some(section),
            Err(error) => {
                // The table and the type disagree: our mistake, which a test excludes.
                self.mistake(section, format!("cannot be understood: {error}"), None);
                None
            }
        }
    }
}

/// Whether calls to this address can be read on the way.
fn sends_readable(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let host_and_port = rest.split('/').next().unwrap_or_default();
    !THIS_MACHINE.iter().any(|host| {
        host_and_port.strip_prefix(host).is_some_and(|port| port.is_empty() || port.starts_with(':'))
    })
}
