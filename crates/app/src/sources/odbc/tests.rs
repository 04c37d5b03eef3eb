//! Real drivers: SQLite's always, those of MariaDB and PostgreSQL where a server is named (`cargo xtask ci` does).
//!
//! No driver is registered for it: each is named by the path of its file.

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection, PgConnection};

use super::super::intake::Intake;
use super::super::tests::{run, show, sql_source};
use super::super::{Progress, SourceError, read};
use super::read_within;
use crate::config::SourcePlace;

/// Where Debian puts drivers: a folder for each kind of machine.
fn driver(file: &str) -> String {
    let folders = std::fs::read_dir("/usr/lib").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths = folders.map(|folder| folder.join("odbc").join(file)).filter(|path| path.exists());
    let missing = || panic!("{file} is not installed; `cargo xtask ci --only odbc` installs it");
    paths.next().map_or_else(missing, |path: PathBuf| path.display().to_string())
}

/// A server: the keys of a source that reads from it, and a connection that writes.
enum Server {
    Sqlite(tempfile::TempDir),
    MySql(MySqlConnection, String),
    Postgres(PgConnection, String),
}

impl Server {
    fn sqlite() -> Server {
        Server::Sqlite(tempfile::tempdir().unwrap())
    }

    async fn mysql() -> Option<Server> {
        let url = named("MUSTER_TEST_MYSQL_URL", "MariaDB")?;
        let connection = MySqlConnection::connect(&url).await.unwrap();
        Some(Server::MySql(connection, keys("libmaodbc.so", &url)))
    }

    async fn postgres() -> Option<Server> {
        let url = named("MUSTER_TEST_POSTGRES_URL", "PostgreSQL")?;
        let connection = PgConnection::connect(&url).await.unwrap();
        Some(Server::Postgres(connection, keys("psqlodbcw.so", &url)))
    }

    /// The servers that there are.
    async fn all() -> Vec<Server> {
        let servers = [Some(Server::sqlite()), Server::mysql().await, Server::postgres().await];
        servers.into_iter().flatten().collect()
    }

    fn keys(&self) -> String {
        match self {
            Server::Sqlite(folder) => format!(
                "driver = \"{}\"\noptions = \"DATABASE={}\"\n",
                driver("libsqlite3odbc.so"),
                folder.path().join("sits.db").display()
            ),
            Server::MySql(_, keys) | Server::Postgres(_, keys) => keys.clone(),
        }
    }

