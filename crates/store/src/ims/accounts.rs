//! Sites, and the accounts that may send to them.
//!
//! Not here: passwords; an account has their hashes, and the caller makes and compares them.
//!
//! Invariant: an account has one password, or two while its sender changes over.
//! Invariant: every change names who and why in the audit log; no hash stands there.

use std::collections::BTreeMap;

use reconcile::keys::Text;

use super::groups::GroupKind;
use super::transaction::SiteId;
use crate::audit::{Entry, record};
use crate::db::{Row, Transaction, Value};
use crate::error::{Cause, Result, StoreError};
use crate::store::Store;
use crate::time::Timestamp;

/// The most passwords that an account has at once.
const PASSWORDS_MAX: usize = 2;

/// Names an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub i64);

/// A site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteRow {
    /// Its number.
    pub id: SiteId,
    /// Its name.
    pub name: Text,
    /// The sync key of its root.
    pub root_key: Text,
    /// The title of its root.
    pub title: Text,
    /// How many groups it holds, the root included.
    pub groups: u64,
    /// How many persons it holds.
    pub persons: u64,
    /// How many memberships it holds.
    pub memberships: u64,
}

/// How much an account may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// How many calls may be under way at once; 0 for any number.
    pub at_once_max: u32,
    /// How many calls may begin in a minute; 0 for any number.
    pub per_minute_max: u32,
}

/// An account as it is made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its user name.
    pub name: Text,
    /// The site; it is made if there is none of that name.
    pub site: Text,
    /// The sync key of the root of a site that is made.
    pub root_key: Text,
    /// The text of the root of a site that is made.
    pub root_body: Text,
    /// The hash of its password.
    pub hash: Text,
    /// How much it may ask for.
    pub limits: CallLimits,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Its number.
    pub id: AccountId,
    /// Its user name.
    pub name: Text,
    /// The site that it sends to.
    pub site: SiteId,
    /// The name of that site.
    pub site_name: Text,
    /// How much it may ask for.
    pub limits: CallLimits,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a call of it came last, within some seconds.
    pub last_used_at: Option<Timestamp>,
    /// Its passwords, the oldest first.
    pub passwords: Vec<PasswordRow>,
}

/// A password of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordRow {
    /// Its number.
    pub id: i64,
    /// Its hash.
    pub hash: Text,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a call came with it last, within some seconds.
    pub last_used_at: Option<Timestamp>,
}

const ACCOUNTS: &str = "SELECT a.id, a.name, a.site, s.name, a.calls_at_once_max, a.calls_per_minute_max, a.created_at, \
    a.last_used_at FROM ims_accounts a JOIN ims_sites s ON s.id = a.site";

