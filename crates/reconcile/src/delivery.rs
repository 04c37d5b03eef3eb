//! One delivery of a source: what it says, what was rejected, and whether it is complete enough to be believed.
//!
//! Not here: reading files or databases (`app/sources`) and keeping deliveries (`store`).
//!
//! Invariant: a row is either accepted or rejected with a reason; none disappears.
//! Invariant: the hashes do not depend on the order of the rows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::keys::{ModuleCode, PersonKey, Role, SourceGroupId, SourceName, Text};

/// The accepted rows of one delivery, and the rejected ones.
///
/// Members are numbers into `groups` and `persons`, because a state tenant has six million of them.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The source.
    pub source: SourceName,
    /// Every accepted group; the pair of module and id is unique.
    pub groups: Vec<DeliveredGroup>,
    /// Every person who is a member of something, once.
    pub persons: Vec<PersonKey>,
    /// Every accepted membership; the pair of group and person is unique.
    pub members: Vec<DeliveredMember>,
    /// Modules that the source names although they have no groups (the optional list of modules).
    pub modules: BTreeSet<ModuleCode>,
    /// Rows that were not accepted.
    pub rejections: Vec<Rejection>,
}

/// A group row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveredGroup {
    /// The module.
    pub module: ModuleCode,
    /// The group's id in the source.
    pub id: SourceGroupId,
    /// The short code.
    pub code: Text,
    /// The name; may be empty.
    pub name: Text,
    /// The kind; may be empty.
    pub kind: Text,
    /// The term; may be empty.
    pub term: Text,
}

/// A member row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveredMember {
    /// Position in [`Delivery::groups`].
    pub group: u32,
    /// Position in [`Delivery::persons`].
    pub person: u32,
    /// The role.
    pub role: Role,
}

/// A row that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// The file or query: `groups`, `members` or `modules`.
    pub table: Text,
    /// The line of the file, or the row of the query's answer, counted from 1 (the header is line 1).
    pub line: u64,
    /// The rule that was broken.
    pub rule: Rule,
    /// What exactly is wrong, with the offending value.
    pub detail: Text,
    /// The row as it was read; undecodable bytes stand as `\xNN`.
    pub row: Vec<Text>,
    /// The module that the row belongs to, where it could be told: what the rejection blocks.
    pub module: Option<ModuleCode>,
    /// The group that the row belongs to, where it could be told.
    pub group: Option<SourceGroupId>,
    /// The person of the row, where there is one.
    pub person: Option<PersonKey>,
}

/// The rules for rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The row has more or fewer fields than the header.
    FieldCount,
    /// A field that must not be empty is empty.
    Empty,
    /// A field cannot be decoded in the declared encoding.
    Encoding,
    /// A field holds a control character, or is longer than 1,000 characters.
    Unprintable,
    /// The role is neither student nor tutor.
    Role,
    /// The same group or membership was there already.
    Duplicate,
    /// The group of a member is not among the groups.
    UnknownGroup,
}

impl Rule {
    /// The word in tables, files and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::FieldCount => "field_count",
            Rule::Empty => "empty",
            Rule::Encoding => "encoding",
            Rule::Unprintable => "unprintable",
            Rule::Role => "role",
            Rule::Duplicate => "duplicate",
            Rule::UnknownGroup => "unknown_group",
        }
    }
}

/// How much a delivery holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Modules with at least one group, or named without one.
    pub modules: u64,
    /// Groups.
    pub groups: u64,
    /// Memberships of students.
    pub students: u64,
    /// Memberships of tutors.
    pub tutors: u64,
    /// Rejected rows.
    pub rejections: u64,
}

/// When a delivery is believed: `[source.NAME]` keys beside the place it is read from (feature A10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Completeness {
    /// Fewest groups; an empty delivery is refused whatever this says.
    pub groups_min: u64,
    /// Largest share of groups, of student memberships or of tutor memberships that may be missing against the
    /// delivery accepted last, in percent.
    pub shrink_percent_max: u32,
    /// Largest share of rows that may be rejected, in percent.
    pub rejected_percent_max: u32,
}

impl Default for Completeness {
    fn default() -> Self {
        Completeness { groups_min: 1, shrink_percent_max: 20, rejected_percent_max: 10 }
    }
}

