//! Courses, their groups and templates (facts/ims-es.md §3.2, §3.3).

use simulators::itslearning::World;

use crate::lab::{ask, group, sourced_id, world};

fn write(
    world: &mut World,
    operation: &str,
    item: (&str, &str, &str, &str),
    fields: &[(&str, &str)],
) -> String {
    let (key, parent, kind, title) = item;
    ask(world, operation, &group(key, parent, kind, title, fields)).statuses.concat()
}

fn with_course() -> World {
    let mut world = world();
    let fields = [("course", "Biology"), ("course/code", "BIO"), ("course/credit", "5")];
    assert_eq!(write(&mut world, "createGroup", ("bio", "root", "", "Biology"), &fields), "success");
    world
}

#[test]
fn a_course_is_made_by_its_field_and_has_the_type_course() {
    let mut world = with_course();
    let course = world.course_of("bio").unwrap();
    assert_eq!(
        (&*course.title, course.code.as_deref(), course.credits.as_deref()),
        ("Biology", Some("BIO"), Some("5"))
    );
    let said = ask(&mut world, "readGroup", &sourced_id("gm", "bio"));
    assert_eq!(said.all("type"), ["Course"]);
    assert_eq!(said.all("fieldName"), ["course", "course/code", "course/credits"]);
}

#[test]
fn the_type_course_needs_the_field_and_the_field_the_type() {
    let mut world = world();
    let mut check = |kind: &str, fields: &[(&str, &str)], expected: &str| {
        assert_eq!(
            write(&mut world, "createGroup", ("x", "root", kind, "X"), fields),
            expected,
            "{kind} {fields:?}"
        );
    };
    check("Course", &[], "failure/incompletedata");
    check("School", &[("course", "X")], "failure/invaliddata");
    check("", &[("course/code", "X")], "failure/incompletedata");
    check("", &[("course", "")], "success");
}

#[test]
fn an_update_changes_the_fields_that_were_sent_and_a_replacement_all() {
    let mut world = with_course();
    assert_eq!(
        write(&mut world, "updateGroup", ("bio", "root", "", ""), &[("course/code", "BIO2")]),
        "success"
    );
    assert_eq!(world.course_of("bio").unwrap().credits.as_deref(), Some("5"));
    let fields = [("course", "Biology II")];
    assert_eq!(write(&mut world, "replaceGroup", ("bio", "root", "Course", "Biology"), &fields), "success");
    let course = world.course_of("bio").unwrap();
    assert_eq!((&*course.title, &course.code, &course.credits), ("Biology II", &None, &None));
}

#[test]
fn the_type_of_a_group_with_a_course_stays() {
    let mut world = with_course();
    assert_eq!(
        write(&mut world, "updateGroup", ("bio", "root", "Unspecified", ""), &[]),
        "failure/invaliddata"
    );
    assert_eq!(write(&mut world, "updateGroup", ("bio", "root", "Course", ""), &[]), "success");
    assert_eq!(write(&mut world, "createGroup", ("plain", "root", "", "Plain"), &[]), "success");
    assert_eq!(
        write(&mut world, "updateGroup", ("plain", "root", "", ""), &[("course", "Plain")]),
        "success"
    );
}

#[test]
fn a_course_group_stands_in_a_course() {
    let mut world = with_course();
    assert_eq!(write(&mut world, "createGroup", ("t1", "bio", "CourseGroup", "Tutorial 1"), &[]), "success");
    let elsewhere = write(&mut world, "createGroup", ("t2", "root", "CourseGroup", "Tutorial 2"), &[]);
    assert_eq!(elsewhere, "failure/invaliddata");
}

#[test]
fn a_course_outlives_its_group() {
    // §2.2: connected courses stay, disconnected.
    let mut world = with_course();
    write(&mut world, "createGroup", ("t1", "bio", "CourseGroup", "Tutorial 1"), &[]);
    assert_eq!(ask(&mut world, "deleteGroup", &sourced_id("gm", "bio")).statuses, ["success"]);
    assert_eq!(world.group_count(), 0);
    assert_eq!(world.courses_left().map(|course| &*course.title).collect::<Vec<_>>(), ["Biology"]);
    assert!(world.picture().contains("course without a group \"Biology\""));
}

#[test]
fn a_template_must_be_one_and_its_creator_must_be_there() {
    let mut world = world();
    world.add_template("template-1", "Template", &["autumn", "spring"]);
    world.add_person_by_hand(Some("ada"), "Ada", "Invented");
    let mut check = |key: &str, fields: &[(&str, &str)], expected: &str| {
        let all = [&[("course", "Biology")], fields].concat();
        assert_eq!(write(&mut world, "createGroup", (key, "root", "", "B"), &all), expected, "{fields:?}");
    };
    check("b1", &[("course/template/synckey", "nothing")], "failure/invaliddata");
    check(
        "b2",
        &[("course/template/synckey", "template-1"), ("course/template/coursecreatorsynckey", "bob")],
        "failure/invaliddata",
    );
    check(
        "b3",
        &[("course/template/synckey", "template-1"), ("course/template/coursecreatorsynckey", "ada")],
        "success",
    );
    check(
        "b4",
        &[
            ("course/template/synckey", "template-1"),
            ("course/template/terms/1/SourceTermSyncKey", "autumn"),
            ("course/template/terms/1/NewTermSyncKey", "autumn-26"),
        ],
        "success",
    );
    check(
        "b5",
        &[("course/template/synckey", "template-1"), ("course/template/terms/1/SourceTermSyncKey", "autumn")],
        "success/partialdatastorage",
    );
    let terms: Vec<&String> = world.course_of("b4").unwrap().terms.iter().collect();
    assert_eq!(terms, ["autumn-26", "spring"]);
    assert_eq!(world.course_of("b3").unwrap().creator.as_deref(), Some("ada"));
}

#[test]
fn a_template_has_an_effect_only_when_the_course_is_made() {
    let mut world = with_course();
    world.add_template("template-1", "Template", &[]);
    let fields = [("course/template/synckey", "template-1")];
    let said = write(&mut world, "updateGroup", ("bio", "root", "", ""), &fields);
    assert_eq!(said, "success/partialdatastorage");
    assert_eq!(world.course_of("bio").unwrap().copied_from, None);
}
