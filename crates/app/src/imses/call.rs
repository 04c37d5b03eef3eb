//! One call, from its bytes to the bytes of its answer (facts/ims-es.md §1.3 to §1.5, §2.1).
//!
//! Not here: HTTP (`http.rs`), and what a call does (`tasks.rs`, `queries.rs`).
//!
//! Invariant: every message is noted, also one that cannot be read.
//! Invariant: a call that reads sees what all calls wrote that were answered before it came (`reader.rs`).

use std::time::Instant;

use futures_util::future::BoxFuture;
use hyper::body::Bytes;
use ims_es::envelope::{
    OpenMessage, Read, ReplyHeader, open, reply_content, write_fault, write_reply_around,
};
use ims_es::error::{MessageError, Refusal};
use ims_es::fault::Fault;
use ims_es::header::Header;
use ims_es::keep::keep;
use ims_es::name::Remark;
use ims_es::operation::Operation;
use ims_es::policy::Policy;
use ims_es::problem::{Problem, status};
use ims_es::security::{Freshness, Timestamp as Validity};
use ims_es::status::CodeMinor;
use ims_es::status_info::{StatusBlock, StatusInfo};
use ims_es::time::UtcTime;
use ims_es::wsdl::Endpoint;
use reconcile::keys::Text;
use sha2::{Digest, Sha256};
use store::Timestamp;
use store::ims::{MessageOutcome, NewMessage};

use super::Ims;
use super::door::Sender;
use super::error::ServeError;
use super::figures::Way;
use super::journal::{complete, note_problems, note_remarks};
use super::reader::{Answer, Ask};
use super::tasks::Terms;
use super::work::{Found, Serve, ServeVisitor, Work, visit};
use super::writer::Change;

/// From this length on a message is read beside the work of others.
pub(super) const LONG_BYTES: usize = 256 << 10;

/// About as long is a reply without what its body holds.
const REPLY_HEADER_BYTES: usize = 2_048;

/// An answer in HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answered {
    /// The HTTP status.
    pub(super) status: u16,
    /// The envelope; a sentence where the status alone is the answer.
    pub(super) body: Vec<u8>,
}

/// Why a message gets no reply of its operation.
#[derive(Debug)]
pub(super) enum Refused {
    /// It gets a fault. The text is for the log.
    Fault(Fault, String),
    /// It gets a bare status of HTTP.
    Http(u16, String),
}

impl From<MessageError> for Refused {
    fn from(error: MessageError) -> Refused {
        match error.refusal() {
            Refusal::Fault(fault) => Refused::Fault(fault, crate::exit::chain(&error)),
            Refusal::Http(status) => Refused::Http(status, crate::exit::chain(&error)),
        }
    }
}

impl From<ServeError> for Refused {
    fn from(error: ServeError) -> Refused {
        let text = crate::exit::chain(&error);
        tracing::error!(error = %text, "cannot answer a student system");
        Refused::Fault(Fault::internal(), text)
    }
}

/// How a call that was carried out is answered.
struct Done {
    body: Vec<u8>,
    /// What is to be noted of it; nothing if that is done already.
    message: Option<NewMessage>,
}

impl Ims {
    /// Answers a message.
    pub(super) async fn answer(&self, endpoint: Endpoint, action: Option<&str>, bytes: Bytes) -> Answered {
        let begun = Instant::now();
        let mut message = self.blank(&bytes);
        let refused = match self.carry_out(endpoint, action, bytes.clone(), begun, &mut message).await {
            Ok(Done { body, message }) => {
                if let Some(message) = message {
                    self.journal.note(message).await;
                }
                return Answered { status: 200, body };
            }
            Err(refused) => refused,
        };
        self.refuse(refused, message, &bytes, begun).await
    }

    /// Answers a message that is not carried out, and notes it with as much of its bytes as came.
    pub(super) async fn refuse(
        &self,
        refused: Refused,
        mut message: NewMessage,
        bytes: &[u8],
        begun: Instant,
    ) -> Answered {
        let (outcome, word, text, answered) = match refused {
            Refused::Fault(fault, text) => {
                let mut body = Vec::new();
                if let Err(error) = write_fault(&mut body, &fault) {
                    tracing::error!(error = %error, "cannot write a fault");
                }
                let answered = Answered { status: 500, body };
                (MessageOutcome::Fault, fault.code.word().to_owned(), text, answered)
            }
            Refused::Http(status, text) => {
                let answered = Answered { status, body: format!("{text}\n").into_bytes() };
                (MessageOutcome::Http, status.to_string(), text, answered)
            }
        };
        let http = (outcome == MessageOutcome::Http).then_some(answered.status);
        self.tally.refused(&message.operation, outcome, http);
        message.detail = word.into();
        message.notes = text.into();
        // A fault is not to be repeated to whoever sends the message again.
        (message.repeat_key, message.body_hash) = (None, None);
        complete(&mut message, outcome, &[], begun, self.settings.keep_bodies, bytes);
        if message.account.is_none() {
            // Whoever has no account shall not fill the database.
            message.body = None;
        }
        self.journal.note(message).await;
        answered
    }

