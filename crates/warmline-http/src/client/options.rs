//! How a client is set up.

use std::time::Duration;

use warmline_pool::{Limits, Protocol};

use crate::analytics::AnalyticsOptions;
use crate::coding::DecodingLimits;
use crate::hedging::HedgeOptions;
use crate::policy::breaker::BreakerOptions;
use crate::policy::health::HealthOptions;
use crate::policy::retry::RetryOptions;
use crate::rate_limits::RateLimitOptions;
use crate::request::Timeouts;
use crate::routes::EndpointsOptions;
use crate::scaling::ScalingOptions;
use crate::transport::ConnectorOptions;
use crate::upkeep::UpkeepOptions;

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
