//! Nights by a clock in the test's hand, and scheduled runs against a Moodle in memory.

use std::path::Path;

use jiff::tz::TimeZone;
use simulators::moodle::{NewUser, Server, Settings, Token, World};
use store::{RunKind, RunStatus};

use super::*;
use crate::app::ShowProgress;
use crate::clock::Clock;
use crate::config::Config;
use crate::serve::Cron;

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_second())
}

fn nightly(blackouts: &[&str]) -> Schedule {
    Schedule {
        cron: Cron::parse("17 2 * * *").unwrap(),
        zone: TimeZone::UTC,
        jitter_minutes: 0,
        blackouts: blackouts.iter().map(|range| range.parse().unwrap()).collect(),
    }
}

/// Looks every twenty minutes from one time to another, and returns when runs began.
fn live(keeper: &mut Keeper, from: &str, to: &str) -> Vec<(String, Mode)> {
    let mut began = Vec::new();
    let mut now = at(from);
    while now <= at(to) {
        if let Some(Firing { mode, .. }) = keeper.look(now) {
            let time = jiff::Timestamp::from_second(now.0).unwrap();
            began.push((time.strftime("%d %H:%M").to_string(), mode));
        }
        now = Timestamp(now.0 + 20 * 60);
    }
    began
}

fn told(began: &[(String, Mode)]) -> Vec<(&str, Mode)> {
    began.iter().map(|(time, mode)| (time.as_str(), *mode)).collect()
}

#[test]
fn f1_each_night_has_one_run_and_a_blackout_only_plans() {
    let start = at("2026-11-24T12:00:00Z");
    let mut keeper = Keeper::begin(nightly(&["2026-11-26"]), "here".into(), None, start);
    assert_eq!(keeper.next(), Some(at("2026-11-25T02:17:00Z")));
    let began = live(&mut keeper, "2026-11-24T12:00:00Z", "2026-11-27T12:00:00Z");
    assert_eq!(
        told(&began),
        [("25 02:20", Mode::Run), ("26 02:20", Mode::PlanOnly), ("27 02:20", Mode::Run)]
    );
}

#[test]
fn f1_a_missed_night_runs_once_soon_after_the_start() {
    let check = |blackouts: &[&str], last_good_run: Option<&str>, expected: &[(&str, Mode)]| {
        let start = "2026-11-25T09:00:00Z";
        let mut keeper = Keeper::begin(nightly(blackouts), "here".into(), last_good_run.map(at), at(start));
        assert_eq!(keeper.look(at(start)), None, "not at once");
        assert_eq!(told(&live(&mut keeper, start, "2026-11-25T23:00:00Z")), expected);
    };
    check(&[], Some("2026-11-24T02:17:04Z"), &[("25 09:20", Mode::Run)]);
    check(&[], Some("2026-11-20T02:17:04Z"), &[("25 09:20", Mode::Run)]);
    check(&[], Some("2026-11-25T02:17:04Z"), &[]);
    check(&[], None, &[]);
    check(&["2026-11-25"], Some("2026-11-20T02:17:04Z"), &[]);
    // The night of the 25th was closed, and the one before was a good one.
    check(&["2026-11-25..2026-11-26"], Some("2026-11-24T02:17:04Z"), &[]);
}

#[test]
fn f1_a_machine_that_slept_for_days_runs_once_when_it_wakes() {
    let mut keeper = Keeper::begin(nightly(&[]), "here".into(), None, at("2026-11-24T12:00:00Z"));
    assert_eq!(keeper.look(at("2026-11-28T08:00:00Z")).unwrap().mode, Mode::Run);
    assert_eq!(keeper.look(at("2026-11-28T08:00:20Z")), None);
    assert_eq!(keeper.next(), Some(at("2026-11-29T02:17:00Z")));
}

#[test]
fn f1_a_run_that_is_near_is_not_waited_for_longer_than_needed() {
    let keeper = Keeper::begin(nightly(&[]), "here".into(), None, at("2026-11-24T12:00:00Z"));
    let check =
        |now: &str, expected_s: u64| assert_eq!(keeper.wait(at(now)), Duration::from_secs(expected_s));
    check("2026-11-24T12:00:00Z", LOOK_EVERY.as_secs());
    check("2026-11-25T02:16:53Z", 7);
    check("2026-11-25T02:17:30Z", 1);
}

#[test]
fn f1_a_clock_that_was_wrong_and_is_put_back_does_not_silence_the_schedule() {
    let mut keeper = Keeper::begin(nightly(&[]), "here".into(), None, at("2036-11-24T12:00:00Z"));
    assert_eq!(keeper.look(at("2026-11-24T12:00:00Z")), None);
    assert_eq!(keeper.look(at("2026-11-25T02:17:00Z")).unwrap().mode, Mode::Run);
}

