//! Watches a response's body pass by.

use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::time::Instant;

use super::event_count::{EventCount, Framing};
use super::models::ModelMetrics;
use super::origin::OriginMetrics;
use super::streams::OpenStream;
use super::tokens::Tokens;
use crate::error::Error;

/// Records what becomes of a body. Dropped before it is told of an end, nobody wanted the rest.
pub(crate) struct Watch {
    origin: Arc<OriginMetrics>,
    /// When the request was called for.
    start: Instant,
    /// Boxed: most bodies are none.
    stream: Option<Box<Stream>>,
    /// Boxed: few requests outside those of models have it.
    asked: Option<Box<Asked>>,
    over: bool,
}

/// A body of events.
struct Stream {
    open: OpenStream,
    count: EventCount,
    /// When its last piece came.
    last: Option<Instant>,
}

/// A model that was asked for.
struct Asked {
    model: Arc<ModelMetrics>,
    /// Taken at the end.
    tokens: Option<Tokens>,
}

impl Watch {
    /// The head of a response has come.
    pub(crate) fn new(
        origin: Arc<OriginMetrics>,
        start: Instant,
        status: StatusCode,
        headers: &HeaderMap,
        model: Option<Arc<ModelMetrics>>,
    ) -> Self {
        origin.answered(status, start.elapsed());
        let content_type = headers.get(CONTENT_TYPE);
        let framing = Framing::of(content_type);
        let asked = model.map(|model| {
            model.answered(status);
            let tokens = match framing {
                Some(framing) => Some(Tokens::of_stream(framing)),
                None => is_json(content_type).then(Tokens::of_object),
            };
            Box::new(Asked { model, tokens })
        });
        let stream = framing.map(|framing| {
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
            asked,
            over: false,
        }
    }

    /// A piece of the body, decoded if it had to be.
    pub(crate) fn piece(&mut self, piece: &[u8]) {
        if let Some(Asked {
            tokens: Some(tokens),
            ..
        }) = self.asked.as_deref_mut()
        {
            tokens.feed(piece);
        }
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
        if let Some(asked) = &self.asked {
            asked.model.piece(after, last.is_none(), events);
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
        // However it ended, what was reported until then was used.
        if let Some(asked) = &mut self.asked
            && let Some(tokens) = asked.tokens.take()
        {
            let usage = tokens.finish();
            let (input, output) = (usage.input.unwrap_or(0), usage.output.unwrap_or(0));
            self.origin.input_tokens.add(input);
            self.origin.output_tokens.add(output);
            asked.model.input_tokens.add(input);
            asked.model.output_tokens.add(output);
        }
    }
}

fn is_json(content_type: Option<&HeaderValue>) -> bool {
    const JSON: &[u8] = b"application/json";
    let begin = content_type.and_then(|value| value.as_bytes().get(..JSON.len()));
    begin.is_some_and(|begin| begin.eq_ignore_ascii_case(JSON))
}
