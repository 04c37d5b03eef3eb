//! What docs/databases.md tells an administrator to grant is enough, and no more than said.

use store::{MappingFilter, Store, Trouble};

use crate::place::{Place, server};
use crate::support::{accept, cmis, on_disk, owner};

/// The statements of the page under a mark, for a database and accounts of another name: the test has neighbours.
fn documented(mark: &str, database: &str) -> String {
    let page = include_str!("../../../../docs/databases.md");
    let begin = format!("<!-- tested: {mark} -->\n```sql\n");
    let (_, rest) = page.split_once(&begin).unwrap();
    let (sql, _) = rest.split_once("```").unwrap();
    sql.replace("muster.", "DATABASE.")
        .replace("DATABASE muster", "DATABASE DATABASE")
        .replace("muster", &format!("{database}_a"))
        .replace("DATABASE DATABASE", &format!("DATABASE {database}"))
        .replace("DATABASE.", &format!("{database}."))
}

/// The URL of a database for one of the documented accounts.
fn url_of(place: &str, database: &str, account: &str, password: &str) -> String {
    let (scheme, rest) = place.split_once("://").unwrap();
    let (_, host) = rest.split_once('@').unwrap();
    format!("{scheme}://{database}_a{account}:{password}@{host}").replace(' ', "%20")
}

#[tokio::test]
async fn e4_the_documented_accounts_can_do_their_work_and_nothing_else() {
    let Some(server) = server() else {
        println!("left out: SQLite has no accounts");
        return;
    };
    let product = if server.starts_with("postgres") { "postgres" } else { "mysql" };
    let place = Place::new().await;
    let database = place.url().rsplit_once('/').unwrap().1.to_owned();
    let url = |account, password| url_of(place.url(), &database, account, password);
    // The place made the database already.
    let administrator = documented(&format!("{product}, administrator"), &database);
    let administrator: String =
        administrator.lines().filter(|line| !line.starts_with("CREATE DATABASE")).collect();
    place.sql(administrator).await;
    if product == "postgres" {
        place
            .sql(format!(
                "ALTER DATABASE {database} OWNER TO {database}_a; ALTER SCHEMA public OWNER TO {database}_a"
            ))
            .await;
    }

    let main = url("", "choose one");
    let store = Store::open(&main).await.unwrap();
    let lock = store.lock(&owner("first")).await.unwrap();
    accept(&store, &lock, &["ANTH1014 1 a"], 10).await;
    drop(lock);
    store.close().await;
    for part in ["every day", "others"] {
        place.sql(documented(&format!("{product}, {part}"), &database)).await;
    }

    let store = Store::open(&url("_daily", "choose another")).await.unwrap();
    let lock = store.lock(&owner("every day")).await.unwrap();
    accept(&store, &lock, &["ANTH1014 1 a b"], 20).await;
    store.try_writing().await.unwrap();
    store.mappings(&MappingFilter::default(), &cmis()).await.unwrap();

    let reader = url("_reader", "choose a third");
    let mapper = url("_mapper", "choose a fourth");
    let check = async |account: &str, sql: &str, allowed: bool| {
        let done = crate::place::try_sql(account, sql.to_owned()).await;
        assert_eq!(done.is_ok(), allowed, "{account} {sql}: {done:?}");
    };
    let reading = Store::open(&reader).await.unwrap();
    let error = reading.try_writing().await.unwrap_err();
    assert_eq!(error.trouble(), Some(Trouble::Denied), "{error}");
    check(&reader, "SELECT * FROM cmis_groups_course", true).await;
    check(&reader, "SELECT * FROM cmis_groups_deleted", true).await;
    check(&reader, "DELETE FROM cmis_groups_deleted", false).await;
    check(&reader, "UPDATE mapped_modules SET group_import = 'RMV'", false).await;
    check(&mapper, "INSERT INTO mapped_modules (moodle_id, modulecode) VALUES (1, 'M')", true).await;
    check(&mapper, "DELETE FROM mapped_modules", true).await;
    check(&mapper, "SELECT * FROM audit", false).await;
    drop(lock);
    store.close().await;
    let accounts = ["", "_daily", "_reader", "_mapper"].map(|account| format!("{database}_a{account}"));
    for account in accounts {
        // PostgreSQL keeps a role that owns anything; the server goes soon.
        let drop = if product == "postgres" {
            format!("DROP ROLE {account}")
        } else {
            format!("DROP USER {account}@'%'")
        };
        let _ = crate::place::try_sql(&server, drop).await;
    }
}

#[tokio::test]
async fn g10_a_view_under_an_old_name_is_one_on_every_database() {
    let (place, _store, _lock) = on_disk().await;
    for view in ["cmis_groups_course", "cmis_groupmembers", "cmis_groups_moodle", "cmis_error_data_dump"] {
        assert!(place.try_sql(format!("CREATE INDEX i ON {view} (id)")).await.is_err(), "{view}");
    }
}
