//! The exceptions of Moodle that a client can meet, each with its code, class and wording
//! (facts/moodle-ws.md §2).
//!
//! Not here: answers that are no exception, such as 403 and 503 (`wire/`).
//!
//! Invariant: what the client sees of a refusal is decided in one place, [`Refusal::seen`], by release and
//! debugging.

use super::settings::Settings;

/// The PHP class of an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    InvalidParameter,
    InvalidResponse,
    Moodle,
    RequiredCapability,
    Coding,
    MissingRecord,
    Write,
    Connection,
    WebserviceAccess,
    /// A PHP error inside a function: it has no error code.
    Error,
}

/// One exception, with everything that debugging would show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) class: Class,
    pub(super) errorcode: &'static str,
    pub(super) message: String,
    pub(super) debuginfo: Option<String>,
    /// The debuginfo quotes bytes that are not UTF-8, so it cannot be written as JSON.
    pub(super) unprintable: bool,
}

/// What the client sees of a refusal.
pub(super) struct Exception {
    pub(super) class: String,
    pub(super) errorcode: Option<&'static str>,
    pub(super) message: String,
    pub(super) debuginfo: Option<String>,
}

impl Refusal {
    fn new(class: Class, errorcode: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { class, errorcode, message: message.into(), debuginfo: None, unprintable: false }
    }

    fn because(self, debuginfo: impl Into<String>) -> Refusal {
        Refusal { debuginfo: Some(debuginfo.into()), ..self }
    }

    /// `invalidparameter`: the reason is only in the debuginfo.
    pub(super) fn parameter(reason: impl Into<String>) -> Refusal {
        Refusal::new(Class::InvalidParameter, "invalidparameter", "Invalid parameter value detected")
            .because(reason)
    }

    /// `invalidparameter` whose reason quotes invalid UTF-8.
    pub(super) fn unprintable_parameter() -> Refusal {
        Refusal { unprintable: true, ..Refusal::parameter("Invalid external api parameter") }
    }

    /// A plain Moodle exception.
    pub(super) fn moodle(errorcode: &'static str, message: impl Into<String>) -> Refusal {
        Refusal::new(Class::Moodle, errorcode, message)
    }

    /// `invalidrecord`, which 5.1 turns into `invalidrecordunknown`.
    pub(super) fn missing(table: &str, id: i64) -> Refusal {
        Refusal::new(
            Class::MissingRecord,
            "invalidrecord",
            format!("Can't find data record in database table {table}."),
        )
        .because(format!("SELECT * FROM {{{table}}} WHERE id = ?\n[array (\n  0 => {id},\n)]"))
    }

    /// `invaliduser`: the user is unknown or deleted.
    pub(super) fn missing_user(id: i64) -> Refusal {
        Refusal {
            errorcode: "invaliduser",
            message: "Invalid user".to_owned(),
            ..Refusal::missing("user", id)
        }
    }

    /// The function does not exist on the site.
    pub(super) fn missing_function(name: &str) -> Refusal {
        Refusal::missing("external_functions", 0).because(format!(
            "SELECT * FROM {{external_functions}} WHERE name = ?\n[array (\n  0 => '{name}',\n)]"
        ))
    }

    /// `idnumbertaken`.
    pub(super) fn idnumber_taken() -> Refusal {
        Refusal::moodle("idnumbertaken", "This ID number is already taken")
    }

    /// `errorcoursecontextnotvalid`: the course is not there, or the caller is not let in (§3).
    pub(super) fn course_context(course: i64, reason: &Refusal) -> Refusal {
        Refusal::moodle(
            "errorcoursecontextnotvalid",
            format!(
                "You cannot execute functions in the course context (course id:{course}). \
                 The context error message was: {}",
                reason.message
            ),
        )
    }

    /// `nopermissions`: the message names the capability in words.
    pub(super) fn capability(capability: &str) -> Refusal {
        let words = match capability {
            "moodle/course:managegroups" => "Manage groups",
            "moodle/course:viewparticipants" => "View participants",
            "moodle/course:enrolreview" => "Review course enrolments",
            "moodle/role:review" => "Review permissions for others",
            "moodle/site:accessallgroups" => "Access all groups",
            "enrol/manual:enrol" => "Enrol users",
            "enrol/manual:unenrol" => "Unenrol users from the course",
            other => other,
        };
        Refusal::new(
            Class::RequiredCapability,
            "nopermissions",
            format!("Sorry, but you do not currently have permissions to do that ({words})."),
        )
    }

    /// `dmlwriteexception`: a value too long for its column, or a deadlock.
    pub(super) fn write(reason: &str) -> Refusal {
        Refusal::new(Class::Write, "dmlwriteexception", "Error writing to database").because(reason)
    }

    /// `codingerror`.
    pub(super) fn coding(reason: &str) -> Refusal {
        Refusal::new(
            Class::Coding,
            "codingerror",
            format!("Coding error detected, it must be fixed by a programmer: {reason}"),
        )
    }

    /// `invalidresponse`: the work is committed, and the answer does not fit its description.
    pub(super) fn response(reason: &str) -> Refusal {
        Refusal::new(Class::InvalidResponse, "invalidresponse", "Invalid response value detected")
            .because(reason)
    }

    /// `accessexception`: indistinguishable reasons unless debugging is on.
    pub(super) fn access(reason: impl Into<String>) -> Refusal {
        Refusal::new(Class::WebserviceAccess, "accessexception", "Access control exception").because(reason)
    }

    /// `invalidtoken`.
    pub(super) fn token() -> Refusal {
        Refusal::moodle("invalidtoken", "Invalid token - token not found")
    }

    /// `dbconnectionfailed`.
    pub(super) fn connection() -> Refusal {
        Refusal::new(Class::Connection, "dbconnectionfailed", "Error: Database connection failed")
    }

    /// A PHP-level error inside a function, without an error code (§2).
    pub(super) fn php_error(message: &str) -> Refusal {
        Refusal::new(Class::Error, "", message)
    }

    /// What a client of this site sees.
    pub(super) fn seen(&self, settings: &Settings) -> Exception {
        let hidden = self.class == Class::MissingRecord
            && settings.release.hides_missing_table()
            && !settings.debugging;
        Exception {
            class: class_name(self.class, settings),
            errorcode: match self.errorcode {
                "" => None,
                _ if hidden => Some("invalidrecordunknown"),
                code => Some(code),
            },
            message: if hidden {
                "Can't find data record in database.".to_owned()
            } else {
                self.message.clone()
            },
            debuginfo: self.debuginfo.clone().filter(|_| settings.debugging),
        }
    }
}

/// The class by name; from 4.5 the core ones carry a namespace, the database and web-service ones do not.
fn class_name(class: Class, settings: &Settings) -> String {
    let (name, is_core) = match class {
        Class::InvalidParameter => ("invalid_parameter_exception", true),
        Class::InvalidResponse => ("invalid_response_exception", true),
        Class::Moodle => ("moodle_exception", true),
        Class::RequiredCapability => ("required_capability_exception", true),
        Class::Coding => ("coding_exception", true),
        Class::MissingRecord => ("dml_missing_record_exception", false),
        Class::Write => ("dml_write_exception", false),
        Class::Connection => ("dml_connection_exception", false),
        Class::WebserviceAccess => ("webservice_access_exception", false),
        Class::Error => ("Error", false),
    };
    if is_core && settings.release.has_namespaces() {
        format!("core\\exception\\{name}")
    } else {
        name.to_owned()
    }
}
