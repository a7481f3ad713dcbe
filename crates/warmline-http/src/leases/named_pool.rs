//! A named pool: its limits, and what can be done with its leases.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};
use warmline_pool::{Checkout, CloseReason, Granted, Lease, Limits, Permit, Poolable, WaitFor};

use super::endpoint::{self, Directory, Endpoint, EndpointId};
use super::held::{self, Failure, Held, Opening, State};
use super::holder::Holder;
use super::line::{Line, Seat};
use super::opening::{adopt, connect, enter, enter_connecting, orphan};
use super::table::{LeaseId, TABLE};
use crate::client::{Client, ClientOptions};
use crate::engine::engine;
use crate::error::{Error, Phase};
use crate::locked::locked;
use crate::transport::{Connection, ConnectionInfo};

/// The limits of the reference library.
pub(super) const MAX_PER_ENDPOINT: usize = 10;
pub(super) const MAX_TOTAL: usize = 100;
pub(super) const IDLE_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// The pool that shares its connections with `fetch`.
const DEFAULT_NAME: &str = "default";

/// A pool of leases: at most 10 per endpoint and 100 in total are out at once, and what is given back
/// stays open for 5 minutes.
pub struct NamedPool {
    client: Client,
    engine: &'static Handle,
    /// How long a returned connection stays, where that is not what the client's pool does anyway.
    keep_idle: Option<Duration>,
    line: Line,
    endpoints: Directory,
}

/// What becomes of the connection when a lease ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Returned,
    Removed,
}

