use std::time::Duration;

/// How much a pool may hold and for how long. The defaults are the reference client's.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Connections in all, connecting ones included. Default 1000.
    pub max_connections: usize,
    /// Connections to one origin, connecting ones included. Default 1000.
    pub max_connections_per_origin: usize,
    /// Idle connections in all; a connection returned above that is closed. Default 100.
    pub max_keepalive: usize,
    /// How long a connection may sit idle. Default 30 s.
    pub keepalive_expiry: Duration,
    /// How old a connection may get; an older one is closed when next idle. Default none.
    pub max_age: Option<Duration>,
    /// By how much of `max_age` connections are closed earlier, each by its own random part, so that
    /// those opened together do not all end together. 0 to 1, default 0.1.
    pub max_age_jitter: f64,
    /// How long a caller may wait for a place (`pool_block_timeout`). Kept here, enforced by the caller's
    /// timer: the pool has none. Default none.
    pub wait_timeout: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 1000,
            max_connections_per_origin: 1000,
            max_keepalive: 100,
            keepalive_expiry: Duration::from_secs(30),
            max_age: None,
            max_age_jitter: 0.1,
            wait_timeout: None,
        }
    }
}
