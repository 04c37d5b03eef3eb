//! Which courses have to be looked at.

use reconcile::finding::{Finding, Reason, Subject};
use reconcile::keys::CourseId;
use reconcile::operation::Operation;
use reconcile::outcome::Outcome;
use reconcile::snapshot::{Exception, ExceptionKind};
use store::{CourseNote, CourseState, MappingKey, MappingSettings, RunLock, Store, Verdict};

use crate::support::{
    COURSE, accept, add, at, begin, change, cmis, create, delete, delivery, memory, plan, remove,
};

async fn states(store: &Store, now: i64) -> Vec<CourseState> {
    store.course_states(&cmis(), "policy", at(now)).await.unwrap()
}

async fn map(store: &Store, module: &str, settings: &MappingSettings) {
    let key = MappingKey { course: COURSE, source: cmis(), module: module.into() };
    store.set_mapping(&key, settings, &change(&cmis())).await.unwrap();
}

/// A store with one mapped course, and the state of that course.
async fn one_course() -> (Store, RunLock, CourseState) {
    let (store, lock) = memory().await;
    accept(&store, &lock, &["M 1 a b", "OTHER 2 c"], 10).await;
    map(&store, "M", &MappingSettings::default()).await;
    let state = states(&store, 20).await.remove(0);
    (store, lock, state)
}

fn exception(kind: ExceptionKind) -> Exception {
    Exception {
        source: cmis(),
        module: "M".into(),
        group: "1".into(),
        person: "z".into(),
        kind,
        owner: "Ada Invented".into(),
        reason: "asked for it".into(),
    }
}

#[tokio::test]
async fn the_hash_stays_while_nothing_that_matters_changes() {
    let (store, lock, before) = one_course().await;
    accept(&store, &lock, &["OTHER 2 c d", "M 1 b a"], 30).await;
    map(&store, "M", &MappingSettings { owner: Some("Ada Invented".into()), ..MappingSettings::default() })
        .await;
    assert_eq!(states(&store, 40).await[0].input_hash, before.input_hash);
}

#[tokio::test]
async fn the_hash_changes_with_everything_that_a_plan_depends_on() {
    let (store, lock, before) = one_course().await;
    let mut seen = vec![before.input_hash];
    let mut differs = |state: &CourseState, what: &str| {
        assert!(!seen.contains(&state.input_hash), "{what}");
        seen.push(state.input_hash.clone());
    };
    differs(&store.course_states(&cmis(), "other policy", at(20)).await.unwrap()[0], "policy");
    accept(&store, &lock, &["M 1 a b c", "OTHER 2 c"], 30).await;
    differs(&states(&store, 30).await[0], "a member");
    accept(&store, &lock, &["OTHER 2 c"], 31).await;
    differs(&states(&store, 31).await[0], "the module is absent");
    accept(&store, &lock, &["M", "OTHER 2 c"], 32).await;
    differs(&states(&store, 32).await[0], "the module has no groups");
    let mut other_term = delivery(&["M", "OTHER 2 c"]);
    other_term.groups[0].term = "2026-T2".into();
    store.save_delivery(&lock, &other_term, at(33), &Verdict::Accepted).await.unwrap();
    differs(&states(&store, 33).await[0], "the delivery speaks about another term");
    map(&store, "OTHER", &MappingSettings::default()).await;
    differs(&states(&store, 33).await[0], "a second module");
    map(&store, "OTHER", &MappingSettings { valid_until: Some(at(50)), ..MappingSettings::default() }).await;
    differs(&states(&store, 60).await[0], "the mapping ran out");
    store.add_exception(&exception(ExceptionKind::Include), Some(at(70)), "ada", at(33)).await.unwrap();
    differs(&states(&store, 60).await[0], "an exception");
    store.add_exception(&exception(ExceptionKind::Exclude), Some(at(70)), "ada", at(33)).await.unwrap();
    differs(&states(&store, 60).await[0], "the other exception");
}

#[tokio::test]
async fn an_exception_that_expired_or_was_removed_counts_no_longer() {
    let (store, _lock, before) = one_course().await;
    store.add_exception(&exception(ExceptionKind::Include), Some(at(70)), "ada", at(20)).await.unwrap();
    assert_ne!(states(&store, 69).await[0].input_hash, before.input_hash);
    assert_eq!(states(&store, 70).await[0].input_hash, before.input_hash);
    let row = store.exceptions().await.unwrap().remove(0);
    assert_eq!((row.exception, row.expires_at), (exception(ExceptionKind::Include), Some(at(70))));
    assert!(store.remove_exception(row.id, "ada", "no longer", at(30)).await.unwrap());
    assert!(!store.remove_exception(row.id, "ada", "no longer", at(30)).await.unwrap());
    assert_eq!(states(&store, 40).await[0].input_hash, before.input_hash);
    assert_eq!(store.audit(9).await.unwrap().len(), 3, "mapping, exception, removal");
}

