//! One request to Moodle and its answer.
//!
//! Not here: what the functions mean (`functions.rs`), what their failures mean (`errors.rs`).
//!
//! Invariant: success is status 200, content type JSON, and a body that parses whole and is no exception; everything
//! else is a [`CallError`] (facts/moodle-ws.md §12.2).
//! Invariant: redirects are never followed, because a redirected POST loses its body (facts/moodle-ws.md §3).
//! Invariant: only reads are repeated here; whether a write may be repeated is for `apply` to decide.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use backon::Retryable;
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, DATE, LOCATION};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::Instant;

use super::errors::{CallError, Kind, SHOWN_CHARS_MAX, TargetError, codes};
use super::form::{Form, shorten};
use super::functions::Function;
use super::limiter::{Health, Limiter};
use super::settings::MoodleSettings;
use crate::aftermath::Aftermath;
use crate::http::{self, Broken, broken};
use crate::journal::FailedCall;

/// How many failed calls are kept until somebody takes them.
const FAILED_CALLS_KEPT_MAX: usize = 1_000;

/// Talks to one Moodle.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    endpoint: Url,
    pub(super) settings: MoodleSettings,
    pub(super) limiter: Limiter,
    reads: AtomicU64,
    writes: AtomicU64,
    troubled: AtomicU64,
    failures: AtomicU64,
    failed: Mutex<Vec<FailedCall>>,
}

/// How many calls were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCounts {
    /// Calls that read, repetitions included.
    pub reads: u64,
    /// Calls that write, repetitions included.
    pub writes: u64,
    /// Calls of either sort that failed for reasons of the platform, not of an element.
    pub troubled: u64,
}

/// An exception inside an answer (facts/moodle-ws.md §2).
#[derive(Deserialize)]
struct Exception {
    exception: String,
    errorcode: Option<String>,
    message: Option<String>,
    debuginfo: Option<String>,
}

impl Client {
    pub(crate) fn new(settings: MoodleSettings) -> Result<Client, TargetError> {
        let endpoint = endpoint(&settings)?;
        if settings.token.is_empty() {
            return Err(setting("token", "it is empty; make a token for the web service user in Moodle"));
        }
        let http = http::client(settings.timeout, settings.ca_file.as_deref())
            .map_err(|problem| setting("ca_file", &problem))?;
        let limiter = Limiter::new(settings.concurrency_max);
        Ok(Client {
            http,
            endpoint,
            settings,
            limiter,
            reads: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            troubled: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            failed: Mutex::default(),
        })
    }

