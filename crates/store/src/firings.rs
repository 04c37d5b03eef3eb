//! What only one of several services does: a run of the schedule, an alarm.
//!
//! Not here: when it is time for it (`app/serve`).
//!
//! Invariant: of all processes that claim the same thing, one gets it.

use crate::db::Value;
use crate::error::Result;
use crate::store::Store;
use crate::time::Timestamp;

/// How long it is remembered who did something, in seconds: longer than anything is claimed again.
const REMEMBERED_S: i64 = 40 * 24 * 60 * 60;

impl Store {
    /// Claims something; false where somebody else has done so. With `again_after_s` a claim that is so old counts no
    /// longer.
    pub async fn claim(
        &self,
        what: &str,
        who: &str,
        now: Timestamp,
        again_after_s: Option<i64>,
    ) -> Result<bool> {
        // Writers come one after the other, so nobody else looks between our look and our row.
        let mut write = self.db.write("claim what only one service does").await?;
        let sql = "SELECT fired_at FROM firings WHERE what = ?";
        let before = write.first(sql, [Value::from(what)], |row| row.time()).await?;
        let is_free = match (before, again_after_s) {
            (None, _) => true,
            (Some(_), None) => false,
            // A clock that was set back must not keep the claim for years.
            (Some(before), Some(again_after_s)) => (now.0 - before.0).abs() >= again_after_s,
        };
        if !is_free {
            return Ok(false);
        }
        write.execute("DELETE FROM firings WHERE what = ?", [Value::from(what)]).await?;
        let old = [Value::Int(now.0 - REMEMBERED_S)];
        write.execute("DELETE FROM firings WHERE fired_at < ?", old).await?;
        let row = [Value::from(what), who.into(), now.into()];
        let insert = "INSERT INTO firings (what, who, fired_at) VALUES (?, ?, ?)";
        write.execute(insert, row).await?;
        write.commit().await?;
        Ok(true)
    }
}
