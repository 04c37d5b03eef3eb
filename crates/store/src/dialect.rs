//! How one database spells what the others spell differently: types in migrations, upserts, limits.
//!
//! Not here: connections ([`crate::db`]) and statements, which are written once, with `?` for each value.

/// A database that speaks SQL in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The embedded database.
    Sqlite,
}

/// What an insert does with a row that is there already.
pub(crate) enum Conflict<'a> {
    /// It fails.
    Fail,
    /// It replaces some columns of the row that is there.
    Update {
        /// The columns of the unique index.
        keys: &'a [&'a str],
        /// The columns that take the new values; the others keep theirs.
        columns: &'a [&'a str],
    },
}

impl Dialect {
    /// The most values that one statement may have.
    pub(crate) fn binds_max(self) -> usize {
        match self {
            // SQLITE_MAX_VARIABLE_NUMBER of the bundled library (sqlite.org/limits.html, item 9).
            Dialect::Sqlite => 32_766,
        }
    }

    /// The end of an insert that says what happens to a row that is there already.
    pub(crate) fn on_conflict(self, conflict: &Conflict<'_>) -> String {
        match (self, conflict) {
            (_, Conflict::Fail) => String::new(),
            (Dialect::Sqlite, Conflict::Update { keys, columns }) => {
                let sets: Vec<String> =
                    columns.iter().map(|column| format!("{column} = excluded.{column}")).collect();
                format!(" ON CONFLICT ({}) DO UPDATE SET {}", keys.join(", "), sets.join(", "))
            }
        }
    }

    /// Writes the type words of a migration as this database does:
    /// `{id}` a number of our own that grows, `{int}` 64 bits, `{key}` a text that an index can hold,
    /// `{text}` a text of any length; `{end}` closes a table whose primary key is its only order.
    pub(crate) fn migration(self, sql: &str) -> String {
        match self {
            Dialect::Sqlite => sql
                .replace("{id}", "INTEGER PRIMARY KEY")
                .replace("{int}", "INTEGER")
                .replace("{key}", "TEXT")
                .replace("{text}", "TEXT")
                .replace("{end}", "WITHOUT ROWID"),
        }
    }
}

/// `?, ?, ?` for a list of values.
pub(crate) fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}
