//! People who are kept in a group, or out of it, whatever the source says (feature B11).
//!
//! Not here: what an exception does to a plan (`reconcile::desired`).
//!
//! Invariant: an exception that has expired counts no longer, but stays in the list until somebody removes it.

use std::collections::HashMap;

use reconcile::keys::{ModuleCode, PersonKey, SourceGroupId, SourceName};
use reconcile::snapshot::{Exception, ExceptionKind};

use crate::audit::{Entry, record};
use crate::db::{Row, Transaction, Value};
use crate::dialect::Conflict;
use crate::error::{Cause, Result};
use crate::store::Store;
use crate::time::Timestamp;
use crate::words::known;

/// Names an exception in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExceptionId(pub i64);

/// An exception in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionRow {
    /// Its number.
    pub id: ExceptionId,
    /// What it says.
    pub exception: Exception,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it no longer counts; `None` means never.
    pub expires_at: Option<Timestamp>,
}

const SELECT: &str = "SELECT id, source, module, group_id, person, kind, owner, reason, created_at, expires_at \
     FROM exceptions";

impl Store {
    /// Adds an exception; one about the same person and group is replaced.
    pub async fn add_exception(
        &self,
        exception: &Exception,
        expires_at: Option<Timestamp>,
        who: &str,
        now: Timestamp,
    ) -> Result<()> {
        let Exception { source, module, group, person, kind, owner, reason } = exception;
        let mut write = self.db.write("add an exception").await?;
        let columns =
            ["source", "module", "group_id", "person", "kind", "owner", "reason", "created_at", "expires_at"];
        let row = [
            Value::from(source),
            module.into(),
            group.into(),
            person.into(),
            kind_word(*kind).into(),
            owner.into(),
            reason.into(),
            now.into(),
            expires_at.into(),
        ];
        let replace = Conflict::Update {
            keys: &["source", "module", "group_id", "person"],
            columns: &["kind", "owner", "reason", "created_at", "expires_at"],
        };
        write.insert_many("exceptions", columns, replace, [row]).await?;
        let until = expires_at.map_or("without end".to_owned(), |at| format!("until {at}"));
        let entry = Entry {
            at: now,
            who: who.into(),
            what: subject(exception).into(),
            before: "".into(),
            after: format!("{}, {until}, for {owner}", kind_word(*kind)).into(),
            reason: reason.clone(),
        };
        record(&mut write, &entry).await?;
        write.commit().await
    }

    /// Removes an exception; tells whether it was there.
    pub async fn remove_exception(
        &self,
        id: ExceptionId,
        who: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<bool> {
        let mut write = self.db.write("remove an exception").await?;
        let found = write.first(format!("{SELECT} WHERE id = ?"), [Value::Int(id.0)], read).await?;
        let Some(row) = found else { return Ok(false) };
        write.execute("DELETE FROM exceptions WHERE id = ?", [Value::Int(id.0)]).await?;
        let entry = Entry {
            at: now,
            who: who.into(),
            what: subject(&row.exception).into(),
            before: kind_word(row.exception.kind).into(),
            after: "".into(),
            reason: reason.into(),
        };
        record(&mut write, &entry).await?;
        write.commit().await?;
        Ok(true)
    }

    /// All exceptions, also expired ones.
    pub async fn exceptions(&self) -> Result<Vec<ExceptionRow>> {
        let mut read_only = self.db.read("list the exceptions").await?;
        read_only.rows(format!("{SELECT} ORDER BY source, module, group_id, person"), [], read).await
    }
}

/// The exceptions that count at a moment, by source and module.
pub(crate) async fn active(
    read_only: &mut Transaction,
    now: Timestamp,
) -> Result<HashMap<(SourceName, ModuleCode), Vec<Exception>>> {
    let sql = format!("{SELECT} WHERE expires_at IS NULL OR expires_at > ? ORDER BY group_id, person");
    let mut by_module: HashMap<_, Vec<_>> = HashMap::new();
    read_only
        .each(sql, [now.into()], |row| {
            let exception = read(row)?.exception;
            by_module
                .entry((exception.source.clone(), exception.module.clone()))
                .or_default()
                .push(exception);
            Ok(())
        })
        .await?;
    Ok(by_module)
}

/// The word in the table.
pub(crate) fn kind_word(kind: ExceptionKind) -> &'static str {
    match kind {
        ExceptionKind::Include => "include",
        ExceptionKind::Exclude => "exclude",
    }
}

fn subject(exception: &Exception) -> String {
    let Exception { source, module, group, person, .. } = exception;
    format!("exception for {person} in group {group} of {module} ({source})")
}

fn read(row: &mut Row<'_>) -> Result<ExceptionRow, Cause> {
    Ok(ExceptionRow {
        id: ExceptionId(row.int()?),
        exception: Exception {
            source: SourceName(row.text()?),
            module: ModuleCode(row.text()?),
            group: SourceGroupId(row.text()?),
            person: PersonKey(row.text()?),
            kind: known(&row.text()?, |word| {
                [ExceptionKind::Include, ExceptionKind::Exclude]
                    .into_iter()
                    .find(|kind| kind_word(*kind) == word)
            })?,
            owner: row.text()?,
            reason: row.text()?,
        },
        created_at: row.time()?,
        expires_at: row.time_or_none()?,
    })
}
