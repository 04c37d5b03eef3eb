//! The group functions (features S1 to S12, T, X).

use ims_es::common::ExtensionField;
use ims_es::group::change_group_identifier::ChangeGroupIdentifier;
use ims_es::group::change_groups_identifier::ChangeGroupsIdentifier;
use ims_es::group::create_group::CreateGroup;
use ims_es::group::create_groups::CreateGroups;
use ims_es::group::delete_group::DeleteGroup;
use ims_es::group::delete_groups::DeleteGroups;
use ims_es::group::object::{Description, Group, OrganisationType, Relationship};
use ims_es::group::read_group::ReadGroup;
use ims_es::group::read_groups::ReadGroups;
use ims_es::group::replace_group::ReplaceGroup;
use ims_es::group::update_group::UpdateGroup;
use ims_es::group::update_groups::UpdateGroups;
use ims_es::status_info::StatusBlock;

use super::{Campus, course, group, pair, renaming, titled};

const SCHOOL: OrganisationType = OrganisationType::School;
const PLAIN: OrganisationType = OrganisationType::Unspecified;

async fn create(campus: &Campus, key: &str, group: Group, expected: &str) {
    let call = CreateGroup { sourced_id: Some(key.to_owned()), group: Some(group) };
    campus.check(&call, &[expected]).await;
}

async fn update(campus: &Campus, key: &str, group: Group, expected: &str) {
    let call = UpdateGroup { sourced_id: Some(key.to_owned()), group: Some(group) };
    campus.check(&call, &[expected]).await;
}

async fn delete(campus: &Campus, key: &str, expected: &str) {
    campus.check(&DeleteGroup { sourced_id: Some(key.to_owned()) }, &[expected]).await;
}

/// The group as it is read back.
async fn read(campus: &Campus, key: &str) -> Option<Group> {
    campus.call(&ReadGroup { sourced_id: Some(key.to_owned()) }).await.body.group
}

/// Type, parent and title of a group, in short.
async fn shown(campus: &Campus, key: &str) -> String {
    let Some(group) = read(campus, key).await else { return "gone".to_owned() };
    let kind = group.group_type.unwrap().type_values.remove(0).type_name.unwrap();
    let parent = group.relationships.first().and_then(|parent| parent.source_id.clone()).unwrap_or_default();
    format!("{kind} {} in {parent}", group.description.unwrap().desc_short.unwrap())
}

#[tokio::test]
async fn s1_a_group_is_made_read_back_updated_by_a_second_creation_and_deleted() {
    let campus = Campus::open().await;
    let mut school = group(SCHOOL, "root", "School one");
    school.extension = vec![
        ExtensionField::new("LegalId", "String", "4711"),
        ExtensionField::new("visibleinsearch", "Boolean", "0"),
    ];
    school.description.as_mut().unwrap().desc_long = Some("Long".into());
    create(&campus, "school-1", school, "ok").await;
    let found = read(&campus, "school-1").await.unwrap();
    let parent = &found.relationships[0];
    assert_eq!((parent.source_id.as_deref(), parent.label.as_deref()), (Some("root"), Some("campus")));
    let description = found.description.unwrap();
    assert_eq!(
        (description.desc_long.as_deref(), description.desc_full.as_deref()),
        (Some("Long"), Some("Long"))
    );
    assert_eq!(found.extension[0], ExtensionField::new("visibleinsearch", "Boolean", "False"));
    assert_eq!(found.extension[1], ExtensionField::new("LegalId", "String", "4711"));

    create(&campus, "school-1", group(SCHOOL, "root", "School two"), "ok").await;
    assert_eq!(shown(&campus, "school-1").await, "School School two in root");
    assert_eq!(read(&campus, "school-1").await.unwrap().extension.len(), 2, "an update, no replacement");
    delete(&campus, "school-1", "ok").await;
    delete(&campus, "school-1", "unknownobject").await;
    assert_eq!(read(&campus, "school-1").await, None);
}

#[tokio::test]
async fn s2_each_item_stands_for_itself_and_sees_those_before_it() {
    let campus = Campus::open().await;
    let call = CreateGroups {
        pairs: vec![
            pair("child", group(PLAIN, "parent", "Too early")),
            pair("parent", group(PLAIN, "root", "Parent")),
            pair("child", group(PLAIN, "parent", "Child")),
            pair("", group(PLAIN, "root", "Nameless")),
            pair("untitled", group(PLAIN, "root", "")),
        ],
    };
    campus.check(&call, &["invaliddata", "ok", "ok", "incompletedata", "incompletedata"]).await;
    assert_eq!(shown(&campus, "child").await, "Unspecified Child in parent");
    assert_eq!(shown(&campus, "untitled").await, "gone");
}

