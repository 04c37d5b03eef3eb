//! Every way in which a call to Moodle fails: its kind, what it means, and what to do next.
//!
//! Not here: recognizing the failure in an answer (`client.rs`) and acting on it (`apply`).
//!
//! Invariant: only the `errorcode` decides. The message of Moodle is translated and changes between versions, so it is
//! shown and never read (facts/moodle-ws.md §2).
//! Invariant: no text here holds the token or more than [`SHOWN_CHARS_MAX`] characters of an answer.

use std::fmt;

use reconcile::keys::Text;
use reconcile::outcome::Refusal;

use crate::aftermath::Aftermath;
pub use crate::failure::{Effect, Kind};
use crate::journal::FailedCall;

/// How much of an unknown answer is shown.
pub(crate) const SHOWN_CHARS_MAX: usize = 300;

/// One line of the table.
struct Code {
    code: &'static str,
    kind: Kind,
    effect: Effect,
    meaning: &'static str,
    next_step: &'static str,
}

/// Codes of ours for failures to which Moodle gives none.
pub(crate) mod codes {
    pub(crate) const NO_CONNECTION: &str = "no_connection";
    pub(crate) const TLS: &str = "no_trust";
    pub(crate) const NO_ANSWER: &str = "no_answer";
    pub(crate) const TIMEOUT: &str = "timeout";
    pub(crate) const EMPTY_ANSWER: &str = "empty_answer";
    pub(crate) const TEXT_BEFORE_JSON: &str = "text_before_json";
    pub(crate) const NOT_JSON: &str = "not_json";
    pub(crate) const NO_ERRORCODE: &str = "no_errorcode";
    pub(crate) const UNEXPECTED_SHAPE: &str = "unexpected_shape";
    pub(crate) const RESULT_COUNT: &str = "result_count";
    pub(crate) const HTTP_OTHER: &str = "http_other";
}

/// Codes of ours for what a second look shows before Moodle is asked again; see `apply/look_again.rs`.
pub mod seen {
    /// The person is not, or no longer, enrolled in the course.
    pub const NOT_ENROLLED: &str = "not_enrolled";
    /// The group is gone.
    pub const GROUP_GONE: &str = "group_gone";
    /// The grouping is gone.
    pub const GROUPING_GONE: &str = "grouping_gone";
    /// Another group or grouping of the course has the name.
    pub const NAME_TAKEN: &str = "name_taken";
    /// Another group or grouping of the course has the idnumber.
    pub const IDNUMBER_TAKEN: &str = "idnumber_taken";
}

use Effect::{Nothing, Unknown};
use Kind::{Configuration, Item, Protocol, Transient};