    /// Calls a function that reads, and repeats it while the failure is of the passing kind.
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        function: Function,
        form: &Form,
    ) -> Result<T, CallError> {
        let attempt = || async {
            self.reads.fetch_add(1, Ordering::Relaxed);
            self.call(function, form, Effort::Read).await
        };
        let mut failures = Vec::new();
        let answer = attempt
            .retry(self.settings.retry.backoff())
            .sleep(tokio::time::sleep)
            // A garbled answer to a read costs nothing to ask for again; a stable one fails in the end.
            .when(|error: &CallError| {
                failures.push(error.request);
                error.kind == Kind::Transient
                    || matches!(
                        &*error.code,
                        codes::EMPTY_ANSWER
                            | codes::TEXT_BEFORE_JSON
                            | codes::NOT_JSON
                            | codes::UNEXPECTED_SHAPE
                    )
            })
            .await;
        if answer.is_ok() && !failures.is_empty() {
            self.note_answered(&failures);
        }
        answer
    }

    /// Calls a function that writes, once.
    pub(crate) async fn write<T: DeserializeOwned>(
        &self,
        function: Function,
        form: &Form,
    ) -> Result<T, CallError> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.call(function, form, Effort::Write).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        function: Function,
        form: &Form,
        effort: Effort,
    ) -> Result<T, CallError> {
        let name = function.name();
        let permit = self.limiter.enter().await;
        let began = Instant::now();
        let result = self.request(name, form).await;
        let took = began.elapsed();
        match result.and_then(|answer| answer.read(name, &self.settings)) {
            Ok(value) => {
                permit.finish(name, form.elements, took, Health::Answered);
                tracing::debug!(
                    function = name,
                    elements = form.elements,
                    milliseconds = took.as_millis(),
                    "called Moodle"
                );
                Ok(value)
            }
            Err(mut error) => {
                let troubled = error.kind != Kind::Item;
                let health = if error.kind == Kind::Transient { Health::Troubled } else { Health::Answered };
                permit.finish(name, form.elements, took, health);
                if troubled {
                    self.troubled.fetch_add(1, Ordering::Relaxed);
                }
                error.request = self.record(&error, form, effort, took);
                Err(error)
            }
        }
    }

    /// Takes as many results as were asked for. With another number the call has failed although its answer was a good
    /// one, and is kept for the log like any other that failed.
    pub(super) fn counted<T>(
        &self,
        function: Function,
        form: &Form,
        rows: Vec<T>,
        asked: Asked,
    ) -> Result<Vec<T>, CallError> {
        let Asked { results, effort, took } = asked;
        if rows.len() == results {
            return Ok(rows);
        }
        let shown = format!("{} results for {results} elements", rows.len());
        let error = CallError::new(function.name(), codes::RESULT_COUNT, &shown);
        self.troubled.fetch_add(1, Ordering::Relaxed);
        Err(CallError { request: self.record(&error, form, effort, took), ..error })
    }

    /// Calls a function once, by any name, for an examination: nothing is repeated, and a refusal is an answer that
    /// belongs in no log.
    pub(super) async fn ask<T: DeserializeOwned>(&self, function: &'static str, form: &Form) -> Heard<T> {
        match self.request(function, form).await {
            Ok(answer) => {
                let result = answer.read(function, &self.settings);
                Heard { result, date: answer.date, location: answer.location }
            }
            Err(error) => Heard { result: Err(error), date: None, location: None },
        }
    }

    /// Reads a page of the site as JSON, without the token; nothing where it is no JSON.
    pub(super) async fn page<T: DeserializeOwned>(&self, path_and_query: &str) -> Option<T> {
        let base = self.settings.url.trim().trim_end_matches('/');
        let response = self.http.get(format!("{base}{path_and_query}")).send().await.ok()?;
        serde_json::from_slice(&response.bytes().await.ok()?).ok()
    }

    async fn request(&self, function: &'static str, form: &Form) -> Result<Answer, CallError> {
        let sent = self
            .http
            .post(self.endpoint.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.body(&self.settings.token, function))
            .send()
            .await;
        let response = sent.map_err(|error| transport_error(function, error))?;
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let is_json = header(CONTENT_TYPE).is_some_and(|value| value.contains("json"));
        let (date, location) = (header(DATE).map(str::to_owned), header(LOCATION).map(str::to_owned));
        let body = response.bytes().await.map_err(|error| transport_error(function, error))?;
        Ok(Answer { status, is_json, date, location, body: body.into() })
    }

    /// Keeps a failed call for the log of REST errors, and gives it a number. The line of the log holds no personal
    /// data.
    fn record(&self, error: &CallError, form: &Form, effort: Effort, took: Duration) -> u64 {
        let request = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        tracing::warn!(
            request,
            function = error.function,
            code = &*error.code,
            kind = ?error.kind,
            course = form.course.map(|course| course.0),
            elements = form.elements,
            milliseconds = took.as_millis(),
            "a call to Moodle failed"
        );
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() < FAILED_CALLS_KEPT_MAX {
            failed.push(FailedCall {
                request,
                function: error.function,
                code: error.code.clone(),
                parameters: form.shown(&self.settings.token, SHOWN_CHARS_MAX).into(),
                answer: error.shown.clone(),
                course: form.course,
                groups: "".into(),
                people: "".into(),
                aftermath: match (effort, error.kind) {
                    (Effort::Write, _) => Aftermath::PassedOver,
                    (Effort::Read, Kind::Item) => Aftermath::Denied,
                    (Effort::Read, Kind::Configuration | Kind::Transient | Kind::Protocol) => {
                        Aftermath::GivenUp
                    }
                },
            });
        }
        request
    }

    fn note_answered(&self, requests: &[u64]) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        for call in failed.iter_mut().filter(|call| requests.contains(&call.request)) {
            call.aftermath = Aftermath::Answered;
        }
    }

    /// Hands out the failed calls that were not taken yet.
    pub(crate) fn take_failed(&self) -> Vec<FailedCall> {
        std::mem::take(&mut *self.failed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Hands out one failed call by its number; nothing if it was taken, or too many were kept already.
    pub(crate) fn take_failed_one(&self, request: u64) -> Option<FailedCall> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let place = failed.iter().position(|call| call.request == request)?;
        Some(failed.swap_remove(place))
    }

    pub(crate) fn counts(&self) -> CallCounts {
        CallCounts {
            reads: self.reads.load(Ordering::Relaxed),
            writes: self.writes.load(Ordering::Relaxed),
            troubled: self.troubled.load(Ordering::Relaxed),
        }
    }
}