#[tokio::test]
async fn s3_an_update_changes_what_is_given_and_makes_what_is_not_there_if_the_data_suffice() {
    let campus = Campus::open().await;
    update(&campus, "new", titled("New"), "incompletedata").await;
    update(&campus, "new", group(PLAIN, "root", "New"), "ok").await;
    update(&campus, "new", Group::default(), "ok").await;
    update(&campus, "new", titled("Newer"), "ok").await;
    let long = Description { desc_long: Some("Long".into()), ..Description::default() };
    update(&campus, "new", Group { description: Some(long), ..Group::default() }, "ok").await;
    let cleared = Description { desc_short: Some(String::new()), ..Description::default() };
    update(&campus, "new", Group { description: Some(cleared), ..Group::default() }, "incompletedata").await;
    let found = read(&campus, "new").await.unwrap().description.unwrap();
    assert_eq!((found.desc_short.as_deref(), found.desc_long.as_deref()), (Some("Newer"), Some("Long")));
}

#[tokio::test]
async fn s6_what_is_below_a_deleted_group_goes_and_its_courses_stay_apart() {
    let campus = Campus::open().await;
    let call = CreateGroups {
        pairs: vec![
            pair("school", group(SCHOOL, "root", "School")),
            pair("year", group(PLAIN, "school", "Year")),
            pair("course", course("year", "Biology")),
            pair("lab", group(OrganisationType::CourseGroup, "course", "Lab")),
            pair("beside", group(PLAIN, "root", "Beside")),
        ],
    };
    campus.check(&call, &["ok"; 5]).await;
    let call = DeleteGroups { sourced_ids: ["school", "lab", "root", "nobody"].map(str::to_owned).to_vec() };
    campus.check(&call, &["ok", "unknownobject", "deletefailure", "unknownobject"]).await;
    for key in ["school", "year", "course", "lab"] {
        assert_eq!(shown(&campus, key).await, "gone", "{key}");
    }
    assert_eq!(shown(&campus, "beside").await, "Unspecified Beside in root");
    let site = campus.store.sites().await.unwrap().into_iter().find(|site| &*site.name == "campus").unwrap();
    let left = campus.store.ims_courses_left(site.id).await.unwrap();
    assert_eq!(left.iter().map(|course| &*course.sync_key).collect::<Vec<_>>(), ["course"]);
    // The key is free, and what is made with it is another course.
    create(&campus, "course", course("root", "Chemistry"), "ok").await;
}

#[tokio::test]
async fn s7_a_replacement_leaves_nothing_of_what_was_there() {
    let campus = Campus::open().await;
    let mut school = group(SCHOOL, "root", "School");
    school.email = Some("school@example.ac.uk".into());
    school.extension = vec![ExtensionField::new("LegalId", "String", "4711")];
    create(&campus, "a", school, "ok").await;
    let replace = async |group: Group, expected: &str| {
        let call = ReplaceGroup { sourced_id: Some("a".into()), group: Some(group) };
        campus.check(&call, &[expected]).await;
    };
    replace(
        Group { relationships: vec![Relationship::parent("root")], ..Group::default() },
        "incompletedata",
    )
    .await;
    replace(group(SCHOOL, "root", "Other"), "ok").await;
    let found = read(&campus, "a").await.unwrap();
    assert_eq!((found.email, found.extension), (None, Vec::new()));
    create(&campus, "c", course("root", "Biology"), "ok").await;
    let call = ReplaceGroup {
        sourced_id: Some("c".into()),
        group: Some(group(OrganisationType::Course, "root", "Biology")),
    };
    campus.check(&call, &["incompletedata"]).await;
}

