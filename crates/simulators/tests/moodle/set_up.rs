//! facts/moodle-ws.md §3, and each set-up step D1–D13 of features.md done wrong.

use std::net::{IpAddr, Ipv4Addr};

use simulators::moodle::{Functions, HttpRequest, Release, Rights, Token, answer};

use crate::lab::{CALLER, COURSE, Lab, SECRET, WWWROOT};

const PROBE: &str = "core_group_get_course_groups";

/// Status and code of the probe after a change.
fn probe(release: Release, change: impl FnOnce(&mut Lab)) -> (u16, String) {
    let mut lab = Lab::running(release);
    change(&mut lab);
    let answer = lab.http(PROBE, &format!("courseid={COURSE}"));
    (answer.status, answer.errorcode.unwrap_or_else(|| "ok".to_owned()))
}

fn check(change: impl FnOnce(&mut Lab), status: u16, code: &str) {
    assert_eq!(probe(Release::V4_5, change), (status, code.to_owned()));
}

fn token(lab: &mut Lab) -> &mut Token {
    lab.world.token_mut(SECRET).unwrap()
}

const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// D1, D2
#[test]
fn web_services_or_rest_switched_off_is_403_with_an_empty_body() {
    check(|lab| lab.world.site.web_services = false, 403, "ok");
    check(|lab| lab.world.site.rest_protocol = false, 403, "ok");
    let mut lab = Lab::new();
    lab.world.site.rest_protocol = false;
    assert!(lab.http(PROBE, "").body.is_empty());
}

/// D1, D2
#[test]
fn the_login_page_tells_web_services_from_the_protocol() {
    let asked = |change: fn(&mut Lab)| {
        let mut lab = Lab::new();
        change(&mut lab);
        let mut request = HttpRequest::post("appsitecheck=1", "");
        request.path = "/login/token.php".to_owned();
        let answer = answer(&mut lab.world, WWWROOT, &request);
        assert_eq!((answer.status, answer.content_type), (200, "application/json; charset=utf-8"));
        String::from_utf8(answer.body).unwrap()
    };
    assert!(asked(|_| {}).contains("\"appsitecheck\":\"ok\""));
    assert!(asked(|lab| lab.world.site.rest_protocol = false).contains("\"appsitecheck\":\"ok\""));
    assert!(asked(|lab| lab.world.site.web_services = false).contains("enablewsdescription"));
}

/// D3, D15
#[test]
fn name_and_password_work_at_the_simple_server_only() {
    let mut lab = Lab::new();
    lab.world.add_password("service", "password-for-tests", SECRET);
    let mut call = |path: &str, password: &str| {
        let form =
            format!("wsusername=service&wspassword={password}&wsfunction=core_webservice_get_site_info");
        let mut request = HttpRequest::post("moodlewsrestformat=json", &form);
        request.path = format!("/webservice/rest/{path}");
        answer(&mut lab.world, WWWROOT, &request).errorcode
    };
    assert_eq!(call("simpleserver.php", "password-for-tests"), None);
    assert_eq!(call("simpleserver.php", "wrong").as_deref(), Some("accessexception"));
    assert_eq!(call("server.php", "password-for-tests").as_deref(), Some("invalidtoken"));
}

/// D4
#[test]
fn a_refused_account_has_its_own_code_since_4_0() {
    type Change = fn(&mut Lab);
    let cases: [(Change, &str); 4] = [
        (
            |lab| {
                lab.world.suspend_user(CALLER);
            },
            "wsaccessusersuspended",
        ),
        (
            |lab| {
                lab.world.delete_user(CALLER);
            },
            "wsaccessuserdeleted",
        ),
        (
            |lab| {
                lab.world.change_user(CALLER, |user| user.confirmed = false);
            },
            "wsaccessuserunconfirmed",
        ),
        (
            |lab| {
                lab.world.change_user(CALLER, |user| user.nologin = true);
            },
            "wsaccessusernologin",
        ),
    ];
    for (change, code) in cases {
        assert_eq!(probe(Release::V4_5, change), (200, code.to_owned()));
        assert_eq!(probe(Release::V3_11, change), (200, "accessexception".to_owned()), "{code} in 3.11");
    }
}

/// D5
#[test]
fn a_role_without_the_protocol_or_a_capability_is_told_apart() {
    let with = |rights: Rights| {
        move |lab: &mut Lab| lab.world.add_token(Token::new(SECRET, CALLER).with_rights(rights))
    };
    check(with(Rights::manager().without("webservice/rest:use")), 200, "accessexception");
    check(with(Rights::manager().without("moodle/course:managegroups")), 200, "nopermissions");
    check(with(Rights::manager().without("moodle/course:view")), 200, "errorcoursecontextnotvalid");
    let least = ["webservice/rest:use", "moodle/course:view", "moodle/course:managegroups"];
    check(with(Rights::of(least)), 200, "ok");
}

/// D5
#[test]
fn the_protocol_is_demanded_before_the_function_is_looked_up() {
    let unknown = "no_such_function";
    let mut lab = Lab::new();
    assert_eq!(lab.code(unknown, ""), "invalidrecord");
    token(&mut lab).service_enabled = false;
    assert_eq!(lab.code(unknown, ""), "invalidrecord");
    let rights = Rights::manager().without("webservice/rest:use");
    lab.world.add_token(Token::new(SECRET, CALLER).with_rights(rights));
    assert_eq!(lab.code(unknown, ""), "accessexception");
}

