//! What a call by hand is answered, for people and for programs.
//!
//! Not here: sending (`mod.rs`).
//!
//! Invariant: the exit code is 0 only if the service said of every item that it was done.

use std::time::Duration;

use ims_es::calls::{Visitor, visit};
use ims_es::keep::keep;
use ims_es::operation::{Call, Operation};
use ims_es::status_info::{Ending, StatusBlock, StatusInfo};
use serde_json::{Value, json};
use targets::itslearning::{CallError, Itslearning, ItslearningSettings, Message, RawAnswer};

use super::Prepared;
use super::codes::explained;
use super::outline::outline;
use crate::exit::Exit;
use crate::present::table::{bad, counted, faint, good, pending, strong};

/// What there is to tell.
pub(super) struct Told<'a> {
    operation: Operation,
    settings: &'a ItslearningSettings,
    prepared: &'a Prepared,
    status: u16,
    took: Duration,
    /// Both messages, where they are to be shown.
    raw: Option<(String, String)>,
    /// The statuses and the outline of the reply, or why there are none.
    heard: Result<(Vec<StatusInfo>, String), CallError>,
}

impl<'a> Told<'a> {
    pub(super) fn of(
        operation: Operation,
        client: &'a Itslearning,
        prepared: &'a Prepared,
        answer: &RawAnswer,
        with_raw: bool,
    ) -> Told<'a> {
        let settings = client.settings();
        let heard = visit(operation, Hear { answer, message: &prepared.message, settings });
        let raw = with_raw.then(|| (prepared.message.shown(), answer.shown()));
        Told { operation, settings, prepared, status: answer.status, took: answer.took, raw, heard }
    }

    /// 0 if all was done, 7 if something was refused, 5 if the call failed as a whole.
    pub(super) fn exit(&self) -> Exit {
        match &self.heard {
            Ok((statuses, _)) if statuses.iter().all(is_done) => Exit::Done,
            Ok(_) => Exit::Attention,
            Err(_) => Exit::Target,
        }
    }

    pub(super) fn text(&self) -> String {
        let message = &self.prepared.message;
        let mut lines = vec![
            format!(
                "{} to {} as {}: {}, {} ms",
                strong(self.operation.name()),
                self.settings.url,
                self.settings.username,
                counted(message.items as u64, "item", "items"),
                self.took.as_millis()
            ),
            faint(&format!("message {}", message.identifier)),
        ];
        if let Some((request, _)) = &self.raw {
            lines.push(format!("{}\n{request}", strong("sent:")));
        }
        match &self.heard {
            Ok((statuses, reply)) => {
                for (item, status) in statuses.iter().enumerate() {
                    lines.extend(self.item(item, status));
                }
                if !reply.is_empty() {
                    lines.push(format!("{}\n{reply}", strong("came back:")));
                }
            }
            Err(error) => {
                lines.push(format!("{} {}", bad("failed:"), error.meaning));
                lines.push(format!("  said: HTTP {}, {}", self.status, error.said()));
                lines.push(format!("  next: {}", error.next_step));
                for item in 0..message.items {
                    lines.extend(self.doubts(item));
                }
            }
        }
        if let Some((_, response)) = &self.raw {
            lines.push(format!("{}\n{response}", strong("received:")));
        }
        lines.join("\n")
    }

    /// What became of an item: the word, the code in words, what to do.
    fn item(&self, item: usize, status: &StatusInfo) -> Vec<String> {
        let word = match status.ending() {
            Ending::Done => good("success"),
            Ending::DoneWithWarning => pending("warning"),
            Ending::Processing => pending("processing"),
            Ending::Unsupported => bad("unsupported"),
            Ending::Refused(_) => bad("failure"),
        };
        let label = self.prepared.labels.get(item).map(String::as_str).unwrap_or_default();
        let code = code(status);
        let line = format!("  item {} {label}: {word} {code} {}", item + 1, status.text());
        let mut lines = vec![line.replace(" : ", ": ").trim_end().to_owned()];
        if let Some((meaning, next)) = status.code().map(explained) {
            lines.push(format!("    means: {meaning}"));
            lines.push(format!("    next: {next}"));
        } else if status.ending() == Ending::Unsupported {
            lines.push("    means: the service does not offer the operation".to_owned());
        }
        if status.ending() != Ending::Done {
            lines.extend(self.doubts(item));
        }
        lines
    }

    /// What our own rules have against an item, which often says more than the service.
    fn doubts(&self, item: usize) -> Vec<String> {
        let doubts = self.prepared.doubts(item);
        doubts.map(|doubt| format!("    Muster says: {} {}", doubt.sentence(), doubt.how_to_mend)).collect()
    }

    pub(super) fn document(&self) -> Value {
        let message = &self.prepared.message;
        let items: Vec<Value> = match &self.heard {
            Ok((statuses, _)) => {
                statuses.iter().enumerate().map(|(item, status)| self.json(item, status)).collect()
            }
            Err(_) => Vec::new(),
        };
        let error = self.heard.as_ref().err();
        json!({
            "operation": self.operation.name(), "url": self.settings.url, "username": self.settings.username,
            "message_identifier": message.identifier, "http_status": self.status,
            "milliseconds": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            "items": items,
            "reply": self.heard.as_ref().ok().map(|(_, reply)| reply),
            "failed": error.map(|error| json!({
                "code": error.code, "meaning": error.meaning, "said": error.said(), "next": error.next_step,
            })),
            "sent": self.raw.as_ref().map(|(request, _)| request),
            "received": self.raw.as_ref().map(|(_, response)| response),
            "exit_code": self.exit().code(),
        })
    }

    fn json(&self, item: usize, status: &StatusInfo) -> Value {
        let explained = status.code().map(explained);
        json!({
            "key": self.prepared.labels.get(item), "code_major": status.code_major.text(),
            "severity": status.severity.text(), "code_minor": code(status), "text": status.text(),
            "meaning": explained.map(|(meaning, _)| meaning), "next": explained.map(|(_, next)| next),
            "doubts": self.prepared.doubts(item).map(|doubt| doubt.sentence()).collect::<Vec<_>>(),
        })
    }
}

fn is_done(status: &StatusInfo) -> bool {
    status.ending() == Ending::Done
}

/// The minor code as it was sent, known or not.
fn code(status: &StatusInfo) -> String {
    status.code_minor.iter().find_map(|field| field.code_minor_value.clone()).unwrap_or_default()
}

/// Reads the answer of any operation.
struct Hear<'a> {
    answer: &'a RawAnswer,
    message: &'a Message,
    settings: &'a ItslearningSettings,
}

impl Visitor for Hear<'_> {
    type Out = Result<(Vec<StatusInfo>, String), CallError>;

    fn visit<C: Call>(self) -> Self::Out {
        let reply = self.answer.read::<C>(self.message, self.settings)?;
        // What was just read can be written; a reply that cannot is shown with --raw.
        let outline = keep(&reply.body).map(|text| outline(&text)).unwrap_or_default();
        Ok((reply.status.statuses().to_vec(), outline))
    }
}
