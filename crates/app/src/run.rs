//! A run: the nine steps of DESIGN section 3 as code, from the source to the report.
//!
//! Long because it is the whole way of a run, which is read from top to bottom.
//!
//! Not here: how each step works; the steps call the crates in which they live. Nor how a run is asked for and shown
//! ([`crate::commands`]).
//!
//! Invariant: nothing is written to the platform that is not in the plan recorded before.
//! Invariant: a source or a course that fails costs only itself; the run goes on with what it knows.

use std::collections::{HashMap, HashSet};
use std::fmt;

use reconcile::finding::FindingIdentity;
use reconcile::keys::{CourseId, SourceName, Text};
use reconcile::numbering::{self, numbered};
use reconcile::operation::Operation;
use reconcile::outcome::{self, Outcome};
use reconcile::plan::CoursePlan;
use reconcile::report::{Fate, Report, tell};
use reconcile::safety::{Held, Objection, hold, review_after_pause};
use store::{
    Calls, FindingFilter, FindingRow, FinishedRun, NewRun, ObjectionRow, RunId, RunKind, RunLock, RunStatus,
    School,
};
use targets::journal::{Journal, PlannedOperation, StopReason};
use targets::moodle::{CallCounts, Moodle};

use crate::app::App;
use crate::choose::{Choice, choose};
use crate::commands::night::import_line;
use crate::exit::{Exit, Failure, chain};
use crate::import::{Imported, import_sources};
use crate::journal::RunJournal;
use crate::mending::{Goal, plans_for, settle_mappings, undo_words};
use crate::notes::note_courses;
use crate::planning::learn_names;
use crate::select::{Select, Selected, review_selected};
use crate::skipped;
use crate::workers::leader::{SharedRun, is_shared};

/// From how many named courses on a run is described by their number.
const COURSES_NAMED_MAX: usize = 20;

/// What a run is asked to do.
#[derive(Clone, Debug)]
pub(crate) struct RunWish {
    /// What it is called in the list of runs.
    pub(crate) kind: RunKind,
    /// Whether the sources are read first.
    pub(crate) import: bool,
    /// How far it goes.
    pub(crate) until: Until,
    /// Which courses it looks at.
    pub(crate) scope: Scope,
    /// What it is for.
    pub(crate) goal: Goal,
    /// Whether a platform that calls itself by another address than before is accepted.
    pub(crate) accept_new_site: bool,
}

/// How far a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// The plan is recorded; nothing is carried out.
    Plan,
    /// The plan is carried out; where a run is named, only what was in its plan.
    Apply(Option<RunId>),
}

/// Which courses a run looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Those in which something changed or is open, and a rotating sample of the others.
    Changed,
    /// All of them.
    All,
    /// Those that were pushed to and in which no run has carried that out yet.
    Touched,
    /// Some, by name.
    Named(Named),
}

/// What somebody named: all of it together is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// Courses.
    pub(crate) courses: Vec<CourseId>,
    /// Modules, with all courses that they fill.
    pub(crate) modules: Vec<String>,
    /// Schools, with all their courses and those that their modules fill.
    pub(crate) schools: Vec<School>,
    /// The group or person that the courses were named for, in words.
    pub(crate) about: Option<String>,
}

impl Scope {
    /// Some courses.
    pub(crate) fn of_courses(courses: Vec<CourseId>) -> Scope {
        Scope::Named(Named { courses, ..Named::default() })
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(about) = &self.about {
            return f.write_str(about);
        }
        let courses: Vec<String> = match self.courses.len() {
            many if many > COURSES_NAMED_MAX => vec![format!("{many} courses")],
            _ => self.courses.iter().map(|course| format!("course {course}")).collect(),
        };
        let modules = self.modules.iter().map(|module| format!("module {module}"));
        let schools = self.schools.iter().map(|school| format!("school {}", school.name));
        let all: Vec<String> = courses.into_iter().chain(modules).chain(schools).collect();
        f.write_str(&all.join(", "))
    }
}

