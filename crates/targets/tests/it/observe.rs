//! Observing: complete, gone, unknown; ghosts and outdated lists; pages; missing rights.

use std::collections::BTreeMap;

use reconcile::keys::{CourseId, GroupId, GroupingId, UserId};
use reconcile::observed::{Observed, ObservedCourse};
use simulators::moodle::{Fault, FaultRule, Functions, Rights, Server, Token, When, World};
use targets::moodle::{Look, Moodle, MoodleSettings, ObserveScope};

use crate::campus::{SERVICE_USER, TOKEN, group_key, put_group, put_grouping, settings, start, user, world};

fn scope(course: i64) -> ObserveScope {
    ObserveScope { course: CourseId(course), ..ObserveScope::default() }
}

async fn observe(moodle: &Moodle, scopes: Vec<ObserveScope>) -> BTreeMap<i64, Observed> {
    let mut observed = BTreeMap::new();
    let count = scopes.len();
    moodle
        .observe(scopes, |course, course_observed| {
            assert!(observed.insert(course.0, course_observed).is_none());
        })
        .await;
    assert_eq!(observed.len(), count);
    observed
}

async fn observe_one(moodle: &Moodle, scope: ObserveScope) -> Observed {
    observe(moodle, vec![scope]).await.into_values().next().unwrap()
}

fn complete(observed: Observed) -> ObservedCourse {
    match observed {
        Observed::Complete(course) => course,
        other => panic!("{other:?}"),
    }
}

fn why_unknown(observed: Observed) -> String {
    match observed {
        Observed::Unknown(why) => why.to_string(),
        other => panic!("{other:?}"),
    }
}

/// Group ids by name.
fn names(course: &ObservedCourse) -> Vec<(&str, i64)> {
    course.groups.iter().map(|group| (&*group.name, group.id.0)).collect()
}

/// Course 101 with groups A and B of ours in a grouping of ours, and a local group.
fn furnished() -> (World, i64, i64, i64, i64) {
    let mut world = world([101], 5);
    let first = put_group(&mut world, 101, "1", "A & <B", &[1, 2]);
    let second = put_group(&mut world, 101, "2", "B", &[]);
    let local = world.create_group_by_hand(101, "Local").unwrap();
    world.add_member(local, user(3));
    let grouping = put_grouping(&mut world, 101, "M", "Module");
    world.assign_by_hand(grouping, first);
    (world, first, second, local, grouping)
}

#[tokio::test]
async fn a_course_is_read_whole() {
    let (mut world, first, second, local, grouping) = furnished();
    let local_grouping = world.create_grouping_by_hand(101, "Theirs").unwrap();
    let (server, moodle) = start(world).await;
    let course = complete(observe_one(&moodle, scope(101)).await);
    assert_eq!(names(&course), [("A & <B", first), ("B", second), ("Local", local)]);
    assert_eq!(course.groups[0].members.as_deref(), Some(&[UserId(user(1)), UserId(user(2))][..]));
    assert_eq!(course.groups[1].members.as_deref(), Some(&[][..]));
    assert_eq!(course.groups[2].members, None);
    assert_eq!(&*course.groups[0].idnumber, &*group_key(101, "1").idnumber());
    let ours = course.groupings.iter().find(|row| row.id == GroupingId(grouping)).unwrap();
    assert_eq!(ours.groups.as_deref(), Some(&[GroupId(first)][..]));
    let theirs = course.groupings.iter().find(|row| row.id == GroupingId(local_grouping)).unwrap();
    assert_eq!(theirs.groups, None);
    assert_eq!(course.enrolled.len(), 5);
    assert_eq!(course.enrolled[0].key.as_ref().unwrap().as_str(), "20000001");
    assert_eq!(server.calls().len(), 5);
}

#[tokio::test]
async fn members_of_a_local_group_are_read_where_it_may_be_taken_over() {
    let (world, _, _, local, _) = furnished();
    let (_server, moodle) = start(world).await;
    let adopt_names = [reconcile::naming::fold("LOCAL")].into();
    let course = complete(observe_one(&moodle, ObserveScope { adopt_names, ..scope(101) }).await);
    let group = course.groups.iter().find(|group| group.id == GroupId(local)).unwrap();
    assert_eq!(group.members.as_deref(), Some(&[UserId(user(3))][..]));
}

