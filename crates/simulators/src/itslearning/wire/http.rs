//! One HTTP request to a service and its answer, without a socket (facts/ims-es.md §1.2 to §1.5).
//!
//! Not here: connections, faults, and what is under way (`server.rs`).
//!
//! Invariant: the answer depends on the request and the world alone; the time comes with the request.
//! Invariant: nobody is told anything, and nothing is done, before the password is checked.

use ims_es::calls::{Visitor, visit};
use ims_es::envelope::{OpenMessage, open, write_fault};
use ims_es::error::{MessageError, Refusal};
use ims_es::fault::Fault;
use ims_es::limits::Limits;
use ims_es::operation::{Call, Operation, Service};
use ims_es::security::Freshness;
use ims_es::time::UtcTime;
use ims_es::wsdl::{Document, Endpoint, SecurityPolicy, document};

use crate::itslearning::operations::{Answered, Desk, Share, carry_out};
use crate::itslearning::settings::Settings;
use crate::itslearning::world::World;

/// The folder in which itslearning keeps its services; they answer without it as well.
const FOLDER: &str = "/WCFServiceLibrary";

/// The address that answers for every service.
const COMBINED: &str = "/ImsEnterpriseServicesPort.svc";

/// By how much a sender's clock may differ, in milliseconds: what WCF allows (§1.5, general knowledge).
const CLOCK_SKEW_MS: i64 = 5 * 60 * 1000;

/// What arrives.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    /// The method.
    pub method: String,
    /// The path, from the first slash.
    pub path: String,
    /// The query string, without the question mark.
    pub query: String,
    /// The host that the client named, for the description.
    pub host: String,
    /// The `Content-Type` header, or nothing.
    pub content_type: String,
    /// The `SOAPAction` header, or nothing.
    pub soap_action: String,
    /// The body.
    pub body: Vec<u8>,
    /// The time, in milliseconds since 1970.
    pub now_ms: i64,
}

impl HttpRequest {
    /// A message sent to the combined address at the time 0.
    #[must_use]
    pub fn post(soap_action: &str, body: &str) -> HttpRequest {
        HttpRequest {
            method: "POST".to_owned(),
            path: format!("{FOLDER}{COMBINED}"),
            query: String::new(),
            host: "localhost".to_owned(),
            content_type: "text/xml; charset=utf-8".to_owned(),
            soap_action: soap_action.to_owned(),
            body: body.as_bytes().to_vec(),
            now_ms: 0,
        }
    }
}

/// What goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The `Content-Type` header.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
    /// How many items were carried out.
    pub done: usize,
    /// How many items were refused.
    pub refused: usize,
}

impl HttpAnswer {
    /// A page that is no message.
    pub(super) fn page(status: u16, text: &str) -> HttpAnswer {
        let body = text.as_bytes().to_vec();
        HttpAnswer { status, content_type: "text/html", body, done: 0, refused: 0 }
    }

    /// A fault. It goes out with the status 500 (§1.3).
    pub(super) fn fault(fault: &Fault) -> HttpAnswer {
        let mut body = Vec::new();
        match write_fault(&mut body, fault) {
            Ok(()) => HttpAnswer { status: 500, content_type: XML, body, done: 0, refused: 0 },
            Err(_) => HttpAnswer::page(500, ""),
        }
    }

    fn of(answered: Result<Answered, Refused>) -> HttpAnswer {
        match answered {
            Ok(Answered { body, done, refused }) => {
                HttpAnswer { status: 200, content_type: XML, body, done, refused }
            }
            Err(Refused::Page(status)) => HttpAnswer::page(status, ""),
            Err(Refused::Fault(fault)) => HttpAnswer::fault(&fault),
        }
    }
}

const XML: &str = "text/xml; charset=utf-8";

/// Why a message as a whole is not taken.
pub(in crate::itslearning) enum Refused {
    /// A bare status of HTTP.
    Page(u16),
    /// A fault.
    Fault(Fault),
}

impl From<MessageError> for Refused {
    fn from(error: MessageError) -> Refused {
        match error.refusal() {
            Refusal::Http(status) => Refused::Page(status),
            Refusal::Fault(fault) => Refused::Fault(fault),
        }
    }
}

/// A request, looked at: what the fault rules and the record of calls need to know of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Incoming {
    pub(super) operation: String,
    pub(super) message_identifier: String,
    pub(super) items: usize,
    pub(super) is_write: bool,
}

impl Incoming {
    /// Looks at a request; nothing is known of one that is no message.
    pub(super) fn read(request: &HttpRequest) -> Incoming {
        let Ok(message) = open(&*request.body, Limits::default()) else { return Incoming::default() };
        let Some(operation) = message.operation() else { return Incoming::default() };
        Incoming {
            operation: operation.name().to_owned(),
            message_identifier: message.header.message_identifier().to_owned(),
            items: visit(operation, Count { message }),
            is_write: !operation.name().starts_with("read"),
        }
    }
}

