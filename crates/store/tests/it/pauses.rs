//! Pauses freeze what they cover, and the first run after one is told.

use std::collections::HashSet;

use reconcile::keys::CourseId;
use reconcile::snapshot::Wish;
use store::{MappingKey, MappingSettings, NewPause, PauseScope, RunLock, School, Store};

use crate::support::{at, begin, change, cmis, memory};

async fn wish(store: &Store, course: i64, now: i64) -> Wish {
    let snapshots = store.snapshots(&[CourseId(course)], &cmis(), at(now)).await.unwrap();
    snapshots[0].mappings[0].wish
}

async fn with_two_courses() -> (Store, RunLock) {
    let (store, lock) = memory().await;
    for (course, module) in [(7, "A"), (8, "B")] {
        let key = MappingKey { course: CourseId(course), source: cmis(), module: module.into() };
        store.set_mapping(&key, &MappingSettings::default(), &change(&cmis())).await.unwrap();
    }
    (store, lock)
}

fn pause(scope: PauseScope, begins: i64, ends: i64) -> NewPause {
    NewPause { scope, owner: "ada".into(), reason: "exams".into(), begins_at: at(begins), ends_at: at(ends) }
}

fn school(modules: &[&str], courses: &[i64]) -> School {
    School {
        name: "anthropology".into(),
        modules: modules.iter().map(|module| (*module).to_owned()).collect(),
        courses: courses.iter().copied().map(CourseId).collect(),
    }
}

#[tokio::test]
async fn b9_a_pause_freezes_what_it_covers_and_nothing_else() {
    for (scope, frozen) in [
        (PauseScope::All, [true, true]),
        (PauseScope::Source("cmis".into()), [true, true]),
        (PauseScope::Source("other".into()), [false, false]),
        (PauseScope::Module("A".into()), [true, false]),
        (PauseScope::Course(CourseId(8)), [false, true]),
        (PauseScope::School(school(&["A*"], &[])), [true, false]),
        (PauseScope::School(school(&["*Z"], &[8])), [false, true]),
        (PauseScope::School(school(&[], &[])), [false, false]),
    ] {
        let (store, _lock) = with_two_courses().await;
        store.pause(&pause(scope.clone(), 100, 200), at(100)).await.unwrap();
        for (course, frozen) in [7, 8].into_iter().zip(frozen) {
            assert_eq!(wish(&store, course, 150).await == Wish::Keep, frozen, "{scope} and course {course}");
            assert_eq!(wish(&store, course, 99).await, Wish::Want, "before {scope}");
            assert_eq!(wish(&store, course, 200).await, Wish::Want, "after {scope}");
        }
    }
}

#[tokio::test]
async fn b9_a_course_is_looked_at_again_when_its_pause_begins_and_ends() {
    let (store, _lock) = with_two_courses().await;
    store.pause(&pause(PauseScope::Course(CourseId(7)), 100, 200), at(100)).await.unwrap();
    let mut hashes = Vec::new();
    for now in [50, 150, 250] {
        let states = store.course_states(&cmis(), "", at(now)).await.unwrap();
        hashes.push(states[0].input_hash.clone());
    }
    assert_ne!(hashes[0], hashes[1]);
    assert_eq!(hashes[0], hashes[2]);
}

#[tokio::test]
async fn b9_the_first_run_after_a_pause_is_told_once() {
    let (store, lock) = with_two_courses().await;
    store.pause(&pause(PauseScope::Course(CourseId(7)), 100, 200), at(100)).await.unwrap();
    let after = async |now| store.courses_after_pause(&cmis(), at(now)).await.unwrap();
    assert_eq!(after(150).await, HashSet::new(), "it still counts");
    assert_eq!(after(200).await, HashSet::from([CourseId(7)]));
    let run = begin(&store, &lock, 201).await;
    store.note_pauses_reviewed(&lock, run, at(201)).await.unwrap();
    assert_eq!(after(300).await, HashSet::new(), "a run was there");
}

#[tokio::test]
async fn b9_a_paused_school_is_remembered_as_it_was_and_its_courses_are_planned_first_afterwards() {
    let (store, _lock) = with_two_courses().await;
    let scope = PauseScope::School(school(&["B*", "C*"], &[12]));
    store.pause(&pause(scope.clone(), 100, 200), at(100)).await.unwrap();
    assert_eq!(store.pauses().await.unwrap()[0].pause.scope, scope);
    assert_eq!(scope.to_string(), "school anthropology");
    let after = store.courses_after_pause(&cmis(), at(200)).await.unwrap();
    assert_eq!(after, HashSet::from([CourseId(8)]));
}

#[tokio::test]
async fn b9_resuming_ends_what_counts_and_says_so_in_the_audit_log() {
    let (store, _lock) = with_two_courses().await;
    let first = store.pause(&pause(PauseScope::All, 100, 900), at(100)).await.unwrap();
    store.pause(&pause(PauseScope::Module("A".into()), 100, 900), at(100)).await.unwrap();
    let ended = store.resume(|row| row.id == first, "grace", "the exams are over", at(150)).await.unwrap();
    assert_eq!(ended.len(), 1);
    assert_eq!((wish(&store, 7, 151).await, wish(&store, 8, 151).await), (Wish::Keep, Wish::Want));
    assert_eq!(store.resume(|_| true, "grace", "all", at(160)).await.unwrap().len(), 1);
    assert!(
        store.resume(|_| true, "grace", "all", at(170)).await.unwrap().is_empty(),
        "nothing counts any more"
    );
    let told: Vec<_> = store.audit(2).await.unwrap().iter().map(|entry| entry.what.to_string()).collect();
    assert_eq!(told, ["module A", "everything"]);
}

#[tokio::test]
async fn b9_that_a_pause_is_about_to_end_is_handed_out_once() {
    let (store, _lock) = with_two_courses().await;
    let long = store.pause(&pause(PauseScope::All, 100, 900), at(100)).await.unwrap();
    store.pause(&pause(PauseScope::Module("A".into()), 800, 900), at(800)).await.unwrap();
    let taken = async |now| {
        let rows = store.take_pause_ends(100, at(now)).await.unwrap();
        rows.iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(taken(799).await, [], "it is too early");
    assert_eq!(taken(800).await, [long], "the short one was never longer than the warning");
    assert_eq!(taken(801).await, [], "it was told");
    store.give_back_pause_ends(&[long]).await.unwrap();
    assert_eq!(taken(899).await, [long], "nobody could be told");
    store.give_back_pause_ends(&[long]).await.unwrap();
    assert_eq!(taken(900).await, [], "it is over");
}
