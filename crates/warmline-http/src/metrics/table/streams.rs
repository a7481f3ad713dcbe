//! What is counted of streams of events.

use super::metric::{Metric, Read, counter, gauge};
use super::values::float;

pub(super) static STREAMS: &[Metric] = &[
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
];
