//! The hierarchy of a site.
//!
//! Not here: which group may stand where; the caller has decided that.
//!
//! Invariant: each site has one root, which is never moved or deleted.

use reconcile::keys::Text;

use super::transaction::{Reading, SiteId, Writing};
use crate::db::{LIST_MAX, Row, Value};
use crate::dialect::marks;
use crate::error::{Cause, Result, StoreError};
use crate::store::Store;
use crate::time::Timestamp;
use crate::words::{known, words};

/// Names a group of the hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupRef(pub i64);

words! {
    /// What a group of the hierarchy is.
    GroupKind {
        /// The root.
        Site "site",
        /// A school.
        School "school",
        /// A course.
        Course "course",
        /// A group of a course.
        CourseGroup "course_group",
        /// Anything else.
        Unspecified "unspecified",
    }
}

/// Where and what a group is, without what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The group.
    pub id: GroupRef,
    /// What it is.
    pub kind: GroupKind,
    /// How many steps it is away from the group that was asked about.
    pub steps: u64,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRow {
    /// Its number here.
    pub id: GroupRef,
    /// Its sync key.
    pub sync_key: Text,
    /// The group above; none for the root.
    pub parent: Option<GroupRef>,
    /// What it is.
    pub kind: GroupKind,
    /// The object as a text of the protocol.
    pub body: Text,
    /// The sync key of the group above; empty for the root.
    pub parent_key: Text,
    /// The title of the group above; empty for the root.
    pub parent_title: Text,
}

/// What a group holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupContent {
    /// The group above.
    pub parent: GroupRef,
    /// What it is.
    pub kind: GroupKind,
    /// Its title.
    pub title: Text,
    /// The object as a text of the protocol.
    pub body: Text,
}

/// A course whose group was deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseLeft {
    /// The sync key that its group had.
    pub sync_key: Text,
    /// The title of its group.
    pub title: Text,
    /// The group as it was, as a text of the protocol.
    pub body: Text,
    /// When the group was deleted.
    pub left_at: Timestamp,
}

const SELECT: &str = "SELECT g.id, g.sync_key, g.parent, g.kind, g.body, p.sync_key, p.title FROM ims_groups g \
    LEFT JOIN ims_groups p ON p.id = g.parent";

/// All below a group, without itself.
const BELOW: &str = "WITH RECURSIVE below (id, kind, step) AS (SELECT id, kind, 1 FROM ims_groups WHERE parent = ? \
    UNION ALL SELECT g.id, g.kind, b.step + 1 FROM ims_groups g JOIN below b ON g.parent = b.id)";

/// A group and all above it.
const ABOVE: &str = "WITH RECURSIVE above (id, kind, parent, step) AS (SELECT id, kind, parent, 0 FROM ims_groups WHERE id = ? \
    UNION ALL SELECT g.id, g.kind, g.parent, a.step + 1 FROM ims_groups g JOIN above a ON g.id = a.parent)";

impl Reading {
    /// The group with a sync key.
    pub async fn group(&mut self, sync_key: &str) -> Result<Option<GroupRow>> {
        let sql = format!("{SELECT} WHERE g.site = ? AND g.sync_key = ?");
        self.inner.first(sql, [self.site(), sync_key.into()], read).await
    }

    /// The root of the site.
    pub async fn root(&mut self) -> Result<GroupRow> {
        let sql = format!("{SELECT} WHERE g.site = ? AND g.parent IS NULL");
        let root = self.inner.first(sql, [self.site()], read).await?;
        root.ok_or_else(|| StoreError::Missing { what: "the root of a site".to_owned() })
    }

    /// A group and all above it, the root last.
    pub async fn chain(&mut self, group: GroupRef) -> Result<Vec<Standing>> {
        let sql = format!("{ABOVE} SELECT id, kind, step FROM above ORDER BY step");
        self.inner.rows(sql, [Value::Int(group.0)], standing).await
    }

    /// All below a group, without itself.
    pub async fn below(&mut self, group: GroupRef) -> Result<Vec<Standing>> {
        let sql = format!("{BELOW} SELECT id, kind, step FROM below");
        self.inner.rows(sql, [Value::Int(group.0)], standing).await
    }

    /// The groups that a person is in, by their sync keys; at most so many.
    pub async fn groups_of(&mut self, person: super::PersonRef, limit: usize) -> Result<Vec<GroupRow>> {
        let sql = format!(
            "{SELECT} JOIN ims_memberships m ON m.group_id = g.id WHERE g.site = ? AND m.person_id = ? ORDER BY g.id LIMIT ?"
        );
        self.inner.rows(sql, [self.site(), Value::Int(person.0), limit.into()], read).await
    }

