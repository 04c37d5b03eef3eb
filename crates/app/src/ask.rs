//! Asks a person before something is done.
//!
//! Not here: what is asked about.
//!
//! Invariant: nothing is done without a yes: `--yes`, or a word typed at a terminal. A pipe is not asked.

use std::io::{BufRead, IsTerminal, Write};

use crate::exit::Failure;
use crate::output::Output;

/// Whether something may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    /// `--yes` was said.
    Given,
    /// There is a person to ask.
    Ask,
    /// There is nobody to ask: it is only shown.
    Nobody,
}

impl Consent {
    /// Finds out whether there is somebody to ask.
    pub(crate) fn of(yes: bool, output: &Output) -> Consent {
        if yes {
            Consent::Given
        } else if output.is_for_people() && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
        {
            Consent::Ask
        } else {
            Consent::Nobody
        }
    }
}

/// Asks on the terminal.
pub(crate) fn ask(question: &str) -> Result<bool, Failure> {
    let (input, output) = (std::io::stdin(), std::io::stdout());
    Ok(answer(question, &mut input.lock(), &mut output.lock())?)
}

/// Asks, and takes everything but a clear yes for a no.
fn answer(question: &str, input: &mut impl BufRead, output: &mut impl Write) -> std::io::Result<bool> {
    write!(output, "{question} [y/N] ")?;
    output.flush()?;
    let mut line = String::new();
    input.read_line(&mut line)?;
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, expected: bool) {
        let mut output = Vec::new();
        assert_eq!(answer("Do it?", &mut typed.as_bytes(), &mut output).unwrap(), expected, "{typed:?}");
        assert_eq!(output, b"Do it? [y/N] ");
    }

    #[test]
    fn only_a_clear_yes_is_a_yes() {
        for yes in ["y\n", "Y\n", " yes \n", "YES"] {
            check(yes, true);
        }
        for no in ["", "\n", "n\n", "no\n", "yeah\n", "y n\n"] {
            check(no, false);
        }
    }
}
