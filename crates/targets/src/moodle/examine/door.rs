//! The way in: address, certificate, web services, protocol, token, account, service (features D1–D4, D7, D9, D10, D16).
//!
//! Not here: what may be done inside.
//!
//! Moodle refuses with `accessexception` for ten different reasons (facts/moodle-ws.md §3). Three things tell some of
//! them apart: a name that no function has is looked up only after the token, the account and the protocol were
//! accepted (`webservice/lib.php` of Moodle: `authenticate_user` before `load_function_info`); an expired token is
//! unknown at its second use; and a site with debugging says the reason, always in English.

use serde::Deserialize;

use super::super::client::Client;
use super::super::errors::{CallError, Kind, codes};
use super::super::functions::{Function, SiteRow};
use super::needs::capability;
use super::notes::Notes;
use super::{Granted, Step, form};

/// A name that no function of Moodle has.
const NO_SUCH_FUNCTION: &str = "muster_no_such_function";

/// How a site answers the mobile app that asks whether web services are on.
#[derive(Deserialize)]
struct LoginAnswer {
    errorcode: Option<String>,
}

/// Asks the site who it is. Where it does not answer that, the reason is noted and nothing more can be tried.
pub(super) async fn knock(client: &Client, notes: &mut Notes) -> Option<SiteRow> {
    let heard = client.ask::<SiteRow>(Function::GetSiteInfo.name(), &form()).await;
    notes.server_date = heard.date;
    match heard.result {
        Ok(site) => {
            site_answers(&site, &client.settings.url, notes);
            notes.ok(Step::WebServices, "web services are on");
            notes.ok(Step::Rest, "the REST protocol is on");
            token_is_accepted(notes);
            notes.ok(Step::Service, "the service is enabled and lets the user in");
            notes.ok(Step::AuthorisedUsers, "the user is among them, or the service lists none");
            Some(site)
        }
        Err(error) if &*error.code == "http_403" => {
            notes.ok(Step::Address, format!("{} answers", client.settings.url));
            forbidden(client, notes).await;
            None
        }
        Err(error) if &*error.code == "http_redirect" => {
            redirected(heard.location.as_deref(), &client.settings.url, notes);
            None
        }
        Err(error) if is_of_the_way(&error) => {
            notes.wrong(
                Step::Address,
                error.in_words(),
                format!("{}; {} has the address as the site knows it", error.next_step, Step::Address.page()),
            );
            None
        }
        Err(error) => {
            notes.ok(Step::Address, format!("{} answers", client.settings.url));
            notes.ok(Step::WebServices, "web services are on");
            notes.ok(Step::Rest, "the REST protocol is on");
            refused(client, &error, notes).await;
            None
        }
    }
}

fn site_answers(site: &SiteRow, configured: &str, notes: &mut Notes) {
    let is_its_own = site.siteurl.trim_end_matches('/') == configured.trim().trim_end_matches('/');
    let advice = if is_its_own {
        String::new()
    } else {
        format!("set `url` in [moodle] to the site's own: {}", site.siteurl)
    };
    notes.advise(Step::Address, format!("{} answers at {configured}", site.sitename), advice);
}

/// Notes what a token that was accepted proves.
fn token_is_accepted(notes: &mut Notes) {
    notes.ok(
        Step::Account,
        "the account works; any no-reply address will do for it, and no SQL is needed to set one",
    );
    notes.ok(
        Step::Token,
        format!("the token is accepted; until when only Moodle shows: {}", Step::Token.page()),
    );
    notes.capability(capability::REST, Granted::Yes);
}

/// Tells whether a failure happened before Moodle's web services had a say.
fn is_of_the_way(error: &CallError) -> bool {
    let never_moodle = matches!(&*error.code, codes::TLS | "http_401" | "http_404" | codes::NOT_JSON);
    never_moodle || error.kind == Kind::Transient || error.kind == Kind::Protocol
}

fn redirected(location: Option<&str>, configured: &str, notes: &mut Notes) {
    let own = location.and_then(|location| location.split("/webservice/").next()).unwrap_or_default();
    let page = Step::Address.page();
    let found = format!("{configured} redirects: it is not the site's own address");
    let remedy = if own.is_empty() {
        format!("set `url` in [moodle] to the address in {page}")
    } else {
        format!("set `url` in [moodle] to {own}; compare {page}")
    };
    notes.wrong(Step::Address, found, remedy);
}

/// 403 is web services or the protocol (facts/moodle-ws.md §3). `login/token.php` needs the first and not the second:
/// it answers `enablewsdescription` where web services are off, and something else in JSON where they are on.
async fn forbidden(client: &Client, notes: &mut Notes) {
    let answer: Option<LoginAnswer> = client.page("/login/token.php?appsitecheck=1").await;
    let on = format!("{}: switch them on", Step::WebServices.page());
    let protocol = format!("{}: switch REST on", Step::Rest.page());
    match answer {
        Some(answer) if answer.errorcode.as_deref() == Some("enablewsdescription") => {
            notes.wrong(Step::WebServices, "web services are off", on);
        }
        Some(_) => {
            notes.ok(Step::WebServices, "web services are on");
            notes.wrong(Step::Rest, "the REST protocol is off", protocol);
        }
        None => notes.wrong_or(
            Step::WebServices,
            &[Step::Rest],
            "403: web services or the REST protocol are off, or something in front of Moodle keeps us out",
            format!("{on}; {protocol}"),
        ),
    }
}

