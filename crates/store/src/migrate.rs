//! Brings a database to the newest version.
//!
//! Not here: what the tables are for; each migration says that where it makes them.
//!
//! Invariant: a migration happens whole or not at all, and never twice. Where the database cannot take definitions back
//! (MariaDB, MySQL), one that was interrupted is completed by the next program that opens the database.
//! Invariant: a migration that was published is never edited; a new one follows it.

use crate::db::{Db, Transaction, Value};
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
    8 "explain" "0008_explain.sql",
    9 "ims" "0009_ims.sql",
    10 "pause_ends" "0010_pause_ends.sql",
    11 "schools" "0011_schools.sql",
    12 "owners" "0012_owners.sql",
    13 "sharing" "0013_sharing.sql",
    15 "pushed_sources" "0015_pushed_sources.sql",
);

/// Applies every migration that the database does not have yet. One that has all is only looked at, so that an account
/// that may not change the schema can use it.
pub(crate) async fn migrate(db: &Db) -> Result<()> {
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    let found = version(db).await?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    if found == known {
        return Ok(());
    }
    lay_foundation(db).await?;
    for migration in MIGRATIONS {
        apply(db, migration).await?;
    }
    Ok(())
}

/// The version that the database has; 0 before the first migration.
pub(crate) async fn version(db: &Db) -> Result<i64> {
    const PURPOSE: &str = "read the version of the schema";
    let mut look = db.read(PURPOSE).await?;
    if look.first(db.dialect().has_schema(), [], |row| row.int()).await? == Some(0) {
        return Ok(0);
    }
    drop(look);
    // A transaction of its own: to MariaDB a table that another process made meanwhile is newer than the first one.
    let mut read = db.read(PURPOSE).await?;
    let found =
        read.first("SELECT COALESCE(MAX(version), 0) FROM muster_schema", [], |row| row.int()).await?;
    Ok(found.unwrap_or(0))
}

async fn lay_foundation(db: &Db) -> Result<()> {
    let mut write = db.write_schema("prepare the schema").await?;
    write.script(db.dialect().foundation()).await?;
    write.commit_schema().await
}

async fn apply(db: &Db, migration: &Migration) -> Result<()> {
    let Migration { version, name, sql } = migration;
    let failed = |error| match error {
        StoreError::Query { source, .. } => StoreError::CannotMigrate { version: *version, name, source },
        other => other,
    };
    let mut write = db.write_schema("migrate the database").await?;
    // Asked inside the transaction: another process may have migrated while this one waited.
    let there = write
        .first("SELECT version FROM muster_schema WHERE version = ?", [Value::Int(*version)], |row| row.int())
        .await?;
    if there.is_none() {
        let sql = db.dialect().migration(sql);
        if db.dialect().undoes_definitions() {
            write.script(sql).await.map_err(failed)?;
        } else {
            resume(&mut write, *version, &sql).await.map_err(failed)?;
        }
        write
            .execute(
                "INSERT INTO muster_schema (version, name) VALUES (?, ?)",
                [Value::Int(*version), Value::from(*name)],
            )
            .await
            .map_err(failed)?;
    }
    write.commit_schema().await.map_err(failed)
}

/// Carries out a migration statement by statement, going on where an earlier attempt ended: in MariaDB and MySQL each
/// definition commits what went before, so that a migration cannot be taken back.
///
/// How far it came is written before each statement, and that statement's own commit keeps it. So only the first one of
/// another attempt may find its work done; one that changes rows has to be such that it can be done twice.
async fn resume(write: &mut Transaction, version: i64, sql: &str) -> Result<()> {
    let sql_progress = "SELECT statements FROM muster_progress WHERE version = ?";
    let before = write.first(sql_progress, [Value::Int(version)], |row| row.int()).await?;
    if before.is_none() {
        let sql = "INSERT INTO muster_progress (version, statements) VALUES (?, 0)";
        write.execute(sql, [Value::Int(version)]).await?;
    }
    let first = before.unwrap_or(0);
    for (number, statement) in (0..).zip(statements(sql)).filter(|(number, _)| *number >= first) {
        // The definition before it ended the transaction.
        write.script("START TRANSACTION".to_owned()).await?;
        let sql = "UPDATE muster_progress SET statements = ? WHERE version = ?";
        write.execute(sql, [Value::Int(number), Value::Int(version)]).await?;
        match write.script(statement).await {
            Err(error) if error.is_there_already() && before == Some(number) => {}
            done => done?,
        }
    }
    write.script("START TRANSACTION".to_owned()).await?;
    write.execute("DELETE FROM muster_progress WHERE version = ?", [Value::Int(version)]).await?;
    Ok(())
}