/// The table. Source of the codes: facts/moodle-ws.md §2, §3, §12.
#[rustfmt::skip]
const TABLE: &[Code] = &[
    // The token, the service, the user.
    code("invalidtoken", Configuration, Nothing, "Moodle does not know the token", "put a valid token of the service into the configuration"),
    code("accessexception", Configuration, Nothing, "Moodle refuses the token, its service or this function", "check that the service is enabled, holds the function, lists the user without a \"valid until\" date, and that the user has webservice/rest:use"),
    code("wsaccessusersuspended", Configuration, Nothing, "the web service user is suspended", "activate the account in Moodle"),
    code("wsaccessuserunconfirmed", Configuration, Nothing, "the web service user is not confirmed", "confirm the account in Moodle"),
    code("wsaccessusernologin", Configuration, Nothing, "the web service user has the authentication \"no login\"", "choose another authentication for the account"),
    code("wsaccessuserdeleted", Configuration, Nothing, "the web service user was deleted", "make a new web service user and a token for it"),
    code("http_403", Configuration, Nothing, "Moodle answers 403: web services or the REST protocol are switched off", "enable both below Site administration, Server, Web services"),
    code("http_401", Configuration, Nothing, "something in front of Moodle asks for a password (401)", "let Muster's machine through to /webservice/rest/server.php"),
    code("http_404", Configuration, Nothing, "there is no Moodle at this address (404)", "set `url` in [moodle] to the wwwroot of the site"),
    code("http_redirect", Configuration, Nothing, "Moodle redirects to another address: the configured one is not its own", "set `url` in [moodle] to exactly the wwwroot of the site"),
    code(codes::TLS, Configuration, Nothing, "the certificate of the site is not trusted", "set `ca_file` in [moodle] to the certificates of your authority"),
    code("invaliduserfield", Configuration, Nothing, "Moodle does not know a user field that was asked for", "check `person_key` in [moodle]"),
    code("codingerror", Configuration, Nothing, "Moodle refuses the combination of options", "tell the makers of Muster; this call is ours"),
    // It passes.
    code("sitemaintenance", Transient, Nothing, "the site is in maintenance", "run again when the maintenance is over"),
    code("upgraderunning", Transient, Nothing, "the site is being upgraded", "run again when the upgrade is done"),
    code("dbconnectionfailed", Transient, Nothing, "Moodle does not reach its database", "ask the operator of the site"),
    code("dmlwriteexception", Transient, Nothing, "Moodle's database refused the write, usually because another one was under way", "run again; if it stays, look at the name and idnumber for length"),
    code("dmlreadexception", Transient, Nothing, "Moodle's database refused to read", "ask the operator of the site"),
    code("http_429", Transient, Nothing, "something in front of Moodle says that there are too many calls (429)", "lower `concurrency_max`, or lift the limit for Muster's machine"),
    code(codes::NO_CONNECTION, Transient, Nothing, "the site cannot be reached", "check `url` in [moodle], the network and the firewall"),
    code(codes::NO_ANSWER, Transient, Unknown, "the connection broke before the answer was there", "run again; what was done is found by itself"),
    code(codes::TIMEOUT, Transient, Unknown, "no answer came in time; the site may still be working on it", "run again later; what was done is found by itself"),
    code("http_500", Transient, Unknown, "Moodle failed (500)", "look into the error log of the site's web server"),
    code("http_502", Transient, Unknown, "the web server lost its worker (502)", "look into the error log of the site's web server"),
    code("http_503", Transient, Unknown, "the site is in maintenance or overloaded (503)", "run again when it is back"),
    code("http_504", Transient, Unknown, "the proxy in front of Moodle gave up waiting (504); the site may still be working on it", "lower `items_max`, or let the proxy wait longer"),
    code(codes::HTTP_OTHER, Transient, Unknown, "the site answers with a status that Moodle never gives", "see what stands in front of the site"),
    // One element or one course.
    code("invalidparameter", Item, Nothing, "Moodle refuses a value; it does not say which", "see what the course holds now: a name that is taken, a person who is not enrolled, a group that is gone"),
    code("idnumbertaken", Item, Nothing, "another group or grouping of the course has the idnumber", "clear the idnumber of the other one"),
    code("invalidrecord", Item, Nothing, "a course, group, grouping or function that was named does not exist", "see whether it was deleted"),
    code("invalidrecordunknown", Item, Nothing, "something that was named does not exist", "see whether it was deleted"),
    code("invaliduser", Item, Nothing, "the user does not exist or was deleted", "ask the identity team whether the person has an account"),
    code("errorcoursecontextnotvalid", Item, Nothing, "Moodle does not let us into the course: it is gone or hidden, or the web service user has not agreed to the site policy, must change the password or complete the profile", "open the course as the web service user"),
    code("nopermissions", Item, Nothing, "the web service user lacks a right in the course", "give the role moodle/course:managegroups and what `muster check moodle` lists, at the site or the course's category"),
    code("errorremovenotpermitted", Item, Nothing, "another plug-in of Moodle protects the membership", "remove the person from the cohort or system that put them into the group"),
    code("formatnotsupported", Item, Nothing, "Moodle does not support the format of the description", "save the description in Moodle once"),
    code("wsusercannotassign", Item, Nothing, "the web service user may not give this role", "allow it below Site administration, Users, Permissions, Define roles, Allow role assignments"),
    code("notenrolled", Item, Nothing, "the person is not enrolled in the course", "nothing to do once the enrolment arrives"),
    // Seen before Moodle is asked again (see `seen`).
    code(seen::NOT_ENROLLED, Item, Nothing, "the person is not enrolled in the course", "nothing to do once the enrolment arrives"),
    code(seen::GROUP_GONE, Item, Nothing, "the group is gone", "nothing to do: the next run reads the course again, and does as `deleted_there` in [policy] says"),
    code(seen::GROUPING_GONE, Item, Nothing, "the grouping is gone", "nothing to do: the next run reads the course again and creates it"),
    code(seen::NAME_TAKEN, Item, Nothing, "another group or grouping of the course has the name", "rename the other one, or choose another `name_taken` in [policy]"),
    code(seen::IDNUMBER_TAKEN, Item, Nothing, "another group or grouping of the course has the idnumber", "clear the idnumber of the other one"),
    code("http_413", Item, Nothing, "the web server refuses the request as too large (413)", "lower `items_max` in [moodle]"),
    code("http_414", Item, Nothing, "the web server refuses the address as too long (414)", "tell the makers of Muster; this call is ours"),
    // Nothing is trusted.
    code("invalidresponse", Protocol, Unknown, "Moodle did the work and then stumbled over its own answer", "run again; what was done is found by itself"),
    code(codes::EMPTY_ANSWER, Protocol, Unknown, "Moodle answered with nothing", "run again; if it stays, switch debugging off on the site"),
    code(codes::TEXT_BEFORE_JSON, Protocol, Unknown, "there is text in front of Moodle's answer, usually a PHP warning", "switch `display_errors` and `display_startup_errors` off on the site"),
    code(codes::NOT_JSON, Protocol, Unknown, "the answer is not Moodle's", "see what stands in front of the site, and whether `url` in [moodle] is right"),
    code(codes::NO_ERRORCODE, Protocol, Unknown, "a PHP error inside Moodle", "look into the error log of the site"),
    code(codes::UNEXPECTED_SHAPE, Protocol, Unknown, "the answer does not have the form that Moodle documents", "tell the makers of Muster the site's release"),
    code(codes::RESULT_COUNT, Protocol, Unknown, "Moodle answered with another number of results than was asked for", "lower `fields_max` below the site's max_input_vars"),
];

