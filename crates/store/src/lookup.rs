//! Finds groups and people by whatever a person knows of them: for `muster explain`.
//!
//! Not here: saying what is wrong; that is told from what is found.
//!
//! Invariant: names compare without regard to letter case; keys compare exactly.

use reconcile::keys::{
    CourseId, GroupId, GroupKey, ModuleCode, Part, PersonKey, Role, SourceGroupId, SourceName, Text,
};

use crate::db::{Row, Value};
use crate::delivery_rows::role_of;
use crate::error::{Cause, Result};
use crate::runs::RunId;
use crate::store::Store;
use crate::time::Timestamp;

/// A group that answers to what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupHit {
    /// Where it was found.
    pub place: HitPlace,
    /// Its key.
    pub key: GroupKey,
    /// The name that is shown there.
    pub name: Text,
    /// The platform's id, where it has or had one.
    pub moodle_id: Option<GroupId>,
}

/// Where a group was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HitPlace {
    /// Among the groups that are ours in a course.
    Ours(CourseId),
    /// In the newest accepted delivery of its source.
    Delivered,
    /// Among those that were ours and are gone: where, when, in which run, and for what reason code.
    Gone {
        /// The course.
        course: CourseId,
        /// When it was dropped.
        at: Timestamp,
        /// The run that dropped it.
        run: RunId,
        /// The reason code.
        because: Text,
    },
}

/// A group in which a source has a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonPlace {
    /// The group.
    pub key: GroupKey,
    /// Its name, or its code where it has none.
    pub name: Text,
    /// What the person does there.
    pub role: Role,
}

const OURS: &str = "SELECT course, source, module, group_id, part, name_shown, moodle_id FROM group_links \
     WHERE moodle_id = ? OR group_id = ? OR idnumber = ? OR LOWER(name_shown) = LOWER(?) ORDER BY course, id";

const GONE: &str = "SELECT course, dropped_at, run, because, source, module, group_id, part, name, moodle_id \
     FROM tombstones WHERE kind = 'group' AND (moodle_id = ? OR group_id = ? OR idnumber = ? OR LOWER(name) = LOWER(?)) \
     ORDER BY id DESC";

const DELIVERED: &str = "SELECT d.source, g.module, g.group_id, CASE WHEN g.name = '' THEN g.code ELSE g.name END \
     FROM source_groups g JOIN deliveries d ON d.rows_of = g.delivery \
     WHERE d.id IN (SELECT MAX(id) FROM deliveries WHERE state = 'accepted' GROUP BY source) \
     AND (g.group_id = ? OR LOWER(g.name) = LOWER(?) OR LOWER(g.code) = LOWER(?)) ORDER BY g.id";

const OF_PERSON: &str = "SELECT d.source, g.module, g.group_id, CASE WHEN g.name = '' THEN g.code ELSE g.name END, \
     m.tutor FROM persons p JOIN source_members m ON m.person = p.id JOIN source_groups g ON g.id = m.source_group \
     JOIN deliveries d ON d.rows_of = g.delivery \
     WHERE d.id IN (SELECT MAX(id) FROM deliveries WHERE state = 'accepted' GROUP BY source) AND p.person = ? \
     ORDER BY d.source, g.module, g.group_id";

impl Store {
    /// The groups that answer to a platform's id, a source's id, an idnumber, a name or a code: ours first, then
    /// those that are only in a source, then those that are gone.
    pub async fn find_groups(&self, asked: &str) -> Result<Vec<GroupHit>> {
        let number = asked.parse::<i64>().map_or(Value::Null, Value::Int);
        let everything = || [number.clone(), asked.into(), asked.into(), asked.into()];
        let mut read = self.db.read("look for a group").await?;
        let mut hits = read.rows(OURS, everything(), ours).await?;
        for hit in read.rows(DELIVERED, [asked.into(), asked.into(), asked.into()], delivered).await? {
            if !hits.iter().any(|known: &GroupHit| known.key == hit.key) {
                hits.push(hit);
            }
        }
        hits.extend(read.rows(GONE, everything(), gone).await?);
        Ok(hits)
    }

    /// The groups in which the newest accepted deliveries have a person.
    pub async fn person_places(&self, person: &PersonKey) -> Result<Vec<PersonPlace>> {
        let mut read = self.db.read("look for a person").await?;
        read.rows(OF_PERSON, [person.into()], |row| {
            let key = key_of(SourceName(row.text()?), row, Part::Everyone)?;
            Ok(PersonPlace { key, name: row.text()?, role: role_of(row.flag()?) })
        })
        .await
    }

    /// The courses that a module fills or has groups in.
    pub async fn courses_of_module(&self, module: &ModuleCode) -> Result<Vec<CourseId>> {
        let mut read = self.db.read("look for a module's courses").await?;
        let sql = "SELECT moodle_id FROM mapped_modules WHERE modulecode = ? \
             UNION SELECT course FROM group_links WHERE module = ? ORDER BY 1";
        read.rows(sql, [module.into(), module.into()], |row| Ok(CourseId(row.int()?))).await
    }
}

fn key_of(source: SourceName, row: &mut Row<'_>, part: Part) -> Result<GroupKey, Cause> {
    Ok(GroupKey { source, module: ModuleCode(row.text()?), group: SourceGroupId(row.text()?), part })
}

fn part_of(word: &str) -> Part {
    if word == "tutors" { Part::Tutors } else { Part::Everyone }
}

fn ours(row: &mut Row<'_>) -> Result<GroupHit, Cause> {
    let course = CourseId(row.int()?);
    let mut key = key_of(SourceName(row.text()?), row, Part::Everyone)?;
    key.part = part_of(&row.text()?);
    Ok(GroupHit {
        place: HitPlace::Ours(course),
        key,
        name: row.text()?,
        moodle_id: row.int_or_none()?.map(GroupId),
    })
}

fn gone(row: &mut Row<'_>) -> Result<GroupHit, Cause> {
    let place = HitPlace::Gone {
        course: CourseId(row.int()?),
        at: row.time()?,
        run: RunId(row.int()?),
        because: row.text()?,
    };
    let mut key = key_of(SourceName(row.text()?), row, Part::Everyone)?;
    key.part = row.text_or_none()?.map_or(Part::Everyone, |word| part_of(&word));
    Ok(GroupHit { place, key, name: row.text()?, moodle_id: row.int_or_none()?.map(GroupId) })
}

fn delivered(row: &mut Row<'_>) -> Result<GroupHit, Cause> {
    let source = SourceName(row.text()?);
    let key = key_of(source, row, Part::Everyone)?;
    Ok(GroupHit { place: HitPlace::Delivered, key, name: row.text()?, moodle_id: None })
}
