//! What a client measures of itself, cheap enough to be always on: whoever sends adds to counters and
//! histograms of the origin, without a lock, and only a reader adds them up.
//!
//! [`table`] is the one place that says which metrics there are; reports and expositions are written
//! from it. Origins are labels up to a cap, and share the label `other` beyond it, so that no URL can
//! blow a report up; paths, queries and credentials are never part of one.

mod bounded;
mod budgets;
mod counter;
mod event_count;
mod exposition;
mod figures;
mod histogram;
mod model_name;
mod models;
mod number;
mod origin;
mod places;
mod provider;
mod report;
mod streams;
mod table;
mod threads;
mod watch;

use std::sync::Arc;

use bounded::Bounded;
use counter::Counter;

pub use budgets::Budget;
pub use exposition::{Format, exposition};
pub use figures::{Figures, OriginFigures, PoolFigures};
pub use histogram::Durations;
pub use models::ModelFigures;
use models::ModelKey;
pub(crate) use models::ModelMetrics;
pub(crate) use origin::OriginMetrics;
pub use places::PlaceFigures;
pub use report::{describe, report};
pub use table::{Kind, Metric, ModelValue, OriginValue, PlaceValue, Read, table};
pub use threads::{ThreadFigures, ThreadLag, threads};
pub(crate) use watch::Watch;

use crate::transport::ConnectTimings;

/// The most origins that have a label of their own.
const MAX_ORIGINS: usize = 100;
/// The most places that have one: origins, or endpoints.
const MAX_PLACES: usize = 100;
/// The most models that have one.
const MAX_MODELS: usize = 50;
/// The label of all that have none of their own.
pub const OTHER: &str = "other";

/// What one client measures.
pub(crate) struct Metrics {
    origins: Bounded<Arc<str>, OriginMetrics>,
    /// Which places have a label; what is known of them is kept elsewhere.
    places: Bounded<Arc<str>, ()>,
    models: Bounded<ModelKey, ModelMetrics>,
    /// Requests under way to their response's head.
    in_flight: Counter,
    /// Requests that were given up before it came.
    aborted: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            origins: Bounded::new(MAX_ORIGINS),
            places: Bounded::new(MAX_PLACES),
            models: Bounded::new(MAX_MODELS),
            in_flight: Counter::default(),
            aborted: Counter::default(),
        }
    }
}

impl Metrics {
    /// What is counted of an origin, as the URL standard serialises it.
    pub(crate) fn origin(&self, origin: &Arc<str>) -> &Arc<OriginMetrics> {
        self.origins.of(origin)
    }

    /// The origins that have a label.
    pub(crate) fn origins(&self) -> impl Iterator<Item = Arc<str>> {
        let labelled = self.origins.labelled();
        labelled.map(|(origin, _)| Arc::clone(origin))
    }

    /// A connection to an origin was opened.
    pub(crate) fn opened(&self, origin: &Arc<str>, timings: &ConnectTimings) {
        self.origin(origin).opened(timings);
    }

    /// A request is under way.
    pub(crate) fn begin(&self) -> InFlight<'_> {
        self.in_flight.add(1);
        InFlight(self)
    }
}

/// A request until its head comes or it fails; dropped before, it was given up.
pub(crate) struct InFlight<'a>(&'a Metrics);

impl InFlight<'_> {
    pub(crate) fn ended(self) {
        self.0.in_flight.take_one();
        std::mem::forget(self);
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.take_one();
        self.0.aborted.add(1);
    }
}