const fn code(
    code: &'static str,
    kind: Kind,
    effect: Effect,
    meaning: &'static str,
    next_step: &'static str,
) -> Code {
    Code { code, kind, effect, meaning, next_step }
}

/// A call that failed.
#[derive(Clone, Debug)]
pub struct CallError {
    /// The function that was called.
    pub function: &'static str,
    /// Moodle's `errorcode`, or a code of ours where it gave none.
    pub code: Text,
    /// What is done about it.
    pub kind: Kind,
    /// What it may have done, if it was to write.
    pub effect: Effect,
    /// What it means.
    pub meaning: Text,
    /// What a person can do.
    pub next_step: &'static str,
    /// What Moodle said, shortened and without the token; may be empty.
    pub shown: Text,
    /// The number of the call among those that failed; 0 where no call was made.
    pub request: u64,
}

impl CallError {
    /// Looks a code up. An unknown one is an error of the element: Moodle rolled back (facts/moodle-ws.md §0.5).
    pub(crate) fn new(function: &'static str, code: &str, shown: &str) -> CallError {
        match TABLE.iter().find(|line| line.code == code) {
            Some(line) => CallError {
                function,
                code: line.code.into(),
                kind: line.kind,
                effect: line.effect,
                meaning: line.meaning.into(),
                next_step: line.next_step,
                shown: shown.into(),
                request: 0,
            },
            None => CallError {
                function,
                code: code.into(),
                kind: Item,
                effect: Nothing,
                meaning: "Moodle refuses with a code that Muster does not know".into(),
                next_step: "see what Moodle says about it",
                shown: shown.into(),
                request: 0,
            },
        }
    }

    /// The code for a status other than 200 (facts/moodle-ws.md §3).
    pub(crate) fn of_status(function: &'static str, status: u16, shown: &str) -> CallError {
        let code = match status {
            300..=399 => "http_redirect".to_owned(),
            other => format!("http_{other}"),
        };
        if TABLE.iter().any(|line| line.code == code) {
            return CallError::new(function, &code, shown);
        }
        CallError::new(function, codes::HTTP_OTHER, &format!("status {status}: {shown}"))
    }

    /// Tells whether something that was named does not exist: one family over the versions (facts/moodle-ws.md §0.4).
    pub(crate) fn is_missing_record(&self) -> bool {
        matches!(&*self.code, "invalidrecord" | "invalidrecordunknown" | "invaliduser")
    }

    /// Tells whether the whole platform, not an element or a course, is at fault.
    pub(crate) fn is_of_the_site(&self) -> bool {
        matches!(self.kind, Kind::Configuration | Kind::Transient)
    }

    /// What came back, for people: the code for who searches for it, and the words.
    pub fn said(&self) -> String {
        let words = if self.shown.is_empty() { String::new() } else { format!(": \"{}\"", self.shown) };
        match &*self.code {
            codes::NO_CONNECTION | codes::TLS | codes::NO_ANSWER | codes::TIMEOUT => {
                format!("{} got no answer ({}){words}", self.function, self.code)
            }
            code => format!("{} answered {code}{words}", self.function),
        }
    }

    /// The three parts that people read, a line each, about a thing that failed: what it means, what Moodle said, what
    /// to do.
    pub(crate) fn parts(&self, about: &str) -> String {
        format!("{about}: {}\n{}\nWhat to do: {}", self.meaning, self.said(), self.next_step)
    }

