//! The platform: one line for each step of its set-up, the clock, and what the switched-on features need (features D,
//! Z25).
//!
//! Not here: the examination itself ([`targets::moodle::examine`]).

use std::fmt::{self, Write};

use reconcile::keys::{CourseId, GroupId};
use reconcile::policy::{Groupings, NotEnrolled};
use serde::Serialize;
use store::{MappingFilter, Page, StoreError, Timestamp};
use targets::moodle::{Examination, ExamineScope, Granted, Need, Proof, Step, Uses, Verdict, examine};

use super::line::Line;
use crate::app::{App, moodle_settings};
use crate::config::Config;
use crate::exit::{Exit, chain};
use crate::present::table::{bad, columns, good, pending, strong};

/// How many mapped courses are entered. More would prove little more.
const COURSES_TRIED_MAX: usize = 10;

/// How many mappings are looked through for them.
const MAPPINGS_READ_MAX: u32 = 1_000;

/// By how much the clocks may differ, in seconds: tokens end, and logs are compared, by the clock.
const CLOCK_DIFFERENCE_MAX_S: i64 = 5 * 60;

/// Tries the platform.
pub(super) async fn lines(
    app: Option<&App>,
    config: &Config,
    group: Option<i64>,
    now: Timestamp,
) -> (Vec<Line>, Option<Needs>) {
    let Some(moodle) = &config.moodle else {
        let found = format!("{} has no [moodle]", config.file.display());
        let next = "`muster config explain moodle.url` shows what belongs there";
        return (vec![Line::wrong(Exit::Configuration, "moodle", found, next)], None);
    };
    let settings = match moodle_settings(moodle) {
        Ok(settings) => settings,
        Err(error) => {
            let next = format!(
                "{}; `token` of [moodle] says where the token is kept, docs/moodle-setup.md how one is made",
                error.next_step()
            );
            let what = what(Step::Token);
            return (vec![Line::wrong(Exit::Configuration, &what, chain(&error), next)], None);
        }
    };
    let mut lines = Vec::new();
    let courses = match app {
        Some(app) => mapped_courses(app).await.unwrap_or_else(|error| {
            lines.push(Line::wrong(Exit::Configuration, "mapped courses", chain(&error), ""));
            Vec::new()
        }),
        None => Vec::new(),
    };
    let policy = &config.policy;
    let uses = Uses {
        enrol: policy.not_enrolled == NotEnrolled::Enrol,
        groupings: policy.groupings == Groupings::PerModule,
    };
    let found = examine(settings, &ExamineScope { courses, group: group.map(GroupId), uses }).await;
    lines.extend(found.proofs.iter().map(proof));
    lines.push(clock(found.server_date.as_deref(), now));
    (lines, Some(Needs::of(found)))
}

/// A few mapped courses, spread over all of them, so that they lie in different categories.
async fn mapped_courses(app: &App) -> Result<Vec<CourseId>, StoreError> {
    let page = Page { limit: MAPPINGS_READ_MAX, offset: 0 };
    let filter = MappingFilter { page, ..MappingFilter::default() };
    let mappings = app.store.mappings(&filter, &app.default_source()).await?;
    let mut courses: Vec<CourseId> = mappings.iter().map(|row| row.key.course).collect();
    courses.sort_unstable();
    courses.dedup();
    let step = courses.len().div_ceil(COURSES_TRIED_MAX).max(1);
    Ok(courses.into_iter().step_by(step).collect())
}

fn what(step: Step) -> String {
    match step {
        Step::Release => "    release".to_owned(),
        step => format!("{:<3} {}", step.code(), step.title()),
    }
}

fn proof(proof: &Proof) -> Line {
    let what = what(proof.step);
    let others: Vec<&str> = proof.or.iter().map(|step| step.code()).collect();
    let found = match others.as_slice() {
        [] => proof.found.clone(),
        others => format!("{} (or {})", proof.found, others.join(", ")),
    };
    match proof.verdict {
        Verdict::Ok => Line { remedy: proof.remedy.clone(), ..Line::ok(&what, found) },
        Verdict::Wrong => Line::wrong(Exit::Target, &what, found, proof.remedy.clone()),
        Verdict::CannotTell => Line::cannot_tell(&what, found, proof.remedy.clone()),
    }
}

