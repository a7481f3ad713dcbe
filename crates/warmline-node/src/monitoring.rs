//! What a client watches of itself, as JavaScript says and sees it.

use std::sync::Arc;
use std::time::Duration;

use napi_derive::napi;
use warmline_http::{AnalyticsOptions, Client, HealthOptions, HealthStatus};

use crate::clients;
use crate::durations::{duration, duration_or, millis};
use crate::error::to_napi;

/// When a place counts as degraded or unhealthy. TypeScript has checked it; what is left out has the engine's
/// default.
#[napi(object)]
pub struct HealthSettings {
    pub unhealthy_threshold: Option<u32>,
    /// Milliseconds, as all durations here.
    pub window: Option<u32>,
    pub degraded_below: Option<f64>,
    pub degraded_above: Option<u32>,
}

/// What is counted by origin and hour.
#[napi(object)]
pub struct AnalyticsSettings {
    pub connection_patterns: bool,
    pub performance_metrics: bool,
}

pub(crate) fn health(settings: &HealthSettings) -> HealthOptions {
    let defaults = HealthOptions::default();
    HealthOptions {
        unhealthy_threshold: settings
            .unhealthy_threshold
            .unwrap_or(defaults.unhealthy_threshold),
        window: duration_or(settings.window, defaults.window),
        degraded_below: settings.degraded_below.unwrap_or(defaults.degraded_below),
        degraded_above: settings.degraded_above.map(duration),
    }
}

pub(crate) fn analytics(settings: &AnalyticsSettings) -> AnalyticsOptions {
    AnalyticsOptions {
        connection_patterns: settings.connection_patterns,
        performance_metrics: settings.performance_metrics,
    }
}

/// How a place does, as `HealthStatus` of the engine says it.
#[napi(object, object_from_js = false)]
pub struct HealthNumbers {
    pub place: String,
    pub state: String,
    pub requests: f64,
    pub failures: f64,
    pub consecutive_failures: u32,
    /// Milliseconds: the quantiles 0.5, 0.95 and 0.99, or none.
    pub latency: Vec<f64>,
    pub last_error: Option<LastError>,
}

/// The last failure of a place.
#[napi(object, object_from_js = false)]
pub struct LastError {
    pub reason: String,
    /// Milliseconds since then.
    pub age: f64,
}

/// How the places do that a client's requests went to.
#[napi(catch_unwind)]
pub fn client_health(number: u32) -> napi::Result<Vec<HealthNumbers>> {
    let client = clients::get(number).map_err(|error| to_napi(&error))?;
    Ok(client.health().into_iter().map(numbers).collect())
}

/// What a client has counted, as JSON; nothing if it does not count.
#[napi(catch_unwind)]
pub fn client_analytics(number: u32) -> napi::Result<Option<String>> {
    let client = clients::get(number).map_err(|error| to_napi(&error))?;
    Ok(client.analytics())
}

/// What each of the clients has counted that the whole process shares, as JSON.
#[napi(catch_unwind)]
pub fn shared_analytics() -> napi::Result<Vec<String>> {
    let shared = Client::all_shared().map_err(|error| to_napi(&error))?;
    Ok(shared.iter().filter_map(Client::analytics).collect())
}

#[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn numbers((place, status): (Arc<str>, HealthStatus)) -> HealthNumbers {
    let fine_millis = |duration: Duration| (duration.as_secs_f64() * 1e6).round() / 1e3;
    HealthNumbers {
        place: place.to_string(),
        state: status.state.as_str().to_owned(),
        requests: status.requests as f64,
        failures: status.failures as f64,
        consecutive_failures: status.consecutive_failures,
        latency: status
            .latency
            .into_iter()
            .flatten()
            .map(fine_millis)
            .collect(),
        last_error: status.last_error.map(|(reason, age)| LastError {
            reason: reason.into(),
            age: millis(age),
        }),
    }
}
