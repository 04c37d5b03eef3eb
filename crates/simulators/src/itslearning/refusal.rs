//! How one item ends: done, done with a remark, or refused (facts/ims-es.md §2.5).
//!
//! Not here: the rules (`operations/`).

use ims_es::operation::Service;
use ims_es::status::CodeMinor;
use ims_es::status_info::StatusInfo;

/// A no to one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    code: CodeMinor,
    text: String,
}

/// A remark on an item that was done; empty if there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Remark(Vec<String>);

/// How one item ends.
pub(super) type Ended = Result<Remark, Refusal>;

impl Refusal {
    fn new(code: CodeMinor, text: impl Into<String>) -> Refusal {
        Refusal { code, text: text.into() }
    }

    /// Something against a rule.
    pub(super) fn invalid(text: impl Into<String>) -> Refusal {
        Refusal::new(CodeMinor::InvalidData, text)
    }

    /// Something mandatory is missing.
    pub(super) fn incomplete(what: &str) -> Refusal {
        Refusal::new(CodeMinor::IncompleteData, format!("The mandatory value {what} is missing."))
    }

    /// The object itself is not known.
    pub(super) fn unknown() -> Refusal {
        Refusal::new(CodeMinor::UnknownObject, "No object has this identifier.")
    }

    /// The new identifier is taken.
    pub(super) fn in_use() -> Refusal {
        Refusal::new(CodeMinor::IdAllocInUseFail, "The unique identifier of the record is already in use.")
    }

    /// The object cannot be deleted.
    pub(super) fn delete() -> Refusal {
        Refusal::new(CodeMinor::DeleteFailure, "The top group of a site cannot be deleted.")
    }
}

impl Remark {
    /// Adds a sentence.
    pub(super) fn add(&mut self, sentence: impl Into<String>) {
        self.0.push(sentence.into());
    }
}

/// The status of an item.
pub(super) fn status(service: Service, ended: &Ended) -> StatusInfo {
    match ended {
        Ok(Remark(sentences)) if sentences.is_empty() => StatusInfo::success(),
        Ok(Remark(sentences)) => {
            StatusInfo::warning(service, CodeMinor::PartialDataStorage, &sentences.join(" "))
        }
        Err(refusal) => StatusInfo::failure(service, refusal.code, &refusal.text),
    }
}
