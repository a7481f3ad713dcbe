//! Errors on their way to JavaScript.

use warmline_http::Error;

/// An error record stays far below the reserve: so many causes, each so many characters.
const MAX_CAUSES: usize = 8;
const MAX_MESSAGE: usize = 2048;

/// For calls that answer at once. The code goes in front of the message, where JavaScript finds it.
pub(crate) fn to_napi(error: &Error) -> napi::Error {
    napi::Error::from_reason(format!("{}: {}", error.code, error.message))
}

/// For records: all that is known of it.
pub(crate) fn error_json(error: &Error) -> String {
    error_value(error).to_string()
}

/// The same as a part of something else.
pub(crate) fn error_value(error: &Error) -> serde_json::Value {
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
        "causes": causes.collect::<Vec<_>>(),
    })
}

/// A message as long as people read.
pub(crate) fn clip(text: &str) -> String {
    text.chars().take(MAX_MESSAGE).collect()
}
