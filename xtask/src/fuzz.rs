//! `cargo xtask fuzz`: builds the targets of `fuzz/` so that libFuzzer sees which code an input reaches, and searches one.
//!
//! Not for the bounded search of every change: see `ci/fuzz.rs`. Not for targets: they are in `fuzz/src`.
//!
//! Stable Rust can count what is reached (`-C passes=sancov-module`, as afl.rs and `cargo fuzz --sanitizer none` do); the address
//! sanitizer, which needs more, would find nothing in a workspace that forbids `unsafe`.
//!
//! Invariant: nothing is written into the seeds; what a search learns is below target/fuzz.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::cargo::{cargo, succeeds};
use crate::error::ChoreError;

/// Counts each edge of the code, and hands both sides of a comparison to the search.
const COUNTED: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// An input that takes longer is a finding.
const INPUT_S_MAX: u32 = 5;

/// A search that needs more memory is a finding.
const MEMORY_MIB_MAX: u32 = 512;

/// Says which target the program searches; `list` prints them.
const TARGET: &str = "MUSTER_FUZZ_TARGET";

/// What `cargo xtask fuzz` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct FuzzArgs {
    /// What to search; without it, the targets are listed
    target: Option<String>,
    /// How long
    #[arg(long, default_value_t = 60, value_name = "N")]
    seconds: u64,
    /// Try this input once instead, for example one that was found
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
}

/// One target, as the program lists it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Its name.
    pub(crate) name: String,
    /// Its part of the time in CI.
    pub(crate) share: u64,
    bytes_max: String,
    seeds: Vec<String>,
}

/// The program that searches, built.
#[derive(Debug)]
pub(crate) struct Program {
    root: PathBuf,
    triple: String,
}

/// Builds, then searches a target or lists them all.
pub(crate) fn run(root: &Path, arguments: &FuzzArgs) -> Result<ExitCode, ChoreError> {
    let program = Program::new(root)?;
    if !succeeds(&mut program.build())? {
        return Ok(ExitCode::FAILURE);
    }
    let targets = program.targets()?;
    let Some(name) = &arguments.target else {
        targets.iter().for_each(|target| println!("{}", target.name));
        return Ok(ExitCode::SUCCESS);
    };
    let Some(target) = targets.iter().find(|target| target.name == *name) else {
        return Err(ChoreError::Step(format!("find the target `{name}`; `cargo xtask fuzz` lists them")));
    };
    let mut search = match &arguments.input {
        Some(input) => program.retry(target, input),
        None => program.search(target, arguments.seconds)?,
    };
    if succeeds(&mut search)? {
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "the input is in the file named above; mend the parser, and keep the input as a fixture with a test"
    );
    Ok(ExitCode::FAILURE)
}

impl Program {
    /// Finds out for which machine it is built; nothing is built yet.
    pub(crate) fn new(root: &Path) -> Result<Program, ChoreError> {
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        let output = rustc.arg("-vV").output().map_err(ChoreError::start(&rustc))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let triple = said.lines().find_map(|line| line.strip_prefix("host: "));
        let triple =
            triple.ok_or_else(|| ChoreError::Step("find the host in what `rustc -vV` says".into()))?;
        Ok(Program { root: root.to_owned(), triple: triple.to_owned() })
    }

    /// The command that builds it, in a folder of its own: the flags make every crate another one.
    pub(crate) fn build(&self) -> Command {
        let mut build = cargo(&self.root);
        build.args(["build", "--package", "fuzz", "--features", "libfuzzer", "--profile", "fuzz"]);
        // With a target named, the flags do not reach build scripts and macros.
        build.args(["--target", &self.triple, "--target-dir", "target/fuzz"]).env("RUSTFLAGS", COUNTED);
        build
    }

    /// What it can search.
    pub(crate) fn targets(&self) -> Result<Vec<Target>, ChoreError> {
        let mut list = self.command("list");
        let output = list.output().map_err(ChoreError::start(&list))?;
        String::from_utf8_lossy(&output.stdout).lines().map(read_target).collect()
    }

    /// The command that searches a target. What it learned before is where it begins.
    pub(crate) fn search(&self, target: &Target, seconds: u64) -> Result<Command, ChoreError> {
        let learned = self.folder("learned").join(&target.name);
        let found = self.folder("found");
        for folder in [&learned, &found] {
            std::fs::create_dir_all(folder).map_err(ChoreError::file("make", folder))?;
        }
        let mut search = self.command(&target.name);
        search.args([
            format!("-max_total_time={seconds}"),
            format!("-max_len={}", target.bytes_max),
            format!("-timeout={INPUT_S_MAX}"),
            format!("-rss_limit_mb={MEMORY_MIB_MAX}"),
            format!("-artifact_prefix={}/{}-", found.display(), target.name),
            "-print_final_stats=1".to_owned(),
        ]);
        search.arg(learned).args(target.seeds.iter().map(|seed| self.root.join(seed)));
        Ok(search)
    }

    /// The command that tries one input.
    fn retry(&self, target: &Target, input: &Path) -> Command {
        let mut retry = self.command(&target.name);
        retry.arg(std::path::absolute(input).unwrap_or_else(|_| input.to_owned()));
        retry
    }

    fn command(&self, target: &str) -> Command {
        let mut command = Command::new(self.folder(&self.triple).join("fuzz/fuzz"));
        command.current_dir(&self.root).env(TARGET, target);
        command
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.root.join("target/fuzz").join(name)
    }
}

/// Reads a line of the list: name, share, longest input, seeds, with tabs between them.
fn read_target(line: &str) -> Result<Target, ChoreError> {
    let unreadable =
        || ChoreError::Step(format!("read `{line}` in the list of fuzz targets; see fuzz/src/main.rs"));
    let mut parts = line.split('\t').map(str::to_owned);
    let (name, share, bytes_max) = (parts.next(), parts.next(), parts.next());
    let (Some(name), Some(share), Some(bytes_max)) = (name, share, bytes_max) else {
        return Err(unreadable());
    };
    let share = share.parse().map_err(|_| unreadable())?;
    Ok(Target { name, share, bytes_max, seeds: parts.collect() })
}

#[cfg(test)]
mod tests {
    use super::{Target, read_target};

    #[test]
    fn a_target_is_read_as_the_program_lists_it() {
        let (name, bytes_max) = ("values".to_owned(), "64".to_owned());
        let seeds = vec!["fuzz/seeds/values".to_owned(), "crates".to_owned()];
        let expected = Target { name, share: 2, bytes_max, seeds };
        assert_eq!(read_target("values\t2\t64\tfuzz/seeds/values\tcrates").unwrap(), expected);
        for line in ["", "values", "values\tmany\t64\tseeds"] {
            assert!(read_target(line).unwrap_err().to_string().contains("list of fuzz targets"), "{line}");
        }
    }
}
