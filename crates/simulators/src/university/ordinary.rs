//! What happens by chance on a day: somebody reshuffles the groups of a module, a group moves to another hour, a
//! group is split or joined to another, a teacher tidies up in Moodle.
//!
//! Not here: what is sure to happen (`script.rs`).
//!
//! Invariant: a module is touched at most once a day, and no person twice in it, so no change undoes another.
//! Invariant: the memberships changed on a day are as many as `Sizes` says.

use super::University;
use super::change::{Day, MoodleEventKind};
use super::dice::Dice;
use super::editor::{Editor, seats_of};
use super::model::{Account, CourseRole, Delivery, Enrolled, Kind, Part, Role, Seat, Wish};
use super::names;
use super::script::{Act, perform_due};

/// How busy a day is.
#[derive(Clone, Copy)]
pub(super) enum Bustle {
    Quiet,
    Peak,
    /// Departments plan their groups anew.
    Replanned,
}

/// How many modules are looked at for a group small enough to be split or joined; the rest stay for other changes.
const SMALL_GROUP_LOOKS_MAX: usize = 200;
/// A group number that no generated group has; split-off groups count up from here.
const FIRST_SPLIT_NUMBER: u32 = 200;
/// On a day of new plans one module in so many gets one.
const MODULES_PER_REPLANNED: usize = 40;

/// Lets a day pass.
pub(super) fn pass_day(university: &mut University, bustle: Bustle) -> Day {
    let sizes = university.sizes;
    let (budget, cluster_low, cluster_high) = match bustle {
        // Four or five changes a module, as somebody who moves a few people around makes them.
        Bustle::Quiet | Bustle::Replanned => (sizes.quiet_day, 3, 6),
        Bustle::Peak => (sizes.peak_day, 10, 30),
    };
    let mut editor = Editor::begin(university);
    perform_due(&mut editor);
    let mut dice = Dice::new(editor.university.seed, editor.day.number);
    let mut untouched = ordinary_modules(editor.university, &mut dice).into_iter();
    for _ in 0..=sizes.quiet_day / 100 {
        move_to_another_hour(&mut editor, &mut dice, untouched.next());
    }
    for _ in 0..=sizes.quiet_day / 1000 {
        split_or_join(&mut editor, &mut untouched, split);
        split_or_join(&mut editor, &mut untouched, join);
    }
    for _ in 0..=sizes.quiet_day / 250 {
        teachers_tidy_up(&mut editor, &mut dice, &mut untouched);
    }
    if matches!(bustle, Bustle::Replanned) {
        let modules = (editor.university.modules.len() / MODULES_PER_REPLANNED).max(1);
        // Fewer where fewer modules have groups enough.
        let _ = untouched.by_ref().filter(|module| replan(&mut editor, *module)).take(modules).count();
    }
    let mut left = budget.saturating_sub(editor.memberships_changed());
    for module in untouched {
        if left == 0 {
            break;
        }
        let wanted = dice.between(cluster_low, cluster_high).min(left);
        left -= reshuffle(&mut editor, &mut dice, module, wanted);
    }
    editor.day
}

/// Lists the modules that may change by chance, in random order.
fn ordinary_modules(university: &University, dice: &mut Dice) -> Vec<usize> {
    let may_change = |module: &usize| {
        let record = &university.modules[*module];
        record.part == Part::Ordinary && record.delivery == Delivery::Present && !record.groups.is_empty()
    };
    let mut modules: Vec<usize> = (0..university.modules.len()).filter(may_change).collect();
    dice.shuffle(&mut modules);
    modules
}

/// Renames a sub-group because it meets at another hour.
fn move_to_another_hour(editor: &mut Editor<'_>, dice: &mut Dice, module: Option<usize>) {
    let groups = module.map_or(&[][..], |module| &editor.university.modules[module].groups);
    let Some(group) = dice.pick(groups) else { return };
    let before = &editor.university.groups[group].name;
    match names::at_another_hour(before, dice.below(40)) {
        Some(name) if name != *before => editor.rename(group, name),
        Some(_) | None => {}
    }
}

