//! What differs between the databases behind a driver: how a transaction that only reads begins, and how a schema is
//! chosen.
//!
//! Not here: the operator's queries, which are run as they are.
//!
//! Invariant: where the database can, all queries see one state of it, in a transaction that cannot write.

/// A database product, as its driver names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Product {
    Oracle,
    Postgres,
    MySql,
    /// Any other: its transactions begin by themselves, and its schemas stand in the queries.
    Other,
}

impl Product {
    /// Understands the name that a driver gives (SQL_DBMS_NAME).
    pub(super) fn of(name: &str) -> Product {
        let name = name.to_ascii_lowercase();
        if name.contains("oracle") {
            Product::Oracle
        } else if name.contains("postgres") {
            Product::Postgres
        } else if name.contains("mysql") || name.contains("mariadb") {
            Product::MySql
        } else {
            Product::Other
        }
    }

    /// The statements before the first query, or why the schema cannot be chosen.
    pub(super) fn opening(self, schema: Option<&str>) -> Result<Vec<String>, String> {
        let mut statements = Vec::new();
        match (self, schema) {
            (_, None) => {}
            (Product::Oracle, Some(schema)) => {
                statements.push(format!("ALTER SESSION SET CURRENT_SCHEMA = {schema}"));
            }
            (Product::MySql, Some(schema)) => statements.push(format!("USE `{schema}`")),
            // Inside the transaction, because its first statement has to say that it only reads.
            (Product::Postgres, Some(_)) => {}
            (Product::Other, Some(schema)) => {
                return Err(format!(
                    "the key `schema` is for Oracle, PostgreSQL and MariaDB/MySQL; write {schema}. before the tables in the queries"
                ));
            }
        }
        match self {
            Product::Oracle => statements.push("SET TRANSACTION READ ONLY".into()),
            Product::Postgres => {
                statements.push("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY".into());
                statements.extend(schema.map(|schema| format!("SET LOCAL search_path TO \"{schema}\"")));
            }
            Product::MySql => {
                statements.push("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ".into());
                statements.push("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY".into());
            }
            Product::Other => {}
        }
        Ok(statements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, schema: Option<&str>, expected: &str) {
        let found = Product::of(name).opening(schema).map(|statements| statements.join("; "));
        assert_eq!(found.unwrap_or_else(|error| error), expected);
    }

    #[test]
    fn a_transaction_only_reads_and_begins_in_the_schema() {
        check("Oracle", Some("CMIS"), "ALTER SESSION SET CURRENT_SCHEMA = CMIS; SET TRANSACTION READ ONLY");
        check("Oracle", None, "SET TRANSACTION READ ONLY");
        check(
            "PostgreSQL",
            Some("sits"),
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL search_path TO \"sits\"",
        );
        check(
            "MariaDB",
            Some("sits"),
            "USE `sits`; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        );
        check("SQLite", None, "");
        check(
            "Microsoft SQL Server",
            Some("dbo"),
            "the key `schema` is for Oracle, PostgreSQL and MariaDB/MySQL; write dbo. before the tables in the queries",
        );
    }
}
