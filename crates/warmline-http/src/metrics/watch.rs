//! Watches a response's body pass by.

use std::sync::Arc;

use http::StatusCode;
use tokio::time::Instant;

use super::event_count::EventCount;
use super::models::ModelMetrics;
use super::origin::OriginMetrics;
use super::streams::OpenStream;
use crate::error::Error;
use crate::sse::MediaType;

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
    /// The model that was asked for.
    model: Option<Arc<ModelMetrics>>,
    /// When its last piece came.
    last: Option<Instant>,
}

impl Watch {
    /// The head of a response has come at the second of these moments; the request was called for at the first.
    pub(crate) fn new(
        origin: Arc<OriginMetrics>,
        [start, came]: [Instant; 2],
        status: StatusCode,
        media_type: MediaType,
        model: Option<Arc<ModelMetrics>>,
    ) -> Self {
        origin.answered(status, came - start);
        if let Some(model) = &model {
            model.answered(status);
        }
        let stream = match media_type {
            MediaType::Stream(framing) => Some(Box::new(Stream {
                open: origin.streams.open(),
                count: EventCount::new(framing),
                model,
                last: None,
            })),
            MediaType::Json | MediaType::Other => None,
        };
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
        let last = stream.last.replace(now);
        let after = now - last.unwrap_or(self.start);
        match last {
            None => self.origin.first_token.record(after),
            Some(_) => self.origin.token_gap.record(after),
        }
        stream.open.spoke(now);
        let events = stream.count.feed(piece);
        self.origin.events.add(events);
        if let Some(model) = &stream.model {
            model.piece(after, last.is_none(), events);
        }
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
