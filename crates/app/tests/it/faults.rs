//! The Moodle fails at every call of a night, in every way that the simulator knows. The night, or one of the next
//! two, comes to the same end: no duplicate, an honest journal, a sensible exit code (features F7, F9, L5, Z5).
//!
//! Not here: a program that is killed (`kill`).

use std::process::Child;
use std::time::{Duration, Instant};

use simulators::moodle::{Fault, FaultRule, Owner, Token, When, World};

use crate::disturbed::{APPLY, Story, check_journal, in_parallel, newest_run};
use crate::support::{Place, Ran, TOKEN, user};

/// The cases wait for each other's timeouts, so there may be more of them than cores.
const THREADS: usize = 24;

/// A call is given up after a second.
const TIMEOUT_S: u32 = 1;

/// Every case starts the program three times; of all of them, an ordinary test run takes one in so many. No list of
/// faults has a multiple of this length, so the faults take turns at the calls.
const ONE_IN: usize = 7;

/// An answer that comes too late, by so many milliseconds.
const LATE_MS: u64 = 1_400;

/// An answer that begins at once and ends too late: so many milliseconds before each of its pieces.
const SLOW_MS: u64 = 140;

/// How long a call is held back while something happens beside it.
const HELD_BACK_MS: u64 = 150;

/// One fault for a read, and for a write that was or was not carried out.
const FAULTS: [Fault; 16] = Fault::all(LATE_MS, SLOW_MS);

#[derive(Clone, Debug)]
struct Case {
    when: When,
    fault: Fault,
    times: usize,
}

#[test]
fn a_fault_at_any_write_is_made_good() {
    let story = Story::prepare(100, TIMEOUT_S);
    check(&story, cases(story.writes, When::Write, &FAULTS, 1));
}

#[test]
fn a_fault_at_any_write_of_small_batches_is_made_good() {
    let story = Story::prepare(3, TIMEOUT_S);
    let faults = [Fault::LostAfter, Fault::Status502, Fault::Deadlock, Fault::StaleList];
    check(&story, cases(story.writes, When::Write, &faults, 1));
}

#[test]
fn a_fault_at_any_read_is_made_good() {
    let story = Story::prepare(100, TIMEOUT_S);
    check(&story, cases(story.calls, When::Call, &FAULTS, 1));
}

/// An update of a grouping sends the description that was read before. All cases run always: when this was wrong, one
/// call in a hundred lost a description, and the journal said done.
#[test]
fn a_grouping_that_cannot_be_read_is_not_written_over() {
    let story = Story::prepare(100, TIMEOUT_S);
    let at = |at| Case { when: When::Call(at), fault: Fault::Deadlock, times: 12 };
    in_parallel(THREADS, &(1..=story.calls).map(at).collect::<Vec<_>>(), |case| failed(&story, case));
}

#[test]
fn a_fault_twice_in_a_row_is_made_good() {
    let story = Story::prepare(100, TIMEOUT_S);
    check(&story, cases(story.writes, When::Write, &FAULTS, 2));
}

#[test]
fn a_fault_for_longer_than_a_call_is_repeated_is_made_good() {
    let story = Story::prepare(100, TIMEOUT_S);
    let mut all = Vec::new();
    for fault in [Fault::LostAfter, Fault::Status500, Fault::Garbage, Fault::Deadlock, Fault::EmptyBody] {
        all.extend((1..=story.writes).map(|at| Case { when: When::Write(at), fault, times: 12 }));
        all.extend((1..=story.calls).map(|at| Case { when: When::Call(at), fault, times: 12 }));
        all.extend((2..=5).map(|at| Case { when: When::Every(at), fault, times: 30 }));
    }
    check(&story, all);
}

/// Each fault at each call.
fn cases(count: usize, when: fn(usize) -> When, faults: &[Fault], times: usize) -> Vec<Case> {
    let at = |number| faults.iter().map(move |fault| Case { when: when(number), fault: *fault, times });
    (1..=count).flat_map(at).collect()
}

fn check(story: &Story, cases: Vec<Case>) {
    in_parallel(THREADS, &thinned(cases), |case| failed(story, case));
}

/// One case in [`ONE_IN`], another choice at each call, or all of them if `MUSTER_TEST_EVERYTHING` is set.
fn thinned<C>(cases: Vec<C>) -> Vec<C> {
    if std::env::var_os("MUSTER_TEST_EVERYTHING").is_some() {
        return cases;
    }
    cases.into_iter().step_by(ONE_IN).collect()
}

