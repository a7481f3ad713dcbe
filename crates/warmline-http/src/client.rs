//! A client: one pool of connections, the connector that fills it, and the deadlines it lends to
//! requests that bring none of their own.

use std::borrow::Cow;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use url::Url;
use warmline_pool::{Checkout, Key, Limits, Origin, Pool, PoolStats, Protocol};

use crate::analytics::{AnalyticsOptions, Records};
use crate::checkout;
use crate::clock::CoarseClock;
use crate::coding::DecodingLimits;
use crate::error::Error;
use crate::execute;
use crate::gates::Gates;
use crate::hedging::HedgeOptions;
use crate::metrics::Metrics;
use crate::policy::breaker::{BreakerOptions, BreakerStatus};
use crate::policy::endpoints::EndpointState;
use crate::policy::health::{HealthOptions, HealthStatus};
use crate::policy::rate_limit::GateState;
use crate::policy::retry::RetryOptions;
use crate::probe::{Entry, Probes};
use crate::rate_limits::RateLimitOptions;
use crate::request::{Request, Timeouts};
use crate::response::Response;
use crate::routes::{EndpointsOptions, Route, Routes};
use crate::scaling::{Scaling, ScalingOptions};
use crate::standing::{Kept, Standings};
use crate::target::{key_of, origin_of};
use crate::transport::{Connection, Connector, ConnectorOptions};
use crate::upkeep::{self, UpkeepOptions};

/// The longest pause that requests wait for by themselves. Whoever is told to wait for longer is out of quota
/// rather than too quick, and better told so.
const LONGEST_COOLDOWN: Duration = Duration::from_secs(60);

/// How a client is set up.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// The pool's caps and expiries.
    pub limits: Limits,
    /// Deadlines for requests that set none.
    pub timeouts: Timeouts,
    /// Name look-up, TCP and TLS.
    pub connector: ConnectorOptions,
    /// Which protocol is spoken. Default: what ALPN settles on, HTTP/2 before HTTP/1.1; HTTP/1.1 without
    /// TLS.
    pub protocol: Protocol,
    /// How far an encoded response may grow; `None` leaves responses encoded, and asks for no coding.
    pub decoding: Option<DecodingLimits>,
    /// Where relative URLs lead.
    pub endpoints: Option<EndpointsOptions>,
    /// When requests that allow it are sent again; `None` for never.
    pub retry: Option<RetryOptions>,
    /// When requests that it does no harm to are sent a second time beside the first; `None` for never.
    pub hedge: Option<HedgeOptions>,
    /// When a place that fails is not asked; `None` asks it always.
    pub breaker: Option<BreakerOptions>,
    /// The longest pause asked for by a server that requests wait for; longer ones they do not heed, nor any if
    /// it is `None`.
    pub cooldown: Option<Duration>,
    /// How much is sent to an origin with one key; `None` is no limit. Clients with the same limits share them, in
    /// whatever thread.
    pub rate_limits: Option<RateLimitOptions>,
    /// When a place counts as degraded or unhealthy; `None` if nobody is to look. Clients with the same options
    /// share what they know, in whatever thread.
    pub health: Option<HealthOptions>,
    /// What is counted by origin and hour; `None` for nothing.
    pub analytics: Option<AnalyticsOptions>,
    /// How the pool's caps follow its load; `None` leaves them as they are.
    pub scaling: Option<ScalingOptions>,
    /// Clients with the same word here share what they know of the places that they send to, in whatever
    /// thread; it says how they are set up, as far as that matters for it.
    pub alike: Option<Box<str>>,
    /// What is done for idle connections.
    pub upkeep: UpkeepOptions,
}

impl ClientOptions {
    /// Whether connections are made in the same way, so that clients with either may share them.
    pub(crate) fn connects_as(&self, other: &Self) -> bool {
        self.connector == other.connector
    }
}

impl Default for ClientOptions {
    /// The reference client's limits (1000 connections, 100 of them idle, for 30 s), 10 s to
    /// connect and 30 s for a place in the pool; no other deadline. Nothing is sent again, or not at all; pauses
    /// that servers ask for are kept, up to a minute.
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            timeouts: Timeouts {
                pool: Some(Duration::from_secs(30)),
                connect: Some(Duration::from_secs(10)),
                ..Timeouts::default()
            },
            connector: ConnectorOptions::default(),
            protocol: Protocol::default(),
            decoding: Some(DecodingLimits::default()),
            endpoints: None,
            retry: None,
            hedge: None,
            breaker: None,
            cooldown: Some(LONGEST_COOLDOWN),
            rate_limits: None,
            health: None,
            analytics: None,
            scaling: None,
            alike: None,
            upkeep: UpkeepOptions::default(),
        }
    }
}