impl Store {
    /// Makes an account, and its site where there is none of that name.
    pub async fn add_account(
        &self,
        new: &NewAccount,
        who: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<AccountId> {
        let mut write = self.db.write("add an account").await?;
        if account_id(&mut write, &new.name).await?.is_some() {
            let name = &new.name;
            return Err(StoreError::InTheWay {
                purpose: format!("add the account {name}"),
                why: format!("it is there already; `muster account rotate {name}` gives it another password"),
            });
        }
        let sql = "SELECT id FROM ims_sites WHERE name = ?";
        let site = match write.first(sql, [Value::from(&new.site)], |row| row.int()).await? {
            Some(site) => site,
            None => add_site(&mut write, new, now).await?,
        };
        let columns = ["name", "site", "calls_at_once_max", "calls_per_minute_max", "created_at"];
        let CallLimits { at_once_max, per_minute_max } = new.limits;
        let row =
            [Value::from(&new.name), Value::Int(site), at_once_max.into(), per_minute_max.into(), now.into()];
        let id = write.insert_one("ims_accounts", columns, row).await?;
        insert_password(&mut write, id, &new.hash, now).await?;
        let after = format!("sends to the site {}", new.site);
        record(&mut write, &entry(&new.name, who, reason, "", &after, now)).await?;
        write.commit().await?;
        Ok(AccountId(id))
    }

    /// All accounts with their passwords, by name.
    pub async fn accounts(&self) -> Result<Vec<AccountRow>> {
        let mut read_only = self.db.read("read the accounts").await?;
        let sql = "SELECT account, id, hash, created_at, last_used_at FROM ims_passwords ORDER BY id";
        let rows = read_only.rows(sql, [], |row| Ok((row.int()?, read_password(row)?))).await?;
        let mut passwords: BTreeMap<i64, Vec<PasswordRow>> = BTreeMap::new();
        for (account, password) in rows {
            passwords.entry(account).or_default().push(password);
        }
        let sql = format!("{ACCOUNTS} ORDER BY a.name");
        let mut accounts = read_only.rows(sql, [], read_account).await?;
        for account in &mut accounts {
            account.passwords = passwords.remove(&account.id.0).unwrap_or_default();
        }
        Ok(accounts)
    }

    /// All sites, by name.
    pub async fn sites(&self) -> Result<Vec<SiteRow>> {
        let mut read_only = self.db.read("read the sites").await?;
        let sql = "SELECT s.id, s.name, g.sync_key, g.title, \
            (SELECT COUNT(*) FROM ims_groups x WHERE x.site = s.id), \
            (SELECT COUNT(*) FROM ims_persons x WHERE x.site = s.id), \
            (SELECT COUNT(*) FROM ims_memberships x WHERE x.site = s.id) \
            FROM ims_sites s JOIN ims_groups g ON g.site = s.id AND g.parent IS NULL ORDER BY s.name";
        read_only
            .rows(sql, [], |row| {
                Ok(SiteRow {
                    id: SiteId(row.int()?),
                    name: row.text()?,
                    root_key: row.text()?,
                    title: row.text()?,
                    groups: row.count()?,
                    persons: row.count()?,
                    memberships: row.count()?,
                })
            })
            .await
    }

    /// Gives an account a second password. The older one holds until [`Store::drop_older_password`].
    pub async fn add_password(
        &self,
        name: &str,
        hash: &str,
        who: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<()> {
        let mut write = self.db.write("give an account another password").await?;
        let account = account_of(&mut write, name).await?;
        if password_ids(&mut write, account).await?.len() >= PASSWORDS_MAX {
            return Err(StoreError::InTheWay {
                purpose: format!("give the account {name} a third password"),
                why: format!("two hold already; `muster account rotate {name} --finish` drops the older one"),
            });
        }
        insert_password(&mut write, account, hash, now).await?;
        record(&mut write, &entry(name, who, reason, "one password", "two passwords", now)).await?;
        write.commit().await
    }

    /// Takes the older of two passwords away.
    pub async fn drop_older_password(
        &self,
        name: &str,
        who: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<()> {
        let mut write = self.db.write("take an older password away").await?;
        let account = account_of(&mut write, name).await?;
        let passwords = password_ids(&mut write, account).await?;
        let [older, _newer] = passwords.as_slice() else {
            return Err(StoreError::InTheWay {
                purpose: format!("drop the older password of {name}"),
                why: format!("it has only one; `muster account rotate {name}` gives it a second"),
            });
        };
        write.execute("DELETE FROM ims_passwords WHERE id = ?", [Value::Int(*older)]).await?;
        record(&mut write, &entry(name, who, reason, "two passwords", "the newer password", now)).await?;
        write.commit().await
    }

    /// Changes how much an account may ask for.
    pub async fn limit_account(
        &self,
        name: &str,
        limits: CallLimits,
        who: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<()> {
        let mut write = self.db.write("limit an account").await?;
        let account = account_of(&mut write, name).await?;
        let CallLimits { at_once_max, per_minute_max } = limits;
        let sql = "UPDATE ims_accounts SET calls_at_once_max = ?, calls_per_minute_max = ? WHERE id = ?";
        write.execute(sql, [at_once_max.into(), per_minute_max.into(), Value::Int(account)]).await?;
        let after = format!("{at_once_max} calls at once, {per_minute_max} a minute");
        record(&mut write, &entry(name, who, reason, "", &after, now)).await?;
        write.commit().await
    }

    /// Removes an account. What it sent stays, and so does its log.
    pub async fn remove_account(&self, name: &str, who: &str, reason: &str, now: Timestamp) -> Result<()> {
        let mut write = self.db.write("remove an account").await?;
        let account = account_of(&mut write, name).await?;
        write.execute("DELETE FROM ims_passwords WHERE account = ?", [Value::Int(account)]).await?;
        write.execute("DELETE FROM ims_accounts WHERE id = ?", [Value::Int(account)]).await?;
        record(&mut write, &entry(name, who, reason, "an account", "", now)).await?;
        write.commit().await
    }
}

/// Notes when an account and its password were used.
pub(super) async fn note_used(
    write: &mut Transaction,
    account: AccountId,
    password: i64,
    at: Timestamp,
) -> Result<()> {
    let sql = "UPDATE ims_accounts SET last_used_at = ? WHERE id = ?";
    write.execute(sql, [at.into(), Value::Int(account.0)]).await?;
    let sql = "UPDATE ims_passwords SET last_used_at = ? WHERE id = ?";
    write.execute(sql, [at.into(), Value::Int(password)]).await.map(|_| ())
}

async fn add_site(write: &mut Transaction, new: &NewAccount, now: Timestamp) -> Result<i64> {
    let columns = ["name", "created_at", "writes"];
    let row = [Value::from(&new.site), now.into(), Value::Int(0)];
    let site = write.insert_one("ims_sites", columns, row).await?;
    let columns = ["site", "sync_key", "kind", "title", "body", "created_at", "changed_at"];
    let root = [
        Value::Int(site),
        (&new.root_key).into(),
        GroupKind::Site.as_str().into(),
        (&new.site).into(),
        (&new.root_body).into(),
        now.into(),
        now.into(),
    ];
    write.insert_one("ims_groups", columns, root).await?;
    Ok(site)
}

async fn insert_password(write: &mut Transaction, account: i64, hash: &str, now: Timestamp) -> Result<()> {
    let columns = ["account", "hash", "created_at"];
    let row = [Value::Int(account), hash.into(), now.into()];
    write.insert_one("ims_passwords", columns, row).await.map(|_| ())
}

async fn account_id(write: &mut Transaction, name: &str) -> Result<Option<i64>> {
    write.first("SELECT id FROM ims_accounts WHERE name = ?", [name.into()], |row| row.int()).await
}

async fn account_of(write: &mut Transaction, name: &str) -> Result<i64> {
    let found = account_id(write, name).await?;
    found.ok_or_else(|| StoreError::Missing {
        what: format!("the account {name}; `muster account list` shows them"),
    })
}

async fn password_ids(write: &mut Transaction, account: i64) -> Result<Vec<i64>> {
    let sql = "SELECT id FROM ims_passwords WHERE account = ? ORDER BY id";
    write.rows(sql, [Value::Int(account)], |row| row.int()).await
}

fn entry(name: &str, who: &str, reason: &str, before: &str, after: &str, at: Timestamp) -> Entry {
    Entry {
        at,
        who: who.into(),
        what: format!("account {name}").into(),
        before: before.into(),
        after: after.into(),
        reason: reason.into(),
    }
}

fn read_account(row: &mut Row<'_>) -> Result<AccountRow, Cause> {
    Ok(AccountRow {
        id: AccountId(row.int()?),
        name: row.text()?,
        site: SiteId(row.int()?),
        site_name: row.text()?,
        limits: CallLimits {
            at_once_max: u32::try_from(row.int()?)?,
            per_minute_max: u32::try_from(row.int()?)?,
        },
        created_at: row.time()?,
        last_used_at: row.time_or_none()?,
        passwords: Vec::new(),
    })
}

fn read_password(row: &mut Row<'_>) -> Result<PasswordRow, Cause> {
    Ok(PasswordRow {
        id: row.int()?,
        hash: row.text()?,
        created_at: row.time()?,
        last_used_at: row.time_or_none()?,
    })
}
