//! How the calls of a message ended: one status, or one for each item (facts/ims-es.md §4).
//!
//! Not here: the closed words (`status.rs`), and why an item failed (`problem.rs`).
//!
//! Invariant: a success has no minor code; every other ending has one and a text.
//! Invariant: the text of a failure never holds the word "success", for there are clients that look for it (facts/ims-es.md §6, trap 7).

use crate::common::{LangString, Language};
use crate::error::MessageError;
use crate::header::ResponseInfo;
use crate::lexical::Lexical;
use crate::operation::Service;
use crate::record::record;
use crate::status::{CodeMajor, CodeMinor, Severity};

record! {
    /// How one item ended.
    pub struct StatusInfo = MessageBinding "StatusInfo" {
        /// In the large.
        pub code_major: Lexical<CodeMajor> = ["codeMajor"],
        /// How grave it is.
        pub severity: Lexical<Severity> = ["severity"],
        /// The particular reasons.
        pub code_minor: Vec<CodeMinorField> = ["codeMinor" / "codeMinorField"],
        /// The message that is answered. Filled in when a reply is written.
        pub message_id_ref: Option<String> = ["messageIdRef"],
        /// Never seen in use.
        pub operation_id_ref: Vec<String> = ["operationIdRef"],
        /// The reason in words.
        pub description: Option<LangString> = ["description"],
    }
}

record! {
    /// A particular reason.
    pub struct CodeMinorField = MessageBinding "CodeMinorField" {
        /// Whose list the value is from: `groupmanagement`.
        pub code_minor_name: Option<String> = ["codeMinorName"],
        /// The value. The schema leaves it free; the known words are `status::CodeMinor`.
        pub code_minor_value: Option<String> = ["codeMinorValue"],
    }
}

record! {
    /// How each item ended, in the order of the request.
    pub struct StatusInfoSet = MessageBinding "StatusInfoSet" {
        /// One for each item.
        pub statuses: Vec<StatusInfo> = ["statusInfo"],
    }
}

/// What a status says, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Carried out.
    Done,
    /// Carried out, with something to look at.
    DoneWithWarning,
    /// Not carried out, for this reason if it is a known one.
    Refused(Option<CodeMinor>),
    /// Under way.
    Processing,
    /// Not offered there.
    Unsupported,
}

impl StatusInfo {
    /// Carried out: no minor code and no text.
    pub fn success() -> StatusInfo {
        StatusInfo {
            code_major: Lexical::Value(CodeMajor::Success),
            severity: Lexical::Value(Severity::Status),
            ..StatusInfo::default()
        }
    }

    /// Carried out, with something to look at.
    pub fn warning(service: Service, code: CodeMinor, text: &str) -> StatusInfo {
        StatusInfo::with(CodeMajor::Success, Severity::Warning, service, code, text)
    }

    /// Not carried out. A busy target is no error but a state (facts/ims-es.md §4).
    pub fn failure(service: Service, code: CodeMinor, text: &str) -> StatusInfo {
        let severity = if code == CodeMinor::TargetIsBusy { Severity::Status } else { Severity::Error };
        if text.to_ascii_lowercase().contains("success") {
            let text = format!("The item was refused: {}.", code.as_str());
            return StatusInfo::with(CodeMajor::Failure, severity, service, code, &text);
        }
        StatusInfo::with(CodeMajor::Failure, severity, service, code, text)
    }

    /// Known to the standard, not offered here.
    pub fn unsupported() -> StatusInfo {
        StatusInfo {
            code_major: Lexical::Value(CodeMajor::Unsupported),
            severity: Lexical::Value(Severity::Status),
            ..StatusInfo::default()
        }
    }

    fn with(
        code_major: CodeMajor,
        severity: Severity,
        service: Service,
        code: CodeMinor,
        text: &str,
    ) -> StatusInfo {
        let code_minor = CodeMinorField {
            code_minor_name: Some(service.code_minor_name().to_owned()),
            code_minor_value: Some(code.as_str().to_owned()),
        };
        let description =
            LangString { language: Lexical::Value(Language::en_us()), text: Some(text.to_owned()) };
        StatusInfo {
            code_major: Lexical::Value(code_major),
            severity: Lexical::Value(severity),
            code_minor: vec![code_minor],
            description: Some(description),
            ..StatusInfo::default()
        }
    }

    /// The first known minor code.
    pub fn code(&self) -> Option<CodeMinor> {
        let values = self.code_minor.iter().filter_map(|field| field.code_minor_value.as_deref());
        values.filter_map(CodeMinor::from_word).next()
    }

    /// The reason in words, empty if there is none.
    pub fn text(&self) -> &str {
        self.description.as_ref().and_then(|description| description.text.as_deref()).unwrap_or_default()
    }

