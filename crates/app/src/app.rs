//! What every command has at hand: the configuration, the open database, the clock, and how to answer.
//!
//! Not here: what commands do with it.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use reconcile::delivery::ContentHash;
use reconcile::keys::SourceName;
use store::{Access, LockOwner, RunLock, Store};
use targets::itslearning::ItslearningSettings;
use targets::moodle::{Moodle, MoodleSettings, Retry};

use crate::clock::Clock;
use crate::config::{Config, ItslearningConfig, MoodleConfig, PersonKeyField, SecretError};
use crate::database_trouble;
use crate::exit::{Exit, Failure};
use crate::journal::RunJournal;
use crate::logging::Levels;

/// The waits between the attempts of a call grow up to this many times the first one.
const RETRY_WAITS_MAX: u64 = 30;

/// What every command has at hand.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) progress: ShowProgress,
    /// How much is logged, to be changed while the program runs.
    pub(crate) levels: Levels,
    /// A folder that takes the letters instead of the mail server, in a rehearsal.
    pub(crate) letters: Option<PathBuf>,
}

/// Whether long work shows how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShowProgress {
    /// On a terminal; a pipe gets nothing.
    OnTerminal,
    /// Never.
    Never,
}

impl App {
    /// Opens the database of a configuration.
    pub(crate) async fn open(config: Config, clock: Clock, progress: ShowProgress) -> Result<App, Failure> {
        let password = match &config.database_password {
            Some(reference) => Some(reference.resolve_text().map_err(|error| {
                Failure::of(Exit::Configuration, error).hint("correct `database_password`")
            })?),
            None => None,
        };
        let access =
            Access { password: password.as_deref(), wait: Duration::from_secs(config.database_wait_s) };
        let opened = Store::open_with(config.database.reveal(), access).await;
        let store = opened.map_err(|error| database_trouble::cannot_use(error, config.database.file()))?;
        let store = store.keeping_deliveries(config.deliveries_kept);
        Ok(App { config, store, clock, progress, levels: Levels::default(), letters: None })
    }

    /// Takes the run lock, or says who has it.
    pub(crate) async fn lock(&self, purpose: &str) -> Result<RunLock, Failure> {
        let owner = LockOwner {
            program: format!("muster {}", env!("CARGO_PKG_VERSION")),
            host: host_name(),
            pid: std::process::id(),
            since: self.clock.now(),
            purpose: purpose.to_owned(),
        };
        Ok(self.store.lock(&owner).await?)
    }

    /// The configuration of the platform.
    pub(crate) fn moodle_config(&self) -> Result<&MoodleConfig, Failure> {
        self.config.moodle.as_ref().ok_or_else(|| {
            Failure::new(Exit::Configuration, format!("{} has no [moodle]", self.config.file.display()))
                .hint("`muster config explain moodle.url` shows what belongs there")
        })
    }

    fn moodle_settings(&self) -> Result<MoodleSettings, Failure> {
        moodle_settings(self.moodle_config()?).map_err(|error| {
            let next = format!("{}; `token` in [moodle] says where the token is kept", error.next_step());
            Failure::of(Exit::Configuration, error).hint(next)
        })
    }

    /// Reaches the platform, and makes sure that it offers what is needed.
    pub(crate) async fn moodle(&self) -> Result<Moodle, Failure> {
        Ok(Moodle::connect(self.moodle_settings()?).await?)
    }

    /// The same for a run, whose journal keeps the call that failed.
    pub(crate) async fn moodle_for(&self, journal: &RunJournal<'_>) -> Result<Moodle, Failure> {
        match Moodle::connect(self.moodle_settings()?).await {
            Ok(moodle) => Ok(moodle),
            Err(error) => {
                journal.keep(error.failed_call().into_iter().collect()).await;
                Err(error.into())
            }
        }
    }

