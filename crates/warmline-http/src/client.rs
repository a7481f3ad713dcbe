//! A client: one pool of connections, the connector that fills it, and the deadlines it lends to
//! requests that bring none of their own.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use url::Url;
use warmline_pool::{Checkout, Key, Limits, Pool, PoolStats, Protocol};

use crate::clock::CoarseClock;
use crate::coding::DecodingLimits;
use crate::engine::engine;
use crate::error::Error;
use crate::execute;
use crate::metrics::Metrics;
use crate::policy::endpoints::EndpointState;
use crate::probe::{Entry, Probes};
use crate::request::{Request, Timeouts};
use crate::response::Response;
use crate::routes::{EndpointsOptions, Route, Routes};
use crate::target::{key_of, origin_of};
use crate::transport::{Connection, Connector, ConnectorOptions};

/// How often a client looks for connections that have been idle too long or have grown too old.
/// Dead ones do not wait for it: each connection watches its own socket.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

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
}

impl Default for ClientOptions {
    /// The reference client's limits (1000 connections, 100 of them idle, for 30 s), 10 s to
    /// connect and 30 s for a place in the pool; no other deadline.
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
        }
    }
}

/// A pool with its connector. Cloning shares both.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Pool<Connection>,
    connector: Connector,
    protocol: Protocol,
    probes: Probes,
    timeouts: Timeouts,
    decoding: Option<DecodingLimits>,
    routes: Option<Arc<Routes>>,
    requests: AtomicU64,
    errors: AtomicU64,
    response_micros: AtomicU64,
    metrics: Metrics,
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
        let client = Self {
            inner: Arc::new(Inner {
                pool: Pool::with_clock(options.limits, CoarseClock::default()),
                connector: Connector::new(options.connector)?,
                protocol: options.protocol,
                probes: Probes::default(),
                timeouts: options.timeouts,
                decoding: options.decoding,
                routes: routes.map(Arc::new),
                requests: AtomicU64::new(0),
                errors: AtomicU64::new(0),
                response_micros: AtomicU64::new(0),
                metrics: Metrics::default(),
            }),
        };
        let pool = client.inner.pool.clone();
        let alive = Arc::downgrade(&client.inner);
        engine()?.spawn(async move {
            while alive.strong_count() > 0 {
                tokio::time::sleep(SWEEP_INTERVAL).await;
                pool.sweep();
            }
        });
        Ok(client)
    }

    /// The client of this process that `fetch`, patched SDKs and the pool named "default" share.
    ///
    /// # Errors
    /// As [`Client::new`], the same at every call.
    pub fn shared() -> Result<&'static Self, Error> {
        static SHARED: OnceLock<Client> = OnceLock::new();
        if let Some(client) = SHARED.get() {
            return Ok(client);
        }
        let client = Self::new(ClientOptions::default())?;
        Ok(SHARED.get_or_init(|| client))
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
        let result = execute::send(self, request).await;
        in_flight.ended();
        // Counters that nobody reads together: no order among them is promised.
        self.inner.requests.fetch_add(1, Ordering::Relaxed);
        match &result {
            Ok(_) => {
                let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
                self.inner
                    .response_micros
                    .fetch_add(micros, Ordering::Relaxed);
            }
            Err(error) => {
                self.inner.errors.fetch_add(1, Ordering::Relaxed);
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
            requests: self.inner.requests.load(Ordering::Relaxed),
            errors: self.inner.errors.load(Ordering::Relaxed),
            response_time: Duration::from_micros(
                self.inner.response_micros.load(Ordering::Relaxed),
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
                        let connecting = execute::connect(self, key, permit, herald, limit);
                        leases.push(connecting.await.map_err(|_| execute::connect_lost())??);
                        opened += 1;
                    }
                    Entry::Free(herald) => {
                        opening.push(execute::connect(self, key, permit, herald, limit));
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
            let connecting = connecting.await.map_err(|_| execute::connect_lost())?;
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

    /// The key of this client's connections to what `key` names.
    pub(crate) fn key<'a>(&self, key: &'a Key) -> Cow<'a, Key> {
        match self.inner.protocol {
            Protocol::Auto => Cow::Borrowed(key),
            protocol => Cow::Owned(key.clone().with_protocol(protocol)),
        }
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    pub(crate) fn probes(&self) -> &Probes {
        &self.inner.probes
    }

    /// The pool of this client.
    #[must_use]
    pub fn pool(&self) -> &Pool<Connection> {
        &self.inner.pool
    }

    /// What opens this client's connections.
    #[must_use]
    pub fn connector(&self) -> &Connector {
        &self.inner.connector
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

    /// The state of this client's endpoints, in the order of the options.
    #[must_use]
    pub fn endpoints(&self) -> Vec<EndpointState> {
        let routes = self.inner.routes.as_ref();
        routes.map(|routes| routes.states()).unwrap_or_default()
    }

    /// The pool's state now.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        self.inner.pool.stats()
    }

    /// Closes idle connections now and busy ones when their responses end; new requests fail.
    pub fn close(&self) {
        self.inner.pool.close();
    }
}
