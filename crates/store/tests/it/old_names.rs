//! The old names: each query of the old troubleshooting page, and the rows that the page expects in each situation.
//!
//! Not here: what the commands of today say instead (`docs/operations.md`).
//!
//! The tests are named after the feature that they prove; the queries are as a person typed them.

use std::sync::Arc;

use reconcile::finding::{Finding, Reason, Subject};
use reconcile::keys::{GroupId, GroupingId, GroupingKey, Role, UserId};
use reconcile::operation::{Because, Change, GroupHead, GroupingHead, Operation};
use reconcile::outcome::{Outcome, Refusal};
use reconcile::snapshot::Wish;
use store::{CourseNote, RestError, RunId, RunLock, Store, Verdict};

use crate::support::{
    COURSE, accept, at, begin, cmis, delivery, foreign_sql, key, on_disk, plan, rejection, try_foreign_sql,
    url,
};

const K1: &str =
    "SELECT * FROM mapped_modules WHERE moodle_id = 101 AND group_import = 'ADD' AND mapping_action = 'ADD'";
const K3: &str = "SELECT * FROM cmis_groups_course WHERE courseid = 101 AND moodlegroupid IS NOT NULL AND \
     moodlegroupingid IS NOT NULL";
const K5: &str = "SELECT * FROM cmis_groups_deleted WHERE courseid = 101";

/// A timetable with two modules, of which ANTH1014 fills course 101.
struct World {
    folder: tempfile::TempDir,
    store: Store,
    lock: RunLock,
}

impl World {
    async fn new() -> World {
        let (folder, store, lock) = on_disk().await;
        accept(&store, &lock, &["ANTH1014 60435 s1 s2 t1!", "ANTH1014 60436 s1", "HIST2001 70001 s3"], 10)
            .await;
        let world = World { folder, store, lock };
        world.map("VALUES (101, 'ANTH1014', 'ADD', 'ADD')").await;
        world
    }

    /// One whose first night went well.
    async fn filled() -> World {
        let world = World::new().await;
        let created = |change, id| (change, Some(Outcome::Done(Some(id))));
        let added = |change| (change, Some(Outcome::Done(None)));
        let grouping = grouping(None);
        world
            .night(vec![
                created(Change::CreateGrouping { grouping }, 7),
                created(Change::CreateGroup { group: head("60435", None) }, 70),
                created(Change::CreateGroup { group: head("60436", None) }, 71),
                added(add("60435", 1, "s1", Role::Student)),
                added(add("60435", 2, "s2", Role::Student)),
                added(add("60435", 3, "t1", Role::Tutor)),
                added(add("60436", 1, "s1", Role::Student)),
            ])
            .await;
        world.note(false).await;
        world
    }

    async fn map(&self, values: &str) {
        let columns = "(moodle_id, modulecode, group_import, mapping_action)";
        foreign_sql(&self.folder, &format!("INSERT INTO mapped_modules {columns} {values}")).await;
    }

    /// Carries out a plan; an operation without an outcome was sent, and the program ended before the answer.
    async fn night(&self, steps: Vec<(Change, Option<Outcome>)>) -> RunId {
        let run = begin(&self.store, &self.lock, 20).await;
        let (operations, outcomes): (Vec<_>, Vec<_>) = steps
            .into_iter()
            .map(|(change, outcome)| {
                let because = match change {
                    Change::DeleteGroup { .. } | Change::DeleteGrouping { .. } => Because::Unmapped,
                    Change::ForgetGroup { .. } => Because::GoneThere,
                    Change::RemoveMember { .. } => Because::SourceDropped,
                    _ => Because::SourceHas,
                };
                (Operation { course: COURSE, change, because }, outcome)
            })
            .unzip();
        self.store.record_plan(&self.lock, run, &[plan(operations.clone())]).await.unwrap();
        let numbered: Vec<_> = (1..).zip(&operations).collect();
        self.store.sent(&self.lock, run, &numbered).await.unwrap();
        let settled: Vec<_> = numbered
            .into_iter()
            .zip(outcomes)
            .filter_map(|((number, operation), outcome)| Some((number, operation, outcome?)))
            .collect();
        self.store.settled(&self.lock, run, &settled, at(30)).await.unwrap();
        run
    }

    async fn note(&self, gone: bool) {
        let note = CourseNote {
            course: COURSE,
            name: Some("Anthropology, an invented course".into()),
            observed_at: Some(at(25)),
            input_hash: None,
            look_again: false,
            gone,
        };
        self.store.note_course(&self.lock, &note).await.unwrap();
    }

