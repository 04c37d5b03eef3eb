//! What a site teaches, as a source reads it: courses, their groups, people and who is in which group.
//!
//! Not here: what becomes of it (`app/sources/imses.rs`), and single objects (`groups.rs`, `persons.rs`, `memberships.rs`).
//!
//! Invariant: everything that one [`Teaching`] reads is of one moment, and nothing but the row at hand is in memory.

use reconcile::keys::Text;

use super::groups::{GroupKind, GroupRef};
use super::persons::PersonRef;
use super::transaction::SiteId;
use crate::db::{Transaction, Value};
use crate::error::Result;
use crate::store::Store;

/// Reads what one site teaches.
pub struct Teaching {
    inner: Transaction,
    site: SiteId,
    writes: i64,
}

/// Which state of a site was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The site.
    pub site: SiteId,
    /// How many calls had written to it.
    pub writes: i64,
    /// The newest change of a key; 0 where there was none.
    pub rename: i64,
    /// What is called by sync keys.
    pub keys: PushedKeys,
}

/// What of a delivery is called by sync keys, besides groups: when such a key changes, what is ours follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushedKeys {
    /// Modules.
    pub modules: bool,
    /// People.
    pub persons: bool,
}

/// A course, or a group of a course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taught {
    /// Its number here.
    pub id: GroupRef,
    /// The group above.
    pub parent: Option<GroupRef>,
    /// Its sync key.
    pub sync_key: Text,
    /// Its title.
    pub title: Text,
    /// The object as a text of the protocol.
    pub body: Text,
}

impl Store {
    /// Begins to read what a site teaches; `None` where there is no such site.
    pub async fn ims_teaching(&self, site: &str) -> Result<Option<Teaching>> {
        let mut inner = self.db.read("read what a student system pushed").await?;
        let sql = "SELECT id, writes FROM ims_sites WHERE name = ?";
        let found = inner.first(sql, [site.into()], |row| Ok((row.int()?, row.int()?))).await?;
        Ok(found.map(|(id, writes)| Teaching { inner, site: SiteId(id), writes }))
    }
}

impl Teaching {
    /// Which state this is.
    pub async fn pushed(&mut self, keys: PushedKeys) -> Result<Pushed> {
        let sql = "SELECT COALESCE(MAX(id), 0) FROM ims_renames WHERE site = ?";
        let rename = self.inner.first(sql, [Value::Int(self.site.0)], |row| row.int()).await?;
        Ok(Pushed { site: self.site, writes: self.writes, rename: rename.unwrap_or(0), keys })
    }

    /// Shows each course.
    pub async fn courses(&mut self, visit: impl FnMut(Taught) + Send) -> Result<()> {
        self.taught(GroupKind::Course, visit).await
    }

    /// Shows each group of a course.
    pub async fn course_groups(&mut self, visit: impl FnMut(Taught) + Send) -> Result<()> {
        self.taught(GroupKind::CourseGroup, visit).await
    }

    async fn taught(&mut self, kind: GroupKind, mut visit: impl FnMut(Taught) + Send) -> Result<()> {
        let sql = "SELECT id, parent, sync_key, title, body FROM ims_groups WHERE site = ? AND kind = ? ORDER BY id";
        let values = [Value::Int(self.site.0), kind.as_str().into()];
        self.inner
            .each(sql, values, |row| {
                let (id, parent) = (GroupRef(row.int()?), row.int_or_none()?.map(GroupRef));
                let (sync_key, title, body) = (row.text()?, row.text()?, row.text()?);
                visit(Taught { id, parent, sync_key, title, body });
                Ok(())
            })
            .await
    }

    /// Shows each person's number, sync key and text.
    pub async fn persons(&mut self, mut visit: impl FnMut(PersonRef, &str, &str) + Send) -> Result<()> {
        let sql = "SELECT id, sync_key, body FROM ims_persons WHERE site = ? ORDER BY id";
        self.inner
            .each(sql, [Value::Int(self.site.0)], |row| {
                let (id, sync_key) = (PersonRef(row.int()?), row.text()?);
                visit(id, &sync_key, row.str_or_none()?.unwrap_or_default());
                Ok(())
            })
            .await
    }

    /// Shows the group, the person and the text of each membership, in whatever order is quick.
    pub async fn memberships(
        &mut self,
        mut visit: impl FnMut(GroupRef, PersonRef, &str) + Send,
    ) -> Result<()> {
        let sql = "SELECT group_id, person_id, body FROM ims_memberships WHERE site = ?";
        self.inner
            .each(sql, [Value::Int(self.site.0)], |row| {
                let (group, person) = (GroupRef(row.int()?), PersonRef(row.int()?));
                visit(group, person, row.str_or_none()?.unwrap_or_default());
                Ok(())
            })
            .await
    }
}
