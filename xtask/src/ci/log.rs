//! The log of one part: everything it runs writes there, and the screen sees it only when the part fails.
//!
//! Not for the program's own logs.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::error::ChoreError;

/// A failed part shows this much of its end; the rest is in the file.
const LINES_SHOWN_MAX: usize = 300;

const PAUSE_BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Where one part writes.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// Begins an empty log.
    pub(crate) fn create(folder: &Path, name: &str) -> Result<Log, ChoreError> {
        std::fs::create_dir_all(folder).map_err(ChoreError::file("make", folder))?;
        let path = folder.join(format!("{name}.log"));
        let file = File::create(&path).map_err(ChoreError::file("write", &path))?;
        Ok(Log { path, file })
    }

    /// Writes one line of our own.
    pub(crate) fn note(&mut self, line: &str) -> Result<(), ChoreError> {
        writeln!(self.file, "{line}").map_err(ChoreError::file("write", &self.path))
    }

    /// Runs a command to its end and says whether it succeeded.
    pub(crate) fn run(&mut self, command: &mut Command) -> Result<bool, ChoreError> {
        let status = self.start(command)?.wait();
        Ok(status.map_err(ChoreError::start(command))?.success())
    }

    /// Runs a command, ends it when its time is over, and says whether it succeeded.
    pub(crate) fn run_for(&mut self, command: &mut Command, limit: Duration) -> Result<bool, ChoreError> {
        let mut child = self.start(command)?;
        let start = Instant::now();
        loop {
            if let Some(status) = child.try_wait().map_err(ChoreError::start(command))? {
                return Ok(status.success());
            }
            if start.elapsed() > limit {
                child.kill().and_then(|()| child.wait()).map_err(ChoreError::start(command))?;
                self.note(&format!("ended after {} s without an end of its own", limit.as_secs()))?;
                return Ok(false);
            }
            std::thread::sleep(PAUSE_BETWEEN_LOOKS);
        }
    }

    /// Everything written so far.
    pub(crate) fn text(&self) -> Result<String, ChoreError> {
        let bytes = std::fs::read(&self.path).map_err(ChoreError::file("read", &self.path))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Prints the end of the log for the person who must find out what went wrong.
    pub(crate) fn show(&self) -> Result<(), ChoreError> {
        let text = self.text()?;
        let lines: Vec<&str> = text.lines().collect();
        let left_out = lines.len().saturating_sub(LINES_SHOWN_MAX);
        if left_out > 0 {
            println!("({left_out} more lines in {})", self.path.display());
        }
        for line in &lines[left_out..] {
            println!("{line}");
        }
        Ok(())
    }

    fn start(&mut self, command: &mut Command) -> Result<Child, ChoreError> {
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        let program = Path::new(command.get_program()).file_name().unwrap_or_default();
        self.note(&format!("$ {} {}", program.to_string_lossy(), words.join(" ")))?;
        let out = self.file.try_clone().map_err(ChoreError::file("write", &self.path))?;
        let errors = self.file.try_clone().map_err(ChoreError::file("write", &self.path))?;
        let child = command.stdin(std::process::Stdio::null()).stdout(out).stderr(errors).spawn();
        child.map_err(ChoreError::start(command))
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::Log;

    #[test]
    fn a_command_writes_into_the_log_and_its_end_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Log::create(folder.path(), "part").unwrap();
        assert!(log.run(Command::new("sh").args(["-c", "echo out; echo err >&2"])).unwrap());
        assert!(!log.run(Command::new("sh").args(["-c", "exit 3"])).unwrap());
        assert_eq!(log.text().unwrap(), "$ sh -c echo out; echo err >&2\nout\nerr\n$ sh -c exit 3\n");
    }

    #[test]
    fn a_command_that_hangs_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Log::create(folder.path(), "part").unwrap();
        assert!(!log.run_for(Command::new("sleep").arg("60"), Duration::ZERO).unwrap());
        assert!(log.text().unwrap().contains("ended after 0 s"));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Log::create(folder.path(), "part").unwrap();
        let error = log.run(&mut Command::new("no-such-program")).unwrap_err();
        assert_eq!(error.to_string(), "cannot start `no-such-program`; is it installed and on the PATH?");
    }
}
