//! Makes a university as it is on day 0: people, courses, modules, groups, members, mappings, enrolments.
//!
//! Not here: the awkward cases (`stage.rs`) and what changes later (`ordinary.rs`, `script.rs`).
//!
//! Invariant: groups and memberships come out as `Sizes` says, up to what the awkward cases add or take.

use super::awkward::Awkward;
use super::dice::Dice;
use super::model::{
    Account, CourseRecord, CourseRole, Delivery, Enrolled, Kind, LocalGroup, Mapping, MappingRecord,
    ModuleRecord, Part, PersonRecord, Role, Seat, Wish,
};
use super::names::{self, FIRST_COURSE_ID, NAME_COUNTS, PersonName};
use super::profile::Profile;
use super::spread::{Pot, groups_per_module};
use super::stage::{self, Exceptions};
use super::{University, given};

/// One person in fifteen teaches.
const PEOPLE_PER_TUTOR: u32 = 15;
/// One module in this many has no course of its own and joins another module's course.
const COURSES_PER_EXTRA_MODULE: u32 = 33;

/// Fewer modules than this have no awkward cases, or nothing else would happen in them.
const MODULES_STAGED_MIN: usize = 200;

/// Makes the university of that size and seed; modules and courses are those of the mappings where some are given.
pub(super) fn university(profile: Profile, seed: u64, given: &[Mapping<'_>]) -> University {
    let sizes = profile.sizes();
    let mut dice = Dice::new(seed, 0);
    let tutors = sizes.people / PEOPLE_PER_TUTOR;
    let modules = sizes.courses + sizes.courses / COURSES_PER_EXTRA_MODULE;
    let mut university = University {
        profile,
        sizes,
        seed,
        day: 0,
        people: (0..sizes.people).map(|person| new_person(&mut dice, person, tutors)).collect(),
        tutors,
        students: sizes.people - tutors,
        courses: (0..sizes.courses)
            .map(|course| CourseRecord {
                id: FIRST_COURSE_ID + course,
                account: Account::InMoodle,
                enrolled: Vec::new(),
            })
            .collect(),
        modules: (0..modules as usize).map(new_module).collect(),
        groups: Vec::new(),
        local_groups: Vec::new(),
        corrupt_rows: Vec::new(),
        awkward: Awkward::default(),
        script: Vec::new(),
    };
    if given.is_empty() {
        form_groups(&mut university, &mut dice);
        map_modules(&mut university, &mut dice);
    } else {
        given::arrange(&mut university, given);
        form_groups(&mut university, &mut dice);
    }
    let exceptions = if university.modules.len() < MODULES_STAGED_MIN {
        Exceptions::default()
    } else {
        stage::set(&mut university)
    };
    enrol_people(&mut university, &mut dice, &exceptions);
    make_local_groups(&mut university, &mut dice);
    university
}

fn new_person(dice: &mut Dice, person: u32, tutors: u32) -> PersonRecord {
    let role = if person < tutors { Role::Tutor } else { Role::Student };
    let name = if dice.one_in(200) {
        PersonName::Script(dice.below(5) as u8)
    } else {
        PersonName::Latin { first: dice.below(NAME_COUNTS.0) as u8, last: dice.below(NAME_COUNTS.1) as u8 }
    };
    PersonRecord { number: person + 1, role, name, account: Account::InMoodle }
}

pub(super) fn new_module(index: usize) -> ModuleRecord {
    ModuleRecord {
        code: names::module_code(index),
        term: ["T1", "T2", "T3"][index % 3],
        delivery: Delivery::Present,
        part: Part::Ordinary,
        groups: Vec::new(),
        mappings: Vec::new(),
    }
}

/// Deals groups to the modules, and members to the groups.
fn form_groups(university: &mut University, dice: &mut Dice) {
    let sizes = university.sizes;
    let group_counts = groups_per_module(dice, university.modules.len() as u32, sizes.groups);
    let weights: Vec<u64> =
        group_counts.iter().map(|count| count * u64::from(dice.between(50, 150))).collect();
    let mut memberships = Pot::new(u64::from(sizes.memberships), &weights);
    for (module, count) in group_counts.into_iter().enumerate() {
        let share = memberships.offer(weights[module]);
        let taken = form_module(university, dice, module, count as u32, share as u32);
        memberships.take(weights[module], u64::from(taken));
    }
}

/// Forms the groups of one module so that they have about `share` members, and returns how many they have.
///
/// Everybody in the module's cohort sits in one group of each set; a class holds a third of the cohort.
fn form_module(university: &mut University, dice: &mut Dice, module: usize, count: u32, share: u32) -> u32 {
    let sets = group_sets(dice, count);
    let thirds: u32 = sets.iter().map(|(kind, _)| if *kind == Kind::Class { 1 } else { 3 }).sum();
    let students_wanted = share.saturating_sub(count);
    let cohort_size =
        (students_wanted * 3 + thirds / 2).checked_div(thirds).unwrap_or(0).min(university.students / 4);
    let cohort = cohort(university, dice, cohort_size);
    let first_tutor = dice.below(university.tutors);
    let mut taken = 0;
    for (kind, groups_in_set) in sets {
        let learners = if kind == Kind::Class { &cohort[..cohort.len() / 3] } else { &cohort[..] };
        for number in 0..groups_in_set {
            let tutor = (first_tutor + dice.below(count / 2 + 1)) % university.tutors;
            let mut seats = vec![Seat { person: tutor, role: Role::Tutor }];
            let own = learners.iter().skip(number as usize).step_by(groups_in_set as usize);
            seats.extend(own.map(|person| Seat { person: *person, role: Role::Student }));
            taken += seats.len() as u32;
            let (code, name) = names::group_code_and_name(module, kind, number + 1, dice.below(40));
            university.open_group(module, kind, code, name, seats);
        }
    }
    taken
}

/// Divides a module's groups into sets of one kind each.
fn group_sets(dice: &mut Dice, groups: u32) -> Vec<(Kind, u32)> {
    let mut small = [Kind::Tutorial, Kind::Seminar, Kind::Lab];
    dice.shuffle(&mut small);
    let classes = u32::from(groups >= 4 && dice.one_in(8));
    let others = groups - classes;
    let mut sets = match others {
        0 => Vec::new(),
        1 if dice.one_in(3) => vec![(Kind::Lecture, 1)],
        1..=5 => vec![(small[0], others)],
        _ => vec![
            (Kind::Lecture, 1),
            (small[0], (others - 1) * 2 / 3),
            (small[1], others - 1 - (others - 1) * 2 / 3),
        ],
    };
    if classes > 0 {
        sets.push((Kind::Class, classes));
    }
    sets
}

/// Picks that many different students who are near each other, as the students of a programme are.
fn cohort(university: &University, dice: &mut Dice, size: u32) -> Vec<u32> {
    let start = dice.below(university.students);
    let step = dice.between(1, 3);
    (0..size).map(|place| university.tutors + (start + place * step) % university.students).collect()
}

/// Maps most modules to the course of the same place in the list; some to none, a few to two.
fn map_modules(university: &mut University, dice: &mut Dice) {
    let courses = university.courses.len();
    for (module, record) in university.modules.iter_mut().enumerate() {
        let own = if module < courses { module } else { dice.index(courses) };
        if dice.one_in(50) {
            continue;
        }
        let group_import = if dice.one_in(100) { Wish::Rmv } else { Wish::Add };
        record.mappings.push(MappingRecord { course: own, group_import, mapping_action: Wish::Add });
        if dice.one_in(100) && own + 1 < courses {
            record.mappings.push(MappingRecord { course: own + 1, group_import, mapping_action: Wish::Add });
        }
    }
}

/// Enrols the members of a course's modules, a teacher who edits it, and some who are in no group; leaves out a few.
fn enrol_people(university: &mut University, dice: &mut Dice, exceptions: &Exceptions) {
    let modules_of_course = modules_of_course(university);
    for (course, modules) in modules_of_course.iter().enumerate() {
        if university.courses[course].account == Account::Absent {
            continue;
        }
        let mut enrolled = members_of(university, modules);
        let editing_teacher = dice.below(university.tutors);
        enrolled.push(Enrolled { person: editing_teacher, role: CourseRole::EditingTeacher });
        for _ in 0..enrolled.len() / 20 {
            let person = university.tutors + dice.below(university.students);
            enrolled.push(Enrolled { person, role: CourseRole::Student });
        }
        enrolled.extend(
            exceptions.enrolled.iter().filter(|(at, _)| *at == course).map(|(_, enrolled)| *enrolled),
        );
        enrolled.sort_unstable();
        enrolled.dedup_by_key(|enrolled| enrolled.person);
        let staged = modules.iter().any(|module| university.modules[*module].part == Part::Staged);
        enrolled.retain(|enrolled| {
            let forgotten =
                !staged && dice.one_in(if enrolled.role == CourseRole::Student { 300 } else { 100 });
            !forgotten && !exceptions.not_enrolled.contains(&(course, enrolled.person))
        });
        university.courses[course].enrolled = enrolled;
    }
}

/// Lists the modules of each course: its own, whether mapped or not, and those mapped to it.
fn modules_of_course(university: &University) -> Vec<Vec<usize>> {
    let mut modules_of_course: Vec<Vec<usize>> = (0..university.courses.len()).map(|own| vec![own]).collect();
    for (module, record) in university.modules.iter().enumerate() {
        for mapping in record.mappings.iter().filter(|mapping| mapping.course != module) {
            modules_of_course[mapping.course].push(module);
        }
    }
    modules_of_course
}

/// Lists the members of the modules who have an account in Moodle.
fn members_of(university: &University, modules: &[usize]) -> Vec<Enrolled> {
    let groups = modules.iter().flat_map(|module| &university.modules[*module].groups);
    groups
        .flat_map(|group| &university.groups[*group].seats)
        .filter(|seat| university.people[seat.person as usize].account == Account::InMoodle)
        .map(|seat| Enrolled { person: seat.person, role: seat.role.into() })
        .collect()
}

/// Gives one course in fifty a group that a teacher made by hand.
fn make_local_groups(university: &mut University, dice: &mut Dice) {
    for record in &university.courses {
        if record.account == Account::InMoodle && dice.one_in(50) {
            let name = format!("Study circle {}", dice.between(1, 9));
            university.local_groups.push(LocalGroup { course_id: record.id, name });
        }
    }
}