#[tokio::test]
async fn many_courses_cost_three_calls_each_and_a_few_together() {
    let courses: Vec<i64> = (101..=160).collect();
    let mut world = world(courses.clone(), 3);
    for course in &courses {
        for code in 0..5 {
            put_group(&mut world, *course, &code.to_string(), &format!("G{code}"), &[1]);
        }
        put_grouping(&mut world, *course, "M", "Module");
    }
    let (server, moodle) = start(world).await;
    let observed = observe(&moodle, courses.iter().copied().map(scope).collect()).await;
    assert!(observed.into_values().all(|observed| complete(observed).groups.len() == 5));
    assert_eq!(server.calls().len(), 60 * 3 + 1 + 3);
}

/// Everything of ours in the furnished course, by its ids.
fn ours(groups: &[i64], grouping: i64) -> ObserveScope {
    ObserveScope {
        look: Look::Ours,
        group_ids: groups.iter().copied().map(GroupId).collect(),
        grouping_ids: vec![GroupingId(grouping)],
        ..scope(101)
    }
}

#[tokio::test]
async fn a_look_at_what_is_ours_sees_all_of_it_and_nothing_else() {
    let (mut world, first, second, _, grouping) = furnished();
    world.create_grouping_by_hand(101, "Theirs").unwrap();
    let (server, moodle) = start(world).await;
    let whole = complete(observe_one(&moodle, scope(101)).await);
    server.clear_calls();
    let course = complete(observe_one(&moodle, ours(&[first, second], grouping)).await);
    assert_eq!(course.groups, whole.groups[..2]);
    assert_eq!(course.groupings.len(), 1);
    assert_eq!(course.groupings[0].groups.as_deref(), Some(&[GroupId(first)][..]));
    assert_eq!(course.enrolled, whole.enrolled);
    let called: Vec<String> = server.calls().into_iter().map(|call| call.function).collect();
    // The first group came with the grouping; only the second is asked for.
    assert_eq!(
        called,
        [
            "core_enrol_get_enrolled_users",
            "core_group_get_groupings",
            "core_group_get_groups",
            "core_group_get_group_members"
        ]
    );
}

#[tokio::test]
async fn a_look_at_what_is_ours_sees_what_somebody_deleted() {
    let (mut world, first, second, _, grouping) = furnished();
    world.delete_group(first);
    let (_server, moodle) = start(world).await;
    let course = complete(observe_one(&moodle, ours(&[first, second], grouping)).await);
    assert_eq!(names(&course), [("B", second)]);

    let (mut world, first, second, _, grouping) = furnished();
    world.delete_course(101);
    let (_server, moodle) = start(world).await;
    assert!(matches!(observe_one(&moodle, ours(&[first, second], grouping)).await, Observed::Gone));
}

#[tokio::test]
async fn many_looks_at_what_is_ours_cost_one_call_each_and_a_few_together() {
    let courses: Vec<i64> = (101..=160).collect();
    let mut world = world(courses.clone(), 3);
    let mut scopes = Vec::new();
    for course in &courses {
        let grouping = put_grouping(&mut world, *course, "M", "Module");
        let mut groups = Vec::new();
        for code in 0..5 {
            let group = put_group(&mut world, *course, &code.to_string(), &format!("G{code}"), &[1]);
            world.assign_by_hand(grouping, group);
            groups.push(group);
        }
        scopes.push(ObserveScope { course: CourseId(*course), ..ours(&groups, grouping) });
    }
    let (server, moodle) = start(world).await;
    let observed = observe(&moodle, scopes).await;
    assert!(observed.into_values().all(|observed| complete(observed).groups.len() == 5));
    assert_eq!(server.calls().len(), 60 + 1 + 3);
}

#[tokio::test]
async fn a_deleted_course_is_gone_only_when_the_site_confirms_it() {
    let mut two = world([101, 102], 1);
    two.delete_course(102);
    let (_server, moodle) = start(two).await;
    let observed = observe(&moodle, vec![scope(101), scope(102)]).await;
    assert!(matches!(observed[&101], Observed::Complete(_)));
    assert!(matches!(observed[&102], Observed::Gone));
    // Alone, it is confirmed by the front page.
    assert!(matches!(observe_one(&moodle, scope(102)).await, Observed::Gone));

    let names = moodle.site().functions.clone();
    let names = names.iter().map(String::as_str).filter(|name| *name != "core_course_get_courses_by_field");
    let mut without = world([101], 1);
    without.add_token(Token::new(TOKEN, SERVICE_USER).with_functions(Functions::only(names)));
    let (_server, moodle) = start(without).await;
    let why = why_unknown(observe_one(&moodle, scope(102)).await);
    assert!(why.contains("core_course_get_courses_by_field"), "{why}");
}

