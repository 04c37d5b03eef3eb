//! Real SOAP stacks against `muster serve` and against the built-in itslearning: each program in `crates/app/tests/soap` is generated
//! from the description of the service and tells one story, which the documented rules allow on both.
//!
//! Not for what the story is: see the README there.
//!
//! Invariant: a stack that is not here and cannot be installed is named with its reason; the others are still tried.
//! Invariant: stacks are installed below target/ci, and by the packages of the system where root may do that.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::cargo::cargo;
use crate::ci::Verdict;
use crate::ci::install::{find_programs, install};
use crate::ci::log::Log;
use crate::error::ChoreError;

/// How long one client may take.
const CLIENT_LIMIT: Duration = Duration::from_secs(120);

/// The user name of all clients at `muster serve`.
const USER: &str = "sis";

/// A client that is ready, or why it cannot be tried.
type Ready = Result<Command, String>;

/// Tries every client.
pub(crate) fn run(root: &Path, log: &mut Log) -> Result<Verdict, ChoreError> {
    let program = ["--quiet", "--package", "app", "--bin", "muster"];
    if !log.run(cargo(root).arg("build").args(program))? {
        return Ok(Verdict::Failed);
    }
    let stories = root.join("crates/app/tests/soap");
    let place = root.join("target/ci/soap");
    std::fs::create_dir_all(&place).map_err(ChoreError::file("make", &place))?;
    let clients = [
        ("zeep", python(&place, &stories.join("zeep_client.py"), log)?),
        ("suds", python(&place, &stories.join("suds_client.py"), log)?),
        ("SoapClient", php(&stories.join("client.php"), log)?),
        ("node-soap", node(&place, &stories.join("client.js"), log)?),
    ];
    let folder = tempfile::tempdir().map_err(ChoreError::file("make", std::env::temp_dir()))?;
    let Some(service) = Service::start(root, folder.path(), log)? else { return Ok(Verdict::Failed) };
    let Some(built_in) = Service::start_built_in(root, folder.path(), log)? else {
        return Ok(Verdict::Failed);
    };
    let (mut has_failed, mut left_out) = (false, Vec::new());
    for (name, ready) in clients {
        match ready {
            Err(why) => left_out.push(format!("{name}: {why}")),
            Ok(client) => {
                for service in [&service, &built_in] {
                    has_failed |= !log.run_for(&mut service.called_by(&client), CLIENT_LIMIT)?;
                }
            }
        }
    }
    Ok(match (has_failed, left_out.is_empty()) {
        (true, _) => Verdict::Failed,
        (false, true) => Verdict::Holds,
        (false, false) => Verdict::LeftOut(left_out.join("; ")),
    })
}

/// A program for Python, with zeep and suds in an environment of its own.
fn python(place: &Path, story: &Path, log: &mut Log) -> Result<Ready, ChoreError> {
    let environment = place.join("python");
    let program = environment.join("bin/python");
    let has_stacks = ["-c", "import zeep, suds"];
    if !works(&mut with(&program, has_stacks)) {
        if find_programs(["python3"]).is_none()
            && let Err(why) = install(&["python3", "python3-venv"], log)?
        {
            return Ok(Err(why));
        }
        let made = log.run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
        let is_installed =
            made && log.run(with(&program, ["-m", "pip", "install", "zeep", "suds"]).arg("--quiet"))?;
        if !is_installed {
            return Ok(Err("pip cannot install it; its reason is in the log".to_owned()));
        }
    }
    Ok(Ok(with(&program, [story])))
}

fn php(story: &Path, log: &mut Log) -> Result<Ready, ChoreError> {
    let has_soap = ["-r", "exit(extension_loaded('soap') ? 0 : 1);"];
    if !works(&mut with("php", has_soap))
        && let Err(why) = install(&["php-cli", "php-soap"], log)?
    {
        return Ok(Err(why));
    }
    Ok(Ok(with("php", [story])))
}

