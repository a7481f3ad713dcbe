//! What a body says of tokens and of failure, for whoever only passes it on.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::failure::ProviderError;
use super::glance::glance;
use super::read;
use super::stream::{Spoken, TextStream};
use super::usage::{OLLAMA_COUNT, USAGE, Usage};
use crate::sse::{Framing, decoded};

/// A whole body of more than this says nothing.
const MAX_WHOLE_BYTES: usize = 16 * 1024 * 1024;

/// Counts along with a body as it passes. What it cannot read does not concern the body: it has then
/// counted what came before.
#[derive(Debug)]
pub struct UsageMeter {
    body: Metered,
    usage: Usage,
    failure: Option<ProviderError>,
}

#[derive(Debug)]
enum Metered {
    /// Events or lines.
    Stream(Box<TextStream>),
    /// One object, which is complete only at the end.
    Whole(Vec<u8>),
    /// Nothing more can be learnt.
    Over,
}

impl UsageMeter {
    /// For a body of many objects.
    #[must_use]
    pub fn of_stream(framing: Framing) -> Self {
        Self::new(Metered::Stream(Box::new(TextStream::usage_alone(framing))))
    }

    /// For a body that is one JSON object, as answers are that are not streamed.
    #[must_use]
    pub fn of_object() -> Self {
        Self::new(Metered::Whole(Vec::new()))
    }

    fn new(body: Metered) -> Self {
        Self {
            body,
            usage: Usage::default(),
            failure: None,
        }
    }

    /// Takes in the next piece of the body.
    pub fn feed(&mut self, chunk: &[u8]) {
        let go_on = match &mut self.body {
            Metered::Stream(stream) => {
                let failure = &mut self.failure;
                let fed = stream.feed(chunk, |spoken| keep(spoken, failure));
                self.usage = stream.usage();
                fed.is_ok()
            }
            Metered::Whole(whole) => {
                whole.extend_from_slice(chunk);
                whole.len() <= MAX_WHOLE_BYTES
            }
            Metered::Over => true,
        };
        if !go_on {
            self.body = Metered::Over;
        }
    }

    /// The body is complete.
    pub fn finish(&mut self) {
        match std::mem::replace(&mut self.body, Metered::Over) {
            Metered::Stream(mut stream) => {
                let failure = &mut self.failure;
                // As in `feed`: an end that cannot be read adds nothing.
                let _ = stream.finish(|spoken| keep(spoken, failure));
                self.usage = stream.usage();
            }
            Metered::Whole(whole) => {
                if let Some(usage) = glance(&whole) {
                    self.usage = usage;
                } else if let Ok(saying) = read(None, &decoded(&whole)) {
                    self.usage = saying.usage.with_total();
                    self.failure = saying.error;
                }
            }
            Metered::Over => {}
        }
    }

    /// What was reported so far of the tokens used.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// The error that the provider has reported, if it has.
    #[must_use]
    pub fn failure(&self) -> Option<&ProviderError> {
        self.failure.as_ref()
    }
}

fn keep(spoken: Spoken<'_>, failure: &mut Option<ProviderError>) {
    if let Spoken::Failure(error) = spoken {
        *failure = Some(error);
    }
}

/// Whether a payload may report usage or an error. Most events do neither, and need no parsing then.
pub(super) fn may_report(payload: &str) -> bool {
    let payload = payload.as_bytes();
    // As a field's name, or the second as the type of the event.
    has_value(payload, &USAGE) || may_report_otherwise(payload)
}

/// Whether it may report an error, or usage elsewhere than in a field of its own.
pub(super) fn may_report_otherwise(payload: &[u8]) -> bool {
    has_value(payload, &ERROR) || OLLAMA_COUNT.find(payload).is_some()
}

static ERROR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"error\""));

/// Whether a field whose quoted name begins like this stands in it, and is not null.
fn has_value(payload: &[u8], name: &Finder<'_>) -> bool {
    name.find_iter(payload).any(|at| {
        let after = &payload[at + name.needle().len()..];
        let after = after.strip_prefix(b"\"").unwrap_or(after);
        !after.starts_with(b":null")
    })
}
