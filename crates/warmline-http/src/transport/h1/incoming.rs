//! The body of a response, as it arrives.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use super::chunked::Chunked;
use super::framing::Framing;
use super::upload::Upload;
use crate::error::Error;
use crate::transport::fault::{self, BodyEnd};
use crate::transport::line::Line;

/// A response's body. Read to its end it leaves the connection free for the next request, or closed
/// where there can be none; dropped before, it closes the connection.
pub(in crate::transport) struct Incoming {
    line: Arc<Line>,
    decoder: Decoder,
    /// What came with the head.
    first: Option<Bytes>,
    /// The rest of the request, where the response came before its end.
    upload: Option<Upload>,
    persistent: bool,
}

enum Decoder {
    /// So many bytes are to come.
    Length(u64),
    Chunked(Chunked),
    UntilClose,
    Ended,
}

impl Incoming {
    /// A body of which `bytes` came with the head.
    pub(super) fn new(
        line: Arc<Line>,
        framing: Framing,
        persistent: bool,
        upload: Option<Upload>,
        bytes: &mut [u8],
    ) -> Self {
        let mut incoming = Self {
            line,
            decoder: match framing {
                Framing::Length(length) => Decoder::Length(length),
                Framing::Chunked => Decoder::Chunked(Chunked::new()),
                Framing::UntilClose => Decoder::UntilClose,
            },
            first: None,
            upload,
            persistent,
        };
        incoming.first = incoming.take(bytes);
        incoming
    }

    pub(in crate::transport) fn is_end(&self) -> bool {
        self.first.is_none() && matches!(self.decoder, Decoder::Ended)
    }

    pub(in crate::transport) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        loop {
            match &self.decoder {
                Decoder::Ended => return Poll::Ready(None),
                Decoder::Chunked(chunked) => {
                    if let Some(fault) = chunked.fault() {
                        return Poll::Ready(Some(Err(self.fail(BodyEnd::Chunk(fault)))));
                    }
                }
                Decoder::Length(_) | Decoder::UntilClose => {}
            }
            let line = Arc::clone(&self.line);
            let read = ready!(line.poll_read(cx, |bytes| {
                let closed = bytes.is_empty();
                (closed, self.take(bytes))
            }));
            match read {
                // Closed from our side, the stream ends as well, and nothing is complete.
                Ok((true, _)) if matches!(self.decoder, Decoder::UntilClose) && line.is_open() => {
                    self.end(0);
                    return Poll::Ready(None);
                }
                Ok((true, _)) => return Poll::Ready(Some(Err(self.cut_short()))),
                Ok((false, Some(piece))) => return Poll::Ready(Some(Ok(piece))),
                // Framing alone, or a fault before anything.
                Ok((false, None)) => {}
                Err(error) => return Poll::Ready(Some(Err(self.fail(BodyEnd::Network(error))))),
            }
        }
    }

    /// What of the body is in these bytes.
    fn take(&mut self, bytes: &mut [u8]) -> Option<Bytes> {
        let (data, surplus) = match &mut self.decoder {
            Decoder::Length(left) => {
                let data = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
                *left -= data as u64;
                (data, (*left == 0).then(|| bytes.len() - data))
            }
            Decoder::Chunked(chunked) => {
                let decoded = chunked.decode(bytes);
                let surplus = chunked.is_done().then(|| bytes.len() - decoded.read);
                (decoded.data, surplus)
            }
            Decoder::UntilClose => (bytes.len(), None),
            Decoder::Ended => (0, None),
        };
        if let Some(surplus) = surplus {
            self.end(surplus);
        }
        (data > 0).then(|| Bytes::copy_from_slice(&bytes[..data]))
    }

    /// The body is complete. Bytes that nobody asked for cost the connection, and so does a request
    /// that is still on its way: the next one would be read as a part of it.
    fn end(&mut self, surplus: usize) {
        self.decoder = Decoder::Ended;
        let sent = self.upload.take().is_none_or(|upload| upload.is_complete());
        if self.persistent && surplus == 0 && sent {
            self.line.rest();
        } else {
            self.line.finish(None);
        }
    }

    fn cut_short(&mut self) -> Error {
        let announced = matches!(self.decoder, Decoder::Length(_));
        self.fail(BodyEnd::Closed { announced })
    }

    fn fail(&mut self, end: BodyEnd) -> Error {
        self.decoder = Decoder::Ended;
        let end = match self.upload.take().and_then(|upload| upload.fault()) {
            // What broke the request broke the response, too.
            Some(fault) => BodyEnd::Upload(fault),
            None => end,
        };
        self.line.finish(None);
        fault::in_body(end, self.line.traffic())
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !matches!(self.decoder, Decoder::Ended) {
            self.line.finish(None);
        }
    }
}
