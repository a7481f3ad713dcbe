//! Watches a response's body pass by.

use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use super::event_count::{EventCount, Framing};
use super::origin::OriginMetrics;
use super::streams::OpenStream;
use crate::error::Error;

/// Records what becomes of a body. Dropped before it is told of an end, nobody wanted the rest.
pub(crate) struct Watch {
    origin: Arc<OriginMetrics>,
    /// When the request was called for.
    start: Instant,
    /// Boxed: most bodies are none.
    stream: Option<Box<Stream>>,
    over: bool,
}

/// A body of events.
struct Stream {
    open: OpenStream,
    count: EventCount,
    /// When its last piece came.
    last: Option<Instant>,
}

impl Watch {
    /// The head of a response has come.
    pub(crate) fn new(
        origin: Arc<OriginMetrics>,
        start: Instant,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Self {
        origin.answered(status, start.elapsed());
        let stream = Framing::of(headers.get(CONTENT_TYPE)).map(|framing| {
            Box::new(Stream {
                open: origin.streams.open(),
                count: EventCount::new(framing),
                last: None,
            })
        });
        Self {
            origin,
            start,
            stream,
            over: false,
        }
    }

    /// A piece of the body, decoded if it had to be.
    pub(crate) fn piece(&mut self, piece: &[u8]) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        let now = Instant::now();
        match stream.last.replace(now) {
            None => self.origin.first_token.record(now - self.start),
            Some(last) => self.origin.token_gap.record(now - last),
        }
        stream.open.spoke(now);
        self.origin.events.add(stream.count.feed(piece));
    }

    /// All of the body has come.
    pub(crate) fn complete(mut self) {
        self.over = true;
        self.origin.request.record(self.start.elapsed());
    }

    /// The body broke off.
    pub(crate) fn broken(mut self, error: &Error) {
        self.over = true;
        self.origin.broke(error);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.over {
            self.origin.abandoned.add(1);
        }
    }
}
