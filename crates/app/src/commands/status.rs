//! `muster status`: is all well, what needs me, how old is what we know.
//!
//! Not here: anything that takes longer than a look.

use std::collections::HashSet;
use std::fmt::Write;

use reconcile::finding::{Reason, Severity};
use serde_json::{Value, json};
use store::{DeliveryRow, Page, RejectionFilter, RunRow};

use super::pause::{pause_document, pause_lines};
use crate::app::App;
use crate::clock::written;
use crate::exit::{Exit, Failure};
use crate::health::Health;
use crate::output::Output;
use crate::present::run_page::status_word;
use crate::present::table::{bad, columns, counted, faint, good, pending, short, strong, thousands};

/// How many runs and deliveries are shown.
const SHOWN: u32 = 5;

pub(crate) async fn run(app: &App, output: &Output) -> Result<Exit, Failure> {
    let look = Look::take(app).await?;
    output.answer(&look.document(), || look.render())?;
    Ok(look.exit())
}

/// What there is to see.
struct Look {
    health: Health,
    runs: Vec<RunRow>,
    deliveries: Vec<DeliveryRow>,
    rejections: u64,
    /// Where the files with rejected rows are.
    errors_dir: String,
}

impl Look {
    async fn take(app: &App) -> Result<Look, Failure> {
        let runs = app.store.runs(SHOWN).await?;
        let deliveries = app.store.deliveries(SHOWN).await?;
        let all = RejectionFilter { page: Page::default(), ..RejectionFilter::default() };
        let rejections = app.store.rejections(&all).await?.len() as u64;
        let health = Health::look(app, None).await?;
        let errors_dir = app.errors_dir().display().to_string();
        Ok(Look { health, runs, deliveries, rejections, errors_dir })
    }

    /// Whether the newest delivery of a source is not in force.
    fn has_refused_delivery(&self) -> bool {
        let mut sources = HashSet::new();
        self.deliveries.iter().filter(|delivery| sources.insert(&delivery.source)).any(|row| !row.accepted)
    }

    fn exit(&self) -> Exit {
        if self.health.has_failed() || self.has_refused_delivery() {
            Exit::Attention
        } else if self.health.waiting() > 0 {
            Exit::Waiting
        } else if self.health.attention() > 0 {
            Exit::Attention
        } else {
            Exit::Done
        }
    }

    /// What was found, the gravest first.
    fn findings(&self) -> Vec<(Reason, u64)> {
        let mut by_reason: Vec<_> =
            self.health.findings.iter().map(|(reason, count)| (*reason, *count)).collect();
        by_reason.sort_by_key(|(reason, _)| (std::cmp::Reverse(reason.severity()), *reason));
        by_reason
    }

    fn document(&self) -> Value {
        let health = &self.health;
        let last_run = health.last_run.as_ref().map(|run| {
            json!({
                "run": run.id.0, "status": run.status.as_str(), "started_at": run.begun.started_at.0,
                "waiting": run.figures.waiting,
            })
        });
        let finding = |(reason, count): (Reason, u64)| json!({ "reason": reason.code(), "severity": reason.severity().as_str(), "count": count });
        json!({
            "last_run": last_run,
            "last_good_run_began_at": health.last_good_run.map(|time| time.0),
            "running": health.running.as_ref().map(|running| running.owner.as_ref()),
            "next_run_begins_at": health.next_run.map(|time| time.0),
            "groups": health.groups,
            "memberships": health.members,
            "findings": self.findings().into_iter().map(finding).collect::<Vec<_>>(),
            "rejections": self.rejections,
            "pauses": health.pauses.iter().map(|row| pause_document(row, health.now)).collect::<Vec<_>>(),
            "silent_hours": health.silence.map(|silence| silence.hours),
            "exit_code": self.exit().code(),
        })
    }

