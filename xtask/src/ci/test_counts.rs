//! Reads from the test runners' own words how many tests ran.
//!
//! Not for deciding success: the runner's exit code does that.

use std::fmt;
use std::ops::AddAssign;

/// How many tests ended in which way.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TestCounts {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl TestCounts {
    /// Adds up every closing line of `cargo nextest run` and `cargo test` in a log.
    pub(crate) fn read(log: &str) -> TestCounts {
        let mut counts = TestCounts::default();
        for line in log.lines() {
            if let Some(found) = nextest_summary(line).or_else(|| test_result(line)) {
                counts += found;
            }
        }
        counts
    }

    /// The same without the skipped ones, where a filter chose the tests: those that it left out ran in another part.
    pub(crate) fn without_skipped(self) -> TestCounts {
        TestCounts { skipped: 0, ..self }
    }

    /// The counts in pieces such as `3 passed` or `1 timed out`; what neither passed nor was skipped failed.
    fn of_pieces<'text>(pieces: impl Iterator<Item = &'text str>) -> TestCounts {
        let mut counts = TestCounts::default();
        for piece in pieces {
            let Some((number, word)) = piece.trim().split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match word {
                "passed" => counts.passed += number,
                "skipped" | "ignored" => counts.skipped += number,
                "failed" | "timed out" | "exec failed" => counts.failed += number,
                // `cargo test` also counts what was measured and what a filter left out; neither is a test that ran.
                _ => {}
            }
        }
        counts
    }
}

impl AddAssign for TestCounts {
    fn add_assign(&mut self, other: TestCounts) {
        let TestCounts { passed, failed, skipped } = other;
        self.passed += passed;
        self.failed += failed;
        self.skipped += skipped;
    }
}

impl fmt::Display for TestCounts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TestCounts { passed, failed, skipped } = self;
        write!(formatter, "tests: {passed} passed, {failed} failed, {skipped} skipped")
    }
}

/// `Summary [   0.005s] 10 tests run: 8 passed (1 slow, 1 flaky), 1 failed, 1 timed out, 2 skipped`.
fn nextest_summary(line: &str) -> Option<TestCounts> {
    let summary = line.trim_start().strip_prefix("Summary [")?;
    let (_, pieces) = summary.split_once(" run: ")?;
    Some(TestCounts::of_pieces(without_brackets(pieces).split(',')))
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s`.
fn test_result(line: &str) -> Option<TestCounts> {
    let result = line.strip_prefix("test result: ")?;
    let (_, pieces) = result.split_once(". ")?;
    Some(TestCounts::of_pieces(pieces.split(';')))
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    let mut outside = String::new();
    for letter in text.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => outside.push(letter),
            _ => {}
        }
    }
    outside
}

#[cfg(test)]
mod tests {
    use super::TestCounts;

    fn check(log: &str, expected: &str) {
        assert_eq!(TestCounts::read(log).to_string(), expected);
    }

    #[test]
    fn nextest_is_understood() {
        check(
            "     Summary [   0.005s] 3 tests run: 3 passed, 0 skipped",
            "tests: 3 passed, 0 failed, 0 skipped",
        );
        check(
            "     Summary [   9.1s] 10 tests run: 8 passed (1 slow, 1 flaky), 1 failed, 1 timed out, 2 skipped",
            "tests: 8 passed, 2 failed, 2 skipped",
        );
        check(
            "     Summary [ 1.0s] 3/10 tests run: 2 passed, 1 failed, 0 skipped",
            "tests: 2 passed, 1 failed, 0 skipped",
        );
    }

    #[test]
    fn cargo_test_is_understood_and_added_up() {
        let log = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 5 filtered out; finished in 0.00s\n\
                   test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        check(log, "tests: 4 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn a_log_without_tests_counts_nothing() {
        check("error: could not compile", "tests: 0 passed, 0 failed, 0 skipped");
    }
}
