//! What a named pool says of itself.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::endpoint::Endpoint;
use super::named_pool::{IDLE_TIMEOUT, MAX_PER_ENDPOINT, MAX_TOTAL, NamedPool};
use super::table::TABLE;

/// The state of a named pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseStats {
    /// Leased, idle and connecting.
    pub total_connections: usize,
    /// Leased and open.
    pub active_connections: usize,
    /// Open and free to be leased. In the pool "default", `fetch` shares them.
    pub idle_connections: usize,
    /// Leased and still connecting.
    pub pending: usize,
    /// Callers in line for a lease.
    pub waiting: usize,
    /// The most leases at once.
    pub max_connections: usize,
    /// The most leases to one endpoint at once.
    pub max_connections_per_endpoint: usize,
    /// How long a connection stays open after it was returned.
    pub idle_timeout: Duration,
    /// The same per endpoint, in the order of their first mention.
    pub endpoints: Vec<EndpointLeaseStats>,
}

/// The part of [`LeaseStats`] that is about one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointLeaseStats {
    /// Scheme, host and port.
    pub endpoint: String,
    /// Leased and open.
    pub active: usize,
    /// Open and free to be leased.
    pub idle: usize,
    /// Leased and still connecting.
    pub pending: usize,
}

impl NamedPool {
    /// The state of this pool, read without stopping anybody.
    #[must_use]
    pub fn stats(&self) -> LeaseStats {
        let parked = TABLE.parked(|held| self.owns(held));
        let endpoints: Vec<EndpointLeaseStats> = self
            .endpoints()
            .map(|endpoint| {
                let pending = endpoint.connecting.load(Ordering::Relaxed);
                let here = |it: &&Endpoint| std::ptr::eq(*it, endpoint);
                let unleased = pending + parked.iter().copied().filter(here).count();
                EndpointLeaseStats {
                    endpoint: endpoint.key.to_string(),
                    active: endpoint
                        .leased
                        .load(Ordering::Relaxed)
                        .saturating_sub(unleased),
                    idle: endpoint.origin.stats().counts.idle,
                    pending,
                }
            })
            .collect();
        let sum = |count: fn(&EndpointLeaseStats) -> usize| endpoints.iter().map(count).sum();
        let (active, idle, pending) =
            (sum(|it| it.active), sum(|it| it.idle), sum(|it| it.pending));
        LeaseStats {
            total_connections: active + idle + pending,
            active_connections: active,
            idle_connections: idle,
            pending,
            waiting: self.line().waiting(),
            max_connections: MAX_TOTAL,
            max_connections_per_endpoint: MAX_PER_ENDPOINT,
            idle_timeout: IDLE_TIMEOUT,
            endpoints,
        }
    }
}
