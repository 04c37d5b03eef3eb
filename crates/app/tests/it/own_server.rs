//! A MariaDB or a PostgreSQL that one test has for itself: it may be killed, stopped, told to be read only, or have a
//! database on a disk that is too small.
//!
//! It is of the product that `MUSTER_TEST_DATABASE` names, and its programs have to be on this machine.
//!
//! Not here: the server that the other tests share (`cargo xtask ci`).
//!
//! Invariant: a server ends with the process that started it, in whatever way that ends: a shell watches over it and waits
//! on a pipe that the system closes.
//! Invariant: what was committed survives `kill -9` of the server; what a power cut would lose is of no interest.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::place::{Place, server, try_sql};
use crate::small_disk::{SmallDisk, is_mapped};

/// Starts the server given as arguments, tells its number, and ends it when standard input ends.
const WATCH: &str = r#"
"$@" </dev/null >>"$SERVER_LOG" 2>&1 &
echo $!
read -r _
kill -s "$STOP_SIGNAL" $!
wait $!
"#;

/// How long a server may take to begin.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Product {
    MariaDb,
    Postgres,
}

/// Whom a server runs as: it refuses to be root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Account {
    /// Us.
    Ours,
    /// Us, where we look like root and no other account can be had: we look like somebody else again.
    Disguised,
    /// The account that the packages of the servers made.
    Named { user: u32, group: u32 },
}

/// The server.
pub(crate) struct OwnServer {
    product: Product,
    port: u16,
    account: Account,
    running: Option<(Child, u32)>,
    folder: TempDir,
}

impl OwnServer {
    /// Starts one; `None` where the tests use SQLite, or this machine does not have the programs, which is said.
    pub(crate) fn start() -> Option<OwnServer> {
        let url = server()?;
        let product = if url.starts_with("postgres") { Product::Postgres } else { Product::MariaDb };
        let memory = Path::new("/dev/shm");
        let temporary = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = tempfile::Builder::new().prefix("muster-own-").tempdir_in(temporary).unwrap();
        let account = Account::fitting(folder.path());
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut own = OwnServer { product, port, account, running: None, folder };
        if let Account::Named { user, group } = account {
            chown(own.folder.path(), Some(user), Some(group)).unwrap();
        }
        if !own.prepare() {
            println!("left out: the programs of the server are not on this machine");
            return None;
        }
        own.start_again();
        Some(own)
    }

    /// Makes an empty database; where a disk is given, on that.
    pub(crate) fn database(&self, name: &str, disk: Option<&SmallDisk>) -> Place {
        match (self.product, disk) {
            (_, None) => self.administer(&format!("CREATE DATABASE {name}")),
            // A folder in the data folder is a database, and a link to one is one as well.
            (Product::MariaDb, Some(disk)) => symlink(disk.path(), self.path("data").join(name)).unwrap(),
            (Product::Postgres, Some(disk)) => {
                if let Account::Named { user, group } = self.account {
                    chown(disk.path(), Some(user), Some(group)).unwrap();
                }
                self.administer(&format!("CREATE TABLESPACE small LOCATION '{}'", disk.path().display()));
                self.administer(&format!("CREATE DATABASE {name} TABLESPACE small"));
            }
        }
        Place::at(self.url(name))
    }

    /// The database `muster`, for another account.
    pub(crate) fn url_for(&self, account: &str, password: &str) -> String {
        self.url("muster").replace("muster:muster@", &format!("{account}:{password}@"))
    }

    /// Carries out SQL as the administrator.
    pub(crate) fn administer(&self, sql: &str) {
        self.try_administer(sql).unwrap();
    }

    fn try_administer(&self, sql: &str) -> Result<(), sqlx::Error> {
        let database = if self.product == Product::Postgres { "postgres" } else { "mysql" };
        Runtime::new().unwrap().block_on(try_sql(&self.url(database), sql.to_owned()))
    }

    fn url(&self, database: &str) -> String {
        let scheme = if self.product == Product::Postgres { "postgres" } else { "mysql" };
        format!("{scheme}://muster:muster@127.0.0.1:{}/{database}", self.port)
    }

    /// Whether it is a PostgreSQL.
    pub(crate) fn is_postgres(&self) -> bool {
        self.product == Product::Postgres
    }

    /// Whether it ended by itself.
    pub(crate) fn has_ended(&self) -> bool {
        self.running.as_ref().is_some_and(|(_, process)| has_ended(*process))
    }

    /// Stops it as an administrator does.
    pub(crate) fn stop(&mut self) {
        self.end(if self.is_postgres() { "INT" } else { "TERM" });
    }

    /// Ends it as if it had crashed.
    pub(crate) fn crash(&mut self) {
        self.end(self.crash_signal());
    }

