//! `muster skip`: leaves operations undone until the decision expires or is taken back (feature K9).
//!
//! Not here: holding them (`reconcile::safety`), and telling of them in reports ([`crate::skipped`]).
//!
//! Invariant: a decision is about exactly the operations that the run recorded, by their fingerprints.

use std::collections::HashSet;
use std::fmt::Write;

use reconcile::operation::Fingerprint;
use serde_json::json;
use store::{Approval, Decided, Decision, JournalRow, OperationFilter, RunId, Timestamp};

use super::runs::known_run;
use crate::app::{App, person};
use crate::ask::{Consent, ask};
use crate::cli::SkipArgs;
use crate::clock::DAY_S;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::present::table::{columns, counted};
use crate::skipped;

pub(crate) async fn run(app: &App, args: &SkipArgs, output: &Output) -> Result<Exit, Failure> {
    let Some(run) = args.run.map(RunId) else { return list(app, output).await };
    known_run(app, run).await?;
    let rows = named(app, run, &args.operations).await?;
    let known = skipped::by_fingerprint(app).await?;
    let (word, rows): (_, Vec<&JournalRow>) = if args.undo {
        ("no longer skipped", rows.iter().filter(|row| known.contains_key(&row.fingerprint)).collect())
    } else {
        ("skipped", rows.iter().filter(|row| !known.contains_key(&row.fingerprint)).collect())
    };
    if rows.is_empty() {
        let nothing = if args.undo { "None of them is skipped." } else { "All of them are skipped already." };
        output.answer(&json!({ "skipped": 0, "run": run.0 }), || nothing.to_owned())?;
        return Ok(Exit::Done);
    }
    let shown = shown(&rows);
    match Consent::of(args.consent.yes, output) {
        Consent::Given => {}
        Consent::Ask => {
            output.text(&shown)?;
            if !ask(&format!("Shall they be {word}?"))? {
                output.text("Nothing was changed.")?;
                return Ok(Exit::Done);
            }
        }
        Consent::Nobody => {
            let again = format!("{shown}Nothing was changed. next: the same with --yes\n");
            output.answer(&json!({ "skipped": 0, "run": run.0, "asked": rows.len() }), || again)?;
            return Ok(Exit::Done);
        }
    }
    let prints: HashSet<Fingerprint> = rows.iter().map(|row| row.fingerprint).collect();
    let count = decide(app, run, args, prints).await?;
    output.answer(&json!({ word.replace(' ', "_"): count, "run": run.0 }), || {
        let operations = counted(count, "operation is", "operations are");
        let next = if args.undo { "next: muster plan" } else { "`muster skip --list` shows the decisions" };
        format!("{shown}{operations} {word}. {next}")
    })?;
    Ok(Exit::Done)
}

/// The operations of a run with these numbers; every number has to be there.
async fn named(app: &App, run: RunId, numbers: &[u32]) -> Result<Vec<JournalRow>, Failure> {
    let mut rows = app.store.operations(run, &OperationFilter::default()).await?;
    rows.retain(|row| numbers.contains(&row.number));
    match numbers.iter().find(|number| !rows.iter().any(|row| row.number == **number)) {
        None => Ok(rows),
        Some(number) => Err(Failure::new(Exit::Usage, format!("run {} has no operation {number}", run.0))
            .hint(format!("`muster runs show {}` lists them", run.0))),
    }
}

async fn decide(
    app: &App,
    run: RunId,
    args: &SkipArgs,
    prints: HashSet<Fingerprint>,
) -> Result<u64, Failure> {
    let (who, now) = (person().into(), app.clock.now());
    let reason = args.reason.as_deref().unwrap_or_default().into();
    if args.undo {
        return Ok(app.store.take_back_refusals(&prints, &who, &reason, now).await?);
    }
    let approval = Approval {
        run,
        operations: Decided::Named(prints),
        decision: Decision::Refused,
        who,
        reason,
        at: now,
        expires_at: Timestamp(now.0 + i64::from(args.days) * DAY_S),
    };
    Ok(app.store.approve(&approval).await?)
}

fn shown(rows: &[&JournalRow]) -> String {
    let mut text = String::new();
    for row in rows {
        let person = if row.person.is_empty() { String::new() } else { format!(" {}", row.person) };
        let what = row.kind.replace('_', " ");
        let _ = writeln!(text, "  {:>6}  course {}: {what}{person} {}", row.number, row.course, row.name);
    }
    text
}

async fn list(app: &App, output: &Output) -> Result<Exit, Failure> {
    let mut lines = Vec::new();
    for (fingerprint, decision) in skipped::by_fingerprint(app).await? {
        let rows = app.store.operations(decision.run, &OperationFilter::default()).await?;
        let row = rows.into_iter().find(|row| row.fingerprint == fingerprint);
        lines.extend(row.map(|row| (row, decision)));
    }
    lines.sort_by_key(|(row, _)| (row.run, row.number));
    let document: Vec<_> = lines
        .iter()
        .map(|(row, decision)| {
            json!({
                "run": row.run.0, "number": row.number, "course": row.course, "kind": row.kind, "name": row.name,
                "person": row.person, "who": decision.who, "reason": decision.reason,
                "expires_at": decision.expires_at.0,
            })
        })
        .collect();
    output.answer(&document, || {
        if lines.is_empty() {
            return "Nothing is skipped.".to_owned();
        }
        let rows = lines.iter().map(|(row, decision)| {
            vec![
                row.run.0.to_string(),
                row.number.to_string(),
                row.course.to_string(),
                row.kind.replace('_', " "),
                row.name.to_string(),
                row.person.to_string(),
                skipped::words(decision).to_string(),
            ]
        });
        let header = ["run", "number", "course", "what", "group", "person", ""];
        columns(&header, rows.collect())
    })?;
    Ok(Exit::Done)
}
