//! What a client tells of itself: the state of its pool, its limits and the places that it sends to.

use std::sync::Arc;

use warmline_pool::PoolStats;

use super::{Client, Totals};
use crate::analytics::Records;
use crate::policy::breaker::BreakerStatus;
use crate::policy::endpoints::EndpointState;
use crate::policy::health::HealthStatus;
use crate::policy::rate_limit::GateState;

impl Client {
    /// What this client has done so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.inner.ground.counters.totals()
    }

    /// How the places do that requests went to, by their names; none if nobody looks.
    #[must_use]
    pub fn health(&self) -> Vec<(Arc<str>, HealthStatus)> {
        let health = self.inner.gates.health();
        health.map(|health| health.statuses()).unwrap_or_default()
    }

    /// What was counted by origin and hour, as JSON; `None` if nothing is.
    #[must_use]
    pub fn analytics(&self) -> Option<String> {
        self.inner.records.as_deref().map(Records::export)
    }

    /// What has been sent under the limits that hold now, by origin, for each key that was sent with.
    #[must_use]
    pub fn rate_limits(&self) -> Vec<(Arc<str>, GateState)> {
        self.inner.ground.rates.states()
    }

    /// The breakers of the places that requests went to, by their names; none if it has none.
    #[must_use]
    pub fn breakers(&self) -> Vec<(Arc<str>, BreakerStatus)> {
        let standings = self.inner.gates.standings();
        standings
            .map(|standings| standings.breakers())
            .unwrap_or_default()
    }

    /// The state of this client's endpoints, in the order of the options.
    #[must_use]
    pub fn endpoints(&self) -> Vec<EndpointState> {
        let routes = self.inner.routes.as_ref();
        routes.map(|routes| routes.states()).unwrap_or_default()
    }

    /// The pool's state now.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        self.inner.ground.pool.stats()
    }
}