    /// What the status says. A word that is not known is a refusal.
    pub fn ending(&self) -> Ending {
        match (self.code_major.value(), self.severity.value()) {
            (Some(CodeMajor::Success), Some(Severity::Status)) => Ending::Done,
            (Some(CodeMajor::Success), _) => Ending::DoneWithWarning,
            (Some(CodeMajor::Processing), _) => Ending::Processing,
            (Some(CodeMajor::Unsupported), _) => Ending::Unsupported,
            (Some(CodeMajor::Failure) | None, _) => Ending::Refused(self.code()),
        }
    }
}

/// A status, or one for each item. Which of the two a call has is part of its type.
pub trait StatusBlock: Clone + std::fmt::Debug + PartialEq + Sized {
    /// The statuses, in the order of the items.
    fn statuses(&self) -> &[StatusInfo];
    /// Makes it of the statuses of the items. A call with one status takes exactly one.
    fn gather(statuses: Vec<StatusInfo>) -> Result<Self, MessageError>;
    /// Puts it where it stands in a header, each status referring to the message.
    fn put(&self, info: &mut ResponseInfo);
    /// Takes it out of a header that answers so many items.
    fn take(info: &mut ResponseInfo, items: usize) -> Result<Self, MessageError>;
}

impl StatusBlock for StatusInfo {
    fn statuses(&self) -> &[StatusInfo] {
        std::slice::from_ref(self)
    }

    fn gather(mut statuses: Vec<StatusInfo>) -> Result<StatusInfo, MessageError> {
        let found = statuses.len();
        let only = statuses.pop().filter(|_| found == 1);
        only.ok_or(MessageError::StatusCount { expected: 1, found })
    }

    fn put(&self, info: &mut ResponseInfo) {
        info.status_info = Some(referring(self, info));
    }

    /// A set with exactly one status is taken as well: it cannot be misunderstood.
    fn take(info: &mut ResponseInfo, _items: usize) -> Result<StatusInfo, MessageError> {
        if let Some(status) = info.status_info.take() {
            return Ok(status);
        }
        StatusInfo::gather(info.status_info_set.take().ok_or(MessageError::NoStatus)?.statuses)
    }
}

impl StatusBlock for StatusInfoSet {
    fn statuses(&self) -> &[StatusInfo] {
        &self.statuses
    }

    fn gather(statuses: Vec<StatusInfo>) -> Result<StatusInfoSet, MessageError> {
        Ok(StatusInfoSet { statuses })
    }

    fn put(&self, info: &mut ResponseInfo) {
        let statuses = self.statuses.iter().map(|status| referring(status, info)).collect();
        info.status_info_set = Some(StatusInfoSet { statuses });
    }

    /// A lone status is taken for a call with one item: it cannot be misunderstood.
    fn take(info: &mut ResponseInfo, items: usize) -> Result<StatusInfoSet, MessageError> {
        let set = match (info.status_info_set.take(), info.status_info.take()) {
            (Some(set), _) => set,
            (None, Some(status)) => StatusInfoSet { statuses: vec![status] },
            (None, None) => return Err(MessageError::NoStatus),
        };
        let found = set.statuses.len();
        if found == items { Ok(set) } else { Err(MessageError::StatusCount { expected: items, found }) }
    }
}

/// A copy of the status that refers to the header's message.
fn referring(status: &StatusInfo, info: &ResponseInfo) -> StatusInfo {
    StatusInfo { message_id_ref: info.message_identifier.clone(), ..status.clone() }
}

#[cfg(test)]
mod tests {
    use super::{Ending, StatusInfo};
    use crate::lexical::Lexical;
    use crate::operation::Service;
    use crate::status::{CodeMajor, CodeMinor};

    #[test]
    fn the_text_of_a_failure_never_says_success() {
        let status = StatusInfo::failure(
            Service::Group,
            CodeMinor::InvalidData,
            "The id Success-Academy is too long.",
        );
        assert_eq!(status.text(), "The item was refused: invaliddata.");
    }

    #[test]
    fn a_word_that_is_not_known_is_a_refusal() {
        let mut status = StatusInfo::success();
        assert_eq!(status.ending(), Ending::Done);
        status.code_major = Lexical::<CodeMajor>::read("successful".to_owned());
        assert_eq!(status.ending(), Ending::Refused(None));
    }

    #[test]
    fn a_warning_is_no_failure() {
        let status =
            StatusInfo::warning(Service::Person, CodeMinor::PartialDataStorage, "One field was ignored.");
        assert_eq!(status.ending(), Ending::DoneWithWarning);
        assert_eq!(status.code(), Some(CodeMinor::PartialDataStorage));
    }
}