/// D6
#[test]
fn a_role_in_one_category_reaches_only_its_courses() {
    let rights = |course| {
        let inside = ["moodle/course:view", "moodle/course:managegroups"];
        Rights::of(["webservice/rest:use"]).in_course(course, inside)
    };
    let grant = |course| {
        move |lab: &mut Lab| lab.world.add_token(Token::new(SECRET, CALLER).with_rights(rights(course)))
    };
    check(grant(COURSE), 200, "ok");
    check(grant(COURSE + 1), 200, "errorcoursecontextnotvalid");
}

/// D7
#[test]
fn every_refusal_of_the_service_looks_the_same() {
    check(|lab| token(lab).service_enabled = false, 200, "accessexception");
    check(
        |lab| token(lab).required_capability = Some("moodle/site:config".to_owned()),
        200,
        "accessexception",
    );
    check(|lab| token(lab).user_authorised_from = Some(ELSEWHERE), 200, "accessexception");
}

/// D8
#[test]
fn a_function_outside_the_service_is_refused_and_missing_from_site_info() {
    let only = ["core_webservice_get_site_info", "core_group_create_groups"];
    check(|lab| token(lab).functions = Functions::only(only), 200, "accessexception");
    let mut lab = Lab::new();
    token(&mut lab).functions = Functions::only(only);
    let info = lab.ok("core_webservice_get_site_info", "");
    assert_eq!(
        crate::lab::strings(&info["functions"], "name"),
        ["core_group_create_groups", "core_webservice_get_site_info"]
    );
}

/// D9
#[test]
fn an_authorisation_with_a_date_in_the_future_refuses_and_a_past_one_is_accepted() {
    check(|lab| token(lab).user_authorised = false, 200, "accessexception");
    check(|lab| token(lab).user_authorised_until = Some(lab.now + 1), 200, "accessexception");
    check(|lab| token(lab).user_authorised_until = Some(1), 200, "ok");
}

/// D10
#[test]
fn a_token_can_be_unknown_expired_or_bound_to_an_address() {
    check(
        |lab| {
            lab.world.remove_token(SECRET);
        },
        200,
        "invalidtoken",
    );
    check(|lab| token(lab).only_from = Some(ELSEWHERE), 200, "accessexception");
    check(|lab| token(lab).only_from = Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), 200, "ok");
}

/// §3
#[test]
fn an_expired_token_is_refused_once_and_then_deleted() {
    let mut lab = Lab::new();
    token(&mut lab).valid_until = Some(lab.now - 1);
    assert_eq!(lab.code(PROBE, ""), "accessexception");
    assert_eq!(lab.code(PROBE, ""), "invalidtoken");
}

/// D11
#[test]
fn site_info_tells_as_whom_the_token_acts() {
    let info = Lab::new().ok("core_webservice_get_site_info", "");
    assert_eq!((info["userid"].as_i64(), info["username"].as_str()), (Some(CALLER), Some("service")));
}

/// D12
#[test]
fn a_policy_that_was_not_agreed_closes_courses_but_not_site_info() {
    let mut lab = Lab::new();
    lab.world.site.policy = true;
    let error = lab.call(PROBE, &format!("courseid={COURSE}"));
    assert_eq!(error["errorcode"], "errorcoursecontextnotvalid");
    assert!(error["message"].as_str().unwrap().contains("olicy not agreed"));
    assert_eq!(lab.ok("core_webservice_get_site_info", "")["policyagreed"], 0);
    lab.world.change_user(CALLER, |user| user.policy_agreed = true);
    assert_eq!(lab.code(PROBE, &format!("courseid={COURSE}")), "ok");
}

/// §3
#[test]
fn a_forced_password_an_empty_profile_and_a_hidden_course_give_the_same_code() {
    let code = "errorcoursecontextnotvalid";
    check(
        |lab| {
            lab.world.change_user(CALLER, |user| user.must_change_password = true);
        },
        200,
        code,
    );
    check(
        |lab| {
            lab.world.change_user(CALLER, |user| user.profile_incomplete = true);
        },
        200,
        code,
    );
    let hide = |lab: &mut Lab| {
        lab.world.change_course(COURSE, |course| course.visible = false);
    };
    check(hide, 200, "ok");
    let and_blind = |lab: &mut Lab| {
        hide(lab);
        let rights = Rights::manager().without("moodle/course:viewhiddencourses");
        lab.world.add_token(Token::new(SECRET, CALLER).with_rights(rights));
    };
    check(and_blind, 200, code);
}

/// §3
#[test]
fn states_of_the_site_have_their_answers() {
    check(|lab| lab.world.site.maintenance = true, 200, "sitemaintenance");
    check(|lab| lab.world.site.upgrade_running = true, 200, "upgraderunning");
    check(|lab| lab.world.site.database_down = true, 200, "dbconnectionfailed");
    check(|lab| lab.world.site.cli_maintenance = true, 503, "ok");
    let privileged = |lab: &mut Lab| {
        lab.world.site.maintenance = true;
        let rights = Rights::manager().with("moodle/site:maintenanceaccess");
        lab.world.add_token(Token::new(SECRET, CALLER).with_rights(rights));
    };
    check(privileged, 200, "ok");
    let mut lab = Lab::new();
    lab.world.site.cli_maintenance = true;
    assert_eq!(lab.http(PROBE, "").header, Some(("retry-after", "300".to_owned())));
}

/// §3
#[test]
fn the_proxy_has_limits() {
    let mut lab = Lab::new();
    assert_eq!(answer(&mut lab.world, WWWROOT, &HttpRequest::post(&"x".repeat(9000), "")).status, 414);
    assert_eq!(answer(&mut lab.world, WWWROOT, &HttpRequest::post("", &"x".repeat(65 << 20))).status, 413);
}
