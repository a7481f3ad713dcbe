//! How large one event of a body may be, however the body frames it.

use crate::error::{Error, Phase};

/// The most bytes that one event, or a line of it, may have.
pub(super) const MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

pub(super) fn check(size: usize) -> Result<(), Error> {
    if size <= MAX_EVENT_BYTES {
        return Ok(());
    }
    Err(Error::new(
        "WARMLINE_EVENT_TOO_LARGE",
        Phase::Body,
        "an event of the stream has more than 16 MiB",
    ))
}
