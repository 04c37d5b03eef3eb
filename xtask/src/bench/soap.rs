//! Measures the SOAP service against a bare echo server with the same bytes: reads, writes of fifty items, small writes, both mixed, and
//! its memory under hostile senders.
//!
//! Not here: whether its answers are right; that is `cargo xtask ci --only tests,soap-clients`.
//!
//! Invariant: the echo server stands on the same HTTP stack and answers with the same bytes, in the same run.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use serde_json::Value;

use super::table::{Figure, Table};
use crate::error::ChoreError;

/// How long each figure is measured.
const MEASURED_FOR: Duration = Duration::from_secs(5);

/// How many connections ask at once.
const CONNECTIONS: usize = 8;

const PATH: &str = "/ImsEnterpriseServicesPort.svc";

/// Measures everything.
pub(crate) fn measure(program: &Path, table: &mut Table) -> Result<(), ChoreError> {
    let failed = |error: std::io::Error| ChoreError::Step(format!("measure the SOAP service: {error}"));
    let service = Service::start(program)?;
    let read = |_: usize| {
        service.message("readGroup", "<gm:sourcedId><c:identifier>root</c:identifier></gm:sourcedId>")
    };
    let fifty = |number: usize| {
        let pair = |at: usize| {
            format!("<gm:groupIdPair>{}</gm:groupIdPair>", item(&format!("g{}-{at}", number % 200)))
        };
        let pairs: String = (0..50).map(pair).collect();
        service.message("createGroups", &format!("<gm:groupIdPairSet>{pairs}</gm:groupIdPairSet>"))
    };
    let small = |number: usize| service.message("createGroup", &item(&format!("s{}", number % 5_000)));
    let echo = |message: &[u8]| -> Result<Load, ChoreError> {
        let reply =
            exchange(&mut TcpStream::connect(service.address).map_err(failed)?, message).map_err(failed)?;
        let address = echo_server(reply)?;
        load(address, CONNECTIONS, |_| message.to_vec()).map_err(failed)
    };
    for (what, make, budget) in [
        ("reads of a group", &read as &(dyn Fn(usize) -> Vec<u8> + Sync), Some(2.0)),
        ("writes of 50 groups", &fifty, None),
    ] {
        let bare = echo(&make(0))?;
        let ours = load(service.address, CONNECTIONS, make).map_err(failed)?;
        println!("{what}: {ours}; echo: {bare}");
        let times = bare.per_second / ours.per_second;
        let label = format!("SOAP: {what}: against a bare echo server");
        match budget {
            Some(max) => table.judge(&label, Figure::Times(times), Figure::Times(max)),
            None => table.tell(&label, Figure::Times(times)),
        }
        table.tell(&format!("SOAP: {what}"), &ours);
        table.tell(&format!("SOAP: {what}: the echo server"), &bare);
    }
    for connections in [1, CONNECTIONS, 4 * CONNECTIONS] {
        let ours = load(service.address, connections, small).map_err(failed)?;
        println!("small writes, {connections} at once: {ours}");
        table.tell(&format!("SOAP: small writes, {connections} at once"), &ours);
    }
    // A write makes everything unknown that was read of its site before.
    let mixed = |number: usize| match number % 20 {
        0 => small(number),
        _ => {
            let key = format!("<c:identifier>s{}</c:identifier>", number % 5_000);
            service.message("readGroup", &format!("<gm:sourcedId>{key}</gm:sourcedId>"))
        }
    };
    let ours = load(service.address, CONNECTIONS, mixed).map_err(failed)?;
    println!("reads of many groups, a write among twenty calls: {ours}");
    table.tell("SOAP: reads of many groups, a write among twenty calls", &ours);
    let before = service.memory_mb();
    table.tell("SOAP: memory after all that", Figure::Megabytes(before));
    hostile(&service).map_err(failed)?;
    let grown = service.memory_mb().saturating_sub(before);
    table.tell("SOAP: memory grown by a message of 100 MB", Figure::Megabytes(grown));
    let slow = slow_connections(&service, &read(0)).map_err(failed)?;
    let ours = load(service.address, CONNECTIONS, read).map_err(failed)?;
    let grown = service.memory_mb().saturating_sub(before);
    println!("beside {} slow connections: {ours}", slow.len());
    table.tell(&format!("SOAP: reads of a group beside {} slow connections", slow.len()), &ours);
    table.tell("SOAP: memory grown by all these", Figure::Megabytes(grown));
    Ok(())
}

