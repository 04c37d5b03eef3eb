//! The memory of what is ours, in tables.
//!
//! Not here: when a link changes (`reconcile::outcome`), and what a change means
//! (`reconcile::link::CourseLinks::change`; this file does the same to rows).
//!
//! Invariant: the same changes give the same links here and in memory.

use std::collections::{BTreeMap, HashMap};

use reconcile::keys::{
    CourseId, GroupId, GroupKey, GroupingId, GroupingKey, ModuleCode, Part, PersonKey, Role, SourceGroupId,
    SourceName, UserId,
};
use reconcile::link::{
    CourseLinkChange, CourseLinks, GroupLink, GroupingLink, LinkChange, LinkState, MemberLink,
};
use reconcile::plan::Ours;
use reconcile::safety::Totals;

use crate::db::{LIST_MAX, Row, Transaction, Value};
use crate::dialect::{Conflict, marks};
use crate::error::{Cause, Result};
use crate::interner::Interner;
use crate::lock::RunLock;
use crate::store::Store;
use crate::words::known;

/// Carries out link changes inside a transaction.
///
/// Member links gather until something else changes, and then go in together: a first run writes hundreds of
/// thousands of them.
pub(crate) struct LinkWriter<'t> {
    pub(crate) write: &'t mut Transaction,
    group_links: HashMap<(CourseId, GroupKey), Option<i64>>,
    members: BTreeMap<(i64, UserId), MemberLink>,
}

impl<'t> LinkWriter<'t> {
    /// Begins.
    pub(crate) fn new(write: &'t mut Transaction) -> Self {
        LinkWriter { write, group_links: HashMap::new(), members: BTreeMap::new() }
    }

    /// Carries out one change.
    pub(crate) async fn apply(&mut self, course: CourseId, change: LinkChange) -> Result<()> {
        if let LinkChange::PutMember { group, user, link } = change {
            if let Some(group_link) = self.group_link(course, &group).await? {
                self.members.insert((group_link, user), link);
            }
            return Ok(());
        }
        self.flush().await?;
        match change {
            LinkChange::PutGrouping { key, link } => self.put_grouping(course, &key, &link).await,
            LinkChange::DropGrouping { key } => {
                let sql = "DELETE FROM grouping_links WHERE course = ? AND source = ? AND module = ?";
                self.write.execute(sql, [course.into(), (&key.source).into(), (&key.module).into()]).await?;
                Ok(())
            }
            LinkChange::PutGroup { key, link } => self.put_group(course, key, &link).await,
            LinkChange::MoveGroup { from, to } => self.move_group(course, from, to).await,
            LinkChange::MarkGroup { key, state } => {
                let Some(id) = self.group_link(course, &key).await? else { return Ok(()) };
                let sql = "UPDATE group_links SET state = ? WHERE id = ?";
                self.write.execute(sql, [state.as_str().into(), id.into()]).await?;
                Ok(())
            }
            LinkChange::DropGroup { key } => self.drop_group(course, key).await,
            LinkChange::DropMember { group, user } => {
                let Some(id) = self.group_link(course, &group).await? else { return Ok(()) };
                let sql = "DELETE FROM member_links WHERE group_link = ? AND user_id = ?";
                self.write.execute(sql, [id.into(), user.into()]).await?;
                Ok(())
            }
            // Gathered above.
            LinkChange::PutMember { .. } => Ok(()),
        }
    }

