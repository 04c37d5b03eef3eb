//! A chain of checks, and the first link of it that is broken.
//!
//! Not here: the checks.

use std::fmt;

use reconcile::finding::Severity;
use serde::Serialize;
use store::FindingRow;

use crate::clock::written;
use crate::present::table::{bad, faint, good, pending, strong};

/// What was checked about one thing, in order.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Chain {
    /// The thing.
    subject: String,
    /// The reason code of the first broken link; `done` where none is.
    reason: String,
    /// The checks.
    steps: Vec<Step>,
}

/// One check.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Step {
    /// What was checked.
    name: String,
    /// How it is.
    state: StepState,
    /// The reason code; empty where all is well.
    reason: String,
    /// What was found.
    text: String,
    /// What mends it; empty where nothing has to be.
    remedy: String,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum StepState {
    Well,
    Noted,
    Broken,
}

impl Step {
    /// All is well.
    pub(crate) fn well(name: &str, text: String) -> Step {
        Step { name: name.into(), state: StepState::Well, reason: String::new(), text, remedy: String::new() }
    }

    /// Something that explains, but does not stop the rest.
    pub(crate) fn note(name: &str, reason: &str, text: String, remedy: String) -> Step {
        Step { name: name.into(), state: StepState::Noted, reason: reason.into(), text, remedy }
    }

    /// The chain ends here.
    pub(crate) fn broken(name: &str, reason: &str, text: String, remedy: String) -> Step {
        Step { name: name.into(), state: StepState::Broken, reason: reason.into(), text, remedy }
    }

    /// What a run found.
    pub(crate) fn of_finding(row: &FindingRow) -> Step {
        let name = match row.finding.reason.severity() {
            Severity::Notice => "notice",
            Severity::Pending => "pending",
            Severity::Attention => "attention",
        };
        let text = format!("{} (since {})", row.finding, written(row.first_seen));
        Step::note(name, row.finding.reason.code(), text, row.finding.remedy())
    }
}

impl Chain {
    /// A chain up to its first broken link.
    pub(crate) fn of(subject: String, mut steps: Vec<Step>) -> Chain {
        if let Some(broken) = steps.iter().position(|step| step.state == StepState::Broken) {
            steps.truncate(broken + 1);
        }
        // Notices are for the record: they explain, but nothing is wrong.
        let telling = steps
            .iter()
            .find(|step| step.state == StepState::Broken)
            .or_else(|| steps.iter().find(|step| step.state == StepState::Noted && step.name != "notice"));
        let reason = telling.map_or("done", |step| step.reason.as_str()).to_owned();
        Chain { subject, reason, steps }
    }

    /// Tells whether everything is as it should be.
    pub(crate) fn is_well(&self) -> bool {
        self.reason == "done"
    }

    /// The verdict alone.
    pub(crate) fn in_a_line(&self) -> String {
        format!("{} {}\n", good("ok     "), self.subject)
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", strong(&self.subject))?;
        for step in &self.steps {
            let sign = match step.state {
                StepState::Well => good("ok     "),
                StepState::Noted => pending("look   "),
                StepState::Broken => bad("broken "),
            };
            writeln!(f, "  {sign} {:<11} {}", step.name, step.text)?;
            if !step.remedy.is_empty() && step.state != StepState::Well {
                writeln!(f, "          {:<11} next: {}", "", step.remedy)?;
            }
        }
        let verdict = match self.reason.as_str() {
            "done" => good("as it should be"),
            reason => pending(&reason.replace('_', " ")),
        };
        writeln!(f, "  {} {verdict}", faint("so:"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_stops_at_its_first_broken_link() {
        let chain = Chain::of(
            "course 7".into(),
            vec![
                Step::well("mapping", "wanted".into()),
                Step::broken("source", "not_in_source", "silent".into(), "ask".into()),
                Step::well("platform", "never shown".into()),
            ],
        );
        assert_eq!((chain.reason.as_str(), chain.steps.len()), ("not_in_source", 2));
    }

    #[test]
    fn a_chain_without_a_broken_link_tells_what_is_pending() {
        let pending = Step::note("pending", "not_enrolled", "not yet".into(), "wait".into());
        assert_eq!(Chain::of("x".into(), vec![pending]).reason, "not_enrolled");
        assert_eq!(Chain::of("x".into(), Vec::new()).reason, "done");
    }
}
