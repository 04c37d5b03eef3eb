//! Carrying out every kind of operation.

use std::collections::BTreeSet;

use reconcile::keys::{PersonKey, Role, UserId};
use reconcile::operation::{Becomes, Change};
use reconcile::outcome::Outcome;
use simulators::moodle::{Release, World};

use crate::campus::{
    MemoryJournal, Plan, add, apply, group, grouping, put_group, put_grouping, remove, start, user, world,
};

/// Two courses before a plan that holds every kind of operation, and the plan.
pub(crate) fn story() -> (World, Plan) {
    let mut world = world([101, 102], 6);
    let mut plan = Plan::default();
    for course in [101, 102] {
        world.unenrol(course, user(6));
        tell(&mut world, &mut plan, course);
    }
    (world, plan)
}

fn tell(world: &mut World, plan: &mut Plan, course: i64) {
    // What is there.
    let old = put_grouping(world, course, "OLD", "Old module");
    let swapped = put_group(world, course, "1", "Red", &[1, 2]);
    let other = put_group(world, course, "2", "Blue", &[3]);
    let moved = put_group(world, course, "3", "Moved", &[4]);
    let doomed = put_group(world, course, "4", "Doomed", &[5]);
    let outgoing = put_group(world, course, "9", "Exercises", &[1]);
    let local = world.create_group_by_hand(course, "Local").unwrap();
    let local_grouping = world.create_grouping_by_hand(course, "Taken over").unwrap();
    world.change_grouping(local_grouping, |row| row.description = "Kept as it is".to_owned());
    let renamed = put_grouping(world, course, "REN", "Was");
    world.assign_by_hand(renamed, other);

    // What shall be done, in no useful order.
    let new = group(course, "5", "New", None);
    let exercises = group(course, "6", "Exercises", None);
    let module = grouping(course, "NEW", "New module", None);
    let red = group(course, "1", "Blue", Some(swapped));
    let blue = group(course, "2", "Red", Some(other));
    plan.push(
        course,
        Change::EnrolPerson { user: UserId(user(6)), person: "p".into(), role: Role::Student, role_id: 5 },
    );
    plan.push(course, Change::DeleteGroup { group: group(course, "4", "Doomed", Some(doomed)), members: 1 });
    plan.push(course, Change::DeleteGrouping { grouping: grouping(course, "OLD", "Old module", Some(old)) });
    for (group, numbers) in [(&new, [1, 2, 6]), (&exercises, [3, 4, 5])] {
        for number in numbers {
            plan.push(course, add(group, number));
        }
        plan.push(course, Change::AssignGrouping { group: group.clone(), grouping: module.clone() });
        plan.push(course, Change::CreateGroup { group: group.clone() });
    }
    plan.push(course, Change::CreateGrouping { grouping: module });
    plan.push(
        course,
        Change::RenameGrouping {
            grouping: grouping(course, "REN", "Is", Some(renamed)),
            before: "Was".into(),
            via: Some("Was → Is".into()),
        },
    );
    plan.push(
        course,
        Change::AdoptGrouping {
            grouping: grouping(course, "ADO", "Taken over", Some(local_grouping)),
            idnumber_before: "".into(),
            name_applied: "Taken over".into(),
        },
    );
    for (group, before) in [(&red, "Red"), (&blue, "Blue")] {
        plan.push(
            course,
            Change::RenameGroup {
                group: group.clone(),
                before: before.into(),
                via: Some(format!("{before} (passing)").as_str().into()),
                becomes: Becomes::Current,
            },
        );
    }
    plan.push(
        course,
        Change::RenameGroup {
            group: group(course, "9", "Exercises (outgoing)", Some(outgoing)),
            before: "Exercises".into(),
            via: None,
            becomes: Becomes::Outgoing,
        },
    );
    plan.push(
        course,
        Change::DeleteGroup { group: group(course, "9", "Exercises (outgoing)", Some(outgoing)), members: 1 },
    );
    plan.push(
        course,
        Change::RekeyGroup {
            group: group(course, "33", "Moved on", Some(moved)),
            from: group(course, "3", "Moved", Some(moved)),
        },
    );
    plan.push(
        course,
        Change::AdoptGroup {
            group: group(course, "7", "Local", Some(local)),
            idnumber_before: "".into(),
            name_applied: "Local".into(),
        },
    );
    plan.push(course, remove(&red, 1));
    plan.push(
        course,
        Change::UnassignGrouping {
            group: blue.clone(),
            grouping: grouping(course, "REN", "Is", Some(renamed)),
        },
    );
    plan.push(
        course,
        Change::AdoptMember {
            group: red.clone(),
            user: UserId(user(2)),
            person: PersonKey::from("p"),
            role: Role::Tutor,
        },
    );
    plan.push(
        course,
        Change::ForgetMember { group: red, user: UserId(user(4)), person: PersonKey::from("p") },
    );
    plan.push(course, Change::ForgetGroup { group: group(course, "99", "Long gone", Some(4242)) });
}

