//! Takes back what one run did in one course, and says what does not come back (feature N4, Z17).
//!
//! [`groupings`] and [`groups`] bring back what was deleted, take away what was made, and give names back; [`members`]
//! does the same with people. This file holds what they all look at.
//!
//! Not here: keeping the next run from doing it all again (the program freezes the mappings), and reading journals.
//!
//! Invariant: an undo rests on what the platform shows now: what is as it was before the run is not touched, so that a
//! second undo finds nothing to do, and the undo of an undo is an undo like any other.
//! Invariant: a group that others have come to use is kept, and told.

mod groupings;
mod groups;
mod members;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::finding::{Finding, Reason, Subject};
use crate::forget::{group_head, grouping_head};
use crate::keys::{CourseId, GroupId, GroupKey, GroupingKey, PersonKey, Role, Text, UserId};
use crate::link::CourseLinks;
use crate::observed::{Observed, ObservedCourse, ObservedGroup, ObservedGrouping};
use crate::operation::{Because, Change, GroupHead, GroupingHead, Operation};
use crate::plan::{CoursePlan, order, ours};

/// What a run did in one course.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// The course.
    pub course: CourseId,
    /// The operations that were carried out, in their order.
    pub deeds: Vec<Deed>,
    /// What our memory let go of.
    pub dropped: Vec<Dropped>,
}

/// An operation that was carried out, as the journal holds it.
#[derive(Clone, Debug, Default)]
pub struct Deed {
    /// The kind, for example `add_member`.
    pub kind: Text,
    /// The idnumber of the group or grouping.
    pub idnumber: Text,
    /// The name of the group or grouping.
    pub name: Text,
    /// The person; empty where there is none.
    pub person: Text,
    /// The user.
    pub user: Option<UserId>,
    /// What was there before.
    pub before: Text,
    /// What was there after.
    pub after: Text,
}

/// Something that was ours, as its tombstone tells.
#[derive(Clone, Debug)]
pub enum Dropped {
    /// A group.
    Group {
        /// Its key.
        key: GroupKey,
        /// The idnumber that it had.
        idnumber: Text,
        /// The name that it had.
        name: Text,
        /// Its term.
        term: Text,
        /// The id that the platform knew it by.
        id: Option<GroupId>,
    },
    /// A grouping.
    Grouping {
        /// Its key.
        key: GroupingKey,
        /// The idnumber that it had.
        idnumber: Text,
        /// The name that it had.
        name: Text,
    },
    /// A membership.
    Member {
        /// The group.
        group: GroupKey,
        /// The user.
        user: UserId,
        /// The person.
        person: PersonKey,
        /// What the person did there; `None` where the membership was never ours.
        role: Option<Role>,
    },
}

/// Plans the undoing: operations, and what does not come back as findings of the reason [`Reason::NotUndone`].
pub fn undo(past: &Past, links: &CourseLinks, observed: &Observed) -> CoursePlan {
    let plan = CoursePlan { course: past.course, ours: ours(links), ..CoursePlan::default() };
    let mut plan = match observed {
        Observed::Complete(course) => {
            let mut undoing = Undoing::new(past, links, course, plan);
            undoing.groupings();
            undoing.groups();
            undoing.members();
            undoing.take_away();
            undoing.plan
        }
        Observed::Gone => nothing(plan, Reason::NotUndone, "the course is gone from the platform".into()),
        Observed::Unknown(why) => nothing(plan, Reason::ReadIncomplete, why.clone()),
    };
    plan.operations.sort_by(order);
    plan.findings.sort();
    plan.findings.dedup();
    plan
}

fn nothing(mut plan: CoursePlan, reason: Reason, detail: Text) -> CoursePlan {
    plan.findings.push(Finding { course: plan.course, reason, subject: Subject::default(), detail });
    plan
}

/// What the parts of an undo look at and add to.
struct Undoing<'a> {
    past: &'a Past,
    links: &'a CourseLinks,
    course: &'a ObservedCourse,
    /// The key of each idnumber that our memory holds, or held.
    group_keys: HashMap<&'a str, &'a GroupKey>,
    grouping_keys: HashMap<&'a str, &'a GroupingKey>,
    /// Groups that are there, or come back.
    groups: BTreeMap<GroupKey, Arc<GroupHead>>,
    /// Groupings that are there, or come back.
    groupings: BTreeMap<GroupingKey, Arc<GroupingHead>>,
    /// Groups that the run made and that go again.
    leaving: HashSet<GroupKey>,
    /// Groups that the run made and that stay because others use them.
    kept: HashSet<GroupKey>,
    /// Groups that the run put into groupings, and that have to be taken out of them.
    put_in: HashSet<(GroupKey, GroupingKey)>,
    /// Folded names that come back.
    wanted_names: HashSet<String>,
    plan: CoursePlan,
}

