//! What a person should know: something that is not, or not yet, as the source says, and what can be done about it.
//!
//! Not here: how findings are grouped and told ([`crate::report`]).
//!
//! Invariant: each reason has its code, its severity and its remedy in this file; the set is closed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::keys::{CourseId, GroupKey, ModuleCode, PersonKey, Text};

/// Something that a person should know about a course.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// The course.
    pub course: CourseId,
    /// What it is.
    pub reason: Reason,
    /// What it is about.
    pub subject: Subject,
    /// The particulars in words: names, ids, what was kept.
    pub detail: Text,
}

/// What a finding is about. Two findings with the same course, reason and subject are the same finding on two nights.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// The module, where it is about one.
    pub module: Option<ModuleCode>,
    /// The group, where it is about one.
    pub group: Option<GroupKey>,
    /// The person, where it is about one.
    pub person: Option<PersonKey>,
}

/// How much a finding asks of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing to do.
    Notice,
    /// Heals by itself once somebody else has done their part, for example an enrolment.
    Pending,
    /// Needs a person; a run with one of these ends with exit code 7.
    Attention,
}

/// Declares the closed set of reasons: code, severity, title and remedy.
macro_rules! reasons {
    ($($(#[$meta:meta])* $variant:ident $code:literal $severity:ident $title:literal $remedy:literal),+ $(,)?) => {
        /// Why something is not, or not simply, as the source says.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Reason { $($(#[$meta])* $variant),+ }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Reason] = &[$(Reason::$variant),+];

            /// The code in tables, logs and JSON.
            pub fn code(self) -> &'static str {
                match self { $(Reason::$variant => $code),+ }
            }

            /// How much it asks of people.
            pub fn severity(self) -> Severity {
                match self { $(Reason::$variant => Severity::$severity),+ }
            }

            /// The heading under which findings of this reason are told.
            pub fn title(self) -> &'static str {
                match self { $(Reason::$variant => $title),+ }
            }

            /// What a person can do about it. `{course}`, `{module}`, `{group}` and `{person}` stand for the subject.
            pub fn remedy(self) -> &'static str {
                match self { $(Reason::$variant => $remedy),+ }
            }
        }
    };
}

