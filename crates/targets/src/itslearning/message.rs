//! A message that is ready to go, and what came back, both as bytes.
//!
//! Not here: the network (`client.rs`) and what an answer means (`answer.rs`).
//!
//! Invariant: a message holds the password, so no formatting of it shows more than its name.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ims_es::envelope::{CallHeader, Reply, open, read_reply, write_call, write_call_items};
use ims_es::error::MessageError;
use ims_es::limits::Limits;
use ims_es::operation::{Call, Operation, Streamed};
use ims_es::redact::redact;

use super::errors::{CallError, SHOWN_CHARS_MAX, code_of, codes};
use super::settings::ItslearningSettings;
use crate::secret::HIDDEN;

/// A message that is ready to go.
#[derive(Clone)]
pub struct Message {
    /// Which operation it asks for.
    pub operation: Operation,
    /// Its name. A repetition has the same, so that a service which remembers answers as before.
    pub identifier: String,
    /// How many statuses answer it.
    pub items: usize,
    bytes: Vec<u8>,
}

impl Message {
    /// A message that somebody else wrote, byte for byte.
    pub fn of_bytes(operation: Operation, identifier: &str, items: usize, bytes: Vec<u8>) -> Message {
        Message { operation, identifier: identifier.to_owned(), items, bytes }
    }

    /// The message for people: passwords are blanked.
    pub fn shown(&self) -> String {
        redact(&String::from_utf8_lossy(&self.bytes))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({} items)", self.operation.name(), self.identifier, self.items)
    }
}

/// Writes messages: each gets a name of its own.
#[derive(Debug)]
pub(super) struct Writer {
    /// Tells the messages of this process from those of all others.
    prefix: u64,
    next: AtomicU64,
}

impl Writer {
    pub(super) fn new() -> Writer {
        Writer { prefix: RandomState::new().build_hasher().finish(), next: AtomicU64::new(1) }
    }

    /// Writes a whole request.
    pub(super) fn call<C: Call>(
        &self,
        settings: &ItslearningSettings,
        call: &C,
    ) -> Result<Message, CallError> {
        self.message(settings, C::OPERATION, call.items(), |out, header| write_call(out, header, call))
    }

    /// Writes a request of a list.
    pub(super) fn items<C>(
        &self,
        settings: &ItslearningSettings,
        items: &[C::Item],
    ) -> Result<Message, CallError>
    where
        C: Call + Streamed<Item: Clone>,
    {
        self.message(settings, C::OPERATION, items.len(), |out, header| {
            write_call_items::<C>(out, header, items.iter().cloned())
        })
    }

    fn message(
        &self,
        settings: &ItslearningSettings,
        operation: Operation,
        items: usize,
        write: impl FnOnce(&mut Vec<u8>, &CallHeader) -> Result<(), MessageError>,
    ) -> Result<Message, CallError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let identifier = format!("muster-{:016x}-{number}", self.prefix);
        let header = CallHeader::new(&identifier, &settings.username, settings.password.reveal());
        let mut bytes = Vec::new();
        write(&mut bytes, &header)
            .map_err(|error| CallError::new(operation, &identifier, codes::UNWRITABLE, &error.to_string()))?;
        Ok(Message { operation, identifier, items, bytes })
    }
}

/// What came back, whatever it is.
#[derive(Clone, Debug)]
pub struct RawAnswer {
    /// The status of HTTP.
    pub status: u16,
    /// How long it took.
    pub took: Duration,
    pub(super) body: Vec<u8>,
}

impl RawAnswer {
    /// The whole answer for people: passwords are blanked.
    pub fn shown(&self) -> String {
        redact(&String::from_utf8_lossy(&self.body))
    }

