//! Why an operation is done: a closed set, each with its code and its words.
//!
//! Not here: deciding; the planner chooses one for each operation.

use serde::{Deserialize, Serialize};

/// Declares the closed set: code, and the words that end the sentence "… because …".
macro_rules! because {
    ($($(#[$meta:meta])* $variant:ident $code:literal $words:literal),+ $(,)?) => {
        /// Why something is done: the `because` of tables, logs and messages.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Because { $($(#[$meta])* $variant),+ }

        impl Because {
            /// Every reason.
            pub const ALL: &'static [Because] = &[$(Because::$variant),+];

            /// The reason code of tables, logs and JSON.
            pub fn code(self) -> &'static str {
                match self { $(Because::$variant => $code),+ }
            }

            /// The reason in words that end the sentence "… because …".
            pub fn words(self) -> &'static str {
                match self { $(Because::$variant => $words),+ }
            }
        }
    };
}

because!(
    /// The source has it.
    SourceHas "source_has" "the source has it",
    /// The source has it under another name.
    SourceRenamed "source_renamed" "the source has another name for it",
    /// The source no longer has it.
    SourceDropped "source_dropped" "the source no longer has it",
    /// The source gave it a new id.
    SourceChangedId "source_changed_id" "the source gave it a new id",
    /// It is there already, exactly as wanted.
    AlreadyThere "already_there" "it is there already",
    /// Somebody deleted it on the platform; the policy brings it back.
    DeletedThere "deleted_there" "somebody deleted it on the platform",
    /// Somebody removed the person on the platform; the policy brings them back.
    RemovedThere "removed_there" "somebody removed the person on the platform",
    /// Somebody renamed it on the platform.
    RenamedThere "renamed_there" "somebody renamed it on the platform",
    /// Somebody changed its idnumber on the platform.
    IdnumberChangedThere "idnumber_changed_there" "somebody changed its idnumber on the platform",
    /// It is gone from the platform, and the source does not want it either.
    GoneThere "gone_there" "it is gone from the platform and the source",
    /// The person lost the enrolment, and with it the membership.
    Unenrolled "unenrolled" "the person is no longer enrolled",
    /// The person has to be enrolled before they can be a member (policy `not_enrolled = "enrol"`).
    NeedsEnrolment "needs_enrolment" "the person has to be enrolled first",
    /// A person removed the mapping.
    Unmapped "unmapped" "its mapping was removed",
    /// Another group needs its name.
    MakesRoom "makes_room" "another group needs its name",
    /// The policy removes members who were added on the platform.
    LocalMember "local_member" "the policy removes members added on the platform",
    /// A named exception keeps the person out.
    Exception "exception" "an exception keeps the person out",
    /// The policy no longer wants it (kinds, roles or groupings left out).
    Policy "policy" "the policy leaves it out",
    /// It takes back what an earlier run did.
    Undone "undone" "an earlier run is undone",
    /// A person asked that our memory lets go of it.
    Asked "asked" "a person asked to forget it",
    /// The integration that Muster replaces made it.
    TakenOver "taken_over" "the old tool made it",
);
