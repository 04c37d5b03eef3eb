//! Every way in which a call to itslearning fails as a whole: its kind, what it means, and what to do next.
//!
//! Not here: items that are refused; their statuses say so (`answer.rs`).
//!
//! Invariant: only the code of the fault or of HTTP decides, never a text.
//! Invariant: no text here holds the password or more than [`SHOWN_CHARS_MAX`] characters of an answer.

use std::fmt;

use ims_es::error::MessageError;
use ims_es::fault::FaultCode;
use ims_es::operation::Operation;

use crate::failure::{Effect, Kind};

/// How much of an unreadable answer is shown.
pub(super) const SHOWN_CHARS_MAX: usize = 300;

/// Codes of ours for failures to which the protocol gives none.
pub(super) mod codes {
    pub(in super::super) const NO_CONNECTION: &str = "no_connection";
    pub(in super::super) const NO_TRUST: &str = "no_trust";
    pub(in super::super) const NO_ANSWER: &str = "no_answer";
    pub(in super::super) const TIMEOUT: &str = "timeout";
    pub(in super::super) const EMPTY_ANSWER: &str = "empty_answer";
    pub(in super::super) const ANSWER_TOO_LARGE: &str = "answer_too_large";
    pub(in super::super) const UNREADABLE: &str = "unreadable";
    pub(in super::super) const NO_STATUS: &str = "no_status";
    pub(in super::super) const STATUS_COUNT: &str = "status_count";
    pub(in super::super) const OTHER_MESSAGE: &str = "other_message";
    pub(in super::super) const UNWRITABLE: &str = "unwritable";
    pub(super) const FAULT_OTHER: &str = "fault_other";
    pub(super) const HTTP_OTHER: &str = "http_other";
}

use Effect::{Nothing, Unknown};
use Kind::{Configuration, Item, Protocol, Transient};

/// One line of the table.
struct Code {
    code: &'static str,
    kind: Kind,
    effect: Effect,
    meaning: &'static str,
    next_step: &'static str,
}

