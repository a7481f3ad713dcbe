//! A response: its head, and a body that gives its connection back when it has been read.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use crate::accounting::Accounting;
use crate::busy::Busy;
use crate::coding::{Decoding, Pulled};
use crate::error::{Error, Phase};
use crate::metrics::Watch;
use crate::target::Target;
use crate::transport::Incoming;

/// The most bytes of an unwanted body that are read rather than its connection closed.
const DRAIN_LIMIT: usize = 64 * 1024;
/// The longest that an unwanted body may take: about what a new connection costs.
const DRAIN_TIME: Duration = Duration::from_secs(1);

/// The head of a response, with its body still to come.
pub struct Response {
    /// The status code.
    pub status: StatusCode,
    /// All headers, names in lower case, in the order in which they came.
    pub headers: HeaderMap,
    /// Where the response came from, after redirects.
    pub target: Arc<Target>,
    /// Whether at least one redirect was followed.
    pub redirected: bool,
    /// Whether one of them led to another origin.
    pub crossed_origins: bool,
    /// The body's content codings are undone; its `content-encoding` and `content-length` are the server's.
    pub decoded: bool,
    /// How the request went.
    pub facts: Facts,
    /// The body.
    pub body: Body,
    pub(crate) reason: Option<Bytes>,
}

impl Response {
    /// The reason phrase as it stood on the wire, or the status code's own (RFC 9112, section 4).
    #[must_use]
    pub fn reason(&self) -> &[u8] {
        match &self.reason {
            Some(reason) => reason,
            None => self
                .status
                .canonical_reason()
                .unwrap_or_default()
                .as_bytes(),
        }
    }
}

/// How a request went: on which connection, and where its time went.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The pool's number for the connection.
    pub connection_id: u64,
    /// Whether the connection had carried a request before.
    pub reused: bool,
    /// The protocol as ALPN spells it: `http/1.0`, `http/1.1` or `h2`.
    pub protocol: &'static str,
    /// How many times the request was put on a connection; 0 where it never came to have one.
    pub attempt: u32,
    /// Where it never came to have one: the last step on the way to it that was begun. Of the times below, those of
    /// this step and of the ones before it are known, as far as it came to an end.
    pub reached: Option<Phase>,
    /// From the call to a connection, opening it included.
    pub queue: Duration,
    /// Of that, the name look-up; zero on a connection that was open already.
    pub dns: Duration,
    /// Of that, opening the TCP connection; zero on a connection that was open already.
    pub tcp: Duration,
    /// Of that, the TLS handshake; zero on a connection that was open already.
    pub tls: Duration,
    /// From the connection to the last byte of the request, or to the response's head where that came
    /// first.
    pub send: Duration,
    /// From there to the response's head.
    pub first_byte: Duration,
    /// The other end of the connection, and ours.
    pub addresses: Option<(SocketAddr, SocketAddr)>,
    /// From the call to its end; `None` as long as that has not come.
    pub took: Option<Duration>,
    /// How long nothing will be sent, where that is why nothing was.
    pub retry_after: Option<Duration>,
}

impl Facts {
    /// Whether the connection was being opened before the request came: its opening cost that one nothing.
    pub(crate) fn is_older(&self) -> bool {
        self.queue < self.dns + self.tcp + self.tls
    }

    /// What is known where no connection came of it, after so long.
    pub(crate) fn unconnected(self, queue: Duration) -> Self {
        let facts = Self { queue, ..self };
        let of_another = facts.reached.is_none() || facts.is_older();
        Self {
            reached: if of_another {
                Some(Phase::Pool)
            } else {
                facts.reached
            },
            ..facts
        }
    }
}

/// A response's body. Read to its end it gives the connection back to the pool; dropped before, it
/// closes the connection, or resets the response's stream on a shared one, so that the server stops.
pub struct Body {
    incoming: Incoming,
    /// What undoes its codings, where it has any. Boxed: most have none.
    decoding: Option<Box<Decoding>>,
    /// Taken when the body has ended.
    busy: Option<Busy>,
    /// Until the body has ended. Boxed: few have it.
    accounting: Option<Box<Accounting>>,
    deadlines: Deadlines,
    origin: Arc<str>,
    /// Until the body has ended, unless it is a redirect's.
    watch: Option<Watch>,
}

/// When the reading of a body has taken too long.
struct Deadlines {
    idle: Option<Duration>,
    total: Option<Instant>,
    /// Runs while a read waits.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Body {
    pub(crate) fn new(
        incoming: Incoming,
        busy: Busy,
        idle: Option<Duration>,
        total: Option<Instant>,
        origin: Arc<str>,
    ) -> Self {
        let deadlines = Deadlines {
            idle,
            total,
            timer: None,
        };
        let mut body = Self {
            incoming,
            decoding: None,
            busy: Some(busy),
            accounting: None,
            deadlines,
            origin,
            watch: None,
        };
        if body.incoming.is_end() {
            body.finish();
        }
        body
    }

    /// Has its codings undone, its tokens counted and its pieces watched.
    pub(crate) fn begin(
        &mut self,
        decoding: Option<Box<Decoding>>,
        accounting: Option<Box<Accounting>>,
        watch: Watch,
    ) {
        self.decoding = decoding;
        self.accounting = accounting;
        self.watch = Some(watch);
        self.tell_end();
    }

