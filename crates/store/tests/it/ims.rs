//! What student systems push: items and calls are kept or undone whole, and no site sees another.

use std::collections::BTreeSet;

use store::ims::{
    CallLimits, GroupContent, GroupKind, MembershipContent, MessageFilter, MessageOutcome, NewAccount,
    NewMessage, ObjectKind, SiteId, Writing,
};
use store::{Store, Timestamp};

use crate::support::{at, memory, on_disk, owner};

/// A store with two sites; each has the root `root`.
async fn sites() -> (Store, [SiteId; 2]) {
    let (store, _lock) = memory().await;
    let sites = add_sites(&store).await;
    (store, sites)
}

async fn add_sites(store: &Store) -> [SiteId; 2] {
    for site in ["one", "two"] {
        let new = NewAccount {
            name: site.into(),
            site: site.into(),
            root_key: "root".into(),
            root_body: "<root/>".into(),
            hash: "a hash".into(),
            limits: CallLimits { at_once_max: 1, per_minute_max: 0 },
        };
        store.add_account(&new, "ada", "a test", at(1)).await.unwrap();
    }
    let sites = store.sites().await.unwrap();
    [sites[0].id, sites[1].id]
}

async fn add(site: &mut Writing, key: &str, parent: &str, kind: GroupKind) {
    let parent = site.group(parent).await.unwrap().unwrap().id;
    let content = GroupContent { parent, kind, title: key.into(), body: key.into() };
    site.insert_group(key, &content, at(2)).await.unwrap();
}

async fn is_there(store: &Store, site: SiteId, key: &str) -> bool {
    store.ims_read(site).await.unwrap().group(key).await.unwrap().is_some()
}

#[tokio::test]
async fn an_item_that_is_undone_leaves_nothing_and_its_neighbours_stay() {
    let (store, [one, _]) = sites().await;
    let mut call = store.ims_batch().await.unwrap().call(one).await.unwrap();
    for (key, is_kept) in [("a", true), ("b", false), ("c", true)] {
        call.begin_item().await.unwrap();
        add(&mut call, key, "root", GroupKind::Unspecified).await;
        if is_kept {
            call.keep_item().await.unwrap();
        } else {
            call.undo_item().await.unwrap();
        }
    }
    call.keep_call().await.unwrap().commit().await.unwrap();
    assert_eq!(
        [
            is_there(&store, one, "a").await,
            is_there(&store, one, "b").await,
            is_there(&store, one, "c").await
        ],
        [true, false, true]
    );
}

#[tokio::test]
async fn a_call_that_is_undone_leaves_the_others_of_its_batch() {
    let (store, [one, two]) = sites().await;
    let mut batch = store.ims_batch().await.unwrap();
    for (site, key, is_kept) in [(one, "a", true), (one, "b", false), (two, "c", true)] {
        let mut call = batch.call(site).await.unwrap();
        call.begin_item().await.unwrap();
        add(&mut call, key, "root", GroupKind::Unspecified).await;
        call.keep_item().await.unwrap();
        batch = if is_kept { call.keep_call().await.unwrap() } else { call.undo_call().await.unwrap() };
    }
    // Nothing lasts before the end.
    batch.commit().await.unwrap();
    assert!(is_there(&store, one, "a").await && !is_there(&store, one, "b").await);
    assert!(is_there(&store, two, "c").await && !is_there(&store, one, "c").await);
    let dropped = store.ims_batch().await.unwrap().call(one).await.unwrap();
    drop(dropped);
    assert!(store.ims_batch().await.unwrap().call(SiteId(99)).await.is_err());
}

#[tokio::test]
async fn a_branch_goes_with_its_memberships_and_homes_and_its_courses_stay_apart() {
    let (store, [one, _]) = sites().await;
    let mut call = store.ims_batch().await.unwrap().call(one).await.unwrap();
    add(&mut call, "school", "root", GroupKind::School).await;
    add(&mut call, "course", "school", GroupKind::Course).await;
    add(&mut call, "lab", "course", GroupKind::CourseGroup).await;
    let person = call.insert_person("p", "<p/>", at(2)).await.unwrap();
    for (key, group) in [("m1", "school"), ("m2", "lab"), ("m3", "root")] {
        let group = call.group(group).await.unwrap().unwrap().id;
        let content = MembershipContent { group, person, body: "<m/>".into() };
        call.insert_membership(key, &content, at(2)).await.unwrap();
    }
    let school = call.group("school").await.unwrap().unwrap();
    call.set_home(person, Some(school.id)).await.unwrap();
    let chain: Vec<GroupKind> = {
        let lab = call.group("lab").await.unwrap().unwrap();
        call.chain(lab.id).await.unwrap().iter().map(|standing| standing.kind).collect()
    };
    assert_eq!(chain, [GroupKind::CourseGroup, GroupKind::Course, GroupKind::School, GroupKind::Site]);
    assert_eq!(call.below(school.id).await.unwrap().iter().map(|standing| standing.steps).max(), Some(2));
    call.delete_branch(&school, at(3)).await.unwrap();
    assert_eq!(call.memberships_of_person(person, 9).await.unwrap().len(), 1);
    assert_eq!(call.person("p").await.unwrap().unwrap().home_group, None);
    call.keep_call().await.unwrap().commit().await.unwrap();
    let left = store.ims_courses_left(one).await.unwrap();
    assert_eq!(left.iter().map(|course| &*course.sync_key).collect::<Vec<_>>(), ["course"]);
}

