//! A pool's numbers for JavaScript.

use napi_derive::napi;
use warmline_http::Client;

/// A pool's numbers, as `PoolStats` of the pool crate says them.
#[napi(object)]
pub struct PoolNumbers {
    pub origins: f64,
    pub active: f64,
    pub idle: f64,
    pub pending: f64,
    pub total: f64,
    pub waiting: f64,
    pub created_total: f64,
    pub closed_total: f64,
    pub evicted_total: f64,
    pub errors_total: f64,
    pub timeouts_total: f64,
    pub checkouts_total: f64,
    pub reused_total: f64,
    pub reuse_rate: f64,
    pub utilization_percent: f64,
    pub max_connections: f64,
    pub max_connections_per_origin: f64,
    pub max_keepalive_connections: f64,
    pub keepalive_expiry: f64,
    pub total_requests: f64,
    pub error_count: f64,
    pub avg_response_time_ms: f64,
    pub avg_connection_time_ms: f64,
}

impl PoolNumbers {
    #[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub(crate) fn of(client: &Client) -> Self {
        let (stats, totals) = (client.stats(), client.totals());
        let counts = &stats.counts;
        let limits = &stats.limits;
        let answered = totals.requests - totals.errors;
        Self {
            origins: stats.origins as f64,
            active: counts.active as f64,
            idle: counts.idle as f64,
            pending: counts.pending as f64,
            total: counts.total as f64,
            waiting: counts.waiting as f64,
            created_total: counts.created_total as f64,
            closed_total: counts.closed_total as f64,
            evicted_total: counts.evicted_total as f64,
            errors_total: counts.errors_total as f64,
            timeouts_total: counts.timeouts_total as f64,
            checkouts_total: counts.checkouts_total as f64,
            reused_total: counts.reused_total as f64,
            reuse_rate: stats.reuse_rate(),
            utilization_percent: stats.utilization_percent(),
            max_connections: limits.max_connections as f64,
            max_connections_per_origin: limits.max_connections_per_origin as f64,
            max_keepalive_connections: limits.max_keepalive as f64,
            keepalive_expiry: limits.keepalive_expiry.as_millis() as f64,
            total_requests: totals.requests as f64,
            error_count: totals.errors as f64,
            avg_response_time_ms: if answered == 0 {
                0.0
            } else {
                totals.response_time.as_secs_f64() * 1000.0 / answered as f64
            },
            avg_connection_time_ms: client.mean_connect_time().as_secs_f64() * 1000.0,
        }
    }
}
