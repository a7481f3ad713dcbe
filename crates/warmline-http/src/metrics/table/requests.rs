//! What is counted of requests and of their bytes.

use super::metric::{Metric, Read, count, counter, gauge};
use super::values::{counts, float, millis, num, ratio};

pub(super) static REQUESTS: &[Metric] = &[
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
    counter(
        "request_failures_total",
        "Requests that failed and responses that broke off, by the error's code and the phase.",
        Read::Failures,
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
        "sent_bytes_total",
        "Bytes sent, TLS framing included, counted as each request ends.",
        Read::Origin(|origin| float(origin.sent)),
    ),
    counter(
        "received_bytes_total",
        "Bytes received, TLS framing taken off, counted as each request ends.",
        Read::Origin(|origin| float(origin.received)),
    ),
];