fn failed(story: &Story, case: &Case) -> Result<(), String> {
    let place = story.place();
    let before = newest_run(&place);
    place.server.faults().push(FaultRule { when: case.when.clone(), fault: case.fault, times: case.times });
    let ran = place.muster(&APPLY);
    place.server.faults().clear();
    if case.fault == Fault::Delay(LATE_MS) {
        // What was given up may still be carried out.
        std::thread::sleep(Duration::from_millis(600));
    }
    ended_well(&place, &ran, before, case.fault != Fault::Delay(LATE_MS))?;
    come_to_the_end(story, &place).map_err(|complaint| format!("{complaint}\nthe disturbed run: {ran}"))
}

/// Checks the exit code and the journal of a run that ended by itself.
fn ended_well(place: &Place, ran: &Ran, before: i64, world_is_as_it_was: bool) -> Result<(), String> {
    if !matches!(ran.code, 0 | 5 | 7) {
        return Err(format!("no sensible end: {ran}"));
    }
    let run = newest_run(place);
    if run == before {
        return if ran.code == 5 { Ok(()) } else { Err(format!("there is no run, but {ran}")) };
    }
    let status = &place.rows(&format!("SELECT status FROM runs WHERE id = {run}"))[0][0];
    let expected: &[&str] = match ran.code {
        0 => &["done"],
        5 => &["failed"],
        _ => &["attention"],
    };
    if !expected.contains(&status.as_str()) {
        return Err(format!("the run is {status}, but {ran}"));
    }
    // What nobody knows, and what rests on it, heals in the next run and needs no person.
    let heals = |row: &Vec<String>| matches!(row[3].as_str(), "unknown" | "not_tried");
    if ran.code == 0 && !open_operations(place).iter().all(heals) {
        return Err(format!("all is well, says {ran}, but there is {:?}", open_operations(place)));
    }
    if world_is_as_it_was {
        check_journal(place, run, &place.world().clone())
            .map_err(|complaint| format!("{complaint}\n{ran}"))?;
    }
    Ok(())
}

/// What the newest run did not do.
fn open_operations(place: &Place) -> Vec<Vec<String>> {
    place.rows(
        "SELECT kind, name, person, state, detail FROM operations WHERE run = (SELECT max(id) FROM runs) \
         AND state NOT IN ('done', 'already_so') ORDER BY number",
    )
}

/// Runs at most twice more, as the next nights would, and checks the end.
fn come_to_the_end(story: &Story, place: &Place) -> Result<(), String> {
    let mut ran = place.muster(&APPLY);
    if !open_operations(place).is_empty() {
        ran = place.muster(&APPLY);
    }
    if !matches!(ran.code, 0 | 7) || !open_operations(place).is_empty() {
        return Err(format!("two runs later it is not done: {ran}"));
    }
    story.check_end(place)
}

/// Something that happens while a run is under way.
struct Event {
    name: &'static str,
    happens: fn(&mut World),
    /// Undoes it, if it does not pass by itself.
    passes: fn(&mut World),
}

const SITE_EVENTS: [Event; 6] = [
    Event {
        name: "maintenance",
        happens: |world| world.site.maintenance = true,
        passes: |world| world.site.maintenance = false,
    },
    Event {
        name: "maintenance from the command line",
        happens: |world| world.site.cli_maintenance = true,
        passes: |world| world.site.cli_maintenance = false,
    },
    Event {
        name: "the database is down",
        happens: |world| world.site.database_down = true,
        passes: |world| world.site.database_down = false,
    },
    Event {
        name: "web services are switched off",
        happens: |world| world.site.web_services = false,
        passes: |world| world.site.web_services = true,
    },
    Event {
        name: "the token is revoked",
        happens: |world| _ = world.remove_token(TOKEN),
        passes: |world| world.add_token(Token::new(TOKEN, 2)),
    },
    Event {
        name: "the service is disabled",
        happens: |world| world.token_mut(TOKEN).unwrap().service_enabled = false,
        passes: |world| world.token_mut(TOKEN).unwrap().service_enabled = true,
    },
];

#[test]
fn a_site_that_closes_in_the_middle_stops_the_run_and_the_next_completes_it() {
    let story = Story::prepare(100, TIMEOUT_S);
    let cases: Vec<(usize, &str)> =
        (1..=story.calls).flat_map(|call| SITE_EVENTS.iter().map(move |event| (call, event.name))).collect();
    in_parallel(THREADS, &thinned(cases), |(call, name)| {
        let event = SITE_EVENTS.iter().find(|event| event.name == *name).unwrap();
        let place = story.place();
        let before = newest_run(&place);
        let ran = with_event(&place, When::Call(*call), event.happens)?;
        (event.passes)(&mut place.world());
        // Where some of the courses were read before, the others are findings.
        if !matches!(ran.code, 5 | 7) {
            return Err(format!("it does not say that something is at fault: {ran}"));
        }
        ended_well(&place, &ran, before, true)?;
        come_to_the_end(&story, &place).map_err(|complaint| format!("{complaint}\nthe stopped run: {ran}"))
    });
}

