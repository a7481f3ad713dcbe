//! HTTP/1.1 (RFC 9112), one exchange at a time on a line that is nobody's in between.
//!
//! There is no task and no buffer for each connection: whoever sends a request writes it, reads its
//! response and decodes it where it lies in the thread's own buffer. What waits, for the first byte
//! or for the next token, holds no memory but its place in the protocol.

mod chunked;
mod encode;
mod framing;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod head;
mod incoming;
mod sending;
mod upload;

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Method;
use tokio::time::Instant;

use self::framing::persists;
use self::head::HeadReader;
use self::sending::{SendFault, Sending};
use self::upload::Upload;
use super::body::RequestBody;
use super::fault::{self, HeadEnd};
use super::line::Line;
use crate::error::Error;

pub(super) use self::chunked::ChunkFault;
pub use self::encode::RequestHead;
pub(super) use self::head::HeadFault;
pub use self::head::ResponseHead;
pub(super) use self::incoming::Incoming;

/// Why a request got no response, with its body where that was not touched.
#[derive(Debug)]
pub struct SendError {
    /// What happened.
    pub error: Error,
    /// The request's body, if nothing of it was taken and no byte of the request was written.
    pub unsent: Option<Box<RequestBody>>,
}

/// Sends a request on a line, and waits for the head of its response; `stall`: how long the other side may take
/// nothing of it.
pub(super) async fn send(
    line: &Arc<Line>,
    head: &RequestHead<'_>,
    body: RequestBody,
    stall: Option<Duration>,
) -> Result<(ResponseHead, Incoming), SendError> {
    if !line.begin() {
        return Err(SendError {
            error: fault::at_rest(line.cause()),
            unsent: Some(Box::new(body)),
        });
    }
    let mut exchange = Exchange {
        line,
        before: line.traffic(),
        reader: HeadReader::new(head.method == Method::HEAD),
        persistent: !head.closes(),
        sending: None,
        sent: None,
        unwritable: None,
        ended: false,
    };
    let mut body = Some(body);
    let received = poll_fn(|cx| {
        if let Some(body) = body.take() {
            exchange.start(cx, head, body, stall);
        }
        exchange.poll(cx)
    })
    .await;
    exchange.ended = true;
    received.map_err(|end| exchange.failed(end))
}

/// An exchange until the response's head is there. Dropped before, it closes the line: nobody could
/// say what is still to come on it.
struct Exchange<'a> {
    line: &'a Arc<Line>,
    before: super::io::Traffic,
    reader: HeadReader,
    persistent: bool,
    sending: Option<Sending>,
    /// When the last of the request was written.
    sent: Option<Instant>,
    /// Why nothing more can be written. What the other side had to say may be on its way all the same.
    unwritable: Option<SendFault>,
    ended: bool,
}

impl Exchange<'_> {
    fn start(
        &mut self,
        cx: &mut Context<'_>,
        head: &RequestHead<'_>,
        body: RequestBody,
        stall: Option<Duration>,
    ) {
        let (sending, started) = Sending::start(self.line, cx, head, body, stall);
        self.sending = Some(sending);
        self.unwritable = started.err().map(SendFault::Network);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(ResponseHead, Incoming), HeadEnd>> {
        if let (Some(sending), None) = (&mut self.sending, &self.unwritable) {
            match sending.poll(self.line, cx) {
                Poll::Pending => {}
                Poll::Ready(Ok(())) => {
                    self.sending = None;
                    self.sent = Some(Instant::now());
                }
                Poll::Ready(Err(SendFault::Body(fault))) => {
                    return Poll::Ready(Err(HeadEnd::Body(fault)));
                }
                Poll::Ready(Err(SendFault::Stalled)) => {
                    return Poll::Ready(Err(HeadEnd::Stalled));
                }
                Poll::Ready(Err(fault)) => self.unwritable = Some(fault),
            }
        }
        loop {
            let line = self.line;
            let taken = match line.poll_read(cx, |bytes| self.take(bytes)) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(taken)) => taken,
                Poll::Ready(Err(error)) => Err(HeadEnd::Network(error)),
            };
            match taken {
                Ok(None) => {}
                Ok(Some(received)) => return Poll::Ready(Ok(received)),
                Err(end) => return Poll::Ready(Err(end)),
            }
        }
    }

    fn take(&mut self, bytes: &mut [u8]) -> Result<Option<(ResponseHead, Incoming)>, HeadEnd> {
        if bytes.is_empty() {
            return Err(HeadEnd::Closed {
                within: self.reader.has_begun(),
            });
        }
        let line = self.line;
        let persistent = self.persistent;
        let sent = self.sent;
        let upload = &mut self.sending;
        let unwritable = self.unwritable.is_some();
        let taken = self.reader.take(bytes, |complete, rest| {
            let head = ResponseHead {
                sent,
                ..complete.head
            };
            let persistent = persistent && !unwritable && persists(head.version, &head.headers);
            let upload = upload
                .take()
                .filter(|_| !unwritable)
                .map(|sending| Upload::start(Arc::clone(line), sending));
            let incoming =
                Incoming::new(Arc::clone(line), complete.framing, persistent, upload, rest);
            (head, incoming)
        });
        taken.map_err(HeadEnd::Head)
    }

    fn failed(&mut self, end: HeadEnd) -> SendError {
        self.line.finish(None);
        // A broken pipe tells more than the end of the stream that comes with it.
        let end = match (end, self.unwritable.take()) {
            (HeadEnd::Closed { within: false }, Some(SendFault::Network(error))) => {
                HeadEnd::Network(error)
            }
            (end, _) => end,
        };
        let now = self.line.traffic();
        let error = fault::before_response(
            end,
            super::io::Traffic {
                sent: now.sent - self.before.sent,
                received: now.received - self.before.received,
            },
        );
        let unsent = self
            .sending
            .take()
            .filter(|_| error.retryable)
            .and_then(Sending::into_untouched)
            .map(Box::new);
        SendError { error, unsent }
    }
}

impl Drop for Exchange<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.line.finish(None);
        }
    }
}
