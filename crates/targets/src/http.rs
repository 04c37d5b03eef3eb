//! What the HTTP clients of all platforms have in common: trust, redirects, waits, and why no answer came.
//!
//! Not here: what is sent and what comes back.
//!
//! Invariant: redirects are never followed, because a redirected POST loses its body (facts/moodle-ws.md §3).
//! Invariant: a secret goes over plain HTTP only to this machine, or where that was allowed.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use reqwest::{Certificate, Client, Url, redirect};

/// Makes a client.
///
/// # Errors
///
/// The file of certificates cannot be used; the text says why.
pub(crate) fn client(timeout: Duration, ca_file: Option<&Path>) -> Result<Client, String> {
    // The library panics without a provider. Another part of the program may have chosen one: then that one is used.
    _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .redirect(redirect::Policy::none())
        .timeout(timeout)
        .connect_timeout(timeout.min(Duration::from_secs(20)))
        // Below the shortest usual keep-alive of a web server (Apache: 5 s), so that a write does not go out on a
        // connection that the server is just closing.
        .pool_idle_timeout(Duration::from_secs(3))
        .user_agent(concat!("Muster/", env!("CARGO_PKG_VERSION")));
    if let Some(file) = ca_file {
        let pem =
            std::fs::read(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        let certificates = Certificate::from_pem_bundle(&pem)
            .map_err(|_| format!("{} holds no certificate in PEM form", file.display()))?;
        builder = builder.tls_certs_merge(certificates);
    }
    builder.build().map_err(|error| format!("a TLS client cannot be made of it: {error}"))
}

/// Checks that the address is one to which a secret may be sent.
///
/// # Errors
///
/// It is none; the text says why, with the words for the secret and the platform.
pub(crate) fn may_carry(url: &Url, allow_http: bool, secret: &str, platform: &str) -> Result<(), String> {
    let is_loopback = url.host_str().is_some_and(|host| {
        host == "localhost"
            || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    });
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback || allow_http => Ok(()),
        "http" => Err(format!("http:// would send the {secret} in the clear; use https://")),
        other => Err(format!("{other}:// is not for {platform}; use https://")),
    }
}

/// Why no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The certificate is not trusted.
    NoTrust,
    /// Nobody could be reached.
    NoConnection,
    /// The time was up.
    Timeout,
    /// The connection broke.
    NoAnswer,
}

/// Tells why no answer came, with the reasons below the error; the error itself would only repeat the address.
pub(crate) fn broken(error: &reqwest::Error) -> (Broken, String) {
    let mut reasons: Vec<String> = Vec::new();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        reasons.push(inner.to_string());
        source = inner.source();
    }
    let reasons = reasons.join(": ");
    let broken = if error.is_connect() {
        if reasons.contains("certificate") { Broken::NoTrust } else { Broken::NoConnection }
    } else if error.is_timeout() {
        Broken::Timeout
    } else {
        Broken::NoAnswer
    };
    (broken, reasons)
}
