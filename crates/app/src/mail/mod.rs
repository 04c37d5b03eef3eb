//! Mail: tells people after a run what needs them, and that all is well, and that nothing ran.
//!
//! The way through, to the administrators: `story.rs` gathers what there is to tell, `compose.rs` writes the letter with the blocks of
//! `paper.rs`, `send.rs` hands it to the server. `live.rs` keeps live runs from writing too
//! often. To the owners of courses: the folder `owners`.
//!
//! Not here: when a run is due, and who watches for silence (`muster serve`).
//!
//! Invariant: a letter that cannot be sent never changes how a run ends; it is warned of and recorded.

mod attachment;
mod compose;
mod examine;
mod folder;
mod live;
mod next_run;
mod owners;
mod paper;
mod pause_ends;
mod send;
mod silence;
mod story;
#[cfg(test)]
mod tests;
mod week;

use std::io::Write;

use store::Entry;

use self::compose::{Length, Letter, compose, compose_silence};
pub(crate) use self::examine::{Examined, Trial, Verdict, examine};
pub(crate) use self::folder::subjects_in;
pub(crate) use self::live::{LiveLetters, after_live_run};
pub(crate) use self::owners::{LETTERS_PATH, Language, Words, mailbox};
pub(crate) use self::pause_ends::tell_pause_ends;
use self::send::MailError;
pub(crate) use self::silence::{Silence, silence};
use crate::app::App;
use crate::config::{MailConfig, MailWhen};
use crate::exit::{Exit, Failure};
use crate::run::Finished;

/// Tells people about a run that may have changed something: `muster run` and `muster apply`.
///
/// A command line that was wrong is the business of whoever typed it, and of nobody else.
pub(crate) async fn after_run(app: &App, ended: &Result<Finished, Failure>) {
    if let Err(failure) = tell_pause_ends(app).await {
        warn(&format!("cannot tell of pauses that end: {failure}"), "`muster pause --list` shows them");
    }
    let Some(config) = wanted(app) else { return };
    let story = match ended {
        Ok(finished) => story::of_run(app, finished).await,
        Err(failure) if failure.exit == Exit::Usage => return,
        Err(failure) => Ok(story::of_failure(app, failure)),
    };
    let story = match story {
        Ok(story) => story,
        Err(failure) => {
            return warn(&format!("cannot tell anybody of the run: {failure}"), "`muster status` shows it");
        }
    };
    let length = if config.digest { Length::Digest } else { Length::Whole };
    if story.needs_person() || config.digest || config.when == MailWhen::Always {
        dispatch(app, config, &compose(&story, length)).await;
    }
    if let Ok(finished) = ended {
        owners::tell_owners(app, finished).await;
    }
}

/// Raises the alarm that nothing ran for too long. Nothing is sent where nobody is told by mail.
pub(crate) async fn send_silence_alarm(app: &App, silence: &Silence) {
    let Some(config) = wanted(app) else { return };
    let site = app.config.moodle.as_ref().map_or("the platform", |moodle| moodle.url.as_str());
    dispatch(app, config, &compose_silence(app.config.profile.as_deref(), site, silence)).await;
}

/// Who is told by mail; `None` where nobody is.
fn wanted(app: &App) -> Option<&MailConfig> {
    app.config.mail.as_ref().filter(|config| config.when != MailWhen::Never)
}

/// Sends a letter, and records whether it went. Returns that too.
async fn dispatch(app: &App, config: &MailConfig, letter: &Letter) -> bool {
    let sent = hand_over(app, config, letter).await;
    let went = sent.is_ok();
    let end = match sent {
        Ok(refused) if refused.is_empty() => "sent".to_owned(),
        Ok(refused) => {
            let refused = refused.join("; ");
            warn(
                &format!("the mail went out, but the mail server refused {refused}"),
                "see to in [report.mail]",
            );
            format!("sent, but not to {refused}")
        }
        Err(error) => {
            warn(&error.to_string(), &format!("{}; `muster check mail` tries it", error.remedy()));
            format!("not sent: {error}")
        }
    };
    tracing::info!(subject = letter.subject, end, "mail");
    let entry = Entry {
        at: app.clock.now(),
        who: "muster".into(),
        what: format!("mail {}", letter.subject).into(),
        before: "".into(),
        after: end.into(),
        reason: "".into(),
    };
    if let Err(error) = app.store.record_event(&entry).await {
        warn(&error.to_string(), "`muster check database` looks at it");
    }
    went
}

/// Gives a letter to the mail server, or to the folder of a rehearsal.
async fn hand_over(app: &App, config: &MailConfig, letter: &Letter) -> Result<Vec<String>, MailError> {
    match &app.letters {
        Some(folder) => folder::put(folder, letter).map(|()| Vec::new()),
        None => send::send(config, letter).await,
    }
}

/// Warns on standard error, which is all that is left when mail does not work.
fn warn(what: &str, next: &str) {
    // There is nobody left to tell when standard error is gone.
    let _ = writeln!(anstream::stderr(), "warning: {what}\n  next: {next}");
}
