//! Envelopes: opening a message, reading what its body holds, and writing one, in both directions.
//!
//! Not here: any operation. They hand in their types ([`Call`]), so that each of these functions is written once.
//!
//! Invariant: a reply is used only if it has as many statuses as the request had items.
//! Invariant: of a list, one item at a time is in memory.

use std::io::{BufRead, Write};
use std::marker::PhantomData;

use crate::common::Secret;
use crate::error::MessageError;
use crate::fault::{self, Fault};
use crate::header::{self, Header, ResponseInfo};
use crate::limits::Limits;
use crate::name::{Name, Remark};
use crate::namespace::Namespace;
use crate::operation::{Call, Operation, Service, Streamed};
use crate::record::{Content, Record, pass_over, read_value};
use crate::security::{Security, Timestamp, UsernameToken};
use crate::status_info::StatusBlock;
use crate::xml::{Prefixes, XmlReader, XmlWriter};

/// A message whose header was read and whose body is open.
pub struct OpenMessage<'a> {
    reader: XmlReader<'a>,
    /// The header.
    pub header: Header,
    /// The element in the body.
    pub body: Name,
}

/// A value that was read, with what was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read<T> {
    /// The value.
    pub value: T,
    /// What was passed over.
    pub remarks: Vec<Remark>,
}

/// What a request says besides its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallHeader {
    /// The name of the message. The reply repeats it.
    pub message_identifier: Option<String>,
    /// Who sends.
    pub token: Option<UsernameToken>,
}

impl CallHeader {
    /// A header with a name, a user and a password.
    pub fn new(message_identifier: &str, username: &str, password: &str) -> CallHeader {
        let (username, password) = (username.to_owned(), Secret::new(password.to_owned()));
        CallHeader {
            message_identifier: Some(message_identifier.to_owned()),
            token: Some(UsernameToken { username, password, ..UsernameToken::default() }),
        }
    }
}

/// What a reply says besides its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyHeader<S> {
    /// The name of the message that is answered, empty if it had none.
    pub message_identifier: String,
    /// How it ended.
    pub status: S,
    /// When the reply is valid. `None` leaves the security block out, for clients that stop at it (facts/ims-es.md §6, trap 14).
    pub timestamp: Option<Timestamp>,
}

/// A reply that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply<C: Call> {
    /// The name of the message that is answered.
    pub message_identifier: Option<String>,
    /// How it ended.
    pub status: C::Status,
    /// What came back.
    pub body: C::Reply,
    /// What was passed over.
    pub remarks: Vec<Remark>,
}

/// Opens a message: reads its header and goes to the element in its body. A fault is an error.
pub fn open<'a>(source: impl BufRead + Send + 'a, limits: Limits) -> Result<OpenMessage<'a>, MessageError> {
    let mut reader = XmlReader::new(source, limits);
    if !reader.child()? || !reader.name().is(Namespace::Soap, "Envelope") {
        return Err(MessageError::NotSoap { found: reader.name().to_string() });
    }
    let mut header = Header::default();
    while reader.child()? {
        if reader.name().is(Namespace::Soap, "Header") {
            header = header::read(&mut reader)?;
        } else if reader.name().is(Namespace::Soap, "Body") {
            if !reader.child()? {
                return Err(MessageError::NoBody);
            }
            if reader.name().is(Namespace::Soap, "Fault") {
                return Err(MessageError::Fault(fault::read(&mut reader)?));
            }
            let body = reader.name().clone();
            return Ok(OpenMessage { reader, header, body });
        } else {
            pass_over(&mut reader)?;
        }
    }
    Err(MessageError::NoBody)
}

impl<'a> OpenMessage<'a> {
    /// The operation that the body asks for. `None` if it is not one of ours.
    pub fn operation(&self) -> Option<Operation> {
        Operation::from_body(&self.body)
    }

    /// Reads the body as a request, whole.
    pub fn call<C: Call>(self) -> Result<Read<C>, MessageError> {
        self.expect(C::OPERATION.service(), &C::OPERATION.request_element())?.read()
    }

