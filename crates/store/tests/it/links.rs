//! Links: the same changes give the same links in tables and in memory.

use std::collections::BTreeMap;

use proptest::prelude::*;
use reconcile::keys::{CourseId, GroupId, GroupKey, GroupingId, GroupingKey, Part, Role, UserId};
use reconcile::link::{CourseLinks, GroupLink, GroupingLink, LinkChange, LinkState, MemberLink};
use reconcile::plan::Ours;

use crate::place::server;
use crate::support::{COURSE, cmis, key, memory};

fn a_key() -> impl Strategy<Value = GroupKey> {
    (0..2usize, 0..3u8, any::<bool>()).prop_map(|(module, group, tutors)| GroupKey {
        part: if tutors { Part::Tutors } else { Part::Everyone },
        ..key(["M", "N"][module], &group.to_string())
    })
}

fn a_state() -> impl Strategy<Value = LinkState> {
    prop_oneof![
        Just(LinkState::Intended),
        Just(LinkState::Confirmed),
        Just(LinkState::Removing),
        Just(LinkState::Archived)
    ]
}

fn a_group_link() -> impl Strategy<Value = GroupLink> {
    (proptest::option::of(1..99i64), "[a-z\"'\u{1}]{0,3}", a_state()).prop_map(|(id, name, state)| {
        GroupLink {
            id: id.map(GroupId),
            idnumber: format!("muster:{name}").into(),
            name_applied: name.as_str().into(),
            name_shown: format!("{name} shown").into(),
            term: "2026-T1".into(),
            state,
            // The store ignores the members of a new link, as memory does.
            members: BTreeMap::new(),
        }
    })
}

fn a_grouping_link() -> impl Strategy<Value = GroupingLink> {
    (proptest::option::of(1..99i64), a_state()).prop_map(|(id, state)| GroupingLink {
        id: id.map(GroupingId),
        idnumber: "muster:cmis:M".into(),
        name_applied: "M".into(),
        name_shown: "N".into(),
        state,
    })
}

fn a_member_link() -> impl Strategy<Value = MemberLink> {
    (0..9u8, any::<bool>(), a_state()).prop_map(|(person, tutor, state)| MemberLink {
        person: person.to_string().as_str().into(),
        role: if tutor { Role::Tutor } else { Role::Student },
        state,
    })
}

fn a_change() -> impl Strategy<Value = LinkChange> {
    let grouping_key =
        || (0..2usize).prop_map(|module| GroupingKey { source: cmis(), module: ["M", "N"][module].into() });
    let user = || (1..4i64).prop_map(UserId);
    prop_oneof![
        1 => (grouping_key(), a_grouping_link()).prop_map(|(key, link)| LinkChange::PutGrouping { key, link }),
        1 => grouping_key().prop_map(|key| LinkChange::DropGrouping { key }),
        4 => (a_key(), a_group_link())
            .prop_map(|(key, link)| LinkChange::PutGroup { key, link: Box::new(link) }),
        2 => (a_key(), a_key()).prop_map(|(from, to)| LinkChange::MoveGroup { from, to }),
        1 => (a_key(), a_state()).prop_map(|(key, state)| LinkChange::MarkGroup { key, state }),
        1 => a_key().prop_map(|key| LinkChange::DropGroup { key }),
        6 => (a_key(), user(), a_member_link())
            .prop_map(|(group, user, link)| LinkChange::PutMember { group, user, link }),
        2 => (a_key(), user()).prop_map(|(group, user)| LinkChange::DropMember { group, user }),
    ]
}

/// Each case has a database of its own, which a server takes its time to make.
fn cases() -> u32 {
    if server().is_some() { 16 } else { 96 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_changes_give_the_same_links_in_tables_and_in_memory(
        changes in proptest::collection::vec((1..3i64, a_change()), 1..60),
        split in 0..60usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (store, lock) = memory().await;
            let mut in_memory: BTreeMap<CourseId, CourseLinks> =
                (1..3).map(|course| (CourseId(course), CourseLinks::default())).collect();
            let changes: Vec<_> =
                changes.into_iter().map(|(course, change)| (CourseId(course), change)).collect();
            for (course, change) in &changes {
                in_memory.entry(*course).or_default().change(change.clone());
            }
            let (first, second) = changes.split_at(split.min(changes.len()));
            store.apply_link_changes(&lock, first).await.unwrap();
            store.apply_link_changes(&lock, second).await.unwrap();
            let in_tables = store.links(&[CourseId(1), CourseId(2)]).await.unwrap();
            assert_eq!(in_tables, in_memory);
        });
    }
}

#[tokio::test]
async fn totals_count_groups_and_members_by_source() {
    let (store, lock) = memory().await;
    let group = |source: &str, group: &str| GroupKey { source: source.into(), ..key("M", group) };
    let link = GroupLink {
        id: Some(GroupId(1)),
        idnumber: "".into(),
        name_applied: "".into(),
        name_shown: "".into(),
        term: "".into(),
        state: LinkState::Confirmed,
        members: BTreeMap::new(),
    };
    let member = |user: i64| MemberLink {
        person: user.to_string().as_str().into(),
        role: Role::Student,
        state: LinkState::Confirmed,
    };
    let put = |key: GroupKey| (COURSE, LinkChange::PutGroup { key, link: Box::new(link.clone()) });
    let join = |group: GroupKey, user| {
        (COURSE, LinkChange::PutMember { group, user: UserId(user), link: member(user) })
    };
    let changes = [
        put(group("cmis", "1")),
        put(group("cmis", "2")),
        put(group("other", "1")),
        join(group("cmis", "1"), 5),
        join(group("cmis", "1"), 6),
        join(group("other", "1"), 5),
        join(group("none", "1"), 5),
    ];
    store.apply_link_changes(&lock, &changes).await.unwrap();
    let totals = store.totals().await.unwrap();
    assert_eq!(totals.sources[&"cmis".into()], Ours { groups: 2, members: 2 });
    assert_eq!(totals.sources[&"other".into()], Ours { groups: 1, members: 1 });
}