    /// The next piece, or `None` at the end.
    ///
    /// # Errors
    /// What cut the body short, or what it cannot be decoded for; the connection is closed, or the
    /// response's stream on a shared one.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        poll_fn(|cx| self.poll_chunk(cx)).await.transpose()
    }

    /// [`Body::chunk`], to be polled.
    pub fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let chunk = ready!(self.poll_decoded(cx));
        if let Some(Ok(piece)) = &chunk {
            let is_last = self.is_over();
            if let Some(accounting) = &mut self.accounting {
                accounting.feed(piece, is_last);
            }
            if let Some(watch) = &mut self.watch {
                watch.piece(piece);
            }
        }
        self.tell_end();
        Poll::Ready(chunk)
    }

    /// The next piece without its codings.
    fn poll_decoded(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        loop {
            let Some(decoding) = &mut self.decoding else {
                return self.poll_received(cx);
            };
            let end = match decoding.pull() {
                Ok(Pulled::Piece(piece)) => return Poll::Ready(Some(Ok(piece))),
                Ok(Pulled::Pause) => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Ok(Pulled::Hungry) => match ready!(self.poll_received(cx)) {
                    Some(Err(error)) => Some(error),
                    received => {
                        if let Some(decoding) = &mut self.decoding {
                            decoding.feed(received.transpose().ok().flatten());
                        }
                        continue;
                    }
                },
                Ok(Pulled::End) => None,
                Err(fault) => Some(self.failed(fault.into())),
            };
            self.decoding = None;
            return Poll::Ready(end.map(Err));
        }
    }

    /// The next piece as it came.
    fn poll_received(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if self.busy.is_none() {
            return Poll::Ready(None);
        }
        let Poll::Ready(chunk) = self.incoming.poll_chunk(cx) else {
            ready!(self.deadlines.poll(cx));
            return Poll::Ready(Some(Err(self.too_slow())));
        };
        self.deadlines.timer = None;
        if let Some(Err(error)) = chunk {
            return Poll::Ready(Some(Err(self.failed(error))));
        }
        if self.incoming.is_end() {
            self.finish();
        }
        Poll::Ready(chunk)
    }

    /// Reads the rest of a body that nobody wants, so that its connection can serve again; a long, a
    /// slow or a failing one is given up, and the connection with it.
    pub async fn drain(mut self) {
        self.decoding = None;
        self.accounting = None;
        let short = async {
            let mut left = DRAIN_LIMIT;
            while let Ok(Some(chunk)) = self.chunk().await {
                match left.checked_sub(chunk.len()) {
                    Some(rest) => left = rest,
                    None => return,
                }
            }
        };
        // However it comes out, the body is dropped now.
        let _ = timeout(DRAIN_TIME, short).await;
    }

    /// Waits until the time for the request as a whole is over, whether anybody reads or not; for ever
    /// without such a deadline.
    pub fn until_overdue(&self) -> impl Future<Output = ()> + Send + use<> {
        // Boxed: few responses have it.
        let timer = self
            .deadlines
            .total
            .map(|total| Box::pin(sleep_until(total)));
        async {
            match timer {
                Some(timer) => timer.await,
                None => std::future::pending().await,
            }
        }
    }

    /// The error of a body whose time is over; its connection is closed.
    pub fn overdue(mut self) -> Error {
        self.too_slow()
    }

    fn finish(&mut self) {
        if let Some(busy) = self.busy.take() {
            busy.finish();
        }
    }

    /// Tells whoever watches that nothing more is to come, once that is so.
    fn tell_end(&mut self) {
        if !self.is_over() {
            return;
        }
        self.accounting = None;
        if let Some(watch) = self.watch.take() {
            watch.complete();
        }
    }

    /// Whether nothing more is to come.
    fn is_over(&self) -> bool {
        self.busy.is_none() && self.decoding.is_none()
    }

    fn failed(&mut self, mut error: Error) -> Error {
        if let Some(busy) = self.busy.take() {
            busy.describe(&mut error);
        }
        let error = error.with_origin(Arc::clone(&self.origin));
        self.accounting = None;
        if let Some(watch) = self.watch.take() {
            watch.broken(&error);
        }
        error
    }

    fn too_slow(&mut self) -> Error {
        let total = self
            .deadlines
            .total
            .is_some_and(|total| Instant::now() >= total);
        self.failed(if total {
            Error::new(
                "WARMLINE_TOTAL_TIMEOUT",
                Phase::Body,
                "timeout: the request took too long as a whole",
            )
        } else {
            Error::new(
                "UND_ERR_BODY_TIMEOUT",
                Phase::Body,
                "body timeout: nothing came for too long",
            )
        })
    }
}

impl Deadlines {
    /// Ready when a deadline has passed; starts the clock of the wait at its first call.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.timer.is_none() {
            let idle = self.idle.map(|idle| Instant::now() + idle);
            let Some(deadline) = idle.into_iter().chain(self.total).min() else {
                return Poll::Pending;
            };
            self.timer = Some(Box::pin(sleep_until(deadline)));
        }
        match &mut self.timer {
            Some(timer) => timer.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }
}
