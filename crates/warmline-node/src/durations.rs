//! Durations as JavaScript says them: in milliseconds.

use std::time::Duration;

pub(crate) fn duration(millis: u32) -> Duration {
    Duration::from_millis(millis.into())
}

pub(crate) fn duration_or(millis: Option<u32>, default: Duration) -> Duration {
    millis.map_or(default, duration)
}

/// The duration of a limit, of which 0 is none.
pub(crate) fn limit_or(millis: Option<u32>, default: Option<Duration>) -> Option<Duration> {
    match millis {
        None => default,
        Some(0) => None,
        Some(millis) => Some(duration(millis)),
    }
}

/// Rounded up: before that, nothing has changed.
pub(crate) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).ceil()
}
