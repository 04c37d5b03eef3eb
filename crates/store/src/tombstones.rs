//! What was ours and is no more: for explaining, and for undoing a run.
//!
//! Not here: the removal of the link itself ([`crate::links`]).
//!
//! Invariant: a tombstone is written in the transaction that removes the link, before it is removed.

use reconcile::keys::{CourseId, ModuleCode, Part, PersonKey, Role, SourceGroupId, SourceName, Text, UserId};
use reconcile::operation::{Because, Change, GroupHead, GroupingHead, Operation};

use crate::db::{Row, Value};
use crate::error::{Cause, Result};
use crate::filter::{Conditions, Page};
use crate::links::{LinkWriter, part_from_word, part_word, role_from_word};
use crate::runs::RunId;
use crate::store::Store;
use crate::time::Timestamp;
use crate::words::{known, words};

words!(
    /// What was dropped.
    TombstoneKind {
        /// A group.
        Group "group",
        /// A grouping.
        Grouping "grouping",
        /// A membership.
        Member "member",
    }
);

/// Something that was ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// What it was.
    pub kind: TombstoneKind,
    /// The course.
    pub course: CourseId,
    /// The source.
    pub source: SourceName,
    /// The module.
    pub module: ModuleCode,
    /// The group's id in the source; `None` for a grouping.
    pub group: Option<SourceGroupId>,
    /// Which of the group's people it held.
    pub part: Option<Part>,
    /// The id that the platform knew the group or grouping by.
    pub moodle_id: Option<i64>,
    /// The idnumber that it had.
    pub idnumber: Text,
    /// The name that it showed.
    pub name: Text,
    /// The group's term.
    pub term: Text,
    /// The user, for a membership.
    pub user: Option<UserId>,
    /// The person, for a membership.
    pub person: Option<PersonKey>,
    /// The role; `None` where the membership was never ours.
    pub role: Option<Role>,
    /// When it was dropped.
    pub dropped_at: Timestamp,
    /// The run that dropped it.
    pub run: RunId,
    /// The reason code of the operation.
    pub because: Text,
}

/// Which tombstones are asked for.
#[derive(Clone, Debug, Default)]
pub struct TombstoneFilter {
    /// Only of this course.
    pub course: Option<CourseId>,
    /// Only of this run.
    pub run: Option<RunId>,
    /// Only what was dropped after this time.
    pub after: Option<Timestamp>,
    /// Which stretch of the list.
    pub page: Page,
}

const COLUMNS: &str = "kind, course, source, module, group_id, part, moodle_id, idnumber, name, term, user_id, person, \
     role, dropped_at, run, because";

/// Writes the tombstones of an operation that succeeded.
pub(crate) async fn bury(
    links: &mut LinkWriter<'_>,
    run: RunId,
    operation: &Operation,
    now: Timestamp,
) -> Result<()> {
    let end = [now.into(), run.0.into(), Value::from(operation.because.code())];
    match &operation.change {
        Change::DeleteGroup { group, .. } | Change::ForgetGroup { group } => {
            bury_group(links, operation.course, group, end).await
        }
        Change::RemoveMember { group, user, person } | Change::ForgetMember { group, user, person } => {
            bury_member(links, operation.course, group, *user, person, end).await
        }
        Change::DeleteGrouping { grouping } | Change::ForgetGrouping { grouping } => {
            bury_grouping(links, operation.course, grouping, end).await
        }
        Change::CreateGrouping { .. }
        | Change::AdoptGrouping { .. }
        | Change::RenameGrouping { .. }
        | Change::RecordGroupingName { .. }
        | Change::CreateGroup { .. }
        | Change::AdoptGroup { .. }
        | Change::RenumberGroup { .. }
        | Change::RekeyGroup { .. }
        | Change::RenameGroup { .. }
        | Change::RecordGroupName { .. }
        | Change::AssignGrouping { .. }
        | Change::EnrolPerson { .. }
        | Change::AddMember { .. }
        | Change::AdoptMember { .. }
        | Change::UnassignGrouping { .. } => Ok(()),
    }
}

/// Writes the tombstones of a group that is about to be created again: its old id and members would be forgotten with
/// the intent, and people still ask for the group by its old id.
pub(crate) async fn bury_replaced(
    links: &mut LinkWriter<'_>,
    run: RunId,
    course: CourseId,
    group: &GroupHead,
) -> Result<()> {
    let Some(link) = links.group_link(course, &group.key).await? else { return Ok(()) };
    let because = Because::DeletedThere.code();
    let begun = "(SELECT started_at FROM runs WHERE id = ?)";
    let of_group = "course, source, module, group_id, part, moodle_id, idnumber, name_shown, term";
    let sql = format!(
        "INSERT INTO tombstones ({COLUMNS}) SELECT 'group', {of_group}, NULL, NULL, NULL, {begun}, ?, ? \
         FROM group_links WHERE id = ? AND moodle_id IS NOT NULL"
    );
    let end = || [Value::Int(run.0), Value::Int(run.0), because.into(), Value::Int(link)];
    links.write.execute(sql, end()).await?;
    let sql = format!(
        "INSERT INTO tombstones ({COLUMNS}) SELECT 'member', {of_group}, user_id, person, role, {begun}, ?, ? \
         FROM group_links g JOIN member_links m ON m.group_link = g.id WHERE g.id = ? AND g.moodle_id IS NOT NULL"
    );
    links.write.execute(sql, end()).await?;
    Ok(())
}