    /// The failure as the platform's no to one operation.
    pub(crate) fn refusal(&self) -> Refusal {
        Refusal {
            code: self.code.clone(),
            meaning: self.meaning.clone(),
            said: self.said().into(),
            next_step: self.next_step.into(),
        }
    }

    /// The failure in one sentence without the next step, for outcomes and observations.
    pub(crate) fn in_words(&self) -> String {
        let said = if self.shown.is_empty() { String::new() } else { format!(": \"{}\"", self.shown) };
        format!("{} ({} from {}{said})", self.meaning, self.code, self.function)
    }
}

/// A refusal that was seen before Moodle was asked again; `code` is one of [`seen`].
pub(crate) fn seen_refusal(code: &'static str, meaning: impl Into<Text>) -> Refusal {
    let next_step = TABLE.iter().find(|line| line.code == code).map_or("", |line| line.next_step);
    Refusal { code: code.into(), meaning: meaning.into(), said: "".into(), next_step: next_step.into() }
}

/// Says what failed and what it means. What Moodle said ([`CallError::said`]) and what to do
/// ([`CallError::next_step`]) are the two other parts of the message, and stand on lines of their own.
impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot call {} of Moodle: {}", self.function, self.meaning)
    }
}

impl std::error::Error for CallError {}

/// Moodle cannot be used as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// A setting of ours is wrong.
    #[error("cannot use the setting `{setting}` of [moodle]: {problem}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What is wrong with it, and what would be right.
        problem: String,
    },
    /// A call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The token's service lacks functions that nothing works without.
    #[error("cannot work with the web service of user {user}: it lacks {}", missing.join(", "))]
    FunctionsMissing {
        /// The functions.
        missing: Vec<&'static str>,
        /// The user that the token acts as.
        user: String,
    },
}

impl TargetError {
    /// The call that failed while the connection was made, for the log of REST errors; nothing where none was.
    pub fn failed_call(&self) -> Option<FailedCall> {
        let TargetError::Call(error) = self else { return None };
        Some(FailedCall {
            request: error.request,
            function: error.function,
            code: error.code.clone(),
            parameters: "".into(),
            answer: error.shown.clone(),
            course: None,
            groups: "".into(),
            people: "".into(),
            aftermath: Aftermath::GivenUp,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, kind: Kind, effect: Effect) {
        let error = CallError::new("core_x", code, "");
        assert_eq!((error.kind, error.effect), (kind, effect), "{code}");
    }

    #[test]
    fn each_documented_code_has_its_kind() {
        check("invalidtoken", Configuration, Nothing);
        check("accessexception", Configuration, Nothing);
        check("sitemaintenance", Transient, Nothing);
        check("dmlwriteexception", Transient, Nothing);
        check("invalidparameter", Item, Nothing);
        check("errorremovenotpermitted", Item, Nothing);
        check("invalidresponse", Protocol, Unknown);
        check("empty_answer", Protocol, Unknown);
        check("timeout", Transient, Unknown);
        check("no_connection", Transient, Nothing);
    }

    #[test]
    fn each_status_has_its_kind() {
        let check = |status, kind, effect| {
            let error = CallError::of_status("core_x", status, "");
            assert_eq!((error.kind, error.effect), (kind, effect), "{status}");
        };
        check(303, Configuration, Nothing);
        check(403, Configuration, Nothing);
        check(413, Item, Nothing);
        check(414, Item, Nothing);
        check(500, Transient, Unknown);
        check(502, Transient, Unknown);
        check(503, Transient, Unknown);
        check(504, Transient, Unknown);
        check(599, Transient, Unknown);
    }

    #[test]
    fn an_unknown_code_is_shown_and_isolated() {
        let error = CallError::new("core_x", "somethingnew", "Nobody expected this");
        assert_eq!(error.kind, Item);
        assert_eq!(error.said(), "core_x answered somethingnew: \"Nobody expected this\"");
        assert_eq!(
            error.parts("group A"),
            "group A: Moodle refuses with a code that Muster does not know\n\
             core_x answered somethingnew: \"Nobody expected this\"\n\
             What to do: see what Moodle says about it"
        );
    }

    #[test]
    fn no_code_stands_twice_and_each_has_a_meaning_and_a_next_step() {
        for (index, line) in TABLE.iter().enumerate() {
            assert!(TABLE.iter().skip(index + 1).all(|other| other.code != line.code), "{}", line.code);
            assert!(!line.meaning.is_empty() && !line.next_step.is_empty(), "{}", line.code);
        }
    }
}
