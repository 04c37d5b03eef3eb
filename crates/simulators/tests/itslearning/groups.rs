//! Groups: making, changing, moving, deleting, reading, renaming keys (facts/ims-es.md §2).

use simulators::itslearning::World;

use crate::lab::{ask, changes, group, group_inside, keys, sourced_id, world};

/// Makes groups, all at once; each is `(key, parent, type, title)`.
fn create(world: &mut World, groups: &[(&str, &str, &str, &str)]) -> Vec<String> {
    let pair = |(key, parent, kind, title): &(&str, &str, &str, &str)| {
        format!("<gm:groupIdPair>{}</gm:groupIdPair>", group(key, parent, kind, title, &[]))
    };
    let pairs: String = groups.iter().map(pair).collect();
    ask(world, "createGroups", &format!("<gm:groupIdPairSet>{pairs}</gm:groupIdPairSet>")).statuses
}

/// One operation on one group.
fn one(world: &mut World, operation: &str, item: (&str, &str, &str, &str)) -> String {
    let (key, parent, kind, title) = item;
    ask(world, operation, &group(key, parent, kind, title, &[])).statuses.concat()
}

/// A world with two schools, a faculty and a department.
fn schools() -> World {
    let mut world = world();
    let made = create(
        &mut world,
        &[
            ("school-1", "root", "School", "School one"),
            ("school-2", "root", "School", "School two"),
            ("faculty", "school-1", "Unspecified", "Faculty"),
            ("department", "faculty", "Unspecified", "Department"),
        ],
    );
    assert_eq!(made, ["success"; 4]);
    world
}

#[test]
fn items_are_done_in_order_and_one_that_fails_does_not_stop_the_others() {
    // §2.2: a later item may name an earlier one as its parent; the second of three fails.
    let mut world = world();
    let items = [
        ("a", "root", "Unspecified", "A"),
        ("b", "nowhere", "Unspecified", "B"),
        ("c", "a", "Unspecified", "C"),
    ];
    assert_eq!(create(&mut world, &items), ["success", "failure/invaliddata", "success"]);
    assert_eq!(world.parent_key("c"), Some("a"));
    assert!(world.group("b").is_none());
}

#[test]
fn creating_what_is_there_updates_it() {
    let mut world = schools();
    assert_eq!(one(&mut world, "createGroup", ("faculty", "school-1", "", "Faculty of arts")), "success");
    assert_eq!(world.group("faculty").unwrap().title, "Faculty of arts");
    assert_eq!(world.group_count(), 4);
}

#[test]
fn an_update_changes_what_was_sent_and_needs_the_parent() {
    // §2.2: the parent's key must be sent even if the parent stays.
    let mut world = schools();
    assert_eq!(one(&mut world, "updateGroup", ("school-1", "root", "", "")), "success");
    assert_eq!(world.group("school-1").unwrap().title, "School one");
    assert_eq!(one(&mut world, "updateGroup", ("school-1", "", "", "New")), "failure/incompletedata");
}

#[test]
fn an_update_of_what_is_not_there_makes_it_if_the_data_suffice() {
    let mut world = schools();
    assert_eq!(one(&mut world, "updateGroup", ("new", "root", "", "New")), "success");
    assert_eq!(one(&mut world, "updateGroup", ("newer", "root", "", "")), "failure/incompletedata");
}

#[test]
fn a_replacement_empties_what_was_not_sent() {
    let mut world = schools();
    let fields = [("visibleinsearch", "0"), ("LegalId", "4711")];
    ask(&mut world, "updateGroup", &group("school-1", "root", "School", "School one", &fields));
    assert_eq!(world.group("school-1").unwrap().legal_id.as_deref(), Some("4711"));
    assert_eq!(one(&mut world, "replaceGroup", ("school-1", "root", "School", "School one")), "success");
    let row = world.group("school-1").unwrap().clone();
    assert_eq!((row.legal_id, row.visible_in_search), (None, None));
    assert_eq!(one(&mut world, "replaceGroup", ("school-1", "root", "School", "")), "failure/incompletedata");
}

#[test]
fn another_parent_moves_a_group_and_its_own_key_means_the_top() {
    // §2.3.
    let mut world = schools();
    assert_eq!(one(&mut world, "updateGroup", ("faculty", "school-2", "", "")), "success");
    assert_eq!(world.parent_key("faculty"), Some("school-2"));
    assert_eq!(world.parent_key("department"), Some("faculty"));
    assert_eq!(one(&mut world, "updateGroup", ("faculty", "faculty", "", "")), "success");
    assert_eq!(world.parent_key("faculty"), Some("root"));
}

