//! Things are found by whatever a person knows of them, also when they are long gone.
//!
//! Not here: what is told about them (`muster explain`).

use std::sync::Arc;

use reconcile::keys::{CourseId, GroupId, GroupingId, GroupingKey, Role, UserId};
use reconcile::operation::{Because, Change, GroupHead, GroupingHead, Operation};
use reconcile::outcome::Outcome;
use store::{CourseNamed, CourseNote, HitPlace, RunLock, Store};

use crate::support::{COURSE, accept, at, begin, cmis, key, memory, plan};

fn group(id: Option<i64>) -> Arc<GroupHead> {
    let key = key("ANTH1014", "60435");
    let idnumber = key.idnumber();
    Arc::new(GroupHead { key, idnumber, id: id.map(GroupId), name: "Tutorial 1".into(), term: "".into() })
}

fn grouping(id: Option<i64>) -> Arc<GroupingHead> {
    let key = GroupingKey { source: cmis(), module: "ANTH1014".into() };
    Arc::new(GroupingHead { idnumber: key.idnumber(), key, id: id.map(GroupingId), name: "ANTH1014".into() })
}

/// Carries out changes in a run of their own.
async fn night(store: &Store, lock: &RunLock, changes: Vec<(Change, Option<i64>)>, because: Because) {
    let run = begin(store, lock, 20).await;
    let operations: Vec<Operation> = changes
        .iter()
        .map(|(change, _)| Operation { course: COURSE, change: change.clone(), because })
        .collect();
    store.record_plan(lock, run, &[plan(operations.clone())]).await.unwrap();
    let settled: Vec<_> = (1..)
        .zip(&operations)
        .zip(&changes)
        .map(|((number, operation), (_, id))| (number, operation, Outcome::Done(*id)))
        .collect();
    store.settled(lock, run, &settled, at(30)).await.unwrap();
}

/// A course with a grouping, a group and a member of it.
async fn filled() -> (Store, RunLock) {
    let (store, lock) = memory().await;
    accept(&store, &lock, &["ANTH1014 60435 s1"], 10).await;
    let member = Change::AddMember {
        group: group(Some(70)),
        user: UserId(1),
        person: "s1".into(),
        role: Role::Student,
    };
    let changes = vec![
        (Change::CreateGrouping { grouping: grouping(None) }, Some(7)),
        (Change::CreateGroup { group: group(None) }, Some(70)),
        (member, None),
    ];
    night(&store, &lock, changes, Because::SourceHas).await;
    (store, lock)
}

/// Deletes everything of it.
async fn emptied() -> (Store, RunLock) {
    let (store, lock) = filled().await;
    let changes = vec![
        (Change::DeleteGroup { group: group(Some(70)), members: 1 }, None),
        (Change::DeleteGrouping { grouping: grouping(Some(7)) }, None),
    ];
    night(&store, &lock, changes, Because::Unmapped).await;
    (store, lock)
}

#[tokio::test]
async fn k8_a_grouping_answers_to_its_number_its_idnumber_and_its_name() {
    let (store, _lock) = filled().await;
    for asked in ["7", "muster:cmis:ANTH1014", "anth1014"] {
        let hits = store.find_groupings(asked).await.unwrap();
        assert_eq!(hits.len(), 1, "{asked}");
        assert_eq!((&hits[0].place, hits[0].moodle_id), (&HitPlace::Ours(COURSE), Some(GroupingId(7))));
    }
    assert_eq!(store.find_groupings("8").await.unwrap(), []);
}

#[tokio::test]
async fn k8_what_is_gone_answers_as_well_and_says_by_which_run() {
    let (store, _lock) = emptied().await;
    for asked in ["7", "muster:cmis:ANTH1014", "ANTH1014"] {
        let hits = store.find_groupings(asked).await.unwrap();
        let [hit] = hits.as_slice() else { panic!("{asked}: {hits:?}") };
        let HitPlace::Gone { course, run, because, .. } = &hit.place else { panic!("{hit:?}") };
        assert_eq!((*course, run.0, &**because), (COURSE, 2, "unmapped"));
    }
    let hits = store.find_groups("70").await.unwrap();
    assert!(matches!(hits[0].place, HitPlace::Gone { .. }), "{hits:?}");
}

#[tokio::test]
async fn a_person_leaves_traces_that_last_and_traces_that_ended() {
    let (store, _lock) = filled().await;
    let traces = store.person_traces(&"s1".into()).await.unwrap();
    assert_eq!((traces.members.len(), traces.graves.len()), (1, 0));
    assert_eq!((traces.members[0].course, &*traces.members[0].name), (COURSE, "Tutorial 1"));
    let (store, _lock) = emptied().await;
    let traces = store.person_traces(&"s1".into()).await.unwrap();
    assert_eq!((traces.members.len(), traces.graves.len()), (0, 1));
    assert_eq!(traces.graves[0].ended, Some((at(30), store::RunId(2), "unmapped".into())));
    assert_eq!(store.person_traces(&"S1".into()).await.unwrap(), store::PersonTraces::default());
}

#[tokio::test]
async fn a_course_answers_to_its_short_name_and_its_idnumber() {
    let (store, lock) = memory().await;
    assert!(!store.knows_course(COURSE).await.unwrap());
    let named = CourseNamed { course: COURSE, name: "ANTH1014 2026".into(), idnumber: "X/7".into() };
    store.note_course_names(&lock, &[named]).await.unwrap();
    // What a run learns later leaves the names as they are.
    let note = CourseNote {
        course: COURSE,
        name: None,
        observed_at: Some(at(25)),
        input_hash: None,
        look_again: false,
        gone: false,
    };
    store.note_course(&lock, &note).await.unwrap();
    for (asked, expected) in [("anth1014 2026", 1), ("X/7", 1), ("x/7", 0), ("", 0)] {
        assert_eq!(store.find_courses(asked).await.unwrap().len(), expected, "{asked:?}");
    }
    let hits = store.course_hits(&[COURSE, CourseId(999)]).await.unwrap();
    assert_eq!((hits.len(), &*hits[0].idnumber, hits[0].observed_at), (1, "X/7", Some(at(25))));
    assert!(store.knows_course(COURSE).await.unwrap());
}

#[tokio::test]
async fn the_newest_run_that_planned_anything_in_a_course_is_found() {
    let (store, lock) = emptied().await;
    begin(&store, &lock, 40).await;
    let newest = store.newest_runs_in(&[COURSE, CourseId(999)]).await.unwrap();
    assert_eq!(newest.into_iter().collect::<Vec<_>>(), [(COURSE, store::RunId(2))]);
}
