//! What a named pool says of itself.

use std::time::Duration;

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