/// Why a delivery is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It has too few groups.
    TooFew {
        /// How many it has.
        groups: u64,
        /// How many it needs.
        groups_min: u64,
    },
    /// It has much less than the one accepted last.
    Shrunk {
        /// What shrank: `groups`, `student memberships` or `tutor memberships`.
        what: &'static str,
        /// How many the accepted delivery has.
        before: u64,
        /// How many this one has.
        now: u64,
        /// The largest share that may be missing.
        percent_max: u32,
    },
    /// Too many of its rows were rejected.
    Rejected {
        /// How many.
        rejected: u64,
        /// Of how many.
        rows: u64,
        /// The largest share.
        percent_max: u32,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::TooFew { groups: 0, .. } => write!(f, "it is empty"),
            Doubt::TooFew { groups, groups_min } => {
                write!(f, "it has {groups} groups, fewer than {groups_min}")
            }
            Doubt::Shrunk { what, before, now, percent_max } => {
                write!(f, "it has {now} {what}, {before} before: more than {percent_max} % are missing")
            }
            Doubt::Rejected { rejected, rows, percent_max } => {
                write!(f, "{rejected} of {rows} rows were rejected, more than {percent_max} %")
            }
        }
    }
}

/// Decides whether a delivery is believed; every doubt is told.
pub fn doubts(now: &Figures, accepted_last: Option<&Figures>, completeness: &Completeness) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let groups_min = completeness.groups_min.max(1);
    if now.groups < groups_min {
        doubts.push(Doubt::TooFew { groups: now.groups, groups_min });
    }
    if let Some(before) = accepted_last {
        let percent_max = completeness.shrink_percent_max;
        for (what, before, now) in [
            ("groups", before.groups, now.groups),
            ("student memberships", before.students, now.students),
            ("tutor memberships", before.tutors, now.tutors),
        ] {
            if before.saturating_sub(now) * 100 > before * u64::from(percent_max) {
                doubts.push(Doubt::Shrunk { what, before, now, percent_max });
            }
        }
    }
    let rows = now.groups + now.students + now.tutors + now.rejections;
    let percent_max = completeness.rejected_percent_max;
    if now.rejections * 100 > rows * u64::from(percent_max) {
        doubts.push(Doubt::Rejected { rejected: now.rejections, rows, percent_max });
    }
    doubts
}

/// A sum of row hashes: equal for the same rows in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(pub u128);

