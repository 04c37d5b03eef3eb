//! Deliveries: kept whole, pruned, accepted, compared.

use reconcile::delivery::Figures;
use reconcile::keys::Role;
use store::{StoreError, Verdict};

use crate::support::{accept, accepted, at, cmis, delivery, memory, on_disk};

#[tokio::test]
async fn figures_of_the_accepted_delivery_are_those_of_its_rows() {
    let (store, lock) = memory().await;
    assert_eq!(store.accepted_figures(&cmis()).await.unwrap(), None);
    accept(&store, &lock, &["ANTH1014 1 a b t!", "BIOL2000"], 10).await;
    let expected = Figures { modules: 2, groups: 1, students: 2, tutors: 1, rejections: 0 };
    assert_eq!(store.accepted_figures(&cmis()).await.unwrap(), Some(expected));
}

#[tokio::test]
async fn a_refused_delivery_changes_nothing_until_a_person_accepts_it() {
    let (store, lock) = memory().await;
    accept(&store, &lock, &["ANTH1014 1 a b"], 10).await;
    let before = store.accepted_figures(&cmis()).await.unwrap();
    let doubted = Verdict::Refused("it is empty".into());
    let refused = store.save_delivery(&lock, &delivery(&["ANTH1014"]), at(20), &doubted).await.unwrap();
    assert_eq!(store.accepted_figures(&cmis()).await.unwrap(), before);

    store.accept_delivery(&lock, refused, &accepted(&cmis(), "the term is over", 30)).await.unwrap();
    assert_eq!(store.accepted_figures(&cmis()).await.unwrap().unwrap().groups, 0);
    let newest = &store.deliveries(1).await.unwrap()[0];
    assert_eq!(newest.accepted_by, Some(("ada".into(), "the term is over".into())));
    assert_eq!(&*newest.doubts, "it is empty");
    assert_eq!(&*store.audit(1).await.unwrap()[0].reason, "the term is over");
}

#[tokio::test]
async fn an_older_refused_delivery_cannot_be_accepted_over_a_newer_one() {
    let (store, lock) = memory().await;
    let doubted = Verdict::Refused("it shrank".into());
    let refused = store.save_delivery(&lock, &delivery(&["ANTH1014"]), at(10), &doubted).await.unwrap();
    accept(&store, &lock, &["ANTH1014 1 a b"], 20).await;
    let error = store.accept_delivery(&lock, refused, &accepted(&cmis(), "", 30)).await.unwrap_err();
    assert!(matches!(error, StoreError::Missing { .. }), "{error}");
}

#[tokio::test]
async fn the_same_delivery_again_adds_a_line_and_no_rows() {
    let (place, store, lock) = on_disk().await;
    let first = accept(&store, &lock, &["ANTH1014 1 a b", "ANTH1014 2 c"], 10).await;
    let again = accept(&store, &lock, &["ANTH1014 2 c", "ANTH1014 1 b a"], 20).await;
    let rows = store.deliveries(10).await.unwrap();
    assert_eq!((rows[0].id, rows[0].rows_of, rows[0].received_at), (again, Some(first), at(20)));
    assert_eq!(place.rows("SELECT * FROM source_groups").await.len(), 2);
    assert_eq!(place.rows("SELECT * FROM source_members").await.len(), 3);
}

#[tokio::test]
async fn the_newest_accepted_deliveries_keep_their_rows_and_nobody_else_is_remembered() {
    let (place, store, lock) = on_disk().await;
    let store = store.keeping_deliveries(2);
    let mut ids = Vec::new();
    for (now, line) in ["M 1 a", "M 1 a b", "M 1 a c", "M 1 a c", "M 1 a d"].iter().enumerate() {
        ids.push(accept(&store, &lock, &[line], i64::try_from(now).unwrap()).await);
    }
    let kept: Vec<bool> =
        store.deliveries(10).await.unwrap().iter().rev().map(|row| row.rows_of.is_some()).collect();
    assert_eq!(kept, [false, false, true, true, true]);
    assert_eq!(place.list("SELECT person FROM persons", &["person"]).await, ["a", "c", "d"]);
    let error = store.delivery_difference(ids[0], ids[4]).await.unwrap_err();
    assert!(matches!(error, StoreError::Missing { .. }), "{error}");
}

#[tokio::test]
async fn a_refused_delivery_keeps_its_rows_beside_the_accepted_ones() {
    let (store, lock) = memory().await;
    let store = store.keeping_deliveries(1);
    accept(&store, &lock, &["M 1 a b"], 10).await;
    let doubted = Verdict::Refused("it shrank".into());
    store.save_delivery(&lock, &delivery(&["M 1 a"]), at(20), &doubted).await.unwrap();
    store.save_delivery(&lock, &delivery(&["M 1 b"]), at(30), &doubted).await.unwrap();
    let kept: Vec<bool> =
        store.deliveries(10).await.unwrap().iter().map(|row| row.rows_of.is_some()).collect();
    assert_eq!(kept, [true, false, true], "the newest refused one may still be accepted");
}

#[tokio::test]
async fn the_difference_names_what_came_went_and_changed() {
    let (store, lock) = memory().await;
    let first = accept(&store, &lock, &["M 1 a b x!", "M 2 c", "M 3 d"], 10).await;
    let mut second = delivery(&["M 1 a e b! x!", "M 3 d", "M 4 f"]);
    second.groups[1].name = "Renamed".into();
    let second = store.save_delivery(&lock, &second, at(20), &Verdict::Accepted).await.unwrap();

    let difference = store.delivery_difference(first, second).await.unwrap();
    let ids = |groups: &[reconcile::delivery::DeliveredGroup]| {
        groups.iter().map(|group| group.id.to_string()).collect::<Vec<_>>()
    };
    let people = |members: &[store::Membership]| {
        members.iter().map(|member| format!("{} {}", member.group, member.person)).collect::<Vec<_>>()
    };
    assert_eq!(ids(&difference.groups_added), ["4"]);
    assert_eq!(ids(&difference.groups_removed), ["2"]);
    assert_eq!(difference.groups_changed.len(), 1);
    assert_eq!(&*difference.groups_changed[0].0.name, "Group 3");
    assert_eq!(&*difference.groups_changed[0].1.name, "Renamed");
    assert_eq!(people(&difference.members_added), ["1 e", "4 f"]);
    assert_eq!(people(&difference.members_removed), ["2 c"]);
    assert_eq!(people(&difference.members_changed), ["1 b"]);
    assert_eq!(difference.members_changed[0].role, Role::Tutor);
    let nothing = store.delivery_difference(first, first).await.unwrap();
    assert_eq!(nothing, store::DeliveryDifference::default());
}

#[tokio::test]
async fn the_views_with_the_old_names_show_the_newest_accepted_delivery() {
    let (place, store, lock) = on_disk().await;
    accept(&store, &lock, &["OLD 9 z"], 10).await;
    accept(&store, &lock, &["ANTH1014 1 a t!", "ANTH1014 2"], 20).await;
    let refused = Verdict::Refused("a test".into());
    store.save_delivery(&lock, &delivery(&["NEW 8 y"]), at(30), &refused).await.unwrap();
    let dump =
        place.list("SELECT * FROM cmis_groups_dump", &["modulecode", "groupid", "person", "role"]).await;
    assert_eq!(dump, ["ANTH1014 1 a student", "ANTH1014 1 t tutor", "ANTH1014 2 - -"]);
    let groups = place.list("SELECT * FROM cmis_groups", &["groupid", "groupname"]).await;
    assert_eq!(groups, ["1 Group 1", "2 Group 2"]);
}
