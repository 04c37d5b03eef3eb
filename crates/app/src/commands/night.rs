//! `muster plan`, `muster apply` and `muster run`: one run, and its story.
//!
//! Not here: the run itself ([`crate::run`]).

use std::fmt::Write;

use reconcile::keys::CourseId;
use serde_json::json;
use store::{RunId, RunKind, TakenOver};
use targets::moodle::CallCounts;

use super::focus;
use super::pause::known_school;
use super::runs::known_run;
use crate::app::App;
use crate::cli::{ApplyArgs, PlanArgs, RunArgs, ScopeArgs};
use crate::exit::{Exit, Failure};
use crate::import::{ImportEnd, Imported};
use crate::mending::Goal;
use crate::output::Output;
use crate::present::plan::{Detail, Marks};
use crate::present::table::{bad, counted, faint, good, indented, strong};
use crate::present::{plan as plan_text, report as report_text};
use crate::run::{Finished, Named, RunWish, Scope, Until};
use crate::select::Select;

pub(crate) async fn plan(app: &App, args: &PlanArgs, output: &Output) -> Result<Exit, Failure> {
    let (scope, selection) = scope(app, &args.scope).await?;
    let wish = RunWish {
        kind: RunKind::Plan,
        import: false,
        until: Until::Plan,
        scope,
        goal: Goal::InStep(selection),
        accept_new_site: false,
    };
    if let Some(address) = &args.compare_legacy {
        // The old tables tell of every course, also of those in which nothing changed here.
        let scope = if wish.scope == Scope::Changed { Scope::All } else { wish.scope.clone() };
        return super::compare::run(app, &RunWish { scope, ..wish }, address, output).await;
    }
    carry_out(app, &wish, detail(args.details), output).await
}

pub(crate) async fn apply(app: &App, args: &ApplyArgs, output: &Output) -> Result<Exit, Failure> {
    if let Some(plan) = args.plan {
        known_run(app, RunId(plan)).await?;
    }
    let (scope, selection) = scope(app, &args.scope).await?;
    let wish = RunWish {
        kind: RunKind::Apply,
        import: false,
        until: Until::Apply(args.plan.map(RunId)),
        scope,
        goal: Goal::InStep(selection),
        accept_new_site: args.new_site,
    };
    carry_out(app, &wish, detail(args.details), output).await
}

pub(crate) async fn run(app: &App, args: &RunArgs, output: &Output) -> Result<Exit, Failure> {
    let (scope, selection) = scope(app, &args.scope).await?;
    let goal = Goal::InStep(selection);
    let wish = RunWish { scope, goal, accept_new_site: args.new_site, ..whole_run() };
    carry_out(app, &wish, detail(args.details), output).await
}

/// What `muster run` does without any choice, and what `muster serve` does by its schedule.
pub(crate) fn whole_run() -> RunWish {
    RunWish {
        kind: RunKind::Run,
        import: true,
        until: Until::Apply(None),
        scope: Scope::Changed,
        goal: Goal::InStep(Select::All),
        accept_new_site: false,
    }
}

/// What `muster serve` does by its schedule on the days of a blackout: it imports and plans.
pub(crate) fn blackout_run() -> RunWish {
    RunWish { kind: RunKind::Plan, until: Until::Plan, ..whole_run() }
}

/// Carries out a run, and tells people of it by mail where it may have changed something.
pub(crate) async fn run_and_tell(app: &App, wish: &RunWish) -> Result<Finished, Failure> {
    let ended = crate::run::run(app, wish).await;
    if wish.until != Until::Plan {
        crate::mail::after_run(app, &ended).await;
    }
    ended
}

async fn carry_out(app: &App, wish: &RunWish, detail: Detail, output: &Output) -> Result<Exit, Failure> {
    let finished = run_and_tell(app, wish).await?;
    let exit = finished.exit();
    let document = json!({
        "run": finished.run.0,
        "site": finished.site,
        "imported": finished.imported,
        "report": finished.report,
        "calls": { "read": finished.calls.reads, "write": finished.calls.writes },
        "stopped": finished.stopped.as_ref().map(Failure::document),
        "exit_code": exit.code(),
    });
    output.answer(&document, || story(&finished, wish, detail) + &after_plan(&finished, wish))?;
    Ok(exit)
}

async fn scope(app: &App, args: &ScopeArgs) -> Result<(Scope, Select), Failure> {
    if let Some(asked) = &args.group {
        return focus::group(app, asked).await;
    }
    if let Some(asked) = &args.person {
        return focus::person(app, asked).await;
    }
    let schools = args.school.iter().map(|name| known_school(app, name)).collect::<Result<_, _>>()?;
    let named = Named {
        courses: args.course.iter().copied().map(CourseId).collect(),
        modules: args.module.clone(),
        schools,
        about: None,
    };
    let scope = if args.all {
        Scope::All
    } else if named == Named::default() {
        Scope::Changed
    } else {
        Scope::Named(named)
    };
    Ok((scope, Select::All))
}

