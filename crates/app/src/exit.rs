//! How the program ends: the exit codes of DESIGN section 9, and the failure that a command returns.
//!
//! Not here: the failures of single rows, courses or operations; those are rejections, findings and outcomes.
//!
//! Invariant: a failure names the thing, what was tried and the next step, and never shows a secret.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use targets::journal::{ApplyStopped, JournalError, StopReason};
use targets::moodle::TargetError;

use crate::database_trouble::cannot_use;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: done.
    Done,
    /// 1: a mistake of Muster itself.
    Bug,
    /// 2: the command line is wrong.
    Usage,
    /// 3: the configuration or the installation is wrong.
    Configuration,
    /// 4: a source could not be read, or its delivery was refused.
    Source,
    /// 5: the target could not be worked with.
    Target,
    /// 6: something waits for approval.
    Waiting,
    /// 7: done, with findings that need a person.
    Attention,
    /// What a plug-in of Nagios says: the one exception to this table, for `muster status --nagios` alone.
    Nagios(Nagios),
}

/// How a plug-in of Nagios ends (Monitoring Plugins Development Guidelines, "Plugin Return Codes").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nagios {
    /// 0: all is well.
    Ok,
    /// 1: somebody should look.
    Warning,
    /// 2: it does not work.
    Critical,
    /// 3: nobody can tell.
    Unknown,
}

impl Exit {
    /// The number that the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Bug => 1,
            Exit::Usage => 2,
            Exit::Configuration => 3,
            Exit::Source => 4,
            Exit::Target => 5,
            Exit::Waiting => 6,
            Exit::Attention => 7,
            Exit::Nagios(Nagios::Ok) => 0,
            Exit::Nagios(Nagios::Warning) => 1,
            Exit::Nagios(Nagios::Critical) => 2,
            Exit::Nagios(Nagios::Unknown) => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// What happened: a sentence without its end.
    message: String,
    /// What to do next.
    hint: Option<String>,
    /// What lies below.
    source: Option<Box<dyn Error + Send + Sync>>,
    /// What had happened before, in lines.
    note: String,
}

impl Failure {
    /// A failure with a sentence.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure { exit, message: message.into(), hint: None, source: None, note: String::new() }
    }

    /// A failure that an error explains; the error's own text is the sentence.
    pub(crate) fn of(exit: Exit, error: impl Error + Send + Sync + 'static) -> Failure {
        let source = error.source().map(|inner| chain(inner).into());
        Failure { exit, message: error.to_string(), hint: None, source, note: String::new() }
    }

    /// What happened and why, in one line.
    pub(crate) fn what(&self) -> String {
        match &self.source {
            Some(source) => format!("{}: {source}", self.message),
            None => self.message.clone(),
        }
    }

    /// What to do next; empty where nobody knows.
    pub(crate) fn next(&self) -> &str {
        self.hint.as_deref().unwrap_or_default()
    }

    /// The failure for programs: docs/manual.md, "For programs".
    pub(crate) fn document(&self) -> serde_json::Value {
        serde_json::json!({
            "error": self.what(),
            "next": self.hint,
            "before": (!self.note.is_empty()).then_some(&self.note),
            "exit_code": self.exit.code(),
        })
    }

    /// Adds what had happened before, in lines; before what was added already.
    #[must_use]
    pub(crate) fn note(self, note: impl Into<String>) -> Failure {
        Failure { note: note.into() + &self.note, ..self }
    }

    /// Adds what lies below.
    #[must_use]
    pub(crate) fn because(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Failure {
        Failure { source: Some(source.into()), ..self }
    }

    /// The whole failure on one line, for a log.
    pub(crate) fn in_one_line(&self) -> String {
        self.to_string().replace("\n  ", "; ")
    }

    /// Adds the next step.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Into<String>) -> Failure {
        Failure { hint: Some(hint.into()), ..self }
    }
}

/// The texts of an error and of all that lies below it.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        let inner = error.to_string();
        // Drivers like to repeat the inner error in their own text.
        if !text.ends_with(&inner) {
            text.push_str(": ");
            text.push_str(&inner);
        }
        below = error.source();
    }
    text
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(source) = &self.source {
            write!(f, "\n  because: {source}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  next: {hint}")?;
        }
        if !self.note.is_empty() {
            write!(f, "\nBefore that:\n{}", self.note.trim_end())?;
        }
        Ok(())
    }
}

impl Error for Failure {}

/// A database of ours that cannot be used is a matter of the installation.
impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Failure {
        cannot_use(error, None)
    }
}

/// A platform that cannot be worked with: what it means, what Moodle said, what to do.
impl From<TargetError> for Failure {
    fn from(error: TargetError) -> Failure {
        const LOOK: &str = "`muster check moodle` looks at each step of the set-up";
        match error {
            TargetError::Call(call) => {
                let hint = format!("{}; {LOOK}", call.next_step);
                Failure::new(Exit::Target, call.to_string()).because(call.said()).hint(hint)
            }
            TargetError::FunctionsMissing { .. } => Failure::of(Exit::Target, error).hint(format!(
                "add them: Site administration > Server > Web services > External services > Functions; {LOOK}"
            )),
            TargetError::Setting { setting, .. } => {
                let next = format!("change it in [moodle]; `muster config explain moodle.{setting}` says more");
                Failure::of(Exit::Target, error).hint(next)
            }
        }
    }
}

/// A call of itslearning that failed as a whole.
impl From<targets::itslearning::CallError> for Failure {
    fn from(error: targets::itslearning::CallError) -> Failure {
        let hint =
            format!("{}; `muster check itslearning` looks at each step of the set-up", error.next_step);
        let said = error.said();
        Failure::of(Exit::Target, error).because(said).hint(hint)
    }
}

/// A setting of ours with which no itslearning can be reached.
impl From<targets::itslearning::SettingError> for Failure {
    fn from(error: targets::itslearning::SettingError) -> Failure {
        let next = format!("`muster config explain itslearning.{}` says what belongs there", error.setting);
        Failure::of(Exit::Configuration, error).hint(next)
    }
}

/// A plan that was not carried out to its end.
impl From<ApplyStopped> for Failure {
    fn from(stopped: ApplyStopped) -> Failure {
        match stopped.reason {
            StopReason::Target(call) => TargetError::Call(*call).into(),
            reason @ StopReason::TooManyFailures { .. } => {
                Failure::of(Exit::Target, reason).hint("muster check moodle, then muster run")
            }
            StopReason::Journal(JournalError(error)) => match error.downcast::<store::StoreError>() {
                Ok(error) => Failure::from(*error),
                Err(error) => Failure::of(Exit::Configuration, JournalError(error))
                    .hint("muster check database, then muster run"),
            },
        }
    }
}

/// Writing to standard output failed, for example because the reader of a pipe went away.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::new(Exit::Configuration, format!("cannot write the output: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_why_and_what_next() {
        let failure = Failure::of(Exit::Source, std::io::Error::other("cannot read groups.csv"))
            .hint("check that the file is there");
        assert_eq!(failure.to_string(), "cannot read groups.csv\n  next: check that the file is there");
        assert_eq!(failure.exit.code(), 4);
    }
}
