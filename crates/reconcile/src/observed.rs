//! What the platform shows now.
//!
//! Not here: how it was read. A target fills these values and vouches for their completeness.
//!
//! Invariant: a course that could not be read whole is [`Observed::Unknown`], never an empty course. A removal can
//! rest on a [`Observed::Complete`] value only.

use std::collections::HashMap;

use crate::keys::{GroupId, GroupingId, PersonKey, Text, UserId};

/// What is known about a course on the platform.
#[derive(Clone, Debug)]
pub enum Observed {
    /// Everything that a plan needs was read and confirmed.
    Complete(ObservedCourse),
    /// The platform confirmed that the course does not exist.
    Gone,
    /// Some part could not be read. Nothing is planned for the course.
    Unknown(Text),
}

/// A course of which everything was read that was asked for: the whole of it, or what is ours and who is enrolled. The
/// latter is enough for a plan that [`crate::plan::CoursePlan::changes_only_people`].
#[derive(Clone, Debug, Default)]
pub struct ObservedCourse {
    /// All groups, ours and others, or only ours; ghosts are already left out.
    pub groups: Vec<ObservedGroup>,
    /// All groupings, or only ours.
    pub groupings: Vec<ObservedGrouping>,
    /// Everybody who is enrolled in any way, also suspended.
    pub enrolled: Vec<EnrolledUser>,
}

/// A group on the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedGroup {
    /// The platform's id.
    pub id: GroupId,
    /// The stored name, not escaped.
    pub name: Text,
    /// The idnumber; may be empty.
    pub idnumber: Text,
    /// Its members; `None` where they were not asked for because the group is not ours. Policy `name_taken = "adopt"`
    /// needs them for every group, because a group that is adopted is compared the same night.
    pub members: Option<Vec<UserId>>,
}

/// A grouping on the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedGrouping {
    /// The platform's id.
    pub id: GroupingId,
    /// The stored name.
    pub name: Text,
    /// The idnumber; may be empty.
    pub idnumber: Text,
    /// Its groups; `None` where they were not asked for because the grouping is not ours.
    pub groups: Option<Vec<GroupId>>,
}

/// Somebody who is enrolled in the course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolledUser {
    /// The platform's id.
    pub id: UserId,
    /// The value of the `person_key` field; `None` where the user has none.
    pub key: Option<PersonKey>,
}

/// What the platform knows of people who are not enrolled where the source wants them.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// Users by person; a person who was asked for and not found has an empty list. A person who was not asked for
    /// is absent.
    pub users: HashMap<PersonKey, Vec<UserId>>,
}