    /// Writes the gathered member links. Has to be called at the end.
    pub(crate) async fn flush(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.members).into_iter().map(|((group_link, user), link)| {
            let MemberLink { person, role, state } = link;
            [
                Value::Int(group_link),
                user.into(),
                Value::Text(person.0),
                role.as_str().into(),
                state.as_str().into(),
            ]
        });
        let replace =
            Conflict::Update { keys: &["group_link", "user_id"], columns: &["person", "role", "state"] };
        let columns = ["group_link", "user_id", "person", "role", "state"];
        self.write.insert_many("member_links", columns, replace, rows).await
    }

    /// The row of a group link, where there is one.
    pub(crate) async fn group_link(&mut self, course: CourseId, key: &GroupKey) -> Result<Option<i64>> {
        if let Some(known) = self.group_links.get(&(course, key.clone())) {
            return Ok(*known);
        }
        let sql = "SELECT id FROM group_links WHERE course = ? AND source = ? AND module = ? AND group_id = ? \
             AND part = ?";
        let GroupKey { source, module, group, part } = key;
        let values =
            [course.into(), source.into(), module.into(), group.into(), Value::from(part_word(*part))];
        let found = self.write.first(sql, values, |row| row.int()).await?;
        self.group_links.insert((course, key.clone()), found);
        Ok(found)
    }

    async fn put_grouping(&mut self, course: CourseId, key: &GroupingKey, link: &GroupingLink) -> Result<()> {
        let GroupingLink { id, idnumber, name_applied, name_shown, state } = link;
        let columns =
            ["course", "source", "module", "moodle_id", "idnumber", "name_applied", "name_shown", "state"];
        let row = [
            Value::from(course),
            (&key.source).into(),
            (&key.module).into(),
            id.map(|id| id.0).into(),
            idnumber.into(),
            name_applied.into(),
            name_shown.into(),
            state.as_str().into(),
        ];
        let replace = Conflict::Update {
            keys: &["course", "source", "module"],
            columns: &["moodle_id", "idnumber", "name_applied", "name_shown", "state"],
        };
        self.write.insert_many("grouping_links", columns, replace, [row]).await
    }

    async fn put_group(&mut self, course: CourseId, key: GroupKey, link: &GroupLink) -> Result<()> {
        let GroupLink { id, idnumber, name_applied, name_shown, term, state, members: _ } = link;
        let values = [
            Value::from(id.map(|id| id.0)),
            idnumber.into(),
            name_applied.into(),
            name_shown.into(),
            term.into(),
            state.as_str().into(),
        ];
        if let Some(row) = self.group_link(course, &key).await? {
            let sql = "UPDATE group_links SET moodle_id = ?, idnumber = ?, name_applied = ?, name_shown = ?, \
                 term = ?, state = ? WHERE id = ?";
            self.write.execute(sql, values.into_iter().chain([row.into()])).await?;
            return Ok(());
        }
        let [moodle_id, idnumber, name_applied, name_shown, term, state] = values;
        let columns = [
            "course",
            "source",
            "module",
            "group_id",
            "part",
            "moodle_id",
            "idnumber",
            "name_applied",
            "name_shown",
            "term",
            "state",
        ];
        let row = [
            Value::from(course),
            (&key.source).into(),
            (&key.module).into(),
            (&key.group).into(),
            part_word(key.part).into(),
            moodle_id,
            idnumber,
            name_applied,
            name_shown,
            term,
            state,
        ];
        let row = self.write.insert_one("group_links", columns, row).await?;
        self.group_links.insert((course, key), Some(row));
        Ok(())
    }

    async fn move_group(&mut self, course: CourseId, from: GroupKey, to: GroupKey) -> Result<()> {
        let Some(row) = self.group_link(course, &from).await? else { return Ok(()) };
        if from == to {
            return Ok(());
        }
        // What stood under the new key is replaced, with its members.
        self.drop_group(course, to.clone()).await?;
        let sql = "UPDATE group_links SET source = ?, module = ?, group_id = ?, part = ? WHERE id = ?";
        let GroupKey { source, module, group, part } = &to;
        let values = [source.into(), module.into(), group.into(), Value::from(part_word(*part)), row.into()];
        self.write.execute(sql, values).await?;
        self.group_links.insert((course, from), None);
        self.group_links.insert((course, to), Some(row));
        Ok(())
    }

    async fn drop_group(&mut self, course: CourseId, key: GroupKey) -> Result<()> {
        let Some(row) = self.group_link(course, &key).await? else { return Ok(()) };
        self.write.execute("DELETE FROM group_links WHERE id = ?", [row.into()]).await?;
        self.group_links.insert((course, key), None);
        Ok(())
    }
}

impl Store {
    /// Carries out link changes in their order, in one transaction (adopting, repairing, undoing).
    ///
    /// A run's own changes are made by the journal, see [`Store::sent`] and [`Store::settled`].
    pub async fn apply_link_changes(&self, lock: &RunLock, changes: &[CourseLinkChange]) -> Result<()> {
        let mut write = self.db.write_locked(lock, "change the links").await?;
        let mut links = LinkWriter::new(&mut write);
        for (course, change) in changes {
            links.apply(*course, change.clone()).await?;
        }
        links.flush().await?;
        write.commit().await
    }

    /// What is ours in some courses; a course without links has an empty value.
    pub async fn links(&self, courses: &[CourseId]) -> Result<BTreeMap<CourseId, CourseLinks>> {
        let mut read_only = self.db.read("read the links").await?;
        let mut links = read_links(&mut read_only, courses, &mut Interner::default()).await?;
        for course in courses {
            links.entry(*course).or_default();
        }
        Ok(links.into_iter().collect())
    }

    /// How much is ours.
    pub async fn totals(&self) -> Result<Totals> {
        let mut read_only = self.db.read("count the links").await?;
        let mut totals = Totals::default();
        // Sums are fractions in some databases; counts are whole numbers in all.
        let groups = "SELECT source, COUNT(*) FROM group_links GROUP BY source";
        let members = "SELECT g.source, COUNT(*) FROM group_links g JOIN member_links m ON m.group_link = g.id \
             GROUP BY g.source";
        let by_source = |row: &mut Row<'_>| Ok((SourceName(row.text()?), row.count()?));
        for (source, groups) in read_only.rows(groups, [], by_source).await? {
            totals.sources.insert(source, Ours { groups, members: 0 });
        }
        for (source, members) in read_only.rows(members, [], by_source).await? {
            totals.sources.entry(source).or_default().members = members;
        }
        Ok(totals)
    }
}

