//! Many processes on one database: workers share a run and are killed in its middle, the leader is killed, two services are
//! sent the same message.
//!
//! Not here: leases and claims one by one (the store's `sharing` and `firings`), and a run of one process (`kill`).
//!
//! A run is shared on a server only, so with SQLite most of this says that it was left out; `cargo xtask ci` does it once
//! for each server.

use std::process::{Child, Command};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ims_es::envelope::{CallHeader, write_call};
use ims_es::operation::Call;
use ims_es::status_info::Ending;
use simulators::moodle::{Fault, FaultRule, When};

use crate::disturbed::in_parallel;
use crate::place as database;
use crate::student_system::{COMBINED, Desk, PASSWORD, Service, XML, create, endings, message, read};
use crate::support::{Place, Ran, Timetable};

const COURSES: i64 = 16;
const PEOPLE: i64 = 9;
const PATIENCE: Duration = Duration::from_secs(90);

/// Whether there is no server; says so.
fn is_left_out() -> bool {
    let is_missing = database::server().is_none();
    if is_missing {
        println!(
            "left out: many machines cannot share SQLite; MUSTER_TEST_DATABASE names a server (cargo xtask ci sets it)"
        );
    }
    is_missing
}

/// The timetable of a night: the second one renames, moves, drops and adds.
fn timetable(night: i64) -> Timetable {
    let mut timetable = Timetable::new();
    for course in 1..=COURSES {
        let module = format!("M{course}");
        let person = |number: i64| format!("p{}", 1 + (course + number) % PEOPLE);
        let people: Vec<String> = (0..4).map(|number| person(number + night)).collect();
        let people: Vec<&str> = people.iter().map(String::as_str).collect();
        let (first, second) = if night == 1 { ("Monday", "Tuesday") } else { ("Tuesday", "Monday") };
        timetable = timetable
            .group(&module, &format!("{course}a"), first, &people)
            .group(&module, &format!("{course}b"), second, &people[..2])
            .group(&module, &format!("{course}c{night}"), &format!("Of night {night}"), &people[1..]);
    }
    timetable
}

/// A place on the morning of the second night.
fn before_the_second_night() -> Place {
    let courses: Vec<i64> = (1..=COURSES).collect();
    let mut place = Place::with(&courses, PEOPLE, &timetable(1));
    place.set("moodle.items_max", "4");
    place.set("limits.members_removed_percent_max", "100");
    place.set("limits.groups_deleted_percent_max", "100");
    for course in courses {
        place.map(course, &format!("M{course}"));
    }
    place.run().ends_with(0);
    place.write_timetable(&timetable(2));
    place.server.clear_calls();
    place
}

/// The same, with a run that is shared and a Moodle that takes its time.
fn shared() -> Place {
    let mut place = before_the_second_night();
    place.set("workers.share", "true");
    place.set("workers.lease_s", "1");
    let slowly = FaultRule { when: When::Every(1), fault: Fault::Delay(10), times: usize::MAX };
    place.server.faults().push(slowly);
    place
}

/// What one process makes of the second night, and how many calls to write that takes.
fn alone() -> (String, usize) {
    let place = before_the_second_night();
    place.run().ends_with(0);
    place.assert_quiet();
    // The quiet run is counted from a clean record, so the calls are counted in a place of their own.
    let counted = before_the_second_night();
    counted.run().ends_with(0);
    (place.picture(), counted.writes())
}

/// The next number of a seeded series (splitmix64).
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *seed;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Tells a helper to end, as systemd does.
fn end(child: Child) {
    let sent = Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]).status().unwrap();
    assert!(sent.success());
    Ran::of(&["work"], &child.wait_with_output().unwrap()).ends_with(0);
}

