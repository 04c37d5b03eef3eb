//! From raw rows to a delivery: every row is accepted, left out by the list of terms, or rejected with a reason.
//!
//! Not here: where rows come from (`csv_file.rs`, `sql.rs`, `odbc`) and single fields (`field.rs`).
//!
//! Invariant: the rows of a table are those accepted, left out and rejected; none disappears.
//! Invariant: groups are read before members.

use std::borrow::Cow;
use std::collections::BTreeSet;

use csv::ByteRecord;
use encoding_rs::Encoding;
use reconcile::delivery::{DeliveredGroup, DeliveredMember, Delivery, Rejection, Rule};
use reconcile::keys::{ModuleCode, PersonKey, Role, SourceGroupId, SourceName, Text};

use crate::config::{PeopleKeys, SourceConfig};

use super::fast_map::{FastMap, FastSet};
use super::field::{self, Breaks, Fault};
use super::people::People;
use super::position;
use super::roster::Roster;
use super::row::Row;
use super::table::{Columns, Table};

/// How many rows of a table there were.
#[derive(Clone, Debug)]
pub(crate) struct TableRead {
    /// The table.
    pub(crate) table: Table,
    /// The columns as the source calls them: the head of an error file.
    pub(crate) columns: Vec<Text>,
    /// Rows without the header.
    pub(crate) rows: u64,
    /// Rows left out by the list of terms.
    pub(crate) left_out: u64,
}

/// Why the groups with an id are not there.
#[derive(Clone, Copy, Debug)]
enum Lost {
    /// The row was rejected.
    Rejected,
    /// Its term is not among those that are read.
    LeftOut,
}

/// What became of a row that is no fault.
enum Accepted {
    Kept,
    LeftOut,
}

/// A field as it was written in the row before, and its text: most groups have the module and term of their neighbour.
#[derive(Default)]
struct Repeated {
    field: Vec<u8>,
    text: Option<Text>,
}

/// Collects the rows of a delivery.
pub(crate) struct Intake<'a> {
    encoding: &'static Encoding,
    people_keys: PeopleKeys,
    terms: Option<&'a BTreeSet<String>>,
    delivery: Delivery,
    /// For each group the next one with the same id below another module.
    next_with_id: Vec<Option<u32>>,
    first_with_id: FastMap<Text, u32>,
    lost: FastMap<Text, Lost>,
    people: People,
    /// By first group with an id.
    roster: Roster,
    /// Texts that occur often are kept once.
    texts: FastSet<Text>,
    /// The fields of the group before.
    repeated: [Repeated; 6],
    /// The group of the member before, as it was written: members of a group usually stand together.
    last_group: (Vec<u8>, Option<u32>),
    tables: Vec<TableRead>,
}

impl<'a> Intake<'a> {
    /// Begins a delivery.
    pub(crate) fn new(source: SourceName, encoding: &'static Encoding, config: &'a SourceConfig) -> Self {
        Intake {
            encoding,
            terms: config.terms.as_ref(),
            people_keys: config.people,
            delivery: Delivery {
                source,
                groups: Vec::new(),
                persons: Vec::new(),
                members: Vec::new(),
                modules: BTreeSet::new(),
                rejections: Vec::new(),
            },
            next_with_id: Vec::new(),
            first_with_id: FastMap::default(),
            lost: FastMap::default(),
            people: People::default(),
            roster: Roster::default(),
            texts: FastSet::default(),
            repeated: Default::default(),
            last_group: (Vec::new(), None),
            tables: Vec::new(),
        }
    }

    /// Begins a table.
    pub(crate) fn begin(&mut self, table: Table, columns: &Columns) {
        self.tables.push(TableRead { table, columns: columns.names.clone(), rows: 0, left_out: 0 });
    }

