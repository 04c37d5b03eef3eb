//! Why a message could not be read or written as a whole.
//!
//! Not here: what is wrong with one item. That is a `Problem`, and its neighbours go on.
//!
//! Invariant: no text of an error holds a password; a value of the message appears only as a name, shortened.

use crate::fault::Fault;

/// Why a message could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// The bytes are not XML.
    #[error("cannot read the message at byte {at}: it is not well-formed XML; let an XML library write it")]
    NotWellFormed {
        /// Where, in bytes from the start.
        at: u64,
        /// What the parser says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The document stops while elements are open.
    #[error("cannot read the message at byte {at}: it ends while {open} elements are open; send it whole")]
    EndsEarly {
        /// Where it stops.
        at: u64,
        /// How many elements are open.
        open: usize,
    },
    /// A second root, or text outside the root.
    #[error("cannot read the message at byte {at}: something stands outside the root element; leave it out")]
    OutsideRoot {
        /// Where it stands.
        at: u64,
    },
    /// No element at all.
    #[error("cannot read the message: it holds no XML element; send a SOAP envelope")]
    NoElement,
    /// A document type declaration: SOAP 1.1 section 3 forbids it.
    #[error(
        "cannot read the message at byte {at}: it declares a document type, which SOAP forbids; leave it out"
    )]
    DocumentType {
        /// Where it stands.
        at: u64,
    },
    /// An entity other than the five of XML.
    #[error(
        "cannot read the message at byte {at}: the entity `{name}` is not one of XML's five; write the character"
    )]
    Entity {
        /// Where it stands.
        at: u64,
        /// Its name, shortened.
        name: String,
    },
    /// A character that XML 1.0 does not allow.
    #[error("cannot read the message at byte {at}: U+{code:04X} is no character of XML 1.0; remove it")]
    Character {
        /// Where the text stands that holds it.
        at: u64,
        /// The character's number.
        code: u32,
    },
    /// The XML declaration names an encoding other than UTF-8.
    #[error("cannot read the message: it declares the encoding `{encoding}`; send UTF-8")]
    Encoding {
        /// The name, shortened.
        encoding: String,
    },
    /// A prefix without a declaration.
    #[error(
        "cannot read the message at byte {at}: nothing declares the prefix `{prefix}`; declare it with xmlns:{prefix}"
    )]
    UndeclaredPrefix {
        /// Where it is used.
        at: u64,
        /// The prefix, shortened.
        prefix: String,
    },
    /// A limit was reached.
    #[error("cannot read the message at byte {at}: {what} is over {max}; send less at once")]
    OverLimit {
        /// Where.
        at: u64,
        /// What is too large.
        what: Measure,
        /// The limit.
        max: usize,
    },
    /// The bytes did not arrive.
    #[error("cannot read the message at byte {at}: its bytes do not arrive; send it again")]
    Arriving {
        /// How far it was read.
        at: u64,
        /// What the source says.
        #[source]
        source: std::io::Error,
    },
    /// The root is no SOAP 1.1 envelope.
    #[error(
        "cannot take `{found}` for a SOAP 1.1 envelope; send Envelope in http://schemas.xmlsoap.org/soap/envelope/"
    )]
    NotSoap {
        /// The root element.
        found: String,
    },
    /// The envelope has no body, or its body is empty.
    #[error(
        "cannot find a request or reply in the message: its Body is missing or empty; put one element into it"
    )]
    NoBody,
    /// The body holds another element than expected.
    #[error("cannot take `{found}` for `{expected}`; send the element that belongs to the SOAPAction")]
    WrongBody {
        /// What stands there.
        found: String,
        /// What should stand there.
        expected: String,
    },
    /// A value stands elsewhere in the message: SOAP encoding, which this protocol does not use.
    #[error(
        "cannot follow the reference on {element} at byte {at}: values are written where they belong; in PHP, give each item arrays of its own"
    )]
    Reference {
        /// Where it stands.
        at: u64,
        /// The element.
        element: String,
    },
    /// The security header cannot be understood.
    #[error(
        "cannot use the security header: {why}; send one UsernameToken with a user name and a password in clear text"
    )]
    Security {
        /// What is wrong.
        why: &'static str,
    },
    /// The other side answered with a fault.
    #[error("cannot use the answer: the service refused the message with the fault {code}: {text}", code = .0.code.word(), text = .0.text)]
    Fault(Fault),
    /// A reply does not say how the call ended.
    #[error("cannot use the answer: its header holds no status; ask the service's operator")]
    NoStatus,
    /// A reply has another number of statuses than the request has items.
    #[error(
        "cannot use the answer: it holds {found} statuses for {expected} items; read the items back before sending them again"
    )]
    StatusCount {
        /// As many as items were sent.
        expected: usize,
        /// As many as came back.
        found: usize,
    },
    /// A value cannot be written as XML.
    #[error(
        "cannot write the element {element}: U+{code:04X} is no character of XML 1.0; remove it from the value"
    )]
    Unwritable {
        /// The element.
        element: String,
        /// The character's number.
        code: u32,
    },
    /// The bytes could not be handed on.
    #[error("cannot write the message: its bytes cannot be handed on")]
    Writing(#[source] std::io::Error),
}