    async fn find(&self, findings: &[Finding]) {
        let run = begin(&self.store, &self.lock, 40).await;
        self.store.record_findings(&self.lock, run, &[COURSE], findings, at(40)).await.unwrap();
    }

    /// Asserts which rows a query gives; each is told by some of its columns, `-` for nothing.
    async fn check(&self, sql: &str, columns: &[&str], expected: &[&str]) {
        use sqlx::{AssertSqlSafe, Connection, Row};
        let mut connection = sqlx::SqliteConnection::connect(&url(&self.folder)).await.unwrap();
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.unwrap();
        let mut told: Vec<String> = rows
            .iter()
            .map(|row| {
                let column = |column: &&str| {
                    let text = row.get_unchecked::<Option<String>, _>(*column);
                    text.unwrap_or_else(|| "-".to_owned())
                };
                columns.iter().map(column).collect::<Vec<_>>().join(" ")
            })
            .collect();
        told.sort();
        assert_eq!(told, expected, "{sql}");
    }
}

fn head(group: &str, id: Option<i64>) -> Arc<GroupHead> {
    let key = key("ANTH1014", group);
    let (idnumber, name) = (key.idnumber(), format!("Tutorial {group}").into());
    Arc::new(GroupHead { key, idnumber, id: id.map(GroupId), name, term: "2026-T1".into() })
}

fn grouping(id: Option<i64>) -> Arc<GroupingHead> {
    let key = GroupingKey { source: cmis(), module: "ANTH1014".into() };
    Arc::new(GroupingHead { idnumber: key.idnumber(), key, id: id.map(GroupingId), name: "ANTH1014".into() })
}

fn add(group: &str, user: i64, person: &str, role: Role) -> Change {
    Change::AddMember { group: head(group, None), user: UserId(user), person: person.into(), role }
}

fn delete(group: &str, id: i64) -> Change {
    Change::DeleteGroup { group: head(group, Some(id)), members: 1 }
}

fn done(change: Change) -> (Change, Option<Outcome>) {
    (change, Some(Outcome::Done(None)))
}

fn finding(reason: Reason, person: Option<&str>) -> Finding {
    let group = Some(key("ANTH1014", "60435"));
    let subject = Subject { module: None, group, person: person.map(Into::into) };
    Finding { course: COURSE, reason, subject, detail: "".into() }
}

#[tokio::test]
async fn k1_the_two_flags_of_a_course_tell_whether_its_groups_are_wanted() {
    let world = World::new().await;
    world.check(K1, &["moodle_id", "modulecode"], &["101 ANTH1014"]).await;
    for flags in
        ["group_import = 'RMV'", "group_import = NULL", "group_import = 'ADD', mapping_action = 'RMV'"]
    {
        foreign_sql(&world.folder, &format!("UPDATE mapped_modules SET {flags}")).await;
        world.check(K1, &["moodle_id"], &[]).await;
    }
}

#[tokio::test]
async fn k2_the_groups_of_a_module_stand_in_the_dump_and_in_the_registry() {
    let world = World::new().await;
    let dump = "SELECT * FROM cmis_groups_dump WHERE modulecode = 'ANTH1014'";
    let expected = ["60435 s1 student", "60435 s2 student", "60435 t1 tutor", "60436 s1 student"];
    world.check(dump, &["groupid", "person", "role"], &expected).await;
    let registry = "SELECT * FROM cmis_groups WHERE groupid = '60435'";
    world.check(registry, &["modulecode", "groupcode", "groupname"], &["ANTH1014 C60435 Group 60435"]).await;

    let nothing = delivery(&["HIST2001 70001 s3"]);
    let refused = Verdict::Refused("a module is missing".into());
    world.store.save_delivery(&world.lock, &nothing, at(20), &refused).await.unwrap();
    world.check(registry, &["modulecode"], &["ANTH1014"]).await;
    world.store.save_delivery(&world.lock, &nothing, at(30), &Verdict::Accepted).await.unwrap();
    world.check(dump, &["groupid"], &[]).await;
    world.check(registry, &["modulecode"], &[]).await;
}

