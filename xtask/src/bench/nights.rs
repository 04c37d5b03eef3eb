//! Measures whole nights: the first, two with nothing to do, three ordinary ones and the busiest of a term; and one in
//! which one addition in a hundred fails.
//!
//! Not here: how the program is run and watched (`stage.rs`, `program.rs`).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use simulators::moodle::{Fault, FaultRule, Server, When};
use simulators::university::{Kind, Profile, University, Wish};

use super::stage::{Calls, Stage};
use super::table::{Figure, Table};
use crate::error::ChoreError;

/// The most elements in one call (DESIGN section 6).
const BATCH_MAX: u64 = 100;

/// Kinds of operations that only change the program's own record (`Operation::sends` of crates/reconcile).
const NOT_SENT: [&str; 6] = [
    "record_grouping_name",
    "record_group_name",
    "adopt_member",
    "forget_member",
    "forget_group",
    "forget_grouping",
];

/// The nights after the first two.
const QUIET_NIGHTS: u32 = 3;

/// Measures ordinary nights, and the questions that people ask in between.
pub(crate) fn ordinary(
    program: &Path,
    profile: Profile,
    seed: u64,
    table: &mut Table,
) -> Result<(), ChoreError> {
    let mut stage = Stage::set_up(program, profile, seed)?;
    let name = |night: &str| format!("{profile}: {night}");
    measure(&stage, &name("first night"), &["run"], table)?.judge_writes(table);
    table.tell(&name("database after it"), Figure::Megabytes(stage.folder.database_mb()));
    measure(&stage, &name("nothing changed, all courses"), &["run", "--all"], table)?;
    measure(&stage, &name("nothing changed"), &["run"], table)?.judge_calls(table);
    let mut together = Night { name: name("quiet nights together"), ..Night::default() };
    for number in 1..=QUIET_NIGHTS {
        stage.live_through(University::next_day)?;
        let night = measure(&stage, &name(&format!("quiet night {number}")), &["run"], table)?;
        night.judge_calls(table);
        together.calls.writes += night.calls.writes;
        together.fewest_writes += night.fewest_writes;
    }
    // One call more is much in a night that needs fifteen, so these are judged together.
    together.judge_writes(table);
    stage.live_through(University::next_peak_day)?;
    measure(&stage, &name("peak night"), &["run"], table)?.judge_writes(table);
    questions(&stage, profile, table)
}

/// The calls of a night.
#[derive(Default)]
struct Night {
    name: String,
    calls: Calls,
    fewest_writes: u64,
}

impl Night {
    fn judge_calls(&self, table: &mut Table) {
        let Calls { reads, writes } = self.calls;
        let what = format!("{}: all calls", self.name);
        table.judge(&what, Figure::Calls(reads + writes), Figure::Calls(1_500));
    }

    fn judge_writes(&self, table: &mut Table) {
        let ratio = Figure::Times(self.calls.writes as f64 / self.fewest_writes as f64);
        table.judge(&format!("{}: calls to write / fewest", self.name), ratio, Figure::Times(1.05));
    }
}

fn measure(stage: &Stage, name: &str, arguments: &[&str], table: &mut Table) -> Result<Night, ChoreError> {
    let (ran, calls) = stage.night(arguments)?;
    let Calls { reads, writes } = calls;
    let fewest_writes = fewest_writes(&ran.answer);
    println!(
        "{name}: {:.1} s, {} MB, {reads} calls to read, {writes} to write (fewest {fewest_writes}), {}",
        ran.seconds,
        ran.peak_mb,
        courses(&ran.answer)
    );
    table.tell(&format!("{name}: calls to read"), Figure::Calls(reads));
    table.tell(&format!("{name}: calls to write"), Figure::Calls(writes));
    table.tell(&format!("{name}: time"), Figure::Seconds(ran.seconds));
    table.judge(&format!("{name}: memory"), Figure::Megabytes(ran.peak_mb), Figure::Megabytes(600));
    Ok(Night { name: name.to_owned(), calls, fewest_writes })
}

/// The fewest calls that could carry out what a run was free to do: full batches of each kind. Where two groups exchange
/// their names, one of them needs a second call that is not counted here.
fn fewest_writes(answer: &Value) -> u64 {
    let kinds = answer["report"]["changes"].as_array().map_or(&[][..], Vec::as_slice);
    let is_sent = |kind: &&Value| !NOT_SENT.iter().any(|name| kind["kind"] == *name);
    let number = |kind: &Value, name: &str| kind[name].as_u64().unwrap_or_default();
    kinds
        .iter()
        .filter(is_sent)
        .map(|kind| (number(kind, "planned") - number(kind, "waiting")).div_ceil(BATCH_MAX))
        .sum()
}

/// How many courses a run looked at, in words.
fn courses(answer: &Value) -> String {
    let courses = &answer["report"]["courses"];
    format!("{} of {} courses read, {} changed", courses["planned"], courses["known"], courses["changed"])
}

