//! Where answers go: text with colour for people, one JSON document for programs, failures to standard error.
//!
//! Not here: what the answers say.
//!
//! Invariant: in JSON mode standard output holds exactly one document.

use std::io::Write;

use serde::Serialize;

use crate::cli::Format;
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::present::table::{bad, faint};

/// Where answers go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    format: Option<Format>,
}

impl Output {
    /// An output in a format.
    pub(crate) fn new(format: Format) -> Output {
        Output { format: Some(format) }
    }

    /// Tells whether the answers are read by people.
    pub(crate) fn is_for_people(&self) -> bool {
        self.format == Some(Format::Text)
    }

    /// An output that says nothing, for steps that the demo takes on the way.
    pub(crate) fn silent() -> Output {
        Output { format: None }
    }

    /// Says once which profile is in force (feature E1): nobody should mistake the test site for the live one.
    pub(crate) fn banner(&self, config: &Config) -> Result<(), Failure> {
        if let Some(profile) = &config.profile
            && self.format == Some(Format::Text)
        {
            writeln!(anstream::stderr(), "{}", faint(&format!("profile {profile}")))?;
        }
        // A program reads one document on standard error, or none; `muster check` tells it the warnings.
        for warning in config.warnings.iter().filter(|_| self.format == Some(Format::Text)) {
            writeln!(anstream::stderr(), "{warning}")?;
        }
        Ok(())
    }

    /// Writes text for people; a program gets nothing.
    pub(crate) fn text(&self, text: &str) -> Result<(), Failure> {
        if self.format == Some(Format::Text) {
            let line_end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            let mut out = anstream::stdout();
            unless_nobody_reads(write!(out, "{text}{line_end}").and_then(|()| out.flush()))?;
        }
        Ok(())
    }

    /// Writes the answer for programs; people get nothing.
    pub(crate) fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        if self.format == Some(Format::Json) {
            let text = serde_json::to_string_pretty(value).map_err(|error| {
                Failure::new(Exit::Bug, format!("cannot write the answer as JSON: {error}"))
            })?;
            unless_nobody_reads(writeln!(std::io::stdout(), "{text}"))?;
        }
        Ok(())
    }

    /// Writes one answer in the form that was asked for.
    pub(crate) fn answer(
        &self,
        value: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        match self.format {
            Some(Format::Text) => self.text(&text()),
            Some(Format::Json) => self.json(value),
            None => Ok(()),
        }
    }

    /// Says why a command did not do what it was asked.
    pub(crate) fn failure(&self, failure: &Failure) {
        // There is nobody left to tell when standard error is gone.
        let _ = match self.format {
            Some(Format::Text) | None => writeln!(anstream::stderr(), "{} {failure}", bad("muster:")),
            Some(Format::Json) => {
                writeln!(anstream::stderr(), "{}", failure.document())
            }
        };
    }
}

/// A reader that has seen enough, such as `head`, is no failure.
pub(crate) fn unless_nobody_reads(written: std::io::Result<()>) -> std::io::Result<()> {
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
