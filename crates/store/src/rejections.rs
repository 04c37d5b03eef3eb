//! Rows of deliveries that were not accepted.
//!
//! Not here: the rules (`reconcile::delivery::Rule`).
//!
//! Invariant: a rejection heals by itself when an accepted delivery of its source comes without it, and never before.

use std::collections::BTreeMap;

use reconcile::delivery::Rejection;
use reconcile::keys::{ModuleCode, PersonKey, SourceGroupId, SourceName, Text};

use crate::db::{LIST_MAX, Row, Transaction, Value};
use crate::deliveries::DeliveryId;
use crate::dialect::{Conflict, marks};
use crate::digest::Digest;
use crate::error::{Cause, Result};
use crate::filter::{Conditions, Page};
use crate::store::Store;
use crate::time::Timestamp;

/// Which rejections are asked for.
#[derive(Clone, Debug, Default)]
pub struct RejectionFilter {
    /// Only of this source.
    pub source: Option<SourceName>,
    /// Only those that block this module.
    pub module: Option<ModuleCode>,
    /// Also those that have healed.
    pub with_healed: bool,
    /// Which stretch of the list.
    pub page: Page,
}

/// A row that was not accepted, over all the nights on which it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectionRow {
    /// The source.
    pub source: SourceName,
    /// The file or query: `groups`, `members` or `modules`.
    pub table: Text,
    /// The code of the rule that was broken.
    pub rule: Text,
    /// The line where it was seen last.
    pub line: u64,
    /// How often the last delivery has it.
    pub times: u64,
    /// What exactly is wrong.
    pub detail: Text,
    /// The row as it was read.
    pub row: Vec<String>,
    /// The module that it blocks, where that could be told.
    pub module: Option<ModuleCode>,
    /// The group that it blocks, where that could be told.
    pub group: Option<SourceGroupId>,
    /// The person of the row, where there is one.
    pub person: Option<PersonKey>,
    /// When it was seen first.
    pub first_seen: Timestamp,
    /// When it was seen last.
    pub last_seen: Timestamp,
    /// When an accepted delivery came without it.
    pub healed_at: Option<Timestamp>,
}

/// Records the rejections of a delivery; those that were known keep the time when they were seen first.
pub(crate) async fn record(
    write: &mut Transaction,
    source: &SourceName,
    rejections: &[Rejection],
    delivery: DeliveryId,
    now: Timestamp,
) -> Result<()> {
    // The same row at two lines of one delivery is one rejection that came twice.
    let mut once: BTreeMap<String, (&Rejection, u64)> = BTreeMap::new();
    for rejection in rejections {
        once.entry(identity(source, rejection)).or_insert((rejection, 0)).1 += 1;
    }
    let identities: Vec<&String> = once.keys().collect();
    for some in identities.chunks(LIST_MAX) {
        // One that had healed and comes back is a new one.
        let sql = format!(
            "DELETE FROM rejections WHERE healed_at IS NOT NULL AND identity IN ({})",
            marks(some.len())
        );
        write.execute(sql, some.iter().map(|identity| Value::from(*identity))).await?;
    }
    let rows = once.iter().map(|(identity, (rejection, times))| {
        let Rejection { table, line, rule, detail, row, module, group, person } = rejection;
        let row_text = serde_json::Value::from_iter(row.iter().map(|field| field.as_ref())).to_string();
        [
            Value::from(identity),
            source.into(),
            table.into(),
            rule.as_str().into(),
            (*line).into(),
            (*times).into(),
            detail.into(),
            row_text.into(),
            module.as_ref().into(),
            group.as_ref().into(),
            person.as_ref().into(),
            now.into(),
            now.into(),
            delivery.0.into(),
        ]
    });
    let columns = [
        "identity",
        "source",
        "source_table",
        "rule",
        "line",
        "times",
        "detail",
        "row_text",
        "module",
        "group_id",
        "person",
        "first_seen",
        "last_seen",
        "last_delivery",
    ];
    let known = Conflict::Update {
        keys: &["identity"],
        columns: &["line", "times", "detail", "last_seen", "last_delivery"],
    };
    write.insert_many("rejections", columns, known, rows).await
}

/// Marks the rejections of a source that an accepted delivery no longer has.
pub(crate) async fn heal(
    write: &mut Transaction,
    source: &SourceName,
    accepted: DeliveryId,
    now: Timestamp,
) -> Result<()> {
    write
        .execute(
            "UPDATE rejections SET healed_at = ? WHERE source = ? AND healed_at IS NULL AND last_delivery < ?",
            [now.into(), source.into(), accepted.0.into()],
        )
        .await?;
    Ok(())
}

fn identity(source: &SourceName, rejection: &Rejection) -> String {
    let mut identity = Digest::default();
    identity.field(source.as_str()).field(&rejection.table).field(rejection.rule.as_str());
    for field in &rejection.row {
        identity.field(field);
    }
    identity.finish()
}

impl Store {
    /// The rejections, by source, table and line.
    pub async fn rejections(&self, filter: &RejectionFilter) -> Result<Vec<RejectionRow>> {
        let conditions = Conditions::default()
            .equals("source", filter.source.as_ref())
            .equals("module", filter.module.as_ref());
        let conditions = if filter.with_healed { conditions } else { conditions.and("healed_at IS NULL") };
        let (sql, values) = conditions.complete(
            "SELECT source, source_table, rule, line, times, detail, row_text, module, group_id, person, first_seen, \
             last_seen, healed_at FROM rejections",
            "source, source_table, line, id",
            filter.page,
        );
        self.db.read("list the rejections").await?.rows(sql, values, read).await
    }
}

fn read(row: &mut Row<'_>) -> Result<RejectionRow, Cause> {
    Ok(RejectionRow {
        source: SourceName(row.text()?),
        table: row.text()?,
        rule: row.text()?,
        line: row.count()?,
        times: row.count()?,
        detail: row.text()?,
        row: serde_json::from_str(&row.text()?)?,
        module: row.text_or_none()?.map(ModuleCode),
        group: row.text_or_none()?.map(SourceGroupId),
        person: row.text_or_none()?.map(PersonKey),
        first_seen: row.time()?,
        last_seen: row.time()?,
        healed_at: row.time_or_none()?,
    })
}
