//! The catalogue of awkward cases: what a university of any size is sure to contain, and where.
//!
//! Not here: how the cases are put in place (`stage.rs`) and what happens to them on later days (`script.rs`).
//!
//! Invariant: every [`CaseKind`] occurs in every profile.

use super::model::Role;

/// A kind of awkward case. "Known issue" is one of the seven of DESIGN §4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CaseKind {
    /// Known issue 7: two modules in one course, both with a group of the same code and name.
    SharedGroupCode,
    /// Known issues 3 and 6: a student of a group who is not enrolled in the course.
    StudentNotEnrolled,
    /// The same, but somebody enrols the student on day 2.
    StudentEnrolledLater,
    /// Known issues 3 and 6 for a tutor.
    TutorNotEnrolled,
    /// A person id that belongs to nobody in Moodle.
    Nobody,
    /// A person id that two Moodle accounts carry.
    SharedIdnumber,
    /// Group names, and names of people, in five scripts.
    FiveScripts,
    /// Group names with letters that Windows-1252 also holds.
    Umlauts,
    /// Group names of 300 characters.
    LongName,
    /// Group names with markup, quotes, commas and line breaks.
    MarkedUpName,
    /// Groups without members.
    EmptyGroup,
    /// Rows that no reader can use.
    CorruptRow,
    /// A group that the source renames on day 1.
    Renamed,
    /// Two groups that swap their names on day 2.
    SwappedNames,
    /// A group that gets a new id on day 2 while its members stay.
    NewId,
    /// A module that is missing from the delivery from day 2 on.
    VanishedModule,
    /// A module that is missing on days 1 and 2 and back on day 3.
    ReturningModule,
    /// A module of whose groups most are closed on day 3: enough to trip a limit.
    ManyGroupsClosed,
    /// A mapping to a course that Moodle never had.
    GoneCourse,
    /// A course that an administrator deletes on day 2.
    DeletedCourse,
    /// A class group of a programme beside the sub-groups of a module.
    ClassGroup,
    /// Known issue 2: a local group of the same name was there first.
    LocalNamesake,
    /// Known issue 2 again: made by hand on day 1, and on day 2 the source brings its namesake.
    LaterNamesake,
    /// Known issue 4: a teacher renames a group in Moodle on day 1.
    RenamedInMoodle,
    /// The teacher renames it on day 1, and the source on day 2.
    RenamedOnBothSides,
    /// Known issue 1: a teacher deletes a group on day 1, and the source adds a member to it.
    DeletedInMoodle,
    /// A teacher adds a person to a group on day 1.
    LocalMember,
    /// A teacher takes a person out of a group on day 1.
    RemovedMember,
    /// A module nobody had mapped is ticked on day 1 (test scenario 1).
    Ticked,
    /// Group import is unticked on day 1 (scenario 2a) and ticked again on day 3 (scenario 3).
    Unticked,
    /// The whole mapping is removed on day 2 (scenario 2b).
    Unmapped,
}

impl CaseKind {
    /// All kinds, in the order in which they are declared.
    pub const ALL: [Self; 31] = [
        Self::SharedGroupCode,
        Self::StudentNotEnrolled,
        Self::StudentEnrolledLater,
        Self::TutorNotEnrolled,
        Self::Nobody,
        Self::SharedIdnumber,
        Self::FiveScripts,
        Self::Umlauts,
        Self::LongName,
        Self::MarkedUpName,
        Self::EmptyGroup,
        Self::CorruptRow,
        Self::Renamed,
        Self::SwappedNames,
        Self::NewId,
        Self::VanishedModule,
        Self::ReturningModule,
        Self::ManyGroupsClosed,
        Self::GoneCourse,
        Self::DeletedCourse,
        Self::ClassGroup,
        Self::LocalNamesake,
        Self::LaterNamesake,
        Self::RenamedInMoodle,
        Self::RenamedOnBothSides,
        Self::DeletedInMoodle,
        Self::LocalMember,
        Self::RemovedMember,
        Self::Ticked,
        Self::Unticked,
        Self::Unmapped,
    ];
}

/// One awkward case and where to find it; lists that do not apply are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What is awkward.
    pub kind: CaseKind,
    /// Moodle ids of the courses concerned.
    pub course_ids: Vec<u32>,
    /// Codes of the modules concerned.
    pub module_codes: Vec<String>,
    /// Ids of the groups concerned, as on day 0.
    pub group_ids: Vec<String>,
    /// Ids of the people concerned.
    pub person_ids: Vec<String>,
    /// The case in one sentence, with the day on which something happens.
    pub note: String,
}

/// All awkward cases of a university.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Awkward {
    /// The cases, in the order in which they were put in place.
    pub cases: Vec<Case>,
}

impl Awkward {
    /// Returns the cases of one kind.
    pub fn of(&self, kind: CaseKind) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(move |case| case.kind == kind)
    }
}

/// Which of the two delivered files a row is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryFile {
    /// `groups.csv`.
    Groups,
    /// `members.csv`.
    Members,
}

/// A row that a source delivers and no reader can use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorruptRow {
    /// Where it is.
    pub file: DeliveryFile,
    /// Its fields, as bytes: one of them is not valid UTF-8.
    pub fields: Vec<Vec<u8>>,
    /// What is wrong with it.
    pub why: &'static str,
}

/// A corrupt row of `members.csv` that turns into a good one on a later day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Healing {
    /// The place in the list of corrupt rows.
    pub(super) row: usize,
    pub(super) group: usize,
    pub(super) person: u32,
    pub(super) role: Role,
}
