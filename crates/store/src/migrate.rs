//! Brings a database to the newest version.
//!
//! Not here: what the tables are for; each migration says that where it makes them.
//!
//! Invariant: a migration happens whole or not at all, and never twice.
//! Invariant: a migration that was published is never edited; a new one follows it.

use crate::db::{Db, Value};
use crate::error::{Result, StoreError};

/// One step of the schema.
pub(crate) struct Migration {
    pub(crate) version: i64,
    pub(crate) name: &'static str,
    sql: &'static str,
}

/// Declares the migrations in their order.
macro_rules! migrations {
    ($($version:literal $name:literal $file:literal),+ $(,)?) => {
        /// Every migration, in order.
        pub(crate) const MIGRATIONS: &[Migration] = &[$(Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../migrations/", $file)),
        }),+];
    };
}

migrations!(
    1 "deliveries" "0001_deliveries.sql",
    2 "mappings" "0002_mappings.sql",
    3 "links" "0003_links.sql",
    4 "runs" "0004_runs.sql",
    5 "views" "0005_views.sql",
    6 "old_names" "0006_old_names.sql",
    7 "pauses" "0007_pauses.sql",
    8 "ims" "0008_ims.sql",
);

/// Applies every migration that the database does not have yet.
pub(crate) async fn migrate(db: &Db) -> Result<()> {
    let mut versions = db.write("prepare the schema").await?;
    versions
        .script(db.dialect().migration(
            "CREATE TABLE IF NOT EXISTS muster_schema (version {int} NOT NULL PRIMARY KEY, name {text} NOT NULL)",
        ))
        .await?;
    versions.commit().await?;
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    let found = version(db).await?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for migration in MIGRATIONS {
        apply(db, migration).await?;
    }
    Ok(())
}

/// The version that the database has; 0 before the first migration.
pub(crate) async fn version(db: &Db) -> Result<i64> {
    let mut read = db.read("read the version of the schema").await?;
    let found =
        read.first("SELECT COALESCE(MAX(version), 0) FROM muster_schema", [], |row| row.int()).await?;
    Ok(found.unwrap_or(0))
}

async fn apply(db: &Db, migration: &Migration) -> Result<()> {
    let Migration { version, name, sql } = migration;
    let failed = |error| match error {
        StoreError::Query { source, .. } => StoreError::CannotMigrate { version: *version, name, source },
        other => other,
    };
    let mut write = db.write("migrate the database").await?;
    // Asked inside the transaction: another process may have migrated while this one waited.
    let there = write
        .first("SELECT version FROM muster_schema WHERE version = ?", [Value::Int(*version)], |row| row.int())
        .await?;
    if there.is_some() {
        return Ok(());
    }
    write.script(db.dialect().migration(sql)).await.map_err(failed)?;
    write
        .execute(
            "INSERT INTO muster_schema (version, name) VALUES (?, ?)",
            [Value::Int(*version), Value::from(*name)],
        )
        .await
        .map_err(failed)?;
    write.commit().await.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows that a database of each version may hold.
    const SAMPLES: &[(i64, &str)] = &[
        (1, include_str!("../tests/migrations/0001_deliveries.sql")),
        (2, include_str!("../tests/migrations/0002_mappings.sql")),
        (3, include_str!("../tests/migrations/0003_links.sql")),
        (4, include_str!("../tests/migrations/0004_runs.sql")),
        (5, include_str!("../tests/migrations/0005_views.sql")),
        (6, include_str!("../tests/migrations/0006_old_names.sql")),
        (7, include_str!("../tests/migrations/0007_pauses.sql")),
        (8, include_str!("../tests/migrations/0008_ims.sql")),
    ];

    #[tokio::test]
    async fn every_migration_goes_on_top_of_the_rows_of_the_versions_before() {
        let db = Db::open("sqlite::memory:").await.unwrap();
        migrate_to_nothing(&db).await;
        assert_eq!(MIGRATIONS.len(), SAMPLES.len(), "each migration brings its sample rows");
        for (migration, (version, sample)) in MIGRATIONS.iter().zip(SAMPLES) {
            assert_eq!(migration.version, *version);
            apply(&db, migration).await.unwrap();
            apply(&db, migration).await.unwrap();
            let mut write = db.write("insert the samples").await.unwrap();
            write.script((*sample).to_owned()).await.unwrap();
            write.commit().await.unwrap();
        }
        migrate(&db).await.unwrap();
    }

    #[tokio::test]
    async fn a_database_of_a_newer_program_is_left_alone() {
        let db = Db::open("sqlite::memory:").await.unwrap();
        migrate(&db).await.unwrap();
        let mut write = db.write("pretend").await.unwrap();
        write.script("INSERT INTO muster_schema (version, name) VALUES (999, 'later')".into()).await.unwrap();
        write.commit().await.unwrap();
        assert!(matches!(migrate(&db).await, Err(StoreError::Newer { found: 999, .. })));
    }

    async fn migrate_to_nothing(db: &Db) {
        let mut write = db.write("prepare").await.unwrap();
        write
            .script(
                "CREATE TABLE muster_schema (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL)"
                    .into(),
            )
            .await
            .unwrap();
        write.commit().await.unwrap();
    }
}
