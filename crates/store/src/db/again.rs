//! A transaction that the database gave up for another one's sake is tried again.
//!
//! Our own transactions come one after the other and never wait for each other both ways. Another program's may: where it
//! writes (`mapped_modules`), and where somebody mends the journal by hand.
//!
//! Not here: waiting for rows that are held (`drivers.rs`).
//!
//! Invariant: only what the database took back whole is tried again, so nothing happens twice.

use super::trouble::Trouble;
use crate::error::Result;

/// How often it is tried.
const ATTEMPTS_MAX: u32 = 4;

/// Tries a whole transaction, and again where the database chose it to end a deadlock.
pub(crate) async fn again<T, F: Future<Output = Result<T>>>(attempt: impl Fn() -> F) -> Result<T> {
    let mut attempts = 1;
    loop {
        match attempt().await {
            Err(error) if error.trouble() == Some(Trouble::Deadlock) && attempts < ATTEMPTS_MAX => {
                attempts += 1;
            }
            done => return done,
        }
    }
}
