//! Errors on their way to JavaScript.

use std::error::Error as _;

use serde_json::{Value, json};
use warmline_http::transport::AttemptErrors;
use warmline_http::{Error, Facts};

use crate::durations::millis;
use crate::facts;

/// An error record stays far below the reserve: so many causes, each so many characters.
const MAX_CAUSES: usize = 8;
const MAX_MESSAGE: usize = 2048;
/// And so many addresses that did not answer.
const MAX_ATTEMPTS: usize = 32;

/// For calls that answer at once. The code goes in front of the message, where JavaScript finds it.
pub(crate) fn to_napi(error: &Error) -> napi::Error {
    napi::Error::from_reason(format!("{}: {}", error.code, error.message))
}

/// For records: all that is known of it.
pub(crate) fn error_json(error: &Error) -> String {
    error_value(error).to_string()
}

/// The same as a part of something else.
pub(crate) fn error_value(error: &Error) -> Value {
    let facts = error.facts.as_deref();
    let took = facts.and_then(|facts| facts.took);
    let causes = std::iter::successors(error.source(), |&cause| cause.source())
        .take(MAX_CAUSES)
        .map(|cause| clip(&cause.to_string()));
    json!({
        "code": error.code,
        "phase": error.phase.as_str(),
        "message": clip(&error.message),
        "origin": error.origin.as_deref(),
        "attempt": error.attempt,
        "reusedConnection": error.reused_connection,
        "bytesSent": error.bytes_sent,
        "bytesReceived": error.bytes_received,
        "retryable": error.retryable,
        "retryAfter": facts.and_then(|facts| facts.retry_after).map(millis),
        "facts": facts.filter(|facts| facts.attempt > 0).map(line),
        "reached": facts.filter(|facts| facts.attempt == 0).map(facts::reached),
        "took": took.map(facts::micros),
        "causes": causes.collect::<Vec<_>>(),
        "attempts": error.source().and_then(|source| source.downcast_ref()).map(attempts),
    })
}

/// The fields that Node's errors of connecting have.
fn attempts(errors: &AttemptErrors) -> Value {
    let attempts = errors.0.iter().take(MAX_ATTEMPTS).map(|attempt| {
        json!({
            "code": attempt.code,
            "message": attempt.to_string(),
            "address": attempt.address.ip(),
            "port": attempt.address.port(),
        })
    });
    attempts.collect()
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
