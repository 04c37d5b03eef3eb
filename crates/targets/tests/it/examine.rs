//! The examination: each step of the set-up done wrong, by its number in features.md section D.
//!
//! Not here: the codes and pages of single refusals, which have unit tests beside them.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use reconcile::keys::{CourseId, GroupId};
use simulators::moodle::{
    Fault, FaultRule, Functions, Release, Rights, Server, Settings, Token, When, World,
};
use targets::moodle::{
    Examination, ExamineScope, Granted, MoodleSettings, PersonKeyField, Proof, Step, Uses, Verdict, examine,
};
use targets::secret::Secret;

use crate::campus::{SERVICE_USER, TOKEN, add_people, put_group, settings, world};

/// The least role (docs/moodle-setup.md).
const LEAST: [&str; 9] = [
    "webservice/rest:use",
    "moodle/course:view",
    "moodle/course:viewhiddencourses",
    "moodle/course:managegroups",
    "moodle/course:viewhiddengroups",
    "moodle/site:accessallgroups",
    "moodle/course:viewparticipants",
    "moodle/user:viewdetails",
    "moodle/site:viewuseridentity",
];

const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// Courses 5 and 6 with three students each, a group with a member, and a token with the least role and functions.
fn in_order() -> World {
    let mut world = world([5, 6], 3);
    put_group(&mut world, 5, "A", "A", &[1]);
    world.add_token(least_token());
    world
}

fn least_token() -> Token {
    Token::new(TOKEN, SERVICE_USER)
        .with_rights(Rights::of(LEAST))
        .with_functions(Functions::only(least_functions().iter().map(String::as_str)))
}

fn least_functions() -> BTreeSet<String> {
    // Everything that the simulator knows, without what an integration like ours never needs.
    [
        "core_course_get_courses_by_field",
        "core_enrol_get_enrolled_users",
        "core_group_add_group_members",
        "core_group_assign_grouping",
        "core_group_create_groupings",
        "core_group_create_groups",
        "core_group_delete_group_members",
        "core_group_delete_groupings",
        "core_group_delete_groups",
        "core_group_get_course_groupings",
        "core_group_get_course_groups",
        "core_group_get_group_members",
        "core_group_get_groupings",
        "core_group_get_groups",
        "core_group_unassign_grouping",
        "core_group_update_groupings",
        "core_group_update_groups",
        "core_user_get_users_by_field",
        "core_webservice_get_site_info",
    ]
    .map(str::to_owned)
    .into()
}

fn scope() -> ExamineScope {
    ExamineScope {
        courses: vec![CourseId(5), CourseId(6)],
        group: None,
        uses: Uses { enrol: false, groupings: true },
    }
}

async fn examined(world: World, scope: &ExamineScope) -> Examination {
    let server = Server::start(world).await.unwrap();
    let before = server.world().picture();
    let found = examine(settings(&server), scope).await;
    assert_eq!(server.calls().iter().filter(|call| call.is_write).count(), 0);
    assert_eq!(server.world().picture(), before);
    sound(&found);
    found
}

/// What holds for every examination.
fn sound(found: &Examination) {
    let steps: Vec<Step> = found.proofs.iter().map(|proof| proof.step).collect();
    assert_eq!(steps, Step::ALL);
    let shown = format!("{found:?}");
    assert!(!shown.contains(TOKEN), "{shown}");
    for proof in &found.proofs {
        assert!(!proof.found.is_empty(), "{proof:?}");
        assert!(proof.verdict != Verdict::Wrong || !proof.remedy.is_empty(), "{proof:?}");
    }
}

fn wrong(found: &Examination) -> Vec<Step> {
    found.proofs.iter().filter(|proof| proof.verdict == Verdict::Wrong).map(|proof| proof.step).collect()
}

fn proof(found: &Examination, step: Step) -> &Proof {
    found.proofs.iter().find(|proof| proof.step == step).unwrap()
}

