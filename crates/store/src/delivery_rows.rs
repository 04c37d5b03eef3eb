//! The rows of a delivery: bulk insert, pruning, and the difference between two deliveries.
//!
//! Not here: the list of deliveries ([`crate::deliveries`]).
//!
//! Invariant: members are written group by group, in the order of the table, which is what makes the bulk insert quick.

use std::collections::{BTreeSet, HashMap};

use reconcile::delivery::{DeliveredGroup, Delivery};
use reconcile::keys::{ModuleCode, PersonKey, Role, SourceGroupId, SourceName, Text};

use crate::db::{LIST_MAX, Row, Transaction, Value};
use crate::deliveries::DeliveryId;
use crate::dialect::{Conflict, marks};
use crate::error::{Cause, Result, StoreError};
use crate::store::Store;

/// What differs between two deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryDifference {
    /// Groups that only the second has.
    pub groups_added: Vec<DeliveredGroup>,
    /// Groups that only the first has.
    pub groups_removed: Vec<DeliveredGroup>,
    /// Groups whose code, name, kind or term differ: in the first, in the second.
    pub groups_changed: Vec<(DeliveredGroup, DeliveredGroup)>,
    /// Memberships that only the second has.
    pub members_added: Vec<Membership>,
    /// Memberships that only the first has.
    pub members_removed: Vec<Membership>,
    /// Memberships with another role, as the second has them.
    pub members_changed: Vec<Membership>,
}

/// A membership by its names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Membership {
    /// The module.
    pub module: ModuleCode,
    /// The group.
    pub group: SourceGroupId,
    /// The person.
    pub person: PersonKey,
    /// The role.
    pub role: Role,
}

/// Writes the rows of a delivery.
pub(crate) async fn insert(write: &mut Transaction, id: i64, delivery: &Delivery) -> Result<()> {
    let hashes = delivery.module_hashes();
    let modules =
        hashes.iter().map(|(module, hash)| [id.into(), Value::from(*module), hash.to_string().into()]);
    write.insert_many("source_modules", ["delivery", "module", "hash"], Conflict::Fail, modules).await?;

    let first_group = write.id_max("source_groups").await? + 1;
    let groups = (first_group..).zip(&delivery.groups).map(|(group_id, group)| {
        let DeliveredGroup { module, id: source_id, code, name, kind, term } = group;
        [
            Value::Int(group_id),
            id.into(),
            module.into(),
            source_id.into(),
            code.into(),
            name.into(),
            kind.into(),
            term.into(),
        ]
    });
    let columns = ["id", "delivery", "module", "group_id", "code", "name", "kind", "term"];
    write.insert_many("source_groups", columns, Conflict::Fail, groups).await?;

    let persons = person_ids(write, &delivery.persons).await?;
    let mut members = delivery.members.clone();
    members.sort_unstable();
    let members = members.iter().filter_map(|member| {
        let person = persons.get(member.person as usize)?;
        let group = first_group + i64::from(member.group);
        Some([Value::Int(group), Value::Int(*person), (member.role == Role::Tutor).into()])
    });
    write.insert_many("source_members", ["source_group", "person", "tutor"], Conflict::Fail, members).await
}

/// Finds the numbers of persons, and gives numbers to those who have none yet.
async fn person_ids(write: &mut Transaction, persons: &[PersonKey]) -> Result<Vec<i64>> {
    let mut known: HashMap<Text, i64> = HashMap::with_capacity(persons.len());
    for some in persons.chunks(LIST_MAX) {
        let sql = format!("SELECT person, id FROM persons WHERE person IN ({})", marks(some.len()));
        write
            .each(sql, some.iter().map(Value::from), |row| {
                known.insert(row.text()?, row.int()?);
                Ok(())
            })
            .await?;
    }
    let mut next = write.id_max("persons").await?;
    let mut new = Vec::new();
    let ids = persons.iter().map(|person| {
        *known.entry(person.0.clone()).or_insert_with(|| {
            next += 1;
            new.push([Value::Int(next), person.into()]);
            next
        })
    });
    let ids = ids.collect();
    write.insert_many("persons", ["id", "person"], Conflict::Fail, new).await?;
    Ok(ids)
}

