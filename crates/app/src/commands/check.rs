//! `muster check`: tries the database, the sources and the platform, one line each.
//!
//! Not here: changing anything. A check reads only.

use std::fmt;
use std::path::Path;

use reconcile::delivery::doubts;
use reconcile::keys::{CourseId, GroupId};
use reconcile::observed::Observed;
use serde::Serialize;
use store::MappingFilter;
use targets::moodle::{Moodle, ObserveScope};

use crate::app::{App, ShowProgress};
use crate::cli::{CheckArgs, Checked};
use crate::clock::Clock;
use crate::config::Config;
use crate::exit::{Exit, Failure, chain};
use crate::output::Output;
use crate::present::table::{bad, counted, good, pending};
use crate::sources;

/// One line of the answer.
#[derive(Clone, Debug, Serialize)]
struct Line {
    /// What was tried.
    what: String,
    /// How it went.
    state: LineState,
    /// What was found.
    text: String,
    /// What mends it; empty where nothing has to be.
    remedy: String,
    /// How the program ends if this is wrong.
    #[serde(skip)]
    exit: Exit,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum LineState {
    Ok,
    Wrong,
    CannotTell,
}

impl Line {
    fn ok(what: &str, text: impl Into<String>) -> Line {
        Line {
            what: what.into(),
            state: LineState::Ok,
            text: text.into(),
            remedy: String::new(),
            exit: Exit::Done,
        }
    }

    fn wrong(exit: Exit, what: &str, text: impl Into<String>, remedy: impl Into<String>) -> Line {
        Line { what: what.into(), state: LineState::Wrong, text: text.into(), remedy: remedy.into(), exit }
    }

