//! Whole deliveries: what rows become, by file and by query.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use expect_test::expect_file;
use reconcile::keys::SourceName;
use sqlx::{AssertSqlSafe, Connection};

use super::{Reading, SourceError, read, sample, write_rejections};
use crate::config::{Config, CsvPlace, PeopleKeys, SourceConfig, SourcePlace};

const GROUPS: &str = "group_id,group_code,group_name,module_code,kind,term\n";
const MEMBERS: &str = "group_id,person_id,role\n";

pub(super) fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn read_source(source: &SourceConfig) -> Result<Reading, SourceError> {
    run(read(source, &SourceName::from("cmis"), None, &|_| {}))
}

fn csv_source(folder: &Path, encoding: &'static Encoding, terms: Option<&[&str]>) -> SourceConfig {
    let modules = folder.join("modules.csv");
    SourceConfig {
        place: SourcePlace::Csv(CsvPlace {
            groups: folder.join("groups.csv"),
            members: folder.join("members.csv"),
            modules: modules.exists().then_some(modules),
            encoding,
        }),
        completeness: reconcile::delivery::Completeness::default(),
        terms: terms.map(|terms| terms.iter().map(|&term| term.to_owned()).collect()),
        people: PeopleKeys::default(),
    }
}

/// Delivers two files, given without their headers.
fn deliver(groups: &[u8], members: &[u8], terms: Option<&[&str]>) -> Reading {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("groups.csv"), [GROUPS.as_bytes(), groups].concat()).unwrap();
    fs::write(dir.path().join("members.csv"), [MEMBERS.as_bytes(), members].concat()).unwrap();
    read_source(&csv_source(dir.path(), UTF_8, terms)).unwrap()
}

