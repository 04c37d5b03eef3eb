//! One HTTP request to the REST endpoint and its answer, without a socket (facts/moodle-ws.md §1, §3).
//!
//! Not here: connections and faults (`server.rs`).
//!
//! Invariant: the answer depends on the request and the world alone; the time comes with the request.

use std::net::{IpAddr, Ipv4Addr};

use super::form;
use super::write;
use crate::moodle::functions;
use crate::moodle::parameters::Record;
use crate::moodle::refusal::Refusal;
use crate::moodle::settings::Settings;
use crate::moodle::value::Value;
use crate::moodle::world::{Disturbance, Request, World};

const ENDPOINT: &str = "/webservice/rest/server.php";
const PASSWORD_ENDPOINT: &str = "/webservice/rest/simpleserver.php";
const LOGIN_ENDPOINT: &str = "/login/token.php";

/// What arrives.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    /// The path, from the first slash.
    pub path: String,
    /// The query string, without the question mark.
    pub query: String,
    /// The `Content-Type` header, or nothing.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
    /// The caller's address.
    pub address: IpAddr,
    /// The time, in Unix seconds.
    pub now: i64,
}

impl HttpRequest {
    /// A form sent by POST to the token endpoint from this machine at the time 0.
    #[must_use]
    pub fn post(query: &str, body: &str) -> HttpRequest {
        HttpRequest {
            path: ENDPOINT.to_owned(),
            query: query.to_owned(),
            content_type: "application/x-www-form-urlencoded".to_owned(),
            body: body.as_bytes().to_vec(),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            now: 0,
        }
    }
}

/// What goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The `Content-Type` header.
    pub content_type: &'static str,
    /// One more header that this answer needs: `Retry-After` or `Location`.
    pub header: Option<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The error code of the exception inside, if there is one: empty for a PHP error without a code.
    pub errorcode: Option<String>,
}

impl HttpAnswer {
    /// A page of HTML by the web server or the proxy.
    pub(super) fn page(status: u16, body: &str) -> HttpAnswer {
        let body = body.as_bytes().to_vec();
        HttpAnswer { status, content_type: "text/html; charset=UTF-8", header: None, body, errorcode: None }
    }
}

/// A request, read: what the fault rules and the record of calls need to know of it.
pub(super) struct Incoming {
    pub(super) function: String,
    pub(super) items: usize,
    pub(super) is_write: bool,
    token: String,
    username: Option<String>,
    password: Option<String>,
    is_json: bool,
    raw: bool,
    parameters: Record,
}

impl Incoming {
    /// Reads query string and body; the body wins (§1.1). The two are limited separately, and PHP lets one more
    /// than the limit through for an urlencoded body (§8).
    pub(super) fn read(request: &HttpRequest, settings: &Settings) -> Incoming {
        let limit = settings.max_input_vars;
        let mut parameters = form::parse_urlencoded(request.query.as_bytes(), limit);
        if request.content_type.starts_with("application/x-www-form-urlencoded") {
            parameters.overlay(form::parse_urlencoded(&request.body, limit + 1));
        } else if let Some(boundary) = form::boundary(&request.content_type) {
            parameters.overlay(form::parse_multipart(&request.body, boundary, limit));
        }
        let mut reserved = |name| parameters.take_reserved(name);
        let function = reserved("wsfunction").unwrap_or_default();
        let token = reserved("wstoken").unwrap_or_default();
        let (username, password) = (reserved("wsusername"), reserved("wspassword"));
        let is_json = reserved("moodlewsrestformat").is_some_and(|format| format == "json");
        let raw = reserved("moodlewssettingraw").is_some_and(|raw| matches!(raw.as_str(), "1" | "true"));
        for setting in ["fileurl", "filter", "lang", "timezone"] {
            parameters.take_reserved(&format!("moodlewssetting{setting}"));
        }
        let is_write = functions::is_write(&function);
        let items = parameters.item_count();
        Incoming { function, items, is_write, token, username, password, is_json, raw, parameters }
    }
}

/// Answers one request as the site at `wwwroot` would.
#[must_use]
pub fn answer(world: &mut World, wwwroot: &str, request: &HttpRequest) -> HttpAnswer {
    let incoming = Incoming::read(request, world.settings());
    respond(world, wwwroot, request, incoming, Disturbance::Nothing)
}

