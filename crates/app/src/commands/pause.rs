//! `muster pause` and `muster resume`: times in which everything stays as it is (feature B9).
//!
//! Not here: what a pause covers (`store`), and that the first run after it only plans (`reconcile::safety`).

use std::fmt::Write;

use reconcile::keys::{CourseId, ModuleCode};
use serde_json::{Value, json};
use store::{NewPause, PauseId, PauseRow, PauseScope, School, Timestamp};

use super::import::known_source;
use crate::app::{App, person};
use crate::cli::{PauseArgs, ResumeArgs};
use crate::clock::{DAY_S, written};
use crate::config::nearest;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::present::table::{columns, counted, faint, pending};

pub(crate) async fn pause(app: &App, args: &PauseArgs, output: &Output) -> Result<Exit, Failure> {
    let now = app.clock.now();
    let by_days = args.days.map(|days| Timestamp(now.0 + i64::from(days) * DAY_S));
    let (Some(ends_at), Some(reason)) = (args.until.or(by_days), &args.reason) else {
        return list(app, output).await;
    };
    if ends_at <= now {
        let message = format!("a pause cannot end in the past: {}", written(ends_at));
        return Err(Failure::new(Exit::Usage, message).hint("give a later day to --until"));
    }
    let scope = scope(app, args)?;
    let owner = person();
    let pause = NewPause {
        scope,
        owner: owner.as_str().into(),
        reason: reason.as_str().into(),
        begins_at: now,
        ends_at,
    };
    let PauseId(id) = app.store.pause(&pause, now).await?;
    output.answer(&json!({ "pause": id, "scope": pause.scope.to_string(), "ends_at": ends_at.0 }), || {
        format!(
            "Pause {id}: {} stays as it is until {}. The first run after it only plans.\nnext: muster resume {id} ends it early",
            pause.scope,
            written(ends_at)
        )
    })?;
    Ok(Exit::Done)
}

fn scope(app: &App, args: &PauseArgs) -> Result<PauseScope, Failure> {
    if let Some(name) = &args.source {
        return Ok(PauseScope::Source(known_source(app, name)?));
    }
    if let Some(name) = &args.school {
        return Ok(PauseScope::School(known_school(app, name)?));
    }
    if let Some(module) = &args.module {
        return Ok(PauseScope::Module(ModuleCode(module.as_str().into())));
    }
    if let Some(course) = args.course {
        return Ok(PauseScope::Course(CourseId(course)));
    }
    if args.all {
        return Ok(PauseScope::All);
    }
    Err(Failure::new(Exit::Usage, "what shall be paused?")
        .hint("say --all, --source NAME, --school NAME, --module CODE or --course ID"))
}

/// A school by its name, or a failure that says which there are.
pub(crate) fn known_school(app: &App, name: &str) -> Result<School, Failure> {
    let schools = &app.config.schools;
    if let Some(school) = schools.iter().find(|school| *school.name == *name) {
        return Ok(school.clone());
    }
    let names: Vec<&str> = schools.iter().map(|school| &*school.name).collect();
    let hint = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None if names.is_empty() => format!(
            "the configuration has no schools; write [school.anthropology] with modules = [\"ANTH*\"] into {}",
            app.config.file.display()
        ),
        None => format!("the configuration has {}", names.join(", ")),
    };
    Err(Failure::new(Exit::Usage, format!("there is no school {name}")).hint(hint))
}

pub(crate) async fn resume(app: &App, args: &ResumeArgs, output: &Output) -> Result<Exit, Failure> {
    // A school that left the configuration can still be resumed.
    let is_meant = |row: &PauseRow| match (args.pause, &args.school, &row.pause.scope) {
        (Some(number), _, _) => row.id == PauseId(number),
        (None, Some(name), PauseScope::School(paused)) => *paused.name == **name,
        (None, Some(_), _) => false,
        (None, None, _) => true,
    };
    let now = app.clock.now();
    let ended = app.store.resume(is_meant, &person(), &args.reason, now).await?;
    if ended.is_empty() {
        let message = match (args.pause, &args.school) {
            (Some(number), _) => format!("there is no pause {number} that counts now"),
            (None, Some(name)) => {
                known_school(app, name)?;
                format!("school {name} is not paused")
            }
            (None, None) => "nothing is paused".to_owned(),
        };
        return Err(Failure::new(Exit::Usage, message).hint("`muster pause --list` shows the pauses"));
    }
    output.answer(&json!({ "resumed": ended.iter().map(|row| row.id.0).collect::<Vec<_>>() }), || {
        let pauses = counted(ended.len() as u64, "pause is", "pauses are");
        format!("{pauses} over. The next run only plans what they covered. next: muster plan")
    })?;
    Ok(Exit::Done)
}

async fn list(app: &App, output: &Output) -> Result<Exit, Failure> {
    let pauses = app.store.pauses().await?;
    let now = app.clock.now();
    let document: Vec<_> = pauses.iter().map(|row| pause_document(row, now)).collect();
    output.answer(&document, || {
        if pauses.is_empty() {
            return "Nothing is paused.".to_owned();
        }
        let header = ["pause", "what", "until", "", "owner", "reason"];
        columns(&header, pauses.iter().map(|row| line(row, now)).collect())
    })?;
    Ok(Exit::Done)
}

/// A pause for programs.
pub(crate) fn pause_document(row: &PauseRow, now: Timestamp) -> Value {
    json!({
        "pause": row.id.0, "scope": row.pause.scope.to_string(), "owner": row.pause.owner,
        "reason": row.pause.reason, "begins_at": row.pause.begins_at.0, "ends_at": row.pause.ends_at.0,
        "counts": row.counts(now), "ends_within_a_day": ends_within_a_day(row, now),
    })
}

/// A line for each pause that counts, for `muster status`: an end that is near is said first.
pub(crate) fn pause_lines(pauses: &[PauseRow], now: Timestamp) -> String {
    let mut text = String::new();
    for row in pauses.iter().filter(|row| row.counts(now)) {
        let PauseId(id) = row.id;
        let pause = &row.pause;
        let near = if ends_within_a_day(row, now) {
            ", within a day: the first run after it only plans"
        } else {
            ""
        };
        let line = format!("paused: {} until {}{near}", pause.scope, written(pause.ends_at));
        let _ = writeln!(text, "{} ({}); next: muster resume {id}", pending(&line), pause.reason);
    }
    text
}

fn ends_within_a_day(row: &PauseRow, now: Timestamp) -> bool {
    row.counts(now) && row.pause.ends_at.0 - now.0 <= DAY_S
}

fn line(row: &PauseRow, now: Timestamp) -> Vec<String> {
    let state = if !row.counts(now) {
        faint("over")
    } else if ends_within_a_day(row, now) {
        pending("ends within a day")
    } else {
        pending("paused")
    };
    vec![
        row.id.0.to_string(),
        row.pause.scope.to_string(),
        written(row.pause.ends_at),
        state,
        row.pause.owner.to_string(),
        row.pause.reason.to_string(),
    ]
}
