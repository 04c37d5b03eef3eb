//! Owners of courses who get letters (feature H7): what they were told, and whether they want to be.
//!
//! Not here: who owns a course, and what there is to tell (`app`).
//!
//! Invariant: an address is kept in lower case, once, and stands in no other table; the audit log has its number.
//! Invariant: of the secret in a link only its hash is kept, so that nobody who reads the database can use it.

use std::collections::{BTreeMap, HashMap};

use reconcile::keys::{CourseId, PersonKey, Text};

use crate::audit::{Entry, record};
use crate::db::{Row, Transaction, Value};
use crate::dialect::Conflict;
use crate::digest::digest;
use crate::error::{Cause, Result, StoreError};
use crate::store::Store;
use crate::time::Timestamp;

/// Names an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnerId(pub i64);

/// Stands where a course was looked at and nobody was found who can be written to.
const NOBODY: i64 = 0;

/// Somebody who was written to, or who asked not to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerRow {
    /// The number.
    pub id: OwnerId,
    /// The address, in lower case.
    pub address: Text,
    /// The key by which the source names the person, where it is known.
    pub person: Option<PersonKey>,
    /// The language of the last letter.
    pub language: Option<Text>,
    /// When the last letter went out.
    pub told_at: Option<Timestamp>,
    /// Since when they want no letters.
    pub unsubscribed_at: Option<Timestamp>,
}

/// Whether an owner wants letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subscription {
    /// They may be written to.
    On,
    /// They want no letters.
    Off,
}

impl Subscription {
    /// The word in the audit log.
    fn as_str(self) -> &'static str {
        match self {
            Subscription::On => "letters",
            Subscription::Off => "no letters",
        }
    }
}

/// What the owners of each course were told, and when.
pub type ToldOwners = HashMap<CourseId, BTreeMap<OwnerId, Timestamp>>;

const SELECT: &str = "SELECT id, address, person, language, told_at, unsubscribed_at FROM owners";

impl Store {
    /// All owners that are known, by address.
    pub async fn owners(&self) -> Result<Vec<OwnerRow>> {
        let mut read_only = self.db.read("list the owners").await?;
        read_only.rows(format!("{SELECT} ORDER BY address"), [], read).await
    }

    /// When the owners of courses were told of them last; a course that was looked at without finding anybody has a
    /// line as well.
    pub async fn told_owners(&self) -> Result<ToldOwners> {
        let mut told = ToldOwners::new();
        let mut read_only = self.db.read("look what owners were told").await?;
        read_only
            .each("SELECT course, owner, told_at FROM owner_courses", [], |row| {
                let course = CourseId(row.int()?);
                told.entry(course).or_default().insert(OwnerId(row.int()?), row.time()?);
                Ok(())
            })
            .await?;
        Ok(told)
    }

    /// The owner with an address, who is known from now on; the person's key is kept where one is told.
    pub async fn know_owner(&self, address: &str, person: Option<&PersonKey>) -> Result<OwnerRow> {
        let mut write = self.db.write("get to know an owner").await?;
        let id = known_or_new(&mut write, address).await?;
        if let Some(person) = person {
            let sql = "UPDATE owners SET person = ? WHERE id = ?";
            write.execute(sql, [person.into(), Value::Int(id)]).await?;
        }
        let row = write.first(format!("{SELECT} WHERE id = ?"), [Value::Int(id)], read).await?;
        write.commit().await?;
        row.ok_or_else(missing)
    }

    /// Keeps a link before the letter with it goes out.
    pub async fn add_owner_link(&self, owner: OwnerId, secret: &str, now: Timestamp) -> Result<()> {
        let mut write = self.db.write("keep the link of a letter").await?;
        let row = [hash(secret).into(), Value::Int(owner.0), now.into()];
        write.insert_many("owner_links", ["hash", "owner", "made_at"], Conflict::Fail, [row]).await?;
        write.commit().await
    }

    /// The owner to whom a link was written; `None` where nobody was, or it is too long ago.
    pub async fn owner_of_link(&self, secret: &str) -> Result<Option<OwnerRow>> {
        let mut read_only = self.db.read("look whose link it is").await?;
        let sql = format!("{SELECT} WHERE id = (SELECT owner FROM owner_links WHERE hash = ?)");
        read_only.first(sql, [hash(secret).into()], read).await
    }

    /// Notes that an owner knows everything about some courses up to now. `language` is that of the letter; `None`
    /// where there was none, because they want no letters.
    pub async fn note_owner_told(
        &self,
        owner: OwnerId,
        courses: &[CourseId],
        language: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        let mut write = self.db.write("note what an owner was told").await?;
        told(&mut write, owner.0, courses, now).await?;
        if let Some(language) = language {
            let sql = "UPDATE owners SET told_at = ?, language = ? WHERE id = ?";
            write.execute(sql, [now.into(), language.into(), Value::Int(owner.0)]).await?;
        }
        write.commit().await
    }

