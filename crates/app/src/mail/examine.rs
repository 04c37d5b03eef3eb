//! Tries the mail for `muster check mail`: settings, server, encryption, login, and on request one letter.
//!
//! Not here: how the answers look (`commands/check`).
//!
//! Invariant: nothing is sent unless it is asked for.

use super::compose::compose_trial;
use super::send::{Conversation, MailError, Step, send};
use crate::config::{Config, MailConfig, MailTls, MailWhen};

/// What was found of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Examined {
    /// The step, in a word or two.
    pub(crate) what: &'static str,
    /// How it went.
    pub(crate) verdict: Verdict,
    /// What was found.
    pub(crate) text: String,
    /// What mends it; empty where nothing has to be.
    pub(crate) remedy: String,
}

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// As it should.
    Ok,
    /// Wrong.
    Wrong,
    /// Nobody can tell, or nothing is asked for.
    CannotTell,
}

/// Whether the check sends a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trial {
    /// It ends after the login.
    SendNothing,
    /// Everybody whom the configuration names gets one.
    SendLetter,
}

/// Tries the mail, step by step up to the first that fails.
pub(crate) async fn examine(config: &Config, trial: Trial) -> Vec<Examined> {
    let Some(mail) = &config.mail else {
        return vec![Examined {
            what: "mail",
            verdict: Verdict::CannotTell,
            text: "nobody is told by mail".to_owned(),
            remedy: "name them in `to` of [report.mail]; docs/mail.md shows how".to_owned(),
        }];
    };
    let mut found = vec![settings(mail)];
    if let Err(error) = converse(mail, config.profile.as_deref(), trial, &mut found).await {
        let what = match error.step {
            Step::Prepare => "mail settings",
            Step::Connect => "mail server",
            Step::Encrypt => "mail encryption",
            Step::LogIn => "mail login",
            Step::Deliver => "mail delivery",
        };
        let remedy = error.remedy().to_owned();
        found.push(Examined { what, verdict: Verdict::Wrong, text: error.to_string(), remedy });
    }
    found
}

async fn converse(
    mail: &MailConfig,
    profile: Option<&str>,
    trial: Trial,
    found: &mut Vec<Examined>,
) -> Result<(), MailError> {
    let server = &mail.server;
    let mut conversation = Conversation::begin(server).await?;
    found.push(ok("mail server", format!("{}:{} answers", server.host, server.port)));
    found.push(ok(
        "mail encryption",
        match server.tls {
            MailTls::Starttls => "TLS, after STARTTLS".to_owned(),
            MailTls::Tls => "TLS, from the first byte".to_owned(),
            MailTls::None => "none; the server is this machine".to_owned(),
        },
    ));
    conversation.log_in().await?;
    let login = server.login.as_ref();
    found.push(ok(
        "mail login",
        login.map_or("no account, so none".to_owned(), |login| format!("as {}", login.user)),
    ));
    conversation.end().await;
    if trial == Trial::SendNothing {
        return Ok(());
    }
    let refused = send(mail, &compose_trial(profile)).await?;
    found.push(if refused.is_empty() {
        ok("mail delivery", "a trial letter was taken; see whether it arrives".to_owned())
    } else {
        Examined {
            what: "mail delivery",
            verdict: Verdict::Wrong,
            text: format!("not taken for {}", refused.join("; ")),
            remedy: "see to in [report.mail]".to_owned(),
        }
    });
    Ok(())
}

fn settings(mail: &MailConfig) -> Examined {
    let to: Vec<String> = mail.to.iter().map(|person| person.email.to_string()).collect();
    let when = match mail.when {
        MailWhen::Attention => "after runs that need a person",
        MailWhen::Always => "after every run",
        MailWhen::Never => "never",
    };
    ok("mail settings", format!("to {}, from {}, {when}", to.join(", "), mail.from.email))
}

fn ok(what: &'static str, text: String) -> Examined {
    Examined { what, verdict: Verdict::Ok, text, remedy: String::new() }
}