/// Compares the clock of the site's web server with ours.
fn clock(server_date: Option<&str>, now: Timestamp) -> Line {
    let what = "    clock";
    // RFC 9110 writes dates as RFC 2822 does, always in GMT.
    let server = server_date.and_then(|text| jiff::fmt::rfc2822::parse(text).ok());
    let Some(server) = server else {
        return Line::cannot_tell(what, "the site does not say what time it is", "");
    };
    let ahead_s = server.timestamp().as_second() - now.0;
    let far = ahead_s.unsigned_abs();
    let word = if ahead_s < 0 { "behind" } else { "ahead of" };
    if ahead_s.abs() <= CLOCK_DIFFERENCE_MAX_S {
        return Line::ok(what, format!("the site's is {far} s {word} ours"));
    }
    let found = format!("the site's is {} min {word} ours", far / 60);
    Line::wrong(Exit::Configuration, what, found, "set both machines to a time server")
}

/// What the switched-on features need, and what is granted beyond it.
#[derive(Debug, Serialize)]
pub(super) struct Needs {
    functions: Vec<Needed>,
    capabilities: Vec<Needed>,
    functions_surplus: Vec<String>,
    capabilities_surplus: Vec<&'static str>,
}

/// A function or capability.
#[derive(Debug, Serialize)]
struct Needed {
    name: &'static str,
    purpose: &'static str,
    state: Grant,
}

/// Whether it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Grant {
    Granted,
    Missing,
    CannotTell,
}

impl Needs {
    fn of(found: Examination) -> Needs {
        let needed = |needs: Vec<Need>| {
            let needed = needs.into_iter().map(|need| Needed {
                name: need.name,
                purpose: need.purpose,
                state: match need.granted {
                    Granted::Yes => Grant::Granted,
                    Granted::No => Grant::Missing,
                    Granted::Unknown => Grant::CannotTell,
                },
            });
            needed.collect()
        };
        Needs {
            functions: needed(found.functions),
            capabilities: needed(found.capabilities),
            functions_surplus: found.functions_surplus,
            capabilities_surplus: found.capabilities_surplus,
        }
    }
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}", strong("The least that the switched-on features need"))?;
        for (title, needed) in
            [("function of the service", &self.functions), ("capability of the role", &self.capabilities)]
        {
            let rows = needed.iter().map(|need| {
                let state = match need.state {
                    Grant::Granted => good("granted"),
                    Grant::Missing => bad("missing"),
                    Grant::CannotTell => pending("cannot tell"),
                };
                vec![state, need.name.to_owned(), need.purpose.to_owned()]
            });
            write!(f, "\n{}", columns(&["", title, "for"], rows.collect()))?;
        }
        let surplus: Vec<&str> = self
            .functions_surplus
            .iter()
            .map(String::as_str)
            .chain(self.capabilities_surplus.iter().copied())
            .collect();
        if !surplus.is_empty() {
            let mut list = String::new();
            for name in surplus {
                writeln!(list, "  {name}")?;
            }
            write!(f, "\nGranted and not needed:\n{list}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::LineState;
    use super::*;

    fn check(date: Option<&str>, now: i64, state: LineState, says: &str) {
        let line = clock(date, Timestamp(now));
        assert_eq!(line.state, state, "{line:?}");
        assert!(line.text.contains(says), "{line:?}");
    }

    #[test]
    fn clocks_may_differ_by_five_minutes() {
        // The example of RFC 9110, section 5.6.7.
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        let then = 784_111_777;
        check(date, then, LineState::Ok, "0 s");
        check(date, then + 300, LineState::Ok, "300 s behind");
        check(date, then + 301, LineState::Wrong, "5 min behind ours");
        check(date, then - 3_600, LineState::Wrong, "60 min ahead of ours");
        check(Some("yesterday"), then, LineState::CannotTell, "does not say");
        check(None, then, LineState::CannotTell, "does not say");
    }
}
