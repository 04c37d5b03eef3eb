//! SOAP over HTTP: the addresses, the description, and the bytes of a message (facts/ims-es.md §1.2, §1.3, §1.5).
//!
//! Not here: connections and TLS ([`crate::serve`]), and what a message says (`call.rs`).
//!
//! Invariant: of a sender that is not known, at most [`EARLY_BYTES`] are held; of all others together, at most [`LONG_KIB`].
//! Invariant: a message that does not arrive within [`ARRIVAL_TIME_MAX`] is given up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http_body_util::BodyExt;
use hyper::body::Bytes;
use ims_es::envelope::open;
use ims_es::wsdl::{Document, Endpoint, SecurityPolicy, document};
use tokio::sync::Semaphore;

use super::Ims;
use super::call::{Answered, Refused};

/// As much of a message is held before its sender is known; more than any header needs.
const EARLY_BYTES: usize = 32 << 10;

/// As much is held of all longer messages together, in KiB.
const LONG_KIB: u32 = 128 << 10;

/// How long a message may take to arrive.
const ARRIVAL_TIME_MAX: Duration = Duration::from_secs(60);

const XML: &str = "text/xml; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// How the bytes come to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Encrypted.
    Tls,
    /// Readable on the way, and that is allowed: the way does not leave this machine, or the configuration says so.
    Plain,
    /// Readable on the way, and that is not allowed.
    Exposed,
}

/// As much memory as long messages may take.
pub(super) struct Budget {
    kib: Semaphore,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { kib: Semaphore::new(LONG_KIB as usize) }
    }
}

#[derive(Clone)]
struct Soap {
    ims: Arc<Ims>,
    transport: Transport,
}

/// The addresses of the service.
pub(crate) fn routes(ims: Arc<Ims>, transport: Transport) -> Router {
    Router::new()
        .route("/{file}", any(at_root))
        .route("/WCFServiceLibrary/{file}", any(below))
        .with_state(Soap { ims, transport })
}

async fn at_root(State(soap): State<Soap>, Path(file): Path<String>, request: Request) -> Response {
    soap.serve("/", &file, request).await
}

async fn below(State(soap): State<Soap>, Path(file): Path<String>, request: Request) -> Response {
    soap.serve("/WCFServiceLibrary/", &file, request).await
}

impl Soap {
    async fn serve(&self, folder: &str, file: &str, request: Request) -> Response {
        let (Parts { method, uri, headers, .. }, body) = request.into_parts();
        let Some(endpoint) =
            Endpoint::ALL.into_iter().find(|endpoint| endpoint.file_name().eq_ignore_ascii_case(file))
        else {
            let services: Vec<&str> = Endpoint::ALL.iter().map(|endpoint| endpoint.file_name()).collect();
            let text = format!(
                "there is nothing here; /healthz and /metrics are the pages, {} the services\n",
                services.join(", ")
            );
            return page(StatusCode::NOT_FOUND, TEXT, text);
        };
        match method {
            Method::GET | Method::HEAD => self.describe(endpoint, folder, uri.query(), &headers),
            Method::POST if self.transport == Transport::Exposed => {
                let text =
                    "passwords are not taken over plain HTTP: use HTTPS, or see `allow_http` in [serve]\n";
                page(StatusCode::FORBIDDEN, TEXT, text.to_owned())
            }
            Method::POST => {
                let Answered { status, body } = self.take(endpoint, &headers, body).await;
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let kind = if matches!(status.as_u16(), 200 | 500) { XML } else { TEXT };
                (status, [(header::CONTENT_TYPE, kind)], body).into_response()
            }
            _ => page(StatusCode::METHOD_NOT_ALLOWED, TEXT, "send a SOAP message by POST\n".to_owned()),
        }
    }

    /// The description of the service, or a page that leads to it.
    fn describe(
        &self,
        endpoint: Endpoint,
        folder: &str,
        query: Option<&str>,
        headers: &HeaderMap,
    ) -> Response {
        let address = format!("{}{folder}{}", self.base(headers), endpoint.file_name());
        let Some(which) = query.and_then(Document::from_query) else {
            let text = format!(
                "IMS Enterprise Services. The description of this service: {address}?wsdl, and in one file: {address}?singleWsdl\n"
            );
            return page(StatusCode::OK, TEXT, text);
        };
        let is_encrypted = address.starts_with("https:");
        let policy = if is_encrypted && self.ims.settings.wsdl_policy {
            SecurityPolicy::Stated
        } else {
            SecurityPolicy::LeftOut
        };
        match document(endpoint, &address, which, policy) {
            Some(text) => page(StatusCode::OK, XML, text),
            None => page(StatusCode::NOT_FOUND, TEXT, "the description has no such part\n".to_owned()),
        }
    }