fn detail(details: bool) -> Detail {
    if details { Detail::Operations } else { Detail::Groups }
}

/// The whole story of a run for people.
pub(crate) fn story(finished: &Finished, wish: &RunWish, detail: Detail) -> String {
    let mut text = String::new();
    let title = match wish.until {
        Until::Plan => "plan",
        Until::Apply(_) => "run",
    };
    let _ = writeln!(text, "{}", strong(&format!("Run {} · {title} for {}", finished.run.0, finished.site)));
    for imported in &finished.imported {
        text.push_str(&import_line(imported));
    }
    text.push('\n');
    let marks = Marks { waiting: &finished.held.waiting, skipped: &finished.skipped };
    let plan = plan_text::render(&finished.plans, marks, detail);
    if !plan.is_empty() {
        text.push_str(&plan);
        text.push('\n');
    }
    let nothing = match wish.goal {
        Goal::TakeOver(_) => "Nothing to take over",
        Goal::InStep(_) | Goal::Undo(_) | Goal::Forget(_) => report_text::IN_STEP,
    };
    text.push_str(&report_text::render(&finished.report, finished.run.0, nothing));
    text.push_str(&left_for_later(finished));
    let CallCounts { reads, writes, .. } = finished.calls;
    let _ = writeln!(
        text,
        "\n{}",
        faint(&format!(
            "{} to read, {} to write",
            counted(reads, "call", "calls"),
            counted(writes, "call", "calls")
        ))
    );
    if let Some(stopped) = &finished.stopped {
        let _ = writeln!(text, "\n{} {stopped}", bad("Stopped before its end:"));
        let _ = writeln!(text, "  what was not tried is done by the next run; nothing is lost");
    }
    text
}

/// What else is to be done in the courses of one group or person.
fn left_for_later(finished: &Finished) -> String {
    let left = finished.selected.left_out(&finished.plans);
    if left == 0 {
        return String::new();
    }
    let operations = counted(left, "more operation is", "more operations are");
    format!(
        "\n{operations} to be done in these courses and left for the next run; `muster plan --course ID` shows them\n"
    )
}

/// What to do with a plan in which there is something to do.
pub(crate) fn after_plan(finished: &Finished, wish: &RunWish) -> String {
    if wish.until == Until::Plan && finished.report.operations() > 0 {
        format!("Nothing was changed. next: muster apply --plan {}\n", finished.run.0)
    } else {
        String::new()
    }
}

/// What became of one source's delivery, in a line or two.
pub(crate) fn import_line(imported: &Imported) -> String {
    let Imported { source, delivery, figures, before, end, notices, error_files } = imported;
    let holds = figures.map_or_else(String::new, |now| {
        let difference = |now: u64, before: u64| match now as i64 - before as i64 {
            0 => String::new(),
            change => format!(" ({change:+})"),
        };
        let old = before.unwrap_or(now);
        format!(
            "{}{}, {}{}, {}",
            counted(now.groups, "group", "groups"),
            difference(now.groups, old.groups),
            counted(now.students + now.tutors, "membership", "memberships"),
            difference(now.students + now.tutors, old.students + old.tutors),
            counted(now.rejections, "rejected row", "rejected rows"),
        )
    });
    let number = delivery.map_or_else(String::new, |number| format!("delivery {number}: "));
    let mut text = match end {
        ImportEnd::Accepted => format!("{} {source}: {number}{holds}\n", good("accepted")),
        ImportEnd::TakenOver(TakenOver { added, changed, removed, unchanged }) => format!(
            "{} {source}: {}: {added} added, {changed} changed, {removed} removed\n",
            good("read"),
            counted(added + changed + unchanged, "mapping", "mappings"),
        ),
        ImportEnd::Refused(why) => {
            let number = delivery.unwrap_or_default();
            format!(
                "{} {source}: delivery {number}: {holds}\n  because: {why}\n  next: ask the timetable office; if it is right, \
                 muster import --accept {number} --reason \"…\"\n  what was accepted before stays in force\n",
                bad("refused"),
            )
        }
        ImportEnd::Failed(why) => {
            let why = indented(why, 2);
            format!("{} {source}: {why}\n  what was accepted before stays in force\n", bad("not read"),)
        }
    };
    for notice in notices {
        let _ = writeln!(text, "  {notice}");
    }
    for file in error_files {
        let _ = writeln!(text, "  rejected rows: {}", file.display());
    }
    text
}
