//! facts/moodle-ws.md §13, last item: what others do between two calls.

use crate::lab::{ADA, BEN, COURSE, Lab, TEA, groups_form, member_form};

#[test]
fn a_group_deleted_by_hand_is_a_missing_record() {
    let mut lab = Lab::new();
    let group = lab.group("A", "a");
    lab.listed();
    assert!(lab.world.delete_group(group));
    assert!(lab.listed().is_empty(), "the page drops the cached list");
    assert_eq!(lab.code("core_group_add_group_members", &member_form(group, ADA)), "invalidrecord");
    assert!(!lab.world.delete_group(group));
}

#[test]
fn a_group_renamed_by_hand_frees_its_name() {
    let mut lab = Lab::new();
    let group = lab.group("A", "a");
    assert!(lab.world.rename_group(group, "B") && lab.world.set_group_idnumber(group, ""));
    assert_eq!(lab.listed(), ["B"]);
    assert_eq!(lab.code("core_group_create_groups", &groups_form(&[("A", "a")])), "ok");
}

#[test]
fn a_course_deleted_by_hand_takes_everything_along() {
    let mut lab = Lab::new();
    let (group, grouping) = (lab.group("A", ""), lab.grouping("G", "g"));
    lab.member(group, ADA);
    assert!(lab.world.delete_course(COURSE));
    assert!(lab.world.group(group).is_none() && lab.world.grouping(grouping).is_none());
    assert!(lab.world.user(ADA).unwrap().courses.is_empty());
    let form = format!("courseid={COURSE}");
    assert_eq!(lab.code("core_group_get_course_groups", &form), "errorcoursecontextnotvalid");
    assert_eq!(lab.code("core_group_get_course_groupings", &form), "invalidrecord");
    assert_eq!(lab.code("core_enrol_get_enrolled_users", &form), "invalidrecord");
    assert!(!lab.world.delete_course(1), "the site course stays");
}

#[test]
fn a_user_unenrolled_or_deleted_loses_the_memberships() {
    let mut lab = Lab::new();
    let group = lab.group("A", "");
    for user in [ADA, BEN, TEA] {
        lab.member(group, user);
    }
    assert!(lab.world.unenrol(COURSE, ADA) && lab.world.delete_user(BEN));
    assert_eq!(lab.world.members(group), [TEA]);
}

#[test]
fn a_picture_tells_groups_by_name_and_not_by_id() {
    let mut first = Lab::new();
    let (a, grouping) = (first.group("A", "x:a"), first.grouping("G", "x:g"));
    first.group("B", "");
    let mut second = Lab::new();
    second.group("B", "");
    second.code("core_group_create_groups", &groups_form(&[("C", ""), ("B", "")]));
    let (b, other) = (second.group("A", "x:a"), second.grouping("G", "x:g"));
    assert_ne!(a, b);
    for (lab, group, grouping) in [(&mut first, a, grouping), (&mut second, b, other)] {
        lab.world.assign_by_hand(grouping, group);
        lab.world.add_member(group, ADA);
    }
    let expected = "course CRS0001\n  group \"A\" idnumber=\"x:a\" groupings=[\"G\"] members=[\"ada\"]\n  \
                    group \"B\" idnumber=\"\" groupings=[] members=[]\n  grouping \"G\" idnumber=\"x:g\"\n";
    assert_eq!(first.world.picture(), expected);
    assert_eq!(second.world.picture(), expected);
}
