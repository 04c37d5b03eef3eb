//! Connections that the simulator can cut: a client then sees a closed connection and no answer.
//!
//! Not here: when to cut (`wire/server.rs` of each simulator).
//!
//! Invariant: after a cut, the connection reads as broken, and the HTTP layer drops it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// The scissors of one connection.
#[derive(Debug, Default)]
struct Scissors {
    state: Mutex<(bool, Option<Waker>)>,
}

impl Scissors {
    fn lock(&self) -> MutexGuard<'_, (bool, Option<Waker>)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cut(&self) {
        let mut state = self.lock();
        state.0 = true;
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    }

    /// Whether the connection is cut; if not, the task is woken when it will be.
    fn is_cut(&self, context: &Context<'_>) -> bool {
        let mut state = self.lock();
        state.1 = Some(context.waker().clone());
        state.0
    }
}

/// The caller at the other end of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) address: IpAddr,
    scissors: Arc<Scissors>,
}

impl Caller {
    /// Closes the connection without another byte.
    pub(crate) fn cut(&self) {
        self.scissors.cut();
    }
}

impl Connected<IncomingStream<'_, Exchange>> for Caller {
    fn connect_info(stream: IncomingStream<'_, Exchange>) -> Caller {
        stream.remote_addr().clone()
    }
}

/// The open connections of a server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connections(Arc<Mutex<Vec<Weak<Scissors>>>>);

impl Connections {
    fn open(&self) -> Arc<Scissors> {
        let scissors = Arc::new(Scissors::default());
        let mut connections = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connections.retain(|connection| connection.strong_count() > 0);
        connections.push(Arc::downgrade(&scissors));
        scissors
    }

    /// Closes every connection.
    pub(crate) fn cut_all(&self) {
        let connections = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for scissors in connections.iter().filter_map(Weak::upgrade) {
            scissors.cut();
        }
    }
}

/// The listening port; each accepted connection can be cut.
pub(crate) struct Exchange {
    pub(crate) listener: TcpListener,
    pub(crate) connections: Connections,
}

impl Listener for Exchange {
    type Io = Line;
    type Addr = Caller;

    async fn accept(&mut self) -> (Line, Caller) {
        loop {
            match self.listener.accept().await {
                Ok((stream, address)) => {
                    let scissors = self.connections.open();
                    // Small answers must not wait for the acknowledgement of earlier ones.
                    let _ = stream.set_nodelay(true);
                    let caller = Caller { address: address.ip(), scissors: Arc::clone(&scissors) };
                    return (Line { stream, scissors }, caller);
                }
                // Out of file handles, or a connection that was gone before it was taken: try again soon.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<Caller> {
        let address = self
            .listener
            .local_addr()
            .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |address: SocketAddr| address.ip());
        Ok(Caller { address, scissors: Arc::default() })
    }
}

/// A connection.
pub(crate) struct Line {
    stream: TcpStream,
    scissors: Arc<Scissors>,
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.scissors.is_cut(context) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
