//! The clients that JavaScript has opened, by number.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use napi::Env;
use napi::bindgen_prelude::{FnArgs, Function};
use napi_derive::napi;
use warmline_http::transport::{ConnectorOptions, DnsOptions};
use warmline_http::{
    Client, ClientOptions, DecodingLimits, Error, Limits, Phase, PoolStats, Protocol,
    ProviderOptions, SharedOptions, Timeouts, Totals, UpkeepOptions, configure,
};

use crate::endpoints::{self, EndpointsSettings};
use crate::error::to_napi;
use crate::exchange::Ending;
use crate::lookup::{JsLookup, LookupAnswer};
use crate::monitoring::{self, AnalyticsSettings, HealthSettings};
use crate::network::{self, DnsSettings, ProxySettings, SocketSettings, TlsSettings};
use crate::outbox::End;
use crate::parse;
use crate::rate_limits::{self, RateLimitSettings};
use crate::resilience::{self, BreakerSettings, HedgeSettings, RetrySettings};
use crate::scaling::{self, ScalingSettings};
use crate::upkeep::{self, HealthCheckSettings};

/// Client 0 is the one that the whole process shares; the others are in order of opening.
const SHARED: u32 = 0;

static OPENED: RwLock<Vec<Option<Client>>> = RwLock::new(Vec::new());

pub(crate) fn get(number: u32) -> Result<Client, Error> {
    if number == SHARED {
        return Client::shared();
    }
    let opened = OPENED.read().unwrap_or_else(PoisonError::into_inner);
    opened
        .get(number as usize - 1)
        .cloned()
        .flatten()
        .ok_or_else(|| Error::new("WARMLINE_CLOSED", Phase::Pool, "the client is closed"))
}

/// The clients behind a number by name: of the shared one also those that it has for providers.
pub(crate) fn all_of(name: &str, number: u32) -> Vec<(String, Client)> {
    let own = get(number).ok().map(|client| (name.to_owned(), client));
    let providers = match number {
        SHARED => Client::shared_of_providers(),
        _ => Vec::new(),
    };
    let providers = providers.into_iter().map(|(name, of)| (name.into(), of));
    own.into_iter().chain(providers).collect()
}

/// The client for a request to a URL.
pub(crate) fn get_for<'a>(
    number: u32,
    url: impl FnOnce() -> Option<&'a str>,
) -> Result<Client, Error> {
    match number {
        SHARED => Client::shared_for(url),
        number => get(number),
    }
}

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

/// Opens a client with a pool of its own; the result is its number. It ends with the thread that
/// opened it, which nobody else can reach it from. `lookup` stands in for the system's resolver.
#[napi(catch_unwind)]
pub fn open_client(
    env: Env,
    settings: ClientSettings,
    lookup: Option<Function<'_, FnArgs<(String, LookupAnswer)>, ()>>,
) -> napi::Result<u32> {
    let lookup = lookup.as_ref().map(JsLookup::new).transpose()?;
    let client = options(settings, lookup)
        .and_then(Client::new)
        .map_err(|error| to_napi(&error))?;
    let number = {
        let mut opened = OPENED.write().unwrap_or_else(PoisonError::into_inner);
        opened.push(Some(client));
        u32::try_from(opened.len()).map_err(|_| napi::Error::from_reason("too many clients"))?
    };
    env.add_env_cleanup_hook(number, close_client)?;
    Ok(number)
}

fn options(settings: ClientSettings, lookup: Option<JsLookup>) -> Result<ClientOptions, Error> {
    let defaults = ClientOptions::default();
    let limits = Limits::default();
    let count = |setting: Option<u32>, default| setting.map_or(default, |count| count as usize);
    let duration = |setting: Option<u32>, default| match setting {
        None => default,
        Some(0) => None,
        Some(millis) => Some(Duration::from_millis(u64::from(millis))),
    };
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
            keepalive_expiry: duration(settings.keepalive_expiry, Some(limits.keepalive_expiry))
                .unwrap_or(limits.keepalive_expiry),
            ..limits
        },
        timeouts: Timeouts {
            pool: duration(settings.pool_timeout, defaults.timeouts.pool),
            connect: duration(settings.connect_timeout, defaults.timeouts.connect),
            first_byte: duration(settings.first_byte_timeout, None),
            idle: duration(settings.idle_timeout, None),
            write: duration(settings.write_timeout, None),
            total: duration(settings.total_timeout, None),
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
        cooldown: duration(settings.cooldown, defaults.cooldown),
        rate_limits: settings.rate_limits.map(rate_limits::options),
        health: settings.health.as_ref().map(monitoring::health),
        analytics: settings.analytics.as_ref().map(monitoring::analytics),
        scaling: settings.scaling.as_ref().map(scaling::options),
        alike: settings.alike.map(Into::into),
        upkeep: UpkeepOptions {
            min_idle: count(settings.min_idle, defaults.upkeep.min_idle),
            check_interval: health.interval,
            cleanup: duration(settings.cleanup_interval, defaults.upkeep.cleanup),
        },
        protocol: match settings.http2.as_deref() {
            Some("never") => Protocol::Http1,
            Some("prior-knowledge") => Protocol::Http2,
            _ => Protocol::Auto,
        },
    })
}

