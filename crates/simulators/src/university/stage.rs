//! The stage for the awkward cases: takes one module after the other out of ordinary life, gives it a part, and enters
//! the case into the catalogue.
//!
//! Not here: the cases themselves (`cases.rs`, `corrupt.rs`) and how their later acts are performed (`script.rs`).
//!
//! Invariant: each case has a module and a course of its own, which no other case and no chance touches.

use std::collections::HashSet;

use super::awkward::{Case, CaseKind};
use super::change::MoodleEventKind;
use super::model::{Account, Enrolled, Kind, MappingRecord, Part, PersonRecord, Role, Wish};
use super::names::PersonName;
use super::script::Act;
use super::{University, corrupt};

/// Modules with more groups than this are too large to look at in a demonstration.
const STAGED_GROUPS_MAX: usize = 12;
/// Students that each group of a case has at least.
pub(super) const STUDENTS_MIN: usize = 3;

/// Who is in a course, or is not, against the rule that the members of its groups are.
#[derive(Default)]
pub(super) struct Exceptions {
    /// Pairs of course and person.
    pub(super) not_enrolled: HashSet<(usize, u32)>,
    /// Courses and people who are enrolled without being members.
    pub(super) enrolled: Vec<(usize, Enrolled)>,
}

/// The university while its cases are put in place.
pub(super) struct Stage<'a> {
    pub(super) university: &'a mut University,
    pub(super) exceptions: Exceptions,
    /// Courses that several modules are mapped to.
    shared_courses: HashSet<usize>,
}

/// A module that plays a part: at least as many sub-groups as asked for, each with a tutor and some students.
pub(super) struct Cast {
    pub(super) module: usize,
    pub(super) groups: Vec<usize>,
}

/// Puts all cases in place.
pub(super) fn set(university: &mut University) -> Exceptions {
    let shared_courses = shared_courses(university);
    let mut stage = Stage { university, exceptions: Exceptions::default(), shared_courses };
    // A university too small to hold a case simply lacks it; the tests say that no profile is.
    let _ = stage.people();
    let _ = stage.names();
    let _ = stage.groups();
    let _ = stage.modules();
    let _ = stage.courses();
    let _ = stage.teachers();
    let _ = corrupt::set(&mut stage);
    stage.exceptions
}

fn shared_courses(university: &University) -> HashSet<usize> {
    let mut seen = HashSet::new();
    let mapped = university.modules.iter().flat_map(|module| &module.mappings);
    mapped.map(|mapping| mapping.course).filter(|course| !seen.insert(*course)).collect()
}

impl Stage<'_> {
    /// Takes the next module that has so many sub-groups and a course to itself.
    pub(super) fn cast(&mut self, groups: usize) -> Option<Cast> {
        self.cast_with_seats(groups, usize::MAX)
    }

    pub(super) fn cast_with_seats(&mut self, groups: usize, seats_max: usize) -> Option<Cast> {
        let casts = (0..self.university.courses.len()).filter_map(|module| self.may_play(module, seats_max));
        let cast = casts.into_iter().find(|cast| cast.groups.len() >= groups)?;
        self.university.modules[cast.module].part = Part::Staged;
        Some(cast)
    }

    /// Lists the module's usable sub-groups; none when the module cannot play a part.
    fn may_play(&self, module: usize, seats_max: usize) -> Option<Cast> {
        let record = &self.university.modules[module];
        let own = MappingRecord { course: module, group_import: Wish::Add, mapping_action: Wish::Add };
        let alone = record.mappings == [own] && !self.shared_courses.contains(&module);
        let seats: usize = record.groups.iter().map(|group| self.university.groups[*group].seats.len()).sum();
        if record.part == Part::Staged
            || !alone
            || record.groups.len() > STAGED_GROUPS_MAX
            || seats > seats_max
        {
            return None;
        }
        let usable = |group: &usize| {
            let group = &self.university.groups[*group];
            let sub_group = !matches!(group.kind, Kind::Class | Kind::Lecture);
            sub_group && group.people(Role::Student).count() >= STUDENTS_MIN
        };
        Some(Cast { module, groups: record.groups.iter().copied().filter(usable).collect() })
    }

    /// The student at that place in the group, counted around.
    pub(super) fn student(&self, group: usize, place: usize) -> Option<u32> {
        let students: Vec<u32> = self.university.groups[group].people(Role::Student).collect();
        students.get(place % students.len().max(1)).copied()
    }

    /// A student of the cast's second group who is not in the first.
    pub(super) fn outsider(&self, cast: &Cast) -> Option<u32> {
        let first = &self.university.groups[cast.groups[0]];
        cast.groups[1..]
            .iter()
            .flat_map(|group| self.university.groups[*group].people(Role::Student))
            .find(|person| !first.seats_person(*person))
    }

    pub(super) fn name(&self, group: usize) -> String {
        self.university.groups[group].name.clone()
    }

    /// Adds a person whom only a case needs.
    pub(super) fn newcomer(&mut self, number: u32, role: Role, account: Account) -> u32 {
        let person = self.university.people.len() as u32;
        let name = PersonName::Latin { first: 0, last: (person % 100) as u8 };
        self.university.people.push(PersonRecord { number, role, name, account });
        person
    }

    pub(super) fn later(&mut self, day: u32, act: Act) {
        self.university.script.push((day, act));
    }

    pub(super) fn rename_later(&mut self, day: u32, group: usize, name: &str) {
        self.later(day, Act::Rename { group, name: name.to_owned() });
    }

    pub(super) fn map_later(&mut self, day: u32, module: usize, group_import: Wish, mapping_action: Wish) {
        let mapping = MappingRecord { course: module, group_import, mapping_action };
        self.later(day, Act::SetMapping { module, mapping });
    }

    pub(super) fn in_moodle(
        &mut self,
        day: u32,
        kind: MoodleEventKind,
        course: usize,
        group_name: &str,
        person: Option<u32>,
        detail: &str,
    ) {
        let (group_name, detail) = (group_name.to_owned(), detail.to_owned());
        self.later(day, Act::InMoodle { kind, course, group_name, person, detail });
    }

    /// Enters a case of the cast's module and its first groups into the catalogue.
    pub(super) fn case(&mut self, kind: CaseKind, cast: &Cast, groups: usize, people: &[u32], note: &str) {
        self.case_of(kind, &[cast.module], &cast.groups[..groups], people, note);
    }

    pub(super) fn case_of(
        &mut self,
        kind: CaseKind,
        modules: &[usize],
        groups: &[usize],
        people: &[u32],
        note: &str,
    ) {
        let case = Case {
            kind,
            course_ids: modules.iter().map(|module| self.university.course_id(*module)).collect(),
            module_codes: modules
                .iter()
                .map(|module| self.university.modules[*module].code.clone())
                .collect(),
            group_ids: groups.iter().map(|group| self.university.group_id(*group)).collect(),
            person_ids: people.iter().map(|person| self.university.person_id(*person)).collect(),
            note: note.to_owned(),
        };
        self.university.awkward.cases.push(case);
    }
}
