//! A university can be put into the Moodle in memory, straight or by way of its files.
//!
//! Not here: what Moodle answers.

use std::fs;

use simulators::moodle::{Settings, World};
use simulators::university::{
    CaseKind, Encoding, MoodleEvent, MoodleEventKind, Order, Profile, University, load_world, perform,
    read_events, write_folder,
};

fn furnished(university: &University) -> World {
    let mut world = World::new(Settings::default());
    university.furnish(&mut world);
    world
}

/// Who is where, apart from groups.
fn enrolments(world: &World) -> Vec<(i64, Vec<i64>)> {
    world.courses().map(|course| (course.id, course.enrolments.keys().copied().collect())).collect()
}

#[test]
fn a_moodle_from_the_files_is_the_one_from_the_university() {
    let university = University::generate(Profile::S, 1);
    let straight = furnished(&university);
    let dir = tempfile::tempdir().unwrap();
    let order = Order { profile: Profile::S, seed: 1, days: 1, peak_day: None, encoding: Encoding::Utf8 };
    write_folder(&order, dir.path()).unwrap();
    let loaded = load_world(dir.path(), Settings::default()).unwrap();
    assert_eq!(straight.picture(), loaded.picture());
    assert_eq!(enrolments(&straight), enrolments(&loaded));
    assert!(straight.users().eq(loaded.users()));
    assert_eq!(straight.courses().count(), university.courses().count() + 1, "and the site course");
    assert_eq!(straight.users().count(), university.people().count());
}

#[test]
fn the_events_of_a_day_read_back_as_they_were() {
    let mut university = University::generate(Profile::S, 1);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("events.csv");
    for _ in 0..3 {
        let day = university.next_day();
        day.write_events(&file).unwrap();
        assert_eq!(read_events(&file).unwrap(), day.events);
    }
}

#[test]
fn enrolments_of_a_furnished_moodle_follow_the_events() {
    let mut university = University::generate(Profile::S, 1);
    let mut world = furnished(&university);
    for _ in 0..4 {
        for event in &university.next_day().events {
            let done = perform(event, &mut world);
            let of_groups = !event.group_name.is_empty() && event.kind != MoodleEventKind::CreateLocalGroup;
            assert!(done || of_groups, "{event:?} changed nothing");
        }
        assert_eq!(enrolments(&world), enrolments(&furnished(&university)));
    }
}

#[test]
fn every_kind_of_event_does_what_it_says() {
    let university = University::generate(Profile::S, 1);
    let mut world = furnished(&university);
    let case = university.awkward().of(CaseKind::LocalMember).next().unwrap();
    let course_id = case.course_ids[0];
    let mut act = |kind, group_name: &str, detail: &str| {
        let person_idnumber = case.person_ids[0].clone();
        let (group_name, detail) = (group_name.to_owned(), detail.to_owned());
        assert!(
            perform(&MoodleEvent { kind, course_id, group_name, person_idnumber, detail }, &mut world),
            "{kind:?} changed nothing"
        );
        world.picture().lines().filter(|line| line.contains("Invented")).collect::<Vec<_>>().join("\n")
    };
    assert!(act(MoodleEventKind::CreateLocalGroup, "Invented", "").contains("members=[]"));
    assert!(act(MoodleEventKind::AddLocalMember, "Invented", "").contains("members=[\"inv"));
    assert!(act(MoodleEventKind::RemoveMember, "Invented", "").contains("members=[]"));
    assert!(act(MoodleEventKind::AddLocalMember, "Invented", "").contains("members=[\"inv"));
    assert!(act(MoodleEventKind::Unenrol, "", "").contains("members=[]"));
    act(MoodleEventKind::Enrol, "", "student");
    assert!(act(MoodleEventKind::RenameGroup, "Invented", "Invented anew").contains("Invented anew"));
    assert!(act(MoodleEventKind::DeleteGroup, "Invented anew", "").is_empty());
    act(MoodleEventKind::DeleteCourse, "", "");
}

#[test]
fn a_folder_without_a_moodle_is_an_error_that_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let error = load_world(dir.path(), Settings::default()).unwrap_err().to_string();
    assert!(error.starts_with("cannot read ") && error.contains("courses.csv"), "{error}");
}

#[test]
fn an_enrolment_of_nobody_is_an_error_that_names_course_and_person() {
    let dir = tempfile::tempdir().unwrap();
    University::generate(Profile::S, 1).write_moodle(&dir.path().join("moodle")).unwrap();
    fs::write(dir.path().join("moodle/enrolments.csv"), "course_id,user_id,role\n2,999999,student\n")
        .unwrap();
    let error = load_world(dir.path(), Settings::default()).unwrap_err().to_string();
    assert!(error.ends_with("course 2 or user 999999 is in no other file"), "{error}");
}
