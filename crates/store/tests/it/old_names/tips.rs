//! The troubleshooting tips K1 to K10: what each old query shows before and after.

use reconcile::keys::Role;
use reconcile::operation::Change;
use reconcile::outcome::{Outcome, Refusal};
use store::{RestError, Verdict};

use super::{K3, K5, World, add, delete, done, grouping, head};
use crate::support::{COURSE, accept, at, begin, delivery, rejection};

const K1: &str =
    "SELECT * FROM mapped_modules WHERE moodle_id = 101 AND group_import = 'ADD' AND mapping_action = 'ADD'";

#[tokio::test]
async fn k1_the_two_flags_of_a_course_tell_whether_its_groups_are_wanted() {
    let world = World::new().await;
    world.check(K1, &["moodle_id", "modulecode"], &["101 ANTH1014"]).await;
    for flags in
        ["group_import = 'RMV'", "group_import = NULL", "group_import = 'ADD', mapping_action = 'RMV'"]
    {
        world.place.sql(&format!("UPDATE mapped_modules SET {flags}")).await;
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
        request: 1,
        function: "core_group_add_group_members".into(),
        code: "invaliduser".into(),
        parameters: "members[0][groupid]=70".into(),
        answer: "invaliduser".into(),
        course: Some(COURSE),
        course_name: "Anthropology".into(),
        groups: "Tutorial 60435".into(),
        people: "s2".into(),
        what_happened: "the others were added".into(),
    };
    world.store.record_rest_error(&world.lock, &error).await.unwrap();
    let columns = &["course", "function_name", "parameters", "answer", "group_names", "what_happened"];
    let expected = "101 core_group_add_group_members members[0][groupid]=70 invaliduser Tutorial 60435 \
         the others were added";
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
    world.place.sql(unticked).await;
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

    world.place.sql("DELETE FROM mapped_modules WHERE moodle_id = 101").await;
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

    let refusal = Refusal {
        code: "nopermissions".into(),
        meaning: "not allowed".into(),
        said: "".into(),
        next_step: "".into(),
    };
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