/// The table. Source of the codes: facts/ims-es.md §1.5.
#[rustfmt::skip]
const TABLE: &[Code] = &[
    // The account and the address.
    code("InvalidSecurity", Configuration, Nothing, "the service does not accept the security header", "check that `url` begins with https:// and that the clock of this machine is right"),
    code("FailedAuthentication", Configuration, Nothing, "the user name or the password is wrong", "copy both from the integration in itslearning: Admin, Integrations, IMS Enterprise"),
    code("ActionNotSupported", Configuration, Nothing, "the operation is not offered at this address", "check `url`, and that the integration may use the operation"),
    code("http_redirect", Configuration, Nothing, "the service redirects to another address", "set `url` to the address that the integration shows"),
    code("http_401", Configuration, Nothing, "something in front of the service asks for a password (401)", "let this machine through to the service"),
    code("http_403", Configuration, Nothing, "the service is closed to this machine (403)", "ask itslearning, or the operator of the network, to let this machine through"),
    code("http_404", Configuration, Nothing, "there is no service at this address (404)", "set `url` to the address that the integration shows"),
    code("http_405", Configuration, Nothing, "the address takes no messages (405)", "set `url` to the address that the integration shows"),
    code(codes::NO_TRUST, Configuration, Nothing, "the certificate of the service is not trusted", "set `ca_file` to the certificates of your authority"),
    // It passes.
    code("InternalServiceFault", Transient, Unknown, "the service failed inside", "run again; what was done is found by itself. If it stays, tell itslearning the message identifier"),
    code("http_408", Transient, Unknown, "the service waited too long for the message (408)", "run again"),
    code("http_429", Transient, Nothing, "there are too many calls (429)", "lower `in_flight_max`"),
    code("http_500", Transient, Unknown, "the service failed (500)", "run again; what was done is found by itself"),
    code("http_502", Transient, Unknown, "what stands in front of the service lost it (502)", "run again later"),
    code("http_503", Transient, Unknown, "the service is in maintenance or overloaded (503)", "run again when it is back"),
    code("http_504", Transient, Unknown, "what stands in front of the service gave up waiting (504)", "lower `batch_max`; what was done is found by itself"),
    code(codes::HTTP_OTHER, Transient, Unknown, "the service answers with a status that it never gives", "see what stands in front of the service"),
    code(codes::NO_CONNECTION, Transient, Nothing, "the service cannot be reached", "check `url`, the network and the firewall"),
    code(codes::NO_ANSWER, Transient, Unknown, "the connection broke before the answer was there", "run again; what was done is found by itself"),
    code(codes::TIMEOUT, Transient, Unknown, "no answer came in time; the service may still be working on it", "run again later, or lower `batch_max`; what was done is found by itself"),
    // Something in the message.
    code("DeserializationFailed", Item, Nothing, "the service cannot read a value of the message; it does not say which", "`muster ims lint` looks at a message; a word outside the schema's list or an empty date does this"),
    code("Client", Item, Nothing, "the service cannot read the message", "`muster ims lint` looks at a message"),
    code("http_413", Item, Nothing, "the message is too large for the service (413)", "lower `batch_max`"),
    code(codes::UNWRITABLE, Item, Nothing, "a value holds a character that XML does not have", "remove the control character from the value in the source"),
    // Nothing is trusted.
    code("MustUnderstand", Protocol, Nothing, "the service does not understand a header of ours", "tell the makers of Muster; this message is ours"),
    code("VersionMismatch", Protocol, Nothing, "the service speaks another version of SOAP", "check `url`: IMS Enterprise Services of itslearning speak SOAP 1.1"),
    code("http_400", Protocol, Nothing, "the service takes the message for no XML (400)", "see what stands between this machine and the service"),
    code("http_415", Protocol, Nothing, "the service does not take the type of the message (415)", "check `url`: IMS Enterprise Services of itslearning speak SOAP 1.1"),
    code(codes::FAULT_OTHER, Protocol, Unknown, "the service refuses the message with a fault that Muster does not know", "see what the service says about it"),
    code(codes::EMPTY_ANSWER, Protocol, Unknown, "the service answered with nothing", "run again; what was done is found by itself"),
    code(codes::ANSWER_TOO_LARGE, Protocol, Unknown, "the answer is larger than Muster reads", "ask for fewer objects at once: lower `batch_max`"),
    code(codes::UNREADABLE, Protocol, Unknown, "the answer is not one of IMS Enterprise Services", "see what stands in front of the service, and whether `url` is right"),
    code(codes::NO_STATUS, Protocol, Unknown, "the answer says nothing about how the call ended", "run again; what was done is found by itself"),
    code(codes::STATUS_COUNT, Protocol, Unknown, "the answer has another number of statuses than the call had items", "run again; what was done is found by itself"),
    code(codes::OTHER_MESSAGE, Protocol, Unknown, "the answer belongs to another message", "see what stands between this machine and the service; an answer must never come from a cache"),
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

/// A call that failed as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    /// The operation that was called.
    pub operation: Operation,
    /// The name of the message; the service's own log knows it.
    pub message_identifier: String,
    /// The code of the fault or of HTTP, or one of ours.
    pub code: String,
    /// What is done about it.
    pub kind: Kind,
    /// What it may have done, if it was to write.
    pub effect: Effect,
    /// What it means.
    pub meaning: &'static str,
    /// What a person can do.
    pub next_step: &'static str,
    /// What the service said, shortened and without the password; may be empty.
    pub shown: String,
}

impl CallError {
    /// Looks a code up.
    pub(super) fn new(operation: Operation, identifier: &str, code: &str, shown: &str) -> CallError {
        let line = TABLE.iter().find(|line| line.code == code);
        let known = |code: &str| TABLE.iter().find(|line| line.code == code);
        let line = line.or_else(|| known(codes::FAULT_OTHER));
        let (kind, effect) = line.map_or((Protocol, Unknown), |line| (line.kind, line.effect));
        CallError {
            operation,
            message_identifier: identifier.to_owned(),
            code: code.to_owned(),
            kind,
            effect,
            meaning: line.map_or("", |line| line.meaning),
            next_step: line.map_or("", |line| line.next_step),
            shown: shown.to_owned(),
        }
    }

