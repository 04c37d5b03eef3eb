//! References to secrets, and how a secret is fetched when it is needed.
//!
//! Not here: what the secret opens.
//!
//! Invariant: the configuration holds references only; a secret lives from [`SecretRef::resolve`] to its use.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use targets::secret::Secret;
use thiserror::Error;

/// How long a command may take to print a secret.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(15);

/// How often a command that has printed everything is asked whether it has ended.
const COMMAND_POLL: Duration = Duration::from_millis(5);

/// The longest secret, in bytes: whoever names a large file by mistake should not wait for it.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

/// Says where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SecretRef {
    /// `{ env = "NAME" }`
    Env(String),
    /// `{ file = "PATH" }`
    File(PathBuf),
    /// `{ command = "PROGRAM ARGUMENT …" }`, split at blanks and started without a shell.
    Command(String),
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretRef::Env(name) => write!(f, "{{ env = {name:?} }}"),
            SecretRef::File(path) => write!(f, "{{ file = {path:?} }}"),
            SecretRef::Command(command) => write!(f, "{{ command = {command:?} }}"),
        }
    }
}

/// Why a secret could not be fetched.
#[derive(Debug, Error)]
pub(crate) enum SecretError {
    /// The variable is not set.
    #[error("cannot read the secret from the environment: {0} is not set")]
    NotSet(String),
    /// The file cannot be read.
    #[error("cannot read the secret from {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Others may read the file.
    #[error("cannot use the secret in {path}: others may read it (mode {mode:04o})")]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The command cannot be started.
    #[error("cannot start the command `{command}` that prints the secret")]
    Start {
        /// The command.
        command: String,
        /// Why.
        source: std::io::Error,
    },
    /// The command failed.
    #[error("cannot use the secret of the command `{command}`: it ended with {status}")]
    Failed {
        /// The command.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// The command took too long.
    #[error("cannot use the secret of the command `{command}`: it took longer than {} s", timeout.as_secs())]
    Slow {
        /// The command.
        command: String,
        /// How long it may take.
        timeout: Duration,
    },
    /// There is nothing.
    #[error("cannot use the secret of {0}: its first line is empty")]
    Empty(SecretRef),
    /// It is not text.
    #[error("cannot use the secret of {0}: it is not UTF-8 text")]
    NotText(SecretRef),
}

impl SecretError {
    /// What a person can do about it.
    pub(crate) fn next_step(&self) -> String {
        match self {
            SecretError::NotSet(name) => format!("set {name}, or name a file or a command instead"),
            SecretError::File { .. } => {
                "check the path, and that Muster's account may read the file".to_owned()
            }
            SecretError::Open { path, .. } => format!("chmod 600 {}", path.display()),
            SecretError::Start { .. } => "check that the program is installed".to_owned(),
            SecretError::Failed { command, .. } | SecretError::Slow { command, .. } => {
                format!("try it by hand: {command}")
            }
            SecretError::Empty(place) | SecretError::NotText(place) => {
                format!("put the secret into the first line of {place}")
            }
        }
    }
}

impl SecretRef {
    /// Fetches the secret: the first line, without blanks around it.
    pub(crate) fn resolve(&self) -> Result<Secret, SecretError> {
        self.resolve_text().map(|text| Secret::new(&text))
    }

    /// Fetches the secret as a text, for a driver that takes nothing else. Hand it over and forget it.
    pub(crate) fn resolve_text(&self) -> Result<String, SecretError> {
        let bytes = match self {
            SecretRef::Env(name) => match std::env::var_os(name) {
                Some(value) => value.into_encoded_bytes(),
                None => return Err(SecretError::NotSet(name.clone())),
            },
            SecretRef::File(path) => read_file(path)?,
            SecretRef::Command(command) => run_command(command, COMMAND_TIMEOUT)?,
        };
        let text = String::from_utf8(bytes).map_err(|_| SecretError::NotText(self.clone()))?;
        match text.lines().next().map(str::trim) {
            Some(line) if !line.is_empty() => Ok(line.to_owned()),
            _ => Err(SecretError::Empty(self.clone())),
        }
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, SecretError> {
    let failed = |source| SecretError::File { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(SecretError::Open { path: path.to_owned(), mode });
    }
    let mut bytes = Vec::new();
    file.take(SECRET_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Runs a command and returns what it printed. Its complaints go where ours go.
fn run_command(command: &str, timeout: Duration) -> Result<Vec<u8>, SecretError> {
    let deadline = Instant::now() + timeout;
    let mut words = command.split_whitespace();
    let mut child = Command::new(words.next().unwrap_or_default())
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|source| SecretError::Start { command: command.to_owned(), source })?;
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        // A thread reads, because a command that hangs would make a plain read hang.
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = stdout.take(SECRET_BYTES_MAX).read_to_end(&mut bytes);
            // Nobody listens any more when the command was too slow.
            let _too_late = sender.send(read.map(|_| bytes));
        });
    }
    let printed = receiver.recv_timeout(timeout);
    match (printed, ended_by(&mut child, deadline)) {
        (Ok(Ok(bytes)), Some(status)) if status.success() => Ok(bytes),
        (Ok(Err(source)), _) => Err(SecretError::Start { command: command.to_owned(), source }),
        (_, Some(status)) => Err(SecretError::Failed { command: command.to_owned(), status }),
        (_, None) => Err(SecretError::Slow { command: command.to_owned(), timeout }),
    }
}

/// Waits for a child until a deadline and kills it then.
fn ended_by(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(COMMAND_POLL),
            Ok(None) | Err(_) => {
                // Killing fails only when the child has just ended by itself.
                let _ended = child.kill();
                let _reaped = child.wait();
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn check(reference: SecretRef, expected: Result<&str, &str>) {
        match (reference.resolve_text(), expected) {
            (Ok(secret), Ok(text)) => assert_eq!(secret, text),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (found, expected) => panic!("{:?} instead of {expected:?}", found.map(|_| "a secret")),
        }
    }

    fn command(command: &str) -> SecretRef {
        SecretRef::Command(command.into())
    }

    #[test]
    fn a_command_prints_the_secret_without_a_shell() {
        check(command("printf first\\nsecond"), Ok("first"));
        check(command("echo a  b;c"), Ok("a b;c"));
    }

    #[test]
    fn a_command_that_fails_is_named() {
        check(command("false"), Err("`false`: it ended with exit status: 1"));
        check(command("no-such-program-here x"), Err("cannot start the command `no-such-program-here x`"));
        check(command(""), Err("cannot start"));
        check(command("true"), Err("its first line is empty"));
    }

    #[test]
    fn a_command_that_hangs_is_killed() {
        let error = run_command("sleep 600", Duration::from_millis(20)).unwrap_err();
        assert!(matches!(error, SecretError::Slow { .. }), "{error}");
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_with_the_command_to_type() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        fs::write(&path, " token-for-tests\r\nmore\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        check(SecretRef::File(path.clone()), Err("others may read it (mode 0640)"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        check(SecretRef::File(path), Ok("token-for-tests"));
    }

    #[test]
    fn what_is_missing_is_named() {
        check(SecretRef::Env("MUSTER_TEST_NOT_SET".into()), Err("MUSTER_TEST_NOT_SET is not set"));
        check(SecretRef::File("no/such/file".into()), Err("no/such/file"));
    }
}
