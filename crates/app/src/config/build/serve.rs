//! Makes what `muster serve` needs: where and how it answers, and how student systems are answered.
//!
//! Not here: looking into the files of certificates (`crate::serve`).

use std::net::SocketAddr;

use ims_es::limits::Limits;
use ims_es::policy::{LongTitle, Policy};

use super::super::model::{ImsConfig, KeepBodies, ServeConfig, TlsFiles, WorkersConfig};
use super::Build;

impl Build<'_> {
    /// Where and how the service answers.
    pub(super) fn serve(&mut self) -> Option<ServeConfig> {
        let text = self.document.text("serve.listen")?;
        let listen: Option<SocketAddr> = text.parse().ok();
        if listen.is_none() {
            let hint = "write an address and a port such as \"127.0.0.1:8080\"".to_owned();
            self.mistake("serve.listen", format!("{text:?} is not an address with a port"), Some(hint));
        }
        let allow_http = self.document.flag("serve.allow_http");
        let tls = match (self.path("serve.tls_certificate"), self.path("serve.tls_key")) {
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            (None, None) => None,
            (Some(_), None) => self.half("serve.tls_certificate", "tls_key"),
            (None, Some(_)) => self.half("serve.tls_key", "tls_certificate"),
        };
        let work = self.document.flag("serve.work");
        self.needs_server("serve.work");
        Some(ServeConfig { listen: listen?, tls, allow_http, work })
    }

    /// Whether runs are shared with other machines, and how.
    pub(super) fn workers(&mut self) -> WorkersConfig {
        self.needs_server("workers.share");
        let document = self.document;
        // A call that is under way must not outlive the lease under which it was made.
        let lease_s = document.number("workers.lease_s").max(document.number("moodle.timeout_s"));
        WorkersConfig {
            share: document.flag("workers.share"),
            lease_s: u32::try_from(lease_s).unwrap_or(u32::MAX),
        }
    }

    /// A file is on one machine; many machines need a server.
    fn needs_server(&mut self, key: &str) {
        let database = self.document.text("database").unwrap_or_default();
        if self.document.flag(key) && database.starts_with("sqlite") {
            let hint =
                "name a database on a server in `database`, or leave it out: one machine needs no workers";
            self.mistake(key, "many machines cannot share a SQLite file", Some(hint.to_owned()));
        }
    }

    /// One of two files that belong together is missing.
    fn half<T>(&mut self, named: &str, missing: &str) -> Option<T> {
        let hint = format!("write {missing} as well, or leave both out");
        self.mistake(named, format!("stands without {missing}"), Some(hint));
        None
    }

    /// How student systems are answered.
    pub(super) fn imses(&mut self) -> ImsConfig {
        let document = self.document;
        let count = |key: &str| usize::try_from(document.number(key)).unwrap_or(usize::MAX);
        let long_title = match document.text("imses.long_title").as_deref() {
            Some("shorten") => LongTitle::Shorten,
            _ => LongTitle::Refuse,
        };
        ImsConfig {
            limits: Limits { message_bytes_max: count("imses.message_bytes_max"), ..Limits::default() },
            policy: Policy { long_title },
            answer_objects_max: count("imses.answer_objects_max"),
            response_security: document.flag("imses.response_security"),
            wsdl_policy: document.flag("imses.wsdl_policy"),
            public_url: document.text("serve.public_url").map(|url| url.trim_end_matches('/').to_owned()),
            clock_skew_s: document.number("imses.clock_skew_s"),
            repeat_s: i64::try_from(document.number("imses.repeat_minutes") * 60).unwrap_or(i64::MAX),
            keep_bodies: match document.text("imses.keep_bodies").as_deref() {
                Some("never") => KeepBodies::Never,
                Some("all") => KeepBodies::All,
                _ => KeepBodies::Failed,
            },
            bodies_days: document.number("imses.bodies_days"),
            log_days: document.number("imses.log_days"),
        }
    }
}