    /// What is noted of a message of which nothing is known but its bytes.
    pub(super) fn blank(&self, bytes: &[u8]) -> NewMessage {
        NewMessage {
            at: self.clock.now(),
            account: None,
            sender: Text::default(),
            operation: Text::default(),
            message_identifier: Text::default(),
            repeat_key: None,
            body_hash: None,
            outcome: MessageOutcome::Done,
            detail: Text::default(),
            items: 0,
            successes: 0,
            warnings: 0,
            failures: 0,
            duration_us: 0,
            request_bytes: bytes.len() as u64,
            statuses: None,
            notes: Text::default(),
            body: None,
        }
    }

    /// Finds out who sends, before anything else of a message is believed.
    pub(super) async fn let_in(&self, header: &Header) -> Result<Sender, Refused> {
        let invalid = |why: &str| Refused::Fault(Fault::invalid_security(), why.to_owned());
        let Some(security) = &header.security else {
            return Err(invalid("there is no Security header; send a UsernameToken"));
        };
        if let Some(validity) = &security.timestamp {
            let now = UtcTime { unix_ms: self.clock.now_ms() };
            let skew_ms = self.settings.clock_skew_s.saturating_mul(1000);
            match validity.freshness(now, i64::try_from(skew_ms).unwrap_or(i64::MAX)) {
                Freshness::Fresh => {}
                Freshness::Expired => return Err(invalid("the Timestamp has expired; check both clocks")),
                Freshness::NotYetValid => {
                    return Err(invalid("the Timestamp is from the future; check both clocks"));
                }
                Freshness::Unreadable => return Err(invalid("the Timestamp cannot be read")),
            }
        }
        let Some(token) = &security.token else {
            return Err(invalid("the Security header holds no UsernameToken"));
        };
        self.door.enter(token).await?.ok_or_else(|| {
            let text = "the user is not known, or the password is wrong".to_owned();
            Refused::Fault(Fault::failed_authentication(), text)
        })
    }

    async fn carry_out(
        &self,
        endpoint: Endpoint,
        action: Option<&str>,
        bytes: Bytes,
        begun: Instant,
        message: &mut NewMessage,
    ) -> Result<Done, Refused> {
        let opened = open(&bytes[..], self.settings.limits)?;
        message.message_identifier = opened.header.message_identifier().into();
        let token = opened.header.security.as_ref().and_then(|security| security.token.as_ref());
        message.sender = token.map(|token| token.username.as_str()).unwrap_or_default().into();
        let sender = self.let_in(&opened.header).await?;
        let account = &sender.account;
        message.account = Some((account.id, sender.password, account.site));
        if let Some(block) = opened.header.not_understood.first() {
            return Err(Refused::Fault(
                Fault::must_understand(),
                format!("the header block {block} is not known here"),
            ));
        }
        let operation = operation(endpoint, action, &opened)?;
        message.operation = operation.name().into();
        let answering =
            Answering { ims: self, opened, bytes: &bytes, sender, begun, message: message.clone() };
        visit(operation, answering).await
    }
}

/// The operation that address, SOAPAction and body agree on. A missing SOAPAction says nothing.
fn operation(
    endpoint: Endpoint,
    action: Option<&str>,
    opened: &OpenMessage<'_>,
) -> Result<Operation, Refused> {
    let unsupported = |text: String| Refused::Fault(Fault::action_not_supported(), text);
    let said =
        action.map(|action| action.trim().trim_matches('"').trim()).filter(|action| !action.is_empty());
    let in_body = opened.operation();
    let named = match said {
        Some(said) => Operation::from_soap_action(said)
            .ok_or_else(|| unsupported(format!("the SOAPAction {said:?} is not known; see ?wsdl")))?,
        None => in_body
            .ok_or_else(|| unsupported(format!("the body holds {}, which is no request", opened.body)))?,
    };
    if !endpoint.offers(named) {
        let text = format!("{} is not offered at {}", named.name(), endpoint.file_name());
        return Err(unsupported(text));
    }
    if in_body != Some(named) {
        let text = format!("the SOAPAction says {}, and the body holds {}", named.name(), opened.body);
        return Err(unsupported(text));
    }
    Ok(named)
}

/// A request that was read.
struct Parsed {
    work: Work,
    problems: Vec<Vec<Problem>>,
    remarks: Vec<Remark>,
    /// Stands for what a message asks for that may come again.
    body_hash: Option<String>,
}

impl Parsed {
    fn of<C: Serve>(opened: OpenMessage<'_>, policy: &Policy) -> Result<Parsed, MessageError> {
        let has_name = !opened.header.message_identifier().is_empty();
        let Read { value: call, remarks } = opened.call::<C>()?;
        let problems = call.problems(policy);
        let kept = if has_name && C::CHANGES { Some(keep(&call)?) } else { None };
        let body_hash = kept.map(|kept| hash(&[C::OPERATION.name(), &kept]));
        Ok(Parsed { work: call.work(), problems, remarks, body_hash })
    }
}

