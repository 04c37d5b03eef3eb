//! Connecting: who the site is, what is missing, and every way in which it refuses.

use simulators::moodle::{Functions, Server, Settings, Token, World};
use targets::moodle::{CallError, Kind, Moodle, MoodleSettings, TargetError};
use targets::secret::Secret;

use crate::campus::{SERVICE_USER, TOKEN, settings, start, world};

/// The functions of the old integration's service, and the one that names the others.
const OLD_SERVICE: [&str; 13] = [
    "core_webservice_get_site_info",
    "core_group_create_groups",
    "core_group_add_group_members",
    "core_group_delete_group_members",
    "core_group_delete_groups",
    "core_group_get_group_members",
    "core_group_get_groups",
    "core_group_get_course_groups",
    "core_group_get_course_groupings",
    "core_group_assign_grouping",
    "core_group_create_groupings",
    "core_group_get_groupings",
    "core_enrol_get_enrolled_users",
];

async fn refused(change: impl FnOnce(&mut World)) -> CallError {
    let mut world = world([], 0);
    change(&mut world);
    let server = Server::start(world).await.unwrap();
    match Moodle::connect(settings(&server)).await {
        Err(TargetError::Call(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// The code of a call that failed; nothing for another error.
fn code(error: &TargetError) -> &str {
    match error {
        TargetError::Call(error) => &error.code,
        TargetError::Setting { .. } | TargetError::FunctionsMissing { .. } => "",
    }
}

async fn check(change: impl FnOnce(&mut World), code: &str, kind: Kind) {
    let error = refused(change).await;
    assert_eq!((&*error.code, error.kind), (code, kind), "{error}");
    assert!(error.to_string().starts_with("cannot call core_webservice_get_site_info"), "{error}");
}

#[tokio::test]
async fn a_site_says_who_it_is() {
    let (_server, moodle) = start(world([], 0)).await;
    assert_eq!(moodle.site().name, "Simulated Moodle");
    assert_eq!(moodle.site().username, "muster");
    assert_eq!(moodle.site().user_id, SERVICE_USER);
    assert!(moodle.site().release.starts_with("4.5"));
    assert!(moodle.site().functions.iter().any(|name| name == "core_group_create_groups"));
    assert_eq!(moodle.degraded(), []);
}

#[tokio::test]
async fn every_refusal_has_its_kind() {
    check(|world| _ = world.remove_token(TOKEN), "invalidtoken", Kind::Configuration).await;
    check(
        |world| world.token_mut(TOKEN).unwrap().service_enabled = false,
        "accessexception",
        Kind::Configuration,
    )
    .await;
    check(|world| _ = world.suspend_user(SERVICE_USER), "wsaccessusersuspended", Kind::Configuration).await;
    check(|world| world.site.web_services = false, "http_403", Kind::Configuration).await;
    check(|world| world.site.maintenance = true, "sitemaintenance", Kind::Transient).await;
    check(|world| world.site.cli_maintenance = true, "http_503", Kind::Transient).await;
    check(|world| world.site.upgrade_running = true, "upgraderunning", Kind::Transient).await;
    check(|world| world.site.database_down = true, "dbconnectionfailed", Kind::Transient).await;
}

#[tokio::test]
async fn a_redirect_is_a_wrong_address_and_not_followed() {
    let mut other = World::new(Settings {
        wwwroot: Some("https://moodle.example.ac.uk".to_owned()),
        ..Settings::default()
    });
    other.add_token(Token::new(TOKEN, SERVICE_USER));
    let server = Server::start(other).await.unwrap();
    let error = Moodle::connect(settings(&server)).await.unwrap_err();
    assert!(code(&error) == "http_redirect", "{error}");
}

#[tokio::test]
async fn a_site_that_is_not_there_is_told_apart_from_one_that_refuses() {
    let server = Server::start(world([], 0)).await.unwrap();
    let settings = settings(&server);
    server.stop().await;
    let error = Moodle::connect(settings).await.unwrap_err();
    assert!(code(&error) == "no_connection", "{error}");
}

#[tokio::test]
async fn missing_functions_are_all_named() {
    let mut world = world([], 0);
    let functions = OLD_SERVICE
        .into_iter()
        .filter(|name| !["core_group_create_groups", "core_group_get_group_members"].contains(name));
    world.add_token(Token::new(TOKEN, SERVICE_USER).with_functions(Functions::only(functions)));
    let server = Server::start(world).await.unwrap();
    match Moodle::connect(settings(&server)).await {
        Err(TargetError::FunctionsMissing { missing, user }) => {
            assert_eq!(missing, ["core_group_get_group_members", "core_group_create_groups"]);
            assert_eq!(user, "muster");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_functions_of_the_old_service_suffice_and_what_is_lost_is_told() {
    let mut world = world([], 0);
    world.add_token(Token::new(TOKEN, SERVICE_USER).with_functions(Functions::only(OLD_SERVICE)));
    let (_server, moodle) = start(world).await;
    let lost: Vec<&str> = moodle.degraded().iter().map(|degraded| degraded.function).collect();
    assert_eq!(
        lost,
        [
            "core_group_update_groups",
            "core_group_update_groupings",
            "core_group_unassign_grouping",
            "core_group_delete_groupings",
            "core_course_get_courses_by_field",
            "core_user_get_users_by_field",
            "enrol_manual_enrol_users",
        ]
    );
    assert!(moodle.degraded().iter().all(|degraded| !degraded.lost.is_empty()));
}

#[tokio::test]
async fn unusable_settings_are_named() {
    let check = async |settings: MoodleSettings, name: &str| match Moodle::connect(settings).await {
        Err(TargetError::Setting { setting, .. }) => assert_eq!(setting, name),
        other => panic!("{other:?}"),
    };
    let token = || Secret::new(TOKEN);
    check(MoodleSettings::new("http://moodle.example.ac.uk", token()), "url").await;
    check(MoodleSettings::new("moodle", token()), "url").await;
    check(MoodleSettings::new("https://moodle.example.ac.uk", Secret::new(" ")), "token").await;
    let fine = MoodleSettings::new("https://moodle.example.ac.uk", token());
    check(MoodleSettings { ca_file: Some("/nowhere/ca.pem".into()), ..fine }, "ca_file").await;
}