/// A pool with its connector. Cloning shares both.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    ground: Ground,
    protocol: Protocol,
    timeouts: Timeouts,
    decoding: Option<DecodingLimits>,
    routes: Option<Arc<Routes>>,
    retry: Option<RetryOptions>,
    hedge: Option<HedgeOptions>,
    gates: Gates,
    records: Option<Records>,
    scaling: Option<Mutex<Scaling>>,
}

/// What stays when a client's options change.
#[derive(Clone)]
struct Ground {
    pool: Pool<Connection>,
    connector: Connector,
    probes: Arc<Probes>,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    requests: AtomicU64,
    errors: AtomicU64,
    response_micros: AtomicU64,
    metrics: Metrics,
}

/// A client that this does not keep.
pub(crate) struct WeakClient(Weak<Inner>);

impl WeakClient {
    pub(crate) fn upgrade(&self) -> Option<Client> {
        let inner = self.0.upgrade()?;
        Some(Client { inner })
    }
}

/// What a client has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests that were sent or tried.
    pub requests: u64,
    /// Of these, those that got no response.
    pub errors: u64,
    /// From call to response head, summed over the requests that got one.
    pub response_time: Duration,
}

impl Client {
    /// A client with a pool of its own.
    ///
    /// # Errors
    /// `WARMLINE_ENGINE` if the engine cannot start; what the connector says of its options.
    pub fn new(options: ClientOptions) -> Result<Self, Error> {
        let routes = options.endpoints.as_ref().map(Routes::new).transpose()?;
        let ground = Ground {
            pool: Pool::with_clock(options.limits.clone(), CoarseClock::default()),
            connector: Connector::new(options.connector.clone())?,
            probes: Arc::default(),
            counters: Arc::default(),
        };
        Self::on(ground, routes.map(Arc::new), options)
    }

    /// This client with other options, on the same pool, whose limits change with it. They must make connections
    /// in the same way as those that it has.
    ///
    /// # Errors
    /// As [`Client::new`]; nothing has changed then.
    pub(crate) fn with_options(
        &self,
        from: &ClientOptions,
        mut to: ClientOptions,
    ) -> Result<Self, Error> {
        let routes = if from.endpoints == to.endpoints {
            self.inner.routes.clone()
        } else {
            let routes = to.endpoints.as_ref().map(Routes::new).transpose()?;
            routes.map(Arc::new)
        };
        let limits = to.limits.clone();
        // What was sent under the old limits of a rate counts under the new ones.
        let rates = mem::replace(&mut to.rate_limits, from.rate_limits.clone());
        let rates_change = rates != from.rate_limits;
        let client = Self::on(self.inner.ground.clone(), routes, to)?;
        if rates_change {
            client.set_rate_limits(rates);
        }
        client.pool().set_limits(limits);
        Ok(client)
    }

    fn on(
        ground: Ground,
        routes: Option<Arc<Routes>>,
        options: ClientOptions,
    ) -> Result<Self, Error> {
        let kept = Kept {
            breaker: options.breaker,
            budget: options.retry.as_ref().and_then(|retry| retry.budget),
            hedges: options.hedge.map(|hedge| hedge.budget),
        };
        let standings =
            (kept != Kept::default()).then(|| Standings::of(options.alike.as_deref(), kept));
        let scaling = options
            .scaling
            .map(|scaling| Scaling::new(scaling, options.limits.clone()));
        let scaling = scaling.map(Mutex::new);
        let client = Self {
            inner: Arc::new(Inner {
                ground,
                protocol: options.protocol,
                timeouts: options.timeouts,
                decoding: options.decoding,
                routes,
                retry: options.retry,
                hedge: options.hedge,
                gates: Gates::new(
                    standings,
                    options.cooldown,
                    options.rate_limits,
                    options.health,
                ),
                records: options.analytics.map(Records::new),
                scaling,
            }),
        };
        upkeep::start(&client, options.upkeep)?;
        Ok(client)
    }

