//! What one day brings: changes of the source, and what people do by hand in Moodle.
//!
//! Not here: how a change is chosen (`ordinary.rs`, `script.rs`) or carried out (`editor.rs`).
//!
//! Invariant: replaying the changes over yesterday's groups and members gives today's.

/// Everything that happened between two deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// The day's number; the first delivery is day 0.
    pub number: u32,
    /// Changes of the source, in the order in which they happened.
    pub changes: Vec<Change>,
    /// What teachers and administrators did in Moodle, in their order.
    pub events: Vec<MoodleEvent>,
}

/// A kind of change in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// A person joined a group; `after` is the role.
    MemberAdded,
    /// A person left a group; `before` is the role.
    MemberRemoved,
    /// A group was made; `after` is its name. Its members follow one by one.
    GroupAdded,
    /// A group was closed; `before` is its name. Its members left one by one before.
    GroupRemoved,
    /// A group got another name.
    GroupRenamed,
    /// A group got another id and kept its members; `before` and `after` are the ids.
    GroupIdChanged,
    /// A module with its groups is no longer in the delivery.
    ModuleVanished,
    /// A module with its groups is in the delivery again.
    ModuleReturned,
    /// A row of `mappings.csv` changed; both sides say course, `group_import`, `mapping_action`.
    MappingChanged,
}

impl ChangeKind {
    /// Returns the words of `history.csv`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MemberAdded => "member added",
            Self::MemberRemoved => "member removed",
            Self::GroupAdded => "group added",
            Self::GroupRemoved => "group removed",
            Self::GroupRenamed => "group renamed",
            Self::GroupIdChanged => "group id changed",
            Self::ModuleVanished => "module vanished",
            Self::ModuleReturned => "module returned",
            Self::MappingChanged => "mapping changed",
        }
    }
}

/// A row of `history.csv`; what does not apply is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The day on which it happened.
    pub day: u32,
    /// What happened.
    pub kind: ChangeKind,
    /// The module concerned.
    pub module_code: String,
    /// The group concerned, by the id it had before.
    pub group_id: String,
    /// The person concerned.
    pub person_id: String,
    /// How it was.
    pub before: String,
    /// How it is now.
    pub after: String,
}

/// A kind of thing that people do by hand in Moodle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MoodleEventKind {
    /// A teacher gives a group another name, which is in `detail`.
    RenameGroup,
    /// A teacher deletes a group.
    DeleteGroup,
    /// A teacher adds a person to a group.
    AddLocalMember,
    /// A teacher takes a person out of a group.
    RemoveMember,
    /// A teacher makes a group of this name by hand.
    CreateLocalGroup,
    /// An administrator deletes the course.
    DeleteCourse,
    /// A person is enrolled; `detail` is the role's short name.
    Enrol,
    /// A person is unenrolled, and with that leaves all groups of the course.
    Unenrol,
}

impl MoodleEventKind {
    /// All kinds, in the order in which they are declared.
    pub const ALL: [Self; 8] = [
        Self::RenameGroup,
        Self::DeleteGroup,
        Self::AddLocalMember,
        Self::RemoveMember,
        Self::CreateLocalGroup,
        Self::DeleteCourse,
        Self::Enrol,
        Self::Unenrol,
    ];

    /// Returns the words of `day-NN-events.csv`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RenameGroup => "rename group",
            Self::DeleteGroup => "delete group",
            Self::AddLocalMember => "add local member",
            Self::RemoveMember => "remove member",
            Self::CreateLocalGroup => "create local group",
            Self::DeleteCourse => "delete course",
            Self::Enrol => "enrol",
            Self::Unenrol => "unenrol",
        }
    }
}

/// A row of `day-NN-events.csv`; what does not apply is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoodleEvent {
    /// What is done.
    pub kind: MoodleEventKind,
    /// Moodle's id of the course.
    pub course_id: u32,
    /// The group, by the name that the source gives it.
    pub group_name: String,
    /// The person, by idnumber.
    pub person_idnumber: String,
    /// A new name or a role, as the kind says.
    pub detail: String,
}
