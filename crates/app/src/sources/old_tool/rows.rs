//! Understands the rows of the old tool's tables.
//!
//! Not here: reading them.
//!
//! Invariant: every row ends in the records or is told as odd; none disappears.

use csv::ByteRecord;
use encoding_rs::UTF_8;
use reconcile::keys::{CourseId, GroupId, GroupingId, ModuleCode, Role, SourceGroupId, UserId};
use reconcile::takeover::{OldGroup, OldMember, OldRecords, Pending};
use serde::Serialize;

use super::super::field::{self, Breaks};
use super::super::table::Columns;
use super::OldTable;

/// A row of `mapped_modules`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OldMapping {
    /// `moodle_id`.
    pub(crate) course: CourseId,
    /// `modulecode`.
    pub(crate) module: ModuleCode,
    /// `group_import`, as it is written.
    pub(crate) group_import: String,
    /// `mapping_action`, as it is written.
    pub(crate) mapping_action: String,
}

/// A row that could not be understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct OddRow {
    /// The table.
    pub(crate) table: &'static str,
    /// The row's own id; its number in the table where it has none.
    pub(crate) row: String,
    /// What is wrong.
    pub(crate) detail: String,
}

/// Collects the rows.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) records: OldRecords,
    pub(super) mappings: Vec<OldMapping>,
    pub(super) odd: Vec<OddRow>,
}

/// A row with the positions of its columns.
struct Fields<'a> {
    table: OldTable,
    columns: &'a Columns,
    record: &'a ByteRecord,
}

impl Reader {
    /// Takes a row; `number` counts from 1.
    pub(super) fn row(&mut self, table: OldTable, number: u64, columns: &Columns, record: &ByteRecord) {
        let fields = Fields { table, columns, record };
        let taken = match table {
            OldTable::Groups => self.group(&fields),
            OldTable::Students => self.member(&fields, Role::Student),
            OldTable::Tutors => self.member(&fields, Role::Tutor),
            OldTable::Mappings => self.mapping(&fields),
            OldTable::DeletedGroups => self.deleted_group(&fields),
            OldTable::DeletedStudents | OldTable::DeletedTutors => self.deleted_member(&fields),
        };
        if let Err(detail) = taken {
            let id = fields.text("id").ok().filter(|id| !id.is_empty());
            let row = id.unwrap_or_else(|| format!("number {number}"));
            self.odd.push(OddRow { table: table.name(), row, detail });
        }
    }

    fn group(&mut self, fields: &Fields<'_>) -> Result<(), String> {
        let course = CourseId(fields.needed_number("courseid")?);
        let group = OldGroup {
            module: ModuleCode(fields.filled("module_code")?.as_str().into()),
            group: SourceGroupId(fields.filled("groupid")?.as_str().into()),
            id: fields.number("moodlegroupid")?.map(GroupId),
            grouping: fields.number("moodlegroupingid")?.map(GroupingId),
            pending: fields.pending()?,
        };
        self.records.courses.entry(course).or_default().groups.push(group);
        Ok(())
    }

    fn member(&mut self, fields: &Fields<'_>, role: Role) -> Result<(), String> {
        let user = UserId(fields.needed_number("userid")?);
        let group = GroupId(fields.needed_number("moodlegroupid")?);
        let member = OldMember { role, pending: fields.pending()? };
        let members = self.records.members.entry(group).or_default();
        // Of two rows about one person the one that is settled says what is there.
        let known = members.entry(user).or_insert(member);
        known.role = known.role.max(role);
        if member.pending == Pending::Nothing {
            known.pending = Pending::Nothing;
        }
        Ok(())
    }

    fn mapping(&mut self, fields: &Fields<'_>) -> Result<(), String> {
        self.mappings.push(OldMapping {
            course: CourseId(fields.needed_number("moodle_id")?),
            module: ModuleCode(fields.filled("modulecode")?.as_str().into()),
            group_import: fields.text("group_import")?,
            mapping_action: fields.text("mapping_action")?,
        });
        Ok(())
    }

    fn deleted_group(&mut self, fields: &Fields<'_>) -> Result<(), String> {
        let course = CourseId(fields.needed_number("courseid")?);
        let module = ModuleCode(fields.filled("modcode")?.as_str().into());
        let group = Some(fields.text("groupid")?).filter(|group| !group.is_empty());
        let group = group.map(|group| SourceGroupId(group.as_str().into()));
        self.records.courses.entry(course).or_default().deleted.insert((module, group));
        Ok(())
    }

    fn deleted_member(&mut self, fields: &Fields<'_>) -> Result<(), String> {
        let user = UserId(fields.needed_number("userid")?);
        let group = GroupId(fields.needed_number("moodlegroupid")?);
        self.records.deleted_members.insert((group, user));
        Ok(())
    }
}

impl Fields<'_> {
    /// A column as text; empty where it is NULL or not there.
    fn text(&self, column: &str) -> Result<String, String> {
        let wanted = self.table.needed().iter().chain(self.table.optional()).position(|name| *name == column);
        let place = wanted.and_then(|wanted| self.columns.at(wanted));
        let bytes = place.and_then(|place| self.record.get(place)).unwrap_or_default();
        let text = field::read(bytes, UTF_8, column, Breaks::Refused).map_err(|fault| fault.detail)?;
        Ok(text.into_owned())
    }

    fn filled(&self, column: &str) -> Result<String, String> {
        let text = self.text(column)?;
        if text.is_empty() { Err(format!("{column} is empty")) } else { Ok(text) }
    }

    /// An id; none for NULL, 0 and nothing.
    fn number(&self, column: &str) -> Result<Option<i64>, String> {
        let text = self.text(column)?;
        if text.is_empty() {
            return Ok(None);
        }
        match text.parse::<i64>() {
            Ok(0) => Ok(None),
            Ok(number) if number > 0 => Ok(Some(number)),
            Ok(_) | Err(_) => Err(format!("{column} is {text:?}, which is no id")),
        }
    }

    fn needed_number(&self, column: &str) -> Result<i64, String> {
        self.number(column)?.ok_or_else(|| format!("{column} is empty"))
    }

    /// The two flags; a row with both is in doubt, and what is in doubt is not deleted.
    fn pending(&self) -> Result<Pending, String> {
        let is_set = |column| self.text(column).map(|text| !matches!(text.as_str(), "" | "0"));
        Ok(match (is_set("toadd")?, is_set("todelete")?) {
            (true, _) => Pending::Add,
            (false, true) => Pending::Delete,
            (false, false) => Pending::Nothing,
        })
    }
}
