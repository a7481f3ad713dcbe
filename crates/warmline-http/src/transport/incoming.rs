//! The body of a response, whichever protocol it comes by.

use std::fmt;
use std::task::{Context, Poll};

use bytes::Bytes;

use super::{h1, h2};
use crate::error::Error;

/// A response's body. Read to its end it leaves the connection free for the next request, or closed
/// where there can be none; dropped before, it closes the connection, or resets its stream alone where
/// others share the connection.
pub struct Incoming(Kind);

enum Kind {
    H1(h1::Incoming),
    // Boxed: it is the larger one, and not the one that is in a hurry.
    H2(Box<h2::Incoming>),
}

impl Incoming {
    /// Whether the end has been reached, so that [`Incoming::poll_chunk`] has nothing more to give.
    #[must_use]
    pub fn is_end(&self) -> bool {
        match &self.0 {
            Kind::H1(incoming) => incoming.is_end(),
            Kind::H2(incoming) => incoming.is_end(),
        }
    }

    /// The next piece, never empty, or `None` at the end.
    ///
    /// # Errors
    /// What cut the body short, with phase [`Body`](crate::Phase::Body); the connection is closed, or
    /// the stream is where others share the connection. [`Error::bytes_sent`] and
    /// [`Error::bytes_received`] are those of the connection's whole life, and of a stream its body's.
    pub fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        match &mut self.0 {
            Kind::H1(incoming) => incoming.poll_chunk(cx),
            Kind::H2(incoming) => incoming.poll_chunk(cx),
        }
    }
}

impl From<h1::Incoming> for Incoming {
    fn from(incoming: h1::Incoming) -> Self {
        Self(Kind::H1(incoming))
    }
}

impl From<h2::Incoming> for Incoming {
    fn from(incoming: h2::Incoming) -> Self {
        Self(Kind::H2(Box::new(incoming)))
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("end", &self.is_end())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_by_http1_is_none_the_larger_for_the_other_kind() {
        assert_eq!(size_of::<Incoming>(), size_of::<h1::Incoming>());
    }
}
