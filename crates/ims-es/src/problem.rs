//! What is wrong with one item of a message, so that its sender can mend it.
//!
//! Not here: the rules that find it (`group/rules.rs`, `membership/rules.rs`, `person/rules.rs`), and what is wrong with a whole message
//! (`error.rs`).
//!
//! Invariant: the text says what the rule is; the value stands apart, so that it can be left out of a status.

use serde::Serialize;

use crate::operation::Service;
use crate::status::CodeMinor;
use crate::status_info::StatusInfo;

/// How much a problem weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// The item is fine; it could be better. Told by `muster ims lint` only.
    Advice,
    /// The item is carried out, but something of it is left out.
    Warning,
    /// The item is refused.
    Error,
}

/// One thing that is wrong with an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How much it weighs.
    pub weight: Weight,
    /// The minor code of the status.
    pub code_minor: CodeMinor,
    /// Where in the item, from outside in: `description/descShort`.
    pub field: String,
    /// What was sent there, empty if nothing.
    pub value: String,
    /// What is wrong, as a whole sentence without the value.
    pub text: String,
    /// What to do, as a whole sentence.
    pub how_to_mend: String,
}

impl Problem {
    /// A problem for which the item is refused.
    pub fn error(code_minor: CodeMinor, field: &str, value: &str, text: &str, how_to_mend: &str) -> Problem {
        Problem {
            weight: Weight::Error,
            code_minor,
            field: field.to_owned(),
            value: value.to_owned(),
            text: text.to_owned(),
            how_to_mend: how_to_mend.to_owned(),
        }
    }

    /// The same problem with another weight.
    pub fn weighing(self, weight: Weight) -> Problem {
        Problem { weight, ..self }
    }

    /// What a status says about it: field, value, rule. A long value is cut.
    pub fn sentence(&self) -> String {
        let value: String = self.value.chars().take(80).collect();
        if value.is_empty() {
            return format!("{}: {}", self.field, self.text);
        }
        format!("{} \"{value}\": {}", self.field, self.text)
    }
}

/// The status of an item with these problems: refused for the first error, else carried out with its warnings, else a plain success.
pub fn status(service: Service, problems: &[Problem]) -> StatusInfo {
    if let Some(error) = problems.iter().find(|problem| problem.weight == Weight::Error) {
        return StatusInfo::failure(service, error.code_minor, &error.sentence());
    }
    let warnings: Vec<&Problem> =
        problems.iter().filter(|problem| problem.weight == Weight::Warning).collect();
    match warnings.first() {
        None => StatusInfo::success(),
        Some(first) => {
            let sentences: Vec<String> = warnings.iter().map(|problem| problem.sentence()).collect();
            StatusInfo::warning(service, first.code_minor, &sentences.join(" "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Problem, Weight, status};
    use crate::operation::Service;
    use crate::status::CodeMinor;
    use crate::status_info::Ending;

    fn problem(weight: Weight) -> Problem {
        Problem::error(
            CodeMinor::InvalidData,
            "description/descShort",
            "A title",
            "It is too long.",
            "Shorten it.",
        )
        .weighing(weight)
    }

    fn check(weights: &[Weight], expected: Ending) {
        let problems: Vec<Problem> = weights.iter().map(|weight| problem(*weight)).collect();
        assert_eq!(status(Service::Group, &problems).ending(), expected, "{weights:?}");
    }

    #[test]
    fn the_gravest_problem_decides() {
        check(&[], Ending::Done);
        check(&[Weight::Advice], Ending::Done);
        check(&[Weight::Advice, Weight::Warning], Ending::DoneWithWarning);
        check(&[Weight::Warning, Weight::Error], Ending::Refused(Some(CodeMinor::InvalidData)));
    }

    #[test]
    fn a_status_says_field_value_and_rule() {
        let status = status(Service::Group, &[problem(Weight::Error)]);
        assert_eq!(status.text(), "description/descShort \"A title\": It is too long.");
    }
}