    /// Reads the answer to a message.
    ///
    /// # Errors
    ///
    /// It is a fault, a status of HTTP that is none of a success, or no answer to this message.
    pub fn read<C: Call>(
        &self,
        message: &Message,
        settings: &ItslearningSettings,
    ) -> Result<Reply<C>, CallError> {
        let (operation, identifier) = (message.operation, &*message.identifier);
        let limits = Limits { message_bytes_max: settings.answer_bytes_max, ..Limits::default() };
        if self.status != 200 {
            return Err(match open(&*self.body, limits) {
                Err(error @ MessageError::Fault(_)) => self.error(message, settings, &error),
                // A page of HTML says nothing that the status does not say.
                _ => CallError::of_status(operation, identifier, self.status),
            });
        }
        let reply = read_reply::<C>(&*self.body, limits, message.items)
            .map_err(|error| self.error(message, settings, &error))?;
        match reply.message_identifier.as_deref() {
            // A service that names no message has no other.
            None | Some("") => Ok(reply),
            Some(named) if named == identifier => Ok(reply),
            Some(other) => {
                let shown = shown(other, settings);
                Err(CallError::new(operation, identifier, codes::OTHER_MESSAGE, &shown))
            }
        }
    }

    fn error(&self, message: &Message, settings: &ItslearningSettings, error: &MessageError) -> CallError {
        let (code, said) = code_of(error);
        let said = said.unwrap_or_else(|| String::from_utf8_lossy(&self.body).into_owned());
        CallError::new(message.operation, &message.identifier, &code, &shown(&said, settings))
    }
}

/// A text of the service as it may be shown: without the password, and not too long.
pub(super) fn shown(text: &str, settings: &ItslearningSettings) -> String {
    let text = settings.password.redact(&redact(text.trim()));
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}{HIDDEN}", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use ims_es::group::create_group::CreateGroup;

    use super::*;
    use crate::secret::Secret;

    fn settings() -> ItslearningSettings {
        ItslearningSettings::new(
            "https://enterprise.example.com",
            "muster",
            Secret::new("password-for-tests"),
        )
    }

    #[test]
    fn no_formatting_of_a_message_shows_the_password() {
        let message = Writer::new().call(&settings(), &CreateGroup::default()).unwrap();
        assert!(String::from_utf8_lossy(message.bytes()).contains("password-for-tests"));
        assert!(!format!("{message:?} {}", message.shown()).contains("password-for-tests"));
    }

    #[test]
    fn each_message_has_a_name_of_its_own() {
        let writers = [Writer::new(), Writer::new()];
        let mut names: Vec<String> = Vec::new();
        for writer in writers.iter().chain(&writers) {
            names.push(writer.call(&settings(), &CreateGroup::default()).unwrap().identifier);
        }
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 4);
    }

    fn check(status: u16, body: &str, code: &str, shown: &str) {
        let message = Message::of_bytes(Operation::CreateGroup, "m-1", 1, Vec::new());
        let answer = RawAnswer { status, took: Duration::ZERO, body: body.into() };
        let error = answer.read::<CreateGroup>(&message, &settings()).unwrap_err();
        assert_eq!((&*error.code, &*error.shown), (code, shown), "{body}");
    }

    #[test]
    fn what_is_no_answer_is_told_by_its_kind_and_without_the_password() {
        check(200, "", "empty_answer", "");
        check(200, "<html>password-for-tests</html>", "unreadable", "<html>…</html>");
        check(404, "<html>a page</html>", "http_404", "");
        check(599, "", "http_other", "status 599");
        let fault = |code: &str| {
            format!(
                "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault>\
                 <faultcode xmlns:a='urn:x'>a:{code}</faultcode><faultstring>no password-for-tests</faultstring>\
                 </s:Fault></s:Body></s:Envelope>"
            )
        };
        check(500, &fault("FailedAuthentication"), "FailedAuthentication", "no …");
        check(200, &fault("InternalServiceFault"), "InternalServiceFault", "no …");
        check(500, &fault("SomethingNew"), "fault_other", "no …");
    }
}
