//! Who is in which group of a site.
//!
//! Not here: what a membership's text says.
//!
//! Invariant: one person has one membership in a group.

use reconcile::keys::Text;

use super::groups::GroupRef;
use super::persons::PersonRef;
use super::transaction::{Reading, Writing};
use crate::db::{Row, Value};
use crate::error::{Cause, Result};
use crate::time::Timestamp;

/// Names a membership of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MembershipRef(pub i64);

/// A membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipRow {
    /// Its number here.
    pub id: MembershipRef,
    /// Its sync key.
    pub sync_key: Text,
    /// The group.
    pub group: GroupRef,
    /// The group's sync key.
    pub group_key: Text,
    /// The person.
    pub person: PersonRef,
    /// The person's sync key.
    pub person_key: Text,
    /// The object as a text of the protocol.
    pub body: Text,
    /// Whether the group is the person's home.
    pub is_home: bool,
}

/// What a membership holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipContent {
    /// The group.
    pub group: GroupRef,
    /// The person.
    pub person: PersonRef,
    /// The object as a text of the protocol.
    pub body: Text,
}

const SELECT: &str = "SELECT m.id, m.sync_key, m.group_id, g.sync_key, m.person_id, p.sync_key, m.body, p.home_group \
    FROM ims_memberships m JOIN ims_groups g ON g.id = m.group_id JOIN ims_persons p ON p.id = m.person_id";

impl Reading {
    /// The membership with a sync key.
    pub async fn membership(&mut self, sync_key: &str) -> Result<Option<MembershipRow>> {
        let sql = format!("{SELECT} WHERE m.site = ? AND m.sync_key = ?");
        self.inner.first(sql, [self.site(), sync_key.into()], read).await
    }

    /// The membership of a person in a group.
    pub async fn membership_in(
        &mut self,
        group: GroupRef,
        person: PersonRef,
    ) -> Result<Option<MembershipRow>> {
        let sql = format!("{SELECT} WHERE m.site = ? AND m.group_id = ? AND m.person_id = ?");
        self.inner.first(sql, [self.site(), Value::Int(group.0), Value::Int(person.0)], read).await
    }

    /// The memberships of a person; at most so many.
    pub async fn memberships_of_person(
        &mut self,
        person: PersonRef,
        limit: usize,
    ) -> Result<Vec<MembershipRow>> {
        let sql = format!("{SELECT} WHERE m.site = ? AND m.person_id = ? ORDER BY m.id LIMIT ?");
        self.inner.rows(sql, [self.site(), Value::Int(person.0), limit.into()], read).await
    }

    /// The memberships of a group; at most so many.
    pub async fn memberships_of_group(
        &mut self,
        group: GroupRef,
        limit: usize,
    ) -> Result<Vec<MembershipRow>> {
        let sql = format!("{SELECT} WHERE m.site = ? AND m.group_id = ? ORDER BY m.id LIMIT ?");
        self.inner.rows(sql, [self.site(), Value::Int(group.0), limit.into()], read).await
    }
}

impl Writing {
    /// Makes a membership.
    pub async fn insert_membership(
        &mut self,
        sync_key: &str,
        content: &MembershipContent,
        now: Timestamp,
    ) -> Result<MembershipRef> {
        let MembershipContent { group, person, body } = content;
        let columns = ["site", "sync_key", "group_id", "person_id", "body", "created_at", "changed_at"];
        let row = [
            self.site(),
            sync_key.into(),
            Value::Int(group.0),
            Value::Int(person.0),
            body.into(),
            now.into(),
            now.into(),
        ];
        self.inner.insert_one("ims_memberships", columns, row).await.map(MembershipRef)
    }

    /// Gives a membership another content.
    pub async fn update_membership(
        &mut self,
        membership: MembershipRef,
        content: &MembershipContent,
        now: Timestamp,
    ) -> Result<()> {
        let MembershipContent { group, person, body } = content;
        let sql = "UPDATE ims_memberships SET group_id = ?, person_id = ?, body = ?, changed_at = ? WHERE site = ? AND id = ?";
        let values = [
            Value::Int(group.0),
            Value::Int(person.0),
            body.into(),
            now.into(),
            self.site(),
            Value::Int(membership.0),
        ];
        self.inner.execute(sql, values).await.map(|_| ())
    }

    /// Deletes a membership.
    pub async fn delete_membership(&mut self, membership: MembershipRef) -> Result<()> {
        let sql = "DELETE FROM ims_memberships WHERE site = ? AND id = ?";
        let values = [self.site(), Value::Int(membership.0)];
        self.inner.execute(sql, values).await.map(|_| ())
    }
}

fn read(row: &mut Row<'_>) -> Result<MembershipRow, Cause> {
    let id = MembershipRef(row.int()?);
    let sync_key = row.text()?;
    let (group, group_key) = (GroupRef(row.int()?), row.text()?);
    let (person, person_key) = (PersonRef(row.int()?), row.text()?);
    let (body, home) = (row.text()?, row.int_or_none()?);
    let is_home = home == Some(group.0);
    Ok(MembershipRow { id, sync_key, group, group_key, person, person_key, body, is_home })
}