/// Shows a delivery, one line for each thing in it.
pub(super) fn show(reading: &Reading) -> String {
    let delivery = &reading.delivery;
    let mut lines = Vec::new();
    for group in &delivery.groups {
        lines.push(format!(
            "group {} {} {} {:?} {} {}",
            group.module, group.id, group.code, group.name, group.kind, group.term
        ));
    }
    for member in &delivery.members {
        let group = &delivery.groups[member.group as usize];
        let person = &delivery.persons[member.person as usize];
        lines.push(format!("{} {person} in {} {}", member.role, group.module, group.id));
    }
    lines.extend(delivery.modules.iter().map(|module| format!("module {module}")));
    for rejection in &delivery.rejections {
        let text = |text: Option<&str>| text.unwrap_or("-").to_owned();
        lines.push(format!(
            "{}:{} {}: {} [module {}, group {}, person {}]",
            rejection.table,
            rejection.line,
            rejection.rule.as_str(),
            rejection.detail,
            text(rejection.module.as_ref().map(|key| key.as_str())),
            text(rejection.group.as_ref().map(|key| key.as_str())),
            text(rejection.person.as_ref().map(|key| key.as_str())),
        ));
    }
    for table in &reading.tables {
        lines.push(format!("{}: {} rows, {} left out", table.table.as_str(), table.rows, table.left_out));
    }
    lines.extend(reading.notices.iter().map(|notice| format!("notice: {notice}")));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Compares the members and rejections that two files give.
fn check(groups: &str, members: &str, expected: &[&str]) {
    let shown = show(&deliver(groups.as_bytes(), members.as_bytes(), None));
    let found: Vec<&str> =
        shown.lines().filter(|line| !line.starts_with("group ") && !line.ends_with("left out")).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_person_with_both_roles_is_a_tutor() {
    check(
        "1,T,,M,,\n",
        "1,p,student\n1,p,tutor\n1,q,TUTOR\n1,q,student\n",
        &["tutor p in M 1", "tutor q in M 1"],
    );
}

#[test]
fn the_same_membership_again_is_rejected() {
    let again =
        "members:3 duplicate: p was there already as student of group 1 [module M, group 1, person p]";
    check("1,T,,M,,\n", "1,p,student\n1, p ,student\n", &["student p in M 1", again]);
    let third =
        "members:4 duplicate: p was there already as student of group 1 [module M, group 1, person p]";
    check("1,T,,M,,\n", "1,p,student\n1,p,tutor\n1,p,student\n", &["tutor p in M 1", third]);
}

#[test]
fn the_same_id_below_two_modules_is_two_groups_with_the_same_members() {
    check(
        "1,T,,M,,\n1,T,,N,,\n",
        "1,p,student\n2,x,student\n1,p,tutor\n1,p,tutor\n",
        &[
            "tutor p in M 1",
            "tutor p in N 1",
            "members:3 unknown_group: the group 2 is not among the groups [module -, group 2, person x]",
            "members:5 duplicate: p was there already as tutor of group 1 [module -, group 1, person p]",
        ],
    );
}

#[test]
fn the_same_group_again_is_rejected_and_its_members_stay() {
    check(
        "1,T,,M,,\n1,U,,M,,\n",
        "1,p,student\n",
        &[
            "student p in M 1",
            "groups:3 duplicate: the group 1 of M was there already, with the code T [module M, group 1, person -]",
        ],
    );
}

#[test]
fn members_of_a_rejected_group_are_told_so() {
    check(
        "1,,,M,,\n",
        "1,p,student\n1,q,teacher\n",
        &[
            "groups:2 empty: group_code is empty [module M, group 1, person -]",
            "members:2 unknown_group: the row of group 1 was itself rejected [module -, group 1, person p]",
            "members:3 role: role is \"teacher\"; expected student or tutor [module -, group 1, person q]",
        ],
    );
}

#[test]
fn each_rule_for_rows_rejects_with_its_reason() {
    check(
        "1,T,,M,,\n2,T,,M\n",
        "1,,student\n,p,student\n1,p\n1,p,student,x\n1,p\u{7},student\n1,\"p\n1,q,student\n",
        &[
            "groups:3 field_count: the row has 4 fields, the header 6 [module -, group -, person -]",
            "members:2 empty: person_id is empty [module M, group 1, person -]",
            "members:3 empty: group_id is empty [module -, group -, person p]",
            "members:4 field_count: the row has 2 fields, the header 3 [module -, group -, person -]",
            "members:5 field_count: the row has 4 fields, the header 3 [module -, group -, person -]",
            "members:6 unprintable: person_id holds the control character U+0007 [module M, group 1, person -]",
            "members:7 field_count: the row has 2 fields, the header 3; it goes on for 2 more lines, so a quotation \
             mark may be missing or one too many [module -, group -, person -]",
        ],
    );
}

#[test]
fn other_terms_are_left_out_and_counted() {
    let groups = "1,T,,M,,2026-T1\n2,T,,M,,2025-T3\n3,T,,M,,\n";
    let reading = deliver(groups.as_bytes(), b"1,p,student\n2,p,student\n3,p,student\n", Some(&["2026-T1"]));
    assert_eq!(
        show(&reading),
        "group M 1 T \"\"  2026-T1\nstudent p in M 1\ngroups: 3 rows, 2 left out\nmembers: 3 rows, 2 left out\n"
    );
}

#[test]
fn a_name_keeps_its_line_breaks_and_other_fields_may_not_have_any() {
    let reading = deliver(b"1,T,\"a\nb\",M,,\n\"2\n\",\"T\nU\",,M,,\n", b"", None);
    assert_eq!(&*reading.delivery.groups[0].name, "a\nb");
    assert_eq!(reading.delivery.rejections[0].line, 4);
    assert_eq!(&*reading.delivery.rejections[0].detail, "group_code holds the control character U+000A");
}

#[test]
fn an_awkward_delivery_keeps_the_good_rows_and_tells_the_bad_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/awkward");
    let reading = read_source(&csv_source(&folder, WINDOWS_1252, None)).unwrap();
    let shown = show(&reading).replace(&format!("{}/", folder.display()), "");
    expect_file![folder.join("delivery.txt")].assert_eq(&shown);
    let reading = read_source(&csv_source(&folder, UTF_8, None)).unwrap();
    let shown = show(&reading).replace(&format!("{}/", folder.display()), "");
    expect_file![folder.join("delivery_as_utf_8.txt")].assert_eq(&shown);
}

#[test]
fn rejected_rows_can_be_corrected_in_a_file_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let reading = deliver(b"1,T,\"a \"\"b\"\", c\",M,x\n2,,,M,,,,\n", b"", None);
    let written = write_rejections(&reading, dir.path()).unwrap();
    assert_eq!(written, [dir.path().join("groups.rejected.csv")]);
    assert_eq!(
        fs::read_to_string(&written[0]).unwrap(),
        "group_id,group_code,group_name,module_code,kind,term,reason,line\n\
         1,T,\"a \"\"b\"\", c\",M,x,,\"field_count: the row has 5 fields, the header 6\",2\n\
         2,,,M,,,\"field_count: the row has 8 fields, the header 6\",3,,\n"
    );
    let healed = deliver(b"1,T,,M,,\n", b"", None);
    assert!(write_rejections(&healed, dir.path()).unwrap().is_empty());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_sample_shows_groups_and_masked_people() {
    let reading = deliver(b"1,T,Tutorial,M,,\n2,U,,M,,\n3,V,,M,,\n", b"1,20261741,student\n", None);
    let shown: Vec<String> = sample(&reading.delivery, 2).iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["M 1 T \"Tutorial\": 2***1 (student)", "M 2 U \"\": no members"]);
}

