//! Invented universities: what a timetable delivers day by day, the Moodle beside it, and the awkward cases of
//! real life at known places.
//!
//! Not here: the Moodle that people and courses are put into (`crate::moodle`), except for `furnish.rs`, which puts
//! them there.
//!
//! Invariant: the same profile and seed give the same bytes on every machine.
//! Invariant: the changes of a day, replayed over yesterday's groups and members, give today's.

mod awkward;
mod cases;
mod change;
mod corrupt;
mod dice;
mod editor;
mod folder;
mod furnish;
mod generate;
mod given;
mod load;
mod model;
mod names;
mod ordinary;
mod profile;
mod script;
mod spread;
mod stage;
mod term;
mod write;

use std::fmt;

pub use awkward::{Awkward, Case, CaseKind, CorruptRow, DeliveryFile};
pub use change::{Change, ChangeKind, Day, MoodleEvent, MoodleEventKind};
pub use folder::{Order, write_folder};
pub use furnish::perform;
pub use load::{LoadError, load_world, read_events};
pub use model::{
    Course, CourseRole, Enrolment, Group, Kind, LocalGroup, Mapping, Member, Module, Person, Role, Wish,
};
pub use profile::{Profile, Sizes, UnknownProfile};
pub use term::{Brings, Feed, Night, Term};
pub use write::{Encoding, UnknownEncoding};

use model::{Account, CourseRecord, Delivery, GroupRecord, ModuleRecord, PersonRecord, Seat};
use names::FIRST_USER_ID;
use script::Act;

/// A university on one day of its term: the source and the Moodle beside it.
pub struct University {
    profile: Profile,
    sizes: Sizes,
    seed: u64,
    day: u32,
    /// Tutors first, then students, then the people whom the awkward cases brought.
    people: Vec<PersonRecord>,
    tutors: u32,
    students: u32,
    courses: Vec<CourseRecord>,
    modules: Vec<ModuleRecord>,
    groups: Vec<GroupRecord>,
    local_groups: Vec<LocalGroup>,
    corrupt_rows: Vec<CorruptRow>,
    awkward: Awkward,
    /// What is sure to happen, and on which day.
    script: Vec<(u32, Act)>,
}

impl fmt::Debug for University {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "University {} (seed {}, day {})", self.profile, self.seed, self.day)
    }
}

impl University {
    /// Makes the university of that size and seed as it is on day 0.
    #[must_use]
    pub fn generate(profile: Profile, seed: u64) -> Self {
        generate::university(profile, seed, &[])
    }

    /// Makes a university of that size and seed whose modules and courses are those of a table of mappings; without
    /// a row it is the one of [`University::generate`].
    #[must_use]
    pub fn generate_mapped(profile: Profile, seed: u64, mappings: &[Mapping<'_>]) -> Self {
        generate::university(profile, seed, mappings)
    }

    /// Returns the size.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Returns the seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns the number of today; the first delivery is day 0.
    #[must_use]
    pub fn day(&self) -> u32 {
        self.day
    }

    /// Lets an ordinary day pass.
    pub fn next_day(&mut self) -> Day {
        ordinary::pass_day(self, ordinary::Bustle::Quiet)
    }

    /// Lets the busiest day of a term pass.
    pub fn next_peak_day(&mut self) -> Day {
        ordinary::pass_day(self, ordinary::Bustle::Peak)
    }

    /// Lets a day pass on which departments plan their groups anew: the old ones go, and their students are dealt
    /// into new ones.
    pub fn next_replanned_day(&mut self) -> Day {
        ordinary::pass_day(self, ordinary::Bustle::Replanned)
    }

    /// Returns the courses in Moodle.
    pub fn courses(&self) -> impl Iterator<Item = Course> {
        let present =
            self.courses.iter().enumerate().filter(|(_, course)| course.account == Account::InMoodle);
        present.map(|(course, _)| {
            let code = &self.modules[course].code;
            Course {
                id: self.course_id(course),
                shortname: format!("{code} 2026"),
                fullname: names::module_title(course),
                idnumber: format!("{code}-2026"),
            }
        })
    }

    /// Returns the people with an account in Moodle.
    pub fn people(&self) -> impl Iterator<Item = Person> {
        let present =
            self.people.iter().zip(0_u32..).filter(|(record, _)| record.account == Account::InMoodle);
        present.map(|(record, person)| {
            let id = user_id(person);
            let username = format!("inv{id:07}");
            let (firstname, lastname) = record.name.spell();
            Person {
                id,
                idnumber: names::person_id(record.role, record.number),
                firstname,
                lastname,
                email: format!("{username}@example.ac.uk"),
                username,
            }
        })
    }

    /// Returns who is enrolled where in Moodle, course by course.
    pub fn enrolments(&self) -> impl Iterator<Item = Enrolment> {
        self.courses.iter().flat_map(|record| {
            record.enrolled.iter().map(|enrolled| Enrolment {
                course_id: record.id,
                user_id: user_id(enrolled.person),
                role: enrolled.role,
            })
        })
    }

    /// Returns the groups that teachers had made by hand before day 0.
    pub fn local_groups(&self) -> impl Iterator<Item = &LocalGroup> {
        self.local_groups.iter()
    }

    /// Returns the modules that are in today's delivery.
    pub fn modules(&self) -> impl Iterator<Item = Module<'_>> {
        self.delivered_modules().map(|module| Module { module_code: &module.code, term: module.term })
    }

