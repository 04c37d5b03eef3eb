//! Lets what is ours follow the keys that a student system changed: mappings, pauses, links and exceptions.
//!
//! Not here: where each key went (`reconcile::new_keys`), and what the platform still shows (`reconcile::plan` writes the new
//! idnumbers).
//!
//! Invariant: all of it happens in the transaction in which the delivery with the new keys is accepted, so a plan never meets
//! new keys on one side and old ones on the other.
//! Invariant: rows first step aside, and then go where they belong: an exchange of keys meets no row in its way.

use reconcile::keys::{CourseId, GroupKey, ModuleCode, Part, PersonKey, SourceGroupId, SourceName, Text};
use reconcile::new_keys::{KeyChange, NewKeys, Told};

use crate::audit::{Entry, record};
use crate::db::{Transaction, Value};
use crate::error::Result;
use crate::ims::ObjectKind;
use crate::time::Timestamp;
use crate::words::known;

/// Begins a key that no source has, because none may hold a control character: where rows wait for their new keys.
const ASIDE: char = '\u{1}';

/// Whose keys changed, and when it is noted.
pub(crate) struct Following<'a> {
    pub(crate) source: &'a SourceName,
    /// The source of mappings that name none.
    pub(crate) default_source: &'a SourceName,
    pub(crate) now: Timestamp,
}

/// Follows the changes that a newly accepted delivery knows and the one accepted before did not.
pub(crate) async fn follow(write: &mut Transaction, delivery: i64, following: &Following<'_>) -> Result<()> {
    let told = told(write, delivery, following.source).await?;
    if told.is_empty() {
        return Ok(());
    }
    if !told.modules.is_empty() {
        mappings(write, &told, following).await?;
        pauses(write, &told).await?;
        grouping_links(write, &told, following.source).await?;
    }
    group_links(write, &told, following.source).await?;
    exceptions(write, &told, following.source).await?;
    if !told.persons.is_empty() {
        member_links(write, &told, following.source).await?;
    }
    Ok(())
}

/// Which keys changed since the delivery that was accepted before.
async fn told(write: &mut Transaction, delivery: i64, source: &SourceName) -> Result<Told> {
    let sql = "SELECT ims_site, ims_rename, ims_keys FROM deliveries WHERE id = ? AND ims_site IS NOT NULL";
    let now =
        write.first(sql, [Value::Int(delivery)], |row| Ok((row.int()?, row.int()?, row.text()?))).await?;
    let sql = "SELECT ims_site, ims_rename FROM deliveries WHERE source = ? AND state = 'accepted' AND id < ? \
         ORDER BY id DESC LIMIT 1";
    let before = write
        .first(sql, [source.into(), Value::Int(delivery)], |row| Ok((row.int_or_none()?, row.int()?)))
        .await?;
    let (Some((site, rename, keys)), Some((Some(site_before), rename_before))) = (now, before) else {
        return Ok(Told::default());
    };
    if site != site_before {
        return Ok(Told::default());
    }
    let (mut groups, mut persons) = (Vec::new(), Vec::new());
    let sql = "SELECT id, object, key_before, key_after FROM ims_renames WHERE site = ? AND id > ? AND id <= ? ORDER BY id";
    write
        .each(sql, [Value::Int(site), Value::Int(rename_before), Value::Int(rename)], |row| {
            let number = row.int()?;
            let object = known(&row.text()?, ObjectKind::from_word)?;
            let change = KeyChange { number, before: row.text()?, after: row.text()? };
            match object {
                ObjectKind::Group => groups.push(change),
                ObjectKind::Person => persons.push(change),
                // Nothing of ours is called by the key of a membership.
                ObjectKind::Membership => {}
            }
            Ok(())
        })
        .await?;
    let groups = NewKeys::of(&groups);
    let is_key = |word| keys.split(' ').any(|key| key == word);
    Ok(Told {
        // Courses and their groups share one space of keys.
        modules: if is_key("modules") { groups.clone() } else { NewKeys::default() },
        persons: if is_key("persons") { NewKeys::of(&persons) } else { NewKeys::default() },
        groups,
    })
}

async fn mappings(write: &mut Transaction, told: &Told, following: &Following<'_>) -> Result<()> {
    let Following { source, default_source, now } = following;
    let sql = "SELECT id, moodle_id, modulecode FROM mapped_modules WHERE COALESCE(NULLIF(source, ''), ?) = ? ORDER BY id";
    let rows = write
        .rows(sql, [(*default_source).into(), (*source).into()], |row| {
            Ok((row.int()?, CourseId(row.int()?), ModuleCode(row.text()?)))
        })
        .await?;
    for (id, course, module) in rows {
        let new = told.module(&module);
        if new == module {
            continue;
        }
        let sql = "UPDATE mapped_modules SET modulecode = ?, changed_at = ?, changed_by = ? WHERE id = ?";
        write.execute(sql, [(&new).into(), (*now).into(), source.as_str().into(), Value::Int(id)]).await?;
        let entry = Entry {
            at: *now,
            who: source.0.clone(),
            what: format!("module of the mapping to course {course}").into(),
            before: module.0,
            after: new.0,
            reason: "the student system changed the identifier of the course".into(),
        };
        record(write, &entry).await?;
    }
    Ok(())
}

