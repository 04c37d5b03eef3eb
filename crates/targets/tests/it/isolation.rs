//! One bad element never costs its neighbours, and little time.

use std::ops::RangeInclusive;

use reconcile::operation::Change;
use reconcile::outcome::Outcome;
use simulators::moodle::{Owner, Rights, Server, Token};
use targets::moodle::Moodle;

use crate::campus::{
    MemoryJournal, Plan, SERVICE_USER, TOKEN, add, apply, group, put_group, put_grouping, remove, start,
    user, world, writes,
};

/// Carries out a plan of which some numbers are refused with these codes, with at most so many writes.
async fn check(
    server: &Server,
    moodle: &Moodle,
    plan: &Plan,
    refused: &[(u32, &str)],
    writes_max: usize,
) -> MemoryJournal<'static> {
    let journal = MemoryJournal::default();
    apply(moodle, plan, &journal).await;
    let numbers: Vec<u32> = refused.iter().map(|(number, _)| *number).collect();
    assert_eq!(journal.failures(), numbers, "{:?}", journal.outcomes());
    for (number, code) in refused {
        assert_eq!(journal.refusal(*number), *code);
    }
    let calls = server.calls();
    assert!(writes(&calls) <= writes_max, "{calls:#?}");
    journal
}

fn add_all(plan: &mut Plan, code: &str, id: i64, numbers: RangeInclusive<i64>) {
    let group = group(101, code, code, Some(id));
    for number in numbers {
        plan.push(101, add(&group, number));
    }
}

#[tokio::test]
async fn a_person_who_lost_the_enrolment_is_refused_alone() {
    let mut world = world([101], 100);
    let id = put_group(&mut world, 101, "1", "1", &[]);
    world.unenrol(101, user(40));
    let (server, moodle) = start(world).await;
    let mut plan = Plan::default();
    add_all(&mut plan, "1", id, 1..=100);
    check(&server, &moodle, &plan, &[(39, "not_enrolled")], 2).await;
    assert_eq!(server.world().members(id).len(), 99);
}

#[tokio::test]
async fn a_person_who_was_deleted_is_refused_alone() {
    let mut world = world([101], 30);
    let id = put_group(&mut world, 101, "1", "1", &[]);
    world.delete_user(user(7));
    let (server, moodle) = start(world).await;
    let mut plan = Plan::default();
    add_all(&mut plan, "1", id, 1..=30);
    check(&server, &moodle, &plan, &[(6, "not_enrolled")], 2).await;
}

#[tokio::test]
async fn members_of_a_group_that_was_deleted_are_refused_and_the_others_added() {
    let mut world = world([101], 10);
    let gone = put_group(&mut world, 101, "1", "1", &[]);
    let there = put_group(&mut world, 101, "2", "2", &[1]);
    let (server, moodle) = start(world).await;
    server.world().delete_group(gone);
    let mut plan = Plan::default();
    add_all(&mut plan, "1", gone, 1..=2);
    add_all(&mut plan, "2", there, 1..=10);
    let journal = check(&server, &moodle, &plan, &[(0, "group_gone"), (1, "group_gone")], 2).await;
    assert_eq!(journal.outcome(2), Outcome::AlreadySo(None));
    assert_eq!(server.world().members(there).len(), 10);
}

#[tokio::test]
async fn a_protected_membership_is_refused_with_the_code_of_moodle() {
    let numbers: Vec<i64> = (1..=100).collect();
    let mut world = world([101], 100);
    let id = put_group(&mut world, 101, "1", "1", &numbers);
    world.protect_member(id, user(77), Owner::Cohort);
    let (server, moodle) = start(world).await;
    let mut plan = Plan::default();
    let group = group(101, "1", "1", Some(id));
    for number in 1..=100 {
        plan.push(101, remove(&group, number));
    }
    check(&server, &moodle, &plan, &[(76, "errorremovenotpermitted")], 2).await;
    assert_eq!(server.world().members(id), [user(77)]);
}

