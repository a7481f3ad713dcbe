//! What is counted of policies: retries, pauses, rate limits, breakers and health.

use crate::metrics::places::PlaceFigures;

use super::metric::{Metric, Read, counter, gauge};
use super::values::{float, num};

pub(super) static POLICIES: &[Metric] = &[
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
];

fn breaker(place: &PlaceFigures, value: f64) -> Option<f64> {
    place.has_breaker().then_some(value)
}

fn health(place: &PlaceFigures, count: u64) -> Option<f64> {
    place.has_health().then(|| float(count))
}