    fn render(&self) -> String {
        let mut text = format!("{} {}\n", strong("Muster:"), self.verdict());
        text.push_str(&self.times());
        text.push_str(&self.what_needs_you());
        let _ = write!(text, "\n{}", self.run_table());
        let _ = write!(text, "\n{}", self.delivery_table());
        text
    }

    /// One sentence, with the next step where there is one.
    fn verdict(&self) -> String {
        let health = &self.health;
        let Some(last) = &health.last_run else {
            return pending("nothing has run yet; next: muster run");
        };
        if health.has_failed() {
            let show = format!("the last run stopped before its end; next: muster runs show {}", last.id.0);
            return bad(&show);
        }
        if self.has_refused_delivery() {
            return bad("the last delivery was refused, the one before is in force; next: muster import");
        }
        match self.exit() {
            Exit::Waiting => pending("something waits for approval"),
            Exit::Attention => {
                bad(&format!("something needs a person; next: muster runs show {} --findings", last.id.0))
            }
            _ => good("all is well"),
        }
    }

    /// What is ours, when the last run was and the next one will be.
    fn times(&self) -> String {
        let health = &self.health;
        let mut text = String::new();
        if let Some(running) = &health.running {
            let _ = writeln!(text, "{}", pending(&format!("a run is under way: {running}")));
        }
        if let Some(silence) = health.silence {
            let hours = counted(silence.hours, "hour", "hours");
            let since = written(silence.last_good_run);
            let line = format!("no good run for {hours}: the last one began on {since}");
            let _ = writeln!(text, "{}; next: muster run", bad(&line));
        }
        let _ = writeln!(
            text,
            "{} with {} are ours",
            counted(health.groups, "group", "groups"),
            counted(health.members, "membership", "memberships")
        );
        if let (Some(began), None) = (health.last_good_run, health.silence) {
            let _ = writeln!(text, "the last good run began on {}", written(began));
        }
        text.push_str(&pause_lines(&health.pauses, health.now));
        if let Some(begins) = health.next_run {
            let _ = writeln!(text, "`muster serve` begins the next one on {}", written(begins));
        }
        text
    }

    /// What waits, what was found, what was rejected.
    fn what_needs_you(&self) -> String {
        let mut text = String::new();
        if let Some(run) = self.health.last_run.as_ref().filter(|run| run.figures.waiting > 0) {
            let operations = counted(self.health.waiting(), "operation", "operations");
            let _ = writeln!(text, "{operations} wait: muster runs show {} --state waiting", run.id.0);
        }
        for (reason, count) in self.findings() {
            let paint = match reason.severity() {
                Severity::Attention => bad,
                Severity::Pending => pending,
                Severity::Notice => faint,
            };
            let _ = writeln!(text, "  {} {}", paint(&format!("{:>6}", thousands(count))), reason.title());
        }
        if self.rejections > 0 {
            let rows = counted(self.rejections, "row is", "rows are");
            let _ = writeln!(text, "{rows} rejected; the files are in {}", self.errors_dir);
        }
        text
    }

    fn run_table(&self) -> String {
        let rows = self.runs.iter().map(|run| {
            vec![
                run.id.0.to_string(),
                written(run.begun.started_at),
                run.begun.kind.as_str().to_owned(),
                status_word(run.status),
                thousands(run.figures.operations),
            ]
        });
        columns(&["run", "began", "kind", "status", "operations"], rows.collect())
    }

    fn delivery_table(&self) -> String {
        let rows = self.deliveries.iter().map(|delivery| {
            let state = if delivery.accepted {
                good("accepted")
            } else {
                bad(&short(&format!("refused: {}", delivery.doubts)))
            };
            let figures = &delivery.figures;
            vec![
                delivery.id.0.to_string(),
                written(delivery.received_at),
                delivery.source.to_string(),
                thousands(figures.groups),
                thousands(figures.students + figures.tutors),
                state,
            ]
        });
        columns(&["delivery", "received", "source", "groups", "memberships", ""], rows.collect())
    }
}
