//! What student systems pushed, as a source: its deliveries, the keys that changed, and the modules that were touched.
//!
//! Not here: where each key went (`reconcile::new_keys`), and what the rows mean (`app`).

use reconcile::keys::{CourseId, GroupId, GroupKey, GroupingId, GroupingKey, Part, Role, UserId};
use reconcile::link::{GroupLink, GroupingLink, LinkChange, LinkState, MemberLink};
use reconcile::snapshot::{Exception, ExceptionKind};
use store::ims::{CallLimits, NewAccount, ObjectKind, Pushed, PushedKeys, SiteId};
use store::{
    DeliveryId, MappingFilter, MappingKey, MappingSettings, PushedDelivery, RunLock, Store, Verdict,
};

use crate::support::{COURSE, accepted, at, change, cmis, delivery, memory};

const BOTH: PushedKeys = PushedKeys { modules: true, persons: true };

async fn site(store: &Store) -> SiteId {
    let new = NewAccount {
        name: "sis".into(),
        site: "campus".into(),
        root_key: "root".into(),
        root_body: "<root/>".into(),
        hash: "a hash".into(),
        limits: CallLimits { at_once_max: 1, per_minute_max: 0 },
    };
    store.add_account(&new, "ada", "a test", at(1)).await.unwrap();
    store.sites().await.unwrap()[0].id
}

/// A call of the student system that changes keys.
async fn rename(store: &Store, site: SiteId, object: ObjectKind, changes: &[(&str, &str)]) {
    let mut call = store.ims_batch().await.unwrap().call(site).await.unwrap();
    for (before, after) in changes {
        call.rename(object, before, after, at(2)).await.unwrap();
    }
    call.keep_call().await.unwrap().commit().await.unwrap();
}

/// Saves a delivery as an import does.
async fn push(
    store: &Store,
    lock: &RunLock,
    keys: PushedKeys,
    lines: &[&str],
    verdict: &Verdict,
) -> DeliveryId {
    let mut teaching = store.ims_teaching("campus").await.unwrap().unwrap();
    let pushed = teaching.pushed(keys).await.unwrap();
    drop(teaching);
    let pushed = PushedDelivery { pushed, default_source: &cmis() };
    store.save_pushed_delivery(lock, &delivery(lines), pushed, at(10), verdict).await.unwrap()
}

/// Two groups of ours, 1 and 2 of the module M, with one person each; a mapping, and an exception for each.
async fn ours(store: &Store, lock: &RunLock) {
    let mapping = MappingKey { course: COURSE, source: cmis(), module: "M".into() };
    store.set_mapping(&mapping, &MappingSettings::default(), &change(&cmis())).await.unwrap();
    let grouping = GroupingKey { source: cmis(), module: "M".into() };
    let link = GroupingLink {
        id: Some(GroupingId(5)),
        idnumber: grouping.idnumber(),
        name_applied: "M".into(),
        name_shown: "M".into(),
        state: LinkState::Confirmed,
    };
    let mut changes = vec![LinkChange::PutGrouping { key: grouping, link }];
    for (group, person) in [("1", "p1"), ("2", "p2")] {
        let key = GroupKey { source: cmis(), module: "M".into(), group: group.into(), part: Part::Everyone };
        let link = GroupLink {
            id: group.parse().ok().map(GroupId),
            idnumber: key.idnumber(),
            name_applied: group.into(),
            name_shown: group.into(),
            term: "".into(),
            state: LinkState::Confirmed,
            members: [].into(),
        };
        let member = MemberLink { person: person.into(), role: Role::Student, state: LinkState::Confirmed };
        changes.push(LinkChange::PutGroup { key: key.clone(), link: Box::new(link) });
        changes.push(LinkChange::PutMember { group: key, user: UserId(7), link: member });
        let exception = Exception {
            source: cmis(),
            module: "M".into(),
            group: group.into(),
            person: "p1".into(),
            kind: ExceptionKind::Include,
            owner: "ada".into(),
            reason: "".into(),
        };
        store.add_exception(&exception, None, "ada", at(5)).await.unwrap();
    }
    let changes: Vec<_> = changes.into_iter().map(|change| (COURSE, change)).collect();
    store.apply_link_changes(lock, &changes).await.unwrap();
}

/// What is ours, one line for each mapping, link and exception.
async fn check_ours(store: &Store, expected: &[&str]) {
    let mut told: Vec<String> = Vec::new();
    for row in store.mappings(&MappingFilter::default(), &cmis()).await.unwrap() {
        told.push(format!("mapping {}", row.key.module));
    }
    let links = store.links(&[COURSE]).await.unwrap().remove(&COURSE).unwrap();
    told.extend(links.groupings.keys().map(|key| format!("grouping {}", key.module)));
    for (key, link) in links.groups {
        let people: Vec<_> = link.members.values().map(|member| member.person.to_string()).collect();
        told.push(format!(
            "{} of {}: group {} with {}",
            key.group,
            key.module,
            link.id.unwrap(),
            people.join(" ")
        ));
    }
    for row in store.exceptions().await.unwrap() {
        let Exception { module, group, person, .. } = row.exception;
        told.push(format!("exception {module} {group} {person}"));
    }
    assert_eq!(told, expected);
}

const BEFORE: [&str; 6] = [
    "mapping M",
    "grouping M",
    "1 of M: group 1 with p1",
    "2 of M: group 2 with p2",
    "exception M 1 p1",
    "exception M 2 p1",
];