/// Answers a request of any operation.
struct Answering<'a> {
    ims: &'a Ims,
    opened: OpenMessage<'a>,
    bytes: &'a Bytes,
    sender: Sender,
    begun: Instant,
    message: NewMessage,
}

impl<'a> ServeVisitor for Answering<'a> {
    type Out = BoxFuture<'a, Result<Done, Refused>>;

    fn visit<C: Serve>(self) -> Self::Out {
        Box::pin(async move {
            let Answering { ims, opened, bytes, sender, begun, mut message } = self;
            let (policy, keep_bodies) = (ims.settings.policy, ims.settings.keep_bodies);
            let parsed = if bytes.len() < LONG_BYTES {
                Parsed::of::<C>(opened, &policy)?
            } else {
                drop(opened);
                let (bytes, limits) = (bytes.clone(), ims.settings.limits);
                let parsing = tokio::task::spawn_blocking(move || {
                    open(&bytes[..], limits).and_then(|opened| Parsed::of::<C>(opened, &policy))
                });
                parsing.await.map_err(|_| ServeError::Lost)??
            };
            let Parsed { work, problems, remarks, body_hash } = parsed;
            note_remarks(&mut message, &remarks);
            let identifier = message.message_identifier.to_string();
            let service = C::OPERATION.service();
            let account = &sender.account;
            let Some(_permit) = ims.busy.begin(account.id, account.limits, message.at) else {
                let text =
                    "There are too many calls of this account under way; wait, and send fewer at once.";
                let busy = StatusInfo::failure(service, CodeMinor::TargetIsBusy, text);
                let statuses = vec![busy; problems.len()];
                complete(&mut message, MessageOutcome::Busy, &statuses, begun, keep_bodies, bytes);
                let way = if C::CHANGES { Way::Write } else { Way::Read };
                ims.tally.answered(C::OPERATION, way, MessageOutcome::Busy, &statuses, begun);
                let body = ims.reply::<C>(identifier, statuses, &content::<C>(Found::Nothing)?)?;
                return Ok(Done { body, message: Some(message) });
            };
            match work {
                Work::Change(tasks) => {
                    if let Some(body_hash) = body_hash {
                        message.repeat_key = Some(hash(&[&account.id.0.to_string(), &identifier]).into());
                        message.body_hash = Some(body_hash.into());
                    }
                    let now = message.at;
                    let change = Change {
                        site: account.site,
                        service,
                        tasks,
                        problems,
                        terms: Terms { policy, now },
                        begun,
                        message,
                        repeats_since: Timestamp(match ims.settings.repeat_s {
                            0 => i64::MAX,
                            window_s => now.0 - window_s,
                        }),
                        keep_bodies,
                        bytes: bytes.clone(),
                    };
                    let (outcome, statuses) = ims.writer.carry_out(change).await?;
                    ims.tally.answered(C::OPERATION, Way::Write, outcome, &statuses, begun);
                    let body = ims.reply::<C>(identifier, statuses, &content::<C>(Found::Nothing)?)?;
                    Ok(Done { body, message: None })
                }
                Work::Read(query) => {
                    let objects_max = ims.settings.answer_objects_max;
                    let ask = Ask {
                        site: account.site,
                        operation: C::OPERATION,
                        query,
                        problems,
                        objects_max,
                        write: content::<C>,
                    };
                    let Answer { problems, content } = ims.reader.read(ask).await?;
                    let statuses: Vec<StatusInfo> =
                        problems.iter().map(|found| status(service, found)).collect();
                    note_problems(&mut message, &problems);
                    complete(&mut message, MessageOutcome::Done, &statuses, begun, keep_bodies, bytes);
                    ims.tally.answered(C::OPERATION, Way::Read, MessageOutcome::Done, &statuses, begun);
                    let body = ims.reply::<C>(identifier, statuses, &content)?;
                    Ok(Done { body, message: Some(message) })
                }
            }
        })
    }
}

impl Ims {
    fn reply<C: Serve>(
        &self,
        message_identifier: String,
        statuses: Vec<StatusInfo>,
        content: &[u8],
    ) -> Result<Vec<u8>, Refused> {
        let now = UtcTime { unix_ms: self.clock.now_ms() };
        let timestamp = self.settings.response_security.then(|| Validity::from_now(now));
        let header = ReplyHeader { message_identifier, status: C::Status::gather(statuses)?, timestamp };
        let mut body = Vec::with_capacity(REPLY_HEADER_BYTES + content.len());
        write_reply_around::<C>(&mut body, &header, content)?;
        Ok(body)
    }
}

/// What the reply of an operation holds.
fn content<C: Serve>(found: Found) -> Result<Vec<u8>, MessageError> {
    reply_content::<C>(&C::reply(found))
}

/// Stands for texts: each with its length, so that no two lists are alike.
fn hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
