//! An old database with rows of every kind, also such as nobody should have written.

use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

use super::super::tests::run;
use super::*;
use reconcile::keys::{CourseId, GroupId};

fn read_tables(statements: &str) -> Result<OldDatabase, OldDatabaseError> {
    let folder = tempfile::tempdir().unwrap();
    run(async {
        let url = format!("sqlite:{}?mode=rwc", folder.path().join("old.db").display());
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        read_old_database("sqlite:old.db", folder.path()).await
    })
}

const GROUPS: &str = "CREATE TABLE cmis_groups_course (id, courseid, module_code, groupid, moodlegroupid, moodlegroupingid, toadd, todelete);";

#[test]
fn z14_every_row_is_understood_or_told() {
    let old = read_tables(&format!(
        "{GROUPS} CREATE TABLE cmis_groupmembers (id, courseid, userid, moodlegroupid, toadd, todelete);
         CREATE TABLE mapped_modules (moodle_id, modulecode, group_import, mapping_action);
         CREATE TABLE cmis_groups_deleted (courseid, modcode);
         INSERT INTO cmis_groups_course VALUES (1, 7, 'HIST', 'A', 51, 61, 0, 0), (2, '7', ' HIST ', 5, '52', NULL, '0', 1),
            (3, 7, 'HIST', 'C', 0, 0, 1, NULL), (4, 'seven', 'HIST', 'D', 1, 1, 0, 0), (5, 7, '', 'E', 1, 1, 0, 0),
            (6, 7, 'HIST', CAST(x'46e4' AS TEXT), 1, 1, 0, 0), (NULL, 7, 'HIST', 'G', -4, 1, 0, 0);
         INSERT INTO cmis_groupmembers VALUES (1, 7, 1001, 51, 0, 0), (2, 7, 1001, 51, 1, 0), (3, 7, NULL, 51, 0, 0);
         INSERT INTO mapped_modules VALUES (7, 'HIST', 'ADD', 'add '), (0, 'X', '', ''), (8, 'ARCH', 'RMV', NULL);
         INSERT INTO cmis_groups_deleted VALUES (7, 'LATIN');"
    ))
    .unwrap();
    let rows = &old.records.courses[&CourseId(7)];
    let told: Vec<String> = rows
        .groups
        .iter()
        .map(|row| {
            let (id, grouping) = (row.id.map(|id| id.0), row.grouping.map(|id| id.0));
            format!("{} {} {id:?} {grouping:?} {:?}", row.module, row.group, row.pending)
        })
        .collect();
    assert_eq!(
        told,
        ["HIST A Some(51) Some(61) Nothing", "HIST 5 Some(52) None Delete", "HIST C None None Add"]
    );
    assert!(rows.deleted.contains(&("LATIN".into(), None)));
    let odd: Vec<String> =
        old.odd.iter().map(|odd| format!("{} {}: {}", odd.table, odd.row, odd.detail)).collect();
    assert_eq!(
        odd,
        [
            "cmis_groups_course 4: courseid is \"seven\", which is no id",
            "cmis_groups_course 5: module_code is empty",
            "cmis_groups_course 6: groupid is not UTF-8: byte 0xE4 at offset 1 of F\\xE4",
            "cmis_groups_course number 7: moodlegroupid is \"-4\", which is no id",
            "cmis_groupmembers 3: userid is empty",
            "mapped_modules number 2: moodle_id is empty",
        ]
    );
    assert_eq!(
        old.missing,
        ["cmis_tutgroupmembers", "cmis_groupmembers_deleted", "cmis_tutgroupmembers_deleted"]
    );
    assert_eq!(old.mappings.len(), 2);
    assert_eq!(old.mappings[0].mapping_action, "add");
    let members = &old.records.members[&GroupId(51)];
    assert_eq!(format!("{members:?}"), "{UserId(1001): OldMember { role: Student, pending: Nothing }}");
}

#[test]
fn a_database_of_somebody_else_is_told_so() {
    let check = |tables: &str, expected: &str| {
        let error = read_tables(tables).unwrap_err();
        assert!(error.to_string().contains(expected) && !error.next_step().is_empty(), "{error}");
    };
    check("CREATE TABLE x (y)", "cannot find the table cmis_groups_course in sqlite:");
    check(
        "CREATE TABLE cmis_groups_course (courseid, module_code, group_id, moodlegroupid); INSERT INTO cmis_groups_course VALUES (1, 2, 3, 4)",
        "there is no column groupid; it has courseid, module_code, group_id, moodlegroupid; is group_id meant?",
    );
    let error = run(read_old_database("postgres://a@127.0.0.1:1/x", Path::new("/"))).unwrap_err();
    assert!(error.to_string().contains("MariaDB or MySQL"), "{error}");
    let error = run(read_old_database("mysql://a:s3cret@127.0.0.1:1/x", Path::new("/"))).unwrap_err();
    assert!(
        error.to_string().starts_with("cannot connect to the old database mysql://a:***@127.0.0.1:1/x"),
        "{error}"
    );
}
