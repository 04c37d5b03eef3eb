//! The program is killed at every point of a night (`kill -9`), and the next run brings the same end: no duplicate, an
//! honest journal (features F10, Z4).
//!
//! Not here: failures of the Moodle (`faults`).

use std::os::unix::process::ExitStatusExt;
use std::process::Child;
use std::time::{Duration, Instant};

use simulators::moodle::{Fault, FaultRule, When, World};

use crate::disturbed::{APPLY, RUN, Story, check_journal, faults_met, in_parallel, newest_run};
use crate::place::server;
use crate::serve::Service;
use crate::support::{Place, Ran};

/// A case mostly waits for its process, but two cores are all there is.
const THREADS: usize = 4;

/// Small enough for several calls of each kind.
const ITEMS_MAX: usize = 2;

/// Long enough that nothing is given up before it is killed.
const TIMEOUT_S: u32 = 120;

/// How long a process may take to reach the point at which it is killed.
const PATIENCE: Duration = Duration::from_secs(60);

/// On a server one case in so many, another choice at each call: there each case takes a second.
const ONE_IN_ON_SERVER: usize = 9;

/// The cases that are carried out on this database; all of them if `MUSTER_TEST_EVERYTHING` is set.
fn in_turns<C>(cases: Vec<C>) -> Vec<C> {
    let all = server().is_none() || std::env::var_os("MUSTER_TEST_EVERYTHING").is_some();
    cases.into_iter().step_by(if all { 1 } else { ONE_IN_ON_SERVER }).collect()
}

#[derive(Clone, Copy, Debug)]
struct AtCall {
    write: bool,
    number: usize,
    fault: Fault,
}

#[test]
fn a_run_killed_at_any_write_is_completed_by_the_next() {
    let story = Story::prepare(ITEMS_MAX, TIMEOUT_S);
    assert!(story.writes >= 25, "{} writes", story.writes);
    let cases: Vec<AtCall> = (1..=story.writes)
        .flat_map(|number| {
            [Fault::HangBefore, Fault::HangAfter].map(|fault| AtCall { write: true, number, fault })
        })
        .collect();
    in_parallel(THREADS, &in_turns(cases), |case| killed_at_call(&story, *case));
}

#[test]
fn a_run_killed_at_any_read_is_completed_by_the_next() {
    let story = Story::prepare(100, TIMEOUT_S);
    let cases: Vec<AtCall> =
        (1..=story.calls).map(|number| AtCall { write: false, number, fault: Fault::HangBefore }).collect();
    in_parallel(THREADS, &in_turns(cases), |case| killed_at_call(&story, *case));
}

#[test]
fn a_run_killed_again_and_again_is_completed_in_the_end() {
    let story = Story::prepare(ITEMS_MAX, TIMEOUT_S);
    let steps = vec![7, 5, 3, 2, 1];
    in_parallel(THREADS, &in_turns(steps), |step| killed_after_every(&story, *step));
}

#[test]
fn a_run_killed_at_any_moment_is_completed_by_the_next() {
    let story = Story::prepare(ITEMS_MAX, TIMEOUT_S);
    // Milliseconds after the start: while the configuration is read, the delivery imported, the plan recorded, …
    let moments: Vec<u64> = (0..24).map(|at| 3 + at * 7 + at * at / 3).collect();
    in_parallel(THREADS, &in_turns(moments), |moment| killed_after(&story, *moment));
}

/// The time of cron comes once a minute, and nothing can make it come sooner: this test waits for it.
#[test]
fn f10_a_scheduled_run_comes_to_its_end_at_sigterm_and_stops_in_its_middle_at_a_second_one() {
    let story = Story::prepare(ITEMS_MAX, TIMEOUT_S);
    in_parallel(2, &[1, 2], |signals| told_to_stop(&story, *signals));
}