#[tokio::test]
async fn s9_the_example_of_three_keys_of_which_one_is_taken() {
    let campus = Campus::open().await;
    let keys = ["AAAAA", "BBBBB", "CCCCC", "CCC"];
    let call = CreateGroups { pairs: keys.iter().map(|key| pair(key, group(PLAIN, "root", key))).collect() };
    campus.check(&call, &["ok"; 4]).await;
    let call =
        ChangeGroupsIdentifier { pairs: renaming(&[("AAAAA", "AAA"), ("BBBBB", "BBB"), ("CCCCC", "CCC")]) };
    let reply = campus.call(&call).await;
    let said: Vec<String> = reply
        .status
        .statuses()
        .iter()
        .map(|status| {
            let minor = status.code_minor.first().map(|field| {
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                format!("/{}/{}", text(&field.code_minor_name), text(&field.code_minor_value))
            });
            format!("{}/{}{}", status.code_major.text(), status.severity.text(), minor.unwrap_or_default())
        })
        .collect();
    assert_eq!(said, ["success/status", "success/status", "failure/error/groupmanagement/idallocinusefail"]);
    for (key, expected) in [
        ("AAA", "Unspecified AAAAA in root"),
        ("BBB", "Unspecified BBBBB in root"),
        ("CCC", "Unspecified CCC in root"),
        ("CCCCC", "Unspecified CCCCC in root"),
        ("AAAAA", "gone"),
    ] {
        assert_eq!(shown(&campus, key).await, expected, "{key}");
    }
}

#[tokio::test]
async fn s9_keys_are_changed_one_after_the_other_and_the_old_ones_are_remembered() {
    let campus = Campus::open().await;
    for key in ["a", "b", "child"] {
        create(&campus, key, group(PLAIN, if key == "child" { "a" } else { "root" }, key), "ok").await;
    }
    // An exchange needs a third key, a chain works in this order and not in the other.
    let change = ChangeGroupsIdentifier { pairs: renaming(&[("a", "b"), ("b", "a")]) };
    campus.check(&change, &["idallocinusefail"; 2]).await;
    let change = ChangeGroupsIdentifier {
        pairs: renaming(&[("a", "x"), ("b", "a"), ("x", "b"), ("b", "b"), ("no", "z")]),
    };
    campus.check(&change, &["ok", "ok", "ok", "ok", "unknownobject"]).await;
    assert_eq!(shown(&campus, "child").await, "Unspecified child in b");
    let single = |before: &str, after: &str| ChangeGroupIdentifier {
        sourced_id: Some(before.into()),
        new_sourced_id: Some(after.into()),
    };
    campus.check(&single("root", "top"), &["invaliddata"]).await;
    campus.check(&single("b", "b2"), &["ok"]).await;
    let reply = campus.call(&ReadGroup { sourced_id: Some("b".into()) }).await;
    assert!(reply.status.text().contains("it was changed to \"b2\""), "{}", reply.status.text());
}

#[tokio::test]
async fn s11_several_groups_are_read_in_order_and_those_that_are_not_there_are_left_out() {
    let campus = Campus::open().await;
    for key in ["a", "b"] {
        create(&campus, key, group(PLAIN, "root", key), "ok").await;
    }
    let call = ReadGroups { sourced_ids: ["b", "no", "a", "root"].map(str::to_owned).to_vec() };
    let found = campus.check(&call, &["ok", "unknownobject", "ok", "ok"]).await.groups;
    let titles: Vec<String> =
        found.into_iter().map(|group| group.description.unwrap().desc_short.unwrap()).collect();
    assert_eq!(titles, ["b", "a", "Campus"]);
}

#[tokio::test]
async fn t6_a_group_moves_with_all_below_it_and_its_own_key_means_the_root() {
    let campus = Campus::open().await;
    create(&campus, "a", group(PLAIN, "root", "A"), "ok").await;
    create(&campus, "b", group(PLAIN, "a", "B"), "ok").await;
    create(&campus, "own", group(PLAIN, "own", "Own"), "ok").await;
    assert_eq!(shown(&campus, "own").await, "Unspecified Own in root");
    update(&campus, "a", group(PLAIN, "b", "A"), "invaliddata").await;
    update(&campus, "a", group(PLAIN, "own", "A"), "ok").await;
    assert_eq!(shown(&campus, "a").await, "Unspecified A in own");
    update(&campus, "b", group(PLAIN, "b", "B"), "ok").await;
    assert_eq!(shown(&campus, "b").await, "Unspecified B in root");
    update(&campus, "root", group(PLAIN, "a", "Root"), "invaliddata").await;
    create(&campus, "c", group(PLAIN, "nowhere", "C"), "invaliddata").await;
}

