//! Which module fills which course: the table `mapped_modules`, into which other programs write as well.
//!
//! Not here: what becomes of a wish (`reconcile`).
//!
//! Invariant: what other programs write is read generously and never makes an error; what is unclear means
//! [`Wish::Keep`], so that nothing is touched.
//! Invariant: every change by Muster is in the audit log, in the same transaction.

use std::collections::BTreeMap;

use reconcile::keys::{CourseId, ModuleCode, SourceName, Text};
use reconcile::snapshot::Wish;
use serde::{Serialize, Serializer};

use crate::audit::{Entry, record};
use crate::db::{LIST_MAX, Row, Transaction, Value, again};
use crate::dialect::marks;
use crate::error::{Cause, Result};
use crate::filter::{Conditions, Page};
use crate::pauses::freeze;
use crate::store::Store;
use crate::time::Timestamp;

/// One of the two flags of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flag {
    /// `ADD`.
    Add,
    /// `RMV`.
    Rmv,
    /// Something else that another program wrote.
    Unclear(Text),
}

impl Flag {
    /// The word in the table.
    pub fn as_str(&self) -> &str {
        match self {
            Flag::Add => "ADD",
            Flag::Rmv => "RMV",
            Flag::Unclear(word) => word,
        }
    }

    /// Reads the word of the table, whatever its case; an empty one is no flag.
    pub fn from_word(word: &str) -> Option<Flag> {
        match word.trim() {
            "" => None,
            word if word.eq_ignore_ascii_case("ADD") => Some(Flag::Add),
            word if word.eq_ignore_ascii_case("RMV") => Some(Flag::Rmv),
            word => Some(Flag::Unclear(word.into())),
        }
    }
}

impl Serialize for Flag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Names a mapping.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MappingKey {
    /// The course.
    pub course: CourseId,
    /// The source that knows the module.
    pub source: SourceName,
    /// The module.
    pub module: ModuleCode,
}

/// Everything about a mapping that a person can set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MappingSettings {
    /// Whether the groups shall be in the course; `None` while nobody decided.
    pub group_import: Option<Flag>,
    /// Whether the mapping stands; `None` means that it does.
    pub mapping_action: Option<Flag>,
    /// `false` freezes everything that the mapping made.
    pub active: bool,
    /// Who answers for it.
    pub owner: Option<Text>,
    /// Why it is there.
    pub reason: Option<Text>,
    /// The term for which it is meant, in words.
    pub term: Option<Text>,
    /// Since when it counts.
    pub valid_from: Option<Timestamp>,
    /// Until when it counts, this moment excluded.
    pub valid_until: Option<Timestamp>,
}

impl Default for MappingSettings {
    /// A mapping that brings its groups.
    fn default() -> Self {
        MappingSettings {
            group_import: Some(Flag::Add),
            mapping_action: Some(Flag::Add),
            active: true,
            owner: None,
            reason: None,
            term: None,
            valid_from: None,
            valid_until: None,
        }
    }
}

impl MappingSettings {
    /// What the flags, the freeze and the validity wish for together at a moment.
    pub fn wish(&self, now: Timestamp) -> Wish {
        let is = |flag: &Option<Flag>, wanted: Flag| flag.as_ref() == Some(&wanted);
        // A deactivated mapping freezes everything, also its own removal (DESIGN section 4).
        if !self.active {
            return Wish::Keep;
        }
        if is(&self.group_import, Flag::Rmv) || is(&self.mapping_action, Flag::Rmv) {
            return Wish::Remove;
        }
        let valid = self.valid_from.is_none_or(|from| from <= now)
            && self.valid_until.is_none_or(|until| now < until);
        let stands = self.mapping_action.is_none() || is(&self.mapping_action, Flag::Add);
        if valid && stands && is(&self.group_import, Flag::Add) { Wish::Want } else { Wish::Keep }
    }
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingRow {
    /// What is mapped; the source is the default one where the row names none.
    pub key: MappingKey,
    /// How.
    pub settings: MappingSettings,
    /// When Muster changed it last; `None` where another program wrote it.
    pub changed_at: Option<Timestamp>,
    /// Who changed it last.
    pub changed_by: Option<Text>,
}

/// Which mappings are asked for.
#[derive(Clone, Debug, Default)]
pub struct MappingFilter {
    /// Only of this course.
    pub course: Option<CourseId>,
    /// Only of this module.
    pub module: Option<ModuleCode>,
    /// Only of this source.
    pub source: Option<SourceName>,
    /// Which stretch of the list.
    pub page: Page,
}

/// What an import of mappings changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MappingCounts {
    /// Rows that were not there before.
    pub added: u64,
    /// Rows that are different now.
    pub changed: u64,
    /// Rows that were there exactly so.
    pub unchanged: u64,
}