/// How many writing calls the story needs.
pub(crate) const WRITES: u64 = 16;

/// The picture of the world after the story.
pub(crate) const AFTER: &str = "\
course C101
  group \"Blue\" idnumber=\"muster:cmis:M101:1\" groupings=[] members=[\"u2\"]
  group \"Exercises\" idnumber=\"muster:cmis:M101:6\" groupings=[\"New module\"] members=[\"u3\", \"u4\", \"u5\"]
  group \"Local\" idnumber=\"muster:cmis:M101:7\" groupings=[] members=[]
  group \"Moved on\" idnumber=\"muster:cmis:M101:33\" groupings=[] members=[\"u4\"]
  group \"New\" idnumber=\"muster:cmis:M101:5\" groupings=[\"New module\"] members=[\"u1\", \"u2\", \"u6\"]
  group \"Red\" idnumber=\"muster:cmis:M101:2\" groupings=[] members=[\"u3\"]
  grouping \"Is\" idnumber=\"muster:cmis:REN101\"
  grouping \"New module\" idnumber=\"muster:cmis:NEW101\"
  grouping \"Taken over\" idnumber=\"muster:cmis:ADO101\"
";

/// What both courses look like after the story.
pub(crate) fn after() -> String {
    format!("{AFTER}{}", AFTER.replace("101", "102"))
}

#[tokio::test]
async fn a_grouping_is_taken_over_and_then_renamed_whatever_the_names_are() {
    for name in ["After", "Zero"] {
        let mut world = world([101], 0);
        let id = world.create_grouping_by_hand(101, "Before").unwrap();
        let mut plan = Plan::default();
        let taken_over = grouping(101, "M", "Before", Some(id));
        let (idnumber_before, name_applied) = ("".into(), "Before".into());
        plan.push(101, Change::AdoptGrouping { grouping: taken_over, idnumber_before, name_applied });
        let renamed = grouping(101, "M", name, Some(id));
        plan.push(101, Change::RenameGrouping { grouping: renamed, before: "Before".into(), via: None });
        let (server, moodle) = start(world).await;
        apply(&moodle, &plan, &MemoryJournal::default()).await;
        let expected = format!("course C101\n  grouping {name:?} idnumber=\"muster:cmis:M101\"\n");
        assert_eq!(server.world().picture(), expected);
    }
}

#[tokio::test]
async fn every_kind_of_operation_is_carried_out_in_order() {
    let (world, plan) = story();
    let (server, moodle) = start(world).await;
    let journal = MemoryJournal::default();
    let summary = apply(&moodle, &plan, &journal).await;
    assert_eq!(server.world().picture(), after());
    assert_eq!(summary.done, plan.operations.len() as u64, "{:?}", journal.outcomes());
    assert_eq!(summary.write_calls, WRITES);
    assert!(journal.failed().is_empty());

    // The ids that Moodle gave out are told.
    for planned in &plan.operations {
        if let Change::CreateGroup { group } = &planned.operation.change {
            let world = server.world();
            let made = world.group_named(planned.operation.course.0, &group.name).unwrap();
            assert_eq!(journal.outcome(planned.number), Outcome::Done(Some(made.row.id)));
        }
    }
    let adopted = server.world().groupings(101).find(|row| row.row.name == "Taken over").cloned().unwrap();
    assert_eq!(adopted.row.description, "Kept as it is");
}

#[tokio::test]
async fn every_release_ends_the_same_with_and_without_debugging() {
    for release in Release::ALL {
        for debugging in [false, true] {
            let (mut world, mut plan) = story();
            world.set_release(release);
            world.set_debugging(debugging);
            // Somebody who is not enrolled, and a group that is gone: errors whose form depends on the release.
            world.unenrol(101, user(2));
            let gone = group(102, "77", "Gone", Some(4242));
            let refused =
                [plan.push(101, add(&group(101, "5", "New", None), 7)), plan.push(102, add(&gone, 1))];
            let (server, moodle) = start(world).await;
            let journal = MemoryJournal::default();
            apply(&moodle, &plan, &journal).await;
            for number in refused {
                assert!(matches!(journal.outcome(number), Outcome::Refused(_)), "{release:?} {debugging}");
            }
            assert_eq!(journal.failures().len(), 3, "{release:?} {debugging}: {:?}", journal.outcomes());
            let expected = after().replacen("members=[\"u2\"]", "members=[]", 1).replacen(", \"u2\"", "", 1);
            assert_eq!(server.world().picture(), expected, "{release:?} {debugging}");
        }
    }
}

