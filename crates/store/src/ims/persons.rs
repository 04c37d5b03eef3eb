//! The persons of a site, and who is whose child.
//!
//! Not here: what a person's text says.
//!
//! Invariant: with a person go the memberships and the relations to relatives.

use reconcile::keys::Text;

use super::groups::GroupRef;
use super::transaction::{Reading, Writing};
use crate::db::{Row, Value};
use crate::dialect::Conflict;
use crate::error::{Cause, Result};
use crate::time::Timestamp;

/// Names a person of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonRef(pub i64);

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    /// The number here.
    pub id: PersonRef,
    /// The sync key.
    pub sync_key: Text,
    /// The object as a text of the protocol.
    pub body: Text,
    /// The group that is the person's home; none for the site itself.
    pub home_group: Option<GroupRef>,
}

/// The sync keys of a person's relatives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relatives {
    /// Of the parents.
    pub parents: Vec<Text>,
    /// Of the children.
    pub children: Vec<Text>,
}

/// A part of all persons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonPage {
    /// How many there are in all.
    pub count: u64,
    /// Those of the page.
    pub persons: Vec<PersonRow>,
}

const SELECT: &str = "SELECT p.id, p.sync_key, p.body, p.home_group FROM ims_persons p";

impl Reading {
    /// The person with a sync key.
    pub async fn person(&mut self, sync_key: &str) -> Result<Option<PersonRow>> {
        let sql = format!("{SELECT} WHERE p.site = ? AND p.sync_key = ?");
        self.inner.first(sql, [self.site(), sync_key.into()], read).await
    }

    /// The persons in a group; at most so many.
    pub async fn persons_of(&mut self, group: GroupRef, limit: usize) -> Result<Vec<PersonRow>> {
        let sql = format!(
            "{SELECT} JOIN ims_memberships m ON m.person_id = p.id WHERE p.site = ? AND m.group_id = ? ORDER BY p.id LIMIT ?"
        );
        self.inner.rows(sql, [self.site(), Value::Int(group.0), limit.into()], read).await
    }

    /// A page of the persons that were made at a time or later, in the order in which they were made.
    pub async fn person_page(&mut self, since: Timestamp, skipped: u64, size: usize) -> Result<PersonPage> {
        let sql = "SELECT COUNT(*) FROM ims_persons WHERE site = ? AND created_at >= ?";
        let count = self.inner.first(sql, [self.site(), since.into()], |row| row.count()).await?;
        let sql = format!("{SELECT} WHERE p.site = ? AND p.created_at >= ? ORDER BY p.id LIMIT ? OFFSET ?");
        let values = [self.site(), since.into(), size.into(), skipped.into()];
        let persons = self.inner.rows(sql, values, read).await?;
        Ok(PersonPage { count: count.unwrap_or_default(), persons })
    }

    /// A person's relatives, in the order of their sync keys.
    pub async fn relatives(&mut self, person: PersonRef) -> Result<Relatives> {
        let sql = "SELECT p.sync_key FROM ims_relatives r JOIN ims_persons p ON p.id = r.parent WHERE r.child = ? ORDER BY p.sync_key";
        let parents = self.inner.rows(sql, [Value::Int(person.0)], |row| row.text()).await?;
        let sql = "SELECT p.sync_key FROM ims_relatives r JOIN ims_persons p ON p.id = r.child WHERE r.parent = ? ORDER BY p.sync_key";
        let children = self.inner.rows(sql, [Value::Int(person.0)], |row| row.text()).await?;
        Ok(Relatives { parents, children })
    }
}

impl Writing {
    /// Makes a person.
    pub async fn insert_person(&mut self, sync_key: &str, body: &str, now: Timestamp) -> Result<PersonRef> {
        let columns = ["site", "sync_key", "body", "home_group", "created_at", "changed_at"];
        let row = [self.site(), sync_key.into(), body.into(), Value::Null, now.into(), now.into()];
        self.inner.insert_one("ims_persons", columns, row).await.map(PersonRef)
    }

    /// Gives a person another text.
    pub async fn update_person(&mut self, person: PersonRef, body: &str, now: Timestamp) -> Result<()> {
        let sql = "UPDATE ims_persons SET body = ?, changed_at = ? WHERE site = ? AND id = ?";
        let values = [body.into(), now.into(), self.site(), Value::Int(person.0)];
        self.inner.execute(sql, values).await.map(|_| ())
    }

    /// Gives a person another home; none for the site itself.
    pub async fn set_home(&mut self, person: PersonRef, home: Option<GroupRef>) -> Result<()> {
        let sql = "UPDATE ims_persons SET home_group = ? WHERE site = ? AND id = ?";
        let values = [home.map(|group| group.0).into(), self.site(), Value::Int(person.0)];
        self.inner.execute(sql, values).await.map(|_| ())
    }

    /// Deletes a person with the memberships.
    pub async fn delete_person(&mut self, person: PersonRef) -> Result<()> {
        let id = || Value::Int(person.0);
        self.inner.execute("DELETE FROM ims_memberships WHERE person_id = ?", [id()]).await?;
        self.inner.execute("DELETE FROM ims_relatives WHERE parent = ? OR child = ?", [id(), id()]).await?;
        let sql = "DELETE FROM ims_persons WHERE site = ? AND id = ?";
        let values = [self.site(), id()];
        self.inner.execute(sql, values).await.map(|_| ())
    }

    /// Takes away all children of a person; the children stay as persons.
    pub async fn clear_children(&mut self, parent: PersonRef) -> Result<()> {
        self.inner
            .execute("DELETE FROM ims_relatives WHERE parent = ?", [Value::Int(parent.0)])
            .await
            .map(|_| ())
    }

    /// Adds children to a person; those that are there stay.
    pub async fn add_children(&mut self, parent: PersonRef, children: &[PersonRef]) -> Result<()> {
        let keys = ["parent", "child"];
        let conflict = Conflict::Update { keys: &keys, columns: &["child"] };
        let rows: Vec<_> = children.iter().map(|child| [Value::Int(parent.0), Value::Int(child.0)]).collect();
        self.inner.insert_many("ims_relatives", keys, conflict, rows).await
    }
}

fn read(row: &mut Row<'_>) -> Result<PersonRow, Cause> {
    Ok(PersonRow {
        id: PersonRef(row.int()?),
        sync_key: row.text()?,
        body: row.text()?,
        home_group: row.int_or_none()?.map(GroupRef),
    })
}
