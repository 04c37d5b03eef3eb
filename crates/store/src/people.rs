//! What is held about one person, and its erasure (feature N11).
//!
//! Not here: what a source or the platform holds; an erasure there comes first, or the next import brings the person
//! back.
//!
//! Invariant: after an erasure no row holds the key, and what happened can still be told of somebody called
//! `erased-N`: the same name in every row, and nothing leads back.
//! Invariant: the audit log still follows from row to row; it says that it was written anew, from where, and what its
//! last hash was.

use reconcile::keys::{PersonKey, Text};

use crate::audit::{Entry, rewrite};
use crate::db::{Row, Transaction, Value};
use crate::digest::digest;
use crate::error::{Cause, Result};
use crate::lock::RunLock;
use crate::owners::erase_owner;
use crate::store::Store;
use crate::time::Timestamp;

/// What one place holds about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The place in words.
    pub place: &'static str,
    /// Whether it is there because the source or a course has the person now.
    pub is_current: bool,
    /// The names of the columns.
    pub columns: Vec<&'static str>,
    /// The rows.
    pub rows: Vec<Vec<Shown>>,
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Nothing.
    Nothing,
    /// A number.
    Number(i64),
    /// A text.
    Text(Text),
    /// A time.
    Time(Timestamp),
}

/// What an erasure did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// What the person is called now.
    pub pseudonym: Text,
    /// How many rows were changed or deleted.
    pub rows: u64,
}

/// How a column is read.
#[derive(Clone, Copy)]
enum Kind {
    Number,
    Text,
    Time,
}

/// A place that may hold something about a person.
struct Place {
    name: &'static str,
    is_current: bool,
    columns: &'static [(&'static str, Kind)],
    /// Selects the columns; each `?` is the person.
    select: &'static str,
}

use Kind::{Number, Text as Words, Time};

const PLACES: &[Place] = &[
    Place {
        name: "groups of the source",
        is_current: true,
        columns: &[
            ("source", Words),
            ("module", Words),
            ("group", Words),
            ("name", Words),
            ("tutor", Number),
        ],
        select: "SELECT d.source, g.module, g.group_id, g.name, m.tutor FROM persons p \
             JOIN source_members m ON m.person = p.id JOIN source_groups g ON g.id = m.source_group \
             JOIN deliveries d ON d.rows_of = g.delivery \
             WHERE d.id IN (SELECT MAX(id) FROM deliveries WHERE state = 'accepted' GROUP BY source) AND p.person = ?",
    },
    Place {
        name: "earlier deliveries",
        is_current: false,
        columns: &[("delivery", Number), ("module", Words), ("group", Words), ("tutor", Number)],
        select: "SELECT g.delivery, g.module, g.group_id, m.tutor FROM persons p \
             JOIN source_members m ON m.person = p.id JOIN source_groups g ON g.id = m.source_group \
             WHERE p.person = ? AND g.delivery NOT IN (SELECT rows_of FROM deliveries WHERE id IN \
             (SELECT MAX(id) FROM deliveries WHERE state = 'accepted' GROUP BY source))",
    },
    Place {
        name: "rows of the source that are rejected",
        is_current: true,
        columns: &[("source", Words), ("table", Words), ("row", Words), ("since", Time)],
        select: "SELECT source, source_table, row_text, first_seen FROM rejections WHERE person = ? AND healed_at IS NULL",
    },
    Place {
        name: "people whom student systems pushed",
        is_current: true,
        columns: &[("site", Words), ("since", Time), ("person", Words)],
        select: "SELECT s.name, p.created_at, p.body FROM ims_persons p JOIN ims_sites s ON s.id = p.site \
             WHERE p.sync_key = ?",
    },
    Place {
        name: "memberships that student systems pushed",
        is_current: true,
        columns: &[("site", Words), ("group", Words), ("title", Words), ("membership", Words)],
        select: "SELECT s.name, g.sync_key, g.title, m.body FROM ims_memberships m \
             JOIN ims_persons p ON p.id = m.person_id JOIN ims_groups g ON g.id = m.group_id \
             JOIN ims_sites s ON s.id = m.site WHERE p.sync_key = ?",
    },
    Place {
        name: "memberships that are ours",
        is_current: true,
        columns: &[("course", Number), ("group", Words), ("role", Words), ("user", Number)],
        select: "SELECT g.course, g.name_shown, m.role, m.user_id FROM member_links m \
             JOIN group_links g ON g.id = m.group_link WHERE m.person = ?",
    },
    Place {
        name: "exceptions",
        is_current: false,
        columns: &[("module", Words), ("group", Words), ("kind", Words), ("owner", Words), ("reason", Words)],
        select: "SELECT module, group_id, kind, owner, reason FROM exceptions WHERE person = ?",
    },
    Place {
        name: "memberships that were ours",
        is_current: false,
        columns: &[
            ("course", Number),
            ("group", Words),
            ("until", Time),
            ("run", Number),
            ("because", Words),
        ],
        select: "SELECT course, name, dropped_at, run, because FROM tombstones WHERE person = ?",
    },
    Place {
        name: "mappings that they own",
        is_current: false,
        columns: &[("course", Number), ("module", Words), ("owner", Words), ("reason", Words)],
        select: "SELECT moodle_id, modulecode, owner, reason FROM mapped_modules WHERE owner = ?",
    },
    Place {
        name: "letters to owners of courses",
        is_current: false,
        columns: &[
            ("address", Words),
            ("language", Words),
            ("last letter", Time),
            ("no letters since", Time),
        ],
        select: "SELECT address, language, told_at, unsubscribed_at FROM owners \
             WHERE ? IN (address, COALESCE(person, ''))",
    },
    Place {
        name: "courses that they were told of",
        is_current: false,
        columns: &[("course", Number), ("at", Time)],
        select: "SELECT c.course, c.told_at FROM owner_courses c JOIN owners o ON o.id = c.owner \
             WHERE ? IN (o.address, COALESCE(o.person, ''))",
    },
    Place {
        name: "operations of runs",
        is_current: false,
        columns: &[("run", Number), ("course", Number), ("what", Words), ("group", Words), ("state", Words)],
        select: "SELECT run, course, kind, name, state FROM operations WHERE person = ?",
    },
    Place {
        name: "findings",
        is_current: false,
        columns: &[
            ("course", Number),
            ("reason", Words),
            ("detail", Words),
            ("since", Time),
            ("healed", Time),
        ],
        select: "SELECT course, reason, detail, first_seen, healed_at FROM findings WHERE person = ?",
    },
    Place {
        name: "rows of the source that were rejected",
        is_current: false,
        columns: &[("source", Words), ("table", Words), ("row", Words), ("until", Time)],
        select: "SELECT source, source_table, row_text, healed_at FROM rejections WHERE person = ? AND healed_at IS NOT NULL",
    },
];

