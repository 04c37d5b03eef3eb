//! A failed call is told with the names of what it was about, and with what happened afterwards (feature G9).
//!
//! Not here: what becomes of the operations (`isolation.rs`, `faults.rs`).

use reconcile::keys::CourseId;
use reconcile::operation::Change;
use simulators::moodle::{Fault, FaultRule, Owner, Rights, Token, When, World};
use targets::journal::FailedCall;
use targets::moodle::{Moodle, ObserveScope};

use crate::campus::{
    MemoryJournal, Plan, SERVICE_USER, TOKEN, add, group, put_group, remove, settings, start, try_apply,
    user, world,
};

/// Carries a plan out after a fault, and tells the failed writes: function, course, groups, what happened.
async fn failed(world: World, plan: &Plan, fault: Option<Fault>, times: usize) -> Vec<String> {
    let (server, moodle) = start(world).await;
    if let Some(fault) = fault {
        server.faults().push(FaultRule { when: When::Write(1), fault, times });
    }
    let journal = MemoryJournal::default();
    // Some of the stories stop the run.
    _ = try_apply(&moodle, plan, &journal).await;
    let course = |call: &FailedCall| call.course.map_or("-".to_owned(), |course| course.to_string());
    journal
        .failed()
        .iter()
        .map(|call| {
            let function = call.function.trim_start_matches("core_group_");
            format!("{function} in {} of {}: {}", course(call), call.groups, call.aftermath)
        })
        .collect()
}

fn create(course: i64, name: &str) -> Change {
    Change::CreateGroup { group: group(course, name, name, None) }
}

#[tokio::test]
async fn g9_what_happened_afterwards_is_told_in_words() {
    for (fault, times, expected) in [
        (Fault::Deadlock, 1, &["create_groups in 101 of A: tried again, and done"][..]),
        (Fault::LostAfter, 1, &["create_groups in 101 of A: looked again: it had been done all the same"]),
        (Fault::Status500, 1, &["create_groups in 101 of A: tried again, and done"]),
        (Fault::FewerResults, 1, &["create_groups in 101 of A: looked again: it had been done all the same"]),
    ] {
        let mut plan = Plan::default();
        plan.push(101, create(101, "A"));
        assert_eq!(failed(world([101], 3), &plan, Some(fault), times).await, expected, "{fault:?}");
    }
}

#[tokio::test]
async fn g9_a_deletion_names_its_course_and_its_groups() {
    let mut world = world([101], 3);
    let (one, two) = (put_group(&mut world, 101, "1", "A", &[]), put_group(&mut world, 101, "2", "B", &[]));
    world.add_token(
        Token::new(TOKEN, SERVICE_USER).with_rights(Rights::manager().without("moodle/course:managegroups")),
    );
    let mut plan = Plan::default();
    for (code, name, id) in [("1", "A", one), ("2", "B", two)] {
        let group = group(101, code, name, Some(id));
        plan.push(101, Change::DeleteGroup { group, members: 0 });
    }
    let told = failed(world, &plan, None, 0).await;
    let expected = "delete_groups in 101 of A, B: 2 changes, all refused; the next run tries again";
    assert_eq!(told[0], expected, "{told:#?}");
}

#[tokio::test]
async fn g9_a_call_about_two_courses_is_told_for_both() {
    let mut plan = Plan::default();
    plan.push(101, create(101, "A"));
    plan.push(102, create(102, "B"));
    let told = failed(world([101, 102], 3), &plan, Some(Fault::Deadlock), 1).await;
    let done = "tried again, and done";
    let one_call =
        [format!("create_groups in 101 of A: {done}"), format!("create_groups in 102 of B: {done}")];
    // Two lanes make two calls, of which the fault befalls one.
    assert!(told == one_call || told == one_call[..1] || told == one_call[1..], "{told:#?}");
}

#[tokio::test]
async fn g9_people_are_told_and_of_many_changes_how_many_ended_how() {
    let mut world = world([101], 30);
    let numbers: Vec<i64> = (1..=30).collect();
    let id = put_group(&mut world, 101, "1", "A", &numbers);
    world.protect_member(id, user(7), Owner::Cohort);
    let mut plan = Plan::default();
    let group = group(101, "1", "A", Some(id));
    for number in 1..=30 {
        plan.push(101, remove(&group, number));
    }
    let told = failed(world, &plan, None, 0).await;
    let expected = "delete_group_members in 101 of A: of 30 changes 29 done on another try, \
         1 refused; the next run tries again";
    assert_eq!(told[0], expected, "{told:#?}");
}

#[tokio::test]
async fn g9_the_keys_of_the_people_are_told() {
    let mut world = world([101], 3);
    let id = put_group(&mut world, 101, "1", "A", &[]);
    world.unenrol(101, user(2));
    let (_server, moodle) = start(world).await;
    let mut plan = Plan::default();
    let group = group(101, "1", "A", Some(id));
    plan.push(101, add(&group, 2));
    let journal = MemoryJournal::default();
    try_apply(&moodle, &plan, &journal).await.unwrap();
    assert_eq!(&*journal.failed()[0].people, "p", "{:#?}", journal.failed());
}

#[tokio::test]
async fn g9_a_question_is_told_with_its_answer_or_without() {
    let (server, moodle) = start(world([101], 3)).await;
    let ask = async |moodle: &Moodle| {
        moodle
            .observe(vec![ObserveScope { course: CourseId(101), ..ObserveScope::default() }], |_, _| {})
            .await;
        moodle.take_failed_calls().iter().map(|call| call.aftermath.to_string()).collect::<Vec<_>>()
    };
    server
        .faults()
        .push(FaultRule::once(When::Function("core_group_get_course_groups".into()), Fault::Status502));
    assert_eq!(ask(&moodle).await, ["asked again, and answered"]);
    let lost = FaultRule {
        when: When::Function("core_group_get_course_groups".into()),
        fault: Fault::Status502,
        times: settings(&server).retry.times_max + 1,
    };
    server.faults().push(lost);
    let told = ask(&moodle).await;
    assert!(told.iter().all(|words| words.starts_with("no usable answer came")), "{told:?}");
    server.world().delete_course(101);
    let told = ask(&moodle).await;
    assert!(!told.is_empty() && told.iter().all(|words| words.starts_with("the answer is no")), "{told:?}");
}