/// Removes the rows that no kept delivery of a source needs: the newest `kept` accepted ones, and the newest refused
/// one that somebody may still accept.
pub(crate) async fn prune(write: &mut Transaction, source: &SourceName, kept: usize) -> Result<()> {
    let accepted = write
        .rows(
            "SELECT rows_of, MAX(id) FROM deliveries WHERE source = ? AND state = 'accepted' \
             AND rows_of IS NOT NULL GROUP BY rows_of ORDER BY MAX(id) DESC",
            [source.into()],
            |row| Ok((row.int()?, row.int()?)),
        )
        .await?;
    let newest = accepted.first().map_or(0, |(_, id)| *id);
    let refused = write
        .first(
            "SELECT rows_of FROM deliveries WHERE source = ? AND state = 'refused' AND id > ? \
             AND rows_of IS NOT NULL ORDER BY id DESC LIMIT 1",
            [source.into(), newest.into()],
            |row| row.int(),
        )
        .await?;
    let keep: BTreeSet<i64> =
        accepted.iter().take(kept).map(|(rows_of, _)| *rows_of).chain(refused).collect();
    let there = write
        .rows(
            "SELECT DISTINCT rows_of FROM deliveries WHERE source = ? AND rows_of IS NOT NULL",
            [source.into()],
            |row| row.int(),
        )
        .await?;
    let gone: Vec<i64> = there.into_iter().filter(|rows_of| !keep.contains(rows_of)).collect();
    for rows_of in &gone {
        forget_rows(write, *rows_of).await?;
    }
    if !gone.is_empty() {
        forget_persons(write).await?;
    }
    Ok(())
}

/// Removes the rows of one delivery.
async fn forget_rows(write: &mut Transaction, rows_of: i64) -> Result<()> {
    // The groups of a delivery were numbered one after the other. A range is quick on every database; a list of millions
    // that another query gives is not.
    let sql = "SELECT MIN(id), MAX(id) FROM source_groups WHERE delivery = ?";
    let groups = write
        .first(sql, [Value::Int(rows_of)], |row| Ok(row.int_or_none()?.zip(row.int_or_none()?)))
        .await?
        .flatten();
    if let Some((first, last)) = groups {
        let sql = "DELETE FROM source_members WHERE source_group BETWEEN ? AND ?";
        write.execute(sql, [Value::Int(first), Value::Int(last)]).await?;
    }
    for statement in [
        "DELETE FROM source_groups WHERE delivery = ?",
        "DELETE FROM source_modules WHERE delivery = ?",
        "UPDATE deliveries SET rows_of = NULL WHERE rows_of = ?",
    ] {
        write.execute(statement, [Value::Int(rows_of)]).await?;
    }
    Ok(())
}

/// Removes the people whom no delivery names: nobody is remembered for longer.
async fn forget_persons(write: &mut Transaction) -> Result<()> {
    let sql = "SELECT p.id FROM persons p \
         LEFT JOIN (SELECT DISTINCT person FROM source_members) m ON m.person = p.id WHERE m.person IS NULL";
    let gone = write.rows(sql, [], |row| row.int()).await?;
    for some in gone.chunks(LIST_MAX) {
        let sql = format!("DELETE FROM persons WHERE id IN ({})", marks(some.len()));
        write.execute(sql, some.iter().map(|id| Value::Int(*id))).await?;
    }
    Ok(())
}

impl Store {
    /// Compares two deliveries of one source.
    ///
    /// Errors: [`StoreError::Missing`] where one of them is unknown or its rows were pruned.
    pub async fn delivery_difference(&self, a: DeliveryId, b: DeliveryId) -> Result<DeliveryDifference> {
        let mut read = self.db.read("compare two deliveries").await?;
        let (a, b) = (rows_of(&mut read, a).await?, rows_of(&mut read, b).await?);
        Ok(DeliveryDifference {
            groups_added: groups_only_in(&mut read, b, a).await?,
            groups_removed: groups_only_in(&mut read, a, b).await?,
            groups_changed: groups_changed(&mut read, a, b).await?,
            members_added: members_only_in(&mut read, b, a).await?,
            members_removed: members_only_in(&mut read, a, b).await?,
            members_changed: members_changed(&mut read, a, b).await?,
        })
    }
}