#[test]
fn progress_tells_the_rows_of_all_tables() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("groups.csv"), format!("{GROUPS}1,T,,M,,\n")).unwrap();
    fs::write(dir.path().join("members.csv"), format!("{MEMBERS}1,p,student\n1,q,student\n")).unwrap();
    let last = AtomicU64::new(0);
    let told = |rows| last.store(rows, Ordering::Relaxed);
    run(read(&csv_source(dir.path(), UTF_8, None), &SourceName::from("cmis"), None, &told)).unwrap();
    assert_eq!(last.into_inner(), 3);
}

/// Compares the message for two files.
fn check_error(groups: Option<&str>, members: &str, expected: &str) {
    let dir = tempfile::tempdir().unwrap();
    if let Some(groups) = groups {
        fs::write(dir.path().join("groups.csv"), groups).unwrap();
    }
    fs::write(dir.path().join("members.csv"), members).unwrap();
    let error = read_source(&csv_source(dir.path(), UTF_8, None)).unwrap_err();
    let message = error.to_string();
    assert!(!error.next_step().is_empty(), "{error}");
    assert_eq!(message.replace(&format!("{}/", dir.path().display()), ""), expected);
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_the_next_step() {
    check_error(None, MEMBERS, "cannot open the groups file groups.csv of source cmis");
    check_error(
        Some(""),
        MEMBERS,
        "cannot read the groups file groups.csv of source cmis: it is empty, without even a header \
         (group_id,group_code,group_name,module_code,kind,term)",
    );
    check_error(
        Some(GROUPS),
        "group_id,person,role\n",
        "cannot read the members file members.csv of source cmis: there is no column person_id; it has group_id, person, role",
    );
    check_error(
        Some("g\0r\0o\0u\0p\0"),
        MEMBERS,
        "cannot read the groups file groups.csv of source cmis: there is no column group_id; it looks like UTF-16; save it as UTF-8",
    );
}

#[test]
fn every_row_of_random_bytes_is_accepted_or_rejected() {
    let alphabet = b"1,2\n\"\r;\xe4\xff\0 \xc2\x85tutor,student\n";
    let mut state = 42_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap()
    };
    for _ in 0..300 {
        let mut bytes =
            |length: usize| -> Vec<u8> { (0..length).map(|_| alphabet[random() % alphabet.len()]).collect() };
        let reading = deliver(&[b"1,T,,M,,\n", &bytes(80)[..]].concat(), &bytes(300), None);
        for table in &reading.tables {
            let rejected = reading
                .delivery
                .rejections
                .iter()
                .filter(|rejection| &*rejection.table == table.table.as_str());
            let accepted = match table.table.as_str() {
                "groups" => reading.delivery.groups.len() as u64,
                // A second role is accepted without a membership of its own.
                _ => reading.delivery.members.len() as u64,
            };
            let rejected = rejected.count() as u64;
            assert!(accepted + rejected <= table.rows, "{}", show(&reading));
            assert!(
                table.table.as_str() != "groups" || accepted + rejected == table.rows,
                "{}",
                show(&reading)
            );
        }
    }
}

