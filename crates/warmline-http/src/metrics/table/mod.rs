//! Which metrics there are.

mod connections;
mod durations;
mod metric;
mod policies;
mod requests;
mod streams;
mod values;

use connections::CONNECTIONS;
use durations::DURATIONS;
use policies::POLICIES;
use requests::REQUESTS;
use streams::STREAMS;

pub use metric::{Kind, Metric, OriginValue, PlaceValue, Read};

/// All metrics, in the order in which they are written.
pub fn table() -> impl Iterator<Item = &'static Metric> {
    let parts = [CONNECTIONS, REQUESTS, POLICIES, STREAMS, DURATIONS];
    parts.into_iter().flatten()
}
