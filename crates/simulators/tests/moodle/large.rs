//! A university of profile L (DESIGN §12): nothing in a call may look through the whole world.
//!
//! Not here: a timed assertion. Run with `--release -- --ignored --nocapture` to see the figures.

use std::time::Instant;

use simulators::moodle::{HttpRequest, NewCourse, NewUser, Settings, Token, World, answer};

use crate::lab::{SECRET, WWWROOT};

const COURSES: i64 = 6_000;
const USERS: i64 = 57_000;
const GROUPS: i64 = 45_000;
const MEMBERSHIPS: i64 = 700_000;
const BATCH: usize = 100;

fn university() -> World {
    let mut world = World::new(Settings::default());
    world.add_token(Token::new(SECRET, 2));
    for id in 2..2 + USERS {
        let (username, idnumber) = (format!("u{id}"), format!("{}", 20_000_000 + id));
        let email = format!("{username}@example.ac.uk");
        world.add_user(NewUser {
            id: Some(id),
            username,
            idnumber,
            firstname: format!("First{id}"),
            lastname: format!("Last{id}"),
            email,
        });
    }
    for id in 2..2 + COURSES {
        world.add_course(NewCourse { id: Some(id), shortname: format!("CRS{id}"), ..NewCourse::default() });
    }
    for n in 0..MEMBERSHIPS {
        let (course, user) = seat(n);
        world.enrol(course, user, "student");
    }
    world
}

/// The course and the user of the nth membership. Groups take turns, and nobody is in a group twice.
fn seat(n: i64) -> (i64, i64) {
    let (round, group) = (n / GROUPS, n % GROUPS);
    (2 + group % COURSES, 2 + (group * 131 + round * 3_571) % USERS)
}

fn call(world: &mut World, function: &str, form: &str) -> Vec<u8> {
    let body = format!("wstoken={SECRET}&{form}&wsfunction={function}");
    let answer = answer(world, WWWROOT, &HttpRequest::post("moodlewsrestformat=json", &body));
    assert_eq!(answer.errorcode, None, "{function}");
    answer.body
}

#[test]
#[ignore = "takes ten seconds without optimisation"]
fn profile_l_fits_and_is_quick() {
    let clock = Instant::now();
    let mut world = university();
    println!("filling: {:?}", clock.elapsed());
    let clock = Instant::now();
    let groups: Vec<i64> = (0..GROUPS).collect();
    for batch in groups.chunks(BATCH) {
        let items = batch.iter().enumerate().map(|(n, group)| {
            let course = 2 + group % COURSES;
            format!(
                "groups[{n}][courseid]={course}&groups[{n}][name]=G{group}&groups[{n}][description]=\
                 &groups[{n}][idnumber]=x:{group}"
            )
        });
        call(&mut world, "core_group_create_groups", &items.collect::<Vec<_>>().join("&"));
    }
    println!("{} calls to create groups: {:?}", groups.len().div_ceil(BATCH), clock.elapsed());
    let clock = Instant::now();
    let seats: Vec<i64> = (0..MEMBERSHIPS).collect();
    for batch in seats.chunks(BATCH) {
        let items = batch.iter().enumerate().map(|(n, seat_number)| {
            // Group ids follow the order of creation, from one.
            let (group, user) = (seat_number % GROUPS + 1, seat(*seat_number).1);
            format!("members[{n}][groupid]={group}&members[{n}][userid]={user}")
        });
        call(&mut world, "core_group_add_group_members", &items.collect::<Vec<_>>().join("&"));
    }
    println!("{} calls to add members: {:?}", seats.len().div_ceil(BATCH), clock.elapsed());
    let clock = Instant::now();
    let wanted = "options[0][name]=userfields&options[0][value]=idnumber";
    let bytes = call(&mut world, "core_enrol_get_enrolled_users", &format!("courseid=2&{wanted}")).len();
    println!("one enrolment list of {bytes} bytes: {:?}", clock.elapsed());
    let clock = Instant::now();
    let lines = world.picture().lines().count();
    println!("a picture of {lines} lines: {:?}", clock.elapsed());
    let groups = || world.courses().flat_map(|course| world.groups(course.id));
    assert_eq!(groups().count() as i64, GROUPS);
    assert_eq!(groups().map(|group| group.members.len()).sum::<usize>() as i64, MEMBERSHIPS);
}
