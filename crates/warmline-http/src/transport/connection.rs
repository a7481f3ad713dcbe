//! One open connection, as the pool and the client see it.

use std::fmt;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::SendRequest;
use tokio::sync::SetOnce;
use tokio::task::AbortHandle;
use warmline_pool::{CloseReason, Poolable, Retire};

use super::body::RequestBody;
use super::fault::{self, Traffic};
use super::io::{Glance, Socket};
use super::tls::TlsInfo;
use crate::error::Error;

/// An open HTTP/1.1 connection: one request at a time.
pub struct Connection {
    socket: Arc<Socket>,
    life: Arc<Life>,
    task: AbortHandle,
    info: ConnectionInfo,
    /// Whether the response being read announced its length.
    length_announced: AtomicBool,
}

/// What is known of a connection since it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// `http/1.1`, as ALPN spells it.
    pub protocol: &'static str,
    /// The other end.
    pub remote_address: SocketAddr,
    /// Our end.
    pub local_address: SocketAddr,
    /// What TLS settled on; `None` for plain TCP.
    pub tls: Option<TlsInfo>,
    /// How long opening it took.
    pub timings: ConnectTimings,
}

/// How long each step of opening a connection took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectTimings {
    /// Looking up the name.
    pub dns: Duration,
    /// Opening the TCP connection.
    pub tcp: Duration,
    /// The TLS handshake; zero for plain TCP.
    pub tls: Duration,
}

/// Why a request got no response, with the request itself where it never left.
#[derive(Debug)]
pub struct SendError {
    /// What happened.
    pub error: Error,
    /// The request, if it was handed back whole. Even where it was not, [`Error::retryable`] tells
    /// whether no byte of it was written, so that it can be built again.
    pub unsent: Option<Box<Request<RequestBody>>>,
}

/// The part of a connection that its task outlives it with: whether and how it ended.
pub(super) struct Life {
    /// hyper's entrance; gone once the connection has ended.
    ///
    /// # Race window
    /// A request that is being queued while hyper's task drops the other end of the queue is neither
    /// taken nor handed back: it stays in the queue until this end is dropped, too. Requests are queued
    /// under this lock and [`Life::finish`] drops the entrance under it after the task, so that none
    /// is left there.
    sender: Mutex<Option<SendRequest<RequestBody>>>,
    closed: AtomicBool,
    end: SetOnce<End>,
    watch: Mutex<Watch>,
}

/// What was left when a connection's task ended.
pub(super) struct End {
    /// Bytes that had arrived and that nobody took.
    pub(super) unread: Bytes,
    /// The code of the error that ended the connection while no request was waiting for it.
    pub(super) cause: Option<&'static str>,
}

enum Watch {
    Nobody,
    Pool(Retire<Connection>),
    Told,
}

impl Life {
    pub(super) fn new(sender: SendRequest<RequestBody>) -> Self {
        Self {
            sender: Mutex::new(Some(sender)),
            closed: AtomicBool::new(false),
            end: SetOnce::new(),
            watch: Mutex::new(Watch::Nobody),
        }
    }

    /// Records the end of the connection and tells the pool; only the first call counts.
    pub(super) fn finish(&self, end: End) {
        self.closed.store(true, Ordering::Release);
        let _ = self.end.set(end);
        let sender = self.sender().take();
        // Outside the lock: a request left in the queue wakes whoever sent it.
        drop(sender);
        let watch = std::mem::replace(&mut *self.watch(), Watch::Told);
        // Outside the lock: the pool closes the connection in turn.
        if let Watch::Pool(retire) = watch {
            retire.closed();
        }
    }