/// What a run has to show.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Its number.
    pub(crate) run: RunId,
    /// The name of the platform's site.
    pub(crate) site: String,
    /// What became of the deliveries.
    pub(crate) imported: Vec<Imported>,
    /// The plans, course by course.
    pub(crate) plans: Vec<CoursePlan>,
    /// What was selected of them.
    pub(crate) selected: Selected,
    /// The operations that wait, or that a person refused.
    pub(crate) held: Held,
    /// Why operations are skipped, by their numbers.
    pub(crate) skipped: HashMap<u32, Text>,
    /// What earlier runs had reported and had not healed.
    pub(crate) known: HashSet<FindingIdentity>,
    /// The story.
    pub(crate) report: Report,
    /// Calls to the platform.
    pub(crate) calls: CallCounts,
    /// Why it stopped before its end.
    pub(crate) stopped: Option<Failure>,
}

impl Finished {
    /// How the program ends: the first of stopped or unreadable, source, waiting, attention that is true.
    pub(crate) fn exit(&self) -> Exit {
        if self.stopped.is_some() || self.is_unreadable() {
            Exit::Target
        } else if self.imported.iter().any(|imported| !imported.is_accepted()) {
            Exit::Source
        } else if self.report.has_waiting() {
            Exit::Waiting
        } else if self.report.needs_attention() {
            Exit::Attention
        } else {
            Exit::Done
        }
    }

    /// Tells whether the platform could not be read at all: not one course of the run.
    fn is_unreadable(&self) -> bool {
        let courses = &self.report.courses;
        courses.planned > 0 && courses.unreadable == courses.planned
    }
}

/// Carries out a run.
pub(crate) async fn run(app: &App, wish: &RunWish) -> Result<Finished, Failure> {
    let lock = app.lock(wish.kind.as_str()).await?;
    // 1 · import
    let imported =
        if wish.import { import_sources(app, &lock, None, &app.errors_dir()).await? } else { Vec::new() };
    after_import(app, &lock, wish, imported).await
}

/// Imports sources that are pushed to, and carries out what changed in them. No run begins where no course is touched.
pub(crate) async fn run_live(
    app: &App,
    sources: &[SourceName],
) -> Result<(Vec<Imported>, Option<Finished>), Failure> {
    let wish = RunWish {
        kind: RunKind::Live,
        import: false,
        until: Until::Apply(None),
        scope: Scope::Touched,
        goal: Goal::InStep(Select::All),
        accept_new_site: false,
    };
    let lock = app.lock(wish.kind.as_str()).await?;
    let mut imported = Vec::new();
    for source in sources {
        imported.extend(import_sources(app, &lock, Some(source), &app.errors_dir()).await?);
    }
    if app.store.touched_courses(&app.default_source()).await?.is_empty() {
        app.store.forget_touched(&lock).await?;
        return Ok((imported, None));
    }
    let finished = after_import(app, &lock, &wish, Vec::new()).await?;
    Ok((imported, Some(finished)))
}

/// Steps 2 to 9, under the lock under which the import was.
async fn after_import(
    app: &App,
    lock: &RunLock,
    wish: &RunWish,
    imported: Vec<Imported>,
) -> Result<Finished, Failure> {
    let known = app.store.findings(&FindingFilter::default()).await?;
    let choice = choose(app, &wish.scope, &known).await?;
    let run = begin(app, lock, wish).await?;
    let steps = Steps { app, lock, wish, run, known, choice, imported: imported.clone() };
    match steps.carry_out().await {
        Ok(finished) => {
            if wish.kind == RunKind::Run {
                delete_what_is_old(app, lock).await;
            }
            Ok(finished)
        }
        Err(failure) => {
            let failure = give_up(app, lock, run, failure).await;
            Err(failure.note(imported.iter().map(import_line).collect::<String>()))
        }
    }
}

/// Deletes what is older than it may be (feature N11). That this fails changes nothing for the run; the next one tries
/// it again.
async fn delete_what_is_old(app: &App, lock: &RunLock) {
    match app.store.prune(lock, &app.config.retention, app.clock.now()).await {
        Ok(pruned) if pruned.rows() == 0 => {}
        Ok(pruned) => {
            tracing::info!(rows = pruned.rows(), "rows that were older than [retention] are deleted")
        }
        Err(error) => tracing::warn!(error = chain(&error), "cannot delete what is older than [retention]"),
    }
}

