//! A run that many share: who has which course, and what becomes of the courses of those who are lost.

use std::collections::BTreeSet;
use std::time::Duration;

use reconcile::keys::CourseId;
use reconcile::operation::Operation;
use reconcile::outcome::{Outcome, Refusal};
use reconcile::plan::CoursePlan;
use store::{
    Calls, CourseOffered, CourseTaken, Lease, NewShare, RunId, RunLock, Stopped, Store, StoreError, Taken,
    WorkLeft, WorkPhase,
};

use crate::support::{add, at, begin, create, memory, on_disk};

const LONG_S: u32 = 600;
const CALLS: Calls = Calls { reads: 3, writes: 2 };

async fn share(store: &Store, lock: &RunLock, run: RunId, courses: i64, lease_s: u32) -> Lease {
    let offered =
        |course| CourseOffered { course: CourseId(course), name: "A".into(), whole: course % 2 == 0 };
    let courses = (1..=courses).map(offered).collect();
    let new = NewShare { settings: "version = 0".into(), planned_for: at(5), courses };
    store.share_run(lock, run, &new, "the leader", lease_s).await.unwrap()
}

async fn take(store: &Store, lease: &Lease, max: u64) -> Vec<CourseTaken> {
    match store.take_courses(lease, max).await.unwrap() {
        Taken::Courses(taken) => taken,
        Taken::Over => unreachable!("it is over"),
    }
}

fn numbers(taken: &[CourseTaken]) -> Vec<i64> {
    taken.iter().map(|taken| taken.course.0).collect()
}

fn is_lost<T: std::fmt::Debug>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::LeaseLost))
}

/// Plans every course with the operations of one group, and offers them.
async fn plan_all(store: &Store, lock: &RunLock, leader: &Lease, courses: &[i64]) -> Vec<CoursePlan> {
    let plans: Vec<CoursePlan> = courses
        .iter()
        .map(|course| {
            let course = CourseId(*course);
            let operations = vec![create("1"), add("1", 5)];
            let operations =
                operations.into_iter().map(|operation| Operation { course, ..operation }).collect();
            CoursePlan { course, operations, ..CoursePlan::default() }
        })
        .collect();
    while let taken @ [_, ..] = &*take(store, leader, 100).await {
        let plans: Vec<_> = taken
            .iter()
            .map(|taken| {
                let plan = plans.iter().find(|plan| plan.course == taken.course).unwrap();
                (taken.course, plan.to_text().unwrap())
            })
            .collect();
        store.planned(leader, &plans, CALLS).await.unwrap();
    }
    store.record_plan(lock, leader.run(), &plans).await.unwrap();
    let courses: Vec<CourseId> = plans.iter().map(|plan| plan.course).collect();
    store.offer(lock, leader.run(), &courses).await.unwrap();
    plans
}

