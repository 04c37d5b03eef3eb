//! How to reach a Moodle and how hard to lean on it.
//!
//! Not here: reading configuration files (`app`), which fills these values.
//!
//! Invariant: the defaults are within what facts/moodle-ws.md §8 and §11 measured as safe on a usual server.

use std::path::PathBuf;
use std::time::Duration;

pub use crate::retry::Retry;
use crate::secret::Secret;

/// Which field of a Moodle user holds the key by which the source names a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PersonKeyField {
    /// The `idnumber`: the usual case.
    #[default]
    Idnumber,
    /// The `username`, always in lower case.
    Username,
    /// The `email`.
    Email,
}

impl PersonKeyField {
    /// The field's name in Moodle.
    pub fn as_str(self) -> &'static str {
        match self {
            PersonKeyField::Idnumber => "idnumber",
            PersonKeyField::Username => "username",
            PersonKeyField::Email => "email",
        }
    }
}

/// How to reach a Moodle and how hard to lean on it.
#[derive(Clone, Debug)]
pub struct MoodleSettings {
    /// The address of the site, for example `https://moodle.example.ac.uk`; exactly its `wwwroot`.
    pub url: String,
    /// The web service token.
    pub token: Secret,
    /// Which field holds the key of a person.
    pub person_key: PersonKeyField,
    /// How long one call may take.
    pub timeout: Duration,
    /// The most elements in one call.
    pub items_max: usize,
    /// The most form fields in one call; below PHP's `max_input_vars`, which is 1000 unless it was raised.
    pub fields_max: usize,
    /// The most calls at a time.
    pub concurrency_max: usize,
    /// How failures of the passing kind are repeated.
    pub retry: Retry,
    /// How long to wait after a lost answer before reading back: longer than the server may need to finish.
    pub settle_wait: Duration,
    /// Reads participants in pages of this many; `None` reads all at once, which is quicker up to some thousand.
    pub participants_page: Option<usize>,
    /// Stops the run when more than this share of its calls fails for reasons of the platform.
    pub failed_calls_percent_max: u8,
    /// A file with certificates (PEM) to be trusted besides those of the system.
    pub ca_file: Option<PathBuf>,
    /// Allows `http://` to other machines. For closed test networks only: the token travels in the clear.
    pub allow_http: bool,
}

impl MoodleSettings {
    /// Settings with the defaults for everything else.
    pub fn new(url: &str, token: Secret) -> MoodleSettings {
        MoodleSettings {
            url: url.to_owned(),
            token,
            person_key: PersonKeyField::default(),
            timeout: Duration::from_secs(120),
            items_max: 100,
            fields_max: 900,
            concurrency_max: 4,
            retry: Retry::default(),
            settle_wait: Duration::from_secs(30),
            participants_page: None,
            failed_calls_percent_max: 50,
            ca_file: None,
            allow_http: false,
        }
    }

    /// How many elements of so many fields fit into one call.
    pub(crate) fn batch_max(&self, fields_per_element: usize) -> usize {
        // The three fixed fields take part in the server's count.
        let by_fields = self.fields_max.saturating_sub(3) / fields_per_element.max(1);
        self.items_max.min(by_fields).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_respects_both_limits() {
        let settings = MoodleSettings::new("https://moodle.example.ac.uk", Secret::new("token-for-tests"));
        assert_eq!(settings.batch_max(2), 100);
        assert_eq!(settings.batch_max(9), 99);
        assert_eq!(settings.batch_max(5000), 1);
    }
}
