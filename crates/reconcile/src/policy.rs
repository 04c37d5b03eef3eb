//! The choices of the people who run Muster: `[policy]` and `[limits]` of the configuration.
//!
//! Not here: reading the file. The keys, their words and their defaults are the contract of DESIGN section 9.
//!
//! Invariant: every key has a default, and the defaults never delete what a person did not ask to delete.

use serde::{Deserialize, Serialize};

/// Declares a two- or more-word choice with its words in the configuration.
macro_rules! choice {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vmeta])* $variant),+ }
    };
}

choice!(
    /// What happens to groups with the same code from two modules in one course (known issue 7).
    SameCode {
        /// Each group's name carries its module.
        #[default]
        Qualify,
        /// They become one group that remembers who came from where.
        Merge,
    }
);
choice!(
    /// What happens when a group that is not ours already has the name (known issue 2).
    NameTaken {
        /// The new group waits, with a finding.
        #[default]
        Hold,
        /// The existing group becomes ours; its members stay.
        Adopt,
        /// The new group's name carries its module.
        Qualify,
    }
);
choice!(
    /// What happens with a person who is not enrolled in the course (known issues 3 and 6).
    NotEnrolled {
        /// The membership waits until the person is enrolled.
        #[default]
        Wait,
        /// The person is enrolled by manual enrolment.
        Enrol,
    }
);
choice!(
    /// What happens to the groups of a mapping that a person removed.
    OnUnmap {
        /// They are deleted.
        #[default]
        Delete,
        /// They stay as they are.
        Keep,
        /// They stay without the members that are ours.
        Empty,
        /// They stay, renamed and outside the module's grouping.
        Archive,
    }
);
choice!(
    /// What happens to a group of ours that somebody deleted on the platform (known issue 1).
    DeletedThere {
        /// It is created again.
        #[default]
        Recreate,
        /// The deletion is respected.
        Respect,
    }
);
choice!(
    /// What happens to a membership of ours that somebody removed on the platform.
    RemovedThere {
        /// The person is added again.
        #[default]
        Restore,
        /// The removal is respected.
        Respect,
    }
);
choice!(
    /// What happens to a name that somebody changed on the platform while the source did not (known issue 4).
    RenamedThere {
        /// The teacher's name stays.
        #[default]
        Keep,
        /// The source's name is written again.
        Restore,
    }
);
choice!(
    /// What happens to members of our groups who were added on the platform.
    LocalMembers {
        /// They stay.
        #[default]
        Keep,
        /// They are removed.
        Remove,
    }
);
choice!(
    /// Where the tutors of a group go.
    Tutors {
        /// Into the group.
        #[default]
        Add,
        /// Nowhere.
        Ignore,
        /// Into a second group of their own.
        OwnGroup,
    }
);
choice!(
    /// Where the students of a group go.
    Students {
        /// Into the group.
        #[default]
        Add,
        /// Nowhere.
        Ignore,
    }
);
choice!(
    /// Whether the groups of a module are held together by a grouping.
    Groupings {
        /// One grouping for each mapped module.
        #[default]
        PerModule,
        /// No groupings; those that exist are left alone.
        None,
    }
);
choice!(
    /// What happens when a group vanishes while a new one with nearly the same people appears (feature Z19).
    NewId {
        /// A rename is proposed and waits for approval.
        #[default]
        Propose,
        /// The old group is deleted and the new one created.
        Replace,
    }
);

/// The policy of an installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// The name of a group: `{group}` (its name, or its code where it has none), `{code}`, `{module}`, `{kind}`, `{term}`.
    pub group_name: String,
    /// The name of a module's grouping: `{module}`.
    pub grouping_name: String,
    /// The name of an archived group: `{name}` is the name it had.
    pub archived_name: String,
    /// The name of the tutors' own group: `{name}` is the group's name.
    pub tutors_name: String,
    /// Kinds of groups that are left out, for example programme-level classes (feature A12).
    pub kinds_excluded: Vec<String>,
    /// Groups with the same code from two modules.
    pub same_code: SameCode,
    /// A name that is taken by a local group.
    pub name_taken: NameTaken,
    /// People who are not enrolled.
    pub not_enrolled: NotEnrolled,
    /// The role that `not_enrolled = "enrol"` gives to students; the platform's number of the role.
    pub enrol_student_role: i64,
    /// The role that `not_enrolled = "enrol"` gives to tutors; the platform's number of the role.
    pub enrol_tutor_role: i64,
    /// Groups of a removed mapping.
    pub on_unmap: OnUnmap,
    /// Groups deleted on the platform.
    pub deleted_there: DeletedThere,
    /// Members removed on the platform.
    pub removed_there: RemovedThere,
    /// Names changed on the platform.
    pub renamed_there: RenamedThere,
    /// Members added on the platform.
    pub local_members: LocalMembers,
    /// Tutors.
    pub tutors: Tutors,
    /// Students.
    pub students: Students,
    /// Groupings.
    pub groupings: Groupings,
    /// A group that comes back under a new id.
    pub new_id: NewId,
    /// For how many days a group or member that is gone from the source stays before it is removed (feature Z22).
    pub removal_wait_days: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            group_name: "{group}".into(),
            grouping_name: "{module}".into(),
            archived_name: "{name} (archived)".into(),
            tutors_name: "{name} tutors".into(),
            kinds_excluded: vec!["class".into()],
            same_code: SameCode::default(),
            name_taken: NameTaken::default(),
            not_enrolled: NotEnrolled::default(),
            enrol_student_role: 5,
            enrol_tutor_role: 4,
            on_unmap: OnUnmap::default(),
            deleted_there: DeletedThere::default(),
            removed_there: RemovedThere::default(),
            renamed_there: RenamedThere::default(),
            local_members: LocalMembers::default(),
            tutors: Tutors::default(),
            students: Students::default(),
            groupings: Groupings::default(),
            new_id: NewId::default(),
            removal_wait_days: 0,
        }
    }
}

/// How much may be removed without a person's approval.
///
/// A share is asked only above the small number beside it, so that the one group of a small course can go without a
/// meeting; the count is asked always.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Largest share of our members that may be removed, in percent, for each course, source and run.
    pub members_removed_percent_max: u32,
    /// Up to this many removed members no share is asked.
    pub members_removed_small: u64,
    /// Largest number of members that may be removed, for each course, source and run.
    pub members_removed_max: u64,
    /// Largest share of our groups that may be deleted, in percent, for each course, source and run.
    pub groups_deleted_percent_max: u32,
    /// Up to this many deleted groups no share is asked.
    pub groups_deleted_small: u64,
    /// Largest number of groups that may be deleted, for each course, source and run.
    pub groups_deleted_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            members_removed_percent_max: 20,
            members_removed_small: 20,
            members_removed_max: 5_000,
            groups_deleted_percent_max: 20,
            groups_deleted_small: 2,
            groups_deleted_max: 200,
        }
    }
}
