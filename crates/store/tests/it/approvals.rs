//! Decisions of people about waiting operations.

use std::collections::{HashMap, HashSet};

use reconcile::operation::{Fingerprint, Operation};
use reconcile::outcome::Outcome;
use reconcile::safety::Decisions;
use store::{Approval, Decided, Decision, ObjectionRow, RefusedRow, RunId, RunLock, Store};

use crate::support::{at, begin, create, delete, memory, plan};

/// A run in which two deletions wait and a creation does not.
async fn waiting() -> (Store, RunLock, RunId, [Operation; 3]) {
    let (store, lock) = memory().await;
    let run = begin(&store, &lock, 10).await;
    let operations = [delete("1", 9), delete("2", 9), create("3")];
    store.record_plan(&lock, run, &[plan(operations.to_vec())]).await.unwrap();
    let objection = ObjectionRow {
        scope: "run".into(),
        kind: "count".into(),
        sentence: "".into(),
        operations: vec![1, 2],
    };
    store.record_objections(&lock, run, &[objection]).await.unwrap();
    (store, lock, run, operations)
}

fn approval(run: RunId, operations: Decided, decision: Decision) -> Approval {
    Approval {
        run,
        operations,
        decision,
        who: "ada".into(),
        reason: "the term is over".into(),
        at: at(20),
        expires_at: at(100),
    }
}

fn prints(operations: &[&Operation]) -> HashSet<Fingerprint> {
    operations.iter().map(|operation| operation.fingerprint()).collect()
}

#[tokio::test]
async fn only_waiting_operations_are_approved_and_only_for_a_time() {
    let (store, _lock, run, operations) = waiting().await;
    let decided = store.approve(&approval(run, Decided::All, Decision::Approved)).await.unwrap();
    assert_eq!(decided, 2);
    let decisions = store.decisions(at(99)).await.unwrap();
    assert_eq!(decisions.approved, prints(&[&operations[0], &operations[1]]));
    assert_eq!(store.decisions(at(100)).await.unwrap(), Decisions::default());
    assert_eq!(&*store.audit(1).await.unwrap()[0].what, "2 waiting operations of run 1");
}

#[tokio::test]
async fn one_operation_can_be_chosen_and_what_does_not_wait_cannot() {
    let (store, _lock, run, operations) = waiting().await;
    let some = Decided::Only(prints(&[&operations[1], &operations[2]]));
    assert_eq!(store.approve(&approval(run, some, Decision::Approved)).await.unwrap(), 1);
    assert_eq!(store.decisions(at(30)).await.unwrap().approved, prints(&[&operations[1]]));
    let none = Decided::Only(prints(&[&operations[2]]));
    assert_eq!(store.approve(&approval(run, none, Decision::Approved)).await.unwrap(), 0);
    assert_eq!(store.approve(&approval(RunId(99), Decided::All, Decision::Approved)).await.unwrap(), 0);
}

#[tokio::test]
async fn the_newest_decision_counts() {
    let (store, _lock, run, operations) = waiting().await;
    store.approve(&approval(run, Decided::All, Decision::Approved)).await.unwrap();
    let one = Decided::Only(prints(&[&operations[0]]));
    store.approve(&approval(run, one, Decision::Refused)).await.unwrap();
    let decisions = store.decisions(at(30)).await.unwrap();
    assert_eq!(decisions.approved, prints(&[&operations[1]]));
    assert_eq!(decisions.refused, prints(&[&operations[0]]));
}

#[tokio::test]
async fn an_approval_serves_once() {
    let (store, lock, run, operations) = waiting().await;
    store.approve(&approval(run, Decided::All, Decision::Approved)).await.unwrap();
    let next = begin(&store, &lock, 30).await;
    store.record_plan(&lock, next, &[plan(operations.to_vec())]).await.unwrap();
    let settled =
        [(1, &operations[0], Outcome::Done(None)), (2, &operations[1], Outcome::Unknown("timeout".into()))];
    store.settled(&lock, next, &settled, at(40)).await.unwrap();
    let left = store.decisions(at(50)).await.unwrap().approved;
    assert_eq!(left, prints(&[&operations[1]]), "what is not done yet stays approved");
}

#[tokio::test]
async fn the_fingerprints_of_a_run_are_those_of_its_plan() {
    let (store, _lock, run, [first, second, third]) = waiting().await;
    assert_eq!(store.fingerprints_of(run).await.unwrap(), prints(&[&first, &second, &third]));
    assert_eq!(store.fingerprints_of(RunId(99)).await.unwrap(), HashSet::new());
}

#[tokio::test]
async fn every_no_that_counts_says_who_why_and_until_when() {
    let (store, _lock, run, operations) = waiting().await;
    let no = approval(run, Decided::Only(prints(&[&operations[0]])), Decision::Refused);
    store.approve(&no).await.unwrap();
    let again = Approval {
        who: "grace".into(),
        reason: "still not".into(),
        expires_at: at(200),
        ..approval(run, Decided::Only(prints(&[&operations[0]])), Decision::Refused)
    };
    store.approve(&again).await.unwrap();
    let refused = store.refused(at(30)).await.unwrap();
    let row = RefusedRow { run, who: "grace".into(), reason: "still not".into(), expires_at: at(200) };
    assert_eq!(refused, HashMap::from([(operations[0].fingerprint(), row)]), "the newest no counts");
    assert_eq!(store.refused(at(200)).await.unwrap(), HashMap::new(), "it has expired");
    // A later yes about the same operation ends it.
    let yes = approval(run, Decided::Only(prints(&[&operations[0]])), Decision::Approved);
    store.approve(&yes).await.unwrap();
    assert_eq!(store.refused(at(30)).await.unwrap(), HashMap::new());
}

#[tokio::test]
async fn a_no_is_taken_back_for_exactly_the_operations_that_are_named() {
    let (store, _lock, run, operations) = waiting().await;
    store.approve(&approval(run, Decided::All, Decision::Refused)).await.unwrap();
    store.approve(&approval(run, Decided::All, Decision::Refused)).await.unwrap();
    let take_back = async |some: &[&Operation], now| {
        store
            .take_back_refusals(&prints(some), &"grace".into(), &"it was right".into(), at(now))
            .await
            .unwrap()
    };
    assert_eq!(take_back(&[&operations[2]], 30).await, 0, "nobody refused that one");
    assert_eq!(take_back(&[&operations[0], &operations[2]], 30).await, 1);
    let left: HashSet<Fingerprint> = store.refused(at(31)).await.unwrap().into_keys().collect();
    assert_eq!(left, prints(&[&operations[1]]), "both refusals of the first are gone");
    assert_eq!(store.decisions(at(31)).await.unwrap().refused, left);
    assert_eq!(take_back(&[&operations[0]], 32).await, 0, "once is enough");
    assert_eq!(take_back(&[&operations[1]], 100).await, 0, "it had expired");
    let told = store.audit(1).await.unwrap().remove(0);
    assert_eq!(
        (&*told.what, &*told.before, &*told.after, &*told.who),
        ("1 operations", "refused", "taken back", "grace")
    );
}
