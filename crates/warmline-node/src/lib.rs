//! The napi binding: converts, batches, wakes; decides nothing.

use napi_derive::napi;

/// The version of the compiled engine, to be compared with the package's own.
#[must_use]
#[napi]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
