//! Who is calling, whether the site lets them, and what they may do where (facts/moodle-ws.md §3).
//!
//! Not here: which function needs which right (`functions/`).
//!
//! Invariant: without debugging all refusals of a service look the same.

use std::sync::Arc;

use super::rows::{Course, Group, Grouping, User};
use super::{Request, SITE_COURSE, World};
use crate::moodle::collation::Collation;
use crate::moodle::functions::{self, Function};
use crate::moodle::refusal::Refusal;
use crate::moodle::text;
use crate::moodle::token::{Functions, Rights, Token};
use crate::moodle::value::Value;

impl World {
    /// Finds the token and checks its account. An expired token is refused once and deleted.
    pub(super) fn authenticate(&mut self, request: &Request) -> Result<Token, Refusal> {
        let token = self.tokens.get(&request.token).cloned().ok_or_else(Refusal::token)?;
        if token.valid_until.is_some_and(|until| until < request.now) {
            self.tokens.remove(&request.token);
            return Err(Refusal::access(
                "Invalid token - token expired - check validuntil time for the token",
            ));
        }
        if token.only_from.is_some_and(|address| address != request.address) {
            return Err(Refusal::access("Invalid token - IP is not supported"));
        }
        let user = self.tables.users.get(&token.user).ok_or_else(Refusal::token)?;
        let rights = &token.rights;
        if self.site.maintenance && !rights.has("moodle/site:maintenanceaccess", None) {
            return Err(Refusal::moodle("sitemaintenance", "The site is undergoing maintenance"));
        }
        self.check_account(user)?;
        // Before the function is looked up (`authenticate_user` in Moodle's `webservice/lib.php`).
        if !rights.has("webservice/rest:use", None) {
            return Err(Refusal::access(
                "You are not allowed to use the {$a} protocol (missing capability: webservice/rest:use)",
            ));
        }
        Ok(token)
    }

    /// Since 4.0 a refused account has a code of its own; before, deleted, suspended and nologin ones had not.
    fn check_account(&self, user: &User) -> Result<(), Refusal> {
        let named = self.settings.release.names_account_state();
        let states = [
            (user.deleted, "wsaccessuserdeleted", "deleted"),
            (!user.confirmed, "wsaccessuserunconfirmed", "unconfirmed"),
            (user.suspended, "wsaccessusersuspended", "suspended"),
            (user.nologin, "wsaccessusernologin", "nologin authentication"),
        ];
        let Some((_, code, word)) = states.into_iter().find(|(applies, _, _)| *applies) else {
            return Ok(());
        };
        let reason = format!("Refused web service access for {word} username: {}", user.username);
        Err(if named { Refusal::moodle(code, reason) } else { Refusal::access(reason) })
    }

    /// Finds the function and checks that the service grants it to this user.
    pub(super) fn granted_function(
        &self,
        token: &Token,
        request: &Request,
    ) -> Result<&'static Function, Refusal> {
        let name = request.function.as_str();
        if name.is_empty() {
            return Err(Refusal::parameter("Missing function name"));
        }
        // MySQL and MariaDB find the function whatever its letter case.
        let wanted = match self.settings.names {
            Collation::Exact => name.to_owned(),
            Collation::FoldedLikeMariaDb => self.settings.names.fold(name),
        };
        let is_called = |function: &&Function| function.name == wanted;
        let function =
            functions::FUNCTIONS.iter().find(is_called).ok_or_else(|| Refusal::missing_function(name))?;
        let rights = &token.rights;
        let lacks_required =
            token.required_capability.as_ref().is_some_and(|capability| !rights.has(capability, None));
        let allowed = token.functions.grants(function.name)
            && token.service_enabled
            && token.user_authorised
            // A slip of Moodle: a date in the future refuses, a past one is accepted.
            && token.user_authorised_until.is_none_or(|until| until < request.now)
            && token.user_authorised_from.is_none_or(|address| address == request.address)
            && !lacks_required;
        if allowed {
            return Ok(function);
        }
        Err(Refusal::access(format!(
            "Access to the function {name}() is not allowed. There could be multiple reasons for this: \
             the service does not contain it or is disabled, the user is not authorised for the service, its IP, \
             time or capability restriction is not met."
        )))
    }
}

/// One call of one user: the world with that user's eyes.
pub(in crate::moodle) struct Session<'w> {
    pub(in crate::moodle) world: &'w mut World,
    pub(in crate::moodle) user: i64,
    pub(in crate::moodle) now: i64,
    pub(in crate::moodle) wwwroot: String,
    pub(in crate::moodle) functions: Functions,
    rights: Arc<Rights>,
    raw: bool,
}

