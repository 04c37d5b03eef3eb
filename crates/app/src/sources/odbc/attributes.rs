//! The connection string: `NAME=value;NAME=value`, made of the keys of a source.
//!
//! Not here: whether the keys fit together (`config/build/odbc.rs`).
//!
//! Invariant: each attribute ends with a semicolon, the last one too: MariaDB Connector/ODBC (seen with 3.1.15) reads on
//! behind the end of the string until it finds one.
//! Invariant: a value cannot become an attribute: one that holds a semicolon or the like stands in braces.

use std::borrow::Cow;

use crate::config::{OdbcOrigin, OdbcPlace};

/// Writes the connection string of a place.
pub(super) fn connection_string(place: &OdbcPlace, password: Option<&str>) -> String {
    let mut attributes = String::new();
    let mut add = |name: &str, value: &str| {
        attributes.push_str(&format!("{name}={};", escaped(value)));
    };
    match &place.origin {
        OdbcOrigin::Datasource(name) => add("DSN", name),
        OdbcOrigin::Driver { driver, host } => {
            add("DRIVER", driver);
            match host.as_deref() {
                // Oracle takes a name of tnsnames.ora or //host:port/service, as it is.
                Some(host) if is_oracle(driver) => add("DBQ", host),
                Some(host) => match host.rsplit_once(':') {
                    Some((name, port)) if is_port(name, port) => {
                        add("SERVER", name);
                        add("PORT", port);
                    }
                    _ => add("SERVER", host),
                },
                None => {}
            }
        }
    }
    if let Some(login) = &place.login {
        add("UID", login);
    }
    if let Some(password) = password {
        add("PWD", password);
    }
    if let Some(options) = &place.options {
        attributes.push_str(options.trim_end_matches(|c: char| c == ';' || c.is_whitespace()));
        attributes.push(';');
    }
    attributes
}

/// Tells whether a driver is Oracle's: `Oracle 21 ODBC driver`, or the file `libsqora.so.21.1`.
fn is_oracle(driver: &str) -> bool {
    let driver = driver.to_ascii_lowercase();
    driver.contains("oracle") || driver.contains("sqora")
}

/// Tells a port from the last part of an IPv6 address.
fn is_port(name: &str, port: &str) -> bool {
    (!name.contains(':') || name.ends_with(']')) && port.parse::<u16>().is_ok()
}

/// Puts a value into braces where it needs them.
fn escaped(value: &str) -> Cow<'_, str> {
    let is_plain = !value.contains(|c: char| "[]{}(),;?*=!@".contains(c) || c.is_whitespace());
    if is_plain { value.into() } else { format!("{{{}}}", value.replace('}', "}}")).into() }
}

#[cfg(test)]
mod tests {
    use encoding_rs::UTF_8;

    use super::*;
    use crate::config::Queries;

    fn check(origin: OdbcOrigin, login: Option<&str>, password: Option<&str>, expected: &str) {
        let place = OdbcPlace {
            origin,
            options: Some("CHARSET=utf8mb4".into()),
            login: login.map(Into::into),
            password: None,
            schema: None,
            encoding: UTF_8,
            prefetch_rows: 1,
            queries: Queries { groups: String::new(), members: String::new(), modules: None },
        };
        assert_eq!(connection_string(&place, password), format!("{expected}CHARSET=utf8mb4;"));
    }

    fn driver(driver: &str, host: Option<&str>) -> OdbcOrigin {
        OdbcOrigin::Driver { driver: driver.into(), host: host.map(Into::into) }
    }

    #[test]
    fn a2_the_old_settings_become_attributes() {
        check(OdbcOrigin::Datasource("CMIS".into()), Some("reader"), None, "DSN=CMIS;UID=reader;");
        check(
            driver("Oracle 21 ODBC driver", Some("//cmis.example.ac.uk:1521/CMIS")),
            Some("reader"),
            Some("secret"),
            "DRIVER={Oracle 21 ODBC driver};DBQ=//cmis.example.ac.uk:1521/CMIS;UID=reader;PWD=secret;",
        );
        check(
            driver("/opt/libsqora.so.21.1", Some("CMISLIVE")),
            None,
            None,
            "DRIVER=/opt/libsqora.so.21.1;DBQ=CMISLIVE;",
        );
        check(
            driver("maodbc", Some("db.example.ac.uk:3307")),
            None,
            None,
            "DRIVER=maodbc;SERVER=db.example.ac.uk;PORT=3307;",
        );
        check(driver("psqlodbc", Some("::1")), None, None, "DRIVER=psqlodbc;SERVER=::1;");
        check(driver("sqlite", None), None, None, "DRIVER=sqlite;");
    }

    #[test]
    fn a_value_cannot_become_an_attribute() {
        check(OdbcOrigin::Datasource("A".into()), None, Some("x;DSN=B"), "DSN=A;PWD={x;DSN=B};");
        check(OdbcOrigin::Datasource("A".into()), None, Some("a}b c"), "DSN=A;PWD={a}}b c};");
    }
}
