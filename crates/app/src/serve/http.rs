//! The connections of `muster serve`, and its two pages: /healthz and /metrics.
//!
//! Not here: what they say (`metrics.rs`, [`crate::health`]), what owners of courses are answered
//! (`letters.rs`), and student systems ([`crate::imses`]).
//!
//! Invariant: these pages change nothing, and name no person, course or group.
//! Invariant: a connection that says nothing for [`SILENCE_MAX`], or does not come to the end of a head in that time, is
//! closed, and there are at most [`CONNECTIONS_MAX`].

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use store::Timestamp;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::keeper::Board;
use super::metrics::metrics;
use super::tls::Tls;
use crate::app::App;
use crate::health::{Health, HealthError};
use crate::imses::Ims;

/// How many connections there may be at once; more wait. Each takes a file: a service with fewer has fewer connections.
const CONNECTIONS_MAX: usize = 2_000;

/// How many files the service needs besides.
const FILES_KEPT: usize = 100;

/// How long a connection may be silent, and how long the head of a request or the greeting of TLS may take.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// How long a connection may last.
const CONNECTION_TIME_MAX: Duration = Duration::from_secs(60 * 60);

/// How long to wait after a connection could not be taken, for example because too many files are open.
const ACCEPT_WAIT: Duration = Duration::from_millis(100);

/// How long the head of a request may be, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Whoever asks for a page asks once.
const CLOSE: (header::HeaderName, &str) = (header::CONNECTION, "close");

/// What the pages are made from.
pub(super) struct Pages {
    pub(super) app: Arc<App>,
    pub(super) board: Arc<Board>,
    pub(super) ims: Arc<Ims>,
    /// When the service began.
    pub(super) begun: Timestamp,
}

impl Pages {
    async fn look(&self) -> Result<Health, HealthError> {
        let health = Health::look(&self.app, Some(self.begun)).await?;
        // A missed run comes earlier than its next time; the keeper knows.
        Ok(Health { next_run: self.board.next().or(health.next_run), ..health })
    }
}

/// The pages.
pub(super) fn router(pages: Pages) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics_page))
        .fallback(not_found)
        .with_state(Arc::new(pages))
}

/// Answers requests until it is dropped.
pub(super) async fn answer(listener: TcpListener, router: Router, tls: Option<Tls>) {
    let connections = Arc::new(Semaphore::new(connections_max()));
    loop {
        // The semaphore is never closed.
        let Ok(permit) = Arc::clone(&connections).acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(error = %error, "cannot take a connection");
                tokio::time::sleep(ACCEPT_WAIT).await;
                continue;
            }
        };
        // Answers are written whole; to wait for more would only make them late.
        let _refused = stream.set_nodelay(true);
        let acceptor = tls.as_ref().map(Tls::acceptor);
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            // Whoever is too slow or speaks something else is not answered.
            let _ended = tokio::time::timeout(CONNECTION_TIME_MAX, async {
                match acceptor {
                    None => serve(stream, service).await,
                    Some(acceptor) => {
                        let greeted = tokio::time::timeout(SILENCE_MAX, acceptor.accept(stream)).await;
                        if let Ok(Ok(stream)) = greeted {
                            serve(stream, service).await;
                        }
                    }
                }
            })
            .await;
            drop(permit);
        });
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, service: TowerToHyperService<Router>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(SILENCE_MAX).max_buf_size(HEAD_BYTES_MAX);
    let _ended = http.serve_connection(TokioIo::new(stream), service).await;
}

/// As many connections as the files that this process may open are enough for.
fn connections_max() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let files = files.and_then(|rest| rest.split_whitespace().next()?.parse::<usize>().ok());
    files.map_or(CONNECTIONS_MAX, |files| files.saturating_sub(FILES_KEPT).clamp(1, CONNECTIONS_MAX))
}

async fn healthz(State(pages): State<Arc<Pages>>) -> Response {
    let (status, page) = match pages.look().await {
        Ok(health) if health.silence.is_some() => (StatusCode::SERVICE_UNAVAILABLE, healthz_page(&health)),
        Ok(health) => (StatusCode::OK, healthz_page(&health)),
        Err(error) => {
            tracing::error!(error = %error, "cannot tell how it is");
            (StatusCode::SERVICE_UNAVAILABLE, json!({ "status": "no_database", "database": "unreachable" }))
        }
    };
    tracing::debug!(page = "/healthz", status = status.as_u16(), "answered");
    (status, [(header::CONTENT_TYPE, "application/json"), CLOSE], format!("{page}\n")).into_response()
}

fn healthz_page(health: &Health) -> Value {
    json!({
        "status": if health.silence.is_some() { "silent" } else { "ok" },
        "database": "reachable",
        "last_run": health.last_run.as_ref().map(|run| json!({
            "run": run.id.0,
            "kind": run.begun.kind.as_str(),
            "status": run.status.as_str(),
            "began_at": run.begun.started_at.0,
            "ended_at": run.finished_at.map(|time| time.0),
        })),
        "last_good_run_began_at": health.last_good_run.map(|time| time.0),
        "last_good_run_age_s": health.last_good_run_age_s(),
        "silent_hours": health.silence.map(|silence| silence.hours),
        "running": health.running.as_ref().map(|running| json!({
            "purpose": running.owner.as_ref().map(|owner| &owner.purpose),
            "since": running.owner.as_ref().map(|owner| owner.since.0),
        })),
        "next_run_begins_at": health.next_run.map(|time| time.0),
    })
}

async fn metrics_page(State(pages): State<Arc<Pages>>) -> Response {
    let health = pages.look().await;
    if let Err(error) = &health {
        tracing::error!(error = %error, "cannot tell how it is");
    }
    let page = metrics(health.as_ref().ok(), &pages.ims.figures());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"), CLOSE], page).into_response()
}

async fn not_found() -> Response {
    let page = "there is nothing here; /healthz and /metrics are the pages\n";
    (StatusCode::NOT_FOUND, [CLOSE], page).into_response()
}
