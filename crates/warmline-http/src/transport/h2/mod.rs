//! HTTP/2 (RFC 9113): many exchanges at once on a line. The protocol is the `h2` crate's.
//!
//! A session has one task, its [driver], which alone reads and writes the line; whoever has a request
//! on it reads and writes a stream. A stream that is dropped is reset, which leaves the others alone.

mod driver;
mod fault;
mod incoming;
mod interim;
mod limits;
mod line_io;
mod ping;
mod request;
mod sending;
mod session;
mod upload;

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use h2::client::ResponseFuture;
use http::{Method, Version};
use tokio::time::Instant;

use self::fault::{End, HeadFault};
pub(super) use self::incoming::Incoming;
use self::interim::Interim;
pub use self::ping::PingOptions;
use self::sending::{SendFault, Sending};
pub(super) use self::session::Session;
use self::upload::Upload;
use super::body::RequestBody;
use super::fault as transport_fault;
use super::h1::{RequestHead, ResponseHead, SendError};
use super::line::Line;
use crate::error::{Error, Phase};

/// Sends a request on a session, and waits for the head of its response; `stall`: how long the peer may take nothing
/// of it.
pub(super) async fn send(
    session: &Session,
    line: &Arc<Line>,
    head: &RequestHead<'_>,
    body: RequestBody,
    stall: Option<Duration>,
) -> Result<(ResponseHead, Incoming), SendError> {
    let refused = |error, body| SendError {
        error,
        unsent: Some(Box::new(body)),
    };
    if !session.takes_requests() || !line.is_open() {
        return Err(refused(transport_fault::at_rest(line.cause()), body));
    }
    let request = match request::of(head, body.framing(head.method), session.scheme()) {
        Ok(request) => request,
        Err(error) => return Err(refused(error, body)),
    };
    let before = line.traffic().sent;
    let ends_here = body.length() == Some(0);
    let (response, stream) = match session.begin(request, ends_here) {
        Ok(begun) => begun,
        Err(error) => return Err(refused(error, body)),
    };
    let mut exchange = Exchange {
        response,
        interim: Interim::default(),
        sending: Some(Sending::start(stream, body, stall)),
        sent: None,
        to_head: head.method == Method::HEAD,
    };
    let end = match poll_fn(|cx| exchange.poll(cx)).await {
        Ok(response) => return exchange.received(response, session, line),
        Err(end) => end,
    };
    let untouched = line.traffic().sent == before;
    Err(exchange.failed(&end, session, line, untouched))
}

/// An exchange until the response's head is there. Dropped before, it resets its stream.
struct Exchange {
    response: ResponseFuture,
    interim: Interim,
    sending: Option<Sending>,
    /// When the last of the request was handed over.
    sent: Option<Instant>,
    to_head: bool,
}

type Response = http::Response<h2::RecvStream>;

impl Exchange {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Response, End>> {
        if let Some(sending) = &mut self.sending {
            // Once all is handed over it is kept, should the peer refuse the request. Of a peer that wants
            // no more of it, the response's side knows what that means.
            match sending.poll(cx) {
                Poll::Ready(Ok(())) => self.sent = self.sent.or_else(|| Some(Instant::now())),
                Poll::Ready(Err(SendFault::Body(fault))) => {
                    return Poll::Ready(Err(End::Upload(fault)));
                }
                Poll::Ready(Err(SendFault::Stalled)) => return Poll::Ready(Err(End::Stalled)),
                Poll::Ready(Err(SendFault::Stopped)) | Poll::Pending => {}
            }
        }
        self.interim
            .poll_response(&mut self.response, cx)
            .map_err(|fault| match fault {
                interim::Fault::Stream(error) => End::of(&error),
                interim::Fault::TooMuch => End::Head(HeadFault::TooLarge),
                interim::Fault::Upgrade => End::Head(HeadFault::Upgrade),
            })
    }

    fn received(
        self,
        response: Response,
        session: &Session,
        line: &Arc<Line>,
    ) -> Result<(ResponseHead, Incoming), SendError> {
        let (parts, stream) = response.into_parts();
        if parts.headers.len() > limits::MAX_FIELDS {
            let error = fault::before_response(
                &End::Head(HeadFault::TooLarge),
                session.farewell(line),
                false,
            );
            let unsent = None;
            return Err(SendError { error, unsent });
        }
        let upload = self
            .sending
            .filter(|sending| !sending.is_complete())
            .map(Upload::start);
        let bodiless = self.to_head || matches!(parts.status.as_u16(), 204 | 304);
        let announced = incoming::announced(&parts.headers).filter(|_| !bodiless);
        let head = ResponseHead {
            status: parts.status,
            version: Version::HTTP_2,
            // HTTP/2 has none (RFC 9113, section 8.3.2).
            reason: Some(Bytes::new()),
            headers: parts.headers,
            sent: self.sent,
        };
        let incoming = Incoming::new(stream, announced, upload, session.witness(line));
        Ok((head, incoming))
    }

    fn failed(
        self,
        end: &End,
        session: &Session,
        line: &Arc<Line>,
        nothing_written: bool,
    ) -> SendError {
        let error = fault::before_response(end, session.farewell(line), nothing_written);
        let unsent = self
            .sending
            .filter(|_| error.retryable)
            .and_then(Sending::into_untouched)
            .map(Box::new);
        SendError { error, unsent }
    }
}

/// A request that cannot be put into HTTP/2's terms.
fn unsendable(message: &'static str) -> Error {
    Error::new("UND_ERR_INVALID_ARG", Phase::Send, message)
}