impl NamedPool {
    /// The pool of this name: one per process, whichever thread asks, made on first use. It lives as
    /// long as the process.
    ///
    /// # Errors
    /// `WARMLINE_ENGINE` if the engine cannot start.
    pub fn open(name: &str) -> Result<&'static Self, Error> {
        static POOLS: LazyLock<Mutex<HashMap<String, &'static NamedPool>>> =
            LazyLock::new(Mutex::default);
        let mut pools = locked(&POOLS);
        if let Some(pool) = pools.get(name) {
            return Ok(pool);
        }
        let (client, keep_idle) = if name == DEFAULT_NAME {
            (Client::shared()?, Some(IDLE_TIMEOUT))
        } else {
            (
                Client::new(ClientOptions {
                    limits: limits(),
                    ..ClientOptions::default()
                })?,
                None,
            )
        };
        let pool: &'static Self = Box::leak(Box::new(Self {
            client,
            engine: engine()?,
            keep_idle,
            line: Line::new(MAX_PER_ENDPOINT, MAX_TOTAL),
            endpoints: Directory::new(),
        }));
        pools.insert(name.to_owned(), pool);
        Ok(pool)
    }

    /// The endpoint that a URL names; only scheme, host and port count. Callers keep the id: looking
    /// the text up is the slow part of a lease.
    ///
    /// # Errors
    /// `ERR_INVALID_URL` with what is wrong with the text; `WARMLINE_ENDPOINTS` beyond 65,536 of them.
    pub fn endpoint(&'static self, url: &str) -> Result<EndpointId, Error> {
        let key = endpoint::parse(url)?;
        self.endpoints
            .find_or_add(&key, || Endpoint::new(self, key.clone()))
    }

    /// Leases a connection to `holder`: an idle one, or a new one that starts to connect. `None` at a limit, or
    /// for an endpoint that is not this pool's. Does not block; callable from any thread.
    #[must_use]
    pub fn get(&self, endpoint: EndpointId, holder: Holder) -> Option<LeaseId> {
        let endpoint = self.endpoints.get(endpoint)?;
        let seat = self.line.try_seat(endpoint)?;
        match self.begin(endpoint, holder, seat) {
            Begun::Leased(id) => id,
            Begun::Full(_) | Begun::Closed => None,
        }
    }

    /// Gives a lease back; its connection stays open for whoever is next. A request that is on it
    /// goes on, and the connection is free when that ends. False if there is no such lease of this
    /// pool (any more).
    pub fn put(&self, id: LeaseId) -> bool {
        self.end(id, Fate::Returned)
    }

    /// Ends a lease and closes its connection, with whatever request is on it. A connection that others
    /// share is handed out no more, and closed when the last request on it has ended. False if there is
    /// no such lease of this pool (any more).
    pub fn remove(&self, id: LeaseId) -> bool {
        self.end(id, Fate::Removed)
    }

    /// Whether a lease's connection can be used: true while it is open or still connecting, false once
    /// connecting failed or the peer closed it, and for an id that is no lease of this pool. Looks at
    /// the socket.
    #[must_use]
    pub fn healthy(&self, id: LeaseId) -> bool {
        enum Look {
            Settled(bool),
            At(Arc<Connection>),
        }
        let look = self.with(id, |held| match &held.state {
            State::Connecting(_) => Look::Settled(true),
            State::Failed(_) | State::Parked(_) => Look::Settled(false),
            State::Resting(lease) => Look::At(Arc::clone(lease.connection())),
            State::Busy(connection) => Look::At(Arc::clone(connection)),
        });
        match look {
            Some(Look::Settled(answer)) => answer,
            // Outside the table's lock: this enters the operating system.
            Some(Look::At(connection)) => connection.is_alive(),
            None => false,
        }
    }

    /// Closes idle connections that have been so for too long, are too old or dead, and ends leases
    /// whose connection is gone. Returns how many of both.
    pub fn cleanup(&self) -> usize {
        let gone = |held: &Held| match &held.state {
            State::Failed(_) => true,
            State::Resting(lease) => !lease.is_open(),
            State::Parked(parked) => !parked.is_open(),
            State::Connecting(_) | State::Busy(_) => false,
        };
        let dead = TABLE.ids(|held| self.owns(held) && gone(held));
        let ended = dead.into_iter().filter_map(|id| TABLE.take(id, gone));
        ended.map(|held| settle(held, Fate::Removed)).count() + self.client.pool().sweep()
    }

    /// Waits for its turn (first come, first served) and until the connection is open. Dropping the
    /// future leaves the line, or gives the connection back.
    ///
    /// # Errors
    /// `WARMLINE_POOL_TIMEOUT` if that takes longer than `timeout`, what connecting failed with,
    /// `WARMLINE_ENDPOINTS` for an endpoint that is not this pool's, `WARMLINE_CLOSED` if the client
    /// was closed.
    pub async fn acquire(
        &self,
        endpoint: EndpointId,
        holder: Holder,
        timeout: Option<Duration>,
    ) -> Result<LeaseId, Error> {
        let Some(endpoint) = self.endpoints.get(endpoint) else {
            return Err(Error::new(
                "WARMLINE_ENDPOINTS",
                Phase::Pool,
                "no such endpoint in this pool",
            ));
        };
        let deadline = timeout.and_then(|limit| Instant::now().checked_add(limit));
        let acquiring = self.turn(endpoint, holder);
        match (deadline, timeout) {
            (Some(deadline), Some(limit)) => timeout_at(deadline, acquiring)
                .await
                .unwrap_or_else(|_| Err(timed_out(limit))),
            _ => acquiring.await,
        }
    }

    /// Waits until a lease's connection is open, and says what it is.
    ///
    /// # Errors
    /// What connecting failed with; `UND_ERR_SOCKET` once the connection is closed;
    /// `WARMLINE_CONNECTION_UNKNOWN` for an id that is no lease of this pool.
    pub async fn ready(&self, id: LeaseId) -> Result<ConnectionInfo, Error> {
        enum Look {
            Wait(Arc<Opening>),
            At(Arc<Connection>),
            Failed(Arc<Failure>),
        }
        let look = self.with(id, |held| match &held.state {
            State::Connecting(opening) => Look::Wait(Arc::clone(opening)),
            State::Resting(lease) => Look::At(Arc::clone(lease.connection())),
            State::Busy(connection) => Look::At(Arc::clone(connection)),
            State::Failed(failure) => Look::Failed(Arc::clone(failure)),
            State::Parked(_) => Look::Failed(Failure::spent()),
        });
        match look.ok_or_else(held::unknown)? {
            Look::Wait(opening) => match opening.outcome.wait().await {
                Ok(info) => Ok(*info),
                Err(failure) => Err(failure.to_error()),
            },
            Look::At(connection) if connection.is_open() => Ok(*connection.info()),
            Look::At(_) => Err(held::closed()),
            Look::Failed(failure) => Err(failure.to_error()),
        }
    }

    pub(super) fn line(&self) -> &Line {
        &self.line
    }

    pub(super) fn endpoints(&self) -> impl Iterator<Item = &'static Endpoint> {
        self.endpoints.iter()
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Returns a connection that is no longer leased to the pool that it is from.
    pub(super) fn give_back(&self, lease: Lease<Connection>) {
        drop(self.kept_idle(lease));
    }

    pub(super) fn kept_idle(&self, mut lease: Lease<Connection>) -> Lease<Connection> {
        if let Some(keep_idle) = self.keep_idle {
            lease.keep_idle_for(keep_idle);
        }
        lease
    }

    pub(super) fn owns(&self, held: &Held) -> bool {
        std::ptr::eq(held.endpoint.pool, self)
    }

    async fn turn(&self, endpoint: &'static Endpoint, holder: Holder) -> Result<LeaseId, Error> {
        let seat = self.line.seat(endpoint).await.ok_or_else(no_room)?;
        let id = match self.begin(endpoint, holder, seat) {
            Begun::Leased(id) => id,
            // Within the quota, yet the pool itself is full: in "default", of requests.
            Begun::Full(seat) => {
                let granted = endpoint.origin.wait(WaitFor::Any).await;
                match granted.map_err(|_| client_closed())? {
                    Granted::Ready(lease) => enter(endpoint, holder, seat, State::Resting(lease)),
                    Granted::Connect(permit) => {
                        self.open_connection(endpoint, holder, seat, permit)
                    }
                }
            }
            Begun::Closed => return Err(client_closed()),
        };
        let id = id.ok_or_else(no_room)?;
        let unclaimed = Unclaimed { pool: self, id };
        self.ready(id).await?;
        Ok(unclaimed.claim())
    }

    /// A lease on an idle connection, on one that is being opened for nobody, or on a new one.
    fn begin(&self, endpoint: &'static Endpoint, holder: Holder, seat: Seat) -> Begun {
        match endpoint.origin.checkout() {
            Checkout::Ready(lease) => {
                return Begun::Leased(enter(endpoint, holder, seat, State::Resting(lease)));
            }
            // A place may be free, but a connection that is on its way already comes first.
            Checkout::Connect(_) | Checkout::Full => {}
            Checkout::Closed => return Begun::Closed,
        }
        let seat = match adopt(endpoint, holder, seat) {
            Ok(id) => return Begun::Leased(id),
            Err(seat) => seat,
        };
        // Race window: a connection that was being opened for nobody at the first checkout may have
        // become idle before we looked for it. It is idle before it stops being an orphan, so that
        // this checkout finds it.
        match endpoint.origin.checkout() {
            Checkout::Ready(lease) => {
                Begun::Leased(enter(endpoint, holder, seat, State::Resting(lease)))
            }
            Checkout::Connect(permit) => {
                Begun::Leased(self.open_connection(endpoint, holder, seat, permit))
            }
            Checkout::Full => Begun::Full(seat),
            Checkout::Closed => Begun::Closed,
        }
    }

    /// Starts to connect under a lease that exists from now on.
    fn open_connection(
        &self,
        endpoint: &'static Endpoint,
        holder: Holder,
        seat: Seat,
        permit: Permit<Connection>,
    ) -> Option<LeaseId> {
        let opening = Arc::new(Opening::new(permit));
        let id = enter_connecting(endpoint, holder, seat, &opening, &mut opening.hold())?;
        self.engine.spawn(connect(endpoint, opening));
        Some(id)
    }

    fn end(&self, id: LeaseId, fate: Fate) -> bool {
        let held = TABLE.take(id, |held| self.owns(held));
        held.map(|held| settle(held, fate)).is_some()
    }

    fn with<T>(&self, id: LeaseId, look: impl FnOnce(&Held) -> T) -> Option<T> {
        TABLE
            .with(id, |held| self.owns(held).then(|| look(held)))
            .flatten()
    }
}