impl ContentHash {
    /// Adds a row, given as its fields.
    pub fn add(&mut self, fields: &[&str]) {
        let mut hash = Sha256::new();
        for field in fields {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field.as_bytes());
        }
        let mut first = [0; 16];
        first.copy_from_slice(&hash.finalize()[..16]);
        self.0 = self.0.wrapping_add(u128::from_be_bytes(first));
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Delivery {
    /// Counts what it holds.
    pub fn figures(&self) -> Figures {
        let tutors = self.members.iter().filter(|member| member.role == Role::Tutor).count() as u64;
        Figures {
            modules: self.module_hashes().len() as u64,
            groups: self.groups.len() as u64,
            students: self.members.len() as u64 - tutors,
            tutors,
            rejections: self.rejections.len() as u64,
        }
    }

    /// Hashes each module's groups and members, so that the next run can tell which courses changed.
    pub fn module_hashes(&self) -> BTreeMap<&ModuleCode, ContentHash> {
        let mut hashes: BTreeMap<&ModuleCode, ContentHash> =
            self.modules.iter().map(|module| (module, ContentHash::default())).collect();
        let mut by_group = vec![ContentHash::default(); self.groups.len()];
        for member in &self.members {
            let (Some(hash), Some(person)) =
                (by_group.get_mut(member.group as usize), self.persons.get(member.person as usize))
            else {
                continue;
            };
            let group = &self.groups[member.group as usize];
            hash.add(&[group.id.as_str(), person.as_str(), member.role.as_str()]);
        }
        for (group, members) in self.groups.iter().zip(by_group) {
            let hash = hashes.entry(&group.module).or_default();
            hash.add(&[group.id.as_str(), &group.code, &group.name, &group.kind, &group.term]);
            hash.0 = hash.0.wrapping_add(members.0);
        }
        hashes
    }

    /// Hashes the whole delivery: two deliveries with the same hash say the same.
    pub fn content_hash(&self) -> ContentHash {
        let mut whole = ContentHash::default();
        for (module, hash) in self.module_hashes() {
            whole.add(&[module.as_str(), &hash.to_string()]);
        }
        whole
    }

    /// The terms about which the delivery speaks; empty where the source knows no terms.
    pub fn terms(&self) -> BTreeSet<Text> {
        self.groups.iter().map(|group| group.term.clone()).filter(|term| !term.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_doubts(now: (u64, u64, u64, u64), before: Option<(u64, u64, u64)>, expected: &[&str]) {
        let figures = |(groups, students, tutors, rejections)| Figures {
            groups,
            students,
            tutors,
            rejections,
            ..Figures::default()
        };
        let before = before.map(|(groups, students, tutors)| figures((groups, students, tutors, 0)));
        let doubts = doubts(&figures(now), before.as_ref(), &Completeness::default());
        let told: Vec<_> = doubts.iter().map(Doubt::to_string).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn a_delivery_is_believed_unless_it_is_empty_or_shrank_or_is_full_of_rejections() {
        check_doubts((1, 0, 0, 0), None, &[]);
        check_doubts((0, 0, 0, 0), None, &["it is empty"]);
        check_doubts((80, 800, 8, 0), Some((100, 1000, 10)), &[]);
        check_doubts(
            (79, 799, 10, 0),
            Some((100, 1000, 10)),
            &[
                "it has 79 groups, 100 before: more than 20 % are missing",
                "it has 799 student memberships, 1000 before: more than 20 % are missing",
            ],
        );
        check_doubts(
            (100, 1000, 0, 0),
            Some((100, 1000, 10)),
            &["it has 0 tutor memberships, 10 before: more than 20 % are missing"],
        );
        check_doubts((90, 0, 0, 10), None, &[]);
        check_doubts((89, 0, 0, 11), None, &["11 of 100 rows were rejected, more than 10 %"]);
        // The first delivery with tutors, and a delivery that grew, raise no doubt.
        check_doubts((200, 2000, 10, 0), Some((100, 1000, 0)), &[]);
    }

    #[test]
    fn an_empty_delivery_is_refused_whatever_the_smallest_number_is() {
        let completeness = Completeness { groups_min: 0, ..Completeness::default() };
        let expected = [Doubt::TooFew { groups: 0, groups_min: 1 }];
        assert_eq!(doubts(&Figures::default(), None, &completeness), expected);
        let completeness = Completeness { groups_min: 5, ..Completeness::default() };
        let four = Figures { groups: 4, ..Figures::default() };
        assert_eq!(doubts(&four, None, &completeness)[0].to_string(), "it has 4 groups, fewer than 5");
    }

    fn delivery(groups: &[(&str, &str, &str)], members: &[(&str, &str, Role)]) -> Delivery {
        let group = |(module, id, name): &(&str, &str, &str)| DeliveredGroup {
            module: (*module).into(),
            id: (*id).into(),
            code: "".into(),
            name: (*name).into(),
            kind: "".into(),
            term: if *id == "1" { "2026-T1" } else { "" }.into(),
        };
        let groups: Vec<_> = groups.iter().map(group).collect();
        let mut persons: Vec<PersonKey> = members.iter().map(|member| member.1.into()).collect();
        persons.sort();
        persons.dedup();
        let member = |(id, person, role): &(&str, &str, Role)| DeliveredMember {
            group: groups.iter().position(|group| group.id.as_str() == *id).unwrap() as u32,
            person: persons.iter().position(|known| known.as_str() == *person).unwrap() as u32,
            role: *role,
        };
        let members = members.iter().map(member).collect();
        let modules = BTreeSet::from(["EMPTY".into()]);
        Delivery { source: "cmis".into(), groups, persons, members, modules, rejections: Vec::new() }
    }

    #[test]
    fn hashes_do_not_depend_on_the_order_of_rows_and_tell_which_module_changed() {
        let groups = [("M1", "1", "A"), ("M1", "2", "B"), ("M2", "3", "A")];
        let members = [("1", "p1", Role::Student), ("1", "p2", Role::Tutor), ("3", "p1", Role::Student)];
        let first = delivery(&groups, &members);
        let (mut back_groups, mut back_members) = (groups, members);
        back_groups.reverse();
        back_members.reverse();
        let second = delivery(&back_groups, &back_members);
        assert_eq!(first.module_hashes(), second.module_hashes());
        assert_eq!(first.content_hash(), second.content_hash());

        let (m1, m2) = (ModuleCode::from("M1"), ModuleCode::from("M2"));
        let mut other = members;
        other[2].2 = Role::Tutor;
        let third = delivery(&groups, &other);
        assert_eq!(first.module_hashes()[&m1], third.module_hashes()[&m1]);
        assert_ne!(first.module_hashes()[&m2], third.module_hashes()[&m2]);
        assert_ne!(first.content_hash(), third.content_hash());
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        let hash = |fields: &[&str]| {
            let mut hash = ContentHash::default();
            hash.add(fields);
            hash
        };
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
    }

    #[test]
    fn figures_count_modules_without_groups_and_terms_leave_out_nothing_said() {
        let delivery = delivery(&[("M1", "1", "A"), ("M1", "2", "B")], &[("1", "p1", Role::Tutor)]);
        let figures = Figures { modules: 2, groups: 2, students: 0, tutors: 1, rejections: 0 };
        assert_eq!(delivery.figures(), figures);
        assert_eq!(delivery.terms(), BTreeSet::from(["2026-T1".into()]));
    }
}
