//! How many calls a plan costs (DESIGN §12).

use reconcile::operation::Change;
use simulators::moodle::Server;
use targets::moodle::{Moodle, MoodleSettings};

use crate::campus::{MemoryJournal, Plan, add, apply, group, grouping, settings, user, world, writes};

/// Thirty courses with ten new groups of twenty members each; gives the plan and the fewest calls for it.
fn plan() -> (Plan, usize) {
    let mut plan = Plan::default();
    for course in 101..=130 {
        let module = grouping(course, "M", "Module", None);
        plan.push(course, Change::CreateGrouping { grouping: module.clone() });
        for code in 0..10 {
            let group = group(course, &code.to_string(), &format!("G{code}"), None);
            plan.push(course, Change::CreateGroup { group: group.clone() });
            plan.push(course, Change::AssignGrouping { group: group.clone(), grouping: module.clone() });
            for number in 1..=20 {
                plan.push(course, add(&group, number));
            }
        }
    }
    (plan, 1 + 3 + 3 + 60)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_plan_costs_at_most_a_twentieth_more_than_the_fewest_calls() {
    let server = Server::start(world(101..=130, 20)).await.unwrap();
    let moodle = Moodle::connect(MoodleSettings { concurrency_max: 8, ..settings(&server) }).await.unwrap();
    let (plan, fewest) = plan();
    let summary = apply(&moodle, &plan, &MemoryJournal::default()).await;
    assert_eq!(summary.done, plan.operations.len() as u64);
    assert!(summary.write_calls * 100 <= fewest as u64 * 105, "{} for {fewest}", summary.write_calls);
    assert_eq!(summary.read_calls, 0);
    assert_eq!(writes(&server.calls()) as u64, summary.write_calls);
    assert!(server.calls().iter().all(|call| call.items <= 100));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_element_in_a_hundred_costs_at_most_two_and_a_half_times_the_calls() {
    let mut world = world(101..=130, 20);
    // In each course one of the twenty lost the enrolment, and two of the thirty have a name taken.
    for course in 101..=130 {
        if course % 5 == 0 {
            world.unenrol(course, user(course % 20 + 1));
        }
    }
    for course in [105, 117, 129] {
        world.create_group_by_hand(course, "G4").unwrap();
    }
    let server = Server::start(world).await.unwrap();
    let moodle = Moodle::connect(settings(&server)).await.unwrap();
    let (plan, fewest) = plan();
    let journal = MemoryJournal::default();
    let summary = apply(&moodle, &plan, &journal).await;
    let bad = summary.refused as usize;
    assert!(bad >= plan.operations.len() / 110, "{bad} of {}", plan.operations.len());
    assert!(summary.write_calls * 2 <= fewest as u64 * 5, "{} for {fewest}", summary.write_calls);
}