/// What many calls were like.
#[derive(Debug)]
struct Load {
    per_second: f64,
    median_ms: f64,
    p99_ms: f64,
}

impl std::fmt::Display for Load {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Load { per_second, median_ms, p99_ms } = self;
        write!(formatter, "{per_second:.0} a second, median {median_ms:.2} ms, p99 {p99_ms:.2} ms")
    }
}

/// Asks over some connections, each again as soon as it is answered.
fn load(
    address: SocketAddr,
    connections: usize,
    make: impl Fn(usize) -> Vec<u8> + Sync,
) -> std::io::Result<Load> {
    let all = Mutex::new(Vec::new());
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..connections)
            .map(|connection| {
                let (all, make) = (&all, &make);
                scope.spawn(move || -> std::io::Result<()> {
                    let mut stream = TcpStream::connect(address)?;
                    stream.set_nodelay(true)?;
                    let mut times = Vec::new();
                    for number in 0.. {
                        let message = make(connection + number * connections);
                        let asked = Instant::now();
                        exchange(&mut stream, &message)?;
                        times.push(asked.elapsed());
                        if begun.elapsed() > MEASURED_FOR {
                            break;
                        }
                    }
                    all.lock().map_err(|_| std::io::Error::other("a connection failed"))?.extend(times);
                    Ok(())
                })
            })
            .collect();
        asking.into_iter().try_for_each(|asked| {
            asked.join().unwrap_or_else(|_| Err(std::io::Error::other("a connection failed")))
        })
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    let mut times = all.into_inner().map_err(|_| std::io::Error::other("a connection failed"))?;
    times.sort_unstable();
    let at = |share: f64| {
        let index = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    };
    Ok(Load { per_second: times.len() as f64 / seconds, median_ms: at(0.5), p99_ms: at(0.99) })
}

/// Sends a request and reads its answer; an answer that is no 200 is an error.
fn exchange(stream: &mut TcpStream, request: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.write_all(request)?;
    let mut reader = BufReader::new(stream);
    let (mut length, mut is_first) = (0, true);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if is_first && !line.starts_with("HTTP/1.1 200") {
            return Err(std::io::Error::other(format!("the answer was {}", line.trim())));
        }
        is_first = false;
        if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = text.trim().parse().map_err(std::io::Error::other)?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(body)
}

/// A server that reads a request and answers with the same bytes each time, until this process ends.
fn echo_server(reply: Vec<u8>) -> Result<SocketAddr, ChoreError> {
    let reply = Bytes::from(reply);
    let router = Router::new().route(PATH, post(move |_request: Bytes| async move { reply.clone() }));
    let listener = std::net::TcpListener::bind("127.0.0.1:0")
        .map_err(ChoreError::file("listen for", "the echo server"))?;
    listener.set_nonblocking(true).map_err(ChoreError::file("listen for", "the echo server"))?;
    let address = listener.local_addr().map_err(ChoreError::file("listen for", "the echo server"))?;
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(async { axum::serve(tokio::net::TcpListener::from_std(listener)?, router).await })
    });
    Ok(address)
}

/// A group with its key.
fn item(key: &str) -> String {
    format!(
        "<gm:sourcedId><c:identifier>{key}</c:identifier></gm:sourcedId><gm:group><gd:groupType>\
         <gd:scheme>ItslearningOrganisationTypes</gd:scheme><gd:typeValue><gd:type>Unspecified</gd:type><gd:level>-1</gd:level>\
         </gd:typeValue></gd:groupType><gd:relationship><gd:relation>Parent</gd:relation><gd:sourceId><c:identifier>root</c:identifier>\
         </gd:sourceId></gd:relationship><gd:description><gd:descShort>{key}</gd:descShort></gd:description></gm:group>"
    )
}

/// `muster serve` with one account.
struct Service {
    child: Child,
    address: SocketAddr,
    password: String,
    _folder: tempfile::TempDir,
}

