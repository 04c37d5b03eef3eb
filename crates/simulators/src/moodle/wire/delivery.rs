//! How an answer reaches its client, or does not: damage, silence, half an answer.
//!
//! Not here: whether the work was done (`server.rs`).

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;
use futures_util::{StreamExt, stream};

use super::http::HttpAnswer;
use crate::line::Caller;
use crate::moodle::faults::Fault;

/// The answer with the damage that some faults do to it.
pub(super) fn spoilt(mut answer: HttpAnswer, fault: Option<Fault>, is_write: bool) -> HttpAnswer {
    match fault {
        Some(Fault::Garbage) => answer.body = b"<html><body>{\"not\": json".to_vec(),
        Some(Fault::EmptyBody) => answer.body.clear(),
        Some(Fault::FewerResults) if is_write => drop_last_result(&mut answer.body),
        Some(Fault::TextBeforeJson) => {
            let warning = b"<br />\n<b>Warning</b>:  PHP Request Startup: Input variables exceeded 1000. \
                            in <b>Unknown</b> on line <b>0</b><br />\n";
            answer.body = [warning.as_slice(), &answer.body].concat();
            answer.content_type = "text/html; charset=UTF-8";
        }
        _ => {}
    }
    answer
}

/// Takes the last result out of a list; what is no list stays as it is.
fn drop_last_result(body: &mut Vec<u8>) {
    let Ok(mut results) = serde_json::from_slice::<Vec<serde_json::Value>>(body) else { return };
    results.pop();
    *body = serde_json::Value::from(results).to_string().into_bytes();
}

/// Sends the answer, or does what the fault wants instead.
pub(super) async fn delivered(answer: HttpAnswer, fault: Option<Fault>, caller: &Caller) -> Response {
    match fault {
        Some(Fault::LostBefore | Fault::LostAfter) => {
            caller.cut();
            never().await
        }
        Some(Fault::HangBefore | Fault::HangAfter) => never().await,
        Some(Fault::HalfAnswer) => sent_by_half(answer),
        Some(Fault::Slow(pause_ms)) => sent_slowly(answer, Duration::from_millis(pause_ms)),
        _ => sent(answer),
    }
}

/// Waits until the connection is closed by the client, or with the server.
pub(super) async fn never() -> Response {
    let never: Infallible = std::future::pending().await;
    match never {}
}

/// Sends the whole answer.
pub(super) fn sent(mut answer: HttpAnswer) -> Response {
    let body = Body::from(std::mem::take(&mut answer.body));
    with_head(&answer, body)
}

/// Announces the whole length, sends half of it and breaks off.
fn sent_by_half(mut answer: HttpAnswer) -> Response {
    let whole = std::mem::take(&mut answer.body);
    let half = whole[..whole.len() / 2].to_vec();
    let parts = [Ok(half), Err(io::Error::from(io::ErrorKind::ConnectionAborted))];
    let mut response = with_head(&answer, Body::from_stream(stream::iter(parts)));
    response.headers_mut().insert(header::CONTENT_LENGTH, whole.len().into());
    response
}

/// In how many pieces a slow answer comes.
const PIECES: usize = 10;

/// Announces the whole length and sends it in pieces, with a pause before each.
fn sent_slowly(mut answer: HttpAnswer, pause: Duration) -> Response {
    let whole = std::mem::take(&mut answer.body);
    let length = whole.len();
    let pieces: Vec<Vec<u8>> = whole.chunks(length.div_ceil(PIECES).max(1)).map(<[u8]>::to_vec).collect();
    let trickle = stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, Infallible>(piece)
    });
    let mut response = with_head(&answer, Body::from_stream(trickle));
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    response
}

fn with_head(answer: &HttpAnswer, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(answer.content_type));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("private, must-revalidate"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, header::HeaderValue::from_static("*"));
    if let Some((name, value)) = &answer.header
        && let Ok(value) = header::HeaderValue::from_str(value)
    {
        headers.insert(header::HeaderName::from_static(name), value);
    }
    response
}