    /// Reads the body as a request, item by item.
    pub fn items<C: Call + Streamed>(self) -> Result<Items<'a, C>, MessageError> {
        let opened = self.expect(C::OPERATION.service(), &C::OPERATION.request_element())?;
        Ok(Items { reader: opened.reader, is_inside: false, list: PhantomData })
    }

    /// Passes over the body and gives what was remarked in the header.
    pub fn finish(self) -> Result<Vec<Remark>, MessageError> {
        self.reader.finish()
    }

    fn expect(self, service: Service, element: &str) -> Result<OpenMessage<'a>, MessageError> {
        if self.body.is(service.namespace(), element) {
            return Ok(self);
        }
        let expected = format!("{}:{element}", service.namespace().prefix());
        Err(MessageError::WrongBody { found: self.body.to_string(), expected })
    }

    fn read<T: Content>(mut self) -> Result<Read<T>, MessageError> {
        let value = T::read(&mut self.reader)?;
        let remarks = self.reader.finish()?;
        Ok(Read { value, remarks })
    }
}

/// The items of a list, one at a time.
pub struct Items<'a, L: Streamed> {
    reader: XmlReader<'a>,
    is_inside: bool,
    list: PhantomData<L>,
}

impl<L: Streamed> Items<'_, L> {
    /// Reads the next item. `None` after the last.
    pub fn next_item(&mut self) -> Result<Option<L::Item>, MessageError> {
        loop {
            if !self.reader.child()? {
                if !self.is_inside {
                    return Ok(None);
                }
                self.is_inside = false;
                continue;
            }
            let wanted = if self.is_inside { L::PLACE.inner } else { Some(L::PLACE.tag) };
            let is_wanted = wanted.is_some_and(|tag| self.reader.name().is(tag.namespace, tag.name));
            match (is_wanted, self.is_inside) {
                (false, _) => pass_over(&mut self.reader)?,
                (true, false) if L::PLACE.inner.is_some() => self.is_inside = true,
                (true, _) => return read_value(&mut self.reader).map(Some),
            }
        }
    }

    /// Makes sure that nothing follows, and gives what was passed over. To be called after the last item.
    pub fn finish(self) -> Result<Vec<Remark>, MessageError> {
        self.reader.finish()
    }
}

/// Reads the reply to a call with so many items.
pub fn read_reply<C: Call>(
    source: impl BufRead + Send,
    limits: Limits,
    items: usize,
) -> Result<Reply<C>, MessageError> {
    let mut opened = open(source, limits)?;
    let mut info = opened.header.response.take().ok_or(MessageError::NoStatus)?;
    let status = C::Status::take(&mut info, items)?;
    let opened = opened.expect(C::OPERATION.service(), &C::OPERATION.response_element())?;
    let Read { value: body, remarks } = opened.read::<C::Reply>()?;
    Ok(Reply { message_identifier: info.message_identifier, status, body, remarks })
}

/// Writes a request.
pub fn write_call<C: Call>(out: &mut dyn Write, header: &CallHeader, call: &C) -> Result<(), MessageError> {
    let mut writer = begin_call(out, C::OPERATION, header)?;
    call.write_fields(&mut writer)?;
    end_message(&mut writer)
}

/// Writes a request item by item.
pub fn write_call_items<C: Call + Streamed>(
    out: &mut dyn Write,
    header: &CallHeader,
    items: impl IntoIterator<Item = C::Item>,
) -> Result<(), MessageError> {
    let mut writer = begin_call(out, C::OPERATION, header)?;
    write_items::<C>(&mut writer, items)?;
    end_message(&mut writer)
}

/// Writes a reply.
pub fn write_reply<C: Call>(
    out: &mut dyn Write,
    header: &ReplyHeader<C::Status>,
    reply: &C::Reply,
) -> Result<(), MessageError> {
    let mut writer = begin_reply::<C>(out, header)?;
    reply.write_fields(&mut writer)?;
    end_message(&mut writer)
}

/// Writes what the body of a reply holds, for [`write_reply_around`].
pub fn reply_content<C: Call>(reply: &C::Reply) -> Result<Vec<u8>, MessageError> {
    let mut content = Vec::new();
    let mut writer = XmlWriter::inside(&mut content, C::OPERATION.service().namespace());
    reply.write_fields(&mut writer)?;
    Ok(content)
}

/// Writes a reply around what [`reply_content`] wrote for this operation: the same bytes as [`write_reply`] in one piece.
pub fn write_reply_around<C: Call>(
    out: &mut dyn Write,
    header: &ReplyHeader<C::Status>,
    content: &[u8],
) -> Result<(), MessageError> {
    let mut writer = begin_reply::<C>(out, header)?;
    writer.insert(content)?;
    end_message(&mut writer)
}

