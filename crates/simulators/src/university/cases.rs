//! The awkward cases one by one: what is odd on day 0, and what is to happen on days 1 to 3.
//!
//! Not here: how a module is chosen for a case (`stage.rs`); the corrupt rows (`corrupt.rs`).
//!
//! Invariant: every case enters itself into the catalogue.

use super::awkward::CaseKind;
use super::change::MoodleEventKind;
use super::model::{
    Account, CourseRole, Delivery, Enrolled, Kind, LocalGroup, MappingRecord, Role, Seat, Wish,
};
use super::names::{self, MARKED_UP_GROUPS, PersonName, SCRIPT_GROUPS, UMLAUT_GROUPS};
use super::script::Act;
use super::stage::{STUDENTS_MIN, Stage};
use super::user_id;

/// Numbers of person ids that belong to nobody begin here.
const FIRST_NOBODY: u32 = 9_000_001;

impl Stage<'_> {
    /// Known issues 3 and 6, ids of nobody, and an id of two.
    pub(super) fn people(&mut self) -> Option<()> {
        let cast = self.cast(1)?;
        let student = self.student(cast.groups[0], 0)?;
        self.exceptions.not_enrolled.insert((cast.module, student));
        self.case(
            CaseKind::StudentNotEnrolled,
            &cast,
            1,
            &[student],
            "is in the group and never in the course",
        );

        let cast = self.cast(1)?;
        let student = self.student(cast.groups[0], 0)?;
        self.exceptions.not_enrolled.insert((cast.module, student));
        let enrolled = Enrolled { person: student, role: CourseRole::Student };
        self.later(2, Act::Enrol { course: cast.module, enrolled });
        let note = "is in the group from day 0 and in the course from day 2";
        self.case(CaseKind::StudentEnrolledLater, &cast, 1, &[student], note);

        let cast = self.cast(1)?;
        let tutor = self.university.groups[cast.groups[0]].people(Role::Tutor).next()?;
        self.exceptions.not_enrolled.insert((cast.module, tutor));
        self.case(
            CaseKind::TutorNotEnrolled,
            &cast,
            1,
            &[tutor],
            "teaches the group and is never in the course",
        );

        let cast = self.cast(1)?;
        let student = self.newcomer(FIRST_NOBODY, Role::Student, Account::Absent);
        let tutor = self.newcomer(FIRST_NOBODY + 1, Role::Tutor, Account::Absent);
        let seats =
            [Seat { person: student, role: Role::Student }, Seat { person: tutor, role: Role::Tutor }];
        self.university.groups[cast.groups[0]].seats.extend(seats);
        self.case(
            CaseKind::Nobody,
            &cast,
            1,
            &[student, tutor],
            "are members, and no account in Moodle has these ids",
        );

        let cast = self.cast(1)?;
        let student = self.student(cast.groups[0], 0)?;
        let number = self.university.people[student as usize].number;
        let twin = self.newcomer(number, Role::Student, Account::InMoodle);
        let enrolled = Enrolled { person: twin, role: CourseRole::Student };
        self.exceptions.enrolled.push((cast.module, enrolled));
        let note = format!(
            "is the idnumber of two accounts, user ids {} and {}, both in the course",
            user_id(student),
            user_id(twin)
        );
        self.case(CaseKind::SharedIdnumber, &cast, 1, &[student], &note);
        Some(())
    }

    /// Names of groups and people that are hard to write, to read or to keep.
    pub(super) fn names(&mut self) -> Option<()> {
        let cast = self.cast(SCRIPT_GROUPS.len())?;
        let mut people = Vec::new();
        for (number, (_, name)) in SCRIPT_GROUPS.into_iter().enumerate() {
            let group = cast.groups[number];
            self.university.groups[group].name = name.to_owned();
            let student = self.student(group, number)?;
            self.university.people[student as usize].name = PersonName::Script(number as u8);
            people.push(student);
        }
        let scripts = SCRIPT_GROUPS.map(|(script, _)| script).join(", ");
        let note = format!("have names in {scripts}; a windows-1252 delivery leaves out what it cannot hold");
        self.case(CaseKind::FiveScripts, &cast, SCRIPT_GROUPS.len(), &people, &note);

        let note = "have names with umlauts, accents, a dash and a euro sign, which windows-1252 also holds";
        self.named(CaseKind::Umlauts, &UMLAUT_GROUPS.map(str::to_owned), note)?;
        let long = ["A very long name, ", "Ünendlich läng – "].map(names::name_of_300_characters);
        self.named(CaseKind::LongName, &long, "have names of 300 characters, more than Moodle's 254")?;
        let note = "have names with markup, quotes, commas or a line break";
        self.named(CaseKind::MarkedUpName, &MARKED_UP_GROUPS.map(str::to_owned), note)
    }

    /// Gives the groups of a module these names.
    fn named(&mut self, kind: CaseKind, names: &[String], note: &str) -> Option<()> {
        let cast = self.cast(names.len())?;
        for (group, name) in cast.groups.iter().zip(names) {
            self.university.groups[*group].name.clone_from(name);
        }
        self.case(kind, &cast, names.len(), &[], note);
        Some(())
    }

    /// Groups that change in the source, or are odd from the start.
    pub(super) fn groups(&mut self) -> Option<()> {
        let cast = self.cast(2)?;
        for group in &cast.groups[..2] {
            self.university.groups[*group].seats.clear();
        }
        self.case(CaseKind::EmptyGroup, &cast, 2, &[], "have no members at all");

        let cast = self.cast(1)?;
        self.rename_later(1, cast.groups[0], "Project group 1 (renamed)");
        self.case(CaseKind::Renamed, &cast, 1, &[], "is renamed by the source on day 1");

        let cast = self.cast(2)?;
        self.later(2, Act::SwapNames { first: cast.groups[0], second: cast.groups[1] });
        self.case(CaseKind::SwappedNames, &cast, 2, &[], "swap their names on day 2");

        let cast = self.cast(1)?;
        self.later(2, Act::GiveNewId { group: cast.groups[0] });
        self.case(CaseKind::NewId, &cast, 1, &[], "gets a new id on day 2 and keeps its name and members");

        let cast = self.cast(2)?;
        let (code, name) = names::group_code_and_name(cast.module, Kind::Class, 1, 0);
        let class = &mut self.university.groups[cast.groups[0]];
        (class.kind, class.code, class.name) = (Kind::Class, code, name);
        self.case(
            CaseKind::ClassGroup,
            &cast,
            1,
            &[],
            "is a class of a programme beside the module's sub-groups",
        );

        let (first, second) = (self.cast(1)?, self.cast(1)?);
        let course =
            MappingRecord { course: first.module, group_import: Wish::Add, mapping_action: Wish::Add };
        self.university.modules[second.module].mappings.push(course);
        let original = &self.university.groups[first.groups[0]];
        let (kind, code, name) = (original.kind, original.code.clone(), original.name.clone());
        let namesake = &mut self.university.groups[second.groups[0]];
        (namesake.kind, namesake.code, namesake.name) = (kind, code, name);
        let both = [first.groups[0], second.groups[0]];
        let note = "have the same code and name; both modules are mapped to the first course";
        self.case_of(CaseKind::SharedGroupCode, &[first.module, second.module], &both, &[], note);
        Some(())
    }

    /// Modules and mappings that come and go.
    pub(super) fn modules(&mut self) -> Option<()> {
        let cast = self.cast(1)?;
        self.later(2, Act::Deliver { module: cast.module, delivery: Delivery::Absent });
        self.case(CaseKind::VanishedModule, &cast, 0, &[], "is missing from the delivery from day 2 on");

        let cast = self.cast(1)?;
        self.later(1, Act::Deliver { module: cast.module, delivery: Delivery::Absent });
        self.later(3, Act::Deliver { module: cast.module, delivery: Delivery::Present });
        self.case(CaseKind::ReturningModule, &cast, 0, &[], "is missing on days 1 and 2 and back on day 3");

        // It may use up most of a quiet day's changes, but not more.
        let seats_max = self.university.sizes.quiet_day as usize * 4 / 5;
        let cast = self.cast_with_seats(3, seats_max)?;
        let closing = self.university.modules[cast.module].groups.iter().copied();
        let closing: Vec<usize> = closing.filter(|group| *group != cast.groups[0]).collect();
        let note = format!("closes all its groups but one on day 3 ({} groups)", closing.len());
        self.case_of(CaseKind::ManyGroupsClosed, &[cast.module], &closing, &[], &note);
        self.later(3, Act::CloseGroups { groups: closing });

        let cast = self.cast(1)?;
        self.university.modules[cast.module].mappings.clear();
        self.map_later(1, cast.module, Wish::Add, Wish::Add);
        let note = "is mapped to nothing on day 0 and to its own course from day 1 on";
        self.case(CaseKind::Ticked, &cast, 0, &[], note);

        let cast = self.cast(1)?;
        self.map_later(1, cast.module, Wish::Rmv, Wish::Add);
        self.map_later(3, cast.module, Wish::Add, Wish::Add);
        self.case(
            CaseKind::Unticked,
            &cast,
            0,
            &[],
            "has group_import RMV on days 1 and 2, and ADD again on day 3",
        );

        let cast = self.cast(1)?;
        self.map_later(2, cast.module, Wish::Rmv, Wish::Rmv);
        self.case(CaseKind::Unmapped, &cast, 0, &[], "has both flags RMV from day 2 on");
        Some(())
    }

    /// Courses that are not there, and groups of a course that were there first.
    pub(super) fn courses(&mut self) -> Option<()> {
        let cast = self.cast(1)?;
        self.university.courses[cast.module].account = Account::Absent;
        self.case(CaseKind::GoneCourse, &cast, 0, &[], "is mapped to a course that Moodle does not have");

        let cast = self.cast(1)?;
        self.later(2, Act::DeleteCourse { course: cast.module });
        self.case(
            CaseKind::DeletedCourse,
            &cast,
            0,
            &[],
            "is mapped to a course that is deleted in Moodle on day 2",
        );

        let cast = self.cast(1)?;
        let name = self.name(cast.groups[0]);
        let course_id = self.university.course_id(cast.module);
        self.university.local_groups.push(LocalGroup { course_id, name });
        self.case(
            CaseKind::LocalNamesake,
            &cast,
            1,
            &[],
            "has the name of a group that a teacher made before day 0",
        );

        let cast = self.cast(1)?;
        let (code, name) = names::group_code_and_name(cast.module, Kind::Tutorial, 99, 39);
        self.in_moodle(1, MoodleEventKind::CreateLocalGroup, cast.module, &name, None, "");
        let seats = self.university.groups[cast.groups[0]].people(Role::Student).take(STUDENTS_MIN);
        let seats = seats.map(|person| Seat { person, role: Role::Student }).collect();
        let note = format!("gets a new group {name:?} on day 2; a teacher made one of that name on day 1");
        self.later(2, Act::OpenGroup { module: cast.module, kind: Kind::Tutorial, code, name, seats });
        self.case(CaseKind::LaterNamesake, &cast, 0, &[], &note);
        Some(())
    }

    /// What teachers do by hand to groups of ours.
    pub(super) fn teachers(&mut self) -> Option<()> {
        let cast = self.cast(1)?;
        let name = self.name(cast.groups[0]);
        self.in_moodle(1, MoodleEventKind::RenameGroup, cast.module, &name, None, "Friday people");
        self.case(
            CaseKind::RenamedInMoodle,
            &cast,
            1,
            &[],
            "is renamed \"Friday people\" in Moodle on day 1",
        );

        let cast = self.cast(1)?;
        let name = self.name(cast.groups[0]);
        self.in_moodle(1, MoodleEventKind::RenameGroup, cast.module, &name, None, "The teacher's name");
        self.rename_later(2, cast.groups[0], "The timetable's name");
        let note = "is renamed in Moodle on day 1 and by the source on day 2";
        self.case(CaseKind::RenamedOnBothSides, &cast, 1, &[], note);

        let cast = self.cast(2)?;
        let (name, person) = (self.name(cast.groups[0]), self.outsider(&cast)?);
        self.in_moodle(1, MoodleEventKind::DeleteGroup, cast.module, &name, None, "");
        let seat = Seat { person, role: Role::Student };
        self.later(1, Act::AddSeat { group: cast.groups[0], seat });
        let note = "is deleted in Moodle on day 1, and the source adds a member to it on the same day";
        self.case(CaseKind::DeletedInMoodle, &cast, 1, &[person], note);

        let cast = self.cast(2)?;
        let (name, person) = (self.name(cast.groups[0]), self.outsider(&cast)?);
        self.in_moodle(1, MoodleEventKind::AddLocalMember, cast.module, &name, Some(person), "");
        self.case(CaseKind::LocalMember, &cast, 1, &[person], "is put into the group by a teacher on day 1");

        let cast = self.cast(1)?;
        let (name, person) = (self.name(cast.groups[0]), self.student(cast.groups[0], 0)?);
        self.in_moodle(1, MoodleEventKind::RemoveMember, cast.module, &name, Some(person), "");
        self.case(
            CaseKind::RemovedMember,
            &cast,
            1,
            &[person],
            "is taken out of the group by a teacher on day 1",
        );
        Some(())
    }
}