#[tokio::test]
async fn letter_case_counts_in_keys_and_a_key_is_free_in_every_kind() {
    let (store, [one, two]) = sites().await;
    let mut call = store.ims_batch().await.unwrap().call(one).await.unwrap();
    for key in ["a", "A", "ä", "a\u{308}"] {
        add(&mut call, key, "root", GroupKind::Unspecified).await;
        call.insert_person(key, "<p/>", at(2)).await.unwrap();
    }
    call.rename(ObjectKind::Group, "old", "new", at(3)).await.unwrap();
    call.rename(ObjectKind::Group, "old", "newer", at(4)).await.unwrap();
    assert_eq!(call.renamed(ObjectKind::Group, "old").await.unwrap().as_deref(), Some("newer"));
    assert_eq!(call.renamed(ObjectKind::Person, "old").await.unwrap(), None);
    call.keep_call().await.unwrap().commit().await.unwrap();
    assert_eq!(store.ims_read(two).await.unwrap().renamed(ObjectKind::Group, "old").await.unwrap(), None);
    let page = store.ims_read(one).await.unwrap().person_page(Timestamp(0), 1, 2).await.unwrap();
    assert_eq!((page.count, &*page.persons[0].sync_key, page.persons.len()), (4, "A", 2));
}

/// A message in which S17 is told beside S170.
fn message() -> NewMessage {
    NewMessage {
        at: at(4),
        account: None,
        sender: "pusher".into(),
        operation: "deletePerson".into(),
        message_identifier: "".into(),
        repeat_key: None,
        body_hash: None,
        outcome: MessageOutcome::Done,
        detail: "".into(),
        items: 1,
        successes: 1,
        warnings: 0,
        failures: 0,
        duration_us: 1,
        request_bytes: 1,
        statuses: None,
        notes: "S17 is gone, S170 is not".into(),
        body: Some("<person>S17</person>".into()),
    }
}

#[tokio::test]
async fn n11_a_person_who_was_pushed_is_told_and_erased_once_the_student_system_has_let_go() {
    let (store, [one, _]) = sites().await;
    let mut call = store.ims_batch().await.unwrap().call(one).await.unwrap();
    let person = call.insert_person("S16", "<p/>", at(2)).await.unwrap();
    let group = call.root().await.unwrap().id;
    call.insert_membership("m1", &MembershipContent { group, person, body: "<m/>".into() }, at(2))
        .await
        .unwrap();
    call.rename(ObjectKind::Person, "S16", "S17", at(3)).await.unwrap();
    call.keep_call().await.unwrap().commit().await.unwrap();
    store.record_messages(&[message()]).await.unwrap();
    let held = store.held_about(&"S17".into()).await.unwrap();
    let places: Vec<_> = held.iter().map(|held| (held.place, held.is_current)).collect();
    assert_eq!(
        places,
        [
            ("people whom student systems pushed", true),
            ("memberships that student systems pushed", true),
            ("keys that student systems changed", false),
            ("messages of student systems", false)
        ]
    );
    let mut call = store.ims_batch().await.unwrap().call(one).await.unwrap();
    call.delete_person(person).await.unwrap();
    call.keep_call().await.unwrap().commit().await.unwrap();
    let lock = store.lock(&owner("test")).await.unwrap();
    let erased = store.erase_person(&lock, &"S17".into(), "ada", "asked", at(5)).await.unwrap();
    assert_eq!(store.held_about(&"S17".into()).await.unwrap(), []);
    let kept =
        &store.messages(&MessageFilter { limit: 1, ..MessageFilter::default() }).await.unwrap()[0].message;
    let name = erased.pseudonym;
    assert_eq!(*kept.notes, format!("{name} is gone, S170 is not"));
    assert_eq!(kept.body.as_deref(), Some(format!("<person>{name}</person>").as_str()));
    // What was not kept is not kept now either.
    assert_eq!(kept.statuses, None);
}

#[tokio::test]
async fn a_version_rises_with_every_call_that_writes_whichever_process_it_is() {
    let (place, one, _lock) = on_disk().await;
    let other = Store::open(place.url()).await.unwrap();
    let [site, neighbour] = add_sites(&one).await;
    let both = BTreeSet::from([site, neighbour]);
    let mut versions = one.ims_versions();
    let first = versions.now(&both).await.unwrap();
    assert_eq!(first.len(), 2);
    let mut seen = vec![first[&site]];
    for (key, writer) in [("a", &other), ("b", &one), ("c", &other)] {
        let mut call = writer.ims_batch().await.unwrap().call(site).await.unwrap();
        add(&mut call, key, "root", GroupKind::Unspecified).await;
        let batch = call.keep_call().await.unwrap();
        assert_eq!(versions.now(&both).await.unwrap()[&site], *seen.last().unwrap(), "before the commit");
        batch.commit().await.unwrap();
        let now = versions.now(&both).await.unwrap();
        assert!(now[&site] > *seen.last().unwrap(), "after {key}");
        assert_eq!(now[&neighbour], first[&neighbour]);
        seen.push(now[&site]);
    }
    assert_eq!(versions.now(&BTreeSet::from([SiteId(0)])).await.unwrap().len(), 0, "there is no such site");
    let undone = other.ims_batch().await.unwrap().call(site).await.unwrap().undo_call().await.unwrap();
    undone.commit().await.unwrap();
    assert_eq!(versions.now(&both).await.unwrap()[&site], *seen.last().unwrap(), "nothing was written");
}
