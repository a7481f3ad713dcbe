//! What is sent after a request's head.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Method;
use tokio::sync::{mpsc, oneshot};

/// A request's body.
pub enum RequestBody {
    /// Nothing.
    Empty,
    /// All of it at once; sent with a `content-length`.
    Full(Bytes),
    /// Pieces as their source makes them. Boxed: few requests have any, and all would carry its place.
    Stream(Box<BodyStream>),
}

/// A body that arrives in pieces. The channel's capacity is its backpressure: a piece is taken
/// only when the socket can take it.
pub struct BodyStream {
    /// `None` until the source has been asked for them again.
    pieces: Option<Pieces>,
    source: Option<Arc<dyn Rewind>>,
    length: Option<u64>,
    /// What is still to come, if the length was announced.
    remaining: Option<u64>,
    /// Dropped once everything has been taken.
    untaken: Option<oneshot::Sender<()>>,
}

/// The pieces of a body, in their order. Its end is that of every sender.
pub type Pieces = mpsc::Receiver<Result<Bytes, Abort>>;

/// A source that can make its pieces again.
pub trait Rewind: Send + Sync {
    /// All of them, from the first on. Nobody wants any more of those from before.
    fn rewind(&self) -> Pieces;
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

/// What a request says of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyFraming {
    Nothing,
    Length(u64),
    Chunked,
}

impl RequestBody {
    /// A body of pieces: with `length` it is sent under that `content-length`, which its pieces
    /// must add up to, without it chunked. The stream ends when every sender is dropped.
    #[must_use]
    pub fn stream(pieces: Pieces, length: Option<u64>) -> Self {
        BodyStream::body(Some(pieces), None, length)
    }

    /// The same, of pieces that can be made again if the body has to be sent again.
    #[must_use]
    pub fn rewindable(pieces: Pieces, source: Arc<dyn Rewind>, length: Option<u64>) -> Self {
        BodyStream::body(Some(pieces), Some(source), length)
    }

    /// Waits until all of a stream has been taken to be written; `None` for what is there at once.
    pub(crate) fn until_taken(&mut self) -> Option<impl Future<Output = ()> + Send + use<>> {
        let Self::Stream(stream) = self else {
            return None;
        };
        let (untaken, taken) = oneshot::channel();
        stream.untaken = Some(untaken);
        Some(async {
            // It is never sent: its being dropped is the word.
            let _ = taken.await;
        })
    }

    /// The same body for another try; `None` for a stream that can be read only once. A source is asked
    /// once that try wants its first piece.
    #[must_use]
    pub fn replay(&self) -> Option<Self> {
        match self {
            Self::Empty => Some(Self::Empty),
            Self::Full(bytes) => Some(Self::Full(bytes.clone())),
            Self::Stream(stream) => {
                let source = Arc::clone(stream.source.as_ref()?);
                Some(BodyStream::body(None, Some(source), stream.length))
            }
        }
    }

    /// How many bytes it has; `None` for a stream that has not announced it.
    pub(crate) fn length(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Full(bytes) => Some(bytes.len() as u64),
            Self::Stream(stream) => stream.remaining,
        }
    }

    /// Has a stream keep to a length that was stated for it elsewhere.
    pub(crate) fn announce(&mut self, length: u64) {
        if let Self::Stream(stream) = self {
            stream.length = Some(length);
            stream.remaining = Some(length);
        }
    }

    /// What a request with this body states about it.
    pub(super) fn framing(&self, method: &Method) -> BodyFraming {
        match (self, self.length()) {
            // Fetch, "HTTP-network-or-cache fetch", step 8: a length of zero is stated for no body
            // where the method expects one; with PATCH, as Node has it.
            (Self::Empty, _) if !matches!(*method, Method::POST | Method::PUT | Method::PATCH) => {
                BodyFraming::Nothing
            }
            (_, Some(length)) => BodyFraming::Length(length),
            (_, None) => BodyFraming::Chunked,
        }
    }
}

impl BodyStream {
    fn body(
        pieces: Option<Pieces>,
        source: Option<Arc<dyn Rewind>>,
        length: Option<u64>,
    ) -> RequestBody {
        RequestBody::Stream(Box::new(Self {
            pieces,
            source,
            length,
            remaining: length,
            untaken: None,
        }))
    }

    /// The next piece, checked against the announced length; `None` at the end.
    pub(super) fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BodyFault>>> {
        if let (None, Some(source)) = (&self.pieces, &self.source) {
            self.pieces = Some(source.rewind());
        }
        let piece = match self.pieces.as_mut().map(|pieces| pieces.poll_recv(cx)) {
            Some(Poll::Pending) => return Poll::Pending,
            Some(Poll::Ready(piece)) => piece,
            None => None,
        };
        let piece = match piece {
            Some(Ok(piece)) => piece,
            Some(Err(Abort)) => return Poll::Ready(Some(Err(BodyFault::Aborted))),
            None => {
                self.untaken = None;
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
        Poll::Ready(Some(Ok(piece)))
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
