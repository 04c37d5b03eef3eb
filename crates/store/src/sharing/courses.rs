//! The courses of a shared run: taken some at a time, planned, offered again, carried out.
//!
//! Not here: who may take them ([`super::workers`]).

use reconcile::keys::{CourseId, Text};

use super::workers::{is_led, take_back};
use super::{lists, now_ms};
use crate::db::{Transaction, Value};
use crate::dialect::{Conflict, marks};
use crate::error::{Result, StoreError};
use crate::lock::RunLock;
use crate::runs::RunId;
use crate::sharing::{Calls, Lease};
use crate::store::Store;
use crate::words::{known, words};

/// How many courses a worker takes at least, where there are so many: each time costs a few calls that are not full.
const TAKEN_MIN: u64 = 4;

words!(
    /// How far a course of a shared run is.
    WorkPhase {
        /// It can be planned.
        Plan "plan",
        /// It is planned.
        Planned "planned",
        /// Its plan can be carried out.
        Apply "apply",
        /// Its plan was carried out.
        Applied "applied",
        /// A worker was lost that had sent something: only the leader goes on with it.
        Lost "lost",
    }
);

/// What a worker got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Courses, all of which are now its own; none where all are taken.
    Courses(Vec<CourseTaken>),
    /// The run is over, was stopped, or its leader is silent.
    Over,
}

/// A course that a worker took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseTaken {
    /// The course.
    pub course: CourseId,
    /// What it is called; empty where that is not known.
    pub name: Text,
    /// What is to be done: plan, or apply.
    pub phase: WorkPhase,
    /// Whether it is read whole in any case.
    pub whole: bool,
    /// Its plan, where that is to be carried out.
    pub plan: Text,
}

/// What is left of a shared run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkLeft {
    /// Courses that anybody can take.
    pub free: u64,
    /// Courses that somebody has.
    pub held: u64,
    /// Courses with which only the leader goes on.
    pub lost: u64,
}

impl Store {
    /// Takes some courses, at most `max`: half of what would be this worker's share, so that all end together.
    ///
    /// Courses of workers that were silent for too long are free from then on.
    pub async fn take_courses(&self, lease: &Lease, max: u64) -> Result<Taken> {
        let dialect = self.db.dialect();
        let mut write = self.db.write_leased(lease, "take courses of a shared run").await?;
        let run = lease.run;
        let now = now_ms(&mut write, dialect).await?;
        take_back(&mut write, dialect, lease, now).await?;
        if !is_led(&mut write, dialect, lease).await? {
            write.commit().await?;
            return Ok(Taken::Over);
        }
        let free = "run = ? AND worker IS NULL AND phase IN ('plan', 'apply')";
        let count = format!("SELECT COUNT(*) FROM work WHERE {free}");
        let left = write.first(count, [run.0.into()], |row| row.count()).await?.unwrap_or(0);
        let count = "SELECT COUNT(*) FROM workers WHERE run = ? AND ended_at IS NULL";
        let workers = write.first(count, [run.0.into()], |row| row.count()).await?.unwrap_or(1);
        let share = left.div_ceil(2 * workers.max(1)).max(TAKEN_MIN).min(max);
        let sql = format!(
            "SELECT course, name, phase, whole, content, attempts FROM work WHERE {free} ORDER BY place LIMIT ?{}",
            dialect.takes_free_rows()
        );
        let taken = write
            .rows(sql, [run.0.into(), share.into()], |row| {
                let taken = CourseTaken {
                    course: CourseId(row.int()?),
                    name: row.text()?,
                    phase: known(&row.text()?, WorkPhase::from_word)?,
                    whole: row.flag()?,
                    plan: row.text()?,
                };
                Ok((taken, row.int()? + 1))
            })
            .await?;
        let courses: Vec<CourseId> = taken.iter().map(|(taken, _)| taken.course).collect();
        for (count, values) in lists(&courses) {
            let sql = format!(
                "UPDATE work SET worker = ?, attempts = attempts + 1 WHERE run = ? AND course IN ({})",
                marks(count)
            );
            let who = [Value::Int(lease.worker), run.0.into()];
            write.execute(sql, who.into_iter().chain(values)).await?;
        }
        let columns = ["run", "course", "attempt", "phase", "worker", "taken_at", "is_held", "ended"];
        // Gathered, because the compiler cannot see that a closure over references may change threads.
        let mut rows = Vec::with_capacity(taken.len());
        for (taken, attempt) in &taken {
            rows.push([
                Value::Int(run.0),
                taken.course.into(),
                (*attempt).into(),
                taken.phase.as_str().into(),
                lease.worker.into(),
                now.into(),
                Value::Int(1),
                "".into(),
            ]);
        }
        write.insert_many("leases", columns, Conflict::Fail, rows).await?;
        write.commit().await?;
        Ok(Taken::Courses(taken.into_iter().map(|(taken, _)| taken).collect()))
    }

