//! The rules for identifiers: syncIDs, as itslearning calls them (facts/ims-es.md §2.1, features.md T1).
//!
//! Not here: whether an identifier is known or taken.
//!
//! Invariant: letter case counts; blanks around an identifier do not.

use crate::common::IdentifierPair;
use crate::problem::{Problem, Weight};
use crate::status::CodeMinor;

/// The longest identifier that is taken, in characters.
pub const LENGTH_MAX: usize = 255;

/// The longest identifier that every page of itslearning's documentation allows, in characters.
pub const LENGTH_ADVISED_MAX: usize = 64;

/// The identifier without blanks around it. `None` if nothing is left.
pub fn clean(identifier: Option<&str>) -> Option<&str> {
    identifier.map(str::trim).filter(|identifier| !identifier.is_empty())
}

/// Checks a mandatory identifier.
pub fn check(field: &str, identifier: Option<&str>) -> Vec<Problem> {
    let Some(cleaned) = clean(identifier) else {
        let text = "The identifier is missing.";
        return vec![Problem::error(CodeMinor::IncompleteData, field, "", text, "Send the identifier.")];
    };
    let mut problems = Vec::new();
    let length = cleaned.chars().count();
    if length > LENGTH_MAX {
        let text = "The identifier has more than 255 characters.";
        problems.push(Problem::error(
            CodeMinor::InvalidData,
            field,
            cleaned,
            text,
            "Send at most 64 characters.",
        ));
    } else if length > LENGTH_ADVISED_MAX {
        let text = "The identifier has more than 64 characters; itslearning's documentation allows 64 in some places and 255 in others.";
        let problem =
            Problem::error(CodeMinor::InvalidData, field, cleaned, text, "Send at most 64 characters.");
        problems.push(problem.weighing(Weight::Advice));
    }
    if identifier.is_some_and(|sent| sent != cleaned) {
        let text = "There are blanks around the identifier; they were removed.";
        let problem = Problem::error(
            CodeMinor::InvalidData,
            field,
            cleaned,
            text,
            "Send the identifier without blanks around it.",
        );
        problems.push(problem.weighing(Weight::Advice));
    }
    problems
}

/// Checks the renaming of an identifier.
pub fn check_pair(pair: &IdentifierPair) -> Vec<Problem> {
    let mut problems = check("identifierPair/firstId", pair.first_id.as_deref());
    problems.extend(check("identifierPair/secondId", pair.second_id.as_deref()));
    let (first, second) = (clean(pair.first_id.as_deref()), clean(pair.second_id.as_deref()));
    if first.is_some() && first == second {
        let text = "The old and the new identifier are the same.";
        let value = first.unwrap_or_default();
        let problem =
            Problem::error(CodeMinor::InvalidData, "identifierPair", value, text, "Leave the pair out.");
        problems.push(problem.weighing(Weight::Advice));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::problem::Weight;
    use crate::status::CodeMinor;

    fn check_identifier(identifier: Option<&str>, expected: &[(Weight, CodeMinor)]) {
        let problems = check("sourcedId", identifier);
        let found: Vec<_> = problems.iter().map(|problem| (problem.weight, problem.code_minor)).collect();
        assert_eq!(found, expected, "{identifier:?}");
    }

    #[test]
    fn an_identifier_must_be_there_and_not_too_long() {
        check_identifier(Some("school-1"), &[]);
        check_identifier(Some(&"é".repeat(64)), &[]);
        check_identifier(Some(&"é".repeat(65)), &[(Weight::Advice, CodeMinor::InvalidData)]);
        check_identifier(Some(&"é".repeat(255)), &[(Weight::Advice, CodeMinor::InvalidData)]);
        check_identifier(Some(&"é".repeat(256)), &[(Weight::Error, CodeMinor::InvalidData)]);
        for missing in [None, Some(""), Some("  \n")] {
            check_identifier(missing, &[(Weight::Error, CodeMinor::IncompleteData)]);
        }
    }

    #[test]
    fn blanks_around_an_identifier_are_reported() {
        check_identifier(Some(" school-1"), &[(Weight::Advice, CodeMinor::InvalidData)]);
    }
}
