//! Runs the benchmarks of the crates and takes their best times into the table: the fastest of the samples is what the
//! program needs, the others also measure what else the machine was doing.
//!
//! Not here: the benchmarks (`crates/reconcile/benches`, `crates/app/benches`).

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use super::table::{Figure, Table};
use crate::cargo::cargo;
use crate::error::ChoreError;

/// Planning against a bare hash comparison, and its memory.
pub(crate) fn plan(root: &Path, table: &mut Table) -> Result<(), ChoreError> {
    let fastest = fastest(&suite(root, "reconcile", "plan")?);
    for night in ["l_quiet_night", "l_first_night", "xl_quiet_night"] {
        let plan = format!("{night}_plan");
        let baseline = format!("{night}_baseline_bare_hash_comparison");
        compare(table, &fastest, "planning", &plan, &baseline, 2.0);
    }
    for line in suite(root, "reconcile", "memory")?.lines() {
        // "L, quiet night: 0 operations, input 133 MB, peak 140 MB of at most 300 MB"
        let Some((name, figures)) = line.split_once(": ") else { continue };
        let number = |before: &str| -> Option<u64> {
            figures.split_once(before)?.1.split_whitespace().next()?.parse().ok()
        };
        if let (Some(peak), Some(max)) = (number("peak "), number("at most ")) {
            table.judge(&format!("planning {name}: memory"), Figure::Megabytes(peak), Figure::Megabytes(max));
        }
    }
    Ok(())
}

/// Reading against the csv crate alone.
pub(crate) fn read(root: &Path, table: &mut Table) -> Result<(), ChoreError> {
    let fastest = fastest(&suite(root, "app", "read_csv")?);
    // The budget is against what gives the same usable rows; the others are told for honesty.
    compare(table, &fastest, "reading", "muster", "csv_crate_typed_rows_kept", 2.0);
    for baseline in ["csv_crate_text_records_kept", "csv_crate_byte_records_not_kept"] {
        if let Some(ratio) = ratio(&fastest, "muster", baseline) {
            table.tell(&format!("reading: muster / {baseline}"), Figure::Times(ratio));
        }
    }
    Ok(())
}

fn compare(
    table: &mut Table,
    fastest: &BTreeMap<String, f64>,
    what: &str,
    ours: &str,
    baseline: &str,
    times_max: f64,
) {
    for name in [ours, baseline] {
        if let Some(seconds) = fastest.get(name) {
            table.tell(&format!("{what}: {name}"), Figure::Seconds(*seconds));
        }
    }
    if let Some(ratio) = ratio(fastest, ours, baseline) {
        table.judge(&format!("{what}: {ours} / baseline"), Figure::Times(ratio), Figure::Times(times_max));
    }
}

fn ratio(fastest: &BTreeMap<String, f64>, ours: &str, baseline: &str) -> Option<f64> {
    Some(fastest.get(ours)? / fastest.get(baseline)?)
}

/// Runs a benchmark of a crate, shows what it prints, and returns it.
fn suite(root: &Path, package: &str, bench: &str) -> Result<String, ChoreError> {
    let mut command = cargo(root);
    command.args(["bench", "--quiet", "--package", package, "--bench", bench]).stderr(Stdio::inherit());
    let output = command.output().map_err(ChoreError::start(&command))?;
    if !output.status.success() {
        return Err(ChoreError::Step(format!("run the benchmark {bench} of {package}; see above")));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    print!("{text}");
    Ok(text)
}

/// The fastest samples of what divan printed, in seconds, by name: the first column of each line of its tree.
fn fastest(text: &str) -> BTreeMap<String, f64> {
    let mut fastest = BTreeMap::new();
    for line in text.lines() {
        let Some((_, rest)) = line.split_once("─ ") else { continue };
        let name_and_fastest = rest.split('│').next().unwrap_or_default();
        let Some((name, time)) = name_and_fastest.trim().split_once(' ') else { continue };
        if let Some(seconds) = seconds(time.trim()) {
            fastest.insert(name.to_owned(), seconds);
        }
    }
    fastest
}

/// Reads a time as divan writes it, for example `178.2 ms`.
fn seconds(text: &str) -> Option<f64> {
    let (number, unit) = text.split_once(' ')?;
    let scale = match unit {
        "s" => 1.0,
        "ms" => 1e-3,
        "µs" => 1e-6,
        "ns" => 1e-9,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_samples_are_read_from_the_tree() {
        let text = "plan                fastest       │ slowest       │ median        │ mean          │ samples │ iters\n\
                    ├─ l_plan           178.1 ms      │ 199.2 ms      │ 181.5 ms      │ 183 ms        │ 10      │ 10\n\
                    ╰─ xl_plan          2.1 s         │ 2.3 s         │ 2.2 s         │ 2.2 s         │ 2       │ 2\n";
        let expected = [("l_plan".to_owned(), 0.1781), ("xl_plan".to_owned(), 2.1)];
        assert_eq!(fastest(text), BTreeMap::from(expected));
    }
}
