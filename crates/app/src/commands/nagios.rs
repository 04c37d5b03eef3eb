//! `muster status --nagios`: one line and an exit code for Nagios, Icinga and their like.
//!
//! Not here: what is looked at ([`crate::health`]).
//!
//! Invariant: there is always exactly one line on standard output, whatever cannot be read.

use serde_json::json;

use crate::app::App;
use crate::exit::{Exit, Failure, Nagios, chain};
use crate::health::Health;
use crate::output::Output;
use crate::present::table::counted;

/// Seconds of an hour.
const HOUR_S: u64 = 60 * 60;

/// Answers, also where the program could not even be opened.
pub(crate) async fn run(app: Result<App, Failure>, output: &Output) -> Result<Exit, Failure> {
    let (state, line) = match app {
        Ok(app) => match Health::look(&app, None).await {
            Ok(health) => (judge(&health), line(&health, app.config.silence_hours)),
            Err(error) => (Nagios::Unknown, chain(&error)),
        },
        Err(failure) => (Nagios::Unknown, failure.to_string()),
    };
    // Only the first line counts.
    let line = format!("MUSTER {} - {}", word(state), line.split_whitespace().collect::<Vec<_>>().join(" "));
    let exit = Exit::Nagios(state);
    output
        .answer(&json!({ "state": word(state), "line": line, "exit_code": exit.code() }), || line.clone())?;
    Ok(exit)
}

fn word(state: Nagios) -> &'static str {
    match state {
        Nagios::Ok => "OK",
        Nagios::Warning => "WARNING",
        Nagios::Critical => "CRITICAL",
        Nagios::Unknown => "UNKNOWN",
    }
}

fn judge(health: &Health) -> Nagios {
    if health.silence.is_some() || health.has_failed() {
        Nagios::Critical
    } else if health.last_run.is_none() {
        Nagios::Unknown
    } else if health.waiting() > 0 || health.attention() > 0 {
        Nagios::Warning
    } else {
        Nagios::Ok
    }
}

/// What is so in words, and the figures after a bar.
fn line(health: &Health, silence_hours: u64) -> String {
    let mut words = Vec::new();
    if let Some(silence) = health.silence {
        words.push(format!("no good run for {}", counted(silence.hours, "hour", "hours")));
    }
    match &health.last_run {
        Some(run) if health.has_failed() => words.push(format!("run {} stopped before its end", run.id.0)),
        Some(_) => {}
        None => words.push("nothing has run yet".to_owned()),
    }
    if health.waiting() > 0 {
        let waiting = counted(health.waiting(), "operation waits", "operations wait");
        words.push(format!("{waiting} for approval"));
    }
    if health.attention() > 0 {
        words.push(counted(health.attention(), "finding needs a person", "findings need a person"));
    }
    if words.is_empty() {
        words.push("all is well".to_owned());
    }
    let limit = if silence_hours == 0 { String::new() } else { (silence_hours * HOUR_S).to_string() };
    let age = health.last_good_run_age_s().map(|age_s| format!("last_good_run_age={age_s}s;;{limit};0 "));
    format!(
        "{}|{}waiting={};0;;0 attention={};0;;0 groups={};;;0 memberships={};;;0",
        words.join(", "),
        age.unwrap_or_default(),
        health.waiting(),
        health.attention(),
        health.groups,
        health.members
    )
}
