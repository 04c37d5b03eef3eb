//! What a person should know about courses, over all the nights on which it was so.
//!
//! Not here: the reasons and their remedies (`reconcile::finding`).
//!
//! Invariant: a finding heals when a run plans its course without it, and never because its course was not planned.

use std::collections::{BTreeMap, HashMap};

use reconcile::finding::{Finding, Reason, Subject};
use reconcile::keys::{CourseId, GroupKey, ModuleCode, PersonKey, SourceGroupId, SourceName};

use crate::db::{LIST_MAX, Row, Transaction, Value};
use crate::dialect::{Conflict, marks};
use crate::digest::digest;
use crate::error::{Cause, Result};
use crate::filter::{Conditions, Page};
use crate::links::{part_from_word, part_word};
use crate::lock::RunLock;
use crate::runs::RunId;
use crate::store::Store;
use crate::time::Timestamp;
use crate::words::known;

/// Which findings are asked for.
#[derive(Clone, Debug, Default)]
pub struct FindingFilter {
    /// Only of this course.
    pub course: Option<CourseId>,
    /// Only for this reason.
    pub reason: Option<Reason>,
    /// Only about this person.
    pub person: Option<PersonKey>,
    /// Only those that this run reported.
    pub run: Option<RunId>,
    /// Also those that have healed.
    pub with_healed: bool,
    /// Which stretch of the list.
    pub page: Page,
}

/// A finding over all the nights on which it was reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingRow {
    /// The finding as it was reported last.
    pub finding: Finding,
    /// When it was reported first.
    pub first_seen: Timestamp,
    /// When it was reported last.
    pub last_seen: Timestamp,
    /// The run that reported it last.
    pub last_run: RunId,
    /// When a run planned the course without it.
    pub healed_at: Option<Timestamp>,
}

impl Store {
    /// Records what a run found in the courses that it planned; findings of these courses that it no longer reports
    /// are healed.
    pub async fn record_findings(
        &self,
        lock: &RunLock,
        run: RunId,
        planned: &[CourseId],
        findings: &[Finding],
        now: Timestamp,
    ) -> Result<()> {
        let mut write = self.db.write_locked(lock, "record the findings").await?;
        // The same finding with two details in one run is one finding that says both.
        let mut once: BTreeMap<String, Finding> = BTreeMap::new();
        for finding in findings {
            once.entry(identity(finding))
                .and_modify(|known| {
                    if known.detail != finding.detail {
                        known.detail = format!("{}; {}", known.detail, finding.detail).into();
                    }
                })
                .or_insert_with(|| finding.clone());
        }
        let identities: Vec<&String> = once.keys().collect();
        for some in identities.chunks(LIST_MAX) {
            // One that had healed and comes back is a new one.
            let sql = format!(
                "DELETE FROM findings WHERE healed_at IS NOT NULL AND identity IN ({})",
                marks(some.len())
            );
            write.execute(sql, some.iter().map(|identity| Value::from(*identity))).await?;
        }
        let rows = once.iter().map(|(identity, finding)| finding_row(identity, finding, run, now));
        let again = Conflict::Update {
            keys: &["identity"],
            columns: &["severity", "detail", "last_seen", "last_run"],
        };
        write.insert_many("findings", FINDING_COLUMNS, again, rows).await?;
        for some in planned.chunks(LIST_MAX) {
            let sql = format!(
                "UPDATE findings SET healed_at = ? WHERE healed_at IS NULL AND last_run <> ? AND course IN ({})",
                marks(some.len())
            );
            let courses = some.iter().map(|course| Value::from(*course));
            write.execute(sql, [now.into(), Value::Int(run.0)].into_iter().chain(courses)).await?;
        }
        write.commit().await
    }

    /// The findings, by course and reason.
    pub async fn findings(&self, filter: &FindingFilter) -> Result<Vec<FindingRow>> {
        let conditions = Conditions::default()
            .equals("course", filter.course)
            .equals("reason", filter.reason.map(Reason::code))
            .equals("person", filter.person.as_ref())
            .equals("last_run", filter.run.map(|run| run.0));
        let conditions = if filter.with_healed { conditions } else { conditions.and("healed_at IS NULL") };
        let (sql, values) =
            conditions.complete(SELECT, "course, reason, COALESCE(module, ''), id", filter.page);
        self.db.read("list the findings").await?.rows(sql, values, read).await
    }

