//! Every fault at every write: the end is the same, nothing is there twice, and the journal is honest.

use futures_util::stream::{self, StreamExt};
use reconcile::operation::Change;
use reconcile::outcome::Outcome;
use simulators::moodle::{Fault, FaultRule, When};

use crate::apply::{WRITES, after, story};
use crate::campus::{MemoryJournal, Plan, apply, group, put_grouping, start, try_apply, world, writes};

const FAULTS: [Fault; 16] = Fault::all(20, 2);

async fn check(fault: Fault, write: usize, times: usize) {
    let (world, plan) = story();
    let (server, moodle) = start(world).await;
    server.faults().push(FaultRule { when: When::Write(write), fault, times });
    let journal = MemoryJournal::default();
    apply(&moodle, &plan, &journal).await;
    assert_eq!(server.faults().pending(), 0, "{fault:?} at write {write}");
    assert_eq!(server.world().picture(), after(), "{fault:?} at write {write}");
    assert!(journal.failures().is_empty(), "{fault:?} at write {write}: {:?}", journal.outcomes());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_at_each_write_leads_to_the_same_end() {
    let runs =
        FAULTS.into_iter().flat_map(|fault| (1..=WRITES as usize).map(move |write| check(fault, write, 1)));
    stream::iter(runs).buffer_unordered(16).collect::<()>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_comes_twice_leads_to_the_same_end() {
    let faults = [Fault::LostAfter, Fault::LostBefore, Fault::Status504Committed, Fault::Deadlock];
    let runs =
        faults.into_iter().flat_map(|fault| (1..WRITES as usize).map(move |write| check(fault, write, 2)));
    stream::iter(runs).buffer_unordered(16).collect::<()>().await;
}

#[tokio::test]
async fn what_was_done_although_the_answer_was_lost_is_told_as_such() {
    let (server, moodle) = start(world([101], 3)).await;
    let mut plan = Plan::default();
    let number = plan.push(101, Change::CreateGroup { group: group(101, "1", "A", None) });
    server.faults().push(FaultRule::once(When::Write(1), Fault::LostAfter));
    let journal = MemoryJournal::default();
    apply(&moodle, &plan, &journal).await;
    let made = server.world().group_named(101, "A").unwrap().row.id;
    assert_eq!(journal.outcome(number), Outcome::AlreadySo(Some(made)));
    // The course has no grouping of ours: the one that was made to drop the list is gone again.
    assert_eq!(server.world().groupings(101).count(), 0);
    assert_eq!(journal.failed().len(), 1);
    assert_eq!(journal.failed()[0].function, "core_group_create_groups");
}

#[tokio::test]
async fn the_list_is_dropped_by_a_grouping_of_ours_where_there_is_one() {
    let mut world = world([101], 3);
    let id = put_grouping(&mut world, 101, "M", "Module");
    world.change_grouping(id, |row| row.description = "Kept".to_owned());
    let before = world.grouping(id).cloned();
    let (server, moodle) = start(world).await;
    let mut plan = Plan::default();
    plan.push(101, Change::CreateGroup { group: group(101, "1", "A", None) });
    server.faults().push(FaultRule::once(When::Write(1), Fault::LostBefore));
    apply(&moodle, &plan, &MemoryJournal::default()).await;
    assert!(server.calls().iter().any(|call| call.function == "core_group_update_groupings"));
    assert!(server.calls().iter().all(|call| call.function != "core_group_create_groupings"));
    assert_eq!(server.world().grouping(id).cloned(), before);
}

#[tokio::test]
async fn a_site_that_answers_only_garbage_leaves_what_is_not_known() {
    let (server, moodle) = start(world([101], 3)).await;
    let mut plan = Plan::default();
    let number = plan.push(101, Change::CreateGroup { group: group(101, "1", "A", None) });
    let when = When::Function("core_group_create_groups".to_owned());
    server.faults().push(FaultRule { when, fault: Fault::Status500, times: usize::MAX });
    let journal = MemoryJournal::default();
    apply(&moodle, &plan, &journal).await;
    assert!(matches!(journal.outcome(number), Outcome::Unknown(_)), "{:?}", journal.outcome(number));
    assert_eq!(server.world().groups(101).count(), 0);
    assert!(writes(&server.calls()) < 30);
}

#[tokio::test]
async fn a_site_that_stops_answering_stops_the_run_and_nothing_is_claimed() {
    let (world, plan) = story();
    let (server, moodle) = start(world).await;
    server.faults().push(FaultRule { when: When::Call(3), fault: Fault::LostBefore, times: usize::MAX });
    let journal = MemoryJournal::default();
    let stopped = try_apply(&moodle, &plan, &journal).await.unwrap_err();
    assert_eq!(stopped.summary.settled(), plan.operations.len() as u64);
    assert!(stopped.summary.unknown > 0 && stopped.summary.not_tried > 0, "{:?}", stopped.summary);
    server.faults().clear();

    // The next run finds everything.
    apply(&moodle, &plan, &MemoryJournal::default()).await;
    assert_eq!(server.world().picture(), after());
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_that_keep_coming_leave_nothing_that_the_next_run_does_not_mend() {
    // To hang is to be lost, only slower.
    let faults = FAULTS.into_iter().filter(|fault| !matches!(fault, Fault::HangBefore | Fault::HangAfter));
    let runs = faults.flat_map(|fault| (2..=7).map(move |every| check_again(fault, every)));
    stream::iter(runs).buffer_unordered(16).collect::<()>().await;
}

async fn check_again(fault: Fault, every: usize) {
    let (world, plan) = story();
    let (server, moodle) = start(world).await;
    server.faults().push(FaultRule { when: When::Every(every), fault, times: usize::MAX });
    let journal = MemoryJournal::default();
    // Whether it came to its end or was stopped, every operation is settled and no claim is wrong.
    _ = try_apply(&moodle, &plan, &journal).await;
    assert_eq!(journal.outcomes().len(), plan.operations.len());
    for planned in &plan.operations {
        if let Change::CreateGroup { group } = &planned.operation.change {
            let world = server.world();
            let course = planned.operation.course.0;
            let ids: Vec<i64> = world
                .groups(course)
                .filter(|row| row.row.idnumber == *group.idnumber)
                .map(|row| row.row.id)
                .collect();
            assert!(ids.len() <= 1, "{fault:?} at every {every}: {ids:?}");
            if let Outcome::Done(id) | Outcome::AlreadySo(id) = journal.outcome(planned.number) {
                assert_eq!(ids, [id.unwrap()], "{fault:?} at every {every}");
            }
        }
    }
    server.faults().clear();
    apply(&moodle, &plan, &MemoryJournal::default()).await;
    assert_eq!(server.world().picture(), after(), "{fault:?} at every {every}");
}