#[tokio::test]
async fn k3_a_group_that_is_there_has_the_numbers_of_group_and_grouping() {
    let columns = &["groupid", "module_code", "moodlegroupid", "moodlegroupingid", "toadd", "todelete"];
    let world = World::new().await;
    world.check(K3, columns, &[]).await;
    World::filled().await.check(K3, columns, &["60435 ANTH1014 70 7 0 0", "60436 ANTH1014 71 7 0 0"]).await;
}

#[tokio::test]
async fn k4_what_went_wrong_stands_in_the_error_tables() {
    let world = World::new().await;
    let run = begin(&world.store, &world.lock, 20).await;
    let error = RestError {
        at: at(21),
        run,
        function: "core_group_add_group_members".into(),
        parameters: "members[0][groupid]=70".into(),
        answer: "invaliduser".into(),
        course: Some(COURSE),
        what_happened: "the others were added".into(),
    };
    world.store.record_rest_error(&world.lock, &error).await.unwrap();
    let columns = &["course", "function_name", "parameters", "answer", "what_happened"];
    let expected =
        "101 core_group_add_group_members members[0][groupid]=70 invaliduser the others were added";
    world.check("SELECT * FROM rest_error_logs", columns, &[expected]).await;

    let corrupt = "SELECT * FROM cmis_error_data_dump";
    let mut rejecting = delivery(&["ANTH1014 60435 s1"]);
    rejecting.rejections.push(rejection(9, &["60499", "s7", "student"]));
    world.store.save_delivery(&world.lock, &rejecting, at(30), &Verdict::Accepted).await.unwrap();
    let columns = &["tablename", "linenumber", "groupid", "person", "rule", "rowdata"];
    let expected = r#"members 9 60499 s7 unknown_group ["60499","s7","student"]"#;
    world.check(corrupt, columns, &[expected]).await;
    accept(&world.store, &world.lock, &["ANTH1014 60435 s1"], 40).await;
    world.check(corrupt, columns, &[]).await;
}

#[tokio::test]
async fn k5_groups_of_an_unticked_module_leave_one_table_for_the_other() {
    let world = World::filled().await;
    let intended = "SELECT * FROM cmis_groups_course WHERE courseid = 101 AND todelete = 1";
    let unticked =
        "UPDATE mapped_modules SET group_import = 'RMV' WHERE moodle_id = 101 AND modulecode = 'ANTH1014'";
    foreign_sql(&world.folder, unticked).await;
    world.check(intended, &["groupid", "toadd"], &["60435 0", "60436 0"]).await;
    world.check(K5, &["groupid"], &[]).await;

    world.night(vec![done(delete("60435", 70)), done(delete("60436", 71))]).await;
    world.check("SELECT * FROM cmis_groups_course WHERE courseid = 101", &["groupid"], &[]).await;
    let columns = &["modcode", "groupid", "moodlegroupid", "groupname", "because"];
    let expected = ["ANTH1014 60435 70 Tutorial 60435 unmapped", "ANTH1014 60436 71 Tutorial 60436 unmapped"];
    world.check(K5, columns, &expected).await;
}

#[tokio::test]
async fn k6_nothing_points_at_a_group_that_is_gone_once_it_was_forgotten() {
    let world = World::filled().await;
    let of_group = [
        ("SELECT * FROM cmis_groups_course WHERE moodlegroupid = 70", 1),
        ("SELECT * FROM cmis_groupmembers WHERE moodlegroupid = 70", 2),
        ("SELECT * FROM cmis_tutgroupmembers WHERE moodlegroupid = 70", 1),
    ];
    for (sql, count) in of_group {
        world.check(sql, &["moodlegroupid"], &vec!["70"; count]).await;
    }
    world.night(vec![done(Change::ForgetGroup { group: head("60435", Some(70)) })]).await;
    for (sql, _) in of_group {
        world.check(sql, &["moodlegroupid"], &[]).await;
    }
    world.check(K5, &["moodlegroupid", "because"], &["70 gone_there"]).await;
    world.check(K3, &["moodlegroupid"], &["71"]).await;
}

#[tokio::test]
async fn k7_a_course_that_is_gone_keeps_its_mapping_and_shows_nothing() {
    let world = World::filled().await;
    world.note(true).await;
    world.check(K1, &["moodle_id"], &["101"]).await;
    world.check("SELECT * FROM cmis_groups_moodle WHERE mdlcourseid = 101", &["mdlgroupid"], &[]).await;
    world.check("SELECT * FROM cmis_groupings_moodle WHERE mdlcourseid = 101", &["mdlgroupingid"], &[]).await;

    foreign_sql(&world.folder, "DELETE FROM mapped_modules WHERE moodle_id = 101").await;
    world.check(K1, &["moodle_id"], &[]).await;
    world.check(K3, &["groupid", "todelete"], &["60435 0", "60436 0"]).await;
}

