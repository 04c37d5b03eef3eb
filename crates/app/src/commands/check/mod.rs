//! `muster check`: tries the configuration, the database, the sources, the mail and the platform, one line each.
//!
//! Each part is a file with a function that returns lines: `database.rs`, `source.rs`, `mail.rs`, `moodle.rs`,
//! `itslearning.rs`. A new part is a
//! file, a variant of [`Checked`] and one `if` in [`run`].
//!
//! Not here: changing anything. A check reads only, and what it has to write to try, it takes back.
//!
//! Invariant: nothing that is wrong ends a check early; each part says what it can.

mod database;
mod grants;
mod itslearning;
mod line;
mod mail;
mod moodle;
mod source;

use std::path::Path;

use serde::Serialize;

use crate::app::{App, ShowProgress};
use crate::cli::{CheckArgs, Checked};
use crate::clock::Clock;
use crate::commands::config::cannot_use;
use crate::config::{Config, ConfigError, Mistake};
use crate::exit::{Exit, Failure};
use crate::mail::Trial;
use crate::output::Output;
use grants::Grants;
use line::Line;
use moodle::Needs;

/// The answer for programs.
#[derive(Serialize)]
struct Answer<'a> {
    lines: &'a [Line],
    needs: Option<&'a Needs>,
    grants: Option<&'a Grants>,
    exit_code: u8,
}

pub(crate) async fn run(
    args: &CheckArgs,
    file: &Path,
    profile: Option<&str>,
    output: &Output,
) -> Result<Exit, Failure> {
    let (mut lines, mut asked) = (Vec::new(), Asked::default());
    match Config::load(file, profile) {
        Ok(config) => {
            lines.push(Line::ok("configuration", format!("{} is understood", file.display())));
            for warning in &config.warnings {
                lines.push(Line::cannot_tell("configuration", warning.to_string(), ""));
            }
            asked = parts(args, config, &mut lines).await;
        }
        Err(ConfigError::Mistakes(mistakes)) => lines.extend(mistakes.into_iter().map(mistake)),
        Err(error) => {
            let failure = cannot_use(error);
            lines.push(Line::wrong(failure.exit, "configuration", failure.what(), failure.next()));
        }
    }
    let exit = lines.iter().find(|line| line.is_wrong()).map_or(Exit::Done, |line| line.exit);
    let Asked { needs, grants } = &asked;
    let answer =
        Answer { lines: &lines, needs: needs.as_ref(), grants: grants.as_ref(), exit_code: exit.code() };
    output.answer(&answer, || {
        let mut text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        if let Some(needs) = needs {
            text.push_str(&needs.to_string());
        }
        if let Some(grants) = grants {
            text.push_str(&grants.to_string());
        }
        text
    })?;
    Ok(exit)
}

/// What others have to grant to Muster, where that was looked at.
#[derive(Default)]
struct Asked {
    /// The platform.
    needs: Option<Needs>,
    /// The server of the database; only told to those who asked for the database alone.
    grants: Option<Grants>,
}

/// Tries the parts that were asked for.
async fn parts(args: &CheckArgs, config: Config, lines: &mut Vec<Line>) -> Asked {
    let mut asked = Asked::default();
    let wants = |what| args.what.is_none_or(|only| only == what);
    let clock = Clock::default();
    let app = match App::open(config.clone(), clock, ShowProgress::Never).await {
        Ok(app) => Some(app),
        Err(failure) => {
            lines.push(Line::wrong(failure.exit, "database", failure.what(), failure.next()));
            None
        }
    };
    if wants(Checked::Database)
        && let Some(app) = &app
    {
        lines.extend(database::lines(app).await);
        if args.what.is_some() {
            asked.grants = Grants::of(app).await;
        }
    }
    if wants(Checked::Source) {
        for (name, source) in &config.sources {
            lines.extend(source::lines(app.as_ref(), name, source).await);
        }
    }
    if wants(Checked::Mail) {
        let trial = if args.send { Trial::SendLetter } else { Trial::SendNothing };
        lines.extend(mail::lines(&config, trial).await);
    }
    // Whoever has no itslearning is asked nothing about it, unless by name.
    if wants(Checked::Itslearning) && (args.what.is_some() || config.itslearning.is_some()) {
        lines.extend(itslearning::lines(&config).await);
    }
    if wants(Checked::Moodle) {
        let (found, needs) = moodle::lines(app.as_ref(), &config, args.group, clock.now()).await;
        lines.extend(found);
        asked.needs = needs;
    }
    asked
}

fn mistake(mistake: Mistake) -> Line {
    let next = "`muster config explain KEY` shows what belongs there";
    Line::wrong(Exit::Configuration, "configuration", mistake.to_string(), next)
}