    /// Sends a request and waits for its response's head.
    ///
    /// # Errors
    /// Any [`Error`]; nothing of the request is left behind, and its connection is back in the pool
    /// or closed.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        let start = Instant::now();
        let in_flight = self.metrics().begin();
        let origin = Arc::clone(&request.target.origin);
        let records = self.inner.records.as_ref();
        let begun = records.map(|records| records.begin(&origin));
        let result = execute::send(self, request).await;
        in_flight.ended();
        if let Some(begun) = begun {
            begun.end(start.elapsed(), &result);
        }
        // Counters that nobody reads together: no order among them is promised.
        self.inner
            .ground
            .counters
            .requests
            .fetch_add(1, Ordering::Relaxed);
        match &result {
            Ok(_) => {
                let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
                self.inner
                    .ground
                    .counters
                    .response_micros
                    .fetch_add(micros, Ordering::Relaxed);
            }
            Err(error) => {
                self.inner
                    .ground
                    .counters
                    .errors
                    .fetch_add(1, Ordering::Relaxed);
                let origin = error.origin.as_ref().unwrap_or(&origin);
                self.metrics().origin(origin).failed(error);
            }
        }
        result
    }

    /// What this client has done so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals {
            requests: self.inner.ground.counters.requests.load(Ordering::Relaxed),
            errors: self.inner.ground.counters.errors.load(Ordering::Relaxed),
            response_time: Duration::from_micros(
                self.inner
                    .ground
                    .counters
                    .response_micros
                    .load(Ordering::Relaxed),
            ),
        }
    }

    /// Opens connections to an origin until `count` of them are idle there, or a limit is reached; where
    /// one carries many requests, until there is one. Returns how many it opened.
    ///
    /// # Errors
    /// The first failure to connect; connections that were opened stay.
    pub async fn preconnect(&self, url: &Url, count: usize) -> Result<usize, Error> {
        let key = key_of(url)?;
        let key = &*self.key(&key);
        let limit = self.inner.timeouts.connect;
        let origin = self.pool().origin(key);
        let mut leases = Vec::new();
        let mut opening = Vec::new();
        let mut opened = 0;
        while leases.len() + opening.len() < count {
            match origin.checkout() {
                Checkout::Ready(lease) => leases.push(lease),
                Checkout::Connect(permit) => match self.probes().enter(key) {
                    Entry::Free(herald) if herald.is_awaited() => {
                        let connecting = checkout::connect(self, key, permit, herald, limit);
                        leases.push(connecting.await.map_err(|_| checkout::connect_lost())??);
                        opened += 1;
                    }
                    Entry::Free(herald) => {
                        opening.push(checkout::connect(self, key, permit, herald, limit));
                    }
                    Entry::Behind(run) => {
                        drop(permit);
                        run.outcome().await?;
                    }
                },
                Checkout::Full | Checkout::Closed => break,
            }
            if leases.last().is_some_and(|lease| lease.is_shared()) {
                break;
            }
        }
        for connecting in opening {
            let connecting = connecting.await.map_err(|_| checkout::connect_lost())?;
            leases.push(connecting?);
            opened += 1;
        }
        Ok(opened)
    }

    /// Opens a connection; see [`Connector::connect`].
    pub(crate) async fn connect(
        &self,
        key: &Key,
        timeout: Option<Duration>,
    ) -> Result<Connection, Error> {
        let connection = self.connector().connect(key, timeout).await?;
        let timings = &connection.info().timings;
        self.metrics().opened(&origin_of(key), timings);
        Ok(connection)
    }

    pub(crate) fn downgrade(&self) -> WeakClient {
        WeakClient(Arc::downgrade(&self.inner))
    }

    /// The key of this client's connections to what `key` names.
    pub(crate) fn key<'a>(&self, key: &'a Key) -> Cow<'a, Key> {
        match self.inner.protocol {
            Protocol::Auto => Cow::Borrowed(key),
            protocol => Cow::Owned(key.clone().with_protocol(protocol)),
        }
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.inner.ground.counters.metrics
    }

    pub(crate) fn probes(&self) -> &Probes {
        &self.inner.ground.probes
    }

    /// The pool of this client.
    #[must_use]
    pub fn pool(&self) -> &Pool<Connection> {
        &self.inner.ground.pool
    }

    /// What opens this client's connections.
    #[must_use]
    pub fn connector(&self) -> &Connector {
        &self.inner.ground.connector
    }

    /// The deadlines of requests that set none.
    #[must_use]
    pub fn timeouts(&self) -> Timeouts {
        self.inner.timeouts
    }

    /// How far encoded responses may grow; `None` leaves them encoded.
    pub(crate) fn decoding(&self) -> Option<DecodingLimits> {
        self.inner.decoding
    }

    /// A URL's way over this client's endpoints, if it has any and the URL is relative or lies below one
    /// of them.
    ///
    /// # Errors
    /// `ERR_INVALID_URL` for what makes no URL with an endpoint.
    pub fn route(&self, url: &str) -> Result<Option<Route>, Error> {
        let Some(routes) = &self.inner.routes else {
            return Ok(None);
        };
        Ok(routes.targets(url)?.map(|targets| Route {
            routes: Arc::clone(routes),
            targets,
            key: None,
        }))
    }

    /// When requests that allow it are sent again.
    pub(crate) fn retry(&self) -> Option<&RetryOptions> {
        self.inner.retry.as_ref()
    }

    /// When requests are sent a second time beside the first.
    pub(crate) fn hedge(&self) -> Option<&HedgeOptions> {
        self.inner.hedge.as_ref()
    }

    pub(crate) fn gates(&self) -> &Gates {
        &self.inner.gates
    }

    /// Changes how many connections there may be, and how many of them idle; the base of those, where the caps
    /// follow the load.
    pub fn set_caps(&self, max_connections: usize, max_keepalive: usize) {
        let limits = Limits {
            max_connections,
            max_connections_per_origin: max_connections,
            max_keepalive,
            ..self.pool().limits()
        };
        match &self.inner.scaling {
            None => self.pool().set_limits(limits),
            Some(scaling) => locked(scaling).rebase(limits, self.pool()),
        }
    }

    /// Has the caps follow the load, where they are to.
    pub(crate) fn scale(&self) {
        if let Some(scaling) = &self.inner.scaling {
            locked(scaling).look(self.pool());
        }
    }

    /// The most connections that were asked for, whatever the load makes of that.
    pub(crate) fn base_connections(&self) -> usize {
        match &self.inner.scaling {
            None => self.pool().limits().max_connections,
            Some(scaling) => locked(scaling).base_connections(),
        }
    }

    /// Whether connections may be wanted ahead of a rise.
    pub(crate) fn foresees(&self) -> bool {
        let scaling = self.inner.scaling.as_ref();
        scaling.is_some_and(|scaling| locked(scaling).foresees())
    }

    /// How many connections to an origin should be idle now, for a rise that is foreseen.
    pub(crate) fn ahead(&self, origin: &Origin<Connection>) -> usize {
        let scaling = self.inner.scaling.as_ref();
        scaling.map_or(0, |scaling| locked(scaling).ahead(origin))
    }

    /// How the places do that requests went to, by their names; none if nobody looks.
    #[must_use]
    pub fn health(&self) -> Vec<(Arc<str>, HealthStatus)> {
        let health = self.inner.gates.health();
        health.map(|health| health.statuses()).unwrap_or_default()
    }

    /// What was counted by origin and hour, as JSON; `None` if nothing is.
    #[must_use]
    pub fn analytics(&self) -> Option<String> {
        self.inner.records.as_ref().map(Records::export)
    }

    /// Limits how much is sent, from now on; requests in line keep their places.
    pub fn set_rate_limits(&self, limits: Option<RateLimitOptions>) {
        self.inner.gates.set_limits(limits);
    }

    /// What has been sent under the limits that hold now, by origin, for each key that was sent with.
    #[must_use]
    pub fn rate_limits(&self) -> Vec<(Arc<str>, GateState)> {
        let limits = self.inner.gates.limits();
        limits.map(|limits| limits.states()).unwrap_or_default()
    }

    /// The breakers of the places that requests went to, by their names; none if it has none.
    #[must_use]
    pub fn breakers(&self) -> Vec<(Arc<str>, BreakerStatus)> {
        let standings = self.inner.gates.standings();
        standings
            .map(|standings| standings.breakers())
            .unwrap_or_default()
    }

    /// Closes the breaker of a place, or of all places.
    pub fn reset_breakers(&self, place: Option<&str>) {
        if let Some(standings) = self.inner.gates.standings() {
            standings.reset(place);
        }
    }

    /// The state of this client's endpoints, in the order of the options.
    #[must_use]
    pub fn endpoints(&self) -> Vec<EndpointState> {
        let routes = self.inner.routes.as_ref();
        routes.map(|routes| routes.states()).unwrap_or_default()
    }

    /// Closes the idle connections; busy ones go on, and are kept after that as before.
    pub fn drain(&self) {
        let limits = self.pool().limits();
        self.pool().set_limits(Limits {
            max_keepalive: 0,
            ..limits.clone()
        });
        self.pool().set_limits(limits);
    }

    /// The pool's state now.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        self.inner.ground.pool.stats()
    }

    /// Closes idle connections now and busy ones when their responses end; new requests fail.
    pub fn close(&self) {
        self.inner.ground.pool.close();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
