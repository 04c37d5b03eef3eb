//! What may be done inside, done wrong: functions, role, policy, identity fields.
//!
//! Not here: the way in (`door.rs`).

use reconcile::keys::{CourseId, GroupId};
use simulators::moodle::{
    Fault, FaultRule, Functions, NewCourse, Rights, Server, Settings, Token, When, World,
};
use targets::moodle::{ExamineScope, Granted, MoodleSettings, PersonKeyField, Step, Uses, Verdict, examine};

use super::{
    LEAST, check, check_site, examined, in_order, least_functions, least_token, need, only, proof, scope,
    sound, token, wrong,
};
use crate::campus::{SERVICE_USER, TOKEN, put_group, settings};

#[tokio::test]
async fn a_mapped_course_that_is_gone_blames_nobody() {
    let found = examined(in_order(), &ExamineScope { courses: vec![CourseId(404)], ..scope() }).await;
    assert_eq!(wrong(&found), []);
    let proof = proof(&found, Step::Assignment);
    assert!(proof.found.contains("there is no course 404 any more"), "{proof:?}");
}

#[tokio::test]
async fn an_answer_that_is_lost_is_no_verdict_on_the_set_up() {
    let server = Server::start(in_order()).await.unwrap();
    let function = When::Function("core_enrol_get_enrolled_users".to_owned());
    server.faults().push(FaultRule { when: function, fault: Fault::Status500, times: 99 });
    let found = examine(settings(&server), &scope()).await;
    sound(&found);
    assert_eq!(wrong(&found), []);
    assert!(proof(&found, Step::Identity).found.contains("500"));
}
#[tokio::test]
async fn d05_a_manager_works_and_what_is_surplus_is_listed() {
    let mut world = in_order();
    world.add_token(Token::new(TOKEN, SERVICE_USER));
    let found = examined(world, &scope()).await;
    assert_eq!(wrong(&found), []);
    let surplus = ["moodle/course:enrolreview", "moodle/role:review", "moodle/user:viewalldetails"];
    assert_eq!(found.capabilities_surplus, surplus);
    let proof = proof(&found, Step::Role);
    assert!(proof.verdict == Verdict::Ok && proof.remedy.contains("moodle/role:review"), "{proof:?}");
}

#[tokio::test]
async fn d05_each_missing_capability_is_named() {
    let without = |name: &'static str| {
        move |world: &mut World| world.add_token(least_token().with_rights(Rights::of(LEAST).without(name)))
    };
    for name in [
        "moodle/course:view",
        "moodle/course:managegroups",
        "moodle/course:viewparticipants",
        "moodle/user:viewdetails",
        "moodle/site:accessallgroups",
    ] {
        let found =
            check(without(name), Step::Role, &[&format!("lacks {name} "), "Define roles", name]).await;
        assert_eq!(need(&found, name), Granted::No, "{name}");
    }
    let hidden = |world: &mut World| {
        without("moodle/course:viewhiddencourses")(world);
        world.change_course(6, |course| course.visible = false);
    };
    check(hidden, Step::Role, &["moodle/course:viewhiddencourses", "Define roles"]).await;
}

#[tokio::test]
async fn d05_people_hidden_by_separate_groups_are_the_matter_of_one_capability() {
    let name = "moodle/site:accessallgroups";
    let change = |world: &mut World| {
        world.add_token(least_token().with_rights(Rights::of(LEAST).without(name)));
        for course in [5, 6] {
            world.change_course(course, |course| course.separate_groups = true);
        }
    };
    let found = check(change, Step::Role, &["lacks moodle/site:accessallgroups –"]).await;
    assert_eq!(need(&found, "moodle/user:viewdetails"), Granted::Unknown);
}

#[tokio::test]
async fn d06_a_role_that_does_not_reach_every_mapped_course_is_seen() {
    let rights = Rights::of(["webservice/rest:use"]).in_course(5, LEAST);
    let says = ["reaches course 5 and not course 6", "Assign system roles"];
    check(|world| world.add_token(least_token().with_rights(rights)), Step::Assignment, &says).await;
}

#[tokio::test]
async fn d08_a_missing_function_is_named_with_what_is_lost() {
    let without = |name: &'static str| {
        move |world: &mut World| {
            let names = least_functions();
            let names = names.iter().map(String::as_str).filter(|other| *other != name);
            token(world).functions = Functions::only(names);
        }
    };
    let page = "External services > Functions";
    for name in ["core_group_create_groups", "core_group_get_course_groups", "core_enrol_get_enrolled_users"]
    {
        let found = check(without(name), Step::Functions, &[name, page]).await;
        assert_eq!(need(&found, name), Granted::No);
    }
    let optional = "core_group_update_groups";
    check(without(optional), Step::Functions, &[optional, page, "cannot be renamed"]).await;
    let first = "core_webservice_get_site_info";
    check(without(first), Step::Functions, &[first, page]).await;
}