#[tokio::test]
async fn what_is_ours_follows_keys_that_were_exchanged_and_changed() {
    let (store, lock) = memory().await;
    let site = site(&store).await;
    push(&store, &lock, BOTH, &["M 1 p1", "M 2 p2"], &Verdict::Accepted).await;
    ours(&store, &lock).await;
    rename(&store, site, ObjectKind::Group, &[("1", "t"), ("2", "1"), ("t", "2"), ("M", "N")]).await;
    rename(&store, site, ObjectKind::Person, &[("p1", "p9")]).await;
    rename(&store, site, ObjectKind::Membership, &[("p2", "p3")]).await;
    push(&store, &lock, BOTH, &["N 2 p9", "N 1 p2"], &Verdict::Accepted).await;
    let after = [
        "mapping N",
        "grouping N",
        "1 of N: group 2 with p2",
        "2 of N: group 1 with p9",
        "exception N 1 p9",
        "exception N 2 p9",
    ];
    check_ours(&store, &after).await;
    // What was followed once is not followed again.
    push(&store, &lock, BOTH, &["N 2 p9", "N 1 p2", "X"], &Verdict::Accepted).await;
    check_ours(&store, &after).await;
}

#[tokio::test]
async fn only_what_is_called_by_sync_keys_follows() {
    let (store, lock) = memory().await;
    let site = site(&store).await;
    let neither = PushedKeys::default();
    push(&store, &lock, neither, &["M 1 p1", "M 2 p2"], &Verdict::Accepted).await;
    ours(&store, &lock).await;
    rename(&store, site, ObjectKind::Group, &[("M", "N")]).await;
    rename(&store, site, ObjectKind::Person, &[("p1", "p9")]).await;
    push(&store, &lock, neither, &["M 1 p1", "M 2 p2", "X"], &Verdict::Accepted).await;
    check_ours(&store, &BEFORE).await;
}

#[tokio::test]
async fn a_refused_delivery_is_followed_when_a_person_accepts_it() {
    let (store, lock) = memory().await;
    let site = site(&store).await;
    push(&store, &lock, BOTH, &["M 1 p1", "M 2 p2"], &Verdict::Accepted).await;
    ours(&store, &lock).await;
    rename(&store, site, ObjectKind::Group, &[("1", "9")]).await;
    let refused = push(&store, &lock, BOTH, &["M 9 p1"], &Verdict::Refused("it shrank".into())).await;
    check_ours(&store, &BEFORE).await;
    store.accept_delivery(&lock, refused, &accepted(&cmis(), "it is right", 30)).await.unwrap();
    let after = [
        "mapping M",
        "grouping M",
        "2 of M: group 2 with p2",
        "9 of M: group 1 with p1",
        "exception M 2 p1",
        "exception M 9 p1",
    ];
    check_ours(&store, &after).await;
}

#[tokio::test]
async fn a13_modules_that_changed_are_touched_until_a_run_has_carried_them_out() {
    let (store, lock) = memory().await;
    let site = site(&store).await;
    let check = async |writes, writes_imported, courses: &[i64]| {
        let state = store.live_state(&cmis(), "campus").await.unwrap().unwrap();
        assert_eq!((state.writes, state.writes_imported), (writes, writes_imported));
        let touched = store.touched_courses(&cmis()).await.unwrap();
        assert_eq!(
            touched.into_iter().collect::<Vec<_>>(),
            courses.iter().copied().map(CourseId).collect::<Vec<_>>()
        );
        assert_eq!(state.has_touched, !courses.is_empty());
    };
    for (course, module) in [(1, "M"), (2, "N"), (3, "O")] {
        let key = MappingKey { course: CourseId(course), source: cmis(), module: module.into() };
        store.set_mapping(&key, &MappingSettings::default(), &change(&cmis())).await.unwrap();
    }
    assert_eq!(store.live_state(&cmis(), "elsewhere").await.unwrap(), None);
    rename(&store, site, ObjectKind::Group, &[]).await;
    check(1, None, &[]).await;
    push(&store, &lock, BOTH, &["M 1 p1", "N 2 p2"], &Verdict::Accepted).await;
    check(1, Some(1), &[1, 2]).await;
    store.forget_touched(&lock).await.unwrap();
    check(1, Some(1), &[]).await;
    rename(&store, site, ObjectKind::Group, &[]).await;
    check(2, Some(1), &[]).await;
    // One that changed, one that is gone, one that is new; then none.
    push(&store, &lock, BOTH, &["M 1 p1 p2", "O"], &Verdict::Accepted).await;
    check(2, Some(2), &[1, 2, 3]).await;
    store.forget_touched(&lock).await.unwrap();
    push(&store, &lock, BOTH, &["M 1 p1 p2", "O"], &Verdict::Accepted).await;
    push(&store, &lock, BOTH, &["M 1 p1 p2"], &Verdict::Refused("it shrank".into())).await;
    check(2, Some(2), &[]).await;
}

#[tokio::test]
async fn a_delivery_says_from_which_state_it_was_read() {
    let (store, _lock) = memory().await;
    let site = site(&store).await;
    rename(&store, site, ObjectKind::Group, &[("1", "2"), ("2", "3")]).await;
    let mut teaching = store.ims_teaching("campus").await.unwrap().unwrap();
    let keys = PushedKeys { modules: true, persons: false };
    assert_eq!(teaching.pushed(keys).await.unwrap(), Pushed { site, writes: 1, rename: 2, keys });
    drop(teaching);
    assert!(store.ims_teaching("elsewhere").await.unwrap().is_none());
}
