//! What student systems push fills Moodle: through `muster run`, and live through `muster serve` (`kind = "imses"`).
//!
//! Not here: what a call does to a site (`imses.rs`), which rows it becomes (`src/imses/tests/source.rs`), and where keys go
//! (`reconcile::new_keys`).

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use ims_es::common::{ExtensionField, IdentifierPair};
use ims_es::group::change_groups_identifier::ChangeGroupsIdentifier;
use ims_es::group::create_groups::CreateGroups;
use ims_es::group::delete_groups::DeleteGroups;
use ims_es::group::object::{Description, Group, GroupIdPair, OrganisationType, Relationship};
use ims_es::lexical::Lexical;
use ims_es::membership::create_memberships::CreateMemberships;
use ims_es::membership::delete_memberships::DeleteMemberships;
use ims_es::membership::object::{Member, Membership, MembershipIdPair, Role};
use ims_es::operation::Call;
use ims_es::person::change_persons_identifier::ChangePersonsIdentifier;
use ims_es::person::create_persons::CreatePersons;
use ims_es::person::object::{InstitutionRole, NamePart, PartName, Person, PersonIdPair, PersonName};
use ims_es::status_info::Ending;

use crate::student_system::{COMBINED, PASSWORD, Service, XML, endings, message};
use crate::support::{Place, campus};

/// A Moodle with one course, and a Muster whose only source is what `sis` pushes to the site `campus`.
fn place(live: bool) -> Place {
    let mut place = Place::new(campus(&[101], 6));
    for key in ["kind", "groups", "members", "modules", "shrink_percent_max"] {
        place.unset(&format!("source.cmis.{key}"));
    }
    for (key, value) in [
        ("source.sis.kind", "\"imses\""),
        ("source.sis.site", "\"campus\""),
        ("source.sis.live", if live { "true" } else { "false" }),
        ("source.sis.shrink_percent_max", "100"),
        ("limits.groups_deleted_small", "0"),
        ("serve.listen", "\"127.0.0.1:0\""),
        ("imses.keep_bodies", "\"failed\""),
    ] {
        place.set(key, value);
    }
    let add = ["account", "add", "sis", "--site", "campus", "--at-once", "0", "--password-stdin"];
    let mut child = place.command(&add).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    place
}

fn serve(place: &Place) -> Service {
    let mut child = place.start(&["serve", "--format", "json"]);
    let mut text = String::new();
    for line in BufReader::new(child.stdout.as_mut().unwrap()).lines().map(Result::unwrap) {
        text.push_str(&line);
        if line == "}" {
            break;
        }
    }
    let said: serde_json::Value = serde_json::from_str(&text).unwrap();
    let address = said["url"].as_str().unwrap().split_once("//").unwrap().1.to_owned();
    Service { child, address }
}

/// Pushes one call, all of whose items are taken.
#[track_caller]
fn push<C: Call>(service: &Service, call: &C) {
    let answer = service.post(COMBINED, XML, &message(call, PASSWORD));
    let endings = endings(&answer, call);
    assert!(endings.iter().all(|ending| *ending == Ending::Done), "{}", answer.text());
}

fn group(key: &str, kind: OrganisationType, parent: &str, title: &str) -> GroupIdPair {
    let is_course = kind == OrganisationType::Course;
    let group = Group {
        group_type: Some(kind.to_group_type()),
        relationships: vec![Relationship::parent(parent)],
        description: Some(Description { desc_short: Some(title.into()), ..Description::default() }),
        extension: if is_course { vec![ExtensionField::new("course", "String", title)] } else { Vec::new() },
        ..Group::default()
    };
    GroupIdPair { sourced_id: Some(key.into()), group: Some(group) }
}

fn course_group(key: &str, course: &str, title: &str) -> GroupIdPair {
    group(key, OrganisationType::CourseGroup, course, title)
}

fn persons(keys: &[&str]) -> CreatePersons {
    let part = |part, value: &str| PartName {
        name_part_type: Some(Lexical::Value(part)),
        name_part_value: Some(value.into()),
    };
    let pair = |key: &&str| PersonIdPair {
        sourced_id: Some((*key).into()),
        person: Some(Person {
            name: Some(PersonName {
                name_type: None,
                part_names: vec![part(NamePart::First, "Ada"), part(NamePart::Last, "Invented")],
            }),
            institution_roles: vec![InstitutionRole {
                institution_role_type: Lexical::read("Student".into()),
                primary_role_type: Lexical::Value(true),
            }],
            ..Person::default()
        }),
    };
    CreatePersons { pairs: keys.iter().map(pair).collect() }
}