/// Walks on to the next module where the change can be made.
fn split_or_join(
    editor: &mut Editor<'_>,
    untouched: &mut impl Iterator<Item = usize>,
    change: fn(&mut Editor<'_>, usize) -> bool,
) {
    // Whether any module offered one does not matter: what is not changed here is left for the reshuffles.
    let _ = untouched.by_ref().take(SMALL_GROUP_LOOKS_MAX).any(|module| change(editor, module));
}

/// Moves half of a small group's students into a new group; false when the module has no such group.
fn split(editor: &mut Editor<'_>, module: usize) -> bool {
    let Some(group) = small_groups(editor.university, module, 4).next() else { return false };
    let students = seats_of(editor.university, group, Role::Student);
    let kind = editor.university.groups[group].kind;
    let number = FIRST_SPLIT_NUMBER + editor.day.number;
    let (code, name) = names::group_code_and_name(module, kind, number, number % 40);
    let new_group = editor.open_group(module, kind, code, name);
    if let Some(tutor) = seats_of(editor.university, group, Role::Tutor).first() {
        editor.add_seat(new_group, *tutor);
    }
    for seat in students.iter().skip(students.len() / 2) {
        editor.remove_seat(group, *seat);
        editor.add_seat(new_group, *seat);
    }
    true
}

/// Closes a small group and moves its students into another of the kind; false when the module has no such pair.
fn join(editor: &mut Editor<'_>, module: usize) -> bool {
    let mut small = small_groups(editor.university, module, 1);
    let Some(closing) = small.next() else { return false };
    let kind = editor.university.groups[closing].kind;
    let Some(staying) = small.find(|group| editor.university.groups[*group].kind == kind) else {
        return false;
    };
    drop(small);
    let students = seats_of(editor.university, closing, Role::Student);
    editor.close_group(closing);
    for seat in students {
        if !editor.university.groups[staying].seats_person(seat.person) {
            editor.add_seat(staying, seat);
        }
    }
    true
}

/// Closes the module's sub-groups of its first kind that has several, and deals their people into as many new ones;
/// false when no kind has several.
fn replan(editor: &mut Editor<'_>, module: usize) -> bool {
    let university = &*editor.university;
    let of_kind = |kind: Kind| {
        let groups = university.modules[module].groups.iter().copied();
        groups.filter(|group| university.groups[*group].kind == kind).collect::<Vec<usize>>()
    };
    let kinds = [Kind::Tutorial, Kind::Seminar, Kind::Lab];
    let Some((kind, closing)) =
        kinds.into_iter().map(|kind| (kind, of_kind(kind))).find(|(_, groups)| groups.len() > 1)
    else {
        return false;
    };
    let seats_of_role = |role| -> Vec<Seat> {
        let seats = closing.iter().flat_map(|group| seats_of(university, *group, role));
        let mut seats: Vec<Seat> = seats.collect();
        seats.sort_unstable_by_key(|seat| seat.person);
        seats.dedup();
        seats
    };
    let (students, tutors) = (seats_of_role(Role::Student), seats_of_role(Role::Tutor));
    let first = FIRST_SPLIT_NUMBER + editor.day.number * 10;
    for (group, number) in closing.iter().zip(first..) {
        let (code, name) = names::group_code_and_name(module, kind, number, number % 40);
        let new_group = editor.open_group(module, kind, code, name);
        let place = (number - first) as usize;
        for seats in [&students, &tutors] {
            for seat in seats.iter().skip(place).step_by(closing.len()) {
                editor.add_seat(new_group, *seat);
            }
        }
        editor.close_group(*group);
    }
    true
}

/// Lists the module's sub-groups with few students, but at least so many. Few is up to half of a usual group, so that
/// one of them does not use up the changes of a quiet day.
fn small_groups(university: &University, module: usize, students_min: usize) -> impl Iterator<Item = usize> {
    let sizes = university.sizes;
    let students_max = (sizes.memberships / sizes.groups / 2).max(8) as usize;
    university.modules[module].groups.iter().copied().filter(move |group| {
        let record = &university.groups[*group];
        let students = record.people(Role::Student).count();
        (students_min..=students_max).contains(&students) && record.kind != Kind::Class
    })
}

/// Makes up to so many membership changes in one module and returns how many were made.
fn reshuffle(editor: &mut Editor<'_>, dice: &mut Dice, module: usize, wanted: u32) -> u32 {
    let mut touched = Vec::new();
    let mut made = 0;
    // A throw may find nobody to move; a few more throws than changes keep a small module from looping for ever.
    for _ in 0..wanted * 4 {
        let left = wanted - made;
        made += match dice.below(10) {
            0..=5 if left >= 2 => move_student(editor, dice, module, &mut touched),
            6 if left >= 2 => replace_tutor(editor, dice, module, &mut touched),
            7 => let_student_leave(editor, dice, module, &mut touched),
            _ => let_student_join(editor, dice, module, &mut touched),
        };
        if made == wanted {
            break;
        }
    }
    made
}

fn move_student(editor: &mut Editor<'_>, dice: &mut Dice, module: usize, touched: &mut Vec<u32>) -> u32 {
    let Some((from, seat)) = pick_seat(editor.university, dice, module, Role::Student, touched) else {
        return 0;
    };
    let kind = editor.university.groups[from].kind;
    let Some(to) = dice.pick(&editor.university.modules[module].groups) else { return 0 };
    let target = &editor.university.groups[to];
    if to == from || target.kind != kind || target.seats_person(seat.person) {
        return 0;
    }
    editor.remove_seat(from, seat);
    editor.add_seat(to, seat);
    touched.push(seat.person);
    2
}

fn replace_tutor(editor: &mut Editor<'_>, dice: &mut Dice, module: usize, touched: &mut Vec<u32>) -> u32 {
    let Some((group, seat)) = pick_seat(editor.university, dice, module, Role::Tutor, touched) else {
        return 0;
    };
    let successor = Seat { person: dice.below(editor.university.tutors), role: Role::Tutor };
    if touched.contains(&successor.person) || editor.university.groups[group].seats_person(successor.person) {
        return 0;
    }
    editor.remove_seat(group, seat);
    editor.add_seat(group, successor);
    touched.extend([seat.person, successor.person]);
    enrol_newcomer(editor, dice, module, successor);
    2
}

fn let_student_join(editor: &mut Editor<'_>, dice: &mut Dice, module: usize, touched: &mut Vec<u32>) -> u32 {
    let person = editor.university.tutors + dice.below(editor.university.students);
    let Some(group) = dice.pick(&editor.university.modules[module].groups) else { return 0 };
    if touched.contains(&person) || editor.university.groups[group].seats_person(person) {
        return 0;
    }
    let seat = Seat { person, role: Role::Student };
    editor.add_seat(group, seat);
    touched.push(person);
    enrol_newcomer(editor, dice, module, seat);
    1
}

/// Takes a student out of a group, and out of the courses when that was the last group of the module.
fn let_student_leave(editor: &mut Editor<'_>, dice: &mut Dice, module: usize, touched: &mut Vec<u32>) -> u32 {
    let Some((group, seat)) = pick_seat(editor.university, dice, module, Role::Student, touched) else {
        return 0;
    };
    editor.remove_seat(group, seat);
    touched.push(seat.person);
    if !editor.university.seated_in_module(module, seat.person) {
        for course in courses_in_moodle(editor.university, module) {
            editor.unenrol(course, seat.person);
        }
    }
    1
}

/// Enrols a new member in the module's courses: mostly the same day, one in five a day late.
fn enrol_newcomer(editor: &mut Editor<'_>, dice: &mut Dice, module: usize, seat: Seat) {
    let enrolled = Enrolled { person: seat.person, role: seat.role.into() };
    for course in courses_in_moodle(editor.university, module) {
        if dice.one_in(5) {
            let tomorrow = editor.day.number + 1;
            editor.university.script.push((tomorrow, Act::Enrol { course, enrolled }));
        } else {
            editor.enrol(course, enrolled);
        }
    }
}

/// Picks a random seat of the role whose person was not touched today.
fn pick_seat(
    university: &University,
    dice: &mut Dice,
    module: usize,
    role: Role,
    touched: &[u32],
) -> Option<(usize, Seat)> {
    let group = dice.pick(&university.modules[module].groups)?;
    let seat = dice.pick(&university.groups[group].seats)?;
    (seat.role == role && !touched.contains(&seat.person)).then_some((group, seat))
}

fn courses_in_moodle(university: &University, module: usize) -> Vec<usize> {
    let mapped = university.modules[module].mappings.iter().map(|mapping| mapping.course);
    mapped.filter(|course| university.courses[*course].account == Account::InMoodle).collect()
}

/// Lets teachers rename, delete, fill and thin out a group each, in courses that show the module's groups.
fn teachers_tidy_up(editor: &mut Editor<'_>, dice: &mut Dice, untouched: &mut impl Iterator<Item = usize>) {
    let kinds = [
        MoodleEventKind::RenameGroup,
        MoodleEventKind::DeleteGroup,
        MoodleEventKind::AddLocalMember,
        MoodleEventKind::RemoveMember,
    ];
    for kind in kinds {
        let done = untouched.by_ref().any(|module| tidy_up(editor, dice, module, kind));
        if !done {
            return;
        }
    }
}

/// Lets a teacher do one thing to a group of the module; false when this module offers no occasion.
fn tidy_up(editor: &mut Editor<'_>, dice: &mut Dice, module: usize, kind: MoodleEventKind) -> bool {
    let university = &*editor.university;
    let shown = university.modules[module].mappings.iter().find(|mapping| {
        let wished = mapping.group_import == Wish::Add && mapping.mapping_action == Wish::Add;
        wished && university.courses[mapping.course].account == Account::InMoodle
    });
    let group = dice.pick(&university.modules[module].groups);
    let (Some(course), Some(group)) = (shown.map(|mapping| mapping.course), group) else { return false };
    let record = &university.groups[group];
    let enrolled = dice.pick(&university.courses[course].enrolled);
    let name = record.name.clone();
    let (person, detail) = match kind {
        MoodleEventKind::RenameGroup => (None, format!("{name} – with Dr Inventsson")),
        MoodleEventKind::AddLocalMember => match enrolled {
            Some(other) if other.role == CourseRole::Student && !record.seats_person(other.person) => {
                (Some(other.person), String::new())
            }
            _ => return false,
        },
        MoodleEventKind::RemoveMember => match record.people(Role::Student).next() {
            Some(person) => (Some(person), String::new()),
            None => return false,
        },
        MoodleEventKind::DeleteGroup
        | MoodleEventKind::CreateLocalGroup
        | MoodleEventKind::DeleteCourse
        | MoodleEventKind::Enrol
        | MoodleEventKind::Unenrol => (None, String::new()),
    };
    editor.of_moodle(kind, course, name, person, detail);
    true
}
