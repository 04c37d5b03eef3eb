//! The address of a database: a URL that may hold a password and therefore never shows itself whole.
//!
//! Not here: connecting (`store`, `sources/sql.rs`).
//!
//! Invariant: `Debug` and `Display` never show a password; only [`DatabaseUrl::reveal`] does.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use sqlx::mysql::MySqlConnectOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

/// The kinds of databases that Muster speaks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DatabaseKind {
    /// `sqlite:`
    Sqlite,
    /// `mysql://` or `mariadb://`
    MySql,
    /// `postgres://` or `postgresql://`
    Postgres,
}

/// A database URL that was understood.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DatabaseUrl {
    kind: DatabaseKind,
    text: String,
}

impl DatabaseUrl {
    /// Understands a URL. A relative SQLite file is taken to be below `base_dir`.
    ///
    /// The error says what is wrong, without repeating the URL.
    pub(crate) fn parse(text: &str, base_dir: &Path) -> Result<Self, String> {
        let scheme = text.split(':').next().unwrap_or_default();
        let kind = match scheme {
            "sqlite" => DatabaseKind::Sqlite,
            "mysql" | "mariadb" => DatabaseKind::MySql,
            "postgres" | "postgresql" => DatabaseKind::Postgres,
            _ => return Err("expected a URL that begins with sqlite:, mysql:// or postgres://".into()),
        };
        let understood = match kind {
            DatabaseKind::Sqlite => SqliteConnectOptions::from_str(text).map(drop),
            DatabaseKind::MySql => MySqlConnectOptions::from_str(text).map(drop),
            DatabaseKind::Postgres => PgConnectOptions::from_str(text).map(drop),
        };
        if let Err(error) = understood {
            return Err(format!("not a URL of a database: {error}"));
        }
        let text = match kind {
            DatabaseKind::Sqlite => below(base_dir, text),
            DatabaseKind::MySql | DatabaseKind::Postgres => text.to_owned(),
        };
        Ok(DatabaseUrl { kind, text })
    }

    /// The kind of the database.
    pub(crate) fn kind(&self) -> DatabaseKind {
        self.kind
    }

    /// The URL with its password, for connecting only.
    pub(crate) fn reveal(&self) -> &str {
        &self.text
    }

    /// The file of a SQLite database, as the store takes it from the URL.
    pub(crate) fn file(&self) -> Option<&Path> {
        let place = self.text.strip_prefix("sqlite:")?;
        let place = place.strip_prefix("//").unwrap_or(place);
        (place != ":memory:").then(|| Path::new(place))
    }

    /// Whether the URL holds a password, which belongs elsewhere.
    pub(crate) fn has_password(&self) -> bool {
        redacted(&self.text) != self.text
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redacted(&self.text))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// Replaces the password of a URL by `***`, in the authority and in a `password=` parameter.
pub(crate) fn redacted(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    // A password may hold `/`, `?` and `#` by mistake, so the last `@` counts, wherever it is.
    let rest = match rest.rsplit_once('@') {
        Some((login, place)) => match login.split_once(':') {
            Some((user, _)) => format!("{user}:***@{place}"),
            None => format!("{login}@{place}"),
        },
        None => rest.to_owned(),
    };
    let rest = match rest.split_once('?') {
        Some((place, parameters)) => {
            let parameters: Vec<String> = parameters.split('&').map(redacted_parameter).collect();
            format!("{place}?{}", parameters.join("&"))
        }
        None => rest,
    };
    format!("{scheme}://{rest}")
}

fn redacted_parameter(parameter: &str) -> String {
    match parameter.split_once('=') {
        Some((name, _)) if name.eq_ignore_ascii_case("password") => format!("{name}=***"),
        _ => parameter.to_owned(),
    }
}

/// Puts a relative SQLite file below a folder.
fn below(base_dir: &Path, url: &str) -> String {
    let place = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let (file, parameters) = match place.split_once('?') {
        Some((file, parameters)) => (file, format!("?{parameters}")),
        None => (place, String::new()),
    };
    if file.is_empty() || file == ":memory:" || Path::new(file).is_absolute() {
        return url.to_owned();
    }
    // The driver decodes percent signs and ends the path at a question mark.
    let folder = base_dir.to_string_lossy().replace('%', "%25").replace('?', "%3F");
    format!("sqlite:{}{parameters}", Path::new(&folder).join(file).display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let check = |url: &str, shown: &str| assert_eq!(redacted(url), shown);
        check("mysql://reader:s3cret@db.example.ac.uk/cmis", "mysql://reader:***@db.example.ac.uk/cmis");
        check("mysql://reader:s3c@/?ret@db.example.ac.uk/x", "mysql://reader:***@db.example.ac.uk/x");
        check("postgres://db/x?user=a&password=b&c=d", "postgres://db/x?user=a&password=***&c=d");
        check("postgres://reader@db/x", "postgres://reader@db/x");
        check("sqlite:muster.db", "sqlite:muster.db");
    }

    #[test]
    fn a_relative_file_is_below_the_folder_of_the_configuration() {
        let check = |url: &str, revealed: &str| {
            assert_eq!(DatabaseUrl::parse(url, Path::new("/etc/muster")).unwrap().reveal(), revealed);
        };
        check("sqlite:muster.db", "sqlite:/etc/muster/muster.db");
        check("sqlite://data/m.db?mode=rwc", "sqlite:/etc/muster/data/m.db?mode=rwc");
        check("sqlite:/var/lib/m.db", "sqlite:/var/lib/m.db");
        check("sqlite::memory:", "sqlite::memory:");
    }

    #[test]
    fn what_is_no_database_is_refused_without_repeating_it() {
        for url in ["oracle://u:s3cret@h/x", "muster.db", "", "mysql://:s3cret@ bad host/"] {
            let message = DatabaseUrl::parse(url, Path::new("")).unwrap_err();
            assert!(!message.contains("s3cret"), "{message}");
        }
    }
}
