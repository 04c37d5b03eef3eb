//! Runs: when they began, what they planned, how they ended.
//!
//! Not here: what became of single operations ([`crate::journal`]).
//!
//! Invariant: the operations of a run are numbered from 1 in the order in which they are carried out.

use std::collections::BTreeMap;
use std::ops::Range;

use reconcile::keys::Text;
use reconcile::operation::Operation;
use reconcile::plan::CoursePlan;

use crate::db::{LIST_MAX, Row, Transaction, Value};
use crate::dialect::{Conflict, marks};
use crate::error::{Cause, Result};
use crate::lock::RunLock;
use crate::store::Store;
use crate::time::Timestamp;
use crate::words::{known, words};

/// Names a run; later ones have greater numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub i64);

words!(
    /// What a run was asked to do. The comment in `0004_runs.sql` knows the first three only; a published migration is
    /// not edited.
    RunKind {
        /// Only to plan.
        Plan "plan",
        /// To plan and carry out.
        Apply "apply",
        /// To import, plan and carry out.
        Run "run",
        /// To bring back what is gone, and to forget what will not come back.
        Repair "repair",
        /// To try again what an earlier run did not reach.
        Retry "retry",
        /// To drop our memory of something.
        Forget "forget",
        /// To rebuild our memory from the platform.
        Adopt "adopt",
        /// To take back what an earlier run did.
        Undo "undo",
        /// To carry out what a student system pushed a moment ago.
        Live "live",
    }
);

/// The runs that keep everything in step, and not only what a person named, as SQL.
const NIGHTLY: &str = "kind IN ('apply', 'run')";

words!(
    /// How far a run came.
    RunStatus {
        /// It is under way.
        Running "running",
        /// It planned, as it was asked to.
        Planned "planned",
        /// It did everything.
        Done "done",
        /// It did what it may; the rest waits for approval.
        Waiting "waiting",
        /// It did everything; a finding needs a person.
        Attention "attention",
        /// It stopped with an error, which the report tells below `stopped` and `next`.
        Failed "failed",
        /// The process ended in its middle.
        Interrupted "interrupted",
    }
);

/// A run that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    /// What it was asked to do.
    pub kind: RunKind,
    /// The profile of the configuration; empty where none is used.
    pub profile: Text,
    /// The address of the platform.
    pub site: Text,
    /// What it is confined to, in words; empty for everything.
    pub scope: Text,
    /// When it began.
    pub started_at: Timestamp,
}

/// How a run ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedRun {
    /// How far it came.
    pub status: RunStatus,
    /// When it ended.
    pub finished_at: Timestamp,
    /// The story for people, as JSON.
    pub report_json: Text,
    /// How many courses it looked at.
    pub courses: u64,
}

/// How much a run did. All but `courses` are counted from the journal and the findings when the run ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunFigures {
    /// Courses that it looked at.
    pub courses: u64,
    /// Operations that it planned.
    pub operations: u64,
    /// Operations after which the platform is as wanted, whether sent or so already.
    pub done: u64,
    /// Operations that the platform refused.
    pub refused: u64,
    /// Operations of which nobody knows what became.
    pub unknown: u64,
    /// Operations that were not tried.
    pub not_tried: u64,
    /// Operations that wait for approval.
    pub waiting: u64,
    /// Findings that it reported.
    pub findings: u64,
}

/// A run in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Its number.
    pub id: RunId,
    /// How it began.
    pub begun: NewRun,
    /// How far it came.
    pub status: RunStatus,
    /// When it ended; `None` while it is under way.
    pub finished_at: Option<Timestamp>,
    /// The story for people, as JSON; empty while it is under way.
    pub report_json: Text,
    /// How much it did; zeros while it is under way.
    pub figures: RunFigures,
}

/// Why operations of a run wait for approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectionRow {
    /// Where: a course, a source or the run, in words.
    pub scope: Text,
    /// The kind's code.
    pub kind: Text,
    /// The objection as a sentence.
    pub sentence: Text,
    /// The operations that it holds, by their numbers in the run.
    pub operations: Vec<u32>,
}

