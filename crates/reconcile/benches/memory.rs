//! Measures the memory of planning: the peak of a process that holds a whole university and all of its plans at once
//! (DESIGN section 12: L under 300 MB, XL under 2 GB).
//!
//! Not here: time (`benches/plan.rs`).

mod university;

use std::process::Command;

use university::{L, Night, Profile, University, XL};

/// The largest peaks that DESIGN allows, in MB.
const MEASURED: [(&str, Profile, Night, u64); 4] = [
    ("L, quiet night", L, Night::Quiet, 300),
    ("L, first night", L, Night::First, 300),
    ("XL, quiet night", XL, Night::Quiet, 2_000),
    ("XL, first night", XL, Night::First, 2_000),
];

fn main() {
    let asked = std::env::args().nth(1).and_then(|number| number.parse::<usize>().ok());
    match asked.and_then(|number| MEASURED.get(number)) {
        Some((name, profile, night, peak_mb_max)) => measure(name, *profile, *night, *peak_mb_max),
        // Each peak needs a process of its own.
        None => (0..MEASURED.len()).for_each(measure_apart),
    }
}

fn measure_apart(number: usize) {
    let status = std::env::current_exe().and_then(|this| Command::new(this).arg(number.to_string()).status());
    if !status.as_ref().is_ok_and(|status| status.success()) {
        println!("measurement {number} broke off: {status:?}");
    }
}

fn measure(name: &str, profile: Profile, night: Night, peak_mb_max: u64) {
    let university = University::of(profile, night);
    let input_mb = peak_mb();
    let plans = university.plan();
    let peak_mb = peak_mb();
    let operations: usize = plans.iter().map(|plan| plan.operations.len()).sum();
    println!(
        "{name}: {operations} operations, input {} MB, peak {} MB of at most {peak_mb_max} MB",
        input_mb.map_or("?".into(), |mb| mb.to_string()),
        peak_mb.map_or("?".into(), |mb| mb.to_string()),
    );
}

/// The largest resident size so far, where the system tells it (Linux).
fn peak_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}