/// Whether a call reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    Read,
    Write,
}

/// What was asked of a call whose number of results is known beforehand.
pub(super) struct Asked {
    /// How many results.
    pub(super) results: usize,
    /// Whether it read or wrote.
    pub(super) effort: Effort,
    /// How long it took.
    pub(super) took: Duration,
}

/// What an examination heard.
pub(super) struct Heard<T> {
    /// The value, or why there is none.
    pub(super) result: Result<T, CallError>,
    /// The clock of the web server, as it wrote it.
    pub(super) date: Option<String>,
    /// Where the site would rather be asked.
    pub(super) location: Option<String>,
}

/// What came back.
struct Answer {
    status: u16,
    is_json: bool,
    date: Option<String>,
    location: Option<String>,
    body: Vec<u8>,
}

impl Answer {
    /// Makes a value of the answer, or tells why it is none.
    fn read<T: DeserializeOwned>(
        &self,
        function: &'static str,
        settings: &MoodleSettings,
    ) -> Result<T, CallError> {
        let show = |text: &str| shorten(settings.token.redact(text).trim(), SHOWN_CHARS_MAX);
        let body = || show(&String::from_utf8_lossy(&self.body));
        if self.status != 200 {
            // A page of HTML says nothing that the status does not say.
            return Err(CallError::of_status(function, self.status, ""));
        }
        let fail = |code| Err(CallError::new(function, code, &body()));
        let Some(first) = self.body.iter().find(|byte| !byte.is_ascii_whitespace()) else {
            return Err(CallError::new(function, codes::EMPTY_ANSWER, ""));
        };
        if *first == b'{'
            && let Ok(exception) = serde_json::from_slice::<Exception>(&self.body)
        {
            return Err(exception.error(function, show));
        }
        if *first == b'<' {
            let ends_in_json =
                self.body.ends_with(b"]") || self.body.ends_with(b"}") || self.body.ends_with(b"null");
            return fail(if ends_in_json { codes::TEXT_BEFORE_JSON } else { codes::NOT_JSON });
        }
        if !self.is_json {
            return fail(codes::NOT_JSON);
        }
        match serde_json::from_slice(&self.body) {
            Ok(value) => Ok(value),
            Err(_) if serde_json::from_slice::<IgnoredAny>(&self.body).is_ok() => {
                fail(codes::UNEXPECTED_SHAPE)
            }
            Err(_) => fail(codes::NOT_JSON),
        }
    }
}

