//! A chain of checks, and the first link of it that is broken.
//!
//! Not here: the checks.
//!
//! Invariant: whatever is not well has a code, somebody who can mend it, and a remedy.

use std::fmt;

use reconcile::finding::Severity;
use serde::{Serialize, Serializer};
use store::{FindingRow, Timestamp};

use super::code::{Code, Mender};
use super::history::Event;
use crate::clock::written;
use crate::present::table::{bad, faint, good, pending, strong};

/// What was checked about one thing, in order.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Chain {
    /// The thing.
    subject: String,
    /// The command that asks for exactly this thing.
    ask: String,
    /// Why it is as it is: the first broken link.
    reason: Code,
    /// Who can mend that.
    who: Mender,
    /// Since when it is so, in seconds since 1970 UTC, where that is known.
    #[serde(serialize_with = "seconds")]
    since: Option<Timestamp>,
    /// The checks.
    steps: Vec<Step>,
    /// What went wrong here, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    history: Vec<Event>,
    /// How many older events there are, and the command that shows them.
    #[serde(skip)]
    more: Option<String>,
}

/// One check.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Step {
    /// What was checked.
    name: &'static str,
    /// How it is.
    state: StepState,
    /// Why; `done` where all is well.
    reason: Code,
    /// Who can mend it.
    who: Mender,
    /// Since when it is so.
    #[serde(serialize_with = "seconds")]
    since: Option<Timestamp>,
    /// What was found.
    text: String,
    /// What mends it; empty where nothing has to be.
    remedy: String,
    /// The command of the remedy; empty where it has none.
    command: String,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum StepState {
    Well,
    Noted,
    Broken,
}

/// The names that stand in a remedy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) course: String,
    pub(crate) module: String,
    pub(crate) group: String,
    pub(crate) person: String,
    pub(crate) run: String,
}

impl Names {
    fn fill(&self, text: &str) -> String {
        let or = |name: &str, placeholder: &str| {
            if name.is_empty() { placeholder.to_owned() } else { name.to_owned() }
        };
        text.replace("{course}", &or(&self.course, "COURSE"))
            .replace("{module}", &or(&self.module, "MODULE"))
            .replace("{group}", &or(&self.group, "GROUP"))
            .replace("{person}", &or(&self.person, "the person"))
            .replace("{run}", &or(&self.run, "RUN"))
    }
}

impl Step {
    /// All is well.
    pub(crate) fn well(name: &'static str, text: impl Into<String>) -> Step {
        Step {
            name,
            state: StepState::Well,
            reason: Code::Done,
            who: Mender::Nobody,
            since: None,
            text: text.into(),
            remedy: String::new(),
            command: String::new(),
        }
    }

    /// Something that explains, but does not stop the rest.
    pub(crate) fn note(name: &'static str, code: Code, text: impl Into<String>, names: &Names) -> Step {
        Step { state: StepState::Noted, reason: code, who: code.mender(), ..Step::well(name, text) }
            .mended_by(names.fill(code.remedy()))
    }

    /// The chain ends here.
    pub(crate) fn broken(name: &'static str, code: Code, text: impl Into<String>, names: &Names) -> Step {
        Step { state: StepState::Broken, ..Step::note(name, code, text, names) }
    }

    /// What a run found.
    pub(crate) fn of_finding(row: &FindingRow) -> Step {
        let reason = row.finding.reason;
        let name = match reason.severity() {
            Severity::Notice => "notice",
            Severity::Pending => "pending",
            Severity::Attention => "attention",
        };
        Step::note(name, Code::Found(reason), row.finding.to_string(), &Names::default())
            .since(Some(row.first_seen))
            .mended_by(row.finding.remedy())
    }

    /// The same without a next step, where another check of the chain says what to do.
    pub(crate) fn without_remedy(self) -> Step {
        self.mended_by(String::new())
    }

    /// Tells whether it says that something is wrong, or has to wait.
    pub(crate) fn tells(&self) -> bool {
        !self.is_well() && self.reason.severity() > Severity::Notice
    }

    /// The same, without ending the chain.
    pub(crate) fn noted(self) -> Step {
        Step { state: StepState::Noted, ..self }
    }

    /// What was found.
    pub(crate) fn words(&self) -> &str {
        &self.text
    }

    /// Tells whether all is well with it.
    pub(crate) fn is_well(&self) -> bool {
        self.state == StepState::Well
    }

    /// Tells whether another one says the same.
    pub(crate) fn is_like(&self, other: &Step) -> bool {
        self.name == other.name && self.text == other.text
    }

    /// Gives it the moment since which it is so.
    pub(crate) fn since(self, since: Option<Timestamp>) -> Step {
        Step { since, ..self }
    }

    /// Gives it a remedy of its own instead of the one of its code.
    pub(crate) fn mended_by(self, remedy: String) -> Step {
        Step { command: command_in(&remedy), remedy, ..self }
    }
}

/// The first command in a text, between backticks.
fn command_in(text: &str) -> String {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.into_iter().find(|words| words.starts_with("muster ")).unwrap_or_default().to_owned()
}