/// Makes tables, reads them by query and compares the delivery.
async fn check_sql<C: Connection>(connection: &mut C, url: &str, name_type: &str)
where
    for<'c> &'c mut C: sqlx::Executor<'c, Database = C::Database>,
{
    let groups = format!(
        "CREATE TABLE muster_test_groups (id INTEGER, code VARCHAR(20), name {name_type}, module VARCHAR(20))"
    );
    for statement in [
        "DROP TABLE IF EXISTS muster_test_groups",
        "DROP TABLE IF EXISTS muster_test_members",
        groups.as_str(),
        "CREATE TABLE muster_test_members (id INTEGER, person BIGINT, role VARCHAR(20))",
        "INSERT INTO muster_test_groups VALUES (7, 'TUT5', 'Käthe 東京', 'M'), (8, 'LAB1', NULL, 'M'), (9, NULL, 'x', 'N')",
        "INSERT INTO muster_test_members VALUES (7, 20261741, 'student'), (7, 3, 'tutor'), (9, 3, 'tutor'), (8, NULL, 'student')",
    ] {
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut *connection).await.unwrap();
    }
    let text = format!(
        "[source.sits]\nkind = \"sql\"\nurl = \"{url}\"\n[source.sits.queries]\n\
         groups = \"SELECT id AS group_id, code AS GROUP_CODE, name AS group_name, module AS module_code, 'tutorial' AS kind, NULL AS term, 1.5 AS weight FROM muster_test_groups ORDER BY id\"\n\
         members = \"SELECT id AS group_id, person AS person_id, role FROM muster_test_members ORDER BY id, person DESC\"\n\
         modules = \"SELECT DISTINCT module AS module_code FROM muster_test_groups ORDER BY module\"\n"
    );
    let source = sql_source(&text);
    let reading = read(&source, &SourceName::from("sits"), None, &|_| {}).await.unwrap();
    let shown = show(&reading);
    let mut lines: Vec<&str> = shown.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "group M 7 TUT5 \"Käthe 東京\" tutorial ",
            "group M 8 LAB1 \"\" tutorial ",
            "groups: 3 rows, 0 left out",
            "groups:3 empty: group_code is empty [module N, group 9, person -]",
            "members: 4 rows, 0 left out",
            lines[5],
            "members:4 unknown_group: the row of group 9 was itself rejected [module -, group 9, person 3]",
            "module M",
            "module N",
            "modules: 2 rows, 0 left out",
            "notice: the answer of the query groups has columns that are ignored: weight",
            "student 20261741 in M 7",
            "tutor 3 in M 7",
        ]
    );
    assert!(lines[5].ends_with("empty: person_id is empty [module M, group 8, person -]"), "{}", lines[5]);
    // The transaction only reads, whatever the query says.
    let writes = text.replace(
        "SELECT DISTINCT module AS module_code FROM muster_test_groups ORDER BY module",
        "DELETE FROM muster_test_groups",
    );
    let error = read(&sql_source(&writes), &SourceName::from("sits"), None, &|_| {}).await.unwrap_err();
    assert!(error.to_string().starts_with("cannot run the query modules of source sits on "), "{error}");
    let missing = text.replace("AS person_id", "AS persn_id");
    let error = read(&sql_source(&missing), &SourceName::from("sits"), None, &|_| {}).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read the answer of the query members of source sits: there is no column person_id; \
         it has group_id, persn_id, role; is persn_id meant?"
    );
    for table in ["muster_test_groups", "muster_test_members"] {
        sqlx::raw_sql(AssertSqlSafe(format!("DROP TABLE {table}"))).execute(&mut *connection).await.unwrap();
    }
}

pub(super) fn sql_source(text: &str) -> SourceConfig {
    let config = Config::parse(Path::new("/muster.toml"), text.as_bytes(), None);
    config.unwrap().sources.into_values().next().unwrap()
}

