//! What the next run does about a finding as long as nobody does anything: a sentence for each reason.
//!
//! Not here: what a person can do (`reconcile::finding`, the remedies).

use reconcile::finding::Reason;

/// What happens in the next run if nothing changes until then, for findings that need a person or wait for somebody.
pub(super) fn next_run(reason: Reason) -> &'static str {
    match reason {
        Reason::CourseGone => "the course is asked for again and otherwise left alone.",
        Reason::ReadIncomplete => {
            "the course is read again; what is missing is done as soon as it can be read."
        }
        Reason::NotInSource => {
            "the groups stay as they are until the module is back or the mapping is removed."
        }
        Reason::NotMapped => "the groups stay as they are, and no longer follow the timetable.",
        Reason::NameTaken => "the group waits again; everything else in the course is kept in step.",
        Reason::GroupingNameTaken => "the grouping waits again; the groups themselves are kept in step.",
        Reason::Orphan => "the group stays as it is.",
        Reason::Duplicate => "the first one is kept in step, the others stay as they are.",
        Reason::AmbiguousPerson => "the person stays out of the group until one user is left.",
        Reason::Rejected => "the row is rejected again, and the others are taken.",
        Reason::RemovalWaits => "the removal waits until its day comes; then it is done.",
        Reason::NotUndone => "it stays as it is; what the source says is kept in step.",
        Reason::TargetRefused => "the change is tried again.",
        Reason::ProtectedMember => "the removal is tried again.",
        Reason::HeldByLimit => "the operations wait again.",
        Reason::NotEnrolled | Reason::UnknownPerson => "the membership is tried again.",
        Reason::Unanswered => "the course is read again, and what is missing is done.",
        Reason::OldGroupElsewhere
        | Reason::OldGroupNotMapped
        | Reason::OldGroupNotInSource
        | Reason::OldGroupIdnumber
        | Reason::OldGroupDoubled => "the group stays as it is, as a local group.",
        Reason::OldGroupGone
        | Reason::OldGroupLeftOut
        | Reason::OldGroupTwice
        | Reason::OldGroupPending
        | Reason::OldGroupRenamed
        | Reason::OldGrouping
        | Reason::OldMembers
        | Reason::TermAbsent
        | Reason::NameAdjusted
        | Reason::SameCode
        | Reason::RenamedThere
        | Reason::RenamedBoth
        | Reason::DeletedThere
        | Reason::RemovedThere
        | Reason::LocalMembers
        | Reason::NewIdProposed
        | Reason::GroupingInUse
        | Reason::Exception
        | Reason::Skipped => "it stays so.",
    }
}
