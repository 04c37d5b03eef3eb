//! `muster approve`: a person's word on operations that wait.
//!
//! Not here: what waits and why (`reconcile::safety`).
//!
//! Invariant: a decision is about exactly the operations that the run recorded, by their fingerprints.

use std::collections::HashSet;

use reconcile::keys::CourseId;
use reconcile::operation::Fingerprint;
use serde_json::json;
use store::{Approval, Decided, Decision, OperationFilter, OperationState, RunId, Timestamp};

use super::runs::known_run;
use crate::app::{App, person};
use crate::cli::ApproveArgs;
use crate::clock::{DAY_S, written};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::present::table::counted;

pub(crate) async fn run(app: &App, args: &ApproveArgs, output: &Output) -> Result<Exit, Failure> {
    let run = RunId(args.run);
    known_run(app, run).await?;
    let now = app.clock.now();
    let expires_at = Timestamp(now.0 + i64::from(args.days) * DAY_S);
    let approval = Approval {
        run,
        operations: decided(app, run, args).await?,
        decision: if args.refuse { Decision::Refused } else { Decision::Approved },
        who: person().into(),
        reason: args.reason.as_str().into(),
        at: now,
        expires_at,
    };
    let count = app.store.approve(&approval).await?;
    if count == 0 {
        return Err(Failure::new(Exit::Usage, format!("nothing of that waits in run {}", args.run))
            .hint(format!("`muster runs show {} --state waiting` shows what does", args.run)));
    }
    let verb = if args.refuse { "refused" } else { "approved" };
    output.answer(&json!({ verb: count, "run": args.run, "expires_at": expires_at.0 }), || {
        let operations = counted(count, "operation", "operations");
        if args.refuse {
            format!("{operations} {verb}; they are not carried out.")
        } else {
            format!("{operations} {verb} until {}. next: muster apply", written(expires_at))
        }
    })?;
    Ok(Exit::Done)
}

/// Which of the waiting operations are meant.
async fn decided(app: &App, run: RunId, args: &ApproveArgs) -> Result<Decided, Failure> {
    if args.course.is_none() && args.operation.is_empty() {
        return Ok(Decided::All);
    }
    let filter = OperationFilter {
        course: args.course.map(CourseId),
        state: Some(OperationState::Waiting),
        ..OperationFilter::default()
    };
    let waiting = app.store.operations(run, &filter).await?;
    let meant =
        waiting.iter().filter(|row| args.operation.is_empty() || args.operation.contains(&row.number));
    let fingerprints: HashSet<Fingerprint> = meant.map(|row| row.fingerprint).collect();
    Ok(Decided::Only(fingerprints))
}
