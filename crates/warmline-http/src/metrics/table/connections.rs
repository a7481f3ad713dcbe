//! What is counted of connections.

use super::metric::{Metric, Read, counter, gauge};
use super::values::{counts, float, millis, num};

pub(super) static CONNECTIONS: &[Metric] = &[
    gauge(
        "connections_active",
        "Connections that carry at least one request or lease.",
        Read::Pool(|pool| num(pool.stats.counts.active)),
    ),
    gauge(
        "connections_idle",
        "Open connections that carry nothing.",
        Read::Pool(|pool| num(pool.stats.counts.idle)),
    ),
    gauge(
        "connections_pending",
        "Connections that are being opened.",
        Read::Pool(|pool| num(pool.stats.counts.pending)),
    ),
    gauge(
        "connections_total",
        "Connections that count under the limits: active, idle and pending ones.",
        Read::Pool(|pool| num(pool.stats.counts.total)),
    ),
    gauge(
        "active_connections",
        "The same as connections_active.",
        Read::Pool(|pool| num(pool.stats.counts.active)),
    ),
    gauge(
        "available_connections",
        "The same as connections_idle.",
        Read::Pool(|pool| num(pool.stats.counts.idle)),
    ),
    counter(
        "connections_created_total",
        "Connections that were opened.",
        Read::Pool(|pool| float(pool.stats.counts.created_total)),
    ),
    counter(
        "connections_closed_total",
        "Connections that were closed, for whatever reason.",
        Read::Pool(|pool| float(pool.stats.counts.closed_total)),
    ),
    counter(
        "connections_evicted_total",
        "Of the closed connections, those closed so that another origin could have the place.",
        Read::Pool(|pool| float(pool.stats.counts.evicted_total)),
    ),
    counter(
        "connection_errors_total",
        "Attempts to connect that failed, other than by timing out.",
        Read::Pool(|pool| float(pool.stats.counts.errors_total)),
    ),
    counter(
        "connection_timeouts_total",
        "Attempts to connect, and waits for a place in the pool, that timed out.",
        Read::Pool(|pool| float(pool.stats.counts.timeouts_total)),
    ),
    counter(
        "connection_checkouts_total",
        "Times that a connection was taken for a request or a lease.",
        Read::Pool(|pool| float(pool.stats.counts.checkouts_total)),
    ),
    counter(
        "connection_reuses_total",
        "Of these, times that the connection had been taken before.",
        Read::Pool(|pool| float(pool.stats.counts.reused_total)),
    ),
    gauge(
        "reuse_rate",
        "connection_reuses_total of connection_checkouts_total, 0 to 1; 0 before the first.",
        Read::Pool(|pool| pool.stats.reuse_rate()),
    ),
    gauge(
        "avg_connection_time_ms",
        "Mean time to open a connection (look-up, TCP, TLS), in milliseconds; 0 before the first.",
        Read::Pool(|pool| millis(pool.sum.connect.mean())),
    ),
    gauge(
        "pool_utilization_percent",
        "Active and pending connections, in percent of max_connections.",
        Read::Pool(|pool| pool.stats.utilization_percent()),
    ),
    gauge(
        "connection_pool_utilization_percent",
        "The same as pool_utilization_percent.",
        Read::Pool(|pool| pool.stats.utilization_percent()),
    ),
    gauge(
        "pool_scale_factor",
        "max_connections, as a part of what was asked for: other than 1 where it follows the load.",
        Read::Pool(|pool| match num(pool.base_connections) {
            0.0 => 1.0,
            base => num(pool.stats.limits.max_connections) / base,
        }),
    ),
    gauge(
        "max_connections",
        "The most connections that the pool may have.",
        Read::Pool(|pool| num(pool.stats.limits.max_connections)),
    ),
    gauge(
        "max_keepalive_connections",
        "The most idle connections that the pool keeps.",
        Read::Pool(|pool| num(pool.stats.limits.max_keepalive)),
    ),
    gauge(
        "origin_connections",
        "Connections to an origin, by state.",
        Read::OriginBy(
            "state",
            &[
                ("active", |origin| counts(origin, |counts| counts.active)),
                ("idle", |origin| counts(origin, |counts| counts.idle)),
                ("pending", |origin| counts(origin, |counts| counts.pending)),
            ],
        ),
    ),
];
