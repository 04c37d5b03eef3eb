//! What a letter tells: the story of a run, gathered from its answer and from the database.
//!
//! Not here: the words (`compose.rs`), and whether a letter is sent at all (`mod.rs`).
//!
//! Invariant: what is open counts, not only what this run saw: a course that was not looked at keeps its findings.

use std::collections::HashMap;

use reconcile::finding::{Finding, Severity};
use reconcile::keys::{CourseId, Text};
use reconcile::report::{ChangeFigures, Courses, Waiting};
use store::{FindingFilter, FindingRow, OperationFilter, OperationState, RunId, RunKind, RunRow, Timestamp};

use super::week::{Week, first_day};
use crate::app::App;
use crate::exit::Failure;
use crate::import::{ImportEnd, Imported};
use crate::run::Finished;

/// Runs that say what is usual.
const USUAL_RUNS_MAX: usize = 7;

/// Fewer runs than this say nothing yet.
const USUAL_RUNS_MIN: usize = 3;

/// Newest runs that are looked through for them; plans stand between them.
const RUNS_LOOKED_THROUGH: u32 = 50;

/// What a letter tells.
#[derive(Clone, Debug, Default)]
pub(super) struct Story {
    /// The profile, where one is used.
    pub(super) profile: Option<String>,
    /// The platform: its name, or its address where it was not reached.
    pub(super) site: String,
    /// The run; `None` where it stopped before it had a number.
    pub(super) run: Option<RunId>,
    /// When the letter is written.
    pub(super) now: Timestamp,
    /// What stopped the run, line by line; `None` where it came to its end.
    pub(super) stopped: Option<Vec<String>>,
    /// Deliveries that are not in force.
    pub(super) deliveries: Vec<BadDelivery>,
    /// What waits for approval.
    pub(super) waiting: Vec<Waiting>,
    /// Operations that wait: an operation may stand under several objections, and counts once.
    pub(super) operations_waiting: u64,
    /// Every open finding.
    pub(super) findings: Vec<Told>,
    /// Operations that the platform refused in this run.
    pub(super) refused: Vec<RefusedOperation>,
    /// How many courses were looked at.
    pub(super) courses: Courses,
    /// What became of the operations.
    pub(super) changes: Vec<ChangeFigures>,
    /// The figures of this run.
    pub(super) figures: Figures,
    /// The figures of the runs before.
    pub(super) usual: Option<Usual>,
    /// The last seven days against a usual week.
    pub(super) week: Option<Week>,
}

/// A delivery that is not in force.
#[derive(Clone, Debug)]
pub(super) struct BadDelivery {
    /// Its source.
    pub(super) source: String,
    /// Its number; `None` where the source could not be read.
    pub(super) number: Option<i64>,
    /// Why.
    pub(super) why: String,
}

/// An open finding.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// The finding.
    pub(super) finding: Finding,
    /// The name of its course; empty where it is not known.
    pub(super) course_name: String,
    /// When it was reported first.
    pub(super) first_seen: Timestamp,
    /// Whether no earlier letter can have told it.
    pub(super) is_new: bool,
}

impl Told {
    /// How much it asks of people.
    pub(super) fn severity(&self) -> Severity {
        self.finding.reason.severity()
    }
}

/// An operation that the platform refused.
#[derive(Clone, Debug)]
pub(super) struct RefusedOperation {
    /// The course.
    pub(super) course: CourseId,
    /// Its name; empty where it is not known.
    pub(super) course_name: String,
    /// The kind, for example `add_member`.
    pub(super) kind: String,
    /// The group or grouping.
    pub(super) group: String,
    /// The person's key; empty where there is none.
    pub(super) person: String,
    /// The answer in words.
    pub(super) answer: String,
}

/// How much a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    /// Courses that it looked at.
    pub(super) courses: u64,
    /// Operations that it planned.
    pub(super) planned: u64,
    /// Operations after which the platform is as wanted.
    pub(super) done: u64,
    /// Operations that were refused, or of which nobody knows.
    pub(super) failed: u64,
    /// Operations that wait.
    pub(super) waiting: u64,
    /// Findings.
    pub(super) findings: u64,
    /// How long it took, in seconds.
    pub(super) duration_s: u64,
}

/// What is usual.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usual {
    /// How many runs say so.
    pub(super) runs: usize,
    /// The median of each figure.
    pub(super) median: Figures,
}

impl Figures {
    fn of(run: &RunRow) -> Figures {
        let figures = &run.figures;
        let end = run.finished_at.unwrap_or(run.begun.started_at);
        Figures {
            courses: figures.courses,
            planned: figures.operations,
            done: figures.done,
            failed: figures.refused + figures.unknown,
            waiting: figures.waiting,
            findings: figures.findings,
            duration_s: u64::try_from(end.0 - run.begun.started_at.0).unwrap_or(0),
        }
    }
}