/// What the steps after the import work with.
struct Steps<'a> {
    app: &'a App,
    lock: &'a RunLock,
    wish: &'a RunWish,
    run: RunId,
    /// What earlier runs had reported and had not healed.
    known: Vec<FindingRow>,
    choice: Choice,
    imported: Vec<Imported>,
}

impl Steps<'_> {
    /// Steps 2 to 9.
    async fn carry_out(self) -> Result<Finished, Failure> {
        let Steps { app, lock, wish, run, known, mut choice, imported } = self;
        let mut journal = RunJournal::new(app, lock, run);
        let moodle = app.moodle_for(&journal).await?;
        refuse_another_site(app, &moodle, wish, run).await?;
        app.store.note_site(lock, run, &moodle.site().url).await?;
        learn_names(app, lock, &moodle, &mut choice.courses).await?;
        journal.name_courses(choice.courses.iter().map(|state| (state.course, state.name.clone())));
        // 2 · snapshot, 3 · desire, 4 · observe, 5 · plan
        let decisions = app.store.decisions(app.clock.now()).await?;
        let mut shared = match is_shared(app, &wish.goal) {
            true => Some(SharedRun::begin(app, lock, run, &moodle, &choice, &decisions).await?),
            false => None,
        };
        let planned = match &mut shared {
            Some(shared) => shared.plans(&choice).await.map(|plans| (plans, Selected::default())),
            None => plans_for(app, &moodle, &wish.goal, &choice, &decisions.refused).await,
        };
        // Also when nothing could be planned: the questions that failed say why.
        journal.keep(moodle.take_failed_calls()).await;
        let (mut plans, selected) = planned?;
        // 6 · review
        let mut objections =
            review_selected(&plans, &selected, &app.store.totals().await?, &app.config.limits);
        let after_pause = app.store.courses_after_pause(&app.default_source(), app.clock.now()).await?;
        objections.extend(review_after_pause(&plans, &after_pause));
        let held = hold(&plans, &objections, &decisions);
        let skipped = skipped::reasons(app, &plans, &held).await?;
        // 7 · record
        record(app, lock, run, &plans, &objections, &held).await?;
        // 8 · apply
        let applied = match wish.until {
            Until::Plan => Applied::default(),
            Until::Apply(only) => {
                if let Goal::Undo(undone) = wish.goal {
                    settle_mappings(app, undone, &plans).await?;
                }
                let left_out = LeftOut { held: &held, skipped: &skipped, only };
                apply(app, &moodle, journal, &plans, left_out, shared.as_mut()).await?
            }
        };
        let calls_of_helpers = match shared {
            Some(shared) => shared.end().await?,
            None => Calls::default(),
        };
        // 9 · report
        add_findings(&mut plans, &applied.outcomes);
        skipped::add_findings(&mut plans, &skipped);
        let known: HashSet<FindingIdentity> = known.iter().map(|row| row.finding.identity()).collect();
        let fate = |number| match wish.until {
            _ if held.waiting.contains(&number) => Fate::Waiting,
            Until::Plan => Fate::Planned,
            Until::Apply(_) => applied.outcomes.get(&number).map_or(Fate::Planned, Fate::Settled),
        };
        let known_courses = choice.known.max(plans.len() as u64);
        let report = tell(known_courses, &plans, &objections, &held.waiting, fate, |finding| {
            known.contains(&finding.identity())
        });
        let finished = Finished {
            run,
            site: moodle.site().name.clone(),
            imported,
            selected,
            held,
            skipped,
            known,
            report,
            calls: with_helpers(moodle.calls(), calls_of_helpers),
            stopped: applied.stopped,
            plans,
        };
        note_courses(app, lock, wish, &finished, &choice.courses, &applied.outcomes).await?;
        let is_whole = wish.goal == Goal::InStep(Select::All) && !matches!(wish.scope, Scope::Named(_));
        if wish.until != Until::Plan && is_whole && wish.scope != Scope::Touched {
            app.store.note_pauses_reviewed(lock, run, app.clock.now()).await?;
        }
        finish(app, lock, &finished, wish.until).await?;
        if wish.until != Until::Plan && is_whole && finished.exit() != Exit::Target {
            app.store.forget_touched(lock).await?;
        }
        Ok(finished)
    }
}