impl Service {
    fn start(program: &Path) -> Result<Service, ChoreError> {
        let folder = tempfile::tempdir().map_err(ChoreError::file("make", std::env::temp_dir()))?;
        let config = folder.path().join("muster.toml");
        let text = "database = \"sqlite:muster.db\"\n[serve]\nlisten = \"127.0.0.1:0\"\n[imses]\nkeep_bodies = \"failed\"\n";
        std::fs::write(&config, text).map_err(ChoreError::file("write", &config))?;
        let muster = |arguments: &[&str]| {
            let mut command = Command::new(program);
            command
                .current_dir(folder.path())
                .args(["--format", "json"])
                .args(arguments)
                .stdout(Stdio::piped());
            command
        };
        let mut add = muster(&["account", "add", "sis", "--site", "campus", "--at-once", "0"]);
        let added = add.output().map_err(ChoreError::start(&add))?;
        let mut serve = muster(&["serve"]);
        let mut child = serve.spawn().map_err(ChoreError::start(&serve))?;
        let mut said = String::new();
        if let Some(stdout) = child.stdout.as_mut() {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                said.push_str(&line);
                if line == "}" {
                    break;
                }
            }
        }
        let text = |bytes: &[u8], key: &str| {
            let answer: Value = serde_json::from_slice(bytes).unwrap_or_default();
            answer[key].as_str().map(str::to_owned).unwrap_or_default()
        };
        let url = text(said.as_bytes(), "url");
        let address = url.trim_start_matches("http://").parse();
        let address = address.map_err(|_| ChoreError::Step(format!("measure `muster serve`: {said}")))?;
        Ok(Service { child, address, password: text(&added.stdout, "password"), _folder: folder })
    }

    /// A request in HTTP.
    fn message(&self, operation: &str, body: &str) -> Vec<u8> {
        let envelope = self.envelope(operation, body);
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml; charset=utf-8\r\n\
             SOAPAction: \"http://www.imsglobal.org/soap/gms/{operation}\"\r\nContent-Length: {}\r\n\r\n",
            envelope.len()
        );
        [head.into_bytes(), envelope.into_bytes()].concat()
    }

    fn envelope(&self, operation: &str, body: &str) -> String {
        format!(
            "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:gm=\"http://www.imsglobal.org/services/gms/xsd/imsGroupManMessSchema_v1p0\" \
             xmlns:gd=\"http://www.imsglobal.org/services/gms/xsd/imsGroupManDataSchema_v1p0\" \
             xmlns:c=\"http://www.imsglobal.org/services/common/imsCommonSchema_v1p0\"><soapenv:Header>\
             <wsse:Security xmlns:wsse=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\">\
             <wsse:UsernameToken><wsse:Username>sis</wsse:Username><wsse:Password>{}</wsse:Password></wsse:UsernameToken>\
             </wsse:Security></soapenv:Header><soapenv:Body><gm:{operation}Request>{body}</gm:{operation}Request></soapenv:Body>\
             </soapenv:Envelope>",
            self.password
        )
    }

    /// The most memory that it ever used.
    fn memory_mb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kilobytes.unwrap_or_default() / 1024
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself; then the figures have told so.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// Sends 100 MB of a message with a right password, in pieces.
fn hostile(service: &Service) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(service.address)?;
    let envelope = service.envelope("createGroups", "<gm:groupIdPairSet>");
    let beginning = envelope.split("</gm:createGroupsRequest>").next().unwrap_or_default();
    write!(
        stream,
        "POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{beginning}\r\n",
        beginning.len()
    )?;
    let piece = "<gm:groupIdPair/>".repeat(10_000);
    for _ in 0..600 {
        // The service hangs up as soon as it has seen enough.
        if write!(stream, "{:x}\r\n{piece}\r\n", piece.len()).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// Connections that have sent half of a message.
fn slow_connections(service: &Service, message: &[u8]) -> std::io::Result<Vec<TcpStream>> {
    (0..1_000)
        .map(|_| {
            let mut stream = TcpStream::connect(service.address)?;
            stream.write_all(message.get(..message.len() / 2).unwrap_or_default())?;
            Ok(stream)
        })
        .collect()
}