    /// The address of this server as its clients write it, without a slash at the end.
    fn base(&self, headers: &HeaderMap) -> String {
        if let Some(url) = &self.ims.settings.public_url {
            return url.clone();
        }
        let is_host = |text: &&str| {
            !text.is_empty()
                && text.chars().all(|part| part.is_ascii_alphanumeric() || ".:-[]_".contains(part))
        };
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).filter(is_host);
        let scheme = if self.transport == Transport::Tls { "https" } else { "http" };
        format!("{scheme}://{}", host.unwrap_or("localhost"))
    }

    /// Takes a message and answers it.
    async fn take(&self, endpoint: Endpoint, headers: &HeaderMap, body: Body) -> Answered {
        let begun = Instant::now();
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Err(refused) = is_xml(text("content-type")) {
            return self.ims.refuse(refused, self.ims.blank(&[]), &[], begun).await;
        }
        let length = text("content-length").and_then(|length| length.parse().ok());
        let arrived = tokio::time::timeout(ARRIVAL_TIME_MAX, self.arrive(length, body)).await;
        let arrived = arrived.unwrap_or_else(|_| {
            let text = format!("the message did not arrive within {} s", ARRIVAL_TIME_MAX.as_secs());
            Err((Refused::Http(408, text), Bytes::new()))
        });
        match arrived {
            Ok((bytes, _room)) => self.ims.answer(endpoint, text("soapaction"), bytes).await,
            Err((refused, bytes)) => self.ims.refuse(refused, self.ims.blank(&bytes), &bytes, begun).await,
        }
    }

    /// Takes the bytes of a message, and the room that they need.
    async fn arrive(
        &self,
        length: Option<usize>,
        mut body: Body,
    ) -> Result<(Bytes, Option<tokio::sync::SemaphorePermit<'_>>), (Refused, Bytes)> {
        let bytes_max = self.ims.settings.limits.message_bytes_max;
        let too_long = || {
            let text = format!("the message is longer than {bytes_max} bytes; send less at once");
            (Refused::Http(413, text), Bytes::new())
        };
        if length.is_some_and(|length| length > bytes_max) {
            return Err(too_long());
        }
        let mut bytes = Vec::with_capacity(length.unwrap_or_default().min(EARLY_BYTES));
        let mut room = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| {
                let text = format!("the message broke off: {error}");
                (Refused::Http(400, text), Bytes::new())
            })?;
            let Ok(data) = frame.into_data() else { continue };
            if bytes.len() + data.len() > bytes_max {
                return Err(too_long());
            }
            bytes.extend_from_slice(&data);
            if bytes.len() > EARLY_BYTES && room.is_none() {
                if let Err(refused) = self.look_early(&bytes).await {
                    return Err((refused, Bytes::from(bytes)));
                }
                let kib = u32::try_from(length.unwrap_or(bytes_max) >> 10).unwrap_or(LONG_KIB);
                // The semaphore is never closed.
                room = self.ims.budget.kib.acquire_many(kib.clamp(1, LONG_KIB)).await.ok();
            }
        }
        Ok((Bytes::from(bytes), room))
    }

    /// Finds out who sends a long message from its beginning.
    async fn look_early(&self, bytes: &[u8]) -> Result<(), Refused> {
        let opened = open(bytes, self.ims.settings.limits)?;
        self.ims.let_in(&opened.header).await.map(|_| ())
    }
}

/// Whether the type of the content is that of SOAP 1.1 in UTF-8.
fn is_xml(content_type: Option<&str>) -> Result<(), Refused> {
    let content_type = content_type.unwrap_or_default().to_ascii_lowercase();
    let mut parts = content_type.split(';').map(str::trim);
    let is_text = parts.next() == Some("text/xml");
    let charset = parts.find_map(|part| part.strip_prefix("charset="));
    let is_utf_8 = charset.is_none_or(|charset| matches!(charset.trim_matches('"'), "utf-8" | "us-ascii"));
    if is_text && is_utf_8 {
        return Ok(());
    }
    let text =
        format!("the Content-Type is {content_type:?}; send text/xml; charset=utf-8, which is SOAP 1.1");
    Err(Refused::Http(415, text))
}

fn page(status: StatusCode, kind: &'static str, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, kind), (header::CONNECTION, "close")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::is_xml;

    #[test]
    fn the_content_types_of_real_clients_are_taken() {
        let check = |content_type: Option<&str>, expected: bool| {
            assert_eq!(is_xml(content_type).is_ok(), expected, "{content_type:?}");
        };
        check(Some("text/xml; charset=utf-8"), true);
        check(Some("text/xml;charset=UTF-8"), true);
        check(Some("text/xml; charset=\"utf-8\""), true);
        check(Some("Text/XML"), true);
        check(Some("text/xml; charset=utf-16"), false);
        check(Some("application/soap+xml; charset=utf-8"), false);
        check(Some("text/xmlx"), false);
        check(None, false);
    }
}
