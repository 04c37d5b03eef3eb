//! The log of the messages, and how much each account sent.
//!
//! Not here: which bodies are kept and for how long; the caller has that from the configuration.
//!
//! Invariant: the row of a message that wrote is kept in the transaction of what it wrote.
//! Invariant: counts stay when messages are forgotten.

use std::collections::BTreeMap;

use reconcile::keys::Text;

use super::accounts::{AccountId, note_used};
use super::transaction::{Batch, SiteId};
use crate::db::{Row, Transaction, Value};
use crate::dialect::Conflict;
use crate::error::{Cause, Result};
use crate::store::Store;
use crate::time::Timestamp;
use crate::words::{known, words};

const DAY_S: i64 = 24 * 60 * 60;

/// How many messages one statement writes down.
const TOGETHER: usize = 16;

words! {
    /// How a message ended.
    MessageOutcome {
        /// It was carried out; each item has its status.
        Done "done",
        /// It came again and got the answer of the first time.
        Repeated "repeated",
        /// The sender had too much under way; nothing was done.
        Busy "busy",
        /// It got a fault.
        Fault "fault",
        /// It got a bare HTTP status.
        Http "http",
    }
}

/// A message as it is kept.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// When it came.
    pub at: Timestamp,
    /// The account and password that sent it, and its site; nothing where the sender is not known.
    pub account: Option<(AccountId, i64, SiteId)>,
    /// The user name as sent.
    pub sender: Text,
    /// The operation; empty where it could not be read.
    pub operation: Text,
    /// The sender's name for it; may be empty.
    pub message_identifier: Text,
    /// Stands for its account and identifier, where it wrote and had one.
    pub repeat_key: Option<Text>,
    /// Stands for what it asked for.
    pub body_hash: Option<Text>,
    /// How it ended.
    pub outcome: MessageOutcome,
    /// The fault or the HTTP status.
    pub detail: Text,
    /// How many items it had.
    pub items: u64,
    /// How many of them ended well, without a remark.
    pub successes: u64,
    /// How many ended well, with a remark.
    pub warnings: u64,
    /// How many failed.
    pub failures: u64,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// How long it was, in bytes.
    pub request_bytes: u64,
    /// The answers for the items as a text of the protocol.
    pub statuses: Option<Text>,
    /// What was wrong with it, a line each.
    pub notes: Text,
    /// The message without its passwords.
    pub body: Option<Text>,
}

/// A message in the log.
#[derive(Clone, Debug)]
pub struct MessageRow {
    /// Its number in the log.
    pub id: i64,
    /// The name of its site; empty where the sender is not known.
    pub site: Text,
    /// What is kept of it. The password's number is 0: it is not kept.
    pub message: NewMessage,
}

/// Which messages are asked for.
#[derive(Clone, Debug, Default)]
pub struct MessageFilter {
    /// Only from this sender.
    pub sender: Option<String>,
    /// Only for this site.
    pub site: Option<SiteId>,
    /// Only with this operation.
    pub operation: Option<String>,
    /// Only those in which something failed.
    pub only_failed: bool,
    /// Only those that hold this text: as identifier, in an answer, in a note or in the message itself.
    pub text: Option<String>,
    /// Only since then.
    pub since: Option<Timestamp>,
    /// Only the one with this number.
    pub id: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

/// How much an account sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The account; empty for one that was removed.
    pub account: Text,
    /// Messages.
    pub requests: u64,
    /// Items that ended well.
    pub successes: u64,
    /// Items that ended well, with a remark.
    pub warnings: u64,
    /// Items that failed.
    pub failures: u64,
    /// Messages that got a fault or a bare HTTP status.
    pub faults: u64,
}

const SELECT: &str = "SELECT m.id, s.name, m.at, m.account, m.site, m.sender, m.operation, m.message_identifier, m.outcome, \
    m.detail, m.item_count, m.success_count, m.warning_count, m.failure_count, m.duration_us, m.request_bytes, m.statuses, \
    m.notes, m.body FROM ims_messages m LEFT JOIN ims_sites s ON s.id = m.site";