/// Refuses to write to a platform that is not the one of the earlier runs (feature E1): a copied configuration must
/// not turn a test site's groups into the live site's.
async fn refuse_another_site(app: &App, moodle: &Moodle, wish: &RunWish, run: RunId) -> Result<(), Failure> {
    let now = &moodle.site().url;
    let Some(before) = app.store.applied_site(run).await? else { return Ok(()) };
    if *before == **now || wish.accept_new_site || wish.until == Until::Plan {
        return Ok(());
    }
    let message = format!("the platform calls itself {now}, but this database belongs to {before}");
    Err(Failure::new(Exit::Configuration, message)
        .hint("choose the profile that belongs to this database; if the site has moved, say --new-site once"))
}

async fn begin(app: &App, lock: &RunLock, wish: &RunWish) -> Result<RunId, Failure> {
    let scope = match &wish.scope {
        Scope::Changed => "changed courses".to_owned(),
        Scope::All => "all courses".to_owned(),
        Scope::Touched => "courses that were pushed to".to_owned(),
        Scope::Named(named) => named.to_string(),
    };
    let scope = match &wish.goal {
        Goal::Undo(undone) => undo_words(*undone),
        Goal::TakeOver(_) => format!("take-over, {scope}"),
        Goal::InStep(_) | Goal::Forget(_) => scope,
    };
    let new = NewRun {
        kind: wish.kind,
        profile: app.config.profile.clone().unwrap_or_default().into(),
        // The address of the configuration, until the site has told its own.
        site: app.moodle_config()?.url.as_str().into(),
        scope: scope.into(),
        started_at: app.clock.now(),
    };
    let run = app.store.begin_run(lock, &new).await?;
    // What an earlier run sent without hearing the answer shows in what is observed now.
    app.store.close_open_intents(lock, run, app.clock.now()).await?;
    Ok(run)
}

async fn record(
    app: &App,
    lock: &RunLock,
    run: RunId,
    plans: &[CoursePlan],
    objections: &[Objection],
    held: &Held,
) -> Result<(), Failure> {
    app.store.record_plan(lock, run, plans).await?;
    let still_waiting = |objection: &Objection| {
        objection
            .operations
            .iter()
            .copied()
            .filter(|number| held.waiting.contains(number))
            .collect::<Vec<_>>()
    };
    let rows: Vec<ObjectionRow> = objections
        .iter()
        .map(|objection| ObjectionRow {
            scope: objection.scope.to_string().into(),
            kind: objection.kind.as_str().into(),
            sentence: objection.sentence.clone(),
            operations: still_waiting(objection),
        })
        .filter(|row| !row.operations.is_empty())
        .collect();
    app.store.record_objections(lock, run, &rows).await?;
    Ok(())
}

/// What became of a plan.
#[derive(Default)]
struct Applied {
    outcomes: HashMap<u32, Outcome>,
    stopped: Option<Failure>,
}

/// What of a plan is not carried out.
struct LeftOut<'a> {
    /// What waits, or was refused.
    held: &'a Held,
    /// Why it was refused.
    skipped: &'a HashMap<u32, Text>,
    /// All that was not in the plan of this run.
    only: Option<RunId>,
}

