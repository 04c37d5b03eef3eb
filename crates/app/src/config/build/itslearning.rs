//! `[itslearning]`: where messages are sent to, and how hard that service is leaned on.
//!
//! Not here: the client ([`targets::itslearning`]).
//!
//! Invariant: no password goes over plain HTTP to another machine unless that was allowed.

use super::{Build, sends_readable};
use crate::config::model::ItslearningConfig;
use crate::config::schema::KEYS;

impl Build<'_> {
    /// Reads the section; nothing if there is none.
    pub(super) fn itslearning(&mut self) -> Option<ItslearningConfig> {
        if !self.document.sections.contains_key("itslearning") {
            return None;
        }
        for key in KEYS.iter().filter(|key| key.section() == "itslearning") {
            self.require(key, key.path);
        }
        let document = self.document;
        let url = document.text("itslearning.url");
        let allow_http = document.flag("itslearning.allow_http");
        if url.as_deref().is_some_and(sends_readable) && !allow_http {
            let hint = "use https://, or set allow_http = true if the way there is safe".to_owned();
            self.mistake("itslearning.url", "http:// would send the password readable", Some(hint));
        }
        Some(ItslearningConfig {
            url: url?,
            username: document.text("itslearning.username")?,
            password: document.secret("itslearning.password")?,
            ca_file: self.path("itslearning.ca_file"),
            allow_http,
            timeout_s: document.number("itslearning.timeout_s"),
            answer_bytes_max: document.number("itslearning.answer_bytes_max"),
            batch_max: document.number("itslearning.batch_max"),
            in_flight_max: document.number("itslearning.in_flight_max"),
            retry_wait_ms: document.number("itslearning.retry_wait_ms"),
        })
    }
}
