//! Which metrics there are.

mod connections;
mod durations;
mod metric;
mod models;
mod policies;
mod requests;
mod streams;
mod threads;
mod values;

use connections::CONNECTIONS;
use durations::DURATIONS;
use models::MODELS;
use policies::POLICIES;
use requests::REQUESTS;
use streams::STREAMS;
use threads::THREADS;

pub use metric::{Kind, Metric, ModelValue, OriginValue, PlaceValue, Read};

/// All metrics, in the order in which they are written.
pub fn table() -> impl Iterator<Item = &'static Metric> {
    let parts = [
        CONNECTIONS,
        REQUESTS,
        POLICIES,
        STREAMS,
        DURATIONS,
        MODELS,
        THREADS,
    ];
    parts.into_iter().flatten()
}
