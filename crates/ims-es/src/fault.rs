//! Faults: the answer to a message that cannot be taken at all (facts/ims-es.md §1.5).
//!
//! Not here: an item that fails. Its status says so, and no fault is made.
//!
//! Invariant: a fault has no detail and never names a user or repeats a value of the message.

use crate::error::MessageError;
use crate::namespace::Namespace;
use crate::xml::{XmlReader, XmlWriter};

/// A fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind it is.
    pub code: FaultCode,
    /// The reason in words.
    pub text: String,
}

/// What kind of fault it is. Each code's namespace is that of itslearning's platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultCode {
    /// The security header is missing, malformed or too old.
    InvalidSecurity,
    /// The user or the password is wrong.
    FailedAuthentication,
    /// The SOAPAction is unknown or does not fit the body.
    ActionNotSupported,
    /// The body cannot be read as the request.
    DeserializationFailed,
    /// The service failed.
    InternalServiceFault,
    /// A header block must be understood and is not.
    MustUnderstand,
    /// The envelope is of another version of SOAP.
    VersionMismatch,
    /// Another one, by its word.
    Other(String),
}

const ADDRESSING: &str = "http://schemas.microsoft.com/ws/2005/05/addressing/none";
const DISPATCHER: &str = "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher";

impl FaultCode {
    const KNOWN: [FaultCode; 7] = [
        FaultCode::InvalidSecurity,
        FaultCode::FailedAuthentication,
        FaultCode::ActionNotSupported,
        FaultCode::DeserializationFailed,
        FaultCode::InternalServiceFault,
        FaultCode::MustUnderstand,
        FaultCode::VersionMismatch,
    ];

    /// The word on the wire, without a prefix.
    pub fn word(&self) -> &str {
        match self {
            FaultCode::InvalidSecurity => "InvalidSecurity",
            FaultCode::FailedAuthentication => "FailedAuthentication",
            FaultCode::ActionNotSupported => "ActionNotSupported",
            FaultCode::DeserializationFailed => "DeserializationFailed",
            FaultCode::InternalServiceFault => "InternalServiceFault",
            FaultCode::MustUnderstand => "MustUnderstand",
            FaultCode::VersionMismatch => "VersionMismatch",
            FaultCode::Other(word) => word,
        }
    }

    fn namespace(&self) -> &'static str {
        match self {
            FaultCode::InvalidSecurity | FaultCode::FailedAuthentication => Namespace::Security.uri(),
            FaultCode::ActionNotSupported => ADDRESSING,
            FaultCode::DeserializationFailed | FaultCode::InternalServiceFault => DISPATCHER,
            FaultCode::MustUnderstand | FaultCode::VersionMismatch | FaultCode::Other(_) => {
                Namespace::Soap.uri()
            }
        }
    }
}

impl Fault {
    fn new(code: FaultCode, text: &str) -> Fault {
        Fault { code, text: text.to_owned() }
    }

    /// The security header is missing, malformed or too old.
    pub fn invalid_security() -> Fault {
        Fault::new(FaultCode::InvalidSecurity, "An error occurred when verifying security for the message.")
    }

    /// The user or the password is wrong. Which of the two is not said.
    pub fn failed_authentication() -> Fault {
        let text = "At least one security token in the message could not be validated.";
        Fault::new(FaultCode::FailedAuthentication, text)
    }

    /// The SOAPAction is unknown or does not fit the body.
    pub fn action_not_supported() -> Fault {
        let text = "The message cannot be processed, because its SOAPAction and the element in its body do not name one operation of this address (ContractFilter mismatch).";
        Fault::new(FaultCode::ActionNotSupported, text)
    }

    /// The body cannot be read as a request.
    pub fn deserialization_failed() -> Fault {
        Fault::new(FaultCode::DeserializationFailed, "Error in deserializing body of request message.")
    }

    /// The service failed.
    pub fn internal() -> Fault {
        let text = "The server was unable to process the request due to an internal error.";
        Fault::new(FaultCode::InternalServiceFault, text)
    }

    /// A header block must be understood and is not.
    pub fn must_understand() -> Fault {
        Fault::new(FaultCode::MustUnderstand, "A header block that must be understood is not known here.")
    }

    /// The envelope is of another version of SOAP.
    pub fn version_mismatch() -> Fault {
        Fault::new(FaultCode::VersionMismatch, "Send a SOAP 1.1 envelope.")
    }
}

/// Reads the fault element that just opened.
pub(crate) fn read(reader: &mut XmlReader<'_>) -> Result<Fault, MessageError> {
    let (mut code, mut text) = (String::new(), String::new());
    while reader.child()? {
        match reader.name().local.as_str() {
            "faultcode" => code = reader.text()?,
            "faultstring" => text = reader.text()?,
            _ => reader.skip()?,
        }
    }
    let word = code.rsplit(':').next().unwrap_or_default().trim();
    let known = FaultCode::KNOWN.into_iter().find(|known| known.word() == word);
    Ok(Fault { code: known.unwrap_or_else(|| FaultCode::Other(word.to_owned())), text })
}

/// Writes the fault element.
pub(crate) fn write(fault: &Fault, writer: &mut XmlWriter<'_>) -> Result<(), MessageError> {
    writer.start(Namespace::Soap, "Fault")?;
    writer.start_bare("faultcode")?;
    writer.attribute(None, "xmlns:a", fault.code.namespace())?;
    writer.text(&format!("a:{}", fault.code.word()))?;
    writer.end()?;
    writer.start_bare("faultstring")?;
    writer.attribute(None, "xml:lang", "en-US")?;
    writer.text(&fault.text)?;
    writer.end()?;
    writer.end()
}
