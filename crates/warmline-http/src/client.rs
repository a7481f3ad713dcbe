//! A client: one pool of connections, the connector that fills it, and the deadlines it lends to
//! requests that bring none of their own.

mod caps;
mod options;
mod preconnect;
mod report;
mod totals;

use std::borrow::Cow;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use warmline_pool::{Key, Pool, Protocol};

pub use self::options::ClientOptions;
pub use self::totals::Totals;

use self::totals::Counters;
use crate::analytics::{AnalyticsOptions, Records};
use crate::checks;
use crate::clock::CoarseClock;
use crate::coding::DecodingLimits;
use crate::error::Error;
use crate::execute;
use crate::gates::Gates;
use crate::hedging::HedgeOptions;
use crate::metrics::Metrics;
use crate::policy::retry::RetryOptions;
use crate::probe::Probes;
use crate::rate_limits::{RateLimitOptions, Rates};
use crate::request::{Request, Timeouts};
use crate::response::Response;
use crate::routes::{Route, Routes};
use crate::scaling::Scaling;
use crate::standing::{Kept, Standings};
use crate::target::origin_of;
use crate::transport::{Connection, Connector};
use crate::upkeep;

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
    records: Option<Arc<Records>>,
}

/// What stays when a client's options change.
#[derive(Clone)]
struct Ground {
    pool: Pool<Connection>,
    connector: Connector,
    probes: Arc<Probes>,
    counters: Arc<Counters>,
    metrics: Arc<Metrics>,
    rates: Arc<Rates>,
    /// How the pool follows its load; `None` leaves its caps as they are.
    scaling: Arc<Mutex<Option<Scaling>>>,
}

/// A client that this does not keep.
pub(crate) struct WeakClient(Weak<Inner>);

impl WeakClient {
    pub(crate) fn upgrade(&self) -> Option<Client> {
        let inner = self.0.upgrade()?;
        Some(Client { inner })
    }
}

impl Ground {
    fn new(options: &ClientOptions) -> Result<Self, Error> {
        let limits = options.limits.clone();
        let scaling = options
            .scaling
            .map(|scaling| Scaling::new(scaling, limits.clone()));
        Ok(Self {
            pool: Pool::with_clock(limits, CoarseClock::default()),
            connector: Connector::new(options.connector.clone())?,
            probes: Arc::default(),
            counters: Arc::default(),
            metrics: Arc::default(),
            rates: Arc::new(Rates::new(options.rate_limits.clone())),
            scaling: Arc::new(Mutex::new(scaling)),
        })
    }
}

impl Client {
    /// A client with a pool of its own.
    ///
    /// # Errors
    /// `WARMLINE_ENGINE` if the engine cannot start; what the connector says of its options.
    pub fn new(options: ClientOptions) -> Result<Self, Error> {
        let ground = Ground::new(&options)?;
        let routes = options.endpoints.as_ref().map(Routes::new).transpose()?;
        let records = options.analytics.map(Records::new).map(Arc::new);
        Self::on(ground, routes.map(Arc::new), records, options)
    }

    /// A client with other options and a pool of its own, which goes on counting where this one is.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub(crate) fn replaced(&self, mut options: ClientOptions) -> Result<Self, Error> {
        let ground = Ground {
            counters: Arc::clone(&self.inner.ground.counters),
            metrics: Arc::clone(&self.inner.ground.metrics),
            rates: Arc::clone(&self.inner.ground.rates),
            ..Ground::new(&options)?
        };
        let routes = options.endpoints.as_ref().map(Routes::new).transpose()?;
        let records = self.records(options.analytics);
        let rates = options.rate_limits.take();
        let client = Self::on(ground, routes.map(Arc::new), records, options)?;
        client.set_rate_limits(rates);
        Ok(client)
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
        let rates = to.rate_limits.take();
        let scaling = to.scaling;
        let records = self.records(to.analytics);
        let client = Self::on(self.inner.ground.clone(), routes, records, to)?;
        client.set_rate_limits(rates);
        client.follow_load(scaling, limits);
        Ok(client)
    }

    /// What has been counted so far, to be gone on with.
    fn records(&self, options: Option<AnalyticsOptions>) -> Option<Arc<Records>> {
        let options = options?;
        let Some(records) = &self.inner.records else {
            return Some(Arc::new(Records::new(options)));
        };
        records.collect(options);
        Some(Arc::clone(records))
    }

    fn on(
        ground: Ground,
        routes: Option<Arc<Routes>>,
        records: Option<Arc<Records>>,
        options: ClientOptions,
    ) -> Result<Self, Error> {
        let kept = Kept {
            breaker: options.breaker,
            budget: options.retry.as_ref().and_then(|retry| retry.budget),
            hedges: options.hedge.map(|hedge| hedge.budget),
            quantile: options.hedge.and_then(|hedge| hedge.delay.quantile()),
        };
        let standings =
            (kept != Kept::default()).then(|| Standings::of(options.alike.as_deref(), kept));
        let rates = Arc::clone(&ground.rates);
        let client = Self {
            inner: Arc::new(Inner {
                ground,
                protocol: options.protocol,
                timeouts: options.timeouts,
                decoding: options.decoding,
                routes,
                retry: options.retry,
                hedge: options.hedge,
                gates: Gates::new(standings, options.cooldown, rates, options.health),
                records,
            }),
        };
        upkeep::start(&client, options.upkeep)?;
        if let (Some(routes), Some(endpoints)) = (&client.inner.routes, &options.endpoints) {
            checks::start(&client, routes, endpoints)?;
        }
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
        let records = self.inner.records.as_deref();
        let begun = records.map(|records| records.begin(&origin));
        let result = execute::send(self, request).await;
        in_flight.ended();
        let took = start.elapsed();
        if let Some(begun) = begun {
            begun.end(took, &result);
        }
        self.inner.ground.counters.count(took, &result);
        if let Err(error) = &result {
            let origin = error.origin.as_ref().unwrap_or(&origin);
            self.metrics().origin(origin).failed(error);
        }
        result
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
        &self.inner.ground.metrics
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

    /// Limits how much is sent, from now on; requests in line keep their places.
    pub fn set_rate_limits(&self, limits: Option<RateLimitOptions>) {
        self.inner.ground.rates.set(limits);
    }

    /// Closes the breaker of a place, or of all places.
    pub fn reset_breakers(&self, place: Option<&str>) {
        if let Some(standings) = self.inner.gates.standings() {
            standings.reset(place);
        }
    }

    /// Closes idle connections now and busy ones when their responses end; new requests fail.
    pub fn close(&self) {
        self.inner.ground.pool.close();
    }
}
