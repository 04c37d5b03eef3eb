//! Deliveries of the sources: saving, accepting, listing.
//!
//! Not here: the rows of a delivery ([`crate::delivery_rows`]) and whether one is believed (`reconcile::delivery`).
//!
//! Invariant: a delivery is in the database whole or not at all.
//! Invariant: the newest accepted delivery of a source always has its rows.

use reconcile::delivery::{Delivery, Figures};
use reconcile::keys::{SourceName, Text};

use crate::audit::{Entry, record};
use crate::db::{Row, Transaction, Value};
use crate::delivery_rows;
use crate::error::{Cause, Result, StoreError};
use crate::ims::Pushed;
use crate::lock::RunLock;
use crate::new_keys::{Following, follow};
use crate::rejections;
use crate::store::Store;
use crate::time::Timestamp;
use crate::touched;

/// Names a delivery; later ones have greater numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId(pub i64);

/// Whether a delivery is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is, and from now on says what the source says.
    Accepted,
    /// It is not, for these reasons in words; a person may accept it all the same.
    Refused(String),
}

/// A person's word that a delivery counts although it was refused.
#[derive(Clone, Copy, Debug)]
pub struct Acceptance<'a> {
    /// The source of mappings that name none.
    pub default_source: &'a SourceName,
    /// Who.
    pub who: &'a str,
    /// Why.
    pub reason: &'a str,
    /// When.
    pub now: Timestamp,
}

/// Where a delivery was read that a student system pushed.
#[derive(Clone, Copy, Debug)]
pub struct PushedDelivery<'a> {
    /// Which state of which site.
    pub pushed: Pushed,
    /// The source of mappings that name none.
    pub default_source: &'a SourceName,
}

/// A line in the list of deliveries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Its number.
    pub id: DeliveryId,
    /// The source.
    pub source: SourceName,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Whether it is accepted.
    pub accepted: bool,
    /// Why it was refused first; empty otherwise.
    pub doubts: Text,
    /// The hash of its rows.
    pub content_hash: Text,
    /// The delivery that holds the same rows: itself, or an earlier one; `None` once they were pruned.
    pub rows_of: Option<DeliveryId>,
    /// How much it holds.
    pub figures: Figures,
    /// The person who accepted it although it was refused, and why.
    pub accepted_by: Option<(Text, Text)>,
}

const SELECT: &str = "SELECT id, source, received_at, state, doubts, content_hash, rows_of, module_count, \
     group_count, student_count, tutor_count, rejection_count, accepted_by, accepted_reason FROM deliveries";

/// The newest accepted delivery of every source.
pub(crate) const NEWEST_ACCEPTED: &str =
    "id IN (SELECT MAX(id) FROM deliveries WHERE state = 'accepted' GROUP BY source)";

impl Store {
    /// Saves a delivery with its rejections.
    ///
    /// One that says the same as a delivery whose rows are there adds no rows. Rows beyond the kept deliveries of the
    /// source are pruned.
    pub async fn save_delivery(
        &self,
        lock: &RunLock,
        delivery: &Delivery,
        now: Timestamp,
        verdict: &Verdict,
    ) -> Result<DeliveryId> {
        self.save(lock, delivery, None, now, verdict).await
    }

    /// Saves a delivery that was read from what a student system pushed. Where it is accepted, what is ours follows the keys
    /// that the student system changed.
    pub async fn save_pushed_delivery(
        &self,
        lock: &RunLock,
        delivery: &Delivery,
        pushed: PushedDelivery<'_>,
        now: Timestamp,
        verdict: &Verdict,
    ) -> Result<DeliveryId> {
        self.save(lock, delivery, Some(pushed), now, verdict).await
    }

    async fn save(
        &self,
        lock: &RunLock,
        delivery: &Delivery,
        pushed: Option<PushedDelivery<'_>>,
        now: Timestamp,
        verdict: &Verdict,
    ) -> Result<DeliveryId> {
        let content_hash = delivery.content_hash().to_string();
        let mut write = self.db.write_locked(lock, "save a delivery").await?;
        let same = write
            .first(
                "SELECT rows_of FROM deliveries WHERE source = ? AND content_hash = ? AND rows_of IS NOT NULL \
                 ORDER BY id DESC LIMIT 1",
                [Value::from(&delivery.source), Value::from(&content_hash)],
                |row| row.int(),
            )
            .await?;
        let id = insert(&mut write, delivery, now, verdict, &content_hash).await?;
        let rows_of = same.unwrap_or(id);
        write
            .execute("UPDATE deliveries SET rows_of = ? WHERE id = ?", [Value::Int(rows_of), Value::Int(id)])
            .await?;
        if same.is_none() {
            delivery_rows::insert(&mut write, id, delivery).await?;
        }
        rejections::record(&mut write, &delivery.source, &delivery.rejections, DeliveryId(id), now).await?;
        if let Some(PushedDelivery { pushed, .. }) = pushed {
            note_origin(&mut write, id, pushed).await?;
        }
        if *verdict == Verdict::Accepted {
            rejections::heal(&mut write, &delivery.source, DeliveryId(id), now).await?;
        }
        if let (Some(PushedDelivery { default_source, .. }), Verdict::Accepted) = (pushed, verdict) {
            let following = Following { source: &delivery.source, default_source, now };
            follow(&mut write, id, &following).await?;
            touched::note(&mut write, id, &delivery.source).await?;
        }
        delivery_rows::prune(&mut write, &delivery.source, self.deliveries_kept).await?;
        write.commit().await?;
        Ok(DeliveryId(id))
    }

