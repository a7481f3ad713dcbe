//! A request's body on its way out.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use h2::{Reason, SendStream};

use crate::transport::body::{BodyFault, RequestBody};
use crate::transport::stall::Stall;

/// What of a request's body has not been handed to the session yet.
pub(super) struct Sending {
    stream: SendStream<Bytes>,
    body: RequestBody,
    /// Waits for the peer's window.
    piece: Bytes,
    source: Source,
    stall: Stall,
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
    /// The peer took nothing of it for too long.
    Stalled,
    /// The stream was reset, or its session has ended.
    Stopped,
}

impl Sending {
    /// Hands over a body that is there as a whole, without a copy; the session sends it as the peer's
    /// windows allow. Where a peer may take nothing of it only for so long, it is handed over as it is taken.
    pub(super) fn start(
        mut stream: SendStream<Bytes>,
        body: RequestBody,
        stall: Option<Duration>,
    ) -> Self {
        let mut piece = Bytes::new();
        let source = match &body {
            RequestBody::Full(bytes) if !bytes.is_empty() && stall.is_some() => {
                piece = bytes.clone();
                Source::Untouched
            }
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
            piece,
            source,
            stall: Stall::within(stall),
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
            let before = self.piece.len();
            let out = self.poll_piece_out(cx);
            if out.is_ready() || self.piece.len() < before {
                self.stall.begin_anew();
            }
            let out = match out {
                Poll::Ready(out) => out,
                Poll::Pending => {
                    ready!(self.stall.poll(cx));
                    self.stream.send_reset(Reason::CANCEL);
                    Err(SendFault::Stalled)
                }
            };
            if let Err(fault) = out {
                self.source = Source::Stopped;
                return Poll::Ready(Err(fault));
            }
            let RequestBody::Stream(body) = &mut self.body else {
                return Poll::Ready(self.end());
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
                None => return Poll::Ready(self.end()),
            }
        }
    }

    /// From now on it may take as long as it likes.
    pub(super) fn with_patience(mut self) -> Self {
        self.stall = Stall::within(None);
        self
    }

    fn end(&mut self) -> Result<(), SendFault> {
        self.source = Source::Ended;
        let sent = self.stream.send_data(Bytes::new(), true);
        sent.map_err(|_| SendFault::Stopped)
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
