//! An invented timetable and a few short ways to build what the store is given.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::place::{Place, server};
use reconcile::delivery::{DeliveredGroup, DeliveredMember, Delivery, Rejection, Rule};
use reconcile::keys::{CourseId, GroupId, GroupKey, Part, PersonKey, Role, SourceName, UserId};
use reconcile::operation::{Because, Change, GroupHead, Operation};
use reconcile::plan::CoursePlan;
use store::{
    Acceptance, LockOwner, MappingChange, NewRun, RunId, RunKind, RunLock, Store, Timestamp, Verdict,
};

pub(crate) const COURSE: CourseId = CourseId(101);

thread_local! {
    /// Places on a server that go when the test's thread ends.
    static PLACES: std::cell::RefCell<Vec<Place>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// A store that nobody else looks into: in memory, or on the server that the tests shall use.
pub(crate) async fn memory() -> (Store, RunLock) {
    if server().is_some() {
        let (place, store, lock) = on_disk().await;
        PLACES.with_borrow_mut(|places| places.push(place));
        return (store, lock);
    }
    let store = Store::open("sqlite::memory:").await.unwrap();
    let lock = store.lock(&owner("test")).await.unwrap();
    (store, lock)
}

/// A store that goes with the first value.
pub(crate) async fn on_disk() -> (Place, Store, RunLock) {
    let place = Place::new().await;
    let store = Store::open(place.url()).await.unwrap();
    let lock = store.lock(&owner("test")).await.unwrap();
    (place, store, lock)
}

pub(crate) fn owner(purpose: &str) -> LockOwner {
    LockOwner {
        program: "muster 0.1.0".into(),
        host: "host.example.ac.uk".into(),
        pid: 4711,
        since: Timestamp(1_000),
        purpose: purpose.into(),
    }
}

pub(crate) fn cmis() -> SourceName {
    "cmis".into()
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds)
}

/// A delivery from lines `module group person…`; a person who ends in `!` is a tutor; a line with only a module names
/// a module without groups.
pub(crate) fn delivery(lines: &[&str]) -> Delivery {
    let mut delivery = Delivery {
        source: cmis(),
        groups: Vec::new(),
        persons: Vec::new(),
        members: Vec::new(),
        modules: BTreeSet::new(),
        rejections: Vec::new(),
    };
    for line in lines {
        let mut words = line.split_whitespace();
        let module = words.next().unwrap();
        let Some(group) = words.next() else {
            delivery.modules.insert(module.into());
            continue;
        };
        delivery.groups.push(DeliveredGroup {
            module: module.into(),
            id: group.into(),
            code: format!("C{group}").into(),
            name: format!("Group {group}").into(),
            kind: "tutorial".into(),
            term: "2026-T1".into(),
        });
        for word in words {
            let key = PersonKey::from(word.trim_end_matches('!'));
            let person = delivery.persons.iter().position(|person| *person == key).unwrap_or_else(|| {
                delivery.persons.push(key);
                delivery.persons.len() - 1
            });
            delivery.members.push(DeliveredMember {
                group: u32::try_from(delivery.groups.len() - 1).unwrap(),
                person: u32::try_from(person).unwrap(),
                role: if word.ends_with('!') { Role::Tutor } else { Role::Student },
            });
        }
    }
    delivery
}

pub(crate) fn rejection(line: u64, row: &[&str]) -> Rejection {
    Rejection {
        table: "members".into(),
        line,
        rule: Rule::UnknownGroup,
        detail: format!("the group {} is not among the groups", row[0]).into(),
        row: row.iter().map(|field| (*field).into()).collect(),
        module: None,
        group: Some(row[0].into()),
        person: Some(row[1].into()),
    }
}

pub(crate) async fn accept(store: &Store, lock: &RunLock, lines: &[&str], now: i64) -> store::DeliveryId {
    store.save_delivery(lock, &delivery(lines), at(now), &Verdict::Accepted).await.unwrap()
}

/// The word of Ada, who accepts a refused delivery.
pub(crate) fn accepted<'a>(source: &'a SourceName, reason: &'a str, now: i64) -> Acceptance<'a> {
    Acceptance { default_source: source, who: "ada", reason, now: at(now) }
}

pub(crate) fn change(source: &SourceName) -> MappingChange<'_> {
    MappingChange { default_source: source, who: "ada", reason: "a test", now: at(50) }
}

pub(crate) async fn begin(store: &Store, lock: &RunLock, now: i64) -> RunId {
    let run = NewRun {
        kind: RunKind::Apply,
        profile: "uat".into(),
        site: "https://moodle.example.ac.uk".into(),
        scope: "".into(),
        started_at: at(now),
    };
    store.begin_run(lock, &run).await.unwrap()
}

pub(crate) fn key(module: &str, group: &str) -> GroupKey {
    GroupKey { source: cmis(), module: module.into(), group: group.into(), part: Part::Everyone }
}

pub(crate) fn head(group: &str, id: Option<i64>) -> Arc<GroupHead> {
    let key = key("ANTH1014", group);
    let (idnumber, name) = (key.idnumber(), format!("Group {group}").into());
    Arc::new(GroupHead { key, idnumber, id: id.map(GroupId), name, term: "2026-T1".into() })
}

pub(crate) fn create(group: &str) -> Operation {
    operation(Change::CreateGroup { group: head(group, None) })
}

pub(crate) fn add(group: &str, user: i64) -> Operation {
    let person = format!("2000{user}").as_str().into();
    operation(Change::AddMember { group: head(group, None), user: UserId(user), person, role: Role::Student })
}

pub(crate) fn remove(group: &str, user: i64) -> Operation {
    let person = format!("2000{user}").as_str().into();
    operation(Change::RemoveMember { group: head(group, Some(70)), user: UserId(user), person })
}

pub(crate) fn delete(group: &str, members: u64) -> Operation {
    operation(Change::DeleteGroup { group: head(group, Some(70)), members })
}

pub(crate) fn operation(change: Change) -> Operation {
    Operation { course: COURSE, change, because: Because::SourceHas }
}

pub(crate) fn plan(operations: Vec<Operation>) -> CoursePlan {
    CoursePlan { course: COURSE, operations, ..CoursePlan::default() }
}

impl Place {
    /// Rows as another program reads them, sorted, each told by some of its columns; `-` for nothing.
    pub(crate) async fn list(&self, sql: &str, columns: &[&str]) -> Vec<String> {
        let rows = self.rows(sql).await;
        let told = rows.iter().map(|row| {
            let column = |wanted: &&str| {
                let (_, text) = row.iter().find(|(name, _)| name == wanted).unwrap();
                text.clone().unwrap_or_else(|| "-".to_owned())
            };
            columns.iter().map(column).collect::<Vec<_>>().join(" ")
        });
        let mut told: Vec<String> = told.collect();
        told.sort();
        told
    }
}
