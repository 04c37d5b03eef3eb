//! Modules that were pushed and that no run has carried out yet: what a live run is for (feature A13).
//!
//! Not here: when a live run begins (`app/serve/live.rs`).
//!
//! Invariant: they are noted in the transaction that accepts a delivery, so whatever ends the process, none is forgotten.
//! Invariant: only modules in which something changed are noted: a mapping, an exception or a policy that changed waits for
//! the run of the schedule.

use std::collections::BTreeSet;

use reconcile::keys::{CourseId, SourceName};

use crate::db::{Transaction, Value};
use crate::error::Result;
use crate::lock::RunLock;
use crate::store::Store;

/// How a source that is pushed to stands beside its site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveState {
    /// How many calls have written to the site.
    pub writes: i64,
    /// How many had when the newest delivery was read, whether it was accepted or not; `None` where there is none.
    pub writes_imported: Option<i64>,
    /// Whether modules wait for a run.
    pub has_touched: bool,
}

impl Store {
    /// How a source stands beside its site; `None` where there is no such site.
    pub async fn live_state(&self, source: &SourceName, site: &str) -> Result<Option<LiveState>> {
        let mut read = self.db.read("look whether anything was pushed").await?;
        let sql = "SELECT id, writes FROM ims_sites WHERE name = ?";
        let found = read.first(sql, [site.into()], |row| Ok((row.int()?, row.int()?))).await?;
        let Some((site, writes)) = found else { return Ok(None) };
        let sql = "SELECT ims_site, ims_writes FROM deliveries WHERE source = ? ORDER BY id DESC LIMIT 1";
        let newest =
            read.first(sql, [source.into()], |row| Ok((row.int_or_none()?, row.int_or_none()?))).await?;
        let writes_imported = newest.and_then(|(of, writes)| writes.filter(|_| of == Some(site)));
        let sql = "SELECT module FROM touched_modules WHERE source = ? LIMIT 1";
        let touched = read.first(sql, [source.into()], |row| row.text()).await?;
        Ok(Some(LiveState { writes, writes_imported, has_touched: touched.is_some() }))
    }

    /// The courses in which touched modules are, or are wished.
    pub async fn touched_courses(&self, default_source: &SourceName) -> Result<BTreeSet<CourseId>> {
        let mut read = self.db.read("find the courses that were pushed to").await?;
        let sql = "SELECT m.moodle_id FROM touched_modules t JOIN mapped_modules m ON m.modulecode = t.module \
                AND COALESCE(NULLIF(m.source, ''), ?) = t.source \
             UNION SELECT g.course FROM touched_modules t JOIN group_links g ON g.source = t.source AND g.module = t.module";
        let courses = read.rows(sql, [default_source.into()], |row| Ok(CourseId(row.int()?))).await?;
        Ok(courses.into_iter().collect())
    }

    /// Notes that a run has carried out all that was touched.
    pub async fn forget_touched(&self, lock: &RunLock) -> Result<()> {
        let mut write = self.db.write_locked(lock, "note that what was pushed is carried out").await?;
        write.execute("DELETE FROM touched_modules", []).await?;
        write.commit().await
    }
}

/// Notes the modules in which a newly accepted delivery differs from the one accepted before.
pub(crate) async fn note(write: &mut Transaction, delivery: i64, source: &SourceName) -> Result<()> {
    let sql = "SELECT rows_of FROM deliveries WHERE source = ? AND state = 'accepted' AND id <= ? ORDER BY id DESC LIMIT 2";
    let rows = write.rows(sql, [source.into(), Value::Int(delivery)], |row| row.int_or_none()).await?;
    let (now, before) = (rows.first().copied().flatten(), rows.get(1).copied().flatten());
    if now == before {
        return Ok(());
    }
    let (now, before) = (now.unwrap_or(0), before.unwrap_or(0));
    // Those of one that the other has not, or has otherwise.
    let only = |one: &str, other: &str| {
        format!(
            "SELECT o.module FROM source_modules o WHERE o.delivery = {one} AND NOT EXISTS (SELECT 1 FROM source_modules x \
             WHERE x.delivery = {other} AND x.module = o.module AND x.hash = o.hash)"
        )
    };
    let sql = format!(
        "INSERT INTO touched_modules (source, module) SELECT ?, c.module FROM ({} UNION {}) c WHERE NOT EXISTS \
         (SELECT 1 FROM touched_modules t WHERE t.source = ? AND t.module = c.module)",
        only("?", "?"),
        only("?", "?")
    );
    let numbers = [now, before, before, now].map(Value::Int);
    let values = std::iter::once(Value::from(source)).chain(numbers).chain([source.into()]);
    write.execute(sql, values).await.map(|_| ())
}
