//! The copies on which a term is rehearsed: a database, a timetable, a Moodle, a folder for the mail.
//!
//! Not here: what happens on them (`nights.rs`).
//!
//! Invariant: of today's configuration policy, limits, completeness, blackouts and the settings of calls stay; every
//! place that it names is another one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use encoding_rs::UTF_8;
use jiff::civil::date;
use jiff::tz::TimeZone;
use lettre::message::Mailbox;
use reconcile::policy::Limits;
use simulators::moodle::{Server, Settings, World};
use simulators::university::{Mapping, Profile, Term, University, Wish};
use store::Timestamp;
use tempfile::TempDir;

use super::mappings::{self, Mapped, Today};
use super::size_for;
use crate::app::{App, ShowProgress};
use crate::clock::{Clock, DAY_S};
use crate::commands::simulate::{TOKEN, with_token, write_private};
use crate::config::{
    Config, CsvPlace, DatabaseUrl, MailConfig, MailServer, MailTls, MailWhen, PeopleKeys, PersonKeyField,
    SecretRef, SourceConfig, SourcePlace,
};
use crate::exit::{Exit, Failure};

/// Longest wait of a rehearsal, in milliseconds: the built-in Moodle has nothing to settle.
const WAIT_MS_MAX: u64 = 20;

/// When the nights begin, as in the usual cron line.
const NIGHT_HOUR_AND_MINUTE: (i8, i8) = (2, 17);

/// What is asked of a rehearsal.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Which chance.
    pub(crate) seed: u64,
    /// How many nights.
    pub(crate) nights: u32,
    /// How large the university is; `None` for as large as what is mapped.
    pub(crate) size: Option<Profile>,
    /// A file of mappings that is taken instead of today's.
    pub(crate) mappings: Option<PathBuf>,
    /// The folder in which everything stays; `None` for nowhere.
    pub(crate) keep: Option<PathBuf>,
}

/// The copies.
pub(super) struct Stage {
    /// The folder of all that is written.
    pub(super) dir: PathBuf,
    /// Removes the folder at the end, unless it stays.
    _temporary: Option<TempDir>,
    /// The configuration of the copies.
    pub(super) config: Config,
    /// Whether the real configuration tells anybody by mail.
    pub(super) tells_people: bool,
    /// Today's limits.
    pub(super) limits: Limits,
    /// How large the university is.
    pub(super) size: Profile,
    /// What was mapped.
    pub(super) today: Today,
    /// The term.
    pub(super) term: Term,
    /// The Moodle.
    pub(super) server: Server,
    /// The first night, in seconds since 1970.
    first_night: i64,
}

impl Stage {
    /// Builds the copies.
    pub(super) async fn build(real: Config, wanted: &Wanted) -> Result<Stage, Failure> {
        if real.moodle.is_none() {
            return Err(Failure::new(
                Exit::Configuration,
                format!("{} has no [moodle]", real.file.display()),
            )
            .hint(
                "`muster config explain moodle.url` shows what belongs there; `muster demo` needs nothing",
            ));
        }
        let (dir, temporary) = folder(wanted.keep.as_deref())?;
        let now = Clock::default().now();
        let today = mappings::today(&real, wanted.mappings.as_deref(), now, &dir).await?;
        let courses: BTreeSet<u32> = today.rows.iter().map(|row| row.course).collect();
        let size = wanted.size.unwrap_or_else(|| size_for(courses.len()));
        let rows: Vec<Mapping<'_>> = today.rows.iter().map(mapping).collect();
        let university = University::generate_mapped(size, wanted.seed, &rows);
        let mut world = World::new(Settings::default());
        let term = Term::begin(university, wanted.nights, &mut world);
        let server = Server::start(with_token(world)).await.map_err(|error| {
            Failure::new(Exit::Configuration, format!("cannot start the built-in Moodle: {error}"))
        })?;
        let (tells_people, limits) = (real.mail.is_some(), real.limits.clone());
        let config = copied(real, &dir, &server.url())?;
        let first_night = next_september(now.0);
        Ok(Stage {
            dir,
            _temporary: temporary,
            config,
            tells_people,
            limits,
            size,
            today,
            term,
            server,
            first_night,
        })
    }

    /// When a night begins.
    pub(super) fn begins(&self, night: u32) -> Timestamp {
        Timestamp(self.first_night + i64::from(night) * DAY_S)
    }

    /// The program as it is on a night.
    pub(super) async fn app(&self, night: u32) -> Result<App, Failure> {
        let clock = Clock::ahead_until(self.begins(night).0);
        let app = App::open(self.config.clone(), clock, ShowProgress::Never).await?;
        Ok(App { letters: Some(self.mail_folder()), ..app })
    }

    /// Where the mail of all nights lies.
    pub(super) fn mail_folder(&self) -> PathBuf {
        self.dir.join("mail")
    }

