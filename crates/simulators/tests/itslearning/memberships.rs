//! Memberships (facts/ims-es.md §5.1).

use ims_es::membership::object::RoleType;
use simulators::itslearning::World;

use crate::lab::{ask, changes, keys, membership, sourced_id, world};

fn school() -> World {
    let mut world = world();
    for person in ["ada", "bob"] {
        world.add_person_by_hand(Some(person), person, "Invented");
    }
    let school = crate::lab::group("school-1", "root", "School", "School one", &[]);
    ask(&mut world, "createGroup", &school);
    ask(&mut world, "createGroup", &crate::lab::group("club", "school-1", "", "Club", &[]));
    world
}

fn one(
    world: &mut World,
    operation: &str,
    item: (&str, &str, &str, &str),
    fields: &[(&str, &str)],
) -> String {
    let (key, group, person, role) = item;
    ask(world, operation, &membership(key, group, person, role, fields)).statuses.concat()
}

#[test]
fn a_membership_needs_a_person_a_group_and_a_role_that_are_there() {
    let mut world = school();
    let mut check = |item, expected: &str| {
        assert_eq!(one(&mut world, "createMembership", item, &[]), expected, "{item:?}");
    };
    check(("m1", "club", "ada", "Learner"), "success");
    check(("m2", "nowhere", "ada", "Learner"), "failure/invaliddata");
    check(("m3", "club", "nobody", "Learner"), "failure/invaliddata");
    check(("m4", "", "ada", "Learner"), "failure/incompletedata");
    check(("m5", "club", "", "Learner"), "failure/incompletedata");
    check(("m6", "school-1", "ada", ""), "failure/incompletedata");
    check(("", "club", "bob", "Learner"), "failure/incompletedata");
    check(("m7", "club", "bob", "02"), "success");
    let members = [("ada".to_owned(), RoleType::Learner), ("bob".to_owned(), RoleType::Instructor)];
    assert_eq!(world.members("club"), members);
}

#[test]
fn a_person_is_in_a_group_once() {
    let mut world = school();
    one(&mut world, "createMembership", ("m1", "club", "ada", "Learner"), &[]);
    let again = one(&mut world, "createMembership", ("m2", "club", "ada", "Instructor"), &[]);
    assert_eq!(again, "failure/invaliddata");
    assert_eq!(one(&mut world, "createMembership", ("m1", "club", "ada", "Instructor"), &[]), "success");
    assert_eq!(world.membership("m1").unwrap().role, RoleType::Instructor);
}

#[test]
fn an_update_changes_what_was_sent_and_may_move() {
    let mut world = school();
    one(&mut world, "createMembership", ("m1", "club", "ada", "Learner"), &[]);
    assert_eq!(one(&mut world, "updateMembership", ("m1", "school-1", "", ""), &[]), "success");
    assert_eq!(world.members("club"), []);
    assert_eq!(world.members("school-1"), [("ada".to_owned(), RoleType::Learner)]);
    assert_eq!(one(&mut world, "updateMembership", ("m9", "club", "", ""), &[]), "failure/incompletedata");
    assert_eq!(
        one(&mut world, "replaceMembership", ("m1", "club", "ada", ""), &[]),
        "failure/incompletedata"
    );
}

