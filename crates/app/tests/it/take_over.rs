//! The take-over from the old integration (feature Z14): its database with every awkward row, on MariaDB where one is named
//! and on a copy in SQLite always.
//!
//! Not here: single rows (`sources/old_tool/tests.rs`), and the comparison of single groups (`reconcile`).

use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection, SqliteConnection};
use tokio::runtime::Runtime;

use crate::support::{Place, Ran, Timetable, user};

const TABLES: &str = "
    CREATE TABLE cmis_groups_course (id INT, courseid VARCHAR(20), module_code VARCHAR(60), groupid VARBINARY(60),
        moodlegroupid VARCHAR(20), moodlegroupingid INT, toadd INT, todelete INT);
    CREATE TABLE cmis_groupmembers (id INT, courseid INT, userid INT, moodlegroupid INT, toadd INT, todelete INT);
    CREATE TABLE cmis_tutgroupmembers (id INT, courseid INT, userid INT, moodlegroupid INT, toadd INT, todelete INT);
    CREATE TABLE cmis_groups_deleted (id INT, courseid INT, modcode VARCHAR(60));
    CREATE TABLE cmis_groupmembers_deleted (id INT, courseid INT, userid INT, moodlegroupid INT);
    CREATE TABLE mapped_modules (moodle_id INT, modulecode VARCHAR(60), group_import VARCHAR(10), mapping_action VARCHAR(10));";

/// The old tool's database.
struct OldTool {
    runtime: Runtime,
    /// As `--from-legacy` takes it.
    url: String,
    /// As a client takes it that may write.
    writer: String,
    /// Left to the end of the test.
    _folder: Option<tempfile::TempDir>,
}

impl OldTool {
    fn sqlite() -> OldTool {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("old.db").display());
        OldTool::begin(url.clone(), format!("{url}?mode=rwc"), Some(folder))
    }

    /// A database of its own on the MariaDB of the tests, if there is one.
    fn mariadb(name: &str) -> Option<OldTool> {
        let Ok(server) = std::env::var("MUSTER_TEST_MYSQL_URL") else {
            println!(
                "left out: MUSTER_TEST_MYSQL_URL does not name a MariaDB to try (cargo xtask ci sets it)"
            );
            return None;
        };
        let (address, _) = server.rsplit_once('/').unwrap();
        Runtime::new().unwrap().block_on(async {
            let mut connection = MySqlConnection::connect(&server).await.unwrap();
            for statement in [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name}")] {
                sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
            }
        });
        let url = format!("{address}/{name}");
        Some(OldTool::begin(url.clone(), url, None))
    }

    fn begin(url: String, writer: String, folder: Option<tempfile::TempDir>) -> OldTool {
        let old = OldTool { runtime: Runtime::new().unwrap(), url, writer, _folder: folder };
        old.sql(TABLES);
        old
    }

    fn sql(&self, statements: &str) {
        let statements = AssertSqlSafe(statements.to_owned());
        self.runtime.block_on(async {
            if self.writer.starts_with("mysql") {
                let mut connection = MySqlConnection::connect(&self.writer).await.unwrap();
                sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
            } else {
                let mut connection = SqliteConnection::connect(&self.writer).await.unwrap();
                sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
            }
        });
    }

    /// A row of `cmis_groups_course` without flags.
    fn group(&self, course: i64, module: &str, group: &str, id: i64, grouping: i64) {
        self.sql(&format!(
            "INSERT INTO cmis_groups_course VALUES (1, {course}, '{module}', '{group}', {id}, {grouping}, 0, 0)"
        ));
    }

    fn students(&self, course: i64, group: i64, students: &[i64]) {
        for number in students {
            let user = user(*number);
            self.sql(&format!("INSERT INTO cmis_groupmembers VALUES (1, {course}, {user}, {group}, 0, 0)"));
        }
    }

    fn adopt(&self, place: &Place, more: &[&str]) -> Ran {
        place.muster(&[&["adopt", "--from-legacy", &self.url], more].concat())
    }

    fn compare(&self, place: &Place) -> Ran {
        place.muster(&["plan", "--compare-legacy", &self.url, "--format", "json"])
    }
}

/// The details of a run of `adopt --format json`, one line for each finding.
fn findings(ran: &Ran) -> Vec<String> {
    let answer = ran.json();
    let findings = answer["details"]["findings"].as_array().unwrap();
    let line = |finding: &serde_json::Value| {
        format!(
            "{} {}: {}",
            finding["course"],
            finding["reason"].as_str().unwrap(),
            finding["detail"].as_str().unwrap()
        )
    };
    findings.iter().map(line).collect()
}

