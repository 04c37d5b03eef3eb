//! Puts a university into a Moodle in memory, and does there by hand what people do on a day.
//!
//! Not here: what Moodle allows (`crate::moodle`); reading a university from its files (`load.rs`).
//!
//! Invariant: a Moodle furnished from a university and one furnished from its files hold the same.

use crate::moodle::{NewCourse, NewUser, World};

use super::University;
use super::change::{MoodleEvent, MoodleEventKind};
use super::model::{Course, Person};

impl From<Course> for NewCourse {
    fn from(course: Course) -> Self {
        let Course { id, shortname, fullname, idnumber } = course;
        Self { id: Some(id.into()), shortname, fullname, idnumber }
    }
}

impl From<Person> for NewUser {
    fn from(person: Person) -> Self {
        let Person { id, username, idnumber, firstname, lastname, email } = person;
        Self { id: Some(id.into()), username, idnumber, firstname, lastname, email }
    }
}

impl University {
    /// Fills a Moodle with today's courses, people and enrolments, and the groups that teachers had made before day 0.
    pub fn furnish(&self, world: &mut World) {
        for course in self.courses() {
            world.add_course(course.into());
        }
        for person in self.people() {
            world.add_user(person.into());
        }
        for enrolment in self.enrolments() {
            world.enrol(enrolment.course_id.into(), enrolment.user_id.into(), enrolment.role.as_str());
        }
        for group in self.local_groups() {
            world.create_group_by_hand(group.course_id.into(), &group.name);
        }
    }
}

/// Does in a Moodle what the event says, and returns whether there was something to change: a group may not be there
/// yet, or no longer.
///
/// The group is the one with that name in the course, or else the first whose name begins with it: what syncs may
/// have added a suffix. An `enrol` looks through all people; everything else only through one course.
pub fn perform(event: &MoodleEvent, world: &mut World) -> bool {
    let course = i64::from(event.course_id);
    match event.kind {
        MoodleEventKind::RenameGroup => {
            group_of(event, world).is_some_and(|group| world.rename_group(group, &event.detail))
        }
        MoodleEventKind::DeleteGroup => group_of(event, world).is_some_and(|group| world.delete_group(group)),
        MoodleEventKind::AddLocalMember => match (group_of(event, world), enrolled_person(event, world)) {
            (Some(group), Some(user)) => world.add_member(group, user),
            _ => false,
        },
        MoodleEventKind::RemoveMember => match (group_of(event, world), enrolled_person(event, world)) {
            (Some(group), Some(user)) => world.remove_member(group, user),
            _ => false,
        },
        MoodleEventKind::CreateLocalGroup => world.create_group_by_hand(course, &event.group_name).is_some(),
        MoodleEventKind::DeleteCourse => world.delete_course(course),
        MoodleEventKind::Enrol => {
            person_of(event, world).is_some_and(|user| world.enrol(course, user, &event.detail))
        }
        MoodleEventKind::Unenrol => {
            enrolled_person(event, world).is_some_and(|user| world.unenrol(course, user))
        }
    }
}

fn group_of(event: &MoodleEvent, world: &World) -> Option<i64> {
    let course = i64::from(event.course_id);
    let exact = world.group_named(course, &event.group_name);
    let group =
        exact.or_else(|| world.groups(course).find(|group| group.row.name.starts_with(&event.group_name)))?;
    Some(group.row.id)
}

/// The first person of the course with the event's idnumber.
fn enrolled_person(event: &MoodleEvent, world: &World) -> Option<i64> {
    let course = world.course(event.course_id.into())?;
    let has_idnumber = |id: &i64| world.user(*id).is_some_and(|user| user.idnumber == event.person_idnumber);
    course.enrolments.keys().copied().find(has_idnumber)
}

/// The first person of the site with the event's idnumber.
fn person_of(event: &MoodleEvent, world: &World) -> Option<i64> {
    world.users().find(|user| user.idnumber == event.person_idnumber).map(|user| user.id)
}
