//! facts/moodle-ws.md §5.6–§5.8: members.

use serde_json::json;
use simulators::moodle::{Method, Owner, Period};

use crate::lab::{ADA, BEN, COURSE, Lab, OUT, TEA, member_form};

/// §5.6
#[test]
fn adding_checks_group_then_user_then_enrolment() {
    let mut lab = Lab::new();
    let group = lab.group("A", "");
    let gone = TEA;
    lab.world.delete_user(gone);
    for (group, user, code) in [
        (99, 98, "invalidrecord"),
        (group, 98, "invaliduser"),
        (group, gone, "invaliduser"),
        (group, OUT, "invalidparameter"),
        (group, ADA, "ok"),
        (group, ADA, "ok"),
    ] {
        let found = lab.code("core_group_add_group_members", &member_form(group, user));
        assert_eq!(found, code, "user {user} into group {group}");
    }
    assert_eq!(lab.world.members(group), [ADA]);
}

/// §5.6
#[test]
fn suspended_accounts_and_suspended_or_ended_enrolments_are_accepted() {
    let mut lab = Lab::new();
    let group = lab.group("A", "");
    lab.world.suspend_user(ADA);
    lab.world.enrol_by(
        COURSE,
        BEN,
        "student",
        Method::Manual,
        Period { suspended: true, ..Period::default() },
    );
    lab.world.enrol_by(COURSE, OUT, "student", Method::Database, Period { until: 1, ..Period::default() });
    for user in [ADA, BEN, OUT] {
        lab.member(group, user);
    }
    assert_eq!(lab.world.members(group), [ADA, BEN, OUT]);
}

/// §0, 5
#[test]
fn one_bad_member_rolls_the_whole_batch_back() {
    let mut lab = Lab::new();
    let group = lab.group("A", "");
    let form = format!("{}&members[1][groupid]={group}&members[1][userid]={OUT}", member_form(group, ADA));
    assert_eq!(lab.code("core_group_add_group_members", &form), "invalidparameter");
    assert!(lab.world.members(group).is_empty());
}

/// §5.7
#[test]
fn removing_needs_no_membership_and_no_enrolment_but_an_existing_user() {
    let mut lab = Lab::new();
    let group = lab.group("A", "");
    lab.member(group, ADA);
    for (user, code) in [(ADA, "ok"), (ADA, "ok"), (OUT, "ok"), (98, "invaliduser")] {
        assert_eq!(
            lab.code("core_group_delete_group_members", &member_form(group, user)),
            code,
            "user {user}"
        );
    }
    assert_eq!(lab.code("core_group_delete_group_members", &member_form(99, ADA)), "invalidrecord");
}

/// §5.7
#[test]
fn a_membership_owned_by_a_plugin_may_refuse_removal() {
    let mut lab = Lab::new();
    let group = lab.group("A", "");
    for (owner, code) in [
        (Owner::Cohort, "errorremovenotpermitted"),
        (Owner::ImsEnterprise, "errorremovenotpermitted"),
        (Owner::Manual, "ok"),
    ] {
        lab.world.protect_member(group, ADA, owner);
        lab.world.add_member(group, BEN);
        let form =
            format!("members[1][groupid]={group}&members[1][userid]={BEN}&{}", member_form(group, ADA));
        assert_eq!(lab.code("core_group_delete_group_members", &form), code, "{owner:?}");
        let left = if code == "ok" { vec![] } else { vec![ADA, BEN] };
        assert_eq!(lab.world.members(group), left, "{owner:?}");
    }
}

/// §5.8
#[test]
fn members_come_in_request_order_and_by_last_name() {
    let mut lab = Lab::new();
    let (a, b) = (lab.group("A", ""), lab.group("B", ""));
    for user in [ADA, BEN, TEA] {
        lab.member(a, user);
    }
    lab.world.suspend_user(BEN);
    let list = lab.ok("core_group_get_group_members", &format!("groupids[0]={b}&groupids[1]={a}"));
    assert_eq!(list, json!([{"groupid": b, "userids": []}, {"groupid": a, "userids": [TEA, BEN, ADA]}]));
    let code = lab.code("core_group_get_group_members", &format!("groupids[0]={a}&groupids[1]=99"));
    assert_eq!(code, "invalidrecord");
}