#[tokio::test]
async fn d08_what_a_switched_on_feature_needs_is_missing_and_what_a_switched_off_one_would_is_surplus() {
    let enrolling = ExamineScope { uses: Uses { enrol: true, groupings: true }, ..scope() };
    let found = examined(in_order(), &enrolling).await;
    only(&found, Step::Functions, &["enrol_manual_enrol_users"]);
    let mut world = in_order();
    token(&mut world).functions = Functions::All;
    let found = examined(world, &scope()).await;
    assert_eq!(wrong(&found), []);
    assert!(found.functions_surplus.iter().any(|name| name == "enrol_manual_enrol_users"));
    let proof = proof(&found, Step::Functions);
    assert!(proof.remedy.contains("remove") && proof.remedy.contains("enrol_manual_unenrol_users"));
}

#[tokio::test]
async fn d11_the_user_whom_the_token_acts_as_is_named() {
    let found = examined(in_order(), &scope()).await;
    let proof = proof(&found, Step::TokenUser);
    assert_eq!((proof.verdict, proof.found.as_str()), (Verdict::Ok, "the token acts as muster (user 2)"));
}

#[tokio::test]
async fn d12_a_forced_password_and_an_incomplete_profile_are_seen() {
    let password = |world: &mut World| {
        world.change_user(SERVICE_USER, |user| user.must_change_password = true);
    };
    check(password, Step::Policy, &["change the password", "Browse list of users"]).await;
    let profile = |world: &mut World| {
        world.change_user(SERVICE_USER, |user| user.profile_incomplete = true);
    };
    check(profile, Step::Policy, &["not complete", "Browse list of users"]).await;
}

#[tokio::test]
async fn d12_a_policy_that_was_not_agreed_is_seen() {
    let says = ["has not agreed to the site policy", "User agreements"];
    let found = check(|world| world.site.policy = true, Step::Policy, &says).await;
    for step in [Step::Role, Step::Assignment, Step::Identity] {
        assert_eq!(proof(&found, step).verdict, Verdict::CannotTell, "{step:?}");
        assert!(proof(&found, step).found.contains("D12 comes first"), "{step:?}");
    }
}

#[tokio::test]
async fn d13_a_course_without_participants_proves_nothing() {
    let mut world = in_order();
    world.add_course(NewCourse { id: Some(9), ..Default::default() });
    let found = examined(world, &ExamineScope { courses: vec![CourseId(9)], ..scope() }).await;
    assert_eq!(wrong(&found), []);
    let proof = proof(&found, Step::Identity);
    assert!(proof.verdict == Verdict::CannotTell && proof.found.contains("nobody is enrolled"), "{proof:?}");
}

#[tokio::test]
async fn d13_an_idnumber_that_does_not_show_is_seen_with_the_name_of_the_setting() {
    let page = "Show user identity";
    let mails = Settings { showuseridentity: vec!["email".to_owned()], ..Settings::default() };
    let says = ["the setting lacks idnumber", page, "$CFG->showuseridentity = 'idnumber,email'"];
    let found = check_site(mails, |_| {}, Step::Identity, &says).await;
    assert_eq!(need(&found, "moodle/site:viewuseridentity"), Granted::Yes);
    let rights = Rights::of(LEAST).without("moodle/site:viewuseridentity");
    let says = ["moodle/site:viewuseridentity", page, "Define roles"];
    check(|world| world.add_token(least_token().with_rights(rights)), Step::Identity, &says).await;
}

#[tokio::test]
async fn d13_the_field_is_the_configured_one() {
    let server = Server::start(in_order()).await.unwrap();
    let settings = MoodleSettings { person_key: PersonKeyField::Username, ..settings(&server) };
    let found = examine(settings, &scope()).await;
    sound(&found);
    only(&found, Step::Identity, &["moodle/user:viewalldetails", "Define roles"]);
}

#[tokio::test]
async fn d14_one_group_is_looked_at_when_it_is_named() {
    let mut world = in_order();
    let id = put_group(&mut world, 5, "B", "TUT5", &[]);
    let ask = |id| ExamineScope { group: Some(GroupId(id)), ..scope() };
    let found = examined(world, &ask(id)).await;
    assert_eq!(wrong(&found), []);
    assert!(proof(&found, Step::OneGroup).found.contains("\"TUT5\" in course 5"));
    let found = examined(in_order(), &ask(60435)).await;
    only(&found, Step::OneGroup, &["there is no group 60435", "Participants, Groups"]);
    let found = examined(in_order(), &scope()).await;
    assert!(proof(&found, Step::OneGroup).found.contains("--group"));
}

#[tokio::test]
async fn no_mapped_course_leaves_open_what_only_a_course_proves() {
    let found = examined(in_order(), &ExamineScope { courses: Vec::new(), ..scope() }).await;
    assert_eq!(wrong(&found), []);
    for step in [Step::Role, Step::Assignment, Step::Policy, Step::Identity] {
        let proof = proof(&found, step);
        assert!(proof.verdict == Verdict::CannotTell && proof.remedy.contains("muster map add"), "{proof:?}");
    }
}