fn need(found: &Examination, name: &str) -> Granted {
    let needs = found.functions.iter().chain(&found.capabilities);
    needs.filter(|need| need.name == name).map(|need| need.granted).next().unwrap()
}

/// After the change exactly this step is wrong, and what is said about it holds each of the texts.
async fn check(change: impl FnOnce(&mut World), step: Step, says: &[&str]) -> Examination {
    let mut world = in_order();
    change(&mut world);
    let found = examined(world, &scope()).await;
    only(&found, step, says);
    found
}

fn only(found: &Examination, step: Step, says: &[&str]) {
    assert_eq!(wrong(found), [step], "{found:#?}");
    let proof = proof(found, step);
    let text = format!("{} – {}", proof.found, proof.remedy);
    for part in says {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}

fn token(world: &mut World) -> &mut Token {
    world.token_mut(TOKEN).unwrap()
}

/// The same world with another configuration of the site.
fn in_order_with(site: Settings) -> World {
    let mut world = World::new(site);
    add_people(&mut world, [5, 6], 3);
    put_group(&mut world, 5, "A", "A", &[1]);
    world.add_token(least_token());
    world
}

async fn check_site(
    site: Settings,
    change: impl FnOnce(&mut World),
    step: Step,
    says: &[&str],
) -> Examination {
    let mut world = in_order_with(site);
    change(&mut world);
    let found = examined(world, &scope()).await;
    only(&found, step, says);
    found
}

fn debugging() -> Settings {
    Settings { debugging: true, ..Settings::default() }
}

#[tokio::test]
async fn the_least_set_up_is_in_order_and_nothing_is_surplus() {
    for release in Release::ALL {
        let found = examined(in_order_with(Settings { release, ..Settings::default() }), &scope()).await;
        assert_eq!(wrong(&found), [], "{release:?}: {found:#?}");
        let unsure: Vec<&Proof> =
            found.proofs.iter().filter(|proof| proof.verdict == Verdict::CannotTell).collect();
        assert_eq!(unsure, Vec::<&Proof>::new(), "{release:?}");
        assert_eq!((found.functions_surplus.len(), found.capabilities_surplus.len()), (0, 0), "{found:#?}");
        assert!(found.functions.iter().all(|need| need.granted == Granted::Yes), "{found:#?}");
        for name in LEAST {
            let hidden =
                ["moodle/course:viewhiddencourses", "moodle/course:viewhiddengroups"].contains(&name);
            let expected = if hidden { Granted::Unknown } else { Granted::Yes };
            assert_eq!(need(&found, name), expected, "{name}");
        }
        assert!(found.server_date.is_some());
    }
}

#[tokio::test]
async fn d01_web_services_off_is_seen() {
    let says = ["web services are off", "Advanced features"];
    let found = check(|world| world.site.web_services = false, Step::WebServices, &says).await;
    assert_eq!(proof(&found, Step::Rest).verdict, Verdict::CannotTell);
    assert!(proof(&found, Step::Token).found.contains("D1 comes first"));
}

#[tokio::test]
async fn d02_the_rest_protocol_off_is_seen() {
    let says = ["REST protocol is off", "Manage protocols"];
    let found = check(|world| world.site.rest_protocol = false, Step::Rest, &says).await;
    assert_eq!(proof(&found, Step::WebServices).verdict, Verdict::Ok);
}

#[tokio::test]
async fn d03_the_login_plug_in_and_d15_the_password_are_not_needed() {
    let found = examined(in_order(), &scope()).await;
    for step in [Step::LoginPlugin, Step::PasswordLogin] {
        assert_eq!(proof(&found, step).verdict, Verdict::Ok);
        assert!(proof(&found, step).found.starts_with("not needed"));
    }
}

#[tokio::test]
async fn d04_an_account_that_is_refused_is_seen() {
    let page = "Browse list of users";
    check(|world| _ = world.suspend_user(SERVICE_USER), Step::Account, &["suspended", page]).await;
    check(|world| _ = world.delete_user(SERVICE_USER), Step::Account, &["deleted", page]).await;
    let unconfirmed = |world: &mut World| {
        world.change_user(SERVICE_USER, |user| user.confirmed = false);
    };
    check(unconfirmed, Step::Account, &["not confirmed", page]).await;
    let nologin = |world: &mut World| {
        world.change_user(SERVICE_USER, |user| user.nologin = true);
    };
    check(nologin, Step::Account, &["no login", page]).await;
}

#[tokio::test]
async fn d04_before_4_0_a_suspended_account_is_named_where_debugging_is_on_and_suspected_where_not() {
    let suspend = |world: &mut World| _ = world.suspend_user(SERVICE_USER);
    let old = Settings { release: Release::V3_11, ..debugging() };
    check_site(old.clone(), suspend, Step::Account, &["suspended", "Browse list of users"]).await;
    let silent = Settings { debugging: false, ..old };
    let found = check_site(silent, suspend, Step::Role, &["suspended", "Browse list of users"]).await;
    assert!(proof(&found, Step::Role).or.contains(&Step::Account));
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
async fn d05_a_role_without_the_protocol_is_named_where_debugging_is_on_and_first_of_the_suspects_where_not()
{
    let change = |world: &mut World| {
        world.add_token(least_token().with_rights(Rights::of(LEAST).without("webservice/rest:use")));
    };
    let says = ["webservice/rest:use", "Define roles"];
    let found = check_site(debugging(), change, Step::Role, &says).await;
    assert_eq!(proof(&found, Step::Role).or, []);
    assert_eq!(proof(&found, Step::Token).verdict, Verdict::Ok);
    let found = check(change, Step::Role, &says).await;
    assert_eq!(proof(&found, Step::Role).or, [Step::Token, Step::Account]);
    assert_eq!(proof(&found, Step::Token).verdict, Verdict::CannotTell);
    assert!(proof(&found, Step::Token).found.contains("D5"));
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
async fn d06_a_role_that_does_not_reach_every_mapped_course_is_seen() {
    let rights = Rights::of(["webservice/rest:use"]).in_course(5, LEAST);
    let says = ["reaches course 5 and not course 6", "Assign system roles"];
    check(|world| world.add_token(least_token().with_rights(rights)), Step::Assignment, &says).await;
}

#[tokio::test]
async fn d07_a_service_that_refuses_everything_is_seen() {
    let service = ["disabled", "External services > Edit"];
    let found = check(|world| token(world).service_enabled = false, Step::Service, &service).await;
    assert_eq!(proof(&found, Step::Service).or, [Step::AuthorisedUsers, Step::Functions]);
    assert_eq!(proof(&found, Step::Token).verdict, Verdict::Ok);
    let demand = |world: &mut World| token(world).required_capability = Some("moodle/site:config".to_owned());
    check(demand, Step::Service, &["demands a capability", "External services > Edit"]).await;
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
async fn d09_a_user_who_is_not_authorised_is_seen() {
    let says = ["does not list the user", "Authorised users"];
    let found = check(|world| token(world).user_authorised = false, Step::Service, &says).await;
    assert!(proof(&found, Step::Service).or.contains(&Step::AuthorisedUsers));
    assert!(proof(&found, Step::AuthorisedUsers).found.contains("see there"));
    let future = |world: &mut World| token(world).user_authorised_until = Some(i64::MAX);
    check(future, Step::Service, &["\"valid until\" in the future", "Authorised users"]).await;
    let bound = |world: &mut World| token(world).user_authorised_from = Some(ELSEWHERE);
    check(bound, Step::Service, &["IP restriction", "Authorised users"]).await;
}

#[tokio::test]
async fn d10_an_unknown_and_an_expired_token_are_seen() {
    let page = "Manage tokens";
    let found = check(|world| _ = world.remove_token(TOKEN), Step::Token, &["does not know", page]).await;
    assert_eq!(proof(&found, Step::Rest).verdict, Verdict::Ok);
    check(|world| token(world).valid_until = Some(1), Step::Token, &["past its end", page]).await;
}

#[tokio::test]
async fn d10_a_token_of_another_machine_is_named_where_debugging_is_on_and_suspected_where_not() {
    let change = |world: &mut World| token(world).only_from = Some(ELSEWHERE);
    let says = ["may not be used from this machine", "Manage tokens"];
    check_site(debugging(), change, Step::Token, &says).await;
    let found = check(change, Step::Role, &["bound to other machines", "Manage tokens"]).await;
    assert!(proof(&found, Step::Role).or.contains(&Step::Token));
}

#[tokio::test]
async fn d11_the_user_whom_the_token_acts_as_is_named() {
    let found = examined(in_order(), &scope()).await;
    let proof = proof(&found, Step::TokenUser);
    assert_eq!((proof.verdict, proof.found.as_str()), (Verdict::Ok, "the token acts as muster (user 2)"));
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
async fn d13_a_course_without_participants_proves_nothing() {
    let mut world = in_order();
    world.add_course(simulators::moodle::NewCourse { id: Some(9), ..Default::default() });
    let found = examined(world, &ExamineScope { courses: vec![CourseId(9)], ..scope() }).await;
    assert_eq!(wrong(&found), []);
    let proof = proof(&found, Step::Identity);
    assert!(proof.verdict == Verdict::CannotTell && proof.found.contains("nobody is enrolled"), "{proof:?}");
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
async fn d16_a_wrong_base_address_is_seen_with_the_right_one() {
    let site = Settings { wwwroot: Some("https://moodle.example.ac.uk".to_owned()), ..Settings::default() };
    let says = ["redirects", "set `url` in [moodle] to https://moodle.example.ac.uk;", "wwwroot"];
    check_site(site, |_| {}, Step::Address, &says).await;
}

#[tokio::test]
async fn d16_an_address_where_no_moodle_is_and_one_where_nothing_is_are_seen() {
    let server = Server::start(in_order()).await.unwrap();
    let check = async |settings: MoodleSettings, says: &str| {
        let found = examine(settings, &scope()).await;
        sound(&found);
        only(&found, Step::Address, &[says]);
    };
    let fine = settings(&server);
    check(MoodleSettings { url: format!("{}/moodle", server.url()), ..fine.clone() }, "404").await;
    check(MoodleSettings { url: "moodle".to_owned(), ..fine.clone() }, "is no address").await;
    check(MoodleSettings { url: "http://moodle.example.ac.uk".to_owned(), ..fine.clone() }, "https://").await;
    check(MoodleSettings { ca_file: Some("/nowhere/ca.pem".into()), ..fine.clone() }, "ca_file").await;
    server.stop().await;
    check(fine.clone(), "cannot be reached").await;
    let found = examine(MoodleSettings { token: Secret::new(""), ..fine }, &scope()).await;
    only(&found, Step::Token, &["it is empty", "Manage tokens"]);
}

#[tokio::test]
async fn d16_a_site_in_maintenance_is_no_mistake_of_the_set_up() {
    check(|world| world.site.maintenance = true, Step::Address, &["maintenance", "run again"]).await;
    check(|world| world.site.cli_maintenance = true, Step::Address, &["maintenance", "run again"]).await;
    check(|world| world.site.database_down = true, Step::Address, &["database"]).await;
}

#[tokio::test]
async fn d16_a_certificate_that_nobody_vouches_for_is_seen_and_ca_file_mends_it() {
    let server = Server::start(in_order()).await.unwrap();
    let tls = crate::self_signed::TlsFront::start(&server.url());
    let settings = MoodleSettings { url: tls.url(), ..settings(&server) };
    let found = examine(settings.clone(), &scope()).await;
    only(&found, Step::Address, &["certificate", "ca_file"]);
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, &tls.certificate).unwrap();
    let trusting = MoodleSettings { ca_file: Some(ca_file), ..settings };
    let found = examine(trusting, &scope()).await;
    // The certificate is trusted now. The site behind it calls itself by another address, and says so.
    only(&found, Step::Address, &["redirects", &server.url()]);
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
