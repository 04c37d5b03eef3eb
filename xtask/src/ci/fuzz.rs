//! The part `fuzz`: every target is searched for its share of a bounded time.
//!
//! Not for long searches: `cargo xtask fuzz TARGET --seconds N` (`crate::fuzz`).
//!
//! Invariant: the time of all targets together is bounded, however many there are.

use std::path::Path;

use crate::ci::Verdict;
use crate::ci::install::{find_programs, install};
use crate::ci::log::Log;
use crate::error::ChoreError;
use crate::fuzz::Program;

/// For all targets together, in seconds; the build comes on top.
const SECONDS: u64 = 75;

/// Builds the targets and searches each that has a share; all are searched even if the first find something.
pub(super) fn check(root: &Path, log: &mut Log) -> Result<Verdict, ChoreError> {
    if find_programs(["c++"]).is_none()
        && let Err(reason) = install(&["g++"], log)?
    {
        return Ok(Verdict::LeftOut(format!("no C++ compiler for libFuzzer: {reason}")));
    }
    let program = Program::new(root)?;
    if !log.run(&mut program.build())? {
        return Ok(Verdict::Failed);
    }
    let targets = program.targets()?;
    let shares: u64 = targets.iter().map(|target| target.share).sum();
    let mut verdict = if shares == 0 { Verdict::Failed } else { Verdict::Holds };
    for target in targets.iter().filter(|target| target.share > 0) {
        if !log.run(&mut program.search(target, SECONDS * target.share / shares)?)? {
            verdict = Verdict::Failed;
        }
    }
    Ok(verdict)
}
