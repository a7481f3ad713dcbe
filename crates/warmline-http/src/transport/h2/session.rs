//! A session, as those who send requests on it have it: whether it takes another one, and how many at
//! once.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, SendStream};
use http::Request;
use http::uri::Scheme;
use tokio::sync::SetOnce;
use warmline_pool::Retire;

use super::driver;
use super::limits::{self, LIMIT_UNKNOWN, MAX_STREAMS};
use super::line_io::LineIo;
use super::ping::{Heartbeat, PingOptions};
use super::unsendable;
use crate::error::Error;
use crate::locked::locked;
use crate::transport::connection::Connection;
use crate::transport::fault;
use crate::transport::line::Line;

pub(in crate::transport) struct Session {
    requests: SendRequest<Bytes>,
    scheme: Scheme,
    /// A request was begun on it.
    used: AtomicBool,
    state: Arc<State>,
}

/// What the driver has learnt from the peer.
pub(super) struct State {
    /// How many streams the peer allows at once; one until it has said so.
    capacity: AtomicU32,
    /// No more requests: the peer goes away, or the numbers for streams are used up.
    closing: AtomicBool,
    /// Why the peer goes away.
    reason: OnceLock<Reason>,
    settled: SetOnce<()>,
    pool: Mutex<Option<Retire<Connection>>>,
}

/// What is known of a session's end, for the errors of its streams.
#[derive(Clone, Copy)]
pub(super) struct Farewell {
    /// The code of the error that ended the line.
    pub(super) cause: Option<&'static str>,
    /// What the peer said before it closed.
    pub(super) reason: Option<Reason>,
}

/// Looks up a [`Farewell`] when it is needed.
pub(super) struct Witness {
    line: Arc<Line>,
    state: Arc<State>,
}

impl Session {
    /// Speaks HTTP/2 on a line that has just been opened. Requests can be sent at once, without waiting
    /// for the peer's SETTINGS. Must be called on the runtime that the socket was opened on.
    pub(in crate::transport) async fn open(
        line: &Arc<Line>,
        scheme: Scheme,
        pings: PingOptions,
    ) -> io::Result<Self> {
        let io = LineIo(Arc::clone(line));
        let (requests, mut connection) =
            limits::builder().handshake(io).await.map_err(|error| {
                error
                    .into_io()
                    .unwrap_or_else(|| io::ErrorKind::Other.into())
            })?;
        let state = Arc::new(State {
            capacity: AtomicU32::new(1),
            closing: AtomicBool::new(false),
            reason: OnceLock::new(),
            settled: SetOnce::new(),
            pool: Mutex::new(None),
        });
        let heartbeat = connection
            .ping_pong()
            .map(|ping_pong| Heartbeat::new(pings, ping_pong));
        let driver = driver::drive(
            connection,
            requests.clone(),
            Arc::clone(&state),
            Arc::clone(line),
            heartbeat,
        );
        tokio::spawn(driver);
        Ok(Self {
            requests,
            scheme,
            used: AtomicBool::new(false),
            state,
        })
    }

    pub(in crate::transport) fn takes_requests(&self) -> bool {
        !self.state.closing.load(Ordering::Acquire)
    }

    /// How many streams there may be at once.
    pub(in crate::transport) fn capacity(&self) -> u32 {
        self.state.capacity.load(Ordering::Acquire)
    }

    /// Takes no more requests.
    pub(in crate::transport) fn close(&self) {
        self.state.close();
    }

    pub(in crate::transport) fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    /// Tells the pool when more streams may be opened.
    pub(in crate::transport) fn watch(&self, retire: &Retire<Connection>) {
        *self.state.pool() = Some(retire.clone());
        // It may have happened before.
        retire.capacity_changed();
    }

    /// Waits until the peer has said how many streams it allows, or the session has ended.
    pub(in crate::transport) async fn settled(&self) {
        self.state.settled.wait().await;
    }

    pub(super) fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Opens a stream. An error is of a request that was not sent.
    pub(super) fn begin(
        &self,
        request: Request<()>,
        ends_here: bool,
    ) -> Result<(ResponseFuture, SendStream<Bytes>), Error> {
        let begun = self.requests.clone().send_request(request, ends_here);
        let begun = begun.map_err(|error| {
            if error.is_go_away() || error.is_io() {
                return fault::at_rest(None);
            }
            // Without a request that waits to be sent, ready at once, or never again.
            let mut cx = Context::from_waker(Waker::noop());
            if let Poll::Ready(Err(_)) = self.requests.clone().poll_ready(&mut cx) {
                self.state.close();
                return fault::at_rest(None);
            }
            unsendable("the request's headers cannot be sent by HTTP/2")
        })?;
        self.used.store(true, Ordering::Relaxed);
        Ok(begun)
    }

    pub(super) fn farewell(&self, line: &Line) -> Farewell {
        self.state.farewell(line)
    }

    pub(super) fn witness(&self, line: &Arc<Line>) -> Witness {
        Witness {
            line: Arc::clone(line),
            state: Arc::clone(&self.state),
        }
    }
}

impl State {
    /// Takes in what the session says of itself after each of its steps.
    pub(super) fn observe(&self, requests: &SendRequest<Bytes>) {
        let limit = requests.current_max_send_streams();
        if limit != LIMIT_UNKNOWN {
            let limit = u32::try_from(limit).map_or(MAX_STREAMS, |limit| limit.min(MAX_STREAMS));
            let before = self.capacity.swap(limit, Ordering::AcqRel);
            if limit > before {
                let pool = self.pool().clone();
                if let Some(pool) = pool {
                    pool.capacity_changed();
                }
            }
            // Only the first time counts.
            let _ = self.settled.set(());
        }
    }

    pub(super) fn go_away(&self, reason: Option<Reason>) {
        if let Some(reason) = reason {
            // Its first word counts.
            let _ = self.reason.set(reason);
        }
        self.close();
    }

    /// The session has ended, settled or not.
    pub(super) fn end(&self) {
        self.close();
        let _ = self.settled.set(());
    }

    pub(super) fn is_settled(&self) -> bool {
        self.settled.get().is_some()
    }

    fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    fn farewell(&self, line: &Line) -> Farewell {
        Farewell {
            cause: line.cause(),
            reason: self.reason.get().copied(),
        }
    }

    fn pool(&self) -> MutexGuard<'_, Option<Retire<Connection>>> {
        locked(&self.pool)
    }
}

impl Witness {
    pub(super) fn farewell(&self) -> Farewell {
        self.state.farewell(&self.line)
    }
}
