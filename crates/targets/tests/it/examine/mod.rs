//! The examination: each step of the set-up done wrong, by its number in features.md section D.
//!
//! `door.rs` is the way in, from the address to the service; `inside.rs` is what may be done there.
//!
//! Not here: the codes and pages of single refusals, which have unit tests beside them.

mod door;
mod inside;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use reconcile::keys::CourseId;
use simulators::moodle::{Functions, Release, Rights, Server, Settings, Token, World};
use targets::moodle::{Examination, ExamineScope, Granted, Proof, Step, Uses, Verdict, examine};

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