#[tokio::test]
async fn notes_are_kept_and_an_unsettled_course_loses_its_hash() {
    let (store, lock, state) = one_course().await;
    assert_eq!((state.last_input_hash, state.last_observed, state.gone), (None, None, false));
    let note = CourseNote {
        course: COURSE,
        name: Some("ANTH_26".into()),
        observed_at: Some(at(20)),
        input_hash: Some(state.input_hash.clone()),
        look_again: false,
        gone: false,
    };
    store.note_course(&lock, &note).await.unwrap();
    let noted = states(&store, 30).await.remove(0);
    assert_eq!((noted.last_input_hash, noted.last_observed), (Some(state.input_hash), Some(at(20))));
    let unread = CourseNote { name: None, observed_at: None, input_hash: None, look_again: true, ..note };
    store.note_course(&lock, &unread).await.unwrap();
    let noted = states(&store, 40).await.remove(0);
    assert_eq!((&*noted.name, noted.last_observed), ("ANTH_26", Some(at(20))), "what was seen before stays");
    assert_eq!((noted.last_input_hash, noted.look_again), (None, true));
}

#[tokio::test]
async fn a_course_without_a_mapping_is_there_while_anything_of_ours_is() {
    let (store, lock) = memory().await;
    let run = begin(&store, &lock, 10).await;
    let operations = vec![create("1"), add("1", 5)];
    store.record_plan(&lock, run, &[plan(operations.clone())]).await.unwrap();
    assert_eq!(states(&store, 10).await, []);
    store.sent(&lock, run, &[(1, &operations[0])]).await.unwrap();
    let courses: Vec<CourseId> = states(&store, 10).await.iter().map(|state| state.course).collect();
    assert_eq!(courses, [COURSE]);
}

/// Sends operations in a new run, and lets the platform answer the first so many.
async fn send(store: &Store, lock: &RunLock, operations: &[Operation], answered: usize) {
    let run = begin(store, lock, 30).await;
    store.record_plan(lock, run, &[plan(operations.to_vec())]).await.unwrap();
    for (number, operation) in (1..).zip(operations) {
        store.sent(lock, run, &[(number, operation)]).await.unwrap();
        if number as usize <= answered {
            let id = (operation.row().kind == "create_group").then_some(70);
            store.settled(lock, run, &[(number, operation, Outcome::Done(id))], at(31)).await.unwrap();
        }
    }
}

async fn doubtful(store: &Store) -> Vec<CourseId> {
    store.doubtful_courses().await.unwrap().into_iter().collect()
}

#[tokio::test]
async fn a_course_is_doubtful_while_an_answer_is_missing() {
    for (operations, answered, expected) in [
        (vec![create("1"), add("1", 5)], 2, vec![]),
        (vec![create("1")], 0, vec![COURSE]),
        (vec![create("1"), add("1", 5)], 1, vec![COURSE]),
        // Our memory has the member until the answer: there is nothing to find out.
        (vec![create("1"), add("1", 5), remove("1", 5)], 2, vec![]),
        (vec![create("1"), add("1", 5), remove("1", 5)], 3, vec![]),
        (vec![create("1"), delete("1", 0)], 1, vec![COURSE]),
    ] {
        let (store, lock) = memory().await;
        send(&store, &lock, &operations, answered).await;
        assert_eq!(doubtful(&store).await, expected, "{answered} of {operations:?}");
    }
}

#[tokio::test]
async fn a_course_that_is_gone_is_doubtful_while_something_in_it_is_ours() {
    for (operations, expected) in [(vec![create("1")], vec![COURSE]), (vec![], vec![])] {
        let (store, lock) = memory().await;
        send(&store, &lock, &operations, 1).await;
        let gone = CourseNote {
            course: COURSE,
            name: None,
            observed_at: Some(at(40)),
            input_hash: None,
            look_again: true,
            gone: true,
        };
        store.note_course(&lock, &gone).await.unwrap();
        assert_eq!(doubtful(&store).await, expected);
        store.note_course(&lock, &CourseNote { gone: false, ..gone }).await.unwrap();
        assert_eq!(doubtful(&store).await, [], "it is there again");
    }
}

#[tokio::test]
async fn a_course_is_doubtful_while_a_finding_tells_that_memory_and_platform_differ() {
    let doubted = [
        Reason::CourseGone,
        Reason::DeletedThere,
        Reason::RemovedThere,
        Reason::TargetRefused,
        Reason::Unanswered,
        Reason::ReadIncomplete,
    ];
    for reason in Reason::ALL {
        let (store, lock) = memory().await;
        let run = begin(&store, &lock, 10).await;
        let finding =
            Finding { course: COURSE, reason: *reason, subject: Subject::default(), detail: "".into() };
        store.record_findings(&lock, run, &[COURSE], &[finding], at(10)).await.unwrap();
        assert_eq!(doubtful(&store).await == [COURSE], doubted.contains(reason), "{reason:?}");
        let healed = begin(&store, &lock, 20).await;
        store.record_findings(&lock, healed, &[COURSE], &[], at(20)).await.unwrap();
        assert_eq!(doubtful(&store).await, [], "{reason:?} has healed");
    }
}