    /// Accepts a delivery that was refused, because a person says so.
    ///
    /// Errors: [`StoreError::Missing`] where it is not the newest one of its source, or its rows were pruned.
    pub async fn accept_delivery(
        &self,
        lock: &RunLock,
        id: DeliveryId,
        acceptance: &Acceptance<'_>,
    ) -> Result<()> {
        let Acceptance { default_source, who, reason, now } = *acceptance;
        let mut write = self.db.write_locked(lock, "accept a delivery").await?;
        let acceptable = format!(
            "{SELECT} WHERE id = ? AND state = 'refused' AND rows_of IS NOT NULL AND NOT EXISTS \
             (SELECT 1 FROM deliveries newer WHERE newer.source = deliveries.source \
              AND newer.state = 'accepted' AND newer.id > deliveries.id)"
        );
        let Some(delivery) = write.first(acceptable, [Value::Int(id.0)], read).await? else {
            let what = format!("a refused delivery {} that is newer than the accepted one", id.0);
            return Err(StoreError::Missing { what });
        };
        write
            .execute(
                "UPDATE deliveries SET state = 'accepted', accepted_by = ?, accepted_reason = ?, accepted_at = ? \
                 WHERE id = ?",
                [Value::from(who), Value::from(reason), Value::from(now), Value::Int(id.0)],
            )
            .await?;
        rejections::heal(&mut write, &delivery.source, id, now).await?;
        if is_pushed(&mut write, id.0).await? {
            follow(&mut write, id.0, &Following { source: &delivery.source, default_source, now }).await?;
            touched::note(&mut write, id.0, &delivery.source).await?;
        }
        delivery_rows::prune(&mut write, &delivery.source, self.deliveries_kept).await?;
        let entry = Entry {
            at: now,
            who: who.into(),
            what: format!("delivery {} of {}", id.0, delivery.source).into(),
            before: format!("refused: {}", delivery.doubts).into(),
            after: "accepted".into(),
            reason: reason.into(),
        };
        record(&mut write, &entry).await?;
        write.commit().await
    }

    /// How much the newest accepted delivery of a source holds.
    pub async fn accepted_figures(&self, source: &SourceName) -> Result<Option<Figures>> {
        let mut read_only = self.db.read("read the figures of a delivery").await?;
        let sql = format!("{SELECT} WHERE source = ? AND state = 'accepted' ORDER BY id DESC LIMIT 1");
        Ok(read_only.first(sql, [source.into()], read).await?.map(|delivery| delivery.figures))
    }

    /// The deliveries, newest first.
    pub async fn deliveries(&self, limit: u32) -> Result<Vec<DeliveryRow>> {
        let mut read_only = self.db.read("list the deliveries").await?;
        read_only.rows(format!("{SELECT} ORDER BY id DESC LIMIT ?"), [limit.into()], read).await
    }
}

async fn insert(
    write: &mut Transaction,
    delivery: &Delivery,
    now: Timestamp,
    verdict: &Verdict,
    content_hash: &str,
) -> Result<i64> {
    let Figures { modules, groups, students, tutors, rejections } = delivery.figures();
    let (state, doubts) = match verdict {
        Verdict::Accepted => ("accepted", ""),
        Verdict::Refused(doubts) => ("refused", doubts.as_str()),
    };
    let terms = serde_json::Value::from_iter(delivery.terms().iter().map(|term| term.as_ref())).to_string();
    write
        .insert_one(
            "deliveries",
            [
                "source",
                "received_at",
                "state",
                "doubts",
                "content_hash",
                "terms",
                "module_count",
                "group_count",
                "student_count",
                "tutor_count",
                "rejection_count",
            ],
            [
                Value::from(&delivery.source),
                now.into(),
                state.into(),
                doubts.into(),
                content_hash.into(),
                terms.into(),
                modules.into(),
                groups.into(),
                students.into(),
                tutors.into(),
                rejections.into(),
            ],
        )
        .await
}

/// Notes which state of a site a delivery says.
async fn note_origin(write: &mut Transaction, delivery: i64, pushed: Pushed) -> Result<()> {
    let Pushed { site, writes, rename, keys } = pushed;
    let words = [keys.modules.then_some("modules"), keys.persons.then_some("persons")];
    let keys = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let sql = "UPDATE deliveries SET ims_site = ?, ims_writes = ?, ims_rename = ?, ims_keys = ? WHERE id = ?";
    let values =
        [Value::Int(site.0), Value::Int(writes), Value::Int(rename), keys.into(), Value::Int(delivery)];
    write.execute(sql, values).await.map(|_| ())
}

/// Tells whether a delivery was read from a site.
async fn is_pushed(write: &mut Transaction, delivery: i64) -> Result<bool> {
    let sql = "SELECT id FROM deliveries WHERE id = ? AND ims_site IS NOT NULL";
    Ok(write.first(sql, [Value::Int(delivery)], |row| row.int()).await?.is_some())
}

fn read(row: &mut Row<'_>) -> Result<DeliveryRow, Cause> {
    Ok(DeliveryRow {
        id: DeliveryId(row.int()?),
        source: SourceName(row.text()?),
        received_at: row.time()?,
        accepted: row.text()?.as_ref() == "accepted",
        doubts: row.text()?,
        content_hash: row.text()?,
        rows_of: row.int_or_none()?.map(DeliveryId),
        figures: Figures {
            modules: row.count()?,
            groups: row.count()?,
            students: row.count()?,
            tutors: row.count()?,
            rejections: row.count()?,
        },
        accepted_by: row.text_or_none()?.zip(row.text_or_none()?),
    })
}
