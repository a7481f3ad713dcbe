//! A connection while a request is on it, and what becomes of it afterwards.

use std::sync::Arc;
use std::time::Duration;

use warmline_pool::{CloseReason, Lease};

use crate::error::Error;
use crate::leases::ConnectionGuard;
use crate::metrics::OriginMetrics;
use crate::routes::Turn;
use crate::transport::{Connection, Traffic};

/// A connection with one request on it. Dropped before [`Busy::finish`], it closes the connection, for
/// nobody can say what is still to come on it; unless that carries each request apart from the others.
pub(crate) struct Busy {
    holding: Option<Holding>,
    attempt: u32,
    /// It had carried a request before this one.
    pub(crate) reused: bool,
    before: Traffic,
    counts: Arc<OriginMetrics>,
    /// Of the request at its endpoint, until the exchange is over. Boxed: few have one.
    turn: Option<Box<Turn>>,
    /// The server keeps it for no time at all.
    once: bool,
}

/// How the connection is held: for this request only, or by a lease that outlives it.
pub(crate) enum Holding {
    Pooled(Lease<Connection>),
    Leased(ConnectionGuard),
}

impl Busy {
    pub(crate) fn new(holding: Holding, attempt: u32, counts: &Arc<OriginMetrics>) -> Self {
        let before = holding.connection().traffic();
        Self {
            attempt,
            reused: holding.connection().is_used(),
            before,
            counts: Arc::clone(counts),
            once: false,
            holding: Some(holding),
            turn: None,
        }
    }

    /// Counts as a request at an endpoint for as long as this lasts.
    pub(crate) fn count_for(&mut self, turn: Turn) {
        self.turn = Some(Box::new(turn));
    }

    /// What is counted of the origin.
    pub(crate) fn counts(&self) -> &Arc<OriginMetrics> {
        &self.counts
    }

    /// Which endpoint that is, by its place in the list.
    pub(crate) fn endpoint(&self) -> Option<usize> {
        self.turn.as_ref().map(|turn| turn.index())
    }

    pub(crate) fn connection(&self) -> Option<&Connection> {
        self.holding.as_ref().map(Holding::connection)
    }

    /// The server says that it keeps the connection idle for so long. A connection that a lease outside
    /// holds goes by the lease.
    pub(crate) fn server_keeps_for(&mut self, kept: Duration) {
        if let Some(Holding::Pooled(lease)) = &mut self.holding {
            lease.peer_keeps_for(kept);
            self.once = kept.is_zero();
        }
    }

    /// The exchange is complete: the connection goes back, or is closed if it cannot be used again.
    pub(crate) fn finish(mut self) {
        let reusable = !self.once && self.connection().is_some_and(Connection::is_ready);
        self.give_up(reusable);
    }

    fn give_up(&mut self, reusable: bool) {
        if let Some(connection) = self.connection() {
            self.counts.moved(connection.uncounted());
        }
        match self.holding.take() {
            Some(Holding::Pooled(lease)) if reusable => drop(lease),
            Some(Holding::Pooled(lease)) => lease.discard(CloseReason::Discarded),
            Some(Holding::Leased(guard)) => guard.finish(reusable),
            None => {}
        }
    }

    /// Adds to an error what this exchange knows of itself.
    pub(crate) fn describe(&self, error: &mut Error) {
        error.attempt = self.attempt;
        error.reused_connection = self.reused;
        // What others move on a shared connection is not this request's.
        if let Some(connection) = self
            .connection()
            .filter(|connection| !connection.is_shared())
        {
            let now = connection.traffic();
            error.bytes_sent = now.sent - self.before.sent;
            error.bytes_received = now.received - self.before.received;
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        // The stream was reset when it was dropped, which is before this.
        let reusable = self
            .connection()
            .is_some_and(|connection| connection.is_shared() && connection.is_ready());
        self.give_up(reusable);
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
