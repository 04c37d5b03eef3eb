//! What owners of courses are told of: a closed set, each with whether it needs them.
//!
//! Not here: the words (`words.rs`), and which course has what (`gather.rs`).
//!
//! Invariant: what the person responsible for a course can mend has a topic; a new reason stops the compiler here.

use reconcile::finding::Reason;
use reconcile::operation::Because;
use reconcile::policy::{DeletedThere, Policy, RemovedThere};
use store::TombstoneKind;

/// What an owner is told of, in the order in which it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    /// A group waits, because a local one has its name.
    NameTaken,
    /// A grouping waits, because a local one has its name.
    GroupingNameTaken,
    /// People are wanted in groups, and not enrolled.
    NotEnrolled,
    /// A grouping that is not wanted holds local groups.
    GroupingInUse,
    /// A name that somebody gave on the platform was kept.
    NameKept,
    /// The source's name was written over one that somebody gave.
    NameOverwritten,
    /// A group that somebody deleted was made again.
    MadeAgain,
    /// A group that somebody deleted stays deleted.
    StaysDeleted,
    /// People whom somebody took out of a group were put back.
    PutBack,
    /// People whom somebody took out of a group stay out.
    StaysOut,
    /// A group is gone from the source.
    GroupDropped,
    /// A group's module no longer fills the course.
    GroupUnmapped,
    /// The policy no longer wants a group.
    GroupLeftOut,
    /// A group went because a run was undone.
    GroupUndone,
    /// The source no longer has people in a group.
    PersonDropped,
    /// People left a group whose module no longer fills the course.
    PersonUnmapped,
    /// The policy no longer wants people in groups.
    PersonLeftOut,
    /// People left a group because a run was undone.
    PersonUndone,
    /// People whom somebody had added were removed.
    PersonLocal,
    /// An exception keeps people out.
    PersonExcepted,
}

impl Topic {
    /// Tells whether the owner is needed: told after the next run, however short ago the last letter was.
    pub(super) fn needs_owner(self) -> bool {
        matches!(self, Topic::NameTaken | Topic::GroupingNameTaken)
    }

    /// Tells whether it is about something that happened once, and is told once; anything else goes on until it is
    /// mended.
    pub(super) fn happened_once(self) -> bool {
        match self {
            Topic::NameTaken
            | Topic::GroupingNameTaken
            | Topic::NotEnrolled
            | Topic::GroupingInUse
            | Topic::NameKept
            | Topic::StaysDeleted
            | Topic::StaysOut => false,
            Topic::NameOverwritten
            | Topic::MadeAgain
            | Topic::PutBack
            | Topic::GroupDropped
            | Topic::GroupUnmapped
            | Topic::GroupLeftOut
            | Topic::GroupUndone
            | Topic::PersonDropped
            | Topic::PersonUnmapped
            | Topic::PersonLeftOut
            | Topic::PersonUndone
            | Topic::PersonLocal
            | Topic::PersonExcepted => true,
        }
    }

    /// What a finding is to an owner; `None` where others mend it, or there is nothing that an owner would miss.
    pub(super) fn of_finding(reason: Reason, policy: &Policy) -> Option<Topic> {
        match reason {
            Reason::NameTaken => Some(Topic::NameTaken),
            Reason::GroupingNameTaken => Some(Topic::GroupingNameTaken),
            Reason::NotEnrolled => Some(Topic::NotEnrolled),
            Reason::GroupingInUse => Some(Topic::GroupingInUse),
            Reason::RenamedThere => Some(Topic::NameKept),
            Reason::RenamedBoth => Some(Topic::NameOverwritten),
            Reason::DeletedThere => Some(match policy.deleted_there {
                DeletedThere::Recreate => Topic::MadeAgain,
                DeletedThere::Respect => Topic::StaysDeleted,
            }),
            Reason::RemovedThere => Some(match policy.removed_there {
                RemovedThere::Restore => Topic::PutBack,
                RemovedThere::Respect => Topic::StaysOut,
            }),
            Reason::CourseGone
            | Reason::ReadIncomplete
            | Reason::NotInSource
            | Reason::Rejected
            | Reason::RemovalWaits
            | Reason::TermAbsent
            | Reason::NotMapped
            | Reason::NameAdjusted
            | Reason::SameCode
            | Reason::UnknownPerson
            | Reason::AmbiguousPerson
            | Reason::LocalMembers
            | Reason::Orphan
            | Reason::Duplicate
            | Reason::NewIdProposed
            | Reason::Exception
            | Reason::TargetRefused
            | Reason::Unanswered
            | Reason::ProtectedMember
            | Reason::Skipped
            | Reason::NotUndone
            | Reason::OldGroupGone
            | Reason::OldGroupElsewhere
            | Reason::OldGroupNotMapped
            | Reason::OldGroupNotInSource
            | Reason::OldGroupLeftOut
            | Reason::OldGroupIdnumber
            | Reason::OldGroupDoubled
            | Reason::OldGroupTwice
            | Reason::OldGroupPending
            | Reason::OldGroupRenamed
            | Reason::OldGrouping
            | Reason::OldMembers
            | Reason::HeldByLimit => None,
        }
    }

    /// What a removal is to an owner; `None` where somebody did it on the platform, or only our memory changed.
    pub(super) fn of_removal(kind: TombstoneKind, because: Because) -> Option<Topic> {
        let (group, person) = match because {
            Because::SourceDropped => (Some(Topic::GroupDropped), Some(Topic::PersonDropped)),
            Because::Unmapped => (Some(Topic::GroupUnmapped), Some(Topic::PersonUnmapped)),
            Because::Policy => (Some(Topic::GroupLeftOut), Some(Topic::PersonLeftOut)),
            Because::Undone => (Some(Topic::GroupUndone), Some(Topic::PersonUndone)),
            Because::LocalMember => (None, Some(Topic::PersonLocal)),
            Because::Exception => (None, Some(Topic::PersonExcepted)),
            Because::SourceHas
            | Because::SourceRenamed
            | Because::SourceChangedId
            | Because::AlreadyThere
            | Because::DeletedThere
            | Because::RemovedThere
            | Because::RenamedThere
            | Because::IdnumberChangedThere
            | Because::GoneThere
            | Because::Unenrolled
            | Because::NeedsEnrolment
            | Because::MakesRoom
            | Because::Asked
            | Because::TakenOver => (None, None),
        };
        match kind {
            TombstoneKind::Group => group,
            TombstoneKind::Member => person,
            TombstoneKind::Grouping => None,
        }
    }
}

/// Reasons of which a finding may have healed before an owner is told: they tell of something that happened once.
pub(super) const HAPPENED_ONCE: [Reason; 3] =
    [Reason::DeletedThere, Reason::RemovedThere, Reason::RenamedBoth];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::explain::{Mender, mender_of};

    #[test]
    fn h7_owners_are_told_what_they_can_mend() {
        for reason in Reason::ALL.iter().filter(|reason| mender_of(**reason) == Mender::CoursePerson) {
            assert!(Topic::of_finding(*reason, &Policy::default()).is_some(), "{reason:?}");
        }
    }
}