#[tokio::test]
async fn k8_numbers_of_groups_and_groupings_have_names() {
    let world = World::filled().await;
    let columns = &["mdlcourseid", "mdlcoursename", "name"];
    let by_number = "SELECT * FROM cmis_groupings_moodle WHERE mdlgroupingid IN (7, 8)";
    world.check(by_number, columns, &["101 Anthropology, an invented course ANTH1014"]).await;
    let by_course = "SELECT * FROM cmis_groupings_moodle WHERE mdlcourseid = 101";
    world.check(by_course, columns, &["101 Anthropology, an invented course ANTH1014"]).await;
    let deleted = "SELECT * FROM cmis_groups_deleted WHERE moodlegroupid = 70";
    world.check(deleted, &["groupname"], &[]).await;
    world.night(vec![done(delete("60435", 70))]).await;
    world.check(deleted, &["courseid", "groupname"], &["101 Tutorial 60435"]).await;
}

#[tokio::test]
async fn k9_what_was_asked_for_and_not_answered_is_to_add_or_to_delete() {
    let world = World::filled().await;
    let to_add = "SELECT * FROM cmis_groups_course WHERE courseid = 101 AND toadd = 1";
    let to_delete = "SELECT * FROM cmis_groups_course WHERE courseid = 101 AND todelete = 1";
    let members_to_add = "SELECT * FROM cmis_groupmembers WHERE courseid = 101 AND toadd = 1";
    for sql in [to_add, to_delete, members_to_add] {
        world.check(sql, &["groupid"], &[]).await;
    }
    let create = Change::CreateGroup { group: head("60437", None) };
    world
        .night(vec![
            (create, None),
            (add("60436", 2, "s2", Role::Student), None),
            (delete("60435", 70), None),
        ])
        .await;
    world.check(to_add, &["groupid", "moodlegroupid", "todelete"], &["60437 - 0"]).await;
    world.check(to_delete, &["groupid", "moodlegroupid", "toadd"], &["60435 70 0"]).await;
    world.check(members_to_add, &["groupid", "userid", "todelete"], &["60436 2 0"]).await;

    let refusal = Refusal { code: "nopermissions".into(), meaning: "not allowed".into() };
    world.night(vec![(delete("60435", 70), Some(Outcome::Refused(refusal)))]).await;
    world.check(to_delete, &["groupid"], &[]).await;
}

#[tokio::test]
async fn k10_nothing_of_a_course_is_left_once_its_groups_are_gone() {
    let world = World::filled().await;
    let grouping = grouping(Some(7));
    let gone =
        vec![done(delete("60435", 70)), done(delete("60436", 71)), done(Change::DeleteGrouping { grouping })];
    world.night(gone).await;
    for view in ["cmis_groups_course", "cmis_groupmembers", "cmis_tutgroupmembers"] {
        world.check(&format!("SELECT * FROM {view} WHERE courseid = 101"), &["id"], &[]).await;
    }
    for view in ["cmis_groups_moodle", "cmis_groupings_moodle"] {
        world.check(&format!("SELECT * FROM {view} WHERE mdlcourseid = 101"), &["name"], &[]).await;
    }
}

#[tokio::test]
async fn g1_a_group_tells_its_name_its_state_and_what_needs_a_person() {
    let world = World::filled().await;
    let all = "SELECT * FROM cmis_groups_course";
    let columns = &["groupid", "idnumber", "groupname", "state", "timeread", "errorcode"];
    world.find(&[finding(Reason::TargetRefused, None), finding(Reason::NotEnrolled, Some("s2"))]).await;
    let expected = [
        "60435 muster:cmis:ANTH1014:60435 Tutorial 60435 confirmed 25 target_refused",
        "60436 muster:cmis:ANTH1014:60436 Tutorial 60436 confirmed 25 -",
    ];
    world.check(all, columns, &expected).await;
    world.find(&[]).await;
    let open = format!("{all} WHERE errorcode IS NOT NULL");
    world.check(&open, columns, &[]).await;
}