#[tokio::test]
async fn carrying_out_again_changes_nothing_and_makes_no_duplicate() {
    let (world, plan) = story();
    let (server, moodle) = start(world).await;
    apply(&moodle, &plan, &MemoryJournal::default()).await;
    let journal = MemoryJournal::default();
    // Creations are found to be there already; the swapped names are written once more by way of the passing ones.
    apply(&moodle, &plan, &journal).await;
    assert_eq!(server.world().picture(), after());
    for planned in &plan.operations {
        let outcome = journal.outcome(planned.number);
        match &planned.operation.change {
            Change::CreateGroup { .. } | Change::CreateGrouping { .. } => {
                assert!(matches!(outcome, Outcome::AlreadySo(Some(_))), "{outcome:?}");
            }
            Change::RenameGroup { becomes: Becomes::Outgoing, .. }
            | Change::UnassignGrouping { .. }
            | Change::DeleteGroup { .. } => {}
            _ => assert!(outcome.is_success(), "{}: {outcome:?}", planned.operation),
        }
    }
}

#[tokio::test]
async fn what_sends_nothing_makes_no_call() {
    let (server, moodle) = start(world([101], 1)).await;
    let mut plan = Plan::default();
    let there = group(101, "1", "A", Some(7));
    plan.push(101, Change::ForgetGroup { group: there.clone() });
    plan.push(101, Change::RecordGroupName { group: there.clone(), name_applied: "B".into() });
    plan.push(
        101,
        Change::AdoptGroup {
            idnumber_before: there.idnumber.clone(),
            group: there,
            name_applied: "A".into(),
        },
    );
    let journal = MemoryJournal::default();
    let summary = apply(&moodle, &plan, &journal).await;
    assert_eq!((summary.done, summary.write_calls, summary.read_calls), (3, 0, 0));
    assert!(server.calls().is_empty());
    apply(&moodle, &Plan::default(), &MemoryJournal::default()).await;
}

#[tokio::test]
async fn functions_that_are_not_granted_are_not_tried() {
    use simulators::moodle::{Functions, Token};
    let (mut world, plan) = story();
    let names: BTreeSet<String> = [
        "core_webservice_get_site_info",
        "core_group_get_course_groups",
        "core_group_get_course_groupings",
        "core_enrol_get_enrolled_users",
        "core_group_get_group_members",
        "core_group_create_groups",
        "core_group_delete_groups",
        "core_group_add_group_members",
        "core_group_delete_group_members",
        "core_group_create_groupings",
        "core_group_assign_grouping",
    ]
    .map(str::to_owned)
    .into();
    world.add_token(
        Token::new(crate::campus::TOKEN, crate::campus::SERVICE_USER).with_functions(Functions::Only(names)),
    );
    let (_server, moodle) = start(world).await;
    let journal = MemoryJournal::default();
    apply(&moodle, &plan, &journal).await;
    for planned in &plan.operations {
        let outcome = journal.outcome(planned.number);
        let expected = match &planned.operation.change {
            Change::RenameGrouping { .. } | Change::AdoptGrouping { .. } => "core_group_update_groupings",
            Change::RenameGroup { .. }
            | Change::RenumberGroup { .. }
            | Change::RekeyGroup { .. }
            | Change::AdoptGroup { .. } => "core_group_update_groups",
            Change::UnassignGrouping { .. } => "core_group_unassign_grouping",
            Change::EnrolPerson { .. } => "enrol_manual_enrol_users",
            Change::DeleteGrouping { .. } => "core_group_delete_groupings",
            Change::AddMember { user: member, .. } if member.0 == user(6) => "enrol_manual_enrol_users",
            // The name is not free, because the other group could not make room.
            Change::CreateGroup { group } if &*group.name == "Exercises" => "name_taken",
            Change::AddMember { group, .. } | Change::AssignGrouping { group, .. }
                if &*group.name == "Exercises" =>
            {
                "could not be created"
            }
            _ => "",
        };
        assert_eq!(outcome.is_success(), expected.is_empty(), "{}: {outcome:?}", planned.operation);
        assert!(outcome.detail().contains(expected), "{}: {outcome:?}", planned.operation);
    }
}