/// Who changes mappings, when, and which source is meant where a row names none.
#[derive(Clone, Debug)]
pub struct MappingChange<'a> {
    /// The source of rows that name none.
    pub default_source: &'a SourceName,
    /// Who.
    pub who: &'a str,
    /// Why, for the audit log.
    pub reason: &'a str,
    /// When.
    pub now: Timestamp,
}

pub(crate) const SELECT: &str = "SELECT moodle_id, source, modulecode, group_import, mapping_action, COALESCE(active, 1), owner, \
     reason, term, valid_from, valid_until, changed_at, changed_by FROM mapped_modules";

/// The rows of one mapping; another program may have written several.
pub(crate) const OF_KEY: &str = "moodle_id = ? AND modulecode = ? AND COALESCE(NULLIF(source, ''), ?) = ?";

impl Store {
    /// The mappings, by course and module.
    pub async fn mappings(
        &self,
        filter: &MappingFilter,
        default_source: &SourceName,
    ) -> Result<Vec<MappingRow>> {
        let mut conditions = Conditions::default()
            .equals("moodle_id", filter.course)
            .equals("modulecode", filter.module.as_ref());
        if let Some(source) = &filter.source {
            conditions = conditions
                .with("COALESCE(NULLIF(source, ''), ?) = ?", [default_source.into(), source.into()]);
        }
        let (sql, values) = conditions.complete(SELECT, "moodle_id, modulecode, id", filter.page);
        let mut read_only = self.db.read("list the mappings").await?;
        read_only.rows(sql, values, |row| read(row, default_source)).await
    }

    /// Sets a mapping, and adds it where it is not there yet.
    pub async fn set_mapping(
        &self,
        key: &MappingKey,
        settings: &MappingSettings,
        change: &MappingChange<'_>,
    ) -> Result<MappingCounts> {
        self.import_mappings(&[(key.clone(), settings.clone())], change).await
    }

    /// Asks for the removal of a mapping: sets its `mapping_action` to RMV. Tells whether it was there.
    ///
    /// The row stays, because the next run learns from it that a person wants the groups gone.
    pub async fn remove_mapping(&self, key: &MappingKey, change: &MappingChange<'_>) -> Result<bool> {
        again(|| self.try_removing_mapping(key, change)).await
    }

    async fn try_removing_mapping(&self, key: &MappingKey, change: &MappingChange<'_>) -> Result<bool> {
        let mut write = self.db.write("remove a mapping").await?;
        let before = of_key(&mut write, key, change.default_source).await?;
        let Some(row) = before.first() else { return Ok(false) };
        let removed = MappingSettings { mapping_action: Some(Flag::Rmv), ..row.settings.clone() };
        put(&mut write, key, &removed, change).await?;
        write.commit().await?;
        Ok(true)
    }

    /// Sets many mappings in one transaction.
    pub async fn import_mappings(
        &self,
        rows: &[(MappingKey, MappingSettings)],
        change: &MappingChange<'_>,
    ) -> Result<MappingCounts> {
        again(|| self.try_importing_mappings(rows, change)).await
    }

    async fn try_importing_mappings(
        &self,
        rows: &[(MappingKey, MappingSettings)],
        change: &MappingChange<'_>,
    ) -> Result<MappingCounts> {
        let mut write = self.db.write("change the mappings").await?;
        let mut counts = MappingCounts::default();
        for (key, settings) in rows {
            match put(&mut write, key, settings, change).await? {
                Put::Added => counts.added += 1,
                Put::Changed => counts.changed += 1,
                Put::Unchanged => counts.unchanged += 1,
            }
        }
        write.commit().await?;
        Ok(counts)
    }
}

