//! The trend: how much the last seven days brought against a usual week (feature H9).
//!
//! Not here: one night against a usual night ([`super::story::Usual`]).
//!
//! Invariant: pure; a week in which Muster did not run yet is no week of nothing.

use store::Timestamp;

use crate::clock::DAY_S;
use crate::present::table::{counted, thousands};

/// Seconds of a week.
const WEEK_S: i64 = 7 * DAY_S;

/// How many weeks before the last seven days say what is usual.
const USUAL_WEEKS_MAX: i64 = 4;

/// Fewer weeks than this say nothing yet.
const USUAL_WEEKS_MIN: usize = 2;

/// The last seven days against a usual week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Week {
    /// Operations that were carried out in the last seven days.
    done: u64,
    /// The median of the weeks before.
    usual: u64,
    /// How many weeks say so.
    weeks: usize,
}

/// Since when there has to be something to compare with.
pub(super) fn first_day(now: Timestamp) -> Timestamp {
    Timestamp(now.0.saturating_sub((USUAL_WEEKS_MAX + 1) * WEEK_S))
}

impl Week {
    /// Adds up runs, each with its beginning and its operations; `None` where too few weeks are behind them.
    pub(super) fn of(runs: &[(Timestamp, u64)], now: Timestamp) -> Option<Week> {
        let first = runs.iter().map(|(began, _)| began.0).min()?;
        let sum = |week: i64| -> u64 {
            let (begin, end) = (now.0 - (week + 1) * WEEK_S, now.0 - week * WEEK_S);
            runs.iter().filter(|(began, _)| (begin < began.0) && (began.0 <= end)).map(|(_, done)| done).sum()
        };
        // A week counts if there was a run on its first day or before.
        let is_whole = |week: &i64| first <= now.0 - (week + 1) * WEEK_S + DAY_S;
        let mut before: Vec<u64> = (1..=USUAL_WEEKS_MAX).filter(is_whole).map(sum).collect();
        if before.len() < USUAL_WEEKS_MIN {
            return None;
        }
        before.sort_unstable();
        Some(Week { done: sum(0), usual: before[before.len() / 2], weeks: before.len() })
    }

    /// The trend in one sentence.
    pub(super) fn sentence(&self) -> String {
        let Week { done, usual, weeks } = *self;
        let operations = counted(done, "operation", "operations");
        let compared = match (done, usual) {
            (done, usual) if done == usual => "as many as".to_owned(),
            (_, 0) => "more than".to_owned(),
            (done, usual) if done > usual => {
                format!("{} % more than", thousands((done - usual) * 100 / usual))
            }
            (done, usual) => format!("{} % less than", (usual - done) * 100 / usual),
        };
        let usual = thousands(usual);
        format!(
            "The last 7 days brought {operations}, {compared} a usual week ({usual}, the median of {weeks} weeks)."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(100 * DAY_S);

    /// A run each night for so many days back, with so many operations in each week, the last one first.
    fn nights(days: i64, weeks: &[u64]) -> Vec<(Timestamp, u64)> {
        let night = |day: i64| {
            let done = weeks.get((day / 7) as usize).copied().unwrap_or(0);
            (Timestamp(NOW.0 - day * DAY_S), if day % 7 == 0 { done } else { 0 })
        };
        (0..days).map(night).collect()
    }

    #[test]
    fn h9_the_trend_is_one_sentence_about_the_last_week_against_usual_ones() {
        let check = |days, weeks: &[u64], expected: Option<&str>| {
            let found = Week::of(&nights(days, weeks), NOW).map(|week| week.sentence());
            assert_eq!(found.as_deref(), expected, "{days} {weeks:?}");
        };
        check(
            35,
            &[110, 90, 100, 100, 400],
            Some(
                "The last 7 days brought 110 operations, 10 % more than a usual week (100, the median of 4 weeks).",
            ),
        );
        check(
            35,
            &[1_250, 2_500, 2_500, 2_500, 0],
            Some(
                "The last 7 days brought 1,250 operations, 50 % less than a usual week (2,500, the median of 4 weeks).",
            ),
        );
        check(
            21,
            &[5, 5, 5],
            Some("The last 7 days brought 5 operations, as many as a usual week (5, the median of 2 weeks)."),
        );
        check(
            21,
            &[1, 0, 0],
            Some("The last 7 days brought 1 operation, more than a usual week (0, the median of 2 weeks)."),
        );
        // Two weeks have to be behind the last one.
        check(20, &[5, 5, 5], None);
        check(0, &[], None);
    }
}
