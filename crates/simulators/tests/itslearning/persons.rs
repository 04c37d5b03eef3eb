//! Persons (facts/ims-es.md §5.2).

use simulators::itslearning::World;

use crate::lab::{ask, changes, keys, membership, person, role, sourced_id, world};

fn one(world: &mut World, operation: &str, key: &str, names: (&str, &str), more: &str) -> String {
    ask(world, operation, &person(key, names.0, names.1, more)).statuses.concat()
}

const ADA: (&str, &str) = ("Ada", "Invented");

#[test]
fn a_person_needs_a_key_both_names_and_a_role() {
    let mut world = world();
    let student = role("Student");
    let mut check = |key: &str, names, more: &str, expected: &str| {
        assert_eq!(one(&mut world, "createPerson", key, names, more), expected, "{key} {names:?}");
    };
    check("ada", ADA, &student, "success");
    check("", ADA, &student, "failure/incompletedata");
    check("x", ("Ada", ""), &student, "failure/incompletedata");
    check("x", ADA, "", "failure/incompletedata");
    // A site may map any text.
    check("bob", ADA, &role("System Administrator"), "success");
}

#[test]
fn creating_again_updates_and_a_replacement_empties() {
    let mut world = world();
    let student = role("Student");
    let mail = format!("<c:email>ada@example.ac.uk</c:email>{student}");
    one(&mut world, "createPerson", "ada", ADA, &mail);
    assert_eq!(one(&mut world, "createPerson", "ada", ("Adele", ""), &role("Staff")), "success");
    let picture = world.picture();
    assert!(picture.contains("Staff Adele Invented [ada] ada@example.ac.uk"), "{picture}");
    assert_eq!(one(&mut world, "replacePerson", "ada", ADA, &student), "success");
    assert!(world.picture().contains("Student Ada Invented [ada]\n"), "{}", world.picture());
    assert_eq!(one(&mut world, "replacePerson", "new", ADA, &student), "success");
}

#[test]
fn a_password_is_never_read_back() {
    let mut world = world();
    let more = format!(
        "<pd:userId><c:userIdValue>ada</c:userIdValue><c:passWord>password-for-tests</c:passWord></pd:userId>{}",
        role("Student")
    );
    one(&mut world, "createPerson", "ada", ADA, &more);
    assert!(world.person("ada").unwrap().has_password);
    let said = ask(&mut world, "readPerson", &sourced_id("pm", "ada"));
    assert_eq!(said.all("userIdValue"), ["ada"]);
    assert!(!said.text.contains("password-for-tests"));
}

#[test]
fn relatives_are_added_and_replaced_and_somebody_unknown_is_left_out() {
    let mut world = world();
    let carer = role("Carer");
    for child in ["tim", "tom"] {
        one(&mut world, "createPerson", child, (child, "Invented"), &role("Student"));
    }
    let relatives = |keys: &[&str]| {
        let relative = |key: &&str| {
            format!(
                "<c:relationship><c:relation>Child</c:relation><c:sourceId><c:identifier>{key}</c:identifier></c:sourceId></c:relationship>"
            )
        };
        format!("{carer}<pd:extension>{}</pd:extension>", keys.iter().map(relative).collect::<String>())
    };
    assert_eq!(one(&mut world, "createPerson", "ada", ADA, &relatives(&["tim"])), "success");
    let said = one(&mut world, "updatePerson", "ada", ADA, &relatives(&["tom", "nobody"]));
    assert_eq!(said, "success/partialdatastorage");
    assert!(world.picture().contains("[ada] parent of tim, tom"), "{}", world.picture());
    let said = ask(&mut world, "readPerson", &sourced_id("pm", "tim"));
    assert_eq!(said.all("relation"), ["Parent"]);
    assert_eq!(one(&mut world, "replacePerson", "ada", ADA, &relatives(&["tom"])), "success");
    assert!(world.picture().contains("[ada] parent of tom\n"), "{}", world.picture());
    world.settings_mut().parent_portal = false;
    let said = one(&mut world, "createPerson", "ada", ADA, &relatives(&["tim"]));
    assert_eq!(said, "success/partialdatastorage");
    assert!(world.picture().contains("[ada] parent of tom\n"), "{}", world.picture());
}

#[test]
fn a_deleted_person_leaves_the_groups() {
    let mut world = world();
    one(&mut world, "createPerson", "ada", ADA, &role("Student"));
    ask(&mut world, "createMembership", &membership("m1", "root", "ada", "Learner", &[]));
    let said = ask(&mut world, "deletePersons", &keys("pm", &["ada", "ada"]));
    assert_eq!(said.statuses, ["success", "failure/unknownobject"]);
    assert_eq!((world.person_count(), world.membership_count()), (0, 0));
}

#[test]
fn persons_of_a_group_come_with_their_keys_and_an_unmapped_profile_is_remarked() {
    let mut world = world();
    one(&mut world, "createPerson", "ada", ADA, &role("Student"));
    ask(&mut world, "createMembership", &membership("m1", "root", "ada", "Learner", &[]));
    let root = "<pm:groupSourcedId><c:identifier>root</c:identifier></pm:groupSourcedId>";
    let said = ask(&mut world, "readPersonsForGroup", root);
    assert_eq!(
        (said.statuses.concat(), said.all("identifier")),
        ("success".to_owned(), vec!["ada".to_owned()])
    );
    one(&mut world, "createPerson", "ada", ADA, &role("Alumni"));
    assert_eq!(ask(&mut world, "readPersonsForGroup", root).statuses, ["success/partialdatastorage"]);
    let unknown = root.replace("root", "nowhere");
    assert_eq!(ask(&mut world, "readPersonsForGroup", &unknown).statuses, ["failure/unknownobject"]);
}

#[test]
fn all_persons_are_read_page_by_page() {
    let mut world = world();
    for number in 1..=5 {
        world.add_person_by_hand(Some(&format!("p{number}")), "Ada", "Invented");
    }
    world.make_external("p5");
    let page = |index: &str| format!("<pm:PageIndex>{index}</pm:PageIndex><pm:PageSize>2</pm:PageSize>");
    let said = ask(&mut world, "readAllPersons", &page("3"));
    assert_eq!(
        (said.all("identifier"), said.all("virtualCount")),
        (vec!["p5".to_owned()], vec!["5".to_owned()])
    );
    assert_eq!(said.all("fieldName"), ["IsExternalUser"]);
    assert_eq!(ask(&mut world, "readAllPersons", &page("0")).statuses, ["failure/invaliddata"]);
    assert_eq!(ask(&mut world, "readAllPersons", "").statuses, ["failure/incompletedata"]);
}

#[test]
fn keys_of_persons_change_and_are_kept_apart_from_those_of_groups() {
    // §2.3: unique per kind.
    let mut world = world();
    one(&mut world, "createPerson", "root", ADA, &role("Student"));
    let said = ask(&mut world, "changePersonsIdentifier", &changes("pm", &[("root", "ada"), ("ada", "ada")]));
    assert_eq!(said.statuses, ["success", "failure/idallocinusefail"]);
}
