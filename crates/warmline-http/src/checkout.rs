//! A connection for a request: an idle one, one that comes back while it waits, or a new one.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};
use warmline_pool::{
    Checkout, CloseReason, ConnectFailure, Granted, Key, Lease, Origin, Permit, WaitFor,
};

use crate::client::Client;
use crate::error::{Error, Phase};
use crate::probe::{Entry, Herald};
use crate::request::Timeouts;
use crate::transport::Connection;

/// Where a connection is looked for, and how long.
pub(crate) struct Search<'a> {
    pub(crate) client: &'a Client,
    pub(crate) key: &'a Key,
    pub(crate) origin: &'a Origin<Connection>,
    pub(crate) timeouts: Timeouts,
}

impl Search<'_> {
    /// A connection with nothing on it, or with room for one more request.
    ///
    /// # Errors
    /// `WARMLINE_POOL_TIMEOUT`, `WARMLINE_CLOSED`, and whatever connecting fails with.
    pub(crate) async fn lease(&self) -> Result<Lease<Connection>, Error> {
        let mut opening = None;
        loop {
            let found = match self.origin.checkout() {
                Checkout::Ready(lease) => Granted::Ready(lease),
                Checkout::Connect(permit) => Granted::Connect(permit),
                Checkout::Full => self.wait().await?,
                Checkout::Closed => return Err(closed()),
            };
            let lease = match found {
                Granted::Ready(lease) => lease,
                Granted::Connect(permit) => {
                    let since = *opening.get_or_insert_with(Instant::now);
                    match self.open(permit, since).await? {
                        Some(lease) => lease,
                        // The connection that was waited for has no room left, or never came.
                        None => continue,
                    }
                }
            };
            // One system call for each request on a used connection. Its own task sees a close only
            // when the event loop comes round, and a request written before that would be lost.
            if !lease.reused() || lease.is_alive() {
                return Ok(lease);
            }
            lease.discard(CloseReason::Dead);
        }
    }

    /// Opens a connection, but takes one that comes back to the pool meanwhile; the new one is
    /// then there for the next. Where somebody else opens one that may serve this request, too, waits
    /// for that; `None` if it does not.
    async fn open(
        &self,
        permit: Permit<Connection>,
        since: Instant,
    ) -> Result<Option<Lease<Connection>>, Error> {
        match self.client.probes().enter(self.key) {
            Entry::Free(herald) => {
                let limit = self.timeouts.connect;
                let left = limit.map(|limit| limit.saturating_sub(since.elapsed()));
                let connecting = connect(self.client, self.key, permit, herald, left);
                tokio::select! {
                    biased;
                    opened = connecting => opened.map_err(|_| connect_lost())?.map(Some),
                    Ok(Granted::Ready(lease)) = self.origin.wait(WaitFor::Idle) => Ok(Some(lease)),
                }
            }
            Entry::Behind(run) => {
                drop(permit);
                // Boxed: few requests wait so, and all would carry its place.
                Box::pin(run.room(self.origin, self.timeouts.connect, since)).await
            }
        }
    }

    async fn wait(&self) -> Result<Granted<Connection>, Error> {
        let mut waiting = self.origin.wait(WaitFor::Any);
        let granted = match self.timeouts.pool {
            None => waiting.await,
            Some(limit) => match timeout(limit, &mut waiting).await {
                Ok(granted) => granted,
                // Race window: the grant may have come just now.
                Err(_) => return waiting.time_out().ok_or_else(|| pool_timeout(limit)),
            },
        };
        granted.map_err(|_| closed())
    }
}

/// Starts to open a connection in a task of its own, so that a request that goes away leaves the
/// connection to whoever waits for one.
pub(crate) fn connect(
    client: &Client,
    key: &Key,
    permit: Permit<Connection>,
    herald: Herald,
    limit: Option<Duration>,
) -> oneshot::Receiver<Result<Lease<Connection>, Error>> {
    let (sender, receiver) = oneshot::channel();
    let client = client.clone();
    let key = key.clone();
    // Boxed: the socket keeps the waker of whoever waited for it to connect, and with it this task's
    // memory, for as long as it is open. An empty box is all that should be left of it.
    tokio::spawn(Box::pin(async move {
        match client.connect(&key, limit).await {
            Ok(connection) => {
                let lease = permit.establish(connection);
                lease.on_close(lease.retire_handle());
                let connection = Arc::clone(lease.connection());
                // Nobody may be listening any more; then the lease returns itself to the pool.
                let _ = sender.send(Ok(lease));
                herald.opened(&connection).await;
            }
            Err(error) => {
                let timed_out = error.code == "UND_ERR_CONNECT_TIMEOUT";
                permit.fail(if timed_out {
                    ConnectFailure::TimedOut
                } else {
                    ConnectFailure::Error
                });
                herald.failed(&error);
                let _ = sender.send(Err(error));
            }
        }
    }));
    receiver
}

fn pool_timeout(limit: Duration) -> Error {
    let message = format!(
        "pool timeout: every connection was busy for {} ms; raise maxConnections, or timeout.pool",
        limit.as_millis()
    );
    Error::new("WARMLINE_POOL_TIMEOUT", Phase::Pool, message)
}

fn closed() -> Error {
    Error::new("WARMLINE_CLOSED", Phase::Pool, "the client is closed")
}

/// The connecting task went away without a word, which only the engine's own end can make happen.
pub(crate) fn connect_lost() -> Error {
    Error::new(
        "WARMLINE_ENGINE",
        Phase::Connect,
        "the engine stopped while it was connecting",
    )
}