/// The differences of a comparison, one line for each.
fn differences(ran: &Ran) -> Vec<String> {
    let answer = ran.json();
    let line = |difference: &serde_json::Value| {
        let text = |key: &str| difference[key].as_str().unwrap().to_owned();
        format!("{} {}: {}", difference["course"], text("cause"), text("detail"))
    };
    answer["differences"].as_array().unwrap().iter().map(line).collect()
}

/// A group that the old tool made, with students `p1` … in it.
fn made(place: &Place, course: i64, name: &str, students: &[i64]) -> i64 {
    let mut world = place.world();
    let id = world.create_group_by_hand(course, name).unwrap();
    for number in students {
        assert!(world.add_member(id, user(*number)));
    }
    id
}

/// What the timetable says: a group for each awkward row.
fn timetable() -> Timetable {
    Timetable::new()
        .group("HIST", "A", "Seminar A", &["p1", "p2", "p3"])
        .tutor("A", "p6")
        .group("HIST", "B", "Seminar B", &["p4"])
        .group("HIST", "C", "Seminar C", &["p5"])
        .group("HIST", "D", "Seminar D", &[])
        .group("HIST", "E", "Seminar E", &[])
        .group("HIST", "F", "Seminar F", &[])
        .group("HIST", "H", "Seminar H", &[])
        .group("LATIN", "L1", "Latin 1", &["p1"])
}

/// A Moodle and an old database with every awkward case.
fn awkward(old: &OldTool) -> Place {
    let place = Place::with(&[7, 8, 9, 10], 6, &timetable());
    // Both know it; p3 was taken out by a teacher, p5 was put in by one, and p4 by the old tool, though the source no
    // longer names p4.
    let a = made(&place, 7, "Seminar A", &[1, 2, 4, 5, 6]);
    let grouping = place.world().create_grouping_by_hand(7, "HIST").unwrap();
    place.world().assign_by_hand(grouping, a);
    old.group(7, "HIST", "A", a, grouping);
    old.students(7, a, &[1, 2, 3, 4]);
    old.sql(&format!("INSERT INTO cmis_tutgroupmembers VALUES (1, 7, {}, {a}, 0, 0)", user(6)));
    // Renamed, and about to be deleted although the source has it.
    let b = made(&place, 7, "Seminar B [CMIS]", &[4]);
    old.sql(&format!("INSERT INTO cmis_groups_course VALUES (2, 7, 'HIST', 'B', {b}, {grouping}, 0, 1)"));
    old.students(7, b, &[4]);
    // Asked for, and never there.
    old.sql("INSERT INTO cmis_groups_course VALUES (3, 7, 'HIST', 'C', NULL, NULL, 1, 0)");
    // Deleted by a teacher.
    old.group(7, "HIST", "D", 4711, grouping);
    // With an idnumber of another program.
    let e = made(&place, 7, "Seminar E", &[]);
    place.world().set_group_idnumber(e, "REG-5");
    old.group(7, "HIST", "E", e, grouping);
    // Twice.
    let f = made(&place, 7, "Seminar F", &[]);
    let f_again = made(&place, 7, "Seminar F again", &[]);
    old.group(7, "HIST", "F", f, grouping);
    old.group(7, "HIST", "F", f_again, grouping);
    // Under another id than the source's.
    let h = made(&place, 7, "Seminar H", &[]);
    old.group(7, "HIST", "17", h, grouping);
    // In another course.
    let latin = made(&place, 8, "Latin 1", &[1]);
    old.group(7, "HIST", "A2", latin, grouping);
    old.sql(&format!(
        "UPDATE cmis_groups_course SET groupid = 'H' WHERE groupid = 'A2' AND moodlegroupid = {latin}"
    ));
    // Of a mapping that is to be removed, of a module that is in no delivery, of a course that is gone, of no mapping.
    old.group(8, "LATIN", "L1", latin, 99);
    old.group(7, "GREEK", "G1", f_again, 98);
    old.group(9, "HIST", "A", 555, 97);
    old.group(10, "HIST", "A", 556, 96);
    place.world().delete_course(9);
    // What nobody should have written.
    old.sql("INSERT INTO cmis_groups_course VALUES (90, 'x', 'HIST', 'A', 1, 1, 0, 0), (91, 7, 'HIST', x'46e4', 1, 1, 0, 0)");
    old.sql("INSERT INTO cmis_groupmembers VALUES (92, 7, NULL, 51, 0, 0)");
    old.sql(
        "INSERT INTO mapped_modules VALUES (7, 'HIST', 'ADD', 'ADD'), (8, 'LATIN', 'RMV', 'ADD'), (7, 'GREEK', 'ADD', ''),
            (9, 'HIST', 'ADD', 'ADD')",
    );
    place
}

