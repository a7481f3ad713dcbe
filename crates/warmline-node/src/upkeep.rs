//! How the health of a client's connections is looked after, as JavaScript says it.

use napi_derive::napi;
use warmline_http::HealthCheck;

use crate::durations::duration_or;

/// Durations are milliseconds. TypeScript has checked it.
#[napi(object)]
pub struct HealthCheckSettings {
    pub interval: Option<u32>,
    pub unhealthy_threshold: Option<u32>,
    pub timeout: Option<u32>,
}

pub(crate) fn health(settings: HealthCheckSettings) -> HealthCheck {
    let defaults = HealthCheck::default();
    HealthCheck {
        interval: duration_or(settings.interval, defaults.interval),
        unhealthy_threshold: settings
            .unhealthy_threshold
            .unwrap_or(defaults.unhealthy_threshold),
        timeout: duration_or(settings.timeout, defaults.timeout),
    }
}
