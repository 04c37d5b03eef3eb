//! Finds courses, groups, groupings and people by whatever a person knows of them: for `muster explain`.
//!
//! Not here: saying what is wrong; that is told from what is found.
//!
//! Invariant: names compare without regard to letter case; keys compare exactly.

use std::collections::{BTreeMap, BTreeSet};

use reconcile::keys::{
    CourseId, GroupId, GroupKey, GroupingId, GroupingKey, ModuleCode, Part, PersonKey, Role, SourceGroupId,
    SourceName, Text,
};

use crate::db::{LIST_MAX, Row, Value};
use crate::delivery_rows::role_of;
use crate::dialect::marks;
use crate::error::{Cause, Result};
use crate::runs::RunId;
use crate::school::School;
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

/// A grouping that answers to what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupingHit {
    /// Where it was found; never [`HitPlace::Delivered`], because no source knows groupings.
    pub place: HitPlace,
    /// Its key.
    pub key: GroupingKey,
    /// The name that is shown there.
    pub name: Text,
    /// The platform's id, where it has or had one.
    pub moodle_id: Option<GroupingId>,
}

/// What is remembered of a course as such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseHit {
    /// The course.
    pub course: CourseId,
    /// The short name that it showed last; empty where it was never asked for.
    pub name: Text,
    /// The idnumber that it showed last; empty where it has none or was never asked for.
    pub idnumber: Text,
    /// When it was read last.
    pub observed_at: Option<Timestamp>,
    /// Whether the platform said that it does not exist.
    pub gone: bool,
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

/// A membership that our memory holds or held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonTrace {
    /// The course.
    pub course: CourseId,
    /// The group.
    pub key: GroupKey,
    /// The name that the group shows or showed.
    pub name: Text,
    /// When it ended, by which run, and for what reason code; `None` while it lasts.
    pub ended: Option<(Timestamp, RunId, Text)>,
}

/// Every membership of a person that our memory holds or held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonTraces {
    /// Those that last.
    pub members: Vec<PersonTrace>,
    /// Those that ended, the newest first.
    pub graves: Vec<PersonTrace>,
}

const MEMBERSHIPS: &str = "SELECT g.course, g.source, g.module, g.group_id, g.part, g.name_shown FROM member_links m \
     JOIN group_links g ON g.id = m.group_link WHERE m.person = ? ORDER BY g.course, g.id";

const ENDED_MEMBERSHIPS: &str = "SELECT course, source, module, COALESCE(group_id, ''), COALESCE(part, 'everyone'), name, \
     dropped_at, run, because FROM tombstones WHERE kind = 'member' AND person = ? ORDER BY id DESC";

const OURS: &str = "SELECT course, source, module, group_id, part, name_shown, moodle_id FROM group_links \
     WHERE moodle_id = ? OR group_id = ? OR idnumber = ? OR LOWER(name_shown) = LOWER(?) ORDER BY course, id";

const GONE: &str = "SELECT course, dropped_at, run, because, source, module, group_id, part, name, moodle_id \
     FROM tombstones WHERE kind = 'group' AND (moodle_id = ? OR group_id = ? OR idnumber = ? OR LOWER(name) = LOWER(?)) \
     ORDER BY id DESC";

const OUR_GROUPINGS: &str = "SELECT course, source, module, name_shown, moodle_id FROM grouping_links \
     WHERE moodle_id = ? OR idnumber = ? OR LOWER(name_shown) = LOWER(?) ORDER BY course, source, module";

const GONE_GROUPINGS: &str = "SELECT course, dropped_at, run, because, source, module, name, moodle_id FROM tombstones \
     WHERE kind = 'grouping' AND (moodle_id = ? OR idnumber = ? OR LOWER(name) = LOWER(?)) ORDER BY id DESC";

const COURSES: &str = "SELECT course, name, COALESCE(idnumber, ''), observed_at, gone FROM courses";

const DELIVERED: &str = "SELECT d.source, g.module, g.group_id, CASE WHEN g.name = '' THEN g.code ELSE g.name END \
     FROM source_groups g JOIN deliveries d ON d.rows_of = g.delivery \
     WHERE d.id IN (SELECT MAX(id) FROM deliveries WHERE state = 'accepted' GROUP BY source) \
     AND (g.group_id = ? OR LOWER(g.name) = LOWER(?) OR LOWER(g.code) = LOWER(?)) ORDER BY g.id";

const OF_PERSON: &str = "SELECT d.source, g.module, g.group_id, CASE WHEN g.name = '' THEN g.code ELSE g.name END, \
     m.tutor FROM persons p JOIN source_members m ON m.person = p.id JOIN source_groups g ON g.id = m.source_group \
     JOIN deliveries d ON d.rows_of = g.delivery \
     WHERE d.id IN (SELECT MAX(id) FROM deliveries WHERE state = 'accepted' GROUP BY source) AND p.person = ? \
     ORDER BY d.source, g.module, g.group_id";

