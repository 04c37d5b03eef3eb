//! A process may be killed at any moment: everything that belongs together is there, or nothing of it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use reconcile::outcome::Outcome;
use store::{OperationFilter, OperationState, Store, TombstoneFilter, Verdict};

use crate::place::Place;
use crate::steps::steps;
use crate::support::{COURSE, accept, add, at, begin, create, delete, delivery, on_disk, owner, plan};

#[tokio::test]
async fn a_delivery_that_was_interrupted_anywhere_is_whole_or_never_arrived() {
    let (_place, store, lock) = on_disk().await;
    // The first one stays to be compared with.
    let store = store.keeping_deliveries(100);
    let base = accept(&store, &lock, &["M 1 a b"], 10).await;
    let mut arrived = 1;
    for count in 0..40 {
        let new = delivery(&["M 1 a b c", &format!("N{count} 2 d")]);
        let saved = steps(count, store.save_delivery(&lock, &new, at(20), &Verdict::Accepted)).await;
        let deliveries = store.deliveries(100).await.unwrap();
        assert!(saved.is_none() || deliveries.len() == arrived + 1, "what was saved is there");
        // The last step may have been the commit, whose answer nobody waited for.
        if deliveries.len() > arrived {
            arrived += 1;
            let hash = new.content_hash().to_string();
            assert_eq!((deliveries.len(), &*deliveries[0].content_hash), (arrived, &*hash));
            let difference = store.delivery_difference(base, deliveries[0].id).await.unwrap();
            assert_eq!((difference.groups_added.len(), difference.members_added.len()), (1, 2));
        }
    }
    assert!(arrived > 1, "one of them was let through to its end");
}

#[tokio::test]
async fn an_outcome_and_its_links_are_never_apart() {
    let (_place, store, lock) = on_disk().await;
    let setup = [create("1"), add("1", 5)];
    let run = begin(&store, &lock, 10).await;
    store.record_plan(&lock, run, &[plan([setup.as_slice(), &[delete("1", 1)]].concat())]).await.unwrap();
    let done = [(1, &setup[0], Outcome::Done(Some(70))), (2, &setup[1], Outcome::Done(None))];
    store.settled(&lock, run, &done, at(20)).await.unwrap();
    let deletion = delete("1", 1);
    store.sent(&lock, run, &[(3, &deletion)]).await.unwrap();
    for count in 0.. {
        let settled = [(3, &deletion, Outcome::Done(None))];
        let finished = steps(count, store.settled(&lock, run, &settled, at(30))).await.is_some();
        let row = store.operations(run, &OperationFilter::default()).await.unwrap().remove(2);
        let groups = store.links(&[COURSE]).await.unwrap()[&COURSE].groups.len();
        let stones = store.tombstones(&TombstoneFilter::default()).await.unwrap().len();
        match row.state {
            OperationState::Sent => assert_eq!((groups, stones, finished), (1, 0, false), "step {count}"),
            OperationState::Done => {
                assert_eq!((groups, stones), (0, 2), "step {count}");
                break;
            }
            other => panic!("step {count}: {other:?}"),
        }
    }
}

const CHILD_DATABASE: &str = "MUSTER_TEST_KILLED_CHILD";

/// Not a test by itself: the process that `a_killed_process_leaves_no_lock_and_a_whole_database` kills.
#[tokio::test]
#[ignore = "started by the test below"]
async fn child_that_is_killed() {
    let Ok(url) = std::env::var(CHILD_DATABASE) else { return };
    let store = Store::open(&url).await.unwrap();
    let lock = store.lock(&owner("child")).await.unwrap();
    for night in 0.. {
        let line = format!("M {night} a b c");
        accept(&store, &lock, &[&line], night).await;
        println!("saved");
    }
}

#[tokio::test]
async fn a_killed_process_leaves_no_lock_and_a_whole_database() {
    let place = Place::new().await;
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "kill::child_that_is_killed"])
        .env(CHILD_DATABASE, place.url())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut saved = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .filter(|line| line.as_ref().is_ok_and(|line| line.ends_with("saved")));
    saved.nth(3).unwrap().unwrap();
    let store = Store::open(place.url()).await.unwrap();
    assert!(store.lock(&owner("parent")).await.is_err(), "the child holds the lock");
    child.kill().unwrap();
    child.wait().unwrap();

    let _lock = store.lock(&owner("parent")).await.unwrap();
    let newest = store.deliveries(2).await.unwrap();
    assert!(newest.len() == 2 && newest.iter().all(|row| row.rows_of.is_some()));
    let difference = store.delivery_difference(newest[1].id, newest[0].id).await.unwrap();
    assert_eq!((difference.groups_added.len(), difference.members_added.len()), (1, 3));
}
