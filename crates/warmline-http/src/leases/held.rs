//! The states of a lease.
//!
//! ```text
//!             connected            a request begins
//! Connecting ----------> Resting ------------------> Busy
//!     |                     ^   <------------------    |
//!     | failed              |     it ends, kept alive  | it ends otherwise
//!     +---------> Failed <--+--------------------------+
//! ```
//! From each of them the lease can be given back or removed, and is then gone from the table. Given
//! back at rest, it may leave its connection parked in its slot's spot, where its holder can begin the
//! next lease by itself; whenever anybody asks for that one by its id, it is at rest again.

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::SetOnce;
use warmline_pool::{CloseReason, Lease, Parked, Permit};

use super::endpoint::Endpoint;
use super::holder::Holder;
use super::table::LeaseId;
use crate::error::{Error, Phase};
use crate::locked::locked;
use crate::transport::{Connection, ConnectionInfo};

/// A lease, as the table keeps it.
pub(super) struct Held {
    pub(super) endpoint: &'static Endpoint,
    /// Of this lease, and of those that it begins by itself where the connection is parked.
    pub(super) holder: Holder,
    pub(super) state: State,
}

pub(super) enum State {
    /// The connection is being opened.
    Connecting(Arc<Opening>),
    /// The connection is open, as far as is known, and carries nothing.
    Resting(Lease<Connection>),
    /// A request is on the connection; whoever sends it has the pool's lease meanwhile.
    Busy(Arc<Connection>),
    /// There is no connection (any more), and its place in the quota is free.
    Failed(Arc<Failure>),
    /// The spot of the slot says whether there is a lease, and which. The place in the quota is kept
    /// either way, until somebody needs it who finds that there is none. Who looks a lease up finds it
    /// so only if its connection is gone.
    Parked(Parked<Connection>),
}

/// A connection being opened, for those who wait for it.
pub(super) struct Opening {
    pub(super) outcome: SetOnce<Result<ConnectionInfo, Arc<Failure>>>,
    hold: Mutex<Hold>,
    cancelled: SetOnce<()>,
}

/// What is settled about a connection being opened. Its lock is taken before the table's and the
/// endpoint's, never after.
pub(super) struct Hold {
    /// The connection's place in the pool; gone once opening has ended or was cancelled.
    pub(super) permit: Option<Permit<Connection>>,
    /// Whom it is opened for. Nobody once that lease was returned: then it is for whoever is next.
    pub(super) owner: Option<LeaseId>,
    /// The open connection, where its lease left the table just before: for the one who took it out.
    pub(super) left: Option<Lease<Connection>>,
}

/// An error that several callers may ask for.
pub(super) struct Failure(Error);

impl Opening {
    pub(super) fn new(permit: Permit<Connection>) -> Self {
        Self {
            outcome: SetOnce::new(),
            hold: Mutex::new(Hold {
                permit: Some(permit),
                owner: None,
                left: None,
            }),
            cancelled: SetOnce::new(),
        }
    }

    pub(super) fn hold(&self) -> MutexGuard<'_, Hold> {
        locked(&self.hold)
    }

    /// Stops opening; the place in the pool is free when this returns.
    pub(super) fn cancel(&self) {
        let (permit, left) = {
            let mut hold = self.hold();
            (hold.permit.take(), hold.left.take())
        };
        drop(permit);
        if let Some(lease) = left {
            lease.discard(CloseReason::Discarded);
        }
        // Once is enough.
        let _ = self.cancelled.set(());
    }

    pub(super) async fn cancelled(&self) {
        self.cancelled.wait().await;
    }
}

impl Failure {
    pub(super) fn new(error: Error) -> Arc<Self> {
        Arc::new(Self(error))
    }

    pub(super) fn to_error(&self) -> Error {
        self.0.again()
    }

    /// A connection that carried a request and cannot carry another.
    pub(super) fn spent() -> Arc<Self> {
        Self::new(closed())
    }
}

/// The connection of a lease is gone.
pub(super) fn closed() -> Error {
    let message = "the leased connection has been closed";
    let mut error = Error::new("UND_ERR_SOCKET", Phase::Send, message);
    error.retryable = true;
    error
}

/// No lease has this id: it was returned, removed, or never given out.
pub(super) fn unknown() -> Error {
    let message = "no connection is leased under this id";
    Error::new("WARMLINE_CONNECTION_UNKNOWN", Phase::Pool, message)
}
