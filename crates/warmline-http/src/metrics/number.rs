//! Numbers as they are written.

/// A number that has no fraction, and is small enough to be exact.
#[allow(
    clippy::cast_possible_truncation,
    reason = "checked to be whole and small"
)]
pub(super) fn whole(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() < 9e15).then_some(value as i64)
}
