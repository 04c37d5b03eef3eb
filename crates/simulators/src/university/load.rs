//! Reads a folder that `write_folder` wrote back into a Moodle in memory and the events of its days.
//!
//! Not here: the deliveries; they are for the program under test to read.
//!
//! Invariant: a file that does not read whole is an error that names it; nothing is left out.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::moodle::{NewCourse, NewUser, Settings, World};

use super::change::{MoodleEvent, MoodleEventKind};

/// A file of a university's folder could not be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file is not there or a row is not what it should be.
    #[error("cannot read {}", .file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the CSV reader found, with the line.
        #[source]
        source: csv::Error,
    },
    /// A row names a course or person that is in none of the other files.
    #[error("cannot use {}: course {course_id} or user {user_id} is in no other file", .file.display())]
    Stray {
        /// The file.
        file: PathBuf,
        /// Moodle's id of the course.
        course_id: i64,
        /// Moodle's id of the person; 0 when the row names none.
        user_id: i64,
    },
    /// An event is of no known kind.
    #[error("cannot use {}: {event:?} is no event of a Moodle", .file.display())]
    UnknownEvent {
        /// The file.
        file: PathBuf,
        /// What stands in the first column.
        event: String,
    },
}

#[derive(Deserialize)]
struct CourseRow {
    id: i64,
    shortname: String,
    fullname: String,
    idnumber: String,
}

#[derive(Deserialize)]
struct PersonRow {
    id: i64,
    username: String,
    idnumber: String,
    firstname: String,
    lastname: String,
    email: String,
}

#[derive(Deserialize)]
struct EnrolmentRow {
    course_id: i64,
    user_id: i64,
    role: String,
}

#[derive(Deserialize)]
struct LocalGroupRow {
    course_id: i64,
    group_name: String,
}

#[derive(Deserialize)]
struct EventRow {
    event: String,
    course_id: u32,
    group_name: String,
    person_idnumber: String,
    detail: String,
}

/// Makes a Moodle with these settings and what the files in `moodle`, below the folder, hold.
///
/// # Errors
/// When a file is missing or does not read whole.
pub fn load_world(dir: &Path, settings: Settings) -> Result<World, LoadError> {
    let moodle = dir.join("moodle");
    let mut world = World::new(settings);
    read(&moodle.join("courses.csv"), |row: CourseRow| {
        let CourseRow { id, shortname, fullname, idnumber } = row;
        world.add_course(NewCourse { id: Some(id), shortname, fullname, idnumber });
        Ok(())
    })?;
    read(&moodle.join("people.csv"), |row: PersonRow| {
        let PersonRow { id, username, idnumber, firstname, lastname, email } = row;
        world.add_user(NewUser { id: Some(id), username, idnumber, firstname, lastname, email });
        Ok(())
    })?;
    let file = moodle.join("enrolments.csv");
    read(&file, |EnrolmentRow { course_id, user_id, role }| {
        let enrolled = world.enrol(course_id, user_id, &role);
        if enrolled { Ok(()) } else { Err(LoadError::Stray { file: file.clone(), course_id, user_id }) }
    })?;
    let file = moodle.join("local-groups.csv");
    read(&file, |LocalGroupRow { course_id, group_name }| {
        let made = world.create_group_by_hand(course_id, &group_name);
        made.map(|_| ()).ok_or_else(|| LoadError::Stray { file: file.clone(), course_id, user_id: 0 })
    })?;
    Ok(world)
}

/// Reads what people do in Moodle on a day: `moodle/day-NN-events.csv`.
///
/// # Errors
/// When the file is missing or does not read whole.
pub fn read_events(file: &Path) -> Result<Vec<MoodleEvent>, LoadError> {
    let mut events = Vec::new();
    read(file, |row: EventRow| {
        let EventRow { event, course_id, group_name, person_idnumber, detail } = row;
        let kind = MoodleEventKind::ALL.into_iter().find(|kind| kind.as_str() == event);
        let kind = kind.ok_or_else(|| LoadError::UnknownEvent { file: file.to_owned(), event })?;
        events.push(MoodleEvent { kind, course_id, group_name, person_idnumber, detail });
        Ok(())
    })?;
    Ok(events)
}

/// Hands over the rows of a file one by one.
fn read<Row: DeserializeOwned>(
    file: &Path,
    mut use_row: impl FnMut(Row) -> Result<(), LoadError>,
) -> Result<(), LoadError> {
    let unreadable = |source| LoadError::Read { file: file.to_owned(), source };
    for row in csv::Reader::from_path(file).map_err(unreadable)?.into_deserialize() {
        use_row(row.map_err(unreadable)?)?;
    }
    Ok(())
}