    /// Hands in the plans of courses that this worker took, and how many calls they cost.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] where one of them is not its own any more; then nothing is kept.
    pub async fn planned(&self, lease: &Lease, plans: &[(CourseId, Text)], calls: Calls) -> Result<()> {
        let mut write = self.db.write_leased(lease, "hand in plans").await?;
        for (course, plan) in plans {
            let sql = "UPDATE work SET phase = 'planned', worker = NULL, content = ? \
                 WHERE run = ? AND course = ? AND worker = ? AND phase = 'plan'";
            let values = [plan.into(), lease.run.0.into(), (*course).into(), lease.worker.into()];
            if write.execute(sql, values).await? != 1 {
                return Err(StoreError::LeaseLost);
            }
        }
        let courses: Vec<CourseId> = plans.iter().map(|(course, _)| *course).collect();
        self.done(&mut write, lease, &courses, calls).await?;
        write.commit().await
    }

    /// Hands in courses whose plans this worker carried out, and how many calls they cost.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] where one of them is not its own any more.
    pub async fn applied(&self, lease: &Lease, courses: &[CourseId], calls: Calls) -> Result<()> {
        let mut write = self.db.write_leased(lease, "hand in courses").await?;
        for (count, values) in lists(courses) {
            let sql = format!(
                "UPDATE work SET phase = 'applied', worker = NULL \
                 WHERE run = ? AND worker = ? AND phase = 'apply' AND course IN ({})",
                marks(count)
            );
            let who = [Value::Int(lease.run.0), lease.worker.into()];
            if write.execute(sql, who.into_iter().chain(values)).await? != count as u64 {
                return Err(StoreError::LeaseLost);
            }
        }
        self.done(&mut write, lease, courses, calls).await?;
        write.commit().await
    }

    async fn done(
        &self,
        write: &mut Transaction,
        lease: &Lease,
        courses: &[CourseId],
        calls: Calls,
    ) -> Result<()> {
        let now = now_ms(write, self.db.dialect()).await?;
        for (count, values) in lists(courses) {
            let sql = format!(
                "UPDATE leases SET ended_at = ?, is_held = NULL, ended = 'done' \
                 WHERE run = ? AND worker = ? AND is_held = 1 AND course IN ({})",
                marks(count)
            );
            let which = [now.into(), lease.run.0.into(), lease.worker.into()];
            write.execute(sql, which.into_iter().chain(values)).await?;
        }
        calls.note(write, lease).await
    }

    /// What is left of a shared run.
    pub async fn work_left(&self, run: RunId) -> Result<WorkLeft> {
        let mut read = self.db.read("look what is left of a shared run").await?;
        let sql = "SELECT phase, CASE WHEN worker IS NULL THEN 0 ELSE 1 END, COUNT(*) FROM work WHERE run = ? \
             GROUP BY phase, CASE WHEN worker IS NULL THEN 0 ELSE 1 END";
        let mut left = WorkLeft::default();
        read.each(sql, [run.0.into()], |row| {
            let (phase, is_held, count) =
                (known(&row.text()?, WorkPhase::from_word)?, row.flag()?, row.count()?);
            match phase {
                WorkPhase::Plan | WorkPhase::Apply if is_held => left.held += count,
                WorkPhase::Plan | WorkPhase::Apply => left.free += count,
                WorkPhase::Lost => left.lost += count,
                WorkPhase::Planned | WorkPhase::Applied => {}
            }
            Ok(())
        })
        .await?;
        Ok(left)
    }

    /// Some of the plans that were handed in, by course, from the one behind `after` on.
    pub async fn plans_after(
        &self,
        run: RunId,
        after: CourseId,
        limit: u32,
    ) -> Result<Vec<(CourseId, Text)>> {
        let mut read = self.db.read("gather the plans").await?;
        let sql = "SELECT course, content FROM work WHERE run = ? AND phase = 'planned' AND course > ? \
             ORDER BY course LIMIT ?";
        let values = [run.0.into(), after.into(), limit.into()];
        read.rows(sql, values, |row| Ok((CourseId(row.int()?), row.text()?))).await
    }

    /// Offers the plans of courses to be carried out, in this order.
    pub async fn offer(&self, lock: &RunLock, run: RunId, courses: &[CourseId]) -> Result<()> {
        let mut write = self.db.write_locked(lock, "offer plans").await?;
        for (place, course) in courses.iter().enumerate() {
            let sql = "UPDATE work SET phase = 'apply', place = ? WHERE run = ? AND course = ? AND phase = 'planned'";
            write.execute(sql, [place.into(), run.0.into(), (*course).into()]).await?;
        }
        write.commit().await
    }

    /// The courses with which only the leader goes on.
    pub async fn lost_courses(&self, run: RunId) -> Result<Vec<CourseId>> {
        let mut read = self.db.read("list the courses of lost workers").await?;
        let sql = "SELECT course FROM work WHERE run = ? AND phase = 'lost' ORDER BY course";
        read.rows(sql, [run.0.into()], |row| Ok(CourseId(row.int()?))).await
    }

    /// Notes that the leader has gone on with courses of lost workers.
    pub async fn resumed(&self, lock: &RunLock, run: RunId, courses: &[CourseId]) -> Result<()> {
        let mut write = self.db.write_locked(lock, "note what the leader went on with").await?;
        for (count, values) in lists(courses) {
            let sql = format!(
                "UPDATE work SET phase = 'applied' WHERE run = ? AND phase = 'lost' AND course IN ({})",
                marks(count)
            );
            write.execute(sql, std::iter::once(run.0.into()).chain(values)).await?;
        }
        write.commit().await
    }
}
