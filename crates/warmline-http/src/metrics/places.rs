//! What is known of the places that requests go to, origins or endpoints: their breakers and how they do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::OTHER;
use crate::client::Client;
use crate::policy::breaker::{BreakerState, BreakerStatus};
use crate::policy::health::HealthState;

/// One place, or all those together that have no label of their own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlaceFigures {
    /// The origin, or the endpoint's URL.
    pub place: Arc<str>,
    /// Breakers that are closed, ...
    pub closed: u64,
    /// ... that are open, ...
    pub open: u64,
    /// ... and that are half-open. A place has one of them, or none.
    pub half_open: u64,
    /// How often they have opened.
    pub opened: u64,
    /// Requests that they have refused.
    pub refused: u64,
    /// Failures in a row, the most of any.
    pub failures: u32,
    /// Requests of their windows ...
    pub requests: u64,
    /// ... and the part of those that failed, from 0 to 1, the most of any.
    pub failure_rate: f64,
    /// How long they stay open, the longest of any.
    pub retry_after: Duration,
    /// Places that do well, ...
    pub healthy: u64,
    /// ... where too much fails or takes too long, ...
    pub degraded: u64,
    /// ... and where all does.
    pub unhealthy: u64,
}

impl Client {
    /// The places of a client by name, and last those that have no label.
    pub(super) fn place_figures(&self) -> Vec<PlaceFigures> {
        let labels = &self.metrics().places;
        let mut places: BTreeMap<Arc<str>, PlaceFigures> = BTreeMap::new();
        let mut other = PlaceFigures::default();
        let mut tell = |place: Arc<str>, add: &dyn Fn(&mut PlaceFigures)| {
            if labels.labels(&place) {
                add(places.entry(place).or_default());
            } else {
                add(&mut other);
            }
        };
        for (place, status) in self.breakers() {
            tell(place, &|figures| figures.add_breaker(&status));
        }
        for (place, status) in self.health() {
            tell(place, &|figures| figures.add_health(status.state));
        }
        let others = (other != PlaceFigures::default()).then(|| (OTHER.into(), other));
        places
            .into_iter()
            .chain(others)
            .map(|(place, figures)| PlaceFigures { place, ..figures })
            .collect()
    }
}

impl PlaceFigures {
    /// Whether there is a breaker.
    pub(super) fn has_breaker(&self) -> bool {
        self.closed + self.open + self.half_open > 0
    }

    /// Whether anybody looks at how it does.
    pub(super) fn has_health(&self) -> bool {
        self.healthy + self.degraded + self.unhealthy > 0
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.closed += other.closed;
        self.open += other.open;
        self.half_open += other.half_open;
        self.opened += other.opened;
        self.refused += other.refused;
        self.failures = self.failures.max(other.failures);
        self.requests += other.requests;
        self.failure_rate = self.failure_rate.max(other.failure_rate);
        self.retry_after = self.retry_after.max(other.retry_after);
        self.healthy += other.healthy;
        self.degraded += other.degraded;
        self.unhealthy += other.unhealthy;
    }

    fn add_breaker(&mut self, breaker: &BreakerStatus) {
        *match breaker.state {
            BreakerState::Closed => &mut self.closed,
            BreakerState::Open => &mut self.open,
            BreakerState::HalfOpen => &mut self.half_open,
        } += 1;
        self.opened += breaker.opened;
        self.refused += breaker.refused;
        self.failures = self.failures.max(breaker.failures);
        self.requests += u64::from(breaker.requests);
        self.failure_rate = self.failure_rate.max(breaker.failure_rate);
        self.retry_after = self.retry_after.max(breaker.retry_after);
    }

    fn add_health(&mut self, state: HealthState) {
        *match state {
            HealthState::Healthy => &mut self.healthy,
            HealthState::Degraded => &mut self.degraded,
            HealthState::Unhealthy => &mut self.unhealthy,
        } += 1;
    }
}
