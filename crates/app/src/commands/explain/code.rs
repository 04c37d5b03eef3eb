//! The closed set of reasons that `muster explain` gives, each with what it means, who can mend it, and how.
//!
//! What a run found has its code from [`Reason`]; beside them stand the codes of what is told from memory alone. The
//! table in `docs/operations.md` is made from this file.
//!
//! Not here: which of them applies (the chains beside this file).
//!
//! Invariant: no code stands here twice, and every code has a cause, a mender and a remedy.

use reconcile::finding::{Reason, Severity};
use serde::{Serialize, Serializer};

/// Who can mend something. A closed set, so that a mail or a page can be sorted by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mender {
    /// The learning-technology administrator, with a command of Muster.
    Administrator,
    /// The lecturer, or whoever answers for the course on the platform.
    CoursePerson,
    /// Whoever installs, configures and schedules Muster.
    Operator,
    /// Whoever administrates the platform, its accounts and its rights.
    MoodleAdministrator,
    /// Whoever keeps the timetable or another source.
    TimetableOffice,
    /// It is well, or completes by itself.
    Nobody,
}

impl Mender {
    /// The word in JSON.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Mender::Administrator => "administrator",
            Mender::CoursePerson => "course_person",
            Mender::Operator => "operator",
            Mender::MoodleAdministrator => "moodle_administrator",
            Mender::TimetableOffice => "timetable_office",
            Mender::Nobody => "nobody",
        }
    }

    /// The words for people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Mender::Administrator => "the learning-technology administrator",
            Mender::CoursePerson => "the person responsible for the course",
            Mender::Operator => "the operator of Muster",
            Mender::MoodleAdministrator => "the Moodle administrator",
            Mender::TimetableOffice => "the timetable office",
            Mender::Nobody => "nobody, it completes by itself",
        }
    }
}

impl Serialize for Mender {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// Declares the codes that no finding has: code, severity, mender, cause and remedy.
macro_rules! codes {
    ($($variant:ident $code:literal $severity:ident $mender:ident $cause:literal $remedy:literal),+ $(,)?) => {
        /// Why something is as it is. The documentation of each is its cause below.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Code {
            /// What a run found.
            Found(Reason),
            $(#[doc = $cause] $variant),+
        }

        impl Code {
            /// Every code that no finding has.
            #[cfg(test)]
            const OWN: &'static [Code] = &[$(Code::$variant),+];

            /// The code in text and JSON.
            pub(crate) fn code(self) -> &'static str {
                match self { Code::Found(reason) => reason.code(), $(Code::$variant => $code),+ }
            }

            /// How much it asks of people.
            pub(crate) fn severity(self) -> Severity {
                match self { Code::Found(reason) => reason.severity(), $(Code::$variant => Severity::$severity),+ }
            }

            /// Who can mend it.
            pub(crate) fn mender(self) -> Mender {
                match self { Code::Found(reason) => mender_of(reason), $(Code::$variant => Mender::$mender),+ }
            }

            /// What it means.
            #[cfg(test)]
            fn cause(self) -> &'static str {
                match self { Code::Found(reason) => cause_of(reason), $(Code::$variant => $cause),+ }
            }

            /// What a person can do about it. `{course}`, `{module}`, `{group}`, `{person}` and `{run}` stand for the
            /// subject.
            pub(crate) fn remedy(self) -> &'static str {
                match self { Code::Found(reason) => reason.remedy(), $(Code::$variant => $remedy),+ }
            }
        }
    };
}