/// Measures what people ask during the day.
fn questions(stage: &Stage, profile: Profile, table: &mut Table) -> Result<(), ChoreError> {
    let member = stage.university.members().next();
    let course = stage.university.mappings().next().map(|mapping| mapping.moodle_id.to_string());
    let (Some(member), Some(course)) = (member, course) else { return Ok(()) };
    let asked: [&[&str]; 4] = [
        &["status"],
        &["explain", "course", &course],
        &["explain", "group", &member.group_id],
        &["explain", "person", &member.person_id],
    ];
    for words in asked {
        let ran = stage.folder.muster(words)?;
        let what = format!("{profile}: muster {}", words[..words.len().min(2)].join(" "));
        println!("{what}: {:.2} s, {} MB", ran.seconds, ran.peak_mb);
        table.judge(&what, Figure::Seconds(ran.seconds), Figure::Seconds(2.0));
    }
    Ok(())
}

/// Measures a first night in which one addition in a hundred fails, because the person is unenrolled after the course
/// was read and before anything is written: the bad elements are spread over nearly all batches.
pub(crate) fn one_bad_in_a_hundred(
    program: &Path,
    profile: Profile,
    seed: u64,
    table: &mut Table,
) -> Result<(), ChoreError> {
    let stage = Stage::set_up(program, profile, seed)?;
    let leaving = one_in_a_hundred(&stage.university);
    // The first write waits, and it is seen that it does; so do those that come close behind it.
    let wait = |times| FaultRule { when: When::Write(1), fault: Fault::Delay(3_000), times };
    stage.server.faults().push(wait(1));
    stage.server.faults().push(wait(7));
    let (ran, Calls { reads, writes }) = std::thread::scope(|scope| {
        scope.spawn(|| unenrol_at_the_first_write(&stage.server, &leaving));
        stage.night(&["run"])
    })?;
    let name = format!("{profile}: one bad in a hundred");
    let fewest = fewest_writes(&ran.answer);
    let share = refused_percent(&ran.answer);
    println!("{name}: {share:.2} % refused, {reads} calls to read, {writes} to write (fewest {fewest})");
    table.tell(&format!("{name}: additions refused"), format!("{share:.2} %"));
    table.tell(&format!("{name}: calls to read"), Figure::Calls(reads));
    table.tell(&format!("{name}: calls to write"), Figure::Calls(writes));
    let ratio = Figure::Times(writes as f64 / fewest as f64);
    table.judge(&format!("{name}: calls to write / fewest"), ratio, Figure::Times(2.5));
    table.tell(&format!("{name}: time"), Figure::Seconds(ran.seconds));
    Ok(())
}

fn unenrol_at_the_first_write(server: &Server, leaving: &[(u32, u32)]) {
    while server.faults().pending() > 1 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut world = server.world();
    for (course, user) in leaving {
        world.unenrol(i64::from(*course), i64::from(*user));
    }
}

/// Courses and people of which one in a hundred of all additions consists.
fn one_in_a_hundred(university: &University) -> Vec<(u32, u32)> {
    let additions = additions(university);
    let mut weights: HashMap<(u32, u32), usize> = HashMap::new();
    for addition in &additions {
        *weights.entry(*addition).or_default() += 1;
    }
    let (mut leaving, mut seen, mut weight) = (Vec::new(), HashSet::new(), 0);
    // Steps of the golden ratio spread over courses, groups and places in the groups, however many are taken.
    let step = additions.len() * 618 / 1_000;
    for number in 0..additions.len() {
        let addition = &additions[number * step % additions.len()];
        if weight * 100 >= additions.len() {
            break;
        }
        if seen.insert(*addition) {
            weight += weights[addition];
            leaving.push(*addition);
        }
    }
    leaving
}

/// What a first night adds, course by course: the members of mapped groups who are enrolled.
fn additions(university: &University) -> Vec<(u32, u32)> {
    let mut courses_of: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for mapping in university.mappings() {
        if mapping.group_import == Wish::Add && mapping.mapping_action == Wish::Add {
            courses_of.entry(mapping.modulecode).or_default().push(mapping.moodle_id);
        }
    }
    let module_of: HashMap<String, &str> = university
        .groups()
        .filter(|group| group.kind != Kind::Class)
        .map(|group| (group.group_id, group.module_code))
        .collect();
    let users: HashMap<String, u32> =
        university.people().map(|person| (person.idnumber, person.id)).collect();
    let enrolled: HashSet<(u32, u32)> =
        university.enrolments().map(|enrolment| (enrolment.course_id, enrolment.user_id)).collect();
    let mut additions = Vec::new();
    for member in university.members() {
        let (Some(module), Some(user)) = (module_of.get(&member.group_id), users.get(&member.person_id))
        else {
            continue;
        };
        let courses = courses_of.get(module).into_iter().flatten();
        additions.extend(courses.map(|course| (*course, *user)).filter(|pair| enrolled.contains(pair)));
    }
    additions
}

fn refused_percent(answer: &Value) -> f64 {
    let kinds = answer["report"]["changes"].as_array().map_or(&[][..], Vec::as_slice);
    let additions = kinds.iter().find(|kind| kind["kind"] == "add_member");
    let number = |name: &str| additions.and_then(|kind| kind[name].as_f64()).unwrap_or_default();
    100.0 * number("refused") / number("planned").max(1.0)
}
