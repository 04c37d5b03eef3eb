//! The journal: intent before, outcome and link after.

use reconcile::keys::{CourseId, GroupId, Role, UserId};
use reconcile::link::{CourseLinks, LinkState};
use reconcile::operation::Operation;
use reconcile::outcome::{Outcome, Refusal, intent, settled};
use reconcile::plan::CoursePlan;
use store::{
    CourseNote, OperationFilter, OperationState, RunId, RunLock, RunStatus, Store, TombstoneFilter,
    TombstoneKind,
};

use crate::support::{COURSE, add, at, begin, cmis, create, delete, memory, on_disk, plan, remove};

/// Plans operations in a new run, sends them and settles them all.
async fn carry_out(
    store: &Store,
    lock: &RunLock,
    operations: &[Operation],
    outcome: impl Fn(&Operation) -> Outcome,
) -> RunId {
    let run = begin(store, lock, 10).await;
    store.record_plan(lock, run, &[plan(operations.to_vec())]).await.unwrap();
    let numbered: Vec<(u32, &Operation)> = (1..).zip(operations).collect();
    store.sent(lock, run, &numbered).await.unwrap();
    let settled: Vec<_> =
        numbered.iter().map(|(n, operation)| (*n, *operation, outcome(operation))).collect();
    store.settled(lock, run, &settled, at(20)).await.unwrap();
    run
}

fn done(operation: &Operation) -> Outcome {
    Outcome::Done((operation.row().kind == "create_group").then_some(70))
}

async fn links(store: &Store) -> CourseLinks {
    store.links(&[COURSE]).await.unwrap().remove(&COURSE).unwrap()
}

#[tokio::test]
async fn an_intent_is_there_before_the_answer() {
    let (store, lock) = memory().await;
    let run = begin(&store, &lock, 10).await;
    let operation = create("1");
    store.record_plan(&lock, run, &[plan(vec![operation.clone()])]).await.unwrap();
    store.sent(&lock, run, &[(1, &operation)]).await.unwrap();
    let open = store.open_intents().await.unwrap();
    assert_eq!((open.len(), open[0].state, open[0].attempts), (1, OperationState::Sent, 1));
    let group = links(&store).await.groups.into_values().next().unwrap();
    assert_eq!((group.id, group.state), (None, LinkState::Intended));
}

#[tokio::test]
async fn an_answer_closes_the_intent_and_confirms_the_link() {
    let (store, lock) = memory().await;
    let run = carry_out(&store, &lock, &[create("1"), add("1", 5)], done).await;
    assert!(store.open_intents().await.unwrap().is_empty());
    let group = links(&store).await.groups.into_values().next().unwrap();
    assert_eq!((group.id, group.state), (Some(GroupId(70)), LinkState::Confirmed));
    assert_eq!(group.members[&UserId(5)].state, LinkState::Confirmed);
    let rows = store.operations(run, &OperationFilter::default()).await.unwrap();
    assert_eq!((rows[0].target_id, rows[0].state), (Some(70), OperationState::Done));
}

#[tokio::test]
async fn a_refusal_tells_its_reason_and_takes_the_intent_back() {
    let (store, lock) = memory().await;
    let refusal = Refusal {
        code: "errorx".into(),
        meaning: "it may not be".into(),
        said: "the platform answered errorx".into(),
        next_step: "ask".into(),
    };
    let run = carry_out(&store, &lock, &[create("1")], |_| Outcome::Refused(refusal.clone())).await;
    assert_eq!(links(&store).await, CourseLinks::default());
    let row = store.operations(run, &OperationFilter::default()).await.unwrap().remove(0);
    let told = "it may not be\nthe platform answered errorx\nWhat to do: ask";
    assert_eq!((row.state, &*row.detail), (OperationState::Refused, told));
}

#[tokio::test]
async fn the_journal_does_to_tables_what_outcome_does_in_memory() {
    let (store, lock) = memory().await;
    let mut expected = CourseLinks::default();
    let steps =
        [create("1"), add("1", 5), add("1", 6), remove("1", 5), create("2"), delete("1", 1), create("1")];
    for operation in &steps {
        intent(operation).into_iter().for_each(|change| expected.change(change));
    }
    for operation in &steps {
        settled(operation, &done(operation)).into_iter().for_each(|change| expected.change(change));
    }
    carry_out(&store, &lock, &steps, done).await;
    assert_eq!(links(&store).await, expected);
}