/// Counts the items of a request of any operation.
struct Count<'a> {
    message: OpenMessage<'a>,
}

impl Visitor for Count<'_> {
    type Out = usize;

    fn visit<C: Call>(self) -> usize {
        self.message.call::<C>().map_or(0, |read| read.value.items())
    }
}

/// Answers one request as a service that has nothing else under way.
#[must_use]
pub fn answer(world: &mut World, request: &HttpRequest) -> HttpAnswer {
    respond(world, request, Share::All)
}

/// Where the world is shown to people, which itslearning itself does not do.
pub(super) const PICTURE: &str = "/picture";

/// Answers one request; of its items only a share is carried out.
pub(super) fn respond(world: &mut World, request: &HttpRequest, share: Share) -> HttpAnswer {
    if request.path == PICTURE {
        let content_type = "text/plain; charset=utf-8";
        return HttpAnswer { content_type, ..HttpAnswer::page(200, &world.picture()) };
    }
    if let Some(description) = described(request) {
        return HttpAnswer { content_type: XML, ..HttpAnswer::page(200, &description) };
    }
    HttpAnswer::of(responded(world, request, share))
}

/// The description of an address, without the policy: SOAP stacks of other languages are generated from it (§1.2).
fn described(request: &HttpRequest) -> Option<String> {
    let which = Document::from_query(&request.query).filter(|_| request.method == "GET")?;
    let file = request.path.rsplit('/').next()?;
    let endpoint = Endpoint::ALL.into_iter().find(|endpoint| endpoint.file_name() == file)?;
    let address = format!("http://{}{}", request.host, request.path);
    document(endpoint, &address, which, SecurityPolicy::LeftOut)
}

fn responded(world: &mut World, request: &HttpRequest, share: Share) -> Result<Answered, Refused> {
    let services = services_at(&request.path).ok_or(Refused::Page(404))?;
    if request.method != "POST" {
        // GET shows a help page for people (§1.5).
        return Err(Refused::Page(if request.method == "GET" { 200 } else { 405 }));
    }
    if request.content_type.split(';').next().is_none_or(|kind| kind.trim() != "text/xml") {
        return Err(Refused::Page(415));
    }
    if request.body.len() > world.settings().message_bytes_max {
        return Err(Refused::Page(413));
    }
    let message = open(&*request.body, Limits::default())?;
    let now = UtcTime { unix_ms: request.now_ms };
    admitted(world.settings(), &message, now)?;
    let operation = asked(world.settings(), &message, services, &request.soap_action)?;
    carry_out(Desk { world, share, now }, operation, message)
}

/// The services of an address (§1.2).
fn services_at(path: &str) -> Option<&'static [Service]> {
    let file = path.strip_prefix(FOLDER).unwrap_or(path);
    if file == COMBINED {
        return Some(&Service::ALL);
    }
    let is_it = |service: &&Service| file == format!("/{}.svc", service.name());
    Service::ALL.iter().find(is_it).map(std::slice::from_ref)
}

/// Checks the security header: it must be there, its times must hold, and its password must be right (§1.5).
fn admitted(settings: &Settings, message: &OpenMessage<'_>, now: UtcTime) -> Result<(), Refused> {
    let invalid = || Refused::Fault(Fault::invalid_security());
    let security = message.header.security.as_ref().ok_or_else(invalid)?;
    if let Some(timestamp) = &security.timestamp
        && timestamp.freshness(now, CLOCK_SKEW_MS) != Freshness::Fresh
    {
        return Err(invalid());
    }
    let token = security.token.as_ref().ok_or_else(invalid)?;
    let is_known = settings
        .accounts
        .iter()
        .any(|account| account.username == token.username && account.password == token.password.expose());
    if !is_known {
        return Err(Refused::Fault(Fault::failed_authentication()));
    }
    if !message.header.not_understood.is_empty() {
        return Err(Refused::Fault(Fault::must_understand()));
    }
    Ok(())
}

/// The operation that SOAPAction and body agree on, if it is offered at the address (§1.3, §1.5).
fn asked(
    settings: &Settings,
    message: &OpenMessage<'_>,
    services: &[Service],
    soap_action: &str,
) -> Result<Operation, Refused> {
    let by_action = Operation::from_soap_action(soap_action);
    let is_offered = |operation: &Operation| {
        services.contains(&operation.service())
            && !settings.not_offered.contains(operation)
            && (settings.read_all_persons || *operation != Operation::ReadAllPersons)
    };
    message
        .operation()
        .filter(|operation| by_action == Some(*operation))
        .filter(is_offered)
        .ok_or_else(|| Refused::Fault(Fault::action_not_supported()))
}
