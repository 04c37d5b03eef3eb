//! Profile L of DESIGN section 12, for measuring by hand:
//! `cargo test --release -p store --test it volume -- --ignored --nocapture`.

use std::time::Instant;

use reconcile::delivery::{DeliveredGroup, DeliveredMember, Delivery};
use reconcile::keys::{CourseId, Role, UserId};
use reconcile::operation::{Because, Change, GroupHead, Operation};
use reconcile::outcome::Outcome;
use reconcile::plan::CoursePlan;
use std::sync::Arc;
use store::{MappingKey, MappingSettings, Verdict};

use crate::support::{at, begin, change, cmis, on_disk};

const MODULES: u32 = 6_000;
const GROUPS: u32 = 45_000;
const PERSONS: u32 = 57_000;
const MEMBERS: u32 = 700_000;

fn profile_l(shift: u32) -> Delivery {
    let groups = (0..GROUPS).map(|group| DeliveredGroup {
        module: format!("MOD{:05}", group % MODULES).as_str().into(),
        id: format!("{}", 100_000 + group).as_str().into(),
        code: format!("TUT{group}").into(),
        name: format!("Tutorial group {group}").into(),
        kind: "tutorial".into(),
        term: "2026-T1".into(),
    });
    let members = (0..MEMBERS).map(|member| DeliveredMember {
        group: member % GROUPS,
        person: (member.wrapping_mul(7_919) / 3 + shift) % PERSONS,
        role: if member % 20 == 0 { Role::Tutor } else { Role::Student },
    });
    let mut members: Vec<DeliveredMember> = members.collect();
    members.sort_unstable();
    members.dedup_by_key(|member| (member.group, member.person));
    Delivery {
        groups: groups.collect(),
        persons: (0..PERSONS).map(|person| format!("{}", 20_000_000 + person).as_str().into()).collect(),
        members,
        ..crate::support::delivery(&[])
    }
}

fn operations(delivery: &Delivery) -> Vec<CoursePlan> {
    let heads: Vec<Arc<GroupHead>> = delivery
        .groups
        .iter()
        .map(|group| {
            let key = crate::support::key(group.module.as_str(), group.id.as_str());
            let (idnumber, name) = (key.idnumber(), group.name.clone());
            Arc::new(GroupHead { key, idnumber, id: None, name, term: group.term.clone() })
        })
        .collect();
    let mut plans: Vec<CoursePlan> = (0..MODULES)
        .map(|course| CoursePlan { course: CourseId(i64::from(course) + 1), ..CoursePlan::default() })
        .collect();
    let mut put = |group: u32, change| {
        let plan = &mut plans[(group % MODULES) as usize];
        plan.operations.push(Operation { course: plan.course, change, because: Because::SourceHas });
    };
    for (group, head) in (0..).zip(&heads) {
        put(group, Change::CreateGroup { group: head.clone() });
    }
    for member in &delivery.members {
        let person = delivery.persons[member.person as usize].clone();
        let (group, user) = (heads[member.group as usize].clone(), UserId(member.person.into()));
        put(member.group, Change::AddMember { group, user, person, role: member.role });
    }
    plans
}

#[tokio::test]
#[ignore = "measures; run by hand in release"]
async fn profile_l_loads_in_seconds() {
    let (_place, store, lock) = on_disk().await;
    let mut clock = Instant::now();
    let mut lap = |what: &str| {
        println!("{what}: {:?}", clock.elapsed());
        clock = Instant::now();
    };
    let delivery = profile_l(0);
    lap("(make the delivery)");
    store.save_delivery(&lock, &delivery, at(1), &Verdict::Accepted).await.unwrap();
    lap("save the first delivery");
    store.save_delivery(&lock, &delivery, at(2), &Verdict::Accepted).await.unwrap();
    lap("save the same again");
    for night in 1..4 {
        store.save_delivery(&lock, &profile_l(night), at(3), &Verdict::Accepted).await.unwrap();
        lap("make and save another one (the last one prunes)");
    }
    let mappings: Vec<_> = (0..MODULES)
        .map(|module| {
            let (course, module) =
                (CourseId(i64::from(module) + 1), format!("MOD{module:05}").as_str().into());
            (MappingKey { course, source: cmis(), module }, MappingSettings::default())
        })
        .collect();
    store.import_mappings(&mappings, &change(&cmis())).await.unwrap();
    lap("import 6,000 mappings");
    let plans = operations(&delivery);
    lap("(make the plan)");
    let run = begin(&store, &lock, 5).await;
    let numbers = store.record_plan(&lock, run, &plans).await.unwrap();
    lap("record a plan of 745,000 operations");
    for (plan, numbers) in plans.iter().zip(numbers) {
        let numbered: Vec<(u32, &Operation)> = numbers.zip(&plan.operations).collect();
        store.sent(&lock, run, &numbered).await.unwrap();
        let settled: Vec<_> = numbered
            .into_iter()
            .map(|(number, operation)| (number, operation, Outcome::Done(None)))
            .collect();
        store.settled(&lock, run, &settled, at(6)).await.unwrap();
    }
    lap("journal all of it, course by course");
    let states = store.course_states(&cmis(), "policy", at(7)).await.unwrap();
    lap("states of 6,000 courses");
    let courses: Vec<CourseId> = states.iter().map(|state| state.course).collect();
    for some in courses.chunks(500) {
        store.snapshots(some, &cmis(), at(7)).await.unwrap();
    }
    lap("snapshots of 6,000 courses");
    println!("{:?}", store.totals().await.unwrap());
    lap("totals");
    if let Some(path) = store.path() {
        println!("the file has {} MB", std::fs::metadata(path).unwrap().len() / 1_000_000);
    }
}
