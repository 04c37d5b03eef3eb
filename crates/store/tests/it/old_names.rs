//! The old names: each query of the old troubleshooting page, and the rows that the page expects in each situation.
//!
//! Not here: what the commands of today say instead (`docs/operations.md`).
//!
//! The tests are named after the feature that they prove; the queries are as a person typed them.

mod tables;
mod tips;

use std::sync::Arc;

use reconcile::finding::Finding;
use reconcile::keys::{GroupId, GroupingId, GroupingKey, Role, UserId};
use reconcile::operation::{Because, Change, GroupHead, GroupingHead, Operation};
use reconcile::outcome::Outcome;
use store::{CourseNote, RunId, RunLock, Store};

use crate::place::Place;
use crate::support::{COURSE, accept, at, begin, cmis, key, on_disk, plan};

const K3: &str = "SELECT * FROM cmis_groups_course WHERE courseid = 101 AND moodlegroupid IS NOT NULL AND \
     moodlegroupingid IS NOT NULL";
const K5: &str = "SELECT * FROM cmis_groups_deleted WHERE courseid = 101";

/// A timetable with two modules, of which ANTH1014 fills course 101.
struct World {
    place: Place,
    store: Store,
    lock: RunLock,
}

impl World {
    async fn new() -> World {
        let (place, store, lock) = on_disk().await;
        accept(&store, &lock, &["ANTH1014 60435 s1 s2 t1!", "ANTH1014 60436 s1", "HIST2001 70001 s3"], 10)
            .await;
        let world = World { place, store, lock };
        world.map("VALUES (101, 'ANTH1014', 'ADD', 'ADD')").await;
        world
    }

    /// One whose first night went well.
    async fn filled() -> World {
        let world = World::new().await;
        let created = |change, id| (change, Some(Outcome::Done(Some(id))));
        let added = |change| (change, Some(Outcome::Done(None)));
        let grouping = grouping(None);
        world
            .night(vec![
                created(Change::CreateGrouping { grouping }, 7),
                created(Change::CreateGroup { group: head("60435", None) }, 70),
                created(Change::CreateGroup { group: head("60436", None) }, 71),
                added(add("60435", 1, "s1", Role::Student)),
                added(add("60435", 2, "s2", Role::Student)),
                added(add("60435", 3, "t1", Role::Tutor)),
                added(add("60436", 1, "s1", Role::Student)),
            ])
            .await;
        world.note(false).await;
        world
    }

    async fn map(&self, values: &str) {
        let columns = "(moodle_id, modulecode, group_import, mapping_action)";
        self.place.sql(&format!("INSERT INTO mapped_modules {columns} {values}")).await;
    }

    /// Carries out a plan; an operation without an outcome was sent, and the program ended before the answer.
    async fn night(&self, steps: Vec<(Change, Option<Outcome>)>) -> RunId {
        let run = begin(&self.store, &self.lock, 20).await;
        let (operations, outcomes): (Vec<_>, Vec<_>) = steps
            .into_iter()
            .map(|(change, outcome)| {
                let because = match change {
                    Change::DeleteGroup { .. } | Change::DeleteGrouping { .. } => Because::Unmapped,
                    Change::ForgetGroup { .. } => Because::GoneThere,
                    Change::RemoveMember { .. } => Because::SourceDropped,
                    _ => Because::SourceHas,
                };
                (Operation { course: COURSE, change, because }, outcome)
            })
            .unzip();
        self.store.record_plan(&self.lock, run, &[plan(operations.clone())]).await.unwrap();
        let numbered: Vec<_> = (1..).zip(&operations).collect();
        self.store.sent(&self.lock, run, &numbered).await.unwrap();
        let settled: Vec<_> = numbered
            .into_iter()
            .zip(outcomes)
            .filter_map(|((number, operation), outcome)| Some((number, operation, outcome?)))
            .collect();
        self.store.settled(&self.lock, run, &settled, at(30)).await.unwrap();
        run
    }

    async fn note(&self, gone: bool) {
        let note = CourseNote {
            course: COURSE,
            name: Some("Anthropology, an invented course".into()),
            observed_at: Some(at(25)),
            input_hash: None,
            look_again: false,
            gone,
        };
        self.store.note_course(&self.lock, &note).await.unwrap();
    }

    async fn find(&self, findings: &[Finding]) {
        let run = begin(&self.store, &self.lock, 40).await;
        self.store.record_findings(&self.lock, run, &[COURSE], findings, at(40)).await.unwrap();
    }

    /// Asserts which rows a query gives; each is told by some of its columns, `-` for nothing.
    async fn check(&self, sql: &str, columns: &[&str], expected: &[&str]) {
        let told = self.place.list(sql, columns).await;
        assert_eq!(told, expected, "{sql}");
    }
}

fn head(group: &str, id: Option<i64>) -> Arc<GroupHead> {
    let key = key("ANTH1014", group);
    let (idnumber, name) = (key.idnumber(), format!("Tutorial {group}").into());
    Arc::new(GroupHead { key, idnumber, id: id.map(GroupId), name, term: "2026-T1".into() })
}

fn grouping(id: Option<i64>) -> Arc<GroupingHead> {
    let key = GroupingKey { source: cmis(), module: "ANTH1014".into() };
    Arc::new(GroupingHead { idnumber: key.idnumber(), key, id: id.map(GroupingId), name: "ANTH1014".into() })
}

fn add(group: &str, user: i64, person: &str, role: Role) -> Change {
    Change::AddMember { group: head(group, None), user: UserId(user), person: person.into(), role }
}

fn delete(group: &str, id: i64) -> Change {
    Change::DeleteGroup { group: head(group, Some(id)), members: 1 }
}

fn done(change: Change) -> (Change, Option<Outcome>) {
    (change, Some(Outcome::Done(None)))
}
