//! How much a client sends, as JavaScript says and sees it.

use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::Arc;

use napi_derive::napi;
use warmline_http::{Client, GateState, Mode, RateLimit, RateLimitOptions};

use crate::clients;
use crate::durations::{duration, duration_or, millis};
use crate::error::to_napi;

/// The limits for one origin, or for all that have none of their own. TypeScript has checked it.
#[napi(object)]
pub struct RateLimitSettings {
    /// As the URL standard writes it; left out for all others.
    pub origin: Option<String>,
    /// Whole numbers; what is left out is not limited.
    pub requests_per_minute: Option<f64>,
    pub tokens_per_minute: Option<f64>,
    pub concurrent_requests: Option<u32>,
    /// Milliseconds, as all durations here.
    pub window: Option<u32>,
    pub follow_headers: Option<bool>,
    /// A request that does not fit fails instead of waiting.
    pub refuse: bool,
    /// How long one waits at most.
    pub max_wait: Option<u32>,
}

pub(crate) fn options(settings: Vec<RateLimitSettings>) -> RateLimitOptions {
    let mut options = RateLimitOptions::default();
    for settings in settings {
        let origin = settings.origin.clone();
        let rule = rule(&settings);
        match origin {
            Some(origin) => {
                options.origins.insert(origin, rule);
            }
            None => options.every = Some(rule),
        }
    }
    options
}

fn rule(settings: &RateLimitSettings) -> RateLimit {
    let defaults = RateLimit::default();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number below 2^53, which TypeScript has checked"
    )]
    let count = |count: Option<f64>| NonZeroU64::new(count? as u64);
    let concurrent = settings.concurrent_requests;
    RateLimit {
        requests_per_minute: count(settings.requests_per_minute),
        tokens_per_minute: count(settings.tokens_per_minute),
        concurrent_requests: concurrent.and_then(|most| NonZeroUsize::new(most as usize)),
        window: duration_or(settings.window, defaults.window),
        follow_headers: settings.follow_headers.unwrap_or(defaults.follow_headers),
        mode: if settings.refuse {
            Mode::Refuse
        } else {
            Mode::Wait {
                most: settings.max_wait.map(duration),
            }
        },
    }
}

/// Changes a client's rate limits while it runs; none for no limits.
#[napi(catch_unwind)]
pub fn set_client_rate_limits(number: u32, settings: Vec<RateLimitSettings>) -> napi::Result<()> {
    let client = clients::get(number).map_err(|error| to_napi(&error))?;
    let limits = (!settings.is_empty()).then(|| options(settings));
    client.set_rate_limits(limits);
    Ok(())
}

/// What was sent to one origin with one key, as `GateState` of the engine says it.
#[napi(object, object_from_js = false)]
pub struct RateLimitNumbers {
    pub origin: String,
    pub waiting: f64,
    pub in_flight: f64,
    pub requests: f64,
    pub tokens: f64,
    pub ready_in: f64,
}

/// The state of a client's rate limits now.
#[napi(catch_unwind)]
pub fn client_rate_limits(number: u32) -> napi::Result<Vec<RateLimitNumbers>> {
    let client = clients::get(number).map_err(|error| to_napi(&error))?;
    Ok(client.rate_limits().into_iter().map(numbers).collect())
}

/// Changes the rate limits of a provider's client among the shared ones; of one that is unknown, nothing.
#[napi(catch_unwind)]
pub fn set_provider_rate_limits(provider: String, settings: Vec<RateLimitSettings>) {
    if let Some(client) = of_provider(&provider) {
        client.set_rate_limits(Some(options(settings)));
    }
}

/// The state of the rate limits of a provider's client among the shared ones.
#[napi(catch_unwind)]
#[must_use]
pub fn provider_rate_limits(provider: String) -> Vec<RateLimitNumbers> {
    let states = of_provider(&provider).map(|client| client.rate_limits());
    states
        .unwrap_or_default()
        .into_iter()
        .map(numbers)
        .collect()
}

fn of_provider(name: &str) -> Option<Client> {
    let mut providers = Client::shared_of_providers().into_iter();
    providers.find_map(|(known, client)| (*known == *name).then_some(client))
}

#[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn numbers((origin, state): (Arc<str>, GateState)) -> RateLimitNumbers {
    RateLimitNumbers {
        origin: origin.to_string(),
        waiting: state.waiting as f64,
        in_flight: state.in_flight as f64,
        requests: state.requests as f64,
        tokens: state.tokens as f64,
        ready_in: millis(state.ready_in),
    }
}
