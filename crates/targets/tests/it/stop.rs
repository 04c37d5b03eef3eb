//! What stops a run, and that it stops honestly.

use reconcile::operation::Change;
use reconcile::outcome::Outcome;
use simulators::moodle::{Fault, FaultRule, Rights, Server, Token, When, World};
use targets::journal::StopReason;
use targets::moodle::{Moodle, MoodleSettings};

use crate::apply::story;
use crate::campus::{
    MemoryJournal, Plan, SERVICE_USER, TOKEN, add, group, put_group, settings, start, try_apply, world,
};

/// Changes the site before the third batch, and expects the run to stop there with this code.
async fn check(change: impl Fn(&mut World) + Send + Sync, code: &str) {
    let (world, plan) = story();
    let (server, moodle) = start(world).await;
    let on_sent = |number| {
        if number == 3 {
            change(&mut server.world());
        }
    };
    let mut journal = MemoryJournal::default();
    journal.on_sent = Some(Box::new(on_sent));
    let stopped = try_apply(&moodle, &plan, &journal).await.unwrap_err();
    match &stopped.reason {
        StopReason::Target(error) => assert_eq!(&*error.code, code),
        other => panic!("{other}"),
    }
    assert_eq!(stopped.summary.settled(), plan.operations.len() as u64);
    assert!(stopped.summary.done > 0 && stopped.summary.not_tried > 0, "{:?}", stopped.summary);
    assert_eq!(stopped.summary.refused, 0);
    for (number, outcome) in journal.outcomes() {
        if let Outcome::NotTried(why) = outcome {
            assert!(why.contains("the run was stopped: cannot call"), "{number}: {why}");
        }
    }
}

#[tokio::test]
async fn a_configuration_error_stops_the_run() {
    check(|world| _ = world.remove_token(TOKEN), "invalidtoken").await;
    check(|world| world.token_mut(TOKEN).unwrap().service_enabled = false, "accessexception").await;
    check(|world| world.site.web_services = false, "http_403").await;
}

#[tokio::test]
async fn a_maintenance_that_stays_stops_the_run() {
    check(|world| world.site.maintenance = true, "sitemaintenance").await;
    check(|world| world.site.upgrade_running = true, "upgraderunning").await;
    check(|world| world.site.cli_maintenance = true, "http_503").await;
}

#[tokio::test]
async fn a_right_that_is_missing_everywhere_stops_the_run() {
    let mut world = world(101..=120, 1);
    let rights = Rights::manager().without("moodle/course:managegroups");
    world.add_token(Token::new(TOKEN, SERVICE_USER).with_rights(rights));
    let (server, moodle) = start(world).await;
    let mut plan = Plan::default();
    for course in 101..=120 {
        let head = group(course, "1", "A", None);
        plan.push(course, Change::CreateGroup { group: head.clone() });
        plan.push(course, add(&head, 1));
    }
    let journal = MemoryJournal::default();
    let outcome = try_apply(&moodle, &plan, &journal).await;
    let stopped = outcome.unwrap_err();
    let StopReason::Target(error) = stopped.reason else { panic!("{}", stopped.reason) };
    assert_eq!(&*error.code, "nopermissions");
    assert!(error.said().contains("answered nopermissions"), "{}", error.said());
    assert!(server.calls().iter().filter(|call| call.is_write).count() <= 2);
}

#[tokio::test]
async fn too_many_failures_stop_the_run() {
    let mut world = world(101..=160, 3);
    let mut plan = Plan::default();
    for course in 101..=160 {
        let id = put_group(&mut world, course, "1", "A", &[]);
        for number in 1..=3 {
            plan.push(course, add(&group(course, "1", "A", Some(id)), number));
        }
    }
    let server = Server::start(world).await.unwrap();
    let settings = MoodleSettings { items_max: 1, failed_calls_percent_max: 20, ..settings(&server) };
    let moodle = Moodle::connect(settings).await.unwrap();
    server.faults().push(FaultRule { when: When::Every(3), fault: Fault::Status500, times: usize::MAX });
    let stopped = try_apply(&moodle, &plan, &MemoryJournal::default()).await.unwrap_err();
    assert!(matches!(stopped.reason, StopReason::TooManyFailures { .. }), "{}", stopped.reason);
    assert!(stopped.summary.not_tried > 0);
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_stops_before_anything_is_sent() {
    let (world, plan) = story();
    let (server, moodle) = start(world).await;
    let mut journal = MemoryJournal::default();
    journal.breaks_at = Some(1);
    let stopped = try_apply(&moodle, &plan, &journal).await.unwrap_err();
    assert!(matches!(stopped.reason, StopReason::Journal(_)));
    assert!(server.calls().is_empty());
    assert!(journal.outcomes().is_empty());
}