/// What a limit measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Bytes of the whole message.
    MessageBytes,
    /// Bytes of one tag or run of text.
    TokenBytes,
    /// Bytes of one value.
    ValueBytes,
    /// Nested elements.
    Depth,
    /// Elements.
    Elements,
    /// Attributes of one element.
    Attributes,
}

impl std::fmt::Display for Measure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Measure::MessageBytes => "the size of the message in bytes",
            Measure::TokenBytes => "the size of one tag or text in bytes",
            Measure::ValueBytes => "the size of one value in bytes",
            Measure::Depth => "the depth of the nesting",
            Measure::Elements => "the number of elements",
            Measure::Attributes => "the number of attributes of one element",
        })
    }
}

/// How a server answers a message that it could not read (facts/ims-es.md §1.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// With a fault, which goes out with HTTP 500.
    Fault(Fault),
    /// With a bare HTTP status: 400 or 413.
    Http(u16),
}

impl MessageError {
    /// How a server answers. What is not XML gets a bare HTTP status, as WCF gives it; what is not a request gets a fault.
    pub fn refusal(&self) -> Refusal {
        match self {
            MessageError::OverLimit { what: Measure::MessageBytes, .. } => Refusal::Http(413),
            MessageError::NotWellFormed { .. }
            | MessageError::EndsEarly { .. }
            | MessageError::OutsideRoot { .. }
            | MessageError::NoElement
            | MessageError::DocumentType { .. }
            | MessageError::Entity { .. }
            | MessageError::Character { .. }
            | MessageError::Encoding { .. }
            | MessageError::UndeclaredPrefix { .. }
            | MessageError::OverLimit { .. }
            | MessageError::Arriving { .. } => Refusal::Http(400),
            MessageError::NotSoap { .. } => Refusal::Fault(Fault::version_mismatch()),
            MessageError::NoBody => Refusal::Fault(Fault::deserialization_failed()),
            MessageError::Reference { .. } => Refusal::Fault(Fault::deserialization_failed()),
            MessageError::WrongBody { .. } => Refusal::Fault(Fault::action_not_supported()),
            MessageError::Security { .. } => Refusal::Fault(Fault::invalid_security()),
            MessageError::Fault(_)
            | MessageError::NoStatus
            | MessageError::StatusCount { .. }
            | MessageError::Unwritable { .. }
            | MessageError::Writing(_) => Refusal::Fault(Fault::internal()),
        }
    }
}

/// Shortens a name that came from outside to at most sixty characters.
pub(crate) fn shortened(name: &str) -> String {
    match name.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
