//! How a place that requests go to has done of late: a state machine that asks nobody.
//!
//! ```text
//!                  too many fail, or too slowly
//!     healthy ------------------------------------> degraded
//!        ^  \                                        /    |
//!        |   \  `unhealthy_threshold` in a row fail /     |
//!        |    +-----------> unhealthy <------------+      |
//!        |                      |  one is answered        |
//!        +----------------------+-------------------------+
//!              neither holds any longer
//! ```

use std::collections::VecDeque;
use std::time::Duration;

use super::times::Times;

/// The window is moved on in so many parts.
const PARTS: u32 = 6;
/// Fewer requests than this in the window say nothing about a rate.
const FEWEST: u64 = 10;

/// When a place counts as degraded or unhealthy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HealthOptions {
    /// So many failures in a row make it unhealthy; at least one.
    pub unhealthy_threshold: u32,
    /// How far back requests count.
    pub window: Duration,
    /// A lower part of them that succeeded makes it degraded.
    pub degraded_below: f64,
    /// So much time to the head of a response, for the slowest twentieth of them, makes it degraded; `None` for
    /// no limit.
    pub degraded_above: Option<Duration>,
}

impl Default for HealthOptions {
    /// The reference's three failures; 90 % of a minute's requests.
    fn default() -> Self {
        Self {
            unhealthy_threshold: 3,
            window: Duration::from_secs(60),
            degraded_below: 0.9,
            degraded_above: None,
        }
    }
}

/// How a place does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HealthState {
    /// As it should.
    #[default]
    Healthy,
    /// Too many requests fail there, or take too long.
    Degraded,
    /// None succeeds.
    Unhealthy,
}

impl HealthState {
    /// The name that JavaScript sees.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// A place at one moment. What is counted is the window that ends now.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthStatus {
    /// How it does.
    pub state: HealthState,
    /// Requests that were answered or failed.
    pub requests: u64,
    /// Of these, those that failed by the place's fault.
    pub failures: u64,
    /// Failures in a row, up to now.
    pub consecutive_failures: u32,
    /// Time to the head of a response: half, nineteen in twenty, and ninety-nine in a hundred took no longer.
    pub latency: Option<[Duration; 3]>,
    /// The code or the status of the last failure, and how long ago it was.
    pub last_error: Option<(Box<str>, Duration)>,
}

/// One place.
pub(crate) struct Health {
    options: HealthOptions,
    /// Oldest first.
    parts: VecDeque<Part>,
    in_a_row: u32,
    last_error: Option<(Box<str>, Duration)>,
    /// Never goes back, whatever the callers' clocks do.
    now: Duration,
}

struct Part {
    number: u128,
    answered: u64,
    failed: u64,
    times: Times,
}

impl Health {
    pub(crate) fn new(options: HealthOptions) -> Self {
        Self {
            options,
            parts: VecDeque::new(),
            in_a_row: 0,
            last_error: None,
            now: Duration::ZERO,
        }
    }

    /// A request was answered, after so long.
    pub(crate) fn answered(&mut self, now: Duration, took: Duration) {
        self.in_a_row = 0;
        let part = self.part(now);
        part.answered += 1;
        part.times.add(took);
    }

    /// One failed by the place's fault, for this reason.
    pub(crate) fn failed(&mut self, now: Duration, reason: &str) {
        self.part(now).failed += 1;
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.last_error = Some((reason.into(), self.now));
    }

    pub(crate) fn state(&mut self, now: Duration) -> HealthState {
        self.status(now).state
    }

    pub(crate) fn status(&mut self, now: Duration) -> HealthStatus {
        self.move_on(now);
        let answered: u64 = self.parts.iter().map(|part| part.answered).sum();
        let failures: u64 = self.parts.iter().map(|part| part.failed).sum();
        let latency = self.latency();
        let slow = self.options.degraded_above.zip(latency);
        let is_slow = slow.is_some_and(|(most, [_, p95, _])| p95 > most);
        let requests = answered + failures;
        let failing = float(answered) < self.options.degraded_below * float(requests);
        let state = if self.in_a_row >= self.options.unhealthy_threshold {
            HealthState::Unhealthy
        } else if requests >= FEWEST && (failing || is_slow) {
            HealthState::Degraded
        } else {
            HealthState::Healthy
        };
        let now = self.now;
        HealthStatus {
            state,
            requests,
            failures,
            consecutive_failures: self.in_a_row,
            latency,
            last_error: self
                .last_error
                .as_ref()
                .map(|(reason, at)| (reason.clone(), now.saturating_sub(*at))),
        }
    }

    /// Whether nothing here is worth remembering.
    pub(crate) fn is_at_rest(&mut self, now: Duration) -> bool {
        self.move_on(now);
        self.parts.is_empty() && self.in_a_row == 0
    }

    fn latency(&self) -> Option<[Duration; 3]> {
        let all = Times::of(self.parts.iter().map(|part| &part.times));
        Some([all.quantile(0.5)?, all.quantile(0.95)?, all.quantile(0.99)?])
    }

    fn part(&mut self, now: Duration) -> &mut Part {
        let number = self.move_on(now);
        if self.parts.back().is_none_or(|part| part.number < number) {
            self.parts.push_back(Part {
                number,
                answered: 0,
                failed: 0,
                times: Times::default(),
            });
        }
        let newest = self.parts.len() - 1;
        &mut self.parts[newest]
    }

    /// Forgets what has left the window; the number of the part that now falls into.
    fn move_on(&mut self, now: Duration) -> u128 {
        self.now = self.now.max(now);
        let length = (self.options.window / PARTS).as_nanos().max(1);
        let number = self.now.as_nanos() / length;
        while let Some(oldest) = self.parts.front()
            && oldest.number + u128::from(PARTS) <= number
        {
            self.parts.pop_front();
        }
        number
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
