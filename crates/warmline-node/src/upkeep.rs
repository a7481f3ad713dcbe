//! How the health of a client's connections is looked after, as JavaScript says it.

use std::time::Duration;

use napi_derive::napi;
use warmline_http::HealthCheck;

/// Durations are milliseconds. TypeScript has checked it.
#[napi(object)]
pub struct HealthCheckSettings {
    pub interval: Option<u32>,
    pub unhealthy_threshold: Option<u32>,
    pub timeout: Option<u32>,
}

pub(crate) fn health(settings: HealthCheckSettings) -> HealthCheck {
    let defaults = HealthCheck::default();
    let millis = |setting: Option<u32>, default| {
        setting.map_or(default, |millis| Duration::from_millis(millis.into()))
    };
    HealthCheck {
        interval: millis(settings.interval, defaults.interval),
        unhealthy_threshold: settings
            .unhealthy_threshold
            .unwrap_or(defaults.unhealthy_threshold),
        timeout: millis(settings.timeout, defaults.timeout),
    }
}
