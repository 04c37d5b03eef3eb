//! Hands a letter to the mail server: connect, encrypt, log in, deliver (RFC 5321, 3207, 4954).
//!
//! Not here: what the letter says (`compose.rs`), and what happens when it cannot be sent (`mod.rs`).
//!
//! Invariant: no step takes longer than the server's time-out.
//! Invariant: a password is fetched when it is needed, goes to the server alone, and stands in no message, not even
//! where the server repeats it as it travelled (RFC 4616).
//! Invariant: an address that the server refuses costs only its own copy.

use std::error::Error as _;
use std::future::Future;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment as FilePart, Mailbox, MultiPart};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Message, transport};
use thiserror::Error;

use super::compose::Letter;
use super::paper::one_line;
use crate::config::{MailConfig, MailServer, MailTls};
use crate::exit::chain;

/// The longest answer of a server that is shown, in characters.
const ANSWER_CHARS_MAX: usize = 200;

/// What stands where a password was.
const HIDDEN: &str = "…";

/// How far the conversation was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The letter, the password or the certificates are made ready.
    Prepare,
    /// The server is called.
    Connect,
    /// The way is encrypted.
    Encrypt,
    /// The account is shown.
    LogIn,
    /// The letter is handed over.
    Deliver,
}

/// Why a letter could not be handed over.
#[derive(Debug, Error)]
#[error("cannot {} {server}: {why}", step.attempt())]
pub(crate) struct MailError {
    /// How far it came.
    pub(crate) step: Step,
    /// The server, as `host:port`.
    server: String,
    /// What was found, on one line and without secrets.
    why: String,
}

impl Step {
    fn attempt(self) -> &'static str {
        match self {
            Step::Prepare => "prepare mail for",
            Step::Connect => "reach the mail server",
            Step::Encrypt => "encrypt the way to the mail server",
            Step::LogIn => "log in to the mail server",
            Step::Deliver => "hand the mail to the mail server",
        }
    }
}

impl MailError {
    /// A letter that could not be written into a folder.
    pub(super) fn in_folder(folder: &Path, error: &std::io::Error) -> MailError {
        MailError { step: Step::Prepare, server: folder.display().to_string(), why: error.to_string() }
    }

    /// The message without the address of anybody to whom a letter went, which a server may repeat.
    pub(super) fn without_addresses(&self) -> String {
        let hidden = |word| if str::contains(word, '@') { HIDDEN } else { word };
        self.to_string().split(' ').map(hidden).collect::<Vec<_>>().join(" ")
    }

    /// Tells whether the next letter would fare no better.
    pub(super) fn is_about_all_letters(&self) -> bool {
        match self.step {
            Step::Prepare | Step::Connect | Step::Encrypt | Step::LogIn => true,
            Step::Deliver => false,
        }
    }

    /// What to do about it.
    pub(crate) fn remedy(&self) -> &'static str {
        match self.step {
            Step::Prepare => "see password and ca_file in [report.mail.smtp]",
            Step::Connect => "see host and port in [report.mail.smtp], and whether a firewall is in between",
            Step::Encrypt => {
                "see tls and port in [report.mail.smtp]; ca_file names the certificates of an authority of your own"
            }
            Step::LogIn => "see user and password in [report.mail.smtp]",
            Step::Deliver => {
                "see from and to in [report.mail], and whether the account may send for that sender"
            }
        }
    }
}

/// A conversation with a mail server.
pub(crate) struct Conversation<'a> {
    connection: AsyncSmtpConnection,
    server: &'a MailServer,
    /// Never to be seen in an answer: the password, as it is and as it travels.
    secrets: Vec<String>,
}

impl<'a> Conversation<'a> {
    /// Reaches a server and encrypts the way, as the configuration says.
    pub(crate) async fn begin(server: &'a MailServer) -> Result<Self, MailError> {
        let hello = ClientId::default();
        let tls = match server.tls {
            MailTls::Starttls | MailTls::Tls => Some(tls_parameters(server)?),
            MailTls::None => None,
        };
        let (at_once, later) = match server.tls {
            MailTls::Starttls => (None, tls),
            MailTls::Tls | MailTls::None => (tls, None),
        };
        let address = (server.host.as_str(), server.port);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(address, Some(server.timeout), &hello, at_once, None);
        let connection = in_time(server, Step::Connect, &[], connecting).await?;
        let mut conversation = Conversation { connection, server, secrets: Vec::new() };
        if let Some(tls) = later {
            if !conversation.connection.can_starttls() {
                return Err(failed(server, Step::Encrypt, "it does not offer STARTTLS"));
            }
            let encrypting = conversation.connection.starttls(tls, &hello);
            in_time(server, Step::Encrypt, &[], encrypting).await?;
        }
        Ok(conversation)
    }