impl Usual {
    /// The medians of some runs; `None` where there are too few.
    pub(super) fn of(runs: &[Figures]) -> Option<Usual> {
        if runs.len() < USUAL_RUNS_MIN {
            return None;
        }
        let median = |figure: fn(&Figures) -> u64| {
            let mut figures: Vec<u64> = runs.iter().map(figure).collect();
            figures.sort_unstable();
            figures[figures.len() / 2]
        };
        let median = Figures {
            courses: median(|figures| figures.courses),
            planned: median(|figures| figures.planned),
            done: median(|figures| figures.done),
            failed: median(|figures| figures.failed),
            waiting: median(|figures| figures.waiting),
            findings: median(|figures| figures.findings),
            duration_s: median(|figures| figures.duration_s),
        };
        Some(Usual { runs: runs.len(), median })
    }
}

/// The story of a run that came to an end, or stopped on the way there.
pub(super) async fn of_run(app: &App, finished: &Finished) -> Result<Story, Failure> {
    let now = app.clock.now();
    let runs = app.store.runs(RUNS_LOOKED_THROUGH).await?;
    let this = runs.iter().find(|run| run.id == finished.run);
    let before: Vec<&RunRow> = runs
        .iter()
        // Neither a plan nor a live run tells people everything, and neither says what is usual.
        .filter(|run| !matches!(run.begun.kind, RunKind::Plan | RunKind::Live))
        .filter(|run| run.id < finished.run && run.finished_at.is_some())
        .take(USUAL_RUNS_MAX)
        .collect();
    // What only a plan or a live run has reported since the last letter is news to everybody who did not see the plan.
    let last_told = before.first().and_then(|run| run.finished_at);
    let is_new = |row: &FindingRow| {
        !finished.known.contains(&row.finding.identity())
            || last_told.is_none_or(|last_told| row.first_seen > last_told)
    };
    let names: HashMap<CourseId, &Text> =
        finished.plans.iter().map(|plan| (plan.course, &plan.name)).collect();
    let name = |course| names.get(&course).map(|name| name.to_string()).unwrap_or_default();
    let findings = app.store.findings(&FindingFilter::default()).await?;
    let refused = OperationFilter { state: Some(OperationState::Refused), ..OperationFilter::default() };
    let refused = app.store.operations(finished.run, &refused).await?;
    Ok(Story {
        profile: app.config.profile.clone(),
        site: finished.site.clone(),
        run: Some(finished.run),
        now,
        stopped: finished.stopped.as_ref().map(lines_of),
        deliveries: finished.imported.iter().filter_map(bad_delivery).collect(),
        waiting: finished.report.waiting.clone(),
        operations_waiting: finished.held.waiting.len() as u64,
        findings: findings
            .into_iter()
            .map(|row| Told {
                course_name: name(row.finding.course),
                is_new: is_new(&row),
                first_seen: row.first_seen,
                finding: row.finding,
            })
            .collect(),
        refused: refused
            .into_iter()
            .map(|row| RefusedOperation {
                course: row.course,
                course_name: name(row.course),
                kind: row.kind.to_string(),
                group: row.name.to_string(),
                person: row.person.to_string(),
                answer: row.detail.to_string(),
            })
            .collect(),
        courses: finished.report.courses,
        changes: finished.report.changes.clone(),
        figures: this.map(Figures::of).unwrap_or_default(),
        usual: Usual::of(&before.into_iter().map(Figures::of).collect::<Vec<_>>()),
        week: Week::of(&app.store.work_since(first_day(now)).await?, now),
    })
}

/// A failure as the letter takes it apart: what happened, because of what, what next.
fn lines_of(failure: &Failure) -> Vec<String> {
    failure.to_string().lines().map(|line| line.trim().to_owned()).collect()
}

/// The story of a run that stopped before it had anything to show.
pub(super) fn of_failure(app: &App, failure: &Failure) -> Story {
    let site = app.config.moodle.as_ref().map(|moodle| moodle.url.clone());
    Story {
        profile: app.config.profile.clone(),
        site: site.unwrap_or_else(|| "the platform".to_owned()),
        now: app.clock.now(),
        stopped: Some(lines_of(failure)),
        ..Story::default()
    }
}

/// The story of an import after which there was nothing to carry out.
pub(super) fn of_import(app: &App, imported: &[Imported]) -> Story {
    let site = app.config.moodle.as_ref().map(|moodle| moodle.url.clone());
    Story {
        profile: app.config.profile.clone(),
        site: site.unwrap_or_else(|| "the platform".to_owned()),
        now: app.clock.now(),
        ..Story::default()
    }
    .with_deliveries(imported)
}

impl Story {
    /// Adds what became of deliveries.
    pub(super) fn with_deliveries(self, imported: &[Imported]) -> Story {
        Story { deliveries: imported.iter().filter_map(bad_delivery).collect(), ..self }
    }
}

fn bad_delivery(imported: &Imported) -> Option<BadDelivery> {
    let (number, why) = match &imported.end {
        ImportEnd::Accepted | ImportEnd::TakenOver(_) => return None,
        ImportEnd::Refused(why) => (imported.delivery, why),
        ImportEnd::Failed(why) => (None, why),
    };
    Some(BadDelivery { source: imported.source.to_string(), number, why: why.replace('\n', "; ") })
}