/// The statements of a migration without their comments. No text in a migration holds `--` or a semicolon.
fn statements(sql: &str) -> Vec<String> {
    let without_comments: Vec<&str> =
        sql.lines().map(|line| line.split_once("--").map_or(line, |(statement, _)| statement)).collect();
    let statements = without_comments.join("\n");
    statements.split(';').map(|statement| statement.trim().to_owned()).filter(|s| !s.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Place;
    use crate::steps::steps;
    use crate::store::Access;

    /// Rows that a database of each version may hold.
    const SAMPLES: &[(i64, &str)] = &[
        (1, include_str!("../tests/migrations/0001_deliveries.sql")),
        (2, include_str!("../tests/migrations/0002_mappings.sql")),
        (3, include_str!("../tests/migrations/0003_links.sql")),
        (4, include_str!("../tests/migrations/0004_runs.sql")),
        (5, include_str!("../tests/migrations/0005_views.sql")),
        (6, include_str!("../tests/migrations/0006_old_names.sql")),
        (7, include_str!("../tests/migrations/0007_pauses.sql")),
        (8, include_str!("../tests/migrations/0008_explain.sql")),
        (9, include_str!("../tests/migrations/0009_ims.sql")),
        (10, include_str!("../tests/migrations/0010_pause_ends.sql")),
        (11, include_str!("../tests/migrations/0011_schools.sql")),
        (12, include_str!("../tests/migrations/0012_owners.sql")),
        (13, include_str!("../tests/migrations/0013_sharing.sql")),
        (15, include_str!("../tests/migrations/0015_pushed_sources.sql")),
    ];

    #[tokio::test]
    async fn every_migration_goes_on_top_of_the_rows_of_the_versions_before() {
        let (place, db) = bare().await;
        lay_foundation(&db).await.unwrap();
        assert_eq!(MIGRATIONS.len(), SAMPLES.len(), "each migration brings its sample rows");
        for (migration, (version, sample)) in MIGRATIONS.iter().zip(SAMPLES) {
            assert_eq!(migration.version, *version);
            apply(&db, migration).await.unwrap();
            apply(&db, migration).await.unwrap();
            place.sql(*sample).await;
        }
        migrate(&db).await.unwrap();
    }

    #[tokio::test]
    async fn a_database_of_a_newer_program_is_left_alone() {
        let (place, db) = bare().await;
        migrate(&db).await.unwrap();
        place.sql("INSERT INTO muster_schema (version, name) VALUES (999, 'later')").await;
        assert!(matches!(migrate(&db).await, Err(StoreError::Newer { found: 999, .. })));
    }

    #[tokio::test]
    async fn a_migration_that_was_interrupted_anywhere_is_completed() {
        let all: usize = MIGRATIONS.iter().map(|migration| statements(migration.sql).len()).sum();
        for count in (0..all * 6).step_by(7) {
            let (place, db) = bare().await;
            let interrupted = steps(count, migrate(&db)).await.is_none();
            migrate(&db).await.unwrap();
            assert_eq!(version(&db).await.unwrap(), MIGRATIONS.last().unwrap().version);
            place.sql(SAMPLES[0].1).await;
            if !interrupted {
                break;
            }
        }
    }

    #[tokio::test]
    async fn a_table_of_somebody_else_is_never_taken_for_ours() {
        let (place, db) = bare().await;
        place.sql("CREATE TABLE runs (id INT)").await;
        for _ in 0..2 {
            let error = migrate(&db).await.unwrap_err();
            assert!(matches!(error, StoreError::CannotMigrate { version: 4, .. }), "{error}");
        }
    }

    #[test]
    fn a_migration_falls_into_its_statements() {
        let sql = "-- One; two.\nCREATE TABLE a (\n  -- three\n  b INT\n);\n\nCREATE INDEX c ON a (b);\n";
        assert_eq!(statements(sql), ["CREATE TABLE a (\n  \n  b INT\n)", "CREATE INDEX c ON a (b)"]);
    }

    async fn bare() -> (Place, Db) {
        let place = Place::new().await;
        let db = Db::open(place.url(), Access::default()).await.unwrap();
        (place, db)
    }
}
