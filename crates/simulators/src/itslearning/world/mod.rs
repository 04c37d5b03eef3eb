//! The data of a simulated itslearning: groups in a hierarchy, courses, persons, memberships.
//!
//! Not here: what a message may ask for (`operations/`) and HTTP (`wire/`).
//!
//! Invariant: there is one top group, every other group has a parent, and no group is below itself.
//! Invariant: a membership has a person and a group that are there.
//! Invariant: sync keys are unique for groups, for persons and for memberships, each among themselves
//! (facts/ims-es.md §2.3).

mod by_hand;
mod hierarchy;
mod picture;
mod rows;
mod table;

pub use rows::{Course, Group, Membership, Person};
pub use table::Id;
pub(super) use table::{Keyed, Table};

use std::collections::BTreeMap;

use ims_es::group::object::OrganisationType;

use super::settings::Settings;

/// A simulated itslearning.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) settings: Settings,
    pub(super) groups: Table<Group>,
    pub(super) persons: Table<Person>,
    pub(super) memberships: Table<Membership>,
    /// Courses, by a number of their own: they outlive their group (facts/ims-es.md §2.2).
    pub(super) courses: BTreeMap<u64, Course>,
    /// The children of each group.
    children: BTreeMap<Id, Vec<Id>>,
    /// The memberships of each group.
    members: BTreeMap<Id, Vec<Id>>,
    /// The memberships of each person.
    belongings: BTreeMap<Id, Vec<Id>>,
    root: Id,
}

impl World {
    /// An itslearning with nothing but its top group.
    #[must_use]
    pub fn new(settings: Settings) -> World {
        let mut groups = Table::default();
        let top = Group {
            key: settings.root_key.clone(),
            kind: OrganisationType::Site,
            title: settings.site_title.clone(),
            ..Group::default()
        };
        let root = groups.insert(top);
        World {
            settings,
            groups,
            persons: Table::default(),
            memberships: Table::default(),
            courses: BTreeMap::new(),
            children: BTreeMap::new(),
            members: BTreeMap::new(),
            belongings: BTreeMap::new(),
            root,
        }
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The settings, to change them while the service runs.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }
}

impl Default for World {
    fn default() -> World {
        World::new(Settings::default())
    }
}
