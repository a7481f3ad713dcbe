//! One open connection, as the pool and the client see it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use warmline_pool::{CloseReason, Poolable, Retire};

use super::body::RequestBody;
use super::h1::{self, RequestHead, ResponseHead, SendError};
use super::h2;
use super::incoming::Incoming;
use super::io::{Glance, Traffic, Wire};
use super::line::Line;
use super::proxy::Proxy;
use super::tls::TlsInfo;

/// An open connection: one request at a time by HTTP/1.1, many by HTTP/2.
pub struct Connection {
    line: Arc<Line>,
    /// What makes it an HTTP/2 one.
    session: Option<Box<h2::Session>>,
    info: ConnectionInfo,
    forwarder: Option<Arc<Proxy>>,
    /// What of its traffic has been counted: sent, received.
    counted: (AtomicU64, AtomicU64),
}

/// What is known of a connection since it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// `http/1.1` or `h2`, as ALPN spells it.
    pub protocol: &'static str,
    /// The other end: the origin, or its proxy. `None` for a unix domain socket, as for our end.
    pub remote_address: Option<SocketAddr>,
    /// Our end.
    pub local_address: Option<SocketAddr>,
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

impl Connection {
    /// An HTTP/1.1 connection on an open wire. Must be called on the runtime that the socket was opened
    /// on.
    pub(super) fn new(wire: Wire, info: ConnectionInfo) -> Self {
        Self {
            line: Line::new(wire),
            session: None,
            info,
            forwarder: None,
            counted: Default::default(),
        }
    }

    /// The connection under an HTTP/2 session on this line.
    pub(super) fn shared(line: Arc<Line>, session: h2::Session, info: ConnectionInfo) -> Self {
        Self {
            line,
            session: Some(Box::new(session)),
            info,
            forwarder: None,
            counted: Default::default(),
        }
    }

    /// The same connection, as one to a proxy that reads each request and passes it on.
    pub(super) fn forwarded_by(mut self, proxy: Option<Arc<Proxy>>) -> Self {
        self.forwarder = proxy;
        self
    }

    /// The proxy that requests on this connection are addressed to, so that it passes them on.
    pub(crate) fn forwarder(&self) -> Option<&Proxy> {
        self.forwarder.as_deref()
    }

    /// Sends a request and waits for the response's head. `stall`: how long the other side may take nothing of the
    /// request.
    ///
    /// By HTTP/1.1, one request at a time: the body of the last response must have been read to its end.
    /// Dropping the future before it is done aborts the request: it closes the connection, or resets the
    /// request's stream.
    ///
    /// # Errors
    /// Everything that can happen between the first byte of the request and the end of the
    /// response's head; [`Error::origin`](crate::Error::origin), its attempt and whether the
    /// connection was reused are left to the caller.
    pub async fn send(
        &self,
        head: &RequestHead<'_>,
        body: RequestBody,
        stall: Option<Duration>,
    ) -> Result<(ResponseHead, Incoming), SendError> {
        match &self.session {
            None => h1::send(&self.line, head, body, stall)
                .await
                .map(|(head, incoming)| (head, incoming.into())),
            // Boxed: those of HTTP/1.1 would carry its place.
            Some(session) => Box::pin(h2::send(session, &self.line, head, body, stall))
                .await
                .map(|(head, incoming)| (head, incoming.into())),
        }
    }

    /// Whether the next request can be sent at once. False once the connection has ended, be it with the
    /// response just read, and while it carries all that it can: by HTTP/1.1, one request.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        match &self.session {
            None => self.line.is_idle(),
            Some(_) => self.is_open(),
        }
    }

    /// Whether it carries many requests at once, so that the end of one is not the connection's.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.session.is_some()
    }

    /// Whether a request has been sent on it.
    #[must_use]
    pub fn is_used(&self) -> bool {
        match &self.session {
            None => self.line.traffic().received > 0,
            Some(session) => session.is_used(),
        }
    }

    /// Waits until it is known how many requests it can carry at once.
    pub async fn settled(&self) {
        if let Some(session) = &self.session {
            session.settled().await;
        }
    }

    /// Looks at the socket: false once the other side has closed it, it failed, or bytes have
    /// arrived that nobody asked for. Costs one system call and never blocks.
    ///
    /// Under TLS, bytes may be a session ticket: there only the engine can tell, and does as soon as
    /// it turns.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.is_open()
            && match self.line.glance() {
                Glance::Quiet => true,
                Glance::Closed => false,
                Glance::Bytes => self.is_shared() || self.info.tls.is_some() || !self.is_ready(),
            }
    }

    /// What was settled when the connection was opened.
    #[must_use]
    pub fn info(&self) -> &ConnectionInfo {
        &self.info
    }

    /// Bytes moved since the connection was opened.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.line.traffic()
    }

    /// Bytes moved since the last call of this. Where requests share the connection and end at the same
    /// time, each byte is in the result of one call.
    pub(crate) fn uncounted(&self) -> Traffic {
        let Traffic { sent, received } = self.traffic();
        let since = |counted: &AtomicU64, now: u64| {
            // Another call may have seen more than this one.
            now.saturating_sub(counted.fetch_max(now, Ordering::Relaxed))
        };
        Traffic {
            sent: since(&self.counted.0, sent),
            received: since(&self.counted.1, received),
        }
    }

    /// Tells the pool as soon as the connection has ended: the peer closed it, it failed, or the peer
    /// sent what nobody asked for. At once, if that has happened already.
    ///
    /// And tells it when an HTTP/2 connection can carry more requests at once than before.
    pub fn on_close(&self, retire: Retire<Self>) {
        if let Some(session) = &self.session {
            session.watch(&retire);
        }
        self.line.on_end(retire);
    }

    /// Waits until the connection has ended, for whatever reason.
    pub async fn closed(&self) {
        self.line.ended().await;
    }

    /// Closes the connection: at once, with the request that it carries, or if others share it, once they
    /// are done with it.
    pub fn retire(&self) {
        match &self.session {
            None => self.abort(),
            Some(session) => session.close(),
        }
    }

    /// Closes the connection at once; a request that it carries fails.
    pub fn abort(&self) {
        self.line.finish(None);
    }
}

impl Poolable for Connection {
    fn is_open(&self) -> bool {
        // One that the peer goes away from is let go when its last request has ended.
        self.line.is_open()
            && self
                .session
                .as_ref()
                .is_none_or(|session| session.takes_requests())
    }

    fn capacity(&self) -> u32 {
        self.session
            .as_ref()
            .map_or(1, |session| session.capacity())
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