/// Answers a request that was read.
pub(super) fn respond(
    world: &mut World,
    wwwroot: &str,
    request: &HttpRequest,
    incoming: Incoming,
    disturbance: Disturbance,
) -> HttpAnswer {
    if let Some(page) = refused_before_moodle(world, request) {
        return page;
    }
    let is_json = incoming.is_json;
    let result = called(world, wwwroot, request, incoming, disturbance);
    written(world.settings(), is_json, result)
}

/// What the proxy, the web server, or Moodle before its web services says (§3).
fn refused_before_moodle(world: &World, request: &HttpRequest) -> Option<HttpAnswer> {
    let settings = world.settings();
    if request.path.len() + request.query.len() > settings.url_bytes_max {
        return Some(HttpAnswer::page(414, "<h1>414 Request-URI Too Large</h1>"));
    }
    if request.body.len() > settings.body_bytes_max {
        return Some(HttpAnswer::page(413, "<h1>413 Request Entity Too Large</h1>"));
    }
    if request.path == LOGIN_ENDPOINT {
        return Some(login_answer(world));
    }
    if request.path != ENDPOINT && request.path != PASSWORD_ENDPOINT {
        return Some(HttpAnswer::page(404, "<h1>404 Not Found</h1>"));
    }
    if world.site.cli_maintenance {
        let header = Some(("retry-after", "300".to_owned()));
        let page = HttpAnswer::page(503, "<h1>This site is undergoing maintenance</h1>");
        return Some(HttpAnswer { header, ..page });
    }
    let site_is_up = !world.site.database_down && !world.site.upgrade_running;
    if site_is_up && !(world.site.web_services && world.site.rest_protocol) {
        return Some(HttpAnswer::page(403, ""));
    }
    None
}

/// `login/token.php?appsitecheck=1`, by which the mobile app sees whether web services are on: it needs neither
/// account nor protocol (Moodle's `login/token.php`; read in its code, not measured).
fn login_answer(world: &World) -> HttpAnswer {
    let body: &[u8] = if world.site.web_services {
        br#"{"appsitecheck":"ok"}"#
    } else {
        br#"{"error":"Web services must be enabled in Advanced features.","errorcode":"enablewsdescription"}"#
    };
    let content_type = "application/json; charset=utf-8";
    HttpAnswer { status: 200, content_type, header: None, body: body.to_vec(), errorcode: None }
}

fn called(
    world: &mut World,
    wwwroot: &str,
    request: &HttpRequest,
    incoming: Incoming,
    disturbance: Disturbance,
) -> Result<Value, Refusal> {
    if world.site.database_down {
        return Err(Refusal::connection());
    }
    if world.site.upgrade_running {
        return Err(Refusal::moodle("upgraderunning", "Site is being upgraded, please retry later."));
    }
    let token = if request.path == PASSWORD_ENDPOINT {
        let username = incoming.username.as_deref().unwrap_or_default();
        let password = incoming.password.as_deref().unwrap_or_default();
        let token = world.token_for_password(username, password);
        token.ok_or_else(|| Refusal::access("Wrong username or password"))?.to_owned()
    } else {
        incoming.token
    };
    world.call(Request {
        token,
        function: incoming.function,
        parameters: incoming.parameters,
        raw: incoming.raw,
        address: request.address,
        now: request.now,
        wwwroot: wwwroot.to_owned(),
        disturbance,
    })
}

fn written(settings: &Settings, is_json: bool, result: Result<Value, Refusal>) -> HttpAnswer {
    let (body, errorcode) = match &result {
        Ok(value) => (if is_json { write::json(value) } else { write::xml(value) }, None),
        Err(refusal) => {
            let exception = refusal.seen(settings);
            let errorcode = exception.errorcode.unwrap_or_default().to_owned();
            // The error text quotes bytes that cannot be encoded, so nothing is sent (§2).
            let body = match is_json {
                true if refusal.unprintable && settings.debugging => String::new(),
                true => write::json_exception(&exception),
                false => write::xml_exception(&exception),
            };
            (body, Some(errorcode))
        }
    };
    let content_type = if is_json { "application/json" } else { "application/xml; charset=utf-8" };
    HttpAnswer { status: 200, content_type, header: None, body: body.into_bytes(), errorcode }
}
