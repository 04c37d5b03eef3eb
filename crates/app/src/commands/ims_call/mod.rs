//! `muster ims OPERATION`: calls one of the 41 operations of IMS Enterprise Services by hand, and explains what came back
//! (DESIGN section 8).
//!
//! The way through: `endpoint.rs` finds the service, `rows.rs`, `objects.rs` and `request.rs` make the request, the client
//! sends it once, `told.rs` says how it ended with the words of `codes.rs` and `outline.rs`.
//!
//! Not here: repeating anything. A person who calls by hand wants to see the first answer.
//!
//! Invariant: a message is sent at most once.
//! Invariant: nothing that is printed holds a password.

mod codes;
mod endpoint;
mod objects;
mod outline;
mod request;
mod rows;
mod told;

use std::io::Read;
use std::path::Path;

use ims_es::calls::{Visitor, visit};
use ims_es::envelope::open;
use ims_es::error::MessageError;
use ims_es::limits::Limits;
use ims_es::operation::{Call, Operation};
use ims_es::policy::Policy;
use ims_es::problem::{Problem, Weight};
use serde_json::json;
use targets::itslearning::{CallError, Itslearning, Message};

use crate::cli_ims_call::ImsCall;
use crate::exit::{Exit, Failure, chain};
use crate::output::Output;
use request::{CallUser, build};
use rows::usage;
use told::Told;

pub(crate) async fn run(
    call: &ImsCall,
    file: &Path,
    profile: Option<&str>,
    output: &Output,
) -> Result<Exit, Failure> {
    let client = endpoint::endpoint(&call.args.endpoint, file, profile, output)?;
    let prepared = prepare(&client, call)?;
    if call.args.print {
        let shown = prepared.message.shown();
        output.answer(&json!({ "operation": call.operation.name(), "message": shown }), || shown.clone())?;
        return Ok(Exit::Done);
    }
    let answer = client.post(&prepared.message).await?;
    let told = Told::of(call.operation, &client, &prepared, &answer, call.args.raw);
    output.answer(&told.document(), || told.text())?;
    Ok(told.exit())
}

/// A message that is ready to be sent, and what our own rules say about it.
pub(super) struct Prepared {
    message: Message,
    /// What is wrong with each item as far as the message alone can tell.
    problems: Vec<Vec<Problem>>,
    /// What each item is called; empty for a message that somebody else wrote.
    labels: Vec<String>,
}

fn prepare(client: &Itslearning, call: &ImsCall) -> Result<Prepared, Failure> {
    let rows = rows::rows(call.operation, &call.args)?;
    if let Some(file) = &call.args.file {
        if rows.iter().any(|row| *row != rows::Row::default()) {
            return Err(usage(
                "cannot mix --file with options about an object".to_owned(),
                "the file holds the whole message",
            ));
        }
        return own_message(client, call.operation, file);
    }
    let labels =
        rows.iter().map(|row| row.get("id").or_else(|| row.get("person")).or_else(|| row.get("group")));
    let labels = labels.map(Option::unwrap_or_default).collect();
    let (message, problems) = build(call.operation, &rows, Write { client })??;
    Ok(Prepared { message, problems, labels })
}

/// Writes the message of a request, and asks our own rules.
struct Write<'a> {
    client: &'a Itslearning,
}

impl CallUser for Write<'_> {
    type Out = Result<(Message, Vec<Vec<Problem>>), CallError>;

    fn with<C: Call>(self, call: &C) -> Self::Out {
        Ok((self.client.message(call)?, call.problems(&Policy::default())))
    }
}

/// Takes a message from a file: byte for byte if it says who sends it, else written anew with our account.
fn own_message(client: &Itslearning, operation: Operation, file: &Path) -> Result<Prepared, Failure> {
    let bytes = read(file)?;
    let unreadable = |error: MessageError| {
        usage(
            format!("cannot send {}: {}", file.display(), chain(&error)),
            "`muster ims lint FILE` says more",
        )
    };
    let opened = open(&*bytes, Limits::default()).map_err(unreadable)?;
    if opened.operation() != Some(operation) {
        let found =
            opened.operation().map_or_else(|| opened.body.to_string(), |found| found.name().to_owned());
        return Err(usage(
            format!("cannot call {}: {} holds {found}", operation.name(), file.display()),
            "name the operation that the message asks for",
        ));
    }
    let identifier = opened.header.message_identifier().to_owned();
    let is_signed = opened.header.security.as_ref().is_some_and(|security| security.token.is_some());
    let rewritten = visit(operation, Rewrite { opened, client }).map_err(unreadable)??;
    let message = if is_signed {
        Message::of_bytes(operation, &identifier, rewritten.message.items, bytes)
    } else {
        rewritten.message
    };
    Ok(Prepared { message, ..rewritten })
}

/// Reads a request and writes it anew.
struct Rewrite<'a> {
    opened: ims_es::envelope::OpenMessage<'a>,
    client: &'a Itslearning,
}

impl Visitor for Rewrite<'_> {
    type Out = Result<Result<Prepared, CallError>, MessageError>;

    fn visit<C: Call>(self) -> Self::Out {
        let call = self.opened.call::<C>()?.value;
        let written = Write { client: self.client }.with(&call);
        Ok(written.map(|(message, problems)| Prepared { message, problems, labels: Vec::new() }))
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let done = if file == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    done.map_err(|error| {
        usage(
            format!("cannot read {}: {error}", file.display()),
            "name a file with one message, or - for standard input",
        )
    })?;
    Ok(bytes)
}

impl Prepared {
    /// What our own rules have against an item; advice is for `muster ims lint`.
    fn doubts(&self, item: usize) -> impl Iterator<Item = &Problem> {
        self.problems.get(item).into_iter().flatten().filter(|problem| problem.weight != Weight::Advice)
    }
}
