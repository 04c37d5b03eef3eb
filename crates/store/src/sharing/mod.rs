//! A run that many machines share: who takes part, and which course is whose.
//!
//! The leader holds the run lock. It offers courses ([`Store::share_run`], [`Store::offer`]), and whoever has joined takes
//! some of them at a time ([`Store::take_courses`]), also the leader itself. A lease is a row of `workers`: as long as its
//! holder gives signs of life ([`Store::keep_lease`]), the courses that it took are its own. `workers.rs` is about who takes
//! part, `courses.rs` about what is taken, `results.rs` about what came of it.
//!
//! Not here: how a course is planned or carried out, and what a worker does with a course that another one lost.
//!
//! Invariant: no course has two holders: the unique index `leases_held` would not take the second one.
//! Invariant: whoever lost its lease, or works for a run that is over, writes nothing (`Db::write_leased`): a number of a
//! worker that was lost is never used again.
//! Invariant: all times are those of the database, so that the clocks of the machines do not matter.

mod courses;
mod results;
mod workers;

use reconcile::keys::{CourseId, Text};

use crate::db::{LIST_MAX, Transaction, Value};
use crate::dialect::Conflict;
use crate::error::{Result, StoreError};
use crate::lock::RunLock;
use crate::runs::RunId;
use crate::store::Store;
use crate::time::Timestamp;

pub use self::courses::{CourseTaken, Taken, WorkLeft, WorkPhase};
pub use self::results::Calls;
pub(crate) use self::results::tell_leader;
pub use self::workers::Lease;

/// What a worker has to know before it takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewShare {
    /// The settings that matter, a line each.
    pub settings: Text,
    /// The moment for which everybody plans.
    pub planned_for: Timestamp,
    /// The courses.
    pub courses: Vec<CourseOffered>,
}

/// A course of a shared run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseOffered {
    /// The course.
    pub course: CourseId,
    /// What it is called; empty where that is not known.
    pub name: Text,
    /// Whether it is read whole in any case.
    pub whole: bool,
}

/// A shared run that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The run.
    pub run: RunId,
    /// The settings that matter, a line each.
    pub settings: Text,
    /// The moment for which everybody plans.
    pub planned_for: Timestamp,
    /// Who leads: the name under which it joined.
    pub leader: Text,
}

/// Why a worker stopped the whole run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// What happened.
    pub what: Text,
    /// What a person can do; empty where that is not known.
    pub next: Text,
}

impl Store {
    /// Whether several machines may reach the database.
    pub fn is_on_server(&self) -> bool {
        self.db.dialect().is_server()
    }

    /// Offers the courses of a run to be planned, and returns the lease of its leader. What is kept of earlier shared runs
    /// goes.
    pub async fn share_run(
        &self,
        lock: &RunLock,
        run: RunId,
        share: &NewShare,
        leader: &str,
        lease_s: u32,
    ) -> Result<Lease> {
        let mut write = self.db.write_locked(lock, "share a run").await?;
        for table in ["workers", "shares", "leases", "work_outcomes", "work_calls", "work"] {
            write.execute(format!("DELETE FROM {table} WHERE run < ?"), [Value::Int(run.0)]).await?;
        }
        let lease = workers::register(&mut write, self.db.dialect(), run, leader, lease_s).await?;
        let NewShare { settings, planned_for, courses } = share;
        let columns = ["run", "settings", "planned_for", "leader"];
        let row = [Value::Int(run.0), settings.into(), (*planned_for).into(), lease.worker.into()];
        write.insert_many("shares", columns, Conflict::Fail, [row]).await?;
        let columns = ["run", "course", "name", "place", "phase", "whole", "attempts", "content"];
        let mut rows = Vec::with_capacity(courses.len());
        for (place, CourseOffered { course, name, whole }) in courses.iter().enumerate() {
            let plan = WorkPhase::Plan.as_str();
            rows.push([
                Value::Int(run.0),
                (*course).into(),
                name.into(),
                place.into(),
                plan.into(),
                (*whole).into(),
                Value::Int(0),
                "".into(),
            ]);
        }
        write.insert_many("work", columns, Conflict::Fail, rows).await?;
        write.commit().await?;
        Ok(lease)
    }

    /// The shared run that is under way and whose leader gives signs of life; `None` where there is none.
    pub async fn open_share(&self) -> Result<Option<Share>> {
        let mut read = self.db.read("look for a shared run").await?;
        let sql = format!(
            "SELECT s.run, s.settings, s.planned_for, l.name FROM shares s JOIN runs r ON r.id = s.run \
             JOIN workers l ON l.id = s.leader WHERE r.status = 'running' AND s.stopped IS NULL \
             AND l.ended_at IS NULL AND l.alive_until > {} ORDER BY s.run DESC",
            self.db.dialect().now_ms()
        );
        read.first(sql, [], |row| {
            Ok(Share {
                run: RunId(row.int()?),
                settings: row.text()?,
                planned_for: row.time()?,
                leader: row.text()?,
            })
        })
        .await
    }

    /// Stops a shared run: nobody takes another course. The first reason counts.
    pub async fn stop_share(&self, lease: &Lease, stopped: &Stopped) -> Result<()> {
        let mut write = self.db.write_leased(lease, "stop a shared run").await?;
        let sql = "UPDATE shares SET stopped = ?, next_step = ? WHERE run = ? AND stopped IS NULL";
        let Stopped { what, next } = stopped;
        write.execute(sql, [what.into(), next.into(), lease.run.0.into()]).await?;
        write.commit().await
    }

    /// Why a worker stopped the run; `None` while it goes on.
    pub async fn share_stopped(&self, run: RunId) -> Result<Option<Stopped>> {
        let mut read = self.db.read("look whether a shared run was stopped").await?;
        let sql = "SELECT stopped, next_step FROM shares WHERE run = ? AND stopped IS NOT NULL";
        read.first(sql, [run.0.into()], |row| Ok(Stopped { what: row.text()?, next: row.text()? })).await
    }

    /// Ends the sharing of a run: nobody takes part any more, and the plans are dropped. Who had which course stays until
    /// the next shared run.
    pub async fn end_share(&self, lock: &RunLock, run: RunId) -> Result<()> {
        let mut write = self.db.write_locked(lock, "end the sharing of a run").await?;
        let over =
            "UPDATE shares SET stopped = 'it is over', next_step = '' WHERE run = ? AND stopped IS NULL";
        write.execute(over, [Value::Int(run.0)]).await?;
        write.execute("UPDATE work SET content = '' WHERE run = ?", [Value::Int(run.0)]).await?;
        write.execute("DELETE FROM work_outcomes WHERE run = ?", [Value::Int(run.0)]).await?;
        write.commit().await
    }
}

/// The moment, in milliseconds.
async fn now_ms(write: &mut Transaction, dialect: crate::dialect::Dialect) -> Result<i64> {
    let now = write.first(format!("SELECT {}", dialect.now_ms()), [], |row| row.int()).await?;
    now.ok_or(StoreError::Query { purpose: "ask the database for the time", source: "it told none".into() })
}

/// Courses as values, so many at a time as one statement takes.
fn lists(courses: &[CourseId]) -> impl Iterator<Item = (usize, Vec<Value>)> + '_ {
    courses.chunks(LIST_MAX).map(|some| (some.len(), some.iter().map(|course| (*course).into()).collect()))
}