#[test]
fn h8_the_alarm_is_raised_at_most_once_a_day() {
    let silence = Silence { last_good_run: Timestamp(0), hours: 30 };
    let hour = |hours: i64| Timestamp(hours * 60 * 60);
    let mut alarm = Alarm::begin(hour(0));
    assert!(!alarm.looks(Timestamp(3_599)));
    assert!(alarm.looks(hour(1)));
    assert!(!alarm.looks(hour(1)));
    assert!(!alarm.is_raised(None, hour(1)));
    assert!(alarm.is_raised(Some(&silence), hour(2)));
    assert!(!alarm.is_raised(Some(&silence), hour(3)));
    assert!(!alarm.is_raised(None, hour(4)));
    assert!(!alarm.is_raised(Some(&silence), hour(25)));
    assert!(alarm.is_raised(Some(&silence), hour(26)));
}

/// An installation with a source, in front of an empty Moodle.
async fn installation(folder: &Path) -> (App, Server) {
    let mut world = World::new(Settings::default());
    world.add_user(NewUser { id: Some(2), username: "muster".into(), ..NewUser::default() });
    world.add_token(Token::new("token-for-tests", 2));
    let server = Server::start(world).await.unwrap();
    std::fs::write(
        folder.join("groups.csv"),
        "group_id,group_code,group_name,module_code,kind,term\n1,1,A,M,TUT,T1\n",
    )
    .unwrap();
    std::fs::write(folder.join("members.csv"), "group_id,person_id,role\n1,p1,student\n").unwrap();
    let text = format!(
        "database = \"sqlite:muster.db\"\n[source.cmis]\nkind = \"csv\"\ngroups = \"groups.csv\"\n\
         members = \"members.csv\"\n[moodle]\nurl = {:?}\ntoken = {{ command = \"echo token-for-tests\" }}\n",
        server.url()
    );
    // The test may be the first of this process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = Config::parse(&folder.join("muster.toml"), text.as_bytes(), None).unwrap();
    (App::open(config, Clock::default(), ShowProgress::Never).await.unwrap(), server)
}

/// Lets the time of cron come, and carries out what is due then.
async fn night(app: &App, keeper: &mut Keeper) {
    let next = keeper.next().unwrap();
    turn(app, keeper, &Board::default(), &Output::silent(), next).await;
}

#[tokio::test]
async fn f1_a_scheduled_run_is_a_run_a_blackout_a_plan_and_an_overlap_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (app, server) = installation(folder.path()).await;
    let start = at("2026-11-24T12:00:00Z");
    let mut keeper = Keeper::begin(nightly(&["2026-11-26"]), "here".into(), None, start);
    night(&app, &mut keeper).await;
    night(&app, &mut keeper).await;
    let lock = app.lock("adopt").await.unwrap();
    night(&app, &mut keeper).await;
    drop(lock);
    night(&app, &mut keeper).await;
    let runs = app.store.runs(9).await.unwrap();
    let told: Vec<_> = runs.iter().map(|run| (run.begun.kind, run.status)).collect();
    assert_eq!(
        told,
        [
            (RunKind::Run, RunStatus::Done),
            (RunKind::Plan, RunStatus::Planned),
            (RunKind::Run, RunStatus::Done)
        ]
    );
    assert_eq!(
        app.store.deliveries(9).await.unwrap().len(),
        3,
        "the plan of a blackout reads the sources too"
    );
    server.stop().await;
}

#[tokio::test]
async fn f1_of_two_services_on_one_database_one_runs_each_night() {
    let folder = tempfile::tempdir().unwrap();
    let (app, server) = installation(folder.path()).await;
    let begin = |start: &str| Keeper::begin(nightly(&[]), "here".into(), None, at(start));
    let (mut one, mut other) = (begin("2026-11-24T12:00:00Z"), begin("2026-11-24T12:00:07Z"));
    for nights in 1..=2 {
        night(&app, &mut one).await;
        night(&app, &mut other).await;
        assert_eq!(app.store.runs(9).await.unwrap().len(), nights);
    }
    server.stop().await;
}

#[tokio::test]
async fn f1_a_missed_night_is_made_up_by_one_service_unless_it_came_to_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (app, server) = installation(folder.path()).await;
    let missed = || {
        let last = Some(at("2024-11-23T02:17:00Z"));
        Keeper::begin(nightly(&[]), "here".into(), last, at("2024-11-24T12:00:00Z"))
    };
    let due = at("2024-11-24T02:17:00Z");
    let claimed = async |now: &str| {
        let firing = missed().look(at("2024-11-24T12:05:00Z")).unwrap();
        assert_eq!((firing.due, firing.was_missed), (due, true));
        begins_here(&app, firing, at(now)).await
    };
    // Somebody began it in time, and was killed.
    assert!(app.store.claim(&format!("run {}", due.0), "there", due, None).await.unwrap());
    assert!(claimed("2024-11-24T12:01:00Z").await);
    assert!(!claimed("2024-11-24T12:01:30Z").await, "another service wakes up as well");
    let (mut keeper, now) = (missed(), at("2024-11-24T12:03:00Z"));
    turn(&app, &mut keeper, &Board::default(), &Output::silent(), now).await;
    assert_eq!(app.store.runs(9).await.unwrap().len(), 1, "it came to nothing, so it is made up");
    // A run begins by the clock of the machine, which is later than the time that was due.
    assert!(app.store.last_good_run().await.unwrap() >= Some(due));
    assert!(!claimed("2024-11-24T12:09:00Z").await, "it was made up");
    server.stop().await;
}