#[tokio::test]
async fn a_hidden_course_or_a_policy_is_not_taken_for_a_deletion() {
    let mut hidden = world([101], 1);
    hidden.change_course(101, |course| course.visible = false);
    let rights = Rights::manager().without("moodle/course:viewhiddencourses");
    hidden.add_token(Token::new(TOKEN, SERVICE_USER).with_rights(rights));
    let (_server, moodle) = start(hidden).await;
    why_unknown(observe_one(&moodle, scope(101)).await);

    let (server, moodle) = start(world([101], 1)).await;
    server.world().site.policy = true;
    let why = why_unknown(observe_one(&moodle, scope(101)).await);
    assert!(why.contains("policy"), "{why}");
    // A course that does not exist is still seen to be missing.
    assert!(matches!(observe_one(&moodle, scope(999)).await, Observed::Gone));
}

#[tokio::test]
async fn a_course_with_a_part_that_cannot_be_read_is_unknown() {
    for function in [
        "core_group_get_course_groups",
        "core_group_get_course_groupings",
        "core_enrol_get_enrolled_users",
        "core_group_get_groupings",
        "core_group_get_group_members",
    ] {
        let (world, ..) = furnished();
        let (server, moodle) = start(world).await;
        for fault in [Fault::Status500, Fault::Garbage, Fault::EmptyBody] {
            server.faults().clear();
            let when = When::Function(function.to_owned());
            server.faults().push(FaultRule { when, fault, times: usize::MAX });
            let why = why_unknown(observe_one(&moodle, scope(101)).await);
            assert!(why.contains(function), "{fault:?}: {why}");
        }
        assert!(!moodle.take_failed_calls().is_empty());
        assert!(moodle.take_failed_calls().is_empty());
    }
}

#[tokio::test]
async fn a_read_that_fails_in_passing_is_repeated() {
    for fault in [
        Fault::LostBefore,
        Fault::LostAfter,
        Fault::HangBefore,
        Fault::Status500,
        Fault::Status502,
        Fault::Status504Committed,
        Fault::Garbage,
        Fault::TextBeforeJson,
        Fault::EmptyBody,
        Fault::HalfAnswer,
        Fault::Delay(5),
    ] {
        for call in 1..=5 {
            let (world, ..) = furnished();
            let (server, moodle) = start(world).await;
            server.faults().push(FaultRule::once(When::Call(call), fault));
            let course = complete(observe_one(&moodle, scope(101)).await);
            assert_eq!((course.groups.len(), course.enrolled.len()), (3, 5), "{fault:?} at {call}");
            assert_eq!(server.faults().pending(), 0);
        }
    }
}

#[tokio::test]
async fn ghosts_are_left_out() {
    let (mut world, first, second, local, _) = furnished();
    world.visit_course(101);
    let (server, moodle) = start(world).await;
    // The second name is too long: Moodle rolls back, and its list keeps the first.
    let raw = format!(
        "wstoken={TOKEN}&groups[0][courseid]=101&groups[0][name]=Ghost&groups[0][description]=&groups[0][idnumber]=muster:ghost\
         &groups[1][courseid]=101&groups[1][name]={}&groups[1][description]=&groups[1][idnumber]=muster:long\
         &wsfunction=core_group_create_groups",
        "x".repeat(300)
    );
    let request = simulators::moodle::HttpRequest::post("moodlewsrestformat=json", &raw);
    let answer = simulators::moodle::answer(&mut server.world(), &server.url(), &request);
    assert!(String::from_utf8_lossy(&answer.body).contains("dmlwriteexception"));
    let course = complete(observe_one(&moodle, scope(101)).await);
    assert_eq!(names(&course), [("A & <B", first), ("B", second), ("Local", local)]);
}

