//! Which metrics there are.

use std::time::Duration;

use super::figures::{OriginFigures, PoolFigures};
use super::histogram::Durations;
use super::places::PlaceFigures;

/// One metric.
pub struct Metric {
    /// Its name, in the reports as in expositions.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub help: &'static str,
    /// How its values behave.
    pub kind: Kind,
    /// Where its values are.
    pub read: Read,
}

/// How values of a metric behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Goes up and down.
    Gauge,
    /// Only ever goes up; its name ends in `_total`, as `OpenMetrics` wants it.
    Counter,
    /// Only ever goes up, under a name that `OpenMetrics` does not allow to a counter.
    Count,
    /// Durations in seconds.
    Histogram,
}

/// A value of an origin's figures.
pub type OriginValue = fn(&OriginFigures) -> f64;

/// A value of a place's figures; `None` where it has none.
pub type PlaceValue = fn(&PlaceFigures) -> Option<f64>;

/// Where values of a metric are, and what tells them apart.
pub enum Read {
    /// One for each pool.
    Pool(fn(&PoolFigures) -> f64),
    /// One for each origin.
    Origin(OriginValue),
    /// One for each origin and value of one more label.
    OriginBy(&'static str, &'static [(&'static str, OriginValue)]),
    /// One for each origin that has one.
    OriginIf(fn(&OriginFigures) -> Option<f64>),
    /// One for each place that has one.
    Place(PlaceValue),
    /// One for each place that has one, and value of one more label.
    PlaceBy(&'static str, &'static [(&'static str, PlaceValue)]),
    /// One for each origin, code of an error and phase of a request's life.
    Failures,
    /// One for each origin, and in reports for all of them together.
    Times(fn(&OriginFigures) -> &Durations),
}

impl Kind {
    /// As the text formats call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter | Self::Count => "counter",
            Self::Histogram => "histogram",
        }
    }
}

const fn gauge(name: &'static str, help: &'static str, read: Read) -> Metric {
    Metric {
        name,
        help,
        kind: Kind::Gauge,
        read,
    }
}

const fn counter(name: &'static str, help: &'static str, read: Read) -> Metric {
    Metric {
        kind: Kind::Counter,
        ..gauge(name, help, read)
    }
}

const fn count(name: &'static str, help: &'static str, read: Read) -> Metric {
    Metric {
        kind: Kind::Count,
        ..gauge(name, help, read)
    }
}

const fn times(
    name: &'static str,
    help: &'static str,
    read: fn(&OriginFigures) -> &Durations,
) -> Metric {
    Metric {
        kind: Kind::Histogram,
        ..gauge(name, help, Read::Times(read))
    }
}

/// All metrics, in the order in which they are written.
pub static TABLE: &[Metric] = &[
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
        "pending_requests",
        "Requests and leases that wait for a connection or a place for one.",
        Read::Pool(|pool| num(pool.stats.counts.waiting)),
    ),
    gauge(
        "requests_in_flight",
        "Requests that have neither a response nor failed yet.",
        Read::Pool(|pool| float(pool.in_flight)),
    ),
    count(
        "total_requests",
        "Requests that got a response, or failed.",
        Read::Pool(|pool| float(pool.totals.requests)),
    ),
    count(
        "error_count",
        "Of these, requests that failed without a response.",
        Read::Pool(|pool| float(pool.totals.errors)),
    ),
    gauge(
        "error_rate",
        "error_count of total_requests, 0 to 1; 0 before the first.",
        Read::Pool(|pool| ratio(pool.totals.errors, pool.totals.requests)),
    ),
    counter(
        "requests_aborted_total",
        "Requests that were given up before they had a response.",
        Read::Pool(|pool| float(pool.aborted)),
    ),
    gauge(
        "avg_response_time_ms",
        "Mean time from a call to its response's head, in milliseconds; 0 before the first.",
        Read::Pool(|pool| millis(pool.sum.head.mean())),
    ),
    gauge(
        "cooldowns_active",
        "Origins that have asked for a pause which is not over.",
        Read::Pool(|pool| float(pool.cooling_down)),
    ),
    gauge(
        "circuit_breakers_open",
        "Places that are not asked, as too many requests failed there.",
        Read::Pool(|pool| float(pool.places.open)),
    ),
    gauge(
        "circuit_breakers_half_open",
        "Places that some requests are sent to, to see whether they have recovered.",
        Read::Pool(|pool| float(pool.places.half_open)),
    ),
    gauge(
        "places_degraded",
        "Places where too much fails or takes too long, where that is looked at.",
        Read::Pool(|pool| float(pool.places.degraded)),
    ),
    gauge(
        "places_unhealthy",
        "Places where every request fails, where that is looked at.",
        Read::Pool(|pool| float(pool.places.unhealthy)),
    ),
    gauge(
        "streams_open",
        "Streams of events whose response has begun and not ended.",
        Read::Pool(|pool| float(pool.sum.streams_open)),
    ),
    gauge(
        "streams_stalled",
        "Of these, streams that nothing came on for 10 seconds.",
        Read::Pool(|pool| float(pool.sum.streams_stalled)),
    ),
    counter(
        "request_failures_total",
        "Requests that failed and responses that broke off, by the error's code and the phase.",
        Read::Failures,
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
    gauge(
        "origin_pending_requests",
        "Requests and leases that wait for a connection to an origin.",
        Read::Origin(|origin| counts(origin, |counts| counts.waiting)),
    ),
    counter(
        "requests_total",
        "Requests that got a response, by the class of its status, and those that failed.",
        Read::OriginBy(
            "status",
            &[
                ("1xx", |origin| float(origin.answered[0])),
                ("2xx", |origin| float(origin.answered[1])),
                ("3xx", |origin| float(origin.answered[2])),
                ("4xx", |origin| float(origin.answered[3])),
                ("5xx", |origin| float(origin.answered[4])),
                ("error", |origin| float(origin.failed)),
            ],
        ),
    ),
    counter(
        "responses_unfinished_total",
        "Responses whose body broke off, or was abandoned by its reader.",
        Read::OriginBy(
            "reason",
            &[
                ("broken", |origin| float(origin.broken)),
                ("abandoned", |origin| float(origin.abandoned)),
            ],
        ),
    ),
    counter(
        "retries_total",
        "Requests that were sent again, for each time.",
        Read::Origin(|origin| float(origin.retried)),
    ),
    counter(
        "hedges_total",
        "Requests that were sent a second time beside the first, as that was slow.",
        Read::Origin(|origin| float(origin.hedged)),
    ),
    counter(
        "hedges_won_total",
        "Of these, requests where the second one was the answer.",
        Read::Origin(|origin| float(origin.hedges_won)),
    ),
    counter(
        "cooldown_waits_total",
        "Requests that had to wait for the end of a pause which the server had asked for.",
        Read::Origin(|origin| float(origin.cooled_down)),
    ),
    gauge(
        "cooldown_left_seconds",
        "What is left of such a pause, the longest of any key; 0 without one.",
        Read::Origin(|origin| origin.pause.as_secs_f64()),
    ),
    gauge(
        "rate_limit_waiting",
        "Requests that wait for a rate limit, where there is one.",
        Read::OriginIf(|origin| Some(num(origin.budget?.waiting))),
    ),
    gauge(
        "rate_limit_in_flight",
        "Requests under way under a rate limit, responses that are still read included.",
        Read::OriginIf(|origin| Some(num(origin.budget?.in_flight))),
    ),
    gauge(
        "rate_limit_requests_left",
        "Requests that may go now, by the limit and the provider's word, with the key that has least left.",
        Read::OriginIf(|origin| origin.budget?.requests_left.map(float)),
    ),
    gauge(
        "rate_limit_tokens_left",
        "Tokens that may be used now, likewise.",
        Read::OriginIf(|origin| origin.budget?.tokens_left.map(float)),
    ),
    gauge(
        "rate_limit_ready_seconds",
        "Time until the next request may go, with the key that waits longest.",
        Read::OriginIf(|origin| Some(origin.budget?.ready_in.as_secs_f64())),
    ),
    gauge(
        "circuit_breaker_state",
        "1 for the state that a place's breaker is in.",
        Read::PlaceBy(
            "state",
            &[
                ("closed", |place| breaker(place, float(place.closed))),
                ("open", |place| breaker(place, float(place.open))),
                ("half_open", |place| breaker(place, float(place.half_open))),
            ],
        ),
    ),
    gauge(
        "circuit_breaker_failures",
        "Failures in a row at a place.",
        Read::Place(|place| breaker(place, f64::from(place.failures))),
    ),
    gauge(
        "circuit_breaker_recent_requests",
        "Requests to a place that its breaker still remembers.",
        Read::Place(|place| breaker(place, float(place.requests))),
    ),
    gauge(
        "circuit_breaker_recent_failure_rate",
        "The part of these that failed, 0 to 1.",
        Read::Place(|place| breaker(place, place.failure_rate)),
    ),
    gauge(
        "circuit_breaker_retry_after_seconds",
        "How long a place's breaker stays open; 0 if it is not.",
        Read::Place(|place| breaker(place, place.retry_after.as_secs_f64())),
    ),
    counter(
        "circuit_breaker_opened_total",
        "How often a place's breaker has opened.",
        Read::Place(|place| breaker(place, float(place.opened))),
    ),
    counter(
        "circuit_breaker_refused_total",
        "Requests that a place's breaker has refused.",
        Read::Place(|place| breaker(place, float(place.refused))),
    ),
    gauge(
        "place_health",
        "1 for how a place does, where that is looked at.",
        Read::PlaceBy(
            "state",
            &[
                ("healthy", |place| health(place, place.healthy)),
                ("degraded", |place| health(place, place.degraded)),
                ("unhealthy", |place| health(place, place.unhealthy)),
            ],
        ),
    ),
    counter(
        "sent_bytes_total",
        "Bytes sent, TLS framing included, counted as each request ends.",
        Read::Origin(|origin| float(origin.sent)),
    ),
    counter(
        "received_bytes_total",
        "Bytes received, TLS framing taken off, counted as each request ends.",
        Read::Origin(|origin| float(origin.received)),
    ),
    counter(
        "streams_total",
        "Responses that were streams of events.",
        Read::Origin(|origin| float(origin.streams)),
    ),
    counter(
        "stream_events_total",
        "Server-sent events and lines of newline-delimited JSON in them, whoever decodes them.",
        Read::Origin(|origin| float(origin.events)),
    ),
    gauge(
        "origin_streams_open",
        "Streams of events from an origin whose response has begun and not ended.",
        Read::Origin(|origin| float(origin.streams_open)),
    ),
    gauge(
        "origin_streams_stalled",
        "Of these, streams that nothing came on for 10 seconds.",
        Read::Origin(|origin| float(origin.streams_stalled)),
    ),
    times(
        "connection_seconds",
        "Time to open a connection: look-up, TCP and TLS.",
        |origin| &origin.connect,
    ),
    times(
        "dns_seconds",
        "Time of the look-up, for each connection opened; next to none where it was remembered.",
        |origin| &origin.dns,
    ),
    times(
        "tcp_seconds",
        "Time of opening TCP, and of the way through a proxy, for each connection opened.",
        |origin| &origin.tcp,
    ),
    times(
        "tls_seconds",
        "Time of the TLS handshake, for each connection opened that has one.",
        |origin| &origin.tls,
    ),
    times(
        "response_head_seconds",
        "Time from a call to its response's head.",
        |origin| &origin.head,
    ),
    times(
        "time_to_first_token_seconds",
        "Time from a call to the first bytes of the body, of a response that is a stream of events.",
        |origin| &origin.first_token,
    ),
    times(
        "inter_token_seconds",
        "Time from one arrival on a stream of events to the next.",
        |origin| &origin.token_gap,
    ),
    times(
        "request_seconds",
        "Time from a call to the last byte of its response.",
        |origin| &origin.request,
    ),
];

fn breaker(place: &PlaceFigures, value: f64) -> Option<f64> {
    place.has_breaker().then_some(value)
}

fn health(place: &PlaceFigures, count: u64) -> Option<f64> {
    place.has_health().then(|| float(count))
}

fn counts(origin: &OriginFigures, read: fn(&warmline_pool::Counts) -> usize) -> f64 {
    origin
        .connections
        .as_ref()
        .map_or(0.0, |counts| num(read(counts)))
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    float(part) / float(whole)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn num(count: usize) -> f64 {
    float(count as u64)
}

#[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}