    /// The source that a mapping without a source means: the only one, or the first by name.
    pub(crate) fn default_source(&self) -> SourceName {
        self.config.sources.keys().next().cloned().unwrap_or_else(|| "source".into())
    }

    /// Stands for the policy: when it changes, every course is looked at again.
    pub(crate) fn policy_hash(&self) -> String {
        let mut hash = ContentHash::default();
        hash.add(&[&format!("{:?}", self.config.policy)]);
        hash.to_string()
    }

    /// Where the files with rejected rows are written: a folder for each source below it.
    pub(crate) fn errors_dir(&self) -> PathBuf {
        self.store.path().and_then(Path::parent).unwrap_or(&self.config.base_dir).join("rejected")
    }

    /// Shows how far a long work is, on a terminal.
    pub(crate) fn progress(&self, what: &'static str, total: u64) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(
            Some(total),
            match self.progress {
                // indicatif itself draws nothing where standard error is not a terminal.
                ShowProgress::OnTerminal => ProgressDrawTarget::stderr(),
                ShowProgress::Never => ProgressDrawTarget::hidden(),
            },
        );
        let style = ProgressStyle::with_template("{msg} {wide_bar} {human_pos} of {human_len}, {eta} left");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.set_message(what);
        bar
    }
}

/// How the platform is reached, with the token read from where it is kept.
pub(crate) fn moodle_settings(config: &MoodleConfig) -> Result<MoodleSettings, SecretError> {
    let token = config.token.resolve()?;
    Ok(MoodleSettings {
        person_key: match config.person_key {
            PersonKeyField::Idnumber => targets::moodle::PersonKeyField::Idnumber,
            PersonKeyField::Username => targets::moodle::PersonKeyField::Username,
            PersonKeyField::Email => targets::moodle::PersonKeyField::Email,
        },
        timeout: Duration::from_secs(config.timeout_s),
        concurrency_max: config.concurrency_max as usize,
        items_max: config.items_max as usize,
        settle_wait: Duration::from_millis(config.settle_wait_ms),
        retry: Retry {
            wait_min: Duration::from_millis(config.retry_wait_ms),
            wait_max: Duration::from_millis(config.retry_wait_ms * RETRY_WAITS_MAX),
            ..Retry::default()
        },
        ca_file: config.ca_file.clone(),
        allow_http: config.allow_http,
        ..MoodleSettings::new(&config.url, token)
    })
}

/// How itslearning is reached, with the password read from where it is kept.
pub(crate) fn itslearning_settings(config: &ItslearningConfig) -> Result<ItslearningSettings, SecretError> {
    let password = config.password.resolve()?;
    Ok(ItslearningSettings {
        timeout: Duration::from_secs(config.timeout_s),
        answer_bytes_max: config.answer_bytes_max as usize,
        batch_max: config.batch_max as usize,
        in_flight_max: config.in_flight_max as usize,
        retry: Retry {
            wait_min: Duration::from_millis(config.retry_wait_ms),
            wait_max: Duration::from_millis(config.retry_wait_ms * RETRY_WAITS_MAX),
            ..Retry::default()
        },
        ca_file: config.ca_file.clone(),
        allow_http: config.allow_http,
        ..ItslearningSettings::new(&config.url, &config.username, password)
    })
}

/// The name of this machine, for people who look for the owner of a lock.
pub(crate) fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "this machine".to_owned())
}

/// The person at the keyboard, for approvals and the audit log. A service has no such variables, but an account.
pub(crate) fn person() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
        .or_else(account)
        .unwrap_or_else(|| "somebody".to_owned())
}

/// The name of the account that this process runs as, or its number where it has none.
fn account() -> Option<String> {
    let number = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    // name:password:number:…
    let fields = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let name = fields
        .filter(|fields| fields.get(2) == Some(&&*number))
        .find_map(|fields| fields.first().map(|name| (*name).to_owned()));
    Some(name.unwrap_or_else(|| format!("user {number}")))
}