async fn bury_group(
    links: &mut LinkWriter<'_>,
    course: CourseId,
    group: &GroupHead,
    end: [Value; 3],
) -> Result<()> {
    links.flush().await?;
    let sql = format!(
        "INSERT INTO tombstones ({COLUMNS}) VALUES ('group', ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, ?, ?, ?)"
    );
    links.write.execute(sql, group_values(course, group).into_iter().chain(end.clone())).await?;
    let Some(group_link) = links.group_link(course, &group.key).await? else { return Ok(()) };
    let sql = format!(
        "INSERT INTO tombstones ({COLUMNS}) \
         SELECT 'member', ?, ?, ?, ?, ?, ?, ?, ?, ?, user_id, person, role, ?, ?, ? \
         FROM member_links WHERE group_link = ?"
    );
    let values = group_values(course, group).into_iter().chain(end).chain([Value::Int(group_link)]);
    links.write.execute(sql, values).await?;
    Ok(())
}

async fn bury_member(
    links: &mut LinkWriter<'_>,
    course: CourseId,
    group: &GroupHead,
    user: UserId,
    person: &PersonKey,
    end: [Value; 3],
) -> Result<()> {
    links.flush().await?;
    let group_link = links.group_link(course, &group.key).await?;
    let sql = format!(
        "INSERT INTO tombstones ({COLUMNS}) VALUES ('member', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \
         (SELECT role FROM member_links WHERE group_link = ? AND user_id = ?), ?, ?, ?)"
    );
    let member = [user.into(), person.into(), Value::from(group_link), user.into()];
    let values = group_values(course, group).into_iter().chain(member).chain(end);
    links.write.execute(sql, values).await?;
    Ok(())
}

async fn bury_grouping(
    links: &mut LinkWriter<'_>,
    course: CourseId,
    grouping: &GroupingHead,
    end: [Value; 3],
) -> Result<()> {
    let sql = format!(
        "INSERT INTO tombstones ({COLUMNS}) \
         VALUES ('grouping', ?, ?, ?, NULL, NULL, ?, ?, ?, '', NULL, NULL, NULL, ?, ?, ?)"
    );
    let GroupingHead { key, idnumber, id, name } = grouping;
    let values = [
        course.into(),
        (&key.source).into(),
        (&key.module).into(),
        id.map(|id| id.0).into(),
        idnumber.into(),
        Value::from(name),
    ];
    links.write.execute(sql, values.into_iter().chain(end)).await?;
    Ok(())
}

fn group_values(course: CourseId, group: &GroupHead) -> [Value; 9] {
    let GroupHead { key, idnumber, id, name, term } = group;
    [
        course.into(),
        (&key.source).into(),
        (&key.module).into(),
        (&key.group).into(),
        part_word(key.part).into(),
        id.map(|id| id.0).into(),
        idnumber.into(),
        name.into(),
        term.into(),
    ]
}

impl Store {
    /// What was ours and is no more, newest first.
    pub async fn tombstones(&self, filter: &TombstoneFilter) -> Result<Vec<Tombstone>> {
        let (sql, values) = Conditions::default()
            .equals("course", filter.course)
            .equals("run", filter.run.map(|run| run.0))
            .with_some("dropped_at > ?", filter.after)
            .complete(&format!("SELECT {COLUMNS} FROM tombstones"), "id DESC", filter.page);
        self.db.read("list the tombstones").await?.rows(sql, values, read).await
    }
}

fn read(row: &mut Row<'_>) -> Result<Tombstone, Cause> {
    Ok(Tombstone {
        kind: known(&row.text()?, TombstoneKind::from_word)?,
        course: CourseId(row.int()?),
        source: SourceName(row.text()?),
        module: ModuleCode(row.text()?),
        group: row.text_or_none()?.map(SourceGroupId),
        part: row.text_or_none()?.map(|word| known(&word, part_from_word)).transpose()?,
        moodle_id: row.int_or_none()?,
        idnumber: row.text()?,
        name: row.text()?,
        term: row.text()?,
        user: row.int_or_none()?.map(UserId),
        person: row.text_or_none()?.map(PersonKey),
        role: row.text_or_none()?.map(|word| known(&word, role_from_word)).transpose()?,
        dropped_at: row.time()?,
        run: RunId(row.int()?),
        because: row.text()?,
    })
}