#[tokio::test]
async fn g1_a_group_is_to_delete_exactly_when_its_removal_is_wished() {
    let world = World::filled().await;
    let cases = [
        ("(101, 'ANTH1014', 'RMV', 'ADD', 'cmis', 1)", "1"),
        ("(101, 'ANTH1014', ' rmv ', 'ADD', '', 1)", "1"),
        ("(101, 'ANTH1014', 'ADD', 'RMV', NULL, 1)", "1"),
        ("(101, 'ANTH1014', NULL, 'RMV', NULL, 1), (101, 'ANTH1014', NULL, NULL, NULL, 1)", "1"),
        // Frozen; of another source, module or course; and two rows that contradict each other.
        ("(101, 'ANTH1014', 'RMV', 'RMV', 'cmis', 0)", "0"),
        ("(101, 'ANTH1014', 'RMV', 'RMV', 'other', 1)", "0"),
        ("(101, 'HIST2001', 'RMV', 'RMV', 'cmis', 1), (102, 'ANTH1014', 'RMV', 'RMV', 'cmis', 1)", "0"),
        ("(101, 'ANTH1014', 'RMV', 'ADD', 'cmis', 1), (101, 'ANTH1014', 'ADD', NULL, NULL, 1)", "0"),
    ];
    let columns = "(moodle_id, modulecode, group_import, mapping_action, source, active)";
    for (values, expected) in cases {
        let sql = format!("DELETE FROM mapped_modules; INSERT INTO mapped_modules {columns} VALUES {values}");
        foreign_sql(&world.folder, &sql).await;
        world
            .check("SELECT * FROM cmis_groups_course WHERE groupid = '60435'", &["todelete"], &[expected])
            .await;
        let snapshots = world.store.snapshots(&[COURSE], &cmis(), at(0)).await.unwrap();
        let wish = snapshots[0].wish(&cmis(), &"ANTH1014".into());
        assert_eq!(wish == Some(Wish::Remove), expected == "1", "the program wishes the same: {values}");
    }
}

#[tokio::test]
async fn g2_students_stand_apart_and_those_who_wait_say_why() {
    let world = World::filled().await;
    let columns = &["groupid", "userid", "moodlegroupid", "person", "toadd", "todelete", "state"];
    let students = "SELECT * FROM cmis_groupmembers WHERE courseid = 101";
    let there = ["60435 1 70 s1 0 0 confirmed", "60435 2 70 s2 0 0 confirmed", "60436 1 71 s1 0 0 confirmed"];
    world.check(students, columns, &there).await;

    world
        .night(vec![done(Change::RemoveMember {
            group: head("60435", Some(70)),
            user: UserId(2),
            person: "s2".into(),
        })])
        .await;
    world.find(&[finding(Reason::NotEnrolled, Some("s2")), finding(Reason::TargetRefused, Some("s1"))]).await;
    let waits =
        ["60435 - 70 s2 0 0 not_enrolled", "60435 1 70 s1 0 0 confirmed", "60436 1 71 s1 0 0 confirmed"];
    world.check(students, columns, &waits).await;
    let by_group = "SELECT * FROM cmis_groupmembers WHERE moodlegroupid = 70 AND userid IS NOT NULL";
    world.check(by_group, &["person"], &["s1"]).await;
    let ids = "SELECT COUNT(*) AS one FROM cmis_allgroupmembers GROUP BY id";
    world.check(ids, &["one"], &["1"; 4]).await;

    foreign_sql(&world.folder, "UPDATE mapped_modules SET mapping_action = 'RMV'").await;
    world.check(&format!("{students} AND todelete = 1"), &["person"], &["s1", "s1"]).await;
}

#[tokio::test]
async fn g3_tutors_stand_apart() {
    let world = World::filled().await;
    let tutors = "SELECT * FROM cmis_tutgroupmembers";
    world.check(tutors, &["courseid", "userid", "moodlegroupid", "person"], &["101 3 70 t1"]).await;
    world.find(&[finding(Reason::UnknownPerson, Some("t1"))]).await;
    world.check(tutors, &["userid", "state"], &["- unknown_person", "3 confirmed"]).await;
}