/// Memberships `GROUP PERSON ROLE`, each called `GROUP/PERSON`.
fn memberships(lines: &[&str]) -> CreateMemberships {
    let pair = |line: &&str| {
        let [group, person, role] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let role = Role { role_type: Lexical::read(role.into()), ..Role::default() };
        let member = Member { member_sourced_id: Some(person.into()), id_type: None, roles: vec![role] };
        MembershipIdPair {
            sourced_id: Some(format!("{group}/{person}")),
            membership: Some(Membership { group_sourced_id: Some(group.into()), member: Some(member) }),
        }
    };
    CreateMemberships { pairs: lines.iter().map(pair).collect() }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<IdentifierPair> {
    let pair = |(before, after): &(&str, &str)| IdentifierPair {
        first_id: Some((*before).into()),
        second_id: Some((*after).into()),
    };
    pairs.iter().map(pair).collect()
}

fn rename(changes: &[(&str, &str)]) -> ChangeGroupsIdentifier {
    ChangeGroupsIdentifier { pairs: pairs(changes) }
}

/// A school with a course, two groups of it and four people.
fn push_school(service: &Service) {
    let groups = vec![
        group("school", OrganisationType::School, "root", "School"),
        group("ANTH", OrganisationType::Course, "school", "Anthropology"),
        course_group("g1", "ANTH", "Monday"),
        course_group("g2", "ANTH", "Tuesday"),
    ];
    push(service, &CreateGroups { pairs: groups });
    push(service, &persons(&["p1", "p2", "p3", "p4"]));
    push(
        service,
        &memberships(&[
            "g1 p1 Learner",
            "g1 p2 Learner",
            "g2 p3 Learner",
            "g2 p4 Instructor",
            "school p1 Learner",
            "g2 p1 Guest",
        ]),
    );
}

/// Waits for what a live run does.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never was so within a minute: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn idnumber(place: &Place, name: &str) -> String {
    place.world().group_named(101, name).unwrap().row.idnumber.clone()
}

#[test]
fn a13_what_was_pushed_fills_moodle_and_follows_keys_that_change() {
    let place = place(false);
    let service = serve(&place);
    push_school(&service);
    place.muster(&["check", "source"]).ends_with(0).says("2 groups").says("role Guest: 1 left out");
    place.map(101, "ANTH");
    place.run().ends_with(0);
    place.assert_quiet();
    assert_eq!(place.members(101, "Monday"), ["p1", "p2"]);
    assert_eq!(place.members(101, "Tuesday"), ["p3", "p4"]);
    place.muster(&["explain", "person", "p4"]).ends_with(0).says("Tuesday").says("tutor");
    let (monday, tuesday) = (place.group(101, "Monday"), place.group(101, "Tuesday"));

    // Two groups exchange their keys over a third, the course gets another one, and so does a person. Nobody is asked, and
    // nobody leaves a group.
    push(&service, &rename(&[("g1", "t"), ("g2", "g1"), ("t", "g2"), ("ANTH", "ANTH2")]));
    push(&service, &ChangePersonsIdentifier { pairs: pairs(&[("p2", "p9")]) });
    place.server.clear_calls();
    let ran = place.run();
    assert!(matches!(ran.code, 0 | 7), "{ran}");
    assert_eq!(
        (ran.done("renumber_group"), ran.done("remove_member"), ran.done("add_member")),
        (2, 0, 0),
        "{ran}"
    );
    assert_eq!((place.group(101, "Monday"), place.group(101, "Tuesday")), (monday, tuesday));
    assert_eq!(idnumber(&place, "Monday"), "muster:sis:ANTH2:g2");
    assert_eq!(idnumber(&place, "Tuesday"), "muster:sis:ANTH2:g1");
    assert_eq!(
        place.members(101, "Monday"),
        ["p1", "p2"],
        "the person whose key Moodle does not know yet stays"
    );
    assert_eq!(place.rows("SELECT modulecode FROM mapped_modules"), [["ANTH2"]]);
    place.muster(&["explain", "group", "g2"]).ends_with(0).says("Monday");
    place.assert_quiet();

    // A group that is deleted goes under the limits; a course without groups is not a course of which nothing is known.
    push(&service, &DeleteGroups { sourced_ids: vec!["g1".into()] });
    let ran = place.run().ends_with(6);
    let waiting = ran.run_number().to_string();
    assert_eq!(place.group_names(101), ["Monday", "Tuesday"]);
    place.muster(&["approve", &waiting, "--reason", "it is over"]).ends_with(0);
    let ran = place.run();
    assert_eq!(ran.done("delete_group"), 1, "{ran}");
    assert_eq!(place.group_names(101), ["Monday"]);
    push(&service, &DeleteMemberships { sourced_ids: vec!["g1/p1".into()] });
    place.run();
    place.assert_quiet();
    assert_eq!(place.members(101, "Monday"), ["p2"]);

    // The course itself is deleted: nothing is known of the module any more, and nothing is taken away.
    push(&service, &DeleteGroups { sourced_ids: vec!["ANTH2".into()] });
    let groups = vec![
        group("HIST", OrganisationType::Course, "school", "History"),
        course_group("h1", "HIST", "Seminar"),
    ];
    push(&service, &CreateGroups { pairs: groups });
    let ran = place.run();
    assert!(ran.reasons().contains(&"not_in_source".to_owned()), "{ran}");
    assert_eq!(place.members(101, "Monday"), ["p2"]);
}

