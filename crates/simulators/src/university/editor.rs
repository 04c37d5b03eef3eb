//! Changes a university one step at a time and writes down each step.
//!
//! Not here: which steps are taken (`ordinary.rs`, `script.rs`).
//!
//! Invariant: nothing of the source changes after day 0 except through here, so the history is complete.

use super::University;
use super::awkward::Healing;
use super::change::{Change, ChangeKind, Day, MoodleEvent, MoodleEventKind};
use super::model::{Account, Delivery, Enrolled, Kind, MappingRecord, Role, Seat};

/// A university during one day.
pub(super) struct Editor<'a> {
    pub(super) university: &'a mut University,
    pub(super) day: Day,
}

impl<'a> Editor<'a> {
    /// Begins the day after today.
    pub(super) fn begin(university: &'a mut University) -> Self {
        university.day += 1;
        let day = Day { number: university.day, ..Day::default() };
        Self { university, day }
    }

    /// Counts the memberships added or removed so far today.
    pub(super) fn memberships_changed(&self) -> u32 {
        let of_members =
            |change: &&Change| matches!(change.kind, ChangeKind::MemberAdded | ChangeKind::MemberRemoved);
        self.day.changes.iter().filter(of_members).count() as u32
    }

    pub(super) fn add_seat(&mut self, group: usize, seat: Seat) {
        self.university.groups[group].seats.push(seat);
        self.of_member(ChangeKind::MemberAdded, group, seat);
    }

    pub(super) fn remove_seat(&mut self, group: usize, seat: Seat) {
        self.university.groups[group].seats.retain(|other| *other != seat);
        self.of_member(ChangeKind::MemberRemoved, group, seat);
    }

    pub(super) fn rename(&mut self, group: usize, name: String) {
        let before = std::mem::replace(&mut self.university.groups[group].name, name.clone());
        self.of_group(ChangeKind::GroupRenamed, group, before, name);
    }

    pub(super) fn swap_names(&mut self, first: usize, second: usize) {
        let first_name = self.university.groups[first].name.clone();
        let second_name = self.university.groups[second].name.clone();
        self.rename(first, second_name);
        self.rename(second, first_name);
    }

    /// Gives a group another id; half a million above the old one no other group can have it.
    pub(super) fn give_new_id(&mut self, group: usize) {
        let before = self.university.group_id(group);
        self.university.groups[group].number += 500_000;
        let after = self.university.group_id(group);
        let module = self.university.groups[group].module;
        self.record(ChangeKind::GroupIdChanged, module, before.clone(), String::new(), before, after);
    }

    pub(super) fn open_group(&mut self, module: usize, kind: Kind, code: String, name: String) -> usize {
        let group = self.university.open_group(module, kind, code, name.clone(), Vec::new());
        self.of_group(ChangeKind::GroupAdded, group, String::new(), name);
        group
    }

    /// Lets every member leave, and closes the group.
    pub(super) fn close_group(&mut self, group: usize) {
        while let Some(seat) = self.university.groups[group].seats.last().copied() {
            self.remove_seat(group, seat);
        }
        let record = &self.university.groups[group];
        let (module, name) = (record.module, record.name.clone());
        self.of_group(ChangeKind::GroupRemoved, group, name, String::new());
        self.university.modules[module].groups.retain(|other| *other != group);
    }

    /// Takes a module out of the delivery, or puts it back.
    pub(super) fn deliver(&mut self, module: usize, delivery: Delivery) {
        self.university.modules[module].delivery = delivery;
        let kind = match delivery {
            Delivery::Absent => ChangeKind::ModuleVanished,
            Delivery::Present => ChangeKind::ModuleReturned,
        };
        self.record(kind, module, String::new(), String::new(), String::new(), String::new());
    }