    /// Logs in, where the configuration has an account.
    pub(crate) async fn log_in(&mut self) -> Result<(), MailError> {
        let Some(login) = &self.server.login else { return Ok(()) };
        let password = login.password.resolve_text().map_err(|error| {
            failed(self.server, Step::Prepare, &format!("{}; {}", chain(&error), error.next_step()))
        })?;
        let travelling = BASE64.encode(format!("\0{}\0{password}", login.user));
        self.secrets = vec![travelling, BASE64.encode(&password), password.clone()];
        let credentials = Credentials::new(login.user.clone(), password);
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        if self.connection.server_info().get_auth_mechanism(&mechanisms).is_none() {
            return Err(failed(self.server, Step::LogIn, "it offers neither PLAIN nor LOGIN"));
        }
        let logging_in = self.connection.auth(&mechanisms, &credentials);
        in_time(self.server, Step::LogIn, &self.secrets, logging_in).await?;
        Ok(())
    }

    /// Hands over a message. Returns the addresses that the server refused, each with its answer; an error where it
    /// refused all of them.
    pub(crate) async fn deliver(
        &mut self,
        from: &Mailbox,
        to: &[Mailbox],
        message: &[u8],
    ) -> Result<Vec<String>, MailError> {
        self.say(Mail::new(Some(from.email.clone()), Vec::new())).await?;
        let mut refused = Vec::new();
        for person in to {
            if let Err(error) = self.say(Rcpt::new(person.email.clone(), Vec::new())).await {
                if self.connection.has_broken() || refused.len() + 1 == to.len() {
                    return Err(error);
                }
                refused.push(format!("{}: {}", person.email, error.why));
            }
        }
        self.say(Data).await?;
        let sending = self.connection.message(message);
        in_time(self.server, Step::Deliver, &self.secrets, sending).await?;
        Ok(refused)
    }

    /// Takes leave. The letter is delivered by then, or nothing was to be, so an answer is not needed.
    pub(crate) async fn end(mut self) {
        let _unanswered = tokio::time::timeout(self.server.timeout, self.connection.quit()).await;
    }

    async fn say(&mut self, command: impl std::fmt::Display) -> Result<(), MailError> {
        let saying = self.connection.command(command);
        in_time(self.server, Step::Deliver, &self.secrets, saying).await.map(drop)
    }
}

/// Who gets a letter, and what its head says besides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addressed<'a> {
    /// The people.
    pub(super) to: &'a [Mailbox],
    /// Who gets the answers, if not the sender.
    pub(super) reply_to: Option<&'a Mailbox>,
    /// Where its reader gets no more of such letters (RFC 2369): `https:`, `http:` or `mailto:`.
    pub(super) no_more: Option<&'a str>,
}

/// Sends a letter to everybody whom the configuration names. Returns the addresses that the server refused.
pub(crate) async fn send(config: &MailConfig, letter: &Letter) -> Result<Vec<String>, MailError> {
    let mut post = Post::new(config);
    let refused = post.send(Addressed { to: &config.to, reply_to: None, no_more: None }, letter).await?;
    post.end().await;
    Ok(refused)
}

/// Sends several letters in one conversation.
pub(super) struct Post<'a> {
    config: &'a MailConfig,
    conversation: Option<Conversation<'a>>,
}