    fn cannot_tell(what: &str, text: impl Into<String>, remedy: impl Into<String>) -> Line {
        Line {
            what: what.into(),
            state: LineState::CannotTell,
            text: text.into(),
            remedy: remedy.into(),
            exit: Exit::Done,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.state {
            LineState::Ok => good("ok         "),
            LineState::Wrong => bad("wrong      "),
            LineState::CannotTell => pending("cannot tell"),
        };
        write!(f, "{sign} {:<18} {}", self.what, self.text)?;
        if !self.remedy.is_empty() {
            write!(f, "\n            {:<18} next: {}", "", self.remedy)?;
        }
        Ok(())
    }
}

pub(crate) async fn run(
    args: &CheckArgs,
    file: &Path,
    profile: Option<&str>,
    output: &Output,
) -> Result<Exit, Failure> {
    let config = Config::load(file, profile).map_err(super::config::mistakes)?;
    let mut lines = vec![Line::ok("configuration", format!("{} is understood", file.display()))];
    for warning in &config.warnings {
        lines.push(Line::cannot_tell("configuration", warning.to_string(), ""));
    }
    let wants = |what| args.what.is_none_or(|only| only == what);
    let app = match App::open(config.clone(), Clock::default(), ShowProgress::Never).await {
        Ok(app) => Some(app),
        Err(failure) => {
            lines.push(Line::wrong(failure.exit, "database", failure.to_string(), ""));
            None
        }
    };
    if wants(Checked::Database)
        && let Some(app) = &app
    {
        lines.push(database(app).await);
    }
    if wants(Checked::Source) {
        for (name, source) in &config.sources {
            lines.extend(source_lines(app.as_ref(), name, source).await);
        }
    }
    if wants(Checked::Moodle)
        && let Some(app) = &app
    {
        lines.extend(moodle_lines(app, args.group).await);
    }
    output.answer(&lines, || lines.iter().map(|line| format!("{line}\n")).collect())?;
    let wrong = lines.iter().find(|line| line.state == LineState::Wrong);
    Ok(wrong.map_or(Exit::Done, |line| line.exit))
}

async fn database(app: &App) -> Line {
    let audit = match app.store.verify_audit().await {
        Ok(state) => state,
        Err(error) => return Line::wrong(Exit::Configuration, "database", chain(&error), ""),
    };
    if let store::AuditState::Broken { .. } = audit {
        let text = format!("the audit log was changed outside Muster: {audit:?}");
        return Line::wrong(
            Exit::Configuration,
            "database",
            text,
            "restore a backup, and find out who did it",
        );
    }
    match app.store.totals().await {
        Ok(totals) => {
            let groups: u64 = totals.sources.values().map(|ours| ours.groups).sum();
            Line::ok(
                "database",
                format!("{}: {} are ours", app.config.database, counted(groups, "group", "groups")),
            )
        }
        Err(error) => Line::wrong(Exit::Configuration, "database", chain(&error), ""),
    }
}

/// How many rows of a source are shown, with the people masked.
const SAMPLES: usize = 5;

async fn source_lines(
    app: Option<&App>,
    name: &reconcile::keys::SourceName,
    source: &crate::config::SourceConfig,
) -> Vec<Line> {
    let what = format!("source {name}");
    let reading = match sources::read(source, name, &|_| {}).await {
        Ok(reading) => reading,
        Err(error) => return vec![Line::wrong(Exit::Source, &what, chain(&error), "")],
    };
    let figures = reading.delivery.figures();
    let before = match app {
        Some(app) => app.store.accepted_figures(name).await.ok().flatten(),
        None => None,
    };
    let text = format!(
        "{}, {}, {}",
        counted(figures.groups, "group", "groups"),
        counted(figures.students + figures.tutors, "membership", "memberships"),
        counted(figures.rejections, "rejected row", "rejected rows")
    );
    let doubts = doubts(&figures, before.as_ref(), &source.completeness);
    let mut lines = vec![if doubts.is_empty() {
        Line::ok(&what, text)
    } else {
        let why: Vec<_> = doubts.iter().map(ToString::to_string).collect();
        Line::wrong(
            Exit::Source,
            &what,
            format!("{text}; it would be refused: {}", why.join("; ")),
            "muster import",
        )
    }];
    lines.extend(reading.notices.iter().map(|notice| Line::cannot_tell(&what, notice, "")));
    lines.extend(
        sources::sample(&reading.delivery, SAMPLES)
            .iter()
            .map(|sample| Line::ok("  sample", sample.to_string())),
    );
    lines
}

async fn moodle_lines(app: &App, group: Option<i64>) -> Vec<Line> {
    let moodle = match app.moodle().await {
        Ok(moodle) => moodle,
        Err(failure) => return vec![Line::wrong(failure.exit, "moodle", failure.to_string(), "")],
    };
    let site = moodle.site();
    let mut lines = vec![
        Line::ok("moodle", format!("{} at {}, release {}", site.name, site.url, site.release)),
        Line::ok("token", format!("acts as {} (user {})", site.username, site.user_id)),
    ];
    let degraded = moodle.degraded();
    if degraded.is_empty() {
        lines.push(Line::ok("functions", "the service has every function that is used"));
    }
    for missing in degraded {
        lines.push(Line::cannot_tell(
            "functions",
            format!("{} is not in the service: {}", missing.function, missing.lost),
            "Site administration > Server > Web services > External services > Functions",
        ));
    }
    lines.push(course_line(app, &moodle).await);
    if let Some(id) = group {
        lines.push(group_line(&moodle, GroupId(id)).await);
    }
    lines
}

/// Reads one mapped course whole: that proves most of what the account needs.
async fn course_line(app: &App, moodle: &Moodle) -> Line {
    let filter = MappingFilter { page: store::Page { limit: 1, offset: 0 }, ..MappingFilter::default() };
    let course = match app.store.mappings(&filter, &app.default_source()).await {
        Ok(mappings) => mappings.first().map(|row| row.key.course),
        Err(error) => return Line::wrong(Exit::Configuration, "course", chain(&error), ""),
    };
    let Some(course) = course else {
        return Line::cannot_tell(
            "course",
            "no course is mapped yet",
            "muster map add COURSE MODULE, then check again",
        );
    };
    let mut observed = None;
    let scope = ObserveScope {
        course,
        group_ids: Vec::new(),
        grouping_ids: Vec::new(),
        adopt_names: Default::default(),
    };
    moodle.observe(vec![scope], |_, what| observed = Some(what)).await;
    match observed {
        Some(Observed::Complete(read)) => Line::ok(
            "course",
            format!(
                "course {course} can be read: {} groups, {} people enrolled",
                read.groups.len(),
                read.enrolled.len()
            ),
        ),
        Some(Observed::Gone) => Line::cannot_tell(
            "course",
            format!("course {course} is mapped but gone from the platform"),
            "muster map list, then map a course that is there",
        ),
        Some(Observed::Unknown(why)) => {
            Line::wrong(Exit::Target, "course", format!("course {course} cannot be read whole: {why}"), "")
        }
        None => Line::cannot_tell("course", format!("course {course} gave no answer"), "muster check moodle"),
    }
}

/// Looks at one group, as the old page's test client did (feature D14).
async fn group_line(moodle: &Moodle, group: GroupId) -> Line {
    match moodle.group(group).await {
        Ok(Some((CourseId(course), name))) => {
            Line::ok("group", format!("group {group} is {name} in course {course}"))
        }
        Ok(None) => Line::wrong(
            Exit::Target,
            "group",
            format!("there is no group {group}"),
            "muster explain group ID",
        ),
        Err(error) => Line::wrong(Exit::Target, "group", chain(&error), ""),
    }
}
