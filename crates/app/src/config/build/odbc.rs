//! `[source.NAME]` of kind `odbc`: which database, and how it is reached.
//!
//! Not here: the connection string that is made of it (`sources/odbc/attributes.rs`).
//!
//! Invariant: no password stands in the file, nor in `options`.

use super::Build;
use crate::config::model::{OdbcOrigin, OdbcPlace};
use crate::config::value;

/// What drivers call a password.
const PASSWORD_ATTRIBUTES: [&str; 2] = ["pwd", "password"];

impl Build<'_> {
    /// Reads the keys of an ODBC source.
    pub(super) fn odbc_place(&mut self, section: &str) -> Option<OdbcPlace> {
        let key = |name: &str| format!("{section}.{name}");
        let document = self.document;
        let text = |name: &str| document.text(&key(name));
        let (datasource, driver, host) = (text("datasource"), text("driver"), text("host"));
        let (options, schema) = (text("options"), text("schema"));
        let place = OdbcPlace {
            origin: match (datasource, driver) {
                (Some(name), None) => {
                    if host.is_some() {
                        let hint =
                            "write it into odbc.ini, or name the driver instead of a data source".to_owned();
                        self.mistake(&key("host"), "belongs together with `driver`", Some(hint));
                    }
                    OdbcOrigin::Datasource(name)
                }
                (None, Some(driver)) => OdbcOrigin::Driver { driver, host },
                (Some(_), Some(_)) => {
                    self.mistake(&key("driver"), "stands beside `datasource`", Some("leave one out".into()));
                    return None;
                }
                (None, None) => {
                    let hint = "name a data source of odbc.ini, or a `driver` and a `host`".to_owned();
                    self.mistake(&key("datasource"), "is missing, and so is `driver`", Some(hint));
                    return None;
                }
            },
            login: document.text(&key("login")),
            password: document.secret(&key("password")),
            encoding: value::encoding(&document.text(&key("encoding"))?).ok()?,
            prefetch_rows: document.number(&key("prefetch")) as usize,
            queries: self.queries(section)?,
            options,
            schema,
        };
        if place.options.as_deref().is_some_and(names_password) {
            let hint = format!("use the key `password`: {}", value::SECRET_FORMS);
            self.mistake(&key("options"), "holds a password", Some(hint));
        }
        if place.schema.as_deref().is_some_and(|schema| !is_plain_name(schema)) {
            let message = "is made of letters, digits, _, $ and #".to_owned();
            self.mistake(
                &key("schema"),
                message,
                Some("other schemas are written out in the queries".into()),
            );
        }
        Some(place)
    }
}

fn names_password(options: &str) -> bool {
    let names = options.split(';').filter_map(|option| option.split('=').next());
    names.into_iter().any(|name| PASSWORD_ATTRIBUTES.contains(&name.trim().to_ascii_lowercase().as_str()))
}

/// Tells whether a name can stand in a statement as it is.
fn is_plain_name(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '#'))
}
