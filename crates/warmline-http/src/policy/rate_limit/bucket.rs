//! What a provider has said of one of its limits, continued until it says more.

use std::time::Duration;

use super::levels::Level;

/// A limit without a time of reset counts by the minute, which is what providers state their limits by.
const MINUTE: Duration = Duration::from_secs(60);

/// A token bucket: `OpenAI` and Anthropic document theirs as one that fills all the time, and state when it will be
/// full.
#[derive(Debug)]
pub(super) struct Bucket {
    level: f64,
    limit: f64,
    /// For each second.
    rate: f64,
    at: Duration,
    /// Until when the provider's word holds.
    until: Duration,
    /// The request whose answer said so.
    serial: u64,
}

impl Bucket {
    /// As the answer to request number `serial` has it, since which `spent` more has been asked for.
    pub(super) fn new(now: Duration, serial: u64, reported: Level, spent: u64) -> Self {
        let remaining = float(reported.remaining);
        let limit = float(reported.limit.unwrap_or(0)).max(remaining).max(1.0);
        let full_in = reported.full_in.unwrap_or(MINUTE);
        let refill = full_in.as_secs_f64();
        let missing = limit - remaining;
        // Full, or as good as full.
        let is_full = missing <= 0.0 || refill <= 0.0;
        Self {
            level: if is_full { limit } else { remaining } - float(spent),
            limit,
            rate: if is_full {
                limit / MINUTE.as_secs_f64()
            } else {
                missing / refill
            },
            at: now,
            until: now.saturating_add(full_in),
            serial,
        }
    }

    /// Whether the answer to this request is news.
    pub(super) fn is_before(&self, serial: u64) -> bool {
        self.serial < serial
    }

    /// Whether the time is past for which the provider has said it.
    pub(super) fn is_over(&self, now: Duration) -> bool {
        now >= self.until
    }

    /// From when on so much more can be asked for; more than the limit, once the bucket is full.
    pub(super) fn ready_at(&self, now: Duration, amount: u64) -> Duration {
        let missing = float(amount).min(self.limit) - self.level(now);
        if missing <= 0.0 {
            return now;
        }
        let wait = Duration::try_from_secs_f64(missing / self.rate).unwrap_or(Duration::MAX);
        now.saturating_add(wait)
    }

    pub(super) fn spend(&mut self, now: Duration, amount: u64) {
        self.level = self.level(now) - float(amount);
        self.at = now;
    }

    pub(super) fn is_full(&self, now: Duration) -> bool {
        self.level(now) >= self.limit
    }

    /// What is left of it, as far as anybody knows.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "limits stay far below 2^53, and less than nothing is nothing"
    )]
    pub(super) fn left(&self, now: Duration) -> u64 {
        self.level(now).max(0.0) as u64
    }

    fn level(&self, now: Duration) -> f64 {
        let since = now.saturating_sub(self.at).as_secs_f64();
        (self.level + self.rate * since).min(self.limit)
    }
}

#[allow(clippy::cast_precision_loss, reason = "limits stay far below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}