/// Runs the night; at one call something happens before that call is carried out.
fn with_event(place: &Place, when: When, happens: fn(&mut World)) -> Result<Ran, String> {
    place.server.faults().push(FaultRule::once(when, Fault::Delay(HELD_BACK_MS)));
    let mut child = place.start(&APPLY);
    while place.server.faults().pending() > 0 {
        if child.try_wait().unwrap().is_some() {
            return Err(format!("the call was never made: {}", ended(child)));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    happens(&mut place.world());
    Ok(ended(child))
}

fn ended(child: Child) -> Ran {
    let begun = Instant::now();
    let ran = Ran::of(&["the disturbed one"], &child.wait_with_output().unwrap());
    assert!(begun.elapsed() < Duration::from_secs(170), "it takes too long: {ran}");
    ran
}

/// What somebody does between the reading and the writing, and what it costs: kind, name and person of the operations.
struct Surprise {
    name: &'static str,
    happens: fn(&mut World),
    costs: &'static [[&'static str; 3]],
    /// Whether the next runs make everything good, or something stays as somebody wants it.
    heals: bool,
}

const SURPRISES: [Surprise; 8] = [
    Surprise {
        name: "a person who is to be added is unenrolled",
        happens: |world| _ = world.unenrol(102, user(4)),
        costs: &[["add_member", "Numbers", "p4"]],
        heals: true,
    },
    Surprise {
        name: "a person who is to be added is deleted",
        happens: |world| _ = world.delete_user(user(6)),
        costs: &[["add_member", "Old", "p6"], ["add_member", "TUTORIAL", "p6"]],
        heals: false,
    },
    Surprise {
        name: "a group that is to be renamed is deleted",
        happens: |world| {
            let group = world.group_named(101, "Tutorial").unwrap().row.id;
            world.delete_group(group);
        },
        costs: &[["rename_group", "TUTORIAL", ""], ["add_member", "TUTORIAL", "p6"]],
        heals: true,
    },
    Surprise {
        name: "a group that is to be deleted is deleted",
        happens: |world| {
            let group = world.group_named(102, "Dropped").unwrap().row.id;
            world.delete_group(group);
        },
        costs: &[],
        heals: true,
    },
    Surprise {
        name: "a group takes a name that is wanted",
        happens: |world| _ = world.create_group_by_hand(102, "Light"),
        costs: &[
            ["create_group", "Light", ""],
            ["assign_grouping", "Light", ""],
            ["add_member", "Light", "p1"],
            ["add_member", "Light", "p2"],
        ],
        heals: false,
    },
    Surprise {
        name: "a grouping takes a name that is wanted",
        happens: |world| _ = world.create_grouping_by_hand(102, "Groups of PHYS"),
        costs: &[
            ["create_grouping", "Groups of PHYS", ""],
            ["assign_grouping", "Light", ""],
            ["assign_grouping", "Sound", ""],
        ],
        heals: false,
    },
    Surprise {
        name: "a membership that is to go is protected",
        happens: |world| {
            let group = world.group_named(102, "Numbers").unwrap().row.id;
            world.protect_member(group, user(2), Owner::Cohort);
        },
        costs: &[["remove_member", "Numbers", "p2"]],
        heals: false,
    },
    Surprise {
        name: "a person who is to be enrolled is enrolled",
        happens: |world| _ = world.enrol(102, user(9), "student"),
        costs: &[],
        heals: true,
    },
];

#[test]
fn a_bad_element_costs_only_itself() {
    let story = Story::prepare(100, 10);
    let cases: Vec<&str> = SURPRISES.iter().map(|surprise| surprise.name).collect();
    in_parallel(4, &cases, |name| surprised(&story, SURPRISES.iter().find(|one| one.name == *name).unwrap()));
}

fn surprised(story: &Story, surprise: &Surprise) -> Result<(), String> {
    let place = story.place();
    let ran = with_event(&place, When::Write(1), surprise.happens)?;
    if !matches!(ran.code, 0 | 7) {
        return Err(format!("no sensible end: {ran}"));
    }
    let mut costs: Vec<[String; 3]> =
        open_operations(&place).iter().map(|row| [row[0].clone(), row[1].clone(), row[2].clone()]).collect();
    costs.sort();
    let mut expected: Vec<[String; 3]> =
        surprise.costs.iter().map(|operation| operation.map(str::to_owned)).collect();
    expected.sort();
    if costs != expected {
        return Err(format!("it cost {:#?}", open_operations(&place)));
    }
    if surprise.heals {
        return come_to_the_end(story, &place);
    }
    place.muster(&APPLY);
    place.muster(&APPLY);
    let picture = place.picture();
    let again = place.muster(&["apply", "--all", "--new-site"]);
    if !matches!(again.code, 0 | 6 | 7) || place.picture() != picture {
        return Err(format!("it never comes to rest: {again}"));
    }
    Ok(())
}