#[tokio::test]
async fn two_protected_memberships_are_both_found() {
    let numbers: Vec<i64> = (1..=50).collect();
    let mut world = world([101], 50);
    let id = put_group(&mut world, 101, "1", "1", &numbers);
    world.protect_member(id, user(3), Owner::Cohort);
    world.protect_member(id, user(33), Owner::ImsEnterprise);
    let (server, moodle) = start(world).await;
    let mut plan = Plan::default();
    let group = group(101, "1", "1", Some(id));
    for number in 1..=50 {
        plan.push(101, remove(&group, number));
    }
    let refused = [(2, "errorremovenotpermitted"), (32, "errorremovenotpermitted")];
    check(&server, &moodle, &plan, &refused, 20).await;
}

#[tokio::test]
async fn removing_from_what_is_gone_is_so_already() {
    let mut world = world([101], 3);
    let gone = put_group(&mut world, 101, "1", "1", &[1]);
    let there = put_group(&mut world, 101, "2", "2", &[2, 3]);
    let (server, moodle) = start(world).await;
    server.world().delete_group(gone);
    let mut plan = Plan::default();
    plan.push(101, remove(&group(101, "1", "1", Some(gone)), 1));
    plan.push(101, remove(&group(101, "2", "2", Some(there)), 2));
    let journal = check(&server, &moodle, &plan, &[], 2).await;
    assert_eq!(journal.outcome(0), Outcome::AlreadySo(None));
    assert_eq!(journal.outcome(1), Outcome::Done(None));
}

