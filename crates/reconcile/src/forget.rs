//! Says what our memory lets go of when a person, or the end of a course, makes it forget.
//!
//! Not here: the platform, which is untouched, and how it comes to be ours again: the next plan finds it by its
//! idnumber.
//!
//! Invariant: only what our memory holds is forgotten, and nothing of it is sent.

use std::sync::Arc;

use crate::keys::{CourseId, GroupKey, GroupingKey};
use crate::link::{CourseLinks, GroupLink, GroupingLink};
use crate::operation::{Because, Change, GroupHead, GroupingHead, Operation};

/// What is forgotten in a course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// Everything.
    Course,
    /// Groups, with their memberships.
    Groups(Vec<GroupKey>),
    /// Groupings; the groups in them stay in our memory.
    Groupings(Vec<GroupingKey>),
}

/// The operations that forget, in the order of a run.
pub fn forget(course: CourseId, links: &CourseLinks, what: &Forgotten, because: Because) -> Vec<Operation> {
    let has_group = |key: &GroupKey| match what {
        Forgotten::Course => true,
        Forgotten::Groups(keys) => keys.contains(key),
        Forgotten::Groupings(_) => false,
    };
    let has_grouping = |key: &GroupingKey| match what {
        Forgotten::Course => true,
        Forgotten::Groups(_) => false,
        Forgotten::Groupings(keys) => keys.contains(key),
    };
    let groups = links.groups.iter().filter(|(key, _)| has_group(key)).map(|(key, link)| {
        let group = Arc::new(group_head(key, link));
        Operation { course, change: Change::ForgetGroup { group }, because }
    });
    let groupings = links.groupings.iter().filter(|(key, _)| has_grouping(key)).map(|(key, link)| {
        let grouping = Arc::new(grouping_head(key, link));
        Operation { course, change: Change::ForgetGrouping { grouping }, because }
    });
    groups.chain(groupings).collect()
}

/// A group of ours as our memory shows it.
pub(crate) fn group_head(key: &GroupKey, link: &GroupLink) -> GroupHead {
    GroupHead {
        key: key.clone(),
        idnumber: link.idnumber.clone(),
        id: link.id,
        name: link.name_shown.clone(),
        term: link.term.clone(),
    }
}

/// A grouping of ours as our memory shows it.
pub(crate) fn grouping_head(key: &GroupingKey, link: &GroupingLink) -> GroupingHead {
    GroupingHead {
        key: key.clone(),
        idnumber: link.idnumber.clone(),
        id: link.id,
        name: link.name_shown.clone(),
    }
}