#[tokio::test]
async fn what_is_dropped_leaves_a_tombstone_with_its_members() {
    let (store, lock) = memory().await;
    carry_out(&store, &lock, &[create("1"), add("1", 5), add("1", 6)], done).await;
    let run = carry_out(&store, &lock, &[remove("1", 5), delete("1", 1)], done).await;
    assert_eq!(links(&store).await, CourseLinks::default());
    let filter = TombstoneFilter { run: Some(run), ..TombstoneFilter::default() };
    let mut stones = store.tombstones(&filter).await.unwrap();
    stones.reverse();
    let told: Vec<_> = stones.iter().map(|stone| (stone.kind, stone.user, stone.role)).collect();
    assert_eq!(
        told,
        [
            (TombstoneKind::Member, Some(UserId(5)), Some(Role::Student)),
            (TombstoneKind::Group, None, None),
            (TombstoneKind::Member, Some(UserId(6)), Some(Role::Student)),
        ]
    );
    let group = &stones[1];
    assert_eq!((group.course, group.module.as_str(), group.moodle_id), (COURSE, "ANTH1014", Some(70)));
    assert_eq!((&*group.name, &*group.idnumber), ("Group 1", "muster:cmis:ANTH1014:1"));
    assert_eq!((group.dropped_at, &*group.because), (at(20), "source_has"));
}

#[tokio::test]
async fn a_refused_deletion_buries_nothing() {
    let (store, lock) = memory().await;
    carry_out(&store, &lock, &[create("1"), add("1", 5)], done).await;
    let before = links(&store).await;
    let refusal =
        Refusal { code: "errorx".into(), meaning: "".into(), said: "".into(), next_step: "".into() };
    carry_out(&store, &lock, &[delete("1", 1)], |_| Outcome::Refused(refusal.clone())).await;
    assert_eq!(links(&store).await, before);
    assert!(store.tombstones(&TombstoneFilter::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn settling_twice_changes_no_link() {
    let (store, lock) = memory().await;
    let operations = [create("1"), add("1", 5)];
    let run = carry_out(&store, &lock, &operations, done).await;
    let before = links(&store).await;
    let again = [(1, &operations[0], Outcome::Done(Some(70))), (2, &operations[1], Outcome::Done(None))];
    store.settled(&lock, run, &again, at(30)).await.unwrap();
    assert_eq!(links(&store).await, before);
}

#[tokio::test]
async fn the_next_run_closes_what_a_killed_one_left_open() {
    let (store, lock) = memory().await;
    let note = CourseNote {
        course: COURSE,
        name: None,
        observed_at: Some(at(1)),
        input_hash: Some("same".into()),
        look_again: false,
        gone: false,
    };
    store.note_course(&lock, &note).await.unwrap();
    let killed = begin(&store, &lock, 10).await;
    let operations = [create("1"), create("2")];
    store.record_plan(&lock, killed, &[plan(operations.to_vec())]).await.unwrap();
    store.sent(&lock, killed, &[(1, &operations[0])]).await.unwrap();

    let next = begin(&store, &lock, 20).await;
    assert_eq!(store.close_open_intents(&lock, next, at(20)).await.unwrap(), 1);
    assert!(store.open_intents().await.unwrap().is_empty());
    let states: Vec<_> = store
        .operations(killed, &OperationFilter::default())
        .await
        .unwrap()
        .iter()
        .map(|row| row.state)
        .collect();
    assert_eq!(states, [OperationState::Unknown, OperationState::NotTried]);
    assert_eq!(store.run(killed).await.unwrap().unwrap().status, RunStatus::Interrupted);
    assert_eq!(store.run(next).await.unwrap().unwrap().status, RunStatus::Running);
    assert!(store.course_states(&cmis(), "", at(30)).await.unwrap()[0].look_again);
    assert_eq!(links(&store).await.groups.len(), 1, "the intended group stays ours");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn courses_are_journaled_side_by_side() {
    let (_place, store, lock) = on_disk().await;
    let lock = std::sync::Arc::new(lock);
    let run = begin(&store, &lock, 10).await;
    let plans: Vec<CoursePlan> = (1..20)
        .map(|course| {
            let operation = Operation { course: CourseId(course), ..create("1") };
            CoursePlan { course: CourseId(course), operations: vec![operation], ..CoursePlan::default() }
        })
        .collect();
    store.record_plan(&lock, run, &plans).await.unwrap();
    let tasks: Vec<_> = (1..)
        .zip(plans)
        .map(|(number, plan)| {
            let (store, lock) = (store.clone(), lock.clone());
            tokio::spawn(async move {
                let operation = &plan.operations[0];
                store.sent(&*lock, run, &[(number, operation)]).await.unwrap();
                store.snapshots(&[plan.course], &cmis(), at(1)).await.unwrap();
                let done = [(number, operation, Outcome::Done(Some(70)))];
                store.settled(&*lock, run, &done, at(2)).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let done = OperationFilter { state: Some(OperationState::Done), ..OperationFilter::default() };
    assert_eq!(store.operations(run, &done).await.unwrap().len(), 19);
}
