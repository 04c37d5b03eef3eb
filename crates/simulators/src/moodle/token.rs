//! A web-service token: whose it is, which functions its service grants, and what its user's role allows.
//!
//! Not here: the check of a token at a call (`world/access.rs`).
//!
//! Invariant: a new token works; each field is one of the set-up steps that an administrator can get wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The functions of the token's service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Functions {
    /// Every function that the simulator knows.
    All,
    /// These, by name.
    Only(BTreeSet<String>),
}

impl Functions {
    /// A service with these functions.
    pub fn only<'n>(names: impl IntoIterator<Item = &'n str>) -> Functions {
        Functions::Only(names.into_iter().map(str::to_owned).collect())
    }

    /// Whether the service grants a function.
    #[must_use]
    pub fn grants(&self, name: &str) -> bool {
        match self {
            Functions::All => true,
            Functions::Only(names) => names.contains(name),
        }
    }
}

/// What a role that was made from the manager archetype can do here. It cannot pass site maintenance.
const MANAGER: [&str; 17] = [
    "enrol/manual:enrol",
    "enrol/manual:unenrol",
    "moodle/course:creategroupconversations",
    "moodle/course:enrolreview",
    "moodle/course:managegroups",
    "moodle/course:update",
    "moodle/course:useremail",
    "moodle/course:view",
    "moodle/course:viewhiddencourses",
    "moodle/course:viewhiddengroups",
    "moodle/course:viewparticipants",
    "moodle/role:review",
    "moodle/site:accessallgroups",
    "moodle/site:viewuseridentity",
    "moodle/user:viewalldetails",
    "moodle/user:viewdetails",
    "webservice/rest:use",
];

/// The capabilities of the token's user, on the whole site and in single courses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    everywhere: BTreeSet<String>,
    in_courses: BTreeMap<i64, BTreeSet<String>>,
    assignable_roles: BTreeSet<String>,
}

impl Rights {
    /// A system role made from the manager archetype, allowed to assign the usual course roles.
    #[must_use]
    pub fn manager() -> Rights {
        let roles = ["editingteacher", "teacher", "student"];
        Rights { assignable_roles: roles.map(str::to_owned).into(), ..Rights::of(MANAGER) }
    }

    /// A system role with just these capabilities. It may assign no role, as every newly made one.
    pub fn of<'c>(capabilities: impl IntoIterator<Item = &'c str>) -> Rights {
        Rights { everywhere: capabilities.into_iter().map(str::to_owned).collect(), ..Rights::default() }
    }

    /// Adds a capability everywhere.
    #[must_use]
    pub fn with(mut self, capability: &str) -> Rights {
        self.everywhere.insert(capability.to_owned());
        self
    }

    /// Takes a capability away everywhere.
    #[must_use]
    pub fn without(mut self, capability: &str) -> Rights {
        self.everywhere.remove(capability);
        self
    }

    /// Adds capabilities in one course, as a role in the course or in its category would.
    #[must_use]
    pub fn in_course<'c>(mut self, course: i64, capabilities: impl IntoIterator<Item = &'c str>) -> Rights {
        let here = self.in_courses.entry(course).or_default();
        here.extend(capabilities.into_iter().map(str::to_owned));
        self
    }

    /// Allows the assignment of a role, by short name.
    #[must_use]
    pub fn assigning(mut self, role: &str) -> Rights {
        self.assignable_roles.insert(role.to_owned());
        self
    }

    pub(super) fn has(&self, capability: &str, course: Option<i64>) -> bool {
        let here = course.and_then(|course| self.in_courses.get(&course));
        self.everywhere.contains(capability) || here.is_some_and(|here| here.contains(capability))
    }

    pub(super) fn may_assign(&self, role: &str) -> bool {
        self.assignable_roles.contains(role)
    }
}

/// A token with the service and the rights behind it (facts/moodle-ws.md §3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The text that the client sends.
    pub secret: String,
    /// The user that the token acts as.
    pub user: i64,
    /// The functions of the service.
    pub functions: Functions,
    /// What the user may do.
    pub rights: Arc<Rights>,
    /// Unix seconds after which the token is refused once and then deleted.
    pub valid_until: Option<i64>,
    /// The token's IP restriction.
    pub only_from: Option<IpAddr>,
    /// The service is enabled.
    pub service_enabled: bool,
    /// The user is on the service's list of authorised users.
    pub user_authorised: bool,
    /// *Valid until* in the list of authorised users, in Unix seconds. Moodle compares it the wrong way round:
    /// a date in the future refuses.
    pub user_authorised_until: Option<i64>,
    /// The IP restriction in the list of authorised users.
    pub user_authorised_from: Option<IpAddr>,
    /// A capability that the service demands of its users.
    pub required_capability: Option<String>,
}

impl Token {
    /// A token that may do everything a manager may.
    #[must_use]
    pub fn new(secret: &str, user: i64) -> Token {
        Token {
            secret: secret.to_owned(),
            user,
            functions: Functions::All,
            rights: Arc::new(Rights::manager()),
            valid_until: None,
            only_from: None,
            service_enabled: true,
            user_authorised: true,
            user_authorised_until: None,
            user_authorised_from: None,
            required_capability: None,
        }
    }

    /// The same token with other rights.
    #[must_use]
    pub fn with_rights(self, rights: Rights) -> Token {
        Token { rights: Arc::new(rights), ..self }
    }

    /// The same token for another service.
    #[must_use]
    pub fn with_functions(self, functions: Functions) -> Token {
        Token { functions, ..self }
    }
}
