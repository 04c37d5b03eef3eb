//! Pauses: times in which a source, a school, a module, a course or everything stays as it is (feature B9).
//!
//! Not here: what a frozen mapping means to a plan (`reconcile`).
//!
//! Invariant: while a pause counts, every mapping that it covers reads as [`Wish::Keep`].
//! Invariant: that a pause is about to end is told by one process, however many look.
//! Invariant: the first run after a pause is told of it once, by [`Store::courses_after_pause`], so that it only plans.

use std::collections::HashSet;

use reconcile::keys::{CourseId, ModuleCode, SourceName, Text};
use reconcile::snapshot::Wish;

use crate::audit::{Entry, record};
use crate::db::{Row, Transaction, Value};
use crate::error::{Cause, Result};
use crate::lock::RunLock;
use crate::mappings::Wishes;
use crate::runs::RunId;
use crate::school::School;
use crate::store::Store;
use crate::time::Timestamp;
use crate::words::known;

/// Names a pause in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PauseId(pub i64);

/// What a pause covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PauseScope {
    /// Everything.
    All,
    /// The modules of one source.
    Source(SourceName),
    /// The modules and courses of a school, as it was when the pause began.
    School(School),
    /// One module, in every course.
    Module(ModuleCode),
    /// One course.
    Course(CourseId),
}

/// A pause as it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPause {
    /// What it covers.
    pub scope: PauseScope,
    /// Who asked for it.
    pub owner: Text,
    /// Why.
    pub reason: Text,
    /// From when on it counts.
    pub begins_at: Timestamp,
    /// From when on it no longer counts.
    pub ends_at: Timestamp,
}

/// A pause in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseRow {
    /// Its number.
    pub id: PauseId,
    /// What it says.
    pub pause: NewPause,
    /// The first run after it; `None` until then.
    pub reviewed_by: Option<RunId>,
}

impl PauseRow {
    /// Tells whether it counts at a moment.
    pub fn counts(&self, now: Timestamp) -> bool {
        self.pause.begins_at <= now && now < self.pause.ends_at
    }
}

impl PauseScope {
    fn words(&self) -> (&'static str, String) {
        match self {
            PauseScope::All => ("all", String::new()),
            PauseScope::Source(source) => ("source", source.to_string()),
            PauseScope::School(school) => ("school", school.name.to_string()),
            PauseScope::Module(module) => ("module", module.to_string()),
            PauseScope::Course(course) => ("course", course.to_string()),
        }
    }

    /// Tells whether it covers a mapping.
    pub fn covers(&self, course: CourseId, source: &SourceName, module: &ModuleCode) -> bool {
        match self {
            PauseScope::All => true,
            PauseScope::Source(paused) => paused == source,
            PauseScope::School(paused) => paused.has(course, module),
            PauseScope::Module(paused) => paused == module,
            PauseScope::Course(paused) => *paused == course,
        }
    }
}

impl std::fmt::Display for PauseScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PauseScope::All => f.write_str("everything"),
            other => {
                let (word, subject) = other.words();
                write!(f, "{word} {subject}")
            }
        }
    }
}

const SELECT: &str =
    "SELECT id, scope, subject, covered, owner, reason, begins_at, ends_at, reviewed_by FROM pauses";

impl Store {
    /// Begins a pause.
    pub async fn pause(&self, pause: &NewPause, now: Timestamp) -> Result<PauseId> {
        let NewPause { scope, owner, reason, begins_at, ends_at } = pause;
        let (word, subject) = scope.words();
        let covered = match scope {
            PauseScope::School(school) => Value::from(school.covered()),
            PauseScope::All | PauseScope::Source(_) | PauseScope::Module(_) | PauseScope::Course(_) => {
                Value::Null
            }
        };
        let mut write = self.db.write("begin a pause").await?;
        let columns = ["scope", "subject", "covered", "owner", "reason", "begins_at", "ends_at"];
        let row = [
            Value::from(word),
            subject.into(),
            covered,
            owner.into(),
            reason.into(),
            (*begins_at).into(),
            (*ends_at).into(),
        ];
        let id = write.insert_one("pauses", columns, row).await?;
        let after = format!("paused until {ends_at}");
        record(&mut write, &entry(scope, now, owner, "", &after, reason)).await?;
        write.commit().await?;
        Ok(PauseId(id))
    }

