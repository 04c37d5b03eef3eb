//! What an invented university consists of: rows as others see them, and the compact records behind them.
//!
//! Not here: how any of it comes about.
//!
//! Invariant: records hold numbers; texts that can be computed are made when a row is asked for, so that six million
//! memberships fit into little memory.

use super::names::PersonName;

/// What a member does in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Learns.
    Student,
    /// Teaches.
    Tutor,
}

impl Role {
    /// Returns the word of `members.csv`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Student => "student",
            Self::Tutor => "tutor",
        }
    }
}

/// A role in a Moodle course, named by Moodle's short name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CourseRole {
    /// Moodle's "Teacher", who may edit the course.
    EditingTeacher,
    /// Moodle's "Non-editing teacher": a tutor.
    Teacher,
    /// Moodle's "Student".
    Student,
}

impl CourseRole {
    /// Returns Moodle's short name of the role.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EditingTeacher => "editingteacher",
            Self::Teacher => "teacher",
            Self::Student => "student",
        }
    }
}

impl From<Role> for CourseRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Student => Self::Student,
            Role::Tutor => Self::Teacher,
        }
    }
}

/// What a group is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A class of a programme, not a sub-group of the module (features.md A12).
    Class,
    /// Everybody in one hall.
    Lecture,
    /// A sub-group that discusses.
    Seminar,
    /// A sub-group that practises.
    Tutorial,
    /// A sub-group that experiments.
    Lab,
}

impl Kind {
    /// Returns the word of `groups.csv`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Class => "class",
            Self::Lecture => "lecture",
            Self::Seminar => "seminar",
            Self::Tutorial => "tutorial",
            Self::Lab => "lab",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Class => "Class",
            Self::Lecture => "Lecture",
            Self::Seminar => "Seminar",
            Self::Tutorial => "Tutorial",
            Self::Lab => "Lab",
        }
    }

    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Class => "CLS",
            Self::Lecture => "LEC",
            Self::Seminar => "SEM",
            Self::Tutorial => "TUT",
            Self::Lab => "LAB",
        }
    }
}

/// A flag of `mapped_modules`: somebody wants it, or wants it gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wish {
    /// `ADD`.
    Add,
    /// `RMV`.
    Rmv,
}

impl Wish {
    /// Returns the word of `mapped_modules`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "ADD",
            Self::Rmv => "RMV",
        }
    }
}

/// A course in Moodle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// Moodle's id.
    pub id: u32,
    /// Moodle's short name, unique in the site.
    pub shortname: String,
    /// Moodle's full name.
    pub fullname: String,
    /// Moodle's ID number of the course.
    pub idnumber: String,
}

/// An account in Moodle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Moodle's id.
    pub id: u32,
    /// Login name, unique.
    pub username: String,
    /// The person id of the source; two accounts may share one.
    pub idnumber: String,
    /// First name.
    pub firstname: String,
    /// Surname.
    pub lastname: String,
    /// Address, unique.
    pub email: String,
}

/// Somebody's place in a Moodle course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Enrolment {
    /// Moodle's id of the course.
    pub course_id: u32,
    /// Moodle's id of the person.
    pub user_id: u32,
    /// The role in the course.
    pub role: CourseRole,
}

/// A module of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module<'a> {
    /// Module code, such as `ANTH1014`.
    pub module_code: &'a str,
    /// Term in which it is taught.
    pub term: &'static str,
}

/// A good row of `groups.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// The source's id.
    pub group_id: String,
    /// Short code, unique only within the module.
    pub group_code: &'a str,
    /// Name for people.
    pub group_name: &'a str,
    /// The module it belongs to.
    pub module_code: &'a str,
    /// What it is for.
    pub kind: Kind,
    /// Term in which it meets.
    pub term: &'static str,
}

/// A good row of `members.csv`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    /// The source's id of the group.
    pub group_id: String,
    /// The source's id of the person.
    pub person_id: String,
    /// What the person does there.
    pub role: Role,
}

/// A row of `mappings.csv`: which module fills which course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping<'a> {
    /// Moodle's id of the course.
    pub moodle_id: u32,
    /// The module's code.
    pub modulecode: &'a str,
    /// Whether the course wants the groups.
    pub group_import: Wish,
    /// Whether the module belongs to the course at all.
    pub mapping_action: Wish,
}

/// A group that a teacher made by hand before day 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalGroup {
    /// Moodle's id of the course.
    pub course_id: u32,
    /// The name in Moodle.
    pub name: String,
}

/// Somebody's place in a group; `person` is a place in the list of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) person: u32,
    pub(super) role: Role,
}

/// Somebody's place in a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Enrolled {
    pub(super) person: u32,
    pub(super) role: CourseRole,
}

#[derive(Debug)]
pub(super) struct PersonRecord {
    pub(super) number: u32,
    pub(super) role: Role,
    pub(super) name: PersonName,
    pub(super) account: Account,
}

/// Whether Moodle knows a person or a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    InMoodle,
    Absent,
}

#[derive(Debug)]
pub(super) struct CourseRecord {
    /// Moodle's id.
    pub(super) id: u32,
    pub(super) account: Account,
    pub(super) enrolled: Vec<Enrolled>,
}

/// Whether a module is in today's delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    Present,
    Absent,
}

/// Whether a module plays a part in the awkward cases; ordinary changes leave such a module alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Ordinary,
    Staged,
}

#[derive(Debug)]
pub(super) struct ModuleRecord {
    pub(super) code: String,
    pub(super) term: &'static str,
    pub(super) delivery: Delivery,
    pub(super) part: Part,
    /// Places in the list of groups; a closed group leaves this list.
    pub(super) groups: Vec<usize>,
    pub(super) mappings: Vec<MappingRecord>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MappingRecord {
    pub(super) course: usize,
    pub(super) group_import: Wish,
    pub(super) mapping_action: Wish,
}

#[derive(Debug)]
pub(super) struct GroupRecord {
    pub(super) number: u32,
    pub(super) module: usize,
    pub(super) kind: Kind,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) seats: Vec<Seat>,
}

impl GroupRecord {
    /// Whether the person has a seat here.
    pub(super) fn seats_person(&self, person: u32) -> bool {
        self.seats.iter().any(|seat| seat.person == person)
    }

    /// The people of a role, in their order.
    pub(super) fn people(&self, role: Role) -> impl Iterator<Item = u32> {
        self.seats.iter().filter(move |seat| seat.role == role).map(|seat| seat.person)
    }
}