/// What a group is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupNames {
    /// The name that it shows on the platform; `None` where it is not there yet.
    pub shown: Option<Text>,
    /// Its name, or its code where it has none, in the newest accepted delivery; `None` where that does not have it.
    pub delivered: Option<Text>,
}

const NAMES_SHOWN: &str =
    "SELECT course, source, module, group_id, part, name_shown FROM group_links WHERE course IN";

const NAMES_DELIVERED: &str = "SELECT d.source, g.module, g.group_id, CASE WHEN g.name = '' THEN g.code ELSE g.name END \
     FROM source_groups g JOIN deliveries d ON d.rows_of = g.delivery \
     WHERE d.id IN (SELECT MAX(id) FROM deliveries WHERE state = 'accepted' GROUP BY source) AND g.module IN";

impl Store {
    /// What some groups of courses are called, on the platform and in their sources.
    pub async fn group_names(
        &self,
        groups: &BTreeSet<(CourseId, GroupKey)>,
    ) -> Result<BTreeMap<(CourseId, GroupKey), GroupNames>> {
        let mut names: BTreeMap<_, GroupNames> =
            groups.iter().map(|group| (group.clone(), GroupNames::default())).collect();
        let mut read = self.db.read("look what groups are called").await?;
        let courses: BTreeSet<CourseId> = groups.iter().map(|(course, _)| *course).collect();
        let courses: Vec<CourseId> = courses.into_iter().collect();
        for some in courses.chunks(LIST_MAX) {
            let sql = format!("{NAMES_SHOWN} ({})", marks(some.len()));
            let values = some.iter().map(|course| Value::from(*course));
            for trace in read.rows(sql, values, trace).await? {
                if let Some(names) = names.get_mut(&(trace.course, trace.key)) {
                    names.shown = Some(trace.name);
                }
            }
        }
        let modules: BTreeSet<&ModuleCode> = groups.iter().map(|(_, key)| &key.module).collect();
        let modules: Vec<&ModuleCode> = modules.into_iter().collect();
        let mut in_source = BTreeMap::new();
        for some in modules.chunks(LIST_MAX) {
            let sql = format!("{NAMES_DELIVERED} ({})", marks(some.len()));
            let hits = read.rows(sql, some.iter().map(|module| Value::from(*module)), delivered).await?;
            in_source.extend(hits.into_iter().map(|hit| (hit.key, hit.name)));
        }
        for ((_, key), names) in &mut names {
            // The source knows no parts: they are made of one group of it.
            names.delivered = in_source.get(&GroupKey { part: Part::Everyone, ..key.clone() }).cloned();
        }
        Ok(names)
    }

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

    /// The groupings that answer to a platform's id, an idnumber or a name: ours first, then those that are gone.
    pub async fn find_groupings(&self, asked: &str) -> Result<Vec<GroupingHit>> {
        let number = asked.parse::<i64>().map_or(Value::Null, Value::Int);
        let everything = || [number.clone(), asked.into(), asked.into()];
        let mut read = self.db.read("look for a grouping").await?;
        let mut hits = read
            .rows(OUR_GROUPINGS, everything(), |row| {
                let place = HitPlace::Ours(CourseId(row.int()?));
                grouping(place, row)
            })
            .await?;
        let gone = read
            .rows(GONE_GROUPINGS, everything(), |row| {
                let place = gone_place(row)?;
                grouping(place, row)
            })
            .await?;
        hits.extend(gone);
        Ok(hits)
    }

    /// The courses with a short name or an idnumber, by number.
    pub async fn find_courses(&self, asked: &str) -> Result<Vec<CourseHit>> {
        let mut read = self.db.read("look for a course").await?;
        let sql = format!("{COURSES} WHERE LOWER(name) = LOWER(?) OR idnumber = ? ORDER BY course");
        read.rows(sql, [asked.into(), asked.into()], course_hit).await
    }

    /// What is remembered of some courses as such; one about which nothing is known is left out.
    pub async fn course_hits(&self, courses: &[CourseId]) -> Result<Vec<CourseHit>> {
        let mut read = self.db.read("read what is known of courses").await?;
        let mut hits = Vec::with_capacity(courses.len());
        for some in courses.chunks(LIST_MAX) {
            let sql = format!("{COURSES} WHERE course IN ({})", marks(some.len()));
            hits.extend(read.rows(sql, some.iter().map(|course| Value::from(*course)), course_hit).await?);
        }
        Ok(hits)
    }