/// How a lease began; `None` if the table is full.
enum Begun {
    Leased(Option<LeaseId>),
    /// No place in the pool now.
    Full(Seat),
    Closed,
}

/// Does with the connection of a lease that has left the table what is to become of it.
pub(super) fn settle(held: Held, fate: Fate) {
    let Held {
        endpoint, state, ..
    } = held;
    match (state, fate) {
        // A failed connection's place was freed when it failed.
        (State::Failed(_), _) => return,
        (State::Connecting(opening), fate) => {
            endpoint.connecting.fetch_sub(1, Ordering::Relaxed);
            match fate {
                Fate::Removed => opening.cancel(),
                Fate::Returned => orphan(endpoint, &opening),
            }
        }
        (State::Resting(lease), Fate::Returned) => endpoint.pool.give_back(lease),
        (State::Resting(lease), Fate::Removed) => lease.discard(CloseReason::Discarded),
        // The request's guard finds the lease gone and gives the connection back itself; and what was
        // parked is found so only once its connection is gone.
        (State::Busy(_), Fate::Returned) | (State::Parked(_), _) => {}
        (State::Busy(connection), Fate::Removed) => connection.retire(),
    }
    drop(Seat::of(endpoint));
}

/// A lease that nobody knows of yet; dropped so, it goes back.
struct Unclaimed<'pool> {
    pool: &'pool NamedPool,
    id: LeaseId,
}

impl Unclaimed<'_> {
    fn claim(self) -> LeaseId {
        let id = self.id;
        std::mem::forget(self);
        id
    }
}

impl Drop for Unclaimed<'_> {
    fn drop(&mut self) {
        self.pool.put(self.id);
    }
}

fn limits() -> Limits {
    Limits {
        max_connections: MAX_TOTAL,
        max_connections_per_origin: MAX_PER_ENDPOINT,
        max_keepalive: MAX_TOTAL,
        keepalive_expiry: IDLE_TIMEOUT,
        ..Limits::default()
    }
}

fn timed_out(limit: Duration) -> Error {
    let message = format!(
        "timeout: no connection could be leased for {} ms",
        limit.as_millis()
    );
    Error::new("WARMLINE_POOL_TIMEOUT", Phase::Pool, message)
}

fn no_room() -> Error {
    Error::new(
        "WARMLINE_LEASES",
        Phase::Pool,
        "this process holds as many leases as it can name",
    )
}

fn client_closed() -> Error {
    Error::new("WARMLINE_CLOSED", Phase::Pool, "the client is closed")
}