#[test]
fn a_sqlite_database_is_a_source() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", dir.path().join("sits.db").display());
    run(async {
        let mut connection = sqlx::SqliteConnection::connect(&format!("{url}?mode=rwc")).await.unwrap();
        check_sql(&mut connection, &url, "TEXT").await;
    });
}

#[test]
fn text_that_is_not_utf_8_in_a_database_is_rejected() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", dir.path().join("sits.db").display());
    let text = format!(
        "[source.sits]\nkind = \"sql\"\nurl = \"{url}\"\n[source.sits.queries]\n\
         groups = \"SELECT CAST(x'31e4' AS TEXT) group_id, 'T' group_code, '' group_name, 'M' module_code, '' kind, '' term\"\n\
         members = \"SELECT 1 group_id, 2 person_id, 'student' role WHERE 0\"\n"
    );
    run(async {
        sqlx::SqliteConnection::connect(&format!("{url}?mode=rwc")).await.unwrap();
        let reading = read(&sql_source(&text), &SourceName::from("sits"), None, &|_| {}).await.unwrap();
        let expected = "groups:1 encoding: group_id is not UTF-8: byte 0xE4 at offset 1 of 1\\xE4 [module M, group -, person -]\n";
        assert!(show(&reading).starts_with(expected), "{}", show(&reading));
    });
}

#[test]
fn a_mariadb_database_is_a_source() {
    match std::env::var("MUSTER_TEST_MYSQL_URL") {
        Ok(url) => run(async {
            let mut connection = sqlx::MySqlConnection::connect(&url).await.unwrap();
            // A database may still have another encoding by default.
            check_sql(&mut connection, &url, "VARCHAR(200) CHARACTER SET utf8mb4").await;
        }),
        Err(_) => println!(
            "left out: MUSTER_TEST_MYSQL_URL does not name a MariaDB to try (cargo xtask ci sets it)"
        ),
    }
}

#[test]
fn a_postgresql_database_is_a_source() {
    match std::env::var("MUSTER_TEST_POSTGRES_URL") {
        Ok(url) => run(async {
            let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
            check_sql(&mut connection, &url, "TEXT").await;
        }),
        Err(_) => println!(
            "left out: MUSTER_TEST_POSTGRES_URL does not name a PostgreSQL to try (cargo xtask ci sets it)"
        ),
    }
}

#[test]
fn a_database_that_is_not_there_is_named_without_its_password() {
    let source = |url: &str, more: &str| {
        sql_source(&format!(
            "[source.sits]\nkind = \"sql\"\nurl = \"{url}\"\n{more}\n[source.sits.queries]\ngroups = \"x\"\nmembers = \"x\"\n"
        ))
    };
    let check = |source: &SourceConfig, expected: &str| {
        let error = run(read(source, &SourceName::from("sits"), None, &|_| {})).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    check(
        &source("mysql://reader:s3cret@127.0.0.1:1/sits", ""),
        "cannot connect to mysql://reader:***@127.0.0.1:1/sits for source sits",
    );
    check(&source("sqlite:no/such.db", ""), "cannot connect to sqlite:/no/such.db for source sits");
    check(
        &source("postgres://reader@127.0.0.1:1/sits", "password = { env = \"MUSTER_TEST_NOT_SET\" }"),
        "cannot fetch the password of source sits",
    );
}

#[test]
fn c14_letter_case_does_not_count_in_the_usernames_of_people() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("groups.csv"), [GROUPS, "1,T,,M,,\n2,U,,M,,\n"].concat()).unwrap();
    fs::write(dir.path().join("members.csv"), [MEMBERS, "1,Ada,student\n2,ADA,student\n"].concat()).unwrap();
    let people = |people| {
        let source = SourceConfig { people, ..csv_source(dir.path(), UTF_8, None) };
        read_source(&source).unwrap().delivery.persons
    };
    assert_eq!(people(PeopleKeys::AsWritten), ["Ada".into(), "ADA".into()]);
    assert_eq!(people(PeopleKeys::LowerCase), ["ada".into()]);
}