fn check_take_over(old: &OldTool) {
    let place = awkward(old);
    let people = |place: &Place| {
        let world = place.world();
        let groups = [7, 8, 10]
            .into_iter()
            .flat_map(|course| world.groups(course).map(|group| group.row.id).collect::<Vec<_>>());
        groups.map(|id| (id, world.members(id))).collect::<Vec<_>>()
    };
    let (names, before) = (place.group_names(7), people(&place));
    // Without the mappings nothing can be matched, and nothing is written.
    let shown =
        old.adopt(&place, &["--mappings"]).ends_with(7).says("Mappings: 4 to add").says("--mappings --yes");
    drop(shown.says("once the mappings of their modules are here"));
    assert_eq!(place.rows("SELECT COUNT(*) FROM mapped_modules"), [["0"]]);
    // First the mappings, then the plan, then the deed.
    let ran = old.adopt(&place, &["--mappings", "--yes", "--format", "json"]).ends_with(7);
    assert_eq!(ran.json()["details"]["mappings"]["added"], 4, "{ran}");
    assert_eq!(
        (ran.done("adopt_group"), ran.done("adopt_grouping"), ran.done("adopt_member")),
        (4, 1, 5),
        "{ran}"
    );
    assert_eq!(
        findings(&ran),
        [
            "7 old_group_gone: group D of HIST had the id 4711",
            "7 old_group_elsewhere: group H of HIST had the id {latin}, which course 8 has",
            "7 old_group_not_in_source: group G1 (Seminar F again): the delivery does not name GREEK",
            "7 old_group_not_in_source: group 17 of HIST (Seminar H); the source has group H with that name",
            "7 old_group_idnumber: Seminar E (group E of HIST) carries REG-5",
            "7 old_group_twice: Seminar F again (group F of HIST) has the id {f} and also {again}",
            "7 old_group_pending: group C of HIST never arrived (toadd)",
            "7 old_group_pending: Seminar B [CMIS] was to be deleted (todelete); the source has it",
            "7 old_group_renamed: Seminar B [CMIS] is Seminar B in the source",
            "7 old_members: Seminar A: 1 not on the platform",
            "8 old_grouping: LATIN had grouping 99, which is not there",
            "9 course_gone: the old tool has 1 group there",
            "10 old_group_not_mapped: 1 group of HIST",
        ]
        .map(|line| {
            let id = |course, name| place.group(course, name).to_string();
            line.replace("{latin}", &id(8, "Latin 1"))
                .replace("{f}", &id(7, "Seminar F"))
                .replace("{again}", &id(7, "Seminar F again"))
        })
    );
    assert_eq!(ran.json()["details"]["odd_rows"].as_array().unwrap().len(), 3, "{ran}");
    // Names and people are as they were, and nobody else's idnumber was touched.
    assert_eq!((place.group_names(7), people(&place)), (names, before));
    let idnumber = |course, name: &str| place.world().group_named(course, name).unwrap().row.idnumber.clone();
    assert_eq!(idnumber(7, "Seminar A"), "muster:cmis:HIST:A");
    assert_eq!(idnumber(7, "Seminar B [CMIS]"), "muster:cmis:HIST:B");
    assert_eq!(idnumber(7, "Seminar E"), "REG-5");
    assert_eq!(idnumber(8, "Latin 1"), "muster:cmis:LATIN:L1");
    let groupings: Vec<String> = place.world().groupings(7).map(|row| row.row.idnumber.clone()).collect();
    assert_eq!(groupings, ["muster:cmis:HIST"]);

    // A second call finds nothing to do.
    place.server.clear_calls();
    let again = old.adopt(&place, &["--mappings", "--yes", "--format", "json"]).ends_with(7);
    assert_eq!(again.json()["report"]["changes"], serde_json::json!([]), "{again}");
    assert_eq!(again.json()["details"]["mappings"]["unchanged"], 4, "{again}");
    assert_eq!(place.writes(), 0, "{:?}", place.server.calls());

    // The next night: no group twice; who is ours and not in the source goes, whom a teacher put in stays, who is
    // missing comes, and what is to be removed goes.
    place.run().ends_with(7);
    assert_eq!(place.members(7, "Seminar A"), ["p1", "p2", "p3", "p5", "p6"]);
    assert_eq!(place.members(7, "Seminar B [CMIS]"), ["p4"]);
    assert_eq!(place.members(7, "Seminar C"), ["p5"]);
    let twice = place.group_names(7).iter().filter(|name| name.starts_with("Seminar A")).count();
    assert_eq!(twice, 1, "{:?}", place.group_names(7));
    assert_eq!(place.group_names(8), [""; 0]);
    place.assert_quiet();
}

