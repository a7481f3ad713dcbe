//! Values as metrics have them.

use std::time::Duration;

use crate::metrics::figures::OriginFigures;

pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    float(part) / float(whole)
}

pub(super) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

pub(super) fn num(count: usize) -> f64 {
    float(count as u64)
}

#[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

/// A count of an origin's connections; 0 where the pool does not know it.
pub(super) fn counts(origin: &OriginFigures, read: fn(&warmline_pool::Counts) -> usize) -> f64 {
    origin
        .connections
        .as_ref()
        .map_or(0.0, |counts| num(read(counts)))
}
