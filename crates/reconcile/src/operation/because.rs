//! Why an operation is done: a closed set, each with its code and its words.
//!
//! Not here: deciding; the planner chooses one for each operation.

/// Why something is done: the `because` of tables, logs and messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Because {
    /// The source has it.
    SourceHas,
    /// The source has it under another name.
    SourceRenamed,
    /// The source no longer has it.
    SourceDropped,
    /// The source gave it a new id.
    SourceChangedId,
    /// It is there already, exactly as wanted.
    AlreadyThere,
    /// Somebody deleted it on the platform; the policy brings it back.
    DeletedThere,
    /// Somebody removed the person on the platform; the policy brings them back.
    RemovedThere,
    /// Somebody renamed it on the platform.
    RenamedThere,
    /// Somebody changed its idnumber on the platform.
    IdnumberChangedThere,
    /// It is gone from the platform, and the source does not want it either.
    GoneThere,
    /// The person lost the enrolment, and with it the membership.
    Unenrolled,
    /// The person has to be enrolled before they can be a member (policy `not_enrolled = "enrol"`).
    NeedsEnrolment,
    /// A person removed the mapping.
    Unmapped,
    /// Another group needs its name.
    MakesRoom,
    /// The policy removes members who were added on the platform.
    LocalMember,
    /// A named exception keeps the person out.
    Exception,
    /// The policy no longer wants it (kinds, roles or groupings left out).
    Policy,
    /// It takes back what an earlier run did.
    Undone,
    /// A person asked that our memory lets go of it.
    Asked,
    /// The integration that Muster replaces made it.
    TakenOver,
}

impl Because {
    /// The reason code of tables, logs and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Because::SourceHas => "source_has",
            Because::SourceRenamed => "source_renamed",
            Because::SourceDropped => "source_dropped",
            Because::SourceChangedId => "source_changed_id",
            Because::AlreadyThere => "already_there",
            Because::DeletedThere => "deleted_there",
            Because::RemovedThere => "removed_there",
            Because::RenamedThere => "renamed_there",
            Because::IdnumberChangedThere => "idnumber_changed_there",
            Because::GoneThere => "gone_there",
            Because::Unenrolled => "unenrolled",
            Because::NeedsEnrolment => "needs_enrolment",
            Because::Unmapped => "unmapped",
            Because::MakesRoom => "makes_room",
            Because::LocalMember => "local_member",
            Because::Exception => "exception",
            Because::Policy => "policy",
            Because::Undone => "undone",
            Because::Asked => "asked",
            Because::TakenOver => "taken_over",
        }
    }

    /// The reason in words that end the sentence "… because …".
    pub fn words(self) -> &'static str {
        match self {
            Because::SourceHas => "the source has it",
            Because::SourceRenamed => "the source has another name for it",
            Because::SourceDropped => "the source no longer has it",
            Because::SourceChangedId => "the source gave it a new id",
            Because::AlreadyThere => "it is there already",
            Because::DeletedThere => "somebody deleted it on the platform",
            Because::RemovedThere => "somebody removed the person on the platform",
            Because::RenamedThere => "somebody renamed it on the platform",
            Because::IdnumberChangedThere => "somebody changed its idnumber on the platform",
            Because::GoneThere => "it is gone from the platform and the source",
            Because::Unenrolled => "the person is no longer enrolled",
            Because::NeedsEnrolment => "the person has to be enrolled first",
            Because::Unmapped => "its mapping was removed",
            Because::MakesRoom => "another group needs its name",
            Because::LocalMember => "the policy removes members added on the platform",
            Because::Exception => "an exception keeps the person out",
            Because::Policy => "the policy leaves it out",
            Because::Undone => "an earlier run is undone",
            Because::Asked => "a person asked to forget it",
            Because::TakenOver => "the old tool made it",
        }
    }
}
