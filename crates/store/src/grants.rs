//! The least that an account on a server has to be granted (feature E4); docs/databases.md has the same statements.
//!
//! Not here: granting it, which is an administrator's.

use crate::dialect::Dialect;
use crate::error::Result;
use crate::store::Store;

/// What an account needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeastGrants {
    /// The account, as this server writes it.
    pub account: String,
    /// A statement that grants what the nights need.
    pub every_day: String,
    /// What the first start of a new version of Muster needs besides, which may change the schema: a statement, or who has
    /// to make it.
    pub new_version: String,
}

impl Store {
    /// The least that the account in use has to be granted; `None` for SQLite, which has no accounts.
    pub async fn least_grants(&self) -> Result<Option<LeastGrants>> {
        const PURPOSE: &str = "ask for the account";
        const EVERY_DAY: &str = "SELECT, INSERT, UPDATE, DELETE";
        Ok(match self.db.dialect() {
            Dialect::Sqlite => None,
            Dialect::MariaDb | Dialect::MySql => {
                let sql = "SELECT CURRENT_USER(), DATABASE()";
                let asked =
                    self.db.read(PURPOSE).await?.first(sql, [], |row| Ok((row.text()?, row.text()?))).await?;
                asked.map(|(user, database)| {
                    let (name, host) = user.rsplit_once('@').unwrap_or((&user, "%"));
                    let account = format!("{name}@'{host}'");
                    LeastGrants {
                        every_day: format!("GRANT {EVERY_DAY} ON {database}.* TO {account};"),
                        new_version: format!(
                            "GRANT {EVERY_DAY}, CREATE, ALTER, INDEX, REFERENCES, CREATE VIEW, SHOW VIEW \
                             ON {database}.* TO {account};"
                        ),
                        account,
                    }
                })
            }
            Dialect::Postgres => {
                let sql = "SELECT current_user::TEXT, current_schema()::TEXT, tableowner::TEXT FROM pg_tables \
                     WHERE schemaname = current_schema() AND tablename = 'muster_schema'";
                let asked = self
                    .db
                    .read(PURPOSE)
                    .await?
                    .first(sql, [], |row| Ok((row.text()?, row.text()?, row.text()?)))
                    .await?;
                asked.map(|(account, schema, owner)| LeastGrants {
                    every_day: format!("GRANT {EVERY_DAY} ON ALL TABLES IN SCHEMA {schema} TO {account};"),
                    new_version: format!(
                        "start it once as {owner}, to whom the tables belong, and grant again what it brings"
                    ),
                    account: account.to_string(),
                })
            }
        })
    }
}