/// What the audit log says of a change.
pub(crate) fn entry(
    key: &MappingKey,
    before: Option<&MappingSettings>,
    after: Option<&MappingSettings>,
    change: &MappingChange<'_>,
) -> Entry {
    let told = |settings: Option<&MappingSettings>| {
        settings.map(|settings| serde_json::to_string(settings).unwrap_or_default()).unwrap_or_default()
    };
    Entry {
        at: change.now,
        who: change.who.into(),
        what: format!("mapping of module {} ({}) to course {}", key.module, key.source, key.course).into(),
        before: told(before).into(),
        after: told(after).into(),
        reason: change.reason.into(),
    }
}

pub(crate) enum Put {
    Added,
    Changed,
    Unchanged,
}

pub(crate) async fn put(
    write: &mut Transaction,
    key: &MappingKey,
    settings: &MappingSettings,
    change: &MappingChange<'_>,
) -> Result<Put> {
    let before = of_key(write, key, change.default_source).await?;
    if !before.is_empty() && before.iter().all(|row| row.settings == *settings) {
        return Ok(Put::Unchanged);
    }
    let MappingSettings {
        group_import,
        mapping_action,
        active,
        owner,
        reason,
        term,
        valid_from,
        valid_until,
    } = settings;
    let values = [
        Value::from(group_import.as_ref().map(Flag::as_str)),
        mapping_action.as_ref().map(Flag::as_str).into(),
        (*active).into(),
        owner.as_ref().into(),
        reason.as_ref().into(),
        term.as_ref().into(),
        (*valid_from).into(),
        (*valid_until).into(),
        change.now.into(),
        change.who.into(),
    ];
    if before.is_empty() {
        let sql = "INSERT INTO mapped_modules (group_import, mapping_action, active, owner, reason, term, valid_from, \
             valid_until, changed_at, changed_by, moodle_id, modulecode, source) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let named = [key.course.into(), (&key.module).into(), (&key.source).into()];
        write.execute(sql, values.into_iter().chain(named)).await?;
    } else {
        let sql = format!(
            "UPDATE mapped_modules SET group_import = ?, mapping_action = ?, active = ?, owner = ?, reason = ?, \
             term = ?, valid_from = ?, valid_until = ?, changed_at = ?, changed_by = ? WHERE {OF_KEY}"
        );
        write.execute(sql, values.into_iter().chain(key_values(key, change.default_source))).await?;
    }
    let entry = entry(key, before.first().map(|row| &row.settings), Some(settings), change);
    record(write, &entry).await?;
    Ok(if before.is_empty() { Put::Added } else { Put::Changed })
}

async fn of_key(
    write: &mut Transaction,
    key: &MappingKey,
    default_source: &SourceName,
) -> Result<Vec<MappingRow>> {
    let sql = format!("{SELECT} WHERE {OF_KEY} ORDER BY id");
    write.rows(sql, key_values(key, default_source), |row| read(row, default_source)).await
}

pub(crate) fn key_values(key: &MappingKey, default_source: &SourceName) -> [Value; 4] {
    [key.course.into(), (&key.module).into(), default_source.into(), (&key.source).into()]
}

pub(crate) fn read(row: &mut Row<'_>, default_source: &SourceName) -> Result<MappingRow, Cause> {
    let course = CourseId(row.int()?);
    let source = match row.text_or_none()? {
        Some(source) if !source.is_empty() => SourceName(source),
        _ => default_source.clone(),
    };
    Ok(MappingRow {
        key: MappingKey { course, source, module: ModuleCode(row.text()?) },
        settings: MappingSettings {
            group_import: row.text_or_none()?.as_deref().and_then(Flag::from_word),
            mapping_action: row.text_or_none()?.as_deref().and_then(Flag::from_word),
            active: row.flag()?,
            owner: row.text_or_none()?,
            reason: row.text_or_none()?,
            term: row.text_or_none()?,
            valid_from: row.time_or_none()?,
            valid_until: row.time_or_none()?,
        },
        changed_at: row.time_or_none()?,
        changed_by: row.text_or_none()?,
    })
}

