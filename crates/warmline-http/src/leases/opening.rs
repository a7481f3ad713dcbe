//! Leases on connections that are still being opened: how they begin, change hands and end.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::Instant;
use warmline_pool::{Checkout, ConnectFailure, Lease};

use super::endpoint::Endpoint;
use super::held::{self, Failure, Held, Hold, Opening, State};
use super::holder::Holder;
use super::line::Seat;
use super::table::{LeaseId, TABLE};
use crate::error::Error;
use crate::probe::{Entry, Herald};
use crate::transport::Connection;

/// Puts a lease into the table; its place in the quota goes with it. `None` if the table is full.
pub(super) fn enter(
    endpoint: &'static Endpoint,
    holder: Holder,
    seat: Seat,
    state: State,
) -> Option<LeaseId> {
    let held = Held {
        endpoint,
        holder,
        state,
    };
    let id = TABLE.add(held).ok()?;
    seat.keep();
    Some(id)
}

/// Puts a lease that is still connecting into the table.
pub(super) fn enter_connecting(
    endpoint: &'static Endpoint,
    holder: Holder,
    seat: Seat,
    opening: &Arc<Opening>,
    hold: &mut Hold,
) -> Option<LeaseId> {
    endpoint.connecting.fetch_add(1, Ordering::Relaxed);
    hold.owner = enter(
        endpoint,
        holder,
        seat,
        State::Connecting(Arc::clone(opening)),
    );
    if hold.owner.is_none() {
        endpoint.connecting.fetch_sub(1, Ordering::Relaxed);
    }
    hold.owner
}

/// A lease on a connection that is being opened for nobody; the seat again if there is none.
pub(super) fn adopt(
    endpoint: &'static Endpoint,
    holder: Holder,
    seat: Seat,
) -> Result<Option<LeaseId>, Seat> {
    loop {
        let Some(opening) = endpoint.orphans().pop() else {
            return Err(seat);
        };
        let mut hold = opening.hold();
        if hold.permit.is_some() {
            return Ok(enter_connecting(
                endpoint, holder, seat, &opening, &mut hold,
            ));
        }
    }
}

/// The lease that a connection is opened for was returned: the connection is for whoever is next.
pub(super) fn orphan(endpoint: &'static Endpoint, opening: &Arc<Opening>) {
    let mut hold = opening.hold();
    hold.owner = None;
    if hold.permit.is_some() {
        endpoint.orphans().push(Arc::clone(opening));
    }
    let left = hold.left.take();
    drop(hold);
    if let Some(lease) = left {
        endpoint.pool.give_back(lease);
    }
}

/// What a lease that had none found.
enum Found {
    Opened(Connection, Herald),
    /// Room on a connection that others use, too.
    Shared(Lease<Connection>),
}

/// Connects for a lease, which may end meanwhile: returned, the connection is for whoever is next;
/// removed, it is not opened.
pub(super) async fn connect(endpoint: &'static Endpoint, opening: Arc<Opening>) {
    let outcome = tokio::select! {
        biased;
        () = opening.cancelled() => Err(held::closed()),
        outcome = find(endpoint) => outcome,
    };
    // Held until the connection is where it belongs: whoever returns or removes the lease meanwhile
    // finds either the permit or the connection.
    let mut hold = opening.hold();
    let owner = hold.owner;
    let settled = match (outcome, hold.permit.take()) {
        (Ok(found), Some(permit)) => {
            let lease = match found {
                Found::Opened(connection, herald) => {
                    let lease = permit.establish(connection);
                    lease.on_close(lease.retire_handle());
                    let connection = Arc::clone(lease.connection());
                    tokio::spawn(async move { herald.opened(&connection).await });
                    lease
                }
                Found::Shared(lease) => {
                    drop(permit);
                    lease
                }
            };
            let info = *lease.info();
            let mut lease = Some(lease);
            if let Some(id) = owner {
                advance(endpoint, id, || lease.take().map(State::Resting));
                hold.left = lease;
            } else if let Some(lease) = lease {
                // Idle before the lock is let go: who looks for an orphan then finds this.
                endpoint.pool.give_back(lease);
            }
            drop(hold);
            Ok(info)
        }
        (Err(error), Some(permit)) => {
            let timed_out = error.code == "UND_ERR_CONNECT_TIMEOUT";
            permit.fail(if timed_out {
                ConnectFailure::TimedOut
            } else {
                ConnectFailure::Error
            });
            let failure = Failure::new(error);
            let failed = owner.is_some_and(|id| {
                advance(endpoint, id, || Some(State::Failed(Arc::clone(&failure))))
            });
            drop(hold);
            if failed {
                drop(Seat::of(endpoint));
            }
            Err(failure)
        }
        // Removed meanwhile; a connection that came about all the same is closed here.
        (_, None) => {
            drop(hold);
            Err(Failure::spent())
        }
    };
    endpoint
        .orphans()
        .retain(|orphan| !Arc::ptr_eq(orphan, &opening));
    // This task alone sets it.
    let _ = opening.outcome.set(settled);
}

/// Opens a connection, or waits for one that is being opened and may serve this lease, too.
async fn find(endpoint: &'static Endpoint) -> Result<Found, Error> {
    let client = endpoint.pool.client();
    let limit = client.timeouts().connect;
    let since = Instant::now();
    loop {
        match client.probes().enter(&endpoint.key) {
            Entry::Free(herald) => {
                let left = limit.map(|limit| limit.saturating_sub(since.elapsed()));
                return match client.connect(&endpoint.key, left).await {
                    Ok(connection) => Ok(Found::Opened(connection, herald)),
                    Err(error) => {
                        herald.failed(&error);
                        Err(error)
                    }
                };
            }
            Entry::Behind(run) => {
                if let Some(lease) = run.room(&endpoint.origin, limit, since).await? {
                    return Ok(Found::Shared(lease));
                }
            }
        }
        if let Checkout::Ready(lease) = endpoint.origin.checkout() {
            return Ok(Found::Shared(lease));
        }
    }
}

/// Moves a lease on from connecting, if it is still there.
fn advance(endpoint: &'static Endpoint, id: LeaseId, next: impl FnOnce() -> Option<State>) -> bool {
    let advanced = TABLE
        .with(id, |held| next().map(|state| held.state = state))
        .flatten()
        .is_some();
    if advanced {
        endpoint.connecting.fetch_sub(1, Ordering::Relaxed);
    }
    advanced
}