#[test]
fn the_home_is_marked_unmarked_and_lost() {
    let mut world = school();
    let home = [("HomeOrganisation", "1")];
    let mut write = |operation: &str, group: &str, fields: &[(&str, &str)]| {
        let said = one(&mut world, operation, ("m1", group, "ada", "Learner"), fields);
        (said, world.home_key("ada").map(str::to_owned))
    };
    let (done, at_school) = ("success".to_owned(), Some("school-1".to_owned()));
    assert_eq!(write("createMembership", "club", &home).0, "failure/invaliddata");
    assert_eq!(write("createMembership", "school-1", &home), (done.clone(), at_school.clone()));
    assert_eq!(write("updateMembership", "school-1", &[]), (done.clone(), at_school.clone()));
    assert_eq!(write("updateMembership", "school-1", &[("homeorganisation", "0")]), (done.clone(), None));
    assert_eq!(write("updateMembership", "school-1", &home), (done.clone(), at_school.clone()));
    assert_eq!(write("replaceMembership", "school-1", &[]), (done.clone(), None));
    assert_eq!(write("updateMembership", "school-1", &home), (done, at_school));
    let said = ask(&mut world, "readMembership", &sourced_id("mm", "m1"));
    assert_eq!(said.all("fieldName"), ["HomeOrganisation"]);
    ask(&mut world, "deleteMembership", &sourced_id("mm", "m1"));
    assert_eq!(world.home_key("ada"), None);
}

#[test]
fn the_home_of_a_mentor_is_not_kept() {
    let mut world = school();
    let home = [("HomeOrganisation", "1")];
    let said = one(&mut world, "createMembership", ("m1", "school-1", "ada", "Mentor"), &home);
    assert_eq!((&*said, world.home_key("ada")), ("success/partialdatastorage", None));
}

#[test]
fn memberships_are_read_by_key_by_group_and_by_person() {
    let mut world = school();
    one(&mut world, "createMembership", ("m1", "club", "ada", "Learner"), &[]);
    world.add_member_by_hand("school-1", "ada", RoleType::Guest);
    let said = ask(&mut world, "readMemberships", &keys("mm", &["m1", "m2"]));
    assert_eq!(said.statuses, ["success", "failure/unknownobject"]);
    assert_eq!(said.all("roleType"), ["Learner"]);
    let of_group = "<mm:groupSourcedId><c:identifier>club</c:identifier></mm:groupSourcedId>";
    let said = ask(&mut world, "readMembershipsForGroup", of_group);
    assert!(
        said.text.contains("<membershipIDPairSet>") && said.text.contains("statusInfoSet"),
        "{}",
        said.text
    );
    let of_person = "<mm:personSourcedId><c:identifier>ada</c:identifier></mm:personSourcedId>";
    let said = ask(&mut world, "readMembershipsForPerson", of_person);
    // One that was made by hand gets a key.
    assert!(said.all("identifier").iter().any(|key| key.starts_with("itsla-")), "{}", said.text);
    let nobody = of_person.replace("ada", "nobody");
    let said = ask(&mut world, "readMembershipsForPerson", &nobody);
    assert_eq!(said.statuses, ["failure/unknownobject"]);
}

#[test]
fn groups_of_a_person_are_those_of_the_memberships() {
    // §2.2: every type; the answer is a set with one status.
    let mut world = school();
    one(&mut world, "createMembership", ("m1", "club", "ada", "Learner"), &[]);
    one(&mut world, "createMembership", ("m2", "school-1", "ada", "Learner"), &[]);
    let ask_for = |world: &mut World, person: &str| {
        let inside =
            format!("<gm:personSourcedId><c:identifier>{person}</c:identifier></gm:personSourcedId>");
        ask(world, "readGroupsForPerson", &inside)
    };
    let said = ask_for(&mut world, "ada");
    assert_eq!(said.all("descShort"), ["Club", "School one"]);
    assert!(said.text.contains("statusInfoSet"));
    let said = ask_for(&mut world, "bob");
    assert_eq!((said.statuses.concat(), said.text.contains("<groupSet/>")), ("success".to_owned(), true));
    assert_eq!(ask_for(&mut world, "nobody").statuses, ["failure/unknownobject"]);
}

#[test]
fn keys_of_memberships_change() {
    let mut world = school();
    one(&mut world, "createMembership", ("m1", "club", "ada", "Learner"), &[]);
    let said = ask(&mut world, "changeMembershipsIdentifier", &changes("mm", &[("m1", "n1"), ("m1", "n2")]));
    assert_eq!(said.statuses, ["success", "failure/unknownobject"]);
    assert!(world.membership("n1").is_some());
}