    async fn execute(&mut self, statement: &str) {
        let statement = AssertSqlSafe(statement.to_owned());
        match self {
            Server::Sqlite(folder) => {
                let url = format!("sqlite:{}?mode=rwc", folder.path().join("sits.db").display());
                let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
                sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            Server::MySql(connection, _) => {
                sqlx::raw_sql(statement).execute(connection).await.unwrap();
            }
            Server::Postgres(connection, _) => {
                sqlx::raw_sql(statement).execute(connection).await.unwrap();
            }
        }
    }
}

fn named(variable: &str, what: &str) -> Option<String> {
    let url = std::env::var(variable).ok();
    if url.is_none() {
        println!("left out: {variable} does not name a {what} to try (cargo xtask ci sets it)");
    }
    url
}

/// The keys that say the same as a URL.
fn keys(driver_file: &str, url: &str) -> String {
    let rest = url.split_once("://").unwrap().1;
    let (account, place) = rest.split_once('@').unwrap();
    let (login, password) = account.split_once(':').unwrap_or((account, ""));
    let (host, database) = place.split_once('/').unwrap();
    let password = if password.is_empty() {
        String::new()
    } else {
        format!("password = {{ command = \"echo {password}\" }}\n")
    };
    format!(
        "driver = \"{}\"\nhost = \"{host}\"\nlogin = \"{login}\"\n{password}options = \"DATABASE={database}\"\n",
        driver(driver_file)
    )
}

fn source_text(keys: &str, groups: &str, members: &str) -> String {
    format!(
        "[source.sits]\nkind = \"odbc\"\n{keys}[source.sits.queries]\ngroups = \"\"\"{groups}\"\"\"\nmembers = \"\"\"{members}\"\"\"\n"
    )
}

const NO_MEMBERS: &str =
    "SELECT 'x' AS group_id, 'x' AS person_id, 'x' AS role FROM (SELECT 1 AS n) AS t WHERE 1 = 0";

async fn read_text(text: &str) -> Result<String, SourceError> {
    Ok(show(&read(&sql_source(text), &"sits".into(), None, &|_| {}).await?))
}

#[test]
fn a1_a_database_behind_a_driver_delivers_what_the_same_queries_say() {
    run(async {
        for mut server in Server::all().await {
            // Each test has its own tables: others run at the same time on the same server.
            for statement in [
                "DROP TABLE IF EXISTS odbc_a1_groups",
                "DROP TABLE IF EXISTS odbc_a1_members",
                "CREATE TABLE odbc_a1_groups (id INTEGER, code VARCHAR(20), name VARCHAR(200), module VARCHAR(20))",
                "CREATE TABLE odbc_a1_members (id INTEGER, person BIGINT, role VARCHAR(20))",
                "INSERT INTO odbc_a1_groups VALUES (7, 'TUT5', 'Käthe 東京 😀', 'M'), (8, 'LAB1', NULL, 'M'), (9, NULL, 'x', 'N')",
                "INSERT INTO odbc_a1_members VALUES (7, 20261741, 'student'), (7, 3, 'tutor'), (9, 3, 'tutor'), (8, NULL, 'student')",
            ] {
                server.execute(statement).await;
            }
            // Blocks of two rows: the last one is not full.
            let keys = server.keys() + "prefetch = 2\n";
            let text = source_text(
                &keys,
                "SELECT id AS group_id, code AS GROUP_CODE, name AS group_name, module AS module_code, 'tutorial' AS kind, NULL AS term, 1.5 AS weight FROM odbc_a1_groups ORDER BY id",
                "SELECT id AS group_id, person AS person_id, role FROM odbc_a1_members ORDER BY id, person DESC",
            );
            let shown = read_text(&text).await.unwrap();
            let mut lines: Vec<&str> = shown.lines().collect();
            lines.sort_unstable();
            // Databases do not agree on where NULL is sorted.
            let (empty, lines): (Vec<&str>, Vec<&str>) =
                lines.into_iter().partition(|line| line.contains("person_id is empty"));
            assert!(
                empty[0].ends_with("empty: person_id is empty [module M, group 8, person -]"),
                "{empty:?}"
            );
            assert_eq!(
                lines,
                [
                    "group M 7 TUT5 \"Käthe 東京 😀\" tutorial ",
                    "group M 8 LAB1 \"\" tutorial ",
                    "groups: 3 rows, 0 left out",
                    "groups:3 empty: group_code is empty [module N, group 9, person -]",
                    "members: 4 rows, 0 left out",
                    "members:4 unknown_group: the row of group 9 was itself rejected [module -, group 9, person 3]",
                    "notice: the answer of the query groups has columns that are ignored: weight",
                    "student 20261741 in M 7",
                    "tutor 3 in M 7",
                ],
                "{keys}"
            );
            // Whatever a query says, nothing is written.
            let writes = source_text(&keys, "DELETE FROM odbc_a1_groups", NO_MEMBERS);
            let error = read_text(&writes).await.unwrap_err().to_string();
            assert!(error.contains("the query groups"), "{error}");
            assert_eq!(read_text(&text).await.unwrap(), shown);
        }
    });
}

/// Bytes of ISO 8859-1 in a database that calls itself UTF-8, or has no idea: the trap of the old set-up.
async fn check_trap(server: &Server, groups: &str) {
    let declared = |encoding: &str| server.keys() + &format!("encoding = \"{encoding}\"\n");
    let shown = read_text(&source_text(&declared("utf-8"), groups, NO_MEMBERS)).await.unwrap();
    assert!(
        shown.starts_with(
            "groups:1 encoding: group_name is not UTF-8: byte 0xE4 at offset 1 of K\\xE4the [module M, group 31, person -]\n"
        ),
        "{shown}"
    );
    let shown = read_text(&source_text(&declared("iso-8859-1"), groups, NO_MEMBERS)).await.unwrap();
    assert!(shown.starts_with("group M 31 T \"Käthe\"  \n"), "{shown}");
}

#[test]
fn a3_bytes_that_are_not_in_the_declared_encoding_are_rejected_with_their_offset_and_never_replaced() {
    let columns = |name: &str| {
        format!(
            "SELECT '31' AS group_id, 'T' AS group_code, {name} AS group_name, 'M' AS module_code, '' AS kind, '' AS term"
        )
    };
    run(async {
        check_trap(&Server::sqlite(), &columns("CAST(x'4be4746865' AS TEXT)")).await;
        if let Some(server) = Server::mysql().await {
            check_trap(&server, &columns("x'4be4746865'")).await;
        }
        if let Some(mut server) = Server::postgres().await {
            // A database without an encoding takes any byte, and a client that has none either gets it, as Oracle's does
            // with NLS_LANG set to what the database is declared to be.
            server.execute("DROP DATABASE IF EXISTS odbc_a3").await;
            server.execute("CREATE DATABASE odbc_a3 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0").await;
            let Server::Postgres(connection, keys) = server else { unreachable!() };
            let keys = keys.replace(
                "DATABASE=muster",
                "DATABASE=odbc_a3;CONNSETTINGS={set client_encoding to 'SQL_ASCII'}",
            );
            check_trap(&Server::Postgres(connection, keys), &columns("E'K\\\\xe4the'")).await;
        }
    });
}

#[test]
fn a_field_that_does_not_fit_is_rejected_and_one_that_is_ignored_does_not_matter() {
    run(async {
        for mut server in Server::all().await {
            for statement in [
                "DROP TABLE IF EXISTS odbc_long",
                "CREATE TABLE odbc_long (id INTEGER, name TEXT)",
                &format!(
                    "INSERT INTO odbc_long VALUES (1, 'short'), (2, '{}'), (3, 'short')",
                    "x".repeat(5_000)
                ),
            ] {
                server.execute(statement).await;
            }
            let groups = |more: &str| {
                format!(
                    "SELECT id AS group_id, 'T' AS group_code, {more}, 'M' AS module_code, '' AS kind, '' AS term FROM odbc_long ORDER BY id"
                )
            };
            let shown = read_text(&source_text(&server.keys(), &groups("name AS group_name"), NO_MEMBERS))
                .await
                .unwrap();
            let expected = "group M 1 T \"short\"  \ngroup M 3 T \"short\"  \n\
                 groups:2 unprintable: group_name is longer than the 4096 bytes that were read of it [module M, group 2, person -]\n";
            assert!(shown.starts_with(expected), "{}", &shown[..shown.len().min(600)]);
            let ignored = groups("'n' AS group_name, name AS essay");
            let shown = read_text(&source_text(&server.keys(), &ignored, NO_MEMBERS)).await.unwrap();
            assert!(
                shown.contains("groups: 3 rows, 0 left out") && !shown.contains("unprintable"),
                "{shown}"
            );
        }
    });
}

#[test]
fn a_schema_says_where_tables_are_looked_for() {
    run(async {
        let query = "SELECT id AS group_id, 'T' AS group_code, '' AS group_name, 'M' AS module_code, '' AS kind, '' AS term FROM teaching_group";
        for server in [Server::mysql().await, Server::postgres().await] {
            let Some(mut server) = server else { continue };
            let make = if matches!(server, Server::Postgres(..)) {
                ["DROP SCHEMA IF EXISTS odbc_schema CASCADE", "CREATE SCHEMA odbc_schema"]
            } else {
                ["DROP DATABASE IF EXISTS odbc_schema", "CREATE DATABASE odbc_schema"]
            };
            for statement in make {
                server.execute(statement).await;
            }
            server.execute("CREATE TABLE odbc_schema.teaching_group AS SELECT 5 AS id").await;
            let keys = server.keys() + "schema = \"odbc_schema\"\n";
            let shown = read_text(&source_text(&keys, query, NO_MEMBERS)).await.unwrap();
            assert!(shown.starts_with("group M 5 T"), "{shown}");
            let error = read_text(&source_text(&server.keys(), query, NO_MEMBERS)).await.unwrap_err();
            assert!(
                error.to_string().starts_with("cannot run the query groups of source sits on "),
                "{error}"
            );
        }
        let sqlite = Server::sqlite();
        let keys = sqlite.keys() + "schema = \"main\"\n";
        let error = read_text(&source_text(&keys, query, NO_MEMBERS)).await.unwrap_err();
        let words = crate::exit::chain(&error);
        assert!(words.contains("write main. before the tables in the queries"), "{words}");
    });
}

#[test]
fn what_goes_wrong_names_the_database_the_query_and_the_next_step_but_no_password() {
    let password = "s3cret-for-tests";
    run(async {
        let check = async |text: &str, expected: &[&str]| {
            let error = read_text(text).await.unwrap_err();
            let words = format!("{}; {}", crate::exit::chain(&error), error.next_step());
            assert!(expected.iter().all(|part| words.contains(part)), "{words}");
            assert!(!words.contains(password) && !words.contains('\n'), "{words}");
        };
        let nowhere = |driver: &str| {
            format!(
                "driver = \"{driver}\"\nhost = \"127.0.0.1:1\"\nlogin = \"ada\"\npassword = {{ command = \"echo {password}\" }}\n"
            )
        };
        for file in ["libmaodbc.so", "psqlodbcw.so"] {
            let text = source_text(&nowhere(&driver(file)), "SELECT 1", "SELECT 1");
            check(
                &text,
                &["cannot connect to 127.0.0.1:1 with the driver ", " for source sits", "try it with `isql`"],
            )
            .await;
        }
        let text = source_text(&nowhere("/no/such/driver.so"), "SELECT 1", "SELECT 1");
        check(&text, &["cannot connect to 127.0.0.1:1 with the driver /no/such/driver.so", "file not found"])
            .await;
        let text = source_text("datasource = \"NOWHERE\"\n", "SELECT 1", "SELECT 1");
        check(&text, &["cannot connect to the data source NOWHERE for source sits"]).await;
        let sqlite = Server::sqlite();
        let text = source_text(&sqlite.keys(), "SELECT 1 FROM nowhere", NO_MEMBERS);
        check(
            &text,
            &[
                "cannot run the query groups of source sits on the driver ",
                "[source.sits.queries] groups there by hand",
                "nowhere",
            ],
        )
        .await;
        let text = source_text(&sqlite.keys(), "SELECT 1 AS grup_id", NO_MEMBERS);
        check(
            &text,
            &[
                "cannot read the answer of the query groups of source sits: there is no column group_id",
                "is grup_id meant?",
            ],
        )
        .await;
    });
}

#[test]
fn a_database_that_accepts_and_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let keys = format!(
        "driver = \"{}\"\nhost = \"{}\"\nlogin = \"ada\"\n",
        driver("libmaodbc.so"),
        listener.local_addr().unwrap()
    );
    let source = sql_source(&source_text(&keys, "SELECT 1", "SELECT 1"));
    let SourcePlace::Odbc(place) = &source.place else { unreachable!() };
    let mut intake = Intake::new("sits".into(), place.encoding, &source);
    let mut progress = Progress { rows: 0, tell: &|_| {} };
    let patience = Duration::from_secs(1);
    let error = run(read_within(patience, place, "sits", &mut intake, &mut progress)).unwrap_err();
    let words = error.to_string();
    assert!(words.starts_with("cannot connect to 127.0.0.1:"), "{words}");
}

#[test]
fn many_rows_arrive_in_blocks() {
    run(async {
        for server in Server::all().await {
            let numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999) SELECT i AS group_id, 'T' AS group_code, '' AS group_name, 'M' AS module_code, '' AS kind, '' AS term FROM n";
            let keys = server.keys() + "prefetch = 100\n";
            let shown = read_text(&source_text(&keys, numbers, NO_MEMBERS)).await.unwrap();
            assert!(shown.contains("groups: 999 rows, 0 left out"), "{shown}");
            assert_eq!(shown.matches("group M ").count(), 999);
        }
    });
}
