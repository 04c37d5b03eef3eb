//! One line of a check: what was tried, how it went, what mends it.
//!
//! Not here: trying anything.

use std::fmt;

use serde::Serialize;

use crate::exit::Exit;
use crate::present::table::{bad, good, pending};

/// How wide the column of what was tried is, in characters.
const WHAT_WIDTH: usize = 24;

/// One line of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    /// What was tried.
    pub(super) what: String,
    /// How it went.
    pub(super) state: LineState,
    /// What was found.
    pub(super) text: String,
    /// What mends it, or makes it better where it is in order; may be empty.
    pub(super) remedy: String,
    /// How the program ends if this is wrong.
    #[serde(skip)]
    pub(super) exit: Exit,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LineState {
    Ok,
    Wrong,
    CannotTell,
}

impl Line {
    pub(super) fn ok(what: &str, text: impl Into<String>) -> Line {
        Line {
            what: what.into(),
            state: LineState::Ok,
            text: text.into(),
            remedy: String::new(),
            exit: Exit::Done,
        }
    }

    pub(super) fn wrong(exit: Exit, what: &str, text: impl Into<String>, remedy: impl Into<String>) -> Line {
        Line { what: what.into(), state: LineState::Wrong, text: text.into(), remedy: remedy.into(), exit }
    }

    pub(super) fn cannot_tell(what: &str, text: impl Into<String>, remedy: impl Into<String>) -> Line {
        Line {
            what: what.into(),
            state: LineState::CannotTell,
            text: text.into(),
            remedy: remedy.into(),
            exit: Exit::Done,
        }
    }

    pub(super) fn is_wrong(&self) -> bool {
        self.state == LineState::Wrong
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.state {
            LineState::Ok => good("ok         "),
            LineState::Wrong => bad("wrong      "),
            LineState::CannotTell => pending("cannot tell"),
        };
        write!(f, "{sign} {:<WHAT_WIDTH$} {}", self.what, self.text)?;
        if !self.remedy.is_empty() {
            let word = if self.state == LineState::Ok { "advice" } else { "next" };
            write!(f, "\n            {:<WHAT_WIDTH$} {word}: {}", "", self.remedy)?;
        }
        Ok(())
    }
}
