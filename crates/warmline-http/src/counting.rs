//! A request's place within its rate limit while its response is read, and what the response says of the tokens
//! that were used.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};

use crate::rate_limits::Permit;
use crate::sse::{Framing, UsageMeter};

/// Dropped, the request is over: what it has used by then is what it is charged.
pub(crate) struct Counting {
    /// Taken when this is dropped.
    permit: Option<Box<Permit>>,
    meter: Option<UsageMeter>,
}

impl Counting {
    /// For a response with this head.
    pub(crate) fn new(permit: Box<Permit>, status: StatusCode, headers: &HeaderMap) -> Self {
        let counts = status.is_success() && permit.counts_tokens();
        let meter = counts.then(|| meter_of(headers)).flatten();
        let permit = Some(permit);
        Self { permit, meter }
    }

    /// The next piece of the body, without its codings.
    pub(crate) fn feed(&mut self, chunk: &[u8]) {
        if let Some(meter) = &mut self.meter {
            meter.feed(chunk);
        }
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        let (Some(permit), Some(meter)) = (self.permit.take(), &mut self.meter) else {
            return;
        };
        meter.finish();
        let usage = meter.usage();
        let expected = permit.expected();
        let sum = |input: Option<u64>, output: Option<u64>| {
            let input = input.unwrap_or(expected.input);
            input.saturating_add(output.unwrap_or(expected.output))
        };
        let known = usage.input.is_some() || usage.output.is_some();
        let parts = known.then(|| sum(usage.input, usage.output));
        // A response that says nothing leaves the estimate as it is.
        if let Some(used) = usage.total.or(parts) {
            permit.settled(used);
        }
    }
}

/// Media types that report usage, with how their events are framed; without, the body is one object.
const REPORTING: [(&str, Option<Framing>); 6] = [
    ("application/json", None),
    ("text/event-stream", Some(Framing::Events)),
    ("application/x-ndjson", Some(Framing::Lines)),
    ("application/ndjson", Some(Framing::Lines)),
    ("application/jsonl", Some(Framing::Lines)),
    (
        "application/vnd.amazon.eventstream",
        Some(Framing::AwsFrames),
    ),
];

/// What counts along with a body of this media type.
fn meter_of(headers: &HeaderMap) -> Option<UsageMeter> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let media_type = value.split(';').next().unwrap_or_default().trim();
    let is_it = |(name, _): &&(&str, _)| media_type.eq_ignore_ascii_case(name);
    let (_, framing) = REPORTING.iter().find(is_it)?;
    Some(framing.map_or_else(UsageMeter::of_object, UsageMeter::of_stream))
}
