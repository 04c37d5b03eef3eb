//! Passwords of accounts: making one, hashing it with Argon2, and comparing.
//!
//! Not here: whose password it is, and remembering that it was right (`door.rs`).
//!
//! Invariant: what is kept of a password is an Argon2id hash with a salt of its own.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use ims_es::common::Secret;
use thiserror::Error;

/// Characters that nobody mistakes for each other; 32 of them, so that each stands for five bits.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789_";

/// How long a password is that Muster makes: 160 bits.
const LENGTH: usize = 32;

/// Why a password could not be made or hashed.
#[derive(Debug, Error)]
pub(crate) enum PasswordError {
    /// The system gave no random bytes.
    #[error("cannot make a password: the system gives no random bytes; try again")]
    Random(#[source] getrandom::Error),
    /// Argon2 refused.
    #[error("cannot hash the password: {0}; choose another one")]
    Hash(argon2::password_hash::Error),
}

/// Makes a password.
pub(crate) fn generate() -> Result<Secret, PasswordError> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(PasswordError::Random)?;
    let text = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    Ok(Secret::new(text))
}

/// Hashes a password. It takes some hundredths of a second and 19 MiB, on purpose.
pub(crate) fn hash(password: &Secret) -> Result<String, PasswordError> {
    let hash = Argon2::default().hash_password(password.expose().as_bytes());
    hash.map(|hash| hash.to_string()).map_err(PasswordError::Hash)
}

/// Compares a password with a hash, as slowly as hashing is.
pub(crate) fn verify(password: &Secret, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let password = generate().unwrap();
        let hashed = hash(&password).unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$"), "{hashed}");
        assert!(verify(&password, &hashed));
        assert!(!verify(&Secret::new("another".into()), &hashed));
        assert!(!verify(&password, "no hash"));
        assert_ne!(hash(&password).unwrap(), hashed, "each has a salt of its own");
    }

    #[test]
    fn every_password_that_is_made_is_another() {
        let made: std::collections::BTreeSet<String> =
            (0..100).map(|_| generate().unwrap().expose().to_owned()).collect();
        assert_eq!(made.len(), 100);
        assert!(made.iter().all(|password| password.len() == LENGTH));
    }
}