    /// Ends now those pauses that count and are meant. Returns those that were ended.
    pub async fn resume(
        &self,
        is_meant: impl Fn(&PauseRow) -> bool,
        who: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Vec<PauseRow>> {
        let mut write = self.db.write("end a pause").await?;
        let pauses = write.rows(format!("{SELECT} ORDER BY id"), [], read).await?;
        let ended: Vec<PauseRow> =
            pauses.into_iter().filter(|row| row.counts(now) && is_meant(row)).collect();
        for row in &ended {
            let sql = "UPDATE pauses SET ends_at = ? WHERE id = ?";
            write.execute(sql, [now.into(), Value::Int(row.id.0)]).await?;
            let before = format!("paused until {}", row.pause.ends_at);
            record(
                &mut write,
                &entry(&row.pause.scope, now, &who.into(), &before, "resumed", &reason.into()),
            )
            .await?;
        }
        write.commit().await?;
        Ok(ended)
    }

    /// All pauses, also those that are over, newest first.
    pub async fn pauses(&self) -> Result<Vec<PauseRow>> {
        let mut read_only = self.db.read("list the pauses").await?;
        read_only.rows(format!("{SELECT} ORDER BY id DESC"), [], read).await
    }

    /// The pauses that end within some seconds and of which nobody was told; each is handed out once, unless it is
    /// given back with [`Store::give_back_pause_ends`]. A pause that was made for no longer than that is never told:
    /// whoever made it knows.
    pub async fn take_pause_ends(&self, within_s: i64, now: Timestamp) -> Result<Vec<PauseRow>> {
        let soon = Timestamp(now.0.saturating_add(within_s));
        let sql = format!(
            "{SELECT} WHERE end_told_at IS NULL AND begins_at <= ? AND ends_at > ? AND ends_at <= ? ORDER BY ends_at, id"
        );
        let mut write = self.db.write("look for pauses that are about to end").await?;
        let mut ending = write.rows(sql, [now.into(), now.into(), soon.into()], read).await?;
        ending.retain(|row| row.pause.ends_at.0 - row.pause.begins_at.0 > within_s);
        for row in &ending {
            let sql = "UPDATE pauses SET end_told_at = ? WHERE id = ?";
            write.execute(sql, [now.into(), Value::Int(row.id.0)]).await?;
        }
        write.commit().await?;
        Ok(ending)
    }

    /// Gives pauses back of which nobody could be told, so that it is tried again.
    pub async fn give_back_pause_ends(&self, pauses: &[PauseId]) -> Result<()> {
        let mut write = self.db.write("give back pauses that are about to end").await?;
        for PauseId(id) in pauses {
            write.execute("UPDATE pauses SET end_told_at = NULL WHERE id = ?", [Value::Int(*id)]).await?;
        }
        write.commit().await
    }

    /// The courses of pauses that are over and after which no run has planned yet.
    pub async fn courses_after_pause(
        &self,
        default_source: &SourceName,
        now: Timestamp,
    ) -> Result<HashSet<CourseId>> {
        let mut read_only = self.db.read("look for pauses that are over").await?;
        let sql = format!("{SELECT} WHERE reviewed_by IS NULL AND ends_at <= ?");
        let over = read_only.rows(sql, [now.into()], read).await?;
        if over.is_empty() {
            return Ok(HashSet::new());
        }
        let wishes = crate::mappings::wishes(&mut read_only, None, default_source, now).await?;
        let covered = wishes.into_iter().filter(|(course, mappings)| {
            mappings.keys().any(|(source, module)| {
                over.iter().any(|row| row.pause.scope.covers(*course, source, module))
            })
        });
        Ok(covered.map(|(course, _)| course).collect())
    }

    /// Notes that a run was the first after every pause that is over.
    pub async fn note_pauses_reviewed(&self, lock: &RunLock, run: RunId, now: Timestamp) -> Result<()> {
        let mut write = self.db.write_locked(lock, "note the first run after a pause").await?;
        let sql = "UPDATE pauses SET reviewed_by = ? WHERE reviewed_by IS NULL AND ends_at <= ?";
        write.execute(sql, [Value::Int(run.0), now.into()]).await?;
        write.commit().await
    }
}

/// Freezes the wishes that a pause covers.
pub(crate) async fn freeze(read_only: &mut Transaction, wishes: &mut Wishes, now: Timestamp) -> Result<()> {
    let sql = format!("{SELECT} WHERE begins_at <= ? AND ends_at > ?");
    let pauses = read_only.rows(sql, [now.into(), now.into()], read).await?;
    if pauses.is_empty() {
        return Ok(());
    }
    for (course, mappings) in wishes {
        for ((source, module), wish) in mappings {
            if pauses.iter().any(|row| row.pause.scope.covers(*course, source, module)) {
                *wish = Wish::Keep;
            }
        }
    }
    Ok(())
}

fn entry(scope: &PauseScope, at: Timestamp, who: &Text, before: &str, after: &str, reason: &Text) -> Entry {
    Entry {
        at,
        who: who.clone(),
        what: scope.to_string().into(),
        before: before.into(),
        after: after.into(),
        reason: reason.clone(),
    }
}

fn read(row: &mut Row<'_>) -> Result<PauseRow, Cause> {
    let id = PauseId(row.int()?);
    let (word, subject, covered) = (row.text()?, row.text()?, row.text()?);
    let scope = known(&word, |word| match word {
        "all" => Some(PauseScope::All),
        "source" => Some(PauseScope::Source(SourceName(subject.clone()))),
        "school" => School::of(subject.clone(), &covered).ok().map(PauseScope::School),
        "module" => Some(PauseScope::Module(ModuleCode(subject.clone()))),
        "course" => subject.parse().ok().map(|course| PauseScope::Course(CourseId(course))),
        _ => None,
    })?;
    Ok(PauseRow {
        id,
        pause: NewPause {
            scope,
            owner: row.text()?,
            reason: row.text()?,
            begins_at: row.time()?,
            ends_at: row.time()?,
        },
        reviewed_by: row.int_or_none()?.map(RunId),
    })
}
