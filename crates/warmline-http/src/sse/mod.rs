//! Bodies that are streams of events. Pure: bytes in, events out.

mod event_stream;

#[cfg(test)]
mod tests;

pub use event_stream::{Dialect, Event, EventStream};