const SELECT: &str = "SELECT id, kind, profile, site, scope, started_at, status, finished_at, report, course_count, \
     operation_count, done_count, refused_count, unknown_count, not_tried_count, waiting_count, finding_count FROM runs";

impl Store {
    /// Begins a run.
    pub async fn begin_run(&self, lock: &RunLock, run: &NewRun) -> Result<RunId> {
        let NewRun { kind, profile, site, scope, started_at } = run;
        let mut write = self.db.write_locked(lock, "begin a run").await?;
        let columns = [
            "kind",
            "profile",
            "site",
            "scope",
            "started_at",
            "status",
            "report",
            "course_count",
            "operation_count",
            "done_count",
            "refused_count",
            "unknown_count",
            "not_tried_count",
            "waiting_count",
            "finding_count",
        ];
        let zero = || Value::Int(0);
        let row = [
            Value::from(kind.as_str()),
            profile.into(),
            site.into(),
            scope.into(),
            (*started_at).into(),
            RunStatus::Running.as_str().into(),
            "".into(),
            zero(),
            zero(),
            zero(),
            zero(),
            zero(),
            zero(),
            zero(),
            zero(),
        ];
        let id = write.insert_one("runs", columns, row).await?;
        write.commit().await?;
        Ok(RunId(id))
    }

    /// Records the operations of plans, all or none, and numbers them on from those that the run has already.
    ///
    /// Returns the numbers of each plan's operations, in the order of the plans.
    pub async fn record_plan(
        &self,
        lock: &RunLock,
        run: RunId,
        plans: &[CoursePlan],
    ) -> Result<Vec<Range<u32>>> {
        let mut write = self.db.write_locked(lock, "record a plan").await?;
        let last = write
            .first("SELECT COALESCE(MAX(number), 0) FROM operations WHERE run = ?", [run.0.into()], |row| {
                Ok(u32::try_from(row.int()?)?)
            })
            .await?;
        let mut next = last.unwrap_or(0) + 1;
        let numbers = plans
            .iter()
            .map(|plan| {
                let first = next;
                // A plan of four thousand million operations does not fit into memory long before this.
                next = next.saturating_add(u32::try_from(plan.operations.len()).unwrap_or(u32::MAX));
                first..next
            })
            .collect::<Vec<_>>();
        let operations = plans.iter().zip(&numbers).flat_map(|(plan, numbers)| {
            numbers
                .clone()
                .zip(&plan.operations)
                .map(|(number, operation)| operation_row(run, number, operation))
        });
        write.insert_many("operations", OPERATION_COLUMNS, Conflict::Fail, operations).await?;
        write.commit().await?;
        Ok(numbers)
    }

    /// Records why operations wait, and makes them wait.
    pub async fn record_objections(
        &self,
        lock: &RunLock,
        run: RunId,
        objections: &[ObjectionRow],
    ) -> Result<()> {
        let mut write = self.db.write_locked(lock, "record the objections").await?;
        for ObjectionRow { scope, kind, sentence, operations } in objections {
            let columns = ["run", "scope", "kind", "sentence"];
            let row = [Value::Int(run.0), scope.into(), kind.into(), sentence.into()];
            let id = write.insert_one("objections", columns, row).await?;
            let held = operations.iter().map(|number| [Value::Int(id), (*number).into()]);
            let columns = ["objection", "number"];
            write.insert_many("objection_operations", columns, Conflict::Fail, held).await?;
            for some in operations.chunks(LIST_MAX) {
                let sql = format!(
                    "UPDATE operations SET state = 'waiting' WHERE run = ? AND state = 'planned' \
                     AND number IN ({})",
                    marks(some.len())
                );
                let numbers = some.iter().map(|number| (*number).into());
                write.execute(sql, std::iter::once(run.0.into()).chain(numbers)).await?;
            }
        }
        write.commit().await
    }