    /// Tells whether a course has a mapping, anything of ours, anything that was ours, or a note of a run.
    pub async fn knows_course(&self, course: CourseId) -> Result<bool> {
        let mut read = self.db.read("look for a course").await?;
        for table in ["courses", "group_links", "grouping_links", "tombstones"] {
            let sql = format!("SELECT course FROM {table} WHERE course = ? LIMIT 1");
            if read.first(sql, [course.into()], |row| row.int()).await?.is_some() {
                return Ok(true);
            }
        }
        let sql = "SELECT moodle_id FROM mapped_modules WHERE moodle_id = ? LIMIT 1";
        Ok(read.first(sql, [course.into()], |row| row.int()).await?.is_some())
    }

    /// The newest run that planned anything in each of some courses; a course in which none did is left out.
    pub async fn newest_runs_in(&self, courses: &[CourseId]) -> Result<BTreeMap<CourseId, RunId>> {
        let mut read = self.db.read("look for the newest runs of courses").await?;
        let mut newest = BTreeMap::new();
        for some in courses.chunks(LIST_MAX) {
            let sql = format!(
                "SELECT course, MAX(run) FROM operations WHERE course IN ({}) GROUP BY course",
                marks(some.len())
            );
            let values = some.iter().map(|course| Value::from(*course));
            newest.extend(read.rows(sql, values, |row| Ok((CourseId(row.int()?), RunId(row.int()?)))).await?);
        }
        Ok(newest)
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

    /// Every membership of a person that our memory holds or held.
    pub async fn person_traces(&self, person: &PersonKey) -> Result<PersonTraces> {
        let mut read = self.db.read("look for a person's memberships").await?;
        let members = read.rows(MEMBERSHIPS, [person.into()], trace).await?;
        let graves = read
            .rows(ENDED_MEMBERSHIPS, [person.into()], |row| {
                let trace = trace(row)?;
                Ok(PersonTrace { ended: Some((row.time()?, RunId(row.int()?), row.text()?)), ..trace })
            })
            .await?;
        Ok(PersonTraces { members, graves })
    }

    /// The courses that the modules of a school fill or have groups in. Those that the school lists besides are left out.
    pub async fn courses_of_school(&self, school: &School) -> Result<Vec<CourseId>> {
        let mut read = self.db.read("look for a school's courses").await?;
        let sql = "SELECT moodle_id, modulecode FROM mapped_modules \
             UNION SELECT course, module FROM group_links ORDER BY 1";
        let fills = |row: &mut Row<'_>| Ok((CourseId(row.int()?), ModuleCode(row.text()?)));
        let mut courses: Vec<CourseId> = read
            .rows(sql, [], fills)
            .await?
            .into_iter()
            .filter(|(_, module)| school.has_module(module))
            .map(|(course, _)| course)
            .collect();
        courses.dedup();
        Ok(courses)
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

fn trace(row: &mut Row<'_>) -> Result<PersonTrace, Cause> {
    let course = CourseId(row.int()?);
    let mut key = key_of(SourceName(row.text()?), row, Part::Everyone)?;
    key.part = part_of(&row.text()?);
    Ok(PersonTrace { course, key, name: row.text()?, ended: None })
}

fn gone_place(row: &mut Row<'_>) -> Result<HitPlace, Cause> {
    Ok(HitPlace::Gone {
        course: CourseId(row.int()?),
        at: row.time()?,
        run: RunId(row.int()?),
        because: row.text()?,
    })
}

fn grouping(place: HitPlace, row: &mut Row<'_>) -> Result<GroupingHit, Cause> {
    let key = GroupingKey { source: SourceName(row.text()?), module: ModuleCode(row.text()?) };
    Ok(GroupingHit { place, key, name: row.text()?, moodle_id: row.int_or_none()?.map(GroupingId) })
}

fn course_hit(row: &mut Row<'_>) -> Result<CourseHit, Cause> {
    Ok(CourseHit {
        course: CourseId(row.int()?),
        name: row.text()?,
        idnumber: row.text()?,
        observed_at: row.time_or_none()?,
        gone: row.flag()?,
    })
}

fn gone(row: &mut Row<'_>) -> Result<GroupHit, Cause> {
    let place = gone_place(row)?;
    let mut key = key_of(SourceName(row.text()?), row, Part::Everyone)?;
    key.part = row.text_or_none()?.map_or(Part::Everyone, |word| part_of(&word));
    Ok(GroupHit { place, key, name: row.text()?, moodle_id: row.int_or_none()?.map(GroupId) })
}

fn delivered(row: &mut Row<'_>) -> Result<GroupHit, Cause> {
    let source = SourceName(row.text()?);
    let key = key_of(source, row, Part::Everyone)?;
    Ok(GroupHit { place: HitPlace::Delivered, key, name: row.text()?, moodle_id: None })
}
