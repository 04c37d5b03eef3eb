//! Handles on one site: reading, and writing call by call and item by item.
//!
//! Not here: what is read and written (`groups.rs`, `persons.rs`, `memberships.rs`).
//!
//! Invariant: several calls may share one transaction, so that they share one wait for the disk; each is a savepoint in it, and each item
//! a savepoint in that.
//! Invariant: two calls that write to one site never overlap, whatever the database and however many processes there are: the first
//! thing that a call does is to change the row of its site.

use std::ops::{Deref, DerefMut};

use reconcile::keys::Text;

use crate::db::{Transaction, Value};
use crate::error::{Result, StoreError};
use crate::store::Store;
use crate::time::Timestamp;
use crate::words::words;

/// Names a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteId(pub i64);

words! {
    /// What a sync key names. Keys of different kinds never clash.
    ObjectKind {
        /// A group.
        Group "group",
        /// A person.
        Person "person",
        /// A membership.
        Membership "membership",
    }
}

/// Reads one state of one site.
pub struct Reading {
    pub(super) inner: Transaction,
    pub(super) site: SiteId,
}

/// Calls that read, one after the other, all of one state of the database.
pub struct Readings {
    inner: Transaction,
}

/// Calls that write, waiting to be made to last together.
pub struct Batch {
    inner: Transaction,
}

/// One call that writes to one site.
pub struct Writing {
    reading: Reading,
}

impl Deref for Writing {
    type Target = Reading;

    fn deref(&self) -> &Reading {
        &self.reading
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut Reading {
        &mut self.reading
    }
}

impl Store {
    /// Begins to read a site.
    pub async fn ims_read(&self, site: SiteId) -> Result<Reading> {
        Ok(self.ims_readings().await?.site(site))
    }

    /// Begins to read for several calls, so that they share the cost of it.
    pub async fn ims_readings(&self) -> Result<Readings> {
        Ok(Readings { inner: self.db.read("read a site").await? })
    }

    /// Begins a batch of calls that write; waits for the one before it.
    pub async fn ims_batch(&self) -> Result<Batch> {
        Ok(Batch { inner: self.db.write("carry out a call of a student system").await? })
    }
}

impl Readings {
    /// Reads a site.
    pub fn site(self, site: SiteId) -> Reading {
        Reading { inner: self.inner, site }
    }
}

impl Batch {
    /// Begins a call that writes to a site.
    pub async fn call(mut self, site: SiteId) -> Result<Writing> {
        savepoint(&mut self.inner, "SAVEPOINT ims_call").await?;
        let sql = "UPDATE ims_sites SET writes = writes + 1 WHERE id = ?";
        if self.inner.execute(sql, [Value::Int(site.0)]).await? == 0 {
            return Err(StoreError::Missing { what: format!("the site {}", site.0) });
        }
        Ok(Writing { reading: Reading { inner: self.inner, site } })
    }

    /// Makes the calls that were kept last.
    pub async fn commit(self) -> Result<()> {
        self.inner.commit().await
    }

    pub(super) fn inner(&mut self) -> &mut Transaction {
        &mut self.inner
    }
}

impl Writing {
    /// Keeps what the call did.
    pub async fn keep_call(self) -> Result<Batch> {
        let mut inner = self.reading.inner;
        savepoint(&mut inner, "RELEASE SAVEPOINT ims_call").await?;
        Ok(Batch { inner })
    }

    /// Undoes all that the call did.
    pub async fn undo_call(self) -> Result<Batch> {
        let mut inner = self.reading.inner;
        savepoint(&mut inner, "ROLLBACK TO SAVEPOINT ims_call; RELEASE SAVEPOINT ims_call").await?;
        Ok(Batch { inner })
    }

    /// Begins an item of the call.
    pub async fn begin_item(&mut self) -> Result<()> {
        savepoint(&mut self.reading.inner, "SAVEPOINT ims_item").await
    }

    /// Keeps what the item did.
    pub async fn keep_item(&mut self) -> Result<()> {
        savepoint(&mut self.reading.inner, "RELEASE SAVEPOINT ims_item").await
    }

    /// Undoes what the item did.
    pub async fn undo_item(&mut self) -> Result<()> {
        savepoint(&mut self.reading.inner, "ROLLBACK TO SAVEPOINT ims_item; RELEASE SAVEPOINT ims_item").await
    }

    /// Gives an object another key, and notes it.
    pub async fn rename(
        &mut self,
        object: ObjectKind,
        before: &str,
        after: &str,
        now: Timestamp,
    ) -> Result<()> {
        let table = table(object);
        let sql = format!("UPDATE {table} SET sync_key = ?, changed_at = ? WHERE site = ? AND sync_key = ?");
        let values = [after.into(), now.into(), self.site(), before.into()];
        self.inner.execute(sql, values).await?;
        let columns = ["site", "object", "key_before", "key_after", "renamed_at"];
        let row = [self.site(), object.as_str().into(), before.into(), after.into(), now.into()];
        self.inner.insert_one("ims_renames", columns, row).await.map(|_| ())
    }
}

impl Reading {
    /// Ends with this site, for the next call.
    pub fn end(self) -> Readings {
        Readings { inner: self.inner }
    }

    /// Whether there is an object with this key.
    pub async fn has(&mut self, object: ObjectKind, sync_key: &str) -> Result<bool> {
        let sql = format!("SELECT 1 FROM {} WHERE site = ? AND sync_key = ?", table(object));
        let found = self.inner.first(sql, [self.site(), sync_key.into()], |row| row.int()).await?;
        Ok(found.is_some())
    }

    /// The key that an object was given when it lost this one.
    pub async fn renamed(&mut self, object: ObjectKind, before: &str) -> Result<Option<Text>> {
        let sql = "SELECT key_after FROM ims_renames WHERE site = ? AND object = ? AND key_before = ? ORDER BY id DESC LIMIT 1";
        let values = [self.site(), object.as_str().into(), before.into()];
        self.inner.first(sql, values, |row| row.text()).await
    }

    /// The site as a value of a statement.
    pub(super) fn site(&self) -> Value {
        Value::Int(self.site.0)
    }
}

/// The table of the objects of a kind.
fn table(object: ObjectKind) -> &'static str {
    match object {
        ObjectKind::Group => "ims_groups",
        ObjectKind::Person => "ims_persons",
        ObjectKind::Membership => "ims_memberships",
    }
}

/// Savepoints go as plain text: not every database prepares them.
async fn savepoint(inner: &mut Transaction, statement: &str) -> Result<()> {
    inner.script(statement.to_owned()).await
}