codes!(
    Done "done" Notice Nobody
        "Everything is as it should be."
        "nothing to do",
    Unticked "unticked" Attention CoursePerson
        "A person took the tick away or removed the mapping: one of its flags is RMV."
        "tick the module again, or `muster map add {course} {module}`",
    NotDecided "not_decided" Attention CoursePerson
        "The mapping is there, but nobody ticked yet whether its groups are imported."
        "tick the module, or `muster map set {course} {module} --group-import add`",
    Frozen "frozen" Attention Administrator
        "The mapping is deactivated, so everything that it made stays as it is."
        "`muster map set {course} {module} --active true`",
    OutsideDates "outside_dates" Attention Administrator
        "Today is before or after the dates of the mapping, so everything stays as it is."
        "`muster map list --course {course}` shows the mapping",
    Contradiction "contradiction" Attention Administrator
        "One row of `mapped_modules` brings the module into the course and another one removes it; then nothing is touched."
        "`muster map add {course} {module}` brings it, `muster map remove {course} {module}` takes it away",
    Paused "paused" Attention Administrator
        "A pause covers it, so everything stays as it is until its end."
        "nothing to do at the end of the pause; `muster resume` ends it now",
    DeliveryRefused "delivery_refused" Attention Administrator
        "The newest delivery of the source was refused; the one before it stays in force."
        "ask the timetable office; if it is right, `muster import --accept DELIVERY --reason …`",
    NoGroups "no_groups" Attention TimetableOffice
        "The source names the module, but has no group of it."
        "ask the timetable office for the groups of {module}, then `muster import`",
    KindExcluded "kind_excluded" Notice Operator
        "The policy leaves this kind of group out."
        "nothing to do if that is right; `muster config explain policy.kinds_excluded`",
    RoleLeftOut "role_left_out" Notice Operator
        "The policy leaves the students or the tutors of groups out."
        "nothing to do if that is right; `muster config explain policy.tutors`",
    NotCreated "not_created" Pending Nobody
        "It is wanted, and no run has made it yet."
        "the next run makes it; `muster apply --course {course}` does it now",
    NotMember "not_member" Pending Nobody
        "The membership is wanted, and no run has made it yet."
        "the next run adds it; `muster apply --course {course}` does it now",
    NotTried "not_tried" Pending Nobody
        "The last run stopped before it came to it."
        "the next run does it; `muster retry` does it now",
    Approved "approved" Pending Nobody
        "A person approved it, and no run has carried it out yet."
        "the next run does it; `muster apply --course {course}` does it now",
    RemovalDue "removal_due" Pending Nobody
        "It is no longer wanted, and no run has removed it yet."
        "the next run removes it; `muster apply --course {course}` does it now",
    StillWanted "still_wanted" Attention Administrator
        "Nobody asked for the removal: a mapping still brings it."
        "`muster map remove {course} {module}`",
    KeptByPolicy "kept_by_policy" Notice Operator
        "The policy keeps, empties or archives the groups of a removed mapping instead of deleting them."
        "nothing to do if that is right; `muster config explain policy.on_unmap`",
    Archived "archived" Notice Operator
        "The group was renamed and kept when its mapping was removed."
        "nothing to do; `muster map add {course} {module}` brings it back",
    Deleted "deleted" Notice Administrator
        "It was ours, and a run deleted or forgot it."
        "nothing to do if that is right; `muster undo {run}` takes the whole run back",
    DiffersNow "differs_now" Pending Nobody
        "The platform now shows something else than our memory holds."
        "the next run mends it; `muster apply --course {course}` does it now",
    NotOurs "not_ours" Notice CoursePerson
        "The platform has it, and somebody else made it; Muster leaves it alone."
        "nothing to do",
    Unreachable "unreachable" Attention Operator
        "The platform could not be asked."
        "`muster check moodle` looks at each step of the set-up",
);

