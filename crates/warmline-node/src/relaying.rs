//! A response's body that goes to a client's socket instead of to JavaScript.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use napi_derive::napi;
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use warmline_http::relay::{Downstream, Halt, Relay, Relayed};
use warmline_http::sse::{Framing, UsageMeter};

use crate::error::error_value;
use crate::exchange::Rest;
use crate::outbox::{End, Outbox};
use crate::provoked;
use crate::spoken::{failure_value, usage_value};
use crate::wire::wish;

/// What JavaScript wants to become of the rest of a body.
pub(crate) struct RelayOrder {
    relay: Relay,
    /// What of the body is on its way already, in its order.
    pub(crate) chunks: VecDeque<Bytes>,
    halts: mpsc::UnboundedReceiver<Halt>,
}

impl RelayOrder {
    /// The sender ends the relay early.
    pub(crate) fn new(
        downstream: Downstream,
        meter: Option<UsageMeter>,
        heartbeat: Option<Duration>,
    ) -> (Self, mpsc::UnboundedSender<Halt>) {
        let (sender, halts) = mpsc::unbounded_channel();
        let order = Self {
            relay: Relay::new(downstream, meter, heartbeat),
            chunks: VecDeque::new(),
            halts,
        };
        (order, sender)
    }

    /// Carries it out, and reports.
    pub(crate) async fn run(mut self, rest: &mut Rest, outbox: &Arc<Outbox>) {
        for chunk in self.chunks.drain(..).rev() {
            rest.waiting.push_front(chunk);
        }
        let relayed = self
            .relay
            .run(|cx| rest.poll_chunk(cx), &mut self.halts)
            .await;
        // The client's connection is given back with this, before JavaScript hears of it.
        let (passed, meter) = self.relay.finish();
        let (end, error) = match relayed {
            Relayed::Complete => ("complete", None),
            Relayed::Halted => ("halted", None),
            Relayed::ClientGone(_) => ("gone", None),
            Relayed::Failed(error) => ("failed", Some(error_value(&error))),
        };
        let mut report = meter.as_ref().map(metered).unwrap_or_default();
        report.insert("end".to_owned(), end.into());
        report.insert("bytes".to_owned(), passed.into());
        report.extend(error.map(|error| ("error".to_owned(), error)));
        outbox.end(End::Value(Value::Object(report).to_string()));
    }
}

/// What is to be counted of a body; `None` where nothing can be.
pub(crate) fn meter(word: u32) -> Option<UsageMeter> {
    Some(match word {
        wish::TEXT_OF_EVENTS => UsageMeter::of_stream(Framing::Events),
        wish::TEXT_OF_LINES => UsageMeter::of_stream(Framing::Lines),
        wish::TEXT_OF_AWS_FRAMES => UsageMeter::of_stream(Framing::AwsFrames),
        wish::USAGE_OF_OBJECT => UsageMeter::of_object(),
        _ => return None,
    })
}

fn metered(meter: &UsageMeter) -> Map<String, Value> {
    let usage = meter.usage();
    let usage = (usage != warmline_http::sse::Usage::default()).then(|| usage_value(&usage));
    [
        ("usage", usage),
        ("failure", meter.failure().map(failure_value)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

/// Counts a body whose bytes pass through JavaScript.
#[napi]
pub struct BodyMeter {
    meter: UsageMeter,
}

#[napi]
impl BodyMeter {
    #[napi(constructor, catch_unwind)]
    pub fn new(wish: u32) -> napi::Result<Self> {
        provoked::panic_at("constructor");
        let meter = meter(wish)
            .ok_or_else(|| napi::Error::new(napi::Status::InvalidArg, "no such wish"))?;
        Ok(Self { meter })
    }

    /// Takes in a piece of the body.
    #[napi(catch_unwind)]
    pub fn feed(&mut self, chunk: &[u8]) {
        provoked::panic_at("method");
        self.meter.feed(chunk);
    }

    /// The body is complete.
    #[napi(catch_unwind)]
    pub fn finish(&mut self) {
        self.meter.finish();
    }

    /// What was counted so far, as JSON: `{usage?, failure?}`.
    #[napi(catch_unwind)]
    pub fn report(&self) -> String {
        Value::Object(metered(&self.meter)).to_string()
    }
}
