//! What student systems push: items and calls are kept or undone whole, and no site sees another.

use store::ims::{
    CallLimits, GroupContent, GroupKind, MembershipContent, NewAccount, ObjectKind, SiteId, Writing,
};
use store::{Store, Timestamp};

use crate::support::at;

/// A store with two sites; each has the root `root`.
async fn sites() -> (Store, [SiteId; 2]) {
    let store = Store::open("sqlite::memory:").await.unwrap();
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
    (store, [sites[0].id, sites[1].id])
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
    call.note_rename(ObjectKind::Group, "old", "new", at(3)).await.unwrap();
    call.note_rename(ObjectKind::Group, "old", "newer", at(4)).await.unwrap();
    assert_eq!(call.renamed(ObjectKind::Group, "old").await.unwrap().as_deref(), Some("newer"));
    assert_eq!(call.renamed(ObjectKind::Person, "old").await.unwrap(), None);
    call.keep_call().await.unwrap().commit().await.unwrap();
    assert_eq!(store.ims_read(two).await.unwrap().renamed(ObjectKind::Group, "old").await.unwrap(), None);
    let page = store.ims_read(one).await.unwrap().person_page(Timestamp(0), 1, 2).await.unwrap();
    assert_eq!((page.count, &*page.persons[0].sync_key, page.persons.len()), (4, "A", 2));
}