    /// Sets the flags of a mapping, and makes the mapping where there is none.
    pub(super) fn set_mapping(&mut self, module: usize, wanted: MappingRecord) {
        let course_id = self.university.course_id(wanted.course);
        let mappings = &mut self.university.modules[module].mappings;
        let before = match mappings.iter_mut().find(|mapping| mapping.course == wanted.course) {
            Some(mapping) => mapping_text(course_id, std::mem::replace(mapping, wanted)),
            None => {
                mappings.push(wanted);
                String::new()
            }
        };
        let after = mapping_text(course_id, wanted);
        self.record(ChangeKind::MappingChanged, module, String::new(), String::new(), before, after);
    }

    /// Replaces a corrupt row by the good one that was meant.
    pub(super) fn heal(&mut self, healing: Healing) {
        self.university.corrupt_rows.remove(healing.row);
        self.add_seat(healing.group, Seat { person: healing.person, role: healing.role });
    }

    /// Enrols somebody who is not yet in the course.
    pub(super) fn enrol(&mut self, course: usize, enrolled: Enrolled) {
        let record = &mut self.university.courses[course];
        let known = record.enrolled.iter().any(|other| other.person == enrolled.person);
        if known || record.account == Account::Absent {
            return;
        }
        record.enrolled.push(enrolled);
        let detail = enrolled.role.as_str().to_owned();
        self.of_moodle(MoodleEventKind::Enrol, course, String::new(), Some(enrolled.person), detail);
    }

    /// Unenrols somebody who is in the course.
    pub(super) fn unenrol(&mut self, course: usize, person: u32) {
        let enrolled = &mut self.university.courses[course].enrolled;
        let before = enrolled.len();
        enrolled.retain(|other| other.person != person);
        if enrolled.len() < before {
            self.of_moodle(MoodleEventKind::Unenrol, course, String::new(), Some(person), String::new());
        }
    }

    pub(super) fn delete_course(&mut self, course: usize) {
        let record = &mut self.university.courses[course];
        record.account = Account::Absent;
        record.enrolled = Vec::new();
        self.of_moodle(MoodleEventKind::DeleteCourse, course, String::new(), None, String::new());
    }

    /// Writes down what somebody does in Moodle.
    pub(super) fn of_moodle(
        &mut self,
        kind: MoodleEventKind,
        course: usize,
        group_name: String,
        person: Option<u32>,
        detail: String,
    ) {
        let person_idnumber = person.map_or_else(String::new, |person| self.university.person_id(person));
        let course_id = self.university.course_id(course);
        self.day.events.push(MoodleEvent { kind, course_id, group_name, person_idnumber, detail });
    }

    fn of_member(&mut self, kind: ChangeKind, group: usize, seat: Seat) {
        let role = seat.role.as_str().to_owned();
        let (before, after) =
            if kind == ChangeKind::MemberAdded { (String::new(), role) } else { (role, String::new()) };
        let group_id = self.university.group_id(group);
        let person_id = self.university.person_id(seat.person);
        self.record(kind, self.university.groups[group].module, group_id, person_id, before, after);
    }

    fn of_group(&mut self, kind: ChangeKind, group: usize, before: String, after: String) {
        let group_id = self.university.group_id(group);
        self.record(kind, self.university.groups[group].module, group_id, String::new(), before, after);
    }

    fn record(
        &mut self,
        kind: ChangeKind,
        module: usize,
        group_id: String,
        person_id: String,
        before: String,
        after: String,
    ) {
        let module_code = self.university.modules[module].code.clone();
        let day = self.day.number;
        self.day.changes.push(Change { day, kind, module_code, group_id, person_id, before, after });
    }
}

/// Says a mapping as the history does.
fn mapping_text(course_id: u32, mapping: MappingRecord) -> String {
    let (group_import, mapping_action) = (mapping.group_import.as_str(), mapping.mapping_action.as_str());
    format!("course {course_id} group_import {group_import} mapping_action {mapping_action}")
}

/// The seats of a group that hold a role.
pub(super) fn seats_of(university: &University, group: usize, role: Role) -> Vec<Seat> {
    university.groups[group].seats.iter().filter(|seat| seat.role == role).copied().collect()
}
