//! Makes the settings of the mail, and checks what only shows when they are seen together.
//!
//! Not here: sending (`crate::mail`).
//!
//! Invariant: a password leaves this machine only over an encrypted way.

use std::time::Duration;

use lettre::message::Mailbox;

use super::{Build, THIS_MACHINE};
use crate::config::model::{MailConfig, MailLogin, MailServer, MailTls, MailWhen};

/// What an address looks like, for mistakes.
const ADDRESS: &str = "an address such as \"lta@example.ac.uk\" or \"LTA <lta@example.ac.uk>\"";

impl Build<'_> {
    /// The settings of the mail; `None` where nobody is told, or where something is missing that was reported.
    pub(super) fn mail(&mut self) -> Option<MailConfig> {
        let to = self.document.list("report.mail.to").unwrap_or_default();
        if to.is_empty() {
            return None;
        }
        let people: Vec<Mailbox> =
            to.iter().filter_map(|address| self.mailbox("report.mail.to", address)).collect();
        let from = self.needed("report.mail.from").and_then(|from| self.mailbox("report.mail.from", &from));
        let server = self.mail_server();
        Some(MailConfig {
            to: people,
            from: from?,
            when: match self.document.text("report.mail.when")?.as_str() {
                "always" => MailWhen::Always,
                "never" => MailWhen::Never,
                _ => MailWhen::Attention,
            },
            digest: self.document.flag("report.mail.digest"),
            server: server?,
        })
    }

    fn mail_server(&mut self) -> Option<MailServer> {
        let host = self.needed("report.mail.smtp.host");
        let tls = match self.document.text("report.mail.smtp.tls")?.as_str() {
            "tls" => MailTls::Tls,
            "none" => MailTls::None,
            _ => MailTls::Starttls,
        };
        let login = self.mail_login();
        let host = host?;
        if tls == MailTls::None && !THIS_MACHINE.contains(&host.as_str()) {
            let hint = "use \"starttls\" or \"tls\", or let the mail server of this machine pass the mail on";
            let message = format!("names and password would travel readable to {host}");
            self.mistake("report.mail.smtp.tls", message, Some(hint.into()));
        }
        let port = match (self.document.number("report.mail.smtp.port"), tls) {
            (0, MailTls::Starttls) => 587,
            (0, MailTls::Tls) => 465,
            (0, MailTls::None) => 25,
            (port, _) => u16::try_from(port).ok()?,
        };
        Some(MailServer {
            host,
            port,
            tls,
            login,
            ca_file: self.path("report.mail.smtp.ca_file"),
            timeout: Duration::from_secs(self.document.number("report.mail.smtp.timeout_s")),
        })
    }

    /// An account has a user and a password, or there is none.
    fn mail_login(&mut self) -> Option<MailLogin> {
        let user = self.document.text("report.mail.smtp.user");
        let password = self.document.secret("report.mail.smtp.password");
        let missing = match (&user, &password) {
            (Some(_), None) => "password",
            (None, Some(_)) => "user",
            (None, None) | (Some(_), Some(_)) => {
                return user.zip(password).map(|(user, password)| MailLogin { user, password });
            }
        };
        let key = format!("report.mail.smtp.{missing}");
        if !self.document.faulty.contains(&key) {
            self.mistake(&key, "is missing; a login has a user and a password", None);
        }
        None
    }

    /// A text that mail cannot do without.
    fn needed(&mut self, key: &str) -> Option<String> {
        let text = self.document.text(key);
        if text.is_none() && !self.document.faulty.contains(key) {
            let hint = format!("`muster config explain {key}` says more");
            self.mistake(key, "is missing, and [report.mail] to names somebody", Some(hint));
        }
        text
    }

    pub(super) fn mailbox(&mut self, key: &str, text: &str) -> Option<Mailbox> {
        match text.parse::<Mailbox>() {
            // An address beyond ASCII needs a server that knows SMTPUTF8; few do.
            Ok(mailbox) if AsRef::<str>::as_ref(&mailbox.email).is_ascii() => Some(mailbox),
            Ok(_) | Err(_) => {
                self.mistake(key, format!("expected {ADDRESS}, found {text:?}"), None);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::{Config, ConfigError};

    /// Loads a file with a section `[report.mail]`, and compares its mistakes without the place.
    fn check(mail: &str, expected: &[&str]) -> Option<Config> {
        let source = "[source.cmis]\nkind = \"csv\"\ngroups = \"g\"\nmembers = \"m\"\n";
        let text = format!("{source}[report.mail]\n{mail}\n");
        let loaded = Config::parse(Path::new("/etc/muster.toml"), text.as_bytes(), None);
        let mistakes = match &loaded {
            Ok(_) => &[][..],
            Err(ConfigError::Mistakes(mistakes)) => mistakes,
            Err(other) => panic!("{other:?}"),
        };
        let found: Vec<String> =
            mistakes.iter().map(|mistake| format!("{}: {}", mistake.key, mistake.message)).collect();
        assert_eq!(found, expected);
        loaded.ok()
    }

    const PEOPLE: &str =
        "to = [\"lta@example.ac.uk\"]\nfrom = \"muster@example.ac.uk\"\n[report.mail.smtp]\n";

    #[test]
    fn without_people_there_is_no_mail() {
        assert!(check("", &[]).unwrap().mail.is_none());
        assert!(check("when = \"always\"", &[]).unwrap().mail.is_none());
    }

    #[test]
    fn whoever_names_people_names_a_sender_and_a_server() {
        let missing = "is missing, and [report.mail] to names somebody";
        check(
            "to = [\"lta@example.ac.uk\"]",
            &[&format!("report.mail.from: {missing}"), &format!("report.mail.smtp.host: {missing}")],
        );
    }

    #[test]
    fn the_port_follows_the_encryption() {
        for (tls, port) in
            [("", 587), ("tls = \"tls\"", 465), ("tls = \"none\"", 25), ("tls = \"none\"\nport = 2525", 2525)]
        {
            let config = check(&format!("{PEOPLE}host = \"localhost\"\n{tls}"), &[]).unwrap();
            assert_eq!(config.mail.unwrap().server.port, port);
        }
    }

    #[test]
    fn mail_travels_unencrypted_only_to_this_machine() {
        for host in ["smtp.example.ac.uk", "127.0.0.1.example.ac.uk", "10.0.0.1"] {
            let mistake = format!("report.mail.smtp.tls: names and password would travel readable to {host}");
            check(&format!("{PEOPLE}host = {host:?}\ntls = \"none\""), &[&mistake]);
        }
    }

    #[test]
    fn an_address_is_one_line_with_an_at() {
        for wrong in ["lta", "lta@", "lta@example.ac.uk\r\nBcc: everybody@example.ac.uk", "Ω@example.ac.uk"]
        {
            let mistake = format!(
                "report.mail.to: expected an address such as \"lta@example.ac.uk\" or \"LTA <lta@example.ac.uk>\", found {wrong:?}"
            );
            let text = PEOPLE.replace("\"lta@example.ac.uk\"", &toml_text(wrong));
            check(&format!("{text}host = \"localhost\""), &[&mistake]);
        }
    }

    fn toml_text(text: &str) -> String {
        format!("\"{}\"", text.replace('\r', "\\r").replace('\n', "\\n"))
    }

    #[test]
    fn a_login_has_a_user_and_a_password() {
        let server = format!("{PEOPLE}host = \"localhost\"\n");
        let missing = "is missing; a login has a user and a password";
        check(&format!("{server}user = \"muster\""), &[&format!("report.mail.smtp.password: {missing}")]);
        check(
            &format!("{server}password = {{ env = \"P\" }}"),
            &[&format!("report.mail.smtp.user: {missing}")],
        );
        check(
            &format!("{server}user = \"muster\"\npassword = \"s3cret\""),
            &["report.mail.smtp.password: a secret does not stand in this file"],
        );
    }
}
