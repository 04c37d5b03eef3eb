//! What the minor codes of statuses mean, and what a person can do (facts/ims-es.md §4).
//!
//! Not here: the codes themselves ([`ims_es::status`]).
//!
//! Invariant: there is no code without a meaning and a next step; the compiler sees to it.

use ims_es::status::CodeMinor;

/// What a code means, and what to do about it.
pub(super) fn explained(code: CodeMinor) -> (&'static str, &'static str) {
    match code {
        CodeMinor::FullSuccess | CodeMinor::CreateSuccess => ("all of it was done", "nothing to do"),
        CodeMinor::NoSourcedIds => ("nothing was named, or nothing matched", "look at the keys"),
        CodeMinor::IdAllocFail => {
            ("the service could not give a key", "send the item again with a key of its own")
        }
        CodeMinor::OverflowFail => ("the service has no room for it", "ask the operator of the service"),
        CodeMinor::IdAllocInUseFail => {
            ("the key belongs to another object", "read that key first, and choose another one")
        }
        CodeMinor::InvalidData => {
            ("a value is against a rule of the service", "the text names it; correct and send again")
        }
        CodeMinor::IncompleteData => {
            ("something mandatory is missing", "the text names it; add it and send again")
        }
        CodeMinor::PartialDataStorage => (
            "it was done, but for a part that the service left out",
            "the text names the part; leave it out or correct it",
        ),
        CodeMinor::UnknownObject => (
            "there is no object with this key",
            "look at the key: capitals count, and the object may be deleted",
        ),
        CodeMinor::UnknownQuery => ("the service does not know this question", "ask with another operation"),
        CodeMinor::DeleteFailure => ("the object cannot be deleted", "the top group of a site stays"),
        CodeMinor::TargetReadFailure => ("the service cannot read its own store", "try again later"),
        CodeMinor::SavepointError | CodeMinor::SavepointSyncError => {
            ("the savepoint is not known", "read everything anew")
        }
        CodeMinor::TooMuchData => ("the answer would be too large", "ask for fewer objects, or page by page"),
        CodeMinor::UnknownExtension => {
            ("an extension field is not known", "look at its name; docs/protocol-notes.md lists them")
        }
        CodeMinor::UnknownVocabulary => {
            ("a word is not in the schema's list", "look at the spelling of the word")
        }
        CodeMinor::TargetIsBusy => {
            ("the service has too much to do; nothing was done", "try again later, with fewer items at once")
        }
        CodeMinor::LinkFailure => {
            ("two systems behind the service do not reach each other", "try again later")
        }
        CodeMinor::UnauthorizedRequest => {
            ("the account may not do this", "ask whoever manages the integration for the right")
        }
    }
}
