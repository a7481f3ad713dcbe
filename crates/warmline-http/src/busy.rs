//! A connection while a request is on it, and what becomes of it afterwards.

use warmline_pool::{CloseReason, Lease};

use crate::error::{Error, Phase};
use crate::leases::ConnectionGuard;
use crate::transport::Connection;

/// A connection with one request on it. Dropped before [`Busy::finish`], it closes the connection:
/// nobody can say what is still to come on it.
pub(crate) struct Busy {
    holding: Option<Holding>,
    attempt: u32,
    /// It had carried a request before this one.
    pub(crate) reused: bool,
    /// The request's body may still be on its way when the response has ended.
    streamed: bool,
    sent_before: u64,
    received_before: u64,
}

/// How the connection is held: for this request only, or by a lease that outlives it.
pub(crate) enum Holding {
    Pooled(Lease<Connection>),
    Leased(ConnectionGuard),
}

impl Busy {
    pub(crate) fn new(holding: Holding, attempt: u32, streamed: bool) -> Self {
        let connection = holding.connection();
        Self {
            attempt,
            streamed,
            reused: connection.bytes_received() > 0,
            sent_before: connection.bytes_sent(),
            received_before: connection.bytes_received(),
            holding: Some(holding),
        }
    }

    pub(crate) fn connection(&self) -> Option<&Connection> {
        self.holding.as_ref().map(Holding::connection)
    }

    /// The exchange is complete: the connection goes back, or is closed if it cannot be used again.
    pub(crate) fn finish(mut self, keep_alive: bool) {
        let sending = self.streamed
            && self
                .connection()
                .is_some_and(|connection| !connection.is_ready());
        let keep_alive = keep_alive && !sending;
        match self.holding.take() {
            Some(Holding::Pooled(lease)) if keep_alive => drop(lease),
            Some(Holding::Pooled(lease)) => lease.discard(CloseReason::Discarded),
            Some(Holding::Leased(guard)) => guard.finish(keep_alive),
            None => {}
        }
    }

    /// What a failure in the middle of the body was.
    pub(crate) fn body_error(self, error: hyper::Error) -> Error {
        let mut failure = match self.connection() {
            Some(connection) => connection.body_error(error),
            None => Error::new("UND_ERR_SOCKET", Phase::Body, "the connection is gone"),
        };
        self.describe(&mut failure);
        failure
    }

    /// Adds to an error what this exchange knows of itself.
    pub(crate) fn describe(&self, error: &mut Error) {
        error.attempt = self.attempt;
        error.reused_connection = self.reused;
        if let Some(connection) = self.connection() {
            error.bytes_sent = connection.bytes_sent() - self.sent_before;
            error.bytes_received = connection.bytes_received() - self.received_before;
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        match self.holding.take() {
            Some(Holding::Pooled(lease)) => lease.discard(CloseReason::Discarded),
            Some(Holding::Leased(guard)) => guard.finish(false),
            None => {}
        }
    }
}

impl Holding {
    pub(crate) fn connection(&self) -> &Connection {
        match self {
            Self::Pooled(lease) => lease,
            Self::Leased(guard) => guard.connection(),
        }
    }

    pub(crate) fn id(&self) -> u64 {
        match self {
            Self::Pooled(lease) => lease.id(),
            Self::Leased(guard) => guard.id(),
        }
    }
}