impl Chain {
    /// A chain up to its first broken link.
    pub(crate) fn of(subject: impl Into<String>, ask: impl Into<String>, mut steps: Vec<Step>) -> Chain {
        if let Some(broken) = steps.iter().position(|step| step.state == StepState::Broken) {
            steps.truncate(broken + 1);
        }
        // Notices are for the record: they explain, but nothing is wrong.
        let tells =
            |step: &&Step| step.state == StepState::Noted && step.reason.severity() > Severity::Notice;
        let telling = steps
            .iter()
            .find(|step| step.state == StepState::Broken)
            .or_else(|| steps.iter().filter(tells).find(|step| step.reason.severity() == Severity::Attention))
            .or_else(|| steps.iter().find(tells));
        let (reason, since) = telling.map_or((Code::Done, None), |step| (step.reason, step.since));
        let who = reason.mender();
        let (subject, ask) = (subject.into(), ask.into());
        Chain { subject, ask, reason, who, since, steps, history: Vec::new(), more: None }
    }

    /// Adds what went wrong here, and the command that shows what is left out.
    pub(crate) fn with_history(self, history: Vec<Event>, more: Option<String>) -> Chain {
        Chain { history, more, ..self }
    }

    /// Tells whether everything is as it should be.
    pub(crate) fn is_well(&self) -> bool {
        self.reason == Code::Done
    }

    /// The verdict in words.
    fn verdict(&self) -> String {
        match self.reason {
            Code::Done => good("as it should be"),
            reason => pending(&reason.code().replace('_', " ")),
        }
    }

    /// The subject and the verdict, and the command that tells the rest.
    pub(crate) fn in_a_line(&self) -> String {
        let sign = if self.is_well() { good("ok     ") } else { pending("look   ") };
        let verdict = if self.is_well() { String::new() } else { format!(": {}", self.verdict()) };
        format!("{sign} {}{verdict}\n        {}\n", self.subject, faint(&self.ask))
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", strong(&self.subject))?;
        for step in &self.steps {
            write!(f, "{step}")?;
        }
        if !self.history.is_empty() {
            writeln!(f, "  {}", faint("what went wrong here, the newest last:"))?;
        }
        for event in &self.history {
            writeln!(f, "    {event}")?;
        }
        if let Some(more) = &self.more {
            writeln!(f, "    {}", faint(more))?;
        }
        write!(f, "  {} {}", faint("so:"), self.verdict())?;
        if let Some(since) = self.since {
            write!(f, ", since {}", written(since))?;
        }
        if self.reason != Code::Done {
            write!(f, "; who can mend it: {}", self.who.words())?;
        }
        writeln!(f)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.state {
            StepState::Well => good("ok     "),
            StepState::Noted if self.reason.severity() == Severity::Notice => faint("note   "),
            StepState::Noted => pending("look   "),
            StepState::Broken => bad("broken "),
        };
        write!(f, "  {sign} {:<11} {}", self.name, self.text)?;
        if let Some(since) = self.since {
            write!(f, " (since {})", written(since))?;
        }
        writeln!(f)?;
        if !self.remedy.is_empty() {
            writeln!(f, "          {:<11} next: {}", "", self.remedy)?;
        }
        Ok(())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// A moment as seconds since 1970 UTC, as in the tables.
pub(super) fn seconds<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(|at| at.0).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use reconcile::finding::Reason;

    use super::*;

    fn names() -> Names {
        Names { course: "7".into(), module: "ANTH1014".into(), ..Names::default() }
    }

    #[test]
    fn a_chain_stops_at_its_first_broken_link() {
        let broken = Step::broken("source", Code::Found(Reason::NotInSource), "silent", &names());
        let steps = vec![Step::well("mapping", "wanted"), broken, Step::well("platform", "never shown")];
        let chain = Chain::of("course 7", "muster explain course 7", steps);
        assert_eq!((chain.reason.code(), chain.steps.len()), ("not_in_source", 2));
        assert_eq!(chain.who, Mender::TimetableOffice);
    }

    #[test]
    fn a_chain_without_a_broken_link_tells_what_needs_a_person_before_what_is_pending() {
        let pending = || Step::note("pending", Code::Found(Reason::NotEnrolled), "not yet", &names());
        let attention = Step::note("attention", Code::Found(Reason::NameTaken), "taken", &names());
        let notice = Step::note("notice", Code::Archived, "kept", &names());
        let reason = |steps| Chain::of("x", "", steps).reason.code();
        assert_eq!(reason(vec![notice.clone(), pending()]), "not_enrolled");
        assert_eq!(reason(vec![pending(), attention]), "name_taken");
        assert_eq!(reason(vec![notice]), "done");
        assert_eq!(reason(Vec::new()), "done");
    }

    #[test]
    fn a_remedy_names_its_subject_and_its_command() {
        let step = Step::note("mapping", Code::Frozen, "deactivated", &names());
        assert_eq!(step.command, "muster map set 7 ANTH1014 --active true");
        assert_eq!(command_in("set `same_code` in [policy], or `muster run`"), "muster run");
        assert_eq!(command_in("nothing to do"), "");
    }
}
