//! Bodies that are streams of events. Pure: bytes in, events out.

mod aws_frames;
#[cfg(test)]
mod cuts;
mod event_stream;
mod framing;
mod limit;
mod ndjson;
mod pattern;
#[cfg(test)]
mod tests;
mod text;

use std::borrow::Cow;

pub use aws_frames::{AwsFrames, Frame, HeaderValue, Headers};
pub use event_stream::{Dialect, Event, EventStream};
pub use framing::Framing;
pub(crate) use framing::MediaType;
pub use ndjson::JsonLines;
pub use pattern::Pattern;
pub use text::{ProviderError, Saying, Spoken, TextStream, Usage, UsageMeter, read};
pub(crate) use text::{after_string, reported};

/// Bytes as the standard decodes them: what is not UTF-8 becomes U+FFFD.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    // Which looks at words, and not at bytes, as long as there is nothing to replace.
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}