    fn sender(&self) -> MutexGuard<'_, Option<SendRequest<RequestBody>>> {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    pub(super) fn new(
        socket: Arc<Socket>,
        life: Arc<Life>,
        task: AbortHandle,
        info: ConnectionInfo,
    ) -> Self {
        Self {
            socket,
            life,
            task,
            info,
            length_announced: AtomicBool::new(false),
        }
    }

    /// Sends a request, its target in origin form and its `host` header set, and waits for the
    /// response's head.
    ///
    /// One request at a time: the body of the last response must have been read to its end. Dropping
    /// the future before it is done closes the connection, and so aborts the request.
    ///
    /// # Errors
    /// Everything that can happen between the first byte of the request and the end of the
    /// response's head; [`Error::origin`], [`Error::attempt`] and [`Error::reused_connection`] are
    /// left to the caller.
    pub async fn try_send(
        &self,
        request: Request<RequestBody>,
    ) -> Result<Response<Incoming>, SendError> {
        let start = self.traffic();
        // hyper's task may still be tidying up after the last response.
        let ready = poll_fn(|cx| match self.life.sender().as_mut() {
            Some(sender) => sender.poll_ready(cx).map_err(Some),
            None => Poll::Ready(Err(None)),
        });
        if let Err(error) = ready.await {
            let error = self.explain(error, start).await;
            return Err(SendError {
                error,
                unsent: Some(Box::new(request)),
            });
        }
        let entered = match self.life.sender().as_mut() {
            Some(sender) => Ok(sender.try_send_request(request)),
            None => Err(request),
        };
        let response = match entered {
            Ok(response) => response,
            Err(request) => {
                let error = self.explain(None, start).await;
                return Err(SendError {
                    error,
                    unsent: Some(Box::new(request)),
                });
            }
        };
        match response.await {
            Ok(response) => {
                let announced = response.body().size_hint().exact().is_some();
                self.length_announced.store(announced, Ordering::Relaxed);
                Ok(response)
            }
            Err(mut failure) => {
                let unsent = failure.take_message().map(Box::new);
                let mut error = self.explain(Some(failure.into_error()), start).await;
                // A request that hyper gives back was never started. Should the counter have moved
                // all the same (TLS answering a key update, say), those bytes were not the request's.
                error.retryable |= unsent.is_some();
                Err(SendError { error, unsent })
            }
        }
    }

    /// What an error of the body of the last response means.
    ///
    /// [`Error::bytes_sent`] and [`Error::bytes_received`] are those of the connection's whole life.
    #[must_use]
    pub fn body_error(&self, error: hyper::Error) -> Error {
        let announced = self.length_announced.load(Ordering::Relaxed);
        self.name_cause(fault::in_body(error, announced, self.traffic()))
    }

    /// Whether the next request can be sent at once. False while one is being carried, and for as
    /// long as a streamed request body goes on after its response has ended: such a connection is
    /// not to be given back.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.life
            .sender()
            .as_ref()
            .is_some_and(SendRequest::is_ready)
    }

    /// Looks at the socket: false once the other side has closed it, it failed, or bytes have
    /// arrived that nobody asked for. Costs one system call and never blocks.
    ///
    /// Under TLS, bytes may be a session ticket: there only the connection's own task can tell, and
    /// does as soon as the engine turns.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.is_open()
            && match self.socket.glance() {
                Glance::Quiet => true,
                Glance::Closed => false,
                Glance::Bytes => self.info.tls.is_some() || !self.is_ready(),
            }
    }

    /// What was settled when the connection was opened.
    #[must_use]
    pub fn info(&self) -> &ConnectionInfo {
        &self.info
    }

    /// Bytes that the operating system took since the connection was opened, TLS framing included.
    #[must_use]
    pub fn bytes_sent(&self) -> u64 {
        self.socket.sent()
    }

    /// Bytes that arrived since the connection was opened, TLS framing taken off.
    #[must_use]
    pub fn bytes_received(&self) -> u64 {
        self.socket.received()
    }

    /// Tells the pool as soon as the connection has ended: the peer closed it, it failed, or the peer
    /// sent what nobody asked for. At once, if that has happened already.
    pub fn on_close(&self, retire: Retire<Self>) {
        let mut watch = self.life.watch();
        if matches!(*watch, Watch::Told) {
            drop(watch);
            retire.closed();
        } else {
            *watch = Watch::Pool(retire);
        }
    }

    /// Waits until the connection has ended, for whatever reason.
    pub async fn closed(&self) {
        self.life.end.wait().await;
    }

    /// Closes the connection at once; a request that it carries fails.
    pub fn abort(&self) {
        self.life.closed.store(true, Ordering::Release);
        self.socket.shut_down();
        self.task.abort();
    }

    /// What hyper's error means; without one, the connection had ended before hyper was asked.
    async fn explain(&self, error: Option<hyper::Error>, start: Traffic) -> Error {
        let now = self.traffic();
        let traffic = Traffic {
            sent: now.sent - start.sent,
            received: now.received - start.received,
        };
        let Some(error) = error else {
            return self.name_cause(fault::at_rest());
        };
        if error.is_parse() {
            // The task ends in the very poll that reported the error; on another thread it may be
            // a moment behind.
            let end = self.life.end.wait().await;
            return fault::before_response(error, traffic, &end.unread);
        }
        self.name_cause(fault::before_response(error, traffic, &[]))
    }

    /// The same error, under the name of what ended the connection if it knows only that it ended.
    fn name_cause(&self, mut error: Error) -> Error {
        let cause = self.life.end.get().and_then(|end| end.cause);
        if let Some(cause) = cause.filter(|_| error.code == "UND_ERR_SOCKET") {
            error.code = cause.into();
        }
        error
    }

    fn traffic(&self) -> Traffic {
        Traffic {
            sent: self.socket.sent(),
            received: self.socket.received(),
        }
    }
}

impl Poolable for Connection {
    fn is_open(&self) -> bool {
        !self.life.closed.load(Ordering::Acquire)
    }

    fn close(&self, _reason: CloseReason) {
        self.abort();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.abort();
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("remote_address", &self.info.remote_address)
            .field("open", &self.is_open())
            .finish_non_exhaustive()
    }
}

impl From<SendError> for Error {
    fn from(failure: SendError) -> Self {
        failure.error
    }
}
