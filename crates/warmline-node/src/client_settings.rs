//! How JavaScript sets a client up.

use std::sync::Arc;

use napi_derive::napi;
use warmline_http::transport::{ConnectorOptions, DnsOptions};
use warmline_http::{
    ClientOptions, DecodingLimits, Error, Limits, Protocol, Timeouts, UpkeepOptions,
};

use crate::durations::limit_or;
use crate::endpoints::{self, EndpointsSettings};
use crate::lookup::JsLookup;
use crate::monitoring::{self, AnalyticsSettings, HealthSettings};
use crate::network::{self, DnsSettings, ProxySettings, SocketSettings, TlsSettings};
use crate::rate_limits::{self, RateLimitSettings};
use crate::resilience::{self, BreakerSettings, HedgeSettings, RetrySettings};
use crate::scaling::{self, ScalingSettings};
use crate::upkeep::{self, HealthCheckSettings};

/// How a client is set up. What is left out has the shared client's default.
#[napi(object)]
#[derive(Default)]
pub struct ClientSettings {
    pub max_connections: Option<u32>,
    pub max_connections_per_origin: Option<u32>,
    pub max_keepalive_connections: Option<u32>,
    /// Milliseconds, as all durations here; 0 is no deadline.
    pub keepalive_expiry: Option<u32>,
    pub connect_timeout: Option<u32>,
    pub first_byte_timeout: Option<u32>,
    pub idle_timeout: Option<u32>,
    pub write_timeout: Option<u32>,
    pub total_timeout: Option<u32>,
    pub pool_timeout: Option<u32>,
    pub dns: Option<DnsSettings>,
    pub socket: Option<SocketSettings>,
    pub tls: Option<TlsSettings>,
    pub proxy: Option<ProxySettings>,
    /// `never` or `prior-knowledge`; else what ALPN settles on.
    pub http2: Option<String>,
    pub decompress: Option<DecompressSettings>,
    pub endpoints: Option<EndpointsSettings>,
    /// How often expired connections are looked for; 0 is never.
    pub cleanup_interval: Option<u32>,
    /// Left out, nothing is sent again.
    pub retry: Option<RetrySettings>,
    /// Left out, nothing is sent a second time beside the first.
    pub hedge: Option<HedgeSettings>,
    /// Left out, every place is always asked.
    pub circuit_breaker: Option<BreakerSettings>,
    /// The longest pause asked for by a server that is waited for; 0 heeds none.
    pub cooldown: Option<u32>,
    /// By origin, and for all others.
    pub rate_limits: Option<Vec<RateLimitSettings>>,
    /// Left out, nobody looks at how places do.
    pub health: Option<HealthSettings>,
    /// Left out, nothing is counted by origin and hour.
    pub analytics: Option<AnalyticsSettings>,
    /// Left out, the caps stay as they are.
    pub scaling: Option<ScalingSettings>,
    /// The same for clients that share what they know of the places that they send to.
    pub alike: Option<String>,
    pub min_idle: Option<u32>,
    pub health_check: Option<HealthCheckSettings>,
}

/// How far an encoded response may grow; 0 is no limit.
#[napi(object)]
pub struct DecompressSettings {
    /// False leaves responses as they come.
    pub enabled: bool,
    pub max_ratio: Option<u32>,
    pub max_bytes: Option<f64>,
}

fn decoding(settings: &DecompressSettings) -> Option<DecodingLimits> {
    let defaults = DecodingLimits::default();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number below 2^53, which TypeScript has checked"
    )]
    let bytes = settings.max_bytes.map(|bytes| bytes as u64);
    settings.enabled.then(|| DecodingLimits {
        ratio: settings
            .max_ratio
            .map_or(defaults.ratio, |ratio| Some(ratio).filter(|most| *most > 0)),
        bytes: bytes.map_or(defaults.bytes, |bytes| Some(bytes).filter(|most| *most > 0)),
    })
}

pub(crate) fn options(
    settings: ClientSettings,
    lookup: Option<JsLookup>,
) -> Result<ClientOptions, Error> {
    let defaults = ClientOptions::default();
    let limits = Limits::default();
    let count = |setting: Option<u32>, default| setting.map_or(default, |count| count as usize);
    let max_connections = count(settings.max_connections, limits.max_connections);
    let dns = settings.dns.map(network::dns).transpose()?;
    let (tcp, socket_path) = network::socket(settings.socket.unwrap_or_default())?;
    let tls = settings.tls.map(network::tls).transpose()?;
    let proxy = settings.proxy.map(network::proxy).transpose()?;
    let health = settings
        .health_check
        .map(upkeep::health)
        .unwrap_or_default();
    Ok(ClientOptions {
        limits: Limits {
            max_connections,
            max_connections_per_origin: count(settings.max_connections_per_origin, max_connections),
            max_keepalive: count(settings.max_keepalive_connections, limits.max_keepalive),
            keepalive_expiry: limit_or(settings.keepalive_expiry, Some(limits.keepalive_expiry))
                .unwrap_or(limits.keepalive_expiry),
            ..limits
        },
        timeouts: Timeouts {
            pool: limit_or(settings.pool_timeout, defaults.timeouts.pool),
            connect: limit_or(settings.connect_timeout, defaults.timeouts.connect),
            first_byte: limit_or(settings.first_byte_timeout, None),
            idle: limit_or(settings.idle_timeout, None),
            write: limit_or(settings.write_timeout, None),
            total: limit_or(settings.total_timeout, None),
        },
        connector: ConnectorOptions {
            dns: DnsOptions {
                lookup: lookup.map(|lookup| Arc::new(lookup) as _),
                ..dns.unwrap_or_default()
            },
            socket_path,
            tcp,
            tls: tls.unwrap_or_default(),
            proxy: proxy.unwrap_or_default(),
            pings: health.pings(),
        },
        decoding: match &settings.decompress {
            None => defaults.decoding,
            Some(settings) => decoding(settings),
        },
        endpoints: settings.endpoints.map(endpoints::options).transpose()?,
        retry: settings.retry.map(resilience::retry),
        hedge: settings.hedge.map(|hedge| resilience::hedge(&hedge)),
        breaker: settings
            .circuit_breaker
            .map(|breaker| resilience::breaker(&breaker)),
        cooldown: limit_or(settings.cooldown, defaults.cooldown),
        rate_limits: settings.rate_limits.map(rate_limits::options),
        health: settings.health.as_ref().map(monitoring::health),
        analytics: settings.analytics.as_ref().map(monitoring::analytics),
        scaling: settings.scaling.as_ref().map(scaling::options),
        alike: settings.alike.map(Into::into),
        upkeep: UpkeepOptions {
            min_idle: count(settings.min_idle, defaults.upkeep.min_idle),
            check_interval: health.interval,
            cleanup: limit_or(settings.cleanup_interval, defaults.upkeep.cleanup),
        },
        protocol: match settings.http2.as_deref() {
            Some("never") => Protocol::Http1,
            Some("prior-knowledge") => Protocol::Http2,
            _ => Protocol::Auto,
        },
    })
}