#[tokio::test]
async fn a_course_is_planned_and_then_carried_out_by_whoever_takes_it() {
    let (store, lock) = memory().await;
    let run = begin(&store, &lock, 10).await;
    let leader = share(&store, &lock, run, 3, LONG_S).await;
    let open = store.open_share().await.unwrap().unwrap();
    assert_eq!((open.run, &*open.settings, open.planned_for), (run, "version = 0", at(5)));
    assert_eq!(&*open.leader, "the leader");
    let helper = store.join(run, "a helper", LONG_S).await.unwrap();
    let taken = take(&store, &helper, 2).await;
    assert_eq!(numbers(&taken), [1, 2]);
    assert_eq!((taken[0].phase, taken[0].whole, taken[1].whole), (WorkPhase::Plan, false, true));
    assert_eq!(store.work_left(run).await.unwrap(), WorkLeft { free: 1, held: 2, lost: 0 });
    let plan = |taken: &CourseTaken| (taken.course, format!("the plan of {}", taken.course).into());
    store.planned(&helper, &[plan(&taken[0]), plan(&taken[1])], CALLS).await.unwrap();
    let last = take(&store, &leader, 9).await;
    store.planned(&leader, &[plan(&last[0])], CALLS).await.unwrap();
    assert_eq!(store.work_left(run).await.unwrap(), WorkLeft::default());
    let some = store.plans_after(run, CourseId(1), 1).await.unwrap();
    assert_eq!(some, [(CourseId(2), "the plan of 2".into())]);

    store.offer(&lock, run, &[CourseId(3), CourseId(1)]).await.unwrap();
    let taken = take(&store, &helper, 9).await;
    assert_eq!((numbers(&taken), &*taken[0].plan), (vec![3, 1], "the plan of 3"));
    store.applied(&helper, &[CourseId(1), CourseId(3)], CALLS).await.unwrap();
    assert_eq!(store.work_left(run).await.unwrap(), WorkLeft::default());
    assert_eq!(store.calls_of_workers(run).await.unwrap(), Calls { reads: 9, writes: 6 });
    store.end_share(&lock, run).await.unwrap();
    assert_eq!(store.open_share().await.unwrap(), None);
    assert_eq!(store.take_courses(&helper, 9).await.unwrap(), Taken::Over);
    store.leave(&helper).await.unwrap();
    store.leave(&leader).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_takers_never_get_one_course() {
    let (place, store, lock) = on_disk().await;
    let run = begin(&store, &lock, 10).await;
    let leader = share(&store, &lock, run, 300, LONG_S).await;
    let mut takers = Vec::new();
    for number in 0..6 {
        let store = Store::open(place.url()).await.unwrap();
        takers.push(tokio::spawn(async move {
            let lease = store.join(run, &format!("taker {number}"), LONG_S).await.unwrap();
            let mut mine = Vec::new();
            loop {
                let taken = take(&store, &lease, 7).await;
                if taken.is_empty() && store.work_left(run).await.unwrap().free == 0 {
                    return mine;
                }
                mine.extend(numbers(&taken));
            }
        }));
    }
    let mut all = Vec::new();
    for taker in takers {
        all.extend(taker.await.unwrap());
    }
    all.sort_unstable();
    assert_eq!(all, (1..=300).collect::<Vec<_>>());
    let _lease = leader;
}

#[tokio::test]
async fn who_was_silent_for_too_long_loses_its_courses_and_writes_nothing() {
    let (store, lock) = memory().await;
    let run = begin(&store, &lock, 10).await;
    let leader = share(&store, &lock, run, 4, LONG_S).await;
    let late = store.join(run, "late", 0).await.unwrap();
    let taken = take(&store, &late, 2).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    let mine = take(&store, &leader, 9).await;
    assert_eq!(numbers(&mine), [1, 2, 3, 4], "also those of the late one");
    let plans: Vec<_> = taken.iter().map(|taken| (taken.course, "late".into())).collect();
    assert!(is_lost(store.planned(&late, &plans, CALLS).await));
    assert!(is_lost(store.sent(&late, run, &[(1, &create("1"))]).await));
    assert!(is_lost(store.settled(&late, run, &[], at(9)).await));
    assert!(is_lost(store.take_courses(&late, 9).await));
    assert!(is_lost(store.keep_lease(&late, LONG_S).await), "it never comes back under its number");
    store.leave(&late).await.unwrap();
    assert_eq!(store.work_left(run).await.unwrap().held, 4, "the courses of others stay theirs");
}

#[tokio::test]
async fn a_sign_of_life_in_time_keeps_everything() {
    let (store, lock) = memory().await;
    let run = begin(&store, &lock, 10).await;
    let leader = share(&store, &lock, run, 4, LONG_S).await;
    let helper = store.join(run, "a helper", 1).await.unwrap();
    let taken = take(&store, &helper, 2).await;
    assert!(store.keep_lease(&helper, LONG_S).await.unwrap());
    assert_eq!(numbers(&take(&store, &leader, 9).await), [3, 4]);
    let plans: Vec<_> = taken.iter().map(|taken| (taken.course, "in time".into())).collect();
    store.planned(&helper, &plans, CALLS).await.unwrap();
    // What is not its own cannot be handed in.
    assert!(is_lost(store.planned(&helper, &[(CourseId(3), "another one's".into())], CALLS).await));
}

#[tokio::test]
async fn of_a_lost_worker_the_begun_courses_go_to_the_leader_and_the_others_to_anybody() {
    for leaves in [true, false] {
        let (place, store, lock) = on_disk().await;
        let run = begin(&store, &lock, 10).await;
        let leader = share(&store, &lock, run, 4, LONG_S).await;
        let plans = plan_all(&store, &lock, &leader, &[1, 2, 3, 4]).await;
        let helper = store.join(run, "a helper", if leaves { LONG_S } else { 0 }).await.unwrap();
        assert_eq!(numbers(&take(&store, &helper, 3).await), [1, 2, 3]);
        // The operations of course 1 have the numbers 1 and 2.
        store.sent(&helper, run, &[(1, &plans[0].operations[0])]).await.unwrap();
        if leaves {
            store.leave(&helper).await.unwrap();
        } else {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(numbers(&take(&store, &leader, 9).await), [2, 3, 4]);
        assert_eq!(store.lost_courses(run).await.unwrap(), [CourseId(1)]);
        assert_eq!(store.work_left(run).await.unwrap(), WorkLeft { free: 0, held: 3, lost: 1 });
        store.found_done(&lock, run, &[1]).await.unwrap();
        store.resumed(&lock, run, &[CourseId(1)]).await.unwrap();
        assert_eq!(store.work_left(run).await.unwrap().lost, 0);
        let how =
            place.list("SELECT course, ended FROM leases WHERE phase = 'apply'", &["course", "ended"]).await;
        let lost = if leaves { "left" } else { "lost" };
        let expected = ["1 ".to_owned() + lost, "2 ".into(), "2 ".to_owned() + lost, "3 ".into()];
        assert_eq!(how[..4], expected);
    }
}

#[tokio::test]
async fn two_holders_of_one_course_are_impossible() {
    let (place, store, lock) = on_disk().await;
    let run = begin(&store, &lock, 10).await;
    let leader = share(&store, &lock, run, 1, LONG_S).await;
    assert_eq!(take(&store, &leader, 1).await.len(), 1);
    let second = format!(
        "INSERT INTO leases (run, course, attempt, phase, worker, taken_at, is_held, ended) \
         VALUES ({}, 1, 2, 'plan', 99, 1, 1, '')",
        run.0
    );
    assert!(place.try_sql(second).await.is_err());
}

#[tokio::test]
async fn workers_stop_where_the_leader_is_silent_the_run_stopped_or_another_one_began() {
    let (store, lock) = memory().await;
    let run = begin(&store, &lock, 10).await;
    let leader = share(&store, &lock, run, 9, 0).await;
    let helper = store.join(run, "a helper", LONG_S).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(store.open_share().await.unwrap(), None);
    assert!(!store.keep_lease(&helper, LONG_S).await.unwrap());
    // It was only suspended: until somebody misses it, it goes on.
    assert!(store.keep_lease(&leader, LONG_S).await.unwrap());
    assert_eq!(take(&store, &helper, 2).await.len(), 2);

    let stopped = |what: &str| Stopped { what: what.into(), next: "wait".into() };
    store.stop_share(&helper, &stopped("maintenance")).await.unwrap();
    store.stop_share(&leader, &stopped("later")).await.unwrap();
    assert_eq!(store.share_stopped(run).await.unwrap(), Some(stopped("maintenance")));
    for lease in [&helper, &leader] {
        assert_eq!(store.take_courses(lease, 9).await.unwrap(), Taken::Over);
    }
    // What was begun may still be written down, until another run begins.
    store.settled(&helper, run, &[], at(11)).await.unwrap();
    let next = begin(&store, &lock, 20).await;
    store.close_open_intents(&lock, next, at(20)).await.unwrap();
    assert!(is_lost(store.settled(&helper, run, &[], at(21)).await));
    assert!(is_lost(store.settled(&leader, run, &[], at(21)).await));
    assert!(is_lost(store.join(run, "too late", LONG_S).await));
}

#[tokio::test]
async fn a_leader_that_was_taken_for_lost_leads_again() {
    let (store, lock) = memory().await;
    let run = begin(&store, &lock, 10).await;
    let leader = share(&store, &lock, run, 9, 0).await;
    let helper = store.join(run, "a helper", LONG_S).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(store.take_courses(&helper, 9).await.unwrap(), Taken::Over);
    assert!(is_lost(store.take_courses(&leader, 9).await));
    let leader = store.lead_again(&lock, run, "the leader", LONG_S).await.unwrap();
    assert_eq!(take(&store, &helper, 2).await.len(), 2);
    assert_eq!(take(&store, &leader, 2).await.len(), 2);
}

#[tokio::test]
async fn the_leader_reads_whole_outcomes_and_the_next_shared_run_leaves_nothing_of_this_one() {
    let (place, store, lock) = on_disk().await;
    let run = begin(&store, &lock, 10).await;
    let leader = share(&store, &lock, run, 4, LONG_S).await;
    let plans = plan_all(&store, &lock, &leader, &[1, 2, 3, 4]).await;
    let refusal = Outcome::Refused(Refusal {
        code: "errorremovenotpermitted".into(),
        meaning: "protected".into(),
        said: "no".into(),
        next_step: "ask".into(),
    });
    let operation = &plans[0].operations[0];
    let settled = [
        (1, operation, Outcome::Done(Some(70))),
        (2, operation, refusal.clone()),
        (3, operation, Outcome::Unknown("who knows".into())),
    ];
    store.settled(&leader, run, &settled, at(12)).await.unwrap();
    // By the run lock, in words only.
    store.settled(&lock, run, &[(4, operation, Outcome::NotTried("later".into()))], at(13)).await.unwrap();
    let outcomes = store.outcomes(run).await.unwrap();
    assert_eq!(outcomes.len(), 4);
    assert_eq!((&outcomes[&1], &outcomes[&2]), (&Outcome::Done(Some(70)), &refusal));
    assert_eq!(outcomes[&4], Outcome::NotTried("later".into()));
    let next = begin(&store, &lock, 20).await;
    store.close_open_intents(&lock, next, at(20)).await.unwrap();
    let _lease = share(&store, &lock, next, 1, LONG_S).await;
    let mut runs = BTreeSet::new();
    for table in ["workers", "shares", "leases", "work_outcomes", "work_calls", "work"] {
        runs.extend(place.list(&format!("SELECT run FROM {table}"), &["run"]).await);
    }
    assert_eq!(runs, BTreeSet::from([next.0.to_string()]));
}
