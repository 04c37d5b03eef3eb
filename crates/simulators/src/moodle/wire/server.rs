//! The server: a world on a port, with faults, and a record of what was called.
//!
//! Not here: what a request is answered (`http.rs`), and how the answer travels (`delivery.rs`).
//!
//! Invariant: the lock on the world is held for one call and never while something is awaited.
//! Invariant: each request for this host is counted once and recorded once, also if its answer is lost.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header;
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::delivery::{delivered, never, sent, spoilt};
use super::http::{HttpAnswer, HttpRequest, Incoming, respond};
use crate::line::{Caller, Connections, Exchange};
use crate::moodle::faults::{Fault, Faults};
use crate::moodle::world::{Disturbance, World};

/// One request that reached the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Counted from one since the start, or since the record was cleared.
    pub number: usize,
    /// The function, as the client wrote it.
    pub function: String,
    /// The length of the longest list among the parameters.
    pub items: usize,
    /// Whether the function changes anything.
    pub is_write: bool,
    /// The status of the answer; 0 if none went out.
    pub status: u16,
    /// The error code of the exception in the answer, whether or not the answer arrived; empty for a PHP error
    /// without a code.
    pub errorcode: Option<String>,
    /// The fault that befell the call.
    pub fault: Option<Fault>,
}

struct Shared {
    world: Mutex<World>,
    faults: Faults,
    calls: Mutex<Vec<Call>>,
    /// The address that the server listens on, as `http://127.0.0.1:PORT`.
    url: String,
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running Moodle. It stops when it is dropped.
pub struct Server {
    shared: Arc<Shared>,
    connections: Connections,
    task: JoinHandle<()>,
}

/// Exclusive access to the world of a running server. Requests wait while it is held.
pub struct WorldGuard<'s>(MutexGuard<'s, World>);

impl Deref for WorldGuard<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

impl DerefMut for WorldGuard<'_> {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.0
    }
}

impl Server {
    /// Starts on a free port of this machine.
    ///
    /// # Errors
    ///
    /// If no port can be had.
    pub async fn start(world: World) -> io::Result<Server> {
        Server::start_on(world, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    /// Starts on an address.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on.
    pub async fn start_on(world: World, address: SocketAddr) -> io::Result<Server> {
        let listener = TcpListener::bind(address).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            faults: Faults::default(),
            calls: Mutex::default(),
            url,
        });
        let connections = Connections::default();
        let exchange = Exchange { listener, connections: connections.clone() };
        let router = Router::new().fallback(handle).with_state(Arc::clone(&shared));
        let service = router.into_make_service_with_connect_info::<Caller>();
        let task = tokio::spawn(async move {
            // Serving ends only when the task is aborted.
            let _ = axum::serve(exchange, service).await;
        });
        Ok(Server { shared, connections, task })
    }

    /// The address of the site, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.shared.url.clone()
    }

    /// The world, for side events between calls and for assertions.
    #[must_use]
    pub fn world(&self) -> WorldGuard<'_> {
        WorldGuard(self.shared.world())
    }

    /// The faults to come.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// The calls so far, in the order in which they were carried out.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls().clone()
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&self) {
        self.shared.calls().clear();
    }

    /// Stops listening and closes every connection.
    pub async fn stop(mut self) {
        self.task.abort();
        // The only result is that the task was aborted.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
        self.connections.cut_all();
    }
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(caller): ConnectInfo<Caller>,
    request: Request,
) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let wwwroot = shared.world().settings().wwwroot.clone().unwrap_or_else(|| shared.url.clone());
    if wwwroot.split_once("://").is_none_or(|(_, rest)| rest.split('/').next() != Some(host)) {
        let page = HttpAnswer::page(303, "<h1>Redirect</h1>");
        return sent(HttpAnswer { header: Some(("location", wwwroot)), ..page });
    }
    let Some(request) = received(request, &caller).await else { return never().await };
    let incoming = Incoming::read(&request, shared.world().settings());
    let fault = shared.faults.next(&incoming.function, incoming.is_write);
    if let Some(Fault::Delay(milliseconds)) = fault {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
    let done = carried_out(&shared, &wwwroot, &request, incoming, fault);
    delivered(done, fault, &caller).await
}

/// Reads the whole request; none if the client went away meanwhile.
async fn received(request: Request, caller: &Caller) -> Option<HttpRequest> {
    let (head, body) = request.into_parts();
    let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    Some(HttpRequest {
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        content_type: content_type.unwrap_or_default().to_owned(),
        body: axum::body::to_bytes(body, usize::MAX).await.ok()?.to_vec(),
        address: caller.address,
        now: i64::try_from(now).unwrap_or(i64::MAX),
    })
}

/// Does the work, unless the fault strikes before it, and records the call.
fn carried_out(
    shared: &Shared,
    wwwroot: &str,
    request: &HttpRequest,
    incoming: Incoming,
    fault: Option<Fault>,
) -> HttpAnswer {
    let (function, items, is_write) = (incoming.function.clone(), incoming.items, incoming.is_write);
    let disturbance = match fault {
        Some(Fault::Deadlock) => Disturbance::Deadlock,
        Some(Fault::StaleList) => Disturbance::ConcurrentReader,
        _ => Disturbance::Nothing,
    };
    let mut world = shared.world();
    let answer = match fault {
        Some(Fault::LostBefore | Fault::HangBefore | Fault::Status500) => HttpAnswer::page(500, ""),
        Some(Fault::Status502) => HttpAnswer::page(502, "<h1>502 Bad Gateway</h1>"),
        Some(Fault::Status504Committed) => {
            let _unseen = respond(&mut world, wwwroot, request, incoming, disturbance);
            HttpAnswer::page(504, "<h1>504 Gateway Time-out</h1>")
        }
        _ => respond(&mut world, wwwroot, request, incoming, disturbance),
    };
    let answer = spoilt(answer, fault, is_write);
    let silent =
        matches!(fault, Some(Fault::LostBefore | Fault::LostAfter | Fault::HangBefore | Fault::HangAfter));
    // Recorded under the lock on the world, so that the order is that of the work.
    let mut calls = shared.calls();
    let number = calls.len() + 1;
    calls.push(Call {
        number,
        function,
        items,
        is_write,
        status: if silent { 0 } else { answer.status },
        errorcode: answer.errorcode.clone(),
        fault,
    });
    answer
}
