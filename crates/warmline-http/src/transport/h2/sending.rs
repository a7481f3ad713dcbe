//! A request's body on its way out.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, SendStream};

use crate::transport::body::{BodyFault, RequestBody};

/// What of a request's body has not been handed to the session yet.
pub(super) struct Sending {
    stream: SendStream<Bytes>,
    body: RequestBody,
    /// Waits for the peer's window.
    piece: Bytes,
    source: Source,
}

#[derive(PartialEq, Eq)]
enum Source {
    /// The body is as it was given.
    Untouched,
    /// Pieces of it have been taken.
    Begun,
    /// All of it was handed over; a body that came at once is as it was given all the same.
    Ended,
    /// The peer wants no more of it.
    Stopped,
}

/// Why a body could not be sent to its end.
#[derive(Debug)]
pub(super) enum SendFault {
    Body(BodyFault),
    /// The stream was reset, or its session has ended.
    Stopped,
}

impl Sending {
    /// Hands over a body that is there as a whole, without a copy; the session sends it as the peer's
    /// windows allow.
    pub(super) fn start(mut stream: SendStream<Bytes>, body: RequestBody) -> Self {
        let source = match &body {
            RequestBody::Full(bytes) if !bytes.is_empty() => {
                match stream.send_data(bytes.clone(), true) {
                    Ok(()) => Source::Ended,
                    Err(_) => Source::Stopped,
                }
            }
            // Its head has ended the stream.
            _ if body.length() == Some(0) => Source::Ended,
            _ => Source::Untouched,
        };
        Self {
            stream,
            body,
            piece: Bytes::new(),
            source,
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        matches!(self.source, Source::Ended | Source::Stopped)
    }

    /// Hands over what the peer's windows allow; ready once nothing more is to be handed over.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendFault>> {
        loop {
            if self.is_complete() {
                return Poll::Ready(Ok(()));
            }
            if let Err(fault) = ready!(self.poll_piece_out(cx)) {
                self.source = Source::Stopped;
                return Poll::Ready(Err(fault));
            }
            let RequestBody::Stream(body) = &mut self.body else {
                return Poll::Ready(Ok(()));
            };
            let next = ready!(body.poll_piece(cx));
            self.source = Source::Begun;
            match next {
                Some(Ok(piece)) => self.piece = piece,
                Some(Err(fault)) => {
                    // It must not look complete.
                    self.stream.send_reset(Reason::CANCEL);
                    self.source = Source::Stopped;
                    return Poll::Ready(Err(SendFault::Body(fault)));
                }
                None => {
                    let sent = self.stream.send_data(Bytes::new(), true);
                    self.source = Source::Ended;
                    return Poll::Ready(sent.map_err(|_| SendFault::Stopped));
                }
            }
        }
    }

    fn poll_piece_out(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendFault>> {
        while !self.piece.is_empty() {
            self.stream.reserve_capacity(self.piece.len());
            let mut room = self.stream.capacity();
            if room == 0 {
                room = match ready!(self.stream.poll_capacity(cx)) {
                    Some(Ok(room)) => room,
                    Some(Err(_)) | None => return Poll::Ready(Err(SendFault::Stopped)),
                };
            }
            let part = self.piece.split_to(room.min(self.piece.len()));
            if self.stream.send_data(part, false).is_err() {
                return Poll::Ready(Err(SendFault::Stopped));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// The body, if it can be sent again.
    pub(super) fn into_untouched(self) -> Option<RequestBody> {
        match (&self.body, self.source) {
            (RequestBody::Stream(_), Source::Begun | Source::Ended | Source::Stopped) => None,
            _ => Some(self.body),
        }
    }
}
