//! The server: a world on a port, with a limit of what is under way, faults, and a record of what was called.
//!
//! Not here: what a request is answered (`http.rs`), and how the answer travels (`delivery.rs`).
//!
//! Invariant: the lock on the world is held for one call and never while something is awaited.
//! Invariant: each request is counted once and recorded once, also if its answer is lost.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use ims_es::fault::Fault as SoapFault;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::delivery::{delivered, never, spoilt};
use super::http::{HttpAnswer, HttpRequest, Incoming, PICTURE, respond};
use crate::itslearning::faults::{Fault, Faults};
use crate::itslearning::operations::Share;
use crate::itslearning::settings::Time;
use crate::itslearning::world::World;
use crate::line::{Caller, Connections, Exchange};

/// One request that reached the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Counted from one since the start, or since the record was cleared.
    pub number: usize,
    /// The operation; empty for what is no message.
    pub operation: String,
    /// The sender's name for the message.
    pub message_identifier: String,
    /// How many items it had.
    pub items: usize,
    /// Whether the operation changes anything.
    pub is_write: bool,
    /// The status of the answer; 0 if none went out.
    pub status: u16,
    /// How many items were carried out.
    pub done: usize,
    /// How many items were refused, or found the service busy.
    pub refused: usize,
    /// The fault that befell the call.
    pub fault: Option<Fault>,
}

#[derive(Debug, Default)]
struct Load {
    /// Items under way.
    in_flight: usize,
    /// The most that ever were.
    in_flight_most: usize,
    /// What the calls would have taken, one after the other.
    simulated: Duration,
}

struct Shared {
    world: Mutex<World>,
    faults: Faults,
    calls: Mutex<Vec<Call>>,
    load: Mutex<Load>,
    url: String,
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self) -> MutexGuard<'_, Load> {
        self.load.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running itslearning. It stops when it is dropped.
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
        let url =
            format!("http://{}/WCFServiceLibrary/ImsEnterpriseServicesPort.svc", listener.local_addr()?);
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            faults: Faults::default(),
            calls: Mutex::default(),
            load: Mutex::default(),
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

    /// The address of all services in one.
    #[must_use]
    pub fn url(&self) -> String {
        self.shared.url.clone()
    }

    /// Where a browser sees what the world holds.
    #[must_use]
    pub fn picture_url(&self) -> String {
        let host = self.shared.url.split('/').nth(2).unwrap_or_default();
        format!("http://{host}{PICTURE}")
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

    /// The most items that were ever under way at once.
    #[must_use]
    pub fn in_flight_most(&self) -> usize {
        self.shared.load().in_flight_most
    }

    /// How long all calls would have taken, one after the other, where time is simulated.
    #[must_use]
    pub fn simulated_time(&self) -> Duration {
        self.shared.load().simulated
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
    let Some(request) = received(request).await else { return never().await };
    let incoming = Incoming::read(&request);
    let fault = shared.faults.next(&incoming.operation, incoming.is_write);
    if let Some(Fault::Delay(milliseconds)) = fault {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
    let answer = {
        let under_way = UnderWay::begin(&shared, incoming.items);
        if under_way.is_taken {
            pass_time(&shared, incoming.items).await;
        }
        carried_out(&shared, &request, incoming, fault, under_way.is_taken)
    };
    delivered(answer, fault, &caller).await
}

/// Items that are under way until this is dropped.
struct UnderWay<'a> {
    shared: &'a Shared,
    items: usize,
    /// Whether the service is not too busy for them (facts/ims-es.md §6, trap 19). A call that is alone is taken, however
    /// many items it has, up to the size of a batch.
    is_taken: bool,
}

impl<'a> UnderWay<'a> {
    fn begin(shared: &'a Shared, items: usize) -> UnderWay<'a> {
        let (in_flight_max, batch_max) = {
            let world = shared.world();
            (world.settings().in_flight_max, world.settings().batch_max)
        };
        let mut load = shared.load();
        let fits = load.in_flight == 0 || load.in_flight + items <= in_flight_max;
        load.in_flight += items;
        load.in_flight_most = load.in_flight_most.max(load.in_flight);
        UnderWay { shared, items, is_taken: fits && items <= batch_max }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.shared.load().in_flight -= self.items;
    }
}

/// Lets the time of the work pass, or adds it up.
async fn pass_time(shared: &Shared, items: usize) {
    let latency = shared.world().settings().latency;
    match latency.time {
        Time::Real => tokio::time::sleep(latency.of(items)).await,
        Time::Simulated => shared.load().simulated += latency.of(items),
    }
}

/// Reads the whole request; none if the client went away meanwhile.
async fn received(request: Request) -> Option<HttpRequest> {
    let (head, body) = request.into_parts();
    let text = |headers: &HeaderMap, name: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    Some(HttpRequest {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        host: text(&head.headers, header::HOST.as_str()),
        content_type: text(&head.headers, header::CONTENT_TYPE.as_str()),
        soap_action: text(&head.headers, "soapaction"),
        body: axum::body::to_bytes(body, usize::MAX).await.ok()?.to_vec(),
        now_ms: i64::try_from(now).unwrap_or(i64::MAX),
    })
}

/// Does the work, unless the fault strikes before it, and records the call.
fn carried_out(
    shared: &Shared,
    request: &HttpRequest,
    incoming: Incoming,
    fault: Option<Fault>,
    is_taken: bool,
) -> HttpAnswer {
    let mut world = shared.world();
    let share = match fault {
        Some(Fault::Busy) => Share::Nothing,
        _ if !is_taken => Share::Nothing,
        Some(Fault::BusyForHalf) => Share::EverySecond,
        Some(Fault::HalfBatch) => Share::FirstHalf,
        _ => Share::All,
    };
    let answer = match fault {
        Some(Fault::InternalFault) => HttpAnswer::fault(&SoapFault::internal()),
        Some(Fault::Status503) => HttpAnswer::page(503, "<h1>503 Service Unavailable</h1>"),
        Some(fault) if fault.strikes_before() => HttpAnswer::page(500, ""),
        Some(Fault::HalfBatch) => {
            let unseen = respond(&mut world, request, share);
            HttpAnswer {
                done: unseen.done,
                refused: unseen.refused,
                ..HttpAnswer::fault(&SoapFault::internal())
            }
        }
        _ => respond(&mut world, request, share),
    };
    let answer = spoilt(answer, fault);
    let silent =
        matches!(fault, Some(Fault::LostBefore | Fault::LostAfter | Fault::HangBefore | Fault::HangAfter));
    // Recorded under the lock on the world, so that the order is that of the work.
    let mut calls = shared.calls();
    let number = calls.len() + 1;
    calls.push(Call {
        number,
        operation: incoming.operation,
        message_identifier: incoming.message_identifier,
        items: incoming.items,
        is_write: incoming.is_write,
        status: if silent { 0 } else { answer.status },
        done: answer.done,
        refused: answer.refused,
        fault,
    });
    answer
}