#[test]
fn a_group_that_gets_the_key_of_a_deleted_one_keeps_its_people_to_itself() {
    let place = place(false);
    let service = serve(&place);
    push_school(&service);
    place.map(101, "ANTH");
    place.run().ends_with(0);
    let tuesday = place.group(101, "Tuesday");
    push(&service, &DeleteGroups { sourced_ids: vec!["g1".into()] });
    push(&service, &rename(&[("g2", "g1")]));
    place.run().ends_with(6);
    assert_eq!(
        (place.group(101, "Tuesday"), idnumber(&place, "Tuesday").as_str()),
        (tuesday, "muster:sis:ANTH:g1")
    );
    assert_eq!(place.members(101, "Tuesday"), ["p3", "p4"]);
    assert_eq!(place.members(101, "Monday"), ["p1", "p2"], "its deletion waits");
}

#[test]
fn a13_a_push_is_in_moodle_within_a_minute_and_a_killed_service_loses_none() {
    let place = place(true);
    place.map(101, "ANTH");
    let service = serve(&place);
    push_school(&service);
    until("the groups are there", || {
        place.world().group_named(101, "Tuesday").is_some_and(|group| group.members.len() == 2)
    });
    until("the run has ended", || place.rows("SELECT id FROM runs WHERE status = 'running'").is_empty());
    let kinds = "SELECT kind, scope FROM runs";
    assert_eq!(place.rows(kinds), [["live", "courses that were pushed to"]]);

    // Killed between the push and the run.
    push(&service, &memberships(&["g1 p4 Learner"]));
    drop(service);
    assert_eq!(place.members(101, "Monday"), ["p1", "p2"]);
    let service = serve(&place);
    until("the push before the kill is carried out", || place.members(101, "Monday") == ["p1", "p2", "p4"]);

    // Held up by somebody else's run, it waits and tries again; a mapping that changed waits for the run of the schedule.
    until("the run has ended", || place.rows("SELECT id FROM runs WHERE status = 'running'").is_empty());
    place.muster(&["map", "remove", "101", "ANTH"]).ends_with(0);
    let groups = vec![
        group("HIST", OrganisationType::Course, "school", "History"),
        course_group("h1", "HIST", "Seminar"),
    ];
    push(&service, &CreateGroups { pairs: groups });
    until("the import of the push", || {
        let writes = "SELECT MAX(ims_writes) - (SELECT writes FROM ims_sites) FROM deliveries";
        place.rows(writes) == [["0"]] && place.rows("SELECT module FROM touched_modules").is_empty()
    });
    assert_eq!(place.group_names(101), ["Monday", "Tuesday"]);
    assert_eq!(place.rows(kinds).len(), 2, "a push that touches no course needs no run");
}
