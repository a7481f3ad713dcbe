//! What is counted of one origin.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::StatusCode;

use super::bounded::Bounded;
use super::counter::Counter;
use super::histogram::Times;
use super::streams::Streams;
use crate::error::{Error, Phase};
use crate::sse::Usage;
use crate::transport::{ConnectTimings, Traffic};

/// The classes of statuses, 1xx to 5xx. What is none of them counts with the last.
pub(super) const STATUS_CLASSES: usize = 5;
/// The most kinds of failure of an origin that have a label of their own.
const MAX_FAILURES: usize = 16;

/// Failures by code, and by where in a request's life they happened.
pub(super) type Failures = Bounded<(Cow<'static, str>, Phase), Counter>;

/// The counts of one origin, or of all those together that have no label of their own.
#[derive(Default)]
pub(crate) struct OriginMetrics {
    /// Requests that were answered, by the class of their status.
    pub(super) answered: [Counter; STATUS_CLASSES],
    /// Requests that got no response.
    pub(super) failed: Counter,
    /// Both these and bodies that broke off, by kind. Most origins have none.
    pub(super) failures: OnceLock<Box<Failures>>,
    /// Responses whose body broke off.
    pub(super) broken: Counter,
    /// Responses whose body nobody wanted to the end.
    pub(super) abandoned: Counter,
    /// Requests that were sent again, for each time.
    pub(super) retried: Counter,
    /// Requests that were sent a second time beside the first, and those of them where the second one was the
    /// answer.
    pub(super) hedged: Counter,
    pub(super) hedges_won: Counter,
    /// Requests that waited for the end of a pause that the server had asked for.
    pub(super) cooled_down: Counter,
    pub(super) sent: Counter,
    pub(super) received: Counter,
    pub(super) connect: Times,
    pub(super) dns: Times,
    pub(super) tcp: Times,
    pub(super) tls: Times,
    pub(super) head: Times,
    pub(super) first_token: Times,
    pub(super) token_gap: Times,
    pub(super) request: Times,
    pub(super) streams: Arc<Streams>,
    /// Events in the bodies that are streams of them.
    pub(super) events: Counter,
    /// Tokens that responses reported, of prompts and of what was generated.
    pub(super) input_tokens: Counter,
    pub(super) output_tokens: Counter,
}

/// Where a status counts among the classes.
pub(super) fn class_of(status: StatusCode) -> usize {
    let class = usize::from(status.as_u16() / 100).saturating_sub(1);
    class.min(STATUS_CLASSES - 1)
}

impl OriginMetrics {
    /// A connection was opened.
    pub(crate) fn opened(&self, timings: &ConnectTimings) {
        let ConnectTimings { dns, tcp, tls } = *timings;
        self.connect.record(dns + tcp + tls);
        self.dns.record(dns);
        self.tcp.record(tcp);
        if !tls.is_zero() {
            self.tls.record(tls);
        }
    }

    /// The head of a request's response came, so long after the call.
    pub(crate) fn answered(&self, status: StatusCode, after: Duration) {
        self.answered[class_of(status)].add(1);
        self.head.record(after);
    }

    /// A request ended without a response.
    pub(crate) fn failed(&self, error: &Error) {
        self.failed.add(1);
        self.note(error);
    }

    /// A response's body broke off.
    pub(super) fn broke(&self, error: &Error) {
        self.broken.add(1);
        self.note(error);
    }

    /// A request is sent again.
    pub(crate) fn retried(&self) {
        self.retried.add(1);
    }

    /// A request is sent a second time beside the first.
    pub(crate) fn hedged(&self) {
        self.hedged.add(1);
    }

    /// The second one is the answer.
    pub(crate) fn hedge_won(&self) {
        self.hedges_won.add(1);
    }

    /// A request has to wait for the end of a pause.
    pub(crate) fn cools_down(&self) {
        self.cooled_down.add(1);
    }

    /// A response has reported tokens.
    pub(crate) fn used(&self, usage: Usage) {
        self.input_tokens.add(usage.input.unwrap_or(0));
        self.output_tokens.add(usage.output.unwrap_or(0));
    }

    fn note(&self, error: &Error) {
        let failures = self
            .failures
            .get_or_init(|| Box::new(Bounded::new(MAX_FAILURES)));
        failures.of(&(error.code.clone(), error.phase)).add(1);
    }

    /// Bytes that a connection moved and that nobody counted yet.
    pub(crate) fn moved(&self, traffic: Traffic) {
        self.sent.add(traffic.sent);
        self.received.add(traffic.received);
    }
}