impl Batch {
    /// The answer that the latest message of this account and identifier got, if it said the same and is not older than that.
    pub async fn answer_before(
        &mut self,
        repeat_key: &str,
        body_hash: &str,
        since: Timestamp,
    ) -> Result<Option<Text>> {
        // A message with the same identifier and other words in between means that the sender gives its messages no names of
        // their own; then this one is new, whatever came before.
        let sql = "SELECT body_hash, at, statuses FROM ims_messages WHERE repeat_key = ? AND outcome = ? ORDER BY id DESC LIMIT 1";
        let values = [repeat_key.into(), MessageOutcome::Done.as_str().into()];
        let latest = self
            .inner()
            .first(sql, values, |row| Ok((row.text()?, row.time()?, row.text_or_none()?)))
            .await?;
        Ok(latest
            .filter(|(hash, at, _)| &**hash == body_hash && *at >= since)
            .and_then(|(_, _, found)| found))
    }

    /// Keeps a message in the log.
    pub async fn record_message(&mut self, message: &NewMessage) -> Result<()> {
        record(self.inner(), std::slice::from_ref(message)).await
    }
}

impl Store {
    /// Keeps messages in the log that wrote nothing.
    pub async fn record_messages(&self, messages: &[NewMessage]) -> Result<()> {
        let mut write = self.db.write("keep messages in the log").await?;
        record(&mut write, messages).await?;
        write.commit().await
    }

    /// Messages, newest first.
    pub async fn messages(&self, filter: &MessageFilter) -> Result<Vec<MessageRow>> {
        let mut wheres: Vec<&str> = vec!["1 = 1"];
        let mut values: Vec<Value> = Vec::new();
        let MessageFilter { sender, site, operation, only_failed, text, since, id, limit } = filter;
        if let Some(sender) = sender {
            wheres.push("m.sender = ?");
            values.push(sender.into());
        }
        if let Some(site) = site {
            wheres.push("m.site = ?");
            values.push(Value::Int(site.0));
        }
        if let Some(operation) = operation {
            wheres.push("m.operation = ?");
            values.push(operation.into());
        }
        if *only_failed {
            wheres.push("(m.failure_count > 0 OR m.outcome NOT IN ('done', 'repeated'))");
        }
        if let Some(text) = text {
            let places = "(m.message_identifier LIKE ? ESCAPE '!' OR m.statuses LIKE ? ESCAPE '!' \
                OR m.notes LIKE ? ESCAPE '!' OR m.body LIKE ? ESCAPE '!')";
            wheres.push(places);
            values.extend((0..4).map(|_| Value::from(pattern(text))));
        }
        if let Some(since) = since {
            wheres.push("m.at >= ?");
            values.push((*since).into());
        }
        if let Some(id) = id {
            wheres.push("m.id = ?");
            values.push(Value::Int(*id));
        }
        values.push((*limit).into());
        let sql = format!("{SELECT} WHERE {} ORDER BY m.id DESC LIMIT ?", wheres.join(" AND "));
        let mut read_only = self.db.read("search the messages").await?;
        read_only.rows(sql, values, read).await
    }

    /// How much each account sent since a time, by name.
    pub async fn message_counts(&self, since: Timestamp) -> Result<Vec<Counts>> {
        let mut read_only = self.db.read("count the messages").await?;
        let sql = "SELECT a.name, c.requests, c.successes, c.warnings, c.failures, c.faults \
            FROM ims_counts c LEFT JOIN ims_accounts a ON a.id = c.account WHERE c.day >= ?";
        let day = Value::Int(since.0.div_euclid(DAY_S));
        // Added up here: the databases disagree about the type of a sum.
        let mut by_account: BTreeMap<Text, Counts> = BTreeMap::new();
        read_only
            .each(sql, [day], |row| {
                let account = row.text()?;
                let counts = by_account.entry(account.clone()).or_default();
                counts.account = account;
                counts.requests += row.count()?;
                counts.successes += row.count()?;
                counts.warnings += row.count()?;
                counts.failures += row.count()?;
                counts.faults += row.count()?;
                Ok(())
            })
            .await?;
        Ok(by_account.into_values().collect())
    }

    /// Forgets bodies that came before one time, and messages that came before another. Returns how many messages.
    pub async fn forget_messages(&self, bodies_before: Timestamp, all_before: Timestamp) -> Result<u64> {
        let mut write = self.db.write("forget old messages").await?;
        let sql = "UPDATE ims_messages SET body = NULL WHERE at < ? AND body IS NOT NULL";
        write.execute(sql, [bodies_before.into()]).await?;
        let forgotten = write.execute("DELETE FROM ims_messages WHERE at < ?", [all_before.into()]).await?;
        write.commit().await?;
        Ok(forgotten)
    }
}

