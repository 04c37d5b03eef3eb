//! The take-over on small cases: what a row of the old tool becomes, or why it is left.
//!
//! Not here: whole old databases (`app/tests/it/take_over.rs`).

use std::collections::BTreeSet;
use std::sync::Arc;

use reconcile::keys::{CourseId, GroupId, GroupingId, Role, UserId};
use reconcile::observed::{EnrolledUser, Observed, ObservedCourse, ObservedGroup, ObservedGrouping};
use reconcile::policy::Policy;
use reconcile::snapshot::{
    CourseSnapshot, Mapping, Presence, RejectedRows, SourceGroup, SourceMember, SourceModule, Wish,
};
use reconcile::takeover::{OldGroup, OldMember, OldRecords, Pending, take_over};

const COURSE: CourseId = CourseId(7);

/// HIST has the group A with p1, and the class K of a whole programme.
fn snapshot(wish: Wish) -> CourseSnapshot {
    let group = |id: &str, kind: &str| SourceGroup {
        id: id.into(),
        code: id.into(),
        name: format!("Seminar {id}").as_str().into(),
        kind: kind.into(),
        term: "T1".into(),
        members: vec![SourceMember { person: "p1".into(), role: Role::Student }],
    };
    CourseSnapshot {
        course: COURSE,
        mappings: vec![Mapping { course: COURSE, source: "cmis".into(), module: "HIST".into(), wish }],
        modules: vec![SourceModule {
            source: "cmis".into(),
            module: "HIST".into(),
            presence: Presence::Delivered,
            terms: Arc::new(BTreeSet::new()),
            groups: vec![group("A", "TUT"), group("B", "TUT"), group("K", "class")],
            rejected: RejectedRows::default(),
        }],
        ..CourseSnapshot::default()
    }
}

/// Groups 51 (Seminar A, with users 1, 2 and 3) and 52; grouping 61; user 2 has no key.
fn course() -> ObservedCourse {
    let group = |id, name: &str, members: &[i64]| ObservedGroup {
        id: GroupId(id),
        name: name.into(),
        idnumber: "".into(),
        members: Some(members.iter().copied().map(UserId).collect()),
    };
    let user = |id, key: Option<&str>| EnrolledUser { id: UserId(id), key: key.map(Into::into) };
    ObservedCourse {
        groups: vec![group(51, "Seminar A", &[1, 2, 3]), group(52, "Seminar B", &[])],
        groupings: vec![ObservedGrouping {
            id: GroupingId(61),
            name: "History".into(),
            idnumber: "".into(),
            groups: Some(vec![GroupId(51)]),
        }],
        enrolled: vec![user(1, Some("p1")), user(2, None), user(3, Some("p3")), user(4, Some("p4"))],
    }
}

fn row(module: &str, group: &str, id: i64) -> OldGroup {
    OldGroup {
        module: module.into(),
        group: group.into(),
        id: Some(GroupId(id)),
        grouping: None,
        pending: Pending::Nothing,
    }
}

/// Takes rows over; the old tool has the users 1, 2 and 4 in group 51. Operations first, then findings, then what is missing.
#[track_caller]
fn check(snapshot: &CourseSnapshot, course: ObservedCourse, rows: Vec<OldGroup>, expected: &[&str]) {
    let mut old = OldRecords::default();
    old.courses.entry(COURSE).or_default().groups = rows;
    let member = OldMember { role: Role::Student, pending: Pending::Nothing };
    old.members.insert(GroupId(51), [1, 2, 4].map(|user| (UserId(user), member)).into());
    let taken = take_over(&old, snapshot, &Observed::Complete(course), &Policy::default());
    let operations = taken.plan.operations.iter().map(|operation| {
        let row = operation.row();
        format!("{} {} {}", row.kind, row.idnumber, row.person).trim_end().to_owned()
    });
    let findings =
        taken.plan.findings.iter().map(|finding| format!("{}: {}", finding.reason.code(), finding.detail));
    let missing = taken.missing.iter().map(|missing| format!("missing {}", missing.id));
    let found: Vec<String> = operations.chain(findings).chain(missing).collect();
    assert_eq!(found, expected);
}

const KEYLESS: &str =
    "old_members: Seminar A: 1 not on the platform, 1 without the key of a person, kept as local members";

#[test]
fn z14_a_membership_is_recorded_only_where_both_sides_show_it_and_the_person_is_known() {
    let expected = ["adopt_group muster:cmis:HIST:A", "adopt_member muster:cmis:HIST:A p1", KEYLESS];
    check(&snapshot(Wish::Want), course(), vec![row("HIST", "A", 51)], &expected);
    // A mapping that is frozen, or is to be removed, takes its groups over as well: what becomes of them is its own wish.
    check(&snapshot(Wish::Keep), course(), vec![row("HIST", "A", 51)], &expected);
    check(&snapshot(Wish::Remove), course(), vec![row("HIST", "A", 51)], &expected);
}

#[test]
fn z14_a_grouping_is_taken_over_once_and_never_from_somebody_else() {
    let rows = || vec![OldGroup { grouping: Some(GroupingId(61)), ..row("HIST", "A", 51) }];
    check(
        &snapshot(Wish::Want),
        course(),
        rows(),
        &[
            "adopt_grouping muster:cmis:HIST",
            "adopt_group muster:cmis:HIST:A",
            "adopt_member muster:cmis:HIST:A p1",
            KEYLESS,
        ],
    );
    let mut taken = course();
    taken.groupings[0].idnumber = "REG-1".into();
    check(
        &snapshot(Wish::Want),
        taken,
        rows(),
        &[
            "adopt_group muster:cmis:HIST:A",
            "adopt_member muster:cmis:HIST:A p1",
            "old_grouping: History (id 61) of HIST carries the idnumber REG-1",
            KEYLESS,
        ],
    );
}

#[test]
fn z14_what_cannot_be_matched_is_told_with_its_reason() {
    let want = snapshot(Wish::Want);
    check(&want, course(), vec![row("HIST", "K", 52)], &["old_group_left_out: group K of HIST (Seminar B)"]);
    check(&want, course(), vec![row("HIST", "A", 99)], &["missing 99"]);
    check(
        &want,
        course(),
        vec![row("HIST", "B", 52), row("HIST", "A", 52)],
        &[
            "adopt_group muster:cmis:HIST:B",
            "old_group_twice: Seminar B (group A of HIST) is another row's group as well",
        ],
    );
    let mut doubled = course();
    doubled.groups[0].idnumber = "muster:cmis:HIST:B".into();
    check(
        &want,
        doubled,
        vec![row("HIST", "B", 52)],
        &["old_group_doubled: Seminar B (group B of HIST) has the id 52, Muster's 51"],
    );
    check(
        &want,
        course(),
        vec![row("LATIN", "A", 52)],
        &["old_group_not_mapped: group A of LATIN (Seminar B)"],
    );
}

#[test]
fn z14_a_course_that_was_not_read_is_left_alone() {
    let mut old = OldRecords::default();
    old.courses.entry(COURSE).or_default().groups = vec![row("HIST", "A", 51)];
    for (observed, reason) in
        [(Observed::Gone, "course_gone"), (Observed::Unknown("no answer".into()), "read_incomplete")]
    {
        let taken = take_over(&old, &snapshot(Wish::Want), &observed, &Policy::default());
        assert!(taken.plan.operations.is_empty() && taken.missing.is_empty());
        assert_eq!(taken.plan.findings[0].reason.code(), reason);
    }
    assert!(old.unmapped(CourseId(8)).findings.is_empty());
}
