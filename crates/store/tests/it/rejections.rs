//! Rejections: first and last seen, healing by themselves.

use reconcile::delivery::{Delivery, Rejection};
use store::{RejectionFilter, RejectionRow, RunLock, Store, Verdict};

use crate::support::{accepted, at, cmis, delivery, memory, rejection};

fn with(rejections: Vec<Rejection>) -> Delivery {
    Delivery { rejections, ..delivery(&["M 1 a"]) }
}

async fn save(store: &Store, lock: &RunLock, rejections: Vec<Rejection>, now: i64, verdict: &Verdict) {
    store.save_delivery(lock, &with(rejections), at(now), verdict).await.unwrap();
}

async fn open(store: &Store) -> Vec<RejectionRow> {
    store.rejections(&RejectionFilter::default()).await.unwrap()
}

#[tokio::test]
async fn a_rejection_keeps_when_it_was_seen_first() {
    let (store, lock) = memory().await;
    save(&store, &lock, vec![rejection(7, &["9", "b"])], 10, &Verdict::Accepted).await;
    save(&store, &lock, vec![rejection(8, &["9", "b"]), rejection(9, &["9", "b"])], 20, &Verdict::Accepted)
        .await;
    let rows = open(&store).await;
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!((row.line, row.times, row.first_seen, row.last_seen), (8, 2, at(10), at(20)));
    assert_eq!(row.row, ["9", "b"]);
    assert_eq!((&*row.rule, row.person.as_ref().unwrap().as_str()), ("unknown_group", "b"));
}

#[tokio::test]
async fn a_rejection_heals_when_an_accepted_delivery_comes_without_it() {
    let (store, lock) = memory().await;
    save(&store, &lock, vec![rejection(7, &["9", "b"])], 10, &Verdict::Accepted).await;
    save(&store, &lock, vec![], 20, &Verdict::Refused("a test".into())).await;
    assert_eq!(open(&store).await.len(), 1, "a refused delivery heals nothing");
    save(&store, &lock, vec![], 30, &Verdict::Accepted).await;
    assert_eq!(open(&store).await, []);
    let all = RejectionFilter { with_healed: true, ..RejectionFilter::default() };
    assert_eq!(store.rejections(&all).await.unwrap()[0].healed_at, Some(at(30)));

    save(&store, &lock, vec![rejection(7, &["9", "b"])], 40, &Verdict::Accepted).await;
    let again = open(&store).await;
    assert_eq!((again[0].first_seen, again[0].healed_at), (at(40), None), "one that comes back is new");
}

#[tokio::test]
async fn an_accepted_refusal_heals_what_it_came_without() {
    let (store, lock) = memory().await;
    save(&store, &lock, vec![rejection(7, &["9", "b"])], 10, &Verdict::Accepted).await;
    let other = with(vec![rejection(7, &["9", "c"])]);
    let refused = Verdict::Refused("a test".into());
    let id = store.save_delivery(&lock, &other, at(20), &refused).await.unwrap();
    assert_eq!(open(&store).await.len(), 2);
    store.accept_delivery(&lock, id, &accepted(&cmis(), "", 30)).await.unwrap();
    let rows = open(&store).await;
    assert_eq!(rows.iter().map(|row| row.row[1].as_str()).collect::<Vec<_>>(), ["c"]);
}