    /// The code for a status of HTTP without a fault.
    pub(super) fn of_status(operation: Operation, identifier: &str, status: u16) -> CallError {
        let code = match status {
            300..=399 => "http_redirect".to_owned(),
            other => format!("http_{other}"),
        };
        if TABLE.iter().any(|line| line.code == code) {
            return CallError::new(operation, identifier, &code, "");
        }
        CallError::new(operation, identifier, codes::HTTP_OTHER, &format!("status {status}"))
    }

    /// Whether the same message may be sent again: nothing the service said speaks against it, and no harm can come of
    /// it, because each operation leaves the same behind when it is carried out twice.
    pub(super) fn may_be_repeated(&self) -> bool {
        self.kind == Transient
            || [
                codes::EMPTY_ANSWER,
                codes::UNREADABLE,
                codes::NO_STATUS,
                codes::STATUS_COUNT,
                codes::OTHER_MESSAGE,
            ]
            .contains(&&*self.code)
    }

    /// What came back, for people: the code for who searches for it, and the words.
    pub fn said(&self) -> String {
        let words = if self.shown.is_empty() { String::new() } else { format!(": \"{}\"", self.shown) };
        format!("{} ({}), message {}{words}", self.operation.name(), self.code, self.message_identifier)
    }
}

/// The code for an answer that could not be read, and what to show of it where the answer itself would not help.
pub(super) fn code_of(error: &MessageError) -> (String, Option<String>) {
    match error {
        MessageError::Fault(fault) => {
            let code = match &fault.code {
                FaultCode::Other(word) => known_or_other(word),
                known => known.word().to_owned(),
            };
            (code, Some(fault.text.clone()))
        }
        MessageError::NoStatus => (codes::NO_STATUS.to_owned(), None),
        MessageError::StatusCount { expected, found } => {
            let shown = format!("{expected} items, {found} statuses");
            (codes::STATUS_COUNT.to_owned(), Some(shown))
        }
        MessageError::NoElement => (codes::EMPTY_ANSWER.to_owned(), Some(String::new())),
        _ => (codes::UNREADABLE.to_owned(), None),
    }
}

fn known_or_other(word: &str) -> String {
    let is_known = TABLE.iter().any(|line| line.code == word);
    if is_known { word.to_owned() } else { codes::FAULT_OTHER.to_owned() }
}

/// Says what failed and what it means. What came back ([`CallError::said`]) and what to do ([`CallError::next_step`])
/// are the two other parts of the message, and stand on lines of their own.
impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot call {} of itslearning: {}", self.operation.name(), self.meaning)
    }
}

impl std::error::Error for CallError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, kind: Kind, effect: Effect) {
        let error = CallError::new(Operation::CreateGroups, "m-1", code, "");
        assert_eq!((error.kind, error.effect), (kind, effect), "{code}");
    }

    #[test]
    fn each_code_has_its_kind() {
        check("FailedAuthentication", Configuration, Nothing);
        check("ActionNotSupported", Configuration, Nothing);
        check("InternalServiceFault", Transient, Unknown);
        check("DeserializationFailed", Item, Nothing);
        check("no_connection", Transient, Nothing);
        check("timeout", Transient, Unknown);
        check("status_count", Protocol, Unknown);
        check("SomethingNew", Protocol, Unknown);
    }

    #[test]
    fn each_status_has_its_kind() {
        let check = |status, kind, effect| {
            let error = CallError::of_status(Operation::CreateGroups, "m-1", status);
            assert_eq!((error.kind, error.effect), (kind, effect), "{status}");
        };
        check(302, Configuration, Nothing);
        check(404, Configuration, Nothing);
        check(413, Item, Nothing);
        check(500, Transient, Unknown);
        check(503, Transient, Unknown);
        check(599, Transient, Unknown);
    }

    #[test]
    fn no_code_stands_twice_and_each_has_a_meaning_and_a_next_step() {
        for (index, line) in TABLE.iter().enumerate() {
            assert!(TABLE.iter().skip(index + 1).all(|other| other.code != line.code), "{}", line.code);
            assert!(!line.meaning.is_empty() && !line.next_step.is_empty(), "{}", line.code);
        }
    }
}
