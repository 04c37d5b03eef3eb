//! How to reach an itslearning, or anything that speaks like one, and how hard to lean on it.
//!
//! Not here: reading configuration files (`app`), which fills these values.
//!
//! Invariant: the defaults stay within what itslearning asks of its clients (facts/ims-es.md §6, trap 19).

use std::path::PathBuf;
use std::time::Duration;

use crate::retry::Retry;
use crate::secret::Secret;

/// How to reach an itslearning and how hard to lean on it.
#[derive(Clone, Debug)]
pub struct ItslearningSettings {
    /// The address of the combined service, of any one service, or of the folder they are in: see `address.rs`.
    pub url: String,
    /// The user name of the integration.
    pub username: String,
    /// Its password.
    pub password: Secret,
    /// How long one call may take.
    pub timeout: Duration,
    /// The largest answer that is read, in bytes.
    pub answer_bytes_max: usize,
    /// The most items in one call. itslearning discourages more than 50.
    pub batch_max: usize,
    /// The most items under way at once, over all calls. itslearning asks for fewer than ten; a call that alone holds
    /// more goes alone.
    pub in_flight_max: usize,
    /// How failures of the passing kind are repeated.
    pub retry: Retry,
    /// A file with certificates (PEM) to be trusted besides those of the system.
    pub ca_file: Option<PathBuf>,
    /// Allows `http://` to other machines. For closed test networks only: the password travels in the clear.
    pub allow_http: bool,
}

impl ItslearningSettings {
    /// Settings with the defaults for everything else.
    pub fn new(url: &str, username: &str, password: Secret) -> ItslearningSettings {
        ItslearningSettings {
            url: url.to_owned(),
            username: username.to_owned(),
            password,
            timeout: Duration::from_secs(120),
            answer_bytes_max: 16 << 20,
            batch_max: 50,
            in_flight_max: 9,
            retry: Retry::default(),
            ca_file: None,
            allow_http: false,
        }
    }
}

/// A setting cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the setting `{setting}` of [itslearning]: {problem}")]
pub struct SettingError {
    /// Which.
    pub setting: &'static str,
    /// What is wrong with it, and what would be right.
    pub problem: String,
}

impl SettingError {
    pub(super) fn new(setting: &'static str, problem: impl Into<String>) -> SettingError {
        SettingError { setting, problem: problem.into() }
    }
}