/// Carries out what does not wait, is not skipped and, where a run is named, was in its plan.
async fn apply(
    app: &App,
    moodle: &Moodle,
    journal: RunJournal<'_>,
    plans: &[CoursePlan],
    left_out: LeftOut<'_>,
    shared: Option<&mut SharedRun<'_>>,
) -> Result<Applied, Failure> {
    let LeftOut { held, skipped, only } = left_out;
    let planned_before = match only {
        Some(run) => Some((run, app.store.fingerprints_of(run).await?)),
        None => None,
    };
    let left_out_because = |number: u32, operation: &Operation| match &planned_before {
        _ if held.refused.contains(&number) => skipped.get(&number).cloned(),
        Some((plan, planned)) if !planned.contains(&operation.fingerprint()) => {
            Some(format!("it was not in the plan of run {}; `muster apply` does it", plan.0).into())
        }
        _ => None,
    };
    let mut operations = Vec::new();
    let mut left_out = Vec::new();
    for (number, _, operation) in numbered(plans) {
        if held.waiting.contains(&number) {
            continue;
        }
        match left_out_because(number, operation) {
            Some(why) => left_out.push((number, operation, Outcome::NotTried(why))),
            None => operations.push(PlannedOperation { number, operation: operation.clone() }),
        }
    }
    if !left_out.is_empty() {
        journal.settled(&left_out).await.map_err(|error| Failure::of(Exit::Configuration, error))?;
    }
    if let Some(shared) = shared {
        let (outcomes, stopped) = shared.apply(&operations, journal).await?;
        return Ok(Applied { outcomes, stopped });
    }
    let bar = app.progress("carrying out the plan", operations.len() as u64);
    let applied = moodle.apply(&operations, &journal, &|progress| bar.set_position(progress.settled)).await;
    bar.finish_and_clear();
    match applied {
        // Without a journal there is nothing to go on with.
        Err(stopped) if matches!(stopped.reason, StopReason::Journal(_)) => {
            let (done, all) = (stopped.summary.done, operations.len());
            let told = format!("{done} of {all} operations were carried out and recorded\n");
            Err(Failure::from(stopped).note(told))
        }
        applied => {
            let stopped = applied.err().map(Failure::from);
            Ok(Applied { outcomes: journal.into_outcomes(), stopped })
        }
    }
}

/// All calls of a run.
fn with_helpers(own: CallCounts, helpers: Calls) -> CallCounts {
    CallCounts { reads: own.reads + helpers.reads, writes: own.writes + helpers.writes, ..own }
}

/// Adds what a person should know about operations that did not end as planned.
fn add_findings(plans: &mut [CoursePlan], outcomes: &HashMap<u32, Outcome>) {
    numbering::add_findings(plans, |number, operation| {
        outcomes.get(&number).and_then(|outcome| outcome::finding(operation, outcome))
    });
}

/// Ends a run that could not be carried out, as far as the journal can still be written. What it leaves open there, the
/// next run closes.
async fn give_up(app: &App, lock: &RunLock, run: RunId, failure: Failure) -> Failure {
    let story = serde_json::json!({ "stopped": failure.what(), "next": failure.next() });
    let end = FinishedRun {
        status: RunStatus::Failed,
        finished_at: app.clock.now(),
        report_json: story.to_string().into(),
        courses: 0,
    };
    // All runs before the next one: this one as well.
    let next = RunId(run.0 + 1);
    let closed = async {
        app.store.close_open_intents(lock, next, app.clock.now()).await?;
        app.store.finish_run(lock, run, &end).await
    };
    match closed.await {
        Ok(_figures) => failure,
        Err(error) => {
            tracing::warn!(run = run.0, error = chain(&error), "cannot close the run");
            failure
                .note(format!("run {} could not be closed in the journal; the next run closes it\n", run.0))
        }
    }
}

async fn finish(app: &App, lock: &RunLock, finished: &Finished, until: Until) -> Result<(), Failure> {
    let status = match finished.exit() {
        Exit::Target => RunStatus::Failed,
        _ if until == Until::Plan => RunStatus::Planned,
        Exit::Waiting => RunStatus::Waiting,
        Exit::Done => RunStatus::Done,
        _ => RunStatus::Attention,
    };
    let mut story = serde_json::to_value(&finished.report)
        .map_err(|error| Failure::new(Exit::Bug, format!("cannot write the report: {error}")))?;
    if let Some(stopped) = &finished.stopped {
        story["stopped"] = stopped.what().into();
        story["next"] = stopped.next().into();
    }
    let end = FinishedRun {
        status,
        finished_at: app.clock.now(),
        report_json: story.to_string().into(),
        courses: finished.plans.len() as u64,
    };
    app.store.finish_run(lock, finished.run, &end).await?;
    Ok(())
}