    /// Notes who owns a course: what others were told of it is forgotten, and where there is nobody it counts as told
    /// to nobody.
    pub async fn note_owners_of(&self, course: CourseId, owners: &[OwnerId], now: Timestamp) -> Result<()> {
        let mut write = self.db.write("note who owns a course").await?;
        let sql = "SELECT owner FROM owner_courses WHERE course = ?";
        let before = write.rows(sql, [course.into()], |row| row.int()).await?;
        for owner in before.into_iter().filter(|before| !owners.iter().any(|owner| owner.0 == *before)) {
            let sql = "DELETE FROM owner_courses WHERE course = ? AND owner = ?";
            write.execute(sql, [course.into(), Value::Int(owner)]).await?;
        }
        if owners.is_empty() {
            told(&mut write, NOBODY, &[course], now).await?;
        }
        write.commit().await
    }

    /// Says whether somebody with an address wants letters, who may be unknown so far. Tells whether that is new.
    pub async fn subscribe_owner(
        &self,
        address: &str,
        wish: Subscription,
        who: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<bool> {
        let mut write = self.db.write("change who gets letters").await?;
        let id = known_or_new(&mut write, address).await?;
        let sql = "SELECT unsubscribed_at FROM owners WHERE id = ?";
        let since = write.first(sql, [Value::Int(id)], |row| row.time_or_none()).await?.flatten();
        let before = if since.is_some() { Subscription::Off } else { Subscription::On };
        if before == wish {
            // They are known from now on, but nothing else changed.
            write.commit().await?;
            return Ok(false);
        }
        let since = (wish == Subscription::Off).then_some(now);
        let sql = "UPDATE owners SET unsubscribed_at = ? WHERE id = ?";
        write.execute(sql, [since.into(), Value::Int(id)]).await?;
        let entry = Entry {
            at: now,
            who: who.into(),
            what: format!("letters to owner {id}").into(),
            before: before.as_str().into(),
            after: wish.as_str().into(),
            reason: reason.into(),
        };
        record(&mut write, &entry).await?;
        write.commit().await?;
        Ok(true)
    }
}

/// Forgets links and what owners were told before a time, and owners to whom nothing was written since. That somebody
/// wants no letters is kept: whoever forgot it would write to them.
pub(crate) async fn prune_owners(write: &mut Transaction, before: Value) -> Result<u64> {
    let mut delete = async |sql: &'static str| write.execute(sql, [before.clone()]).await;
    let rows = delete("DELETE FROM owner_links WHERE made_at < ?").await?
        + delete("DELETE FROM owner_courses WHERE told_at < ?").await?
        + delete("DELETE FROM owners WHERE told_at < ? AND unsubscribed_at IS NULL").await?;
    Ok(rows)
}

/// Forgets an owner with all that they were told and wished, by their address or their key.
pub(crate) async fn erase_owner(write: &mut Transaction, person: &PersonKey) -> Result<u64> {
    let sql = "SELECT id FROM owners WHERE ? IN (address, COALESCE(person, ''))";
    let ids = write.rows(sql, [person.into()], |row| row.int()).await?;
    let mut rows = 0;
    for id in ids {
        for sql in [
            "DELETE FROM owner_links WHERE owner = ?",
            "DELETE FROM owner_courses WHERE owner = ?",
            "DELETE FROM owners WHERE id = ?",
        ] {
            rows += write.execute(sql, [Value::Int(id)]).await?;
        }
    }
    Ok(rows)
}

async fn known_or_new(write: &mut Transaction, address: &str) -> Result<i64> {
    let address = address.to_lowercase();
    let as_it_is = Conflict::Update { keys: &["address"], columns: &["address"] };
    write.insert_many("owners", ["address"], as_it_is, [[Value::from(&address)]]).await?;
    let sql = "SELECT id FROM owners WHERE address = ?";
    let id = write.first(sql, [Value::from(&address)], |row| row.int()).await?;
    id.ok_or_else(missing)
}

/// What was just written is there, or somebody deletes rows by hand.
fn missing() -> StoreError {
    StoreError::Missing { what: "the owner that was just written".to_owned() }
}

async fn told(write: &mut Transaction, owner: i64, courses: &[CourseId], now: Timestamp) -> Result<()> {
    let rows = courses.iter().map(|course| [Value::Int(owner), (*course).into(), now.into()]);
    let again = Conflict::Update { keys: &["owner", "course"], columns: &["told_at"] };
    write.insert_many("owner_courses", ["owner", "course", "told_at"], again, rows).await
}

/// What is kept of the secret in a link.
fn hash(secret: &str) -> String {
    digest(&["the link of a letter", secret])
}

fn read(row: &mut Row<'_>) -> Result<OwnerRow, Cause> {
    Ok(OwnerRow {
        id: OwnerId(row.int()?),
        address: row.text()?,
        person: row.text_or_none()?.map(PersonKey),
        language: row.text_or_none()?,
        told_at: row.time_or_none()?,
        unsubscribed_at: row.time_or_none()?,
    })
}