#[tokio::test]
async fn t3_schools_courses_and_course_groups_stand_where_they_may() {
    let campus = Campus::open().await;
    create(&campus, "school", group(SCHOOL, "root", "School"), "ok").await;
    create(&campus, "inner", group(SCHOOL, "school", "Inner"), "invaliddata").await;
    create(&campus, "site", group(OrganisationType::Site, "root", "Site"), "invaliddata").await;
    create(&campus, "lab", group(OrganisationType::CourseGroup, "school", "Lab"), "invaliddata").await;
    create(&campus, "bare", group(OrganisationType::Course, "school", "Bare"), "incompletedata").await;
    create(&campus, "course", course("school", "Biology"), "ok").await;
    create(&campus, "lab", group(OrganisationType::CourseGroup, "course", "Lab"), "ok").await;
    update(&campus, "course", group(PLAIN, "school", "Biology"), "invaliddata").await;
    update(&campus, "school", group(PLAIN, "root", "School"), "ok").await;
    create(&campus, "plain", group(PLAIN, "school", "Plain"), "ok").await;
    update(&campus, "plain", course("school", "Plain"), "ok").await;
    assert_eq!(shown(&campus, "plain").await, "Course Plain in school");
}

#[tokio::test]
async fn x5_a_legal_id_goes_when_its_group_is_no_school_any_more() {
    let campus = Campus::open().await;
    let legal =
        |group: Group| Group { extension: vec![ExtensionField::new("LegalId", "String", "4711")], ..group };
    create(&campus, "plain", legal(group(PLAIN, "root", "Plain")), "invaliddata").await;
    create(&campus, "school", legal(group(SCHOOL, "root", "School")), "ok").await;
    update(&campus, "school", group(PLAIN, "root", "School"), "warning partialdatastorage").await;
    assert_eq!(read(&campus, "school").await.unwrap().extension, Vec::new());
}

#[tokio::test]
async fn x6_fields_of_a_course_need_its_title_and_the_title_stays() {
    let campus = Campus::open().await;
    let with = |fields: &[(&str, &str)]| {
        let fields = fields.iter().map(|(name, value)| ExtensionField::new(name, "String", value));
        Group {
            extension: fields.collect(),
            relationships: vec![Relationship::parent("root")],
            ..titled("Biology")
        }
    };
    create(&campus, "c", with(&[("course/code", "BIO1")]), "incompletedata").await;
    create(&campus, "c", with(&[("course", "Biology"), ("course/credit", "5")]), "ok").await;
    assert_eq!(shown(&campus, "c").await, "Course Biology in root");
    update(&campus, "c", with(&[("course/code", "BIO1")]), "ok").await;
    update(&campus, "c", with(&[("course", "")]), "incompletedata").await;
    create(&campus, "plain", group(PLAIN, "root", "Plain"), "ok").await;
    update(&campus, "plain", with(&[("course/code", "BIO1")]), "incompletedata").await;
    let fields: Vec<_> = read(&campus, "c").await.unwrap().extension;
    let names: Vec<&str> = fields.iter().filter_map(|field| field.field_name.as_deref()).collect();
    assert_eq!(names, ["course", "course/code", "course/credits"]);
}

#[tokio::test]
async fn x9_a_template_is_a_course_that_is_there() {
    let campus = Campus::open().await;
    let from = |key: &str, creator: Option<&str>| {
        let mut group = course("root", "Copy");
        group.extension.push(ExtensionField::new("course/template/synckey", "String", key));
        if let Some(creator) = creator {
            let name = "course/template/coursecreatorsynckey";
            group.extension.push(ExtensionField::new(name, "String", creator));
        }
        group
    };
    create(&campus, "plain", group(PLAIN, "root", "Plain"), "ok").await;
    create(&campus, "template", course("root", "Template"), "ok").await;
    create(&campus, "copy", from("nowhere", None), "invaliddata").await;
    create(&campus, "copy", from("plain", None), "invaliddata").await;
    create(&campus, "copy", from("template", Some("nobody")), "invaliddata").await;
    create(&campus, "copy", from("template", None), "ok").await;
    create(&campus, "copy", from("template", None), "warning partialdatastorage").await;
}

#[tokio::test]
async fn t9_a_field_that_is_not_known_is_kept_with_a_warning() {
    let campus = Campus::open().await;
    let colour = Group {
        extension: vec![ExtensionField::new("Colour", "String", "blue")],
        ..group(PLAIN, "root", "A")
    };
    create(&campus, "a", colour, "warning unknownextension").await;
    assert_eq!(read(&campus, "a").await.unwrap().extension[0].value(), "blue");
    let call = UpdateGroups { pairs: vec![pair("a", titled("B")), pair("b", titled("B"))] };
    campus.check(&call, &["ok", "incompletedata"]).await;
}