/// A place whose texts may name anybody, and that has to be read through.
struct Searched {
    name: &'static str,
    columns: &'static [&'static str],
    /// Selects the columns: a time first, then texts.
    select: &'static str,
}

const SEARCHED: &[Searched] = &[
    Searched {
        name: "failed calls",
        columns: &["at", "function", "people", "answer", "afterwards"],
        select: "SELECT at, function_name, person_names, answer, what_happened FROM rest_error_logs ORDER BY id",
    },
    Searched {
        name: "keys that student systems changed",
        columns: &["at", "what", "before", "after"],
        select: "SELECT renamed_at, object, key_before, key_after FROM ims_renames ORDER BY id",
    },
    Searched {
        name: "messages of student systems",
        columns: &["at", "sender", "operation", "detail", "answers", "notes", "message"],
        select: "SELECT at, sender, operation, detail, statuses, notes, body FROM ims_messages ORDER BY id",
    },
    Searched {
        name: "audit log",
        columns: &["at", "who", "what", "before", "after", "reason"],
        select: "SELECT at, who, what, value_before, value_after, reason FROM audit ORDER BY id",
    },
];

/// A table whose rows may name people.
struct Table {
    name: &'static str,
    /// The columns that name a row; the same twice where one is enough.
    key: [&'static str; 2],
    /// Columns with texts in which a person may be named.
    texts: &'static [&'static str],
    /// How a row says whose it is.
    person: Whose,
    /// A column with a hash that was made with the person's key.
    hash: Option<&'static str>,
}

/// How a row says whose it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Not at all.
    Nobodys,
    /// By a column `person`.
    Person,
    /// By the columns `person` and `user_id`.
    PersonAndUser,
}

const fn table(
    name: &'static str,
    texts: &'static [&'static str],
    person: Whose,
    hash: Option<&'static str>,
) -> Table {
    Table { name, key: ["id", "id"], texts, person, hash }
}

const TABLES: &[Table] = &[
    table("tombstones", &[], Whose::PersonAndUser, None),
    Table {
        key: ["run", "number"],
        ..table("operations", &["detail"], Whose::PersonAndUser, Some("fingerprint"))
    },
    table("findings", &["detail"], Whose::Person, Some("identity")),
    table("rejections", &["detail", "row_text"], Whose::Person, Some("identity")),
    table("runs", &["report"], Whose::Nobodys, None),
    table(
        "rest_error_logs",
        &["parameters", "answer", "what_happened", "person_names", "group_names"],
        Whose::Nobodys,
        None,
    ),
    table("ims_renames", &["key_before", "key_after"], Whose::Nobodys, None),
    table("ims_messages", &["detail", "statuses", "notes", "body"], Whose::Nobodys, None),
    table("objections", &["sentence"], Whose::Nobodys, None),
    table("pauses", &["reason"], Whose::Nobodys, None),
    table("mapped_modules", &["reason", "owner"], Whose::Nobodys, None),
];