    /// PostgreSQL is not killed: its processes would outlive the first one by a moment, and keep the next one from starting.
    fn crash_signal(&self) -> &'static str {
        if self.is_postgres() { "QUIT" } else { "KILL" }
    }

    fn end(&mut self, signal: &str) {
        let Some((mut watcher, server)) = self.running.take() else { return };
        // It may have ended by itself.
        let _ = Command::new("kill").args(["-s", signal, &server.to_string()]).stderr(Stdio::null()).status();
        // The watcher collects it only when it is told to end, and then the server has its time.
        while !has_ended(server) {
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(watcher.stdin.take());
        watcher.wait().unwrap();
    }

    /// Starts it, and waits until it takes connections.
    pub(crate) fn start_again(&mut self) {
        let server = self.server();
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCH, "sh"]).arg(server.get_program()).args(server.get_args());
        watch.current_dir(self.folder.path()).env("SERVER_LOG", self.path("server.log"));
        watch.env("STOP_SIGNAL", self.crash_signal());
        watch.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut watcher = watch.spawn().unwrap();
        let mut number = String::new();
        BufReader::new(watcher.stdout.take().unwrap()).read_line(&mut number).unwrap();
        self.running = Some((watcher, number.trim().parse().unwrap()));
        let begun = Instant::now();
        while self.try_administer("SELECT 1").is_err() {
            let said = || std::fs::read_to_string(self.path("server.log")).unwrap_or_default();
            assert!(begun.elapsed() < PATIENCE, "the server does not answer; it said:\n{}", said());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command that runs as the server's account.
    fn command(&self, program: &Path) -> Command {
        let mut command = match self.account {
            Account::Ours => Command::new(program),
            Account::Disguised => {
                let mut command = Command::new("unshare");
                command.args(["--user", "--map-user=1000", "--map-group=1000", "--"]).arg(program);
                command
            }
            Account::Named { user, group } => {
                let mut command = Command::new("setpriv");
                command.args([&format!("--reuid={user}"), &format!("--regid={group}")]);
                command.args(["--clear-groups", "--"]).arg(program);
                command
            }
        };
        command
            .current_dir(self.folder.path())
            .envs(["HOME", "TMPDIR"].map(|name| (name, self.folder.path())));
        command
    }

    /// Makes the data folder; false where the programs are missing.
    fn prepare(&self) -> bool {
        let data = self.path("data");
        let mut prepare = match self.product {
            Product::MariaDb => {
                let (Some(install), Some(_)) = (find("mariadb-install-db"), find("mariadbd")) else {
                    return false;
                };
                let mut prepare = self.command(&install);
                prepare.args(["--no-defaults", "--force", "--auth-root-authentication-method=normal"]);
                prepare.arg("--skip-test-db").arg(format!("--datadir={}", data.display()));
                let words = "CREATE USER IF NOT EXISTS muster@'127.0.0.1' IDENTIFIED BY 'muster';\n\
                             GRANT ALL ON *.* TO muster@'127.0.0.1' WITH GRANT OPTION;\n";
                std::fs::write(self.path("first-words.sql"), words).unwrap();
                prepare
            }
            Product::Postgres => {
                let Some(initdb) = find("initdb") else { return false };
                let mut prepare = self.command(&initdb);
                prepare.arg("--pgdata").arg(&data);
                prepare.args(["--username=muster", "--auth=trust", "--no-sync"]);
                prepare.args(["--encoding=UTF8", "--locale=C.UTF-8"]);
                prepare
            }
        };
        let prepared = prepare.output().unwrap();
        assert!(prepared.status.success(), "{prepared:?}");
        true
    }

    /// The command that is the server.
    fn server(&self) -> Command {
        let data = self.path("data");
        match self.product {
            Product::MariaDb => {
                let mut server = self.command(&find("mariadbd").unwrap());
                server.args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-name-resolve"]);
                server.args(["--skip-log-bin", "--character-set-server=utf8mb4"]);
                server.arg(format!("--datadir={}", data.display())).arg(format!("--port={}", self.port));
                server.arg(format!("--socket={}", self.path("socket").display()));
                server.arg(format!("--init-file={}", self.path("first-words.sql").display()));
                server.arg(format!("--tmpdir={}", self.folder.path().display()));
                server.args(["--innodb-flush-log-at-trx-commit=2", "--innodb-doublewrite=0"]);
                server
            }
            Product::Postgres => {
                let mut server = self.command(&find("postgres").unwrap());
                server.arg("-D").arg(&data).arg("-p").arg(self.port.to_string());
                for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"] {
                    server.args(["-c", setting]);
                }
                server
            }
        }
    }
}

impl Account {
    /// The one that serves here.
    fn fitting(folder: &Path) -> Account {
        let own = folder.metadata().unwrap();
        if is_mapped() {
            return Account::Disguised;
        }
        if own.uid() != 0 {
            return Account::Ours;
        }
        let accounts = std::fs::read_to_string("/etc/passwd").unwrap();
        // name:password:number:number of the group:…
        let account = |name: &str| {
            let line = accounts.lines().find_map(|line| line.strip_prefix(&format!("{name}:x:")))?;
            let mut numbers = line.split(':').map(|number| number.parse());
            Some(Account::Named { user: numbers.next()?.ok()?, group: numbers.next()?.ok()? })
        };
        ["mysql", "postgres", "nobody"].into_iter().find_map(account).unwrap()
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        if let Some((mut watcher, _)) = self.running.take() {
            drop(watcher.stdin.take());
            let _ = watcher.wait();
        }
    }
}

/// Whether a process has ended; one that nobody collected yet has.
fn has_ended(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // number (name) state …
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['Z', 'X']))
}

/// Looks for a program of a server, also where Debian puts those that are not meant for a person's PATH.
fn find(name: &str) -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    folders.extend(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    folders.into_iter().map(|folder| folder.join(name)).find(|file| file.is_file())
}
