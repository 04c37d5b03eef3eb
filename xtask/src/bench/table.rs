//! The table at the end: what was measured, against which budget.
//!
//! Not here: measuring.

use std::fmt;

/// What was measured so far.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    what: String,
    measured: String,
    budget: String,
    verdict: &'static str,
}

impl Table {
    /// Adds a figure that has a budget.
    pub(crate) fn judge(&mut self, what: &str, measured: Figure, max: Figure) {
        let verdict = if measured.number() <= max.number() { "holds" } else { "MISSES" };
        let (measured, budget) = (measured.to_string(), format!("at most {max}"));
        self.rows.push(Row { what: what.to_owned(), measured, budget, verdict });
    }

    /// Adds a figure without one.
    pub(crate) fn tell(&mut self, what: &str, measured: impl fmt::Display) {
        let (measured, budget) = (measured.to_string(), String::new());
        self.rows.push(Row { what: what.to_owned(), measured, budget, verdict: "" });
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |of: fn(&Row) -> &str| {
            self.rows.iter().map(|row| of(row).chars().count()).max().unwrap_or_default()
        };
        let (what, measured, budget) =
            (width(|row| &row.what), width(|row| &row.measured), width(|row| &row.budget));
        for row in &self.rows {
            let line = format!(
                "{:what$}  {:>measured$}  {:budget$}  {}",
                row.what, row.measured, row.budget, row.verdict
            );
            writeln!(formatter, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A measured number with its unit.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Figure {
    /// A count of calls.
    Calls(u64),
    /// How many times as much as the least possible.
    Times(f64),
    /// Megabytes.
    Megabytes(u64),
    /// Seconds.
    Seconds(f64),
}

impl Figure {
    fn number(self) -> f64 {
        match self {
            Figure::Calls(number) | Figure::Megabytes(number) => number as f64,
            Figure::Times(number) | Figure::Seconds(number) => number,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Figure::Calls(calls) => write!(formatter, "{calls} calls"),
            Figure::Times(times) => write!(formatter, "{times:.2} ×"),
            Figure::Megabytes(megabytes) => write!(formatter, "{megabytes} MB"),
            Figure::Seconds(seconds) => write!(formatter, "{seconds:.2} s"),
        }
    }
}
