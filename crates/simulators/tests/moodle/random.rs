//! Properties over random calls: whatever arrives is answered, and a refused call changes nothing.
//!
//! Not here: single rules.

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, proptest};
use simulators::moodle::{HttpRequest, Owner, answer};

use crate::lab::{ADA, BEN, COURSE, Lab, WWWROOT, encoded};

/// One call: a function, and three small numbers for each item.
type Call = (usize, Vec<(usize, usize, usize)>);

/// The form of the nth item of a call from its three numbers.
type Item = fn(usize, usize, usize, usize) -> String;

const NAMES: [&str; 6] = ["A", "a", " A", "B", "", "É"];
const IDNUMBERS: [&str; 6] = ["", "7", "07", "x:1", "x:2", "0"];

fn calls() -> impl Strategy<Value = Vec<Call>> {
    vec((0..12_usize, vec((0..6_usize, 0..6_usize, 0..6_usize), 1..5)), 1..25)
}

/// The form of a call; small numbers are ids that exist now and then.
fn form((function, items): &Call) -> (&'static str, String) {
    let (name, item): (_, Item) = match function {
        0 | 1 => ("core_group_create_groups", |n, a, b, c| {
            let (name, idnumber) = (encoded(NAMES[a]), encoded(IDNUMBERS[b]));
            let course = if c == 5 { 99 } else { COURSE };
            format!(
                "groups[{n}][courseid]={course}&groups[{n}][name]={name}&groups[{n}][description]=&groups[{n}][idnumber]={idnumber}"
            )
        }),
        2 => ("core_group_create_groupings", |n, a, b, _| {
            let (name, idnumber) = (encoded(NAMES[a]), encoded(IDNUMBERS[b]));
            format!(
                "groupings[{n}][courseid]={COURSE}&groupings[{n}][name]={name}&groupings[{n}][description]=&groupings[{n}][idnumber]={idnumber}"
            )
        }),
        3 => ("core_group_update_groups", |n, a, b, c| {
            let (name, idnumber) = (encoded(NAMES[a]), encoded(IDNUMBERS[b]));
            format!("groups[{n}][id]={}&groups[{n}][name]={name}&groups[{n}][idnumber]={idnumber}", c + 1)
        }),
        4 => ("core_group_update_groupings", |n, a, b, c| {
            let (name, idnumber) = (encoded(NAMES[a]), encoded(IDNUMBERS[b]));
            format!(
                "groupings[{n}][id]={}&groupings[{n}][name]={name}&groupings[{n}][description]=&groupings[{n}][idnumber]={idnumber}",
                c + 1
            )
        }),
        5 => ("core_group_delete_groups", |n, a, _, _| format!("groupids[{n}]={}", a + 1)),
        6 => ("core_group_delete_groupings", |n, a, _, _| format!("groupingids[{n}]={}", a + 1)),
        7 => ("core_group_add_group_members", |n, a, b, _| {
            format!("members[{n}][groupid]={}&members[{n}][userid]={}", a + 1, 10 + b)
        }),
        8 => ("core_group_delete_group_members", |n, a, b, _| {
            format!("members[{n}][groupid]={}&members[{n}][userid]={}", a + 1, 10 + b)
        }),
        9 => ("core_group_assign_grouping", |n, a, b, _| {
            format!("assignments[{n}][groupingid]={}&assignments[{n}][groupid]={}", a + 1, b + 1)
        }),
        10 => ("core_group_unassign_grouping", |n, a, b, _| {
            format!("unassignments[{n}][groupingid]={}&unassignments[{n}][groupid]={}", a + 1, b + 1)
        }),
        _ => ("enrol_manual_unenrol_users", |n, a, b, _| {
            let course = if a == 5 { 99 } else { COURSE };
            format!("enrolments[{n}][userid]={}&enrolments[{n}][courseid]={course}", 10 + b)
        }),
    };
    let items: Vec<String> = items.iter().enumerate().map(|(n, (a, b, c))| item(n, *a, *b, *c)).collect();
    (name, items.join("&"))
}

/// A lab in which many of the random ids mean something.
fn prepared() -> Lab {
    let mut lab = Lab::new();
    for name in ["First", "Second", "Third"] {
        let group = lab.group(name, "");
        lab.member(group, BEN);
        let grouping = lab.world.create_grouping_by_hand(COURSE, name).unwrap();
        lab.world.assign_by_hand(grouping, group);
    }
    lab.world.protect_member(2, ADA, Owner::Cohort);
    lab
}

/// Everything of a world but what a rollback leaves: the cached lists and the last ids.
fn tables(lab: &Lab) -> String {
    let mut saved = serde_json::to_value(&lab.world).unwrap();
    let tables = saved["tables"].as_object_mut().unwrap();
    tables.retain(|name, _| !name.starts_with("last_"));
    for course in tables["courses"].as_object_mut().unwrap().values_mut() {
        course.as_object_mut().unwrap().remove("cached");
    }
    saved.to_string()
}

proptest! {
    // Each case compares whole worlds after each of its calls.
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// §0, 5: rows, links and indexes are as they were.
    #[test]
    fn a_refused_call_changes_nothing(calls in calls()) {
        let mut lab = prepared();
        for call in &calls {
            let before = tables(&lab);
            let (function, form) = form(call);
            if lab.code(function, &form) != "ok" {
                prop_assert_eq!(tables(&lab), before, "{} {}", function, form);
            }
        }
    }

    /// §7: once the cached list is dropped, it agrees with the database.
    #[test]
    fn a_dropped_list_agrees_with_the_database(calls in calls()) {
        let mut lab = prepared();
        for call in &calls {
            let (function, form) = form(call);
            lab.code(function, &form);
        }
        let buster = lab.world.create_grouping_by_hand(COURSE, "buster").unwrap();
        lab.world.delete_grouping(buster);
        let mut stored = lab.stored();
        let mut listed = lab.listed();
        stored.sort();
        listed.sort();
        prop_assert_eq!(listed, stored);
    }

    /// No input breaks the simulator.
    #[test]
    fn whatever_arrives_is_answered(query in any::<Vec<u8>>(), body in any::<Vec<u8>>(), fields in "[\\[\\]=&%a-c0-9 <>]{0,80}") {
        let mut lab = Lab::new();
        for function in ["", "core_group_create_groups", "core_enrol_get_enrolled_users"] {
            let head = format!("wstoken={}&wsfunction={function}&groups{fields}&", crate::lab::SECRET);
            let mut request = HttpRequest::post(&String::from_utf8_lossy(&query), "");
            request.body = [head.as_bytes(), &body].concat();
            let status = answer(&mut lab.world, WWWROOT, &request).status;
            prop_assert!(status == 200 || status == 414);
        }
    }
}