/// A program for Node, with node-soap in a folder of its own.
fn node(place: &Path, story: &Path, log: &mut Log) -> Result<Ready, ChoreError> {
    let packages = place.join("node");
    if find_programs(["node", "npm"]).is_none()
        && let Err(why) = install(&["nodejs", "npm"], log)?
    {
        return Ok(Err(why));
    }
    let modules = packages.join("node_modules");
    if !modules.join("soap").is_dir() {
        std::fs::create_dir_all(&packages).map_err(ChoreError::file("make", &packages))?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "soap", "--prefix"]).arg(&packages);
        if !log.run(&mut npm)? {
            return Ok(Err("npm cannot install it; its reason is in the log".to_owned()));
        }
    }
    let mut client = with("node", [story]);
    client.env("NODE_PATH", modules);
    Ok(Ok(client))
}

fn with<I: AsRef<std::ffi::OsStr>>(
    program: impl AsRef<std::ffi::OsStr>,
    arguments: impl IntoIterator<Item = I>,
) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// Whether a command can be started and succeeds.
fn works(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// A service with one account; it ends when this is dropped.
struct Service {
    child: Child,
    url: String,
    user: String,
    password: String,
}

impl Service {
    /// Starts it in a folder of its own; `None` if it does not come up, which the log tells.
    fn start(root: &Path, folder: &Path, log: &mut Log) -> Result<Option<Service>, ChoreError> {
        let config: PathBuf = folder.join("muster.toml");
        let text = "database = \"sqlite:muster.db\"\n[serve]\nlisten = \"127.0.0.1:0\"\n[imses]\nkeep_bodies = \"all\"\n";
        std::fs::write(&config, text).map_err(ChoreError::file("write", &config))?;
        let mut add = muster(root, folder, &["account", "add", USER, "--site", "campus"]);
        let added = add.output().map_err(ChoreError::start(&add))?;
        let Some(password) = text_of(&added.stdout, "password") else {
            log.note(&format!("there is no account: {}", String::from_utf8_lossy(&added.stderr)))?;
            return Ok(None);
        };
        let Some((child, said)) = started(muster(root, folder, &["serve"]), log)? else { return Ok(None) };
        let url = text_of(said.as_bytes(), "url").unwrap_or_default();
        let url = format!("{url}/ImsEnterpriseServicesPort.svc");
        Ok(Some(Service { child, url, user: USER.to_owned(), password }))
    }

    /// Starts the built-in itslearning; `None` if it does not come up, which the log tells.
    fn start_built_in(root: &Path, folder: &Path, log: &mut Log) -> Result<Option<Service>, ChoreError> {
        let simulate = muster(root, folder, &["simulate", "--itslearning", "--listen", "127.0.0.1:0"]);
        let Some((child, said)) = started(simulate, log)? else { return Ok(None) };
        let text = |key| text_of(said.as_bytes(), key).unwrap_or_default();
        Ok(Some(Service { child, url: text("url"), user: text("username"), password: text("password") }))
    }

    /// The command of a client that calls this service.
    fn called_by(&self, client: &Command) -> Command {
        let mut command = with(client.get_program(), client.get_args());
        command.envs(client.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.args([&self.url, &self.user, &self.password]);
        command
    }
}

/// The program with these arguments, answering in JSON.
fn muster(root: &Path, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = cargo(folder);
    command.args(["run", "--quiet", "--package", "app", "--bin", "muster", "--manifest-path"]);
    command.arg(root.join("Cargo.toml")).args(["--", "--format", "json"]).args(arguments);
    command
}

/// Starts a program that serves, and reads what it says when it is there; `None` if it ends before.
fn started(mut command: Command, log: &mut Log) -> Result<Option<(Child, String)>, ChoreError> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(ChoreError::start(&command))?;
    let mut said = String::new();
    if let Some(stdout) = child.stdout.as_mut() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            said.push_str(&line);
            if line == "}" {
                break;
            }
        }
    }
    if text_of(said.as_bytes(), "url").is_some() {
        return Ok(Some((child, said)));
    }
    let _ended = child.kill().and_then(|()| child.wait());
    log.note(&format!("a service did not come up: {said}"))?;
    Ok(None)
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself, and then the clients have told so.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// A text of an answer in JSON.
fn text_of(answer: &[u8], key: &str) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    answer.get(key)?.as_str().map(str::to_owned)
}
