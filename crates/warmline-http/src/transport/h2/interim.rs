//! What comes before a response's head: interim responses (RFC 9110, section 15.2), which nobody asked
//! for and which have an end.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use h2::RecvStream;
use h2::client::ResponseFuture;
use http::{HeaderMap, Response, StatusCode};

use super::limits::MAX_INTERIM_BYTES;

/// A field's weight beside its name and value (RFC 9113, section 6.5.2).
const FIELD_OVERHEAD: usize = 32;

/// How much of interim responses has come.
#[derive(Default)]
pub(super) struct Interim {
    bytes: usize,
}

/// Why there is no head.
pub(super) enum Fault {
    Stream(h2::Error),
    TooMuch,
    /// A change of protocols, which HTTP/2 does not have (RFC 9113, section 8.6).
    Upgrade,
}

impl Interim {
    /// The response's head, once what comes before it has been left out.
    pub(super) fn poll_response(
        &mut self,
        response: &mut ResponseFuture,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Response<RecvStream>, Fault>> {
        while let Poll::Ready(Some(interim)) = response.poll_informational(cx) {
            match interim {
                Ok(interim) if interim.status() == StatusCode::SWITCHING_PROTOCOLS => {
                    return Poll::Ready(Err(Fault::Upgrade));
                }
                Ok(interim) => self.bytes += size(interim.headers()),
                Err(error) => return Poll::Ready(Err(Fault::Stream(error))),
            }
            if self.bytes > MAX_INTERIM_BYTES {
                return Poll::Ready(Err(Fault::TooMuch));
            }
        }
        Pin::new(response).poll(cx).map_err(Fault::Stream)
    }
}

/// The status, which every head has, and the fields.
fn size(headers: &HeaderMap) -> usize {
    let fields = headers.iter();
    let fields = fields.map(|(name, value)| name.as_str().len() + value.len() + FIELD_OVERHEAD);
    FIELD_OVERHEAD + fields.sum::<usize>()
}
