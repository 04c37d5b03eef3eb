//! Copies of a prepared database on a server, one for each case of a test.
//!
//! Not here: a SQLite file, which is copied as any file is (`disturbed`).

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::place::{Place, server, try_sql};

/// How long the sessions of a process that has ended may still be there.
const PATIENCE: Duration = Duration::from_secs(10);

/// A database that others are made from.
pub(crate) struct Template {
    database: Place,
    /// What fills a copy in MariaDB or MySQL, which cannot copy a database by themselves.
    script: String,
}

impl Template {
    /// Prepares the copying of a database that nobody changes any more.
    pub(crate) fn of(database: Place) -> Template {
        let is_mysql = database.url().starts_with("mysql");
        let script =
            if is_mysql { Runtime::new().unwrap().block_on(script(&database)) } else { String::new() };
        Template { database, script }
    }

    /// Makes a copy.
    pub(crate) fn copy(&self) -> Place {
        let runtime = Runtime::new().unwrap();
        let copy = runtime.block_on(Place::new());
        if !self.script.is_empty() {
            runtime.block_on(copy.sql(self.script.as_str()));
            return copy;
        }
        let server = server().unwrap();
        let (from, to) = (name(&self.database), name(&copy));
        let begun = Instant::now();
        runtime.block_on(async {
            try_sql(&server, format!("DROP DATABASE {to}")).await.unwrap();
            while let Err(error) = try_sql(&server, format!("CREATE DATABASE {to} TEMPLATE {from}")).await {
                assert!(begun.elapsed() < PATIENCE, "{error}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        copy
    }
}

/// The name of a database on its server.
fn name(database: &Place) -> &str {
    database.url().rsplit_once('/').unwrap().1
}

/// Statements that make the same tables and views, with the same rows.
async fn script(database: &Place) -> String {
    let mut tables = Vec::new();
    let mut views = Vec::new();
    for row in database.rows("SHOW FULL TABLES").await {
        let (name, kind) = (row[0].1.clone().unwrap(), row[1].1.clone().unwrap());
        if kind == "VIEW" { &mut views } else { &mut tables }.push(name);
    }
    let template = name(database);
    let mut script = "SET foreign_key_checks = 0; ".to_owned();
    for table in tables {
        let made = database.rows(&format!("SHOW CREATE TABLE {table}")).await[0][1].1.clone().unwrap();
        script.push_str(&format!("{made}; INSERT INTO {table} SELECT * FROM {template}.{table}; "));
    }
    let mut made = Vec::new();
    for view in views {
        let text = database.rows(&format!("SHOW CREATE VIEW {view}")).await[0][1].1.clone().unwrap();
        made.push((format!("`{view}`"), text));
    }
    // A view comes after those that it reads.
    while !made.is_empty() {
        let names: Vec<String> = made.iter().map(|(name, _)| name.clone()).collect();
        let reads = |text: &str, own: &str| names.iter().any(|name| name != own && text.contains(name));
        let next = made.iter().position(|(own, text)| !reads(text, own)).unwrap();
        script.push_str(&format!("{}; ", made.remove(next).1));
    }
    script
}
