//! Makes the settings of letters to owners of courses, and checks what only shows when they are seen together.
//!
//! Not here: who owns a course, and what is told (`crate::mail`).
//!
//! Invariant: nobody is written to unless the configuration says who.

use super::Build;
use crate::config::model::{Answerable, MailConfig, OwnersConfig};
use crate::mail::Language;

impl Build<'_> {
    /// The settings; `None` where no owner is written to, or where something is missing that was reported.
    pub(super) fn owners(&mut self, mail: Option<&MailConfig>) -> Option<OwnersConfig> {
        let document = self.document;
        let who = match document.text("report.owners.who")?.as_str() {
            "mapping" => Answerable::Mapping,
            "roles" => Answerable::Roles,
            "mapping_or_roles" => Answerable::MappingOrRoles,
            _ => return None,
        };
        let reply_to = document
            .text("report.owners.reply_to")
            .and_then(|address| self.mailbox("report.owners.reply_to", &address));
        if document.list("report.mail.to").unwrap_or_default().is_empty() {
            let message = "needs somebody in `to` of [report.mail], whose server takes these letters as well";
            let hint = "docs/mail.md shows how mail is set up".to_owned();
            self.mistake("report.owners.who", message, Some(hint));
        }
        let roles = document.list("report.owners.roles").unwrap_or_default();
        if who != Answerable::Mapping && roles.is_empty() {
            let hint = "write short names of roles such as [\"editingteacher\"]".to_owned();
            self.mistake("report.owners.roles", "is empty, and `who` asks for roles", Some(hint));
        }
        Some(OwnersConfig {
            who,
            roles,
            every_days: document.number("report.owners.every_days"),
            language: match document.text("report.owners.language").as_deref() {
                Some("de") => Language::German,
                _ => Language::English,
            },
            reply_to: reply_to.or_else(|| mail?.to.first().cloned())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::{Answerable, Config, ConfigError};

    const MAIL: &str = "[report.mail]\nto = [\"lta@example.ac.uk\", \"b@example.ac.uk\"]\nfrom = \"muster@example.ac.uk\"\n\
         [report.mail.smtp]\nhost = \"localhost\"\n";

    fn check(mail: &str, owners: &str, expected: &[&str]) -> Option<Config> {
        let source = "[source.cmis]\nkind = \"csv\"\ngroups = \"g\"\nmembers = \"m\"\n";
        let text = format!("{source}{mail}[report.owners]\n{owners}\n");
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

    #[test]
    fn h7_nobody_is_written_to_unless_it_is_said_who() {
        for silent in ["", "every_days = 3", "who = \"nobody\"\nroles = []"] {
            assert!(check(MAIL, silent, &[]).unwrap().owners.is_none());
        }
        let owners = check(MAIL, "who = \"mapping_or_roles\"", &[]).unwrap().owners.unwrap();
        assert_eq!((owners.who, owners.every_days), (Answerable::MappingOrRoles, 7));
        assert_eq!(
            (owners.roles, owners.reply_to.email.to_string()),
            (vec!["editingteacher".to_owned()], "lta@example.ac.uk".to_owned())
        );
    }

    #[test]
    fn h7_owners_need_a_mail_server_and_roles_where_roles_are_asked_for() {
        let server = "report.owners.who: needs somebody in `to` of [report.mail], whose server takes these letters as well";
        check("", "who = \"mapping\"", &[server]);
        let roles = "report.owners.roles: is empty, and `who` asks for roles";
        check(MAIL, "who = \"roles\"\nroles = []", &[roles]);
        check(MAIL, "who = \"mapping\"\nroles = []", &[]);
        let address = "report.owners.reply_to: expected an address such as \"lta@example.ac.uk\" or \"LTA <lta@example.ac.uk>\", found \"lta\"";
        check(MAIL, "who = \"mapping\"\nreply_to = \"lta\"", &[address]);
    }
}
