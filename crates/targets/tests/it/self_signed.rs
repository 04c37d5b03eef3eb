//! A front with TLS and a certificate that nobody vouches for, before a server that speaks plain HTTP.
//!
//! Not here: any HTTP. What arrives is passed on, and what comes back as well.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;

use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The front. Its thread ends with the test program.
pub(crate) struct TlsFront {
    port: u16,
    /// Its certificate in PEM form.
    pub(crate) certificate: String,
}

impl TlsFront {
    /// Starts on a free port, in front of a server such as `http://127.0.0.1:8080`.
    pub(crate) fn start(behind: &str) -> TlsFront {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into();
        let chain = vec![made.cert.der().clone()];
        _ = rustls::crypto::ring::default_provider().install_default();
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let behind = behind.trim_start_matches("http://").to_owned();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A client that does not trust the certificate hangs up: that is the point.
                let _ = pass_on(client, &config, &behind);
            }
        });
        TlsFront { port, certificate: made.cert.pem() }
    }

    /// The address of the front, by the name in its certificate.
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
}

/// Passes one request on and its answer back.
fn pass_on(client: TcpStream, config: &Arc<ServerConfig>, behind: &str) -> std::io::Result<()> {
    let connection = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    let mut client = StreamOwned::new(connection, client);
    let mut request = vec![0; 1 << 16];
    let length = client.read(&mut request)?;
    let mut server = TcpStream::connect(behind)?;
    server.write_all(&request[..length])?;
    let mut answer = vec![0; 1 << 16];
    let length = server.read(&mut answer)?;
    client.write_all(&answer[..length])?;
    client.conn.send_close_notify();
    client.flush()
}
