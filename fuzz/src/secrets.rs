//! Any bytes as a message that is kept: its sender's password is not in what is kept.
//!
//! Not here: passwords of persons, which the same function blanks.

use ims_es::envelope::open;
use ims_es::limits::Limits;
use ims_es::redact::redact;

/// A shorter password may stand in a message by chance.
const TELLING_BYTES: usize = 8;

pub(crate) fn run(bytes: &[u8]) {
    let Ok(message) = std::str::from_utf8(bytes) else { return };
    let kept = redact(message);

    let Ok(opened) = open(bytes, Limits::default()) else { return };
    let Some(token) = opened.header.security.and_then(|security| security.token) else { return };
    let password = token.password.expose();
    // The end of a password that was written in pieces stands in the message as it is.
    let mut telling =
        password.char_indices().map(|(at, _)| &password[at..]).filter(|end| end.len() >= TELLING_BYTES);
    let Some(end) = telling.next_back() else { return };
    if message.matches(end).count() == 1 {
        assert!(!kept.contains(end), "the password is kept: {kept}");
    }
}
