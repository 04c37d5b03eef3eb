//! A student system of the tests: a service with an account, and messages to it over real HTTP.
//!
//! Not here: what is tested with it (`imses.rs`).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ims_es::envelope::{CallHeader, read_reply, write_call};
use ims_es::group::create_groups::CreateGroups;
use ims_es::group::object::{Description, Group, GroupIdPair, OrganisationType, Relationship};
use ims_es::group::read_groups::ReadGroups;
use ims_es::limits::Limits;
use ims_es::operation::Call;
use ims_es::status_info::{Ending, StatusBlock, StatusInfo};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::place;
use crate::support::Ran;

pub(crate) const PASSWORD: &str = "password-for-tests";
pub(crate) const COMBINED: &str = "/ImsEnterpriseServicesPort.svc";

/// A folder with a configuration, and an account `sis` with a known password.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
    /// A SQLite file in the folder, or a database on the server that `MUSTER_TEST_DATABASE` names.
    pub(crate) database: place::Place,
}

impl Desk {
    pub(crate) fn with(serve: &str) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let database = match place::server() {
            Some(_) => Runtime::new().unwrap().block_on(place::Place::new()),
            None => place::Place::in_folder(folder.path()),
        };
        let url = database.url();
        let config = format!("database = {url:?}\n[serve]\n{serve}\n[imses]\nkeep_bodies = \"failed\"\n");
        std::fs::write(folder.path().join("muster.toml"), config).unwrap();
        let desk = Desk { folder, database };
        desk.muster_with(
            &["account", "add", "sis", "--site", "campus", "--at-once", "0", "--password-stdin"],
            PASSWORD,
        )
        .ends_with(0)
        .does_not_say(PASSWORD);
        desk
    }

    pub(crate) fn local() -> Desk {
        Desk::with("listen = \"127.0.0.1:0\"")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_remove("MUSTER_CONFIG")
            .env_remove("MUSTER_PROFILE");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn muster(&self, args: &[&str]) -> Ran {
        self.muster_with(args, "")
    }

    pub(crate) fn muster_with(&self, args: &[&str], input: &str) -> Ran {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        // Whoever asks for nothing may have ended before it is told.
        let _ended = child.stdin.take().unwrap().write_all(input.as_bytes());
        Ran::of(args, &child.wait_with_output().unwrap())
    }

    pub(crate) fn serve(&self) -> Service {
        let mut child = self.command(&["serve", "--format", "json"]).spawn().unwrap();
        let mut text = String::new();
        for line in BufReader::new(child.stdout.as_mut().unwrap()).lines().map(Result::unwrap) {
            text.push_str(&line);
            if line == "}" {
                break;
            }
        }
        let said: Value = serde_json::from_str(&text).unwrap();
        let url = said["url"].as_str().unwrap();
        Service { child, address: url.split_once("//").unwrap().1.to_owned() }
    }
}

pub(crate) struct Service {
    pub(crate) child: Child,
    pub(crate) address: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// What came back: status, head and body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Service {
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.exchange(format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address).as_bytes())
    }

    pub(crate) fn post(&self, path: &str, kind: &str, body: &[u8]) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.exchange(&[head.as_bytes(), body].concat())
    }

    pub(crate) fn exchange(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        // The other side may hang up while we still write.
        let _ended = stream.write_all(request);
        answer(&mut stream).unwrap()
    }

    /// The most memory that it ever used, in MiB.
    pub(crate) fn memory_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
    }
}

/// Reads one answer of a connection that may go on.
pub(crate) fn answer(stream: &mut impl Read) -> Option<Answer> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), None);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        let lower = line.to_ascii_lowercase();
        length = length.or_else(|| lower.strip_prefix("content-length:")?.trim().parse().ok());
        head.push_str(&line);
    }
    let mut body = vec![0; length?];
    reader.read_exact(&mut body).ok()?;
    Some(Answer { status: head.split(' ').nth(1)?.parse().ok()?, head, body })
}

pub(crate) fn message<C: Call>(call: &C, password: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_call(&mut bytes, &CallHeader::new("", "sis", password), call).unwrap();
    bytes
}

/// Groups below the root.
pub(crate) fn create(keys: &[String]) -> CreateGroups {
    let pair = |key: &String| GroupIdPair {
        sourced_id: Some(key.clone()),
        group: Some(Group {
            group_type: Some(OrganisationType::Unspecified.to_group_type()),
            relationships: vec![Relationship::parent("root")],
            description: Some(Description { desc_short: Some(key.clone()), ..Description::default() }),
            ..Group::default()
        }),
    };
    CreateGroups { pairs: keys.iter().map(pair).collect() }
}

pub(crate) fn read(keys: &[String]) -> ReadGroups {
    ReadGroups { sourced_ids: keys.to_vec() }
}

/// How each item ended.
pub(crate) fn endings<C: Call>(answer: &Answer, call: &C) -> Vec<Ending> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let reply = read_reply::<C>(&answer.body[..], Limits::default(), call.items()).unwrap();
    reply.status.statuses().iter().map(StatusInfo::ending).collect()
}

pub(crate) const XML: &str = "text/xml; charset=utf-8";