impl<'a> Post<'a> {
    /// Nothing is said before there is a letter.
    pub(super) fn new(config: &'a MailConfig) -> Post<'a> {
        Post { config, conversation: None }
    }

    /// Sends a letter. Returns the addresses that the server refused.
    pub(super) async fn send(
        &mut self,
        addressed: Addressed<'_>,
        letter: &Letter,
    ) -> Result<Vec<String>, MailError> {
        let server = &self.config.server;
        let message = message(&self.config.from, addressed, letter)
            .map_err(|error| failed(server, Step::Prepare, &chain(&error)))?;
        let mut conversation = match self.conversation.take() {
            Some(conversation) => conversation,
            None => {
                let mut conversation = Conversation::begin(server).await?;
                conversation.log_in().await?;
                conversation
            }
        };
        let refused = conversation.deliver(&self.config.from, addressed.to, &message.formatted()).await?;
        // After a failure nobody knows where the conversation stands; the next letter begins another one.
        self.conversation = Some(conversation);
        Ok(refused)
    }

    /// Takes leave.
    pub(super) async fn end(self) {
        if let Some(conversation) = self.conversation {
            conversation.end().await;
        }
    }
}

/// Waits for a step no longer than the server's time-out, and says what went wrong.
async fn in_time<T>(
    server: &MailServer,
    step: Step,
    secrets: &[String],
    doing: impl Future<Output = Result<T, transport::smtp::Error>>,
) -> Result<T, MailError> {
    match tokio::time::timeout(server.timeout, doing).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            let step = if step == Step::Connect && is_about_tls(&error) { Step::Encrypt } else { step };
            let why = secrets.iter().fold(explain(&error), |why, secret| why.replace(secret, HIDDEN));
            Err(failed(server, step, &why))
        }
        Err(_elapsed) => {
            let why = format!("it gave no answer in {} s", server.timeout.as_secs_f64());
            Err(failed(server, step, &why))
        }
    }
}

/// What the server said, or what failed below.
fn explain(error: &transport::smtp::Error) -> String {
    match (error.status(), error.source()) {
        (Some(code), Some(answer)) => format!("it answered {code} {answer}"),
        (Some(code), None) => format!("it answered {code}"),
        (None, Some(below)) => chain(below),
        (None, None) => error.to_string(),
    }
}

/// Tells whether a connection failed at its certificate or handshake.
fn is_about_tls(error: &transport::smtp::Error) -> bool {
    let mut below = error.source();
    while let Some(error) = below {
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        below = error.source();
    }
    false
}

fn failed(server: &MailServer, step: Step, why: &str) -> MailError {
    let why: String = one_line(why).chars().take(ANSWER_CHARS_MAX).collect();
    MailError { step, server: format!("{}:{}", server.host, server.port), why }
}

fn tls_parameters(server: &MailServer) -> Result<TlsParameters, MailError> {
    let wrong = |why: String| failed(server, Step::Prepare, &why);
    let mut parameters = TlsParameters::builder(server.host.clone());
    if let Some(file) = &server.ca_file {
        let no_certificate = || wrong(format!("ca_file {} holds no certificate in PEM form", file.display()));
        let pem = std::fs::read(file)
            .map_err(|error| wrong(format!("ca_file {} cannot be read: {error}", file.display())))?;
        // The reader takes a file without any certificate for an empty list.
        if !String::from_utf8_lossy(&pem).contains("BEGIN CERTIFICATE") {
            return Err(no_certificate());
        }
        let certificate = Certificate::from_pem(&pem).map_err(|_| no_certificate())?;
        parameters = parameters.add_root_certificate(certificate);
    }
    parameters.build().map_err(|error| wrong(chain(&error)))
}

/// Tells other programs not to answer (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Where the reader gets no more of such letters (RFC 2369).
#[derive(Clone)]
struct ListUnsubscribe(String);

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(ListUnsubscribe(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

/// Says that a mail program may end them with one click (RFC 8058).
#[derive(Clone)]
struct ListUnsubscribePost;

impl Header for ListUnsubscribePost {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(ListUnsubscribePost)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "List-Unsubscribe=One-Click".to_owned())
    }
}

/// Puts a letter into its envelope.
fn message(
    from: &Mailbox,
    addressed: Addressed<'_>,
    letter: &Letter,
) -> Result<Message, lettre::error::Error> {
    let Addressed { to, reply_to, no_more } = addressed;
    let mut builder = Message::builder()
        .from(from.clone())
        .subject(letter.subject.clone())
        .message_id(None)
        .header(AutoSubmitted);
    for person in to {
        builder = builder.to(person.clone());
    }
    if let Some(reply_to) = reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    if let Some(url) = no_more {
        builder = builder.header(ListUnsubscribe(format!("<{url}>")));
        // RFC 8058 section 3.1 asks for HTTPS.
        if url.starts_with("https://") {
            builder = builder.header(ListUnsubscribePost);
        }
    }
    let both = MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone());
    let Some(attachment) = &letter.attachment else { return builder.multipart(both) };
    // A list that were quoted line by line would be larger than itself; the type names its encoding.
    let csv = ContentType::parse("text/csv; charset=utf-8").unwrap_or(ContentType::TEXT_PLAIN);
    let file = FilePart::new(attachment.name.clone()).body(attachment.csv.clone(), csv);
    builder.multipart(MultiPart::mixed().multipart(both).singlepart(file))
}
