//! What the management database knows at one moment, course by course: the input of a plan.
//!
//! Not here: where it comes from. The store fills these values under the run lock.
//!
//! Invariant: a [`CourseSnapshot`] is self-contained, so that courses can be planned one at a time and in any order.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::keys::{CourseId, GroupKey, ModuleCode, PersonKey, Role, SourceGroupId, SourceName, Text};
use crate::link::CourseLinks;

/// Everything that is known about one course before the platform is asked.
#[derive(Clone, Debug, Default)]
pub struct CourseSnapshot {
    /// The course; `CourseId(0)` in a default value only.
    pub course: CourseId,
    /// Which modules fill the course, and what people wish for each.
    pub mappings: Vec<Mapping>,
    /// What the sources say about the mapped modules, in any order.
    pub modules: Vec<SourceModule>,
    /// What Muster made here before.
    pub links: CourseLinks,
    /// People who are kept in or out by a named exception that has not expired.
    pub exceptions: Vec<Exception>,
    /// For how many whole days groups, and people of groups, have been gone from the source and were left where they
    /// are (policy `removal_wait_days`).
    pub gone_for_days: HashMap<(GroupKey, Option<PersonKey>), u32>,
}

/// Says that a module fills a course, and what a person wishes for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// The course that is filled.
    pub course: CourseId,
    /// The source that knows the module.
    pub source: SourceName,
    /// The module that fills it.
    pub module: ModuleCode,
    /// The wish, from `group_import` and `mapping_action`.
    pub wish: Wish,
}

impl CourseSnapshot {
    /// What people wish for a module in this course; `None` without a mapping. Of several rows for one module the
    /// one that takes least away counts.
    pub fn wish(&self, source: &SourceName, module: &ModuleCode) -> Option<Wish> {
        let rows = self.mappings.iter().filter(|row| row.module == *module && row.source == *source);
        rows.map(|row| row.wish).min()
    }

    /// What the accepted delivery says about a module; `None` where it is silent.
    pub fn delivered(&self, source: &SourceName, module: &ModuleCode) -> Option<&SourceModule> {
        self.modules.iter().find(|said| {
            said.presence == Presence::Delivered && said.module == *module && said.source == *source
        })
    }
}

/// What a person wishes for a mapping, the most careful wish first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wish {
    /// `group_import` and `mapping_action` are both ADD: the groups shall be there.
    Want,
    /// Neither wanted nor removed (no tick yet, or deactivated): everything stays as it is.
    Keep,
    /// One of the two flags is RMV: a person asked for the removal; policy `on_unmap` says how.
    Remove,
}

/// What a source says about one module.
#[derive(Clone, Debug)]
pub struct SourceModule {
    /// The source.
    pub source: SourceName,
    /// The module.
    pub module: ModuleCode,
    /// Whether the accepted delivery speaks about the module at all.
    pub presence: Presence,
    /// The terms about which the accepted delivery speaks; empty where the source knows no terms.
    pub terms: std::sync::Arc<BTreeSet<Text>>,
    /// Its groups.
    pub groups: Vec<SourceGroup>,
    /// What rejected rows of the delivery were about.
    pub rejected: RejectedRows,
}

/// What the rejected rows of a module were about. Nothing that they name is removed: the source did say something
/// about it, only nobody could read what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RejectedRows {
    /// Whether a row was about the module, and nobody can tell about which group of it.
    pub module: bool,
    /// Groups.
    pub groups: BTreeSet<SourceGroupId>,
    /// People of groups.
    pub people: BTreeSet<(SourceGroupId, PersonKey)>,
}

impl RejectedRows {
    /// Tells whether a rejected row may have been about a group.
    pub fn name_group(&self, group: &SourceGroupId) -> bool {
        self.module || self.groups.contains(group)
    }

    /// Tells whether a rejected row may have been about a person in a group.
    pub fn name_person(&self, group: &SourceGroupId, person: &PersonKey) -> bool {
        self.name_group(group) || self.people.iter().any(|(of, named)| of == group && named == person)
    }
}

/// Tells a module without groups from a module about which nothing was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The delivery names the module.
    Delivered,
    /// The delivery does not name the module: nothing of it may be removed.
    Absent,
}

/// A group as its source holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceGroup {
    /// The id in the source.
    pub id: SourceGroupId,
    /// The short code, for example `TUT5`. Other groups of the course may have it too.
    pub code: Text,
    /// The name for people; may be empty, then the code is shown.
    pub name: Text,
    /// For example `tutorial` or `class`.
    pub kind: Text,
    /// For example `2026-T1`; may be empty.
    pub term: Text,
    /// Its people.
    pub members: Vec<SourceMember>,
}

/// A person in a source group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceMember {
    /// The person.
    pub person: PersonKey,
    /// What the person does there.
    pub role: Role,
}

/// Keeps a person in a group, or out of it, whatever the source says (feature B11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// The source of the group.
    pub source: SourceName,
    /// The module of the group.
    pub module: ModuleCode,
    /// The group.
    pub group: SourceGroupId,
    /// The person.
    pub person: PersonKey,
    /// In or out.
    pub kind: ExceptionKind,
    /// Who asked for it.
    pub owner: Text,
    /// Why.
    pub reason: Text,
}

/// In or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExceptionKind {
    /// The person is a member as a student, even if the source does not list them.
    Include,
    /// The person is not a member, even if the source lists them.
    Exclude,
}
