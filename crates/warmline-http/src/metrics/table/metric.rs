//! What is said of a metric, and how it is said.

use crate::metrics::figures::{OriginFigures, PoolFigures};
use crate::metrics::histogram::Durations;
use crate::metrics::models::ModelFigures;
use crate::metrics::places::PlaceFigures;
use crate::metrics::threads::ThreadFigures;

/// One metric.
pub struct Metric {
    /// Its name, in the reports as in expositions.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub help: &'static str,
    /// How its values behave.
    pub kind: Kind,
    /// Where its values are.
    pub read: Read,
}

/// How values of a metric behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Goes up and down.
    Gauge,
    /// Only ever goes up; its name ends in `_total`, as `OpenMetrics` wants it.
    Counter,
    /// Only ever goes up, under a name that `OpenMetrics` does not allow to a counter.
    Count,
    /// Durations in seconds.
    Histogram,
}

/// A value of an origin's figures.
pub type OriginValue = fn(&OriginFigures) -> f64;

/// A value of a place's figures; `None` where it has none.
pub type PlaceValue = fn(&PlaceFigures) -> Option<f64>;

/// A value of a model's figures.
pub type ModelValue = fn(&ModelFigures) -> f64;

/// Where values of a metric are, and what tells them apart.
pub enum Read {
    /// One for each pool.
    Pool(fn(&PoolFigures) -> f64),
    /// One for each origin.
    Origin(OriginValue),
    /// One for each origin and value of one more label.
    OriginBy(&'static str, &'static [(&'static str, OriginValue)]),
    /// One for each origin that has one.
    OriginIf(fn(&OriginFigures) -> Option<f64>),
    /// One for each place that has one.
    Place(PlaceValue),
    /// One for each place that has one, and value of one more label.
    PlaceBy(&'static str, &'static [(&'static str, PlaceValue)]),
    /// One for each origin, code of an error and phase of a request's life.
    Failures,
    /// One for each origin, and in reports for all of them together.
    Times(fn(&OriginFigures) -> &Durations),
    /// One for each model.
    Model(ModelValue),
    /// One for each model and value of one more label.
    ModelBy(&'static str, &'static [(&'static str, ModelValue)]),
    /// One for each model.
    ModelTimes(fn(&ModelFigures) -> &Durations),
    /// One for each JavaScript thread, whatever pool.
    ThreadTimes(fn(&ThreadFigures) -> &Durations),
}

impl Kind {
    /// As the text formats call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter | Self::Count => "counter",
            Self::Histogram => "histogram",
        }
    }
}

pub(super) const fn gauge(name: &'static str, help: &'static str, read: Read) -> Metric {
    Metric {
        name,
        help,
        kind: Kind::Gauge,
        read,
    }
}

pub(super) const fn counter(name: &'static str, help: &'static str, read: Read) -> Metric {
    Metric {
        kind: Kind::Counter,
        ..gauge(name, help, read)
    }
}

pub(super) const fn count(name: &'static str, help: &'static str, read: Read) -> Metric {
    Metric {
        kind: Kind::Count,
        ..gauge(name, help, read)
    }
}

pub(super) const fn histogram(name: &'static str, help: &'static str, read: Read) -> Metric {
    Metric {
        kind: Kind::Histogram,
        ..gauge(name, help, read)
    }
}

pub(super) const fn times(
    name: &'static str,
    help: &'static str,
    read: fn(&OriginFigures) -> &Durations,
) -> Metric {
    histogram(name, help, Read::Times(read))
}
