//! The way in, done wrong: address, web services, protocol, account, token, service.
//!
//! Not here: what may be done inside (`inside.rs`).

use simulators::moodle::{Release, Rights, Server, Settings, World};
use targets::moodle::{MoodleSettings, Step, Verdict, examine};
use targets::secret::Secret;

use super::{
    ELSEWHERE, LEAST, check, check_site, debugging, examined, in_order, least_token, only, proof, scope,
    sound, token,
};
use crate::campus::{SERVICE_USER, TOKEN, settings};

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
async fn d07_a_service_that_refuses_everything_is_seen() {
    let service = ["disabled", "External services > Edit"];
    let found = check(|world| token(world).service_enabled = false, Step::Service, &service).await;
    assert_eq!(proof(&found, Step::Service).or, [Step::AuthorisedUsers, Step::Functions]);
    assert_eq!(proof(&found, Step::Token).verdict, Verdict::Ok);
    let demand = |world: &mut World| token(world).required_capability = Some("moodle/site:config".to_owned());
    check(demand, Step::Service, &["demands a capability", "External services > Edit"]).await;
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
async fn d10_a_token_of_another_machine_is_named_where_debugging_is_on_and_suspected_where_not() {
    let change = |world: &mut World| token(world).only_from = Some(ELSEWHERE);
    let says = ["may not be used from this machine", "Manage tokens"];
    check_site(debugging(), change, Step::Token, &says).await;
    let found = check(change, Step::Role, &["bound to other machines", "Manage tokens"]).await;
    assert!(proof(&found, Step::Role).or.contains(&Step::Token));
}

#[tokio::test]
async fn d10_an_unknown_and_an_expired_token_are_seen() {
    let page = "Manage tokens";
    let found = check(|world| _ = world.remove_token(TOKEN), Step::Token, &["does not know", page]).await;
    assert_eq!(proof(&found, Step::Rest).verdict, Verdict::Ok);
    check(|world| token(world).valid_until = Some(1), Step::Token, &["past its end", page]).await;
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
async fn d16_a_site_in_maintenance_is_no_mistake_of_the_set_up() {
    check(|world| world.site.maintenance = true, Step::Address, &["maintenance", "run again"]).await;
    check(|world| world.site.cli_maintenance = true, Step::Address, &["maintenance", "run again"]).await;
    check(|world| world.site.database_down = true, Step::Address, &["database"]).await;
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
