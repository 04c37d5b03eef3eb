//! Snapshots: what a plan is made from.

use std::sync::Arc;

use reconcile::delivery::Rejection;
use reconcile::keys::{CourseId, Role};
use reconcile::snapshot::{Exception, ExceptionKind, Presence, Wish};
use store::{MappingKey, MappingSettings, RunLock, Store, Verdict};

use crate::support::{
    COURSE, accept, add, at, begin, change, cmis, create, delivery, memory, plan, rejection,
};

async fn world() -> (Store, RunLock) {
    let (store, lock) = memory().await;
    accept(&store, &lock, &["M 1 a b t!", "M 2 a", "EMPTY", "UNMAPPED 9 z"], 10).await;
    for module in ["M", "EMPTY", "ABSENT"] {
        let key = MappingKey { course: COURSE, source: cmis(), module: module.into() };
        store.set_mapping(&key, &MappingSettings::default(), &change(&cmis())).await.unwrap();
    }
    (store, lock)
}

#[tokio::test]
async fn a_snapshot_holds_the_mapped_modules_and_tells_empty_from_absent() {
    let (store, _lock) = world().await;
    let snapshot = store.snapshots(&[COURSE], &cmis(), at(20)).await.unwrap().remove(0);
    assert_eq!(snapshot.course, COURSE);
    assert!(snapshot.mappings.iter().all(|mapping| mapping.wish == Wish::Want && mapping.course == COURSE));
    let told: Vec<_> = snapshot
        .modules
        .iter()
        .map(|module| (module.module.as_str(), module.presence, module.groups.len(), module.terms.len()))
        .collect();
    assert_eq!(
        told,
        [
            ("ABSENT", Presence::Absent, 0, 1),
            ("EMPTY", Presence::Delivered, 0, 1),
            ("M", Presence::Delivered, 2, 1)
        ]
    );
    let group = snapshot.modules[2].groups.iter().find(|group| group.id.as_str() == "1").unwrap();
    assert_eq!(
        (&*group.code, &*group.name, &*group.kind, &*group.term),
        ("C1", "Group 1", "tutorial", "2026-T1")
    );
    let mut people: Vec<_> =
        group.members.iter().map(|member| (member.person.as_str(), member.role)).collect();
    people.sort_unstable();
    assert_eq!(people, [("a", Role::Student), ("b", Role::Student), ("t", Role::Tutor)]);
}

#[tokio::test]
async fn one_person_is_one_text_in_all_groups() {
    let (store, _lock) = world().await;
    let snapshot = store.snapshots(&[COURSE], &cmis(), at(20)).await.unwrap().remove(0);
    let members = snapshot.modules[2].groups.iter().flat_map(|group| &group.members);
    let texts: Vec<_> =
        members.filter(|member| member.person.as_str() == "a").map(|member| &member.person.0).collect();
    assert_eq!(texts.len(), 2);
    assert!(Arc::ptr_eq(texts[0], texts[1]));
}

#[tokio::test]
async fn snapshots_come_in_the_order_asked_for_also_of_unknown_courses() {
    let (store, _lock) = world().await;
    let asked = [CourseId(7), COURSE, CourseId(8)];
    let snapshots = store.snapshots(&asked, &cmis(), at(20)).await.unwrap();
    assert_eq!(snapshots.iter().map(|snapshot| snapshot.course).collect::<Vec<_>>(), asked);
    assert!(snapshots[0].mappings.is_empty() && snapshots[0].modules.is_empty());
}

#[tokio::test]
async fn a_refused_or_superseded_delivery_says_nothing() {
    let (store, lock) = world().await;
    let refused = store::Verdict::Refused("a test".into());
    store.save_delivery(&lock, &crate::support::delivery(&["ABSENT 5 q"]), at(30), &refused).await.unwrap();
    accept(&store, &lock, &["M 1 a"], 40).await;
    let snapshot = store.snapshots(&[COURSE], &cmis(), at(50)).await.unwrap().remove(0);
    let groups: Vec<_> =
        snapshot.modules.iter().map(|module| (module.presence, module.groups.len())).collect();
    assert_eq!(groups, [(Presence::Absent, 0), (Presence::Absent, 0), (Presence::Delivered, 1)]);
}

#[tokio::test]
async fn links_and_exceptions_come_with_their_course() {
    let (store, lock) = world().await;
    let exception = Exception {
        source: cmis(),
        module: "M".into(),
        group: "1".into(),
        person: "z".into(),
        kind: ExceptionKind::Exclude,
        owner: "Ada Invented".into(),
        reason: "asked for it".into(),
    };
    store.add_exception(&exception, None, "ada", at(20)).await.unwrap();
    let run = begin(&store, &lock, 20).await;
    let operations = [create("1"), add("1", 5)];
    store.record_plan(&lock, run, &[plan(operations.to_vec())]).await.unwrap();
    store.sent(&lock, run, &[(1, &operations[0]), (2, &operations[1])]).await.unwrap();
    let snapshot = store.snapshots(&[COURSE], &cmis(), at(30)).await.unwrap().remove(0);
    assert_eq!(snapshot.exceptions, [exception]);
    assert_eq!(snapshot.links, store.links(&[COURSE]).await.unwrap()[&COURSE]);
    assert_eq!(snapshot.links.groups.values().next().unwrap().members.len(), 1);
}

#[tokio::test]
async fn a8_a_rejected_row_says_what_it_blocks_until_it_is_mended() {
    let (store, lock) = memory().await;
    let key = MappingKey { course: COURSE, source: cmis(), module: "ANTH1014".into() };
    store.set_mapping(&key, &MappingSettings::default(), &change(&cmis())).await.unwrap();
    let mut broken = delivery(&["ANTH1014 1 p1"]);
    broken.rejections.push(rejection(7, &["1", "p2"]));
    broken.rejections.push(Rejection { person: None, ..rejection(8, &["2", ""]) });
    store.save_delivery(&lock, &broken, at(100), &Verdict::Accepted).await.unwrap();
    let rejected =
        async || store.snapshots(&[COURSE], &cmis(), at(200)).await.unwrap()[0].modules[0].rejected.clone();
    let seen = rejected().await;
    assert!(seen.name_person(&"1".into(), &"p2".into()) && !seen.name_person(&"1".into(), &"p3".into()));
    assert!(seen.name_group(&"2".into()) && !seen.name_group(&"1".into()));
    accept(&store, &lock, &["ANTH1014 1 p1 p2"], 300).await;
    assert_eq!(rejected().await, Default::default());
}
