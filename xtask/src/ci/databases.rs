//! A MariaDB and a PostgreSQL for the tests: made for one run, on free ports of this machine, then thrown away.
//!
//! Not for tests: they read the addresses from `MUSTER_TEST_MYSQL_URL` and `MUSTER_TEST_POSTGRES_URL`, and the one of
//! the management database from `MUSTER_TEST_DATABASE` (`parts.rs`).
//!
//! Invariant: an address that is already in the environment is used as it is, and no server is started for it.
//! Invariant: the servers listen on 127.0.0.1 only.

use std::path::{Path, PathBuf};

use crate::ci::Verdict;
use crate::ci::install::{find_programs, install};
use crate::ci::log::Log;
use crate::ci::server::{Place, Server};
use crate::error::ChoreError;

/// Where the tests find a MariaDB or MySQL.
pub(crate) const MYSQL_ADDRESS: &str = "MUSTER_TEST_MYSQL_URL";
/// Where the tests find a PostgreSQL.
pub(crate) const POSTGRES_ADDRESS: &str = "MUSTER_TEST_POSTGRES_URL";

/// Makes an account that may make databases of its own, before the server accepts anybody.
const MARIADB_FIRST_WORDS: &str = "\
CREATE DATABASE muster;
CREATE USER muster@'127.0.0.1' IDENTIFIED BY 'muster';
GRANT ALL ON *.* TO muster@'127.0.0.1' WITH GRANT OPTION;
";

/// The servers of one run.
#[derive(Debug, Default)]
pub(crate) struct Databases {
    addresses: Vec<(&'static str, String)>,
    servers: Vec<Server>,
}

/// What came of one server.
enum Started {
    Running(Server, String),
    Missing(String),
    Failed,
}

impl Databases {
    /// Starts what is not yet there; a server that cannot be had is a reason, one that will not start a failure.
    pub(crate) fn start(&mut self, log: &mut Log) -> Result<Verdict, ChoreError> {
        let mut missing = Vec::new();
        let mut failed = false;
        for (variable, start) in [(MYSQL_ADDRESS, mariadb as Start), (POSTGRES_ADDRESS, postgresql)] {
            if let Ok(address) = std::env::var(variable) {
                log.note(&format!("{variable} is set by the caller"))?;
                self.addresses.push((variable, address));
                continue;
            }
            match start(log)? {
                Started::Running(server, address) => {
                    log.note(&format!("{variable}={address}"))?;
                    self.servers.push(server);
                    self.addresses.push((variable, address));
                }
                Started::Missing(reason) => missing.push(reason),
                Started::Failed => failed = true,
            }
        }
        Ok(match (failed, missing.is_empty()) {
            (true, _) => Verdict::Failed,
            (false, true) => Verdict::Holds,
            (false, false) => Verdict::LeftOut(missing.join("; ")),
        })
    }

    /// The address of one server; `None` where it could not be had.
    pub(crate) fn address(&self, variable: &str) -> Option<&str> {
        self.addresses().find(|(name, _)| *name == variable).map(|(_, address)| address)
    }

    /// The variables that tell the tests where the servers are.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.addresses.iter().map(|(variable, address)| (*variable, address.as_str()))
    }
}

type Start = fn(&mut Log) -> Result<Started, ChoreError>;

fn mariadb(log: &mut Log) -> Result<Started, ChoreError> {
    // The `-core` packages have the programs without a service that would start at once; the last program is
    // one that the first one calls.
    let programs = ["mariadb-install-db", "mariadbd", "my_print_defaults"];
    let packages = ["mariadb-server-core", "mariadb-client-core"];
    let [install_db, mariadbd, _] = match find_or_install(programs, &packages, log)? {
        Ok(found) => found,
        Err(reason) => return Ok(Started::Missing(format!("no MariaDB: {reason}"))),
    };

    let place = Place::new(&["mysql", "nobody"])?;
    let data = format!("--datadir={}", place.path("data").display());
    let mut prepare = place.command(&install_db);
    // Forced, because it would stop where the machine's own name cannot be looked up.
    prepare.args(["--no-defaults", "--force", "--auth-root-authentication-method=normal"]);
    prepare.args(["--skip-test-db", &data]);
    if !log.run(&mut prepare)? {
        return Ok(Started::Failed);
    }
    let first_words = place.path("first-words.sql");
    std::fs::write(&first_words, MARIADB_FIRST_WORDS).map_err(ChoreError::file("write", &first_words))?;

    let port = place.port;
    let mut server = place.command(&mariadbd);
    server.args([
        "--no-defaults",
        &data,
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        "--skip-log-bin",
    ]);
    server.arg(format!("--port={port}")).arg(format!("--socket={}", place.path("socket").display()));
    server.arg(format!("--init-file={}", first_words.display()));
    server.arg(format!("--tmpdir={}", place.path("").display()));
    server.args(["--character-set-server=utf8mb4", "--max-connections=300"]);
    // What a power cut would lose is of no interest here.
    server.args(["--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0"]);
    let running = place.start(&server, "KILL", Place::greets, log)?;
    Ok(started(running, format!("mysql://muster:muster@127.0.0.1:{port}/muster")))
}

fn postgresql(log: &mut Log) -> Result<Started, ChoreError> {
    let programs = ["initdb", "postgres", "createdb"];
    let [initdb, postgres, createdb] = match find_or_install(programs, &["postgresql"], log)? {
        Ok(found) => found,
        Err(reason) => return Ok(Started::Missing(format!("no PostgreSQL: {reason}"))),
    };

    let place = Place::new(&["postgres", "nobody"])?;
    let data = place.path("data");
    let mut prepare = place.command(&initdb);
    prepare.arg("--pgdata").arg(&data).args(["--username=muster", "--auth=trust", "--no-sync"]);
    prepare.args(["--encoding=UTF8", "--locale=C.UTF-8"]);
    if !log.run(&mut prepare)? {
        return Ok(Started::Failed);
    }

    let port = place.port;
    let mut server = place.command(&postgres);
    server.arg("-D").arg(&data).arg("-p").arg(port.to_string());
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=300",
        // What a power cut would lose is of no interest here.
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
    ] {
        server.args(["-c", setting]);
    }
    let is_ready = |place: &Place| makes_database(place, &createdb);
    let running = place.start(&server, "QUIT", is_ready, log)?;
    Ok(started(running, format!("postgres://muster:muster@127.0.0.1:{port}/muster")))
}

/// Looks for programs, and once more after installing the packages that hold them.
fn find_or_install<const COUNT: usize>(
    programs: [&str; COUNT],
    packages: &[&str],
    log: &mut Log,
) -> Result<Result<[PathBuf; COUNT], String>, ChoreError> {
    if let Some(found) = find_programs(programs) {
        return Ok(Ok(found));
    }
    let installed = install(packages, log)?;
    Ok(installed.and_then(|()| {
        let missing = || format!("{} hold no {}", packages.join(" and "), programs.join(", "));
        find_programs(programs).ok_or_else(missing)
    }))
}

/// Makes our database: a server in which that succeeds is ready.
fn makes_database(place: &Place, createdb: &Path) -> bool {
    let mut command = place.command(createdb);
    command.args(["--host=127.0.0.1", "--username=muster", "--port", &place.port.to_string(), "muster"]);
    command.output().is_ok_and(|output| output.status.success())
}

fn started(running: Option<Server>, address: String) -> Started {
    running.map_or(Started::Failed, |server| Started::Running(server, address))
}