    /// Returns today's groups: the good rows of `groups.csv`.
    pub fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        self.delivered_groups().map(|(module, group)| Group {
            group_id: names::group_id(group.number),
            group_code: &group.code,
            group_name: &group.name,
            module_code: &module.code,
            kind: group.kind,
            term: module.term,
        })
    }

    /// Returns today's members: the good rows of `members.csv`.
    pub fn members(&self) -> impl Iterator<Item = Member> {
        self.delivered_groups().flat_map(|(_, group)| {
            group.seats.iter().map(|seat| Member {
                group_id: names::group_id(group.number),
                person_id: self.person_id(seat.person),
                role: seat.role,
            })
        })
    }

    /// Returns which module fills which course.
    pub fn mappings(&self) -> impl Iterator<Item = Mapping<'_>> {
        self.modules.iter().flat_map(|module| {
            module.mappings.iter().map(|mapping| Mapping {
                moodle_id: self.course_id(mapping.course),
                modulecode: &module.code,
                group_import: mapping.group_import,
                mapping_action: mapping.mapping_action,
            })
        })
    }

    /// Returns the rows that today's delivery contains besides the good ones.
    #[must_use]
    pub fn corrupt_rows(&self) -> &[CorruptRow] {
        &self.corrupt_rows
    }

    /// Returns the awkward cases and where to find them.
    #[must_use]
    pub fn awkward(&self) -> &Awkward {
        &self.awkward
    }

    fn delivered_modules(&self) -> impl Iterator<Item = &ModuleRecord> {
        self.modules.iter().filter(|module| module.delivery == Delivery::Present)
    }

    fn delivered_groups(&self) -> impl Iterator<Item = (&ModuleRecord, &GroupRecord)> {
        self.delivered_modules()
            .flat_map(move |module| module.groups.iter().map(move |group| (module, &self.groups[*group])))
    }

    /// Moodle's id of the course at this place in the list.
    fn course_id(&self, course: usize) -> u32 {
        self.courses[course].id
    }

    fn person_id(&self, person: u32) -> String {
        let record = &self.people[person as usize];
        names::person_id(record.role, record.number)
    }

    fn group_id(&self, group: usize) -> String {
        names::group_id(self.groups[group].number)
    }

    /// Whether the person has a seat in some group of the module, of any kind.
    fn seated_in_module(&self, module: usize, person: u32) -> bool {
        self.modules[module].groups.iter().any(|group| self.groups[*group].seats_person(person))
    }

    /// Gives a new group its place in the module; its number is its place in the list, counted from 1.
    fn open_group(
        &mut self,
        module: usize,
        kind: Kind,
        code: String,
        name: String,
        seats: Vec<Seat>,
    ) -> usize {
        let group = self.groups.len();
        let number = group as u32 + 1;
        self.groups.push(GroupRecord { number, module, kind, code, name, seats });
        self.modules[module].groups.push(group);
        group
    }
}

/// Moodle's id of the person at this place in the list.
fn user_id(person: u32) -> u32 {
    FIRST_USER_ID + person
}