#[test]
fn z14_an_old_database_is_taken_over_with_every_awkward_row() {
    check_take_over(&OldTool::sqlite());
}

#[test]
fn z14_an_old_database_on_mariadb_is_taken_over_with_every_awkward_row() {
    OldTool::mariadb("muster_take_over").iter().for_each(check_take_over);
}

/// A course with one group that the old tool made and that is mapped.
fn simple(old: &OldTool) -> Place {
    let place = Place::with(&[7], 6, &Timetable::new().group("HIST", "A", "Seminar A", &["p1", "p2"]));
    place.map(7, "HIST");
    let a = made(&place, 7, "Seminar A", &[1, 4]);
    old.group(7, "HIST", "A", a, 0);
    old.students(7, a, &[1, 4]);
    place
}

#[test]
fn z14_a_take_over_that_was_killed_is_finished_by_the_next() {
    // Killed after Moodle had the idnumber and before we noted it, and once more before the memberships were noted.
    for lost in ["DELETE FROM member_links; DELETE FROM group_links", "DELETE FROM member_links"] {
        let old = OldTool::sqlite();
        let place = simple(&old);
        old.adopt(&place, &["--yes"]).ends_with(0);
        let links = "SELECT g.group_id, m.person FROM group_links g JOIN member_links m ON m.group_link = g.id ORDER BY 2";
        let whole = place.rows(links);
        assert_eq!(whole, [["A", "p1"], ["A", "p4"]]);
        place.sql(lost);
        place.server.clear_calls();
        old.adopt(&place, &["--yes"]).ends_with(0);
        assert_eq!(place.rows(links), whole);
        assert_eq!(place.writes(), 0, "{:?}", place.server.calls());
    }
}

#[test]
fn z14_a_later_call_takes_over_what_the_old_tool_made_since_and_leaves_the_rest() {
    let old = OldTool::sqlite();
    let place = simple(&old);
    old.adopt(&place, &["--yes"]).ends_with(0);
    place.run().ends_with(0);
    assert_eq!(place.members(7, "Seminar A"), ["p1", "p2"]);
    // A teacher brings p4 back: a local member now, whatever the old tables still say.
    let a = place.group(7, "Seminar A");
    place.world().add_member(a, user(4));
    place.write_timetable(&Timetable::new().group("HIST", "A", "Seminar A", &["p1", "p2"]).group(
        "HIST",
        "B",
        "Seminar B",
        &["p3"],
    ));
    let b = made(&place, 7, "Seminar B", &[3]);
    old.group(7, "HIST", "B", b, 0);
    let ran = old.adopt(&place, &["--yes", "--format", "json"]).ends_with(0);
    assert_eq!((ran.done("adopt_group"), ran.done("adopt_member")), (1, 0), "{ran}");
    place.run().ends_with(0);
    assert_eq!(place.members(7, "Seminar A"), ["p1", "p2", "p4"]);
    assert_eq!(place.group_names(7), ["Seminar A", "Seminar B"]);
}

#[test]
fn z14_a_group_that_muster_made_beside_the_old_one_is_told() {
    let old = OldTool::sqlite();
    let place = simple(&old);
    let a = place.group(7, "Seminar A");
    place.world().rename_group(a, "Seminar A [CMIS]");
    place.run().ends_with(0);
    let ran = old.adopt(&place, &["--yes", "--format", "json"]).ends_with(7);
    assert_eq!(ran.json()["report"]["changes"], serde_json::json!([]), "{ran}");
    assert!(
        findings(&ran)[0].starts_with("7 old_group_doubled: Seminar A [CMIS] (group A of HIST) has the id"),
        "{ran}"
    );
}

