//! A database server that lives no longer than this program, with a folder of its own.
//!
//! Not for what kind of server it is: see `databases.rs`.
//!
//! Invariant: when this program ends, in whatever way, the server ends and its folder is removed. A small shell
//! watches over the server; it waits on a pipe that the system closes together with us.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::ci::install::{is_root, number_of};
use crate::ci::log::Log;
use crate::error::ChoreError;

/// Starts the server given as arguments and stops it when standard input ends. The data is thrown away, so the
/// server is stopped in the quickest way that leaves nothing behind.
const WATCH: &str = r#"
"$@" </dev/null >"$SERVER_FOLDER/server.log" 2>&1 &
read -r _
kill -s "$STOP_SIGNAL" $!
wait $!
rm -rf "$SERVER_FOLDER"
"#;

const START_LIMIT: Duration = Duration::from_secs(60);
const PAUSE_BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// A folder and an account in which a server is prepared.
#[derive(Debug)]
pub(crate) struct Place {
    folder: TempDir,
    account: Option<Account>,
    /// A port of this machine that was free a moment ago.
    pub(crate) port: u16,
}

/// The system user that a server runs as when we are root.
#[derive(Debug)]
struct Account {
    user: u32,
    group: u32,
}

/// A running server; dropping it stops it.
#[derive(Debug)]
pub(crate) struct Server {
    watcher: Child,
}

impl Place {
    /// Makes a folder that belongs to the first of the named users that exists, or to us if we are not root.
    pub(crate) fn new(users: &[&str]) -> Result<Place, ChoreError> {
        // In memory where that can be had: the tests make and drop hundreds of databases.
        let memory = PathBuf::from("/dev/shm");
        let temporary = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let folder = tempfile::Builder::new().prefix("muster-ci-").tempdir_in(&temporary);
        let folder = folder.map_err(ChoreError::file("make a folder in", temporary))?;
        let account = if is_root() { Some(Account::first_of(users)?) } else { None };
        if let Some(Account { user, group }) = account {
            chown(folder.path(), Some(user), Some(group))
                .map_err(ChoreError::file("give away", folder.path()))?;
        }
        Ok(Place { folder, account, port: free_port()? })
    }

    /// A path inside the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Prepares a command that runs in the folder, as the account.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = match self.account {
            None => Command::new(program),
            Some(Account { user, group }) => {
                let mut command = Command::new("setpriv");
                command.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).arg("--clear-groups");
                command.arg("--").arg(program);
                command
            }
        };
        command.current_dir(self.folder.path()).env("HOME", self.folder.path());
        command
    }

    /// Starts a server and waits until it greets or accepts whoever connects.
    pub(crate) fn start(
        self,
        server: &Command,
        stop_signal: &str,
        is_ready: impl Fn(&Place) -> bool,
        log: &mut Log,
    ) -> Result<Option<Server>, ChoreError> {
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCH, "sh"]).arg(server.get_program()).args(server.get_args());
        watch.current_dir(self.folder.path()).env("HOME", self.folder.path());
        watch.env("SERVER_FOLDER", self.folder.path()).env("STOP_SIGNAL", stop_signal);
        // In a group of its own, the interrupt key of the terminal reaches only us, and the watcher tidies up.
        watch.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let watcher = watch.spawn().map_err(ChoreError::start(&watch))?;
        let running = Server { watcher };

        let start = Instant::now();
        while start.elapsed() < START_LIMIT {
            if is_ready(&self) {
                // From here on the watcher removes the folder.
                let _ = self.folder.keep();
                return Ok(Some(running));
            }
            std::thread::sleep(PAUSE_BETWEEN_LOOKS);
        }
        let said = std::fs::read_to_string(self.path("server.log")).unwrap_or_default();
        log.note(&format!("the server did not answer for {} s; it said:\n{said}", START_LIMIT.as_secs()))?;
        Ok(None)
    }

    /// Says whether the server sends something to whoever connects, as MariaDB does.
    pub(crate) fn greets(&self) -> bool {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let Ok(mut connection) = TcpStream::connect_timeout(&address, PAUSE_BETWEEN_LOOKS) else {
            return false;
        };
        let patient = connection.set_read_timeout(Some(Duration::from_secs(5)));
        patient.and_then(|()| connection.read_exact(&mut [0])).is_ok()
    }
}

impl Account {
    fn first_of(users: &[&str]) -> Result<Account, ChoreError> {
        let accounts = users.iter().filter_map(|user| {
            let (user, group) = (number_of(&["-u", user])?, number_of(&["-g", user])?);
            Some(Account { user, group })
        });
        let found = accounts.into_iter().next();
        found.ok_or_else(|| {
            ChoreError::Step(format!("find a user to run a database as; tried {}", users.join(", ")))
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        // It cannot be waited for twice, and there is nobody left to tell.
        let _ = self.watcher.wait();
    }
}

fn free_port() -> Result<u16, ChoreError> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    port.map(|address| address.port()).map_err(|error| ChoreError::Step(format!("find a free port: {error}")))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::Place;
    use crate::ci::log::Log;

    #[test]
    fn a_server_and_its_folder_end_with_their_guard() {
        let logs = tempfile::tempdir().unwrap();
        let mut log = Log::create(logs.path(), "databases").unwrap();
        let place = Place::new(&["nobody"]).unwrap();
        let (folder, mark) = (place.path(""), place.path("pid"));
        let mut command = Command::new("sh");
        command.args(["-c", "echo $$ > pid; exec sleep 600"]);
        let is_ready = |_: &Place| std::fs::read_to_string(&mark).is_ok_and(|text| text.ends_with('\n'));
        let server = place.start(&command, "KILL", is_ready, &mut log).unwrap().unwrap();
        let process = format!("/proc/{}", std::fs::read_to_string(&mark).unwrap().trim());
        assert!(Path::new(&process).exists());

        drop(server);
        assert!(!Path::new(&process).exists(), "{process} still runs");
        assert!(!folder.exists(), "{} is still there", folder.display());
    }
}
