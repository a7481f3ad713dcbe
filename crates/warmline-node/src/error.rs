//! Errors on their way to JavaScript.

use warmline_http::{Error, Facts};

use crate::facts;

/// An error record stays far below the reserve: so many causes, each so many characters.
const MAX_CAUSES: usize = 8;
const MAX_MESSAGE: usize = 2048;

/// For calls that answer at once. The code goes in front of the message, where JavaScript finds it.
pub(crate) fn to_napi(error: &Error) -> napi::Error {
    napi::Error::from_reason(format!("{}: {}", error.code, error.message))
}

/// For records: all that is known of it.
pub(crate) fn error_json(error: &Error) -> String {
    let facts = error.facts.as_deref();
    let took = facts.and_then(|facts| facts.took);
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source())
        .take(MAX_CAUSES)
        .map(|cause| clip(&cause.to_string()));
    serde_json::json!({
        "code": error.code,
        "phase": error.phase.as_str(),
        "message": clip(&error.message),
        "origin": error.origin.as_deref(),
        "attempt": error.attempt,
        "reusedConnection": error.reused_connection,
        "bytesSent": error.bytes_sent,
        "bytesReceived": error.bytes_received,
        "retryable": error.retryable,
        "facts": facts.filter(|facts| facts.attempt > 0).map(line),
        "took": took.map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX)),
        "causes": causes.collect::<Vec<_>>(),
    })
    .to_string()
}

fn line(facts: &Facts) -> String {
    let mut line = Vec::new();
    facts::write(facts, &mut line);
    String::from_utf8_lossy(&line).into_owned()
}

/// A message as long as people read.
pub(crate) fn clip(text: &str) -> String {
    text.chars().take(MAX_MESSAGE).collect()
}
