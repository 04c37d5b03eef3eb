//! How an answer reaches its client, or does not: damage, silence, half an answer.
//!
//! Not here: whether the work was done (`server.rs`).

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::{StreamExt, stream};

use super::http::HttpAnswer;
use crate::itslearning::faults::Fault;
use crate::line::Caller;

/// The answer with the damage that some faults do to it.
pub(super) fn spoilt(mut answer: HttpAnswer, fault: Option<Fault>) -> HttpAnswer {
    match fault {
        Some(Fault::Garbage) => answer.body = b"<html><body>Bad <gateway".to_vec(),
        Some(Fault::EmptyBody) => answer.body.clear(),
        Some(Fault::StatusMissing) => answer.body = with_last_status(&answer.body, ""),
        Some(Fault::StatusExtra) => {
            let more = "<statusInfo><codeMajor>success</codeMajor><severity>status</severity></statusInfo>";
            answer.body = with_last_status(&answer.body, &format!("{more}{more}"));
        }
        Some(Fault::OtherMessage) => {
            let text = String::from_utf8_lossy(&answer.body);
            answer.body = text.replace("<messageIdentifier>", "<messageIdentifier>other-").into_bytes();
        }
        _ => {}
    }
    answer
}

/// The answer with something else in the place of its last status.
fn with_last_status(body: &[u8], instead: &str) -> Vec<u8> {
    const END: &str = "</statusInfo>";
    let text = String::from_utf8_lossy(body);
    match (text.rfind("<statusInfo>"), text.rfind(END)) {
        (Some(begin), Some(end)) => {
            format!("{}{instead}{}", &text[..begin], &text[end + END.len()..]).into_bytes()
        }
        _ => body.to_vec(),
    }
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

fn sent(mut answer: HttpAnswer) -> Response {
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
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    response
}