    /// Ends a run, and counts what it did.
    pub async fn finish_run(&self, lock: &RunLock, run: RunId, finished: &FinishedRun) -> Result<RunFigures> {
        let mut write = self.db.write_locked(lock, "finish a run").await?;
        let figures = RunFigures { courses: finished.courses, ..count(&mut write, run).await? };
        let RunFigures { courses, operations, done, refused, unknown, not_tried, waiting, findings } =
            figures;
        write
            .execute(
                "UPDATE runs SET status = ?, finished_at = ?, report = ?, course_count = ?, operation_count = ?, \
                 done_count = ?, refused_count = ?, unknown_count = ?, not_tried_count = ?, waiting_count = ?, \
                 finding_count = ? WHERE id = ?",
                [
                    Value::from(finished.status.as_str()),
                    finished.finished_at.into(),
                    (&finished.report_json).into(),
                    courses.into(),
                    operations.into(),
                    done.into(),
                    refused.into(),
                    unknown.into(),
                    not_tried.into(),
                    waiting.into(),
                    findings.into(),
                    run.0.into(),
                ],
            )
            .await?;
        write.commit().await?;
        Ok(figures)
    }

    /// The site to which the newest run before `current` could write; `None` before the first of them.
    pub async fn applied_site(&self, current: RunId) -> Result<Option<Text>> {
        let mut read_only = self.db.read("read the site of the last run").await?;
        // A run that failed before it did anything may never have reached its site.
        let sql = "SELECT site FROM runs WHERE kind <> 'plan' AND id < ? AND (status <> 'failed' OR done_count > 0) \
             ORDER BY id DESC LIMIT 1";
        read_only.first(sql, [Value::Int(current.0)], |row| row.text()).await
    }

    /// Notes how the platform of a run calls itself.
    pub async fn note_site(&self, lock: &RunLock, run: RunId, site: &str) -> Result<()> {
        let mut write = self.db.write_locked(lock, "note the site of a run").await?;
        write
            .execute("UPDATE runs SET site = ? WHERE id = ?", [Value::from(site), Value::Int(run.0)])
            .await?;
        write.commit().await
    }

    /// When the newest run that came to its end began; plans and what a person mended do not count. `None` where there
    /// is none.
    ///
    /// One that waits for approval, or found something that needs a person, came to its end.
    pub async fn last_good_run(&self) -> Result<Option<Timestamp>> {
        let mut read_only = self.db.read("read the last good run").await?;
        let sql = format!(
            "SELECT started_at FROM runs WHERE {NIGHTLY} AND status IN ('done', 'waiting', 'attention') \
             ORDER BY id DESC LIMIT 1"
        );
        read_only.first(sql, [], |row| row.time()).await
    }

    /// The runs, newest first.
    pub async fn runs(&self, limit: u32) -> Result<Vec<RunRow>> {
        let mut read_only = self.db.read("list the runs").await?;
        read_only.rows(format!("{SELECT} ORDER BY id DESC LIMIT ?"), [limit.into()], read).await
    }

    /// The runs that were to do more than plan, newest first.
    pub async fn changing_runs(&self, limit: u32) -> Result<Vec<RunRow>> {
        let mut read_only = self.db.read("list the runs").await?;
        let sql = format!("{SELECT} WHERE kind <> 'plan' ORDER BY id DESC LIMIT ?");
        read_only.rows(sql, [limit.into()], read).await
    }

    /// When each run that was to do more than plan began, since a time, and how many operations it carried out; the
    /// oldest first. Their stories are left out, because they are long.
    pub async fn work_since(&self, since: Timestamp) -> Result<Vec<(Timestamp, u64)>> {
        let mut read_only = self.db.read("look how much was done").await?;
        let sql =
            "SELECT started_at, done_count FROM runs WHERE kind <> 'plan' AND started_at >= ? ORDER BY id";
        read_only.rows(sql, [since.into()], |row| Ok((row.time()?, row.count()?))).await
    }

    /// How many runs there were of each status.
    pub async fn run_counts(&self) -> Result<BTreeMap<RunStatus, u64>> {
        let mut read_only = self.db.read("count the runs").await?;
        let counts = read_only
            .rows("SELECT status, COUNT(*) FROM runs GROUP BY status", [], |row| {
                Ok((known(&row.text()?, RunStatus::from_word)?, row.count()?))
            })
            .await?;
        Ok(counts.into_iter().collect())
    }