/// As many characters as a fingerprint has.
const HASH_CHARS: usize = 32;

impl Store {
    /// Everything that is held about a person, place by place; places that hold nothing are left out.
    pub async fn held_about(&self, person: &PersonKey) -> Result<Vec<Held>> {
        let mut read = self.db.read("gather what is held about a person").await?;
        let mut held = Vec::new();
        for Place { name, is_current, columns, select } in PLACES {
            let shown = |row: &mut Row<'_>| -> Result<Vec<Shown>, Cause> {
                columns.iter().map(|(_, kind)| shown(row, *kind)).collect()
            };
            let rows = read.rows(*select, [person.into()], shown).await?;
            if !rows.is_empty() {
                let columns = columns.iter().map(|(name, _)| *name).collect();
                held.push(Held { place: name, is_current: *is_current, columns, rows });
            }
        }
        for searched in SEARCHED {
            let rows = rows_naming(&mut read, searched, person.as_str()).await?;
            if !rows.is_empty() {
                let columns = searched.columns.to_vec();
                held.push(Held { place: searched.name, is_current: false, columns, rows });
            }
        }
        Ok(held)
    }

    /// Takes a person out of everything that is kept; `who` and `reason` go into the audit log. Whoever asks makes
    /// sure that nothing of [`Store::held_about`] is current.
    pub async fn erase_person(
        &self,
        lock: &RunLock,
        person: &PersonKey,
        who: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Erased> {
        let key = person.as_str();
        let mut write = self.db.write_locked(lock, "erase a person").await?;
        let pseudonym: Text = format!("erased-{}", write.id_max("audit").await? + 1).into();
        let users = users_of(&mut write, person).await?;
        let mut rows = erase_failed_calls(&mut write, &users, &pseudonym).await?;
        for table in TABLES {
            rows += erase_from(&mut write, table, key, &pseudonym).await?;
        }
        rows += erase_owner(&mut write, person).await?;
        rows += write.execute("DELETE FROM exceptions WHERE person = ?", [person.into()]).await?;
        let sql = "UPDATE persons SET person = ? WHERE person = ?";
        rows += write.execute(sql, [(&pseudonym).into(), person.into()]).await?;
        let entry = Entry {
            at: now,
            who: who.into(),
            what: format!("person {pseudonym}").into(),
            before: "".into(),
            after: format!("erased from {rows} rows").into(),
            reason: replaced(reason, key, &pseudonym).into(),
        };
        rows += rewrite(&mut write, entry, |text| replaced(text, key, &pseudonym)).await?;
        write.commit().await?;
        self.db.compact().await?;
        Ok(Erased { pseudonym, rows })
    }
}

fn shown(row: &mut Row<'_>, kind: Kind) -> Result<Shown, Cause> {
    Ok(match kind {
        Number => row.int_or_none()?.map_or(Shown::Nothing, Shown::Number),
        Words => row.text_or_none()?.map_or(Shown::Nothing, Shown::Text),
        Time => row.time_or_none()?.map_or(Shown::Nothing, Shown::Time),
    })
}

async fn rows_naming(read: &mut Transaction, searched: &Searched, key: &str) -> Result<Vec<Vec<Shown>>> {
    let mut told = Vec::new();
    read.each(searched.select, [], |row| {
        let at = row.time()?;
        let texts: Result<Vec<Option<Text>>, Cause> =
            searched.columns.iter().skip(1).map(|_| row.text_or_none()).collect();
        let texts = texts?;
        if texts.iter().flatten().any(|text| names(text, key)) {
            let texts = texts.into_iter().map(|text| text.map_or(Shown::Nothing, Shown::Text));
            told.push(std::iter::once(Shown::Time(at)).chain(texts).collect());
        }
        Ok(())
    })
    .await?;
    Ok(told)
}

/// The platform's numbers of a person.
async fn users_of(write: &mut Transaction, person: &PersonKey) -> Result<Vec<String>> {
    let sql = "SELECT user_id FROM tombstones WHERE person = ? AND user_id IS NOT NULL \
         UNION SELECT user_id FROM operations WHERE person = ? AND user_id IS NOT NULL";
    write.rows(sql, [person.into(), person.into()], |row| Ok(row.int()?.to_string())).await
}