    /// Takes a row of the table begun last.
    pub(crate) fn row(&mut self, table: Table, columns: &Columns, row: Row<'_>) {
        let accepted = if row.record.len() != columns.names.len() {
            Err(wrong_count(columns, row))
        } else if let Some(fault) = row.cut.and_then(|column| cut_off(table, columns, row, column)) {
            Err(fault)
        } else {
            match table {
                Table::Groups => self.group(columns, row.record),
                Table::Members => self.member(columns, row.record),
                Table::Modules => self.module(columns, row.record),
            }
        };
        let left_out = match accepted {
            Ok(Accepted::Kept) => 0,
            Ok(Accepted::LeftOut) => 1,
            Err(fault) => {
                self.reject(table, columns, row, fault);
                0
            }
        };
        if let Some(read) = self.tables.last_mut() {
            read.rows += 1;
            read.left_out += left_out;
        }
    }

    /// Ends the delivery.
    pub(crate) fn finish(self) -> (Delivery, Vec<TableRead>) {
        let persons = self.people.into_keys();
        (Delivery { persons, ..self.delivery }, self.tables)
    }

    /// Reads a field of an accepted column; an absent column reads as empty.
    fn field<'r>(
        &self,
        table: Table,
        columns: &Columns,
        record: &'r ByteRecord,
        wanted: usize,
        need: Need,
    ) -> Result<Cow<'r, str>, Fault> {
        let name = table.columns()[wanted];
        let breaks = if name == "group_name" { Breaks::Allowed } else { Breaks::Refused };
        let text = field::read(raw(columns, record, wanted), self.encoding, name, breaks)?;
        if need == Need::Filled && text.is_empty() {
            return Err(Fault::new(Rule::Empty, format!("{name} is empty")));
        }
        if matches!(name, "group_id" | "module_code" | "person_id") {
            field::fits_a_key(&text, name)?;
        }
        Ok(text)
    }

    /// Reads a field of a group, kept once; quickly if it is written as in the row before.
    fn repeated(
        &mut self,
        columns: &Columns,
        record: &ByteRecord,
        wanted: usize,
        need: Need,
    ) -> Result<Text, Fault> {
        let written = raw(columns, record, wanted);
        let before = &self.repeated[wanted];
        if let Some(text) = &before.text
            && before.field == written
        {
            return Ok(text.clone());
        }
        let text = self.field(Table::Groups, columns, record, wanted, need)?;
        let text = self.keep(&text);
        let before = &mut self.repeated[wanted];
        before.field.clear();
        before.field.extend_from_slice(written);
        before.text = Some(text.clone());
        Ok(text)
    }

    fn group(&mut self, columns: &Columns, record: &ByteRecord) -> Result<Accepted, Fault> {
        let id = self.field(Table::Groups, columns, record, 0, Need::Filled)?;
        let code = self.repeated(columns, record, 1, Need::Filled)?;
        let name = self.field(Table::Groups, columns, record, 2, Need::Nothing)?;
        let module = self.repeated(columns, record, 3, Need::Filled)?;
        let kind = self.repeated(columns, record, 4, Need::Nothing)?;
        let term = self.repeated(columns, record, 5, Need::Nothing)?;
        if self.terms.is_some_and(|terms| !terms.contains(&*term)) {
            self.lost.insert(id.as_ref().into(), Lost::LeftOut);
            return Ok(Accepted::LeftOut);
        }
        let mut last = None;
        for other in self.groups_with_id(&id) {
            let group = &self.delivery.groups[other as usize];
            if group.module.0 == module {
                let detail =
                    format!("the group {id} of {module} was there already, with the code {}", group.code);
                return Err(Fault::new(Rule::Duplicate, detail));
            }
            last = Some(other);
        }
        let place = position(self.delivery.groups.len());
        let id = match last {
            Some(last) => {
                self.next_with_id[last as usize] = Some(place);
                self.delivery.groups[last as usize].id.0.clone()
            }
            None => {
                let id: Text = id.as_ref().into();
                self.first_with_id.insert(id.clone(), place);
                id
            }
        };
        let name = self.keep(&name);
        let (module, id) = (ModuleCode(module), SourceGroupId(id));
        self.delivery.groups.push(DeliveredGroup { module, id, code, name, kind, term });
        self.next_with_id.push(None);
        self.roster.add_group();
        Ok(Accepted::Kept)
    }

    fn member(&mut self, columns: &Columns, record: &ByteRecord) -> Result<Accepted, Fault> {
        let written = raw(columns, record, 0);
        let group = match self.last_group {
            (ref before, Some(group)) if before == written => group,
            _ => {
                let id = self.field(Table::Members, columns, record, 0, Need::Filled)?;
                let Some(&group) = self.first_with_id.get(&*id) else {
                    return self.without_group(columns, record, &id);
                };
                self.last_group.0.clear();
                self.last_group.0.extend_from_slice(written);
                self.last_group.1 = Some(group);
                group
            }
        };
        let written = raw(columns, record, 1);
        if let Some(person) = self.people.met(written) {
            let role = self.role(columns, record)?;
            return self.join(group, person, role);
        }
        let key = self.field(Table::Members, columns, record, 1, Need::Filled)?;
        let role = self.role(columns, record)?;
        let person = match self.people_keys {
            PeopleKeys::AsWritten => self.people.meet(written, &key),
            PeopleKeys::LowerCase => self.people.meet(written, &key.to_lowercase()),
        };
        self.join(group, person, role)
    }

    /// Makes a person a member of every group with an id, which is usually one.
    fn join(&mut self, first: u32, person: u32, role: Role) -> Result<Accepted, Fault> {
        let place = position(self.delivery.members.len());
        if let Some(place) = self.roster.put(first, person, place) {
            return self.join_again(first, person, role, place);
        }
        let mut group = Some(first);
        while let Some(current) = group {
            self.delivery.members.push(DeliveredMember { group: current, person, role });
            group = self.next_with_id[current as usize];
        }
        Ok(Accepted::Kept)
    }

    /// A membership that was told before: a second role makes a tutor, the same again is rejected.
    fn join_again(&mut self, first: u32, person: u32, role: Role, place: u32) -> Result<Accepted, Fault> {
        let known = self.delivery.members[place as usize].role;
        if known == role || !self.roster.note_both_roles(first, person) {
            let (who, id) = (self.people.key(person), &self.delivery.groups[first as usize].id);
            return Err(Fault::new(
                Rule::Duplicate,
                format!("{who} was there already as {role} of group {id}"),
            ));
        }
        let groups = self.groups_with_id(self.delivery.groups[first as usize].id.as_str()).count();
        let memberships = self.delivery.members.iter_mut().skip(place as usize).take(groups);
        memberships.for_each(|membership| membership.role = Role::Tutor);
        Ok(Accepted::Kept)
    }

    /// A member row whose group is not there.
    fn without_group(&self, columns: &Columns, record: &ByteRecord, id: &str) -> Result<Accepted, Fault> {
        match self.lost.get(id) {
            Some(Lost::LeftOut) => Ok(Accepted::LeftOut),
            lost => {
                // A row with a fault of its own is told of that first: it stays when the group comes.
                self.field(Table::Members, columns, record, 1, Need::Filled)?;
                self.role(columns, record)?;
                let detail = match lost {
                    Some(Lost::Rejected) => format!("the row of group {id} was itself rejected"),
                    Some(Lost::LeftOut) | None => format!("the group {id} is not among the groups"),
                };
                Err(Fault::new(Rule::UnknownGroup, detail))
            }
        }
    }

    fn module(&mut self, columns: &Columns, record: &ByteRecord) -> Result<Accepted, Fault> {
        let module = self.field(Table::Modules, columns, record, 0, Need::Filled)?;
        let module = self.keep(&module);
        self.delivery.modules.insert(ModuleCode(module));
        Ok(Accepted::Kept)
    }

    fn role(&self, columns: &Columns, record: &ByteRecord) -> Result<Role, Fault> {
        match raw(columns, record, 2) {
            b"student" => return Ok(Role::Student),
            b"tutor" => return Ok(Role::Tutor),
            _ => {}
        }
        let word = self.field(Table::Members, columns, record, 2, Need::Filled)?;
        match word.to_lowercase().as_str() {
            "student" => Ok(Role::Student),
            "tutor" => Ok(Role::Tutor),
            _ => Err(Fault::new(Rule::Role, format!("role is {word:?}; expected student or tutor"))),
        }
    }

    fn reject(&mut self, table: Table, columns: &Columns, row: Row<'_>, fault: Fault) {
        let read = |column: &str| {
            let wanted = table.columns().iter().position(|name| *name == column)?;
            let text = self.field(table, columns, row.record, wanted, Need::Filled);
            text.ok().filter(|_| row.record.len() == columns.names.len()).map(Cow::into_owned)
        };
        let (id, module, person) = (read("group_id"), read("module_code"), read("person_id"));
        let group = id.map(|id| self.keep(&id));
        if let (Table::Groups, Some(id)) = (table, &group) {
            self.lost.insert(id.clone(), Lost::Rejected);
        }
        let mut modules = group.iter().flat_map(|id| self.groups_with_id(id));
        let only_module = match (modules.next(), modules.next()) {
            (Some(group), None) if table == Table::Members => Some(self.module_of(group).to_owned()),
            _ => None,
        };
        drop(modules);
        let module = module.or(only_module).map(|module| ModuleCode(self.keep(&module)));
        let rejection = Rejection {
            table: self.keep(table.as_str()),
            line: row.line(),
            rule: fault.rule,
            detail: fault.detail.into(),
            row: row.record.iter().map(|field| field::shown(field, self.encoding)).collect(),
            module,
            group: group.map(SourceGroupId),
            person: person.map(|person| PersonKey(person.into())),
        };
        self.delivery.rejections.push(rejection);
    }

    fn groups_with_id(&self, id: &str) -> impl Iterator<Item = u32> {
        let first = self.first_with_id.get(id).copied();
        std::iter::successors(first, |&group| self.next_with_id[group as usize])
    }

    fn module_of(&self, group: u32) -> &str {
        self.delivery.groups[group as usize].module.as_str()
    }

    /// Keeps a text once, however often it occurs.
    fn keep(&mut self, text: &str) -> Text {
        if let Some(kept) = self.texts.get(text) {
            return kept.clone();
        }
        let kept: Text = text.into();
        self.texts.insert(kept.clone());
        kept
    }
}

/// Whether a field may be empty.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Filled,
    Nothing,
}

fn raw<'r>(columns: &Columns, record: &'r ByteRecord, wanted: usize) -> &'r [u8] {
    columns.at(wanted).and_then(|place| record.get(place)).unwrap_or_default()
}

/// A field of ours whose end is missing; of a column that is ignored nobody needs it.
fn cut_off(table: Table, columns: &Columns, row: Row<'_>, column: usize) -> Option<Fault> {
    let wanted = (0..table.columns().len()).find(|&wanted| columns.at(wanted) == Some(column))?;
    let bytes = row.record.get(column).map_or(0, <[u8]>::len);
    let detail = format!("{} is longer than the {bytes} bytes that were read of it", table.columns()[wanted]);
    Some(Fault::new(Rule::Unprintable, detail))
}

fn wrong_count(columns: &Columns, row: Row<'_>) -> Fault {
    let breaks = row.breaks();
    let mut detail = format!("the row has {} fields, the header {}", row.record.len(), columns.names.len());
    if breaks > 0 {
        detail.push_str(&format!(
            "; it goes on for {breaks} more lines, so a quotation mark may be missing or one too many"
        ));
    }
    Fault::new(Rule::FieldCount, detail)
}