    /// The groups directly below one, by their sync keys.
    pub async fn children(&mut self, group: GroupRef) -> Result<Vec<GroupRow>> {
        let sql = format!("{SELECT} WHERE g.site = ? AND g.parent = ? ORDER BY g.id");
        self.inner.rows(sql, [self.site(), Value::Int(group.0)], read).await
    }
}

impl Writing {
    /// Makes a group.
    pub async fn insert_group(
        &mut self,
        sync_key: &str,
        content: &GroupContent,
        now: Timestamp,
    ) -> Result<GroupRef> {
        let GroupContent { parent, kind, title, body } = content;
        let columns = ["site", "sync_key", "parent", "kind", "title", "body", "created_at", "changed_at"];
        let row = [
            self.site(),
            sync_key.into(),
            Value::Int(parent.0),
            kind.as_str().into(),
            title.into(),
            body.into(),
            now.into(),
            now.into(),
        ];
        self.inner.insert_one("ims_groups", columns, row).await.map(GroupRef)
    }

    /// Gives a group another content.
    pub async fn update_group(
        &mut self,
        group: GroupRef,
        content: &GroupContent,
        now: Timestamp,
    ) -> Result<()> {
        let GroupContent { parent, kind, title, body } = content;
        let sql = "UPDATE ims_groups SET parent = ?, kind = ?, title = ?, body = ?, changed_at = ? WHERE site = ? AND id = ?";
        let values = [
            Value::Int(parent.0),
            kind.as_str().into(),
            title.into(),
            body.into(),
            now.into(),
            self.site(),
            Value::Int(group.0),
        ];
        self.inner.execute(sql, values).await.map(|_| ())
    }

    /// Deletes a group, all below it, and their memberships. Their courses stay, disconnected.
    pub async fn delete_branch(&mut self, group: &GroupRow, now: Timestamp) -> Result<()> {
        let mut branch = self.below(group.id).await?;
        branch.push(Standing { id: group.id, kind: group.kind, steps: 0 });
        for part in branch.chunks(LIST_MAX) {
            let list = marks(part.len());
            let ids = || part.iter().map(|standing| Value::Int(standing.id.0));
            let with = |first: Vec<Value>| first.into_iter().chain(ids());
            let sql = format!(
                "INSERT INTO ims_courses_left (site, sync_key, title, body, left_at) \
                 SELECT site, sync_key, title, body, ? FROM ims_groups WHERE kind = ? AND id IN ({list})"
            );
            let course = GroupKind::Course.as_str();
            self.inner.execute(sql, with(vec![now.into(), course.into()])).await?;
            let sql = format!("DELETE FROM ims_memberships WHERE group_id IN ({list})");
            self.inner.execute(sql, ids()).await?;
            let sql = format!("UPDATE ims_persons SET home_group = NULL WHERE home_group IN ({list})");
            self.inner.execute(sql, ids()).await?;
            let sql = format!("DELETE FROM ims_groups WHERE id IN ({list})");
            self.inner.execute(sql, ids()).await?;
        }
        Ok(())
    }
}

impl Store {
    /// The courses of a site whose groups were deleted, newest first.
    pub async fn ims_courses_left(&self, site: SiteId) -> Result<Vec<CourseLeft>> {
        let mut read_only = self.db.read("list the courses without a group").await?;
        let sql =
            "SELECT sync_key, title, body, left_at FROM ims_courses_left WHERE site = ? ORDER BY id DESC";
        read_only
            .rows(sql, [Value::Int(site.0)], |row| {
                Ok(CourseLeft {
                    sync_key: row.text()?,
                    title: row.text()?,
                    body: row.text()?,
                    left_at: row.time()?,
                })
            })
            .await
    }
}

fn standing(row: &mut Row<'_>) -> Result<Standing, Cause> {
    Ok(Standing {
        id: GroupRef(row.int()?),
        kind: known(&row.text()?, GroupKind::from_word)?,
        steps: row.count()?,
    })
}

fn read(row: &mut Row<'_>) -> Result<GroupRow, Cause> {
    Ok(GroupRow {
        id: GroupRef(row.int()?),
        sync_key: row.text()?,
        parent: row.int_or_none()?.map(GroupRef),
        kind: known(&row.text()?, GroupKind::from_word)?,
        body: row.text()?,
        parent_key: row.text()?,
        parent_title: row.text()?,
    })
}