impl Exception {
    fn error(self, function: &'static str, show: impl Fn(&str) -> String) -> CallError {
        let message = self.message.unwrap_or_default();
        let said = match &self.debuginfo {
            Some(debuginfo) if !debuginfo.is_empty() => format!("{message} – {debuginfo}"),
            _ => message,
        };
        match self.errorcode {
            Some(code) if !code.is_empty() => CallError::new(function, &show(&code), &show(&said)),
            _ => CallError::new(function, codes::NO_ERRORCODE, &show(&format!("{}: {said}", self.exception))),
        }
    }
}

fn transport_error(function: &'static str, error: reqwest::Error) -> CallError {
    let (broken, reasons) = broken(&error);
    let code = match broken {
        Broken::NoTrust => codes::TLS,
        Broken::NoConnection => codes::NO_CONNECTION,
        Broken::Timeout => codes::TIMEOUT,
        Broken::NoAnswer => codes::NO_ANSWER,
    };
    CallError::new(function, code, &shorten(&reasons, SHOWN_CHARS_MAX))
}

fn endpoint(settings: &MoodleSettings) -> Result<Url, TargetError> {
    let base = settings.url.trim().trim_end_matches('/');
    let url = Url::parse(&format!("{base}/webservice/rest/server.php?moodlewsrestformat=json"))
        .map_err(|error| setting("url", &format!("{base:?} is no address: {error}")))?;
    http::may_carry(&url, settings.allow_http, "token", "Moodle")
        .map_err(|problem| setting("url", &problem))?;
    Ok(url)
}

fn setting(setting: &'static str, problem: &str) -> TargetError {
    TargetError::Setting { setting, problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn settings(url: &str) -> MoodleSettings {
        MoodleSettings::new(url, Secret::new("token-for-tests"))
    }

    fn check_answer(status: u16, is_json: bool, body: &str, expected: &str) {
        let answer = Answer { status, is_json, date: None, location: None, body: body.into() };
        let code = match answer.read::<Vec<i64>>("core_x", &settings("https://moodle.example.ac.uk")) {
            Ok(value) => format!("{value:?}"),
            Err(error) => {
                assert!(!format!("{error} {error:?}").contains("token-for-tests"));
                error.code.to_string()
            }
        };
        assert_eq!(code, expected, "{body}");
    }

    #[test]
    fn the_body_decides() {
        check_answer(200, true, "[1,2]", "[1, 2]");
        check_answer(
            200,
            true,
            r#"{"exception":"x","errorcode":"invalidtoken","message":"token-for-tests"}"#,
            "invalidtoken",
        );
        check_answer(200, true, r#"{"exception":"Error","message":"Attempt to assign"}"#, "no_errorcode");
        check_answer(200, true, r#"{"exception":"x","errorcode":"token-for-tests"}"#, "…");
        check_answer(200, true, "", "empty_answer");
        check_answer(200, true, r#"{"other":1}"#, "unexpected_shape");
        check_answer(200, true, "[1,", "not_json");
        check_answer(200, false, "<br /><b>Warning</b>: token-for-tests\nnull", "text_before_json");
        check_answer(200, false, "<html>hello</html>", "not_json");
        check_answer(200, false, "[1]", "not_json");
        check_answer(303, false, "", "http_redirect");
        check_answer(403, false, "", "http_403");
        check_answer(504, false, "<html>", "http_504");
    }

    #[test]
    fn the_token_travels_in_the_clear_only_where_that_was_allowed() {
        let check = |url: &str, is_fine| assert_eq!(endpoint(&settings(url)).is_ok(), is_fine, "{url}");
        check("https://moodle.example.ac.uk/sub/", true);
        check("http://127.0.0.1:8080", true);
        check("http://[::1]:8080", true);
        check("http://localhost", true);
        check("http://moodle.example.ac.uk", false);
        check("http://localhost.example.ac.uk", false);
        check("ftp://moodle.example.ac.uk", false);
        check("moodle.example.ac.uk", false);
        let allowed = MoodleSettings { allow_http: true, ..settings("http://moodle.example.ac.uk") };
        assert!(endpoint(&allowed).is_ok());
    }
}
