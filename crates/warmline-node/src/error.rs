//! Errors on their way to JavaScript.

use warmline_http::Error;

/// For calls that answer at once. The code goes in front of the message, where JavaScript finds it.
pub(crate) fn to_napi(error: &Error) -> napi::Error {
    napi::Error::from_reason(format!("{}: {}", error.code, error.message))
}
