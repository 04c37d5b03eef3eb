//! The security header: a user name with a password in a request, two times in a reply (facts/ims-es.md §1.5).
//!
//! Not here: whether the password is right, and what time it is.
//!
//! Invariant: a password never appears in the debug form of anything.

use crate::common::Secret;
use crate::error::MessageError;
use crate::lexical::Lexicon;
use crate::namespace::Namespace;
use crate::time::UtcTime;
use crate::xml::{XmlReader, XmlWriter};

const PASSWORD_TEXT: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText";

/// How long itslearning says its answers are valid.
const VALID_MS: i64 = 5 * 60 * 1000;

/// What a security header holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// Who sends.
    pub token: Option<UsernameToken>,
    /// When the message is valid.
    pub timestamp: Option<Timestamp>,
}

/// A user name with its password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsernameToken {
    /// The user name, blanks around it removed.
    pub username: String,
    /// The password as sent, blanks and all.
    pub password: Secret,
    /// A random value that some clients add. Not needed, not checked.
    pub nonce: Option<String>,
    /// When the token was made, if the client says so. Not needed, not checked.
    pub created: Option<String>,
}

/// From when to when a message is valid, as sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timestamp {
    /// The start.
    pub created: Option<String>,
    /// The end.
    pub expires: Option<String>,
}

/// Whether a message is valid now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// It is, within the clock skew.
    Fresh,
    /// It is too old.
    Expired,
    /// It is from the future.
    NotYetValid,
    /// A time is unreadable.
    Unreadable,
}

impl Timestamp {
    /// The timestamp of a message that is written now: valid for five minutes, like itslearning's.
    pub fn from_now(now: UtcTime) -> Timestamp {
        let expires = UtcTime { unix_ms: now.unix_ms + VALID_MS };
        Timestamp { created: Some(now.to_text()), expires: Some(expires.to_text()) }
    }

    /// Whether the message is valid at a time, give or take the skew in milliseconds.
    pub fn freshness(&self, now: UtcTime, skew_ms: i64) -> Freshness {
        let read = |text: &Option<String>| text.as_deref().map(|text| UtcTime::from_text(text).ok_or(()));
        let (Ok(created), Ok(expires)) = (read(&self.created).transpose(), read(&self.expires).transpose())
        else {
            return Freshness::Unreadable;
        };
        if created.is_some_and(|created| created.unix_ms > now.unix_ms.saturating_add(skew_ms)) {
            return Freshness::NotYetValid;
        }
        if expires.is_some_and(|expires| expires.unix_ms < now.unix_ms.saturating_sub(skew_ms)) {
            return Freshness::Expired;
        }
        Freshness::Fresh
    }
}

/// Reads the header that just opened.
pub(crate) fn read(reader: &mut XmlReader<'_>) -> Result<Security, MessageError> {
    let mut security = Security::default();
    while reader.child()? {
        let name = reader.name();
        if name.is(Namespace::Security, "UsernameToken") {
            if security.token.is_some() {
                return Err(MessageError::Security { why: "it holds two user name tokens" });
            }
            security.token = Some(read_token(reader)?);
        } else if name.is(Namespace::SecurityUtility, "Timestamp") {
            security.timestamp = Some(read_timestamp(reader)?);
        } else {
            reader.remark("is not used by this service and was passed over", "send only a UsernameToken");
            reader.skip()?;
        }
    }
    Ok(security)
}

fn read_token(reader: &mut XmlReader<'_>) -> Result<UsernameToken, MessageError> {
    let mut token = UsernameToken::default();
    let mut has_password = false;
    while reader.child()? {
        let name = reader.name();
        if name.is(Namespace::Security, "Username") {
            token.username = reader.text()?.trim().to_owned();
        } else if name.is(Namespace::Security, "Password") {
            // A missing type and one with wrong capitals both mean clear text.
            let kind = reader.attribute(None, "Type").map(|kind| kind.trim().to_ascii_lowercase());
            if kind.is_some_and(|kind| !kind.is_empty() && !kind.ends_with("#passwordtext")) {
                return Err(MessageError::Security { why: "its password is not in clear text" });
            }
            token.password = Secret::new(reader.text()?);
            has_password = true;
        } else if name.is(Namespace::Security, "Nonce") {
            token.nonce = Some(reader.text()?);
        } else if name.is(Namespace::SecurityUtility, "Created") {
            token.created = Some(reader.text()?);
        } else {
            reader.remark("is not used by this service and was passed over", "leave it out");
            reader.skip()?;
        }
    }
    match (token.username.is_empty(), has_password) {
        (true, _) => Err(MessageError::Security { why: "its user name token holds no user name" }),
        (false, false) => Err(MessageError::Security { why: "its user name token holds no password" }),
        (false, true) => Ok(token),
    }
}

