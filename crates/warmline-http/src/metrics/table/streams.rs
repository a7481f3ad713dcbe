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
    counter(
        "input_tokens_total",
        "Tokens of prompts, as far as responses to requests that name a model report them.",
        Read::Origin(|origin| float(origin.input_tokens)),
    ),
    counter(
        "output_tokens_total",
        "Tokens that were generated, likewise.",
        Read::Origin(|origin| float(origin.output_tokens)),
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
