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

/// Which of a run's waiting operations a person decides about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// All of them.
    All,
    /// Those with these fingerprints.
    Only(HashSet<Fingerprint>),
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

impl Store {
    /// Records a decision, and returns how many waiting operations it is about: 0 where none of them waits.
    ///
    /// This needs no lock, so that a person can decide while a run is under way.
    pub async fn approve(&self, approval: &Approval) -> Result<u64> {
        let Approval { run, operations, decision, who, reason, at, expires_at } = approval;
        let mut write = self.db.write("record an approval").await?;
        let waiting = write
            .rows(
                "SELECT DISTINCT fingerprint FROM operations WHERE run = ? AND state = 'waiting'",
                [run.0.into()],
                fingerprint,
            )
            .await?;
        let decided: Vec<Fingerprint> = match operations {
            Decided::All => waiting,
            Decided::Only(some) => waiting.into_iter().filter(|print| some.contains(print)).collect(),
        };
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
            what: format!("{} waiting operations of run {}", decided.len(), run.0).into(),
            before: "waiting".into(),
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