/// Reads the links of some courses, a handful of statements for each thousand of them.
pub(crate) async fn read_links(
    read_only: &mut Transaction,
    courses: &[CourseId],
    interner: &mut Interner,
) -> Result<HashMap<CourseId, CourseLinks>> {
    let mut links: HashMap<CourseId, CourseLinks> = HashMap::new();
    for some in courses.chunks(LIST_MAX) {
        let marks = marks(some.len());
        let values = || some.iter().map(|course| Value::from(*course));
        read_only
            .each(
                format!(
                    "SELECT course, source, module, moodle_id, idnumber, name_applied, name_shown, state \
                     FROM grouping_links WHERE course IN ({marks})"
                ),
                values(),
                |row| {
                    let course = CourseId(row.int()?);
                    let (key, link) = grouping(row, interner)?;
                    links.entry(course).or_default().groupings.insert(key, link);
                    Ok(())
                },
            )
            .await?;
        let mut keys: HashMap<i64, (CourseId, GroupKey)> = HashMap::new();
        read_only
            .each(
                format!(
                    "SELECT id, course, source, module, group_id, part, moodle_id, idnumber, name_applied, \
                     name_shown, term, state FROM group_links WHERE course IN ({marks})"
                ),
                values(),
                |row| {
                    let (id, course) = (row.int()?, CourseId(row.int()?));
                    let (key, link) = group(row, interner)?;
                    keys.insert(id, (course, key.clone()));
                    links.entry(course).or_default().groups.insert(key, link);
                    Ok(())
                },
            )
            .await?;
        read_only
            .each(
                format!(
                    "SELECT m.group_link, m.user_id, m.person, m.role, m.state FROM group_links g \
                     JOIN member_links m ON m.group_link = g.id WHERE g.course IN ({marks})"
                ),
                values(),
                |row| {
                    let group_link = row.int()?;
                    let (user, link) = member(row, interner)?;
                    let Some((course, key)) = keys.get(&group_link) else { return Ok(()) };
                    if let Some(group) = links.get_mut(course).and_then(|links| links.groups.get_mut(key)) {
                        group.members.insert(user, link);
                    }
                    Ok(())
                },
            )
            .await?;
    }
    Ok(links)
}

fn grouping(row: &mut Row<'_>, interner: &mut Interner) -> Result<(GroupingKey, GroupingLink), Cause> {
    let key =
        GroupingKey { source: SourceName(interner.next(row)?), module: ModuleCode(interner.next(row)?) };
    let link = GroupingLink {
        id: row.int_or_none()?.map(GroupingId),
        idnumber: row.text()?,
        name_applied: interner.next(row)?,
        name_shown: interner.next(row)?,
        state: state(row)?,
    };
    Ok((key, link))
}

fn group(row: &mut Row<'_>, interner: &mut Interner) -> Result<(GroupKey, GroupLink), Cause> {
    let key = GroupKey {
        source: SourceName(interner.next(row)?),
        module: ModuleCode(interner.next(row)?),
        group: SourceGroupId(interner.next(row)?),
        part: known(row.str_or_none()?.unwrap_or_default(), part_from_word)?,
    };
    let link = GroupLink {
        id: row.int_or_none()?.map(GroupId),
        idnumber: row.text()?,
        name_applied: interner.next(row)?,
        name_shown: interner.next(row)?,
        term: interner.next(row)?,
        state: state(row)?,
        members: BTreeMap::new(),
    };
    Ok((key, link))
}

fn member(row: &mut Row<'_>, interner: &mut Interner) -> Result<(UserId, MemberLink), Cause> {
    let user = UserId(row.int()?);
    let person = PersonKey(interner.next(row)?);
    let role = known(row.str_or_none()?.unwrap_or_default(), role_from_word)?;
    Ok((user, MemberLink { person, role, state: state(row)? }))
}

fn state(row: &mut Row<'_>) -> Result<LinkState, Cause> {
    known(row.str_or_none()?.unwrap_or_default(), LinkState::from_word)
}

/// The word in the tables.
pub(crate) fn part_word(part: Part) -> &'static str {
    match part {
        Part::Everyone => "everyone",
        Part::Tutors => "tutors",
    }
}

/// Reads the word of the tables.
pub(crate) fn part_from_word(word: &str) -> Option<Part> {
    [Part::Everyone, Part::Tutors].into_iter().find(|part| part_word(*part) == word)
}

/// Reads the word of the tables.
pub(crate) fn role_from_word(word: &str) -> Option<Role> {
    [Role::Student, Role::Tutor].into_iter().find(|role| role.as_str() == word)
}