/// Empties failed calls that carried a person by number: which of the numbers in a call is whose cannot be told.
async fn erase_failed_calls(write: &mut Transaction, users: &[String], pseudonym: &Text) -> Result<u64> {
    let sql = "SELECT id, parameters, answer FROM rest_error_logs";
    let calls = write.rows(sql, [], |row| Ok((row.int()?, row.text()?, row.text()?))).await?;
    let mut rows = 0;
    for (id, parameters, answer) in calls {
        if users.iter().any(|user| names(&parameters, user) || names(&answer, user)) {
            let sql = "UPDATE rest_error_logs SET parameters = ?, answer = ? WHERE id = ?";
            rows += write.execute(sql, [pseudonym.into(), pseudonym.into(), Value::Int(id)]).await?;
        }
    }
    Ok(rows)
}

/// A row that may name a person.
struct Found {
    key: [i64; 2],
    texts: Vec<Option<Text>>,
    is_theirs: bool,
}

/// Replaces a person in the rows of a table.
async fn erase_from(write: &mut Transaction, table: &Table, key: &str, pseudonym: &Text) -> Result<u64> {
    let mut rows = 0;
    for found in find(write, table, key).await? {
        let mut set: Vec<String> = table.texts.iter().map(|column| format!("{column} = ?")).collect();
        let texts = found.texts.iter().map(|text| text.as_deref().map(|text| replaced(text, key, pseudonym)));
        let mut values: Vec<Value> = texts.map(Value::from).collect();
        if found.is_theirs {
            set.push("person = ?".to_owned());
            values.push(pseudonym.into());
            if table.person == Whose::PersonAndUser {
                set.push("user_id = NULL".to_owned());
            }
            if let Some(column) = table.hash {
                // It was made with the key, and could be found again by trying keys.
                set.push(format!("{column} = ?"));
                let [one, two] = found.key.map(|part| part.to_string());
                values.push(digest(&[pseudonym, table.name, &one, &two])[..HASH_CHARS].into());
            }
        }
        let (set, [first, second]) = (set.join(", "), table.key);
        let sql = format!("UPDATE {} SET {set} WHERE {first} = ? AND {second} = ?", table.name);
        values.extend(found.key.map(Value::Int));
        rows += write.execute(sql, values).await?;
    }
    Ok(rows)
}

/// The rows of a table that are a person's, or that name the person in a text.
async fn find(write: &mut Transaction, table: &Table, key: &str) -> Result<Vec<Found>> {
    let [first, second] = table.key;
    let (person, condition) = match table.person {
        Whose::Nobodys => ("NULL", ""),
        Whose::Person => ("person", ""),
        // Of these there are too many to look through, and their texts tell of nobody else.
        Whose::PersonAndUser => ("person", " WHERE person = ?"),
    };
    let texts: String = table.texts.iter().map(|column| format!(", {column}")).collect();
    let sql = format!("SELECT {first}, {second}, {person}{texts} FROM {}{condition}", table.name);
    let whose = if condition.is_empty() { Vec::new() } else { vec![Value::from(key)] };
    let mut found = Vec::new();
    write
        .each(sql, whose, |row| {
            let place = [row.int()?, row.int()?];
            let is_theirs = row.text_or_none()?.as_deref() == Some(key);
            let texts: Result<Vec<Option<Text>>, Cause> =
                table.texts.iter().map(|_| row.text_or_none()).collect();
            let texts = texts?;
            if is_theirs || texts.iter().flatten().any(|text| names(text, key)) {
                found.push(Found { key: place, texts, is_theirs });
            }
            Ok(())
        })
        .await?;
    Ok(found)
}

/// Whether a text names something as a whole word.
fn names(text: &str, word: &str) -> bool {
    replaced(text, word, "") != text
}

/// A text with something replaced wherever it stands as a whole word, so that `S17` is not found in `S170`.
fn replaced(text: &str, word: &str, by: &str) -> String {
    let is_part_of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '@';
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = if word.is_empty() { None } else { rest.find(word) } {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let begins = !before.chars().next_back().or(done.chars().next_back()).is_some_and(is_part_of_word);
        let ends = !after.chars().next().is_some_and(is_part_of_word);
        done.push_str(before);
        done.push_str(if begins && ends { by } else { word });
        rest = after;
    }
    done.push_str(rest);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n11_only_whole_words_are_replaced() {
        let check = |text: &str, expected: &str| assert_eq!(replaced(text, "S17", "X"), expected);
        check("S17", "X");
        check("add S17, S170 and AS17; then S17.", "add X, S170 and AS17; then X.");
        check("S17S17 S17", "S17S17 X");
        check("", "");
        assert_eq!(replaced("a@b.uk, x_a@b.uk", "a@b.uk", "X"), "X, x_a@b.uk");
        assert_eq!(replaced("abc", "", "X"), "abc");
    }
}
