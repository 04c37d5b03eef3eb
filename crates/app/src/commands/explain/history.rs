//! What went wrong in a course, merged in the order of time: failed calls, rejected rows, runs that stopped, and the
//! lines of `db_error.log` (feature K4).
//!
//! Not here: what is wrong now; that is in the chain's checks.
//!
//! Invariant: the newest come last, and nothing is left out without saying how to see it.

use std::fmt;
use std::path::Path;

use reconcile::keys::CourseId;
use serde::Serialize;
use store::{RejectionFilter, RestErrorFilter, RunKind, RunStatus, Timestamp};

use super::memory::Known;
use crate::app::App;
use crate::clock::written;
use crate::exit::Failure;
use crate::present::table::counted;

/// How many events are shown unless more are asked for.
pub(crate) const EVENTS_SHOWN: usize = 5;

/// How many runs are looked through for those that stopped.
const RUNS_READ_MAX: u32 = 200;

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Event {
    /// When, in seconds since 1970 UTC.
    #[serde(serialize_with = "seconds")]
    at: Timestamp,
    /// What sort of thing.
    what: What,
    /// The story.
    text: String,
    /// How often the same happened, one after the other, up to this time.
    times: u64,
    /// The command that tells more; empty where there is none.
    command: String,
}

/// Where an event was noted. The old names are `rest_error_logs`, `cmis_error_data_dump` and `db_error.log`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Call,
    Row,
    Run,
    Database,
}

fn seconds<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(at.0)
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            What::Call => "call",
            What::Row => "row",
            What::Run => "run",
            What::Database => "database",
        };
        write!(f, "{} {what:<8} {}", written(self.at), self.text)?;
        if self.times > 1 {
            write!(f, ", {} times", self.times)?;
        }
        if self.command.is_empty() { Ok(()) } else { write!(f, " ({})", self.command) }
    }
}

/// The last events of a course, and the line that says how to see the rest.
pub(super) async fn of_course(
    app: &App,
    known: &Known,
    last: usize,
) -> Result<(Vec<Event>, Option<String>), Failure> {
    let mut events = calls(app, known.course).await?;
    events.extend(rows(app, known).await?);
    events.extend(runs(app, known.course).await?);
    events.extend(database(app));
    events.sort_by_key(|event| event.at);
    let mut events = folded(events);
    let left_out = events.len().saturating_sub(last);
    let more = (left_out > 0).then(|| {
        let earlier = counted(left_out as u64, "earlier event", "earlier events");
        format!("{earlier}: muster explain course {} --last {}", known.course, events.len())
    });
    events.drain(..left_out);
    Ok((events, more))
}

/// What happens every night is told once, with its number, at its last time.
fn folded(events: Vec<Event>) -> Vec<Event> {
    let mut folded: Vec<Event> = Vec::with_capacity(events.len());
    for event in events {
        match folded.last_mut() {
            Some(last) if last.what == event.what && last.text == event.text => {
                *last = Event { times: last.times + 1, ..event };
            }
            _ => folded.push(event),
        }
    }
    folded
}

async fn calls(app: &App, course: CourseId) -> Result<Vec<Event>, Failure> {
    let filter = RestErrorFilter { course: Some(course), ..RestErrorFilter::default() };
    let errors = app.store.rest_errors(&filter).await?;
    Ok(errors
        .into_iter()
        .map(|error| {
            let named = |word: &str, names: &str| {
                if names.is_empty() { String::new() } else { format!(" {word} {names}") }
            };
            let about = named("about", &error.groups) + &named("for", &error.people);
            let (function, code, after) = (error.function, error.code, error.what_happened);
            Event {
                at: error.at,
                what: What::Call,
                text: format!("{function}{about} failed with {code}: {after}"),
                times: 1,
                command: format!("muster runs show {} --log", error.run.0),
            }
        })
        .collect())
}

