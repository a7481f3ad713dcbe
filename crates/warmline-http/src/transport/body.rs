//! What is sent after a request's head.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

/// A request's body.
pub enum RequestBody {
    /// Nothing.
    Empty,
    /// All of it at once; sent with a `content-length`.
    Full(Bytes),
    /// Pieces as their source makes them.
    Stream(BodyStream),
}

/// A body that arrives in pieces. The channel's capacity is its backpressure: a piece is taken
/// only when the socket can take it.
pub struct BodyStream {
    pieces: mpsc::Receiver<Result<Bytes, Abort>>,
    /// What is still to come, if the length was announced.
    remaining: Option<u64>,
}

/// The source of a streamed body gave up: it failed, or its owner cancelled it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abort;

/// Why a streamed body cannot be sent to its end; the source of the error that its request ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// The source gave up.
    Aborted,
    /// The source made fewer or more bytes than the announced length. Sending them anyway would
    /// let the rest be read as another request.
    LengthMismatch,
}

impl RequestBody {
    /// A body of pieces: with `length` it is sent under that `content-length`, which its pieces
    /// must add up to, without it chunked. The stream ends when every sender is dropped.
    #[must_use]
    pub fn stream(pieces: mpsc::Receiver<Result<Bytes, Abort>>, length: Option<u64>) -> Self {
        Self::Stream(BodyStream {
            pieces,
            remaining: length,
        })
    }

    /// The same body for another try; `None` for a stream, which can be read only once.
    #[must_use]
    pub fn replay(&self) -> Option<Self> {
        match self {
            Self::Empty => Some(Self::Empty),
            Self::Full(bytes) => Some(Self::Full(bytes.clone())),
            Self::Stream(_) => None,
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Self::Stream(stream) => stream.poll_piece(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Full(bytes) => bytes.is_empty(),
            // An announced length of zero still has to be checked against its source.
            Self::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Stream(stream) => stream
                .remaining
                .map_or_else(SizeHint::default, SizeHint::with_exact),
        }
    }
}

impl BodyStream {
    fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        let piece = match ready!(self.pieces.poll_recv(cx)) {
            Some(Ok(piece)) => piece,
            Some(Err(Abort)) => return Poll::Ready(Some(Err(BodyFault::Aborted))),
            None => {
                let short = self.remaining.is_some_and(|remaining| remaining > 0);
                return Poll::Ready(short.then_some(Err(BodyFault::LengthMismatch)));
            }
        };
        if let Some(remaining) = &mut self.remaining {
            let Some(rest) = remaining.checked_sub(piece.len() as u64) else {
                return Poll::Ready(Some(Err(BodyFault::LengthMismatch)));
            };
            *remaining = rest;
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

impl fmt::Display for BodyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aborted => "the source of the request's body gave up",
            Self::LengthMismatch => "the request's body is not as long as was announced",
        })
    }
}

impl StdError for BodyFault {}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The bytes themselves are the caller's secret.
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Full(bytes) => write!(f, "Full({} bytes)", bytes.len()),
            Self::Stream(stream) => write!(f, "Stream({:?} bytes left)", stream.remaining),
        }
    }
}
