//! Who changed what, when and why.
//!
//! Not here: what a run did on the platform; that is the journal ([`crate::journal`]).
//!
//! Invariant: rows are only ever added, save that the erasure of a person writes them anew and says so;
//! they are added in the transaction of the change that they tell; an event that changes nothing
//! of ours has a transaction of its own.
//! Invariant: each row holds the hash of the row before it, so that a row which was altered or taken out shows.

use reconcile::keys::Text;

use crate::db::{Row, Transaction, Value, clean};
use crate::digest::digest;
use crate::error::{Cause, Result};
use crate::store::Store;
use crate::time::Timestamp;

/// One change by a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Who, as the program was told.
    pub who: Text,
    /// What was changed, for example `mapping 101 ANTH1014 of cmis`.
    pub what: Text,
    /// What it was; empty where it was not there.
    pub before: Text,
    /// What it is; empty where it is gone.
    pub after: Text,
    /// Why, as the person said; may be empty.
    pub reason: Text,
}

/// Whether the audit log is as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditState {
    /// Every row follows from the row before it.
    Whole {
        /// How many rows there are.
        rows: u64,
    },
    /// A row was altered, or rows before it were taken out.
    Broken {
        /// The first row that does not follow.
        row: i64,
    },
}

impl Entry {
    fn hash(&self, hash_before: &str) -> String {
        let Entry { at, who, what, before, after, reason } = self;
        // Of what the database keeps: it must come out the same when the row is read.
        let [who, what, before, after, reason] =
            [who, what, before, after, reason].map(|text| clean(text.clone()));
        digest(&[hash_before, &at.to_string(), &who, &what, &before, &after, &reason])
    }
}

/// Adds an entry, inside the transaction of the change.
pub(crate) async fn record(write: &mut Transaction, entry: &Entry) -> Result<()> {
    let last = write.first("SELECT hash FROM audit ORDER BY id DESC LIMIT 1", [], |row| row.text()).await?;
    let hash_before = last.unwrap_or_else(|| "".into());
    let hash = entry.hash(&hash_before);
    let Entry { at, who, what, before, after, reason } = entry;
    let columns = ["at", "who", "what", "value_before", "value_after", "reason", "hash_before", "hash"];
    let row = [
        Value::from(*at),
        who.into(),
        what.into(),
        before.into(),
        after.into(),
        reason.into(),
        hash_before.into(),
        hash.into(),
    ];
    write.insert_one("audit", columns, row).await.map(|_| ())
}

/// Writes the log anew with other texts where a person is erased, and adds the entry that says so. Returns how many rows
/// have another text now; where there is none, only the entry is added.
pub(crate) async fn rewrite(
    write: &mut Transaction,
    mut entry: Entry,
    change: impl Fn(&str) -> String,
) -> Result<u64> {
    let sql = format!("SELECT {COLUMNS}, id, hash FROM audit ORDER BY id");
    let rows = write.rows(sql, [], |row| Ok((read(row)?, row.int()?, row.text()?))).await?;
    let last_hash = rows.last().map(|(_, _, hash)| hash.clone());
    let (mut changed, mut first, mut hash_before) = (0, None, String::new());
    for (old, id, hash) in rows {
        let new = Entry {
            at: old.at,
            who: change(&old.who).into(),
            what: change(&old.what).into(),
            before: change(&old.before).into(),
            after: change(&old.after).into(),
            reason: change(&old.reason).into(),
        };
        if new != old {
            changed += 1;
            first.get_or_insert(id);
        }
        if first.is_none() {
            hash_before = hash.to_string();
            continue;
        }
        let hash = new.hash(&hash_before);
        let sql = "UPDATE audit SET who = ?, what = ?, value_before = ?, value_after = ?, reason = ?, \
             hash_before = ?, hash = ? WHERE id = ?";
        let texts = [&new.who, &new.what, &new.before, &new.after, &new.reason].map(Value::from);
        let end = [Value::from(&hash_before), Value::from(&hash), Value::Int(id)];
        write.execute(sql, texts.into_iter().chain(end)).await?;
        hash_before = hash;
    }
    if let (Some(first), Some(last_hash)) = (first, last_hash) {
        entry.after = format!(
            "{}; the audit log was written anew from row {first} on, and its last hash was {last_hash}",
            entry.after
        )
        .into();
    }
    record(write, &entry).await?;
    Ok(changed)
}

const COLUMNS: &str = "at, who, what, value_before, value_after, reason";

fn read(row: &mut Row<'_>) -> Result<Entry, Cause> {
    Ok(Entry {
        at: row.time()?,
        who: row.text()?,
        what: row.text()?,
        before: row.text()?,
        after: row.text()?,
        reason: row.text()?,
    })
}

impl Store {
    /// Records something that is no change of ours and yet worth knowing later, such as a mail that was not sent.
    pub async fn record_event(&self, entry: &Entry) -> Result<()> {
        let mut write = self.db.write("record an event").await?;
        record(&mut write, entry).await?;
        write.commit().await
    }

    /// The audit log, newest first.
    pub async fn audit(&self, limit: u32) -> Result<Vec<Entry>> {
        let mut read_only = self.db.read("list the audit log").await?;
        let sql = format!("SELECT {COLUMNS} FROM audit ORDER BY id DESC LIMIT ?");
        read_only.rows(sql, [limit.into()], read).await
    }

    /// Looks whether the audit log is as it was written. Rows taken from its very end do not show.
    pub async fn verify_audit(&self) -> Result<AuditState> {
        let mut read_only = self.db.read("verify the audit log").await?;
        let (mut rows, mut hash_last, mut broken) = (0, String::new(), None);
        let sql = format!("SELECT {COLUMNS}, hash_before, hash, id FROM audit ORDER BY id");
        read_only
            .each(sql, [], |row| {
                let entry = read(row)?;
                let (hash_before, hash, id) = (row.text()?, row.text()?, row.int()?);
                if *hash_before != *hash_last || *hash != *entry.hash(&hash_before) {
                    broken.get_or_insert(id);
                }
                rows += 1;
                hash_last = hash.to_string();
                Ok(())
            })
            .await?;
        Ok(broken.map_or(AuditState::Whole { rows }, |row| AuditState::Broken { row }))
    }
}
