//! The two pages of `muster serve`: /healthz and /metrics.
//!
//! Not here: what they say (`metrics.rs`, [`crate::health`]).
//!
//! Invariant: a page changes nothing, and names no person, course or group.
//! Invariant: no connection lives longer than [`CONNECTION_TIME_MAX`], and there are at most [`CONNECTIONS_MAX`].

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use store::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::keeper::Board;
use super::metrics::metrics;
use crate::app::App;
use crate::health::{Health, HealthError};

/// How many connections there may be at once; more wait.
const CONNECTIONS_MAX: usize = 32;

/// How long a connection may take, from the first byte of the request to the last byte of the answer.
const CONNECTION_TIME_MAX: Duration = Duration::from_secs(10);

/// How long to wait after a connection could not be taken, for example because too many files are open.
const ACCEPT_WAIT: Duration = Duration::from_millis(100);

/// How long the head of a request may be, in bytes. Bodies are not read.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// What the pages are made from.
pub(super) struct Pages {
    pub(super) app: Arc<App>,
    pub(super) board: Arc<Board>,
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

/// Answers requests until it is dropped.
pub(super) async fn answer(listener: TcpListener, pages: Pages) {
    let router = Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics_page))
        .fallback(not_found)
        .with_state(Arc::new(pages));
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
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
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let mut http = http1::Builder::new();
            http.keep_alive(false).max_buf_size(HEAD_BYTES_MAX);
            let serving = http.serve_connection(TokioIo::new(stream), service);
            // Whoever is too slow or speaks something else is not answered.
            let _ended = tokio::time::timeout(CONNECTION_TIME_MAX, serving).await;
            drop(permit);
        });
    }
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
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{page}\n")).into_response()
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
    let page = metrics(health.as_ref().ok());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page).into_response()
}

async fn not_found() -> Response {
    let page = "there is nothing here; /healthz and /metrics are the pages\n";
    (StatusCode::NOT_FOUND, page).into_response()
}
