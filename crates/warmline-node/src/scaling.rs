//! How the pool of a client follows its load, as JavaScript says it.

use napi_derive::napi;
use warmline_http::ScalingOptions;

use crate::durations::{duration, duration_or};

/// TypeScript has checked it; what is left out has the engine's default.
#[napi(object)]
pub struct ScalingSettings {
    pub predictive: bool,
    /// Milliseconds, as all durations here.
    pub cooldown_period: Option<u32>,
    pub prediction_window: Option<u32>,
}

pub(crate) fn options(settings: &ScalingSettings) -> ScalingOptions {
    let defaults = ScalingOptions::default();
    let window = settings.prediction_window.map(duration);
    ScalingOptions {
        cooldown: duration_or(settings.cooldown_period, defaults.cooldown),
        prediction: window
            .or(defaults.prediction)
            .filter(|_| settings.predictive),
    }
}
