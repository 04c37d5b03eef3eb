//! What a call was answered: the reply with its statuses, and what became of each item.
//!
//! Not here: calls that failed as a whole (`errors.rs`).
//!
//! Invariant: a status that is not known to be a success is never taken for one.

use std::sync::Arc;

use ims_es::operation::{Call, Operation};
use ims_es::status::CodeMinor;
use ims_es::status_info::{Ending, StatusBlock, StatusInfo};

use super::errors::CallError;

/// What a call was answered. There are as many statuses as the call had items, in their order.
#[derive(Clone, Debug)]
pub struct Answer<C: Call> {
    /// How each item ended.
    pub statuses: Vec<StatusInfo>,
    /// The objects that came back.
    pub reply: C::Reply,
    /// The name of the message.
    pub message_identifier: String,
    /// How often the message was sent.
    pub attempts: usize,
    /// Whether an attempt before the answered one may have been carried out.
    pub may_repeat: bool,
}

impl<C: Call> Answer<C> {
    /// What became of each item, in order.
    pub fn outcomes(&self) -> Vec<ItemOutcome> {
        let outcome = |status| ItemOutcome::of(C::OPERATION, status, self.may_repeat);
        self.statuses.iter().map(outcome).collect()
    }

    /// Whether the same message has to be sent again because the service was too busy: for all of it, or, of a message
    /// that only asks, for any of it.
    pub(super) fn is_busy(status: &C::Status) -> bool {
        let statuses = status.statuses();
        match C::OPERATION.name().starts_with("read") {
            true => statuses.iter().any(is_busy),
            false => !statuses.is_empty() && statuses.iter().all(is_busy),
        }
    }
}

/// What became of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemOutcome {
    /// It was carried out.
    Done,
    /// It was carried out, and the service has a remark.
    Warned(Said),
    /// It was so already: the first attempt of a repeated message did it.
    AlreadySo,
    /// The service said no.
    Refused(Said),
    /// The service was too busy to the end. Nothing was done.
    Busy,
    /// The call failed as a whole; its `effect` says whether something may have been done.
    Failed(Arc<CallError>),
    /// It was not sent, because the call before it failed for a reason that would befall it as well.
    NotTried,
}

/// What the service says about an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The minor code, if it is a known one.
    pub code: Option<CodeMinor>,
    /// The code as it was sent: the minor one, or the major one where there is none.
    pub word: String,
    /// The words.
    pub text: String,
}

impl ItemOutcome {
    /// Reads a status.
    fn of(operation: Operation, status: &StatusInfo, may_repeat: bool) -> ItemOutcome {
        match status.ending() {
            Ending::Done => ItemOutcome::Done,
            Ending::DoneWithWarning => ItemOutcome::Warned(Said::of(status)),
            // A delete or rename finds nothing any more when the lost first attempt has done it.
            Ending::Refused(Some(CodeMinor::UnknownObject)) if may_repeat && takes_away(operation) => {
                ItemOutcome::AlreadySo
            }
            _ if is_busy(status) => ItemOutcome::Busy,
            Ending::Refused(_) | Ending::Processing | Ending::Unsupported => {
                ItemOutcome::Refused(Said::of(status))
            }
        }
    }
}

impl Said {
    fn of(status: &StatusInfo) -> Said {
        let minor = status.code_minor.iter().find_map(|field| field.code_minor_value.clone());
        Said {
            code: status.code(),
            word: minor.unwrap_or_else(|| status.code_major.text()),
            text: status.text().to_owned(),
        }
    }
}

fn is_busy(status: &StatusInfo) -> bool {
    status.ending() == Ending::Refused(Some(CodeMinor::TargetIsBusy))
}

/// Whether carrying it out once makes a second time find nothing.
fn takes_away(operation: Operation) -> bool {
    operation.name().starts_with("delete") || operation.name().starts_with("change")
}

#[cfg(test)]
mod tests {
    use ims_es::operation::Service;

    use super::*;

    fn check(operation: Operation, code: CodeMinor, may_repeat: bool, is_expected: fn(&ItemOutcome) -> bool) {
        let status = StatusInfo::failure(Service::Group, code, "No.");
        let outcome = ItemOutcome::of(operation, &status, may_repeat);
        assert!(is_expected(&outcome), "{outcome:?}");
    }

    #[test]
    fn what_a_lost_attempt_did_is_told_from_a_refusal() {
        let refused = |outcome: &ItemOutcome| matches!(outcome, ItemOutcome::Refused(_));
        let already = |outcome: &ItemOutcome| *outcome == ItemOutcome::AlreadySo;
        check(Operation::DeleteGroups, CodeMinor::UnknownObject, false, refused);
        check(Operation::DeleteGroups, CodeMinor::UnknownObject, true, already);
        check(Operation::ChangeGroupsIdentifier, CodeMinor::UnknownObject, true, already);
        check(Operation::ReadGroups, CodeMinor::UnknownObject, true, refused);
        check(Operation::DeleteGroups, CodeMinor::DeleteFailure, true, refused);
        check(Operation::CreateGroups, CodeMinor::TargetIsBusy, false, |outcome| {
            *outcome == ItemOutcome::Busy
        });
    }
}
