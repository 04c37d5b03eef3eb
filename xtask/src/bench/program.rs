//! Runs the real program and watches it: how long, how much memory, what it answered.
//!
//! Not here: what it is asked (`nights.rs`).

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cargo::{cargo, succeeds};
use crate::error::ChoreError;

/// How often a running program is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Exit codes of a program that did its work: done, something waits for approval, something needs a person.
const DONE: [i32; 3] = [0, 6, 7];

/// What a call of the program was like.
#[derive(Debug)]
pub(crate) struct Ran {
    /// From start to end.
    pub(crate) seconds: f64,
    /// The largest resident size, in MB; zero where the system does not tell it.
    pub(crate) peak_mb: u64,
    /// What it answered in JSON.
    pub(crate) answer: Value,
}

/// Builds the program as it is shipped, and says where it is.
pub(crate) fn build(root: &Path) -> Result<PathBuf, ChoreError> {
    let mut command = cargo(root);
    command.args(["build", "--release", "--quiet", "--package", "app", "--bin", "muster"]);
    if !succeeds(&mut command)? {
        return Err(ChoreError::Step("measure a program that does not build".to_owned()));
    }
    // This program was built in release as well, into the same folder.
    let this = std::env::current_exe().map_err(ChoreError::file("find the folder of", "xtask"))?;
    Ok(this.with_file_name("muster"))
}

/// Runs the program in a folder until it ends.
pub(crate) fn run(program: &Path, dir: &Path, arguments: &[&str]) -> Result<Ran, ChoreError> {
    let (answer, complaints) = (dir.join("answer.json"), dir.join("complaints.txt"));
    let mut command = Command::new(program);
    command.current_dir(dir).args(arguments).args(["--format", "json"]);
    command.stdout(File::create(&answer).map_err(ChoreError::file("write", &answer))?);
    command.stderr(File::create(&complaints).map_err(ChoreError::file("write", &complaints))?);
    let begin = Instant::now();
    let child = command.spawn().map_err(ChoreError::start(&command))?;
    let (status, peak_mb) = watch(child).map_err(ChoreError::file("watch", program))?;
    let seconds = begin.elapsed().as_secs_f64();
    let text = std::fs::read_to_string(&answer).map_err(ChoreError::file("read", &answer))?;
    if !status.code().is_some_and(|code| DONE.contains(&code)) {
        let complaints = std::fs::read_to_string(&complaints).unwrap_or_default();
        return Err(ChoreError::Step(format!("measure `muster {}`: {complaints}", arguments.join(" "))));
    }
    Ok(Ran { seconds, peak_mb, answer: serde_json::from_str(&text).unwrap_or_default() })
}

fn watch(mut child: Child) -> std::io::Result<(ExitStatus, u64)> {
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak_mb = 0;
    loop {
        if let Some(peak) = std::fs::read_to_string(&status_file).ok().and_then(|status| peak_of(&status)) {
            peak_mb = peak;
        }
        if let Some(status) = child.try_wait()? {
            return Ok((status, peak_mb));
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// The largest resident size so far, where the system tells it (Linux).
fn peak_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}