    /// One run; `None` where there is none of that number.
    pub async fn run(&self, run: RunId) -> Result<Option<RunRow>> {
        let mut read_only = self.db.read("read a run").await?;
        read_only.first(format!("{SELECT} WHERE id = ?"), [run.0.into()], read).await
    }

    /// The objections to a run, in the order in which they were recorded.
    pub async fn objections(&self, run: RunId) -> Result<Vec<ObjectionRow>> {
        let mut read_only = self.db.read("list the objections").await?;
        let sql = "SELECT id, scope, kind, sentence FROM objections WHERE run = ? ORDER BY id";
        let mut objections = read_only
            .rows(sql, [run.0.into()], |row| {
                let id = row.int()?;
                let (scope, kind, sentence) = (row.text()?, row.text()?, row.text()?);
                Ok((id, ObjectionRow { scope, kind, sentence, operations: Vec::new() }))
            })
            .await?;
        for (id, objection) in &mut objections {
            let sql = "SELECT number FROM objection_operations WHERE objection = ? ORDER BY number";
            objection.operations =
                read_only.rows(sql, [Value::Int(*id)], |row| Ok(u32::try_from(row.int()?)?)).await?;
        }
        Ok(objections.into_iter().map(|(_, objection)| objection).collect())
    }
}

const OPERATION_COLUMNS: [&str; 16] = [
    "run",
    "number",
    "course",
    "kind",
    "idnumber",
    "name",
    "target_id",
    "person",
    "user_id",
    "value_before",
    "value_after",
    "because",
    "fingerprint",
    "state",
    "detail",
    "attempts",
];

fn operation_row(run: RunId, number: u32, operation: &Operation) -> [Value; 16] {
    let row = operation.row();
    [
        Value::Int(run.0),
        number.into(),
        operation.course.into(),
        row.kind.into(),
        row.idnumber.into(),
        row.name.into(),
        row.target_id.into(),
        row.person.into(),
        row.user.into(),
        row.before.into(),
        row.after.into(),
        operation.because.code().into(),
        operation.fingerprint().to_string().into(),
        "planned".into(),
        "".into(),
        Value::Int(0),
    ]
}

/// Counts the operations of a run by state, and its findings.
async fn count(write: &mut Transaction, run: RunId) -> Result<RunFigures> {
    let mut figures = RunFigures::default();
    let sql = "SELECT state, COUNT(*) FROM operations WHERE run = ? GROUP BY state";
    write
        .each(sql, [run.0.into()], |row| {
            let (state, count) = (row.text()?, row.count()?);
            figures.operations += count;
            match &*state {
                "done" | "already_so" => figures.done += count,
                "refused" => figures.refused += count,
                "unknown" | "sent" => figures.unknown += count,
                "not_tried" => figures.not_tried += count,
                "waiting" => figures.waiting += count,
                // Planned and, as it was asked, not carried out.
                _ => {}
            }
            Ok(())
        })
        .await?;
    let sql = "SELECT COUNT(*) FROM findings WHERE last_run = ?";
    figures.findings = write.first(sql, [run.0.into()], |row| row.count()).await?.unwrap_or(0);
    Ok(figures)
}

fn read(row: &mut Row<'_>) -> Result<RunRow, Cause> {
    Ok(RunRow {
        id: RunId(row.int()?),
        begun: NewRun {
            kind: known(&row.text()?, RunKind::from_word)?,
            profile: row.text()?,
            site: row.text()?,
            scope: row.text()?,
            started_at: row.time()?,
        },
        status: known(&row.text()?, RunStatus::from_word)?,
        finished_at: row.time_or_none()?,
        report_json: row.text()?,
        figures: RunFigures {
            courses: row.count()?,
            operations: row.count()?,
            done: row.count()?,
            refused: row.count()?,
            unknown: row.count()?,
            not_tried: row.count()?,
            waiting: row.count()?,
            findings: row.count()?,
        },
    })
}