/// Finds out why the site refuses the very first function.
async fn refused(client: &Client, error: &CallError, notes: &mut Notes) {
    let account = Step::Account.page();
    match &*error.code {
        "invalidtoken" => token_is_unknown("Moodle does not know the token", notes),
        "wsaccessusersuspended"
        | "wsaccessuserunconfirmed"
        | "wsaccessusernologin"
        | "wsaccessuserdeleted" => {
            notes.ok(Step::Token, "Moodle knows the token");
            notes.wrong(Step::Account, error.meaning.as_ref(), format!("{account}: {}", error.next_step));
        }
        "accessexception" => access_refused(client, error, notes).await,
        _ => notes.wrong(
            Step::Service,
            format!("Moodle answers the first question with {}", error.in_words()),
            format!("{}; {}", error.next_step, Step::Service.page()),
        ),
    }
}

fn token_is_unknown(found: &str, notes: &mut Notes) {
    let page = Step::Token.page();
    notes.wrong(Step::Token, found, format!("{page}: make a token and put it where [moodle] token points"));
}

async fn access_refused(client: &Client, error: &CallError, notes: &mut Notes) {
    let second = client.ask::<serde::de::IgnoredAny>(NO_SUCH_FUNCTION, &form()).await.result;
    let second = second.err().map(|error| (error.is_missing_record(), error.code));
    match second {
        Some((_, code)) if &*code == "invalidtoken" => {
            token_is_unknown("the token was past its end; Moodle has deleted it", notes);
        }
        Some((true, _)) => {
            token_is_accepted(notes);
            service_refused(client, notes).await;
        }
        Some(_) | None => entry_refused(&error.shown, notes),
    }
}

/// Moodle refuses the token, the account or the protocol, without a word unless debugging is on.
fn entry_refused(debuginfo: &str, notes: &mut Notes) {
    let role = format!("{}: allow {} in the role", Step::Role.page(), capability::REST);
    let token = format!("{}: take the token's IP restriction away, or add this machine", Step::Token.page());
    let account = format!("{}: activate the account", Step::Account.page());
    if debuginfo.contains(capability::REST) {
        notes.capability(capability::REST, Granted::No);
        notes.ok(Step::Token, "the token is accepted");
        notes.ok(Step::Account, "the account works");
        notes.wrong(Step::Role, format!("the role lacks {}", capability::REST), role);
    } else if debuginfo.contains("IP") && debuginfo.contains("not supported") {
        notes.wrong(Step::Token, "the token may not be used from this machine", token);
    } else if debuginfo.contains("Refused web service access") {
        notes.ok(Step::Token, "Moodle knows the token");
        notes.wrong(
            Step::Account,
            "the account is suspended, unconfirmed, deleted, or has no login",
            account,
        );
    } else {
        let found = "Moodle refuses before it looks at the service, and does not say why: the role lacks \
                     webservice/rest:use, the token is bound to other machines, or (before Moodle 4.0) the account is \
                     suspended or has no login";
        notes.wrong_or(
            Step::Role,
            &[Step::Token, Step::Account],
            found,
            format!("{role}; {token}; {account}"),
        );
    }
}

/// The token works and its service refuses: everything, or only the first function? A function that is called without
/// its parameters does nothing and is refused as such, if it may be called at all.
async fn service_refused(client: &Client, notes: &mut Notes) {
    for function in [
        Function::GetCourseGroups,
        Function::GetGroupMembers,
        Function::GetEnrolledUsers,
        Function::GetGroups,
    ] {
        let answer = client.ask::<serde::de::IgnoredAny>(function.name(), &form()).await.result;
        if answer.err().is_some_and(|error| &*error.code == "invalidparameter") {
            let first = Function::GetSiteInfo.name();
            notes.ok(Step::Service, "the service is enabled and lets the user in");
            notes.ok(Step::AuthorisedUsers, "the user is among them, or the service lists none");
            notes.wrong(
                Step::Functions,
                format!("the service lacks {first}, without which the others cannot be compared"),
                format!("{}: add {first}, then check again", Step::Functions.page()),
            );
            return;
        }
    }
    let service = Step::Service.page();
    let users = Step::AuthorisedUsers.page();
    notes.wrong_or(
        Step::Service,
        &[Step::AuthorisedUsers, Step::Functions],
        "the service refuses every function and Moodle does not say why: it is disabled, demands a capability, holds \
         none of the functions, or does not list the user (a \"valid until\" in the future refuses as well, and an IP \
         restriction)",
        format!("{service}: enable it, demand no capability; {users}: add the user, leave \"valid until\" empty"),
    );
}
