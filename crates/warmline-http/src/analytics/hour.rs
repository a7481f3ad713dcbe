//! One origin in one hour.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::{AnalyticsOptions, Outcome};

/// The most errors that are told apart; what is more is counted together.
const MOST_ERRORS: usize = 32;
const OTHERS: &str = "other";

#[derive(Debug, Default)]
pub(crate) struct Hour {
    requests: u64,
    reused: u64,
    opened: u64,
    most_at_once: u64,
    connecting: Times,
    answering: Times,
    errors: BTreeMap<Box<str>, u64>,
}

/// Durations, of which only so much is kept.
#[derive(Debug, Default)]
struct Times {
    count: u32,
    sum: Duration,
    longest: Duration,
}

/// As it is exported: durations in milliseconds, and nothing that was not to be collected.
#[derive(Debug, Serialize)]
pub(super) struct Export<'a> {
    #[serde(flatten)]
    patterns: Option<Patterns>,
    #[serde(flatten)]
    performance: Option<Performance<'a>>,
}

#[derive(Debug, Serialize)]
struct Patterns {
    requests: u64,
    reused: u64,
    reuse_rate: f64,
    connections_opened: u64,
    most_requests_at_once: u64,
}

#[derive(Debug, Serialize)]
struct Performance<'a> {
    connections_timed: u32,
    avg_connect_time_ms: f64,
    max_connect_time_ms: f64,
    responses: u32,
    avg_response_time_ms: f64,
    max_response_time_ms: f64,
    errors: u64,
    errors_by_reason: &'a BTreeMap<Box<str>, u64>,
}

impl Hour {
    pub(super) fn count(&mut self, outcome: Outcome<'_>) {
        self.requests += 1;
        self.reused += u64::from(outcome.reused == Some(true));
        self.opened += u64::from(outcome.connected.is_some());
        self.most_at_once = self.most_at_once.max(outcome.at_once);
        if let Some(took) = outcome.connected {
            self.connecting.add(took);
        }
        if let Some(took) = outcome.answered {
            self.answering.add(took);
        }
        if let Some(reason) = outcome.error {
            let is_known = self.errors.contains_key(reason) || self.errors.len() < MOST_ERRORS;
            let reason = if is_known { reason } else { OTHERS };
            *self.errors.entry(reason.into()).or_default() += 1;
        }
    }

    pub(super) fn export(&self, options: AnalyticsOptions) -> Export<'_> {
        Export {
            patterns: options.connection_patterns.then(|| Patterns {
                requests: self.requests,
                reused: self.reused,
                reuse_rate: rate(self.reused, self.requests),
                connections_opened: self.opened,
                most_requests_at_once: self.most_at_once,
            }),
            performance: options.performance_metrics.then(|| Performance {
                connections_timed: self.connecting.count,
                avg_connect_time_ms: self.connecting.average(),
                max_connect_time_ms: millis(self.connecting.longest),
                responses: self.answering.count,
                avg_response_time_ms: self.answering.average(),
                max_response_time_ms: millis(self.answering.longest),
                errors: self.errors.values().sum(),
                errors_by_reason: &self.errors,
            }),
        }
    }
}

impl Times {
    fn add(&mut self, took: Duration) {
        self.count = self.count.saturating_add(1);
        self.sum = self.sum.saturating_add(took);
        self.longest = self.longest.max(took);
    }

    fn average(&self) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        millis(self.sum) / f64::from(self.count)
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn rate(part: u64, of: u64) -> f64 {
    if of == 0 {
        0.0
    } else {
        part as f64 / of as f64
    }
}