/// Waits for so many writes; false where the process ended before.
fn written(place: &Place, child: &mut Child, writes: usize) -> bool {
    let begun = Instant::now();
    while place.writes() < writes {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(begun.elapsed() < PATIENCE, "the process neither writes nor ends");
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

/// Checks that nobody had a course while another one did, and that nobody has one still; returns how many worked.
fn check_leases(place: &Place) -> Result<usize, String> {
    let rows = place.rows("SELECT course, taken_at, ended_at, worker FROM leases ORDER BY course, attempt");
    for pair in rows.windows(2) {
        let [before, after] = pair else { continue };
        let time = |text: &String| text.parse::<i64>().map_err(|error| format!("{pair:?}: {error}"));
        if before[0] == after[0] && time(&after[1])? < time(&before[2])? {
            return Err(format!("two had one course at once: {before:?} {after:?}"));
        }
    }
    if let Some(held) = rows.iter().find(|row| row[2].is_empty()) {
        return Err(format!("somebody still has a course: {held:?}"));
    }
    let mut workers: Vec<&String> = rows.iter().map(|row| &row[3]).collect();
    workers.sort();
    workers.dedup();
    Ok(workers.len())
}

/// Checks the end of the second night.
fn check_end(place: &Place, expected: &str) -> Result<(), String> {
    let picture = place.picture();
    if picture != expected {
        return Err(format!("expected\n{expected}\nfound\n{picture}"));
    }
    let open = place.rows("SELECT course, kind, state FROM operations WHERE state IN ('sent', 'planned')");
    let links = place.rows("SELECT id FROM group_links WHERE state IN ('intended', 'removing')");
    if !open.is_empty() || !links.is_empty() {
        return Err(format!("the journal is open: {open:?} {links:?}"));
    }
    place.server.faults().clear();
    place.assert_quiet();
    Ok(())
}

#[test]
fn a_shared_run_comes_to_the_same_end_as_that_of_one_process() {
    if is_left_out() {
        return;
    }
    let (expected, writes) = alone();
    let place = shared();
    let helpers = [place.start(&["work"]), place.start(&["work"])];
    let ran = place.run().ends_with(0);
    let counted = ran.json()["calls"]["write"].as_u64().unwrap();
    assert_eq!(counted as usize, place.writes(), "the calls of all are told");
    assert!(counted as usize >= writes);
    helpers.into_iter().for_each(end);
    assert!(check_leases(&place).unwrap() >= 2, "somebody helped");
    check_end(&place, &expected).unwrap();
    let plans = "SELECT course FROM work WHERE content <> ''";
    assert!(place.rows(plans).is_empty(), "no plan is kept after the run");
}

#[test]
fn a_worker_killed_at_any_moment_changes_nothing_of_the_end() {
    if is_left_out() {
        return;
    }
    let (expected, writes) = alone();
    // How many courses a killed worker had: the kills must not all come when it has none.
    let lost = AtomicUsize::new(0);
    in_parallel(3, &[1, 2, 3, 4, 5, 6], |seed| {
        lost.fetch_add(killed_worker(*seed, &expected, writes)?, Ordering::Relaxed);
        Ok(())
    });
    assert!(lost.into_inner() > 0, "no worker was killed while it had a course");
}

/// Kills a worker, and returns how many courses it had.
fn killed_worker(mut seed: u64, expected: &str, writes: usize) -> Result<usize, String> {
    let place = shared();
    let mut helpers = vec![place.start(&["work"]), place.start(&["work"])];
    let mut leader = place.start(&["run", "--format", "json"]);
    // From the first write to the last, or while the platform is read.
    let at = (next(&mut seed) as usize) % writes;
    if at == 0 {
        std::thread::sleep(Duration::from_millis(next(&mut seed) % 1_500));
    }
    written(&place, &mut leader, at);
    kill(helpers.remove((next(&mut seed) % 2) as usize));
    let ran = Ran::of(&["run"], &leader.wait_with_output().unwrap());
    helpers.into_iter().for_each(end);
    if ran.code != 0 {
        return Err(format!("killed at write {at}: {ran}"));
    }
    check_leases(&place)?;
    let lost = place.rows("SELECT course FROM leases WHERE ended = 'lost'").len();
    let ended = check_end(&place, expected);
    ended.map_err(|complaint| format!("killed at write {at}: {complaint}\n{ran}"))?;
    Ok(lost)
}

#[test]
fn a_killed_leader_leaves_a_run_that_the_next_one_completes_with_the_same_helpers() {
    if is_left_out() {
        return;
    }
    let (expected, writes) = alone();
    in_parallel(2, &[writes / 7, writes / 2], |at| {
        let place = shared();
        let helpers = [place.start(&["work"]), place.start(&["work"])];
        let mut leader = place.start(&["run"]);
        written(&place, &mut leader, *at);
        kill(leader);
        let ran = place.run();
        helpers.into_iter().for_each(end);
        if !matches!(ran.code, 0 | 7) {
            return Err(format!("{ran}"));
        }
        check_leases(&place)?;
        let interrupted = place.rows("SELECT id FROM runs WHERE status = 'interrupted'");
        if interrupted.len() != 1 {
            return Err(format!("interrupted: {interrupted:?}"));
        }
        check_end(&place, &expected)
    });
}

#[test]
fn a_helper_with_other_settings_says_which_and_takes_nothing() {
    let mut place = before_the_second_night();
    if is_left_out() {
        place.muster(&["work"]).ends_with(3).says("cannot share a SQLite file").says("docs/scale.md");
        place.set("workers.share", "true");
        place.muster(&["run"]).ends_with(3).says("[workers] share: many machines cannot share a SQLite file");
        return;
    }
    place.muster(&["work", "--once"]).ends_with(0);
    place.set("workers.share", "true");
    let held = place.world();
    let leader = place.start(&["run"]);
    let begun = Instant::now();
    let share = "SELECT run FROM shares";
    // The leader cannot get on while the world is held, so its run stays open.
    drop(held);
    let slowly = FaultRule { when: When::Every(1), fault: Fault::Delay(200), times: usize::MAX };
    place.server.faults().push(slowly);
    while place.rows(share).is_empty() {
        assert!(begun.elapsed() < PATIENCE, "no run was shared");
        std::thread::sleep(Duration::from_millis(5));
    }
    place.set("policy.same_code", "\"merge\"");
    place
        .muster(&["work", "--once"])
        .ends_with(3)
        .says("policy.same_code is \"merge\" here and \"qualify\" at the leader");
    place.server.faults().clear();
    Ran::of(&["run"], &leader.wait_with_output().unwrap()).ends_with(0);
    assert_eq!(check_leases(&place).unwrap(), 1);
}

#[test]
fn y8_one_message_sent_to_two_services_has_one_effect_and_one_answer() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let desk = Desk::local();
    let services = [desk.serve(), desk.serve()];
    for round in 0..12 {
        let call = create(&[format!("g{round}")]);
        let mut bytes = Vec::new();
        write_call(&mut bytes, &CallHeader::new(&format!("message {round}"), "sis", PASSWORD), &call)
            .unwrap();
        let answers = std::thread::scope(|scope| {
            let send = |service: &Service| service.post(COMBINED, XML, &bytes);
            let sent = services.each_ref().map(|service| scope.spawn(move || send(service)));
            sent.map(|answer| answer.join().unwrap())
        });
        for answer in &answers {
            assert_eq!(endings(answer, &call), [Ending::Done], "{round}");
        }
        let again = services[round % 2].post(COMBINED, XML, &bytes);
        assert_eq!(endings(&again, &call), [Ending::Done], "{round}");
    }
    let rows = |query| runtime.block_on(desk.database.rows(query)).len();
    // Messages that changed nothing are written down a moment later.
    let begun = Instant::now();
    let repeated = || rows("SELECT outcome FROM ims_messages WHERE outcome = 'repeated'");
    while repeated() < 24 && begun.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(repeated(), 24, "two of three");
    assert_eq!(rows("SELECT outcome FROM ims_messages WHERE outcome = 'done'"), 12, "one of three");
    assert_eq!(rows("SELECT sync_key FROM ims_groups WHERE sync_key LIKE 'g%'"), 12);

    // An account that is removed is known everywhere within two seconds.
    let call = read(&["g1".to_owned()]);
    let statuses = || services.each_ref().map(|service| is_let_in(service, &call));
    assert_eq!(statuses(), [true, true]);
    desk.muster(&["account", "remove", "sis", "--yes"]).ends_with(0);
    std::thread::sleep(Duration::from_millis(2_100));
    assert_eq!(statuses(), [false, false]);
}

fn is_let_in<C: Call>(service: &Service, call: &C) -> bool {
    service.post(COMBINED, XML, &message(call, PASSWORD)).status == 200
}