#[tokio::test]
async fn what_an_outdated_list_leaves_out_is_found_by_id_and_by_grouping() {
    let (mut world, first, _, _, grouping) = furnished();
    let (server, moodle) = {
        world.visit_course(101);
        start(world).await
    };
    // Two groups are made while somebody reads the list, which stays outdated.
    let mut plan = crate::campus::Plan::default();
    let by_id = crate::campus::group(101, "8", "By id", None);
    plan.push(101, reconcile::operation::Change::CreateGroup { group: by_id });
    server.faults().push(FaultRule::once(When::Write(1), Fault::StaleList));
    let journal = crate::campus::MemoryJournal::default();
    crate::campus::apply(&moodle, &plan, &journal).await;
    let made = server.world().group_named(101, "By id").unwrap().row.id;

    let unlinked = complete(observe_one(&moodle, scope(101)).await);
    assert!(unlinked.groups.iter().all(|group| group.id.0 != made), "the list is outdated");
    let linked = ObserveScope { group_ids: vec![GroupId(made), GroupId(first)], ..scope(101) };
    let course = complete(observe_one(&moodle, linked).await);
    let found = course.groups.iter().find(|group| group.id.0 == made).unwrap();
    assert_eq!((&*found.name, found.members.as_deref()), ("By id", Some(&[][..])));
    // A grouping in our memory that the list does not name is looked for as well.
    let linked = ObserveScope {
        grouping_ids: vec![GroupingId(grouping), GroupingId(4242)],
        group_ids: vec![GroupId(4242)],
        ..scope(101)
    };
    let course = complete(observe_one(&moodle, linked).await);
    assert_eq!(course.groupings.len(), 1);
}

#[tokio::test]
async fn participants_are_paged_until_an_empty_page() {
    let server = Server::start(world([101], 7)).await.unwrap();
    let settings = MoodleSettings { participants_page: Some(3), ..settings(&server) };
    let moodle = Moodle::connect(settings).await.unwrap();
    server.clear_calls();
    let course = complete(observe_one(&moodle, scope(101)).await);
    assert_eq!(course.enrolled.len(), 7);
    let pages = server.calls().iter().filter(|call| call.function == "core_enrol_get_enrolled_users").count();
    assert_eq!(pages, 4);
}

#[tokio::test]
async fn missing_rights_are_named_and_never_taken_for_an_empty_course() {
    let check = async |rights: Rights, showuseridentity: &[&str], part: &str| {
        let (mut world, ..) = furnished();
        world.set_showuseridentity(showuseridentity.iter().copied());
        world.add_token(Token::new(TOKEN, SERVICE_USER).with_rights(rights));
        let (_server, moodle) = start(world).await;
        let why = why_unknown(observe_one(&moodle, scope(101)).await);
        assert!(why.contains(part), "{why}");
    };
    let manager = Rights::manager;
    check(manager().without("moodle/user:viewalldetails"), &["email"], "showuseridentity").await;
    check(
        manager().without("moodle/user:viewalldetails").without("moodle/user:viewdetails"),
        &["idnumber"],
        "moodle/user:viewdetails",
    )
    .await;
    check(manager().without("moodle/course:managegroups"), &["idnumber"], "managegroups").await;
}

#[tokio::test]
async fn without_the_newer_functions_the_lists_are_all_there_is() {
    let (mut world, first, ..) = furnished();
    let names = [
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
    ];
    world.add_token(Token::new(TOKEN, SERVICE_USER).with_functions(Functions::only(names)));
    let (_server, moodle) = start(world).await;
    let linked = ObserveScope { group_ids: vec![GroupId(first), GroupId(4242)], ..scope(101) };
    let course = complete(observe_one(&moodle, linked.clone()).await);
    assert_eq!(course.groups.len(), 3);
    assert_eq!(course.groupings[0].groups, None);
    // Names cannot be asked for by id, so a look at what is ours takes the whole course.
    let course = complete(observe_one(&moodle, ObserveScope { look: Look::Ours, ..linked }).await);
    assert_eq!(course.groups.len(), 3);
}

#[tokio::test]
async fn one_group_is_looked_at_by_id() {
    let (world, first, ..) = furnished();
    let (_server, moodle) = start(world).await;
    let (course, name) = moodle.group(GroupId(first)).await.unwrap().unwrap();
    assert_eq!((course, &*name), (CourseId(101), "A & <B"));
    assert!(moodle.group(GroupId(4242)).await.unwrap().is_none());
}

#[test]
fn an_observation_can_run_on_any_thread() {
    fn check<T: Send>(_: &T) {}
    #[expect(dead_code, reason = "only its type is looked at")]
    fn run(moodle: &Moodle) {
        check(&moodle.observe(Vec::new(), |_, _| {}));
        check(&moodle.directory(&[]));
        let journal = crate::campus::MemoryJournal::default();
        check(&moodle.apply(&[], &journal, &|_| {}));
    }
}
