//! A request on a leased connection.

use std::sync::Arc;

use warmline_pool::{CloseReason, Key, Lease, Poolable};

use super::endpoint::Endpoint;
use super::held::{self, Failure, Held, Opening, State};
use super::line::Seat;
use super::table::{LeaseId, TABLE};
use crate::error::{Error, Phase};
use crate::transport::Connection;

/// A leased connection that a request is to be sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeasedConnection(LeaseId);

/// One request's hold on a leased connection; nobody else sends on it meanwhile.
///
/// Dropped before [`finish`](Self::finish), it closes the connection: nobody can say what is still to
/// come on it.
pub struct ConnectionGuard {
    id: LeaseId,
    endpoint: &'static Endpoint,
    connection: Arc<Connection>,
    lease: Option<Lease<Connection>>,
}

impl LeasedConnection {
    /// The connection leased under this id, in whichever pool.
    ///
    /// # Errors
    /// `WARMLINE_CONNECTION_UNKNOWN` if there is no such lease (any more).
    pub fn of(id: LeaseId) -> Result<Self, Error> {
        TABLE.with(id, |_| Self(id)).ok_or_else(held::unknown)
    }

    /// Takes the connection for one request to `key`'s origin, once it is open.
    ///
    /// # Errors
    /// `WARMLINE_CONNECTION_BUSY` while another request is on it, `WARMLINE_CONNECTION_ORIGIN` if it
    /// leads elsewhere, `WARMLINE_CONNECTION_UNKNOWN` if the lease has ended, `UND_ERR_SOCKET` once it
    /// is closed, and what connecting failed with.
    pub async fn begin(&self, key: &Key) -> Result<ConnectionGuard, Error> {
        loop {
            match TABLE
                .with(self.0, |held| look(self.0, held, key))
                .ok_or_else(held::unknown)?
            {
                Look::Ready(guard) => return Ok(guard),
                Look::Refused(error) => return Err(error),
                Look::Failed(failure) => return Err(failure.to_error()),
                Look::Connecting(opening) => {
                    // What came of it is in the table by then.
                    let _ = opening.outcome.wait().await;
                }
            }
        }
    }
}

enum Look {
    Ready(ConnectionGuard),
    Connecting(Arc<Opening>),
    Failed(Arc<Failure>),
    Refused(Error),
}

fn look(id: LeaseId, held: &mut Held, key: &Key) -> Look {
    if held.endpoint.key != *key {
        let message = format!(
            "the leased connection leads to {}, not to {key}",
            held.endpoint.key
        );
        return Look::Refused(Error::new(
            "WARMLINE_CONNECTION_ORIGIN",
            Phase::Pool,
            message,
        ));
    }
    let connection = match &held.state {
        State::Connecting(opening) => return Look::Connecting(Arc::clone(opening)),
        State::Failed(failure) => return Look::Failed(Arc::clone(failure)),
        State::Parked(_) => return Look::Refused(held::closed()),
        State::Resting(lease) if !lease.is_open() => return Look::Refused(held::closed()),
        State::Resting(lease) => Arc::clone(lease.connection()),
        State::Busy(_) => {
            let message = "another request is on the leased connection";
            return Look::Refused(Error::new("WARMLINE_CONNECTION_BUSY", Phase::Pool, message));
        }
    };
    let before = std::mem::replace(&mut held.state, State::Busy(Arc::clone(&connection)));
    let lease = if let State::Resting(lease) = before {
        Some(lease)
    } else {
        None
    };
    Look::Ready(ConnectionGuard {
        id,
        endpoint: held.endpoint,
        connection,
        lease,
    })
}

impl ConnectionGuard {
    /// The connection.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The connection's own id, which it keeps from lease to lease.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.lease.as_ref().map_or(0, Lease::id)
    }

    /// The request is done. With `keep_alive` the connection is the lease's again, or goes back to the
    /// pool if the lease has ended meanwhile; without, it is closed.
    pub fn finish(mut self, keep_alive: bool) {
        self.end(keep_alive);
    }

    fn end(&mut self, keep_alive: bool) {
        let Some(lease) = self.lease.take() else {
            return;
        };
        if keep_alive && self.connection.is_open() {
            let mut lease = Some(lease);
            TABLE.with(self.id, |held| {
                if let Some(lease) = lease.take() {
                    held.state = State::Resting(lease);
                }
            });
            if let Some(lease) = lease {
                self.endpoint.pool.give_back(lease);
            }
            return;
        }
        let was_leased = TABLE.with(self.id, |held| held.state = State::Failed(Failure::spent()));
        // Closed before its place is free: whoever gets the place may need the pool's, too.
        lease.discard(CloseReason::Discarded);
        if was_leased.is_some() {
            drop(Seat::of(self.endpoint));
        }
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.end(false);
    }
}