async fn pauses(write: &mut Transaction, told: &Told) -> Result<()> {
    let sql = "SELECT id, subject FROM pauses WHERE scope = 'module'";
    for (id, module) in write.rows(sql, [], |row| Ok((row.int()?, row.text()?))).await? {
        if let Some(new) = told.modules.get(&module) {
            write.execute("UPDATE pauses SET subject = ? WHERE id = ?", [new.into(), Value::Int(id)]).await?;
        }
    }
    Ok(())
}

async fn grouping_links(write: &mut Transaction, told: &Told, source: &SourceName) -> Result<()> {
    let sql = "SELECT course, module FROM grouping_links WHERE source = ?";
    let rows = write.rows(sql, [source.into()], |row| Ok((row.int()?, row.text()?))).await?;
    let moved: Vec<(i64, Text, Text)> = rows
        .into_iter()
        .filter_map(|(course, module)| Some((course, aside(&module), told.modules.get(&module)?.clone())))
        .collect();
    let sql = "UPDATE grouping_links SET module = ? WHERE course = ? AND source = ? AND module = ?";
    for (course, waiting, _) in &moved {
        let before = waiting.trim_start_matches(ASIDE);
        write.execute(sql, [waiting.into(), Value::Int(*course), source.into(), before.into()]).await?;
    }
    for (course, waiting, new) in &moved {
        write.execute(sql, [new.into(), Value::Int(*course), source.into(), waiting.into()]).await?;
    }
    Ok(())
}

/// A row of ours that names a group.
struct Named {
    id: i64,
    key: GroupKey,
}

/// The rows of a table that name groups of the source.
async fn named(write: &mut Transaction, table: &str, source: &SourceName) -> Result<Vec<Named>> {
    let sql = format!("SELECT id, module, group_id FROM {table} WHERE source = ? ORDER BY id");
    write
        .rows(sql, [source.into()], |row| {
            let id = row.int()?;
            let (module, group) = (ModuleCode(row.text()?), SourceGroupId(row.text()?));
            Ok(Named { id, key: GroupKey { source: source.clone(), module, group, part: Part::Everyone } })
        })
        .await
}

/// Gives the rows of a table their new groups.
async fn follow_groups(write: &mut Transaction, table: &str, told: &Told, source: &SourceName) -> Result<()> {
    let mut moved = named(write, table, source).await?;
    moved.retain(|row| told.group(&row.key) != row.key);
    let sql = format!("UPDATE {table} SET module = ?, group_id = ? WHERE id = ?");
    for Named { id, key } in &moved {
        let waiting = aside(&id.to_string());
        write.execute(sql.as_str(), [(&key.module).into(), waiting.into(), Value::Int(*id)]).await?;
    }
    for Named { id, key } in &moved {
        let GroupKey { module, group, .. } = told.group(key);
        write.execute(sql.as_str(), [(&module).into(), (&group).into(), Value::Int(*id)]).await?;
    }
    Ok(())
}

async fn group_links(write: &mut Transaction, told: &Told, source: &SourceName) -> Result<()> {
    follow_groups(write, "group_links", told, source).await
}

async fn exceptions(write: &mut Transaction, told: &Told, source: &SourceName) -> Result<()> {
    follow_groups(write, "exceptions", told, source).await?;
    if told.persons.is_empty() {
        return Ok(());
    }
    let sql = "SELECT id, person FROM exceptions WHERE source = ? ORDER BY id";
    let rows = write.rows(sql, [source.into()], |row| Ok((row.int()?, row.text()?))).await?;
    let moved: Vec<(i64, &Text)> =
        rows.iter().filter_map(|(id, person)| Some((*id, told.persons.get(person)?))).collect();
    let sql = "UPDATE exceptions SET person = ? WHERE id = ?";
    for (id, _) in &moved {
        write.execute(sql, [aside(&id.to_string()).into(), Value::Int(*id)]).await?;
    }
    for (id, new) in &moved {
        write.execute(sql, [(*new).into(), Value::Int(*id)]).await?;
    }
    Ok(())
}

/// The table has no index by person, on purpose: it is looked through once, however many people there are.
async fn member_links(write: &mut Transaction, told: &Told, source: &SourceName) -> Result<()> {
    let mut moved: Vec<(i64, i64, PersonKey)> = Vec::new();
    let sql = "SELECT m.group_link, m.user_id, m.person FROM group_links g JOIN member_links m ON m.group_link = g.id \
         WHERE g.source = ?";
    write
        .each(sql, [source.into()], |row| {
            let (group_link, user) = (row.int()?, row.int()?);
            if let Some(new) = row.str_or_none()?.and_then(|person| told.persons.get(person)) {
                moved.push((group_link, user, PersonKey(new.clone())));
            }
            Ok(())
        })
        .await?;
    let sql = "UPDATE member_links SET person = ? WHERE group_link = ? AND user_id = ?";
    for (group_link, user, new) in &moved {
        write.execute(sql, [new.into(), Value::Int(*group_link), Value::Int(*user)]).await?;
    }
    Ok(())
}

/// A key under which a row waits.
fn aside(text: &str) -> Text {
    format!("{ASIDE}{text}").into()
}
