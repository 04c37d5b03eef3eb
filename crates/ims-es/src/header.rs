//! The header blocks of both directions (facts/ims-es.md §1.4).
//!
//! Not here: what stands in the security block (`security.rs`).
//!
//! Invariant: a block that its sender says must be understood, and that is not, is reported by name.

use crate::error::MessageError;
use crate::namespace::Namespace;
use crate::record::{Content, record};
use crate::security::{self, Security};
use crate::status_info::{StatusInfo, StatusInfoSet};
use crate::xml::{XmlReader, XmlWriter};

/// The name of the block in a request.
pub(crate) const REQUEST_BLOCK: &str = "syncRequestHeaderInfo";
/// The name of the block in a reply.
pub(crate) const RESPONSE_BLOCK: &str = "syncResponseHeaderInfo";

record! {
    /// What a request says about itself.
    pub struct RequestInfo = MessageBinding "SyncRequestHeaderInfo" {
        /// The sender's name for the message. The reply repeats it.
        pub message_identifier: Option<String> = ["messageIdentifier"],
    }
}

record! {
    /// What a reply says about itself.
    pub struct ResponseInfo = MessageBinding "SyncResponseHeaderInfo" {
        /// The message that is answered.
        pub message_identifier: Option<String> = ["messageIdentifier"],
        /// How the call ended.
        pub status_info: Option<StatusInfo> = ["statusInfo"],
        /// How each item ended.
        pub status_info_set: Option<StatusInfoSet> = ["statusInfoSet"],
    }
}

/// The header of a message that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The block of a request.
    pub request: Option<RequestInfo>,
    /// The block of a reply.
    pub response: Option<ResponseInfo>,
    /// The security block.
    pub security: Option<Security>,
    /// Blocks that must be understood and are not. A server answers with the fault `MustUnderstand`.
    pub not_understood: Vec<String>,
}

impl Header {
    /// The sender's name for the message, empty if it has none: so the reply repeats it.
    pub fn message_identifier(&self) -> &str {
        let info = self.request.as_ref();
        info.and_then(|info| info.message_identifier.as_deref()).unwrap_or_default()
    }
}

/// Reads the header element that just opened.
pub(crate) fn read(reader: &mut XmlReader<'_>) -> Result<Header, MessageError> {
    let mut header = Header::default();
    while reader.child()? {
        let name = reader.name();
        if name.is(Namespace::MessageBinding, REQUEST_BLOCK) {
            header.request = Some(RequestInfo::read(reader)?);
        } else if name.is(Namespace::MessageBinding, RESPONSE_BLOCK) {
            header.response = Some(ResponseInfo::read(reader)?);
        } else if name.is(Namespace::Security, "Security") {
            if header.security.is_some() {
                return Err(MessageError::Security { why: "there are two of it" });
            }
            header.security = Some(security::read(reader)?);
        } else {
            if must_understand(reader) {
                header.not_understood.push(reader.name().to_string());
            }
            reader.remark("is a header block that this service does not use", "leave it out");
            reader.skip()?;
        }
    }
    Ok(header)
}

/// Whether the block that just opened must be understood. Blanks, `true`, and a missing namespace are all seen in the wild.
fn must_understand(reader: &XmlReader<'_>) -> bool {
    let qualified = reader.attribute(Some(Namespace::Soap), "mustUnderstand");
    let bare = reader.attribute(None, "mustUnderstand");
    matches!(qualified.or(bare).map(str::trim), Some("1" | "true"))
}

/// Writes a request's header.
pub(crate) fn write_request(
    message_identifier: Option<&str>,
    security: Option<&Security>,
    writer: &mut XmlWriter<'_>,
) -> Result<(), MessageError> {
    writer.start(Namespace::Soap, "Header")?;
    if let Some(identifier) = message_identifier {
        writer.start(Namespace::MessageBinding, REQUEST_BLOCK)?;
        RequestInfo { message_identifier: Some(identifier.to_owned()) }.write(writer)?;
        writer.end()?;
    }
    if let Some(security) = security {
        security::write(security, writer)?;
    }
    writer.end()
}

/// Writes a reply's header.
pub(crate) fn write_response(
    info: &ResponseInfo,
    security: Option<&Security>,
    writer: &mut XmlWriter<'_>,
) -> Result<(), MessageError> {
    writer.start(Namespace::Soap, "Header")?;
    writer.start_prefixed("h", Namespace::MessageBinding, RESPONSE_BLOCK)?;
    info.write(writer)?;
    writer.end()?;
    if let Some(security) = security {
        security::write(security, writer)?;
    }
    writer.end()
}

#[cfg(test)]
mod tests {
    use crate::envelope::open;
    use crate::limits::Limits;

    /// A header block that is not known, with this attribute: is it reported?
    fn check(attribute: &str, expected: bool) {
        let text = format!(
            "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Header><v:trace xmlns:v='urn:v' {attribute}/></s:Header><s:Body><x/></s:Body></s:Envelope>"
        );
        let opened = open(text.as_bytes(), Limits::default()).unwrap();
        assert_eq!(!opened.header.not_understood.is_empty(), expected, "{attribute}");
    }

    #[test]
    fn a_block_must_be_understood_in_every_spelling_of_that() {
        for attribute in [
            "s:mustUnderstand='1'",
            "s:mustUnderstand='1 '",
            "s:mustUnderstand='true'",
            "mustUnderstand='true'",
        ] {
            check(attribute, true);
        }
        for attribute in ["", "s:mustUnderstand='0'", "s:mustUnderstand=''", "v:mustUnderstand='1'"] {
            check(attribute, false);
        }
    }
}