impl<'w> Session<'w> {
    pub(super) fn new(world: &'w mut World, token: Token, request: &Request) -> Session<'w> {
        Session {
            world,
            user: token.user,
            now: request.now,
            wwwroot: request.wwwroot.clone(),
            functions: token.functions,
            rights: token.rights,
            raw: request.raw,
        }
    }

    /// Whether the caller has a capability in a course, or on the whole site.
    pub(in crate::moodle) fn may(&self, capability: &str, course: Option<i64>) -> bool {
        self.rights.has(capability, course)
    }

    /// Whether the caller's role is allowed to assign a role.
    pub(in crate::moodle) fn may_assign(&self, role: i64) -> bool {
        self.world.tables.role_name(role).is_some_and(|role| self.rights.may_assign(role))
    }

    /// Refuses a caller without a capability: `nopermissions`.
    pub(in crate::moodle) fn demand(&self, capability: &str, course: i64) -> Result<(), Refusal> {
        if self.may(capability, Some(course)) { Ok(()) } else { Err(Refusal::capability(capability)) }
    }

    /// Enters a course as a page would: it has to exist, to be visible, and the account has to be in order.
    pub(in crate::moodle) fn enter(&self, course: i64) -> Result<(), Refusal> {
        let Some(row) = self.world.tables.courses.get(&course) else {
            return Err(Refusal::parameter("The context does not exist"));
        };
        let account = self.account()?;
        if account.must_change_password {
            let message = "You cannot proceed without changing your password";
            return Err(Refusal::moodle("forcepasswordchangenotice", message));
        }
        if account.profile_incomplete {
            return Err(Refusal::moodle("usernotfullysetup", "User not fully set-up"));
        }
        if self.world.site.policy && !account.policy_agreed {
            return Err(Refusal::moodle("sitepolicynotagreed", "Site policy not agreed"));
        }
        let enrolled = row.enrolments.contains_key(&self.user);
        let let_in = course == SITE_COURSE || enrolled || self.may("moodle/course:view", Some(course));
        let seen = row.visible || self.may("moodle/course:viewhiddencourses", Some(course));
        if let_in && seen {
            return Ok(());
        }
        Err(Refusal::moodle(
            "requireloginerror",
            if seen {
                "Course or activity not accessible. (Not enrolled)"
            } else {
                "Course or activity not accessible."
            },
        ))
    }

    /// Enters a course as the group functions do: every reason becomes `errorcoursecontextnotvalid`.
    pub(in crate::moodle) fn enter_for_groups(&self, course: i64) -> Result<(), Refusal> {
        self.enter(course).map_err(|reason| Refusal::course_context(course, &reason))
    }

    /// Enters a course in which groups are to be managed.
    pub(in crate::moodle) fn manage_groups(&self, course: i64) -> Result<(), Refusal> {
        self.enter_for_groups(course)?;
        self.demand("moodle/course:managegroups", course)
    }

    fn account(&self) -> Result<&User, Refusal> {
        self.world.tables.users.get(&self.user).ok_or_else(Refusal::token)
    }

    /// A course that has to exist: `invalidrecord`.
    pub(in crate::moodle) fn course(&self, id: i64) -> Result<&Course, Refusal> {
        self.world.tables.courses.get(&id).ok_or_else(|| Refusal::missing("course", id))
    }

    /// A group that has to exist: `invalidrecord`.
    pub(in crate::moodle) fn group(&self, id: i64) -> Result<&Group, Refusal> {
        self.world.tables.groups.get(&id).ok_or_else(|| Refusal::missing("groups", id))
    }

    /// A grouping that has to exist: `invalidrecord`.
    pub(in crate::moodle) fn grouping(&self, id: i64) -> Result<&Grouping, Refusal> {
        self.world.tables.groupings.get(&id).ok_or_else(|| Refusal::missing("groupings", id))
    }

    /// A user that has to exist and not to be deleted: `invaliduser`.
    pub(in crate::moodle) fn person(&self, id: i64) -> Result<&User, Refusal> {
        let user = self.world.tables.users.get(&id).filter(|user| !user.deleted);
        user.ok_or_else(|| Refusal::missing_user(id))
    }

    /// Whether the caller may see a group at all (4.2+, §5.3).
    pub(in crate::moodle) fn sees_group(&self, group: &Group) -> bool {
        let row = &group.row;
        row.visibility == 0
            || self.may("moodle/course:viewhiddengroups", Some(row.course))
            || (row.visibility != 3 && group.members.contains_key(&self.user))
    }

    /// The name of a group as this caller gets it in the answers that escape names (§6).
    pub(in crate::moodle) fn shown_name(&self, name: &str) -> Value {
        if self.raw || !self.world.settings.release.escapes_names() {
            Value::text(name)
        } else {
            Value::text(text::format_name(name))
        }
    }

    /// A description and its format as this caller gets them (§6).
    pub(in crate::moodle) fn shown_description(&self, description: &str, format: i64) -> (Value, Value) {
        if self.raw {
            return (Value::text(description), Value::Int(format));
        }
        let (description, format) = text::format_description(description, format);
        (Value::Text(description), Value::Int(format))
    }
}