#[test]
fn a_group_cannot_stand_below_itself() {
    let mut world = schools();
    assert_eq!(one(&mut world, "updateGroup", ("faculty", "department", "", "")), "failure/invaliddata");
    assert_eq!(world.parent_key("faculty"), Some("school-1"));
}

#[test]
fn the_top_is_a_site_that_nobody_makes_changes_or_deletes() {
    // §2.4.
    let mut world = schools();
    assert_eq!(one(&mut world, "createGroup", ("site-2", "root", "Site", "Site")), "failure/invaliddata");
    assert_eq!(one(&mut world, "updateGroup", ("root", "root", "", "Mine")), "failure/invaliddata");
    let deleted = ask(&mut world, "deleteGroup", &sourced_id("gm", "root"));
    assert_eq!(deleted.statuses, ["failure/deletefailure"]);
    let renamed = ask(&mut world, "changeGroupsIdentifier", &changes("gm", &[("root", "top")]));
    assert_eq!(renamed.statuses, ["failure/invaliddata"]);
}

#[test]
fn no_school_stands_below_a_school() {
    let mut world = schools();
    assert_eq!(
        one(&mut world, "createGroup", ("inner", "department", "School", "Inner")),
        "failure/invaliddata"
    );
    assert_eq!(
        one(&mut world, "updateGroup", ("department", "faculty", "School", "")),
        "failure/invaliddata"
    );
}

#[test]
fn types_change_only_between_school_and_unspecified_and_to_course() {
    let mut world = schools();
    assert_eq!(one(&mut world, "updateGroup", ("school-2", "root", "Unspecified", "")), "success");
    assert_eq!(one(&mut world, "updateGroup", ("school-2", "root", "School", "")), "success");
    assert_eq!(
        one(&mut world, "updateGroup", ("school-2", "root", "CourseGroup", "")),
        "failure/invaliddata"
    );
    assert_eq!(one(&mut world, "updateGroup", ("school-2", "root", "Course", "")), "failure/incompletedata");
}

#[test]
fn type_and_level_must_agree_and_the_scheme_is_compared_without_case() {
    let mut world = world();
    let mut check = |scheme: &str, values: &str, expected: &str| {
        let kind = format!(
            "<gd:groupType><gd:scheme>{scheme}</gd:scheme><gd:typeValue>{values}</gd:typeValue></gd:groupType>"
        );
        let inside = format!("<gm:group>{kind}{}</gm:group>", group_inside("root", "", "A", &[]));
        let said = ask(&mut world, "createGroup", &format!("{}{inside}", sourced_id("gm", "a")));
        assert_eq!(said.statuses, [expected], "{scheme} {values}");
        world.delete_group_by_hand("a");
    };
    let (word, level) = ("<gd:type>School</gd:type>", "<gd:level>1</gd:level>");
    check("ItslearningOrganisationTypes", word, "success");
    check("ItsLearningOrganisationTypes", level, "success");
    check("ItslearningOrganisationTypes", &format!("{word}{level}"), "success");
    check("ItslearningOrganisationTypes", &format!("{word}<gd:level>2</gd:level>"), "failure/invaliddata");
    check("OtherTypes", word, "failure/invaliddata");
    check("", word, "failure/incompletedata");
}

#[test]
fn lengths_are_limited() {
    let mut world = world();
    let (fits, long) = ("é".repeat(64), "é".repeat(65));
    assert_eq!(one(&mut world, "createGroup", ("a", "root", "", &fits)), "success");
    assert_eq!(one(&mut world, "createGroup", ("b", "root", "", &long)), "failure/invaliddata");
    assert_eq!(one(&mut world, "createGroup", (&"k".repeat(255), "root", "", "C")), "success");
    assert_eq!(one(&mut world, "createGroup", (&"k".repeat(256), "root", "", "D")), "failure/invaliddata");
    assert_eq!(one(&mut world, "createGroup", ("", "root", "", "E")), "failure/incompletedata");
    let legal = |length: usize| [("LegalId", "4".repeat(length))].map(|(name, value)| (name, value));
    for (length, expected) in [(50, "success"), (51, "failure/invaliddata")] {
        let [(name, value)] = legal(length);
        let said = ask(&mut world, "createGroup", &group("s", "root", "School", "S", &[(name, &value)]));
        assert_eq!(said.statuses, [expected], "{length}");
    }
}