reasons!(
    /// The platform has no such course.
    CourseGone "course_gone" Attention "The course is gone from the platform"
        "remove the mapping with `muster map remove {course} {module}`, or restore the course, or correct its number; the mapping is parked until then",
    /// The course could not be read whole.
    ReadIncomplete "read_incomplete" Attention "The course could not be read whole, so nothing was changed in it"
        "run `muster plan --course {course}` when the cause is mended",
    /// The delivery does not speak about the module.
    NotInSource "not_in_source" Attention "The delivery does not name the module; what it had was kept"
        "ask the timetable office whether {module} still exists; if it does not, `muster map remove {course} {module}`",
    /// A rejected row of the source was about something that would have been removed.
    Rejected "rejected" Attention "A row of the source was rejected, so what it is about was kept"
        "correct the row in the source, then `muster import`; `muster explain course {course}` shows the row",
    /// Something is gone from the source, and waits before it is removed.
    RemovalWaits "removal_waits" Pending "It is gone from the source, and stays for some days before it is removed"
        "nothing to do; `removal_wait_days` in [policy] says for how long",
    /// The delivery does not speak about the term of a vanished group.
    TermAbsent "term_absent" Notice "The delivery does not hold the group's term; the group was kept"
        "nothing to do while the term is over; to delete the groups, `muster map remove {course} {module}`",
    /// The mapping's row vanished although groups of it exist.
    NotMapped "not_mapped" Attention "The mapping's row is gone although its groups exist; they were kept"
        "`muster map remove {course} {module}` deletes the groups, `muster map add {course} {module}` keeps them in step again",
    /// A local group has the name.
    NameTaken "name_taken" Attention "A local group already has the name"
        "rename or delete the local group in course {course}, or set `name_taken` to \"adopt\" or \"qualify\" in [policy]",
    /// A local grouping has the name.
    GroupingNameTaken "grouping_name_taken" Attention "A local grouping already has the name"
        "rename the local grouping in course {course}, or change `grouping_name` in [policy]",
    /// The name was changed so that the platform can hold it.
    NameAdjusted "name_adjusted" Notice "The name was changed so that the platform can hold it"
        "nothing to do; a shorter name without < in the timetable would be shown as it is",
    /// Groups of several modules have the same code.
    SameCode "same_code" Notice "Groups of several modules have the same name in one course"
        "nothing to do; `same_code` in [policy] chooses between qualifying and merging",
    /// A person is not enrolled.
    NotEnrolled "not_enrolled" Pending "The person is not enrolled in the course yet"
        "nothing to do once the enrolment arrives; `not_enrolled = \"enrol\"` in [policy] would enrol them",
    /// The platform has no such person.
    UnknownPerson "unknown_person" Pending "The platform has no user with this key"
        "ask the identity team whether {person} has an account; the membership completes by itself",
    /// Several users have the person's key.
    AmbiguousPerson "ambiguous_person" Attention "Several users of the platform have the same key"
        "clear the wrong one of the users' keys on the platform; the membership completes by itself",
    /// Somebody renamed a group or grouping on the platform, and the name was kept.
    RenamedThere "renamed_there" Notice "A teacher's name was kept"
        "nothing to do; `renamed_there = \"restore\"` in [policy] would write the source's name again",
    /// Both sides changed the name.
    RenamedBoth "renamed_both" Notice "The name changed on both sides; the source's name was written"
        "nothing to do",
    /// Somebody deleted a group of ours.
    DeletedThere "deleted_there" Notice "Somebody deleted a group of ours on the platform"
        "nothing to do; `deleted_there` in [policy] chooses between creating it again and respecting the deletion",
    /// Somebody removed a member of ours.
    RemovedThere "removed_there" Notice "Somebody removed a member of ours on the platform"
        "nothing to do; `removed_there` in [policy] chooses between adding again and respecting the removal",
    /// Local members were kept.
    LocalMembers "local_members" Notice "Members that were added on the platform were kept"
        "nothing to do; `local_members = \"remove\"` in [policy] would remove them",
    /// A group carries our idnumber but we have no memory of it and the source does not know it.
    Orphan "orphan" Attention "A group carries Muster's idnumber but neither our memory nor the source knows it"
        "delete it by hand on the platform if nobody uses it, or clear its idnumber to keep it as a local group",
    /// Several groups carry the same idnumber of ours.
    Duplicate "duplicate" Attention "Several groups carry the same idnumber of ours; the first was used"
        "delete the others by hand on the platform, or clear their idnumbers",
    /// A vanished group and a new one have nearly the same members.
    NewIdProposed "new_id_proposed" Notice "A group seems to have come back under a new id"
        "the run's approval decides: approve to carry the group on, refuse to delete the old and create the new one",
    /// Somebody else's groups stand in a grouping that would be deleted.
    GroupingInUse "grouping_in_use" Notice "A grouping of ours holds local groups; it was kept"
        "take the local groups out of the grouping, then it is deleted by itself",
    /// A named exception changed a membership.
    Exception "exception" Notice "An exception keeps a person in or out"
        "nothing to do; `muster map except list` shows who asked for it",
    /// The platform refused an operation.
    TargetRefused "target_refused" Attention "The platform refused a change"
        "mend what the answer names; the next run tries it again, `muster retry --course {course}` does at once",
    /// The answer to an operation was lost.
    Unanswered "unanswered" Pending "The platform's answer was lost, and reading back did not tell"
        "nothing to do: the next run reads the course again and does what is missing",
    /// The membership belongs to another plug-in.
    ProtectedMember "protected_member" Attention "Another plug-in of the platform protects the membership"
        "remove the person from the cohort or system that put them into the group",
    /// A person decided that the operation is not carried out.
    Skipped "skipped" Notice "A person decided that it is not done"
        "nothing to do; `muster skip --list` shows the decisions, `muster skip --undo RUN NUMBER` takes one back",
    /// Something that a run did does not come back when the run is undone.
    NotUndone "not_undone" Notice "It does not come back"
        "look at course {course} on the platform and decide by hand",
    /// The old tool has a group that the platform does not have.
    OldGroupGone "old_group_gone" Notice "The platform no longer has a group of the old tool"
        "nothing to do: it is made again if the source has it; `muster plan --course {course}` shows that",
    /// The old tool has a group under an id that is in another course.
    OldGroupElsewhere "old_group_elsewhere" Attention "A group that the old tool has here is in another course"
        "look at both courses on the platform; the group is left as it is, and the next run makes the source's group here",
    /// The old tool made a group for a module that is not mapped.
    OldGroupNotMapped "old_group_not_mapped" Attention "The old tool has groups of a module that is not mapped here"
        "bring the old mappings with `--mappings`, or `muster map add {course} {module}`; without a mapping they stay as local groups",
    /// The old tool has a group that the source does not have.
    OldGroupNotInSource "old_group_not_in_source" Attention "The source does not have a group of the old tool"
        "see that group_id in the source's query is the id that the old tool used; a group that nobody needs is deleted by hand on the platform",
    /// The old tool has a group that the policy leaves out.
    OldGroupLeftOut "old_group_left_out" Notice "The policy leaves out a group of the old tool; it stays as a local group"
        "nothing to do; `kinds_excluded` and `same_code` in [policy] decide it",
    /// A group of the old tool carries an idnumber that is not ours.
    OldGroupIdnumber "old_group_idnumber" Attention "A group of the old tool carries an idnumber of somebody else"
        "ask who uses the idnumber; once it is cleared on the platform, the same command takes the group over",
    /// Muster has a group for the same key already.
    OldGroupDoubled "old_group_doubled" Attention "Muster has another group for what a group of the old tool is"
        "decide on the platform which of the two stays, and delete the other by hand",
    /// Several rows of the old tool name one group.
    OldGroupTwice "old_group_twice" Attention "Several rows of the old tool are about the same group; the first was used"
        "nothing has to be done; if the other row was the right one, `muster forget group {group}` and correct the old table",
    /// The old tool had not finished with a group.
    OldGroupPending "old_group_pending" Notice "The old tool had not finished with a group (toadd, todelete)"
        "nothing to do: what the source says is done by the next run",
    /// A group of the old tool has another name than the source gives it.
    OldGroupRenamed "old_group_renamed" Notice "A group of the old tool has another name than the source gives it; it was kept"
        "nothing to do; `group_name` in [policy] can give the same names, `renamed_there = \"restore\"` would write the source's",
    /// A grouping of the old tool was not taken over.
    OldGrouping "old_grouping" Notice "A grouping of the old tool was not taken over"
        "nothing to do: the next run makes the grouping of the module if it is needed; the old one stays as it is",
    /// Memberships of the old tool were not recorded.
    OldMembers "old_members" Notice "Memberships that only the old tool shows were not recorded"
        "nothing to do: the next run adds whom the source names",
    /// The operation waits for approval.
    HeldByLimit "held_by_limit" Attention "Waits for approval"
        "look at `muster runs show`, then `muster approve RUN --reason …`",
);