async fn rows_of(read: &mut Transaction, id: DeliveryId) -> Result<i64> {
    let found = read
        .first(
            "SELECT rows_of FROM deliveries WHERE id = ? AND rows_of IS NOT NULL",
            [Value::Int(id.0)],
            |row| row.int(),
        )
        .await?;
    let what = || format!("the rows of delivery {}; only the newest deliveries keep their rows", id.0);
    found.ok_or_else(|| StoreError::Missing { what: what() })
}

async fn groups_only_in(read: &mut Transaction, one: i64, other: i64) -> Result<Vec<DeliveredGroup>> {
    read.rows(
        "SELECT x.module, x.group_id, x.code, x.name, x.kind, x.term FROM source_groups x \
         LEFT JOIN source_groups y ON y.delivery = ? AND y.module = x.module AND y.group_id = x.group_id \
         WHERE x.delivery = ? AND y.id IS NULL ORDER BY x.module, x.group_id",
        [other.into(), one.into()],
        group,
    )
    .await
}

async fn groups_changed(
    read: &mut Transaction,
    a: i64,
    b: i64,
) -> Result<Vec<(DeliveredGroup, DeliveredGroup)>> {
    read.rows(
        "SELECT x.module, x.group_id, x.code, x.name, x.kind, x.term, y.module, y.group_id, y.code, y.name, y.kind, \
         y.term FROM source_groups x \
         JOIN source_groups y ON y.delivery = ? AND y.module = x.module AND y.group_id = x.group_id \
         WHERE x.delivery = ? \
         AND (y.code <> x.code OR y.name <> x.name OR y.kind <> x.kind OR y.term <> x.term) \
         ORDER BY x.module, x.group_id",
        [b.into(), a.into()],
        |row| Ok((group(row)?, group(row)?)),
    )
    .await
}

async fn members_only_in(read: &mut Transaction, one: i64, other: i64) -> Result<Vec<Membership>> {
    read.rows(
        "SELECT x.module, x.group_id, p.person, m.tutor FROM source_groups x \
         JOIN source_members m ON m.source_group = x.id JOIN persons p ON p.id = m.person \
         LEFT JOIN source_groups y ON y.delivery = ? AND y.module = x.module AND y.group_id = x.group_id \
         LEFT JOIN source_members n ON n.source_group = y.id AND n.person = m.person \
         WHERE x.delivery = ? AND n.person IS NULL ORDER BY x.module, x.group_id, p.person",
        [other.into(), one.into()],
        membership,
    )
    .await
}

async fn members_changed(read: &mut Transaction, a: i64, b: i64) -> Result<Vec<Membership>> {
    read.rows(
        "SELECT y.module, y.group_id, p.person, n.tutor FROM source_groups x \
         JOIN source_members m ON m.source_group = x.id \
         JOIN source_groups y ON y.delivery = ? AND y.module = x.module AND y.group_id = x.group_id \
         JOIN source_members n ON n.source_group = y.id AND n.person = m.person AND n.tutor <> m.tutor \
         JOIN persons p ON p.id = m.person \
         WHERE x.delivery = ? ORDER BY y.module, y.group_id, p.person",
        [b.into(), a.into()],
        membership,
    )
    .await
}

fn group(row: &mut Row<'_>) -> Result<DeliveredGroup, Cause> {
    Ok(DeliveredGroup {
        module: ModuleCode(row.text()?),
        id: SourceGroupId(row.text()?),
        code: row.text()?,
        name: row.text()?,
        kind: row.text()?,
        term: row.text()?,
    })
}

fn membership(row: &mut Row<'_>) -> Result<Membership, Cause> {
    Ok(Membership {
        module: ModuleCode(row.text()?),
        group: SourceGroupId(row.text()?),
        person: PersonKey(row.text()?),
        role: role_of(row.flag()?),
    })
}

/// The role that the column `tutor` stands for.
pub(crate) fn role_of(tutor: bool) -> Role {
    if tutor { Role::Tutor } else { Role::Student }
}
