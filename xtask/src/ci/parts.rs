//! The parts of `cargo xtask ci`, one function each.
//!
//! Not for their order and their summary: see `mod.rs`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cargo::{cargo, has_nextest};
use crate::ci::databases::{Databases, MYSQL_ADDRESS, POSTGRES_ADDRESS};
use crate::ci::fuzz;
use crate::ci::log::Log;
use crate::ci::soap_clients;
use crate::ci::test_counts::TestCounts;
use crate::ci::{Part, Verdict, odbc};
use crate::error::ChoreError;

/// `muster demo` ends with the section under this line.
const LAST_WORDS_OF_THE_DEMO: &str = "Where to look next";

/// A demo that hangs must not eat the time of the whole run.
const DEMO_LIMIT: Duration = Duration::from_secs(300);

/// A link to a private item leads somewhere in our documentation, for it shows private items too.
const DOCS_LINTS: &str = "-D warnings -A rustdoc::private-intra-doc-links";

/// Names the server on which the tests make their management databases.
const TEST_DATABASE: &str = "MUSTER_TEST_DATABASE";

/// The tests of the program that are run with each database; the store's are all.
const SCENARIOS: [&str; 10] = [
    "databases::",
    "machines::",
    "scenarios::",
    "known_issues::",
    "outages::",
    "kill::a_run_killed",
    // What student systems push: the service from the inside, killed under load, and its commands.
    "imses::tests::",
    "imses::f10_",
    "imses::accounts_",
    "pushed::",
];

/// What one run of the parts shares.
#[derive(Debug)]
pub(crate) struct Session {
    root: PathBuf,
    logs: PathBuf,
    databases: Databases,
    counts: Option<TestCounts>,
}

impl Session {
    /// Prepares a run; nothing is started yet.
    pub(crate) fn new(root: &Path) -> Result<Session, ChoreError> {
        let logs = root.join("target/ci");
        Ok(Session { root: root.to_owned(), logs, databases: Databases::default(), counts: None })
    }

    /// Does one part and shows its log if it failed.
    pub(crate) fn carry_out(&mut self, part: Part) -> Result<Verdict, ChoreError> {
        let mut log = Log::create(&self.logs, &part.to_string())?;
        let verdict = match part {
            Part::Fmt => self.cargo(&mut log, &["fmt", "--all", "--check"]),
            Part::Tidy => self.cargo(&mut log, &["xtask", "tidy"]),
            Part::Clippy => {
                let arguments = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
                self.cargo(&mut log, &arguments)
            }
            Part::Databases => self.databases.start(&mut log),
            Part::Tests => self.tests(&mut log),
            Part::Odbc => odbc::check(&self.root, &self.databases, &mut log),
            Part::OnMariadb => self.tests_on(MYSQL_ADDRESS, "MariaDB", &mut log),
            Part::OnPostgresql => self.tests_on(POSTGRES_ADDRESS, "PostgreSQL", &mut log),
            Part::EndToEnd => self.end_to_end(&mut log),
            Part::SoapClients => soap_clients::run(&self.root, &mut log),
            Part::Fuzz => fuzz::check(&self.root, &mut log),
            Part::Docs => self.docs(&mut log),
        }?;
        if verdict == Verdict::Failed {
            println!("\n{part} failed:");
            log.show()?;
        }
        Ok(verdict)
    }

    /// Stops the servers and returns how many tests ran, if the tests were asked for.
    pub(crate) fn close(self) -> Option<TestCounts> {
        self.counts
    }

    fn cargo(&self, log: &mut Log, arguments: &[&str]) -> Result<Verdict, ChoreError> {
        Ok(verdict(log.run(cargo(&self.root).args(arguments))?))
    }

    /// Runs all tests, the ones in the documentation too; both run even if the first fail.
    fn tests(&mut self, log: &mut Log) -> Result<Verdict, ChoreError> {
        let mut tests = cargo(&self.root);
        if has_nextest(&self.root) {
            tests.args([
                "nextest",
                "run",
                "--workspace",
                "--no-fail-fast",
                "--no-tests=pass",
                "--color=never",
            ]);
        } else {
            tests.args(["test", "--workspace", "--all-targets", "--no-fail-fast"]);
        }
        tests.envs(self.databases.addresses());
        let passed = log.run(&mut tests)?;
        let documented =
            log.run(cargo(&self.root).args(["test", "--workspace", "--doc", "--no-fail-fast"]))?;
        *self.counts.get_or_insert_default() += TestCounts::read(&log.text()?);
        Ok(verdict(passed && documented))
    }

    /// Runs the tests of the store, and the main scenarios, with the management database on a server.
    fn tests_on(&mut self, variable: &str, product: &str, log: &mut Log) -> Result<Verdict, ChoreError> {
        let Some(address) = self.databases.address(variable) else {
            return Ok(Verdict::LeftOut(format!("no {product}; the part databases says why")));
        };
        let mut store = cargo(&self.root);
        let mut scenarios = cargo(&self.root);
        if has_nextest(&self.root) {
            store.args(["nextest", "run", "--package", "store", "--no-fail-fast", "--color=never"]);
            scenarios.args(["nextest", "run", "--package", "app", "--no-fail-fast", "--color=never"]);
            scenarios.args(SCENARIOS);
        } else {
            store.args(["test", "--package", "store", "--all-targets", "--no-fail-fast"]);
            scenarios.args(["test", "--package", "app", "--bins", "--test", "it", "--no-fail-fast", "--"]);
            scenarios.args(SCENARIOS);
        }
        let stored = log.run(store.env(TEST_DATABASE, address))?;
        let told = log.run(scenarios.env(TEST_DATABASE, address))?;
        *self.counts.get_or_insert_default() += TestCounts::read(&log.text()?).without_skipped();
        Ok(verdict(stored && told))
    }

    /// Shows that a newcomer's one command comes to its end, in an empty folder.
    fn end_to_end(&self, log: &mut Log) -> Result<Verdict, ChoreError> {
        let program = ["--quiet", "--package", "app", "--bin", "muster"];
        if !log.run(cargo(&self.root).arg("build").args(program))? {
            return Ok(Verdict::Failed);
        }
        let folder = tempfile::tempdir().map_err(ChoreError::file("make", std::env::temp_dir()))?;
        let mut demo = cargo(folder.path());
        demo.arg("run").arg("--manifest-path").arg(self.root.join("Cargo.toml")).args(program);
        // Cargo replaces itself by the program it runs, so the limit ends the program.
        let ended_well = log.run_for(demo.args(["--", "demo"]), DEMO_LIMIT)?;
        let told_all = log.text()?.contains(LAST_WORDS_OF_THE_DEMO);
        if !told_all {
            log.note(&format!("the demo never printed `{LAST_WORDS_OF_THE_DEMO}`"))?;
        }
        Ok(verdict(ended_well && told_all))
    }

    /// Builds the documentation as the people who work on Muster read it, private items included.
    fn docs(&self, log: &mut Log) -> Result<Verdict, ChoreError> {
        let mut docs = cargo(&self.root);
        docs.args(["doc", "--workspace", "--no-deps", "--document-private-items", "--quiet"])
            .env("RUSTDOCFLAGS", DOCS_LINTS);
        Ok(verdict(log.run(&mut docs)?))
    }
}

fn verdict(succeeded: bool) -> Verdict {
    if succeeded { Verdict::Holds } else { Verdict::Failed }
}
