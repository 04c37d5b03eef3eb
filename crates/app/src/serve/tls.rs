//! Encrypting connections: a certificate and its key, read again when their files change.
//!
//! Not here: the connections (`http.rs`).
//!
//! Invariant: files that cannot be used leave the certificate in force that was used before.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

use crate::config::TlsFiles;

/// How often the files are looked at, at most.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Why a certificate cannot be used.
#[derive(Debug, Error)]
pub(super) enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {path}: it must hold PEM, and this user must be allowed to read it")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rustls::pki_types::pem::Error,
    },
    /// The certificate file is empty.
    #[error("cannot use {0}: it holds no certificate")]
    Empty(PathBuf),
    /// The two do not fit.
    #[error("cannot use the certificate {certificate} with the key {key}; they must belong together")]
    Pair {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

/// Encrypts connections.
pub(super) struct Tls {
    files: TlsFiles,
    used: Mutex<Used>,
}

struct Used {
    acceptor: TlsAcceptor,
    seen: Seen,
    looked: Instant,
}

/// By what a changed file is known.
type Seen = [Option<(SystemTime, u64)>; 2];

impl Tls {
    /// Reads a certificate and its key.
    pub(super) fn load(files: TlsFiles) -> Result<Tls, TlsError> {
        let seen = look(&files);
        let used = Used { acceptor: acceptor(&files)?, seen, looked: Instant::now() };
        Ok(Tls { files, used: Mutex::new(used) })
    }

    /// What encrypts the next connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.looked.elapsed() >= LOOK_EVERY {
            used.looked = Instant::now();
            self.renew(&mut used);
        }
        used.acceptor.clone()
    }

    fn renew(&self, used: &mut Used) {
        let seen = look(&self.files);
        if seen == used.seen {
            return;
        }
        used.seen = seen;
        match acceptor(&self.files) {
            Ok(acceptor) => {
                tracing::info!("a new certificate is used");
                used.acceptor = acceptor;
            }
            Err(error) => {
                let text = crate::exit::chain(&error);
                tracing::error!(error = %text, "cannot use the new certificate; the one before stays in force");
            }
        }
    }
}

fn look(files: &TlsFiles) -> Seen {
    [&files.certificate, &files.key].map(|path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    })
}

fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, TlsError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| TlsError::File { path, source }
    };
    let TlsFiles { certificate, key } = files;
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(certificate).map_err(failed(certificate))?.collect();
    let chain = chain.map_err(failed(certificate))?;
    if chain.is_empty() {
        return Err(TlsError::Empty(certificate.clone()));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(failed(key))?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, private);
    let config = config.map_err(|source| TlsError::Pair {
        certificate: certificate.clone(),
        key: key.clone(),
        source,
    })?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str) {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    }

    #[test]
    fn a_new_certificate_is_used_and_a_broken_one_is_not() {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let files =
            TlsFiles { certificate: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
        assert!(matches!(Tls::load(files.clone()), Err(TlsError::File { .. })));
        write(folder.path(), "one.example.ac.uk");
        let tls = Tls::load(files).unwrap();
        let mut used = tls.used.lock().unwrap();
        let in_force = |used: &Used| Arc::as_ptr(used.acceptor.config());
        let first = in_force(&used);
        tls.renew(&mut used);
        assert_eq!(in_force(&used), first);
        write(folder.path(), "a-longer-name.example.ac.uk");
        tls.renew(&mut used);
        let second = in_force(&used);
        assert_ne!(second, first);
        std::fs::write(folder.path().join("cert.pem"), "no certificate").unwrap();
        tls.renew(&mut used);
        assert_eq!(in_force(&used), second);
    }
}