#[test]
fn a_legal_id_belongs_to_a_school_and_an_unknown_field_is_remarked() {
    // §3.2, §2.5.
    let mut world = world();
    let mut check = |kind: &str, fields: &[(&str, &str)], expected: &str| {
        let said = ask(&mut world, "createGroup", &group("g", "root", kind, "G", fields));
        assert_eq!(said.statuses, [expected], "{kind} {fields:?}");
    };
    check("Unspecified", &[("LegalId", "1")], "failure/invaliddata");
    check("Unspecified", &[("colour", "blue")], "success/partialdatastorage");
    check("Unspecified", &[("VisibleInSearch", "maybe")], "failure/invaliddata");
    check("Unspecified", &[("XitiEstablishmentId", "12"), ("visibleinsearch", "")], "success");
}

#[test]
fn deleting_takes_all_below_and_their_memberships_along() {
    let mut world = schools();
    world.add_person_by_hand(Some("ada"), "Ada", "Invented");
    world.add_member_by_hand("department", "ada", ims_es::membership::object::RoleType::Learner);
    let said = ask(&mut world, "deleteGroups", &keys("gm", &["faculty", "faculty", "nowhere"]));
    assert_eq!(said.statuses, ["success", "failure/unknownobject", "failure/unknownobject"]);
    assert_eq!((world.group_count(), world.membership_count(), world.person_count()), (2, 0, 1));
    assert!(world.group("department").is_none());
}

#[test]
fn reading_answers_each_key_and_brings_only_those_that_are_there() {
    // §2.1: the groups carry no identifier.
    let mut world = schools();
    let said = ask(&mut world, "readGroups", &keys("gm", &["faculty", "nowhere", "root"]));
    assert_eq!(said.statuses, ["success", "failure/unknownobject", "success"]);
    assert_eq!(said.all("descShort"), ["Faculty", "Simulated itslearning"]);
    assert_eq!(said.all("type"), ["Unspecified", "Site"]);
    assert_eq!(said.all("level"), ["-1", "0"]);
    assert_eq!(said.all("label"), ["School one"]);
    assert_eq!(said.all("identifier"), ["school-1"]);
}

#[test]
fn a_lone_group_that_is_unknown_brings_nothing() {
    let mut world = world();
    let said = ask(&mut world, "readGroup", &sourced_id("gm", "nowhere"));
    assert_eq!(said.statuses, ["failure/unknownobject"]);
    assert!(!said.text.contains("statusInfoSet") && !said.text.contains("<group>"), "{}", said.text);
}

#[test]
fn a_new_key_that_is_in_use_is_refused_and_each_pair_sees_the_ones_before() {
    // §2.2.
    let mut world = schools();
    let pairs =
        [("school-1", "school-2"), ("school-2", "school-3"), ("school-1", "school-2"), ("school-9", "x")];
    let said = ask(&mut world, "changeGroupsIdentifier", &changes("gm", &pairs));
    assert_eq!(said.statuses, ["failure/idallocinusefail", "success", "success", "failure/unknownobject"]);
    assert_eq!(world.group("school-2").unwrap().title, "School one");
    assert_eq!(world.parent_key("faculty"), Some("school-2"));
    let lone = format!(
        "{}<gm:newSourcedId><c:identifier>f</c:identifier></gm:newSourcedId>",
        sourced_id("gm", "faculty")
    );
    assert_eq!(ask(&mut world, "changeGroupIdentifier", &lone).statuses, ["success"]);
    assert!(world.group("f").is_some());
}

#[test]
fn only_a_lone_relation_to_a_parent_is_taken() {
    let mut world = schools();
    let relation = |word: &str| {
        format!(
            "{}<gm:group><gd:relationship><gd:relation>{word}</gd:relation><gd:sourceId><c:identifier>root</c:identifier>\
             </gd:sourceId></gd:relationship>{}</gm:group>",
            sourced_id("gm", "x"),
            group_inside("", "", "X", &[])
        )
    };
    assert_eq!(ask(&mut world, "createGroup", &relation("Child")).statuses, ["failure/invaliddata"]);
    let twice = relation("Parent")
        .replace("</gm:group>", &format!("{}</gm:group>", group_inside("root", "", "", &[])));
    assert_eq!(ask(&mut world, "createGroup", &twice).statuses, ["failure/invaliddata"]);
}

#[test]
fn the_picture_is_a_tree() {
    let mut world = schools();
    world.add_group_by_hand("school-2", "By hand");
    let expected = "\
Site \"Simulated itslearning\" [root]
  School \"School one\" [school-1]
    Unspecified \"Faculty\" [faculty]
      Unspecified \"Department\" [department]
  School \"School two\" [school-2]
    Unspecified \"By hand\" [no key]
";
    assert_eq!(world.tree(), expected);
}
