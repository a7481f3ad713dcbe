//! Bodies that are streams of events. Pure: bytes in, events out.

mod aws_frames;
#[cfg(test)]
mod cuts;
mod event_stream;
mod limit;
mod ndjson;
mod pattern;
#[cfg(test)]
mod tests;
mod text;

pub use aws_frames::{AwsFrames, Frame, HeaderValue, Headers};
pub use event_stream::{Dialect, Event, EventStream};
pub use ndjson::JsonLines;
pub use pattern::Pattern;
pub use text::{Framing, ProviderError, Saying, Spoken, TextStream, Usage, UsageMeter, read};
