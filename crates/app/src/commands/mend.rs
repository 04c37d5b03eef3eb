//! The way of every command that mends: show, ask, do, record.
//!
//! Not here: what each of them is for (`repair.rs`, `retry.rs`, `adopt.rs`, `forget.rs`, `undo.rs`).
//!
//! Invariant: after a question only what was shown is done: the plan is made afresh, and what was not in the one that
//! the person saw is left out.

use serde_json::{Value, json};

use super::night::story;
use crate::app::App;
use crate::ask::{Consent, ask};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::present::plan::Detail;
use crate::run::{Finished, RunWish, Until};
use store::RunKind;

/// What is to be mended, and how it is told.
pub(crate) struct Mending<'a> {
    /// The run that does it.
    pub(crate) wish: RunWish,
    /// What is said where there is nothing to do.
    pub(crate) nothing: &'a str,
    /// The command line that does it without asking.
    pub(crate) command: String,
    /// What is said of the plan besides the story, before anything is done and after.
    pub(crate) tell: &'a dyn Fn(&Finished) -> String,
    /// The same for programs.
    pub(crate) details: &'a dyn Fn(&Finished) -> Value,
}

/// What became of it.
pub(crate) enum Mended {
    /// It was done, or tried.
    Done(Box<Finished>),
    /// It was only shown.
    Shown(Exit),
}

/// Shows, asks and does.
pub(crate) async fn mend(
    app: &App,
    mending: &Mending<'_>,
    yes: bool,
    output: &Output,
) -> Result<Mended, Failure> {
    let consent = Consent::of(yes, output);
    if consent == Consent::Given {
        return carry_out(app, mending, &mending.wish, output).await;
    }
    let plan = RunWish { kind: RunKind::Plan, until: Until::Plan, ..mending.wish.clone() };
    let shown = crate::run::run(app, &plan).await?;
    let to_do = shown.report.operations() > 0;
    if !to_do || consent == Consent::Nobody {
        output.answer(&document(mending, &shown, false), || {
            let mut text = told(mending, &shown, &plan);
            if to_do {
                text.push_str(&format!("Nothing was changed. next: {}\n", mending.command));
            }
            text
        })?;
        return Ok(Mended::Shown(shown.exit()));
    }
    output.text(&told(mending, &shown, &plan))?;
    if !ask("Do this?")? {
        output.text("Nothing was changed.")?;
        return Ok(Mended::Shown(Exit::Done));
    }
    let wish = RunWish { import: false, until: Until::Apply(Some(shown.run)), ..mending.wish.clone() };
    carry_out(app, mending, &wish, output).await
}

async fn carry_out(
    app: &App,
    mending: &Mending<'_>,
    wish: &RunWish,
    output: &Output,
) -> Result<Mended, Failure> {
    let finished = crate::run::run(app, wish).await?;
    output.answer(&document(mending, &finished, true), || told(mending, &finished, wish))?;
    Ok(Mended::Done(Box::new(finished)))
}

impl Mended {
    /// How the program ends.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Mended::Done(finished) => finished.exit(),
            Mended::Shown(exit) => *exit,
        }
    }
}

fn told(mending: &Mending<'_>, finished: &Finished, wish: &RunWish) -> String {
    let mut text = story(finished, wish, Detail::Groups);
    text.push_str(&(mending.tell)(finished));
    if finished.report.operations() == 0 {
        text.push_str(mending.nothing);
        text.push('\n');
    }
    text
}

fn document(mending: &Mending<'_>, finished: &Finished, applied: bool) -> Value {
    json!({
        "run": finished.run.0,
        "site": finished.site,
        "applied": applied,
        "report": finished.report,
        "calls": { "read": finished.calls.reads, "write": finished.calls.writes },
        "stopped": finished.stopped.as_ref().map(Failure::document),
        "details": (mending.details)(finished),
        "exit_code": finished.exit().code(),
    })
}