fn check_comparison(old: &OldTool) {
    let place = simple(old);
    place.muster(&["import"]).ends_with(0);
    // Not taken over yet: the name is taken.
    assert_eq!(
        differences(&old.compare(&place).ends_with(7)),
        ["7 not_taken_over: group A of HIST: A local group already has the name"]
    );
    old.adopt(&place, &["--yes"]).ends_with(0);
    let a = place.group(7, "Seminar A");
    // Both know that p2 comes and p4 goes.
    old.sql(&format!(
        "INSERT INTO cmis_groupmembers VALUES (3, 7, {}, {a}, 1, 0); UPDATE cmis_groupmembers SET todelete = 1 WHERE userid = {}",
        user(2),
        user(4)
    ));
    let ran = old.compare(&place).ends_with(0);
    let agreed = serde_json::json!({ "groups_made": 0, "groups_deleted": 0, "members_added": 1, "members_removed": 1 });
    assert_eq!(ran.json()["agreed"], agreed, "{ran}");
    assert!(ran.json()["differences"].as_array().unwrap().is_empty(), "{ran}");
    place.muster(&["plan", "--compare-legacy", &old.url]).ends_with(0).says("both come to the same");
    // They part: a teacher took p1 out, the old tool waits for p5, and ended p2; the source has two groups more, of
    // which the old tool deleted one; it wants to make one more, and delete A.
    place.world().remove_member(a, user(1));
    old.sql(&format!(
        "DELETE FROM cmis_groupmembers WHERE userid = {two}; INSERT INTO cmis_groupmembers_deleted VALUES (1, 7, {two}, {a});
         INSERT INTO cmis_groupmembers VALUES (4, 7, {five}, {a}, 1, 0); UPDATE cmis_groupmembers SET todelete = 0 WHERE userid = {four};
         INSERT INTO cmis_groups_course VALUES (9, 7, 'HIST', 'Z', NULL, NULL, 1, 0);
         UPDATE cmis_groups_course SET todelete = 1 WHERE groupid = 'A';
         INSERT INTO cmis_groups_deleted VALUES (1, 7, 'LATIN')",
        two = user(2),
        four = user(4),
        five = user(5),
    ));
    place.map(7, "LATIN");
    place.write_timetable(
        &Timetable::new()
            .group("HIST", "A", "Seminar A", &["p1", "p2"])
            .group("HIST", "N", "Seminar N", &["p3"])
            .group("LATIN", "L", "Latin", &[]),
    );
    place.muster(&["import"]).ends_with(0);
    place.server.clear_calls();
    let ran = old.compare(&place).ends_with(7);
    assert_eq!(
        differences(&ran),
        [
            "7 only_muster_makes: group N of HIST".to_owned(),
            "7 muster_makes_deleted: group L of LATIN".to_owned(),
            "7 only_old_makes: group Z of HIST".to_owned(),
            "7 only_old_deletes: group A of HIST".to_owned(),
            "7 muster_adds_deleted: p2 in Seminar A".to_owned(),
            "7 member_gone_unnoticed: p1 in Seminar A".to_owned(),
            "7 only_muster_removes: p4 in Seminar A".to_owned(),
            format!("7 only_old_adds: user {} in group {a}", user(5)),
        ]
    );
    let told = place.muster(&["plan", "--compare-legacy", &old.url]).ends_with(7);
    told.says("Only Muster would make these groups (1)").says("Nothing was changed").says("next: ");
    assert_eq!(place.writes(), 0);
}

#[test]
fn z14_a_plan_is_compared_with_what_the_old_tables_ask_for() {
    check_comparison(&OldTool::sqlite());
}

#[test]
fn z14_a_plan_is_compared_with_what_the_old_tables_on_mariadb_ask_for() {
    OldTool::mariadb("muster_compare").iter().for_each(check_comparison);
}

#[test]
fn an_old_database_that_cannot_be_read_is_named_without_its_password() {
    let place = Place::with(&[7], 1, &Timetable::new().group("HIST", "A", "Seminar A", &[]));
    place.map(7, "HIST");
    for command in [["adopt", "--from-legacy"], ["plan", "--compare-legacy"]] {
        let check = |url: &str, expected: &str| {
            let ran = place.muster(&[&command[..], &[url]].concat()).ends_with(4).says(expected);
            ran.does_not_say("s3cret");
        };
        check(
            "mysql://ada:s3cret@127.0.0.1:1/old",
            "cannot connect to the old database mysql://ada:***@127.0.0.1:1/old",
        );
        check("sqlite:nothing.db", "cannot connect to the old database sqlite:");
        check("oracle:x", "write mysql://ACCOUNT@HOST/DATABASE");
    }
    assert!(!place.path("nothing.db").exists());
    place.muster(&["adopt", "--from-legacy", "sqlite:muster.db"]).ends_with(2).says("Muster's own database");
}