    /// Writes the files of the timetable.
    pub(super) fn deliver(&self, night: &simulators::university::Night) -> Result<(), Failure> {
        let dir = self.dir.join("source");
        self.term.deliver(night, &dir).map_err(|error| cannot_write(&dir, &error))
    }

    /// Stops the Moodle.
    pub(super) async fn end(self) {
        self.server.stop().await;
    }
}

fn mapping(row: &Mapped) -> Mapping<'_> {
    let wish = if row.is_wanted { Wish::Add } else { Wish::Rmv };
    Mapping { moodle_id: row.course, modulecode: &row.module, group_import: wish, mapping_action: wish }
}

/// The folder for everything, which must be a new one.
fn folder(keep: Option<&Path>) -> Result<(PathBuf, Option<TempDir>), Failure> {
    match keep {
        Some(dir) if dir.read_dir().is_ok_and(|mut entries| entries.next().is_some()) => {
            Err(Failure::new(Exit::Usage, format!("{} is not empty", dir.display()))
                .hint("--keep DIR names a new or an empty folder"))
        }
        Some(dir) => {
            std::fs::create_dir_all(dir).map_err(|error| cannot_write(dir, &error))?;
            Ok((dir.to_owned(), None))
        }
        None => {
            let temporary =
                tempfile::tempdir().map_err(|error| cannot_write(Path::new("a temporary folder"), &error))?;
            Ok((temporary.path().to_owned(), Some(temporary)))
        }
    }
}

fn cannot_write(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Configuration, format!("cannot write {}: {error}", path.display()))
        .hint("--keep DIR names a folder in which you may write")
}

/// Today's configuration with every place exchanged.
fn copied(real: Config, dir: &Path, moodle_url: &str) -> Result<Config, Failure> {
    let token = dir.join("token");
    write_private(&token, TOKEN)?;
    let database = DatabaseUrl::parse("sqlite:muster.db", dir)
        .map_err(|why| Failure::new(Exit::Bug, format!("cannot name the rehearsal's database: {why}")))?;
    let sources = real.sources.into_iter().take(1).map(|(name, source)| {
        let place = SourcePlace::Csv(CsvPlace {
            groups: dir.join("source").join("groups.csv"),
            members: dir.join("source").join("members.csv"),
            modules: None,
            encoding: UTF_8,
        });
        (name, SourceConfig { place, terms: None, people: PeopleKeys::AsWritten, ..source })
    });
    let moodle = real.moodle.map(|moodle| crate::config::MoodleConfig {
        url: moodle_url.to_owned(),
        token: SecretRef::File(token),
        person_key: PersonKeyField::Idnumber,
        ca_file: None,
        allow_http: true,
        settle_wait_ms: moodle.settle_wait_ms.min(WAIT_MS_MAX),
        retry_wait_ms: moodle.retry_wait_ms.min(WAIT_MS_MAX),
        ..moodle
    });
    let mail = match real.mail {
        Some(mail) => mail,
        None => mail_of_nobody()?,
    };
    Ok(Config {
        base_dir: dir.to_owned(),
        database,
        database_password: None,
        mappings: None,
        sources: sources.collect(),
        moodle,
        mail: Some(mail),
        warnings: Vec::new(),
        ..real
    })
}

/// The defaults of `[report.mail]`, so that a rehearsal shows what people would read if somebody were named there.
fn mail_of_nobody() -> Result<MailConfig, Failure> {
    let nobody: Mailbox = "nobody@example.ac.uk"
        .parse()
        .map_err(|error| Failure::new(Exit::Bug, format!("cannot name nobody: {error}")))?;
    Ok(MailConfig {
        to: vec![nobody.clone()],
        from: nobody,
        when: MailWhen::Attention,
        digest: true,
        server: MailServer {
            host: "localhost".into(),
            port: 25,
            tls: MailTls::None,
            login: None,
            ca_file: None,
            timeout: Duration::from_secs(1),
        },
    })
}

/// The first night of the next September: 1 September at 02:17 here.
fn next_september(now: i64) -> i64 {
    let zone = TimeZone::system();
    let year =
        jiff::Timestamp::from_second(now).map_or(2026, |now| now.to_zoned_datetime(zone.clone()).year());
    let (hour, minute) = NIGHT_HOUR_AND_MINUTE;
    let first_night = |year| {
        let night = date(year, 9, 1).at(hour, minute, 0, 0).to_zoned_datetime(zone.clone());
        night.map_or(now, |night| night.timestamp().as_second())
    };
    let this_year = first_night(year);
    if this_year > now { this_year } else { first_night(year + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn z10_the_first_night_is_the_next_1_september() {
        let check = |now: &str, expected: &str| {
            let now = now.parse::<jiff::Timestamp>().unwrap().as_second();
            let night = jiff::Timestamp::from_second(next_september(now)).unwrap();
            assert_eq!(
                night.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
                expected
            );
        };
        check("2026-03-05T12:00:00Z", "2026-09-01 02:17");
        check("2026-11-25T12:00:00Z", "2027-09-01 02:17");
    }
}