/// Writes messages down, and what they add to the counts of their accounts.
async fn record(write: &mut Transaction, messages: &[NewMessage]) -> Result<()> {
    // In parts of one length and then one by one, so that there are two statements to keep prepared and not hundreds.
    let parts = messages.chunks_exact(TOGETHER);
    let rest = parts.remainder().chunks(1);
    for part in parts.chain(rest) {
        write.insert_many("ims_messages", COLUMNS, Conflict::Fail, part.iter().map(values)).await?;
    }
    let mut tallies: BTreeMap<(AccountId, i64), Tally> = BTreeMap::new();
    for message in messages {
        let Some((account, password, _)) = message.account else { continue };
        let day = message.at.0.div_euclid(DAY_S);
        let tally = tallies.entry((account, day)).or_default();
        tally.add(message);
        (tally.password, tally.at) = (password, message.at);
    }
    for ((account, day), tally) in tallies {
        note_used(write, account, tally.password, tally.at).await?;
        count(write, account, day, &tally).await?;
    }
    Ok(())
}

const COLUMNS: [&str; 19] = [
    "at",
    "account",
    "site",
    "sender",
    "operation",
    "message_identifier",
    "repeat_key",
    "body_hash",
    "outcome",
    "detail",
    "item_count",
    "success_count",
    "warning_count",
    "failure_count",
    "duration_us",
    "request_bytes",
    "statuses",
    "notes",
    "body",
];

fn values(message: &NewMessage) -> [Value; 19] {
    [
        Value::from(message.at),
        message.account.map(|(account, _, _)| account.0).into(),
        message.account.map(|(_, _, site)| site.0).into(),
        (&message.sender).into(),
        (&message.operation).into(),
        (&message.message_identifier).into(),
        message.repeat_key.clone().into(),
        message.body_hash.clone().into(),
        message.outcome.as_str().into(),
        (&message.detail).into(),
        message.items.into(),
        message.successes.into(),
        message.warnings.into(),
        message.failures.into(),
        message.duration_us.into(),
        message.request_bytes.into(),
        message.statuses.clone().into(),
        (&message.notes).into(),
        message.body.clone().into(),
    ]
}

/// What messages add to the counts of an account and a day.
#[derive(Default)]
struct Tally {
    requests: u64,
    successes: u64,
    warnings: u64,
    failures: u64,
    faults: u64,
    /// The password of the last one, and when it came.
    password: i64,
    at: Timestamp,
}

impl Tally {
    fn add(&mut self, message: &NewMessage) {
        self.requests += 1;
        self.successes += message.successes;
        self.warnings += message.warnings;
        self.failures += message.failures;
        self.faults += u64::from(matches!(message.outcome, MessageOutcome::Fault | MessageOutcome::Http));
    }
}

async fn count(write: &mut Transaction, account: AccountId, day: i64, tally: &Tally) -> Result<()> {
    let values = || {
        [
            Value::from(tally.requests),
            tally.successes.into(),
            tally.warnings.into(),
            tally.failures.into(),
            tally.faults.into(),
            Value::Int(account.0),
            Value::Int(day),
        ]
    };
    let sql = "UPDATE ims_counts SET requests = requests + ?, successes = successes + ?, warnings = warnings + ?, \
        failures = failures + ?, faults = faults + ? WHERE account = ? AND day = ?";
    if write.execute(sql, values()).await? > 0 {
        return Ok(());
    }
    let sql = "INSERT INTO ims_counts (requests, successes, warnings, failures, faults, account, day) VALUES (?, ?, ?, ?, ?, ?, ?)";
    write.execute(sql, values()).await.map(|_| ())
}

/// The pattern of a text that may stand anywhere.
fn pattern(text: &str) -> String {
    let escaped = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}

fn read(row: &mut Row<'_>) -> Result<MessageRow, Cause> {
    let (id, site_name, at) = (row.int()?, row.text()?, row.time()?);
    let (account, site) = (row.int_or_none()?, row.int_or_none()?);
    let account = account.zip(site).map(|(account, site)| (AccountId(account), 0, SiteId(site)));
    let message = NewMessage {
        at,
        account,
        sender: row.text()?,
        operation: row.text()?,
        message_identifier: row.text()?,
        repeat_key: None,
        body_hash: None,
        outcome: known(&row.text()?, MessageOutcome::from_word)?,
        detail: row.text()?,
        items: row.count()?,
        successes: row.count()?,
        warnings: row.count()?,
        failures: row.count()?,
        duration_us: row.count()?,
        request_bytes: row.count()?,
        statuses: row.text_or_none()?,
        notes: row.text()?,
        body: row.text_or_none()?,
    };
    Ok(MessageRow { id, site: site_name, message })
}
