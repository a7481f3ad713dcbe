//! The body of a response, as it arrives.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, RecvStream};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;

use super::fault::{self, End};
use super::session::Witness;
use super::upload::Upload;
use crate::error::Error;

/// A response's body. Dropped before its end, it resets its stream.
pub(in crate::transport) struct Incoming {
    stream: RecvStream,
    /// The length that the response's head stated.
    announced: Option<u64>,
    received: u64,
    /// The rest of the request, where the response came before its end.
    upload: Option<Upload>,
    witness: Witness,
    ended: bool,
}

/// The length that a response states; h2 has checked that it is one number.
pub(super) fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl Incoming {
    pub(super) fn new(
        stream: RecvStream,
        announced: Option<u64>,
        upload: Option<Upload>,
        witness: Witness,
    ) -> Self {
        let mut incoming = Self {
            stream,
            announced,
            received: 0,
            upload,
            witness,
            ended: false,
        };
        incoming.look_for_end();
        incoming
    }

    pub(in crate::transport) fn is_end(&self) -> bool {
        self.ended
    }

    pub(in crate::transport) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Error>>> {
        loop {
            if self.ended {
                return Poll::Ready(None);
            }
            match ready!(self.stream.poll_data(cx)) {
                Some(Ok(piece)) => {
                    self.received += piece.len() as u64;
                    // Whoever reads has room for it: the peer may send as much again. A stream that is
                    // over needs no more.
                    let _ = self.stream.flow_control().release_capacity(piece.len());
                    self.look_for_end();
                    if !piece.is_empty() {
                        return Poll::Ready(Some(Ok(piece)));
                    }
                }
                // Trailers, if there are any, are nobody's.
                None => self.end(),
                Some(Err(error)) if self.is_complete_after(&error) => self.end(),
                Some(Err(error)) => return Poll::Ready(Some(Err(self.fail(&error)))),
            }
        }
    }

    fn look_for_end(&mut self) {
        if self.stream.is_end_stream() {
            self.end();
        }
    }

    fn end(&mut self) {
        self.ended = true;
        self.upload = None;
    }

    /// A peer may reset a stream without an error once its response is complete, to have no more of
    /// the request (RFC 9113, section 8.1).
    fn is_complete_after(&self, error: &h2::Error) -> bool {
        error.is_reset()
            && error.is_remote()
            && error.reason() == Some(Reason::NO_ERROR)
            && self
                .announced
                .is_none_or(|announced| announced == self.received)
    }

    fn fail(&mut self, error: &h2::Error) -> Error {
        self.ended = true;
        // What broke the request broke the response, too.
        let end = match self.upload.take().and_then(|upload| upload.fault()) {
            Some(fault) => End::Upload(fault),
            None => End::of(error),
        };
        let short = self
            .announced
            .is_some_and(|announced| announced != self.received);
        let mut error = fault::in_body(&end, self.witness.farewell(), short);
        error.bytes_received = self.received;
        error
    }
}
