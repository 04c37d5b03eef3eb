//! The rows of a simulated itslearning.
//!
//! Not here: how they hang together (`hierarchy.rs`).

use std::collections::{BTreeMap, BTreeSet};

use ims_es::group::object::OrganisationType;
use ims_es::membership::object::RoleType;

use super::table::{Id, Keyed};

/// A group of the hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The sync key; none if it was made by hand (facts/ims-es.md §2.2).
    pub key: Option<String>,
    /// What type it is of.
    pub kind: OrganisationType,
    /// The group above; none for the top.
    pub parent: Option<Id>,
    /// The title.
    pub title: String,
    /// `descLong`.
    pub description_long: Option<String>,
    /// `descFull`.
    pub description_full: Option<String>,
    /// `visibleinsearch`, if it was ever given.
    pub visible_in_search: Option<bool>,
    /// `allowconnectiontocourse`, if it was ever given.
    pub allow_connection: Option<bool>,
    /// `XitiEstablishmentId`.
    pub xiti_establishment: Option<i32>,
    /// `XitiCollectiviteId`.
    pub xiti_collectivite: Option<i32>,
    /// `LegalId`.
    pub legal_id: Option<String>,
    /// The number of the course that is connected.
    pub course: Option<u64>,
}

impl Default for Group {
    fn default() -> Group {
        Group {
            key: None,
            kind: OrganisationType::Unspecified,
            parent: None,
            title: String::new(),
            description_long: None,
            description_full: None,
            visible_in_search: None,
            allow_connection: None,
            xiti_establishment: None,
            xiti_collectivite: None,
            legal_id: None,
            course: None,
        }
    }
}

/// A course.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// The title.
    pub title: String,
    /// The code.
    pub code: Option<String>,
    /// The credits.
    pub credits: Option<String>,
    /// The sync key under which it can be a template; none for an ordinary course.
    pub template_key: Option<String>,
    /// The sync keys of its terms.
    pub terms: BTreeSet<String>,
    /// The sync key of the template that it was copied from.
    pub copied_from: Option<String>,
    /// The sync key of the person who made the copy.
    pub creator: Option<String>,
    /// The external template that it was copied from.
    pub external_template: Option<String>,
}

/// A person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The sync key; none if the person was made by hand.
    pub key: Option<String>,
    /// What a message says about the person, without key, password and relatives.
    pub object: ims_es::person::object::Person,
    /// Whether a password was set. It is never shown.
    pub has_password: bool,
    /// The children.
    pub children: BTreeSet<Id>,
    /// The group that is the home; the site if none (§5.1).
    pub home: Option<Id>,
    /// Whether the person belongs to another site (§5.2).
    pub is_external: bool,
}

/// A membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The sync key; none if it was made by hand.
    pub key: Option<String>,
    /// The person.
    pub person: Id,
    /// The group.
    pub group: Id,
    /// The role.
    pub role: RoleType,
    /// Other fields of the role, by name, that are kept and have no effect.
    pub fields: BTreeMap<String, String>,
}

impl Keyed for Group {
    fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    fn set_key(&mut self, key: String) {
        self.key = Some(key);
    }
}

impl Keyed for Person {
    fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    fn set_key(&mut self, key: String) {
        self.key = Some(key);
    }
}

impl Keyed for Membership {
    fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    fn set_key(&mut self, key: String) {
        self.key = Some(key);
    }
}
