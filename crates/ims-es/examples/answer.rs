//! Reads a request from standard input and writes an answer to standard output, as a server would that holds nothing.
//!
//! For trying SOAP stacks against the codec before there is a server (`docs/protocol-notes.md`). Not part of Muster.
//!
//! Each item is judged by the rules of its message alone. `readGroup` and `readGroups` find a school under every key that does not begin
//! with `gone`.

use std::io::{BufRead, BufReader, Write, stdin, stdout};

use ims_es::calls::{Visitor, visit};
use ims_es::envelope::{OpenMessage, Read, ReplyHeader, open, write_fault, write_reply, write_reply_items};
use ims_es::error::{MessageError, Refusal};
use ims_es::fault::Fault;
use ims_es::group::object::{Description, Group, OrganisationType, Relationship};
use ims_es::group::read_group::{ReadGroup, ReadGroupReply};
use ims_es::group::read_groups::ReadGroups;
use ims_es::limits::Limits;
use ims_es::operation::{Call, Operation};
use ims_es::policy::Policy;
use ims_es::problem;
use ims_es::security::Timestamp;
use ims_es::status::CodeMinor;
use ims_es::status_info::{StatusBlock, StatusInfo, StatusInfoSet};
use ims_es::time::UtcTime;

fn main() -> Result<(), MessageError> {
    let mut out = Vec::new();
    if let Err(error) = answer(BufReader::new(stdin()), &mut out) {
        eprintln!("{error}");
        let fault = match error.refusal() {
            Refusal::Fault(fault) => fault,
            Refusal::Http(_) => Fault::internal(),
        };
        out.clear();
        write_fault(&mut out, &fault)?;
    }
    stdout().write_all(&out).map_err(MessageError::Writing)
}

fn answer(source: impl BufRead + Send, out: &mut dyn Write) -> Result<(), MessageError> {
    let message = open(source, Limits::default())?;
    eprintln!("{:?}", message.header);
    let identifier = message.header.message_identifier().to_owned();
    match message.operation() {
        None => write_fault(out, &Fault::action_not_supported()),
        Some(Operation::ReadGroup) => {
            let Read { value: call, .. } = message.call::<ReadGroup>()?;
            let (status, group) = find(call.sourced_id.as_deref().unwrap_or_default());
            write_reply::<ReadGroup>(out, &header(identifier, status), &ReadGroupReply { group })
        }
        Some(Operation::ReadGroups) => {
            let Read { value: call, .. } = message.call::<ReadGroups>()?;
            let (statuses, groups): (Vec<_>, Vec<_>) = call.sourced_ids.iter().map(|id| find(id)).unzip();
            let status = StatusInfoSet { statuses };
            write_reply_items::<ReadGroups>(out, &header(identifier, status), groups.into_iter().flatten())
        }
        Some(operation) => visit(operation, Judge { message, identifier, out }),
    }
}

/// Answers any operation with what the rules say about its items, and no objects.
struct Judge<'a, 'b> {
    message: OpenMessage<'a>,
    identifier: String,
    out: &'b mut dyn Write,
}

impl Visitor for Judge<'_, '_> {
    type Out = Result<(), MessageError>;

    fn visit<C: Call>(self) -> Self::Out {
        let Read { value: call, remarks } = self.message.call::<C>()?;
        for remark in remarks {
            eprintln!("byte {}: {}; {}", remark.at, remark.text, remark.how_to_mend);
        }
        let service = C::OPERATION.service();
        let problems = call.problems(&Policy::default());
        let statuses = problems.iter().map(|found| problem::status(service, found)).collect();
        let status = C::Status::gather(statuses)?;
        write_reply::<C>(self.out, &header(self.identifier, status), &C::Reply::default())
    }
}

fn header<S>(message_identifier: String, status: S) -> ReplyHeader<S> {
    let timestamp = Some(Timestamp::from_now(UtcTime { unix_ms: 1_767_268_800_000 }));
    ReplyHeader { message_identifier, status, timestamp }
}

fn find(id: &str) -> (StatusInfo, Option<Group>) {
    if id.starts_with("gone") {
        let text = "There is no group with this identifier.";
        let service = Operation::ReadGroup.service();
        return (StatusInfo::failure(service, CodeMinor::UnknownObject, text), None);
    }
    let description = Description {
        desc_short: Some("School one & more".to_owned()),
        desc_long: Some("First\nsecond".to_owned()),
        ..Description::default()
    };
    let group = Group {
        group_type: Some(OrganisationType::School.to_group_type()),
        relationships: vec![Relationship::parent("root")],
        description: Some(description),
        ..Group::default()
    };
    (StatusInfo::success(), Some(group))
}
