//! What people decided about operations that draw an objection.
//!
//! Not here: the objections (`reconcile::safety`).
//!
//! Invariant: a decision is about one operation, named by its fingerprint; it expires, and an approval serves once.

use std::collections::{HashMap, HashSet};

use reconcile::keys::Text;
use reconcile::operation::{Fingerprint, Operation};
use reconcile::safety::Decisions;

use crate::audit::{Entry, record};
use crate::db::{LIST_MAX, Row, Transaction, Value};
use crate::dialect::{Conflict, marks};
use crate::error::{Cause, Result};
use crate::runs::RunId;
use crate::store::Store;
use crate::time::Timestamp;
use crate::words::{known, words};

words!(
    /// What a person decided.
    Decision {
        /// It shall be done.
        Approved "approved",
        /// It shall not be done.
        Refused "refused",
    }
);

/// Which operations of a run a person decides about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// All that wait.
    All,
    /// Of those that wait, the ones with these fingerprints.
    Only(HashSet<Fingerprint>),
    /// The ones with these fingerprints, whether they wait or not: what is skipped needs no objection.
    Named(HashSet<Fingerprint>),
}

/// A decision as it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The run in which the operations wait.
    pub run: RunId,
    /// Which of them.
    pub operations: Decided,
    /// Yes or no.
    pub decision: Decision,
    /// Who decided.
    pub who: Text,
    /// Why.
    pub reason: Text,
    /// When.
    pub at: Timestamp,
    /// From when on the decision no longer counts.
    pub expires_at: Timestamp,
}

/// A person's no that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRow {
    /// The run in which the person saw the operation.
    pub run: RunId,
    /// Who.
    pub who: Text,
    /// Why.
    pub reason: Text,
    /// From when on it no longer counts.
    pub expires_at: Timestamp,
}

impl Store {
    /// Records a decision, and returns how many operations it is about: 0 where none of them is there, or waits.
    ///
    /// This needs no lock, so that a person can decide while a run is under way.
    pub async fn approve(&self, approval: &Approval) -> Result<u64> {
        let Approval { run, operations, decision, who, reason, at, expires_at } = approval;
        let mut write = self.db.write("record an approval").await?;
        // What an earlier approval let go waits no longer, although the run that asked still says so.
        let waits = " AND state = 'waiting' AND fingerprint NOT IN \
             (SELECT fingerprint FROM approvals a WHERE a.run = operations.run AND a.used_by IS NOT NULL)";
        let (asked, in_state, what) = match operations {
            Decided::All => (None, waits, "waiting operations"),
            Decided::Only(some) => (Some(some), waits, "waiting operations"),
            Decided::Named(some) => (Some(some), "", "operations"),
        };
        let sql = format!("SELECT DISTINCT fingerprint FROM operations WHERE run = ?{in_state}");
        let mut decided = write.rows(sql, [run.0.into()], fingerprint).await?;
        decided.retain(|print| asked.is_none_or(|some| some.contains(print)));
        if decided.is_empty() {
            return Ok(0);
        }
        let columns = ["fingerprint", "run", "decision", "who", "reason", "decided_at", "expires_at"];
        let rows = decided.iter().map(|fingerprint| {
            [
                Value::from(fingerprint.to_string()),
                run.0.into(),
                decision.as_str().into(),
                who.into(),
                reason.into(),
                (*at).into(),
                (*expires_at).into(),
            ]
        });
        write.insert_many("approvals", columns, Conflict::Fail, rows).await?;
        let entry = Entry {
            at: *at,
            who: who.clone(),
            what: format!("{} {what} of run {}", decided.len(), run.0).into(),
            before: if in_state.is_empty() { "" } else { "waiting" }.into(),
            after: format!("{} until {expires_at}", decision.as_str()).into(),
            reason: reason.clone(),
        };
        record(&mut write, &entry).await?;
        write.commit().await?;
        Ok(decided.len() as u64)
    }

    /// The decisions that have neither expired nor been used up; the newest about an operation counts.
    pub async fn decisions(&self, now: Timestamp) -> Result<Decisions> {
        let mut read_only = self.db.read("read the approvals").await?;
        let mut newest: HashMap<Fingerprint, Decision> = HashMap::new();
        read_only
            .each(
                "SELECT fingerprint, decision FROM approvals WHERE used_by IS NULL AND expires_at > ? ORDER BY id",
                [now.into()],
                |row| {
                    newest.insert(fingerprint(row)?, known(&row.text()?, Decision::from_word)?);
                    Ok(())
                },
            )
            .await?;
        let mut decisions = Decisions::default();
        for (fingerprint, decision) in newest {
            match decision {
                Decision::Approved => decisions.approved.insert(fingerprint),
                Decision::Refused => decisions.refused.insert(fingerprint),
            };
        }
        Ok(decisions)
    }