    /// How many findings are open, by reason.
    pub async fn finding_counts(&self) -> Result<BTreeMap<Reason, u64>> {
        let mut read_only = self.db.read("count the findings").await?;
        let sql = "SELECT reason, COUNT(*) FROM findings WHERE healed_at IS NULL GROUP BY reason";
        let counts =
            read_only.rows(sql, [], |row| Ok((known(&row.text()?, reason_of)?, row.count()?))).await?;
        Ok(counts.into_iter().collect())
    }
}

/// For how many whole days groups and people have been gone from the source and wait to be removed: as long as the
/// finding that says so has been open.
pub(crate) async fn gone_for_days(
    read_only: &mut Transaction,
    courses: &[CourseId],
    now: Timestamp,
) -> Result<HashMap<CourseId, GoneForDays>> {
    let mut gone: HashMap<CourseId, GoneForDays> = HashMap::new();
    for some in courses.chunks(LIST_MAX) {
        let sql =
            format!("{SELECT} WHERE healed_at IS NULL AND reason = ? AND course IN ({})", marks(some.len()));
        let values = std::iter::once(Reason::RemovalWaits.code().into());
        let rows =
            read_only.rows(sql, values.chain(some.iter().map(|course| Value::from(*course))), read).await?;
        for FindingRow { finding, first_seen, .. } in rows {
            let Subject { group: Some(group), person, .. } = finding.subject else { continue };
            let days = u32::try_from((now.0 - first_seen.0) / SECONDS_OF_A_DAY).unwrap_or(0);
            gone.entry(finding.course).or_default().insert((group, person), days);
        }
    }
    Ok(gone)
}

/// Days by group, and by person of a group.
pub(crate) type GoneForDays = HashMap<(GroupKey, Option<PersonKey>), u32>;

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

const SELECT: &str = "SELECT course, reason, module, group_source, group_module, group_id, group_part, person, detail, \
     first_seen, last_seen, last_run, healed_at FROM findings";

const FINDING_COLUMNS: [&str; 14] = [
    "identity",
    "course",
    "reason",
    "severity",
    "module",
    "group_source",
    "group_module",
    "group_id",
    "group_part",
    "person",
    "detail",
    "first_seen",
    "last_seen",
    "last_run",
];

fn finding_row(identity: &str, finding: &Finding, run: RunId, now: Timestamp) -> [Value; 14] {
    let Finding { course, reason, subject: Subject { module, group, person }, detail } = finding;
    let group = group.as_ref();
    [
        Value::from(identity),
        (*course).into(),
        reason.code().into(),
        reason.severity().as_str().into(),
        module.as_ref().into(),
        group.map(|group| &group.source).into(),
        group.map(|group| &group.module).into(),
        group.map(|group| &group.group).into(),
        group.map(|group| part_word(group.part)).into(),
        person.as_ref().into(),
        detail.into(),
        now.into(),
        now.into(),
        run.0.into(),
    ]
}

fn identity(finding: &Finding) -> String {
    let Finding { course, reason, subject: Subject { module, group, person }, detail: _ } = finding;
    let group = group.as_ref();
    digest(&[
        &course.to_string(),
        reason.code(),
        module.as_ref().map_or("", ModuleCode::as_str),
        group.map_or("", |group| group.source.as_str()),
        group.map_or("", |group| group.module.as_str()),
        group.map_or("", |group| group.group.as_str()),
        group.map_or("", |group| part_word(group.part)),
        person.as_ref().map_or("", PersonKey::as_str),
    ])
}

fn read(row: &mut Row<'_>) -> Result<FindingRow, Cause> {
    let course = CourseId(row.int()?);
    let reason = known(&row.text()?, reason_of)?;
    let module = row.text_or_none()?.map(ModuleCode);
    let (source, group_module, group, part) =
        (row.text_or_none()?, row.text_or_none()?, row.text_or_none()?, row.text_or_none()?);
    let group = match (source, group_module, group, part) {
        (Some(source), Some(module), Some(group), Some(part)) => Some(GroupKey {
            source: SourceName(source),
            module: ModuleCode(module),
            group: SourceGroupId(group),
            part: known(&part, part_from_word)?,
        }),
        _ => None,
    };
    let subject = Subject { module, group, person: row.text_or_none()?.map(PersonKey) };
    Ok(FindingRow {
        finding: Finding { course, reason, subject, detail: row.text()? },
        first_seen: row.time()?,
        last_seen: row.time()?,
        last_run: RunId(row.int()?),
        healed_at: row.time_or_none()?,
    })
}

fn reason_of(code: &str) -> Option<Reason> {
    Reason::ALL.iter().copied().find(|reason| reason.code() == code)
}
