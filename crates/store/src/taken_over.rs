//! Mappings that another program keeps in a database of its own, taken over into `mapped_modules`.
//!
//! Not here: reading that database (`app/sources`).
//!
//! Invariant: taking over twice what is the same changes nothing, and writes nothing into the audit log.

use std::collections::BTreeMap;

use reconcile::keys::Text;
use serde::Serialize;

use crate::audit::record;
use crate::db::{Transaction, again};
use crate::error::Result;
use crate::lock::RunLock;
use crate::mappings::{
    Flag, MappingChange, MappingKey, MappingRow, MappingSettings, OF_KEY, Put, SELECT, entry, key_values,
    put, read,
};
use crate::store::Store;
use crate::time::Timestamp;

/// The query that answers with the mappings of a database of the old integration: its table has these columns.
pub const OLD_MAPPINGS_QUERY: &str =
    "SELECT moodle_id, modulecode, group_import, mapping_action FROM mapped_modules";

/// The query for the mappings of our own database that count at a moment, for those who only read it.
pub fn counting_mappings_query(now: Timestamp) -> String {
    let now = now.0;
    format!(
        "{OLD_MAPPINGS_QUERY} WHERE COALESCE(active, 1) <> 0 AND (valid_from IS NULL OR valid_from <= {now}) \
         AND (valid_until IS NULL OR valid_until > {now})"
    )
}

/// The two flags of a mapping as another program wrote them, and what it says of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignMapping {
    /// Whether the groups shall be in the course.
    pub group_import: Option<Flag>,
    /// Whether the mapping stands.
    pub mapping_action: Option<Flag>,
    /// Who answers for it, where that is known.
    pub owner: Option<Text>,
    /// Why it is there, where that is known.
    pub reason: Option<Text>,
}

/// What taking mappings over from another database changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TakenOver {
    /// Rows that were not there before.
    pub added: u64,
    /// Rows with other flags.
    pub changed: u64,
    /// Rows that came from there and are there no more.
    pub removed: u64,
    /// Rows that were there exactly so.
    pub unchanged: u64,
}

impl Store {
    /// Makes our mappings what another database says, in one transaction.
    ///
    /// Only the flags, owner and reason are taken over; a freeze and a validity that a person set here stay. A row that
    /// came from there (its last change is by `change.who`) and is there no more is removed, which touches no group: that
    /// would take RMV. `None`, and nothing is changed, where the other database holds no mapping and once did.
    pub async fn take_over_mappings(
        &self,
        lock: &RunLock,
        foreign: &BTreeMap<MappingKey, ForeignMapping>,
        change: &MappingChange<'_>,
    ) -> Result<Option<TakenOver>> {
        again(|| self.try_taking_over_mappings(lock, foreign, change)).await
    }

    async fn try_taking_over_mappings(
        &self,
        lock: &RunLock,
        foreign: &BTreeMap<MappingKey, ForeignMapping>,
        change: &MappingChange<'_>,
    ) -> Result<Option<TakenOver>> {
        let mut write = self.db.write_locked(lock, "take over the mappings").await?;
        let ours = write.rows(SELECT, [], |row| read(row, change.default_source)).await?;
        let from_there = |row: &MappingRow| row.changed_by.as_deref() == Some(change.who);
        if foreign.is_empty() && ours.iter().any(from_there) {
            return Ok(None);
        }
        let mut taken = TakenOver::default();
        for row in ours.iter().filter(|row| from_there(row) && !foreign.contains_key(&row.key)) {
            forget(&mut write, row, change).await?;
            taken.removed += 1;
        }
        let known: BTreeMap<&MappingKey, &MappingSettings> =
            ours.iter().map(|row| (&row.key, &row.settings)).collect();
        for (key, mapping) in foreign {
            let before = known.get(key).map(|settings| (*settings).clone());
            let ForeignMapping { group_import, mapping_action, owner, reason } = mapping.clone();
            let before = before.unwrap_or_default();
            let settings = MappingSettings {
                group_import,
                mapping_action,
                owner: owner.or(before.owner.clone()),
                reason: reason.or(before.reason.clone()),
                ..before
            };
            match put(&mut write, key, &settings, change).await? {
                Put::Added => taken.added += 1,
                Put::Changed => taken.changed += 1,
                Put::Unchanged => taken.unchanged += 1,
            }
        }
        write.commit().await?;
        Ok(Some(taken))
    }
}

/// Removes the rows of a mapping.
async fn forget(write: &mut Transaction, row: &MappingRow, change: &MappingChange<'_>) -> Result<()> {
    let key = &row.key;
    write
        .execute(format!("DELETE FROM mapped_modules WHERE {OF_KEY}"), key_values(key, change.default_source))
        .await?;
    record(write, &entry(key, Some(&row.settings), None, change)).await
}