    /// Every no that counts, by its operation: who said it, why, and until when.
    pub async fn refused(&self, now: Timestamp) -> Result<HashMap<Fingerprint, RefusedRow>> {
        let refused = self.decisions(now).await?.refused;
        let mut read_only = self.db.read("read what people refused").await?;
        let mut rows = HashMap::new();
        read_only
            .each(
                "SELECT fingerprint, run, who, reason, expires_at FROM approvals \
                 WHERE decision = 'refused' AND used_by IS NULL AND expires_at > ? ORDER BY id",
                [now.into()],
                |row| {
                    let fingerprint = fingerprint(row)?;
                    let (run, who, reason) = (RunId(row.int()?), row.text()?, row.text()?);
                    let refused_row = RefusedRow { run, who, reason, expires_at: row.time()? };
                    if refused.contains(&fingerprint) {
                        rows.insert(fingerprint, refused_row);
                    }
                    Ok(())
                },
            )
            .await?;
        Ok(rows)
    }

    /// Takes back every no about some operations, and returns how many operations that were.
    pub async fn take_back_refusals(
        &self,
        operations: &HashSet<Fingerprint>,
        who: &Text,
        reason: &Text,
        now: Timestamp,
    ) -> Result<u64> {
        let refused = self.decisions(now).await?.refused;
        let lifted: Vec<Fingerprint> = operations.intersection(&refused).copied().collect();
        if lifted.is_empty() {
            return Ok(0);
        }
        let mut write = self.db.write("take refusals back").await?;
        for some in lifted.chunks(LIST_MAX) {
            let sql = format!(
                "UPDATE approvals SET expires_at = ? WHERE decision = 'refused' AND expires_at > ? \
                 AND fingerprint IN ({})",
                marks(some.len())
            );
            let prints = some.iter().map(|print| Value::from(print.to_string()));
            write.execute(sql, [now.into(), Value::from(now)].into_iter().chain(prints)).await?;
        }
        let entry = Entry {
            at: now,
            who: who.clone(),
            what: format!("{} operations", lifted.len()).into(),
            before: Decision::Refused.as_str().into(),
            after: "taken back".into(),
            reason: reason.clone(),
        };
        record(&mut write, &entry).await?;
        write.commit().await?;
        Ok(lifted.len() as u64)
    }

    /// The fingerprints of everything that a run planned.
    pub async fn fingerprints_of(&self, run: RunId) -> Result<HashSet<Fingerprint>> {
        let mut read_only = self.db.read("read the plan of a run").await?;
        let sql = "SELECT fingerprint FROM operations WHERE run = ?";
        Ok(read_only.rows(sql, [run.0.into()], fingerprint).await?.into_iter().collect())
    }
}

/// Uses up the approvals of operations that a run carried out.
pub(crate) async fn use_up(
    write: &mut Transaction,
    run: RunId,
    done: impl Iterator<Item = &Operation> + Send,
) -> Result<()> {
    let sql = "SELECT fingerprint FROM approvals WHERE used_by IS NULL";
    let open: HashSet<Fingerprint> = write.rows(sql, [], fingerprint).await?.into_iter().collect();
    if open.is_empty() {
        return Ok(());
    }
    let used: Vec<Value> = done
        .map(Operation::fingerprint)
        .filter(|fingerprint| open.contains(fingerprint))
        .map(|fingerprint| fingerprint.to_string().into())
        .collect();
    for some in used.chunks(LIST_MAX) {
        let sql = format!(
            "UPDATE approvals SET used_by = ? WHERE used_by IS NULL AND fingerprint IN ({})",
            marks(some.len())
        );
        write.execute(sql, std::iter::once(Value::Int(run.0)).chain(some.iter().cloned())).await?;
    }
    Ok(())
}

pub(crate) fn fingerprint(row: &mut Row<'_>) -> Result<Fingerprint, Cause> {
    let digits = row.text()?;
    let number = u128::from_str_radix(&digits, 16)?;
    Ok(Fingerprint(number.to_be_bytes()))
}