/// The wish for each module of each course.
pub(crate) type Wishes = BTreeMap<CourseId, BTreeMap<(SourceName, ModuleCode), Wish>>;

/// Reads what is wished for some courses, or for all.
pub(crate) async fn wishes(
    read_only: &mut Transaction,
    courses: Option<&[CourseId]>,
    default_source: &SourceName,
    now: Timestamp,
) -> Result<Wishes> {
    let mut wishes = Wishes::new();
    let mut collect = |row: &mut Row<'_>| {
        let MappingRow { key, settings, .. } = read(row, default_source)?;
        let wish = settings.wish(now);
        wishes
            .entry(key.course)
            .or_default()
            .entry((key.source, key.module))
            .and_modify(|other| *other = together(*other, wish))
            .or_insert(wish);
        Ok(())
    };
    match courses {
        None => read_only.each(SELECT, [], &mut collect).await?,
        Some(courses) => {
            for some in courses.chunks(LIST_MAX) {
                let sql = format!("{SELECT} WHERE moodle_id IN ({})", marks(some.len()));
                read_only.each(sql, some.iter().map(|course| (*course).into()), &mut collect).await?;
            }
        }
    }
    freeze(read_only, &mut wishes, now).await?;
    Ok(wishes)
}

/// The wish of two rows about the same course and module: where one wants what the other removes, nothing is touched.
fn together(one: Wish, other: Wish) -> Wish {
    match (one, other) {
        (Wish::Want, Wish::Remove) | (Wish::Remove, Wish::Want) => Wish::Keep,
        (Wish::Keep, wish) | (wish, Wish::Keep) => wish,
        (Wish::Want, Wish::Want) => Wish::Want,
        (Wish::Remove, Wish::Remove) => Wish::Remove,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(group_import: Option<&str>, mapping_action: Option<&str>, expected: Wish) {
        let settings = MappingSettings {
            group_import: group_import.and_then(Flag::from_word),
            mapping_action: mapping_action.and_then(Flag::from_word),
            ..MappingSettings::default()
        };
        assert_eq!(settings.wish(Timestamp(0)), expected, "{group_import:?} {mapping_action:?}");
    }

    #[test]
    fn the_two_flags_make_one_wish() {
        check(Some("ADD"), Some("ADD"), Wish::Want);
        check(Some("ADD"), None, Wish::Want);
        check(Some(" add"), None, Wish::Want);
        check(None, Some("ADD"), Wish::Keep);
        check(None, None, Wish::Keep);
        check(Some(""), Some("ADD"), Wish::Keep);
        check(Some("RMV"), Some("ADD"), Wish::Remove);
        check(Some("ADD"), Some("RMV"), Wish::Remove);
        check(None, Some("rmv"), Wish::Remove);
        check(Some("ADD"), Some("what?"), Wish::Keep);
        check(Some("what?"), None, Wish::Keep);
    }

    #[test]
    fn frozen_and_outdated_mappings_keep_what_is_there() {
        let wish = |active, from: Option<i64>, until: Option<i64>, now| {
            let valid_from = from.map(Timestamp);
            let valid_until = until.map(Timestamp);
            MappingSettings { active, valid_from, valid_until, ..MappingSettings::default() }
                .wish(Timestamp(now))
        };
        assert_eq!(wish(false, None, None, 5), Wish::Keep);
        assert_eq!(wish(true, Some(5), Some(6), 4), Wish::Keep);
        assert_eq!(wish(true, Some(5), Some(6), 5), Wish::Want);
        assert_eq!(wish(true, Some(5), Some(6), 6), Wish::Keep);
    }

    #[test]
    fn contradicting_rows_touch_nothing() {
        assert_eq!(together(Wish::Want, Wish::Remove), Wish::Keep);
        assert_eq!(together(Wish::Keep, Wish::Want), Wish::Want);
        assert_eq!(together(Wish::Remove, Wish::Keep), Wish::Remove);
    }
}
