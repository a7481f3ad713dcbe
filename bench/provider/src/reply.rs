//! One request on its way to an answer: what came in, and the bytes that go out.

use std::io::Write;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::http1::{self, Head, ResponseFraming};
use crate::knobs::{BodyFraming, Close, Knobs};
use crate::script::Quota;
use crate::server::Shared;
use crate::stream::{Events, Stream};

/// An answer that lies in the connection's output, and how it is to be sent.
pub(crate) struct Reply {
    /// Where its head begins in the output.
    pub(crate) head: usize,
    /// Where its body begins in the output.
    pub(crate) body: usize,
    pub(crate) latency: Duration,
    pub(crate) close: Option<Close>,
    pub(crate) keep_alive: bool,
    /// The rest of the body, sent event by event.
    pub(crate) stream: Option<Stream>,
}

/// Whose shape an answer takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    OpenAi,
    Anthropic,
}

/// A request, what is known about it, and the output that its answer is appended to.
pub(crate) struct Exchange<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) head: &'a Head<'a, 'a>,
    pub(crate) body: &'a [u8],
    pub(crate) knobs: Knobs,
    /// What is left of a limit that holds.
    pub(crate) quota: Option<Quota>,
    pub(crate) api: Api,
    /// Which connection of the server this is, and which request on it, both from 1.
    pub(crate) connection: u64,
    pub(crate) served: u64,
    pub(crate) out: &'a mut Vec<u8>,
    /// Where a body is built, so that its length is known before its head is written.
    pub(crate) scratch: &'a mut Vec<u8>,
}

impl Exchange<'_> {
    /// A number that no other answer of this process has.
    pub(crate) fn next_id(&self) -> usize {
        self.shared.ids.fetch_add(1, Relaxed)
    }

    /// Counts it, if a request with its id was served before. One whose answer will be cut short is served, too.
    pub(crate) fn count_work(&mut self) {
        if let (Some(id), None) = (self.knobs.id.take(), self.knobs.status) {
            self.shared.stats.work_done(id);
        }
    }

    /// Answers 200 with the JSON that `write` appends.
    pub(crate) fn json(self, write: impl FnOnce(&mut Vec<u8>)) -> Reply {
        self.scratch.clear();
        write(self.scratch);
        self.send(200, b"application/json")
    }

    /// Answers 200 with the request's own body.
    pub(crate) fn mirror(self) -> Reply {
        self.scratch.clear();
        self.scratch.extend_from_slice(self.body);
        let content_type = self
            .head
            .header("content-type")
            .unwrap_or(b"application/octet-stream");
        self.send(200, content_type)
    }

    /// Answers with an error in the shape of the API that was asked.
    pub(crate) fn error(self, status: u16, message: &str) -> Reply {
        let kind = match (self.api, status) {
            (_, 429) => "rate_limit_error",
            (_, 401) => "authentication_error",
            (_, 403) => "permission_error",
            (Api::Anthropic, 404) => "not_found_error",
            (Api::Anthropic, 529) => "overloaded_error",
            (_, 400..500) => "invalid_request_error",
            (Api::OpenAi, _) => "server_error",
            (Api::Anthropic, _) => "api_error",
        };
        let body = match self.api {
            Api::OpenAi => serde_json::json!({
                "error": { "message": message, "type": kind, "param": null, "code": null }
            }),
            Api::Anthropic => serde_json::json!({
                "type": "error", "error": { "type": kind, "message": message }
            }),
        };
        self.scratch.clear();
        // Writing into a Vec cannot fail.
        let _ = write!(self.scratch, "{body}");
        self.send(status, b"application/json")
    }

    /// Answers 200 with a stream of server-sent events.
    pub(crate) fn stream(mut self, events: Box<dyn Events>) -> Reply {
        let chunked = self.head.chunks_allowed;
        let framing = if chunked {
            ResponseFraming::Chunked
        } else {
            ResponseFraming::UntilClose
        };
        let keep_alive = self.head.keep_alive && chunked;
        let head = self.out.len();
        http1::begin_head(self.out, 200, framing, keep_alive);
        self.out.extend_from_slice(b"cache-control: no-cache\r\n");
        self.finish_head(b"text/event-stream; charset=utf-8");
        Reply {
            head,
            body: self.out.len(),
            latency: self.knobs.latency,
            close: self.knobs.close,
            keep_alive,
            stream: Some(Stream {
                events,
                interval: self.knobs.interval,
                stall_after: self.knobs.stall_after,
                cut: self.knobs.close,
                chunked,
            }),
        }
    }

    /// Sends what is in the scratch.
    fn send(mut self, status: u16, content_type: &[u8]) -> Reply {
        let chunked = self.knobs.framing == BodyFraming::Chunked && self.head.chunks_allowed;
        let framing = if chunked {
            ResponseFraming::Chunked
        } else {
            ResponseFraming::Length(self.scratch.len())
        };
        let head = self.out.len();
        http1::begin_head(self.out, status, framing, self.head.keep_alive);
        self.finish_head(content_type);
        let body = self.out.len();
        if self.head.method != "HEAD" {
            if chunked {
                http1::push_chunk(self.out, self.scratch);
                self.out.extend_from_slice(http1::LAST_CHUNK);
            } else {
                self.out.extend_from_slice(self.scratch);
            }
        }
        Reply {
            head,
            body,
            latency: self.knobs.latency,
            close: self.knobs.close,
            keep_alive: self.head.keep_alive,
            stream: None,
        }
    }

    fn finish_head(&mut self, content_type: &[u8]) {
        let id = self.next_id();
        let out = &mut *self.out;
        out.extend_from_slice(b"content-type: ");
        out.extend_from_slice(content_type);
        out.extend_from_slice(match self.api {
            Api::OpenAi => b"\r\nx-request-id: req_",
            Api::Anthropic => b"\r\nrequest-id: req_01",
        });
        http1::push_hex(out, id);
        out.extend_from_slice(b"\r\n");
        if self.api == Api::OpenAi {
            out.extend_from_slice(b"openai-version: 2020-10-01\r\n");
        }
        if let Some(seconds) = self.knobs.retry_after {
            // Writing into a Vec cannot fail.
            let _ = write!(out, "retry-after: {seconds}\r\n");
        }
        if let Some(quota) = self.quota {
            let (limit, left) = (quota.limit, quota.remaining);
            let reset = quota.full_in.as_millis();
            let _ = write!(
                out,
                "x-ratelimit-limit-requests: {limit}\r\nx-ratelimit-remaining-requests: {left}\r\nx-ratelimit-reset-requests: {reset}ms\r\n"
            );
        }
        for index in 0..self.knobs.headers {
            let _ = write!(out, "x-mock-extra-{index}: {index}\r\n");
        }
        out.extend_from_slice(b"\r\n");
    }
}