impl<'a> Undoing<'a> {
    fn new(past: &'a Past, links: &'a CourseLinks, course: &'a ObservedCourse, plan: CoursePlan) -> Self {
        let mut undoing = Undoing {
            past,
            links,
            course,
            group_keys: HashMap::new(),
            grouping_keys: HashMap::new(),
            groups: BTreeMap::new(),
            groupings: BTreeMap::new(),
            leaving: HashSet::new(),
            kept: HashSet::new(),
            put_in: HashSet::new(),
            wanted_names: HashSet::new(),
            plan,
        };
        for dropped in &past.dropped {
            match dropped {
                Dropped::Group { key, idnumber, .. } => {
                    undoing.group_keys.insert(idnumber, key);
                }
                Dropped::Grouping { key, idnumber, .. } => {
                    undoing.grouping_keys.insert(idnumber, key);
                }
                Dropped::Member { .. } => {}
            }
        }
        for (key, link) in &links.groups {
            undoing.group_keys.insert(&link.idnumber, key);
            let by_id = course.groups.iter().find(|group| Some(group.id) == link.id);
            let shown = by_id.or_else(|| undoing.shown_as(&link.idnumber));
            if let Some(shown) = shown {
                let head = group_head(key, link);
                let head = GroupHead { id: Some(shown.id), name: shown.name.clone(), ..head };
                undoing.groups.insert(key.clone(), Arc::new(head));
            }
        }
        // Before a group was carried on under a new key, the run knew it by the old one.
        for deed in undoing.deeds(&["rekey_group"]) {
            if let Some(key) = undoing.group_keys.get(&*deed.idnumber).copied() {
                undoing.group_keys.entry(&deed.before).or_insert(key);
            }
        }
        for (key, link) in &links.groupings {
            undoing.grouping_keys.insert(&link.idnumber, key);
            let by_id = course.groupings.iter().find(|grouping| Some(grouping.id) == link.id);
            let shown = by_id.or_else(|| undoing.grouping_shown_as(&link.idnumber));
            if let Some(shown) = shown {
                let head = grouping_head(key, link);
                let head = GroupingHead { id: Some(shown.id), name: shown.name.clone(), ..head };
                undoing.groupings.insert(key.clone(), Arc::new(head));
            }
        }
        undoing
    }

    /// The deeds of some kinds.
    fn deeds(&self, kinds: &'static [&'static str]) -> impl Iterator<Item = &'a Deed> + use<'a> {
        self.past.deeds.iter().filter(move |deed| kinds.contains(&&*deed.kind))
    }

    fn shown_as(&self, idnumber: &str) -> Option<&'a ObservedGroup> {
        self.course.groups.iter().filter(|group| &*group.idnumber == idnumber).min_by_key(|group| group.id)
    }

    fn grouping_shown_as(&self, idnumber: &str) -> Option<&'a ObservedGrouping> {
        let alike = self.course.groupings.iter().filter(|grouping| &*grouping.idnumber == idnumber);
        alike.min_by_key(|grouping| grouping.id)
    }

    /// A group as the platform shows it, where it does.
    fn shown(&self, head: &GroupHead) -> Option<&'a ObservedGroup> {
        self.course.groups.iter().find(|group| Some(group.id) == head.id)
    }

    /// A grouping as the platform shows it, where it does.
    fn shown_grouping(&self, head: &GroupingHead) -> Option<&'a ObservedGrouping> {
        self.course.groupings.iter().find(|grouping| Some(grouping.id) == head.id)
    }

    fn do_it(&mut self, change: Change) {
        let operation = Operation { course: self.past.course, change, because: Because::Undone };
        self.plan.operations.push(operation);
    }

    /// Tells what does not come back.
    fn lose(&mut self, group: Option<&GroupKey>, person: Option<&PersonKey>, detail: String) {
        self.plan.findings.push(Finding {
            course: self.past.course,
            reason: Reason::NotUndone,
            subject: Subject {
                module: group.map(|key| key.module.clone()),
                group: group.cloned(),
                person: person.cloned(),
            },
            detail: detail.into(),
        });
    }
}