/// Writes a reply item by item.
pub fn write_reply_items<C: Call<Reply: Streamed>>(
    out: &mut dyn Write,
    header: &ReplyHeader<C::Status>,
    items: impl IntoIterator<Item = <C::Reply as Streamed>::Item>,
) -> Result<(), MessageError> {
    let mut writer = begin_reply::<C>(out, header)?;
    write_items::<C::Reply>(&mut writer, items)?;
    end_message(&mut writer)
}

/// Writes a fault. It goes out with HTTP 500.
pub fn write_fault(out: &mut dyn Write, fault: &Fault) -> Result<(), MessageError> {
    let mut writer = XmlWriter::new(out, Prefixes::WhereUsed);
    writer.start(Namespace::Soap, "Envelope")?;
    writer.start(Namespace::Soap, "Body")?;
    fault::write(fault, &mut writer)?;
    writer.end()?;
    writer.end()
}

fn begin_call<'a>(
    out: &'a mut dyn Write,
    operation: Operation,
    header: &CallHeader,
) -> Result<XmlWriter<'a>, MessageError> {
    let mut writer = XmlWriter::new(out, Prefixes::OnRoot(declared(operation.service())));
    writer.declaration()?;
    writer.start(Namespace::Soap, "Envelope")?;
    let security = header.token.clone().map(|token| Security { token: Some(token), timestamp: None });
    header::write_request(header.message_identifier.as_deref(), security.as_ref(), &mut writer)?;
    writer.start(Namespace::Soap, "Body")?;
    writer.start(operation.service().namespace(), &operation.request_element())?;
    Ok(writer)
}

fn begin_reply<'a, C: Call>(
    out: &'a mut dyn Write,
    header: &ReplyHeader<C::Status>,
) -> Result<XmlWriter<'a>, MessageError> {
    let mut info = ResponseInfo {
        message_identifier: Some(header.message_identifier.clone()),
        ..ResponseInfo::default()
    };
    header.status.put(&mut info);
    let security =
        header.timestamp.clone().map(|timestamp| Security { token: None, timestamp: Some(timestamp) });
    let mut writer = XmlWriter::new(out, Prefixes::WhereUsed);
    writer.start(Namespace::Soap, "Envelope")?;
    header::write_response(&info, security.as_ref(), &mut writer)?;
    writer.start(Namespace::Soap, "Body")?;
    writer.start(C::OPERATION.service().namespace(), &C::OPERATION.response_element())?;
    Ok(writer)
}

fn end_message(writer: &mut XmlWriter<'_>) -> Result<(), MessageError> {
    writer.end()?;
    writer.end()?;
    writer.end()
}

/// Writes items at their place. The wrapper is written even around none.
fn write_items<L: Streamed>(
    writer: &mut XmlWriter<'_>,
    items: impl IntoIterator<Item = L::Item>,
) -> Result<(), MessageError> {
    let tag = L::PLACE.inner.unwrap_or(L::PLACE.tag);
    if L::PLACE.inner.is_some() {
        writer.start(L::PLACE.tag.namespace, L::PLACE.tag.name)?;
    }
    for item in items {
        writer.start(tag.namespace, tag.name)?;
        item.write(writer)?;
        writer.end()?;
    }
    if L::PLACE.inner.is_some() {
        writer.end()?;
    }
    Ok(())
}

/// The namespaces that a request to a service declares on its root.
fn declared(service: Service) -> &'static [Namespace] {
    match service {
        Service::Group => &[
            Namespace::Soap,
            Namespace::GroupMessages,
            Namespace::GroupData,
            Namespace::Common,
            Namespace::MessageBinding,
            Namespace::Security,
            Namespace::SecurityUtility,
            Namespace::SchemaInstance,
        ],
        Service::Membership => &[
            Namespace::Soap,
            Namespace::MembershipMessages,
            Namespace::MembershipData,
            Namespace::Common,
            Namespace::MessageBinding,
            Namespace::Security,
            Namespace::SecurityUtility,
            Namespace::SchemaInstance,
        ],
        Service::Person | Service::ExtendedPerson => &[
            Namespace::Soap,
            Namespace::PersonMessages,
            Namespace::PersonData,
            Namespace::Common,
            Namespace::MessageBinding,
            Namespace::Security,
            Namespace::SecurityUtility,
            Namespace::SchemaInstance,
        ],
    }
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
