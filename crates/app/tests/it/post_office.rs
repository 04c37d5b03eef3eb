//! A mail server for tests: it holds the real conversation (RFC 5321, 3207, 4954) over TCP and keeps what it takes.
//!
//! Not here: anything that the program knows of mail. Also used by the unit tests of `src/mail`.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The account that the server knows, as AUTH PLAIN sends it (RFC 4616).
const ACCOUNT: &str = "AG11c3RlcgBzbXRwLXBhc3N3b3JkLWZvci10ZXN0cw==";

/// The password of that account as AUTH LOGIN sends it; it must appear in nothing that the program writes either.
pub(crate) const PASSWORD_ENCODED: &str = "c210cC1wYXNzd29yZC1mb3ItdGVzdHM";

/// The password of that account; it must appear in nothing that the program writes.
pub(crate) const PASSWORD: &str = "smtp-password-for-tests";

/// How a server behaves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    /// How it encrypts.
    pub(crate) tls: Tls,
    /// Whether nobody may send without a login.
    pub(crate) wants_login: bool,
    /// Addresses that it refuses.
    pub(crate) refuses: Vec<String>,
    /// The command at which it falls silent.
    pub(crate) hangs_at: Option<&'static str>,
    /// Whether it repeats what it refuses, as a careless server may.
    pub(crate) echoes: bool,
}

/// How a server encrypts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tls {
    /// Not at all.
    #[default]
    Never,
    /// When it is asked to.
    Starttls,
    /// From the first byte.
    AtOnce,
}

/// A letter that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    /// The sender of the envelope.
    pub(crate) from: String,
    /// The receivers of the envelope.
    pub(crate) to: Vec<String>,
    /// The letter as it travelled, without the dots that were stuffed.
    pub(crate) data: String,
    /// Whether the way was encrypted.
    pub(crate) encrypted: bool,
}

/// A running server. It ends with the process.
pub(crate) struct PostOffice {
    /// Where it listens.
    pub(crate) port: u16,
    /// How it encrypts, in the word of the configuration.
    pub(crate) tls: &'static str,
    /// Its certificate, which it signed itself; PEM.
    pub(crate) certificate: String,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl PostOffice {
    /// Opens a server.
    pub(crate) fn open(rules: Rules) -> PostOffice {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let own =
            rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        let tls = match rules.tls {
            Tls::Never => "none",
            Tls::Starttls => "starttls",
            Tls::AtOnce => "tls",
        };
        let office = PostOffice { port, tls, certificate: own.cert.pem(), taken: Arc::default() };
        let (config, taken) = (Arc::new(config), Arc::clone(&office.taken));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (rules, config, taken) = (rules.clone(), Arc::clone(&config), Arc::clone(&taken));
                // A client that hangs up in the middle ends its conversation and nothing else.
                std::thread::spawn(move || serve(stream, &rules, config, &taken));
            }
        });
        office
    }

    /// The letters that were taken so far.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }
}

enum Line {
    Plain(TcpStream),
    Encrypted(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Line {
    fn encrypt(self, config: Arc<ServerConfig>) -> Line {
        match self {
            Line::Plain(stream) => {
                Line::Encrypted(Box::new(StreamOwned::new(ServerConnection::new(config).unwrap(), stream)))
            }
            encrypted @ Line::Encrypted(_) => encrypted,
        }
    }

    fn say(&mut self, text: &str) -> Option<()> {
        let text = format!("{text}\r\n");
        match self {
            Line::Plain(stream) => stream.write_all(text.as_bytes()).ok(),
            Line::Encrypted(stream) => stream.write_all(text.as_bytes()).and_then(|()| stream.flush()).ok(),
        }
    }

    /// The next line without its end; `None` when the client is gone.
    fn hear(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n") {
            let mut byte = [0];
            match self {
                Line::Plain(stream) => stream.read_exact(&mut byte).ok()?,
                Line::Encrypted(stream) => stream.read_exact(&mut byte).ok()?,
            }
            bytes.push(byte[0]);
        }
        bytes.truncate(bytes.len() - 2);
        Some(String::from_utf8(bytes).unwrap())
    }
}

fn serve(
    stream: TcpStream,
    rules: &Rules,
    config: Arc<ServerConfig>,
    taken: &Mutex<Vec<Taken>>,
) -> Option<()> {
    let mut line = Line::Plain(stream);
    if rules.tls == Tls::AtOnce {
        line = line.encrypt(Arc::clone(&config));
    }
    hang(rules, "CONNECT");
    line.say("220 post.example.ac.uk at your service")?;
    let (mut known, mut from, mut to) = (!rules.wants_login, String::new(), Vec::new());
    loop {
        let said = line.hear()?;
        let verb = said.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        hang(rules, &verb);
        let encrypted = matches!(line, Line::Encrypted(_));
        match verb.as_str() {
            "EHLO" => {
                line.say("250-post.example.ac.uk")?;
                if rules.tls == Tls::Starttls && !encrypted {
                    line.say("250-STARTTLS")?;
                }
                line.say(if rules.wants_login { "250 AUTH PLAIN LOGIN" } else { "250 8BITMIME" })?;
            }
            "STARTTLS" => {
                line.say("220 go ahead")?;
                line = line.encrypt(Arc::clone(&config));
            }
            "AUTH" if said.ends_with(&format!(" {ACCOUNT}")) => {
                known = true;
                line.say("235 welcome")?;
            }
            "AUTH" => {
                line.say(&if rules.echoes {
                    format!("535 no: {said} {PASSWORD} {PASSWORD_ENCODED}=")
                } else {
                    "535 5.7.8 no".into()
                })?;
            }
            "MAIL" if !known => line.say("530 5.7.0 log in first")?,
            "MAIL" => {
                from = address(&said);
                line.say("250 ok")?;
            }
            "RCPT" if rules.refuses.contains(&address(&said)) && rules.echoes => {
                line.say(&format!("550 5.1.1 <{}>: no such mailbox", address(&said)))?;
            }
            "RCPT" if rules.refuses.contains(&address(&said)) => line.say("550 5.1.1 no such mailbox")?,
            "RCPT" => {
                to.push(address(&said));
                line.say("250 ok")?;
            }
            "DATA" => {
                line.say("354 go ahead")?;
                let mut data = String::new();
                loop {
                    match line.hear()?.as_str() {
                        "." => break,
                        text => {
                            data.push_str(text.strip_prefix('.').unwrap_or(text));
                            data.push_str("\r\n");
                        }
                    }
                }
                let letter =
                    Taken { from: std::mem::take(&mut from), to: std::mem::take(&mut to), data, encrypted };
                taken.lock().unwrap().push(letter);
                line.say("250 taken")?;
            }
            "QUIT" => {
                line.say("221 bye")?;
                return Some(());
            }
            _ => line.say("502 not known here")?,
        }
    }
}

/// Keeps the client waiting for longer than any test lasts.
fn hang(rules: &Rules, verb: &str) {
    if rules.hangs_at == Some(verb) {
        std::thread::sleep(Duration::from_secs(600));
    }
}

fn address(said: &str) -> String {
    said.split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map_or("", |(address, _)| address)
        .to_owned()
}
