//! What only one of several services does.

use store::Store;

use crate::place::Place;
use crate::support::{at, memory};

#[tokio::test]
async fn a_claim_is_granted_once_and_again_only_after_its_time() {
    let (store, _lock) = memory().await;
    let check = async |now: i64, again_after_s: Option<i64>, expected: bool| {
        let granted = store.claim("run 7", "here", at(now), again_after_s).await.unwrap();
        assert_eq!(granted, expected, "{now} {again_after_s:?}");
    };
    check(1_000, None, true).await;
    check(1_001, None, false).await;
    check(1_059, Some(60), false).await;
    check(1_060, Some(60), true).await;
    check(1_061, Some(60), false).await;
    // The clock of somebody was wrong.
    check(1, Some(60), true).await;
    assert!(store.claim("run 8", "there", at(1), None).await.unwrap(), "another thing");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_claim_at_once_one_gets_it() {
    let place = Place::new().await;
    let mut claiming = Vec::new();
    for number in 0..8 {
        let store = Store::open(place.url()).await.unwrap();
        claiming.push(tokio::spawn(async move {
            let who = format!("service {number}");
            store.claim("run 7", &who, at(1_000), None).await.unwrap()
        }));
    }
    let mut granted = 0;
    for claim in claiming {
        granted += usize::from(claim.await.unwrap());
    }
    assert_eq!(granted, 1);
}