#[tokio::test]
async fn g4_and_g5_what_is_deleted_says_when_why_and_by_which_run() {
    let world = World::filled().await;
    let run = world.night(vec![done(delete("60435", 70))]).await.0.to_string();
    world.check(K5, &["modcode", "timedeleted", "run"], &[&format!("ANTH1014 30 {run}")]).await;
    let columns = &["courseid", "modcode", "moodlegroupid", "userid", "person", "timedeleted"];
    let students = "SELECT * FROM cmis_groupmembers_deleted WHERE moodlegroupid = 70";
    world.check(students, columns, &["101 ANTH1014 70 1 s1 30", "101 ANTH1014 70 2 s2 30"]).await;
    let tutors = "SELECT * FROM cmis_tutgroupmembers_deleted WHERE courseid = 101";
    world.check(tutors, columns, &["101 ANTH1014 70 3 t1 30"]).await;
}

#[tokio::test]
async fn g5_a_member_who_was_never_ours_counts_as_a_student() {
    let world = World::filled().await;
    let (group, person) = (head("60436", Some(71)), "x9".into());
    world.night(vec![done(Change::RemoveMember { group, user: UserId(9), person })]).await;
    world.check("SELECT * FROM cmis_groupmembers_deleted", &["userid", "person"], &["9 x9"]).await;
    world.check("SELECT * FROM cmis_tutgroupmembers_deleted", &["userid"], &[]).await;
}

#[tokio::test]
async fn g6_the_platform_tables_show_the_names_that_teachers_gave() {
    let world = World::filled().await;
    let mut renamed = (*head("60435", Some(70))).clone();
    renamed.name = "Monday people".into();
    let recorded =
        Change::RecordGroupName { group: Arc::new(renamed), name_applied: "Tutorial 60435".into() };
    world.night(vec![done(recorded), (Change::CreateGroup { group: head("60437", None) }, None)]).await;
    let shown = "SELECT * FROM cmis_groups_moodle WHERE mdlcourseid = 101";
    let columns = &["mdlgroupid", "name", "timeread"];
    world.check(shown, columns, &["70 Monday people 25", "71 Tutorial 60436 25"]).await;
    let ours = "SELECT * FROM cmis_groups_course WHERE moodlegroupid = 70";
    world.check(ours, &["groupname"], &["Monday people"]).await;
}

#[tokio::test]
async fn g7_a_copy_by_hand_can_still_be_made() {
    let world = World::filled().await;
    for view in ["cmis_groups_course", "cmis_groupmembers", "cmis_tutgroupmembers"] {
        foreign_sql(&world.folder, &format!("CREATE TABLE {view}_backup AS SELECT * FROM {view}")).await;
    }
    world
        .check("SELECT * FROM cmis_groupmembers_backup WHERE moodlegroupid = 71", &["person"], &["s1"])
        .await;
}

#[tokio::test]
async fn g8_what_other_programs_write_into_mapped_modules_is_picked_up() {
    let (folder, store, lock) = on_disk().await;
    let world = World { folder, store, lock };
    let wish = async || {
        let snapshots = world.store.snapshots(&[COURSE], &cmis(), at(0)).await.unwrap();
        snapshots[0].wish(&cmis(), &"ANTH1014".into())
    };
    assert_eq!(wish().await, None);
    world.map("VALUES (101, 'ANTH1014', 'ADD', 'ADD')").await;
    assert_eq!(wish().await, Some(Wish::Want));
    foreign_sql(&world.folder, "UPDATE mapped_modules SET group_import = 'RMV' WHERE moodle_id = 101").await;
    assert_eq!(wish().await, Some(Wish::Remove));
    foreign_sql(&world.folder, "DELETE FROM mapped_modules WHERE moodle_id = 101").await;
    assert_eq!(wish().await, None);
}

#[tokio::test]
async fn g10_the_old_names_cannot_be_written() {
    let world = World::filled().await;
    let views = [
        "cmis_groups_dump",
        "cmis_groups",
        "cmis_groups_course",
        "cmis_groupmembers",
        "cmis_tutgroupmembers",
        "cmis_groups_deleted",
        "cmis_groupmembers_deleted",
        "cmis_tutgroupmembers_deleted",
        "cmis_groups_moodle",
        "cmis_groupings_moodle",
        "cmis_error_data_dump",
    ];
    for view in views {
        for sql in [format!("DELETE FROM {view}"), format!("INSERT INTO {view} SELECT * FROM {view}")] {
            let error = try_foreign_sql(&world.folder, sql.clone()).await.unwrap_err().to_string();
            assert!(error.contains(&format!("cannot modify {view} because it is a view")), "{sql}: {error}");
        }
    }
    world.check(K3, &["groupid"], &["60435", "60436"]).await;
}