/// What makes a finding the same on two nights.
pub type FindingIdentity = (CourseId, Reason, Subject);

impl Finding {
    /// What makes it the same on two nights: everything but the particulars.
    pub fn identity(&self) -> FindingIdentity {
        (self.course, self.reason, self.subject.clone())
    }

    /// The remedy with the subject's own names in it.
    pub fn remedy(&self) -> String {
        let module = self.subject.module.as_ref().or(self.subject.group.as_ref().map(|group| &group.module));
        let or = |text: Option<&str>, placeholder: &str| text.unwrap_or(placeholder).to_owned();
        self.reason
            .remedy()
            .replace("{course}", &self.course.to_string())
            .replace("{module}", &or(module.map(ModuleCode::as_str), "MODULE"))
            .replace("{group}", &or(self.subject.group.as_ref().map(|group| group.group.as_str()), "GROUP"))
            .replace("{person}", &or(self.subject.person.as_ref().map(PersonKey::as_str), "the person"))
    }
}

impl Reason {
    /// Tells whether it is about something that is not ours: only a look at the whole course can tell that it is over.
    pub fn is_about_others(self) -> bool {
        matches!(
            self,
            Reason::NameTaken
                | Reason::GroupingNameTaken
                | Reason::Orphan
                | Reason::Duplicate
                | Reason::GroupingInUse
        )
    }

    /// Tells whether it is about something that somebody changed on the platform since we last applied.
    pub fn is_drift(self) -> bool {
        matches!(
            self,
            Reason::RenamedThere
                | Reason::RenamedBoth
                | Reason::DeletedThere
                | Reason::RemovedThere
                | Reason::LocalMembers
        )
    }
}

impl Severity {
    /// The word in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Notice => "notice",
            Severity::Pending => "pending",
            Severity::Attention => "attention",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.title(), self.detail)
    }
}