/// Who can mend what a run found.
pub(crate) fn mender_of(reason: Reason) -> Mender {
    match reason {
        Reason::CourseGone
        | Reason::NotMapped
        | Reason::NewIdProposed
        | Reason::Exception
        | Reason::Skipped
        | Reason::NotUndone
        | Reason::OldGroupElsewhere
        | Reason::OldGroupNotMapped
        | Reason::OldGroupNotInSource
        | Reason::OldGroupIdnumber
        | Reason::OldGroupDoubled
        | Reason::OldGroupTwice
        | Reason::HeldByLimit => Mender::Administrator,
        Reason::NameTaken | Reason::GroupingNameTaken | Reason::GroupingInUse => Mender::CoursePerson,
        Reason::ReadIncomplete => Mender::Operator,
        Reason::UnknownPerson
        | Reason::AmbiguousPerson
        | Reason::Orphan
        | Reason::Duplicate
        | Reason::TargetRefused
        | Reason::ProtectedMember => Mender::MoodleAdministrator,
        Reason::NotInSource | Reason::Rejected => Mender::TimetableOffice,
        Reason::RemovalWaits
        | Reason::TermAbsent
        | Reason::NameAdjusted
        | Reason::SameCode
        | Reason::NotEnrolled
        | Reason::RenamedThere
        | Reason::RenamedBoth
        | Reason::DeletedThere
        | Reason::RemovedThere
        | Reason::LocalMembers
        | Reason::OldGroupGone
        | Reason::OldGroupLeftOut
        | Reason::OldGroupPending
        | Reason::OldGroupRenamed
        | Reason::OldGrouping
        | Reason::OldMembers
        | Reason::Unanswered => Mender::Nobody,
    }
}

/// What a reason means where more than a run's finding has it.
#[cfg(test)]
fn cause_of(reason: Reason) -> &'static str {
    match reason {
        Reason::NotMapped => {
            "No mapping brings it into the course: nobody ticked the module, or the row is gone."
        }
        Reason::NotInSource => "The newest accepted delivery does not have it; what was there is kept.",
        Reason::Rejected => "A row of the source was rejected, and what it is about was left as it is.",
        other => other.title(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md");
    const BEGIN: &str = "<!-- Made from crates/app/src/commands/explain/code.rs; `UPDATE_EXPECT=1 cargo nextest run -p app codes` rewrites it. -->\n";
    const END: &str = "<!-- The end of the reason codes. -->\n";

    fn all() -> impl Iterator<Item = Code> {
        Code::OWN.iter().copied().chain(Reason::ALL.iter().map(|reason| Code::Found(*reason)))
    }

    #[test]
    fn no_two_codes_are_the_same_and_each_says_what_to_do() {
        let codes: HashSet<&str> = all().map(Code::code).collect();
        assert_eq!(codes.len(), all().count());
        for code in all() {
            assert!(!code.cause().is_empty() && !code.remedy().is_empty(), "{code:?}");
            let asks_nobody = code.mender() == Mender::Nobody;
            assert!(!asks_nobody || code.severity() < Severity::Attention, "{code:?} needs somebody");
        }
    }

    #[test]
    fn the_page_lists_all_codes_with_cause_mender_and_command() {
        let mut table =
            String::from("\n| code | what it means | who can mend it | what to do |\n|---|---|---|---|\n");
        for code in all() {
            let cause = code.cause().trim_end_matches('.');
            let remedy = code
                .remedy()
                .replace("{course}", "COURSE")
                .replace("{module}", "MODULE")
                .replace("{group}", "GROUP")
                .replace("{person}", "PERSON")
                .replace("{run}", "RUN");
            let mender = match code.mender() {
                Mender::Nobody => "nobody",
                other => other.words().trim_start_matches("the "),
            };
            table.push_str(&format!("| `{}` | {cause} | {mender} | {remedy} |\n", code.code()));
        }
        table.push('\n');
        let page = std::fs::read_to_string(PAGE).unwrap();
        let (head, rest) = page.split_once(BEGIN).expect("the page has the section of the codes");
        let (shown, tail) = rest.split_once(END).expect("the section of the codes has an end");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(PAGE, format!("{head}{BEGIN}{table}{END}{tail}")).unwrap();
        } else {
            // Line by line, because the whole table is too long to compare by eye.
            for (shown, expected) in shown.lines().zip(table.lines()) {
                assert_eq!(
                    shown, expected,
                    "docs/operations.md differs from the codes; see its comment there"
                );
            }
            assert_eq!(shown.lines().count(), table.lines().count());
        }
    }
}