fn read_timestamp(reader: &mut XmlReader<'_>) -> Result<Timestamp, MessageError> {
    let mut timestamp = Timestamp::default();
    while reader.child()? {
        let name = reader.name();
        if name.is(Namespace::SecurityUtility, "Created") {
            timestamp.created = Some(reader.text()?);
        } else if name.is(Namespace::SecurityUtility, "Expires") {
            timestamp.expires = Some(reader.text()?);
        } else {
            reader.skip()?;
        }
    }
    Ok(timestamp)
}

/// Writes the header.
pub(crate) fn write(security: &Security, writer: &mut XmlWriter<'_>) -> Result<(), MessageError> {
    writer.start(Namespace::Security, "Security")?;
    writer.attribute(Some(Namespace::Soap), "mustUnderstand", "1")?;
    if let Some(timestamp) = &security.timestamp {
        writer.start(Namespace::SecurityUtility, "Timestamp")?;
        writer.attribute(Some(Namespace::SecurityUtility), "Id", "_0")?;
        write_text(Namespace::SecurityUtility, "Created", timestamp.created.as_deref(), writer)?;
        write_text(Namespace::SecurityUtility, "Expires", timestamp.expires.as_deref(), writer)?;
        writer.end()?;
    }
    if let Some(token) = &security.token {
        writer.start(Namespace::Security, "UsernameToken")?;
        write_text(Namespace::Security, "Username", Some(&token.username), writer)?;
        writer.start(Namespace::Security, "Password")?;
        writer.attribute(None, "Type", PASSWORD_TEXT)?;
        writer.text(token.password.expose())?;
        writer.end()?;
        write_text(Namespace::Security, "Nonce", token.nonce.as_deref(), writer)?;
        write_text(Namespace::SecurityUtility, "Created", token.created.as_deref(), writer)?;
        writer.end()?;
    }
    writer.end()
}

fn write_text(
    namespace: Namespace,
    local: &str,
    text: Option<&str>,
    writer: &mut XmlWriter<'_>,
) -> Result<(), MessageError> {
    let Some(text) = text else { return Ok(()) };
    writer.start(namespace, local)?;
    writer.text(text)?;
    writer.end()
}

#[cfg(test)]
mod tests {
    use super::{Freshness, Timestamp};
    use crate::time::UtcTime;

    const NOON: UtcTime = UtcTime { unix_ms: 1_767_268_800_000 };

    fn check(created: Option<&str>, expires: Option<&str>, expected: Freshness) {
        let timestamp =
            Timestamp { created: created.map(str::to_owned), expires: expires.map(str::to_owned) };
        assert_eq!(timestamp.freshness(NOON, 300_000), expected, "{timestamp:?}");
    }

    #[test]
    fn a_timestamp_counts_within_the_skew() {
        check(None, None, Freshness::Fresh);
        check(Some("2026-01-01T12:04:00Z"), Some("2026-01-01T12:09:00Z"), Freshness::Fresh);
        check(Some("2026-01-01T12:06:00Z"), None, Freshness::NotYetValid);
        check(Some("2026-01-01T11:40:00Z"), Some("2026-01-01T11:45:00Z"), Freshness::Expired);
        check(Some("noon"), None, Freshness::Unreadable);
    }

    #[test]
    fn our_own_timestamp_is_valid_for_five_minutes() {
        let timestamp = Timestamp::from_now(NOON);
        assert_eq!(timestamp.created.as_deref(), Some("2026-01-01T12:00:00.000Z"));
        assert_eq!(timestamp.expires.as_deref(), Some("2026-01-01T12:05:00.000Z"));
    }
}