async fn rows(app: &App, known: &Known) -> Result<Vec<Event>, Failure> {
    let mut events = Vec::new();
    for mapping in &known.mappings {
        let filter = RejectionFilter {
            source: Some(mapping.key.source.clone()),
            module: Some(mapping.key.module.clone()),
            with_healed: true,
            ..RejectionFilter::default()
        };
        for row in app.store.rejections(&filter).await? {
            let event = |at, text| Event { at, what: What::Row, text, times: 1, command: String::new() };
            let place = format!("{} line {} of {}", row.table, row.line, row.source);
            events.push(event(row.first_seen, format!("{place} was rejected: {}", row.detail)));
            events.extend(row.healed_at.map(|at| event(at, format!("{place} is no longer rejected"))));
        }
    }
    Ok(events)
}

/// Runs that stopped: those that left something undone in the course, and those that did not come so far.
async fn runs(app: &App, course: CourseId) -> Result<Vec<Event>, Failure> {
    let mut events = Vec::new();
    for run in app.store.runs(RUNS_READ_MAX).await? {
        let words = match run.status {
            RunStatus::Failed => "stopped before its end",
            RunStatus::Interrupted => "was interrupted",
            _ => continue,
        };
        if run.begun.kind == RunKind::Plan {
            continue;
        }
        // What it did not come to do says whether it was about this course.
        let is_here =
            run.figures.operations == 0 || !app.store.open_operations(run.id, &[course]).await?.is_empty();
        if is_here {
            events.push(Event {
                at: run.finished_at.unwrap_or(run.begun.started_at),
                what: What::Run,
                text: format!("run {} ({}) {words}", run.id.0, run.begun.kind.as_str()),
                times: 1,
                command: format!("muster runs show {}", run.id.0),
            });
        }
    }
    Ok(events)
}

/// The lines of `db_error.log`, where log files are written; they are about the whole database.
fn database(app: &App) -> Vec<Event> {
    let Some(folder) = &app.config.log.folder else { return Vec::new() };
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let is_log = |path: &Path| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("db_error.log"))
    };
    let paths = files.filter_map(|file| Some(file.ok()?.path())).filter(|path| is_log(path));
    let texts = paths.filter_map(|path| std::fs::read_to_string(path).ok());
    texts.flat_map(|text| text.lines().filter_map(log_line).collect::<Vec<_>>()).collect()
}

/// A line of a log in either of its two forms.
fn log_line(line: &str) -> Option<Event> {
    let (at, text) = match serde_json::from_str::<serde_json::Value>(line) {
        Ok(line) => {
            (line["timestamp"].as_str()?.to_owned(), line["message"].as_str().unwrap_or_default().to_owned())
        }
        Err(_) => {
            let (at, rest) = line.trim_start().split_once(' ')?;
            (at.to_owned(), rest.trim().to_owned())
        }
    };
    let at: jiff::Timestamp = at.parse().ok()?;
    Some(Event {
        at: Timestamp(at.as_second()),
        what: What::Database,
        text,
        times: 1,
        command: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Option<(i64, &str)>) {
        let read = log_line(line);
        assert_eq!(read.as_ref().map(|event| (event.at.0, event.text.as_str())), expected, "{line}");
    }

    #[test]
    fn what_happens_every_night_is_told_once() {
        let event = |at, text: &str| Event {
            at: Timestamp(at),
            what: What::Call,
            text: text.to_owned(),
            times: 1,
            command: String::new(),
        };
        let told = folded(vec![event(1, "a"), event(2, "a"), event(3, "b"), event(4, "a")]);
        let told: Vec<_> = told.iter().map(|event| (event.at.0, event.text.as_str(), event.times)).collect();
        assert_eq!(told, [(2, "a", 2), (3, "b", 1), (4, "a", 1)]);
    }

    #[test]
    fn lines_of_both_forms_of_log_are_read_and_others_passed_over() {
        let text = "2026-11-25T02:00:00.123456Z  WARN store::db: cannot write: the disk is full";
        check(text, Some((1_795_572_000, "WARN store::db: cannot write: the disk is full")));
        let json = r#"{"timestamp":"2026-11-25T02:00:00Z","level":"WARN","message":"the disk is full"}"#;
        check(json, Some((1_795_572_000, "the disk is full")));
        check("    at the second line of a message", None);
        check("", None);
    }
}