fn told_to_stop(story: &Story, signals: usize) -> Result<(), String> {
    let mut place = story.place();
    place.set("serve.listen", "\"127.0.0.1:0\"");
    place.set("schedule.run", "\"* * * * *\"");
    // The story was told of another address.
    place.sql(&format!("UPDATE runs SET site = '{}'", place.server.url()));
    // Slow enough that a busy machine cannot end the run between our look at it and the signal.
    let slowly = FaultRule { when: When::Write(1), fault: Fault::Delay(150), times: usize::MAX };
    place.server.faults().push(slowly);
    let before = newest_run(&place);
    let mut service = Service::start(&place);
    let begun = Instant::now();
    while place.writes() < story.writes / 2 {
        assert!(begun.elapsed() < 2 * PATIENCE, "no scheduled run came");
        std::thread::sleep(Duration::from_millis(2));
    }
    // While the world is held no call gets on: the run is in its middle.
    let held = place.world();
    place.server.faults().clear();
    service.signal("-TERM");
    assert_eq!(service.get("/healthz").0, 200, "it goes on answering");
    let ended = if signals == 1 {
        drop(held);
        service.wait()
    } else {
        // Two signals may count as one where they come too soon after each other.
        while service.is_there() {
            service.signal("-TERM");
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(held);
        service.wait()
    };
    let (code, says) =
        if signals == 1 { (0, "") } else { (7, "the run under way was stopped in its middle") };
    assert!(ended.code == code && ended.stderr.contains(says), "{ended}");
    let run = newest_run(&place);
    assert_eq!(run, before + 1, "one night, one run");
    let status = place.rows(&format!("SELECT status FROM runs WHERE id = {run}"));
    let is_open = status == [["running"]];
    assert_eq!(is_open, signals == 2, "{status:?}");
    let world = place.world().clone();
    if signals == 2 {
        return resumed(story, &place, before, &world);
    }
    check_journal(&place, run, &world)?;
    story.check_end(&place)
}

fn killed_at_call(story: &Story, case: AtCall) -> Result<(), String> {
    let place = story.place();
    let when = if case.write { When::Write(case.number) } else { When::Call(case.number) };
    place.server.faults().push(FaultRule::once(when, case.fault));
    let before = newest_run(&place);
    let mut child = place.start(&APPLY);
    if !reached(&place, &mut child, 1) {
        return Err(format!("the call was never made: {}", ended(child)));
    }
    kill(child);
    let world = place.world().clone();
    place.server.faults().clear();
    resumed(story, &place, before, &world)
}

/// Kills each run at its nth write, until one comes through.
fn killed_after_every(story: &Story, step: usize) -> Result<(), String> {
    let place = story.place();
    let first = newest_run(&place);
    for round in 0.. {
        let fault = if round % 2 == 0 { Fault::HangAfter } else { Fault::HangBefore };
        place.server.faults().clear();
        // Every other round does nothing at its last call, so a step of one write would never get on without this.
        let write = if fault == Fault::HangBefore { step + 1 } else { step };
        place.server.faults().push(FaultRule::once(When::Write(write), fault));
        let mut child = place.start(&APPLY);
        if !reached(&place, &mut child, round + 1) {
            let ran = ended(child);
            if !matches!(ran.code, 0 | 7) {
                return Err(format!("the last run failed: {ran}"));
            }
            break;
        }
        kill(child);
        if round > 200 {
            return Err("it never comes to an end".to_owned());
        }
    }
    for run in first + 1..newest_run(&place) {
        let states = place.rows(&format!(
            "SELECT DISTINCT state FROM operations WHERE run = {run} AND state NOT IN \
             ('done', 'already_so', 'unknown', 'not_tried')"
        ));
        if !states.is_empty() {
            return Err(format!("run {run} has operations in {states:?}"));
        }
    }
    place.server.faults().clear();
    story.check_end(&place)
}

fn killed_after(story: &Story, milliseconds: u64) -> Result<(), String> {
    let place = story.place();
    let before = newest_run(&place);
    let child = place.start(&RUN);
    std::thread::sleep(Duration::from_millis(milliseconds));
    kill(child);
    let world = place.world().clone();
    resumed(story, &place, before, &world)
}

/// Runs again after a kill, and checks the end and what the journal says of the killed run.
fn resumed(story: &Story, place: &Place, before: i64, world: &World) -> Result<(), String> {
    let killed = newest_run(place);
    let ran = place.muster(&APPLY);
    if !matches!(ran.code, 0 | 7) {
        return Err(format!("the run after the kill failed: {ran}"));
    }
    if killed > before {
        check_journal(place, killed, world)?;
    }
    let not_done = place.rows(&format!(
        "SELECT kind, name, state, detail FROM operations WHERE run = {} AND state NOT IN ('done', 'already_so')",
        newest_run(place)
    ));
    if !not_done.is_empty() {
        return Err(format!("the run after the kill left {not_done:?}"));
    }
    story.check_end(place)
}

/// Waits until the Moodle met so many faults; false if the process ended before.
fn reached(place: &Place, child: &mut Child, faults: usize) -> bool {
    let begun = Instant::now();
    while faults_met(&place.server) < faults {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(begun.elapsed() < PATIENCE, "the process neither calls nor ends");
        std::thread::sleep(Duration::from_millis(2));
    }
    true
}

/// Kills a process by SIGKILL and waits for its end.
fn kill(mut child: Child) {
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    let killed = output.status.signal() == Some(9);
    assert!(killed || output.status.code().is_some_and(|code| matches!(code, 0 | 7)), "{output:?}");
}

fn ended(child: Child) -> Ran {
    Ran::of(&["the killed one"], &child.wait_with_output().unwrap())
}
