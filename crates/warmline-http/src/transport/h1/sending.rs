//! A request on its way out.

use std::io::{self, IoSlice};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};

use super::encode::{CHUNK_END, LAST_CHUNK, RequestHead, chunk_size};
use crate::transport::body::{BodyFault, BodyFraming, RequestBody};
use crate::transport::line::Line;
use crate::transport::scratch;
use crate::transport::stall::Stall;

/// A body of up to this size is copied behind its head, for one write of one piece.
const TOGETHER_BYTES: usize = 16 * 1024;

/// What of a request has not been written yet.
pub(super) struct Sending {
    body: RequestBody,
    chunked: bool,
    /// Written before anything more is taken from the body.
    pending: Pending,
    source: Source,
    stall: Stall,
}

#[derive(PartialEq, Eq)]
enum Source {
    /// The body is as it was given.
    Untouched,
    /// Pieces of it have been taken.
    Begun,
    Ended,
}

/// Bytes that go out in this order.
#[derive(Default)]
struct Pending {
    before: Bytes,
    piece: Bytes,
    after: &'static [u8],
}

/// Why a request could not be written to its end.
#[derive(Debug)]
pub(super) enum SendFault {
    Body(BodyFault),
    Network(io::Error),
    /// The other side took nothing of it for too long.
    Stalled,
}

/// How far a request has come.
enum Progress {
    /// All of it has left.
    Complete,
    /// What its source has made so far has.
    Starved,
}

impl Sending {
    /// Encodes a request and writes as much of it as the socket takes at once.
    pub(super) fn start(
        line: &Line,
        cx: &mut Context<'_>,
        head: &RequestHead<'_>,
        body: RequestBody,
        stall: Option<Duration>,
    ) -> (Self, io::Result<()>) {
        let framing = body.framing(head.method);
        let piece = match &body {
            RequestBody::Full(bytes) => bytes.clone(),
            RequestBody::Empty | RequestBody::Stream(_) => Bytes::new(),
        };
        let mut sending = Self {
            source: match body {
                RequestBody::Stream(_) => Source::Untouched,
                RequestBody::Empty | RequestBody::Full(_) => Source::Ended,
            },
            chunked: framing == BodyFraming::Chunked,
            body,
            pending: Pending::default(),
            stall: Stall::within(stall),
        };
        let written = scratch::writing(|buffer| {
            head.encode(framing, buffer);
            let piece = if piece.len() <= TOGETHER_BYTES {
                buffer.extend_from_slice(&piece);
                Bytes::new()
            } else {
                piece
            };
            let pieces = [IoSlice::new(buffer), IoSlice::new(&piece)];
            let filled = 1 + usize::from(!piece.is_empty());
            let written = match line.poll_write(cx, &pieces[..filled]) {
                Poll::Ready(Ok(written)) => written,
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => 0,
            };
            let of_head = written.min(buffer.len());
            sending.pending = Pending {
                before: Bytes::copy_from_slice(&buffer[of_head..]),
                piece: piece.slice(written - of_head..),
                after: &[],
            };
            Ok(())
        });
        (sending, written)
    }

    /// Writes what the socket takes; ready once the whole request has left.
    pub(super) fn poll(
        &mut self,
        line: &Line,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendFault>> {
        let before = self.stall.is_limited().then(|| line.traffic().sent);
        match self.poll_out(line, cx) {
            Poll::Ready(Ok(Progress::Complete)) => Poll::Ready(Ok(())),
            Poll::Ready(Ok(Progress::Starved)) => {
                self.stall.begin_anew();
                Poll::Pending
            }
            Poll::Ready(Err(fault)) => Poll::Ready(Err(fault)),
            Poll::Pending => {
                if before.is_some_and(|before| line.traffic().sent > before) {
                    self.stall.begin_anew();
                }
                self.stall.poll(cx).map(|()| Err(SendFault::Stalled))
            }
        }
    }

    /// From now on it may take as long as it likes.
    pub(super) fn with_patience(mut self) -> Self {
        self.stall = Stall::within(None);
        self
    }

    /// Pending while the socket takes nothing.
    fn poll_out(&mut self, line: &Line, cx: &mut Context<'_>) -> Poll<Result<Progress, SendFault>> {
        loop {
            if let Err(error) = ready!(self.pending.poll_write(line, cx)) {
                return Poll::Ready(Err(SendFault::Network(error)));
            }
            let stream = match &mut self.body {
                RequestBody::Stream(stream) if self.source != Source::Ended => stream,
                _ => {
                    ready!(line.poll_flush(cx)).map_err(SendFault::Network)?;
                    return Poll::Ready(Ok(Progress::Complete));
                }
            };
            let Poll::Ready(next) = stream.poll_piece(cx) else {
                // The source is slow: what it has made so far should not wait for it.
                ready!(line.poll_flush(cx)).map_err(SendFault::Network)?;
                return Poll::Ready(Ok(Progress::Starved));
            };
            self.source = Source::Begun;
            match next {
                Some(Ok(piece)) if piece.is_empty() => {}
                Some(Ok(piece)) => self.pending.put(piece, self.chunked),
                Some(Err(fault)) => return Poll::Ready(Err(SendFault::Body(fault))),
                None => {
                    self.source = Source::Ended;
                    if self.chunked {
                        self.pending.after = LAST_CHUNK;
                    }
                }
            }
        }
    }

    /// The body, if nobody has taken anything from it.
    pub(super) fn into_untouched(self) -> Option<RequestBody> {
        match (&self.body, self.source) {
            (RequestBody::Stream(_), Source::Begun | Source::Ended) => None,
            _ => Some(self.body),
        }
    }
}

impl Pending {
    fn put(&mut self, piece: Bytes, chunked: bool) {
        if chunked {
            self.before = chunk_size(piece.len());
            self.after = CHUNK_END;
        }
        self.piece = piece;
    }

    fn poll_write(&mut self, line: &Line, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !(self.before.is_empty() && self.piece.is_empty() && self.after.is_empty()) {
            let pieces = [
                IoSlice::new(&self.before),
                IoSlice::new(&self.piece),
                IoSlice::new(self.after),
            ];
            let mut written = ready!(line.poll_write(cx, &pieces))?;
            for part in [&mut self.before, &mut self.piece] {
                let of_part = written.min(part.len());
                part.advance(of_part);
                written -= of_part;
            }
            self.after = &self.after[written..];
        }
        // Nothing of it is needed any more.
        *self = Self::default();
        Poll::Ready(Ok(()))
    }
}