#[tokio::test]
async fn a_name_that_was_taken_meanwhile_is_refused_alone_whatever_its_spelling() {
    for (local, writes_max) in [("G50", 2), ("g50", 2), ("G５0", 20)] {
        let mut world = world([101], 1);
        world.create_group_by_hand(101, local).unwrap();
        let (server, moodle) = start(world).await;
        let mut plan = Plan::default();
        for number in 0..100 {
            let head = group(101, &number.to_string(), &format!("G{number}"), None);
            plan.push(101, Change::CreateGroup { group: head });
        }
        let journal = MemoryJournal::default();
        apply(&moodle, &plan, &journal).await;
        assert!(writes(&server.calls()) <= writes_max, "{local}: {}", writes(&server.calls()));
        let groups = server.world().groups(101).count();
        match &*journal.failures() {
            [50] => assert_eq!(groups, 100),
            [] => assert_eq!(groups, 101),
            other => panic!("{local}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn what_rests_on_a_refused_group_is_not_tried_and_says_why() {
    let mut world = world([101], 2);
    world.create_group_by_hand(101, "A").unwrap();
    let (server, moodle) = start(world).await;
    let mut plan = Plan::default();
    let taken = group(101, "1", "A", None);
    let free = group(101, "2", "B", None);
    let refused = plan.push(101, Change::CreateGroup { group: taken.clone() });
    let not_tried = plan.push(101, add(&taken, 1));
    plan.push(101, Change::CreateGroup { group: free.clone() });
    plan.push(101, add(&free, 1));
    let journal = MemoryJournal::default();
    apply(&moodle, &plan, &journal).await;
    assert_eq!(journal.failures(), [refused, not_tried]);
    assert_eq!(journal.refusal(refused), "name_taken");
    let why = journal.outcome(not_tried).detail();
    assert!(
        why.starts_with(
            "group A could not be created: number 1 of the course already has the name\nWhat to do: rename"
        ),
        "{why}"
    );
    assert!(!journal.was_sent(not_tried));
    let free = server.world().group_named(101, "B").unwrap().row.id;
    assert_eq!(server.world().members(free).len(), 1);
}

#[tokio::test]
async fn ghosts_of_a_refused_batch_do_not_stand_in_the_way() {
    for has_grouping in [true, false] {
        let mut world = world([101], 1);
        if has_grouping {
            put_grouping(&mut world, 101, "M", "Module");
        }
        // Its idnumber is ours although its name is another: an earlier run was interrupted, then somebody renamed.
        let there = put_group(&mut world, 101, "3", "Renamed", &[]);
        let before = world.groupings(101).count();
        let (server, moodle) = start(world).await;
        let mut plan = Plan::default();
        for code in ["1", "2", "3", "4"] {
            plan.push(101, Change::CreateGroup { group: group(101, code, code, None) });
        }
        let journal = check(&server, &moodle, &plan, &[], 4).await;
        assert_eq!(journal.outcome(2), Outcome::AlreadySo(Some(there)));
        assert_eq!(server.world().groups(101).count(), 4);
        assert_eq!(server.world().groupings(101).count(), before);
    }
}

#[tokio::test]
async fn a_name_that_moodle_cannot_hold_is_found_by_halving() {
    let (server, moodle) = start(world([101], 1)).await;
    let mut plan = Plan::default();
    for number in 0..20 {
        let name = if number == 13 { "x".repeat(300) } else { format!("G{number}") };
        plan.push(101, Change::CreateGroup { group: group(101, &number.to_string(), &name, None) });
    }
    let journal = MemoryJournal::default();
    apply(&moodle, &plan, &journal).await;
    assert_eq!(journal.failures(), [13]);
    assert_eq!(journal.refusal(13), "dmlwriteexception");
    assert_eq!(server.world().groups(101).count(), 19);
    assert_eq!(server.world().groupings(101).count(), 0);
}

#[tokio::test]
async fn a_course_that_was_deleted_does_not_hold_up_the_others() {
    let mut world = world([101, 102, 103], 5);
    let id = put_group(&mut world, 102, "1", "1", &[]);
    let (server, moodle) = start(world).await;
    server.world().delete_course(102);
    let mut plan = Plan::default();
    let mut refused = Vec::new();
    for course in [101, 102, 103] {
        let new = group(course, "2", "New", None);
        let created = plan.push(course, Change::CreateGroup { group: new.clone() });
        let grouping = plan.push(
            course,
            Change::CreateGrouping { grouping: crate::campus::grouping(course, "M", "Module", None) },
        );
        if course == 102 {
            refused.extend([created, grouping]);
            refused.push(plan.push(course, add(&group(102, "1", "1", Some(id)), 1)));
        } else {
            plan.push(course, add(&new, 1));
        }
    }
    let journal = MemoryJournal::default();
    apply(&moodle, &plan, &journal).await;
    assert_eq!(journal.failures(), refused);
    assert_eq!(writes(&server.calls()), 6);
}

#[tokio::test]
async fn a_course_without_the_right_does_not_hold_up_the_others() {
    let mut world = world([101, 102], 1);
    let rights = Rights::manager()
        .without("moodle/course:managegroups")
        .in_course(101, ["moodle/course:managegroups"]);
    world.add_token(Token::new(TOKEN, SERVICE_USER).with_rights(rights));
    let (server, moodle) = start(world).await;
    let mut plan = Plan::default();
    plan.push(101, Change::CreateGroup { group: group(101, "1", "A", None) });
    plan.push(102, Change::CreateGroup { group: group(102, "1", "A", None) });
    check(&server, &moodle, &plan, &[(1, "nopermissions")], 2).await;
}

#[tokio::test]
async fn a_deletion_is_done_when_the_group_is_gone_whoever_deleted_it() {
    let mut world = world([101], 1);
    let first = put_group(&mut world, 101, "1", "1", &[1]);
    let second = put_group(&mut world, 101, "2", "2", &[]);
    world.delete_group(first);
    let (server, moodle) = start(world).await;
    let mut plan = Plan::default();
    for (code, id) in [("1", first), ("2", second)] {
        plan.push(101, Change::DeleteGroup { group: group(101, code, code, Some(id)), members: 1 });
    }
    check(&server, &moodle, &plan, &[], 1).await;
    assert_eq!(server.world().groups(101).count(), 0);
}

#[tokio::test]
async fn a_server_that_cuts_forms_off_costs_calls_and_no_memberships() {
    let mut world = world([101], 60);
    let id = put_group(&mut world, 101, "1", "1", &[]);
    world.set_max_input_vars(50);
    let (server, moodle) = start(world).await;
    let mut plan = Plan::default();
    add_all(&mut plan, "1", id, 1..=60);
    check(&server, &moodle, &plan, &[], 12).await;
    assert_eq!(server.world().members(id).len(), 60);
}