/// A provider whose requests have a client of their own among the shared ones.
#[napi(object)]
pub struct ProviderSettings {
    /// What its figures go by.
    pub name: String,
    /// Where its requests begin.
    pub urls: Vec<String>,
    pub settings: ClientSettings,
}

/// Sets up the client that the whole process shares, also while it is in use.
#[napi(catch_unwind)]
pub fn configure_shared(
    settings: ClientSettings,
    providers: Vec<ProviderSettings>,
) -> napi::Result<()> {
    let providers = providers.into_iter().map(|provider| {
        let urls = provider.urls.iter().map(|url| parse::url(url));
        Ok(ProviderOptions {
            name: provider.name.into(),
            urls: urls.collect::<Result<_, Error>>()?,
            client: options(provider.settings, None)?,
        })
    });
    let configured = providers
        .collect::<Result<_, Error>>()
        .and_then(|providers| {
            let client = options(settings, None)?;
            configure(SharedOptions { client, providers })
        });
    configured.map_err(|error| to_napi(&error))
}

/// Closes a client: idle connections now, busy ones when their responses end.
#[napi(catch_unwind)]
pub fn close_client(number: u32) {
    let closed = {
        let mut opened = OPENED.write().unwrap_or_else(PoisonError::into_inner);
        number
            .checked_sub(1)
            .and_then(|index| opened.get_mut(index as usize)?.take())
    };
    if let Some(client) = closed {
        client.close();
    }
}

/// Changes a client's caps while it runs.
#[napi(catch_unwind)]
pub fn set_client_limits(
    number: u32,
    max_connections: u32,
    max_keepalive: u32,
) -> napi::Result<()> {
    let client = get(number).map_err(|error| to_napi(&error))?;
    client.set_caps(max_connections as usize, max_keepalive as usize);
    Ok(())
}

/// A pool's numbers, as `PoolStats` of the pool crate says them.
#[napi(object)]
pub struct PoolNumbers {
    pub origins: f64,
    pub active: f64,
    pub idle: f64,
    pub pending: f64,
    pub total: f64,
    pub waiting: f64,
    pub created_total: f64,
    pub closed_total: f64,
    pub evicted_total: f64,
    pub errors_total: f64,
    pub timeouts_total: f64,
    pub checkouts_total: f64,
    pub reused_total: f64,
    pub reuse_rate: f64,
    pub utilization_percent: f64,
    pub max_connections: f64,
    pub max_connections_per_origin: f64,
    pub max_keepalive_connections: f64,
    pub keepalive_expiry: f64,
    pub total_requests: f64,
    pub error_count: f64,
    pub avg_response_time_ms: f64,
    pub avg_connection_time_ms: f64,
}

/// The state of a client's pool now.
#[napi(catch_unwind)]
pub fn client_stats(number: u32) -> napi::Result<PoolNumbers> {
    let client = get(number).map_err(|error| to_napi(&error))?;
    Ok(numbers(
        &client.stats(),
        client.totals(),
        client.mean_connect_time(),
    ))
}

#[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn numbers(stats: &PoolStats, totals: Totals, connect_time: Duration) -> PoolNumbers {
    let counts = &stats.counts;
    let limits = &stats.limits;
    let answered = totals.requests - totals.errors;
    PoolNumbers {
        origins: stats.origins as f64,
        active: counts.active as f64,
        idle: counts.idle as f64,
        pending: counts.pending as f64,
        total: counts.total as f64,
        waiting: counts.waiting as f64,
        created_total: counts.created_total as f64,
        closed_total: counts.closed_total as f64,
        evicted_total: counts.evicted_total as f64,
        errors_total: counts.errors_total as f64,
        timeouts_total: counts.timeouts_total as f64,
        checkouts_total: counts.checkouts_total as f64,
        reused_total: counts.reused_total as f64,
        reuse_rate: stats.reuse_rate(),
        utilization_percent: stats.utilization_percent(),
        max_connections: limits.max_connections as f64,
        max_connections_per_origin: limits.max_connections_per_origin as f64,
        max_keepalive_connections: limits.max_keepalive as f64,
        keepalive_expiry: limits.keepalive_expiry.as_millis() as f64,
        total_requests: totals.requests as f64,
        error_count: totals.errors as f64,
        avg_response_time_ms: if answered == 0 {
            0.0
        } else {
            totals.response_time.as_secs_f64() * 1000.0 / answered as f64
        },
        avg_connection_time_ms: connect_time.as_secs_f64() * 1000.0,
    }
}

pub(crate) async fn preconnect(number: u32, url: String, count: u32, ending: Ending) {
    let opened = async {
        let client = get_for(number, || Some(&url))?;
        client.preconnect(&parse::url(&url)?, count as usize).await
    };
    ending.0.end(match opened.await {
        Ok(opened) => End::Value(opened.to_string()),
        Err(error) => End::Failed(Box::new(error)),
    });
}
